import ConstitutiveManifold
import FixedPoint
import Storage

/// What the training of a law did, as its file and its report tell it.
///
/// Groups below `training` of the law's file:
///
///     stages/i         @stage @description @states @alpha @beta @misfit_unit @misfit_before @misfit_after
///                      @earlier_before @earlier_after @parameter_movement @response_movement
///       convergence, constraints
///     constraints      names, kinds, counts, residuals, multipliers, tolerances
///     outliers         tests, points, stretches, deviations, weights
///     sizes/i          @held_out_error @standard_error @widths
///     checkpoints      stages, iterations, parameters [c, p], predictions [c, n], standard_deviations [n],
///                      @measured_count
public struct LawTraining: Sendable, Equatable {
  /// What each stage did, in order; empty for classical laws.
  public var stages: [StageRecord] = []
  /// Every constraint with residual and multiplier.
  public var constraints: [ConstraintReport] = []
  /// Stresses that a robust fit set aside.
  public var outliers: [Outlier] = []
  /// The path of training.
  public var checkpoints: TrainingCheckpoints?
  /// Sizes that were tried.
  public var sizes: [SizeTrial] = []
  /// Estimated stress noise, a share of the stress.
  public var stressNoise: Double?
  /// Whether the data refused a polyconvex law.
  public var relaxedSigns = false
  /// Points that said nothing of the law.
  public var silentPoints = 0

  /// An empty record.
  public init() {}

  init(_ result: FitResult) {
    stages = result.stages
    constraints = result.constraints
    outliers = result.outliers
    checkpoints = result.checkpoints
    sizes = result.sizes
    stressNoise = result.stressNoise
    relaxedSigns = result.relaxedSigns
    silentPoints = result.silentPoints
  }

  /// Lines for people: only what is out of the ordinary.
  var summary: [String] {
    var out: [String] = []
    if relaxedSigns {
      out.append("  the data refuse a polyconvex law of these invariants: the signs were set free")
    }
    if let stressNoise {
      out.append("  stress noise estimated at \(Show.number(100 * stressNoise, digits: 3)) %")
    }
    if silentPoints > 0 {
      out.append(
        "  \(silentPoints) points say nothing: the stress of an incompressible material is known up to "
          + "a pressure, and only one stress was observed")
    }
    for outlier in outliers {
      out.append(
        "  outlier: \(outlier.test), point \(outlier.point + 1) at \(Show.number(outlier.stretch)), "
          + "\(Show.number(outlier.deviations, digits: 3)) deviations off")
    }
    for constraint in constraints where !constraint.isSatisfied {
      out.append(
        "  constraint violated: \(constraint.name), by \(Show.number(constraint.residual, digits: 3))"
      )
    }
    return out
  }
}

// MARK: - Writing

extension LawTraining {
  func write(to group: borrowing H5Group) throws(StorageError) {
    if let stressNoise { try group.setAttribute("stress_noise", stressNoise) }
    try group.setAttribute("relaxed_signs", relaxedSigns ? 1 : 0)
    try group.setAttribute("silent_points", silentPoints)
    for (i, stage) in stages.enumerated() {
      try LawTraining.write(stage, to: group.createGroup("stages/\(i)"))
    }
    if !constraints.isEmpty {
      try LawTraining.write(constraints, to: group.createGroup("constraints"))
    }
    if !outliers.isEmpty {
      let own = try group.createGroup("outliers")
      try own.write("tests", outliers.map(\.test))
      try own.write("points", outliers.map { Int64($0.point) })
      try own.write("stretches", outliers.map(\.stretch), unit: "1")
      try own.write("deviations", outliers.map(\.deviations), unit: "1")
      try own.write("weights", outliers.map(\.weight), unit: "1")
    }
    for (i, size) in sizes.enumerated() {
      let own = try group.createGroup("sizes/\(i)")
      try own.setAttribute("widths", size.widths.map { Int64($0) })
      try own.setAttribute("held_out_error", size.heldOutError)
      try own.setAttribute("standard_error", size.standardError)
    }
    if let checkpoints, !checkpoints.parameters.isEmpty {
      try LawTraining.write(checkpoints, to: group.createGroup("checkpoints"))
    }
  }

