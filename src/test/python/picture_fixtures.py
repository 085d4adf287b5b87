"""Writes small picture files of many kinds and how Pillow reads them.

    python src/test/python/picture_fixtures.py src/test/resources/image/pictures

Transparent pictures are laid over white here, level by level. Needs numpy, Pillow and safetensors.
"""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
W, H = 24, 16
y, x = np.mgrid[0:H, 0:W]
rgb = np.stack([x * 10 + 10, y * 14 + 20, 200 - x * 4 - y * 3], -1).astype(np.uint8)
alpha = np.clip(x * 12, 0, 255).astype(np.uint8)
expected = {}


def over_white(colour, alpha):
    a = alpha[..., None].astype(np.float64) / 255
    return np.round(colour * a + 255 * (1 - a)).astype(np.uint8)


def keep(name, pixels=None):
    if pixels is None:
        pixels = np.asarray(ImageOps.exif_transpose(Image.open(out / name)).convert("RGB"))
    expected[name] = np.ascontiguousarray(pixels)


def save(name, image, pixels=None, **options):
    image.save(out / name, **options)
    keep(name, pixels)


def png(name, depth, kind, rows, pixels, *extra):
    def chunk(tag, data):
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    data = zlib.compress(b"".join(b"\0" + r for r in rows))
    header = struct.pack(">IIBBBBB", W, H, depth, kind, 0, 0, 0)
    body = b"".join(chunk(*c) for c in ((b"IHDR", header), *extra, (b"IDAT", data), (b"IEND", b"")))
    (out / name).write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    keep(name, pixels)


def oriented(value):
    exif = Image.Exif()
    exif[274] = value
    return exif


image = Image.fromarray(rgb)
jpeg = dict(quality=95, subsampling=0)
save("rgb.jpg", image, **jpeg)
save("progressive.jpg", image, progressive=True, **jpeg)
save("subsampled.jpg", image, quality=95, subsampling=2)
save("grey.jpg", image.convert("L"), **jpeg)
for value in range(2, 9):
    save(f"orientation{value}.jpg", image, exif=oriented(value), **jpeg)
inks = np.stack([x * 6, y * 9, 150 - x * 4, y * 5 + 10], -1).astype(np.uint8)
save("cmyk.jpg", Image.fromarray(inks, mode="CMYK"), **jpeg)
# The same file, said to hold transformed colours: what was C, M, Y is then read as Y, Cb, Cr.
mild = np.stack([x * 5 + 60, 118 + y, 120 + x // 2, y * 5 + 10], -1).astype(np.uint8)
Image.fromarray(mild, mode="CMYK").save(out / "ycck.jpg", **jpeg)
data = bytearray((out / "ycck.jpg").read_bytes())
data[data.index(b"Adobe") + 11] = 2
(out / "ycck.jpg").write_bytes(data)
keep("ycck.jpg")

deep = (rgb.astype(np.int64) * 257 + 60).astype(">u2")
png("rgb16.png", 16, 2, [deep[r].tobytes() for r in range(H)], rgb)
png("grey16.png", 16, 0, [deep[r, :, 0].tobytes() for r in range(H)], np.repeat(rgb[:, :, :1], 3, 2))
bits = np.packbits((x + y) % 2, axis=1)
png("grey1.png", 1, 0, [bits[r].tobytes() for r in range(H)], np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, 2))
key = rgb[5, 7]
png("keyed.png", 8, 2, [rgb[r].tobytes() for r in range(H)], np.where((rgb == key).all(-1)[..., None], 255, rgb).astype(np.uint8),
    (b"tRNS", struct.pack(">HHH", *map(int, key))))
palette = image.quantize(16)
colours = np.asarray(palette.convert("RGB"))
clear = np.asarray(palette) == 3
save("palette.png", palette, np.where(clear[..., None], 255, colours).astype(np.uint8), transparency=3)
rgba = Image.fromarray(np.concatenate([rgb, alpha[..., None]], -1))
save("rgba.png", rgba, over_white(rgb, alpha))
save("grey-alpha.png", Image.fromarray(np.stack([rgb[..., 1], alpha], -1), mode="LA"), over_white(np.repeat(rgb[:, :, 1:2], 3, 2), alpha))
save("orientation6.png", image, exif=oriented(6))

save("lossy.webp", image, quality=95)
save("lossless.webp", image, lossless=True)
save("alpha.webp", rgba, over_white(rgb, alpha), lossless=True, exact=True)
save("orientation8.webp", image, lossless=True, exif=oriented(8))
save("palette.gif", palette)
save("rgb.bmp", image)
save("orientation3.tif", image, tiffinfo={274: 3})
save_file(expected, out / "expected.safetensors")
