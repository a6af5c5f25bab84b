import ConstitutiveManifold
import FixedPoint
import Manifold
import Mechanics
import Storage

/// A fitted law with everything that its file records: the law itself, the region its data covered,
/// the tests with the law's answers, how it was trained, and where it comes from.
public struct LawFile: Sendable {
  /// One strength of the prior that was tried; errors relative to the spread of the stresses.
  public struct Trial: Sendable, Equatable {
    /// Strength, mean error on held-out folds and its standard error.
    public var strength: Double, heldOutError: Double, standardError: Double
  }

  /// The least slope of the nominal stress in one mode.
  public struct Stability: Sendable, Equatable {
    /// The mode, the least dP/dλ in Pa and the stretch where it occurs, the stretches swept.
    public var mode: HomogeneousMode, tangent: Double, stretch: Double, lower: Double, upper: Double
  }

  /// What people call it.
  public var name: String
  /// The law.
  public var law: Law
  /// The region of the data it learned from.
  public var coverage: Coverage
  /// The tests and the law's answers.
  public var tests: [FittedTest]
  /// The least-squares iteration that was kept.
  public var record: ConvergenceRecord
  /// Number of starts of the last fit, and of least-squares fits in all.
  public var starts: Int, fits: Int
  /// The chosen strength of the prior, nil for classical laws, and all that were tried.
  public var regularisation: Double?, trials: [Trial]
  /// Sweeps of uniaxial, equibiaxial and pure shear.
  public var stability: [Stability]
  /// What its training did: stages, constraints, outliers, sizes, checkpoints.
  public var training: LawTraining
  /// How it came to be.
  public var provenance: Provenance
  /// Conformal bands and an ensemble; nil where there are none.
  public var trust: LawTrust?
  /// The geometry of its manifold, where it was measured.
  public var geometry: LawGeometry?
  /// How the law was trained where its data are states and not tests.
  public var states: StateTraining?
  /// How the law was identified where its data are displacement fields and net forces.
  public var fields: FieldTraining?
  /// The case behind an identification, with its files.
  var input: EmbeddedInput?

  /// Root mean square residual over the tests learned from, Pa.
  public var rmse: Double {
    states?.rmse ?? FittedTest.rmse(tests.filter { !$0.test.heldOut }) ?? 0
  }
  /// The same over the tests held out; nil where there are none.
  public var heldOutRMSE: Double? {
    states?.heldOutRMSE ?? FittedTest.rmse(tests.filter(\.test.heldOut))
  }

  /// Whether a stretch (or shear) in a mode lies in the covered region.
  public func covers(_ mode: HomogeneousMode, _ stretch: Double, second: Double = 1) -> Bool {
    let lateral = mode.lateralStretch(stretch, second: second)
    let F = mode.deformation(stretch, second: second, lateral: lateral)
    return coverage.covers(F.rightCauchyGreen)
  }

  /// Number of free numbers of the law.
  public var parameterCount: Int {
    switch law {
    case .learned(let law): return law.potential.weights.count + 2
    case .learnedAnisotropic(let law):
      return law.potential.weights.count + 2 + 2 * law.directions.count
    case .learnedSmallStrain(let law): return law.potential.weights.count
    case .stressMap(let law): return law.map.weights.count
    default: break
    }
    return law.parameters.filter { $0.name != "bulk" && $0.name != "lambda" }.count
  }

