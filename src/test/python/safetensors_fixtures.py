"""Writes the safetensors fixtures with Hugging Face's own library, for SafetensorsFixtureTest.

Usage: python safetensors_fixtures.py OUT_FOLDER
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)

# Values are formulas that the test repeats: element i is (i - 3) * 0.75, exact in every floating-point type here.
def ramp(shape, dtype):
    count = 1
    for dim in shape:
        count *= dim
    return ((torch.arange(count, dtype=torch.float64) - 3) * 0.75).reshape(shape).to(dtype)


save_file(
    {
        "f32": ramp([2, 3], torch.float32),
        "f16": ramp([5], torch.float16),
        "bf16": ramp([1, 7], torch.bfloat16),
        "f64": ramp([2, 2], torch.float64),
        "i32": torch.arange(4, dtype=torch.int32) - 2,
        "i64": torch.arange(3, dtype=torch.int64) * 2**40,
        "u8": torch.arange(250, 256, dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros([2, 0]),
        "Stra\u00dfe.\U0001f3e0": ramp([1], torch.float32),
    },
    out / "mixed.safetensors",
    metadata={"format": "pt", "note": "a \"quoted\"\nline and \u00e9"},
)

# One element type and one metadata entry: nothing is left to a writer's taste, so the bytes must agree.
save_file(
    {name: ramp(shape, torch.float32) for name, shape in
     {"b.weight": [3, 2], "a.weight": [4], "\uffee": [1], "\U0001f3e0": [2], "B": []}.items()},
    out / "canonical.safetensors",
    metadata={"format": "pt"},
)

shards = out / "sharded"
shards.mkdir(exist_ok=True)
parts = [
    {"wte.weight": ramp([4, 3], torch.float32)},
    {"ln_f.weight": ramp([3], torch.float16), "ln_f.bias": ramp([3], torch.float32)},
]
weight_map = {}
for number, part in enumerate(parts, 1):
    name = f"model-{number:05d}-of-{len(parts):05d}.safetensors"
    save_file(part, shards / name, metadata={"format": "pt"})
    weight_map.update({tensor: name for tensor in part})
total = sum(t.numel() * t.element_size() for part in parts for t in part.values())
(shards / "model.safetensors.index.json").write_text(
    json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=2) + "\n")
