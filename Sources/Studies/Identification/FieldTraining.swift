import ConstitutiveManifold
import FEM
import FixedPoint
import Identification
import Mechanics
import Storage

/// How a law was identified from displacement fields and net forces.
///
/// Group `training/fields` of the law's file:
///
///     @displacement_misfit @reaction_misfit    root mean squares, in standard deviations
///     @strength                                of the prior, and the strengths tried:
///     trials/strength, trials/log_evidence
///     parameters [p], covariance [p, p]        θ of the family and its posterior after Laplace
///     reference                                mu, lambda of the first stage, Pa
///     experiments/i    @name @points @outside @components @displacement_sd @force_sd
///       load_factor [L], force [L, R], fitted_force [L, R], displacement_misfit [L]
///       force_names [R]: "set x"
public struct FieldTraining: Sendable {
  /// One specimen: what was measured and what the law answers.
  public struct Experiment: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Points used, points outside of the mesh, components of their displacement.
    public var points: Int, outside: Int, components: String
    /// Standard deviations, m and N.
    public var deviation: Double, forceDeviation: Double
    /// Load factors of the levels.
    public var factors: [Double]
    /// "set x" of every net force.
    public var forceNames: [String]
    /// Measured and fitted forces, N, level by level.
    public var forces: [[Double]], fittedForces: [[Double]]
    /// Root mean square misfit of the displacements of each level, in standard deviations.
    public var misfits: [Double]
  }

  /// The specimens.
  public var experiments: [Experiment]
  /// Root mean squares over all, in standard deviations: about 1 where law and deviations are right.
  public var displacementMisfit: Double, reactionMisfit: Double
  /// The chosen strength of the prior, and all that were tried with ln of their evidence.
  public var strength: Double, trials: [FieldIdentification.Trial]
  /// Parameters of the law's family, and their covariance row by row.
  public var parameters: [Double], covariance: [Double]
  /// Neo-Hooke's moduli of the first stage, Pa.
  public var mu: Double, lambda: Double
  /// How the last fit ended, and its Jacobians.
  public var reason: ConvergenceRecord.Reason, iterations: Int

  /// Measured values that were not reached by the iteration; nil where it converged.
  public var failure: String? {
    reason == .converged || reason == .stagnated
      ? nil
      : "the last fit ended as '\(reason.rawValue)' after \(iterations) iterations; give more "
        + "law.iterations, fewer widths or a stronger prior"
  }

  /// Lines for people.
  var summary: [String] {
    var lines = experiments.map { e in
      "  \(e.name)  \(e.factors.count) levels of \(e.points) points "
        + "(\(e.components)) and \(e.forceNames.count) forces"
        + (e.outside > 0 ? "; \(e.outside) points lie outside of the mesh" : "")
    }
    lines.append(
      "  misfit in standard deviations: displacements \(Show.number(displacementMisfit, digits: 3)), "
        + "forces \(Show.number(reactionMisfit, digits: 3))")
    lines.append(
      "  prior \(Show.number(strength)), \(iterations) iterations of the last fit ("
        + reason.rawValue + ")")
    return lines
  }

  /// Figures of `identify --json`.
  func json(seconds: Double, coverage: Coverage) -> JSONValue {
    .object([
      ("status", .string(failure == nil ? "converged" : "not converged")),
      ("displacement misfit", .number(displacementMisfit)),
      ("force misfit", .number(reactionMisfit)), ("unit", "standard deviations"),
      ("strength", .number(strength)), ("iterations", JSONValue(iterations)),
      ("points", JSONValue(experiments.reduce(0) { $0 + $1.points })),
      ("outside", JSONValue(experiments.reduce(0) { $0 + $1.outside })),
      ("shear modulus", .number(mu)),
      (
        "covers",
        .object(
          coverage.ranges.map {
            ($0.mode.rawValue, .array([.number($0.lower), .number($0.upper)]))
          }
        )
      ),
      ("seconds", .number(seconds)),
    ])
  }
}

extension FieldTraining {
  /// From an identification; forces and misfits are computed again, by plain runs of the specimens.
  init(
    _ result: FieldIdentification.Result, _ prepared: IdentificationCase.Preparation
  ) throws {
    experiments = try prepared.experiments.map { try Experiment($0, law: result.law) }
    displacementMisfit = result.displacementMisfit
    reactionMisfit = result.reactionMisfit
    strength = result.strength
    trials = result.trials
    parameters = result.parameters
    covariance = result.covariance.values
    mu = result.reference.mu
    lambda = result.reference.lambda
    let record = result.stages.last!.record
    reason = record.reason
    iterations = record.iterations
  }
}

