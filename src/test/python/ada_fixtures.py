"""Writes pictures, draws, and what ADA's geometric and colour transformations make of them, with gradients.

    python src/test/python/ada_fixtures.py src/test/resources/gan/ada.safetensors

Written from the paper's description (Karras et al. 2020, appendix B). Maps are 3x3 matrices composed in the paper's order, colours 4x4
matrices. There are two answers for each geometric case:

NAME/truth is exact. The pictures of it are sums of low cosines, which continue beyond their edges as their own mirror images, so that
each output pixel is the sum at the place where the map takes it: nothing is interpolated.

NAME and NAME/gradient are of noise, by the passes that the program is to take (a scaling with folded edges, three shears), but each pixel
for itself: it looks up its four neighbours in lines that are long enough never to end.

Draws are uniform numbers, a row a picture: of each transformation a gate and its numbers. Needs numpy, torch and safetensors.
"""

import math
import sys

import numpy as np
import torch
from safetensors.torch import save_file

PROBABILITY = 0.7
STRETCH = math.log2(2.3) / 2
AT = {"xflip": 0, "rotate90": 2, "xint": 4, "scale": 7, "before": 10, "aniso": 12, "after": 15, "xfrac": 17,
      "brightness": 20, "contrast": 23, "lumaflip": 26, "hue": 28, "saturation": 30}


def normal(d, at):
    return math.sqrt(-2 * math.log(1 - d[at])) * math.cos(2 * math.pi * d[at + 1])


def turn(angle):
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def move(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], float)


def place_map(d, names, size):
    """From places in the changed picture, from its centre, to places in the given one."""
    once = 1 - math.sqrt(1 - PROBABILITY)
    m = np.eye(3)
    if "xflip" in names and d[0] < PROBABILITY:
        m = m @ np.diag([1 - 2 * math.floor(2 * d[1]), 1, 1])
    if "rotate90" in names and d[2] < PROBABILITY:
        m = m @ turn(math.pi / 2 * math.floor(4 * d[3]))
    if "xint" in names and d[4] < PROBABILITY:
        m = m @ move(*(math.floor((2 * v - 1) * 0.125 * size + 0.5) for v in d[5:7]))
    if "scale" in names and d[7] < PROBABILITY:
        f = 2 ** (0.2 * normal(d, 8))
        m = m @ np.diag([f, f, 1])
    if "rotate" in names and d[10] < once:
        m = m @ turn((2 * d[11] - 1) * math.pi)
    if "aniso" in names and d[12] < PROBABILITY:
        f = 2 ** min(max(0.2 * normal(d, 13), -STRETCH), STRETCH)
        m = m @ np.diag([f, 1 / f, 1])
    if "rotate" in names and d[15] < once:
        m = m @ turn((2 * d[16] - 1) * math.pi)
    if "xfrac" in names and d[17] < PROBABILITY:
        radius = math.sqrt(-2 * math.log(1 - d[18])) * 0.125 * size
        m = m @ move(radius * math.cos(2 * math.pi * d[19]), radius * math.sin(2 * math.pi * d[19]))
    return m


def colour_matrix(d, names):
    v = np.array([1, 1, 1, 0]) / math.sqrt(3)
    luma = np.outer(v, v)
    m = np.eye(4)
    if "brightness" in names and d[20] < PROBABILITY:
        m[:3, 3] += 0.2 * normal(d, 21)
    if "contrast" in names and d[23] < PROBABILITY:
        m = np.diag([2 ** (0.5 * normal(d, 24))] * 3 + [1]) @ m
    if "lumaflip" in names and d[26] < PROBABILITY:
        m = (np.eye(4) - 2 * luma * math.floor(2 * d[27])) @ m
    if "hue" in names and d[28] < PROBABILITY:
        angle = (2 * d[29] - 1) * math.pi
        cross = np.zeros((4, 4))
        cross[:3, :3] = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
        m = (np.eye(4) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross) @ m  # Rodrigues
    if "saturation" in names and d[30] < PROBABILITY:
        keep = np.diag([1, 1, 1, 0])
        m = (luma + (keep - luma) * 2 ** normal(d, 31) + np.diag([0, 0, 0, 1])) @ m
    return m


def cubic(x):
    x = np.abs(x)
    return np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def stretched(x, axis, factor, offset, span):
    """Places -span to span - 1 from the centre of one axis, which mirrors itself beyond its ends."""
    size = x.shape[axis]
    middle = (size - 1) / 2
    at = factor * (np.arange(2 * span) - span + middle % 1) + offset + middle
    far = np.arange(-8 * size, 9 * size)
    weights = cubic((at[:, None] - far[None]) / max(abs(factor), 1))
    weights /= weights.sum(1, keepdims=True)
    period = far % (2 * size)
    folded = np.minimum(period, 2 * size - 1 - period)
    return torch.tensordot(torch.tensor(weights), x.index_select(axis, torch.tensor(folded)), ([1], [axis])).movedim(0, axis)


