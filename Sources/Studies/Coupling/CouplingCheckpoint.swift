import Foundation
import Storage

/// A checkpoint of a coupled run on disk: one array of bytes, and what it belongs to.
enum CouplingCheckpoint {
  /// Where it stands for a result.
  static func path(for output: String) -> String { output + ".checkpoint" }

  /// Writes it whole, under a temporary name first.
  static func write(_ state: CouplingState, of input: EmbeddedInput, to path: String) throws {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    let file = try H5File.create(at: path)
    try Provenance(seconds: 0).write(to: file.root)
    try file.root.setAttribute("time", state.system.time)
    try file.root.setAttribute("input", input.fingerprint)
    try file.root.write("case", text: input.text)
    try file.root.write("state", [UInt8](encoder.encode(state)))
    try file.commit()
  }

  /// Reads it.
  /// - Throws: `InputError` for one of another case, `StorageError` for a foreign or damaged file.
  static func read(_ path: String, of input: EmbeddedInput) throws -> CouplingState {
    let file = try H5File.open(at: path)
    guard file.root.contains("state"), file.root.hasAttribute("input") else {
      throw StorageError(
        .foreign, file: path, what: "is no checkpoint of a coupled run",
        remedy: "give one that 'deepmanifold run' wrote beside a result")
    }
    guard try file.root.stringAttribute("input") == input.fingerprint else {
      throw InputError(
        path,
        "was made by another case than '\(input.name)' with its participants' files and --set as "
          + "they are now; go on with what it was made by, or start the run anew")
    }
    let bytes = try file.root.read("state", as: UInt8.self).values
    do { return try PropertyListDecoder().decode(CouplingState.self, from: Data(bytes)) } catch {
      throw StorageError(
        .damaged, file: path, path: "/state", what: "cannot be read", remedy: "start the run anew")
    }
  }
}

extension EmbeddedInput {
  /// A number for the case, its assignments and all its files: FNV-1a, 64 bits.
  fileprivate var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      // No text runs into the next.
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    add(text.utf8)
    for assignment in overrides { add(assignment.utf8) }
    for file in files {
      add(file.name.utf8)
      add(file.bytes)
    }
    return String(hash, radix: 16)
  }
}
