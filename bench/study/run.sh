#!/bin/sh
# The study of docs/study.md: one system, one seed, so many minutes of one processor's time, then measured and drawn.
#   bench/study/run.sh OUT MINUTES SEED SYSTEM [PROCESSOR]
# SYSTEM is matching (once, before all but attngan and autoencoder), damsm (once, before attngan), or one of those below. With -damsm behind it, df-gan or a StackGAN
# reads captions by DAMSM instead of by the matching model; with -default, transformer reads as the default model does. Stops at the first command that fails; what is there already is kept.
set -eu
out=$1 minutes=$2 seed=$3 system=$4 processor=${5:-0}
here=$(cd "$(dirname "$0")/../.." && pwd)
jar=${T2I_JAR:-$here/target/t2i.jar}
cd "$here"

t2i() { taskset -c "$processor" java --enable-preview -jar "$jar" "$@"; }

# train NAME CONFIG MINUTES SETTING...
train() {
    name=$1 config=$2 limit=$3
    shift 3
    [ -d "$out/$name/model" ] && return
    mkdir -p "$out"
    sets=""
    for setting in "$@"; do sets="$sets --set $setting"; done
    # Settings hold no blanks, so that they may be split here.
    # shellcheck disable=SC2086
    t2i train --config "configs/$config.yaml" --data scenes: --out "$out/$name" --set "schedule.minutes=$limit" --set schedule.clock=processor \
        --set "seed=$seed" --set schedule.snapshot=0 $sets 2> "$out/$name.log"
}

model=$out/$system-$seed
# No blanks within a setting, here as well.
case $system in
*-damsm) kind=${system%-damsm} reader="text.encoder=$out/damsm/model text.adapter.kind=direct" ;;
*-default) kind=${system%-default} reader="text.encoder=default" ;;
*) kind=$system reader="text.encoder=$out/matching/model text.adapter.kind=logits text.adapter.width=128" ;;
esac
# shellcheck disable=SC2086
case $kind in
damsm)
    train damsm damsm-64 "$minutes" encoder=weights/default/encoder schedule.samples=44000
    exit ;;
matching)
    # One reader for all: what GPT-2 has to say after a caption, once it has seen pictures.
    train matching matching-64 "$minutes" encoder=weights/default/encoder text.kind=logits text.width=128 encoder_rate=0.0003 schedule.samples=40000
    exit ;;
transformer)
    train "$system-$seed" transformer-64 "$minutes" $reader ;;
stackgan)
    # Settings for a short run, here and for the others: see df-gan.
    train "$system-$seed" stackgan-64 "$minutes" $reader batch=8 \
        optimizer.generator_rate=0.0004 optimizer.discriminator_rate=0.0004 average.half_life=2000 ;;
df-gan-released)
    train "$system-$seed" df-gan-64 "$minutes" ;;
tutorial)
    # A critic with five times the generator's rate in place of more steps, for a short run.
    train "$system-$seed" tutorial-64 "$minutes" $reader batch=8 critic_iterations=1 loss.penalty_interval=2 average.half_life=2000 \
        optimizer.generator_rate=0.0002 optimizer.discriminator_rate=0.001 ;;
tutorial-nonsaturating)
    # The same networks, GPT-2 learning along, with DCGAN's loss and normalisation.
    train "$system-$seed" tutorial-64 "$minutes" $reader batch=8 critic_iterations=1 average.half_life=2000 \
        loss.adversarial=nonsaturating loss.penalty=none loss.penalty_interval=1 discriminator.normalization=batch optimizer.beta1=0.5 optimizer.beta2=0.999 \
        optimizer.generator_rate=0.0004 optimizer.discriminator_rate=0.0004 ;;
tutorial-clipped)
    # Weights clipped as in WGAN's first paper, two steps of the critic, and a GPT-2 that has seen no pictures learning along at a rate that is too high for it.
    train "$system-$seed" tutorial-64 "$minutes" critic_iterations=2 batch=8 text.learning_rate=0.0002 average.half_life=2000 \
        loss.penalty=none loss.clip=0.01 discriminator.normalization=batch optimizer.generator_rate=0.0004 optimizer.discriminator_rate=0.0004 ;;
df-gan)
    # Smaller batches, higher rates and a moving average, for thousands of steps instead of hundreds of thousands.
    train "$system-$seed" df-gan-64 "$minutes" $reader batch=8 \
        optimizer.generator_rate=0.0003 optimizer.discriminator_rate=0.0008 average.half_life=2000 ;;
stackgan-stages)
    # Stage I paints 16 pixels for two fifths of the time, Stage II 64 pixels upon it for the rest.
    first=$(awk "BEGIN { print $minutes * 0.4 }") second=$(awk "BEGIN { print $minutes * 0.6 }")
    train "$system-first-$seed" stackgan-64 "$first" $reader batch=8 \
        optimizer.generator_rate=0.0004 optimizer.discriminator_rate=0.0004 average.half_life=2000 size=16 generator.channels=[128,64,32]
    train "$system-$seed" stackgan-256 "$second" $reader batch=8 \
        optimizer.generator_rate=0.0004 optimizer.discriminator_rate=0.0004 average.half_life=2000 size=64 generator.channels=[128,64,32] \
        "start=$out/$system-first-$seed/model" ;;
attngan)
    train "$system-$seed" attngan-64 "$minutes" "text.encoder=$out/damsm/model" ;;
stackgan2)
    # Its tree with 16, 32 and 64 pixels.
    train "$system-$seed" stackgan2-128 "$minutes" $reader batch=8 \
        optimizer.generator_rate=0.0004 optimizer.discriminator_rate=0.0004 average.half_life=2000 size=64 generator.channels=[128,64,32] ;;
autoencoder)
    # Three fifths of the time for everything, the rest for the prior; rates fall to zero within it.
    first=$(awk "BEGIN { print $minutes * 0.6 }") second=$(awk "BEGIN { print $minutes * 0.4 }")
    train "$system-first-$seed" autoencoder-64 "$first" text.encoder=default text.train=none \
        "schedule.samples=$(awk "BEGIN { print int($minutes * 850) }")"
    train "$system-$seed" prior-64 "$second" "start=$out/$system-first-$seed/model" "text.encoder=$out/$system-first-$seed/model" \
        "schedule.samples=$(awk "BEGIN { print int($minutes * 2100) }")" ;;
*)
    echo "$0: there is no system '$system'" >&2
    exit 2 ;;
esac
[ -f "$model.json" ] || {
    t2i eval --model "$model/model" --metrics attributes,fid,kid,rprecision --samples 1000 --json > "$model.json.part" 2> "$model.eval.log"
    mv "$model.json.part" "$model.json"
}
[ -d "$model-pictures" ] || t2i sample --model "$model/model" --prompts bench/study/prompts.txt --seed 1 --out "$model-pictures" 2>> "$model.eval.log"
