import Foundation
import RetortFormats
import RetortTestSupport
import Testing

@Suite struct TuneTests {
  @Test func aSearchIsStoredUsedAndDropped() throws {
    let cache = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: cache) }
    func json(_ arguments: [String]) throws -> JSONValue {
      let outcome = try CommandLineTool.run(
        arguments + ["--json"], environment: ["XDG_CACHE_HOME": cache.path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.isEmpty)
      return try outcome.json()
    }
    func tunedContractions() throws -> Int? {
      try json(["devices"]).array?.compactMap { $0["tunedContractions"]?.int }.max()
    }
    let search = ["tune", "--models", "mlp", "--budget", "1", "--device", "opencl"]
    let first = try json(search)
    try JSONSchema("commands", "#/$defs/tune").check(first)
    let found = try #require(first["contractions"]?.array)
    #expect(found.count >= 1)
    for entry in found {
      #expect(entry["key"]?.string?.contains("matmul") == true)
      #expect(entry["rejected"]?.array?.isEmpty == true, "\(entry.text)")
      let (best, standard) = (entry["bestSeconds"]?.double, entry["defaultSeconds"]?.double)
      #expect(try #require(best) <= #require(standard))
    }
    let file = try #require(first["file"]?.string)
    #expect(file.hasPrefix(cache.path) && FileManager.default.fileExists(atPath: file))
    #expect(try tunedContractions() == found.count)
    let second = try json(search)
    #expect(second["known"]?.int == found.count)
    _ = try json(["bench", "step", "--models", "mlp", "--repeats", "1", "--device", "opencl"])
    try "damaged".write(toFile: file, atomically: true, encoding: .utf8)
    let outcome = try CommandLineTool.run(
      [
        "verify", "\(CommandLineTool.goldens)/losses/kd/case0.safetensors", "--device", "opencl",
      ], environment: ["XDG_CACHE_HOME": cache.path])
    #expect(outcome.status == 0)
    #expect(
      outcome.errors
        == "retort: \(file) does not parse and is ignored; 'retort tune' writes it anew\n")
    _ = try CommandLineTool.run(
      ["tune", "--clear", "--device", "opencl"], environment: ["XDG_CACHE_HOME": cache.path])
    #expect(!FileManager.default.fileExists(atPath: file))
    #expect(try tunedContractions() == 0)
  }

  @Test(arguments: [
    (["tune", "--device", "cpu"], "retort devices"),
    (["tune", "--device", "sources:kernels"], "retort devices"),
    (["tune", "--models", "lenet6"], "lenet6"),
    (["tune", "--models", ","], "--models"),
    (["tune", "--models", "mlp", "--recipe", "fashion-demo"], "--recipe"),
    (["tune", "--recipe", "no-such-recipe"], "no-such-recipe"),
    (["tune", "--clear", "--models", "mlp"], "--clear"),
    (["tune", "--budget", "0"], "--budget"),
  ])
  func aWrongCommandLineIsStatusTwo(_ arguments: [String], _ named: String) throws {
    let outcome = try CommandLineTool.run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains(named))
    #expect(outcome.output.isEmpty)
  }
}
