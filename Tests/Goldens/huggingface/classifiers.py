"""Records logits, loss and gradients of small image classifiers of Hugging Face's transformers, and folders of them.

Needs torch and transformers. Writes for each kind NAME/ with config.json, model.safetensors and
preprocessor_config.json, and NAME.json with pictures as the model gets them, [batch, channels, height, width], logits,
labels, the loss in training mode, with batch norms as in training, and gradients of tensors of up to 600 elements.
"""

import json
import tempfile

import torch
import transformers

LABELS = {0: "cat", 1: "dog", 2: "bird"}


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.flatten().tolist()]


def main(home):
    torch.manual_seed(11)
    vision = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "image_size": 16, "patch_size": 8}
    kinds = [
        ("vit", "ViT", 16, {**vision, "intermediate_size": 24}),
        ("deit", "DeiT", 16, {**vision, "intermediate_size": 24}),
        ("dinov2", "Dinov2", 16, {**vision, "mlp_ratio": 2}),
        ("resnet", "ResNet", 32, {"embedding_size": 2, "hidden_sizes": [2, 4, 8, 16], "depths": [2, 2, 2, 2], "layer_type": "basic"}),
        ("resnet50", "ResNet", 32, {"embedding_size": 1, "hidden_sizes": [4, 8, 16, 32], "depths": [3, 4, 6, 3], "layer_type": "bottleneck"}),
        ("convnext", "ConvNext", 32, {"hidden_sizes": [2, 4, 8, 16], "layer_scale_init_value": 0.5}),
    ]
    for name, title, side, options in kinds:
        config = getattr(transformers, title + "Config")(**options, id2label=LABELS)
        model = getattr(transformers, title + "ForImageClassification")(config).eval()
        for key, value in model.named_parameters():
            with torch.no_grad():
                value.add_((0.3 if value.dim() > 1 else 0.1) * torch.randn_like(value))
        for key, value in model.named_buffers():
            if key.endswith("running_mean"):
                value.copy_(0.1 * torch.randn_like(value))
            if key.endswith("running_var"):
                value.copy_(0.5 + torch.rand_like(value))
        model.save_pretrained(name)
        with open(f"{name}/preprocessor_config.json", "w") as file:
            json.dump({
                "do_resize": True, "size": {"height": side, "width": side}, "do_rescale": True, "rescale_factor": 1 / 255,
                "do_normalize": True, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}, file)
        model = model.double()
        images = torch.randn(4, 3, side, side).float().double()
        with torch.no_grad():
            logits = model(images).logits
        model.train()
        labels = torch.tensor([0, 1, 2, 1])
        loss = torch.nn.functional.cross_entropy(model(images).logits, labels)
        loss.backward()
        # The names that the file has, which may be others than the model's.
        gradients = {key: value.grad for key, value in model.named_parameters() if value.grad is not None}
        copy = getattr(transformers, title + "ForImageClassification")(config)
        for key, value in copy.named_parameters():
            with torch.no_grad():
                value.copy_(gradients.get(key, torch.zeros_like(value)))
        copy.save_pretrained(home)
        from safetensors.torch import load_file
        named = {
            key: numbers(value) for key, value in load_file(f"{home}/model.safetensors").items()
            if value.numel() <= 600 and not key.endswith(("running_mean", "running_var", "num_batches_tracked", "mask_token"))}
        with open(f"{name}.json", "w") as file:
            json.dump({
                "transformers": transformers.__version__, "side": side, "images": numbers(images), "logits": [numbers(row) for row in logits],
                "labels": labels.tolist(), "loss": loss.item(), "gradients": named}, file)


with tempfile.TemporaryDirectory() as home:
    main(home)
