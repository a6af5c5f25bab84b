import Geometry

/// Quantities of the last converged state that a person asks for by name.
extension FEMModel {
  /// Displacement in m at an undeformed point, interpolated in the cell that holds it.
  /// - Throws: `FEMError` where the point is outside the body.
  public func displacement(at point: SIMD3<Double>) throws(FEMError) -> SIMD3<Double> {
    let (nodes, N) = try locate(point)
    var u = SIMD3<Double>.zero
    for (n, weight) in zip(nodes, N) { u += weight * displacement(of: n) }
    return u
  }

  /// A nodal field (`width` numbers per node) at an undeformed point.
  public func interpolate(
    _ field: [Double], width: Int, at point: SIMD3<Double>
  ) throws(FEMError) -> [Double] {
    let (nodes, N) = try locate(point)
    return (0..<width).map { c in
      zip(nodes, N).reduce(0) { $0 + $1.1 * field[$1.0 * width + c] }
    }
  }

  /// Sum of the reactions on a named set in N: what the support does to the body.
  public func reaction(on set: String) throws(FEMError) -> SIMD3<Double> {
    try resultant(of: reactions, on: set)
  }

  /// Sum over a named set of forces on every dof, N.
  public func resultant(
    of forces: [Double], on set: String
  ) throws(FEMError) -> SIMD3<Double> {
    var sum = SIMD3<Double>.zero
    for n in try nodes(in: set) { for i in 0..<dimension { sum[i] += forces[n * dimension + i] } }
    return sum
  }

  /// Moment in N·m of the reactions on a named set about a point, with the deformed positions.
  public func moment(
    on set: String, about centre: SIMD3<Double>
  ) throws(FEMError) -> SIMD3<Double> {
    try moment(of: reactions, on: set, about: centre)
  }

  /// Moment about a point, in N·m, of those of the forces on every dof that act on a named set, at the
  /// deformed positions.
  public func moment(
    of forces: [Double], on set: String, about centre: SIMD3<Double>
  ) throws(FEMError) -> SIMD3<Double> {
    var sum = SIMD3<Double>.zero
    for n in try nodes(in: set) {
      let x = definition.mesh.points[n] + displacement(of: n) - centre
      var f = SIMD3<Double>.zero
      for i in 0..<dimension { f[i] = forces[n * dimension + i] }
      sum += SIMD3(x.y * f.z - x.z * f.y, x.z * f.x - x.x * f.z, x.x * f.y - x.y * f.x)
    }
    return sum
  }

  /// Node numbers of a named set.
  public func nodes(in set: String) throws(FEMError) -> [Int] {
    guard let nodes = definition.mesh.nodes(in: set) else {
      let known = Set(definition.mesh.nodeSets.keys).union(definition.mesh.facetSets.keys)
      throw Validation.unknownSet("probe", set, Array(known))
    }
    return nodes
  }

  private func locate(
    _ point: SIMD3<Double>
  ) throws(FEMError) -> (nodes: [Int], weights: [Double]) {
    guard let place = definition.mesh.locate(point) else {
      throw FEMError(
        "probe point (\(point.x), \(point.y), \(point.z))", "is outside the body",
        "give a point of the undeformed body, in m")
    }
    let block = definition.mesh.blocks[place.block]
    return (
      block.nodes(of: place.cell).map { Int($0) },
      block.shape.shapeFunctions(at: place.reference).values
    )
  }
}
