"""Writes src/test/resources/gan/networks.safetensors: layers and published networks read in PyTorch, tiny, in double precision.

For each case: parameters p/NAME, inputs x/NAME, outputs y/NAME with a cotangent g/NAME each, of every parameter's gradient its
norm and two projections dp/NAME, and of buffers the values before, b/NAME, and after, nb/NAME. Pictures are channels-last in the
file. Run from the repository's root: python src/test/python/network_fixtures.py
"""
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

torch.manual_seed(20261126)
torch.set_default_dtype(torch.float64)
tensors = {}


def rand(*shape, low=-1.0, high=1.0):
    """Numbers that F32 holds exactly, so that both sides compute from the same."""
    return (torch.rand(shape) * (high - low) + low).float().double()


def first(x):
    """Channels-last to PyTorch's channels-first."""
    return x.permute(0, 3, 1, 2)


def last(x):
    return x.permute(0, 2, 3, 1)


def store(name, tensor):
    tensor = tensor.detach()
    tensors[name] = (tensor.to(torch.int32) if tensor.dtype in (torch.int32, torch.int64) else tensor.float()).contiguous()


def projections(gradient):
    g = gradient.flatten()
    i = torch.arange(len(g), dtype=torch.float64)
    return torch.stack([g.norm(), (g * torch.cos(i)).sum(), (g * torch.sin(1.7 * i + 1)).sum()])


def spread(module, low=-1.0, high=1.0):
    """Random parameters of about unit gain, and buffers that are not their first values."""
    for name, parameter in module.named_parameters():
        if parameter.dim() > 1:
            bound = (3.0 / (parameter.numel() / parameter.shape[0])) ** 0.5
            parameter.data = rand(*parameter.shape, low=-bound, high=bound)
        elif "weight" in name:
            parameter.data = rand(*parameter.shape, low=0.5, high=1.5)
        else:
            parameter.data = rand(*parameter.shape, low=-0.3, high=0.3)
    for name, buffer in module.named_buffers():
        if "running_mean" in name:
            buffer.data = rand(*buffer.shape, low=-0.3, high=0.3)
        elif "running_var" in name:
            buffer.data = rand(*buffer.shape, low=0.5, high=1.5)
    return module


def case(name, module, function, **inputs):
    """function gives a dictionary of outputs from the module and the inputs."""
    for key, parameter in module.named_parameters():
        store(f"{name}/p/{key}", parameter)
    for key, buffer in module.named_buffers():
        if "num_batches" not in key:
            store(f"{name}/b/{key}", buffer)
    for key, value in inputs.items():
        store(f"{name}/x/{key}", value)
    outputs = function(module, **inputs)
    total = 0
    for key, value in outputs.items():
        store(f"{name}/y/{key}", value)
        cotangent = rand(*value.shape)
        store(f"{name}/g/{key}", cotangent)
        total = total + (value * cotangent).sum()
    total.backward()
    for key, parameter in module.named_parameters():
        gradient = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
        store(f"{name}/dp/{key}", projections(gradient))
    for key, buffer in module.named_buffers():
        if "num_batches" not in key:
            store(f"{name}/nb/{key}", buffer)


# ---- layers

def lstm(module, x, mask):
    lengths = mask.sum(1).long()
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, (hidden, _) = module(packed)
    outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    return {"outputs": outputs, "last": hidden.transpose(0, 1).reshape(len(x), -1)}


lengths = torch.tensor([4, 1, 6])
mask = (torch.arange(6)[None] < lengths[:, None]).double()
case("lstm", spread(nn.LSTM(5, 3, batch_first=True)), lstm, x=rand(3, 6, 5), mask=mask)
case("lstm both ways", spread(nn.LSTM(5, 3, batch_first=True, bidirectional=True)), lstm, x=rand(3, 6, 5), mask=mask)


class BatchNorms(nn.Module):
    def __init__(self):
        super().__init__()
        self.vectors = nn.BatchNorm1d(3)
        self.pictures = nn.BatchNorm2d(4)


def batch_norms(module, vectors, more, pictures):
    return {"first": module.vectors(vectors), "second": module.vectors(more), "pictures": last(module.pictures(first(pictures)))}


for training in (True, False):
    case("batch norm in " + ("training" if training else "use"), spread(BatchNorms()).train(training), batch_norms,
         vectors=rand(5, 3, low=0), more=rand(4, 3), pictures=rand(2, 3, 4, 4))


class Transposed(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(4, 3, 4, 2, 1)


case("transposed convolution", spread(Transposed()), lambda m, x: {"y": last(m.up(first(x)))}, x=rand(2, 3, 3, 4))

save_file(tensors, "src/test/resources/gan/networks.safetensors")
print(sum(t.numel() * 4 for t in tensors.values()), "bytes,", len(tensors), "tensors")
