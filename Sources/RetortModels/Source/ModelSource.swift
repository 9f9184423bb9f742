import RetortFormats
import RetortNN

/// What builds a model of a recipe: an entry of the catalog, or a file that another program wrote.
public enum ModelSource: Sendable {
  /// A model that Retort has by name.
  case catalog(ModelEntry)
  /// An ONNX file; its weights come with it.
  case onnx(ONNXImport)
  /// ONNX files that make pictures of codes.
  case generator(ONNXGeneratorFiles)

  /// What a recipe calls `name`: a path that ends in `.onnx`, or a name of the catalog.
  ///
  /// - Throws: `ModelError` for a name that is none, or a file that cannot be read.
  public init(_ name: String) throws(ModelError) {
    guard ONNXImport.isPath(name) else {
      self = .catalog(try ModelCatalog.entry(name))
      return
    }
    do throws(FormatError) {
      self = .onnx(try ONNXImport(name))
    } catch {
      throw .unreadable(error)
    }
  }

  /// What the model is for.
  public var role: ModelEntry.Role {
    switch self {
    case .catalog(let entry): entry.role
    case .onnx: .classifier
    case .generator(let files): files.role
    }
  }

  /// The files of another program.
  public var files: [ONNXImport] {
    switch self {
    case .catalog: []
    case .onnx(let file): [file]
    case .generator(let files): [files.model] + [files.encoder].compactMap(\.self)
    }
  }

  /// The numbers that it takes.
  public var options: [ModelOption] {
    switch self {
    case .catalog(let entry): entry.options
    case .onnx, .generator: []
    }
  }

  /// The number of classes that an ONNX file tells apart in `examples`; nil for a model that can be made for any
  /// number, and for examples that the file does not take.
  public func classes(for examples: ExampleSpec) -> Int? {
    switch self {
    case .catalog, .generator: nil
    case .onnx(let file): (try? file.classes(for: examples)) ?? nil
    }
  }

  /// Builds the model, without weights.
  ///
  /// - Throws: `ModelError` for options, examples or classes that do not fit.
  public func make(
    _ options: [String: Double] = [:], for examples: ExampleSpec, classes: Int
  ) throws(ModelError) -> Module {
    switch self {
    case .catalog(let entry): try entry.make(options, for: examples, classes: classes)
    case .onnx(let file): try file.make(for: examples, classes: classes)
    case .generator(let files): try files.make(for: examples)
    }
  }
}
