"""Some steps of adversarial training in PyTorch for each published system, tiny: networks, every loss and every penalty.

    python src/test/python/systems_golden.py src/test/resources/train/systems.safetensors

The layout of the file is that of gan_golden.py, with buffers beside the parameters. Generators and discriminators are those of
network_fixtures.py, which are written from the papers a second time, and DCGAN's and DF-GAN's below. Everything runs in double precision
from numbers that are exact in F32; second order is autograd's own, and optimizers are torch.optim's.
"""
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from network_fixtures import OwnDamsm, StackedDiscriminator, StackGan, Transformer, Tree, contrast, first, last, similarities, spread
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
STEPS = 3
tensors = {}


# ---- random numbers: Philox4x32-10, and normal ones by Box-Muller; see gan_golden.py

def words(key, count):
    index = np.arange((count + 3) // 4, dtype=np.uint64)
    low32 = np.uint64(0xFFFFFFFF)
    seed_low, seed_high, stream, counter = (int(word) & 0xFFFFFFFF for word in key)
    c = [index & low32, index >> np.uint64(32), np.full_like(index, stream), np.full_like(index, counter)]
    k = [np.uint64(seed_low), np.uint64(seed_high)]
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ k[0], p1 & low32, (p0 >> np.uint64(32)) ^ c[3] ^ k[1], p0 & low32]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low32, (k[1] + np.uint64(0xBB67AE85)) & low32]
    return np.stack(c, 1).reshape(-1)[:count]


def uniforms(keys, count):
    return torch.from_numpy(np.stack([(words(key, count) >> np.uint64(8)).astype(np.float64) * 2.0**-24 for key in keys.numpy()]))


def normals(keys, count):
    rows = []
    for key in keys.numpy():
        upper = (words(key, count + count % 2).reshape(-1, 2) >> np.uint64(8)).astype(np.float64)
        radius = np.sqrt(-2 * np.log((upper[:, 0] + 1) * 2.0**-24))
        angle = 2 * np.pi * (upper[:, 1] * 2.0**-24)
        rows.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)[:count].astype(np.float32))
    return torch.from_numpy(np.stack(rows)).double()


# ---- networks that network_fixtures.py lacks; a generator gives its pictures, mean and log variance

class Dcgan(nn.Module):
    def __init__(self, noise, text, channels):
        super().__init__()
        self.up = nn.ModuleList()
        inner = noise + text
        for i, out in enumerate(channels):
            block = nn.Module()
            block.conv = nn.ConvTranspose2d(inner, out, 4, 2 if i else 1, 1 if i else 0, bias=False)
            block.norm = nn.BatchNorm2d(out)
            self.up.append(block)
            inner = out
        self.out = nn.ConvTranspose2d(inner, 3, 4, 2, 1, bias=False)

    def forward(self, latent, sentence):
        x = torch.cat([latent, sentence], 1)[:, :, None, None]
        for block in self.up:
            x = F.relu(block.norm(block.conv(x)))
        return {"picture": last(torch.tanh(self.out(x)))}


class Affine(nn.Module):
    def __init__(self, condition, channels):
        super().__init__()
        for name in "gb":
            setattr(self, name, nn.Sequential(nn.Linear(condition, channels), nn.ReLU(), nn.Linear(channels, channels)))

    def forward(self, x, y):
        return self.g(y)[:, :, None, None] * x + self.b(y)[:, :, None, None]


class DfGanBlock(nn.Module):
    def __init__(self, condition, inner, out):
        super().__init__()
        for name, channels in (("f0", inner), ("f1", out)):
            fuse = nn.Module()
            fuse.a0, fuse.a1 = Affine(condition, channels), Affine(condition, channels)
            setattr(self, name, fuse)
        self.c0 = nn.Conv2d(inner, out, 3, 1, 1)
        self.c1 = nn.Conv2d(out, out, 3, 1, 1)
        if inner != out:
            self.sc = nn.Conv2d(inner, out, 1)

    @staticmethod
    def fuse(layers, x, y):
        return F.leaky_relu(layers.a1(F.leaky_relu(layers.a0(x, y), 0.2), y), 0.2)

    def forward(self, x, y):
        x = F.interpolate(x, scale_factor=2)
        h = self.c1(self.fuse(self.f1, self.c0(self.fuse(self.f0, x, y)), y))
        return h + (self.sc(x) if hasattr(self, "sc") else x)


