import Foundation
import RetortCPU
import RetortCore
import RetortNN
import RetortTestSupport
import RetortTraining

/// Weights as the scripts in `Tests/Goldens/schemes` print them.
struct RecordedWeights: Decodable {
  let name: String
  let shape: [Int]
  let values: [Float]

  static func named(_ weights: [RecordedWeights]) -> [NamedWeights] {
    weights.map { NamedWeights(name: $0.name, shape: $0.shape, values: $0.values) }
  }
}

/// What PyTorch computed of students that teach each other.
struct MutualRecord: Decodable {
  let steps: Int
  let temperature, weight: Double
  let rates: [Double]
  let images: [Float]
  let labels: [Int32]
  /// Of each student.
  let initial, final: [[RecordedWeights]]
  /// Of each step: of each student, on labels and on its peers.
  let losses: [[Float]]
}

/// What PyTorch computed of students without a teacher of their own, by scheme.
struct PeerRecord: Decodable {
  struct Training: Decodable {
    let scheme: String
    let images: [Float]
    let labels: [Int32]
    /// Of each student.
    let initial, final: [[RecordedWeights]]
    /// Of each step: of each student, on labels and on what it learns from.
    let losses: [[Float]]
  }

  let steps, every: Int
  let share, temperature, weight: Double
  let rates: [Double]
  let trainings: [Training]
}

/// What PyTorch computed of students that learn from themselves, by loss.
struct SelfRecord: Decodable {
  struct Training: Decodable {
    let loss: String
    let images: [Float]
    let labels: [Int32]
    let initial, final: [RecordedWeights]
    /// Of each step, of each term.
    let losses: [[Float]]
  }

  let steps: Int
  let rate: Double
  let trainings: [Training]
}

/// What PyTorch computed of a student that has hints from two teachers.
struct HintRecord: Decodable {
  let steps: Int
  let weight, rate: Double
  let images: [Float]
  let labels: [Int32]
  let initial, final: [RecordedWeights]
  let teachers: [[RecordedWeights]]
  /// Of each step, that on labels and that on maps.
  let losses: [[Float]]
}

/// What PyTorch computed of a student of two teachers, by how they answer as one.
struct TeacherRecord: Decodable {
  struct Training: Decodable {
    let combine: String
    let images: [Float]
    let labels: [Int32]
    let initial, final: [RecordedWeights]
    let teachers: [[RecordedWeights]]
    /// Of each step: on labels and on the teachers.
    let losses: [[Float]]
  }

  let seed: UInt64
  let steps: Int
  let temperature, weight, rate: Double
  let trainings: [Training]
}

/// What PyTorch computed of generators and discriminators.
struct AdversarialRecord: Decodable {
  struct Training: Decodable {
    let loss: String
    let images: [Float]
    /// Of the discriminator, then of the generator.
    let initial, final: [[RecordedWeights]]
    /// Of each step: on data, on what is made, and the generator's.
    let losses: [[Float]]
  }

  let seed: UInt64
  let steps: Int
  let trainings: [Training]
}

/// A file of `Tests/Goldens/schemes`.
func schemeRecord<Record: Decodable>(_ name: String) throws -> Record {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
  let file = folder.appendingPathComponent("Goldens/schemes/\(name).json")
  return try JSONDecoder().decode(Record.self, from: Data(contentsOf: file))
}

/// Where a recorded training is replayed, and how near it comes.
enum ReplayDevice: CaseIterable {
  case float64, float32, openCL

  var backend: any Backend {
    get throws {
      switch self {
      case .float64: CPUBackend(precision: .float64)
      case .float32: CPUBackend()
      case .openCL: try TestDevice.backend()
      }
    }
  }

  /// How far losses and weights may be off, relatively; plans keep both, and draw normal numbers, in
  /// float32.
  var tolerance: Double { self == .float64 ? 2e-6 : 5e-5 }
}
