import FixedPoint
import Foundation
import Geometry
import Storage

/// A field result in its file: the `VTKHDF` group that ParaView reads, and beside it our own groups
/// `input`, `convergence` and `probes`.
public struct ResultFile: Sendable {
  /// The result.
  public private(set) var result: FieldResult
  let input: EmbeddedInput

  /// Text of the case that produced the result.
  public var caseText: String { input.text }

  /// Whether a file is a field result of ours.
  static func isResult(_ root: borrowing H5Group) -> Bool {
    root.contains("VTKHDF") && root.contains("input") && root.contains("convergence")
  }

  /// Writes the whole file under a temporary name and renames it.
  static func write(
    _ result: FieldResult, input: EmbeddedInput, to path: String
  ) throws {
    let file = try H5File.create(at: path)
    try FieldGroup.write(result, to: file.root)
    try result.provenance.write(to: file.root)
    try file.root.setAttribute("title", result.title)
    try file.root.setAttribute("study", result.kind.rawValue)
    try file.root.setAttribute("status", result.converged ? "converged" : "not converged")
    if let share = result.coveredShare { try file.root.setAttribute("covered_share", share) }
    if let u = result.uncovered {
      try file.root.setAttribute("uncovered", [u.share, u.limit, u.from, u.at])
      try file.root.setAttribute("warning", u.warning)
    }
    try input.write(to: file.root)
    let unit = result.course.isTime ? "s" : "1"
    try ConvergenceGroup.write(
      result.steps, unit: unit, to: file.root.createGroup("convergence"))
    try ProbeGroup.write(
      result.probes, abscissa: (ResultFile.abscissa(result.course), result.factors, unit),
      to: file.root)
    if case .time(let end) = result.course { try file.root.setAttribute("end", end) }
    if !result.energies.isEmpty {
      let energies = try file.root.createGroup("energies")
      try energies.write("time", result.factors, unit: "s")
      for term in result.energies { try energies.write(term.name, term.values, unit: term.unit) }
    }
    if let modes = result.modes {
      let group = try file.root.createGroup("modes")
      try group.write("frequency", modes.frequencies, unit: "Hz")
      try group.write("residual", modes.residuals, unit: "1")
      try group.setAttribute("complete", modes.isComplete ? 1 : 0)
    }
    try file.commit()
  }

  private static func abscissa(_ course: FieldResult.Course) -> String {
    course.isTime ? "time" : "load_factor"
  }

  /// Reads a result file.
  /// - Throws: `StorageError` for a foreign or damaged file.
  public init(_ path: String) throws {
    let file = try H5File.open(at: path)
    guard ResultFile.isResult(file.root) else {
      throw StorageError(
        .foreign, file: path, what: "is not a field result of deepmanifold",
        remedy: "give a file that 'deepmanifold run' wrote")
    }
    input = try EmbeddedInput(file.root)
    let probes = try file.root.group("probes")
    let histories = try ProbeGroup.read(file.root)
    var course =
      file.root.hasAttribute("end")
      ? FieldResult.Course.time(end: try file.root.doubleAttribute("end")) : .load
    var modes: FieldResult.Modes?
    if file.root.contains("modes") {
      let group = try file.root.group("modes")
      modes = .init(
        frequencies: try group.readDoubles("frequency").values,
        residuals: try group.readDoubles("residual").values,
        isComplete: try group.intAttribute("complete") != 0)
      course = .modes(count: modes?.frequencies.count ?? 0)
    }
    let (mesh, bars, last, output) = try FieldGroup.read(file.root)
    var states = last
    if let modes {
      let shown = min(ModesSection.shapesShown, modes.frequencies.count)
      states = try FieldGroup.readModes(file.root, count: shown)
    }
    result = FieldResult(
      mesh: mesh, title: try file.root.stringAttribute("title"), states: states,
      steps: try ConvergenceGroup.readSteps(file.root.group("convergence")),
      converged: try file.root.stringAttribute("status") == "converged",
      factors: try probes.readDoubles(ResultFile.abscissa(course)).values, probes: histories,
      output: output, provenance: try Provenance(file.root))
    (result.bars, result.course, result.modes) = (bars, course, modes)
    if file.root.contains("energies") {
      let energies = try file.root.group("energies")
      for term in BodyEnergy.allCases {
        let values = try energies.readDoubles(term.rawValue).values
        guard values.count == result.factors.count else {
          throw StorageError(
            .damaged, file: path, path: "/energies", what: "has lists of several lengths",
            remedy: "run the case again")
        }
        result.energies.append(.init(name: term.rawValue, unit: "J", values: values))
      }
    }
    if file.root.hasAttribute("study") {
      result.kind = CaseKind(rawValue: try file.root.stringAttribute("study")) ?? .fem
    }
    if file.root.hasAttribute("covered_share") {
      result.coveredShare = try file.root.doubleAttribute("covered_share")
    }
    if file.root.hasAttribute("uncovered") {
      let u = try file.root.doublesAttribute("uncovered")
      guard u.count == 4 else {
        throw StorageError(
          .damaged, file: path, path: "/", what: "'uncovered' has \(u.count) numbers, not 4",
          remedy: "run the case again")
      }
      result.uncovered = .init(
        share: u[0], limit: u[1], from: u[2], at: u[3], isTime: course.isTime)
    }
  }
}

