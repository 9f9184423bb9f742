"""Exports small PyTorch autoencoders to ONNX files, with their codes and pictures.

Needs torch and onnx. Writes autoencoder.onnx, with codes and pictures of one file; encoder.onnx and decoder.onnx, whose
codes are maps and whose pictures are from -1 to 1; residual.onnx, whose picture is not made of its code alone; and
generators.safetensors with `pictures`, and codes and pictures of both.
"""

import torch
from torch import nn

import tensors


class Autoencoder(nn.Module):
    """A variational autoencoder in evaluation mode: the code is the mean."""

    def __init__(self, leaks=False):
        super().__init__()
        self.leaks = leaks
        self.features = nn.Conv2d(1, 4, 4, stride=4)
        self.mean, self.log_variance = nn.Linear(196, 5), nn.Linear(196, 5)
        self.up, self.pixels = nn.Linear(5, 196), nn.ConvTranspose2d(4, 1, 4, stride=4)

    def forward(self, x):
        features = torch.relu(self.features(x)).flatten(1)
        mean, log_variance = self.mean(features), self.log_variance(features)
        code = mean + log_variance if self.leaks else mean
        hidden = torch.relu(self.up(code)).view(-1, 4, 7, 7)
        return torch.sigmoid(self.pixels(hidden)), mean, log_variance


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 4, stride=4)

    def forward(self, x):
        return torch.tanh(self.conv(x))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.ConvTranspose2d(2, 1, 4, stride=4)

    def forward(self, z):
        return torch.tanh(self.conv(z))


def export(name, model, example, inputs, outputs):
    torch.onnx.export(
        model.eval(), (example,), f"{name}.onnx", input_names=inputs, output_names=outputs, opset_version=17,
        dynamic_axes={key: {0: "batch"} for key in inputs + outputs}, dynamo=False)


@torch.no_grad()
def main():
    torch.manual_seed(5)
    pictures = torch.rand(3, 1, 28, 28)
    whole, encoder, decoder = Autoencoder(), Encoder(), Decoder()
    names = ["picture", "mean", "log_variance"]
    export("autoencoder", whole, pictures, ["input"], names)
    export("residual", Autoencoder(leaks=True), pictures, ["input"], names)
    export("encoder", encoder, pictures, ["picture"], ["code"])
    codes = encoder(2 * pictures - 1)
    export("decoder", decoder, codes, ["z"], ["x"])
    decoded, mean, _ = whole(pictures)
    tensors.write("generators.safetensors", {
        "pictures": pictures.numpy(), "autoencoder/code": mean.numpy(), "autoencoder/picture": decoded.numpy(),
        "pair/code": codes.numpy(), "pair/picture": ((decoder(codes) + 1) / 2).numpy()})


main()