  /// The family in words.
  public var familyInWords: String {
    let architecture: StackedPotential.Architecture
    let what: String
    switch law {
    case .learned(let law): (architecture, what) = (law.potential.architecture, "the invariants")
    case .learnedAnisotropic(let law):
      let angles = law.directions.map { d in
        d.angleInPlane.map { "\(Show.number($0 * 180 / .pi, digits: 3))°" }
          ?? "(\(d.vector.map { Show.number($0, digits: 3) }.joined(separator: ", ")))"
      }
      architecture = law.potential.architecture
      what = "the invariants with fibres at \(angles.joined(separator: ", "))"
    case .learnedSmallStrain(let law):
      (architecture, what) = (law.potential.architecture, "the small strain")
    case .stressMap(let law):
      let widths = law.map.architecture.widths.map(String.init).joined(separator: "-")
      return "learned map strain → stress \(widths), no potential by construction"
    default: return "\(law.name) (\(parameterCount) parameters)"
    }
    let widths = architecture.widths.map(String.init).joined(separator: " × ")
    let kind = architecture.polyconvex ? "polyconvex" : "unconstrained"
    return "learned potential of \(what), \(kind), hidden layers of \(widths)"
  }
}

// MARK: - Writing

extension LawFile {
  /// Writes the whole file under a temporary name and renames it.
  /// - Throws: `StorageError` where the disk refuses.
  public func write(to path: String) throws {
    let file = try H5File.create(at: path)
    try provenance.write(to: file.root)
    try file.root.setAttribute("kind", "law")
    try file.root.setAttribute("name", name)
    try LawGroup.write(law, to: file.root.createGroup("law"))
    try file.root.write(
      "metric/reference_stiffness", law.stiffnessAtRest, shape: [6, 6], unit: "Pa")
    try writeTraining(to: file.root.createGroup("training"))
    try writeCoverage(to: file.root.createGroup("coverage"))
    for (i, test) in tests.enumerated() {
      try test.write(to: file.root.createGroup("tests/\(i)"))
    }
    try trust?.write(to: file.root)
    try input?.write(to: file.root)
    if let geometry { try GeometryGroup.write(geometry, to: file.root.createGroup("geometry")) }
    try file.commit()
  }

  private func writeTraining(to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("starts", starts)
    try group.setAttribute("fits", fits)
    try group.setAttribute("rmse_Pa", rmse)
    if let heldOutRMSE { try group.setAttribute("held_out_rmse_Pa", heldOutRMSE) }
    if let regularisation { try group.setAttribute("regularisation", regularisation) }
    try ConvergenceGroup.write([record], to: try group.createGroup("convergence"))
    try training.write(to: group)
    if let states { try states.write(to: group.createGroup("states")) }
    if let fields { try fields.write(to: group.createGroup("fields")) }
    guard !trials.isEmpty else { return }
    try group.write("trials/strength", trials.map(\.strength), unit: "1")
    try group.write("trials/held_out_error", trials.map(\.heldOutError), unit: "1")
    try group.write("trials/standard_error", trials.map(\.standardError), unit: "1")
  }

  private func writeCoverage(to group: borrowing H5Group) throws(StorageError) {
    let width = coverage.placement.width
    try group.write(
      "points", coverage.points, shape: [coverage.points.count / width, width], unit: "1")
    if case .fibres(let fibres) = coverage.placement {
      try group.write(
        "fibres", fibres.flatMap { [$0.x, $0.y, $0.z] }, shape: [fibres.count, 3], unit: "1")
    }
    try group.write("modes", coverage.ranges.map(\.mode.rawValue))
    try group.write("lower", coverage.ranges.map(\.lower), unit: "1")
    try group.write("upper", coverage.ranges.map(\.upper), unit: "1")
    guard !stability.isEmpty else { return }
    let sweep = try group.createGroup("stability")
    try sweep.write("modes", stability.map(\.mode.rawValue))
    try sweep.write("least_tangent", stability.map(\.tangent), unit: "Pa")
    try sweep.write("at_stretch", stability.map(\.stretch), unit: "1")
    try sweep.write("lower", stability.map(\.lower), unit: "1")
    try sweep.write("upper", stability.map(\.upper), unit: "1")
  }
}

// MARK: - Reading