extension FieldTraining.Experiment {
  /// What the law answers to an experiment.
  init(_ prepared: IdentificationCase.Prepared, law: Law) throws {
    let e = prepared.experiment
    name = e.name
    points = e.points.count
    outside = prepared.outside
    components = e.components.map { Measurement.axes[$0] }.joined()
    deviation = e.deviation
    forceDeviation = e.reactionDeviation
    factors = e.levels.map(\.factor)
    forceNames = e.reactions.map { "\($0.set) \(Measurement.axes[$0.component])" }
    forces = e.levels.map(\.reactions)
    (fittedForces, misfits) = ([], [])
    var definition = e.definition
    for block in definition.mesh.blocks { definition.laws[block.name] = law }
    var model = try FEMModel(definition)
    for level in e.levels {
      guard model.run(from: model.loadFactor, to: level.factor) else {
        throw NotConverged(
          "experiment '\(name)': the law finds no equilibrium at load factor \(Show.number(level.factor))"
        )
      }
      fittedForces.append(try e.reactions.map { try model.reaction(on: $0.set)[$0.component] })
      var (sum, k) = (0.0, 0)
      for point in e.points {
        let u = try model.displacement(at: point)
        for c in e.components {
          let r = (u[c] - level.displacements[k]) / e.deviation
          sum += r * r
          k += 1
        }
      }
      misfits.append((sum / Double(max(k, 1))).squareRoot())
    }
  }
}

extension FEMModel {
  /// Walks from one load factor to another with cut-back; false where it does not arrive.
  fileprivate mutating func run(from: Double, to: Double) -> Bool {
    var (reached, increment) = (from, to - from)
    while reached < to {
      let next = min(to, reached + increment)
      if step(to: next).converged {
        reached = next
      } else {
        increment *= 0.5
        guard increment > 1e-3 * (to - from) else { return false }
      }
    }
    return true
  }
}

// MARK: - In the law's file

extension FieldTraining {
  func write(to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("displacement_misfit", displacementMisfit)
    try group.setAttribute("reaction_misfit", reactionMisfit)
    try group.setAttribute("strength", strength)
    try group.setAttribute("reason", reason.rawValue)
    try group.setAttribute("iterations", iterations)
    try group.write("trials/strength", trials.map(\.strength), unit: "1")
    try group.write("trials/log_evidence", trials.map(\.logEvidence), unit: "1")
    try group.write("parameters", parameters, unit: "1")
    try group.write("covariance", covariance, shape: [parameters.count, parameters.count])
    try group.write("reference", [mu, lambda], unit: "Pa")
    for (i, e) in experiments.enumerated() {
      try e.write(to: group.createGroup("experiments/\(i)"))
    }
  }

  /// Reads what `write` wrote.
  init(_ group: borrowing H5Group) throws {
    displacementMisfit = try group.doubleAttribute("displacement_misfit")
    reactionMisfit = try group.doubleAttribute("reaction_misfit")
    strength = try group.doubleAttribute("strength")
    let name = try group.stringAttribute("reason")
    reason = ConvergenceRecord.Reason(rawValue: name) ?? .iterationLimit
    iterations = try group.intAttribute("iterations")
    let strengths = try group.readDoubles("trials/strength").values
    let evidence = try group.readDoubles("trials/log_evidence").values
    parameters = try group.readDoubles("parameters").values
    covariance = try group.readDoubles("covariance").values
    let reference = try group.readDoubles("reference").values
    guard strengths.count == evidence.count, reference.count == 2,
      covariance.count == parameters.count * parameters.count
    else { throw LawGroup.damaged(group, "its arrays have different lengths") }
    trials = zip(strengths, evidence).map { .init(strength: $0, logEvidence: $1) }
    (mu, lambda) = (reference[0], reference[1])
    experiments = []
    guard group.contains("experiments") else { return }
    let all = try group.group("experiments")
    for i in try all.children().indices { experiments.append(try Experiment(all.group("\(i)"))) }
  }
}

extension FieldTraining.Experiment {
  func write(to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("name", name)
    try group.setAttribute("points", points)
    try group.setAttribute("outside", outside)
    try group.setAttribute("components", components)
    try group.setAttribute("displacement_sd", deviation)
    try group.setAttribute("force_sd", forceDeviation)
    try group.write("load_factor", factors, unit: "1")
    let shape = [factors.count, forceNames.count]
    try group.write("force_names", forceNames)
    try group.write("force", forces.flatMap { $0 }, shape: shape, unit: "N")
    try group.write("fitted_force", fittedForces.flatMap { $0 }, shape: shape, unit: "N")
    try group.write("displacement_misfit", misfits, unit: "1")
  }

  init(_ group: borrowing H5Group) throws {
    name = try group.stringAttribute("name")
    points = try group.intAttribute("points")
    outside = try group.intAttribute("outside")
    components = try group.stringAttribute("components")
    deviation = try group.doubleAttribute("displacement_sd")
    forceDeviation = try group.doubleAttribute("force_sd")
    factors = try group.readDoubles("load_factor").values
    forceNames = try group.readStrings("force_names").values
    misfits = try group.readDoubles("displacement_misfit").values
    let (L, R) = (factors.count, forceNames.count)
    let measured = try group.readDoubles("force").values
    let fitted = try group.readDoubles("fitted_force").values
    guard misfits.count == L, measured.count == L * R, fitted.count == L * R else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
    forces = (0..<L).map { Array(measured[R * $0..<R * ($0 + 1)]) }
    fittedForces = (0..<L).map { Array(fitted[R * $0..<R * ($0 + 1)]) }
  }
}