class DfGan(nn.Module):
    def __init__(self, noise, text, channels):
        super().__init__()
        self.fc = nn.Linear(noise, channels[0] * 16)
        self.blocks = nn.ModuleList([DfGanBlock(noise + text, a, b) for a, b in zip(channels, channels[1:])])
        self.out = nn.Conv2d(channels[-1], 3, 3, 1, 1)

    def forward(self, latent, sentence):
        x = self.fc(latent).view(len(latent), -1, 4, 4)
        y = torch.cat([latent, sentence], 1)
        for block in self.blocks:
            x = block(x, y)
        return {"picture": last(torch.tanh(self.out(F.leaky_relu(x, 0.2))))}


class DfGanDown(nn.Module):
    def __init__(self, inner, out):
        super().__init__()
        self.r = nn.ModuleDict({"0": nn.Conv2d(inner, out, 4, 2, 1, bias=False), "2": nn.Conv2d(out, out, 3, 1, 1, bias=False)})
        self.learned = inner != out
        self.sc = nn.Conv2d(inner, out, 1)  # there in any case
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        h = F.leaky_relu(self.r["2"](F.leaky_relu(self.r["0"](x), 0.2)), 0.2)
        return F.avg_pool2d(self.sc(x) if self.learned else x, 2) + self.gamma * h


class DfGanDiscriminator(nn.Module):
    def __init__(self, text, channels, head):
        super().__init__()
        self.inp = nn.Conv2d(3, channels[0], 3, 1, 1)
        self.blocks = nn.ModuleList([DfGanDown(a, b) for a, b in zip(channels, channels[1:])])
        self.head = nn.ModuleDict({"0": nn.Conv2d(channels[-1] + text, head, 3, 1, 1, bias=False), "2": nn.Conv2d(head, 1, 4, bias=False)})

    def features(self, pictures):
        x = self.inp(first(pictures))
        for block in self.blocks:
            x = block(x)
        return x

    def judge(self, x, text):
        tiled = text[:, :, None, None].expand(-1, -1, 4, 4)
        return self.head["2"](F.leaky_relu(self.head["0"](torch.cat([x, tiled], 1)), 0.2)).flatten()

    def alone(self, x):
        return None


class Stacked(StackedDiscriminator):
    """network_fixtures.py's, in the three parts that a training calls."""

    def features(self, pictures):
        x = F.leaky_relu(self.down[0].conv(first(pictures)), 0.2)
        for layer in [*self.down[1:], *getattr(self, "narrow", [])]:
            x = F.leaky_relu(layer(x), 0.2)
        return x

    def judge(self, x, text):
        tiled = text[:, :, None, None].expand(-1, -1, 4, 4)
        return self.fitting(F.leaky_relu(self.joint(torch.cat([tiled, x], 1)), 0.2)).flatten()

    def unconditional(self, x):
        return self.alone(x).flatten() if hasattr(self, "alone") else None


class Adapter(nn.Module):
    def __init__(self, features, hidden, width):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(features))
        self.deviation = nn.Parameter(torch.ones(features))
        self.hidden = nn.Linear(features, hidden)
        self.out = nn.Linear(hidden, width)

    def forward(self, x):
        y = self.out(F.leaky_relu(self.hidden((x - self.mean) / self.deviation), 0.2))
        return y / (y.square().sum(1, keepdim=True) + 1e-8).sqrt() * y.shape[1] ** 0.5


class Guide(OwnDamsm):
    """A frozen matching model that looks at what a generator drew; texts wrong in one attribute stand among the others, or do not."""

    def __init__(self, size, channels, edge, words, width, against):
        super().__init__(0, size, channels, edge, words, width)
        del self.pictures
        self.against = against

    def forward(self, pictures, right, wrong, same):
        n = len(pictures)
        texts = [torch.cat(pair) for pair in zip(right, wrong)] if self.against else right
        words, sentences = similarities(*self.look(pictures), self.words(texts[1]), texts[2], texts[0])
        same = same if self.against else same[:, :n]
        fit = words + sentences
        return contrast(words, same) + contrast(sentences, same), (fit.diagonal() >= fit.max(1)[0] - 1e-4).double().mean()


