"""Loads a GPT-2 folder that t2i wrote in transformers and compares its tokenizer with saved ids.

Usage: python check_encoder_folder.py FOLDER [IDS.json]    IDS.json: [{"text": ..., "ids": [...]}, ...]
"""

import json
import sys

import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer, GPT2TokenizerFast

folder = sys.argv[1]
model, report = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
assert not any(report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
assert all(p.dtype == torch.float32 for p in model.parameters())
AutoModel.from_pretrained(folder)
for tokenizer in (AutoTokenizer.from_pretrained(folder), GPT2TokenizerFast.from_pretrained(folder)):
    assert len(tokenizer) <= model.config.vocab_size, "a special token was added outside the vocabulary"
    if model.config.eos_token_id is not None:
        assert tokenizer.eos_token_id == model.config.eos_token_id
    for case in json.load(open(sys.argv[2])) if len(sys.argv) > 2 else []:
        assert tokenizer(case["text"])["input_ids"] == case["ids"], case
        assert tokenizer.decode(case["ids"]) == case["text"], case
print("transformers agrees:", sum(p.numel() for p in model.parameters()), "parameters,", len(tokenizer), "tokens")
