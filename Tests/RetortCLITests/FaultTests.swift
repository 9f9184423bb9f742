import Foundation
import RetortFormats
import Testing

/// Something wrong with a run's inputs, device or disk, and the whole line that says so.
struct FaultCase: CustomTestStringConvertible, Sendable {
  let name: String
  var arguments: [String] = []
  var device = "cpu"
  var environment: [String: String] = [:]
  var status: Int32 = 1
  /// The last line of the complaint; `…` stands for what depends on the machine.
  let message: String
  var prepare: @Sendable (SmallRun) throws -> Void = { _ in }
  var testDescription: String { name }

  static func set(_ values: String...) -> [String] { values.flatMap { ["--set", $0] } }

  func matches(_ line: String) -> Bool {
    let parts = message.components(separatedBy: "…")
    guard line.hasPrefix(parts[0]), parts.count > 1 else { return line == message }
    return line.hasSuffix(parts[parts.count - 1])
      && parts.allSatisfy { $0.isEmpty || line.contains($0) }
  }
}

private let cases: [FaultCase] = [
  FaultCase(
    name: "unknown key", arguments: FaultCase.set("train.stps=1"), status: 2,
    message: "--set train.stps=1: unknown key 'stps' in 'train'. Did you mean 'steps'?"),
  FaultCase(
    name: "misspelt loss", arguments: FaultCase.set("losses.1.kind=kdd"), status: 2,
    message: "--set losses.1.kind=kdd: 'losses[1].kind' is 'kdd'; it must be cross-entropy, kd, "
      + "… or denoising. Did you mean 'kd'?"),
  FaultCase(
    name: "misspelt exploration", arguments: FaultCase.set("explore.kind=frist"), status: 2,
    message: "--set explore.kind=frist: 'explore.kind' is 'frist'; it must be zero, first, "
      + "reconstruction, samples, pixel-noise, pixel-gradient or mixup. Did you mean 'first'?"),
  FaultCase(
    name: "missing weights", arguments: FaultCase.set("teacher.weights=none.safetensors"),
    message: "retort: …/none.safetensors: open failed: No such file or directory. Check the path."),
  FaultCase(
    name: "missing data", arguments: FaultCase.set("data.directory=none"),
    message: "retort: dataset 'fashion-mnist' was not found in …/none. Install it with 'apt-get "
      + "install dataset-fashion-mnist' or download it with 'retort fetch fashion-mnist'."),
  FaultCase(
    name: "a wrong RETORT_DATA", arguments: FaultCase.set("data.directory=null"),
    environment: ["RETORT_DATA": "/nonexistent"],
    message: "retort: RETORT_DATA is '/nonexistent', which has no folder 'fashion-mnist' with the "
      + "dataset's files. Set it to the folder that has, or unset it to look in the usual places."),
  FaultCase(
    name: "three of four files",
    message:
      "retort: …/pictures lacks t10k-labels-idx1-ubyte.gz of dataset 'fashion-mnist'. Put all "
      + "files there ('retort fetch fashion-mnist' downloads them), or remove the folder."
  ) { small in
    try FileManager.default.removeItem(atPath: small.path + "/pictures/t10k-labels-idx1-ubyte")
  },
  FaultCase(
    name: "an override that does not arrive",
    arguments: FaultCase.set("stages=[{name: kd, train: {steps: 3}}]", "train.steps=2"), status: 2,
    message:
      "--set train.steps=2: 'train.steps' does not reach stage 'kd', with a value of its own. "
      + "Set stages.kd.train.steps or stages.*.train.steps."),
  FaultCase(
    name: "an override without a value", arguments: FaultCase.set("train.steps="), status: 2,
    message: "--set train.steps=: 'train.steps' has no value. Write one, or null to take away what "
      + "there is."),
  FaultCase(
    name: "truncated safetensors", arguments: FaultCase.set("teacher.weights=cut.safetensors"),
    message:
      "retort: …/cut.safetensors: tensor 'fc1.weight', data_offsets: range 24 to 18840 leaves "
      + "the … bytes of data. The file was cut short or damaged; copy or download it again."
  ) { try $0.cut("teacher.safetensors", to: "cut.safetensors") },
  FaultCase(
    name: "truncated IDX",
    message:
      "retort: …/pictures/train-images-idx3-ubyte: byte 16: elements: 47040 bytes are needed "
      + "here, 15669 are left. The file was cut short or damaged; copy or download it again."
  ) { try $0.cut("pictures/train-images-idx3-ubyte", to: "pictures/train-images-idx3-ubyte") },
  FaultCase(
    name: "truncated gzip",
    message:
      "retort: …/pictures/train-labels-idx1-ubyte.gz: byte …: 1 bytes are needed here, 0 are "
      + "left. The file was cut short or damaged; copy or download it again."
  ) { small in
    let packed = try Gzip.deflate(small.read("pictures/train-labels-idx1-ubyte"))
    try small.write(
      Array(packed.dropLast(20)), to: "pictures/train-labels-idx1-ubyte.gz")
  },
  FaultCase(
    name: "shapes that clash", arguments: FaultCase.set("teacher.hidden1=7"),
    message: "retort: the weights do not fit model 'teacher': 'fc1.weight' has shape [6, 784], the "
      + "model needs [7, 784]; 'fc1.bias' has shape [6], the model needs [7]; 'fc2.weight' has "
      + "shape [10, 6], the model needs [10, 7]"),
  FaultCase(
    name: "class counts that clash", arguments: FaultCase.set("teacher.weights=seven.safetensors"),
    message:
      "retort: stage 'kd': the weights do not fit model 'teacher': 'fc2.weight' has shape [7, 6], the "
      + "model needs [10, 6]; 'fc2.bias' has shape [7], the model needs [10]. If they tell other classes apart "
      + "than the data have, say how many, as in 'classes: 1000', and compare features alone, such as by the loss "
      + "hint"
  ) { try $0.writeTeacher(to: "seven.safetensors", classes: 7) },
  FaultCase(
    name: "weak teacher", arguments: FaultCase.set("teacher.expected-accuracy=0.99"),
    message: "retort: stage 'kd': the teacher's test accuracy is 10.00 %, below the expected "
      + "99.00 %; train it longer, or lower teacher.expected-accuracy"),
  FaultCase(
    name: "a teacher that diverged", arguments: FaultCase.set("teacher.weights=huge.safetensors"),
    message:
      "retort: stage 'kd': the teacher's outputs on the test set are not finite; its weights "
      + "are damaged or diverged: train it again with a lower learning rate"
  ) { try $0.writeTeacher(to: "huge.safetensors", classes: 10, scale: 1e30) },
  FaultCase(
    name: "a teacher of no numbers", arguments: FaultCase.set("teacher.weights=nan.safetensors"),
    message:
      "retort: the weights do not fit model 'teacher': 'fc1.weight' has an element that is NaN or "
      + "infinite, as after a training that diverged; …"
  ) { try $0.writeTeacher(to: "nan.safetensors", classes: 10, scale: .nan) },
  FaultCase(
    name: "a .pt file cut short", arguments: FaultCase.set("teacher.weights=teacher.pt"),
    message:
      "retort: …/teacher.pt: directory: the content is damaged: a ZIP archive without its directory. …"
  ) { try $0.write(Array("PK\u{3}\u{4}".utf8), to: "teacher.pt") },
  FaultCase(
    name: "no OpenCL platform", device: "opencl",
    environment: ["OCL_ICD_VENDORS": "/nonexistent"],
    message: "retort: No OpenCL platform: the loader found no driver. Install the GPU vendor's "
      + "driver or, on Debian and Ubuntu, `apt install pocl-opencl-icd`; drivers are listed in "
      + "/etc/OpenCL/vendors. Or use --device cpu."),
  FaultCase(
    name: "no such device", device: "opencl:9",
    message: "retort: No OpenCL device fits 'opencl:9'. There are: …."),
  FaultCase(
    name: "kernels that do not build", device: "opencl",
    environment: [
      "POCL_EXTRA_BUILD_FLAGS": "-Dfloat=", "XDG_CACHE_HOME": "cache", "POCL_CACHE_DIR": "cache",
    ],
    message:
      "retort: Program … did not build on …, CL_BUILD_PROGRAM_FAILURE: …error: …. Update the "
      + "driver, or use --device cpu."),
  FaultCase(
    name: "a folder that cannot be", arguments: ["--output", "/dev/null/out"],
    message: "retort: /dev/null/out/: mkdir failed: Not a directory. Check the disk and the path."),
  FaultCase(
    name: "a folder that cannot be made", arguments: ["--output", "/proc/none/out"],
    message: "retort: /proc/none/: mkdir failed: No such file or directory. Check the path."),
]

