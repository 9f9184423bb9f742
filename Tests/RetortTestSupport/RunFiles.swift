import Foundation

/// The files that a run leaves, with names that a careless page would take for markup.
public enum RunFiles {
  /// The files of a run by their paths in its folder.
  public static func make(
    isFinished: Bool = true, seed: Int = 7, temperature: Int = 4
  ) -> [String: String] {
    var lines = (1...1000).map { step in
      """
      {"stage":"teacher","step":\(step),"split":"train","seconds":\(step),\
      "loss":\(5.0 / Double(step)),"losses":{"cross-entropy":\(5.0 / Double(step))},\
      "learningRate":\(0.1 / Double(step))}
      """
    }
    for variant in ["kd", "tgt"] {
      lines.append(
        """
        {"stage":"distil/\(variant)","step":10,"split":"train","loss":3,\
        "losses":{"cross-entropy":1,"kd":2},"learningRate":0.001}
        """)
    }
    lines.append(#"{"stage":"distil/kd","step":5,"split":"test","accuracy":0.75}"#)
    lines.append(#"{"stage":"distil/kd","step":5,"split":"validation","accuracy":0.5}"#)
    var files = [
      "recipe.yaml": """
      name: x # </pre><script>alert(1)</script>
      seed: \(seed)
      stages:
        - name: teacher
          teacher: {model: resnet8}
        - name: distil/kd
          student: {model: mlp}
          losses:
            - {kind: kd, temperature: \(temperature)}
        - name: distil/tgt
          student: {model: mlp}
          losses:
            - {kind: cross-entropy}

      """,
      "metrics.jsonl": lines.joined(separator: "\n") + "\n" + #"{"stage":"dis"#,
      "sessions.jsonl": """
      {"began":"2026-01-02T03:04:05Z","command":"retort run 'a b'","device":"d","version":"0.1.0",\
      "revision":"0123456789abcdef0123456789abcdef01234567"}

      """,
      "stages/teacher/note": "",
    ]
    guard isFinished else { return files }
    files["stages/distil/kd/result.json"] = """
      {"stage":"distil/kd","student":{"accuracy":0.8125,"nll":0.5,"ece":0.0625,\
      "parameters":54314,"macs":834816},"kept":"last","last":{"step":10,"validation":null,\
      "test":{"accuracy":0.8125,"nll":0.5}},"best":{"step":5,"validation":{"accuracy":0.75,\
      "loss":1.5},"test":null},"teacher":{"accuracy":0.9,"nll":0.3,"ece":0.02,\
      "parameters":543140,"macs":9},"agreement":0.7,"steps":10,\
      "labelledExamples":300,"teacherEvaluations":300,"seconds":61.5,"losses":{},\
      "device":"a <device>","seed":\(seed),"recipeSHA256":"abc123","version":"0.1.0"}
      """
    files["stages/distil/kd/evaluation.json"] = """
      {"split":"test","accuracy":0.75,"nll":0.4,"ece":0.25,"classes":["Bag","<Coat>"],\
      "trainingExamples":[2,2],"confusion":[[1,0],[1,2]],"calibration":[{"count":0,\
      "confidence":0,"accuracy":0},{"count":4,"confidence":0.8,"accuracy":0.75}]}
      """
    files["stages/distil/kd/explored.json"] = """
      {"stage":"distil/kd","originals":{"divergence":0.1,"teacherConfidence":0.9,\
      "studentConfidence":0.8,"agreement":1},"steps":[{"divergence":0.25,\
      "teacherConfidence":0.8,"studentConfidence":0.7,"agreement":0.5},{"divergence":0.5,\
      "teacherConfidence":0.8,"studentConfidence":0.7,"agreement":0.5}],"samples":[[{\
      "title":"original","divergence":0.125,"teacher":[{"class":"Bag","probability":0.9}],\
      "student":[{"class":"<Coat>","probability":0.6}],"picture":"iVBORw0KGgo="}]]}
      """
    files["stages/distil/kd/bounds.json"] = """
      {"stage":"distil/kd","examples":512,"pixels":784,"features":64,"codes":16,"figures":{\
      "labelsKept":{"value":0.61,"low":0.57,"high":0.65},\
      "codeLikeliest":{"value":7.25,"low":7,"high":7.5},\
      "exploredMismatch":{"value":0.25,"low":0.125,"high":0.375},\
      "heldOutMismatch":{"value":0.2,"low":0.1,"high":0.3},\
      "randomSigns":{"value":0.05,"low":0.04,"high":0.06},\
      "deviation":{"value":0.1,"low":null,"high":null},\
      "gap":{"value":0.05,"low":0,"high":0.1},\
      "boundByRange":{"value":0.5,"low":null,"high":null}}}
      """
    return files
  }

  /// Calls `body` with a folder of the given name that holds `files`.
  public static func withFolder(
    _ files: [String: String], named name: String = "a <run> & \"more\"",
    _ body: (String) throws -> Void
  ) throws {
    let root = try temporaryFolder()
    let folder = root.appendingPathComponent(name)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try body(folder.path)
  }
}