  private static func write(
    _ stage: StageRecord, to group: borrowing H5Group
  ) throws(StorageError) {
    try group.setAttribute("stage", stage.stage.rawValue)
    try group.setAttribute("description", stage.description)
    try group.setAttribute("states", stage.states)
    if let weights = stage.weights {
      try group.setAttribute("alpha", weights.alpha)
      try group.setAttribute("beta", weights.beta)
    }
    try group.setAttribute("misfit_unit", stage.misfitUnit)
    try group.setAttribute("misfit_before", stage.misfitBefore)
    try group.setAttribute("misfit_after", stage.misfitAfter)
    if let before = stage.earlierMisfitBefore, let after = stage.earlierMisfitAfter {
      try group.setAttribute("earlier_before", before)
      try group.setAttribute("earlier_after", after)
    }
    try group.setAttribute("parameter_movement", stage.parameterMovement)
    try group.setAttribute("response_movement", stage.responseMovement)
    try ConvergenceGroup.write([stage.record], to: group.createGroup("convergence"))
    if !stage.constraints.isEmpty {
      try write(stage.constraints, to: group.createGroup("constraints"))
    }
  }

  private static func write(
    _ constraints: [ConstraintReport], to group: borrowing H5Group
  ) throws(StorageError) {
    try group.write("names", constraints.map(\.name))
    try group.write("kinds", constraints.map(\.kind.rawValue))
    try group.write("counts", constraints.map { Int64($0.count) })
    try group.write("residuals", constraints.map(\.residual))
    try group.write("multipliers", constraints.map(\.multiplier))
    try group.write("tolerances", constraints.map(\.tolerance))
  }

  private static func write(
    _ path: TrainingCheckpoints, to group: borrowing H5Group
  ) throws(StorageError) {
    let count = path.parameters.count
    try group.write("stages", path.stages.map(\.rawValue))
    try group.write("iterations", path.iterations.map { Int64($0) })
    try group.write(
      "parameters", path.parameters.flatMap { $0 }, shape: [count, path.parameters[0].count])
    try group.write(
      "predictions", path.predictions.flatMap { $0 }, shape: [count, path.predictions[0].count],
      unit: "Pa")
    try group.write("standard_deviations", path.standardDeviations, unit: "Pa")
    try group.setAttribute("measured_count", path.measuredCount)
  }
}

// MARK: - Reading

extension LawTraining {
  /// Reads what `write` wrote; empty from files that have none of it.
  init(_ group: borrowing H5Group) throws {
    if group.hasAttribute("stress_noise") {
      stressNoise = try group.doubleAttribute("stress_noise")
    }
    if group.hasAttribute("relaxed_signs") {
      relaxedSigns = try group.intAttribute("relaxed_signs") != 0
      silentPoints = try group.intAttribute("silent_points")
    }
    if group.contains("stages") {
      let all = try group.group("stages")
      for i in try all.children().indices {
        stages.append(try LawTraining.readStage(all.group("\(i)")))
      }
    }
    constraints = try LawTraining.readConstraints(group)
    if group.contains("outliers") { outliers = try LawTraining.readOutliers(group) }
    if group.contains("sizes") {
      let all = try group.group("sizes")
      for i in try all.children().indices {
        let own = try all.group("\(i)")
        sizes.append(
          SizeTrial(
            widths: try own.intsAttribute("widths").map { Int($0) },
            heldOutError: try own.doubleAttribute("held_out_error"),
            standardError: try own.doubleAttribute("standard_error")))
      }
    }
    if group.contains("checkpoints") {
      checkpoints = try LawTraining.readCheckpoints(group.group("checkpoints"))
    }
  }

