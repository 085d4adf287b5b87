"""Writes what PyTorch makes of every operation: inputs, result, a cotangent of the result, and the inputs' gradients.

    python src/test/python/op_fixtures.py src/test/resources/graph/operations.safetensors

Computed in double precision from inputs that are exact in F32, stored as F32. Pictures are channels-last and kernels
[height, width, in, out] in the file; PyTorch's layout is made and unmade here. Needs torch and safetensors.
"""

import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
torch.manual_seed(20240607)
tensors = {}


def rand(*shape, low=-1.0, high=1.0):
    return (torch.rand(shape) * (high - low) + low).float().double()


def whole(bound, *shape):
    return torch.randint(0, bound, shape)


def case(name, function, *inputs):
    leaves = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    y = function(*leaves)
    for i, x in enumerate(inputs):
        tensors[f"{name}/x{i}"] = x.float().contiguous() if x.is_floating_point() else x.int().contiguous()
    tensors[f"{name}/y"] = y.detach().float().contiguous()
    floating = [x for x in leaves if x.is_floating_point()]
    if not y.requires_grad:
        return
    g = rand(*y.shape)
    tensors[f"{name}/g"] = g.float().contiguous()
    gradients = torch.autograd.grad(y, floating, g, allow_unused=True)
    for i, x in enumerate(leaves):
        if x.is_floating_point():
            gradient = gradients[[leaf is x for leaf in floating].index(True)]
            gradient = torch.zeros_like(x) if gradient is None else gradient
            tensors[f"{name}/dx{i}"] = gradient.detach().float().contiguous()


def first(x):  # channels first
    return x.permute(0, 3, 1, 2).contiguous()


def last(x):  # channels last
    return x.permute(0, 2, 3, 1)


def kernel(w):  # [kh, kw, in, out] to PyTorch's [out, in, kh, kw]
    return w.permute(3, 2, 0, 1).contiguous()


# Element-wise.
for name in ["neg", "abs", "sign", "exp", "tanh", "erf", "sin", "cos", "floor"]:
    case(name, getattr(torch, name), rand(37, low=-3, high=3))
for name in ["reciprocal", "sqrt", "rsqrt", "log"]:
    case(name, getattr(torch, name), rand(23, low=0.05, high=4))
case("leaky relu", lambda x: F.leaky_relu(x, 0.25), rand(29))
case("relu", F.relu, rand(29))
for name in ["add", "sub", "mul", "div", "maximum", "minimum"]:
    case(name, getattr(torch, name), rand(3, 7), rand(3, 7))
    case(name + " broadcasting", getattr(torch, name), rand(2, 1, 5), rand(3, 1))
case("greater", lambda a, b: (a > b).double() * a, rand(20), rand(20))
case("greater equal", lambda a, b: (a >= b).double() * a, whole(3, 20).double(), whole(3, 20).double())
case("equal", lambda a, b: (a == b).double() * a, whole(3, 20).double(), whole(3, 20).double())
case("select", lambda c, a, b: torch.where(c != 0, a, b), whole(2, 4, 5), rand(4, 5), rand(5))

# Movement.
case("reshape", lambda x: x.reshape(4, 3, 5), rand(6, 10))
case("transpose", lambda x: x.permute(2, 0, 3, 1), rand(2, 3, 4, 5))
case("broadcast", lambda x: x.expand(2, 3, 4, 5), rand(3, 1, 5))
case("strided slice", lambda x: x[1:9:3, :, 2:5], rand(10, 2, 6))
case("constant pad", lambda x: F.pad(x, (2, 1, 0, 3), value=0.5), rand(3, 4))


def interior(x):
    y = torch.full((1 + 3 + 2 * 2 + 2, 4), -1.0)
    y[1:8:3] = x
    return y


case("interior pad", interior, rand(3, 4))
case("concat", lambda a, b, c: torch.cat([a, b, c], 1), rand(2, 3, 2), rand(2, 1, 2), rand(2, 4, 2))

