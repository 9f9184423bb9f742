import RetortCore
import RetortNN

/// How the elements of a value of the graph lie in a tensor of the file.
enum ExportedLayout: Hashable {
  /// Axis i of the tensor is axis `order[i]` of the value.
  case order([Int])
  /// The axes are the same; along one the elements of a flattened image run through (channels, height, width)
  /// instead of (height, width, channels).
  case flattened(ImageSize, axis: Int)

  /// The same axes in the same order.
  static func plain(_ rank: Int) -> ExportedLayout { .order(Array(0..<rank)) }

  /// `[batch, height, width, channels]` as `[batch, channels, height, width]`.
  static let channelsFirst = ExportedLayout.order([0, 3, 1, 2])

  /// A flattened image; plain where both orders of its elements are one.
  static func flat(_ image: ImageSize, axis: Int, rank: Int) -> ExportedLayout {
    image.channels == 1 || image.height * image.width == 1
      ? .plain(rank) : .flattened(image, axis: axis)
  }

  /// How files hold a parameter.
  init(_ parameter: Parameter) {
    let rank = parameter.shape.rank
    switch parameter.layout {
    case .plain: self = .plain(rank)
    case .channelsLast: self = rank == 4 ? .channelsFirst : .plain(rank)
    case .flattenedInputs(let image): self = .flat(image, axis: rank - 1, rank: rank)
    case .flattenedOutputs(let image): self = .flat(image, axis: 0, rank: rank)
    }
  }

  /// The axis of the tensor that axis `axis` of the value is.
  func place(of axis: Int) -> Int {
    switch self {
    case .order(let order): order.firstIndex(of: axis) ?? axis
    case .flattened: axis
    }
  }

  /// The extents of the tensor.
  func stored<Extent>(_ extents: [Extent]) -> [Extent] {
    switch self {
    case .order(let order): order.map { extents[$0] }
    case .flattened: extents
    }
  }
}

/// A value of the graph as a tensor of the file.
struct ExportedValue {
  /// What its elements are.
  enum Kind {
    /// float32.
    case number
    /// int64.
    case integer
    /// bool, which stands for the numbers 0 and 1.
    case truth
  }

  var name: String
  var layout: ExportedLayout
  var kind = Kind.number
}
