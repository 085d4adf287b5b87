#!/bin/sh
# What pictures that are decoded anew each time cost a training, against the same ones packed: processor time a sample, in turn.
#
#   bench/feeding.sh CONFIG FOLDER ROUNDS [MINUTES]     e.g. bench/feeding.sh configs/df-gan-64.yaml pictures 3 1
#
# FOLDER is a folder of pictures with captions (folder:FOLDER); the pack is made beside the runs, in runs/feeding. One line a run, without its
# first third, in which the compiler warms up. Minutes are of processor time, so that a machine that
# does other work gives much the same figures; pin it to one processor (taskset -c 1) for less noise.
set -eu
config=$1
folder=$2
rounds=$3
minutes=${4:-1}
jar=${JAR:-target/t2i.jar}
out=runs/feeding
size=$(sed -n 's/^size: *//p' "$config")
mkdir -p "$out"
[ -f "$out/pictures.pack" ] || java -jar "$jar" data pack "folder:$folder" --size "$size" --out "$out/pictures.pack"

run() {
    rm -rf "$out/$1"
    java -jar "$jar" train --config "$config" --data "$2" --cache 0 --out "$out/$1" \
        --set schedule.clock=processor --set "schedule.minutes=$minutes" --set schedule.samples=100000000 \
        --set schedule.tick=16 --set schedule.snapshot=0 --set schedule.checkpoint=100000000 2>"$out/$1.log" >/dev/null || { tail -3 "$out/$1.log"; exit 1; }
    sed 's/.*"samples":\([0-9]*\).*"seconds":\([0-9.]*\).*"samples_per_second":\([0-9.]*\).*/\1 \2 \3/' "$out/$1/stats.jsonl" \
        | awk -v name="$1" '{ samples[NR] = $1; seconds[NR] = $2; rate[NR] = $3 }
            END { first = int(NR / 3) + 1; for (i = first + 1; i <= NR; i++) sum += 1 / rate[i]
                printf "%-8s %7.2f ms of a processor a sample, %6.2f samples a second, over %d samples\n", name,
                    1000 * (seconds[NR] - seconds[first]) / (samples[NR] - samples[first]), (NR - first) / sum, samples[NR] - samples[first] }'
}

for round in $(seq "$rounds"); do
    run decoded "folder:$folder"
    run packed "pack:$out/pictures.pack"
done
