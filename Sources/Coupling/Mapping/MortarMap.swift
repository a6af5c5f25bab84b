// The mortar map: u on the target such that ∫ ψ_j (u_target − u_source) dA = 0 for every target point j.
//
// With the dual shape functions ψ_j, biorthogonal to the target's (∫ ψ_j N_k = δ_jk ∫ N_j), the mass matrix
// is the diagonal D and P = D⁻¹ M, M_jk = ∫ ψ_j N_k^source, is sparse. Facet by facet
//
//     ψ = A N,   A = diag(∫ N) (∫ N Nᵀ)⁻¹,
//
// with both integrals over exactly the overlaps that M is integrated on: the rows of P then add up to one and
// reproduce linear functions on flat interfaces even where a facet is covered in part. Σ ψ_j = 1, so the
// consistent forces of a uniform traction go over into the same. Where less than 70 % of a facet is covered
// the dual functions would extrapolate; it is weighted by its own shape functions there, and a target point
// with no source over any of its facets takes the nearest projection.
// Cost: linear in the number of overlaps. Sources: Bernardi, Maday & Patera 1994; Wohlmuth, SIAM J. Numer. Anal.
// 38 (2000); Puso & Laursen, CMAME 193 (2004); Cichosz & Bischoff, CMAME 200 (2011) for borders.

extension Transfer {
  static func mortar(
    _ source: InterfaceMesh, _ target: InterfaceMesh, _ meeting: Meeting
  ) throws(CouplingError) -> SparseMap {
    let targets = target.facets
    for (mesh, facets) in [(source, meeting.facets), (target, targets)]
    where facets.contains(where: \.shape.isQuadratic) {
      throw CouplingError(
        "mortar mapping of interface '\(mesh.name)'", "does not know quadratic facets",
        "take the mapping nearest-projection, or linear facets (`simplices` splits them)")
    }
    var sum = MortarSum(rows: target.points.count, columns: source.points.count)
    let side = meeting.orientation(targets)
    var covers = [Cover](repeating: Cover(), count: 0)
    for facet in targets {
      covers.removeAll(keepingCapacity: true)
      let area =
        source.dimension == 2
        ? meeting.overlapsInPlane(facet, side, &covers) : meeting.overlaps(facet, side, &covers)
      sum.add(facet, area, covers)
    }
    return sum.map(else: projection(source, target, meeting))
  }
}

/// Integrals over the overlap of a target facet with one source facet.
private struct Cover {
  var nodes = SIMD4<Int32>(repeating: -1)
  var area = 0.0
  /// ∫ N_j, and columns of ∫ N_j N_k (target) and ∫ N_j N_k^source.
  var D = SIMD4<Double>.zero
  var mass = InlineArray<4, SIMD4<Double>>(repeating: .zero)
  var mixed = InlineArray<4, SIMD4<Double>>(repeating: .zero)

  mutating func add(_ N: SIMD4<Double>, _ Ns: SIMD4<Double>, _ dA: Double) {
    D += dA * N
    area += dA
    for k in 0..<4 {
      mass[k] += (dA * N[k]) * N
      mixed[k] += (dA * Ns[k]) * N
    }
  }
}

extension Meeting {
  /// Whether most normals of the target point with (+1) or against (−1) those of the source: a facet on the
  /// far side of a thin body is not the partner.
  fileprivate func orientation(_ targets: [Facet]) -> Double {
    var sum = 0.0
    for facet in targets {
      let at = Int(facet.nodes[0])
      let partner = facets[Int(self.facet[at])]
      sum += dot(facet.normal(at: facet.shape.centre), partner.normal(at: found[at].x)) < 0 ? -1 : 1
    }
    return sum < 0 ? -1 : 1
  }

  /// Overlaps in space, and the area of the target facet.
  fileprivate func overlaps(_ target: Facet, _ side: Double, _ covers: inout [Cover]) -> Double {
    let origin = target.point(at: target.shape.centre)
    let n = target.normal(at: target.shape.centre)
    var e1 = target.point(1) - target.point(0)
    e1 -= dot(e1, n) * n
    e1 /= max(length(e1), .leastNormalMagnitude)
    let e2 = cross(n, e1)
    let flat = FlatFacet(target, origin: origin, e1, e2)
    let area = abs(flat.area)
    let reach = self.reach(target)
    let box = target.box
    var found: [Cover] = []
    swap(&found, &covers)
    tree!.touching(lower: box.lower - reach, upper: box.upper + reach) { id in
      let source = facets[id]
      // Steep facets belong to another side of the body.
      guard side * dot(source.normal(at: source.shape.centre), n) > 0.2 else { return }
      let other = FlatFacet(source, origin: origin, e1, e2)
      let overlap = Polygon(other, within: flat)
      guard overlap.area > 1e-14 * area else { return }
      let middle = overlap.middle
      let height = dot(
        source.sum(SIMD8(lowHalf: other.functions(at: middle), highHalf: .zero)) - origin, n)
      guard abs(height) <= reach else { return }
      var cover = Cover()
      for a in 0..<other.count { cover.nodes[a] = source.nodes[a] }
      overlap.integrate(isRich: flat.count + other.count > 6) { p, dA in
        cover.add(flat.functions(at: p), other.functions(at: p), dA)
      }
      found.append(cover)
    }
    swap(&found, &covers)
    return area
  }

