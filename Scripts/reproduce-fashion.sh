#!/usr/bin/env bash
# Trains teacher and generator once, then students of every arm with five seeds: from 100 to 3,000
# labelled pictures, and from a long tail. What has ended is kept and what was stopped goes on, so that
# it can be started again at any time. Usage: reproduce-fashion.sh RETORT DEVICE
set -euo pipefail
retort=$1 device=$2 root=runs/reproduce-fashion

# run FOLDER RECIPE [OPTION…]
run() {
  local folder=$1
  shift
  if [[ -f "$folder/recipe.yaml" ]]; then
    "$retort" run "$folder" --resume --device "$device"
  else
    "$retort" run "$@" --output "$folder" --device "$device"
  fi
}

players=$root/players
run "$players" fashion-players
students() {
  local folder=$1 seed=$2 data=$3
  run "$folder" fashion-labels --set "seed=$seed" --set "stages.students.data=$data" \
    --set "stages.students.teacher.weights=$players/stages/teacher/teacher/model.safetensors" \
    --set "stages.students.generator.weights=$players/stages/generator/generator/model.safetensors"
}
for labels in 300 1000 100 3000; do
  for seed in 1 2 3 4 5; do
    students "$root/labels-$labels/seed-$seed" "$seed" "{name: fashion-mnist, labelled: $labels}"
  done
done
for seed in 1 2 3 4 5; do
  students "$root/long-tail/seed-$seed" "$seed" \
    "{name: fashion-mnist, long-tail: {imbalance: 100}}"
done

"$retort" report "$root"/l*/seed-* --output "$root/report.html"
"$retort" report "$root"/l*/seed-* --markdown | tee "$root/tables.md"
