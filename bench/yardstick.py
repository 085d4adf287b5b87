"""Training and drawing with PyTorch and with t2i in turn, on the same cores, and the ratio of both.

    mvn -q package
    python bench/yardstick.py PT_GAN.py [--rounds 3] [--threads 2] [--java java] [--jar target/t2i.jar]

Run it with a Python that has torch. PT_GAN.py is a PyTorch program with the networks, loss and batch of
configs/yardstick-64.yaml which prints lines such as 'train step batch 16: median 2.2 s, 7.0 images/s' and
'generate 1 image: median 28 ms'. A machine's speed drifts, so each round runs both, and the medians of all rounds count.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURES = {  # name: (PyTorch's line, t2i's suite and unit, whether more is better)
    "training": (r"train step batch \d+: .*?([\d.]+) images/s", ("train", "images/s"), True),
    "one picture": (r"generate 1 image: median ([\d.]+) ms", ("sample", "ms"), False),
    "drawing in batches": (r"generate batch \d+: .*?([\d.]+) images/s", ("sample", "images/s"), True),
}


def output(command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("%s ended with exit code %d" % (" ".join(map(str, command)), done.returncode))
    return done.stdout


def pytorch(arguments):
    text = output([sys.executable, arguments.program.resolve()])
    figures = {}
    for name, (pattern, _, _) in FIGURES.items():
        found = re.search(pattern, text)
        if not found:
            sys.exit("%s: its output has no line like '%s'" % (arguments.program, pattern))
        figures[name] = float(found.group(1))
    return figures


def t2i(arguments):
    report = json.loads(output([
        arguments.java, "-jar", arguments.jar.resolve(), "bench", "--suite", "train,sample", "--config", "configs/yardstick-64.yaml",
        "--backends", arguments.backend, "--threads", str(arguments.threads), "--json"]))
    values = {(result["suite"], result["unit"]): result["value"] for result in report["results"]}
    return {name: values[key] for name, (_, key, _) in FIGURES.items()}, report["machine"]


def main():
    parser = argparse.ArgumentParser(description="PyTorch and t2i in turn.")
    parser.add_argument("program", type=pathlib.Path, help="the PyTorch program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="threads of t2i; as many as the PyTorch program sets")
    parser.add_argument("--backend", default="vector")
    parser.add_argument("--java", default="java")
    parser.add_argument("--jar", type=pathlib.Path, default=ROOT / "target" / "t2i.jar")
    arguments = parser.parse_args()
    theirs, ours = [], []
    for round_ in range(arguments.rounds):
        theirs.append(pytorch(arguments))
        figures, machine = t2i(arguments)
        ours.append(figures)
        print("round %d: PyTorch %s, t2i %s" % (round_ + 1, theirs[-1], figures), file=sys.stderr, flush=True)
    print(machine)
    print("%-20s %12s %12s   t2i is" % ("", "PyTorch", "t2i"))
    for name, (_, (_, unit), more_is_better) in FIGURES.items():
        their = statistics.median(figures[name] for figures in theirs)
        our = statistics.median(figures[name] for figures in ours)
        ratio = our / their if more_is_better else their / our
        print("%-20s %12.2f %12.2f   %.2f times as fast   (%s)" % (name, their, our, ratio, unit))


main()