# ---- losses

def on_real(kind, scores):
    return {"hinge": lambda: F.relu(1 - scores), "nonsaturating": lambda: F.binary_cross_entropy_with_logits(scores, torch.ones_like(scores)),
            "minimax": lambda: F.binary_cross_entropy_with_logits(scores, torch.ones_like(scores)),
            "wasserstein": lambda: -scores, "relativistic": lambda: 0 * scores}[kind]().mean()


def on_fake(kind, scores, real):
    zeros = torch.zeros_like(scores)
    return {"hinge": lambda: F.relu(1 + scores), "nonsaturating": lambda: F.binary_cross_entropy_with_logits(scores, zeros),
            "minimax": lambda: F.binary_cross_entropy_with_logits(scores, zeros),
            "wasserstein": lambda: scores, "relativistic": lambda: F.softplus(-(real - scores))}[kind]().mean()


def on_drawn(kind, scores, real):
    return {"hinge": lambda: -scores, "nonsaturating": lambda: F.binary_cross_entropy_with_logits(scores, torch.ones_like(scores)),
            "minimax": lambda: F.logsigmoid(-scores),
            "wasserstein": lambda: -scores, "relativistic": lambda: F.softplus(-(scores - real))}[kind]().mean()


def slope(scores, *leaves):
    gradients = torch.autograd.grad(scores.sum(), leaves, create_graph=True)
    return torch.cat([g.flatten(1) for g in gradients], 1).norm(dim=1)


def penalty(kind, weight, noise, score, x, real, fake, drawn, text, keys):
    if kind == "r1":
        return weight / 2 * slope(real, x).square().mean()
    if kind == "r1_r2":
        return weight / 2 * (slope(real, x).square().mean() + slope(drawn, fake).square().mean())
    if kind == "matching_aware":
        return weight * slope(real, x, text).pow(6).mean()
    if kind in ("wgan_gp", "matching_aware_gp"):
        shares = uniforms(keys, 2)
        share = shares[:, :1, None, None]
        between = (share * x + (1 - share) * fake).detach().requires_grad_()
        if kind == "wgan_gp":
            return weight * (slope(score(between, text), between) - 1).square().mean()
        share = shares[:, 1:]
        texts = (share * text + (1 - share) * text.roll(-1, 0)).detach().requires_grad_()
        scores = score(between, texts)
        return weight * sum((slope(scores, leaf) - 1).square().mean() for leaf in (between, texts))
    if kind == "noise_r1":
        shaken = x + noise * normals(keys, x[0].numel()).view(x.shape)
        return weight * (real - score(shaken, text)).square().mean()
    raise ValueError(kind)


def colours(pictures):
    total = 0
    for small, large in zip(pictures, pictures[1:]):
        a, b = (p.flatten(1, 2) for p in (small.detach(), large))
        total = total + (a.mean(1) - b.mean(1)).square().sum(1).mean()
        a, b = ((p - p.mean(1, keepdim=True)) for p in (a, b))
        total = total + 5 * (a.mT @ a / a.shape[1] - b.mT @ b / b.shape[1]).square().sum((1, 2)).mean()
    return total


# ---- training

