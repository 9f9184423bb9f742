#!/usr/bin/env bash
# Recomputes the recorded cases and compares every kernel with the processor, on several OpenCL drivers
# that need no GPU: PoCL, Intel's for CPUs, and Mesa's rusticl on llvmpipe, the last in the form for GPUs.
# Usage: test-opencl.sh RETORT; SUITES names fewer kernels' suites, DRIVERS fewer drivers.
set -euo pipefail

retort=$1
folder=$PWD/.build-opencl

# Runs a command on DRIVER, with what it measures and compiles kept apart from the user's.
on() { # DRIVER COMMAND…
  local variables=("XDG_CACHE_HOME=$folder/cache/$1")
  case $1 in
    intel)
      variables+=("OCL_ICD_VENDORS=$folder/vendors/intel" "LD_LIBRARY_PATH=$folder/intel/lib")
      ;;
    rusticl)
      variables+=(
        "OCL_ICD_VENDORS=$folder/vendors/rusticl" RUSTICL_ENABLE=llvmpipe
        "LD_LIBRARY_PATH=$folder/mesa/usr/lib/x86_64-linux-gnu"
      )
      ;;
  esac
  env "${variables[@]}" "${@:2}"
}

for driver in ${DRIVERS:-pocl intel rusticl}; do
  on "$driver" "$retort" devices
  forms=(vector tiled)
  if [[ $driver == rusticl ]]; then forms=(tiled); fi
  for form in "${forms[@]}"; do
    echo "test-opencl: $driver, $form form"
    on "$driver" "$retort" verify --device opencl --form "$form"
    on "$driver" "$retort" verify --kernels ${SUITES:+--suites "$SUITES"} --device opencl --form "$form"
  done
done
