"""Writes pictures and what Pillow and PyTorch make of them at other sizes.

    python src/test/python/resize_fixtures.py src/test/resources/image/resize.safetensors

TensorFlow's way of before version 2 is computed here from its definition: sample at target * from / to, no half pixels.
Needs numpy, Pillow, torch and safetensors.
"""

import sys

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import save_file

rng = np.random.default_rng(20241103)


def picture(height, width, low=0, high=255):
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([x / width, y / height, (x + y) / (width + height)], -1) * (high - low) + low
    noise = rng.integers(low, high + 1, (height, width, 3))
    return np.where((x // 7 + y // 5)[..., None] % 2 == 0, smooth, noise).astype(np.uint8)


def clean(pixels, width, height, filter):
    channels = [Image.fromarray(pixels[:, :, c].astype(np.float32), mode="F").resize((width, height), filter) for c in range(3)]
    return np.stack([np.asarray(c).clip(0, 255) for c in channels], -1).astype(np.float32)


def pytorch(pixels, width, height):
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].double()
    y = torch.nn.functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=False, antialias=False)
    return y[0].permute(1, 2, 0).float().contiguous().numpy()


def tensorflow(pixels, width, height):
    def ends(target, length):
        at = np.arange(target) * (length / target)
        low = np.floor(at).astype(int)
        return low, np.minimum(low + 1, length - 1), at - low

    top, bottom, down = ends(height, pixels.shape[0])
    left, right, across = ends(width, pixels.shape[1])
    p = pixels.astype(np.float64)
    across = across[None, :, None]
    row = lambda y: p[y][:, left] * (1 - across) + p[y][:, right] * across
    down = down[:, None, None]
    return (row(top) * (1 - down) + row(bottom) * down).astype(np.float32)


tensors = {}
# Of the mild one no filter overshoots 8 bits, which Pillow would clip between its passes.
for name, pixels, targets in (
        ("wide", picture(37, 59), [(19, 13), (9, 25), (70, 45)]),
        ("small", picture(16, 12), [(29, 29), (12, 7), (5, 16)]),
        ("mild", picture(41, 38, 80, 175), [(16, 16), (15, 40)])):
    tensors[name] = pixels
    for w, h in targets:
        key = f"{name}/{w}x{h}/"
        tensors[key + "clean"] = clean(pixels, w, h, Image.BICUBIC)
        tensors[key + "triangle"] = clean(pixels, w, h, Image.BILINEAR)
        tensors[key + "lanczos"] = clean(pixels, w, h, Image.LANCZOS)
        tensors[key + "pillow"] = np.asarray(Image.fromarray(pixels).resize((w, h), Image.BICUBIC))
        tensors[key + "pillow-bilinear"] = np.asarray(Image.fromarray(pixels).resize((w, h), Image.BILINEAR))
        tensors[key + "pytorch"] = pytorch(pixels, w, h)
        tensors[key + "tensorflow"] = tensorflow(pixels, w, h)
save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, sys.argv[1])
