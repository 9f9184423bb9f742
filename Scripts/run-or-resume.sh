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

# is_kept NAME: whether the result of the run NAME is kept, and need not be computed again.
is_kept() {
  [[ -f "$results/$1/result.json" ]] || return 1
  echo "$results/$1 keeps the results of an earlier run; remove it to have them computed again"
}

# keep NAME [FILE]: keeps recipe and result of the run NAME, which has ended, and a file of each of its stages.
keep() {
  mkdir -p "$results/$1"
  cp "$root/$1/recipe.yaml" "$root/$1/result.json" "$results/$1"
  [[ -z "${2:-}" ]] || (cd "$root/$1" && find stages -name "$2" -exec cp --parents {} "$OLDPWD/$results/$1" \;)
}

# runs PATTERN: the folders of all runs of these names, those that are kept and those under way.
runs() {
  find "$results" "$root" -path "*/$1/recipe.yaml" -printf '%P\n' | sort -uV | while read -r name; do
    name=${name%/recipe.yaml}
    if [[ -f "$results/$name/result.json" ]]; then echo "$results/$name"; else echo "$root/$name"; fi
  done
}
