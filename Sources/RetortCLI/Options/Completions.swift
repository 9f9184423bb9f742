import ArgumentParser
import RetortData
import RetortFormats
import RetortOpenCL
import RetortRecipes

/// The kinds of shell completions.
extension CompletionKind {
  /// Bundled recipes, recipe files, and folders on the way to them or of runs.
  static var recipe: CompletionKind {
    .custom { _, _, prefix in BundledRecipes.names + paths(beginningWith: prefix) }
  }

  /// Folders of models, of stages and of runs, and files of weights.
  static var trainedModel: CompletionKind {
    .file(extensions: ["safetensors", "onnx", "pth", "pt", "bin"])
  }

  /// Names of datasets.
  static var dataset: CompletionKind { .list(DatasetSource.all.map(\.name)) }

  /// The values of `--device` on this machine.
  static var device: CompletionKind {
    .custom { _, _, _ in
      let found = DriverSurvey.shared.fault == nil ? (try? OpenCLPlatform.devices()) ?? [] : []
      return ["auto", "cpu", "opencl"] + found.map(\.selector)
    }
  }

  /// The YAML files and folders in the folder part of `prefix`.
  private static func paths(beginningWith prefix: String) -> [String] {
    let folder = FilePath.folder(of: prefix)
    let before = folder.isEmpty || folder == "/" ? folder : folder + "/"
    let home = (try? FilePath.expanded(folder.isEmpty ? "." : folder)) ?? "."
    let names = (try? FolderEntries.names(home)) ?? []
    return names.compactMap { name in
      if FolderEntries.leadsToFolder("\(home)/\(name)") { return "\(before)\(name)/" }
      return name.hasSuffix(".yaml") ? before + name : nil
    }
  }
}