# Reductions and products.
case("sum all", lambda x: x.sum().reshape(1, 1, 1), rand(3, 4, 5))
case("sum 0 2", lambda x: x.sum((0, 2), keepdim=True), rand(3, 4, 5))
case("mean 1", lambda x: x.mean(1, keepdim=True), rand(3, 4, 5))
case("maximum 0 1", lambda x: x.amax((0, 1), keepdim=True), rand(3, 4, 5))
case("maximum with ties", lambda x: x.amax(1, keepdim=True), whole(3, 4, 6).double())
for ta in [False, True]:
    for tb in [False, True]:
        for batch in [(), (2, 3)]:
            a = rand(*batch, *((5, 4) if ta else (4, 5)))
            b = rand(*batch, *((6, 5) if tb else (5, 6)))
            case(f"matmul {ta} {tb} {len(batch)}",
                 lambda a, b, ta=ta, tb=tb: (a.mT if ta else a) @ (b.mT if tb else b), a, b)

# Convolutions: name, picture [n, h, w, in], kernel, stride, padding (top, left, bottom, right).
CONVS = [("3x3", (2, 5, 6, 3), (3, 3, 4), (1, 1), (1, 1, 1, 1)),
         ("4x4 stride 2", (1, 8, 6, 2), (4, 4, 5), (2, 2), (1, 1, 1, 1)),
         ("4x4 stride 2 odd", (1, 7, 9, 2), (4, 4, 3), (2, 2), (1, 1, 1, 1)),
         ("1x1", (2, 3, 4, 5), (1, 1, 6), (1, 1), (0, 0, 0, 0)),
         ("1x1 stride 2", (1, 5, 6, 3), (1, 1, 2), (2, 2), (0, 0, 0, 0)),
         ("4x4 to one pixel", (2, 4, 4, 3), (4, 4, 1), (1, 1), (0, 0, 0, 0)),
         ("uneven", (1, 8, 7, 2), (3, 2, 3), (3, 1), (0, 1, 2, 0)),
         ("wide padding", (1, 3, 2, 2), (3, 3, 2), (2, 1), (3, 3, 3, 3))]


def conv(x, w, stride, pad):
    top, left, bottom, right = pad
    return last(F.conv2d(F.pad(first(x), (left, right, top, bottom)), kernel(w), stride=stride))


for name, picture, (kh, kw, out), stride, pad in CONVS:
    x = rand(*picture)
    w = rand(kh, kw, picture[3], out)
    case("conv " + name, lambda x, w, stride=stride, pad=pad: conv(x, w, stride, pad), x, w)
    dy = rand(*conv(x, w, stride, pad).shape)

    # The adjoints in their own right: PyTorch's double backward gives their gradients.
    def input_gradient(dy, w, shape=picture, stride=stride, pad=pad):
        x = torch.zeros(shape, requires_grad=True)
        return torch.autograd.grad(conv(x, w, stride, pad), x, dy, create_graph=True)[0]

    def weight_gradient(x, dy, shape=w.shape, stride=stride, pad=pad):
        w = torch.zeros(shape, requires_grad=True)
        return torch.autograd.grad(conv(x, w, stride, pad), w, dy, create_graph=True)[0]

    case("input gradient " + name, input_gradient, dy, w)
    case("weight gradient " + name, weight_gradient, x, dy)

# A transposed convolution as networks call it: PyTorch's weights are [in, out, kh, kw], ours the adjoint's [kh, kw, out, in].
case("transposed conv", lambda x, w: last(F.conv_transpose2d(first(x), w.permute(3, 2, 0, 1), stride=2, padding=1)),
     rand(2, 3, 4, 5), rand(4, 4, 3, 5))
case("transposed conv with output padding",
     lambda x, w: last(F.conv_transpose2d(first(x), w.permute(3, 2, 0, 1), stride=2, padding=1, output_padding=1)),
     rand(1, 3, 4, 2), rand(3, 3, 3, 2))

# Lookups.
case("gather", lambda table, at: table[at], rand(7, 3), whole(7, 2, 4))
case("scatter", lambda at, rows: torch.zeros(5, 3).index_add(0, at, rows), whole(5, 8), rand(8, 3))
case("embedding", lambda at, table: F.embedding(at, table) * 3, whole(6, 3, 5), rand(6, 4))

