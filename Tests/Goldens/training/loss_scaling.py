"""Records short trainings under PyTorch's loss scaling, in which some gradients overflow.

Needs torch; prints loss_scaling.json. The loss is the product of eight weights and the step's
inputs, which are its gradient. Made by torch 2.15.0 in float32.
"""

import json

import torch

STEPS, WEIGHTS, INTERVAL = 14, 8, 3
# Steps with one input that overflows when it is scaled: alone, in a row, and after a growth.
LARGE = {4: 2, 5: 0, 11: 7}
# Optimizer, and how gradients are clipped.
CASES = [
    ({"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}, {}),
    ({"name": "adam", "lr": 0.1, "weight_decay": 0.01}, {"clip_norm": 0.5}),
    ({"name": "adamw", "lr": 0.1, "weight_decay": 0.1}, {"clip_value": 0.25}),
]
KINDS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def record(rule, clipping, seed):
    torch.manual_seed(seed)
    weights = torch.nn.Parameter(torch.randn(WEIGHTS))
    inputs = torch.randn(STEPS, WEIGHTS)
    for step, place in LARGE.items():
        inputs[step, place] = 1e35
    found = {"optimizer": rule, "clipping": clipping, "start": weights.tolist(),
             "inputs": inputs.tolist(), "scales": [], "weights": []}
    rule = dict(rule)
    follow = KINDS[rule.pop("name")]([weights], **rule)
    scaler = torch.amp.GradScaler("cpu", growth_interval=INTERVAL)
    for x in inputs:
        follow.zero_grad()
        found["scales"].append(scaler.get_scale())
        scaler.scale((weights * x).sum()).backward()
        scaler.unscale_(follow)
        if "clip_norm" in clipping:
            torch.nn.utils.clip_grad_norm_([weights], clipping["clip_norm"])
        if "clip_value" in clipping:
            torch.nn.utils.clip_grad_value_([weights], clipping["clip_value"])
        scaler.step(follow)
        scaler.update()
        found["weights"].append(weights.tolist())
    return found


print(json.dumps({
    "source": f"torch {torch.__version__}", "interval": INTERVAL,
    "runs": [record(*case, seed) for seed, case in enumerate(CASES)],
}))
