"""Records a BiGAN and its discriminator of pairs in training: the discriminator, then decoder and encoder together.

Needs torch; prints pairs.json. Computed in float64, of the normal numbers that a plan draws. Made
by torch 2.15.0. The first random stream of a step is 4096.
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

from recording import normals, numbers, rounded, weights

STEPS, BATCH, LATENT, WIDTH, SIZE, SEED = 3, 5, 3, 2, 8, 5
HIDDEN, RECONSTRUCTION = 6, 2.5


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


class BiGAN(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(*features(), nn.Linear(2 * WIDTH * (SIZE // 4)**2, LATENT))
        self.decoder = Named(generator())


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(*features())
        self.image = nn.Linear(2 * WIDTH * (SIZE // 4)**2, HIDDEN)
        self.code = nn.Linear(LATENT, HIDDEN, bias=False)
        self.joint = nn.Sequential(
            nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, 1))

    def forward(self, x, z):
        return self.joint(self.image(self.features(x)) + self.code(z))


def cross_entropy(x, target):
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, target))


# Of data and of what is made for the discriminator, of what is made and of data for the generator.
LOSSES = {
    "non-saturating": (
        lambda x: cross_entropy(x, 1.0), lambda x: cross_entropy(x, 0.0),
        lambda x: cross_entropy(x, 1.0), lambda x: cross_entropy(x, 0.0)),
    "least-squares": (
        lambda x: (x - 1).square().mean() / 2, lambda x: x.square().mean() / 2,
        lambda x: (x - 1).square().mean() / 2, lambda x: x.square().mean() / 2),
    "hinge": (
        lambda x: F.relu(1 - x).mean(), lambda x: F.relu(1 + x).mean(), lambda x: -x.mean(),
        lambda x: x.mean()),
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
    made, judge = rounded(BiGAN()), rounded(Discriminator())
    of_data, of_made, of_generator, of_encoder = LOSSES[loss]
    record = {
        "loss": loss, "images": numbers(images), "losses": [],
        "initial": [weights(judge), weights(made)]}
    optimizers = [
        torch.optim.Adam(model.parameters(), rate, betas=(0.5, 0.999))
        for model, rate in ((judge, 0.02), (made, 0.01))]
    for step in range(STEPS):
        codes = normals(BATCH * LATENT, SEED, 4096, step).reshape(BATCH, LATENT)
        fakes, encoded = made.decoder(codes), made.encoder(images)
        decoded = made.decoder(encoded)
        optimizers[0].zero_grad()
        real = of_data(judge(images, encoded.detach()))
        generated = of_made(judge(fakes.detach(), codes))
        (real + generated).backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        adversarial, encoder = of_generator(judge(fakes, codes)), of_encoder(judge(images, encoded))
        distance = (images - decoded).abs().mean()
        (adversarial + encoder + RECONSTRUCTION * distance).backward()
        optimizers[1].step()
        record["losses"].append(
            [x.item() for x in (real, generated, adversarial, encoder, distance)])
    record["final"] = [weights(judge), weights(made)]
    return record


print(json.dumps({
    "source": f"torch {torch.__version__}", "seed": SEED, "steps": STEPS,
    "trainings": [train(loss) for loss in LOSSES]}))
