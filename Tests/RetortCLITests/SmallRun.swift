import Foundation
import RetortFormats
import RetortTestSupport
import Testing

/// A folder with a recipe of every kind of stage and a dataset of a few pictures.
final class SmallRun {
  private static let recipe = """
    version: 1
    name: small
    data: {name: fashion-mnist, directory: pictures}
    checkpoints: {steps: 3}
    stages:
      - name: teacher
        teacher: {model: resnet8, width: 2}
        losses: [{kind: cross-entropy}]
        augment: {shift: 1, flip: true}
        optimizer: {kind: sgd, learning-rate: 0.1, schedule: {kind: one-cycle}}
        train: {steps: 12, batch: 14, log-every: 1, evaluate-every: 5}
      - name: generator
        generator: {model: conv-vae, latent: 3, width: 4, hidden: 16}
        losses: [{kind: vae}]
        train: {steps: 8, batch: 14, log-every: 1}
      - name: distil
        data: {labelled: 20}
        teacher: {from: teacher}
        generator: {from: generator}
        student: {model: lenet5-small}
        losses: [{kind: cross-entropy}, {kind: kd, temperature: 4}]
        train: {steps: 8, batch: 6, log-every: 1, evaluate-every: 4}
        variants:

    """
  private static let variants = [
    "{name: labels, losses: [{kind: cross-entropy}], train: {sampling: replacement}}",
    "{name: kd, augment: {shift: 1}, losses: [cross-entropy, {kind: kd, temperature: 4}, "
      + "{kind: hint, taps: [{student: conv2, teacher: layer2}]}]}",
    "{name: mixup, explore: {kind: mixup}}",
    "{name: samples, explore: {kind: samples}}",
    "{name: zero, explore: {kind: zero, noise: 1.5}}",
    "{name: first, explore: {kind: first, steps: 1, step: {displacement: 0.5}}, "
      + "optimizer: {kind: adamw, weight-decay: 0.01, clip-norm: 1, average: {decay: 0.9}}}",
  ]

  let path: String

  /// - Parameter variants: How many ways of teaching the student there are, the last ones of six.
  init(variants: Int = 6) throws {
    let folder = try temporaryFolder()
    path = folder.path
    let variants = Self.variants.suffix(variants).map { "      - \($0)\n" }.joined()
    try write(Array((Self.recipe + variants).utf8), to: "small.yaml")
    try SmallPictures.write(to: path + "/pictures")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and the folders above it.
  func write(_ bytes: [UInt8], to name: String) throws {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  /// Runs `retort` in the folder.
  func retort(
    _ arguments: [String], whileRunning: (Process) -> Void = { _ in }
  ) throws -> CommandLineTool.Outcome {
    try CommandLineTool.run(arguments, in: path, whileRunning: whileRunning)
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/" + name)
  }

  /// What the run in `folder` computed: models and pictures as they are, results and metrics
  /// without times; no page and no events, which repeat them with times, and no sessions, which are
  /// the processes that worked at it.
  func results(of folder: String) throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    let all = try FileManager.default.subpathsOfDirectory(atPath: path + "/" + folder)
    for name in all where name.contains(".") && !name.contains("checkpoints/") {
      if name.hasSuffix("report.html") || name.contains("events.out.tfevents")
        || name == "sessions.jsonl"
      {
        continue
      }
      let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(folder)/\(name)")))
      guard name.hasSuffix("result.json") || name.hasSuffix(".jsonl") else {
        found[name] = bytes
        continue
      }
      let lines = try bytes.split(separator: UInt8(ascii: "\n")).map { line in
        Self.timeless(try JSONValue.parse(line, path: name)).text
      }
      found[name] = Array(lines.joined(separator: "\n").utf8)
    }
    return found
  }

  private static func timeless(_ json: JSONValue) -> JSONValue {
    switch json {
    case .array(let elements): .array(elements.map(timeless))
    case .object(let members):
      .object(
        members.filter { !["seconds", "examplesPerSecond", "dataWait"].contains($0.key) }
          .map { .init($0.key, timeless($0.value)) })
    default: json
    }
  }
}
