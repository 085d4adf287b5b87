"""Writes sets of features, class probabilities, and what NumPy and SciPy make of the measures of them.

    python src/test/python/metric_fixtures.py src/test/resources/metric/distances.safetensors src/test/resources/metric/statistics.npz

The Fréchet distance is computed by another road than the program's: the root of S1 S2 by the eigenvalues of that product,
which is not symmetric, and for sets of more pictures than features by SciPy's matrix root, too. The third set lies in a plane, so that its
covariance has no inverse. Needs numpy, scipy and safetensors.
"""

import sys

import numpy as np
import scipy.linalg
import scipy.special
from safetensors.numpy import save_file

rng = np.random.default_rng(20240608)
D = 12
mix = rng.normal(size=(D, D)) / np.sqrt(D)
a = rng.normal(size=(90, D)) @ mix + 0.3
b = np.abs(rng.normal(size=(70, D))) @ mix
flat = rng.normal(size=(80, 2)) @ rng.normal(size=(2, D))
sets = {name: x.astype(np.float32) for name, x in (("a", a), ("b", b), ("flat", flat))}


def frechet(x, y):
    x, y = x.astype(np.float64), y.astype(np.float64)
    s1, s2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(s1 @ s2).astype(complex))
    apart = x.mean(0) - y.mean(0)
    return float(apart @ apart + np.trace(s1) + np.trace(s2) - 2 * roots.real.sum())


def kernel(x, y):
    x, y = x.astype(np.float64), y.astype(np.float64)
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    k = lambda p, q: (p @ q.T / p.shape[1] + 1) ** 3
    within = sum((k(z, z).sum() - np.trace(k(z, z))) / (n * (n - 1)) for z in (x, y))
    return float(within - 2 * k(x, y).mean())



def published_frechet(x, y):
    """As pytorch-fid's formula has it."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    s1, s2 = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    apart = x.mean(0) - y.mean(0)
    return float(apart @ apart + np.trace(s1) + np.trace(s2) - 2 * np.trace(scipy.linalg.sqrtm(s1 @ s2).real))


def distances(x, y):
    return np.sqrt(((x.astype(np.float64)[:, None] - y.astype(np.float64)[None]) ** 2).sum(-1))


def manifolds(drawn, real, k=3):
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020)."""
    radius = lambda x: np.sort(distances(x, x), 1)[:, k]
    across = distances(drawn, real)
    precision = (across <= radius(real)[None]).any(1).mean()
    recall = (across <= radius(drawn)[:, None]).any(0).mean()
    density = (across <= radius(real)[None]).sum() / (k * len(drawn))
    coverage = (across.min(0) <= radius(real)).mean()
    return [precision, recall, density, coverage]


def inception_score(probabilities, splits):
    p = probabilities.astype(np.float64)
    scores = []
    for i in range(splits):
        part = p[i * len(p) // splits:(i + 1) * len(p) // splits]
        divergence = scipy.special.rel_entr(part, part.mean(0, keepdims=True)).sum(1)
        scores.append(np.exp(divergence.mean()))
    return [np.mean(scores), np.std(scores)]


def pairwise(groups):
    means = [distances(g, g)[np.tril_indices(len(g), -1)].mean() for g in groups]
    return [np.mean(means), np.std(means, ddof=1) / np.sqrt(len(means))]


wide = rng.normal(size=(2, 200, 64)) * np.exp(rng.normal(size=64)) + rng.normal(size=(2, 1, 64)) * 0.2
sets["wide1"], sets["wide2"] = wide.astype(np.float32)
few = rng.normal(size=(2, 30, 64)) + 0.1
sets["few1"], sets["few2"] = few.astype(np.float32)
logits = rng.normal(size=(95, 7)) * 3
probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
probabilities[3] = np.eye(7, dtype=np.float32)[2]

expected = {"probabilities": probabilities}
for first, second in (("a", "b"), ("a", "flat"), ("flat", "b"), ("a", "a"), ("wide1", "wide2"), ("few1", "few2")):
    expected[f"frechet/{first}/{second}"] = np.array(frechet(sets[first], sets[second]))
    expected[f"kernel/{first}/{second}"] = np.array(kernel(sets[first], sets[second]))
    expected[f"manifolds/{first}/{second}"] = np.array(manifolds(sets[first], sets[second]))
for first, second in (("a", "b"), ("wide1", "wide2")):
    published = published_frechet(sets[first], sets[second])
    ours = expected[f"frechet/{first}/{second}"]
    assert abs(published - ours) < 1e-9 * published, (published, ours)
for splits in (1, 10):
    expected[f"inception/{splits}"] = np.array(inception_score(probabilities, splits))
expected["diversity"] = np.array(pairwise([sets["a"][i * 9:(i + 1) * 9] for i in range(10)]))
save_file({**sets, **expected}, sys.argv[1])
# As pytorch-fid saves them.
np.savez_compressed(sys.argv[2], mu=sets["a"].astype(np.float64).mean(0), sigma=np.cov(sets["a"].astype(np.float64), rowvar=False))
