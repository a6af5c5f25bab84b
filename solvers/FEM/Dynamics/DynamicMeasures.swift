import Geometry

/// What a person or a neighbour asks a moving body.
extension DynamicModel {
  /// ½ v·M v, J.
  public var kineticEnergy: Double { energy.kinetic }
  /// Strain energy of the cells, J.
  public var strainEnergy: Double { energy.strain }
  /// Lost to damping since the start, J.
  public var dampedEnergy: Double { energy.damped }
  /// Work of loads since the start, J.
  public var externalWork: Double { energy.external }
  /// Work done on the body at guided dofs since the start, J.
  public var guidedWork: Double { energy.guided }
  /// Mass of the body, kg (in the plane per thickness, in axisymmetry of the ring).
  public var totalMass: Double {
    problem.mass.times(Array(repeating: 1, count: velocity.count))
      .enumerated().reduce(0) { $0 + ($1.offset % dimension == 0 ? $1.element : 0) }
  }

  /// M x of a field over all dofs.
  public func massTimes(_ field: [Double]) -> [Double] { problem.mass.times(field) }

  /// Momentum ∫ ρ v dV, N·s.
  public var momentum: SIMD3<Double> {
    var sum = SIMD3<Double>.zero
    for (dof, p) in problem.mass.times(velocity).enumerated() { sum[dof % dimension] += p }
    return sum
  }

  /// Angular momentum ∫ ρ x × v dV about a point, with the deformed positions, N·m·s.
  public func angularMomentum(about centre: SIMD3<Double> = .zero) -> SIMD3<Double> {
    let p = problem.mass.times(velocity)
    var sum = SIMD3<Double>.zero
    for n in definition.body.mesh.points.indices {
      let x = definition.body.mesh.points[n] + problem.body.displacement(of: n) - centre
      var f = SIMD3<Double>.zero
      for i in 0..<dimension { f[i] = p[n * dimension + i] }
      sum += SIMD3(x.y * f.z - x.z * f.y, x.z * f.x - x.x * f.z, x.x * f.y - x.y * f.x)
    }
    return sum
  }

  /// Sum of the reactions on a named set, N, inertia and damping included.
  public func reaction(on set: String) throws(FEMError) -> SIMD3<Double> {
    var sum = SIMD3<Double>.zero
    for n in try body.nodes(in: set) {
      for i in 0..<dimension { sum[i] += reactions[n * dimension + i] }
    }
    return sum
  }

  /// Displacement in m at an undeformed point.
  /// - Throws: `FEMError` where the point is outside the body.
  public func displacement(at point: SIMD3<Double>) throws(FEMError) -> SIMD3<Double> {
    try body.displacement(at: point)
  }

  /// Velocity in m/s at an undeformed point.
  /// - Throws: `FEMError` where the point is outside the body.
  public func velocity(at point: SIMD3<Double>) throws(FEMError) -> SIMD3<Double> {
    let v = try body.interpolate(velocity, width: dimension, at: point)
    return SIMD3(v[0], v[1], dimension == 3 ? v[2] : 0)
  }

  /// Dofs that the caller guides, ascending; dof = node · dimension + component.
  public var guidedDofs: [Int] { problem.body.guidedDofs }
  /// Displacements of the guided dofs at the end of the next step, m.
  public var guideValues: [Double] { problem.body.guideValues }

  /// Sets the displacements of the guided dofs at the end of the steps to come, m, one per
  /// `guidedDofs`; their velocity and acceleration follow by Newmark's formulas.
  public mutating func guide(_ values: [Double]) { problem.body.guide(values) }

  /// Force that the caller adds to the balance of the steps to come, N, on every dof. With
  /// generalised-α it counts as it is at the time of the balance, α_f Δt before the end of the step.
  public var borderForce: [Double] {
    get { problem.body.borderForce }
    set { problem.body.borderForce = newValue }
  }

  /// A field over all dofs from a function of the undeformed point: for initial states.
  public static func field(
    on mesh: Mesh, _ value: (SIMD3<Double>) -> SIMD3<Double>
  ) -> [Double] {
    mesh.points.flatMap { point in
      let v = value(point)
      return (0..<mesh.dimension).map { v[$0] }
    }
  }
}