extension LawFile {
  /// Reads a law file.
  /// - Throws: `StorageError` for a foreign or damaged file.
  public static func read(_ path: String) throws -> LawFile {
    let file = try H5File.open(at: path)
    guard file.root.hasAttribute("kind"), try file.root.stringAttribute("kind") == "law" else {
      throw StorageError(
        .foreign, file: path, what: "is not a law of deepmanifold",
        remedy: "give a file that 'deepmanifold fit' wrote")
    }
    let training = try file.root.group("training")
    let records = try ConvergenceGroup.read(training.group("convergence"))
    var tests: [FittedTest] = []
    if file.root.contains("tests") {
      let group = try file.root.group("tests")
      for i in try group.children().indices {
        tests.append(try FittedTest(group.group("\(i)")))
      }
    }
    return LawFile(
      name: try file.root.stringAttribute("name"), law: try LawGroup.read(file.root.group("law")),
      coverage: try readCoverage(file.root.group("coverage")), tests: tests,
      record: records.first ?? ConvergenceRecord(reason: .converged),
      starts: try training.intAttribute("starts"), fits: try training.intAttribute("fits"),
      regularisation: training.hasAttribute("regularisation")
        ? try training.doubleAttribute("regularisation") : nil,
      trials: try readTrials(training),
      stability: try readStability(file.root.group("coverage")),
      training: try LawTraining(training), provenance: try Provenance(file.root),
      trust: try LawTrust.read(file.root),
      geometry: file.root.contains("geometry")
        ? try GeometryGroup.read(file.root.group("geometry")) : nil,
      states: training.contains("states") ? try StateTraining(training.group("states")) : nil,
      fields: training.contains("fields") ? try FieldTraining(training.group("fields")) : nil,
      input: file.root.contains("input") ? try EmbeddedInput(file.root) : nil)
  }

  private static func readTrials(_ group: borrowing H5Group) throws -> [Trial] {
    guard group.contains("trials") else { return [] }
    let strength = try group.readDoubles("trials/strength").values
    let error = try group.readDoubles("trials/held_out_error").values
    let deviation = try group.readDoubles("trials/standard_error").values
    try check([strength.count, error.count, deviation.count], group)
    return strength.indices.map {
      Trial(strength: strength[$0], heldOutError: error[$0], standardError: deviation[$0])
    }
  }

  private static func readCoverage(_ group: borrowing H5Group) throws -> Coverage {
    let points = try group.readDoubles("points")
    var placement = CoveragePlacement.isotropic
    if group.contains("fibres") {
      let a = try group.readDoubles("fibres").values
      try check([a.count % 3, 0], group)
      placement = .fibres(
        stride(from: 0, to: a.count, by: 3).map { SIMD3(a[$0], a[$0 + 1], a[$0 + 2]) })
    }
    try check([points.values.count % placement.width, 0], group)
    let lower = try group.readDoubles("lower").values
    let upper = try group.readDoubles("upper").values
    let modes = try modes(group)
    try check([modes.count, lower.count, upper.count], group)
    return Coverage(
      points: points.values,
      ranges: modes.indices.map { .init(mode: modes[$0], lower: lower[$0], upper: upper[$0]) },
      placement: placement)
  }

  private static func readStability(_ coverage: borrowing H5Group) throws -> [Stability] {
    guard coverage.contains("stability") else { return [] }
    let group = try coverage.group("stability")
    let modes = try modes(group)
    let columns = try ["least_tangent", "at_stretch", "lower", "upper"].map {
      try group.readDoubles($0).values
    }
    try check([modes.count] + columns.map(\.count), group)
    return modes.indices.map {
      Stability(
        mode: modes[$0], tangent: columns[0][$0], stretch: columns[1][$0], lower: columns[2][$0],
        upper: columns[3][$0])
    }
  }

  private static func modes(_ group: borrowing H5Group) throws -> [HomogeneousMode] {
    try group.readStrings("modes").values.map { name in
      guard let mode = HomogeneousMode(rawValue: name) else {
        throw LawGroup.damaged(group, "'\(name)' is not a mode")
      }
      return mode
    }
  }

  private static func check(_ counts: [Int], _ group: borrowing H5Group) throws(StorageError) {
    guard Set(counts).count == 1 else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
  }
}
