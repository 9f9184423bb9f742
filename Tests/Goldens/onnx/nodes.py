"""Writes cases of ONNX's own suite to nodes.safetensors: models of one node, inputs, expected outputs.

Needs onnx. `nodes.py FILE` writes every case that fits into memory by the name of its kind to FILE instead.
"""

import re
import sys

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

import tensors

# Two of the smallest cases of each.
OPERATORS = """
Abs Add ArgMax AveragePool BatchNormalization Clip Concat Conv ConvTranspose CumSum DepthToSpace Div Einsum Elu Equal
Erf Exp Expand Flatten
Gather Gelu Gemm GlobalAveragePool GlobalMaxPool GroupNormalization HardSigmoid HardSwish InstanceNormalization
LayerNormalization LeakyRelu Log LogSoftmax MatMul Max MaxPool Mean Min Mul Neg PRelu Pad Pow Reciprocal ReduceL2
ReduceMax ReduceMean ReduceMin ReduceSum Relu Reshape Selu Sigmoid Slice Softmax Softplus SpaceToDepth Split Sqrt
Squeeze Sub
Sum Tanh Tile Transpose Trilu Unsqueeze Where
""".split()
NAMED = """
test_onehot_with_axis test_resize_upsample_scales_linear test_resize_upsample_scales_nearest
test_resize_downsample_scales_linear_align_corners test_resize_upsample_sizes_nearest
test_spacetodepth_crd_mode_example test_mod_int64_fmod test_mod_mixed_sign_int32 test_mod_mixed_sign_float32
""".split()
CASE_LIMIT = 4000
FILE_LIMIT = 110_000


def arrays(case):
    found = {"model": np.frombuffer(case.model.SerializeToString(), np.uint8)}
    for kind, values in zip(("input", "output"), case.data_sets[0]):
        for index, value in enumerate(values):
            if isinstance(value, (list, tuple, dict)) or value is None:
                return None
            value = value if isinstance(value, (np.ndarray, np.generic)) else None
            if value is None or str(value.dtype) not in tensors.NAMES:
                return None
            found[f"{kind}/{index}"] = value
    return found


def main():
    everything = len(sys.argv) > 1
    cases = {}
    for case in collect_testcases(None):
        if case.data_sets is None or len(case.model.SerializeToString()) > 2_000_000:
            continue
        content = arrays(case)
        if content is None:
            continue
        operators = [node.op_type for node in case.model.graph.node]
        size = sum(array.nbytes for array in content.values())
        cases[case.name] = (operators, size, content)
    chosen = list(cases) if everything else []
    if not everything:
        total = 0
        for operator in OPERATORS:
            own = [
                name for name, (operators, size, content) in cases.items()
                if operators == [operator] and size <= CASE_LIMIT and not re.search("dilations|bool", name)
                and all(value.dtype != np.float64 for key, value in content.items())]
            for name in sorted(own, key=lambda name: cases[name][1])[:2]:
                total += cases[name][1]
                chosen.append(name)
        for name in NAMED:
            total += cases[name][1]
            chosen.append(name)
        assert total < FILE_LIMIT, total
    tensors.write(
        sys.argv[1] if everything else "nodes.safetensors",
        {f"{name}/{key}": array for name in chosen for key, array in cases[name][2].items()})
    print(len(chosen), "cases of onnx", onnx.__version__)


main()