@Suite struct FaultTests {
  @Test(arguments: cases) func saysWhatAndTheWayOut(_ fault: FaultCase) throws {
    let small = try SmallRun()
    try small.prepareDistillation()
    try fault.prepare(small)
    let before = try small.names()
    let output = fault.arguments.contains("--output") ? [] : ["--output", "out"]
    let run = try CommandLineTool.run(
      ["run", "kd.yaml", "--device", fault.device] + output + fault.arguments, in: small.path,
      environment: fault.environment)
    #expect(run.status == fault.status)
    let lines = run.errors.split(separator: "\n").map(String.init)
    #expect(fault.matches(lines.last ?? ""), "\(lines.last ?? "nothing")")
    // A driver may say something of its own before.
    #expect(lines.filter { $0.hasPrefix("retort:") || $0.hasPrefix("--set") }.count == 1)
    #expect(try small.names().filter { !$0.hasPrefix("cache") } == before, "nothing is left behind")
  }

  /// Lines are added to a file of the run alone; a link may lead to a device or a pipe.
  @Test func aDeviceInPlaceOfTheMetricsEndsTheRun() throws {
    let small = try SmallRun()
    try small.prepareDistillation()
    try FileManager.default.createDirectory(
      atPath: small.path + "/out", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: small.path + "/out/metrics.jsonl", withDestinationPath: "/dev/full")
    let run = try small.retort(["run", "kd.yaml", "--device", "cpu", "--output", "out"])
    #expect(
      run.errors == "retort: out/metrics.jsonl: not a regular file. Give the path of a file.\n")
    #expect(run.status == 1)
  }

  /// First no metrics' line fits the limit any more, then no checkpoint; what is half written is removed.
  @Test(arguments: [(4, "metrics.jsonl"), (16, "checkpoints/step-20.safetensors")])
  func aLimitOnFilesEndsTheRun(_ limit: Int, _ file: String) throws {
    let small = try SmallRun()
    try small.prepareDistillation()
    let command = "exec '\(CommandLineTool.path)' run kd.yaml --device cpu --output out"
    let run = try CommandLineTool.run(
      ["-c", "ulimit -f \(limit); \(command)"], of: "/bin/bash", in: small.path)
    #expect(
      run.errors == "retort: out/\(file): write failed: File too large. "
        + "Raise the limit on file sizes ('ulimit -f').\n")
    #expect(run.status == 1)
    #expect(try small.names().filter { $0.hasSuffix(".partial") }.isEmpty)
  }

  @Test func aLossThatIsNotFiniteEndsTheRun() throws {
    let small = try SmallRun()
    let run = try small.retort([
      "run", "small.yaml", "--device", "cpu", "--output", "out", "--set",
      "stages=[{name: vae, generator: {model: conv-vae, width: 2, hidden: 8}, "
        + "optimizer: {kind: sgd, learning-rate: 1000}, train: {batch: 8, log-every: 1}}]",
    ])
    let parts = run.errors.split(separator: " at step ")
    #expect(parts.first == "retort: reconstruction is nan")
    #expect(
      parts.last?.hasSuffix(
        " (learning rate 1000.0): lower the learning rate, warm it up, or check the data\n") == true
    )
    #expect(run.status == 1)
  }
}