  /// Overlaps in a plane, and the length of the target facet.
  fileprivate func overlapsInPlane(
    _ target: Facet, _ side: Double, _ covers: inout [Cover]
  ) -> Double {
    let (a, b) = (target.point(0), target.point(1))
    let L = length(b - a)
    guard L > 0 else { return 0 }
    let (e, n) = ((b - a) / L, target.normal(at: .zero))
    let reach = self.reach(target)
    let box = target.box
    var found: [Cover] = []
    swap(&found, &covers)
    tree!.touching(lower: box.lower - reach, upper: box.upper + reach) { id in
      let source = facets[id]
      guard side * dot(source.normal(at: .zero), n) > 0.2 else { return }
      let (p, q) = (dot(source.point(0) - a, e), dot(source.point(1) - a, e))
      let (low, high) = (max(0, min(p, q)), min(L, max(p, q)))
      guard high - low > 1e-14 * L else { return }
      let r = (0.5 * (low + high) - p) / (q - p)
      let height = dot((1 - r) * source.point(0) + r * source.point(1) - a, n)
      guard abs(height) <= reach else { return }
      var cover = Cover()
      (cover.nodes[0], cover.nodes[1]) = (source.nodes[0], source.nodes[1])
      // Two Gauss points: the products are quadratic.
      for g in [-0.57735026918962576451, 0.57735026918962576451] {
        let x = 0.5 * (low + high) + 0.5 * (high - low) * g
        let r = (x - p) / (q - p)
        cover.add(SIMD4(1 - x / L, x / L, 0, 0), SIMD4(1 - r, r, 0, 0), 0.5 * (high - low))
      }
      found.append(cover)
    }
    swap(&found, &covers)
    return L
  }

  /// How far above a target facet its partners may lie: points were allowed `tolerance`, the middle of a
  /// coarse facet on a bent interface lies farther off than its corners.
  private func reach(_ target: Facet) -> Double { 2 * tolerance * max(size, target.size) }
}

/// M, entry by entry, and its rows made to add up to one.
private struct MortarSum {
  private var rows: [Int32] = [], columns: [Int32] = [], values: [Double] = []
  /// ∫ N_j over all facets, covered or not.
  private var areas: [Double]
  private let columnCount: Int

  init(rows: Int, columns: Int) {
    areas = Array(repeating: 0, count: rows)
    columnCount = columns
  }

  mutating func add(_ target: Facet, _ area: Double, _ covers: [Cover]) {
    let n = target.shape.cornerCount
    for j in 0..<n { areas[Int(target.nodes[j])] += area / Double(n) }
    var whole = Cover()
    for cover in covers {
      whole.area += cover.area
      whole.D += cover.D
      for k in 0..<4 { whole.mass[k] += cover.mass[k] }
    }
    let isDual = whole.area > 0.7 * area
    let inverse = isDual ? MortarSum.inverse(whole.mass, n) : nil
    for cover in covers {
      for k in 0..<4 where cover.nodes[k] >= 0 {
        var m = cover.mixed[k]
        if let inverse {
          var x = SIMD4<Double>.zero
          for l in 0..<n { x += m[l] * inverse[l] }
          m = whole.D * x
        }
        for j in 0..<n where m[j] != 0 {
          rows.append(target.nodes[j])
          columns.append(cover.nodes[k])
          values.append(m[j])
        }
      }
    }
  }

  /// Columns of the inverse of a small symmetric positive matrix (Gauss–Jordan); nil where it is singular.
  private static func inverse(
    _ M: InlineArray<4, SIMD4<Double>>, _ n: Int
  ) -> InlineArray<4, SIMD4<Double>>? {
    var A = M
    var B = InlineArray<4, SIMD4<Double>>(repeating: .zero)
    for i in 0..<4 { B[i][i] = 1 }
    // Rows are columns: both are symmetric.
    for i in 0..<n {
      guard A[i][i] > 1e-12 * M[i][i] else { return nil }
      let pivot = 1 / A[i][i]
      A[i] *= pivot
      B[i] *= pivot
      for k in 0..<n where k != i {
        let f = A[k][i]
        A[k] -= f * A[i]
        B[k] -= f * B[i]
      }
    }
    return B
  }

  func map(else fallback: SparseMap) -> SparseMap {
    let rowCount = areas.count
    var starts = [Int](repeating: 0, count: rowCount + 1)
    for row in rows { starts[Int(row) + 1] += 1 }
    for i in 0..<rowCount { starts[i + 1] += starts[i] }
    var (next, order) = (starts, [Int32](repeating: 0, count: rows.count))
    for (i, row) in rows.enumerated() {
      order[next[Int(row)]] = Int32(i)
      next[Int(row)] += 1
    }
    var sum = [Double](repeating: 0, count: columnCount)
    var isTouched = [Bool](repeating: false, count: columnCount)
    var touched: [Int32] = []
    var map = SparseMap(columnCount: columnCount)
    for row in 0..<rowCount {
      var total = 0.0
      for i in order[starts[row]..<starts[row + 1]] {
        let column = columns[Int(i)]
        if !isTouched[Int(column)] {
          isTouched[Int(column)] = true
          touched.append(column)
        }
        sum[Int(column)] += values[Int(i)]
        total += values[Int(i)]
      }
      touched.sort()
      let isCovered = total > 1e-10 * areas[row]
      for column in touched {
        // What cancels between facets but for round-off is no entry.
        let weight = sum[Int(column)] / total
        if isCovered && abs(weight) > 1e-15 { map.append(column, weight) }
        (sum[Int(column)], isTouched[Int(column)]) = (0, false)
      }
      if !isCovered {
        for i in fallback.starts[row]..<fallback.starts[row + 1] {
          map.append(fallback.columns[i], fallback.weights[i])
        }
      }
      map.endRow()
      touched.removeAll(keepingCapacity: true)
    }
    return map
  }
}
