"""Writes src/test/resources/gpt2: what Hugging Face's tokenizers make of odd texts, and a small trained vocabulary.

Usage: python tokenizer_fixtures.py JTOKKIT_JAR OUT_FOLDER

GPT-2's merges are recovered from the byte ranks that jtokkit ships, so that no download is needed.
"""

import base64
import json
import random
import sys
import unicodedata
import zipfile
import zlib
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2TokenizerFast

jar, out = sys.argv[1], Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
END = "<|endoftext|>"


def byte_alphabet():
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(rest)}


ALPHABET = byte_alphabet()


def spell(raw):
    return "".join(ALPHABET[b] for b in raw)


def split_once(token, ranks):
    """The two halves that a token is merged from: BPE by the ranks below its own."""
    parts = [bytes([b]) for b in token]
    while len(parts) > 2:
        rank, at = min((ranks.get(a + b, 1 << 30), i) for i, (a, b) in enumerate(zip(parts, parts[1:])))
        assert rank < ranks[token]
        parts[at:at + 2] = [parts[at] + parts[at + 1]]
    return parts


def gpt2_tokenizer():
    table = zipfile.ZipFile(jar).read("com/knuddels/jtokkit/r50k_base.tiktoken").decode()
    ranks = {base64.b64decode(t): int(r) for t, r in (line.split() for line in table.splitlines())}
    merges = [tuple(map(spell, split_once(t, ranks))) for t in sorted(ranks, key=ranks.get) if len(t) > 1]
    vocab = {spell(t): r for t, r in ranks.items()} | {END: 50256}
    return GPT2TokenizerFast(vocab=vocab, merges=merges)


def corpus():
    rng = random.Random(3)
    things = "house tree pine car boat sun moon star cloud mountain flower bird balloon fish".split()
    colours = "red orange yellow green blue purple white grey pink".split()
    lines = [
        f"A {rng.choice(['big ', 'small ', ''])}{rng.choice(colours)} {rng.choice(things)} "
        f"{rng.choice(['under', 'above', 'beside', 'left of'])} a {rng.choice(colours)} {rng.choice(things)}."
        for _ in range(120)
    ]
    lines += ["It's the cat's, they'll say; we're 1,234 strong!", "aaaa aaaaaaa aaa", "Stra\u00dfe \u65e5\u672c\u8a9e \u65e5\u672c \U0001f3e0\U0001f3e0",
              "one" + END + "one" + END, "\ttabs\t\tand   blanks  ", "abc abc bc abcbc"]
    return lines


def train(lines, size, frequency):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    # The trainer knows nothing of special tokens in its texts; here each text between them is one of its own.
    texts = [part for line in lines for part in line.split(END)]
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=size, min_frequency=frequency, special_tokens=[END], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return [tuple(m) for m in json.loads(tokenizer.to_str())["model"]["merges"]]


def small_tokenizer(merges):
    tokens = sorted(ALPHABET.values())
    vocab = {}
    for token in [*tokens, *(a + b for a, b in merges), END]:
        vocab.setdefault(token, len(vocab))
    return GPT2TokenizerFast(vocab=vocab, merges=merges)


def odd_texts():
    rng = random.Random(5)
    texts = [
        "", " ", "  ", "   ", "\n", "\n\n", " \n ", "\t", "a red house under a yellow moon", " a", "a ", "a  b", "a   b\t\tc",
        "Hello, world!", "It's John's; they'll say we've, I'm, you're, he'd. 'S 'T DON'T don't '' 's's 'tis '",
        "can\u2019t \u2018quoted\u2019", "1 12 123 1234 12345.678 1,234,567", "\u00bd \u2167 \u0663\u0664 x\u00b2", "e\u0301 \u00e9 n\u0303",
        "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0 \u4e2d\u6587 \ud55c\uad6d\uc5b4", "\u0420\u0443\u0441\u0441\u043a\u0438\u0439 \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea \u0939\u093f\u0928\u094d\u0926\u0940",
        "\U0001f3e0\U0001f319 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd",
        "\x00", "a\x00b \x00\x01\x1c\x1d\x1e\x1f\x7f\x80\x85\x9f", "nul \x00 nul", "\u00a0nbsp\u00a0\u00a0x", "\u2003em\u2028line\u2029para\u3000ideo\u200bzw\ufeffbom\u180e",
        "\r\n\r\nwindows\r\n", "\x0b\x0c", "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> <|endoftext|><|endoftext|>\n", "<|endoftext|", "<|ENDOFTEXT|>",
        "\ufffd", "\U0010ffff \ue000 \U000e0001", "a" * 300, "ab" * 257, " " * 100 + "x", "!" * 70, "x" + " " * 63, "\n" * 40 + "y",
        "SolidGoldMagikarp rawdownloadcloneembedreportprint", "def f(x):\n    return x**2  # squares\n", "https://example.org/a?b=c&d=%20#e",
        "na\u00efve caf\u00e9 \u0130stanbul \u01c5 \u1e9e", "\u0e44\u0e17\u0e22 \u1002\u1014", "a\u0308\u0308\u0308 \u20dd", "\u0660\u06f1\u0967\uff11\U0001d7d9", "_under_score__ -dash-- \u2013\u2014",
    ]
    pool = [c for c in map(chr, range(0x30000)) if unicodedata.category(c) not in ("Cn", "Cs", "Co")]
    for _ in range(60):
        texts.append("".join(rng.choice(pool) if rng.random() < 0.5 else rng.choice(" \n\t'sdtmrveltaAzZ09.!\u00a0\u00e9") for _ in range(rng.randrange(1, 40))))
    return texts


gpt2 = gpt2_tokenizer()
lines = corpus()
merges = train(lines, 460, 2)
small = small_tokenizer(merges)


def ids(tokenizer, text):
    return tokenizer(text)["input_ids"]


def decoded(tokenizer, tokens):
    return tokenizer.decode(tokens, clean_up_tokenization_spaces=False)


rng = random.Random(9)
# The test builds the same text.
prompt = " ".join(f"{['house', 'Moon', 'sky-blue', 'xxxxxxxxx', '1999'][i * i % 5]}{i % 97}" for i in range(10_000))
cases = {
    "texts": [{"text": t, "gpt2": ids(gpt2, t), "small": ids(small, t)} for t in odd_texts()],
    "decoded": [{"ids": t, "gpt2": decoded(gpt2, t)} for t in
                ([rng.randrange(50257) if rng.random() < 0.3 else rng.randrange(256) for _ in range(rng.randrange(1, 24))] for _ in range(150))],
    "bytes": [{"ids": t, "small": decoded(small, t)} for t in ([rng.randrange(256) for _ in range(40)] for _ in range(150))],
    "longest": [{"name": name, "count": len(ids(tok, prompt)), "crc": zlib.crc32(",".join(map(str, ids(tok, prompt))).encode())}
                for name, tok in (("gpt2", gpt2), ("small", small))],
}
(out / "tokenizer_cases.json").write_text(json.dumps(cases, ensure_ascii=True, separators=(",", ":")).replace("},{", "},\n{") + "\n")
(out / "corpus.txt").write_text("\n".join(lines) + "\n")
(out / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
(out / "vocab.json").write_text(json.dumps(small.get_vocab(), ensure_ascii=True) + "\n")
small.backend_tokenizer.save(str(out / "tokenizer.json"), pretty=False)
