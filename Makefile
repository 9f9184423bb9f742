# Every target says what it does after ##; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# C targets hold the CPU backend's hot loops: optimised even in debug builds.
TEST_BUILD := -Xcc -O2 --disable-xctest
TEST = python3 Scripts/test.py "$$(swift build --show-bin-path $(TEST_BUILD))/retortPackageTests.xctest"
RETORT := .build/release/retort
DEVICE ?= auto
SECONDS ?= 60

.PHONY: help setup build demo test test-fast test-all lint gpu-check test-oclgrind test-onnx test-opencl test-teachers check-onnx-runtime verify bench bench-step bundle gpu-report bundle-check manual documentation release reproduce-fashion reproduce-kd reproduce-tgt reproduce-photos size clean fuzz fuzz-merge

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing (apt), or say what to install
	@Scripts/setup.sh

build: ## Build the release binary, .build/release/retort
	swift build -c release --product retort

demo: setup build ## Train teacher, generator and six students on Fashion-MNIST (DEVICE=auto)
	@if [ -d runs/fashion-demo ]; then echo "runs/fashion-demo exists: move or remove it first" >&2; exit 1; fi
	$(RETORT) run fashion-demo --output runs/fashion-demo --device $(DEVICE)

test: setup lint ## Set up, lint, build, and run every test on OpenCL and on the CPU
	swift build --build-tests $(TEST_BUILD)
	@$(TEST)

test-fast: ## Build, and run the tests that need few kernels and little time
	swift build --build-tests $(TEST_BUILD)
	@$(TEST) --fast

test-all: setup lint gpu-check test-onnx test-opencl ## Run every test with whole sweeps, compile for GPUs, run other OpenCLs
	swift build --build-tests $(TEST_BUILD)
	@$(TEST) --all

lint: ## Check Swift format and compile every kernel with all warnings as errors
	swift format lint -r --strict --parallel Sources Tests Examples Package.swift Fuzz/Package.swift Fuzz/Sources
	@Scripts/lint-kernels.sh

gpu-check: build ## Compile every kernel for NVIDIA, AMD and Intel GPUs on a machine without any
	@Scripts/setup.sh gpu-check
	@python3 Scripts/gpu-check.py $(RETORT) --table Benchmarks/results/gpu-check.md

test-oclgrind: setup ## Run kernel tests under oclgrind: no data race, no invalid access
	@Scripts/setup.sh oclgrind
	@Scripts/test-oclgrind.sh -Xcc -O2

test-onnx: setup ## Run every case of ONNX's own suite on the processor and on OpenCL
	@Scripts/setup.sh onnx
	swift build --build-tests $(TEST_BUILD)
	@python3 Scripts/test-onnx.py "$$(swift build --show-bin-path $(TEST_BUILD))/retortPackageTests.xctest"

test-opencl: build ## Recorded cases and all kernels on PoCL, Intel's OpenCL for CPUs and Mesa's rusticl
	@Scripts/setup.sh opencl
	@Scripts/test-opencl.sh $(RETORT)

test-teachers: build ## Compare published teachers, and ids of 10,000 lines, with PyTorch and tokenizers (DEVICE=auto)
	@Benchmarks/peers/teachers.sh $(RETORT) $(DEVICE)
	swift build --build-tests $(TEST_BUILD)
	@RETORT_SUBWORDS="$$PWD/.build/teachers/subwords" $(TEST) --filter SubwordTests

check-onnx-runtime: setup ## Export every model to ONNX, and run it by ONNX Runtime beside Retort
	@Scripts/setup.sh onnx-runtime
	swift build --build-tests $(TEST_BUILD)
	@rm -rf .build-onnx-runtime/models && mkdir .build-onnx-runtime/models
	@RETORT_ONNX_EXPORTS="$$PWD/.build-onnx-runtime/models" $(TEST) --filter ONNXExportTests
	@.build-onnx-runtime/bin/python Benchmarks/peers/onnx_runtime.py .build-onnx-runtime/models

fuzz: setup ## Read damaged files of every kind under sanitizers (SECONDS=60 each; READER=onnx for one)
	@Scripts/fuzz.sh $(SECONDS) $(READER)

fuzz-merge: setup ## Take what fuzzing has found, as few and small files as reach it all, into Fuzz/Corpora
	@Scripts/fuzz.sh merge $(READER)

verify: build ## Recompute the recorded cases on a device (DEVICE=auto)
	$(RETORT) verify --device $(DEVICE)

bench: setup build ## Time steps and kernels beside PyTorch, oneDNN, CLBlast; rewrite README's table
	@Scripts/setup.sh peers
	@Benchmarks/peers/bench.sh $(RETORT) $(DEVICE) --keep

bench-step: build ## Time four training steps beside PyTorch's on this machine (DEVICE=auto)
	@Benchmarks/peers/bench.sh $(RETORT) $(DEVICE) --steps mlp,lenet5,resnet8,resnet20 --no-kernels

bundle: setup ## Pack binary and libraries into dist/retort-VERSION-x86_64-linux.tar.gz
	@Scripts/bundle.sh

gpu-report: bundle ## Measure this machine's GPU within eight minutes, beside PyTorch where there is one
	@Scripts/gpu-report.sh

bundle-check: ## Try the bundle in a bare chroot (needs root)
	@Scripts/bundle-check.sh

manual: build ## Write the man page and shell completions under dist/share
	@Scripts/manual.sh $(RETORT)

documentation: ## Write the pages of the library's declarations under dist/documentation
	swift build --target Retort $(TEST_BUILD)
	@Scripts/documentation.sh "$$(swift build --show-bin-path $(TEST_BUILD))"

release: setup build ## Check version, changes and tests, pack the bundle, and name the tag to set
	@Scripts/release.sh $(RETORT)

reproduce-fashion: setup build ## Fill the tables of labels against variants, five seeds each; goes on where it stopped
	@Scripts/setup.sh figure
	@Scripts/reproduce-fashion.sh $(RETORT) $(DEVICE)

reproduce-kd: setup build ## Fill the table of every method of distillation, three seeds each; goes on where it stopped
	@Scripts/reproduce-kd.sh $(RETORT) $(DEVICE)

reproduce-tgt: setup build ## Fill the tables of searches at equal cost, the long tail, texts and retrieval, five seeds each; goes on where it stopped
	@Scripts/reproduce-tgt.sh $(RETORT) $(DEVICE) $(RECIPES)

reproduce-photos: test-teachers ## Distil an ONNX teacher and EfficientNet-Lite0 on a folder of JPEG files (DEVICE=auto)
	@Benchmarks/peers/photos.sh $(RETORT) $(DEVICE)

size: build ## Show the release binary's size, and the lines of code by target
	@ls -l $(RETORT) | awk '{ printf "%-24s %8.1f MB\n", "retort", $$5 / 1e6 }'
	@for folder in Sources/*/ Kernels/ Tests/; do \
	  find $$folder -name '*.swift' -o -name '*.[ch]' -o -name '*.cl' | xargs -r cat | wc -l \
	    | awk -v name=$$folder '{ printf "%-24s %8d lines\n", name, $$1 }'; \
	done

clean: ## Remove build products, not runs
	rm -rf .build .build-fuzz .build-oclgrind .build-opencl .build-onnx-runtime .build-bundle dist