  private static func readStage(_ group: borrowing H5Group) throws -> StageRecord {
    guard let stage = TrainingStage(rawValue: try group.stringAttribute("stage")) else {
      throw LawGroup.damaged(group, "its stage is unknown")
    }
    func optional(_ name: String) throws -> Double? {
      group.hasAttribute(name) ? try group.doubleAttribute(name) : nil
    }
    var weights: StageWeights?
    if let alpha = try optional("alpha"), let beta = try optional("beta") {
      weights = StageWeights(alpha: alpha, beta: beta)
    }
    let records = try ConvergenceGroup.read(group.group("convergence"))
    return StageRecord(
      stage: stage, weights: weights, states: try group.intAttribute("states"),
      description: try group.stringAttribute("description"),
      misfitBefore: try group.doubleAttribute("misfit_before"),
      misfitAfter: try group.doubleAttribute("misfit_after"),
      misfitUnit: try group.stringAttribute("misfit_unit"),
      earlierMisfitBefore: try optional("earlier_before"),
      earlierMisfitAfter: try optional("earlier_after"),
      parameterMovement: try group.doubleAttribute("parameter_movement"),
      responseMovement: try group.doubleAttribute("response_movement"),
      constraints: try readConstraints(group),
      record: records.first ?? ConvergenceRecord(reason: .converged))
  }

  private static func readConstraints(
    _ parent: borrowing H5Group
  ) throws -> [ConstraintReport] {
    guard parent.contains("constraints") else { return [] }
    let group = try parent.group("constraints")
    let names = try group.readStrings("names").values
    let kinds = try group.readStrings("kinds").values
    let counts = try group.read("counts", as: Int64.self).values
    let columns = try ["residuals", "multipliers", "tolerances"].map {
      try group.readDoubles($0).values
    }
    guard Set([names.count, kinds.count, counts.count] + columns.map(\.count)).count == 1 else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
    return try names.indices.map { i in
      guard let kind = Constraint.Kind(rawValue: kinds[i]) else {
        throw LawGroup.damaged(group, "'\(kinds[i])' is no kind of constraint")
      }
      return ConstraintReport(
        name: names[i], kind: kind, count: Int(counts[i]), residual: columns[0][i],
        multiplier: columns[1][i], tolerance: columns[2][i])
    }
  }

  private static func readOutliers(_ parent: borrowing H5Group) throws -> [Outlier] {
    let group = try parent.group("outliers")
    let tests = try group.readStrings("tests").values
    let points = try group.read("points", as: Int64.self).values
    let columns = try ["stretches", "deviations", "weights"].map {
      try group.readDoubles($0).values
    }
    guard Set([tests.count, points.count] + columns.map(\.count)).count == 1 else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
    return tests.indices.map { i in
      Outlier(
        test: tests[i], point: Int(points[i]), stretch: columns[0][i],
        deviations: columns[1][i], weight: columns[2][i])
    }
  }

  private static func readCheckpoints(
    _ group: borrowing H5Group
  ) throws -> TrainingCheckpoints {
    let stages = try group.readStrings("stages").values
    let iterations = try group.read("iterations", as: Int64.self).values
    let parameters = try group.readDoubles("parameters")
    let predictions = try group.readDoubles("predictions")
    let deviations = try group.readDoubles("standard_deviations").values
    let count = stages.count
    guard iterations.count == count, parameters.shape.count == 2, predictions.shape.count == 2,
      parameters.shape[0] == count, predictions.shape[0] == count,
      deviations.count == predictions.shape[1]
    else { throw LawGroup.damaged(group, "its arrays have different lengths") }
    func rows(_ values: [Double], _ width: Int) -> [[Double]] {
      (0..<count).map { Array(values[width * $0..<width * ($0 + 1)]) }
    }
    return TrainingCheckpoints(
      stages: try stages.map { name in
        guard let stage = TrainingStage(rawValue: name) else {
          throw LawGroup.damaged(group, "'\(name)' is no stage")
        }
        return stage
      }, iterations: iterations.map { Int($0) },
      parameters: rows(parameters.values, parameters.shape[1]),
      predictions: rows(predictions.values, predictions.shape[1]), standardDeviations: deviations,
      measuredCount: try group.intAttribute("measured_count"))
  }
}
