"""Writes cases of ONNX's own suite to nodes.safetensors: models of one node, inputs, expected outputs.

Needs onnx, and for convolutions of volumes onnxruntime and libonnx-testdata of Debian. `nodes.py FOLDER` writes every case
to a folder of its own in FOLDER/node instead, which Scripts/test-onnx.py takes.
"""

import pathlib
import re
import sys

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

import tensors

# Two of the smallest cases of each.
OPERATORS = """
Abs Add And ArgMax ArgMin Attention AveragePool BatchNormalization Cast Clip Concat Constant ConstantOfShape Conv
ConvTranspose CumSum DepthToSpace DequantizeLinear Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Gather
GatherElements Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GroupNormalization HardSigmoid HardSwish Identity
InstanceNormalization LayerNormalization LeakyRelu Less Log LogSoftmax MatMul Max MaxPool Mean Min Mul Neg Not Or
PRelu Pad Pow QuantizeLinear RMSNormalization Range Reciprocal ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu
Reshape RotaryEmbedding Round Selu Shape Sigmoid Slice Softmax Softplus SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh Tile TopK
Transpose Trilu Unsqueeze Where
""".split()
NAMED = """
test_argmax_keepdims_example_select_last_index test_argmin_negative_axis_keepdims_example_select_last_index
test_attention_23_boolmask_fullymasked_row_nan_robustness test_attention_3d_transpose_verification
test_attention_4d_causal_nonpad_continued_prefill test_attention_4d_gqa_with_past_and_present
test_attention_4d_softcap_neginf_mask test_averagepool_2d_dilations test_averagepool_2d_pads_count_include_pad
test_averagepool_3d_dilations_small test_batchnorm_example_training_mode test_convtranspose_3d
test_convtranspose_output_shape test_dequantizelinear_axis test_dequantizelinear_blocked test_dropout_default_mask
test_einsum_batch_diagonal test_einsum_batch_matmul test_gather_elements_1 test_gather_elements_negative_indices
test_maxpool_2d_dilations test_maxpool_3d_dilations test_maxpool_with_argmax_2d_precomputed_pads
test_maxpool_with_argmax_2d_precomputed_strides test_mod_int64_fmod test_mod_mixed_sign_float32
test_mod_mixed_sign_int32 test_onehot_with_axis test_quantizelinear_axis test_quantizelinear_blocked_asymmetric
test_quantizelinear_int16 test_reduce_prod_negative_axes_keepdims_random
test_resize_downsample_scales_cubic_A_n0p5_exclude_outside test_resize_downsample_scales_linear_align_corners
test_resize_downsample_scales_linear_antialias test_resize_downsample_sizes_cubic_antialias
test_resize_downsample_sizes_nearest_not_larger test_resize_tf_crop_and_resize_extrapolation_value
test_resize_upsample_scales_cubic test_resize_upsample_scales_linear test_resize_upsample_scales_nearest
test_resize_upsample_sizes_nearest test_spacetodepth_crd_mode_example test_top_k_same_values_2d test_top_k_smallest
""".split()
PACKAGED = pathlib.Path("/usr/share/libonnx-testdata/data/pytorch-converted")
VOLUMES = "test_Conv3d_dilated_strided test_Conv3d_groups test_AvgPool3d_stride".split()
CASE_LIMIT = 4000
FILE_LIMIT = 180_000


def content(model, inputs, outputs):
    """The arrays of a case by their names in the file; None if one is no array that the file takes."""
    found = {"model": np.frombuffer(model.SerializeToString(), np.uint8)}
    for kind, values in (("input", inputs), ("output", outputs)):
        for index, value in enumerate(values):
            if not isinstance(value, (np.ndarray, np.generic)) or str(value.dtype) not in tensors.NAMES:
                return None
            found[f"{kind}/{index}"] = value
    return found


def packaged(name):
    """A case of a folder."""
    def read(path):
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        return numpy_helper.to_array(tensor)

    folder = PACKAGED / name
    values = [[read(path) for path in sorted(folder.glob(f"test_data_set_0/{kind}_*.pb"))]
              for kind in ("input", "output")]
    return content(onnx.load(folder / "model.onnx"), *values)


def transposed_volume():
    """A transposed convolution over three axes; that of the suite has a kernel of ones."""
    import onnxruntime

    helper, numbers = onnx.helper, np.random.default_rng(3)
    node = helper.make_node(
        "ConvTranspose", ["x", "w", "b"], ["y"], strides=[2, 1, 2], dilations=[2, 1, 1], pads=[1, 0, 1, 2, 1, 0],
        output_padding=[1, 0, 0], group=2)
    arrays = [numbers.standard_normal(shape).astype(np.float32) for shape in ((1, 4, 3, 3, 2), (4, 3, 2, 2, 3), (6,))]
    infos = [helper.make_tensor_value_info(name, 1, array.shape) for name, array in zip("xwb", arrays)]
    graph = helper.make_graph([node], "volume", infos, [helper.make_tensor_value_info("y", 1, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return content(model, arrays, session.run(None, dict(zip("xwb", arrays))))


def write_folder(case, folder):
    """The case in a folder; data that are no arrays are left empty."""
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    onnx.save(case.model, folder / "model.onnx")
    for kind, values in zip(("input", "output"), case.data_sets[0]):
        for index, value in enumerate(values):
            isArray = isinstance(value, (np.ndarray, np.generic))
            tensor = numpy_helper.from_array(np.asarray(value)) if isArray else onnx.TensorProto()
            (data / f"{kind}_{index}.pb").write_bytes(tensor.SerializeToString())


def main():
    found = [case for case in collect_testcases(None) if case.data_sets is not None]
    if len(sys.argv) > 1:
        for case in found:
            write_folder(case, pathlib.Path(sys.argv[1]) / "node" / case.name)
        print(len(found), "cases of onnx", onnx.__version__)
        return
    cases = {}
    for case in found:
        arrays = content(case.model, *case.data_sets[0])
        if arrays is not None:
            operators = [node.op_type for node in case.model.graph.node]
            cases[case.name] = (operators, sum(array.nbytes for array in arrays.values()), arrays)
    chosen = []
    for operator in OPERATORS:
        own = [
            name for name, (operators, size, arrays) in cases.items()
            if operators == [operator] and size <= CASE_LIMIT and not re.search("string|random_old", name)
            and all(value.dtype != np.float64 for value in arrays.values())]
        chosen += sorted(own, key=lambda name: cases[name][1])[:2]
    chosen = {name: cases[name][2] for name in dict.fromkeys(chosen + NAMED)}
    chosen |= {name: packaged(name) for name in VOLUMES}
    chosen["convtranspose_3d_dilated_strided_groups"] = transposed_volume()
    total = sum(array.nbytes for arrays in chosen.values() for array in arrays.values())
    assert total < FILE_LIMIT, total
    tensors.write(
        "nodes.safetensors",
        {f"{name}/{key}": array for name, arrays in chosen.items() for key, array in arrays.items()})
    print(len(chosen), "cases of onnx", onnx.__version__, total, "bytes")


main()
