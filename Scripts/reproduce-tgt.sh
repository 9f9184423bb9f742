#!/usr/bin/env bash
# Trains teacher and generator of pictures once, then students by every search at equal cost and by every way with a long
# tail, students of texts, and models that find texts, five seeds each. Results of runs that have ended are kept beside the
# tables, and what was stopped goes on, so that it can be started again at any time; the tables have what has ended so far.
# Usage: reproduce-tgt.sh RETORT DEVICE [RECIPE…]
set -euo pipefail
retort=$1 device=$2 root=runs/reproduce-tgt results=Benchmarks/results/tgt
shift 2
recipes=("$@")
[[ $# -gt 0 ]] || recipes=(fashion-search fashion-long-tail text-tgt retrieval-debian)

# shellcheck source=Scripts/run-or-resume.sh
source "$(dirname "${BASH_SOURCE[0]}")/run-or-resume.sh"

# What a recipe takes besides its seed, one word a line; made or fetched where it is missing.
options() {
  case "$1" in
    fashion-*)
      [[ -f "$root/models/result.json" ]] || run "$root/models" fashion-models >&2
      local models=$root/models/stages
      printf '%s\n' --set "stages.students.teacher.weights=$models/teacher/teacher/model.safetensors" \
        --set "stages.students.generator.weights=$models/generator/generator/model.safetensors"
      ;;
    text-tgt)
      Scripts/fetch-texts.sh "$root/texts" >&2
      printf '%s\n' --set "data.training=$root/texts/train.tsv" --set "data.test=$root/texts/test.tsv" \
        --set "data.vocabulary=$root/texts/vocab.txt"
      ;;
    retrieval-debian)
      Scripts/fetch-texts.sh "$root/texts" >&2
      printf '%s\n' --set "data.file=$root/texts/Translation-en" --set "data.test=$root/texts/perlfaq" \
        --set "data.vocabulary=$root/texts/minilm/vocab.txt" --set "stages.distil.teacher.weights=$root/texts/minilm"
      ;;
  esac
}

mkdir -p "$root" "$results"
for recipe in "${recipes[@]}"; do
  for seed in 1 2 3 4 5; do
    name=$recipe/seed-$seed
    is_kept "$name" && continue
    mapfile -t taken < <(options "$recipe")
    run "$root/$name" "$recipe" --set "seed=$seed" "${taken[@]}"
    # Thirds of classes by frequency are those of evaluations.
    keep "$name" $([[ $recipe != *-long-tail ]] || echo evaluation.json)
    "$retort" report "$results/$recipe"/seed-* --markdown >"$results/$recipe.md"
  done
done
cat "$results"/*.md
