"""The compilers of GPUs' vendors on a machine without a GPU, and what they say of a kernel.

clang makes PTX or AMD assembly, ptxas and clang's assembler make machine code of that, and Intel's own
compiler does all for its GPUs. ptxas and Intel's compiler are fetched at their first use.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HOME = pathlib.Path(".build/gpu-check")
CLANG = "clang-19"
LIBRARY = pathlib.Path("/usr/lib/clc")
PTXAS_WHEEL = "nvidia-cuda-nvcc-cu12==12.9.86"
NVIDIA = ["sm_70", "sm_80", "sm_90"]
AMD = ["gfx90a", "gfx942", "gfx1100"]
INTEL = ["dg2-g10", "pvc"]
TARGETS = NVIDIA + AMD + INTEL
# Intel's compiler, by the names of Debian 12. It is not installed: its driver is not wanted here.
OCLOC_PACKAGES = ["intel-opencl-icd", "libigc1", "libigdfcl1", "libigdgmm12", "libllvmspirvlib14",
                  "libopencl-clang14"]
# What Intel's driver declares for processors that have it, and its compiler alone does not.
DPAS = """#define cl_intel_subgroup_matrix_multiply_accumulate 1
#define DECLARE(type, rows) float8 __attribute__((overloadable)) \\
  intel_sub_group_##type##_##type##_matrix_mad_k16(rows a, int8 b, float8 sums);
DECLARE(bf16, int8) DECLARE(bf16, short8) DECLARE(f16, int8) DECLARE(f16, short8)
"""


class Failure(Exception):
    """What ends the check, in one line."""


def run(command, cwd=None, libraries=None):
    environment = {**os.environ, "LD_LIBRARY_PATH": str(libraries)} if libraries else None
    try:
        return subprocess.run(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=cwd, env=environment)
    except OSError as error:
        raise Failure(f"{command[0]} does not run: {error.strerror}") from error


def ptxas():
    """NVIDIA's assembler, from its wheel on PyPI the first time."""
    tool = HOME / "tools" / PTXAS_WHEEL / "ptxas"
    if tool.exists():
        return tool
    with tempfile.TemporaryDirectory() as folder:
        pip = run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--only-binary=:all:", "--dest", folder, PTXAS_WHEEL])
        if pip.returncode:
            raise Failure(f"pip cannot fetch {PTXAS_WHEEL} from PyPI, which brings ptxas; connect "
                          f"this machine, or put CUDA's ptxas at {tool}\n{pip.stderr.strip()}")
        tool.parent.mkdir(parents=True, exist_ok=True)
        beside = tool.with_suffix(".partial")
        wheel = next(pathlib.Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as content, open(beside, "wb") as file:
            shutil.copyfileobj(content.open("nvidia/cuda_nvcc/bin/ptxas"), file)
        beside.chmod(0o755)
        beside.rename(tool)
    return tool


def ocloc():
    """The folder of Intel's compiler, from Debian's packages the first time."""
    folder = HOME / "tools" / "ocloc"
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=HOME) as name:
        here = pathlib.Path(name)
        fetched = run(["apt-get", "download", *OCLOC_PACKAGES], cwd=here)
        if fetched.returncode:
            raise Failure("apt-get cannot download Intel's compiler, which Debian 12 has; connect "
                          f"this machine, or put ocloc's files at {folder}\n"
                          + fetched.stderr.strip())
        for package in here.glob("*.deb"):
            unpacked = run(["dpkg-deb", "-x", package, here / "all"])
            if unpacked.returncode:
                raise Failure(f"dpkg-deb cannot unpack {package.name}; is the disk full?\n"
                              + unpacked.stderr.strip())
        libraries = here / "all/usr/lib/x86_64-linux-gnu"
        (libraries / "libiga64.so").symlink_to("libiga64.so.1")  # the disassembler looks for it
        folder.parent.mkdir(parents=True, exist_ok=True)
        (here / "all/usr").rename(folder)
    return folder


def clang(target):
    """The front end's command up to the output, for a program on `target`."""
    if target in NVIDIA:
        processor = ["-target", "nvptx64--nvidiacl", "-Xclang", "-target-cpu", "-Xclang", target,
                     "-Xclang", "-target-feature", "-Xclang", "+ptx84"]
        library = "nvptx64--nvidiacl.bc"
    else:
        processor = ["-target", "amdgcn--amdhsa", f"-mcpu={target}", "-nogpulib"]
        library = "amdgcn--amdhsa.bc"
    return [CLANG, "-x", "cl", "-cl-std=CL1.2", "-Xclang", "-finclude-default-header", *processor,
            "-Xclang", "-mlink-builtin-bitcode", "-Xclang", LIBRARY / library, "-O3", "-w"]


