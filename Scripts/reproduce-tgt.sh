#!/usr/bin/env bash
# Trains teacher and generator once, then students by every search at equal cost and by every way with a long tail, five
# seeds each. What has ended is kept and what was stopped goes on, so that it can be started again at any time; the
# table has what has ended so far.
# Usage: reproduce-tgt.sh RETORT DEVICE
set -euo pipefail
retort=$1 device=$2 root=runs/reproduce-tgt results=Benchmarks/results/tgt

# shellcheck source=Scripts/run-or-resume.sh
source "$(dirname "${BASH_SOURCE[0]}")/run-or-resume.sh"

run "$root/models" fashion-models
models=$PWD/$root/models/stages
mkdir -p "$results"
for recipe in fashion-search fashion-long-tail; do
  for seed in 1 2 3 4 5; do
    folder=$root/$recipe/seed-$seed
    run "$folder" "$recipe" --set "seed=$seed" \
      --set "stages.students.teacher.weights=$models/teacher/teacher/model.safetensors" \
      --set "stages.students.generator.weights=$models/generator/generator/model.safetensors"
    "$retort" report "$root/$recipe"/seed-* --markdown >"$results/$recipe.md"
    sha256sum <"$folder/recipe.yaml" | sed "s#-#$recipe/seed-$seed/recipe.yaml#" >>"$root/recipes.sha256"
    sort -u -k 2 "$root/recipes.sha256" >"$results/recipes.sha256"
  done
done
cat "$results"/*.md
