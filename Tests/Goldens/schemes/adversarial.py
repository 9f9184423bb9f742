"""Records a DCGAN and its discriminator in training, as PyTorch's example of DCGAN goes about it.

Needs torch; prints adversarial.json. Computed in float64, of the normal numbers that a plan draws. Made
by torch 2.13.0. The first random stream of a step is 4096.
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

from recording import normals, numbers, rounded, weights

STEPS, BATCH, LATENT, WIDTH, SIZE, SEED = 3, 5, 3, 2, 8, 5


def generator():
    inner = SIZE // 4
    return nn.Sequential(
        nn.Linear(LATENT, 2 * WIDTH * inner**2, bias=False),
        nn.Unflatten(1, (2 * WIDTH, inner, inner)), nn.BatchNorm2d(2 * WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1, bias=False), nn.Sigmoid())


def features():
    return [
        nn.Conv2d(1, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * WIDTH),
        nn.LeakyReLU(0.2), nn.Flatten()]


def discriminator():
    return nn.Sequential(*features(), nn.Linear(2 * WIDTH * (SIZE // 4)**2, 1, bias=False))


def cross_entropy(x, target):
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, target))


# Of data and of what is made for the discriminator, of what is made for the generator.
LOSSES = {
    "non-saturating": (
        lambda x: cross_entropy(x, 1.0), lambda x: cross_entropy(x, 0.0),
        lambda x: cross_entropy(x, 1.0)),
    "least-squares": (
        lambda x: (x - 1).square().mean() / 2, lambda x: x.square().mean() / 2,
        lambda x: (x - 1).square().mean() / 2),
    "hinge": (
        lambda x: F.relu(1 - x).mean(), lambda x: F.relu(1 + x).mean(), lambda x: -x.mean()),
}


class Named(nn.Module):
    def __init__(self, main):
        super().__init__()
        self.main = main

    def forward(self, x):
        return self.main(x)


def train(loss):
    torch.manual_seed(11)
    images = torch.rand(BATCH, 1, SIZE, SIZE).float().double()
    made, judge = rounded(Named(generator())), rounded(Named(discriminator()))
    of_data, of_made, of_generator = LOSSES[loss]
    record = {
        "loss": loss, "images": numbers(images), "losses": [],
        "initial": [weights(judge), weights(made)]}
    optimizers = [
        torch.optim.Adam(model.parameters(), rate, betas=(0.5, 0.999))
        for model, rate in ((judge, 0.02), (made, 0.01))]
    for step in range(STEPS):
        codes = normals(BATCH * LATENT, SEED, 4096, step).reshape(BATCH, LATENT)
        fakes = made(codes)
        optimizers[0].zero_grad()
        real, generated = of_data(judge(images)), of_made(judge(fakes.detach()))
        (real + generated).backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        adversarial = of_generator(judge(fakes))
        adversarial.backward()
        optimizers[1].step()
        record["losses"].append([real.item(), generated.item(), adversarial.item()])
    record["final"] = [weights(judge), weights(made)]
    return record


if __name__ == "__main__":
    print(json.dumps({
        "source": f"torch {torch.__version__}", "seed": SEED, "steps": STEPS,
        "trainings": [train(loss) for loss in LOSSES]}))
