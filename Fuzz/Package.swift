// swift-tools-version: 6.1
import PackageDescription

// A package of its own: sanitizers must be in the whole build, and nobody who uses the library wants them.
// `Scripts/fuzz.sh` builds it.
let package = Package(
  name: "retort-fuzz",
  dependencies: [.package(name: "retort", path: "retort")],
  targets: [
    .target(name: "CAllocationLimit"),
    .executableTarget(
      name: "Fuzzer",
      dependencies: ["CAllocationLimit", .product(name: "RetortFuzzing", package: "retort")]),
  ],
  swiftLanguageModes: [.v6]
)
