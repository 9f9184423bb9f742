// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "retort",
  products: [
    .executable(name: "retort", targets: ["RetortCLI"]),
    .executable(name: "retort-examples", targets: ["RetortExamples"]),
    .library(name: "Retort", targets: ["Retort"]),
    .library(name: "RetortFuzzing", targets: ["RetortFuzzing"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSpng", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .target(name: "COpenCL", linkerSettings: [.linkedLibrary("dl")]),
    .target(name: "CRetortHost"),
    .target(name: "CRetortCPU", linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "CKernels", path: "Kernels",
      exclude: [
        "convolution", "distillation", "elementwise", "embedding", "latent", "matmul",
        "normalization", "optimizer", "pooling", "random", "reduction",
      ],
      sources: ["kernels.c"], publicHeadersPath: "include"),
    .target(
      name: "CRecipes", path: "Recipes",
      exclude: [
        "fashion-bigan.yaml", "fashion-budget.yaml", "fashion-chain.yaml", "fashion-demo.yaml",
        "fashion-ensemble.yaml", "fashion-gan.yaml", "fashion-hint.yaml", "fashion-kd.yaml",
        "fashion-labels.yaml", "fashion-long-tail.yaml", "fashion-losses.yaml",
        "fashion-methods.yaml", "fashion-models.yaml", "fashion-mutual.yaml",
        "fashion-resnet32.yaml", "fashion-search.yaml", "fashion-tgt.yaml", "minilm-debian.yaml",
        "photos-hint.yaml", "retrieval-debian.yaml",
        "text-kd.yaml", "text-tgt.yaml",
      ],
      sources: ["recipes.c"], publicHeadersPath: "include"),
    .target(
      name: "CReport", path: "Report",
      exclude: ["report.css", "base.js", "chart.js", "group.js", "page.js"],
      sources: ["report.c"], publicHeadersPath: "include"),
    .target(name: "CVerificationCases"),
    .target(name: "RetortCore"),
    .target(name: "RetortCPU", dependencies: ["RetortCore", "CRetortCPU"]),
    .target(name: "RetortOpenCL", dependencies: ["RetortCore", "COpenCL", "CKernels"]),
    .target(
      name: "RetortFormats", dependencies: ["RetortCore", "CZlib", "CSpng", "CTurboJPEG"]),
    .target(name: "RetortSchema", dependencies: ["RetortCore", "RetortFormats"]),
    .target(
      name: "RetortData",
      dependencies: ["RetortCore", "RetortNN", "RetortFormats", "RetortSchema", "CRetortHost"]),
    .target(name: "RetortNN", dependencies: ["RetortCore"]),
    .target(
      name: "RetortModels", dependencies: ["RetortCore", "RetortNN", "RetortFormats"]),
    .target(
      name: "RetortTraining",
      dependencies: [
        "RetortCore", "RetortNN", "RetortData", "RetortFormats", "RetortSchema",
      ]),
    .target(
      name: "RetortDistillation",
      dependencies: ["RetortCore", "RetortNN", "RetortSchema", "RetortTraining"]),
    .target(
      name: "RetortVerification",
      dependencies: [
        "RetortCore", "RetortCPU", "RetortNN", "RetortTraining", "RetortDistillation",
        "RetortFormats",
      ]),
    .target(
      name: "RetortRecipes",
      dependencies: [
        "RetortCore", "RetortNN", "RetortModels", "RetortData", "RetortTraining",
        "RetortDistillation", "RetortFormats", "RetortSchema", "CRecipes",
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(
      name: "RetortRuns",
      dependencies: [
        "RetortCore", "RetortNN", "RetortModels", "RetortData", "RetortTraining",
        "RetortDistillation", "RetortRecipes", "RetortFormats", "RetortSchema", "CReport",
      ]),
    .target(
      name: "RetortFuzzing",
      dependencies: [
        "RetortData", "RetortFormats", "RetortModels", "RetortNN", "RetortRecipes", "RetortRuns",
        "RetortTraining",
      ]),
    .target(
      name: "Retort",
      dependencies: [
        "RetortCore", "RetortNN", "RetortModels", "RetortData", "RetortTraining", "RetortFormats",
        "RetortDistillation", "RetortSchema", "RetortRecipes", "RetortRuns", "RetortCPU",
        "RetortOpenCL",
      ]),
    .executableTarget(
      name: "RetortCLI",
      dependencies: [
        "RetortCore", "RetortCPU", "RetortOpenCL", "RetortNN", "RetortModels", "RetortFormats",
        "RetortData", "RetortTraining", "RetortDistillation", "RetortRecipes", "RetortRuns",
        "RetortSchema", "RetortVerification", "CVerificationCases",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "RetortExamples", dependencies: ["Retort"], path: "Examples"),
    .target(name: "CTestOracles", path: "Tests/CTestOracles"),
    .target(
      name: "RetortTestSupport",
      dependencies: ["RetortCore", "RetortCPU", "RetortOpenCL", "RetortFormats"],
      path: "Tests/RetortTestSupport"),
    .testTarget(
      name: "RetortCoreTests",
      dependencies: ["RetortCore", "RetortCPU", "RetortVerification", "RetortTestSupport"]),
    .testTarget(name: "RetortCPUTests", dependencies: ["RetortCPU", "RetortVerification"]),
    .testTarget(
      name: "RetortOpenCLTests",
      dependencies: ["RetortOpenCL", "RetortVerification", "RetortTestSupport", "CTestOracles"]),
    .testTarget(
      name: "RetortVerificationTests",
      dependencies: [
        "RetortVerification", "RetortModels", "RetortFormats", "RetortCPU", "RetortOpenCL",
        "RetortTestSupport",
      ]),
    .testTarget(
      name: "RetortFormatsTests", dependencies: ["RetortFormats", "RetortTestSupport"]),
    .testTarget(name: "RetortSchemaTests", dependencies: ["RetortSchema"]),
    .testTarget(
      name: "RetortDataTests", dependencies: ["RetortData", "RetortFormats", "RetortTestSupport"]),
    .testTarget(name: "RetortNNTests", dependencies: ["RetortNN", "RetortModels", "RetortCPU"]),
    .testTarget(
      name: "RetortModelsTests",
      dependencies: [
        "RetortModels", "RetortTraining", "RetortFormats", "RetortCPU", "RetortOpenCL",
        "RetortTestSupport",
      ]),
    .testTarget(
      name: "RetortTrainingTests",
      dependencies: [
        "RetortTraining", "RetortFormats", "RetortCPU", "RetortOpenCL",
        "RetortVerification", "RetortTestSupport",
      ]),
    .testTarget(
      name: "RetortRecipesTests",
      dependencies: [
        "RetortRecipes", "RetortDistillation", "RetortFormats", "RetortSchema",
        "RetortTestSupport",
      ]),
    .testTarget(
      name: "RetortRunsTests",
      dependencies: [
        "RetortRuns", "RetortDistillation", "RetortModels", "RetortFormats", "RetortSchema",
        "RetortCPU", "RetortOpenCL", "RetortTestSupport",
      ]),
    .testTarget(
      name: "RetortDistillationTests",
      dependencies: [
        "RetortDistillation", "RetortModels", "RetortVerification", "RetortCPU", "RetortOpenCL",
        "RetortFormats", "RetortTestSupport",
      ]),
    .testTarget(
      name: "RetortFuzzingTests",
      dependencies: ["RetortFuzzing", "RetortFormats", "RetortTestSupport"]),
    .testTarget(
      name: "RetortCLITests", dependencies: ["RetortCLI", "RetortFormats", "RetortTestSupport"]),
    .testTarget(
      name: "ArchitectureTests", dependencies: ["Retort", "RetortExamples", "RetortTestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
