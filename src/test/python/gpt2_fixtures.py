"""GPT-2 checkpoints with random weights, and what transformers makes of them.

    python gpt2_fixtures.py tiny DIR    the small folders that the tests keep under src/test/resources
    python gpt2_fixtures.py 124m DIR    GPT-2's own shape (about 500 MB), for -Dt2i.gpt2.folder=DIR

Each folder holds config.json, model.safetensors as transformers writes them, and expected.safetensors: inputs
(ragged, padded on the right) and hidden states, logits and a greedy continuation, computed in F32. The 124m folder
also has the same computed in F64, to tell whose rounding an error is.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Model

SPREAD = 0.25  # wide enough that attention and activations leave their linear regions


def randomize(model, seed, spread):
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        centre = 1.0 if name.split(".")[-2].startswith("ln_") and name.endswith("weight") else 0.0
        parameter.data = centre + spread * noise


def ragged(config, lengths, seed):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(config.vocab_size, (len(lengths), max(lengths)), generator=generator)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        ids[row, length:] = 0
        mask[row, :length] = 1
    return ids, mask


@torch.no_grad()
def expected(model, lengths, doubles=False):
    ids, mask = ragged(model.config, lengths, 7)
    hidden = model.transformer(ids, attention_mask=mask).last_hidden_state
    logits = model.lm_head(hidden)
    prompt = ids[:1, : lengths[0]]
    greedy = prompt
    for _ in range(8):
        greedy = torch.cat([greedy, model(greedy).logits[:, -1:].argmax(-1)], 1)
    tensors = {
        "input_ids": ids.int(),
        "attention_mask": mask.float(),
        "hidden_states": hidden,
        "logits": logits,
        "greedy": greedy[0, lengths[0] :].int(),
    }
    if doubles:
        double = model.double()
        exact = double.transformer(ids, attention_mask=mask).last_hidden_state
        tensors["hidden_states_f64"] = exact
        tensors["logits_f64"] = double.lm_head(exact)
        model.float()
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def write(folder, config, seed, lengths, dtype=torch.float32, prefixed=True, spread=SPREAD, doubles=False):
    torch.manual_seed(seed)
    model = GPT2LMHeadModel(config).eval()
    randomize(model, seed, spread)
    model.tie_weights()
    stored = model.to(dtype) if prefixed else model.to(dtype).transformer
    stored.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    # The expected numbers are of the stored, rounded weights.
    save_file(expected(model.float(), lengths, doubles), folder / "expected.safetensors")


def tiny(folder):
    plain = dict(vocab_size=97, n_positions=24, n_embd=24, n_layer=2, n_head=3, bos_token_id=96, eos_token_id=96)
    for name, dtype in (("plain", torch.float32), ("plain-f16", torch.float16), ("plain-bf16", torch.bfloat16)):
        write(folder / name, GPT2Config(**plain), 1, [9, 5, 1], dtype)
    scaled = GPT2Config(
        vocab_size=61, n_positions=16, n_embd=32, n_layer=3, n_head=2, n_inner=40, activation_function="gelu",
        scale_attn_by_inverse_layer_idx=True, layer_norm_epsilon=1e-3, bos_token_id=60, eos_token_id=60)
    write(folder / "scaled", scaled, 2, [4, 7], prefixed=False)


if __name__ == "__main__":
    kind, folder = sys.argv[1], Path(sys.argv[2])
    if kind == "tiny":
        tiny(folder)
    elif kind == "124m":
        write(folder, GPT2Config(), 3, [12, 7], spread=0.05, doubles=True)
    else:
        raise SystemExit(__doc__)
