#!/usr/bin/env bash
# Trains a ResNet-32 once, then students by every method of distillation: two kinds of students, 1,000 and 10,000
# labels, three seeds. What was stopped goes on, so that it can be started again at any time. The table has what has ended
# so far; it is written whenever this ends, and results are kept beside it, so that runs that have ended are not run again.
# Usage: reproduce-kd.sh RETORT DEVICE
set -euo pipefail
retort=$1 device=$2 root=runs/reproduce-kd results=Benchmarks/results/kd

# shellcheck source=Scripts/run-or-resume.sh
source "$(dirname "${BASH_SOURCE[0]}")/run-or-resume.sh"

# Writes the table so far, and how many methods are above labels alone and above kd.
summarize() {
  compgen -G "$results/labels-*/seed-*" >/dev/null || return 0
  "$retort" report "$results"/labels-*/seed-* --markdown >"$root/table.md"
  mv "$root/table.md" "$results/table.md"
  awk -F ' *[|] *' '
    NR > 2 {
      split($3, name, "/")
      group = $2 " labels, " name[1]
      method = substr($3, length(name[1]) + 2)
      mean[group, method] = $5 + 0
      methods[group] = methods[group] " " method
    }
    END {
      for (group in methods) {
        count = split(methods[group], each, " ")
        split("labels-only kd", baseline, " ")
        for (b = 1; b <= 2; b++) {
          # What takes no labels makes a group without baselines.
          if (!((group, baseline[b]) in mean)) continue
          above = 0
          below = ""
          for (i = 1; i <= count; i++)
            if (each[i] != baseline[b]) {
              if (mean[group, each[i]] > mean[group, baseline[b]]) above++
              else below = below " " each[i]
            }
          printf "%s: %d of %d above %s, not%s\n", group, above, count - 1, baseline[b], below == "" ? " none" : below
        }
      }
    }' "$results/table.md" | sort >"$results/below.txt"
  cat "$results/table.md" "$results/below.txt"
}

mkdir -p "$root" "$results"
trap 'for name in "${begun[@]}"; do keep "$name"; done; summarize' EXIT
begun=()
for seed in 1 2 3; do
  for labels in 1000 10000; do
    name=labels-$labels/seed-$seed
    is_kept "$name" && continue
    begun+=("$name")
    [[ -f "$root/teacher/result.json" ]] || run "$root/teacher" fashion-resnet32
    run "$root/$name" fashion-methods --set "seed=$seed" --set "data.labelled=$labels" \
      --set "teacher.weights=$root/teacher/teacher/model.safetensors"
  done
done
