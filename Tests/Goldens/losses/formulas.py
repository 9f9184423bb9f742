"""Records distillation losses, with their gradients, from their formulas in PyTorch, in float64.

python formulas.py  (safetensors 0.8, torch 2.15) writes one safetensors file a case, in the folder of its kind.

Inputs are drawn in float32. Layers that a loss trains are modules in training mode, whose weights are stored as
`adapter.INDEX.NAME`, and their gradients as `grad.adapter.INDEX.NAME`. Where public code is followed, its repository
stands beside the function; formulas are written anew from the papers.
"""

import math
import os

import safetensors
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F


def soft_cross_entropy(s, t, temperature):
    return -(F.softmax(t / temperature, 1) * F.log_softmax(s / temperature, 1)).sum(1).mean() * temperature ** 2


def kl(log_p, log_q):
    return (log_p.exp() * (log_p - log_q)).sum(-1)


def reverse_kl(s, t, temperature):
    return kl(F.log_softmax(s / temperature, 1), F.log_softmax(t / temperature, 1)).mean() * temperature ** 2


def jsd(s, t, temperature, beta):
    """As trl's GKDTrainer.generalized_jsd_loss, batch mean."""
    log_q, log_p = F.log_softmax(s / temperature, 1), F.log_softmax(t / temperature, 1)
    log_m = torch.logsumexp(torch.stack([log_p + math.log(beta), log_q + math.log(1 - beta)]), 0)
    return (beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)).mean() * temperature ** 2


def logits(s, t):
    return ((s - t) ** 2).sum(1).mean() / 2


def dkd(s, t, labels, temperature, alpha, beta):
    """As megvii-research/mdistiller's dkd_loss, but the target is taken out, not lowered by 1000."""
    label = F.one_hot(labels, s.shape[1]).bool()

    def parts(z):
        z = z / temperature
        own, rest = z[label], z[~label].view(len(z), -1)
        return F.log_softmax(torch.stack([own, torch.logsumexp(rest, 1)], 1), 1), F.log_softmax(rest, 1)
    (p2, p), (q2, q) = parts(t), parts(s)
    return (alpha * kl(p2, q2) + beta * kl(p, q)).mean() * temperature ** 2


def standardized(s, t, temperature):
    def rows(z):
        return F.log_softmax((z - z.mean(1, keepdim=True)) / (z.std(1, keepdim=True) + 1e-7) / temperature, 1)
    return kl(rows(t), rows(s)).mean()


def bernoulli(s, t, temperature):
    """sigmoid_kd of logits of any size."""
    s, t = s / temperature, t / temperature
    p = torch.sigmoid(t)
    rows = p * (F.logsigmoid(t) - F.logsigmoid(s)) + (1 - p) * (F.logsigmoid(-t) - F.logsigmoid(-s))
    return rows.sum(1).mean() * temperature ** 2


def top_bin(s, t, temperature, k):
    """top_k of logits of any size."""
    ids = t.topk(k, 1).indices

    def rows(z):
        z = z / temperature
        rest = z.scatter(1, ids, -math.inf)
        return F.log_softmax(torch.cat([z.gather(1, ids), torch.logsumexp(rest, 1, keepdim=True)], 1), 1)
    return kl(rows(t), rows(s)).mean() * temperature ** 2


def teacher_free(s, labels, temperature, a, alpha, authors=False):
    """Tf-KD_reg; `authors` is yuanli2333/Teacher-free-Knowledge-Distillation's loss_kd_regularization."""
    designed = torch.full_like(s, (1 - a) / (s.shape[1] - 1)).scatter(1, labels[:, None], a)
    if authors:
        regular = F.kl_div(F.log_softmax(s, 1), F.softmax(designed / temperature, 1), reduction="none").mean()
    else:
        softened = designed ** (1 / temperature)
        softened = softened / softened.sum(1, keepdim=True)
        regular = kl(softened.log(), F.log_softmax(s / temperature, 1)).mean() * temperature ** 2
    return (1 - alpha) * F.cross_entropy(s, labels) + alpha * regular


def logit_adjusted(s, labels, counts, tau):
    return F.cross_entropy(s + tau * (counts / counts.sum()).log(), labels)


def class_weights(counts, beta):
    """As cifar_train.py of kaidic/LDAM-DRW, at 65e2597c."""
    weights = (1 - beta) / (1 - beta ** counts)
    return weights / weights.sum() * len(counts)


def class_balanced(s, labels, counts, beta, deferral, step, steps):
    weights = class_weights(counts, beta if step >= deferral * steps else 0)
    return F.cross_entropy(s, labels, weight=weights)


def ldam(s, labels, counts, margin, scale, beta, deferral, step, steps):
    """As LDAMLoss in losses.py of kaidic/LDAM-DRW."""
    margins = 1 / counts.sqrt().sqrt()
    margins = margins * (margin / margins.max())
    index = F.one_hot(labels, s.shape[1]).bool()
    output = torch.where(index, s - margins[labels][:, None], s)
    return F.cross_entropy(scale * output, labels, weight=class_weights(counts, beta if step >= deferral * steps else 0))


