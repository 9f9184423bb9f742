# To be sourced by scripts that have set `retort` and `device`.

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
