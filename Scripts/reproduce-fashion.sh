#!/usr/bin/env bash
# Trains teacher and generator once, then students of every variant with five seeds: from 100 to 3,000
# labelled pictures, from a long tail, and with equal budgets. What has ended is kept and what was
# stopped goes on, so that it can be started again at any time.
# Usage: reproduce-fashion.sh RETORT DEVICE
set -euo pipefail
retort=$1 device=$2 root=runs/reproduce-fashion

# shellcheck source=Scripts/run-or-resume.sh
source "$(dirname "${BASH_SOURCE[0]}")/run-or-resume.sh"

models=$root/models
run "$models" fashion-models

# students RECIPE FOLDER DATA: five seeds
students() {
  local recipe=$1 folder=$root/$2 data=$3 seed
  for seed in 1 2 3 4 5; do
    run "$folder/seed-$seed" "$recipe" --set "seed=$seed" --set "stages.students.data=$data" \
      --set "stages.students.teacher.weights=$models/stages/teacher/teacher/model.safetensors" \
      --set "stages.students.generator.weights=$models/stages/generator/generator/model.safetensors"
  done
}
for labels in 300 1000 100 3000; do
  students fashion-labels "labels-$labels" "{name: fashion-mnist, labelled: $labels}"
done
students fashion-budget budget-300 "{name: fashion-mnist, labelled: 300}"
students fashion-labels long-tail "{name: fashion-mnist, long-tail: {imbalance: 100}}"

"$retort" report "$root"/{labels,budget,long}-*/seed-* --output "$root/report.html"
"$retort" report "$root"/labels-*/seed-* --figure "$root/labels.svg"
"$retort" report "$root"/{labels,budget,long}-*/seed-* --markdown | tee "$root/tables.md"
rsvg-convert "$root/labels.svg" --output "$root/labels.png"