def train(case, seed, generator, judges, *, batch=4, noise, tells_mean=False, word_width=0, loss="hinge", terms=(1, 0.5, 0.5, 0, 0, 0), rolled=False,
          penalized=None, weight=0, shake=0.01, interval=1, clip=0, critic=1, betas=(0.5, 0.999), rates=(2e-4, 2e-4), augmentation=0, coloured=0,
          draw=None, guide=None, matching=0, ends=("generator", "discriminator")):
    torch.manual_seed(seed)
    spread(generator)
    for judge in judges:
        spread(judge)
    random = torch.Generator().manual_seed(seed)
    adapter = spread(Adapter(5, 6, 5))
    adapter.deviation.data = torch.rand(5, generator=random).float().double() + 0.5
    adapter.requires_grad_(False)
    draw = draw or type(generator).forward

    def given(name, shape, low, high):
        numbers = (torch.rand(shape, generator=random) * (high - low) + low).float()
        tensors[f"{case}/in/{name}"] = numbers
        return numbers.double()

    def keys(name):
        made = torch.randint(-2**31, 2**31, (STEPS, batch, 4), generator=random, dtype=torch.int64).int()
        tensors[f"{case}/in/{name}"] = made
        return made

    def keep(kind, network, modules):
        for i, module in enumerate(modules):
            for name, value in [*module.named_parameters(), *module.named_buffers()]:
                if "num_batches" not in name:
                    place = f"{i}.{name}" if len(modules) > 1 else name
                    tensors[f"{case}/{kind}/{network}/{place}"] = value.detach().float().clone()

    noise_keys, penalty_keys = keys("noise_keys"), keys("penalty_keys")
    features = given("features", (STEPS, batch, 5), -1.5, 1.5)
    edge = draw(generator.eval(), torch.zeros(batch, noise), torch.zeros(batch, 5), *_words(word_width, torch.zeros(batch, 5, max(1, word_width)),
                torch.ones(batch, 5))).copy()
    pictures = given("pictures", (STEPS, batch, *list(p for k, p in edge.items() if k.startswith("picture"))[-1].shape[1:]), -1, 1)
    generator.train()
    states, mask = None, None
    if word_width:
        states = given("words", (STEPS, batch, 5, word_width), -1, 1)
        mask = (torch.arange(5) < torch.randint(1, 6, (STEPS, batch, 1), generator=random)).double()
        tensors[f"{case}/in/mask"] = mask.float()
    for network, modules in (("generator", [generator]), ("discriminator", judges), ("adapter", [adapter])):
        keep("initial", network, modules)
    if guide:
        spread(guide).requires_grad_(False)
        keep("initial", "matching", [guide])
        wrong_features = given("wrong_features", (STEPS, batch, 5), -1.5, 1.5)
        wrong_states = given("wrong_words", (STEPS, batch, 5, word_width), -1, 1)
        wrong_mask = mask.flip(1)
        tensors[f"{case}/in/wrong_mask"] = wrong_mask.float()
        same = torch.zeros(STEPS, batch, 2 * batch)
        same[1, 0, 2] = same[1, 2, 0] = same[2, 1, batch + 3] = 1
        tensors[f"{case}/in/same_captions"] = same.float()
    learned = [p for p in generator.parameters() if p.requires_grad]
    judged = [p for judge in judges for p in judge.parameters()]
    adam_g = torch.optim.Adam(learned, rates[0], betas)
    adam_d = torch.optim.Adam(judged, rates[1], betas)
    w_real, w_wrong, w_fake, w_real_alone, w_fake_alone, w_drawn_alone = terms
    figures = {name: [] for name in ("d.loss", "d.real", "d.fake", "d.penalty", "d.norm", "g.loss", "g.augmentation", "g.colours", "g.matching", "g.matched", "g.norm")}
    for t in range(STEPS):
        said = {}
        text = adapter(features[t])
        painted = draw(generator, normals(noise_keys[t], noise), text, *_words(word_width, states[t] if word_width else None, mask[t] if word_width else None))
        fakes = [p for name, p in painted.items() if name.startswith("picture")]
        reals = [last(F.avg_pool2d(first(pictures[t]), pictures.shape[2] // fake.shape[1])) for fake in fakes]
        told = (painted["mean"] if tells_mean else text).detach()

        total, penalties = 0, 0
        for judge, x, fake in zip(judges, reals, fakes):
            x, fake, e = (value.detach().clone().requires_grad_() for value in (x, fake, told))
            f = judge.features(x)
            real, real_alone = judge.judge(f, e), alone(judge, f)
            own = w_real * on_real(loss, real)
            if w_wrong:
                if rolled:
                    own = own + w_wrong * on_fake(loss, judge.judge(torch.cat([f[1:], f[:1]]), e), real)
                else:
                    own = own + w_wrong * on_fake(loss, judge.judge(f[:-1], e[1:]), real[:-1])
            g = judge.features(fake)
            drawn, drawn_alone = judge.judge(g, e), alone(judge, g)
            own = own + w_fake * on_fake(loss, drawn, real)
            if real_alone is not None:
                own = own + w_real_alone * on_real(loss, real_alone) + w_fake_alone * on_fake(loss, drawn_alone, real_alone)
            said |= {"d.real": real.mean(), "d.fake": drawn.mean()}
            if penalized and t % interval == 0:
                def both(pair):
                    return pair[0] if pair[1] is None else pair[0] + pair[1]

                def score(others, texts):
                    h = judge.features(others)
                    return both((judge.judge(h, texts), alone(judge, h)))

                penalties = penalties + penalty(penalized, weight, shake, score, x, both((real, real_alone)), fake, both((drawn, drawn_alone)), e, penalty_keys[t])
            total = total + own
        said["d.loss"] = total
        if penalized and t % interval == 0:
            said["d.penalty"] = penalties
            total = total + interval * penalties
        adam_d.zero_grad()
        gradients = torch.autograd.grad(total, judged, allow_unused=True)
        for parameter, gradient in zip(judged, gradients):
            parameter.grad = torch.zeros_like(parameter) if gradient is None else gradient
        said["d.norm"] = torch.cat([p.grad.flatten() for p in judged]).norm()
        adam_d.step()
        if clip:
            for parameter in judged:
                parameter.data.clamp_(-clip, clip)

        if (t + 1) % critic == 0:
            total = 0
            for judge, x, fake in zip(judges, reals, fakes):
                g = judge.features(fake)
                drawn, drawn_alone = judge.judge(g, told), alone(judge, g)
                real, real_alone = None, None
                if loss == "relativistic":
                    with torch.no_grad():
                        f = judge.features(x)
                        real, real_alone = judge.judge(f, told), alone(judge, f)
                total = total + on_drawn(loss, drawn, real)
                if drawn_alone is not None:
                    total = total + w_drawn_alone * on_drawn(loss, drawn_alone, real_alone)
            if "mean" in painted:
                mean, log_variance = painted["mean"], painted["log_variance"]
                each = (mean.square() + log_variance.exp() - log_variance - 1) / 2
                said["g.augmentation"] = each.sum(1).mean()
                total = total + augmentation * each.mean()
            if coloured:
                said["g.colours"] = colours(fakes)
                total = total + coloured * said["g.colours"]
            if guide:
                said["g.matching"], said["g.matched"] = guide(fakes[-1], (text, states[t], mask[t]), (adapter(wrong_features[t]), wrong_states[t], wrong_mask[t]), same[t])
                total = total + matching * said["g.matching"]
            said["g.loss"] = total
            gradients = torch.autograd.grad(total, learned)
            for parameter, gradient in zip(learned, gradients):
                parameter.grad = gradient
            said["g.norm"] = torch.cat([gradient.flatten() for gradient in gradients]).norm()
            adam_g.step()
        for name in figures:
            figures[name].append(float(said[name].detach()) if name in said else float("nan"))
    for name, numbers in figures.items():
        if not all(np.isnan(numbers)):
            tensors[f"{case}/said/{name}"] = torch.tensor(numbers).float()
    for network, modules in (("generator", [generator]), ("discriminator", judges)):
        if network in ends:
            keep("final", network, modules)
    print(case, sum(p.numel() for p in generator.parameters()), len(judged), sum(p.numel() for p in judged))
    for name, numbers in figures.items():
        print("  %-15s" % name, " ".join("%10.5f" % number for number in numbers))


def _words(width, states, mask):
    return (states, mask) if width else ()


def alone(judge, features):
    return judge.unconditional(features) if isinstance(judge, Stacked) else None


def own_pair():
    return DfGan(3, 5, [6, 6, 4]), [DfGanDiscriminator(5, [4, 6, 6], 6)]


def critic():
    """As WGAN-GP has it: no picture depends on those beside it."""
    network = Stacked(5, 4, 2, 0, False)
    for block in [network.down[1], network.joint]:
        block.norm = nn.GroupNorm(1, block.conv.out_channels)
    return network


def dcgan_pair():
    return Dcgan(4, 5, [6, 4]), [Stacked(5, 4, 2, 0, False)]


train("df_gan", 1, *own_pair(), noise=3, rolled=True, penalized="matching_aware", weight=2, betas=(0.0, 0.9), rates=(1e-4, 4e-4))
# Where a pair of scores differs in the picture alone, the text's weights have a gradient of zero, of whose rounding Adam makes whole steps.
train("r3gan", 2, *own_pair(), noise=3, ends=("generator",), loss="relativistic", rolled=True, terms=(1, 1, 1, 0, 0, 0), penalized="r1_r2", weight=0.5, interval=2, betas=(0.0, 0.99))
train("noise_r1", 3, *own_pair(), noise=3, loss="minimax", penalized="noise_r1", weight=100, shake=0.05, interval=2, betas=(0.0, 0.99))
train("tutorial", 4, *dcgan_pair(), noise=4, loss="wasserstein", terms=(1, 0, 1, 0, 0, 0), clip=0.3, critic=2)
train("wgan_gp", 5, *dcgan_pair(), noise=4, loss="wasserstein", terms=(1, 0.5, 0.5, 0, 0, 0), penalized="wgan_gp", weight=10, betas=(0.0, 0.9))
train("stackgan", 6, StackGan(3, 2, 5, [8, 4, 2]), [Stacked(2, 2, 2, 0, False)], noise=5, tells_mean=True, draw=StackGan.one,
      loss="nonsaturating", augmentation=2)
train("stackgan_2", 7, StackGan(3, 2, 5, [4, 2], 1), [Stacked(2, 2, 3, 0, True)], noise=7, tells_mean=True, draw=StackGan.two,
      loss="nonsaturating", terms=(1 / 2, 1 / 3, 1 / 3, 1 / 2, 1 / 3, 1), augmentation=2)
train("stackgan_tree", 8, Tree(3, 2, 5, [8, 4], 3, 1), [Stacked(2, 2, 1, 0, True), Stacked(2, 2, 2, 1, True), Stacked(2, 2, 3, 2, True)], noise=5, tells_mean=True,
      loss="nonsaturating", terms=(1, 1, 1, 2, 1, 1), augmentation=2, coloured=50, penalized="r1", weight=0.1, interval=2)
train("attngan", 9, Tree(3, 2, 5, [8, 4], 2, 1, 6), [Stacked(5, 2, 1, 0, True), Stacked(5, 2, 2, 1, True)], noise=5, word_width=6,
      loss="nonsaturating", terms=(1 / 2, 1 / 3, 1 / 3, 1 / 2, 1 / 3, 1), augmentation=1)
for name, seed, against in (("attngan_damsm", 11, False), ("attngan_damsm_against", 12, True)):
    train(name, seed, Tree(3, 2, 5, [8, 4], 2, 1, 6), [Stacked(5, 2, 1, 0, True), Stacked(5, 2, 2, 1, True)], noise=5, word_width=6,
          loss="nonsaturating", terms=(1 / 2, 1 / 3, 1 / 3, 1 / 2, 1 / 3, 1), augmentation=1, guide=Guide(16, [3, 4, 5], 8, 6, 5, against), matching=0.2,
          ends=("generator",))
train("transformer", 10, Transformer(16, 3, 2, 5, 6, 8, 2, 4, 3), [DfGanDiscriminator(5, [4, 6, 6], 6)], noise=3 + 2 * 16, word_width=6,
      penalized="r1", weight=0.5, betas=(0.0, 0.99))
train("matching_aware_gp", 13, Dcgan(4, 5, [6, 4]), [critic()], noise=4, loss="wasserstein", penalized="matching_aware_gp", weight=10, interval=2, betas=(0.0, 0.9))
save_file(tensors, sys.argv[1])
print(sum(t.numel() for t in tensors.values()) * 4 / 1e6, "MB,", len(tensors), "tensors")