def hard_labels(s, t):
    return F.cross_entropy(s, t.argmax(1))


def top_k(s, t, temperature, k):
    p, q = F.softmax(t / temperature, 1), F.softmax(s / temperature, 1)
    ids = t.topk(k, 1).indices
    p, q = p.gather(1, ids), q.gather(1, ids)
    rest, own = 1 - p.sum(1), 1 - q.sum(1)
    return ((p * (p / q).log()).sum(1) + rest * (rest / own).log()).mean() * temperature ** 2


def top_k_alone(s, t, temperature, k):
    ids = t.topk(k, 1).indices
    return kl(F.log_softmax(t.gather(1, ids) / temperature, 1),
              F.log_softmax(s.gather(1, ids) / temperature, 1)).mean() * temperature ** 2


def sigmoid_kd(s, t, temperature):
    p, q = torch.sigmoid(t / temperature), torch.sigmoid(s / temperature)
    rows = p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()
    return rows.sum(1).mean() * temperature ** 2


def token_cosine(s, t, mask):
    rows = 1 - F.cosine_similarity(s, t, dim=-1)
    return (rows * mask).sum() / mask.sum()


def heads_of(x, heads):
    b, length, width = x.shape
    return x.view(b, length, heads, width // heads).transpose(1, 2)


def relation(a, b, heads):
    a, b = heads_of(a, heads), heads_of(b, heads)
    return a @ b.transpose(-1, -2) / math.sqrt(a.shape[-1])


def relation_kl(s, t, mask):
    """As bloomberg/minilmv2.bb: rows and columns of padding are cut off, mean over heads and tokens, then texts."""
    total = 0
    for index, length in enumerate(mask.sum(1).int().tolist()):
        log_q = F.log_softmax(s[index, :, :length, :length], -1)
        log_p = F.log_softmax(t[index, :, :length, :length], -1)
        total = total + kl(log_p, log_q).sum() / (s.shape[1] * length)
    return total / len(s)


def attention_scores(sq, sk, tq, tk, mask, heads):
    """As TinyBERT: scores at padded keys are set to one number in both."""
    s, t = relation(sq, sk, heads), relation(tq, tk, heads)
    keys = mask[:, None, None, :]
    return F.mse_loss(s * keys, t * keys)


def minilm(sq, sk, sv, tq, tk, tv, mask, heads):
    return (relation_kl(relation(sq, sk, heads), relation(tq, tk, heads), mask)
            + relation_kl(relation(sv, sv, heads), relation(tv, tv, heads), mask))


def minilm2(sq, sk, sv, tq, tk, tv, mask, heads):
    pairs = [(sq, tq), (sk, tk), (sv, tv)]
    return sum(relation_kl(relation(a, a, heads), relation(b, b, heads), mask) for a, b in pairs) / 3


def correlation_kernel(s, t, gamma=0.4, order=2):
    """As AberHu/Knowledge-Distillation-Zoo's CC."""
    def kernel(x):
        likeness = F.normalize(x.flatten(1), dim=1) @ F.normalize(x.flatten(1), dim=1).T
        return sum(math.exp(-2 * gamma) * (2 * gamma) ** p / math.factorial(p) * likeness ** p
                   for p in range(order + 1))
    return F.mse_loss(kernel(s), kernel(t))


def irg(s_out, s1, s2, t_out, t1, t2, vertices=0.1, edges=5.0, moves=5.0):
    """As AberHu/Knowledge-Distillation-Zoo's IRG, of two layers with as many channels."""
    def graph(x):
        x = x.flatten(1)
        squares = (x ** 2).sum(1)
        d = (squares[:, None] + squares[None] - 2 * x @ x.T).clamp(min=1e-12).clone()
        d[range(len(d)), range(len(d))] = 0
        return d / d.max()

    def move(a, b):
        if a.shape[2] > b.shape[2]:
            a = F.adaptive_avg_pool2d(a, b.shape[2:])
        d = ((a - b) ** 2).flatten(1).sum(1).clamp(min=1e-12)
        return d / d.max()
    layers = (F.mse_loss(graph(s1), graph(t1)) + F.mse_loss(graph(s2), graph(t2))) / 2
    return (vertices * F.mse_loss(s_out, t_out) + edges * layers
            + moves * F.mse_loss(move(s1, s2), move(t1, t2)))


def ickd(s, t):
    def rows(x):
        x = x.flatten(2)
        return F.normalize(x @ x.transpose(1, 2), dim=2)
    return ((rows(s) - rows(t)) ** 2).sum() / (s.shape[0] * t.shape[1])


def affinity(s, t, side):
    def cosines(x):
        if x.shape[2] > side:
            x = F.adaptive_avg_pool2d(x, side)
        x = F.normalize(x.flatten(2), dim=1)
        return x.transpose(1, 2) @ x
    return F.mse_loss(cosines(s), cosines(t))


def dissimilarity(s, teachers, margin):
    """You et al. 2017, three by three, with the student's distances over their mean."""
    def distances(x):
        x = x.flatten(1)
        return torch.stack([torch.stack([(a - b).square().sum().clamp(min=1e-24).sqrt() for b in x]) for a in x])
    count = len(s)
    d = distances(s)
    d = d / (d.sum() / (count * (count - 1)))
    votes = [distances(t) for t in teachers]
    total = 0
    for i in range(count):
        for j in range(count):
            for k in range(j):
                if i in (j, k):
                    continue
                vote = sum(torch.sign(v[i, k] - v[i, j]) for v in votes)
                if vote > 0:
                    total = total + (margin + d[i, j] - d[i, k]).clamp(min=0)
                elif vote < 0:
                    total = total + (margin + d[i, k] - d[i, j]).clamp(min=0)
    return total / (count * (count - 1) * (count - 2) / 2)


def overhaul_margin(norm):
    """As clovaai/overhaul-distillation's get_margin_from_BN."""
    margins = []
    for scale, shift in zip(norm.weight.abs().tolist(), norm.bias.tolist()):
        z = shift / scale
        tail = 0.5 * math.erfc(z / math.sqrt(2))
        margins.append(shift - scale * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / tail
                       if tail > 0.001 else -3 * scale)
    return torch.tensor(margins).double().view(1, -1, 1, 1)


def overhaul(s, t, norm):
    margin = overhaul_margin(norm)
    target = torch.max(norm(t), margin)
    counts = ((s > target) | (target > 0)).double()
    return ((s - target) ** 2 * counts).sum() / len(s) * 1e-3


class Fusion(nn.Module):
    """ABF of dvlab-research/ReviewKD."""

    def __init__(self, inputs, width, outputs, fuses):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width))
        self.conv2 = nn.Sequential(nn.Conv2d(width, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))
        self.attention = nn.Conv2d(2 * width, 2, 1) if fuses else None

    def forward(self, x, later, size):
        x = self.conv1(x)
        if self.attention is not None:
            later = F.interpolate(later, x.shape[2:], mode="nearest")
            weights = torch.sigmoid(self.attention(torch.cat([x, later], 1)))
            x = x * weights[:, :1] + later * weights[:, 1:]
        x = F.interpolate(x, size, mode="nearest")
        return self.conv2(x), x


