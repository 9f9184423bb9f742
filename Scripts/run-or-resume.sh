# To be sourced by scripts that have set `retort` and `device`, and `root` and `results` where results are kept.

# run FOLDER RECIPE [OPTION…]: runs a recipe into a folder, or goes on with what is there.
run() {
  local folder=$1
  shift
  if [[ -f "$folder/recipe.yaml" ]]; then
    "$retort" run "$folder" --resume --device "$device"
  else
    "$retort" run "$@" --output "$folder" --device "$device"
  fi
}

# stages FILE: how many results of stages a result.json has.
stages() {
  { grep -o '"stage":' "$1" 2>/dev/null || true; } | wc -l
}

# is_kept NAME: whether the results of all stages of the run NAME are kept, and need not be computed again.
is_kept() {
  local kept=$results/$1
  # A run that has ended has the last stage's result once more beside those of all.
  [[ $(stages "$kept/result.json") -gt $(grep -c '^  - name:' "$kept/recipe.yaml" 2>/dev/null || echo 0) ]] || return 1
  echo "$kept has the results of an earlier run; remove it to have them computed again"
}

# keep NAME [FILE]: keeps the run NAME's recipe and results, those of its stages that have ended, and a file of each; not
# where more are kept already, or none has ended.
keep() {
  local run=$root/$1 kept=$results/$1 part=$root/result.part count
  [[ -f "$run/recipe.yaml" ]] || return 0
  if [[ -f "$run/result.json" ]]; then
    cp "$run/result.json" "$part"
  else
    sed -n 's/^  - name: //p' "$run/recipe.yaml" | while read -r stage; do
      cat "$run/stages/$stage/result.json" 2>/dev/null || true
    done | paste -sd , | sed 's/.*/{"stages":[&]}/' >"$part"
  fi
  count=$(stages "$part")
  if [[ $count -eq 0 || $count -lt $(stages "$kept/result.json") ]]; then
    rm "$part"
    return 0
  fi
  mkdir -p "$kept"
  cp "$run/recipe.yaml" "$kept"
  mv "$part" "$kept/result.json"
  [[ -z "${2:-}" ]] || (cd "$run" && find stages -name "$2" -exec cp --parents {} "$OLDPWD/$kept" \;)
}
