import FixedPoint
import Foundation
import Manifold
import Mechanics
import Storage

/// Projected states with what was observed, as a file holds them: SI, Mandel order.
public struct ProjectionFile: Sendable {
  let observations: Observations
  let names: [String]
  let tests: [ObservedStates.TestPoint]?
  /// The states.
  public let states: ProjectedStates
  /// Distance of every state from the data of the law (see `Coverage`).
  public let distancesFromData: [Double]
  /// Whether strains are Hencky strains ½ ln C and stresses their conjugates, not small strains.
  public let isHencky: Bool
  /// The law's name and file, the file of observations, the constraints that were added.
  public let lawName: String, lawFile: String, source: String, holds: [String]
  /// How it came to be.
  public let provenance: Provenance

  /// What did not converge, one line; nil where all did.
  public var failure: String? {
    let bad = states.converged.indices.filter { !states.converged[$0] }
    guard let first = bad.first else { return nil }
    return "\(bad.count) of \(states.count) states did not converge, the first is observation "
      + "'\(names[first])'; its constraints may contradict each other"
  }

  /// States outside of the region that the law's data covered.
  var outsideCount: Int { distancesFromData.count { $0 > 0.02 } }

  /// Components that some observation leaves open, with the number of observations.
  var openComponents: [(name: String, count: Int)] {
    (0..<12).compactMap { c in
      let count = (0..<states.count).count { states.undetermined[12 * $0 + c] }
      return count > 0 ? (StateExpression.names[c], count) : nil
    }
  }

  /// A few lines for people.
  public var summary: String {
    let N = states.count
    var lines = ["\(source): \(N) observations onto \(lawName)"]
    let steps = states.iterations.max() ?? 0
    lines.append(
      "  \(states.converged.count { $0 }) converged in at most \(steps) corrections, residual "
        + "\(Show.number(states.residual.max() ?? 0, digits: 2))")
    if let scatter = states.scatter {
      lines.append(
        observations.deviations == nil
          ? "  scatter about the law \(Show.number(scatter.squareRoot(), digits: 3)) sqrt(J/m3) per direction"
          : "  chi square \(Show.number(scatter, digits: 3)) per degree of freedom")
    }
    lines.append(
      "  the projection stretches by at most \(Show.number(states.expansion.max() ?? 0, digits: 4))"
    )
    for (name, count) in openComponents {
      lines.append("  not determined: \(name) in \(count) of \(N)")
    }
    if outsideCount > 0 {
      lines.append("  \(outsideCount) states lie outside of what the law's data covered")
    }
    return lines.joined(separator: "\n")
  }

  /// Figures of `project --json`.
  public var json: JSONValue {
    .object([
      ("status", failure == nil ? "converged" : "not converged"),
      ("observations", JSONValue(states.count)),
      ("converged", JSONValue(states.converged.count { $0 })),
      ("iterations", JSONValue(states.iterations.max() ?? 0)),
      ("residual", .number(states.residual.max() ?? 0)),
      ("expansion", .number(states.expansion.max() ?? 0)),
      ("scatter", states.scatter.map { .number($0) } ?? .null),
      ("open", JSONValue(states.openCount)),
      (
        "not determined",
        .object(openComponents.map { ($0.name, JSONValue($0.count)) })
      ),
      ("outside", JSONValue(outsideCount)), ("seconds", .number(provenance.seconds)),
    ])
  }
}

extension ProjectionFile {
  /// The states as a table: tensor components with their standard deviations, stresses in MPa; an empty
  /// cell where a component is not determined.
  public var csv: String {
    var heads = ["name"]
    for (i, name) in StateExpression.names.enumerated() {
      let unit = i < 6 ? "-" : "MPa"
      heads += ["\(name) [\(unit)]", "\(name)_sd [\(unit)]"]
    }
    heads += ["square_distance [\(observations.deviations == nil ? "J/m3" : "-")]"]
    heads += ["distance_from_data [-]", "expansion [-]", "converged"]
    if tests != nil { heads += ["stretch [-]", "nominal_stress [MPa]"] }
    let variances = covariance
    var lines = [heads.joined(separator: ",")]
    for p in 0..<states.count {
      let z = states.state(p)
      var cells = [names[p].replacingOccurrences(of: ",", with: ";")]
      for i in 0..<12 {
        let scale = 1 / StateExpression.mandel(i) * (i < 6 ? 1 : 1e-6)
        let isOpen = states.undetermined[12 * p + i]
        cells.append(isOpen ? "" : "\(scale * z[i])")
        cells.append(isOpen ? "" : "\(scale * variances[144 * p + 13 * i].squareRoot())")
      }
      cells += ["\(states.squareDistance[p])", "\(distancesFromData[p])"]
      cells += ["\(states.expansion[p])", states.converged[p] ? "1" : "0"]
      if tests != nil {
        let point = projectedPoint(p)
        cells += ["\(point.stretch)", "\(point.nominal / 1e6)"]
      }
      lines.append(cells.joined(separator: ","))
    }
    return lines.joined(separator: "\n")
  }
}

