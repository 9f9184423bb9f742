import CRetortCPU
import RetortCore

extension Lowering {
  func lowerAugment(_ step: Step, _ augment: AugmentStep) throws -> Operation {
    let images = augment.images
    let x = try input(step, 0, images.count, .uint8).assumingMemoryBound(to: UInt8.self)
    let moves = try input(step, 1, images[0] * ImageMove.wordCount, .int32)
      .assumingMemoryBound(to: Int32.self)
    let table = try input(step, 2, images[3] * 256)
    let y = try output(step, 0, images.count)
    let padding =
      switch augment.padding {
      case .zero: retort_padding_zero
      case .edge: retort_padding_edge
      case .reflect: retort_padding_reflect
      }
    let geometry = retort_augmentation(
      height: Int64(images[1]), width: Int64(images[2]), channels: Int64(images[3]),
      cutout: Int64(augment.cutout), padding: padding)
    let run = kernels.augment
    return splitRows(images[0], images.count / max(1, images[0])) { _, start, end in
      withUnsafePointer(to: geometry) { run($0, x, moves, table, start, end, y) }
    }
  }
}
