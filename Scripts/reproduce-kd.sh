#!/usr/bin/env bash
# Trains a ResNet-32 once, then students by every method of distillation: two kinds of students, 1,000 and 10,000
# labels, three seeds. What has ended is kept and what was stopped goes on, so that it can be started again at any
# time; the table has what has ended so far, and is written whenever this ends.
# Usage: reproduce-kd.sh RETORT DEVICE
set -euo pipefail
retort=$1 device=$2 root=runs/reproduce-kd results=Benchmarks/results/kd

# shellcheck source=Scripts/run-or-resume.sh
source "$(dirname "${BASH_SOURCE[0]}")/run-or-resume.sh"

# Writes the table so far, what each method is above, and the recipes' hashes.
summarize() {
  "$retort" report "$root"/labels-*/seed-* --markdown >"$root/table.md"
  mv "$root/table.md" "$results/table.md"
  awk -F ' *[|] *' '
    NR > 2 {
      split($3, name, "/")
      group = $2 " labels, " name[1]
      mean[group, name[2]] = $5 + 0
      methods[group] = methods[group] " " name[2]
    }
    END {
      for (group in methods) {
        count = split(methods[group], method, " ")
        split("labels-only kd", baseline, " ")
        for (b = 1; b <= 2; b++) {
          below = ""
          for (i = 1; i <= count; i++)
            if (method[i] != baseline[b] && mean[group, method[i]] <= mean[group, baseline[b]]) below = below " " method[i]
          printf "%s, not above %s:%s\n", group, baseline[b], below == "" ? " none" : below
        }
      }
    }' "$results/table.md" | sort >"$results/below.txt"
  for folder in "$root"/labels-*/seed-*; do
    sha256sum <"$folder/recipe.yaml" | sed "s#-#${folder#"$root"/}/recipe.yaml#"
  done >"$results/recipes.sha256"
}

run "$root/teacher" fashion-resnet32
weights=$PWD/$root/teacher/teacher/model.safetensors
mkdir -p "$results"
trap 'summarize; cat "$results/table.md" "$results/below.txt"' EXIT
for seed in 1 2 3; do
  for labels in 1000 10000; do
    run "$root/labels-$labels/seed-$seed" fashion-methods --set "seed=$seed" \
      --set "data.labelled=$labels" --set "teacher.weights=$weights"
  done
done
