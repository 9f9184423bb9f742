import Foundation
import RetortTestSupport
import Testing

@testable import RetortFormats

@Suite struct ONNXFileTests {
  private func message(_ body: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
    var message = ProtobufMessage()
    body(&message)
    return message
  }

  private func value(_ name: String, _ extents: [Int?]) -> ProtobufMessage {
    let shape = message { shape in
      for extent in extents {
        shape.add(
          1,
          message { dimension in
            if let extent { dimension.add(1, extent) } else { dimension.add(2, "batch") }
          })
      }
    }
    return message { info in
      info.add(1, name)
      info.add(
        2,
        message {
          $0.add(
            1,
            message {
              $0.add(1, 1); $0.add(2, shape)
            })
        })
    }
  }

  private func tensor(
    _ name: String, _ shape: [Int], type: Int = 1, _ content: (inout ProtobufMessage) -> Void
  ) -> ProtobufMessage {
    message { tensor in
      for extent in shape { tensor.add(1, extent) }
      tensor.add(2, type)
      tensor.add(8, name)
      content(&tensor)
    }
  }

  private func bytes(_ tensors: [ProtobufMessage], operation: String = "Add") -> [UInt8] {
    let graph = message { graph in
      graph.add(
        1,
        message { node in
          for name in ["x", "w"] { node.add(1, name) }
          node.add(2, "y")
          node.add(3, "sum")
          node.add(4, operation)
          node.add(
            5,
            message { attribute in
              attribute.add(1, "axes")
              attribute.add(8, [1, 0xFE] + [UInt8](repeating: 0xFF, count: 8) + [1])
              attribute.add(20, 7)
            })
        })
      for tensor in tensors { graph.add(5, tensor) }
      graph.add(11, value("x", [nil, 3]))
      graph.add(11, value("w", [3]))
      graph.add(12, value("y", [nil, 3]))
    }
    return message { model in
      model.add(1, 8)
      model.add(2, "tests")
      model.add(7, graph)
      model.add(8, message { $0.add(2, 17) })
      model.add(
        14,
        message {
          $0.add(1, "a"); $0.add(2, "b")
        })
    }.bytes
  }

  private let weight: [Float] = [1, 2, -3]

  @Test func partsAreRead() throws {
    let raw = tensor("w", [3]) { $0.add(9, weight.flatMap { littleEndian($0.bitPattern) }) }
    let typed = tensor("t", [3]) { $0.add(4, weight.flatMap { littleEndian($0.bitPattern) }) }
    let single = tensor("s", [2]) {
      $0.add(4, Float(5)); $0.add(4, Float(6))
    }
    let packed = tensor("i", [2], type: 7) { $0.add(7, [3, 0x80, 1]) }
    let half = tensor("h", [], type: 10) { $0.add(5, 0x3C00) }
    let model = try ONNXModel.parse(bytes([raw, typed, single, packed, half]))
    #expect(model.opset == 17 && model.producer == "tests" && model.metadata == ["a": "b"])
    #expect(model.inputs.map(\.name) == ["x"])
    #expect(model.inputs[0].extents == [.free("batch"), .fixed(3)])
    #expect(model.inputs[0].shapeText == "[batch, 3]" && model.inputs[0].elementType == .float32)
    #expect(model.nodes[0].title == "Add 'sum'" && model.nodes[0].inputs == ["x", "w"])
    guard case .ints(let axes)? = model.nodes[0].attributes["axes"] else {
      Issue.record("no axes")
      return
    }
    #expect(axes == [1, -2])
    let tensors = model.initialisers.map(\.tensor)
    #expect(tensors[0].floats == weight && tensors[1].floats == weight)
    #expect(tensors[2].floats == [5, 6] && tensors[3].int64s == [3, 128])
    #expect(tensors[4].floats == [1] && tensors[4].shape == [])
  }

  @Test func truncationIsRefused() {
    let raw = tensor("w", [3]) { $0.add(9, weight.flatMap { littleEndian($0.bitPattern) }) }
    // The opset and the notes stand behind the graph; without them a file is whole.
    let all = bytes([raw])
    for count in 0..<all.count - 13 {
      #expect(throws: FormatError.self, "\(count)") {
        try ONNXModel.parse(Array(all[..<count]), path: "damaged")
      }
    }
  }

  @Test(arguments: [
    ("too few bytes", [3], 1, 8), ("too many bytes", [3], 1, 16),
    ("too large", [1 << 40, 1 << 40], 1, 12),
    ("negative", [-1], 1, 12), ("text", [3], 8, 12),
    ("of many axes", Array(repeating: 1, count: 9), 1, 4),
  ])
  func tensorsThatCannotBeAreRefused(_ name: String, _ shape: [Int], _ type: Int, _ count: Int) {
    let tensor = message { tensor in
      for extent in shape { tensor.add(1, extent < 0 ? Int.max : extent) }
      tensor.add(2, type)
      tensor.add(8, "w")
      tensor.add(9, [UInt8](repeating: 0, count: count))
    }
    do {
      _ = try ONNXModel.parse(bytes([tensor]), path: "a.onnx")
      Issue.record("\(name) was taken")
    } catch {
      #expect(error.field == "initialiser 'w'" && error.path == "a.onnx", "\(error)")
    }
  }

  @Test func dataOutsideOfTheFolderIsRefused() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let home = folder.path + "/model"
    try AtomicFile.makeDirectories(home)
    let content: [UInt8] = [0, 0, 0, 0] + weight.flatMap { littleEndian($0.bitPattern) }
    for place in [home, folder.path] { try AtomicFile.write(content, to: place + "/w.bin") }
    try FileManager.default.createSymbolicLink(
      atPath: home + "/link.bin", withDestinationPath: folder.path + "/w.bin")
    func read(_ location: String, _ offset: String = "4") throws -> ONNXModel {
      let tensor = tensor("w", [3]) { tensor in
        for (key, value) in [("location", location), ("offset", offset), ("length", "12")] {
          tensor.add(
            13,
            message {
              $0.add(1, key); $0.add(2, value)
            })
        }
        tensor.add(14, 1)
      }
      try AtomicFile.write(bytes([tensor]), to: home + "/a.onnx")
      return try ONNXModel.read(home + "/a.onnx")
    }
    #expect(try read("w.bin").initialisers[0].tensor.floats == weight)
    #expect(try read("w.bin").dataFiles == [home + "/w.bin"])
    for location in ["../w.bin", "/etc/passwd", folder.path + "/w.bin", "link.bin", "", "none.bin"]
    {
      #expect(throws: FormatError.self, "\(location)") { try read(location) }
    }
    for offset in ["5", "-1", "9223372036854775807", "x"] {
      #expect(throws: FormatError.self, "\(offset)") { try read("w.bin", offset) }
    }
  }

  @Test func otherFilesAreNamed() {
    #expect(throws: FormatError.self) { try ONNXModel.parse([], path: "a") }
    #expect(throws: FormatError.self) {
      try ONNXModel.parse(Array("PK\u{3}\u{4}abc".utf8), path: "a")
    }
    #expect(throws: FormatError.self) { try ONNXModel.parse([8, 1], path: "a") }
  }
}