// MARK: - Writing

extension ProjectionFile {
  /// Writes the whole file to a path.
  func write(to path: String) throws {
    let file = try H5File.create(at: path)
    try write(into: file.root)
    try file.commit()
  }

  private func write(into root: borrowing H5Group) throws {
    let N = states.count
    try provenance.write(to: root)
    try root.setAttribute("kind", "projection")
    try root.setAttribute("components", "mandel")
    try root.setAttribute("measure", isHencky ? "hencky" : "small strain")
    try root.setAttribute("law_name", lawName)
    try root.setAttribute("law_file", lawFile)
    try root.setAttribute("source", source)
    try root.write("name", names)
    try root.write("strain", states.coordinates, shape: [N, 6], unit: "1")
    try root.write("stress", states.responses, shape: [N, 6], unit: "Pa")
    let hasDeviations = observations.deviations != nil
    let energy = hasDeviations ? "1" : "J/m3"
    try root.write("square_distance", states.squareDistance, unit: energy)
    try root.write("distance_from_data", distancesFromData, unit: "1")
    try root.write("covariance", covariance, shape: [N, 12, 12])
    if let scatter = states.scatter { try root.setAttribute("scatter", scatter) }
    try root.setAttribute("covariance_scale", hasDeviations ? 1 : states.scatter ?? 1)
    try root.write("expansion", states.expansion, unit: "1")
    try root.write("singular_values", states.singularValues, shape: [N, 6], unit: "1")
    try root.write(
      "undetermined", states.undetermined.map { UInt8($0 ? 1 : 0) }, shape: [N, 12])
    try root.write("degrees_of_freedom", states.degreesOfFreedom.map { Int64($0) })
    try root.write("converged", states.converged.map { UInt8($0 ? 1 : 0) })
    try root.write("iterations", states.iterations.map { Int64($0) })
    try root.write("residual", states.residual, unit: "1")
    try ConvergenceGroup.write([states.record], to: root.createGroup("convergence"))
    try writeObserved(root.createGroup("observed"))
    if let tests { try write(tests, to: root.createGroup("tests")) }
  }

  /// Without standard deviations the data's own scatter about the law takes their place.
  private var covariance: [Double] {
    guard observations.deviations == nil, let scale = states.scatter else {
      return states.covariance
    }
    return states.covariance.map { $0.isInfinite ? $0 : scale * $0 }
  }

  /// What was observed, so that the file stands alone and can be projected again.
  private func writeObserved(_ group: borrowing H5Group) throws {
    let N = states.count
    func half(_ list: [Double], _ first: Int) -> [Double] {
      (0..<N).flatMap { list[12 * $0 + first..<12 * $0 + first + 6] }
    }
    try group.setAttribute("components", "mandel")
    if !holds.isEmpty { try group.write("holds", holds) }
    try group.write("strain", half(observations.values, 0), shape: [N, 6], unit: "1")
    try group.write("stress", half(observations.values, 6), shape: [N, 6], unit: "Pa")
    if let deviations = observations.deviations {
      try group.write("strain_sd", half(deviations, 0), shape: [N, 6], unit: "1")
      try group.write("stress_sd", half(deviations, 6), shape: [N, 6], unit: "Pa")
    }
    let (k, q) = (observations.constraintCount, observations.combinationCount)
    if k > 0 {
      try group.write("constraints/matrix", observations.constraints.matrix, shape: [k, 12])
      try group.write("constraints/values", observations.constraints.values, shape: [N, k])
    }
    if q > 0 {
      try group.write("combinations/matrix", observations.combinations.matrix, shape: [q, 12])
      try group.write("combinations/values", observations.combinations.values, shape: [N, q])
      if let spread = observations.combinationDeviations {
        try group.write("combinations/sd", spread, shape: [N, q])
      }
    }
  }

  /// Stretch and nominal stress of every test, observed and projected.
  private func write(_ tests: [ObservedStates.TestPoint], to group: borrowing H5Group) throws {
    try group.write("test", tests.map(\.test))
    try group.write("mode", tests.map(\.mode.rawValue))
    try group.write("stretch", tests.map(\.stretch), unit: "1")
    try group.write("nominal_stress", tests.map(\.nominal), unit: "Pa")
    let projected = tests.indices.map(projectedPoint)
    try group.write("projected_stretch", projected.map(\.stretch), unit: "1")
    try group.write("projected_nominal_stress", projected.map(\.nominal), unit: "Pa")
  }
}

// MARK: - Reading

extension ProjectionFile {
  /// Whether a file holds projected states.
  static func isProjection(_ root: borrowing H5Group) -> Bool {
    root.hasAttribute("kind") && (try? root.stringAttribute("kind")) == "projection"
  }
}
