import Geometry

// Moments.
//
// A row of weights puts a force f at x_t on to source points whose weighted mean Σ w x_s lies elsewhere: on
// the other side of a gap, on the chord of an arc, at the nearest node. The lever d = x_t − Σ w x_s then
// loses the moment d × f. No correction of the weights can repair a gap beside a flat source (all its
// points lie in one plane), but normal forces can carry any couple. So the moment goes to the nodes of the
// nearest facet as the couple forces of least norm, F_a = (J⁻¹ (d × f)) × r_a with r_a from the centroid
// and J = Σ |r|² I − r rᵀ. Read backwards it is a rotation,
//
//     u_t = Σ w u_s + θ × d,   θ = J⁻¹ Σ r_a × u_a,
//
// the mean rotation of that facet: rigid motions arrive exactly. Both are transposes of each other.
// The nodes stay within one facet, so the map stays sparse. Without facets the 3 (plane) or 6 nearest points
// stand for it.

/// Lever arms of a map and the neighbourhoods that carry their couples.
struct Levers: Sendable {
  private struct Arm {
    var target: Int32, first: Int32, count: Int32
    var d: SIMD3<Double>
    /// Columns of J⁻¹.
    var J0: SIMD3<Double>, J1: SIMD3<Double>, J2: SIMD3<Double>
  }

  let dimension: Int
  private(set) var largest = 0.0
  private(set) var lost = 0
  private var arms: [Arm] = []
  private var points: [Int32] = []
  /// From the centroid of the neighbourhood, as `points`.
  private var r: [SIMD3<Double>] = []

  var isEmpty: Bool { arms.isEmpty }

  init(_ map: SparseMap, _ source: InterfaceMesh, _ target: InterfaceMesh, _ meeting: Meeting) {
    dimension = source.dimension
    var extent = meeting.size
    for p in source.points { extent = max(extent, abs(p.x), abs(p.y), abs(p.z)) }
    let cloud = meeting.facets.isEmpty ? Cloud(source, target) : nil
    for (t, p) in target.points.enumerated() {
      let base = source.points[Int(map.columns[map.starts[t]])]
      var d = p - base
      for i in map.starts[t]..<map.starts[t + 1] {
        d -= map.weights[i] * (source.points[Int(map.columns[i])] - base)
      }
      let size = length(d)
      // Round-off of the coordinates themselves is no lever.
      if size <= 2e-14 * extent { continue }
      largest = max(largest, size)
      let first = points.count
      if let cloud {
        points += cloud.neighbours(t)
      } else {
        let facet = meeting.facets[Int(meeting.facet[t])]
        for a in 0..<facet.shape.nodeCount { points.append(facet.nodes[a]) }
      }
      add(t, d, first, source.points, extent)
    }
  }

  private mutating func add(
    _ t: Int, _ d: SIMD3<Double>, _ first: Int, _ x: [SIMD3<Double>], _ extent: Double
  ) {
    let count = points.count - first
    var centre = SIMD3<Double>.zero
    for i in first..<points.count { centre += x[Int(points[i])] }
    centre /= Double(count)
    var (square, P0, P1, P2) = (0.0, SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
    for i in first..<points.count {
      let arm = x[Int(points[i])] - centre
      r.append(arm)
      square += dot(arm, arm)
      (P0, P1, P2) = (P0 + arm.x * arm, P1 + arm.y * arm, P2 + arm.z * arm)
    }
    let a = SIMD3(square, 0, 0) - P0
    let b = SIMD3(0, square, 0) - P1
    let c = SIMD3(0, 0, square) - P2
    let det = dot(a, cross(b, c))
    if dimension == 2 ? square <= 1e-24 * extent * extent : det <= 1e-12 * square * square * square
    {
      // The neighbours lie on one line, or are one: no room for every couple.
      if length(d) > 1e-12 * extent { lost += 1 }
      points.removeLast(count)
      r.removeLast(count)
      return
    }
    arms.append(
      dimension == 2
        ? Arm(
          target: Int32(t), first: Int32(first), count: Int32(count), d: d, J0: .zero, J1: .zero,
          J2: SIMD3(0, 0, 1 / square))
        : Arm(
          target: Int32(t), first: Int32(first), count: Int32(count), d: d, J0: cross(b, c) / det,
          J1: cross(c, a) / det, J2: cross(a, b) / det))
  }

  private func vector(_ v: [Double], _ i: Int) -> SIMD3<Double> {
    let at = i * dimension
    return SIMD3(v[at], v[at + 1], dimension == 3 ? v[at + 2] : 0)
  }

  private func put(_ value: SIMD3<Double>, at i: Int, into v: inout [Double]) {
    let at = i * dimension
    v[at] += value.x
    v[at + 1] += value.y
    if dimension == 3 { v[at + 2] += value.z }
  }

  /// u_t += θ × d.
  func add(to out: inout [Double], from u: [Double]) {
    for arm in arms {
      let first = Int(arm.first)
      // Against the first node: nothing at all comes of a constant.
      let base = vector(u, Int(points[first]))
      var s = SIMD3<Double>.zero
      for i in first + 1..<first + Int(arm.count) {
        s += cross(r[i], vector(u, Int(points[i])) - base)
      }
      let theta = s.x * arm.J0 + s.y * arm.J1 + s.z * arm.J2
      put(cross(theta, arm.d), at: Int(arm.target), into: &out)
    }
  }

  /// F_a += (J⁻¹ (d × f)) × r_a, the transpose: J is symmetric.
  func addTransposed(to out: inout [Double], from f: [Double]) {
    for arm in arms {
      let couple = cross(arm.d, vector(f, Int(arm.target)))
      let tau = couple.x * arm.J0 + couple.y * arm.J1 + couple.z * arm.J2
      let first = Int(arm.first)
      var sum = SIMD3<Double>.zero
      for i in first + 1..<first + Int(arm.count) {
        let force = cross(tau, r[i])
        put(force, at: Int(points[i]), into: &out)
        sum += force
      }
      put(-sum, at: Int(points[first]), into: &out)
    }
  }

  /// Neighbourhoods of target points beside a cloud.
  private struct Cloud {
    let k: Int
    var indices: [Int32]

    init(_ source: InterfaceMesh, _ target: InterfaceMesh) {
      k = min(source.dimension == 2 ? 3 : 6, source.points.count)
      indices = Array(repeating: -1, count: k * target.points.count)
      var squares = [Double](repeating: 0, count: indices.count)
      KDTree(points: source.coordinates, dimension: 3)
        .nearest(k, to: target.coordinates, indices: &indices, squareDistances: &squares)
    }

    func neighbours(_ t: Int) -> ArraySlice<Int32> { indices[t * k..<(t + 1) * k] }
  }
}