def context(s, t):
    total, weight, weights = F.mse_loss(s, t), 1.0, 1.0
    for size in (4, 2, 1):
        if size >= s.shape[2]:
            continue
        weight /= 2
        total = total + weight * F.mse_loss(F.adaptive_avg_pool2d(s, size), F.adaptive_avg_pool2d(t, size))
        weights += weight
    return total / weights


def review(student, teacher, fusions):
    total, later = 0, None
    for s, t, fusion in reversed(list(zip(student, teacher, fusions))):
        out, later = fusion(s, later, t.shape[2:])
        total = total + context(out, t)
    return total


def chain(*channels):
    layers = []
    for a, b in zip(channels, channels[1:]):
        layers += [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers)


class Factors(nn.Module):
    def __init__(self, student, teacher, factor):
        super().__init__()
        self.paraphraser = chain(teacher, teacher, factor, factor)
        self.decoder = chain(factor, factor, teacher, teacher)
        self.translator = chain(student, student, factor, factor)


def factor_transfer(s, t, maker):
    factor = maker.paraphraser(t)
    distance = (F.normalize(maker.translator(s).flatten(1)) - F.normalize(factor.detach().flatten(1))).abs().mean()
    return distance + F.mse_loss(maker.decoder(factor), t)


class Projector(nn.Sequential):
    """The projector of DefangChen/SimKD, with factor 2."""

    def __init__(self, inputs, outputs):
        def block(a, b, kernel):
            return [nn.Conv2d(a, b, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        width = outputs // 2
        super().__init__(*block(inputs, width, 1), *block(width, width, 3), *block(width, outputs, 1))


class Heads(nn.Module):
    def __init__(self, student, teacher, width):
        super().__init__()
        self.student, self.teacher = nn.Linear(student, width), nn.Linear(teacher, width)


def crd(s, t, heads, temperature):
    u = F.normalize(heads.student(s.mean((2, 3))), dim=1)
    v = F.normalize(heads.teacher(t.mean((2, 3))), dim=1)
    scores, labels = u @ v.T / temperature, torch.arange(len(s))
    return F.cross_entropy(scores, labels) + F.cross_entropy(scores.T, labels)


class Level(nn.Module):
    def __init__(self):
        super().__init__()
        self.level = nn.Parameter(torch.tensor([0.3]))


class Reversal(torch.autograd.Function):
    """The gradient reversal of zhengli97/CTKD."""

    @staticmethod
    def forward(ctx, x, pressure):
        ctx.pressure = pressure
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.pressure * gradient, None


def ctkd(s, t, module, rise, step):
    pressure = 0.5 * (1 - math.cos(math.pi * min(1, step / rise)))
    temperature = 1 + 20 * torch.sigmoid(Reversal.apply(module.level, pressure))
    return kl(F.log_softmax(t / temperature, 1), F.log_softmax(s / temperature, 1)).mean() * temperature ** 2


class InstanceLevel(nn.Module):
    """Two layers over both logits, as the paper says; the authors' code is not in their repository."""

    def __init__(self, classes):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(2 * classes, 64), nn.Linear(64, 1)

    def forward(self, s, t):
        return self.fc2(F.relu(self.fc1(torch.cat([t, s.detach()], 1))))


def ctkd_instance(s, t, module, rise, step):
    pressure = 0.5 * (1 - math.cos(math.pi * min(1, step / rise)))
    temperature = 1 + 20 * torch.sigmoid(Reversal.apply(module(s, t), pressure))
    return (kl(F.log_softmax(t / temperature, 1), F.log_softmax(s / temperature, 1)) * temperature[:, 0] ** 2).mean()


def right_vectors(x, count):
    """The first right singular vectors of maps as matrices of places by channels, and their values."""
    _, values, vectors = torch.linalg.svd(x.flatten(2).transpose(1, 2), full_matrices=False)
    return vectors[:, :count].transpose(1, 2), values[:, :count]


def aligned_vectors(s, t, count, spare):
    """As Align_rsv of sseung0703/SSKD_SVD; the teacher's vectors sum to no less than 0."""
    v, values = right_vectors(t, count)
    v = v * torch.where(v.sum(1, keepdim=True) >= 0, 1.0, -1.0)
    u, _ = right_vectors(s, count + spare)
    cosines = v.transpose(1, 2) @ u
    choice = cosines.abs().argmax(2)
    u = u.gather(2, choice[:, None].expand(-1, u.shape[1], -1))
    sign = torch.where(cosines.gather(2, choice[..., None]).transpose(1, 2) >= 0, 1.0, -1.0)
    return u * sign, v, F.normalize(values, dim=1)[:, None]


def svd(student, teacher, connectors, vectors):
    """As RAS of sseung0703/SSKD_SVD, the mean over examples and pairs of layers."""
    layers = [aligned_vectors(f(s), t, vectors, 1) for s, t, f in zip(student, teacher, connectors)]
    total = 0
    for (s1, t1, w1), (s2, t2, w2) in zip(layers, layers[1:]):
        n = min(w1.shape[2], w2.shape[2])

        def relation(a, b):
            return torch.exp(-((a * w1)[:, :, None, :n] - (b * w2)[:, None, :, :n]) ** 2 / 8)
        total = total + ((relation(s1, s2) - relation(t1, t2)) ** 2).sum() / 2 * math.sqrt(n) / len(s1)
    return total / (len(layers) - 1)


def philox(count, stream, step=0):
    """Blocks of the words that Retort draws under seed 0: Philox 4x32-10 at counters (block, step, stream, 0)."""
    for index in range((count + 3) // 4):
        x, k = [index, step, stream, 0], [0, 0]
        for _ in range(10):
            a, b = x[0] * 0xD2511F53, x[2] * 0xCD9E8D57
            x = [(b >> 32) ^ x[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ x[3] ^ k[1], a & 0xFFFFFFFF]
            k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
        yield x


def philox_uniforms(count, stream, step=0):
    return torch.tensor([(word >> 8) * 2.0 ** -24 for x in philox(count, stream, step) for word in x][:count])


def philox_normals(count, stream, step=0):
    """Box-Muller of the same words."""
    numbers = []
    for x in philox(count, stream, step):
        for first, second in (x[:2], x[2:]):
            radius = math.sqrt(-2 * math.log(((first >> 8) + 1) * 2.0 ** -24))
            angle = 2 * math.pi * (second >> 8) * 2.0 ** -24
            numbers += [radius * math.cos(angle), radius * math.sin(angle)]
    return torch.tensor(numbers[:count]).double()


class Memory(nn.Module):
    def __init__(self, count, width):
        super().__init__()
        for name in ("student", "teacher"):
            self.register_buffer(name, F.normalize(draw(count, width), dim=1))
        self.register_buffer("scales", torch.zeros(2))


def crd_memory(s, t, heads, indices, negatives, temperature, step):
    """As CRDLoss of HobbitLong/RepDistiller with contrast_idx of the indices and then the same draws in each row; that
    code, at b84f547c, gives the recorded values and gradients within 4e-8."""
    u = F.normalize(heads.student(s.mean((2, 3))), dim=1)
    v = F.normalize(heads.teacher(t.mean((2, 3))), dim=1)
    memory, total = heads.memory, 0
    count = len(memory.student)
    drawn = (philox_uniforms(negatives, 4096, step) * count).long()
    ids = torch.cat([indices[:, None], drawn[None].expand(len(s), -1)], 1)
    for index, (x, table) in enumerate([(u, memory.teacher), (v, memory.student)]):
        likelihoods = ((table[ids] @ x[:, :, None])[..., 0] / temperature).exp()
        # Retort keeps Z of likelihoods over e^(1/T).
        known = memory.scales[index] * math.exp(1 / temperature)
        likelihoods = likelihoods / (known if known > 0 else likelihoods.mean().detach() * count)
        noise = negatives / count
        rows = (likelihoods[:, 0] / (likelihoods[:, 0] + noise + 1e-7)).log()
        rows = rows + (noise / (likelihoods[:, 1:] + noise + 1e-7)).log().sum(1)
        total = total - rows.mean()
    return total


class GraphHeads(nn.Module):
    """Attention_head and Estimator of sseung0703/KD_methods_with_TF's MHGD."""

    def __init__(self, before, width, heads):
        super().__init__()
        size = (before + width) // 2
        self.sender, self.sender_norm = nn.Linear(width, size * heads, bias=False), nn.BatchNorm1d(size * heads)
        self.receiver, self.receiver_norm = nn.Linear(before, size * heads, bias=False), nn.BatchNorm1d(size * heads)
        self.hidden, self.hidden_norm = nn.Linear(before, size, bias=False), nn.BatchNorm1d(size)
        self.output = nn.Linear(size * heads, width)
        self.count = heads

    def products(self, a, b):
        a, b = (x.view(len(x), self.count, -1).transpose(0, 1) for x in (a, b))
        return a @ b.transpose(1, 2)

    def fixed(self, v, before):
        def projected(x, layer, norm):
            return F.batch_norm(x @ layer.weight.detach().T, norm.running_mean, norm.running_var,
                                norm.weight.detach(), norm.bias.detach())
        return self.products(projected(v, self.sender, self.sender_norm),
                             projected(before, self.receiver, self.receiver_norm))

    def estimate(self, v, before, noise):
        def projected(x, layer, norm):
            return F.batch_norm(layer(x), None, None, norm.weight, norm.bias, training=True)
        graphs = self.products(projected(v, self.sender, self.sender_norm),
                               projected(before, self.receiver, self.receiver_norm))
        shares = F.softmax(graphs, 2) * (noise > noise.mean(0, keepdim=True))
        values = F.relu(projected(before, self.hidden, self.hidden_norm))
        return F.normalize(self.output((shares @ values).transpose(0, 1).flatten(1)), dim=1)


class GraphLayer(nn.Module):
    def __init__(self, student, teacher, before, heads):
        super().__init__()
        self.connector = nn.Identity() if student == teacher else nn.Conv2d(student, teacher, 1)
        self.heads = None if before is None else GraphHeads(before, teacher, heads)


def mhgd(student, teacher, layers):
    """The means over heads and examples, and over pairs of layers."""
    pairs = [[v[..., 0] for v in aligned_vectors(layer.connector(s), t, 1, 3)[:2]]
             for s, t, layer in zip(student, teacher, layers)]
    total = 0
    for index, ((u1, v1), (u2, v2)) in enumerate(zip(pairs, pairs[1:])):
        heads = layers[index + 1].heads
        log_q = F.log_softmax(torch.tanh(heads.fixed(u2, u1)), 2)
        log_p = F.log_softmax(torch.tanh(heads.fixed(v2, v1)), 2)
        noise = philox_normals(heads.count * len(v1), 4096 + index).view(heads.count, -1, 1)
        total = total + kl(log_q, log_p).mean() + (1 - (heads.estimate(v2, v1, noise) * v2).sum(1)).mean()
    return total / (len(pairs) - 1)


def record(name, student, teacher, loss, numbers=None, modules=(), extra=None):
    """Writes `loss(student tensors, teacher tensors)`, a scalar, with its gradients."""
    student = [x.double().requires_grad_() for x in student]
    teacher = [x.double() for x in teacher]
    parameters = [(f"{i}.{k}", p) for i, m in enumerate(modules) for k, p in m.named_parameters()]
    weights = {f"adapter.{i}.{k}": v.detach().clone() for i, m in enumerate(modules)
               for k, v in m.state_dict().items() if not k.endswith("num_batches_tracked")}
    value = loss(student, teacher)
    gradients = torch.autograd.grad(value, student + [p for _, p in parameters], allow_unused=True)
    tensors = {"loss": value.detach().reshape(1)} | weights | (extra or {})
    for i, x in enumerate(student):
        tensors |= {f"student.{i}": x.detach(), f"grad.student.{i}": gradients[i]}
    for i, x in enumerate(teacher):
        tensors[f"teacher.{i}"] = x
    for (key, _), gradient in zip(parameters, gradients[len(student):]):
        if gradient is not None and gradient.abs().max() > 1e-12:
            tensors[f"grad.adapter.{key}"] = gradient
    os.makedirs(os.path.dirname(name), exist_ok=True)
    save_file(
        {k: (v if v.dtype == torch.int32 else v.float()).contiguous() for k, v in tensors.items()},
        f"{name}.safetensors",
        metadata={"source": f"formulas.py, float64, torch {torch.__version__}, safetensors {safetensors.__version__}",
                  "case": name} | {k: str(v) for k, v in (numbers or {}).items()})


def draw(*shape, scale=1.0):
    return torch.randn(*shape, dtype=torch.float32) * scale


def separated(rows, channels, side):
    """Maps whose singular values are far from each other."""
    rank = min(channels, side * side)
    left, right = (torch.linalg.qr(draw(rows, n, rank).double()).Q for n in (side * side, channels))
    maps = left * 0.65 ** torch.arange(rank) * 3 @ right.transpose(1, 2)
    return maps.transpose(1, 2).reshape(rows, channels, side, side).float()


def module(m):
    for p in m.parameters():
        p.data = p.data.float().double()
    for layer in m.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean = (draw(layer.num_features) * 0.1).double()
            layer.running_var = (draw(layer.num_features) ** 2 * 0.1 + 0.1).double()
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layer.weight.data = (1 + draw(layer.num_features) * 0.2).double()
            layer.bias.data = (draw(layer.num_features) * 0.2).double()
    return m.double()


def main():
    torch.set_num_threads(1)
    torch.manual_seed(20261130)
    TEMPERED = {"soft_cross_entropy": soft_cross_entropy, "reverse_kl": reverse_kl, "sigmoid_kd": sigmoid_kd}
    for kind, loss in TEMPERED.items():
        for index, (rows, classes, temperature) in enumerate([(6, 10, 4.0), (9, 33, 1.0), (3, 2, 0.5)]):
            record(f"{kind}/case{index}", [draw(rows, classes, scale=2)], [draw(rows, classes, scale=2)],
                   lambda s, t: loss(s[0], t[0], temperature), {"temperature": temperature})
    for index, (temperature, beta) in enumerate([(1.0, 0.5), (3.0, 0.1), (1.0, 0.9)]):
        record(f"jsd/case{index}", [draw(7, 12, scale=2)], [draw(7, 12, scale=2)],
               lambda s, t: jsd(s[0], t[0], temperature, beta), {"temperature": temperature, "beta": beta})
    for index, classes in enumerate([10, 3]):
        record(f"logits/case{index}", [draw(8, classes)], [draw(8, classes)], lambda s, t: logits(s[0], t[0]))
        record(f"hard_labels/case{index}", [draw(8, classes)], [draw(8, classes)], lambda s, t: hard_labels(s[0], t[0]))
    for index, (classes, k, temperature) in enumerate([(40, 5, 2.0), (12, 1, 1.0), (9, 8, 4.0)]):
        pair = [draw(6, classes, scale=2)], [draw(6, classes, scale=2)]
        record(f"top_k/case{index}", *pair, lambda s, t: top_k(s[0], t[0], temperature, k),
               {"temperature": temperature, "k": k})
        record(f"top_k_alone/case{index}", *pair, lambda s, t: top_k_alone(s[0], t[0], temperature, k),
               {"temperature": temperature, "k": k})
    for index, step in enumerate([0, 30, 500]):
        level = module(Level())
        record(f"ctkd/case{index}", [draw(6, 10, scale=20)], [draw(6, 10, scale=20)],
               lambda s, t: ctkd(s[0], t[0], level, 100, step), {"rise": 100, "step": step}, [level])

    for index, (rows, side, own, other) in enumerate([(6, 6, 5, 5), (3, 9, 4, 7)]):
        norm = module(nn.BatchNorm2d(own)).eval()
        norm.weight.data = (draw(own) * 0.8).double()
        norm.bias.data = torch.linspace(-1.5, 4, own).double()
        norm.running_mean = draw(own).double()
        norm.running_var = (draw(own) ** 2 + 0.3).double()
        weights = {f"norm.0.{k}": v for k, v in norm.state_dict().items() if not k.endswith("tracked")}
        record(f"overhaul/case{index}", [draw(rows, own, side, side)], [draw(rows, own, side, side)],
               lambda s, t: overhaul(s[0], t[0], norm), extra=weights)
        maker = module(Factors(own, other, math.floor(other * 0.5 + 0.5)))
        record(f"factor_transfer/case{index}", [draw(rows, own, side, side)], [draw(rows, other, side, side)],
               lambda s, t: factor_transfer(s[0], t[0], maker), {"rate": 0.5}, [maker])
        heads = module(Heads(own, other, 8))
        record(f"crd/case{index}", [draw(rows, own, side, side)], [draw(rows, other, side + 1, side + 1)],
               lambda s, t: crd(s[0], t[0], heads, 0.07), {"width": 8, "temperature": 0.07}, [heads])
        record(f"ickd/case{index}", [draw(rows, other, side, side)], [draw(rows, other, side + 1, side + 1)],
               lambda s, t: ickd(s[0], t[0]))
        record(f"affinity/case{index}", [draw(rows, own, side, side)], [draw(rows, other, side, side)],
               lambda s, t: affinity(s[0], t[0], 6), {"side": 6})
        record(f"irg/case{index}", [draw(rows, 10), draw(rows, own, side, side), draw(rows, own, side // 3, side // 3)],
               [draw(rows, 10), draw(rows, other, side, side), draw(rows, other, side // 3, side // 3)],
               lambda s, t: irg(*s, *t))
        record(f"correlation_kernel/case{index}", [draw(rows, own, side, side)], [draw(rows, other)],
               lambda s, t: correlation_kernel(s[0], t[0]))
    for index, (own, other) in enumerate([([(4, 8), (6, 4), (8, 2)], [(5, 8), (7, 4), (9, 2)]),
                                          ([(3, 6), (5, 3)], [(4, 9), (6, 4)])]):
        width = own[-1][0]
        fusions = [module(Fusion(c, width, d, i < len(own) - 1))
                   for i, ((c, _), (d, _)) in enumerate(zip(own, other))]
        record(f"review/case{index}", [draw(6, c, n, n) for c, n in own], [draw(6, c, n, n) for c, n in other],
               lambda s, t: review(s, t, fusions), modules=fusions)

    for index, (texts, length, own, other, heads) in enumerate([(4, 7, 12, 24, 3), (2, 5, 8, 8, 4)]):
        lengths = torch.tensor([length] + [max(1, length - 2 * i) for i in range(1, texts)])
        mask = (torch.arange(length)[None] < lengths[:, None])
        whole, extra = mask.double(), {"mask": mask.int()}
        qkv = lambda width: [draw(texts, length, width) for _ in range(3)]
        record(f"token_cosine/case{index}", [draw(texts, length, own)], [draw(texts, length, own)],
               lambda s, t: token_cosine(s[0], t[0], whole), extra=extra)
        record(f"attention_scores/case{index}", qkv(own)[:2], qkv(other)[:2],
               lambda s, t: attention_scores(*s, *t, whole, heads), {"heads": heads}, extra=extra)
        record(f"minilm/case{index}", qkv(own), qkv(other), lambda s, t: minilm(*s, *t, whole, heads),
               {"heads": heads}, extra=extra)
        record(f"minilm2/case{index}", qkv(own), qkv(other), lambda s, t: minilm2(*s, *t, whole, heads),
               {"heads": heads}, extra=extra)

    # Logits of 10⁴, and a thousand classes.
    for name, scale, temperature in [("huge", 1e4, 4.0), ("wide", 3.0, 1.0)]:
        pair = [draw(4, 1000, scale=scale)], [draw(4, 1000, scale=scale)]
        labels = torch.tensor([3, 0, 999, 500])
        one = {"temperature": temperature}
        record(f"soft_cross_entropy/{name}", *pair, lambda s, t: soft_cross_entropy(s[0], t[0], temperature), one)
        record(f"reverse_kl/{name}", *pair, lambda s, t: reverse_kl(s[0], t[0], temperature), one)
        record(f"jsd/{name}", *pair, lambda s, t: jsd(s[0], t[0], temperature, 0.3), one | {"beta": 0.3})
        record(f"sigmoid_kd/{name}", *pair, lambda s, t: bernoulli(s[0], t[0], temperature), one)
        record(f"top_k/{name}", *pair, lambda s, t: top_bin(s[0], t[0], temperature, 5), one | {"k": 5})
        record(f"logit_standardized_kd/{name}", *pair, lambda s, t: standardized(s[0], t[0], temperature), one)
        record(f"hard_labels/{name}", *pair, lambda s, t: hard_labels(s[0], t[0]))
        record(f"dkd/{name}", *pair, lambda s, t: dkd(s[0], t[0], labels, temperature, 1.0, 8.0),
               one | {"alpha": 1.0, "beta": 8.0}, extra={"labels": labels.int()})

    for index, (rows, side, own, other) in enumerate([(6, 4, 3, 8), (4, 5, 6, 5)]):
        projector = module(Projector(own, other))
        record(f"simkd/case{index}", [draw(rows, own, side, side)], [draw(rows, other, side, side).relu()],
               lambda s, t: F.mse_loss(projector(s[0]), t[0]), modules=[projector])

    # Both groups are drawn from one state, so that each can be recorded by itself.
    state = torch.get_rng_state()
    for index, (own, other, vectors) in enumerate([
            ([(5, 4), (6, 3), (8, 2)], [(5, 4), (6, 3), (8, 3)], 1),
            ([(4, 3), (7, 2)], [(6, 2), (9, 2)], 2)]):
        connectors = [nn.Identity() if a == b else module(nn.Conv2d(a, b, 1)) for (a, _), (b, _) in zip(own, other)]
        record(f"svd/case{index}", [separated(4, c, n) for c, n in own], [separated(4, c, n) for c, n in other],
               lambda s, t: svd(s, t, connectors, vectors), {"vectors": vectors}, connectors)
        layers = [module(GraphLayer(a, b, before, 3)) for (a, _), (b, _), before in
                  zip(own, other, [None] + [c for c, _ in other])]
        record(f"mhgd/case{index}", [separated(5, c, n) for c, n in own], [separated(5, c, n) for c, n in other],
               lambda s, t: mhgd(s, t, layers), {"heads": 3}, layers)
    for index, step in enumerate([30, 500]):
        level = module(InstanceLevel(10))
        if index == 0:  # Of the teacher's logits alone, so that differences are the gradient.
            level.fc1.weight.data[:, 10:] = 0
        record(f"ctkd_instance/case{index}", [draw(6, 10, scale=5)], [draw(6, 10, scale=5)],
               lambda s, t: ctkd_instance(s[0], t[0], level, 100, step), {"rise": 100, "step": step}, [level])
    for index, (rows, count, negatives, scales) in enumerate([(4, 12, 30, [1e-3, 2e-3]), (5, 40, 24, [0, 0])]):
        heads = Heads(6, 9, 8)
        heads.memory = Memory(count, 8)
        module(heads)
        heads.memory.scales = torch.tensor(scales).double()
        indices = torch.randperm(count)[:rows]
        record(f"crd_memory/case{index}", [draw(rows, 6, 3, 3)], [draw(rows, 9, 2, 2)],
               lambda s, t: crd_memory(s[0], t[0], heads, indices, negatives, 0.07, index),
               {"width": 8, "temperature": 0.07, "negatives": negatives, "examples": count, "step": index}, [heads],
               extra={"indices": indices.int(), "labels": torch.zeros(rows).int()})
    torch.set_rng_state(state)
    for index, (rows, classes, temperature, a, alpha) in enumerate([(6, 10, 20.0, 0.99, 0.1), (5, 33, 4.0, 0.9, 0.5),
                                                                    (4, 2, 1.0, 0.95, 1.0)]):
        labels = torch.randint(classes, (rows,))
        numbers = {"temperature": temperature, "probability": a, "alpha": alpha}
        for name, authors in [("teacher_free", False), ("teacher_free_authors", True)]:
            # No teacher is asked.
            record(f"{name}/case{index}", [draw(rows, classes, scale=2)], [draw(rows, classes)],
                   lambda s, t: teacher_free(s[0], labels, temperature, a, alpha, authors), numbers,
                   extra={"labels": labels.int()})
    for index, (rows, shape, others, margin) in enumerate([(6, (5,), [(5,), (7,), (4,)], 0.1),
                                                           (5, (3, 4, 4), [(6, 2, 2), (8,)], 0.5),
                                                           (7, (4, 3, 3), [(9,)], 0)]):
        record(f"dissimilarity/case{index}", [draw(rows, *shape)], [draw(rows, *other) for other in others],
               lambda s, t: dissimilarity(s[0], t, margin), {"teachers": len(others), "margin": margin})
    for index, (rows, counts, tau) in enumerate([(7, [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50], 1.0),
                                                 (6, [40, 3, 12], 2.5), (3, [1, 900], 0.5)]):
        labels, counts = torch.randint(len(counts), (rows,)), torch.tensor(counts)
        extra = {"labels": labels.int(), "counts": counts.int()}
        # No teacher is asked.
        pair = [draw(rows, len(counts), scale=2)], [draw(rows, len(counts))]
        record(f"logit_adjusted/case{index}", *pair,
               lambda s, t: logit_adjusted(s[0], labels, counts.double(), tau), {"tau": tau}, extra=extra)
        beta, deferral, step, steps = [(0.9999, 0.0, 0, 1), (0.9, 0.5, 5, 10), (0.99, 0.5, 4, 10)][index]
        numbers = {"beta": beta, "defer": deferral, "step": step, "steps": steps}
        record(f"class_balanced/case{index}", *pair,
               lambda s, t: class_balanced(s[0], labels, counts.double(), beta, deferral, step, steps), numbers, extra=extra)
        margin, scale = [(0.5, 30.0), (0.5, 10.0), (2.0, 1.0)][index]
        cosines = [draw(rows, len(counts), scale=0.3)], pair[1]
        record(f"ldam/case{index}", *cosines,
               lambda s, t: ldam(s[0], labels, counts.double(), margin, scale, beta, deferral, step, steps),
               {"margin": margin, "scale": scale} | numbers, extra=extra)


if __name__ == "__main__":
    main()
