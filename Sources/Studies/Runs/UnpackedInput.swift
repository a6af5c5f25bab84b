import Foundation

// A case that runs again finds its files where it looks for them: paths that lead out of its folder stay what they are, as
// the folder is made as deep as they lead up. Absolute ones become plain names in every text.
extension EmbeddedInput {
  /// Puts the files back below a folder.
  /// - Returns: the folder of the case, and the input with the texts as they now are.
  func unpack(into root: String) throws -> (folder: String, input: EmbeddedInput) {
    var (input, renamed) = (self, [(from: String, to: String)]())
    for n in input.files.indices where input.files[n].name.hasPrefix("/") {
      let name = input.files[n].name
      let plain = FilePath.name(of: name)
      let isTaken = files.contains { $0.name != name && FilePath.name(of: $0.name) == plain }
      renamed.append((name, isTaken ? "\(n)-\(plain)" : plain))
    }
    // The longest first: one may be the beginning of another.
    renamed.sort { $0.from.count > $1.from.count }
    func replaced(_ text: String) -> String {
      renamed.reduce(text) { $0.replacingOccurrences(of: $1.from, with: $1.to) }
    }
    input.text = replaced(text)
    input.overrides = overrides.map(replaced)
    let depth = files.map { EmbeddedInput.stepsUp(of: $0.name) }.max() ?? 0
    let folder = (0..<depth).reduce(root) { path, k in "\(path)/level-\(k)" }
    try EmbeddedInput.makeFolder(folder)
    let relative = files.map(\.name).filter { !$0.hasPrefix("/") }
    let folders = Set(relative.map { FilePath.folder(of: $0) } + ["."]).sorted()
    for file in files {
      guard let own = renamed.first(where: { $0.from == file.name }) else {
        let text = renamed.isEmpty ? nil : String(validating: file.bytes, as: UTF8.self)
        let bytes = text.map { Array(replaced($0).utf8) } ?? file.bytes
        try EmbeddedInput.put(bytes, at: "\(folder)/\(file.name)")
        continue
      }
      // Whichever text names it finds it beside itself.
      for place in folders {
        try EmbeddedInput.put(file.bytes, at: "\(folder)/\(place)/\(own.to)")
      }
    }
    return (folder, input)
  }

  /// How many folders a relative path leads up at most.
  private static func stepsUp(of name: String) -> Int {
    guard !name.hasPrefix("/") else { return 0 }
    var (up, depth) = (0, 0)
    for part in name.split(separator: "/") where part != "." {
      depth += part == ".." ? -1 : 1
      up = max(up, -depth)
    }
    return up
  }

  private static func put(_ bytes: [UInt8], at path: String) throws(InputError) {
    // Folders that the path goes through and leaves again must be there as well.
    try makeFolder(FilePath.folder(of: path))
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
      throw InputError(path, "cannot be written; check the space of the temporary folder")
    }
  }

  private static func makeFolder(_ path: String) throws(InputError) {
    var sofar = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      sofar += "/\(part)"
      if FileManager.default.fileExists(atPath: sofar) { continue }
      guard mkdir(sofar, 0o700) == 0 else {
        throw InputError(sofar, "cannot be created; check the space of the temporary folder")
      }
    }
  }
}
