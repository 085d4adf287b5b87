"""Writes two sets of features and what NumPy makes of the distances between them.

    python src/test/python/metric_fixtures.py src/test/resources/metric/distances.safetensors

The Fréchet distance is computed by another road than the program's: the root of S1 S2 by the eigenvalues of that product,
which is not symmetric. The third set lies in a plane, so that its covariance has no inverse. Needs numpy and safetensors.
"""

import sys

import numpy as np
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
    k = lambda p, q: (p @ q.T / D + 1) ** 3
    within = sum((k(z, z).sum() - np.trace(k(z, z))) / (n * (n - 1)) for z in (x, y))
    return float(within - 2 * k(x, y).mean())


expected = {}
for first, second in (("a", "b"), ("a", "flat"), ("flat", "b"), ("a", "a")):
    expected[f"frechet/{first}/{second}"] = np.array(frechet(sets[first], sets[second]))
    expected[f"kernel/{first}/{second}"] = np.array(kernel(sets[first], sets[second]))
save_file({**sets, **expected}, sys.argv[1])
