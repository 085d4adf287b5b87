"""In how many directions captions differ, as the generator hears them: the participation ratio of the vectors that models of
text.adapter.kind=logits make of 1,000 captions, (sum of variances)² / (sum of their squares), at most 128; and how much of their squared length all captions share.

    java -jar target/t2i.jar data scenes --count 1000 --out runs/captions
    python bench/study/spread.py runs/captions runs/study/matching/model runs/study/tutorial-1/model

Needs numpy and safetensors, and java on the PATH.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

JAR = Path(__file__).parents[2] / "target/t2i.jar"


def heard(model, captions):
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "scores.safetensors"
        subprocess.run(["java", "-jar", JAR, "encode", "--encoder", model / "encoder", "--pool", "last-logits", "--out", out, *captions],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        scores = max(load_file(out).values(), key=np.size).reshape(len(captions), -1).astype(np.float64)
    adapter = {name.removeprefix("adapter."): value.astype(np.float64) for name, value in load_file(model / "model.safetensors").items() if name.startswith("adapter.")}
    if "whitening" not in adapter:
        print(f"spread.py: {model}: its text.adapter.kind is not logits", file=sys.stderr)
        sys.exit(4)
    whitened = (scores - adapter["mean"]) @ adapter["whitening"]
    vectors = whitened @ adapter["out.weight"].T + adapter["out.bias"]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


captions, *folders = map(Path, sys.argv[1:])
for needed in (captions / "metadata.jsonl", *(folder / "encoder" for folder in folders)):
    if not needed.exists():
        print(f"spread.py: {needed}: there is no such file; its first lines say what to give it", file=sys.stderr)
        sys.exit(4)
texts = [json.loads(line)["text"] for line in (captions / "metadata.jsonl").read_text().splitlines()][:1000]
for folder in folders:
    vectors = heard(folder, texts)
    variances = np.linalg.eigvalsh(np.cov(vectors.T))
    print(f"{folder}: {variances.sum() ** 2 / np.square(variances).sum():.1f} directions, {np.square(vectors.mean(0)).sum():.0%} shared")
