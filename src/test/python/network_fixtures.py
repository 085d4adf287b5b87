"""Writes src/test/resources/gan/networks.safetensors: layers and published networks read in PyTorch, tiny, in double precision.

For each case: parameters p/NAME, inputs x/NAME, outputs y/NAME with a cotangent g/NAME each, of every parameter's gradient its
norm and two projections dp/NAME, of buffers the values before, b/NAME, and after, nb/NAME; frozen parameters are in b/NAME too. Pictures are channels-last in the
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
    learned = [(key, parameter) for key, parameter in module.named_parameters() if parameter.requires_grad]
    for key, parameter in module.named_parameters():
        store(f"{name}/{'p' if parameter.requires_grad else 'b'}/{key}", parameter)
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
    for key, parameter in learned:
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


# ---- StackGAN, StackGAN-v2, AttnGAN

class Norm(nn.Module):
    """A convolution without bias and batch normalisation."""

    def __init__(self, inner, out, kernel, stride, pad):
        super().__init__()
        self.conv = nn.Conv2d(inner, out, kernel, stride, pad, bias=False)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x):
        return self.norm(self.conv(x))


class Blocks:
    def __init__(self, gated):
        self.gated = gated
        self.wide = 2 if gated else 1

    def act(self, x):
        return F.glu(x, 1) if self.gated else F.relu(x)

    def stem(self, inner, channels):
        module = nn.Module()
        module.fc = nn.Linear(inner, self.wide * channels * 16, bias=False)
        module.norm = nn.BatchNorm1d(self.wide * channels * 16)
        return module

    def run_stem(self, module, x):
        return self.act(module.norm(module.fc(x))).reshape(len(x), -1, 4, 4)

    def conv(self, inner, channels, kernel=3, stride=1):
        return Norm(inner, self.wide * channels, kernel, stride, 1)

    def up(self, module, x):
        return self.act(module(F.interpolate(x, scale_factor=2, mode="nearest")))

    def residual(self, channels):
        return nn.ModuleList([self.conv(channels, channels), Norm(channels, channels, 3, 1, 1)])

    def run_residual(self, module, x):
        y = x + module[1](self.act(module[0](x)))
        return y if self.gated else F.relu(y)


def picture(inner):
    return nn.Conv2d(inner, 3, 3, 1, 1, bias=False)


def beside(x, vectors):
    return torch.cat([vectors[:, :, None, None].expand(-1, -1, x.shape[2], x.shape[3]), x], 1)


class Augmentation(nn.Module):
    def __init__(self, text, width, gated):
        super().__init__()
        self.gated = gated
        self.fc = nn.Linear(text, (4 if gated else 2) * width)

    def forward(self, sentence, noise):
        both = self.fc(sentence)
        mean, log_variance = (F.glu(both, 1) if self.gated else both).chunk(2, 1)
        return mean + noise * torch.exp(0.5 * log_variance), mean, log_variance


class StackGan(nn.Module):
    def __init__(self, noise, augmentation, text, channels, residuals=None):
        super().__init__()
        self.blocks = Blocks(False)
        self.noise, self.width = noise, augmentation
        self.augment = Augmentation(text, augmentation, False)
        self.stem = self.blocks.stem(augmentation + noise, channels[0])
        self.up = nn.ModuleList([self.blocks.conv(a, b) for a, b in zip(channels, channels[1:])])
        self.out = picture(channels[-1])
        if residuals is None:
            return
        for parameter in self.parameters():
            parameter.requires_grad = False
        base = 2 * channels[-1]
        own = self.refine = nn.Module()
        own.augment = Augmentation(text, augmentation, False)
        own.look = nn.Conv2d(3, base, 3, 1, 1, bias=False)
        own.down = nn.ModuleList([self.blocks.conv(base, 2 * base, 4, 2), self.blocks.conv(2 * base, 4 * base, 4, 2)])
        own.joint = self.blocks.conv(4 * base + augmentation, 4 * base)
        own.residual = nn.ModuleList([self.blocks.residual(4 * base) for _ in range(residuals)])
        widths = [4 * base, 2 * base, base, base // 2, base // 4]
        own.up = nn.ModuleList([self.blocks.conv(a, b) for a, b in zip(widths, widths[1:])])
        own.out = picture(widths[-1])

    def one(self, latent, sentence):
        heard, mean, log_variance = self.augment(sentence, latent[:, self.noise:self.noise + self.width])
        x = self.blocks.run_stem(self.stem, torch.cat([heard, latent[:, :self.noise]], 1))
        for up in self.up:
            x = self.blocks.up(up, x)
        return {"picture": last(torch.tanh(self.out(x))), "mean": mean, "log_variance": log_variance}

    def two(self, latent, sentence):
        for module in (self.stem, self.up):
            module.eval()
        small = first(self.one(latent, sentence)["picture"])
        own = self.refine
        heard, mean, log_variance = own.augment(sentence, latent[:, self.noise + self.width:])
        x = F.relu(own.look(small))
        for down in own.down:
            x = F.relu(down(x))
        x = F.relu(own.joint(beside(x, heard)))
        for residual in own.residual:
            x = self.blocks.run_residual(residual, x)
        for up in own.up:
            x = self.blocks.up(up, x)
        return {"picture": last(torch.tanh(own.out(x))), "mean": mean, "log_variance": log_variance}


class Tree(nn.Module):
    """StackGAN-v2, or AttnGAN if there are words of some width."""

    def __init__(self, noise, augmentation, text, channels, stages, residuals, words=None):
        super().__init__()
        self.blocks = Blocks(True)
        self.noise, self.words = noise, words
        self.augment = Augmentation(text, augmentation, True)
        self.stem = self.blocks.stem(augmentation + noise, channels[0])
        self.up = nn.ModuleList([self.blocks.conv(a, b) for a, b in zip(channels, channels[1:])])
        width = channels[-1]
        self.picture = nn.ModuleList([picture(width)])
        self.stage = nn.ModuleList()
        for _ in range(stages - 1):
            stage = nn.Module()
            inner = 2 * width if words else width
            out = width if words else width // 2
            if words:
                stage.words = nn.Linear(words, width, bias=False)
            else:
                stage.joint = self.blocks.conv(width + augmentation, width)
            stage.residual = nn.ModuleList([self.blocks.residual(inner) for _ in range(residuals)])
            stage.up = self.blocks.conv(inner, out)
            self.stage.append(stage)
            self.picture.append(picture(out))
            width = out

    def forward(self, latent, sentence, states=None, mask=None):
        heard, mean, log_variance = self.augment(sentence, latent[:, self.noise:])
        x = self.blocks.run_stem(self.stem, torch.cat([heard, latent[:, :self.noise]], 1))
        for up in self.up:
            x = self.blocks.up(up, x)
        outputs = {"picture0": last(torch.tanh(self.picture[0](x))), "mean": mean, "log_variance": log_variance}
        for i, stage in enumerate(self.stage):
            if self.words:
                said = stage.words(states)
                scores = torch.einsum("nchw,ntc->nhwt", x, said).masked_fill(mask[:, None, None] == 0, float("-inf"))
                x = torch.cat([x, torch.einsum("nhwt,ntc->nchw", F.softmax(scores, -1), said)], 1)
            else:
                x = self.blocks.act(stage.joint(beside(x, heard)))
            for residual in stage.residual:
                x = self.blocks.run_residual(residual, x)
            x = self.blocks.up(stage.up, x)
            outputs[f"picture{i + 1}"] = last(torch.tanh(self.picture[i + 1](x)))
        return outputs


class StackedDiscriminator(nn.Module):
    def __init__(self, text, width, halvings, narrowings, alone):
        super().__init__()
        self.down = nn.ModuleList([nn.Module()] + [Norm(width << i - 1, width << i, 4, 2, 1) for i in range(1, halvings)])
        self.down[0].conv = nn.Conv2d(3, width, 4, 2, 1, bias=False)
        channels = width << halvings - 1
        if narrowings:
            self.narrow = nn.ModuleList()
        for _ in range(narrowings):
            self.narrow.append(Norm(channels, channels // 2, 3, 1, 1))
            channels //= 2
        self.joint = Norm(channels + text, channels, 3, 1, 1)
        self.fitting = nn.Conv2d(channels, 1, 4, 4)
        if alone:
            self.alone = nn.Conv2d(channels, 1, 4, 4)

    def forward(self, pictures, text):
        x = F.leaky_relu(self.down[0].conv(first(pictures)), 0.2)
        for layer in [*self.down[1:], *getattr(self, "narrow", [])]:
            x = F.leaky_relu(layer(x), 0.2)
        outputs = {"fitting": self.fitting(F.leaky_relu(self.joint(beside(x, text)), 0.2)).flatten()}
        if hasattr(self, "alone"):
            outputs["alone"] = self.alone(x).flatten()
        return outputs


words_mask = (torch.arange(5)[None] < torch.tensor([5, 1, 3, 4])[:, None]).double()
case("stackgan stage 1", spread(StackGan(3, 2, 5, [8, 4, 2])), StackGan.one, latent=rand(4, 5), sentence=rand(4, 5))
case("stackgan stage 1 in use", spread(StackGan(3, 2, 5, [8, 4, 2])).eval(), StackGan.one, latent=rand(4, 5), sentence=rand(4, 5))
case("stackgan stage 2", spread(StackGan(3, 2, 5, [4, 2], 1)), StackGan.two, latent=rand(4, 7), sentence=rand(4, 5))
case("stackgan tree", spread(Tree(3, 2, 5, [8, 4], 3, 1)), Tree.forward, latent=rand(4, 5), sentence=rand(4, 5))
case("attngan", spread(Tree(3, 2, 5, [8, 4], 3, 1, 6)), Tree.forward, latent=rand(4, 5), sentence=rand(4, 5), states=rand(4, 5, 6), mask=words_mask)
case("stacked discriminator", spread(StackedDiscriminator(3, 2, 2, 0, False)), StackedDiscriminator.forward, pictures=rand(4, 16, 16, 3), text=rand(4, 3))
case("stacked discriminator of large pictures", spread(StackedDiscriminator(3, 2, 3, 2, True)), StackedDiscriminator.forward,
     pictures=rand(3, 32, 32, 3), text=rand(3, 3))


# ---- a transformer

class Attention(nn.Module):
    HEADS = 4

    def __init__(self, inner, seen, width):
        super().__init__()
        self.query = nn.Linear(inner, width)
        self.key = nn.Linear(seen, width, bias=False)
        self.value = nn.Linear(seen, width)
        self.out = nn.Linear(width, inner)

    def forward(self, x, seen, mask=None):
        q, k, v = (layer(y).unflatten(-1, (self.HEADS, -1)).transpose(1, 2)
                   for layer, y in ((self.query, x), (self.key, seen), (self.value, seen)))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else mask[:, None, None].bool())
        return self.out(mixed.transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    def __init__(self, size, whole, depth, text, words, width, blocks, patch, detail):
        super().__init__()
        self.size, self.whole, self.depth, self.p, self.detail = size, whole, depth, patch, detail
        self.side = size // patch
        self.style = nn.ModuleDict({"0": nn.Linear(whole + text, 2 * width), "1": nn.Linear(2 * width, width), "token": nn.Linear(width, width)})
        self.noise = nn.Linear(depth, width)
        self.places = nn.Parameter(torch.zeros(1, self.side ** 2, width))
        self.blocks = nn.ModuleList()
        for _ in range(blocks):
            block = nn.Module()
            for i in range(3):
                setattr(block, f"norm{i}", nn.Linear(width, 2 * width))
            block.patches = Attention(width, width, width)
            block.words = Attention(width, words, width)
            block.layer = nn.ModuleList([nn.Linear(width, 4 * width), nn.Linear(4 * width, width)])
            self.blocks.append(block)
        self.norm = nn.Linear(width, 2 * width)
        self.patch = nn.Linear(width, patch * patch * detail)
        self.out = nn.Conv2d(detail, 3, 3, 1, 1)

    def forward(self, latent, sentence, states, mask):
        n = len(latent)
        style = F.leaky_relu(self.style["0"](torch.cat([latent[:, :self.whole], sentence], 1)), 0.2)
        style = F.leaky_relu(self.style["1"](style), 0.2)

        def modulated(layer, x):
            scale, shift = layer(style)[:, None].chunk(2, -1)
            return F.layer_norm(x, x.shape[-1:]) * (1 + scale) + shift

        x = self.noise(latent[:, self.whole:].reshape(n, -1, self.depth)) + self.places + self.style["token"](style)[:, None]
        for block in self.blocks:
            seen = modulated(block.norm0, x)
            x = x + block.patches(seen, seen)
            x = x + block.words(modulated(block.norm1, x), states, mask)
            x = x + block.layer[1](F.gelu(block.layer[0](modulated(block.norm2, x))))
        x = self.patch(modulated(self.norm, x)).reshape(n, self.side, self.side, self.p, self.p, self.detail)
        pixels = x.permute(0, 5, 1, 3, 2, 4).reshape(n, self.detail, self.size, self.size)
        return {"picture": last(torch.tanh(self.out(F.leaky_relu(pixels, 0.2))))}


case("transformer", spread(Transformer(8, 3, 2, 5, 6, 8, 2, 4, 3)), Transformer.forward,
     latent=rand(4, 3 + 2 * 4), sentence=rand(4, 5), states=rand(4, 5, 6), mask=words_mask)


# ---- DAMSM's similarities and losses

def similarities(regions, wholes, words, mask, sentences, gammas=(4, 5)):
    n, m = len(regions), len(words)
    similarity = []
    for i in range(n):
        row = []
        for j in range(m):
            said = words[j, :int(mask[j].sum())]
            shares = F.softmax(gammas[0] * F.softmax(said @ regions[i].T, 0), 1)
            cosines = F.cosine_similarity(shares @ regions[i], said, dim=1)
            row.append(torch.logsumexp(gammas[1] * cosines, 0))
        similarity.append(torch.stack(row))
    return torch.stack(similarity), F.normalize(wholes, dim=1) @ F.normalize(sentences, dim=1).T


def contrast(scores, same, gamma=10):
    n = len(scores)
    logits = (gamma * scores).masked_fill(same != 0, -1e9)
    return F.cross_entropy(logits, torch.arange(n)) + F.cross_entropy(logits[:, :n].T, torch.arange(n))


class Damsm(nn.Module):
    def __init__(self, pictures, regions, texts, tokens, width):
        super().__init__()
        self.regions = nn.Parameter(torch.zeros(pictures, regions, width))
        self.wholes = nn.Parameter(torch.zeros(pictures, width))
        self.words = nn.Parameter(torch.zeros(texts, tokens, width))
        self.sentences = nn.Parameter(torch.zeros(texts, width))

    def forward(self, mask, same):
        words, sentences = similarities(self.regions, self.wholes, self.words, mask, self.sentences)
        return {"similarity": words, "loss": (contrast(words, same) + contrast(sentences, same)).reshape(())}


class OwnDamsm(nn.Module):
    """With our own image encoder, and words of another width than the space's; pictures are a parameter, for what guides a generator."""

    def __init__(self, pictures, size, channels, edge, words, width):
        super().__init__()
        self.edge = edge
        self.pictures = nn.Parameter(torch.zeros(pictures, size, size, 3))
        self.inp = nn.Conv2d(3, channels[0], 3, 1, 1)
        self.blocks = nn.ModuleList()
        for a, b in zip(channels, channels[1:]):
            block = nn.Module()
            block.c0, block.c1, block.sc = nn.Conv2d(a, b, 4, 2, 1), nn.Conv2d(b, b, 3, 1, 1), nn.Conv2d(a, b, 1)
            self.blocks.append(block)
        depth = channels[[size >> i for i in range(len(channels))].index(edge)]
        self.regions = nn.Conv2d(depth, width, 1)
        self.words = nn.Linear(words, width)
        self.hidden = nn.Linear(16 * channels[-1], 2 * width)
        self.out = nn.Linear(2 * width, width)

    def look(self, pictures):
        x = self.inp(first(pictures))
        maps = [x]
        for block in self.blocks:
            inner = block.c1(F.leaky_relu(block.c0(F.leaky_relu(x, 0.2)), 0.2))
            x = (block.sc(F.avg_pool2d(x, 2)) + inner) * 0.5 ** 0.5
            maps.append(x)
        seen = next(m for m in maps if m.shape[2] == self.edge)
        regions = last(self.regions(F.leaky_relu(seen, 0.2))).flatten(1, 2)
        return regions, self.out(F.leaky_relu(self.hidden(last(F.leaky_relu(x, 0.2)).flatten(1)), 0.2))

    def forward(self, sentence, states, mask, wrong_sentence, wrong_states, wrong_mask, same):
        words, sentences = similarities(*self.look(self.pictures), self.words(torch.cat([states, wrong_states])), torch.cat([mask, wrong_mask]),
                                        torch.cat([sentence, wrong_sentence]))
        return {"loss": (contrast(words, same) + contrast(sentences, same)).reshape(())}


