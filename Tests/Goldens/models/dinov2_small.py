"""timm's DINOv2, small, with a head, for pictures of another size. Needs torch and timm."""

import timm
from timm.models.vision_transformer import VisionTransformer

from recording import record

options = {"patch": 7, "width": 12, "layers": 2, "heads": 3, "grid": 5}
model = VisionTransformer(
    img_size=(35, 35), patch_size=7, num_classes=10, embed_dim=12, depth=2, num_heads=3,
    init_values=1e-5, dynamic_img_size=True)
record(model, "dinov2-small", options, [3, 21, 49], timm)
