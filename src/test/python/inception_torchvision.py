"""Writes what torchvision's own Inception-v3 makes of three pictures, with seeded random weights, for -Dt2i.inception.torchvision=FOLDER.

    python src/test/python/inception_torchvision.py FOLDER

The folder gets, of torchvision's network, weights-torchvision.safetensors and the same as torch.save writes them, weights-torchvision.pth
(109 MB each), pictures-N.png of 299x299 pixels, and expected-torchvision.safetensors: pooled features, logits and Mixed_6e, computed in
double precision. Pictures go the way that torchvision's weights ask for: to [0, 1], ImageNet's normalisation, and transform_input. If
pytorch_fid can be imported, there is the same of its network, whose published weights random ones take the place of. In both cases
the networks that inception_fixtures.py writes out must be the same functions of the same weights; what they differ by is printed.
Needs torch, torchvision, numpy, pillow and safetensors.
"""

import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file

from inception_fixtures import Inception3

SIZE = 299
# In double precision, for rounding them would be an error that is nobody's.
MEAN, DEVIATION = (torch.tensor(numbers, dtype=torch.float64).view(1, 3, 1, 1) for numbers in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))


def randomize(network, seed):
    """Weights that keep activations about one, and statistics that are no identity."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("num_batches_tracked"):
                tensor.fill_(1)
            elif tensor.dim() > 1:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * (2 / tensor[0].numel()) ** 0.5)
            elif name.endswith(("bn.weight", "running_var")):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            else:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)


def pictures():
    """Noise, large soft shapes, and both in one."""
    random = np.random.default_rng(5)
    noise = random.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    soft = np.asarray(Image.fromarray(random.integers(0, 256, (5, 7, 3), np.uint8)).resize((SIZE, SIZE), Image.BICUBIC))
    both = np.where(random.random((SIZE, SIZE, 1)) < 0.1, noise, soft)
    return [noise, soft, both]


@torch.no_grad()
def look(network, x):
    """Mixed_6e, the pooled features and the logits."""
    found = {}
    hooks = [network.Mixed_6e.register_forward_hook(lambda _, __, out: found.update(local=out)),
             network.avgpool.register_forward_hook(lambda _, __, out: found.update(pooled=out.flatten(1)))]
    found["logits"] = network(x)
    for hook in hooks:
        hook.remove()
    return found


def apart(expected, got):
    """Of the largest number."""
    return ((expected.double() - got.double()).abs().max() / expected.abs().max()).item()


def write(folder, kind, network, given, plain):
    """given: what the network takes, plain: the pictures in [-1, 1], both [n, 3, 299, 299] in double precision."""
    randomize(network, 3)
    network.eval()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    save_file(state, folder / f"weights-{kind}.safetensors")
    torch.save(network.state_dict(), folder / f"weights-{kind}.pth")
    single = look(network, given.float())
    expected = look(network.double(), given)
    reading = Inception3(kind == "fid").double().eval()
    # The auxiliary head of the reading is there for its names alone.
    reading.load_state_dict(state)
    with torch.no_grad():
        local, pooled, logits = reading(plain)
    for name, got in dict(local=local, pooled=pooled, logits=logits).items():
        print(f"{kind} {name}: largest {expected[name].abs().max():.4g}, spread {expected[name].std():.4g}; off by "
              f"{apart(expected[name], got):.1e} of the largest in inception_fixtures.py's reading, {apart(expected[name], single[name]):.1e} in its own single precision")
        if apart(expected[name], got) > 1e-12:
            raise SystemExit("the reading is another network")
    out = {name: tensor.float().contiguous() for name, tensor in expected.items()}
    out["local"] = out["local"].permute(0, 2, 3, 1).contiguous()
    save_file(out, folder / f"expected-{kind}.safetensors")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    shown = pictures()
    for i, picture in enumerate(shown):
        Image.fromarray(picture).save(folder / f"pictures-{i}.png")
    unit = torch.from_numpy(np.stack(shown)).permute(0, 3, 1, 2).double() / 255
    network = torchvision.models.inception_v3(weights=None, init_weights=False, transform_input=True)
    write(folder, "torchvision", network, (unit - MEAN) / DEVIATION, 2 * unit - 1)
    try:
        from pytorch_fid import inception as published
    except ImportError:
        print("pytorch_fid is not there, so its network is left out")
        return
    random = torchvision.models.inception_v3(weights=None, init_weights=False, num_classes=1008, aux_logits=False).state_dict()
    published.load_state_dict_from_url = lambda *_, **__: random
    write(folder, "fid", published.fid_inception_v3(), 2 * unit - 1, 2 * unit - 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
