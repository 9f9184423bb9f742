"""Records the losses of vectors and of relations, with their gradients, from PyTorch in float64.

python vectors.py  (numpy 2.4, safetensors 0.8, torch 2.15) writes one safetensors file a case, in the folder
of its kind.

contrastive: MultipleNegativesRankingLoss of sentence-transformers, scale 1/T, rows 2i and 2i + 1 a pair.
rkd-*: RepDistiller's distiller_zoo/RKD.py, as it is. similarity: distiller_zoo/SP.py.
"""

import torch
from safetensors.torch import save_file
from torch.nn import functional as F


def squared(student, teacher):
    return F.mse_loss(student, teacher)


def cosine(student, teacher):
    return (1 - F.cosine_similarity(student, teacher, dim=1)).mean()


def ranking(a, b, scale):
    scores = F.normalize(a, p=2, dim=1) @ F.normalize(b, p=2, dim=1).T * scale
    return F.cross_entropy(scores, torch.arange(len(scores)))


def contrastive(student, teacher, temperature=0.05):
    return ranking(student[0::2], student[1::2], 1 / temperature)


def symmetric(student, teacher, temperature=0.2):
    a, b = student[0::2], student[1::2]
    return (ranking(a, b, 1 / temperature) + ranking(b, a, 1 / temperature)) / 2


def pdist(e, eps=1e-12):
    e_square = e.pow(2).sum(dim=1)
    prod = e @ e.t()
    res = (e_square.unsqueeze(1) + e_square.unsqueeze(0) - 2 * prod).clamp(min=eps).sqrt()
    res = res.clone()
    res[range(len(e)), range(len(e))] = 0
    return res


def rkd_distance(student, teacher):
    with torch.no_grad():
        t_d = pdist(teacher)
        t_d = t_d / t_d[t_d > 0].mean()
    d = pdist(student)
    return F.smooth_l1_loss(d / d[d > 0].mean(), t_d)


def rkd_angle(student, teacher):
    def angles(e):
        td = e.unsqueeze(0) - e.unsqueeze(1)
        norm_td = F.normalize(td, p=2, dim=2)
        return torch.bmm(norm_td, norm_td.transpose(1, 2)).view(-1)
    return F.smooth_l1_loss(angles(student), angles(teacher).detach())


def similarity(student, teacher):
    def rows(f):
        return F.normalize(torch.mm(f, torch.t(f)))
    difference = rows(teacher) - rows(student)
    return (difference * difference).view(-1, 1).sum(0)[0] / (len(student) * len(student))


CASES = {
    "embedding_squared/case0": (squared, 8, 12, 12, {}), "embedding_cosine/case0": (cosine, 8, 12, 12, {}),
    "contrastive/case0": (contrastive, 12, 16, 16, {"temperature": 0.05}),
    "contrastive_symmetric/case0": (symmetric, 10, 7, 7, {"temperature": 0.2}),
    "rkd/distance": (rkd_distance, 9, 12, 20, {"distance_weight": 1, "angle_weight": 0}),
    "rkd/angle": (rkd_angle, 9, 12, 20, {"distance_weight": 0, "angle_weight": 1}),
    "similarity_preserving/outputs": (similarity, 10, 12, 5, {}),
}

torch.manual_seed(20261129)
for name, (loss, rows, width, other, numbers) in CASES.items():
    student = torch.randn(rows, width, dtype=torch.float32).double().requires_grad_()
    teacher = torch.randn(rows, other, dtype=torch.float32).double()
    value = loss(student, teacher)
    (gradient,) = torch.autograd.grad(value, student)
    tensors = {
        "student.0": student.detach(), "teacher.0": teacher, "loss": value.detach().reshape(1),
        "grad.student.0": gradient}
    save_file({key: tensor.float().contiguous() for key, tensor in tensors.items()},
              f"{name}.safetensors",
              metadata={"source": "PyTorch, float64", "case": name} | {k: str(v) for k, v in numbers.items()})
