import Coupling
import FixedPoint
import Foundation
import Storage

// The coupling file has no fields of its own: each participant's stand in a VTKHDF file beside it, whose name it
// holds. Groups:
//
//   input                          the case, with those of the participants
//   participants/names, files      file names, empty for models without fields
//   settings/keys, values          in words
//   windows/start, length, …       per window: convergence, rejections, refused quasi-Newton steps
//   interfaces/<n>/first, second, created, exchanged    per window, J
//   timings                        attributes, s
//   probes                         as in every result

/// A coupled run in its files.
struct CouplingFile {
  let result: CouplingResult
  let input: EmbeddedInput
  /// Paths of the participants' files, empty where there is none.
  let parts: [String]

  /// Whether a file is such a run.
  static func isResult(_ root: borrowing H5Group) -> Bool {
    root.contains("windows") && root.contains("participants") && root.contains("input")
  }

  /// Path of a participant's file beside the coupling's.
  static func path(of participant: String, beside output: String) -> String {
    FilePath.folder(of: output) + "/" + FilePath.stem(of: output) + "-" + safeName(participant)
      + ".vtkhdf"
  }

  /// A name in letters, digits and dashes.
  static func safeName(_ name: String) -> String {
    String(name.map { $0.isLetter || $0.isNumber || $0 == "-" ? $0 : "_" })
  }

  /// Writes the coupling file, and before it those of the participants, each under a temporary name first.
  /// - Returns: names of the participants' files, empty for models without fields.
  static func write(
    _ result: CouplingResult, _ study: CouplingCase, input: EmbeddedInput, to path: String
  ) throws -> [String] {
    let files = try writeParts(result, study, beside: path)
    let file = try H5File.create(at: path)
    try write(attributes: result, to: file.root)
    try input.write(to: file.root)
    let participants = try file.root.createGroup("participants")
    try participants.write("names", result.names)
    try participants.write("files", files)
    try participants.write("unsettled_steps", result.unsettled.map { Int64($0) })
    let settings = try file.root.createGroup("settings")
    try settings.write("keys", result.settings.map(\.key))
    try settings.write("values", result.settings.map(\.value))
    try write(windows: result, to: file.root.createGroup("windows"))
    try write(interfaces: result, to: file.root.createGroup("interfaces"))
    let timings = try file.root.createGroup("timings")
    try timings.setAttribute("total_seconds", result.timings.total)
    try timings.setAttribute("participant_seconds", result.timings.participants)
    try ProbeGroup.write(result.probes, abscissa: ("time", result.times, "s"), to: file.root)
    try file.commit()
    return files
  }

  private static func writeParts(
    _ result: CouplingResult, _ study: CouplingCase, beside path: String
  ) throws -> [String] {
    var files: [String] = []
    for (n, part) in result.parts.enumerated() {
      let target = CouplingFile.path(of: result.names[n], beside: path)
      switch part {
      case .body(let body):
        try ResultFile.write(body, input: EmbeddedInput(study.cases[n]!), to: target)
      case .blocks(let blocks):
        try BlockResultFile.write(blocks, input: EmbeddedInput(study.cases[n]!), to: target)
      case .nothing:
        files.append("")
        continue
      }
      files.append(FilePath.name(of: target))
    }
    return files
  }

  private static func write(attributes result: CouplingResult, to root: borrowing H5Group) throws {
    try result.provenance.write(to: root)
    try root.setAttribute("title", result.title)
    try root.setAttribute("study", CaseKind.coupling.rawValue)
    try root.setAttribute("status", result.converged ? "converged" : "not converged")
    try root.setAttribute("end", result.end)
    if result.continuedFrom > 0 { try root.setAttribute("continued_from", result.continuedFrom) }
    if !result.warnings.isEmpty {
      try root.setAttribute("warning", result.warnings.joined(separator: "\n"))
    }
  }

  private static func write(windows result: CouplingResult, to group: borrowing H5Group) throws {
    let windows = result.windows
    try group.write("start", windows.map(\.start), unit: "s")
    try group.write("length", windows.map(\.length), unit: "s")
    try group.write("rejections", windows.map { Int64($0.rejections.count) })
    try group.write("why_rejected", windows.map { $0.rejections.joined(separator: "\n") })
    try group.write("failure", windows.map { $0.failure ?? "" })
    try group.write("refused_steps", windows.map { Int64($0.refusals) })
    try group.write("dropped_differences", windows.map { Int64($0.dropped) })
    try ConvergenceGroup.write(windows.map(\.convergence), to: group)
  }