def sheared(x, slope, middle, span):
    """Each row moved by as much as it lies from the centre, times slope."""
    rows = []
    for y in range(x.shape[0]):
        by = slope * (y - span + middle % 1)
        first = math.floor(by)
        row = sum(float(cubic(np.array(t - (by - first)))) * torch.roll(x[y], -first - t, 0) for t in (-1, 0, 1, 2))
        rows.append(row)
    return torch.stack(rows)


def warped(x, m):
    size, span = x.shape[0], 4 * x.shape[0]
    middle = (size - 1) / 2
    a = m[:2, :2].copy()
    swap = abs(a[1, 0]) > abs(a[1, 1])
    if swap:
        a = a[:, ::-1]
    down = math.hypot(*a[1]) * math.copysign(1, a[1, 1])
    s, c = a[1] / down
    across = a[0, 0] * c - a[0, 1] * s
    skew = (a[0, 0] * s + a[0, 1] * c) / across
    y = stretched(stretched(x, 0, down, m[1, 2], span), 1, across, m[0, 2], span)
    half = -math.tan(math.asin(s) / 2)
    y = sheared(y, skew + half, middle, span)
    y = sheared(y.transpose(0, 1), s, middle, span).transpose(0, 1)
    y = sheared(y, half, middle, span)
    low = span - size // 2
    y = y[low:low + size, low:low + size]
    return y.transpose(0, 1) if swap else y


def cosines(coefficients, size, m):
    """The sum of cosines [down, across, 3] where the map takes each pixel."""
    middle = (size - 1) / 2
    v, u = np.meshgrid(np.arange(size) - middle, np.arange(size) - middle, indexing="ij")
    x = m[0, 0] * u + m[0, 1] * v + m[0, 2] + middle + 0.5
    y = m[1, 0] * u + m[1, 1] * v + m[1, 2] + middle + 0.5
    waves = [np.cos(np.pi * k * y / size)[..., None] * np.cos(np.pi * l * x / size)[..., None] * coefficients[k, l]
             for k in range(coefficients.shape[0]) for l in range(coefficients.shape[1])]
    return sum(waves)


def main(path):
    random = np.random.default_rng(5)
    tensors = {}
    cases = {20: [["xflip", "rotate90", "xint"], ["scale", "xfrac"], ["rotate"], ["scale", "rotate", "aniso", "xfrac"],
                  ["brightness", "contrast", "lumaflip", "hue", "saturation"],
                  ["xflip", "rotate90", "xint", "scale", "rotate", "aniso", "xfrac", "brightness", "contrast", "lumaflip", "hue", "saturation"]],
             13: [["xflip", "rotate90", "xint", "scale", "rotate", "aniso", "xfrac"]]}
    n = 5
    for size, sets in cases.items():
        draws = random.random((n, 33)).astype(np.float32)
        draws[:2, list(AT.values())] = 0  # everything
        draws[0, [0, 2, 4]] = [0, 0.9, 0.9]
        # Stretched as far as it goes, and turned so that corners come from furthest along a line.
        draws[1, [11, 13, 14, 16]] = [0.125, 0.99999, 0, 0.06]
        pictures = torch.tensor(random.random((n, size, size, 3)) * 2 - 1).float()
        weights = torch.tensor(random.random((n, size, size, 3))).float()
        waves = random.standard_normal((n, 3, 3, 3)) * 0.3
        smooth = np.stack([cosines(waves[i], size, np.eye(3)) for i in range(n)])
        tensors |= {f"{size}/pictures": pictures, f"{size}/draws": torch.tensor(draws), f"{size}/weights": weights, f"{size}/smooth": torch.tensor(smooth)}
        for names in sets:
            key = f"{size}/" + "+".join(names)
            x = pictures.double().requires_grad_()
            rows, truths = [], []
            for i in range(n):
                d = draws[i].astype(float)
                place, colour = place_map(d, names, size), torch.tensor(colour_matrix(d, names))
                shown = x[i] if (place == np.eye(3)).all() else warped(x[i], place)
                rows.append(shown @ colour[:3, :3].T + colour[:3, 3])
                truths.append(torch.tensor(cosines(waves[i], size, place)) @ colour[:3, :3].T + colour[:3, 3])
            y = torch.stack(rows)
            # Squared, so that the gradient depends on the result.
            (y * y * weights).sum().backward()
            tensors |= {key: y.detach(), key + "/gradient": x.grad, key + "/truth": torch.stack(truths)}
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, path, {"probability": str(PROBABILITY)})


main(sys.argv[1])
