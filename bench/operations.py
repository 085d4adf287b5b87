"""Single operations and the text encoder with PyTorch and with t2i in turn, on the same cores, and the ratio of both.

    mvn -q package
    python bench/operations.py [--suite ops,encode] [--rounds 3] [--threads 2] [--java java] [--jar target/t2i.jar]

Run it with a Python that has torch, and for the encoder transformers. What is measured is what `t2i bench` measures: the
names in its report tell the shapes. PyTorch keeps pictures in the order of channels in which it is faster. A machine's
speed drifts, so each round runs both, and the medians of all rounds count; the range of the rounds' ratios stands beside them.
"""

import argparse
import json
import math
import pathlib
import re
import statistics
import subprocess
import sys
import time

import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent
BATCH = 32


def seconds(work, warmup, repeats):
    """The median time, measured as t2i's Stopwatch does."""
    start = improved = time.perf_counter()
    done = 0
    best = math.inf
    while done < 2 or time.perf_counter() - improved < warmup and time.perf_counter() - start < 10 * warmup:
        before = time.perf_counter()
        work()
        last = time.perf_counter() - before
        if last < 0.97 * best:
            best = last
            improved = time.perf_counter()
        done += 1
    group = max(1, math.ceil(0.02 / last))
    times = []
    for _ in range(repeats):
        before = time.perf_counter()
        for _ in range(group):
            work()
        times.append((time.perf_counter() - before) / group)
    return statistics.median(times)


def product(edge):
    a, b, c = (torch.rand(edge, edge) - 0.5 for _ in range(3))
    return [lambda: torch.mm(a, b, out=c)], 2e-9 * edge ** 3


def convolution(cin, cout, size, what):
    candidates = []
    for order in torch.channels_last, torch.contiguous_format:
        x = torch.rand(BATCH, cin, size, size).sub(0.5).contiguous(memory_format=order)
        y = torch.rand(BATCH, cout, size, size).sub(0.5).contiguous(memory_format=order)
        w = torch.rand(cout, cin, 3, 3).sub(0.5).contiguous(memory_format=order)
        if what == "forward":
            candidates.append(lambda x=x, w=w: torch.nn.functional.conv2d(x, w, padding=1))
        else:
            mask = [what == "input gradient", what == "weight gradient", False]
            candidates.append(lambda x=x, y=y, w=w: torch.ops.aten.convolution_backward(
                y, x, w, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, mask))
    return candidates, 2e-9 * BATCH * size * size * cin * cout * 9


def affine(size, channels):
    candidates = []
    for order in torch.channels_last, torch.contiguous_format:
        x = torch.rand(BATCH, channels, size, size).sub(0.5).contiguous(memory_format=order)
        scale, shift = (torch.rand(1, channels, 1, 1) for _ in range(2))
        candidates.append(lambda x=x, s=scale, t=shift: torch.nn.functional.leaky_relu(x * s + t, 0.2))
    return candidates, 2e-9 * 4 * BATCH * channels * size * size


def encoder(tokens, bf16):
    """With BF16 weights PyTorch computes in BF16 throughout; t2i computes in F32."""
    import transformers
    model = transformers.GPT2Model(transformers.GPT2Config()).eval()
    if bf16:
        model = model.bfloat16()
    ids = torch.arange(tokens).mul(4001).view(1, tokens)
    return [lambda: model(ids, use_cache=False)], 1


def work_of(name):
    """PyTorch's ways to do the work of a name in t2i's report, and how much work it is in the report's unit."""
    for pattern, make in (
            (r"sgemm (\d+)", lambda edge: product(int(edge))),
            (r"conv 3x3 (\d+)->(\d+) (\d+)x\d+ (.*)", lambda cin, cout, size, what: convolution(int(cin), int(cout), int(size), what)),
            (r"affine, leaky relu \[%d, (\d+), \d+, (\d+)\]" % BATCH, lambda size, channels: affine(int(size), int(channels))),
            (r"GPT-2 124M, (\d+) tokens(, BF16 weights)?", lambda tokens, bf16: encoder(int(tokens), bf16))):
        found = re.fullmatch(pattern, name)
        if found:
            return make(*found.groups())
    sys.exit("t2i measures '%s', which this program does not know" % name)


def pytorch(names, units, arguments):
    figures = {}
    with torch.no_grad():
        for name in names:
            candidates, work = work_of(name)
            best = min(seconds(candidate, arguments.warmup, arguments.repeats) for candidate in candidates)
            figures[name] = 1e3 * best if units[name] == "ms" else work / best
    return figures


def t2i(arguments):
    """A process for each suite, since what a process has compiled for other work slows kernels down."""
    figures, units = {}, {}
    for suite in arguments.suite.split(","):
        figures_, units_, machine = t2i_suite(suite, arguments)
        figures.update(figures_)
        units.update(units_)
    return figures, units, machine


def t2i_suite(suite, arguments):
    command = [arguments.java, "-jar", arguments.jar.resolve(), "bench", "--suite", suite, "--backends", arguments.backend,
               "--threads", str(arguments.threads), "--warmup", str(arguments.warmup), "--repeats", str(arguments.repeats), "--json"]
    if arguments.only:
        command += ["--only", arguments.only]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("%s ended with exit code %d" % (" ".join(map(str, command)), done.returncode))
    report = json.loads(done.stdout)
    figures = {result["name"]: result["value"] for result in report["results"]}
    return figures, {result["name"]: result["unit"] for result in report["results"]}, report["machine"]


def main():
    parser = argparse.ArgumentParser(description="PyTorch and t2i in turn.")
    parser.add_argument("--suite", default="ops,encode", help="t2i's suites: ops, encode or both")
    parser.add_argument("--only", help="just the figures with this text in their names")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warmup", type=float, default=5, help="seconds of untimed repetitions without a clearly faster one, of each figure")
    parser.add_argument("--repeats", type=int, default=7, help="timings of each figure in a round")
    parser.add_argument("--backend", default="vector")
    parser.add_argument("--java", default="java")
    parser.add_argument("--jar", type=pathlib.Path, default=ROOT / "target" / "t2i.jar")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    theirs, ours = [], []
    for round_ in range(arguments.rounds):
        figures, units, machine = t2i(arguments)
        ours.append(figures)
        theirs.append(pytorch(figures, units, arguments))
        print("round %d of %d done" % (round_ + 1, arguments.rounds), file=sys.stderr, flush=True)
    print("%s; PyTorch %s" % (machine, torch.__version__))
    print("%-46s %10s %10s   t2i is" % ("", "PyTorch", "t2i"))
    for name, unit in units.items():
        def ratio(their, our):
            return their / our if unit == "ms" else our / their
        ratios = [ratio(their[name], our[name]) for their, our in zip(theirs, ours)]
        their = statistics.median(figures[name] for figures in theirs)
        our = statistics.median(figures[name] for figures in ours)
        print("%-46s %10.2f %10.2f   %.2f times as fast, rounds %.2f to %.2f   (%s)"
              % (name, their, our, ratio(their, our), min(ratios), max(ratios), unit))


main()
