import Storage

// The group `strength_reduction` of a run that searched a factor of safety: attributes
// `factor_of_safety`, `standing` and `failing` where they were found, `shown` (the factor of the run
// in the file), `seated`; and per trial
//
//   factor, time, moved, kinetic, stands, converged

/// A search for the factor of safety in a file.
enum StrengthGroup {
  static let name = "strength_reduction"

  static func write(_ search: StrengthSearch, to root: borrowing H5Group) throws {
    let group = try root.createGroup(name)
    for (key, value) in [
      ("factor_of_safety", search.factor), ("standing", search.standing),
      ("failing", search.failing), ("shown", search.shown),
    ] {
      if let value { try group.setAttribute(key, value) }
    }
    try group.setAttribute("seated", search.seated ? 1 : 0)
    try group.write("factor", search.trials.map(\.factor), unit: "1")
    try group.write("time", search.trials.map(\.time), unit: "s")
    try group.write("moved", search.trials.map(\.moved), unit: "m")
    try group.write("kinetic", search.trials.map(\.kinetic), unit: "J")
    try group.write("stands", search.trials.map { Int64($0.stands ? 1 : 0) })
    try group.write("converged", search.trials.map { Int64($0.converged ? 1 : 0) })
  }

  /// Nil where the run searched nothing.
  static func read(_ root: borrowing H5Group) throws -> StrengthSearch? {
    guard root.contains(name) else { return nil }
    let group = try root.group(name)
    let numbers = try ["factor", "time", "moved", "kinetic"].map {
      try group.readDoubles($0).values
    }
    let flags = try ["stands", "converged"].map {
      try group.read($0, as: Int64.self).values.map { $0 != 0 }
    }
    let count = numbers[0].count
    guard numbers.allSatisfy({ $0.count == count }), flags.allSatisfy({ $0.count == count }) else {
      throw StorageError(
        .damaged, file: group.file, path: group.path, what: "has lists of several lengths",
        remedy: "run the case again")
    }
    func end(_ key: String) throws -> Double? {
      group.hasAttribute(key) ? try group.doubleAttribute(key) : nil
    }
    return StrengthSearch(
      standing: try end("standing"), failing: try end("failing"),
      seated: try group.intAttribute("seated") != 0,
      trials: (0..<count).map {
        .init(
          factor: numbers[0][$0], time: numbers[1][$0], moved: numbers[2][$0],
          kinetic: numbers[3][$0], stands: flags[0][$0], converged: flags[1][$0])
      })
  }
}