# What layers make of them.
case("softmax", lambda x: F.softmax(x, 1), rand(3, 6, 4, low=-5, high=5))
case("log softmax", lambda x: F.log_softmax(x, -1), rand(3, 6, low=-5, high=5))
case("gelu", F.gelu, rand(41, low=-4, high=4))
case("gelu tanh", lambda x: F.gelu(x, approximate="tanh"), rand(41, low=-4, high=4))
case("sigmoid", torch.sigmoid, rand(41, low=-8, high=8))
case("softplus", F.softplus, rand(41, low=-8, high=8))
case("silu", F.silu, rand(41, low=-8, high=8))
case("glu", lambda x: F.glu(x, -1), rand(3, 4, 6))
case("layer norm", lambda x, w, b: F.layer_norm(x, (9,), w, b, 1e-5), rand(3, 4, 9), rand(9), rand(9))
case("group norm", lambda x, w, b: last(F.group_norm(first(x), 3, w, b, 1e-5)), rand(2, 3, 4, 6), rand(6), rand(6))
case("batch norm", lambda x, w, b: last(F.batch_norm(first(x), None, None, w, b, True)), rand(3, 4, 2, 5), rand(5), rand(5))
case("instance norm", lambda x: last(F.instance_norm(first(x), eps=1e-5)), rand(2, 4, 3, 5))
case("nearest twice", lambda x: last(F.interpolate(first(x), scale_factor=2, mode="nearest")), rand(1, 3, 4, 2))
case("bilinear twice", lambda x: last(F.interpolate(first(x), scale_factor=2, mode="bilinear")), rand(1, 3, 4, 2))
case("bilinear 7x5", lambda x: last(F.interpolate(first(x), size=(7, 5), mode="bilinear")), rand(1, 3, 8, 2))
case("average pool", lambda x: last(F.avg_pool2d(first(x), 2)), rand(1, 4, 6, 3))
case("max pool", lambda x: last(F.max_pool2d(first(x), 2)), rand(1, 4, 6, 3))
case("max pool 3x3", lambda x: last(F.max_pool2d(first(x), 3, 2, 1)), rand(1, 5, 6, 3))


def attention(q, k, v, mask):
    size = q.shape[2]
    allowed = torch.tril(torch.ones(size, size)).bool() & (mask != 0)[:, None, None, :]
    return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)


mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
case("attention", attention, rand(2, 3, 5, 4), rand(2, 3, 5, 4), rand(2, 3, 5, 4), mask)
case("cross entropy", lambda x, at: F.cross_entropy(x, at).reshape(()), rand(5, 7), whole(7, 5))


# A gradient of a gradient: the matching-aware penalty of a small critic, differentiated by its weights.
def penalty(x, text, first_kernel, second_kernel, last_kernel):
    x = x.detach().requires_grad_()
    text = text.detach().requires_grad_()
    h = F.leaky_relu(conv(x, first_kernel, 1, (1, 1, 1, 1)), 0.25)
    h = F.leaky_relu(conv(h, second_kernel, 2, (1, 1, 1, 1)), 0.25)
    h = torch.cat([h, text[:, None, None, :].expand(-1, h.shape[1], h.shape[2], -1)], 3)
    score = conv(h, last_kernel, 1, (0, 0, 0, 0))
    dx, dt = torch.autograd.grad(score.sum(), (x, text), create_graph=True)
    norm = torch.sqrt((torch.cat([dx.flatten(1), dt], 1) ** 2).sum(1))
    return (norm ** 6).mean()


case("gradient penalty", penalty, rand(2, 8, 8, 3), rand(2, 3), rand(3, 3, 3, 4) * 0.5, rand(4, 4, 4, 5) * 0.5, rand(4, 4, 8, 1) * 0.5)
# PyTorch sees the penalty's pictures and texts as constants.
for i in (0, 1):
    del tensors[f"gradient penalty/dx{i}"]

save_file(dict(sorted(tensors.items())), sys.argv[1])
