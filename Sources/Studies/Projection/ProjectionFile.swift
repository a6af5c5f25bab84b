import Foundation
import Manifold
import Mechanics
import Storage

/// Some projected states with what was observed: SI, Mandel order.
struct ProjectionPart {
  let observed: ObservedStates
  let states: ProjectedStates
  /// Distance of every state from the data of the law (see `Coverage`).
  let distancesFromData: [Double]

  /// What its own scatter says covariances are to be multiplied by; nil with standard deviations.
  var ownScale: Double? {
    observed.observations.deviations == nil ? states.scatter ?? 1 : nil
  }

  /// Covariances times the scatter of the data, where that takes the place of standard deviations.
  func covariance(scale: Double) -> [Double] {
    guard observed.observations.deviations == nil else { return states.covariance }
    return states.covariance.map { $0.isInfinite ? $0 : scale * $0 }
  }

  /// Stretch along 1 and nominal stress along 1 of a projected test point: λ = e^{H_11} and
  /// P = (T_11 − T_33)/λ, the stress of a specimen whose third face is free.
  func projectedPoint(_ p: Int) -> (stretch: Double, nominal: Double) {
    let z = states.state(p)
    let stretch = exp(z[0])
    return (stretch, (z[6] - z[8]) / stretch)
  }

  /// The states as a table: tensor components with their standard deviations, stresses in MPa; an empty
  /// cell where a component is not determined.
  func csv(scale: Double, withHead: Bool) -> String {
    let tests = observed.tests
    var heads = ["name"]
    for (i, name) in StateExpression.names.enumerated() {
      let unit = i < 6 ? "-" : "MPa"
      heads += ["\(name) [\(unit)]", "\(name)_sd [\(unit)]"]
    }
    heads += ["square_distance [\(observed.observations.deviations == nil ? "J/m3" : "-")]"]
    heads += ["distance_from_data [-]", "expansion [-]", "converged"]
    if tests != nil { heads += ["stretch [-]", "nominal_stress [MPa]"] }
    let variances = covariance(scale: scale)
    var lines = withHead ? [heads.joined(separator: ",")] : []
    for p in 0..<states.count {
      let z = states.state(p)
      var cells = [observed.names[p].replacingOccurrences(of: ",", with: ";")]
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

/// Appends projected states to their file.
struct ProjectionWriter {
  /// Whether strains are Hencky strains ½ ln C and stresses their conjugates, not small strains.
  let isHencky: Bool
  /// The constraints that were added.
  let holds: [String]
  /// What covariances are multiplied by; nil with standard deviations.
  var scale: Double?
  private var points: [ObservedStates.TestPoint] = []
  private var projected: [(stretch: Double, nominal: Double)] = []

  /// More than a state takes in the file: 12 numbers, their covariance, what was observed and constraints.
  static let bytesPerState = 4096

  init(isHencky: Bool, holds: [String]) {
    self.isHencky = isHencky
    self.holds = holds
  }

  /// Appends one part.
  mutating func append(_ part: ProjectionPart, to root: borrowing H5Group) throws {
    let states = part.states
    let energy = part.observed.observations.deviations == nil ? "J/m3" : "1"
    try root.append("strain", states.coordinates, rowShape: [6], unit: "1")
    try root.append("stress", states.responses, rowShape: [6], unit: "Pa")
    try root.append("square_distance", states.squareDistance, unit: energy)
    try root.append("distance_from_data", part.distancesFromData, unit: "1")
    try root.append("covariance", part.covariance(scale: scale ?? 1), rowShape: [12, 12])
    try root.append("expansion", states.expansion, unit: "1")
    try root.append("singular_values", states.singularValues, rowShape: [6], unit: "1")
    try root.append(
      "undetermined", states.undetermined.map { UInt8($0 ? 1 : 0) }, rowShape: [12])
    try root.append("degrees_of_freedom", states.degreesOfFreedom.map { Int64($0) })
    try root.append("converged", states.converged.map { UInt8($0 ? 1 : 0) })
    try root.append("iterations", states.iterations.map { Int64($0) })
    try root.append("residual", states.residual, unit: "1")
    try appendObserved(part, to: root.createGroup("observed"))
    if let tests = part.observed.tests {
      points += tests
      projected += tests.indices.map(part.projectedPoint)
    }
  }

  /// What was observed, so that the file stands alone and can be projected again.
  private func appendObserved(_ part: ProjectionPart, to group: borrowing H5Group) throws {
    let o = part.observed.observations
    func half(_ list: [Double], _ first: Int) -> [Double] {
      (0..<o.count).flatMap { list[12 * $0 + first..<12 * $0 + first + 6] }
    }
    try group.append("strain", half(o.values, 0), rowShape: [6], unit: "1")
    try group.append("stress", half(o.values, 6), rowShape: [6], unit: "Pa")
    if let deviations = o.deviations {
      try group.append("strain_sd", half(deviations, 0), rowShape: [6], unit: "1")
      try group.append("stress_sd", half(deviations, 6), rowShape: [6], unit: "Pa")
    }
    let (k, q) = (o.constraintCount, o.combinationCount)
    if k > 0 {
      try once("constraints/matrix", o.constraints.matrix, [k, 12], group)
      try group.append("constraints/values", o.constraints.values, rowShape: [k])
    }
    if q > 0 {
      try once("combinations/matrix", o.combinations.matrix, [q, 12], group)
      try group.append("combinations/values", o.combinations.values, rowShape: [q])
      if let spread = o.combinationDeviations {
        try group.append("combinations/sd", spread, rowShape: [q])
      }
    }
  }

  private func once(
    _ name: String, _ values: [Double], _ shape: [Int], _ group: borrowing H5Group
  ) throws(StorageError) {
    if !group.contains(name) { try group.write(name, values, shape: shape) }
  }

  /// Writes what is known at the end.
  func finish(
    _ record: ProjectionRecord, names: [String]?, to root: borrowing H5Group
  ) throws {
    if let names { try root.write("name", names) }
    try root.setAttribute("measure", isHencky ? "hencky" : "small strain")
    try record.provenance.write(to: root)
    if let scatter = record.scatter { try root.setAttribute("scatter", scatter) }
    try root.setAttribute("covariance_scale", scale ?? 1)
    try ConvergenceGroup.write([record.convergence], to: root.createGroup("convergence"))
    let observed = try root.createGroup("observed")
    try observed.setAttribute("components", "mandel")
    if !holds.isEmpty { try observed.write("holds", holds) }
    guard !points.isEmpty else { return }
    let group = try root.createGroup("tests")
    try group.write("test", points.map(\.test))
    try group.write("mode", points.map(\.mode.rawValue))
    try group.write("stretch", points.map(\.stretch), unit: "1")
    try group.write("nominal_stress", points.map(\.nominal), unit: "Pa")
    try group.write("projected_stretch", projected.map(\.stretch), unit: "1")
    try group.write("projected_nominal_stress", projected.map(\.nominal), unit: "Pa")
  }
}

/// Files of projected states.
enum ProjectionFile {
  /// Whether a file holds projected states.
  static func isProjection(_ root: borrowing H5Group) -> Bool {
    root.hasAttribute("kind") && (try? root.stringAttribute("kind")) == "projection"
  }
}
