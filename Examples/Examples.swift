import Retort

/// Runs the examples: `swift run retort-examples`.
@main
enum Examples {
  static func main() throws {
    let backend = CPUBackend()
    let losses = try distilWithOwnLoss(steps: 200, on: backend)
    print("a loss of one's own: \(losses.first) at first, \(losses.last) in the end")
    let accuracy = try trainOnOwnDataset(steps: 300, on: backend)
    print("a dataset of one's own: \(100 * accuracy) % right")
  }
}
