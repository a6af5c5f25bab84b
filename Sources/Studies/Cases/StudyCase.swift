import Foundation

/// The kinds of study that a case file can ask for.
enum CaseKind: String, Sendable, CaseIterable {
  /// Finite elements with a law.
  case fem
  /// A truss or a continuum solved on data or on a learned manifold.
  case dataDriven = "data-driven"
  /// A law from displacement fields and net forces.
  case identification
  /// Blocks in contact, through time.
  case blockSystem = "block-system"
  /// Solvers that agree at their borders.
  case coupling

  /// What a case of this kind says.
  var schema: Schema {
    switch self {
    case .fem: .fem
    case .dataDriven: .dataDriven
    case .identification: .identification
    case .blockSystem: .blockSystem
    case .coupling: .coupling
    }
  }

  /// The kind that a file states, before its schema is known.
  /// - Throws: `InputError` where it states none or an unknown one.
  init(of tree: YAMLTree) throws(InputError) {
    let names = CaseKind.allCases.map(\.rawValue)
    guard case .mapping(let entries) = tree.content else {
      throw InputError(
        tree.place.file, line: tree.place.line, "must be a block of keys, not \(tree.inWords)")
    }
    guard let entry = entries.first(where: { $0.key == "kind" }) else {
      throw InputError(
        tree.place.file, line: tree.place.line, key: "kind",
        "is missing; give the kind of study, one of \(names.joined(separator: ", "))")
    }
    guard case .scalar(let text, _) = entry.value.content, let kind = CaseKind(rawValue: text)
    else {
      throw InputError(
        entry.value.place.file, line: entry.value.place.line, key: "kind",
        "unknown value '\(entry.value.inWords)'; "
          + Suggestion.remedy(for: entry.value.inWords, in: names))
    }
    self = kind
  }
}

/// The checked content of a case file, with the folder that its paths start from.
struct CaseSource: Sendable {
  /// The file as it was given, its text, and the `--set` assignments applied to it.
  let file: String, text: String, overrides: [String]
  /// Folder that relative paths start from.
  let folder: String
  let kind: CaseKind
  let value: CaseValue

  /// Checks the text of a case.
  /// - Throws: `InputError` at the first mistake.
  init(text: String, file: String, overrides: [String], folder: String) throws(InputError) {
    self.file = file
    self.text = text
    self.overrides = overrides
    self.folder = folder
    var tree = try YAMLTree.parse(text, file: file)
    for assignment in overrides { try tree.override(assignment) }
    kind = try CaseKind(of: tree)
    value = try kind.schema.read(tree)
  }

  /// What the case is about.
  var title: String { value["title"]?.text ?? FilePath.stem(of: file) }

  /// The path of a file named in the case, as seen from the working folder.
  func path(_ name: CaseValue) throws(InputError) -> String {
    try FilePath.resolve(name, in: folder)
  }
}

extension FilePath {
  /// A file that a case names, relative to its folder.
  static func resolve(_ name: CaseValue, in folder: String) throws(InputError) -> String {
    let isWhole = folder == "." || name.text.hasPrefix("/")
    let path = isWhole ? name.text : "\(folder)/\(name.text)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw name.error("there is no file '\(path)'; paths start from the folder of the case")
    }
    return path
  }
}

/// A case of any kind.
enum StudyCase: Sendable {
  case fem(FEMCase)
  case dataDriven(DataDrivenCase)
  case identification(IdentificationCase)
  case blockSystem(BlockCase)
  indirect case coupling(CouplingCase)

  /// Reads and checks a case file.
  /// - Throws: `InputError` at the first mistake.
  init(file: String, overrides: [String] = []) throws(InputError) {
    try self.init(
      text: try readText(file, as: "a case"), file: file, overrides: overrides,
      folder: FilePath.folder(of: file))
  }

  /// Checks the text of a case.
  init(text: String, file: String, overrides: [String], folder: String) throws(InputError) {
    let source = try CaseSource(text: text, file: file, overrides: overrides, folder: folder)
    switch source.kind {
    case .fem: self = .fem(FEMCase(source))
    case .dataDriven: self = .dataDriven(DataDrivenCase(source))
    case .identification: self = .identification(IdentificationCase(source))
    case .blockSystem: self = .blockSystem(BlockCase(source))
    case .coupling: self = .coupling(try CouplingCase(source))
    }
  }

  /// The checked content.
  var source: CaseSource {
    switch self {
    case .fem(let c): c.source
    case .dataDriven(let c): c.source
    case .identification(let c): c.source
    case .blockSystem(let c): c.source
    case .coupling(let c): c.source
    }
  }

  /// Paths of the files that the case names, with the places that name them.
  var files: [CaseValue] {
    switch self {
    case .fem(let c): c.files
    case .dataDriven(let c): c.files
    case .identification(let c): c.files
    case .blockSystem(let c): c.files
    case .coupling(let c): c.files
    }
  }
}
