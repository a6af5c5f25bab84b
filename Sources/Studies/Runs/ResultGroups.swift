import FixedPoint
import Foundation
import Storage

/// The input that a result file carries: enough to run it again.
struct EmbeddedInput: Sendable {
  /// The text of the case, its file name, and the `--set` assignments.
  var text: String, name: String, overrides: [String]
  /// Files that the case names, by the name it uses, with their bytes.
  var files: [(name: String, bytes: [UInt8])]

  /// What a case needs to run again.
  init(_ study: StudyCase) throws(InputError) {
    let source = study.source
    text = source.text
    name = FilePath.name(of: source.file)
    overrides = source.overrides
    files = []
    for file in study.files where !files.contains(where: { $0.name == file.text }) {
      let path = try source.path(file)
      guard let data = FileManager.default.contents(atPath: path) else {
        throw file.error("'\(path)' cannot be read; check its permissions")
      }
      files.append((file.text, Array(data)))
    }
  }

  /// Reads the group `input` of a result file.
  init(_ root: borrowing H5Group) throws(StorageError) {
    let group = try root.group("input")
    text = try group.readText("case")
    name = try group.stringAttribute("name")
    overrides = group.contains("overrides") ? try group.readStrings("overrides").values : []
    files = []
    guard group.contains("files") else { return }
    let folder = try group.group("files")
    for child in try folder.children() {
      let bytes = try folder.read(child.name, as: UInt8.self).values
      files.append((try folder.stringAttribute("name", of: child.name), bytes))
    }
  }

  /// Writes the group `input`.
  func write(to root: borrowing H5Group) throws(StorageError) {
    let group = try root.createGroup("input")
    try group.setAttribute("name", name)
    try group.write("case", text: text)
    if !overrides.isEmpty { try group.write("overrides", overrides) }
    for (i, file) in files.enumerated() {
      try group.write("files/\(i)", file.bytes)
      try group.setAttribute("name", file.name, of: "files/\(i)")
    }
  }
}

extension Provenance {
  /// Writes version, seed, wall time and citation as attributes of a group.
  func write(to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("program", "deepmanifold")
    try group.setAttribute("program_version", version)
    try group.setAttribute("seed", seed)
    try group.setAttribute("wall_seconds", seconds)
    try group.setAttribute("unit_system", "SI")
    if !citation.isEmpty { try group.setAttribute("citation", citation) }
  }

  /// Reads what `write` wrote.
  init(_ group: borrowing H5Group) throws(StorageError) {
    version = try group.stringAttribute("program_version")
    seed = try group.intAttribute("seed")
    seconds = try group.doubleAttribute("wall_seconds")
    citation = group.hasAttribute("citation") ? try group.stringAttribute("citation") : ""
  }
}

/// Lists of convergence records in a group: one row per record, residuals one after another.
enum ConvergenceGroup {
  /// Writes records with the load factors or times they lead from and to.
  static func write(
    _ steps: [LoadStepping.Step], unit: String = "1", to group: borrowing H5Group
  ) throws(StorageError) {
    try group.write("from", steps.map(\.from), unit: unit)
    try group.write("to", steps.map(\.to), unit: unit)
    try write(steps.map(\.record), to: group)
  }

  /// Writes records.
  static func write(
    _ records: [ConvergenceRecord], to group: borrowing H5Group
  ) throws(StorageError) {
    guard !records.isEmpty else { return }
    try group.write("reason", records.map(\.reason.rawValue))
    try group.write("iterations", records.map { Int64($0.iterations) })
    try group.write("cut_backs", records.map { Int64($0.cutBacks) })
    try group.write("reference", records.map(\.reference))
    try group.write("message", records.map { $0.message ?? "" })
    try group.write("residual_count", records.map { Int64($0.residuals.count) })
    try group.write("residuals", records.flatMap(\.residuals), unit: "1")
    try group.write("step_length_count", records.map { Int64($0.stepLengths.count) })
    try group.write("step_lengths", records.flatMap(\.stepLengths), unit: "1")
    try group.write("contraction_rate", records.map { $0.contractionRate ?? .nan }, unit: "1")
  }

  /// Reads records.
  static func read(_ group: borrowing H5Group) throws(StorageError) -> [ConvergenceRecord] {
    guard group.contains("reason") else { return [] }
    let reasons = try group.readStrings("reason").values
    let iterations = try group.read("iterations", as: Int64.self).values
    let cutBacks = try group.read("cut_backs", as: Int64.self).values
    let references = try group.readDoubles("reference").values
    let messages = try group.readStrings("message").values
    let residuals = try parts("residuals", "residual_count", group)
    let lengths = try parts("step_lengths", "step_length_count", group)
    let n = reasons.count
    guard
      [
        iterations.count, cutBacks.count, references.count, messages.count, residuals.count,
        lengths.count,
      ].allSatisfy({ $0 == n })
    else { throw damaged(group, "its arrays have different lengths") }
    return (0..<n).map { i in
      ConvergenceRecord(
        residuals: residuals[i], iterations: Int(iterations[i]), cutBacks: Int(cutBacks[i]),
        reason: .init(rawValue: reasons[i]) ?? .diverged, reference: references[i],
        stepLengths: lengths[i], message: messages[i].isEmpty ? nil : messages[i])
    }
  }

  /// Reads records with their load factors.
  static func readSteps(
    _ group: borrowing H5Group
  ) throws(StorageError) -> [LoadStepping.Step] {
    let records = try read(group)
    let from = try group.readDoubles("from").values
    let to = try group.readDoubles("to").values
    guard from.count == records.count, to.count == records.count else {
      throw damaged(group, "its arrays have different lengths")
    }
    return records.indices.map { .init(from: from[$0], to: to[$0], record: records[$0]) }
  }

  private static func parts(
    _ name: String, _ counts: String, _ group: borrowing H5Group
  ) throws(StorageError) -> [[Double]] {
    let all = try group.readDoubles(name).values
    var out: [[Double]] = []
    var at = 0
    for count in try group.read(counts, as: Int64.self).values {
      guard count >= 0, at + Int(count) <= all.count else {
        throw damaged(group, "'\(counts)' does not add up to '\(name)'")
      }
      out.append(Array(all[at..<at + Int(count)]))
      at += Int(count)
    }
    return out
  }

  private static func damaged(_ group: borrowing H5Group, _ what: String) -> StorageError {
    StorageError(
      .damaged, file: group.file, path: group.path, what: what, remedy: "make the file again")
  }
}
