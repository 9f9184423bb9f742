"""Records the losses of vectors and of relations, with their gradients, from PyTorch in float64.

python vectors.py  (numpy 2.4, safetensors 0.8, torch 2.15) writes one safetensors file a case, in the folder
of its kind.

contrastive: MultipleNegativesRankingLoss of sentence-transformers, scale 1/T, rows 2i and 2i + 1 a pair.
retrieval: KL of softmax over in-batch cosines, F.kl_div with reduction batchmean, without a factor T².
embedding_adapted: the cosine distance behind a linear layer, whose weights and gradients are adapter.0.*.
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


def scores(vectors, temperature):
    return F.normalize(vectors[0::2]) @ F.normalize(vectors[1::2]).T / temperature


def divergence(student, teacher):
    return F.kl_div(F.log_softmax(student, 1), F.softmax(teacher, 1), reduction="batchmean")


def retrieval(student, teacher, temperature=0.05):
    return divergence(scores(student, temperature), scores(teacher, temperature))


def retrieval_symmetric(student, teacher, temperature=0.2):
    own, other = scores(student, temperature), scores(teacher, temperature)
    return (divergence(own, other) + divergence(own.T, other.T)) / 2


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
    "retrieval/case0": (retrieval, 12, 7, 16, {"temperature": 0.05}),
    "retrieval_symmetric/case0": (retrieval_symmetric, 10, 16, 7, {"temperature": 0.2}),
    "embedding_adapted/case0": (cosine, 8, 5, 12, {}),
}

torch.manual_seed(20261129)
for name, (loss, rows, width, other, numbers) in CASES.items():
    student = torch.randn(rows, width, dtype=torch.float32).double().requires_grad_()
    teacher = torch.randn(rows, other, dtype=torch.float32).double()
    adapter = torch.nn.Linear(width, other).double() if "adapted" in name else torch.nn.Identity()
    weights = {f"adapter.0.{key}": weight for key, weight in adapter.named_parameters()}
    for weight in weights.values():
        weight.data = weight.data.float().double()
    value = loss(adapter(student), teacher)
    gradient, *others = torch.autograd.grad(value, [student, *weights.values()])
    tensors = {
        "student.0": student.detach(), "teacher.0": teacher, "loss": value.detach().reshape(1),
        "grad.student.0": gradient}
    tensors |= {key: weight.detach() for key, weight in weights.items()}
    tensors |= {f"grad.{key}": other for key, other in zip(weights, others)}
    save_file({key: tensor.float().contiguous() for key, tensor in tensors.items()},
              f"{name}.safetensors",
              metadata={"source": "PyTorch, float64", "case": name} | {k: str(v) for k, v in numbers.items()})
