import ArgumentParser
import Glibc
import RetortFormats
import RetortRecipes
import RetortTraining

/// `retort copy`: a bundled recipe as a file to change.
struct Copy: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes a bundled recipe to a file, to be changed.")

  @Argument(
    help: "The recipe ('retort list recipes').", completion: .list(BundledRecipes.names))
  var recipe: String
  @Argument(
    help: "The file; the recipe's name with .yaml, here, if left out.", completion: .file())
  var file: String?
  @Flag(help: "Write over a file that is there.")
  var force = false
  @OptionGroup var format: JSONOption

  func validate() throws {
    guard BundledRecipes.text(recipe) == nil else { return }
    throw ValidationError(
      "There is no bundled recipe '\(recipe)'. There are: "
        + BundledRecipes.names.joined(separator: ", ") + ".")
  }

  func run() throws {
    let path = file ?? recipe + ".yaml"
    guard force || access(path, F_OK) != 0 else { throw CopyError(path: path) }
    try AtomicFile.write(Array((BundledRecipes.text(recipe) ?? "").utf8), to: path)
    if format.json {
      StandardOutput.write(.record(("recipe", .string(recipe)), ("file", .string(path))))
    } else {
      StandardOutput.write("\(path): change it, then 'retort check \(path)'")
    }
  }
}

/// What lies where a copy should go.
private struct CopyError: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path) is there already; name another file, or add --force" }
}
