"""Writes pictures, draws, and what differentiable augmentation makes of them, with gradients.

    python src/test/python/augment_fixtures.py src/test/resources/gan/augment.safetensors

Written from the paper's description (Zhao et al. 2020): each part by its own plain way, translation by padding and taking a window,
cutout by clearing a rectangle. Draws are uniform numbers, a row a picture: brightness, saturation, contrast, down, across, top and left
of the cutout, and a gate for each part. Needs torch and safetensors.
"""

import sys

import torch
from safetensors.torch import save_file

torch.manual_seed(11)
N, S = 5, 18
PROBABILITY = 0.6


def colour(x, d):
    x = x + (d[0] - 0.5)
    grey = x.mean(0, keepdim=True)
    x = (x - grey) * (d[1] * 2) + grey
    return (x - x.mean()) * (d[2] + 0.5) + x.mean()


def translate(x, d):
    most = int(S * 0.125 + 0.5)
    down, across = (int(torch.floor(v * (2 * most + 1))) - most for v in (d[3], d[4]))
    padded = torch.nn.functional.pad(x, (most, most, most, most))
    return padded[:, most + down:most + down + S, most + across:most + across + S]


def cut(x, d):
    edge = int(S * 0.5 + 0.5)
    top, left = (int(torch.floor(v * (S + 1 - edge % 2))) - edge // 2 for v in (d[5], d[6]))
    mask = torch.ones_like(x)
    mask[:, max(top, 0):max(top + edge, 0), max(left, 0):max(left + edge, 0)] = 0
    return x * mask


pictures = torch.rand(N, 3, S, S) * 2 - 1
draws = torch.rand(N, 10)
draws[0, 7:] = 0  # all parts
draws[1, 3:7] = torch.tensor([0.001, 0.999, 0.0, 0.999])  # the ends of what may be drawn
draws[1, 7:] = 0
weights = torch.rand(N, 3, S, S)
tensors = {"pictures": pictures.permute(0, 2, 3, 1), "draws": draws, "weights": weights.permute(0, 2, 3, 1)}
parts = {"colour": (colour, 7), "translation": (translate, 8), "cutout": (cut, 9)}
for names in (["colour"], ["translation"], ["cutout"], ["colour", "translation", "cutout"]):
    x = pictures.clone().requires_grad_()
    rows = []
    for i in range(N):
        row = x[i]
        for name in names:
            part, gate = parts[name]
            if draws[i, gate] < PROBABILITY:
                row = part(row, draws[i])
        rows.append(row)
    y = torch.stack(rows)
    # Squared, so that the gradient depends on the result.
    (y * y * weights).sum().backward()
    key = "+".join(names)
    tensors[key] = y.detach().permute(0, 2, 3, 1)
    tensors[key + "/gradient"] = x.grad.permute(0, 2, 3, 1)
save_file({k: v.contiguous() for k, v in tensors.items()}, sys.argv[1], {"probability": str(PROBABILITY)})