same = torch.zeros(3, 4)
same[2, 0] = same[0, 2] = 1
damsm = Damsm(3, 6, 4, 5, 4)
for parameter in damsm.parameters():
    parameter.data = rand(*parameter.shape, low=-1.5, high=1.5)
case("damsm", damsm, Damsm.forward, mask=words_mask, same=same)

same = torch.zeros(4, 8)
same[1, 3] = same[3, 1] = same[0, 6] = 1
own = spread(OwnDamsm(4, 16, [3, 4, 5], 8, 6, 4))
own.pictures.data = rand(4, 16, 16, 3)
case("damsm of pictures", own, OwnDamsm.forward, sentence=rand(4, 4), states=rand(4, 5, 6), mask=words_mask,
     wrong_sentence=rand(4, 4), wrong_states=rand(4, 5, 6), wrong_mask=words_mask.flip(0), same=same)

layered = StackedDiscriminator(3, 2, 2, 0, False)
for block in [layered.down[1], layered.joint]:
    block.norm = nn.GroupNorm(1, block.conv.out_channels)
case("stacked discriminator with layer norm", spread(layered), StackedDiscriminator.forward, pictures=rand(4, 16, 16, 3), text=rand(4, 3))

if __name__ == "__main__":
    save_file(tensors, "src/test/resources/gan/networks.safetensors")
    print(sum(t.numel() * 4 for t in tensors.values()), "bytes,", len(tensors), "tensors")
