"""Records a step of a vector-quantised autoencoder, as van den Oord et al. 2017 describe it, in PyTorch, in float64.

python quantized.py  (safetensors 0.8, torch 2.15) writes quantized.safetensors beside it. Inputs and weights are drawn in
float32: pictures, weights under PyTorch's names, the three terms of the loss, and the gradients of their weighted sum.
"""

import os

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

COMMITMENT = 0.4
(LATENT, ENTRIES, WIDTH) = (3, 7, 2)
torch.manual_seed(31)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        (self.conv1, self.conv2) = (nn.Conv2d(channels, channels, 3, padding=1), nn.Conv2d(channels, channels, 1))

    def forward(self, x):
        return x + self.conv2(F.relu(self.conv1(F.relu(x))))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        inner = 2 * WIDTH
        self.encoder = nn.Sequential(
            nn.Conv2d(1, WIDTH, 4, 2, 1), nn.ReLU(), nn.Conv2d(WIDTH, inner, 4, 2, 1), Residual(inner), Residual(inner),
            nn.ReLU(), nn.Conv2d(inner, LATENT, 1))
        self.codebook = nn.Embedding(ENTRIES, LATENT)
        self.decoder = nn.Sequential(
            nn.Conv2d(LATENT, inner, 3, padding=1), Residual(inner), Residual(inner), nn.ReLU(),
            nn.ConvTranspose2d(inner, WIDTH, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1))


model = Autoencoder()
pictures = torch.rand(5, 1, 12, 8)
with torch.no_grad():
    codes = model.encoder(pictures).permute(0, 2, 3, 1).reshape(-1, LATENT)
    model.codebook.weight.copy_(codes.mean(0) + codes.std(0) * torch.randn(ENTRIES, LATENT))
out = {"pictures": pictures} | {f"weight.{key}": value.clone() for key, value in model.state_dict().items()}
model.double()
x = pictures.double()
z = model.encoder(x)
rows = z.permute(0, 2, 3, 1)
ids = torch.cdist(rows.reshape(-1, LATENT), model.codebook.weight).argmin(1)
assert len(set(ids.tolist())) > 3, ids
nearest = model.codebook(ids).view_as(rows)
straight = rows + (nearest - rows).detach()
logits = model.decoder(straight.permute(0, 3, 1, 2))
terms = [
    F.binary_cross_entropy_with_logits(logits, x, reduction="mean"),
    F.mse_loss(nearest, rows.detach()),
    F.mse_loss(rows, nearest.detach()),
]
(terms[0] + terms[1] + COMMITMENT * terms[2]).backward()
out["terms"] = torch.stack(terms).detach().float()
out |= {f"gradient.{key}": value.grad.float() for key, value in model.named_parameters()}
save_file(
    {key: value.float().contiguous() for key, value in out.items()},
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "quantized.safetensors"),
    metadata={
        "commitment": str(COMMITMENT), "latent": str(LATENT), "entries": str(ENTRIES), "width": str(WIDTH),
        "torch": torch.__version__})
