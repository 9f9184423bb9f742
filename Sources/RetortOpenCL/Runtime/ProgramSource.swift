/// The version of OpenCL C that a program is compiled as.
package enum LanguageVersion: String, Sendable, CaseIterable {
  /// All but those that need more.
  case openCL12 = "CL1.2"
  /// Programs with fences between work-groups, on devices that have them by the standard.
  case openCL3 = "CL3.0"
}

/// One use of a kernel source: the source with its macros and the text that the host wrote for it.
package struct KernelInstance: Hashable, Sendable {
  /// The kernel source's name; nil if the kernel is wholly generated.
  package let family: String?
  /// The macros.
  package let macros: LaunchMacros
  /// The text that the host wrote.
  package let generated: String
  /// What it is written in.
  package let dialect: Dialect

  /// The instance that `launch` runs.
  package init(_ launch: Launch, multiplyAdd: MultiplyAdd = .fused) {
    self.init(
      family: launch.family, macros: launch.macros, generated: launch.generated,
      dialect: Dialect(language: launch.language, multiplyAdd: multiplyAdd))
  }

  /// Takes all members.
  package init(
    family: String?, macros: LaunchMacros, generated: String, dialect: Dialect = Dialect()
  ) {
    (self.family, self.macros, self.generated) = (family, macros, generated)
    self.dialect = dialect
  }

  /// What messages call it.
  package var description: ProgramDescription {
    ProgramDescription(
      family: family ?? "generated", macros: macros.pairs.map { "\($0.name)=\($0.value)" })
  }

  /// What comes before the instance's own text, the same for every instance that has it.
  var preamble: [String] { generated.isEmpty ? ["prelude"] : ["prelude", "elementwise/functions"] }

  var defines: String {
    macros.pairs.map { "#define \($0.name) \($0.value)\n" }.joined()
  }

  /// The instance's own text, without its macros.
  func body() throws(OpenCLError) -> String {
    let text = generated.isEmpty ? "" : generated + "\n"
    guard let family else { return text }
    return text + (try KernelSources.text(family))
  }
}

/// The text and options of a program, and the key of its cache entry.
package struct ProgramSource: Sendable {
  /// What messages call it.
  package let description: ProgramDescription
  /// The complete OpenCL C text.
  package let text: String
  /// Options of the compiler.
  package internal(set) var options: String

  // Fast-math is never among them.
  private static func options(_ language: LanguageVersion) -> String {
    // The same in every build, so that all share what a driver has compiled.
    "-cl-std=\(language.rawValue) -cl-kernel-arg-info"
  }

  /// The program of one instance: the preamble, the macros, and the instance's text.
  package init(_ instance: KernelInstance) throws(OpenCLError) {
    description = instance.description
    options = Self.options(instance.dialect.language)
    var text = instance.dialect.head
    for name in instance.preamble { text += try KernelSources.text(name) }
    self.text = text + instance.defines + (try instance.body())
  }

  /// One program of several instances of one dialect.
  ///
  /// Every name that an instance's text defines gets the instance's suffix, and its macros end
  /// with it, so that instances do not see each other.
  package init(merging instances: [KernelInstance]) throws(OpenCLError) {
    description = ProgramDescription(
      family: "\(instances.count) merged kernels", macros: [])
    let dialect = instances.first?.dialect ?? Dialect()
    options = Self.options(dialect.language)
    var preamble: [String] = []
    for name in instances.flatMap(\.preamble) where !preamble.contains(name) {
      preamble.append(name)
    }
    var text = dialect.head
    for name in preamble { text += try KernelSources.text(name) }
    let shared = Set(DefinedNames(text).macros)
    for (index, instance) in instances.enumerated() {
      let body = try instance.body()
      let names = DefinedNames(instance.defines + body)
      let suffix = Self.suffix(index)
      let macros = Set(names.macros).subtracting(shared)
      for name in names.symbols { text += "#define \(name) \(name)\(suffix)\n" }
      text += instance.defines + body + "\n"
      for name in names.symbols + macros.sorted() { text += "#undef \(name)\n" }
    }
    self.text = text
  }

  /// What the names of instance `index` of a merged program end with.
  ///
  /// No name with a suffix begins another: Oclgrind takes a kernel's local variables for those of any
  /// kernel whose name theirs begin with.
  static func suffix(_ index: Int) -> String { "_\(index)i" }
}

/// The names that a kernel source defines at file scope, found by the house style: a definition
/// starts in the first column.
struct DefinedNames {
  /// Functions, kernels, types and constants; of one that a macro names, what the macro stands for.
  private(set) var symbols: [String] = []
  /// Macros.
  private(set) var macros: [String] = []

  init(_ text: String) {
    var meanings: [String: [String]] = [:]
    var found: [String] = []
    var isContinued = false
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      let isPart = isContinued
      isContinued = line.last == UInt8(ascii: "\\")
      if isPart { continue }
      if let macro = Self.macro(line) {
        if meanings[macro.name] == nil { macros.append(macro.name) }
        meanings[macro.name, default: []] += macro.meaning.map { [$0] } ?? []
      } else if let symbol = Self.symbol(String(Substring(line))) {
        found.append(symbol)
      }
    }
    var seen: Set<String> = []
    symbols = found.flatMap { meanings[$0] ?? [$0] }.filter { seen.insert($0).inserted }
  }

  private static func macro(
    _ line: Substring.UTF8View
  ) -> (name: String, meaning: String?)? {
    let words = Substring(line).split(whereSeparator: { $0 == " " })
    guard let first = words.first, first.hasPrefix("#") else { return nil }
    let rest = first == "#" ? words.dropFirst() : words[...]
    guard let directive = rest.first, directive == "#define" || directive == "define",
      let name = rest.dropFirst().first
    else { return nil }
    let meaning = rest.dropFirst(2).first
    return (String(name.prefix { isNamePart($0) }), meaning.map(String.init))
  }

  private static func isNamePart(_ character: Character) -> Bool {
    character == "_" || character.isASCII && (character.isLetter || character.isNumber)
  }

  private static func symbol(_ line: String) -> String? {
    var code = line[...]
    if let comment = code.firstRange(of: "//") { code = code[..<comment.lowerBound] }
    if code.hasPrefix("}") { return lastName(code.dropFirst().prefix { $0 != ";" }) }
    guard let first = code.first, isNamePart(first) else { return nil }
    if code.hasPrefix("typedef ") {
      return code.lastIndex(of: ";").flatMap { lastName(code[..<$0]) }
    }
    while let attribute = code.firstRange(of: "__attribute__((") {
      guard let end = code[attribute.upperBound...].firstRange(of: "))") else { return nil }
      code = code[..<attribute.lowerBound] + code[end.upperBound...]
    }
    guard let end = code.firstIndex(where: { "([=;".contains($0) }) else { return nil }
    let head = code[..<end]
    // A call of a macro, which has no type before it, defines nothing by itself.
    guard head.split(whereSeparator: { !isNamePart($0) }).count > 1 else { return nil }
    return lastName(head)
  }

  private static func lastName(_ code: Substring) -> String? {
    code.split(whereSeparator: { !isNamePart($0) }).last.map(String.init)
  }
}
