import ConstitutiveManifold
import Storage

/// The group `training/checkpoints` of a law's file: the path of training.
///
///     @measured      how many predictions belong to measured points; the rest are probe states
///     stages, iterations [m]
///     parameters [m, unknowns], predictions [m, numbers], standard_deviations [numbers]   Pa
enum CheckpointGroup {
  static func write(
    _ c: TrainingCheckpoints, to group: borrowing H5Group
  ) throws(StorageError) {
    let m = c.stages.count
    try group.setAttribute("measured", c.measuredCount)
    try group.write("stages", c.stages.map(\.rawValue))
    try group.write("iterations", c.iterations.map { Int64($0) })
    try group.write(
      "parameters", c.parameters.flatMap { $0 }, shape: [m, c.parameters.first?.count ?? 0],
      unit: "1")
    try group.write(
      "predictions", c.predictions.flatMap { $0 }, shape: [m, c.standardDeviations.count],
      unit: "Pa")
    try group.write("standard_deviations", c.standardDeviations, unit: "Pa")
  }

  static func read(_ group: borrowing H5Group) throws -> TrainingCheckpoints {
    let stages = try group.readStrings("stages").values.map { name in
      guard let stage = TrainingStage(rawValue: name) else {
        throw LawGroup.damaged(group, "'\(name)' is not a stage")
      }
      return stage
    }
    let iterations = try group.read("iterations", as: Int64.self).values.map { Int($0) }
    let deviations = try group.readDoubles("standard_deviations").values
    let m = stages.count
    func rows(_ name: String, width: Int?) throws -> [[Double]] {
      let values = try group.readDoubles(name).values
      guard m > 0, values.count % m == 0, width == nil || values.count == m * width! else {
        throw LawGroup.damaged(group, "'\(name)' does not have \(m) rows")
      }
      let n = values.count / m
      return (0..<m).map { Array(values[n * $0..<n * ($0 + 1)]) }
    }
    guard iterations.count == m, deviations.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw LawGroup.damaged(group, "its arrays do not fit each other")
    }
    return TrainingCheckpoints(
      stages: stages, iterations: iterations, parameters: try rows("parameters", width: nil),
      predictions: try rows("predictions", width: deviations.count),
      standardDeviations: deviations, measuredCount: try group.intAttribute("measured"))
  }
}
