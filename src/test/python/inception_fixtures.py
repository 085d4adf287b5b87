"""Writes what Inception-v3 makes of two pictures, in both variants that people measure with.

    python src/test/python/inception_fixtures.py src/test/resources/metric/inception.safetensors

The network is written out here in plain PyTorch, with the names and shapes of torchvision's published weights (1000 classes) and of
pytorch-fid's (1008 classes, the graph of 2015), and computes in double precision. Weights and pictures are numbers of a
formula that the tests repeat: SplitMix64 of a counter, started by the FNV-1a hash of the tensor's name. Needs torch, numpy and safetensors.
"""

import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.numpy import save_file


def uniform(name, count):
    """Numbers in [-1, 1) of a name."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % (1 << 64)
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1).astype(np.float32)


class BasicConv2d(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


def row(width):
    return dict(kernel=(1, width), padding=(0, width // 2))


def column(height):
    return dict(kernel=(height, 1), padding=(height // 2, 0))


class Pooled(nn.Module):
    """The variants differ in how the pooling beside the other branches treats the border."""

    fid = False
    largest = False

    def pool(self, x):
        if self.fid and self.largest:
            return F.max_pool2d(x, 3, 1, 1)
        return F.avg_pool2d(x, 3, 1, 1, count_include_pad=not self.fid)


class A(Pooled):
    def __init__(self, inputs, features):
        super().__init__()
        self.branch1x1 = BasicConv2d(inputs, 64, 1)
        self.branch5x5_1 = BasicConv2d(inputs, 48, 1)
        self.branch5x5_2 = BasicConv2d(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = BasicConv2d(inputs, 64, 1)
        self.branch3x3dbl_2 = BasicConv2d(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = BasicConv2d(96, 96, 3, padding=1)
        self.branch_pool = BasicConv2d(inputs, features, 1)

    def forward(self, x):
        return torch.cat([self.branch1x1(x), self.branch5x5_2(self.branch5x5_1(x)),
                          self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x))), self.branch_pool(self.pool(x))], 1)


class B(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.branch3x3 = BasicConv2d(inputs, 384, 3, 2)
        self.branch3x3dbl_1 = BasicConv2d(inputs, 64, 1)
        self.branch3x3dbl_2 = BasicConv2d(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = BasicConv2d(96, 96, 3, 2)

    def forward(self, x):
        return torch.cat([self.branch3x3(x), self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x))), F.max_pool2d(x, 3, 2)], 1)


class C(Pooled):
    def __init__(self, inputs, c):
        super().__init__()
        self.branch1x1 = BasicConv2d(inputs, 192, 1)
        self.branch7x7_1 = BasicConv2d(inputs, c, 1)
        self.branch7x7_2 = BasicConv2d(c, c, **row(7))
        self.branch7x7_3 = BasicConv2d(c, 192, **column(7))
        self.branch7x7dbl_1 = BasicConv2d(inputs, c, 1)
        self.branch7x7dbl_2 = BasicConv2d(c, c, **column(7))
        self.branch7x7dbl_3 = BasicConv2d(c, c, **row(7))
        self.branch7x7dbl_4 = BasicConv2d(c, c, **column(7))
        self.branch7x7dbl_5 = BasicConv2d(c, 192, **row(7))
        self.branch_pool = BasicConv2d(inputs, 192, 1)

    def forward(self, x):
        double = x
        for name in ("1", "2", "3", "4", "5"):
            double = getattr(self, "branch7x7dbl_" + name)(double)
        return torch.cat([self.branch1x1(x), self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x))), double, self.branch_pool(self.pool(x))], 1)


class D(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.branch3x3_1 = BasicConv2d(inputs, 192, 1)
        self.branch3x3_2 = BasicConv2d(192, 320, 3, 2)
        self.branch7x7x3_1 = BasicConv2d(inputs, 192, 1)
        self.branch7x7x3_2 = BasicConv2d(192, 192, **row(7))
        self.branch7x7x3_3 = BasicConv2d(192, 192, **column(7))
        self.branch7x7x3_4 = BasicConv2d(192, 192, 3, 2)

    def forward(self, x):
        seven = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return torch.cat([self.branch3x3_2(self.branch3x3_1(x)), seven, F.max_pool2d(x, 3, 2)], 1)


class E(Pooled):
    def __init__(self, inputs):
        super().__init__()
        self.branch1x1 = BasicConv2d(inputs, 320, 1)
        self.branch3x3_1 = BasicConv2d(inputs, 384, 1)
        self.branch3x3_2a = BasicConv2d(384, 384, **row(3))
        self.branch3x3_2b = BasicConv2d(384, 384, **column(3))
        self.branch3x3dbl_1 = BasicConv2d(inputs, 448, 1)
        self.branch3x3dbl_2 = BasicConv2d(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = BasicConv2d(384, 384, **row(3))
        self.branch3x3dbl_3b = BasicConv2d(384, 384, **column(3))
        self.branch_pool = BasicConv2d(inputs, 192, 1)

    def forward(self, x):
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        return torch.cat([self.branch1x1(x), self.branch3x3_2a(three), self.branch3x3_2b(three),
                          self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double), self.branch_pool(self.pool(x))], 1)


class Auxiliary(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv0 = BasicConv2d(768, 128, 1)
        self.conv1 = BasicConv2d(128, 768, 5)
        self.fc = nn.Linear(768, classes)


class Inception3(nn.Module):
    def __init__(self, fid):
        super().__init__()
        classes = 1008 if fid else 1000
        self.Conv2d_1a_3x3 = BasicConv2d(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = BasicConv2d(32, 32, 3)
        self.Conv2d_2b_3x3 = BasicConv2d(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = BasicConv2d(64, 80, 1)
        self.Conv2d_4a_3x3 = BasicConv2d(80, 192, 3)
        self.Mixed_5b = A(192, 32)
        self.Mixed_5c = A(256, 64)
        self.Mixed_5d = A(288, 64)
        self.Mixed_6a = B(288)
        self.Mixed_6b = C(768, 128)
        self.Mixed_6c = C(768, 160)
        self.Mixed_6d = C(768, 160)
        self.Mixed_6e = C(768, 192)
        if not fid:
            self.AuxLogits = Auxiliary(classes)
        self.Mixed_7a = D(768)
        self.Mixed_7b = E(1280)
        self.Mixed_7c = E(2048)
        self.fc = nn.Linear(2048, classes)
        for module in self.modules():
            if isinstance(module, Pooled):
                module.fid = fid
        self.Mixed_7c.largest = True

    def forward(self, x):
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = F.max_pool2d(x, 3, 2)
        for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e"):
            x = getattr(self, "Mixed_" + name)(x)
        local = x
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        pooled = x.mean((2, 3))
        return local, pooled, self.fc(pooled)


def fill(network):
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        numbers = uniform(name, tensor.numel()).reshape(tuple(tensor.shape))
        if tensor.dim() > 1:
            numbers = numbers * np.float32(np.sqrt(6 / np.prod(tensor.shape[1:])))
        elif name.endswith(("bn.weight", "running_var")):
            numbers = 1 + numbers / 2
        else:
            numbers = numbers / 4
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(np.asarray(numbers, np.float32)))


if __name__ == "__main__":
    out = {}
    for fid in (True, False):
        network = Inception3(fid).double().eval()
        parameters = sum(p.numel() for n, p in network.named_parameters() if not n.startswith("AuxLogits"))
        print("fid" if fid else "torchvision", parameters, "parameters without the auxiliary head")
        fill(network)
        pictures = torch.from_numpy(uniform("pictures", 2 * 299 * 299 * 3).reshape(2, 299, 299, 3)).double()
        with torch.no_grad():
            if fid:
                x = pictures
            else:
                # The long way of torchvision: to [0, 1], ImageNet's normalisation, and transform_input.
                mean, deviation = torch.tensor([0.485, 0.456, 0.406]).double(), torch.tensor([0.229, 0.224, 0.225]).double()
                x = (((pictures + 1) / 2) - mean) / deviation
                x = x * (deviation / 0.5) + (mean - 0.5) / 0.5
            local, pooled, logits = network(x.permute(0, 3, 1, 2))
        kind = "fid" if fid else "torchvision"
        out[kind + "/pooled"] = pooled.numpy()
        out[kind + "/logits"] = logits.numpy()
        # Every 16th channel of the 17x17 features, channels last as the program has them.
        out[kind + "/local"] = np.ascontiguousarray(local[:, ::16].permute(0, 2, 3, 1).numpy()).astype(np.float32)
        print(kind, "pooled", pooled.mean().item(), pooled.std().item(), "logits", logits.std().item(), "local", local.std().item())
    save_file({name: np.ascontiguousarray(tensor, dtype=np.float32) for name, tensor in out.items()}, sys.argv[1])
