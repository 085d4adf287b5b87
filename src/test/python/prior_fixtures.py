"""Writes src/test/resources/gan/prior.safetensors: LatentPrior's density and draws read in PyTorch, tiny, in double precision.

The layout is that of network_fixtures.py. Run from the repository's root: python src/test/python/prior_fixtures.py
"""
import torch
from network_fixtures import Attention, case, rand, spread, tensors, words_mask
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

tensors.clear()
torch.manual_seed(7)


class Look(Attention):
    def __init__(self, width):
        super().__init__(width, width, width)
        self.norm = nn.LayerNorm(width)

    def add(self, x, seen, mask):
        normed = self.norm(x)
        seen = normed if seen is None else seen
        q, k, v = (layer(y).unflatten(-1, (self.HEADS, -1)).transpose(1, 2)
                   for layer, y in ((self.query, normed), (self.key, seen), (self.value, seen)))
        return x + self.out(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2))


class Think(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        setattr(self, "in", nn.Linear(width, 4 * width))
        self.out = nn.Linear(4 * width, width)

    def add(self, x):
        return x + self.out(F.gelu(getattr(self, "in")(self.norm(x))))


def blocks(count, width, looks):
    made = nn.ModuleList()
    for _ in range(count):
        made.append(nn.ModuleDict({**{name: Look(width) for name in looks}, "layer": Think(width)}))
    return made


class Prior(nn.Module):
    COMPONENTS, SPOKEN, HEARD = 8, 64, 64

    def __init__(self, cells, depth, count, readers, width, reach, text, words):
        super().__init__()
        self.cells_, self.depth, self.reach = cells, depth, reach
        setattr(self, "in", nn.Linear(depth, width))
        self.cells = nn.Parameter(torch.zeros(1, cells, width))
        self.sentence = nn.Linear(text, width)
        self.heard = nn.Linear(words, self.HEARD)
        self.heard.norm = nn.LayerNorm(words)
        self.heard.own = nn.Parameter(torch.zeros(cells, width, self.HEARD))
        self.blocks = blocks(count, width, ["cells", "words"])
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, self.COMPONENTS * (1 + 2 * depth))
        self.reader = nn.Module()
        setattr(self.reader, "in", nn.Linear(words, width))
        self.reader.embedded_norm = nn.LayerNorm(words)
        self.reader.embedded = nn.Linear(words, width)
        self.reader.near = nn.Linear(words, self.SPOKEN)
        self.reader.near.out = nn.Linear(self.SPOKEN * (2 * reach + 1), width)
        self.reader.blocks = blocks(readers, width, ["words"])
        self.reader.norm = nn.LayerNorm(width)

    def read(self, states, embeddings, mask):
        embedded = self.reader.embedded_norm(embeddings)
        x = getattr(self.reader, "in")(states) + self.reader.embedded(embedded)
        spoken = self.reader.near(embedded) * mask[..., None]
        beside = [torch.stack([spoken[:, j] if 0 <= (j := i + step) < spoken.shape[1] else torch.zeros_like(spoken[:, 0])
                               for i in range(spoken.shape[1])], 1) for step in range(-self.reach, self.reach + 1)]
        x = x + self.reader.near.out(torch.cat(beside, -1))
        for block in self.reader.blocks:
            x = block["layer"].add(block["words"].add(x, None, mask[:, None, None].bool()))
        return self.reader.norm(x)

    def forward(self, latent, sentence, states, embeddings, mask, noise, truncation):
        n = len(latent)
        words = self.read(states, embeddings, mask)
        x = latent.view(n, self.cells_, self.depth)
        before = torch.cat([torch.zeros(n, 1, self.depth), x[:, :-1]], 1)
        occurring = self.heard(self.heard.norm(embeddings)).masked_fill(mask[..., None] == 0, -1e4).amax(1)
        tokens = (getattr(self, "in")(before) + self.cells + self.sentence(sentence)[:, None] + torch.einsum("nh,cwh->ncw", occurring, self.heard.own))
        for block in self.blocks:
            tokens = block["cells"].add(tokens, None, torch.ones(self.cells_, self.cells_).tril().bool())
            tokens = block["words"].add(tokens, words, mask[:, None, None].bool())
            tokens = block["layer"].add(tokens)
        logits, means, spreads = self.out(self.norm(tokens)).split([self.COMPONENTS, self.COMPONENTS * self.depth, self.COMPONENTS * self.depth], -1)
        means, spreads = (y.unflatten(-1, (self.COMPONENTS, self.depth)) for y in (means, spreads))
        deviations = (4 * torch.tanh(spreads / 4)).exp()
        mixture = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=logits),
                                                        torch.distributions.Independent(torch.distributions.Normal(means, deviations), 1))
        # Components that are at least (1 - truncation)^2 as likely as the likeliest, by the number that the last of a cell's noise stands for.
        noise = noise.view(n, self.cells_, self.depth + 1)
        shares = logits.softmax(-1)
        shares = torch.where(shares >= (1 - truncation) ** 2 * shares.amax(-1, keepdim=True), shares, 0)
        ends = (shares / shares.sum(-1, keepdim=True)).cumsum(-1)
        chosen = (torch.special.ndtr(noise[..., -1:]) >= ends[..., :-1]).sum(-1)
        at = chosen[..., None, None].expand(-1, -1, 1, self.depth)
        drawn = means.gather(2, at)[:, :, 0] + deviations.gather(2, at)[:, :, 0] * noise[..., :-1] * truncation
        return {"density": mixture.log_prob(x).sum(1), "drawn": drawn.flatten(1)}


case("prior", spread(Prior(4, 3, 2, 1, 8, 2, 6, 5)), Prior.forward, latent=rand(3, 12), sentence=rand(3, 6), states=rand(3, 5, 5), embeddings=rand(3, 5, 5),
     mask=words_mask[[0, 2, 3]], noise=2 * rand(3, 16), truncation=torch.tensor(0.4))

save_file(tensors, "src/test/resources/gan/prior.safetensors")
print(sum(t.numel() * 4 for t in tensors.values()), "bytes,", len(tensors), "tensors")
