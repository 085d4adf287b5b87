"""Writes PyTorch checkpoints, among them hostile and unusual ones, and what the tensors of the good ones are as safetensors.

    python src/test/python/pickle_fixtures.py src/test/resources/pickle

Needs torch, numpy and safetensors. The hostile ones are harmless where they are read as they should be: not at all.
"""

import collections
import io
import os
import pickle
import struct
import sys
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
torch.manual_seed(5)


def at(name):
    return os.path.join(folder, name)


# --- every element type that safetensors has, views, shared storages, an empty one, and one without axes
base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
values = torch.randn(3, 5)
weights = collections.OrderedDict()
for dtype in ("float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "complex64"):
    weights[dtype] = values.to(getattr(torch, dtype)) if dtype != "complex64" else torch.complex(values, -values)
for dtype in ("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64"):
    weights[dtype] = torch.arange(7).to(getattr(torch, dtype))
weights["bool"] = torch.tensor([True, False, True])
weights["whole"] = base
weights["transposed"] = base.t()
weights["part"] = base[1:3, 2:5]
weights["every.other"] = base[::2, 1::3]
weights["empty"] = torch.zeros(0, 3)
weights["scalar"] = torch.tensor(7.5)
weights["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
torch.save(weights, at("types.pt"))
save_file({name: tensor.detach().clone().contiguous() for name, tensor in weights.items()}, at("types.safetensors"))

# --- the container before PyTorch 1.6, in which most older weights are published
old = {name: weights[name].detach() for name in ("float32", "float16", "int64", "bool", "whole", "transposed", "part", "empty", "scalar")}
torch.save(old, at("legacy.pt"), _use_new_zipfile_serialization=False)
save_file({name: tensor.clone().contiguous() for name, tensor in old.items()}, at("legacy.safetensors"))

# --- what a network saves of itself, in a checkpoint with other things
net = torch.nn.Sequential(collections.OrderedDict(conv=torch.nn.Conv2d(3, 4, 3), norm=torch.nn.BatchNorm2d(4)))
optimizer = torch.optim.Adam(net.parameters())
net(torch.randn(2, 3, 5, 5)).sum().backward()
optimizer.step()
torch.save({"epoch": 3, "name": "net", "model": {"netG": net.state_dict(), "netD": {}}, "optimizer": optimizer.state_dict()}, at("nested.pt"))
save_file({name: tensor.clone() for name, tensor in net.state_dict().items()}, at("nested.safetensors"))


# --- hostile: calls a function when Python loads it
class Hostile:
    def __reduce__(self):
        return os.system, ("touch hostile-pickle-was-run",)


class HostileEval:
    def __reduce__(self):
        return eval, ("open('hostile-pickle-was-run', 'w')",)


torch.save({"weight": torch.ones(2), "extra": Hostile()}, at("hostile.pt"))
torch.save({"weight": torch.ones(2), "extra": HostileEval()}, at("hostile-eval.pt"))
torch.save(net, at("module.pt"))
torch.save({"weight": torch.ones(2), "number": np.float64(3)}, at("numpy.pt"))
torch.save({"weight": torch.ones(2), "extra": Hostile()}, at("hostile-legacy.pt"), _use_new_zipfile_serialization=False)
with open(at("tar.pt"), "wb") as out:
    out.write(b"sys_info".ljust(257, b"\0") + b"ustar" + b"\0" * 250)


# --- a tensor that claims more than its storage holds, written by hand
def by_hand(name, size, stride, elements=4, payload=b"\0" * 16):
    pickled = io.BytesIO()
    p = pickled.write
    p(b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0")
    p(b"0X\x03\0\0\0cpuJ" + struct.pack("<i", elements) + b"tQK\0(")
    p(b"".join(b"J" + struct.pack("<i", n) for n in size) + b"t(")
    p(b"".join(b"J" + struct.pack("<i", n) for n in stride) + b"t\x89ccollections\nOrderedDict\n)RtRs.")
    with zipfile.ZipFile(at(name), "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickled.getvalue())
        archive.writestr("archive/data/0", payload)


by_hand("good.pt", [2, 2], [2, 1])
by_hand("outside.pt", [2, 2], [3, 1])
by_hand("repeated.pt", [1 << 30, 1 << 30], [0, 0])
by_hand("short.pt", [2, 2], [2, 1], payload=b"\0" * 8)
by_hand("lying.pt", [1 << 20, 1 << 10], [1 << 10, 1], elements=1 << 30)

# --- plain lists, in all protocols, as data sets keep them
names = ["001.Black_footed_Albatross/Black_Footed_Albatross_0001_796111", "Größe", 3, -70000, 1 << 70, 2.5, None, True, (1, ("two", []))]
for protocol in range(6):
    with open(at(f"list-{protocol}.pickle"), "wb") as out:
        pickle.dump([names, {"key": {"inner": names[0]}}], out, protocol)
