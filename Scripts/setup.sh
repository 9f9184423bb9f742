#!/usr/bin/env bash
# Installs the Debian packages that the build and the tests need and that are missing.
# Usage: setup.sh [oclgrind|onnx|opencl|onnx-runtime|gpu-check|peers|figure]
set -euo pipefail

missing=()
# Looks for what a package brings rather than for the package: it may have come another way.
need() { # PACKAGE CHECK...
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}
header() { printf '#include <%s>\n' "$1" | clang -fsyntax-only -x c -; }
library() { [[ -n "$(ldconfig -p | grep -F "$1")" ]]; }
development() { printf 'int main(void) { return 0; }\n' | clang -x c - -o /dev/null "-l$1"; }
driver() {
  if [[ -n "${OCL_ICD_VENDORS:-}" ]]; then return 0; fi
  compgen -G '/etc/OpenCL/vendors/*.icd'
}
processorDriver() { driver && { library libpocl || compgen -G '/etc/OpenCL/vendors/pocl*.icd'; }; }

if ! command -v swift >/dev/null; then
  echo "setup: Swift 6.3 is missing; see https://www.swift.org/install/linux" >&2
  exit 1
fi
PATH="$PATH:/sbin:/usr/sbin"

if [[ "${1:-}" == oclgrind ]]; then
  need oclgrind command -v oclgrind
elif [[ "${1:-}" == onnx ]]; then
  need libonnx-testdata test -r /usr/share/libonnx-testdata/data/node/test_abs/model.onnx
elif [[ "${1:-}" == opencl ]]; then
  need libclc-15 test -r /usr/lib/clc/spirv-mesa3d-.spv
  need python3-venv python3 -c 'import ensurepip, venv'
elif [[ "${1:-}" == onnx-runtime ]]; then
  need python3-venv python3 -c 'import ensurepip, venv'
elif [[ "${1:-}" == peers ]]; then
  need libdnnl-dev header oneapi/dnnl/dnnl.h
  need libclblast-dev header clblast_c.h
  need ocl-icd-opencl-dev header CL/cl.h
elif [[ "${1:-}" == figure ]]; then
  need librsvg2-bin command -v rsvg-convert
  need fonts-dejavu-core compgen -G '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'
elif [[ "${1:-}" == gpu-check ]]; then
  need clang-19 command -v clang-19
  need libclc-19 test -r /usr/lib/clc/nvptx64--nvidiacl.bc
  need python3-pip python3 -m pip --version
else
  need ocl-icd-opencl-dev library libOpenCL.so.1
  need opencl-headers header CL/cl.h
  need libclblast-dev library libclblast.so
  need pocl-opencl-icd processorDriver
  need dataset-fashion-mnist test -r /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz
  need libspng-dev development spng
  need libturbojpeg0-dev development turbojpeg
  need zlib1g-dev development z
  need libwebp7 library libwebp.so.7
  need python3 command -v python3
fi

# OpenCL drivers for Scripts/test-opencl.sh alone, where no other program finds them: Intel's for
# CPUs, and Mesa's rusticl, whose package would also bring clover to every program if it were installed.
fetchDrivers() {
  local folder=$PWD/.build-opencl
  mkdir -p "$folder/vendors/intel" "$folder/vendors/rusticl"
  if [[ ! -e $folder/intel/lib/libintelocl.so ]]; then
    echo "setup: fetching Intel's OpenCL driver for CPUs into .build-opencl"
    python3 -m venv "$folder/intel"
    "$folder/intel/bin/pip" install --quiet --disable-pip-version-check intel-opencl-rt intel-cmplr-lib-rt
  fi
  echo "$folder/intel/lib/libintelocl.so" >"$folder/vendors/intel/intel.icd"
  local libraries=$folder/mesa/usr/lib/x86_64-linux-gnu
  if [[ ! -e $libraries/libRusticlOpenCL.so.1 ]]; then
    echo "setup: fetching Mesa's rusticl into .build-opencl"
    (
      cd "$folder"
      apt-get -qq download mesa-opencl-icd libllvmspirvlib15
      for package in mesa-opencl-icd_*.deb libllvmspirvlib15_*.deb; do dpkg -x "$package" mesa; done
      rm ./*.deb
    )
  fi
  echo "$libraries/libRusticlOpenCL.so.1" >"$folder/vendors/rusticl/rusticl.icd"
}

# ONNX Runtime and ONNX's own checker, for make check-onnx-runtime.
fetchRuntime() {
  local folder=$PWD/.build-onnx-runtime
  if [[ ! -e $folder/ready ]]; then
    echo "setup: fetching ONNX Runtime into .build-onnx-runtime"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check onnx onnxruntime numpy safetensors
    touch "$folder/ready"
  fi
}

fetch() {
  case "$1" in
    opencl) fetchDrivers ;;
    onnx-runtime) fetchRuntime ;;
  esac
}

if [[ ${#missing[@]} -eq 0 ]]; then
  fetch "${1:-}"
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  cat >&2 <<TEXT
setup: missing, by their names in Debian: ${missing[*]}
There is no apt here. Install from your system's packages: an OpenCL loader with its headers, a
driver (your GPU's, or PoCL), CLBlast, libspng, libjpeg-turbo with TurboJPEG, and zlib with headers.
Fashion-MNIST comes with 'retort fetch fashion-mnist'.
TEXT
  exit 1
fi

privileged=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: missing; install as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  privileged=(sudo)
fi
echo "setup: installing ${missing[*]}"
install=("${privileged[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq)
"${install[@]}" update
"${install[@]}" install -y --no-install-recommends "${missing[@]}"
fetch "${1:-}"
