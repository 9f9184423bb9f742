import Foundation
import RetortFormats
import RetortTestSupport
import Testing

@Suite struct PredictTests {
  /// A folder with a small trained student in `out`, and pictures of the test set.
  private func withModel(_ body: (String) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try CommandLineTool.run(
      [
        "run", "fashion-kd", "--device", "cpu", "--output", "out", "--json",
        "--set", "data.labelled=100", "--set", "teacher=null",
        "--set", "student.model=mlp", "--set", "losses=[{kind: cross-entropy}]",
        "--set", "train={steps: 60, batch: 20}",
      ], in: folder.path)
    try #require(run.status == 0, "\(run.errors)")
    try body(folder.path)
  }

  private static let testImages = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
  private static let testLabels = "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: testImages), "Fashion-MNIST is not installed"),
    arguments: ["cpu", "opencl"])
  func predictionsAreThoseThatWereScored(_ device: String) throws {
    try withModel { folder in
      let outcome = try CommandLineTool.run(
        ["predict", "out", Self.testImages, "--device", device, "--json", "--top", "3"],
        in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let answers = try outcome.output.split(separator: "\n").map {
        try JSONValue.parse(Array($0.utf8)[...], path: "answer")
      }
      #expect(answers.count == 10_000)
      let evaluation = try JSONValue.parse(
        try FileBytes.read(folder + "/out/evaluation.json")[...], path: "evaluation.json")
      let names = (evaluation["classes"]?.array ?? []).compactMap(\.string)
      let labels = try IDX.read(Self.testLabels).bytes
      let right = zip(answers, labels).count { $0.0["class"]?.string == names[Int($0.1)] }
      let accuracy = try #require(evaluation["accuracy"]?.double)
      #expect(abs(Double(right) / 10_000 - accuracy) < 1e-3)
      for answer in answers.prefix(100) {
        let top = (answer["top"]?.array ?? []).compactMap { $0["probability"]?.double }
        #expect(top.count == 3 && top == top.sorted(by: >) && top.reduce(0, +) <= 1.000_001)
        #expect(top.first == answer["probability"]?.double)
        for found in answer["top"]?.array ?? [] {
          let logarithm = try #require(found["logProbability"]?.double)
          #expect(abs(exp(logarithm) - (found["probability"]?.double ?? 2)) < 1e-12)
          #expect(found["logit"]?.double != nil)
        }
      }
    }
  }

  @Test func picturesAreReadOfEveryKind() throws {
    try withModel { folder in
      let pixels = (0..<784).map { UInt8($0 * 7 % 256) }
      try PNGImage(width: 28, height: 28, channels: 1, pixels: pixels)
        .write(to: folder + "/a,b.png")
      try PNGImage(
        width: 28, height: 28, channels: 3, pixels: pixels.flatMap { [$0, $0, $0] }
      ).write(to: folder + "/grey.png")
      try AtomicFile.write(
        IDX(shape: [2, 28, 28], bytes: (pixels + pixels)[...]).encoded(), to: folder + "/two.idx")
      let outcome = try CommandLineTool.run(
        [
          "predict", "out/student", "a,b.png", "grey.png", "two.idx", "--device", "cpu", "--top",
          "2", "--output", "answer.csv",
        ], in: folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
      let rows = try String(contentsOfFile: folder + "/answer.csv", encoding: .utf8)
        .split(separator: "\n").map(String.init)
      #expect(rows.first == "file,index,class,probability,class2,probability2")
      let answers = Set(rows.dropFirst().map { $0.split(separator: ",").suffix(4) })
      #expect(answers.count == 1, "\(rows)")
      #expect(
        rows.dropFirst().map { $0.split(separator: ",").dropLast(4).joined(separator: ",") }
          == ["\"a,b.png\",0", "grey.png,0", "two.idx,0", "two.idx,1"])
    }
  }

  /// Of a wide picture in colour the grey middle is seen.
  @Test func picturesOfOtherSizesAreFitted() throws {
    try withModel { folder in
      let greys = (0..<784).map { (place: Int) in UInt8(place / 28 * 7 + place % 28) }
      try PNGImage(width: 28, height: 28, channels: 1, pixels: greys)
        .write(to: folder + "/grey.png")
      var colours = [UInt8](repeating: 0, count: 28 * 56 * 3)
      for place in 0..<784 {
        let start = (place / 28 * 56 + 14 + place % 28) * 3
        for channel in 0..<3 { colours[start + channel] = greys[place] }
      }
      try PNGImage(width: 56, height: 28, channels: 3, pixels: colours)
        .write(to: folder + "/wide.png")
      let outcome = try CommandLineTool.run(
        ["predict", "out", "grey.png", "wide.png", "--device", "cpu"], in: folder)
      let rows = outcome.output.split(separator: "\n").map { $0.split(separator: ",") }
      try #require(rows.count == 3, "\(outcome.errors)")
      #expect(rows[1][2...] == rows[2][2...])
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    try withModel { folder in
      try AtomicFile.write(
        IDX(shape: [1, 3, 2], bytes: [0, 1, 2, 3, 4, 5]).encoded(), to: folder + "/small.idx")
      try AtomicFile.write(
        IDX(shape: [1, 28, 28, 3], bytes: (0..<2352).map { UInt8($0 % 256) }[...]).encoded(),
        to: folder + "/colour.idx")
      try Data("words".utf8).write(to: URL(fileURLWithPath: folder + "/words.txt"))
      for (file, complaint) in [
        ("small.idx", "3×2×1 is not supported. Supported: 28×28×1"),
        ("colour.idx", "28×28×3 is not supported"), ("words.txt", "PNG, JPEG and IDX"),
        ("none.png", "No such file"),
      ] {
        let outcome = try CommandLineTool.run(
          ["predict", "out", file, "--device", "cpu", "--output", "answer.csv"], in: folder)
        #expect(outcome.status == 1)
        #expect(
          outcome.errors.contains(file) && outcome.errors.contains(complaint), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/answer.csv"))
      }
    }
  }
}
