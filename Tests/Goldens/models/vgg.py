"""VGG with batch norm and RepDistiller's keys. Needs torch."""

from torch import nn

from recording import record

WIDTH = 2  # 64 in the paper


def block(inputs, outputs, count):
    layers = []
    for index in range(count):
        layers += [
            nn.Conv2d(outputs if index else inputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class VGG(nn.Module):
    def __init__(self, channels, classes, counts, width):
        super().__init__()
        widths = [channels] + [width * multiple for multiple in (1, 2, 4, 8, 8)]
        for index, count in enumerate(counts):
            setattr(self, f"block{index}", block(widths[index], widths[index + 1], count))
        self.classifier = nn.Linear(widths[-1], classes)

    def forward(self, x):
        rows = x.shape[2]
        for index in range(5):
            x = getattr(self, f"block{index}")(x).relu()
            if index < 3 or index == 3 and rows == 64:
                x = nn.functional.max_pool2d(x, 2)
        return self.classifier(x.mean((2, 3)))


if __name__ == "__main__":
    record(VGG(3, 10, [1, 1, 2, 2, 2], WIDTH), "vgg11", {"width": WIDTH}, [3, 18, 25])
