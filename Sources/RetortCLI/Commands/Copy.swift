import ArgumentParser
import RetortFormats
import RetortRecipes
import RetortTraining

/// `retort copy`: writes a bundled recipe to a file for editing.
struct Copy: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a bundled recipe to a file, to be changed.")

  @Argument(
    help: "The recipe ('retort list recipes').", completion: .list(BundledRecipes.names))
  var recipe: String
  @Argument(
    help: "The file; the recipe's name with .yaml, here, if left out; - for the standard output.")
  var file: OutputFile?
  @Flag(help: "Write over a file that is there.")
  var force = false
  @OptionGroup var format: JSONOption

  func validate() throws {
    try file?.check(besides: format)
    guard BundledRecipes.text(recipe) == nil else { return }
    throw ValidationError(
      "There is no bundled recipe '\(recipe)'. There are: "
        + BundledRecipes.names.joined(separator: ", ") + ".")
  }

  func run() throws {
    let file = file ?? OutputFile(recipe + ".yaml")
    let path = file.path
    guard force || !file.isRegular else { throw CopyError(path: path) }
    try file.write(Array((BundledRecipes.text(recipe) ?? "").utf8))
    guard !file.isStandardOutput else { return }
    if format.json {
      StandardOutput.write(.record(("recipe", .string(recipe)), ("file", .string(path))))
    } else {
      StandardOutput.write("\(path): change it, then: retort check \(path.shellWord)")
    }
  }
}

/// An existing file at the destination of a copy.
private struct CopyError: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path) is there already; name another file, or add --force" }
}
