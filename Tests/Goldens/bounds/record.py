"""Records what the estimators of bounds make of small samples, by their definitions.

Needs numpy; prints values.json. Made by numpy 2.4.6 in float64, of points that are float32. All distances are
sorted, and every vector of signs is enumerated.
"""

import itertools
import json
from statistics import NormalDist

import numpy

random = numpy.random.default_rng(7)


def points(count, width, scale, shift=0.0):
    return (random.normal(size=(count, width)) * scale + shift).astype(numpy.float32)


def flat(values):
    return [float(x) for x in numpy.asarray(values, dtype=numpy.float32).ravel()]


def distances(a, b):
    return numpy.linalg.norm(a.astype(float)[:, None] - b.astype(float)[None], axis=2)


def covered(points, sample, k):
    """The share of points in a ball around one of the sample's that reaches to its k-th neighbour."""
    own = numpy.sort(distances(sample, sample), axis=1)[:, k]
    return float(numpy.mean((distances(points, sample) <= own).any(axis=1)))


def wilson(hits, trials):
    """Where a share is as many deviations from what was found as hold 95 %: the roots of a quadratic."""
    z, p = NormalDist().inv_cdf(0.975), hits / trials
    roots = numpy.roots([1 + z * z / trials, -2 * p - z * z / trials, p * p])
    return sorted(float(x) for x in roots.real)


def two_sample(known, asked):
    """C2ST-KNN: known and asked are pairs of halves, one of each sample."""
    trained, tested = numpy.concatenate(known), numpy.concatenate(asked)
    labels = numpy.repeat([0, 1], [len(known[0]), len(known[1])])
    k = int(numpy.floor(numpy.sqrt(len(trained))))
    k += 1 - k % 2
    nearest = numpy.argsort(distances(tested, trained), axis=1)[:, :k]
    found = (labels[nearest].mean(axis=1) > 0.5).astype(int)
    accuracy = float(numpy.mean(found == numpy.repeat([0, 1], [len(asked[0]), len(asked[1])])))
    return accuracy, NormalDist(-0.5, numpy.sqrt(0.25 / len(tested))).cdf(-accuracy)


def two_nearest(sample):
    near = numpy.sort(distances(sample, sample), axis=1)
    mu = numpy.sort(near[:, 2] / near[:, 1])
    kept = int(0.9 * len(mu))
    x = numpy.log(mu[:kept])
    y = -numpy.log(1 - numpy.arange(1, kept + 1) / len(mu))
    return float(numpy.linalg.lstsq(x[:, None], y, rcond=None)[0][0])


def likeliest(sample, k):
    near = numpy.sort(distances(sample, sample), axis=1)[:, 1:k + 1]
    each = 1 / numpy.mean(numpy.log(near[:, -1:] / near[:, :-1]), axis=1)
    return float(len(each) / numpy.sum(1 / each))


def signs(values):
    sums = [abs(numpy.dot(s, values)) for s in itertools.product([-1, 1], repeat=len(values))]
    return float(numpy.mean(sums)) / len(values)


def bound(values, signs, gap, greatest, risk):
    m, v = len(values), numpy.var(values, ddof=1)
    by_range = numpy.mean(values) + 2 * signs + greatest * numpy.sqrt(
        numpy.log(1 / risk) / (2 * m)) + gap
    # Maurer and Pontil's theorem is of values in [0, 1].
    scaled = values / greatest
    by_variance = greatest * (
        numpy.mean(scaled) + numpy.sqrt(2 * numpy.var(scaled, ddof=1) * numpy.log(2 / risk) / m)
        + 7 * numpy.log(2 / risk) / (3 * (m - 1))) + gap
    return float(by_range), float(by_variance)


first, second = points(36, 11, 1.0), points(30, 11, 0.8, 0.25)
halves = [points(20, 3, 1.0), points(20, 3, 1.0, 1.0), points(20, 3, 1.0), points(20, 3, 1.0, 1.0)]
cloud = points(60, 9, 1.0)
values = numpy.abs(random.normal(size=12)).astype(numpy.float32).astype(float)
accuracy, p = two_sample(halves[:2], halves[2:])
by_range, by_variance = bound(values, 0.125, 0.0625, 3.0, 0.05)
print(json.dumps({
    "first": flat(first), "second": flat(second), "width": 11,
    "precision": covered(second, first, 3), "recall": covered(first, second, 3),
    "precisionEnds": wilson(round(covered(second, first, 3) * 30), 30),
    "halves": [flat(h) for h in halves], "accuracy": accuracy, "pValue": p,
    "cloud": flat(cloud), "cloudWidth": 9,
    "twoNearest": two_nearest(cloud), "likeliest": likeliest(cloud, 10),
    "likeliestOfFour": likeliest(cloud, 4),
    "values": [float(x) for x in values], "signs": signs(values),
    "byRange": by_range, "byVariance": by_variance,
    "mean": float(numpy.mean(values)), "variance": float(numpy.var(values, ddof=1)),
    "meanEnds": [
        NormalDist(numpy.mean(values), numpy.std(values, ddof=1) / numpy.sqrt(12)).inv_cdf(x)
        for x in (0.025, 0.975)],
}))
