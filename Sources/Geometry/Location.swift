/// Finds the cell that holds a point.
extension Mesh {
  /// Block, cell and reference coordinates of the first cell that holds `point` (within 1e-8 of the
  /// reference cell), or nil outside the mesh. Searches cells whose bounding box holds the point;
  /// curved cells are inverted by Newton's method.
  public func locate(
    _ point: SIMD3<Double>
  ) -> (block: Int, cell: Int, reference: SIMD3<Double>)? {
    for (b, block) in blocks.enumerated() {
      for cell in 0..<block.cellCount {
        let nodes = block.nodes(of: cell)
        guard boxHolds(point, nodes) else { continue }
        if let x = invert(point, shape: block.shape, nodes: nodes) { return (b, cell, x) }
      }
    }
    return nil
  }

  private func boxHolds(_ point: SIMD3<Double>, _ nodes: ArraySlice<Int32>) -> Bool {
    var (low, high) = (points[Int(nodes.first!)], points[Int(nodes.first!)])
    for n in nodes.dropFirst() {
      low = pointwiseMin(low, points[Int(n)])
      high = pointwiseMax(high, points[Int(n)])
    }
    // A curved side may bulge past its nodes by a part of the cell's size.
    let slack = SIMD3<Double>(repeating: 0.25 * (high - low).max())
    return all(point .>= low - slack) && all(point .<= high + slack)
  }

  private func invert(
    _ point: SIMD3<Double>, shape: CellShape, nodes: ArraySlice<Int32>
  ) -> SIMD3<Double>? {
    var x = shape.referenceCentre
    for _ in 0..<30 {
      let (N, dN) = shape.shapeFunctions(at: x)
      var miss = -point
      var (a, b, c) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
      for (k, n) in nodes.enumerated() {
        let p = points[Int(n)]
        miss += N[k] * p
        a += dN[k].x * p
        b += dN[k].y * p
        c += dN[k].z * p
      }
      if shape.dimension == 2 {
        c = [0, 0, 1]
        miss.z = 0
      }
      let det = dot(a, cross(b, c))
      guard det != 0, det.isFinite else { return nil }
      let step = SIMD3(dot(miss, cross(b, c)), dot(miss, cross(c, a)), dot(miss, cross(a, b))) / det
      x -= shape.dimension == 2 ? SIMD3(step.x, step.y, 0) : step
      if dot(step, step) < 1e-26 { return shape.holds(x, slack: 1e-8) ? x : nil }
      if dot(x, x) > 1e4 { return nil }
    }
    return nil
  }
}

extension CellShape {
  /// Whether reference coordinates lie in the reference cell, up to `slack`.
  func holds(_ x: SIMD3<Double>, slack: Double) -> Bool {
    if isSimplex { return x.min() >= -slack && x.sum() <= 1 + slack }
    return x.max() <= 1 + slack && x.min() >= -1 - slack
  }
}

@inline(__always)
private func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }

@inline(__always)
private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
  SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}