  private static func write(interfaces result: CouplingResult, to group: borrowing H5Group) throws {
    guard let last = result.works.last else { return }
    for (n, work) in last.enumerated() {
      let one = try group.createGroup("\(n)")
      try one.setAttribute("name", work.name)
      try one.write("first", result.works.map { $0[n].first }, unit: "J")
      try one.write("second", result.works.map { $0[n].second }, unit: "J")
      try one.write("created", result.works.map { $0[n].created }, unit: "J")
      try one.write("exchanged", result.works.map { $0[n].exchanged }, unit: "J")
    }
  }

  /// Reads a coupling file; the participants' own are looked for beside it.
  /// - Throws: `StorageError` for a foreign or damaged file.
  init(_ path: String) throws {
    let file = try H5File.open(at: path)
    guard CouplingFile.isResult(file.root) else {
      throw StorageError(
        .foreign, file: path, what: "is not a coupled run of deepmanifold",
        remedy: "give a file that 'deepmanifold run' wrote for a case of kind coupling")
    }
    input = try EmbeddedInput(file.root)
    let participants = try file.root.group("participants")
    let names = try participants.readStrings("names").values
    let files = try participants.readStrings("files").values
    let settings = try file.root.group("settings")
    let (keys, values) = (
      try settings.readStrings("keys").values, try settings.readStrings("values").values
    )
    guard files.count == names.count, keys.count == values.count else {
      throw StorageError(
        .damaged, file: path, path: "/participants", what: "names and files are not as many",
        remedy: "run the case again")
    }
    parts = files.map { $0.isEmpty ? "" : FilePath.folder(of: path) + "/" + $0 }
    var result = CouplingResult(
      title: try file.root.stringAttribute("title"), names: names,
      settings: zip(keys, values).map { ($0, $1) }, end: try file.root.doubleAttribute("end"))
    result.provenance = try Provenance(file.root)
    if file.root.hasAttribute("continued_from") {
      result.continuedFrom = try file.root.doubleAttribute("continued_from")
    }
    if file.root.hasAttribute("warning") {
      result.warnings = try file.root.stringAttribute("warning").split(separator: "\n").map {
        String($0)
      }
    }
    result.unsettled = try participants.read("unsettled_steps", as: Int64.self).values.map {
      Int($0)
    }
    try CouplingFile.read(file.root.group("windows"), into: &result)
    try CouplingFile.readWorks(file.root.group("interfaces"), into: &result)
    let timings = try file.root.group("timings")
    result.timings.total = try timings.doubleAttribute("total_seconds")
    result.timings.participants = try timings.doublesAttribute("participant_seconds")
    result.times = try file.root.group("probes").readDoubles("time").values
    result.probes = try ProbeGroup.read(file.root)
    self.result = result
  }

  private static func read(_ group: borrowing H5Group, into result: inout CouplingResult) throws {
    let (start, length) = (
      try group.readDoubles("start").values, try group.readDoubles("length").values
    )
    let rejections = try group.readStrings("why_rejected").values
    let failures = try group.readStrings("failure").values
    let refused = try group.read("refused_steps", as: Int64.self).values
    let dropped = try group.read("dropped_differences", as: Int64.self).values
    let records = try ConvergenceGroup.read(group)
    guard
      [
        start.count, length.count, rejections.count, failures.count, refused.count, dropped.count,
      ].allSatisfy({ $0 == records.count })
    else {
      throw StorageError(
        .damaged, file: group.file, path: group.path, what: "its arrays have different lengths",
        remedy: "run the case again")
    }
    result.windows = records.indices.map { k in
      var window = WindowRecord(start: start[k], length: length[k], convergence: records[k])
      window.rejections = rejections[k].split(separator: "\n").map(String.init)
      (window.refusals, window.dropped) = (Int(refused[k]), Int(dropped[k]))
      window.failure = failures[k].isEmpty ? nil : failures[k]
      return window
    }
  }

  private static func readWorks(_ group: borrowing H5Group, into result: inout CouplingResult)
    throws
  {
    var works = result.windows.map { _ in [InterfaceWork]() }
    for n in try 0..<group.children().count {
      let one = try group.group("\(n)")
      let name = try one.stringAttribute("name")
      let columns = try ["first", "second", "exchanged"].map { try one.readDoubles($0).values }
      guard columns.allSatisfy({ $0.count == works.count }) else {
        throw StorageError(
          .damaged, file: group.file, path: group.path, what: "has not a value per window",
          remedy: "run the case again")
      }
      for k in works.indices {
        var work = InterfaceWork(name: name)
        (work.first, work.second, work.exchanged) = (columns[0][k], columns[1][k], columns[2][k])
        works[k].append(work)
      }
    }
    result.works = works
  }
}