/// The command `run`.
public enum RunStudy {
  /// Runs a case, given as YAML or embedded in a result file, and writes the result.
  /// - Parameter checkpoint: a checkpoint of a coupled run, to go on from.
  /// - Returns: the result, also where it did not converge (then what was reached was written).
  /// - Throws: `InputError`, `FEMError` or `StorageError` before any work, `StorageError` where the
  ///   result cannot be written.
  public static func run(
    _ path: String, overrides: [String] = [], output: String, from checkpoint: String? = nil,
    progress: Progress = { _, _ in }
  ) throws -> any RunResult {
    _ = try OutputFile(output, inputs: [path])
    return try withCase(path, overrides: overrides) { study in
      let source = study.source
      if let checkpoint, source.kind != .coupling {
        throw InputError(checkpoint, "is of use for cases of kind coupling alone; leave it out")
      }
      for file in study.files { _ = try OutputFile(output, inputs: [try source.path(file)]) }
      let input = try EmbeddedInput(study)
      let result: FieldResult
      switch study {
      case .fem(let fem): result = try fem.run(progress: progress)
      case .dataDriven(let study): result = try DataDrivenRun(study).run(progress: progress)
      case .identification:
        throw InputError(
          path, key: "kind",
          "is 'identification', which gives a law and not a field; use 'deepmanifold identify'")
      case .blockSystem(let study):
        let result = try BlockRun(study).run(progress: progress)
        try BlockResultFile.write(result, input: input, to: output)
        return result
      case .coupling(let study):
        return try CouplingStudy.run(
          study, input: input, from: checkpoint, output: output, progress: progress)
      }
      try ResultFile.write(result, input: input, to: output)
      return result
    }
  }

  /// Hands `body` the case of a YAML or a result file; embedded files live in a temporary folder
  /// meanwhile.
  static func withCase<Result>(
    _ path: String, overrides: [String], _ body: (StudyCase) throws -> Result
  ) throws -> Result {
    guard isHDF5(path) else { return try body(StudyCase(file: path, overrides: overrides)) }
    let input = try embeddedInput(path)
    let folder = NSTemporaryDirectory() + "deepmanifold-\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw InputError(folder, "cannot be created; check the temporary folder")
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (own, unpacked) = try input.unpack(into: folder)
    return try body(
      StudyCase(
        text: unpacked.text, file: input.name, overrides: unpacked.overrides + overrides,
        folder: own))
  }

  /// The eight bytes that begin an HDF5 file.
  static func isHDF5(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 8))
      == Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
  }

  private static func embeddedInput(_ path: String) throws -> EmbeddedInput {
    let file = try H5File.open(at: path)
    guard file.root.contains("input") else {
      throw InputError(path, "holds no case; give a YAML case or a result of 'deepmanifold run'")
    }
    return try EmbeddedInput(file.root)
  }
}
