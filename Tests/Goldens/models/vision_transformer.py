"""timm's vision transformer, small. Needs torch and timm."""

import timm
from timm.models.vision_transformer import VisionTransformer

from recording import record

options = {"patch": 4, "width": 12, "layers": 2, "heads": 3, "mlp-ratio": 4}
model = VisionTransformer(
    img_size=(8, 12), patch_size=4, in_chans=2, num_classes=10, embed_dim=12, depth=2, num_heads=3)
record(model, "vit-tiny", options, [2, 8, 12], timm)