def number(pattern, text):
    found = re.search(pattern, text)
    return int(found[1]) if found else 0


def compiled(kernel, source, target, folder):
    """Registers, local and stack memory, spills and matrix instructions of a program's kernel."""
    assembly = folder / "k.s"
    result = run([*clang(target), "-S", source, "-o", assembly])
    if result.returncode:
        return {"error": result.stderr.strip()}
    return (nvidia if target in NVIDIA else amd)(kernel, assembly, target, folder)


def nvidia(kernel, assembly, target, folder):
    """These of one kernel in PTX."""
    result = run([ptxas(), f"-arch={target}", "-v", "--entry", kernel, assembly,
                  "-o", folder / "k.cubin"])
    if result.returncode:
        return {"error": result.stderr.strip()}
    report = result.stderr
    body = assembly.read_text().split(f".entry {kernel}(")[1].split("\n}")[0]
    return {
        "registers": number(r"Used (\d+) registers", report),
        "local": number(r"(\d+) bytes smem", report),
        "stack": max(map(int, re.findall(r"(\d+) bytes stack frame", report)), default=0),
        "spills": max(map(int, re.findall(r"(\d+) bytes spill", report)), default=0),
        "matrix": len(re.findall(r"\b(?:wmma|mma|wgmma)\S*\.sync", body)),
    }


def amd(kernel, assembly, target, folder):
    """These of one kernel in AMD assembly."""
    result = run([CLANG, "-target", "amdgcn--amdhsa", f"-mcpu={target}", "-c", assembly,
                  "-o", folder / "k.o"])
    if result.returncode:
        return {"error": result.stderr.strip()}
    text = assembly.read_text()
    facts = next(entry for entry in re.split(r"\n  - ", text[text.index("amdhsa.kernels:"):])
                 if re.search(rf"\.name: +{kernel}\n", entry))
    body = text.split(f"\n{kernel}:")[1].split(".Lfunc_end")[0]
    return {
        "registers": number(r"\.vgpr_count: +(\d+)", facts),
        "local": number(r"\.group_segment_fixed_size: +(\d+)", facts),
        "stack": number(r"\.private_segment_fixed_size: +(\d+)", facts),
        "spills": number(r"\.vgpr_spill_count: +(\d+)", facts)
        + number(r"\.sgpr_spill_count: +(\d+)", facts),
        "matrix": len(re.findall(r"\bv_(?:mfma|wmma|smfmac)_", body)),
    }


def intel(kernel, source, target, folder, has_dpas):
    """These of a program's kernel by Intel's compiler, which says nothing of local memory.

    `has_dpas` tells of a program on matrix units. Arrays that it keeps in memory are counted apart from scratch memory: they do not fail the check.
    """
    tools = ocloc()
    libraries = (tools / "lib/x86_64-linux-gnu").resolve()
    program = folder / "k.cl"
    program.write_text((DPAS if has_dpas else "") + source.read_text())
    tool = tools / "bin/ocloc"
    result = run([tool, "compile", "-file", program, "-device", target, "-options", "-cl-std=CL1.2",
                  "-output", "k", "-output_no_suffix", "-out_dir", folder], libraries=libraries)
    if result.returncode:
        return {"error": (result.stdout + result.stderr).strip()}
    read = run([tool, "disasm", "-file", folder / "k", "-device", target, "-dump", folder],
               libraries=libraries)
    if read.returncode:
        return {"error": (read.stdout + read.stderr).strip()}
    assembly = (folder / f"{kernel}_KernelHeap.asm").read_text()
    # Patch token 38 gives the bytes of a work-item in its fourth word.
    arrays = re.search(r"Token 38\n\t4 Size \d+\n\tHex((?: \w+){16})",
                       (folder / "PTM.txt").read_text())
    return {
        "registers": 128, "local": 0, "stack": 0,
        "arrays": int.from_bytes(bytes(int(byte, 16) for byte in arrays[1].split()[12:]), "little")
        if arrays else 0,
        "spills": number(rf"kernel {kernel} .* spilled around (\d+)", result.stdout),
        "matrix": len(re.findall(r"\bdpas\w*\.", assembly)),
    }
