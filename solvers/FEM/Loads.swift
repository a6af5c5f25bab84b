import Geometry

/// Consistent nodal forces of dead loads, integrated on the undeformed body with rules richer than
/// the stiffness needs, since a load is any function of place.
struct LoadVector {
  let mesh: Mesh
  let formulation: Formulation
  let thickness: Double

  /// Force on every dof, N.
  func assemble(
    tractions: [Traction], bodyForce: (@Sendable (SIMD3<Double>, Double) -> SIMD3<Double>)?,
    factor: Double
  ) -> [Double] {
    var f = [Double](repeating: 0, count: mesh.nodeCount * formulation.dimension)
    for traction in tractions {
      for facet in mesh.facetSets[traction.set] ?? [] {
        add(traction, on: mesh.nodes(of: facet), factor: factor, to: &f)
      }
    }
    if let bodyForce {
      for block in mesh.blocks { add(bodyForce, on: block, factor: factor, to: &f) }
    }
    return f
  }

  /// Length or area measure of the third direction: thickness, or the ring 2πr.
  func depth(at point: SIMD3<Double>) -> Double {
    switch formulation {
    case .threeDimensional: 1
    case .planeStrain, .planeStress: thickness
    case .axisymmetric: 2 * .pi * point.x
    }
  }

  private func add(_ load: Traction, on nodes: [Int], factor: Double, to f: inout [Double]) {
    let d = formulation.dimension
    let rule = Quadrature.facetRule(dimension: d, nodeCount: nodes.count)
    for (x, w) in zip(rule.points, rule.weights) {
      let (N, tangents) = CellShape.facetFunctions(dimension: d, nodeCount: nodes.count, at: x)
      var (point, t0, t1) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
      for (k, n) in nodes.enumerated() {
        point += N[k] * mesh.points[n]
        t0 += tangents[k].x * mesh.points[n]
        t1 += tangents[k].y * mesh.points[n]
      }
      if d == 2 { t1 = [0, 0, 1] }
      let area = SIMD3(
        t0.y * t1.z - t0.z * t1.y, t0.z * t1.x - t0.x * t1.z, t0.x * t1.y - t0.y * t1.x)
      let size = (area * area).sum().squareRoot()
      let t = load.value(point, area / size, factor) * (w * size * depth(at: point))
      for (k, n) in nodes.enumerated() { for i in 0..<d { f[n * d + i] += N[k] * t[i] } }
    }
  }

  private func add(
    _ force: @Sendable (SIMD3<Double>, Double) -> SIMD3<Double>, on block: Mesh.Block,
    factor: Double, to f: inout [Double]
  ) {
    let d = formulation.dimension
    let rule = Quadrature.rich(block.shape)
    let tables = rule.points.map { block.shape.shapeFunctions(at: $0) }
    for cell in 0..<block.cellCount {
      let nodes = block.nodes(of: cell)
      for (q, table) in tables.enumerated() {
        var point = SIMD3<Double>.zero
        for (k, n) in nodes.enumerated() { point += table.values[k] * mesh.points[Int(n)] }
        let size = mesh.jacobian(of: nodes, gradients: table.gradients, dimension: d)
        let b = force(point, factor) * (rule.weights[q] * size * depth(at: point))
        for (k, n) in nodes.enumerated() {
          for i in 0..<d { f[Int(n) * d + i] += table.values[k] * b[i] }
        }
      }
    }
  }
}

extension Mesh {
  /// Determinant of ∂x/∂ξ of a cell whose reference gradients are given.
  func jacobian(
    of nodes: ArraySlice<Int32>, gradients: [SIMD3<Double>], dimension: Int
  ) -> Double {
    var (a, b, c) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
    for (k, n) in nodes.enumerated() {
      a += gradients[k].x * points[Int(n)]
      b += gradients[k].y * points[Int(n)]
      c += gradients[k].z * points[Int(n)]
    }
    if dimension == 2 { c = [0, 0, 1] }
    return a.x * (b.y * c.z - b.z * c.y) - a.y * (b.x * c.z - b.z * c.x)
      + a.z * (b.x * c.y - b.y * c.x)
  }
}