extension SmallRun {
  /// Writes `kd.yaml` and its teacher.
  fileprivate func prepareDistillation() throws {
    try writeTeacher(to: "teacher.safetensors", classes: 10)
    try write(
      Array(
        """
        version: 1
        name: kd
        data: {name: fashion-mnist, directory: pictures}
        teacher: {model: mlp, hidden1: 6, hidden2: 0, weights: teacher.safetensors}
        student: {model: mlp, hidden1: 4, hidden2: 0}
        losses: [{kind: kd}, {kind: cross-entropy}]
        explore: {kind: pixel-noise, noise: 0.1}
        train: {steps: 20, batch: 8, log-every: 1}
        """.utf8), to: "kd.yaml")
  }

  /// Writes weights of an MLP with six hidden features.
  fileprivate func writeTeacher(to name: String, classes: Int, scale: Float = 0) throws {
    func tensor(_ shape: Int...) -> HostTensor {
      HostTensor(
        shape: shape,
        floats: (0..<shape.reduce(1, *)).map { Float($0 % 7) * (scale == 0 ? 0.01 : scale) })
    }
    try Safetensors(tensors: [
      "fc1.weight": tensor(6, 784), "fc1.bias": tensor(6), "fc2.weight": tensor(classes, 6),
      "fc2.bias": tensor(classes),
    ]).write(to: path + "/" + name)
  }

  /// Writes the first third of one file to another.
  fileprivate func cut(_ name: String, to other: String) throws {
    let bytes = try read(name)
    try write(Array(bytes.prefix(bytes.count / 3)), to: other)
  }

  func read(_ name: String) throws -> [UInt8] {
    try FileBytes.read(path + "/" + name)
  }

  /// Everything in the folder.
  func names() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
  }
}
