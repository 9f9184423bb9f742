"""Records a BiGAN and its discriminator of pairs in training: the discriminator, then decoder and encoder together.

Needs torch; prints pairs.json. Computed in float64, of the normal numbers that a plan draws. Made by torch 2.15.0.
"""

import json

import torch
from torch import nn

from adversarial import BATCH, LATENT, LOSSES, SEED, SIZE, STEPS, WIDTH, Named, cross_entropy, features, generator
from recording import normals, numbers, rounded, weights

HIDDEN, RECONSTRUCTION = 6, 2.5
# Of data with their codes, for the encoder.
OF_ENCODER = {
    "non-saturating": lambda x: cross_entropy(x, 0.0),
    "least-squares": lambda x: x.square().mean() / 2,
    "hinge": lambda x: x.mean(),
}


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


def train(loss):
    torch.manual_seed(11)
    images = torch.rand(BATCH, 1, SIZE, SIZE).float().double()
    made, judge = rounded(BiGAN()), rounded(Discriminator())
    of_data, of_made, of_generator = LOSSES[loss]
    of_encoder = OF_ENCODER[loss]
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
