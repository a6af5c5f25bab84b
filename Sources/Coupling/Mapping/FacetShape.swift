import Geometry

/// Shape functions of facets in registers: the functions of `CellShape.facetFunctions` without their
/// arrays, because searches evaluate them millions of times. Absent nodes have the value 0.
///
/// Reference domains: s in [−1, 1] for lines, the unit triangle, [−1, 1]² for quadrilaterals.
/// Source: Zienkiewicz, Taylor & Zhu, The Finite Element Method, 6th ed., §4.6–4.13.
enum FacetShape: Sendable {
  case line2, line3, tri3, tri6, quad4, quad8

  init?(dimension: Int, nodeCount: Int) {
    switch (dimension, nodeCount) {
    case (2, 2): self = .line2
    case (2, 3): self = .line3
    case (3, 3): self = .tri3
    case (3, 4): self = .quad4
    case (3, 6): self = .tri6
    case (3, 8): self = .quad8
    default: return nil
    }
  }

  var nodeCount: Int {
    switch self {
    case .line2: 2
    case .line3, .tri3: 3
    case .quad4: 4
    case .tri6: 6
    case .quad8: 8
    }
  }

  /// Corner nodes, which are also the edges of a facet in space.
  var cornerCount: Int {
    switch self {
    case .line2, .line3: 2
    case .tri3, .tri6: 3
    case .quad4, .quad8: 4
    }
  }

  var isLine: Bool { self == .line2 || self == .line3 }
  var isTriangle: Bool { self == .tri3 || self == .tri6 }
  var isQuadratic: Bool { self == .line3 || self == .tri6 || self == .quad8 }

  /// The middle of the reference domain.
  var centre: SIMD2<Double> { isTriangle ? SIMD2(repeating: 1 / 3.0) : .zero }

  /// Values only.
  func values(at x: SIMD2<Double>) -> SIMD8<Double> { functions(at: x).N }

  /// Values and derivatives along s and t.
  func functions(
    at x: SIMD2<Double>
  ) -> (N: SIMD8<Double>, Ns: SIMD8<Double>, Nt: SIMD8<Double>) {
    let (s, t) = (x.x, x.y)
    switch self {
    case .line2:
      return (
        [0.5 * (1 - s), 0.5 * (1 + s), 0, 0, 0, 0, 0, 0], [-0.5, 0.5, 0, 0, 0, 0, 0, 0], .zero
      )
    case .line3:
      return (
        [0.5 * s * (s - 1), 0.5 * s * (s + 1), 1 - s * s, 0, 0, 0, 0, 0],
        [s - 0.5, s + 0.5, -2 * s, 0, 0, 0, 0, 0], .zero
      )
    case .tri3:
      return (
        [1 - s - t, s, t, 0, 0, 0, 0, 0], [-1, 1, 0, 0, 0, 0, 0, 0], [-1, 0, 1, 0, 0, 0, 0, 0]
      )
    case .tri6:
      let r = 1 - s - t
      return (
        [
          r * (2 * r - 1), s * (2 * s - 1), t * (2 * t - 1), 4 * r * s, 4 * s * t, 4 * t * r, 0, 0,
        ],
        [1 - 4 * r, 4 * s - 1, 0, 4 * (r - s), 4 * t, -4 * t, 0, 0],
        [1 - 4 * r, 0, 4 * t - 1, -4 * s, 4 * s, 4 * (r - t), 0, 0]
      )
    case .quad4:
      let (a, b, c, d) = (0.25 * (1 - s), 0.25 * (1 + s), 0.25 * (1 - t), 0.25 * (1 + t))
      return (
        [4 * a * c, 4 * b * c, 4 * b * d, 4 * a * d, 0, 0, 0, 0],
        [-c, c, d, -d, 0, 0, 0, 0], [-a, -b, b, a, 0, 0, 0, 0]
      )
    case .quad8: return serendipity(s, t)
    }
  }

  private func serendipity(
    _ s: Double, _ t: Double
  ) -> (N: SIMD8<Double>, Ns: SIMD8<Double>, Nt: SIMD8<Double>) {
    // Corners: ¼ (1 + s s_a)(1 + t t_a)(s s_a + t t_a − 1); mid-edge: ½ (1 − s²)(1 + t t_a) and so on.
    let sa: SIMD4<Double> = [-1, 1, 1, -1]
    let ta: SIMD4<Double> = [-1, -1, 1, 1]
    let (f, g, h) = (1 + s * sa, 1 + t * ta, s * sa + t * ta - 1)
    let N = 0.25 * f * g * h
    let Ns = 0.25 * sa * g * (h + f)
    let Nt = 0.25 * ta * f * (h + g)
    let (a, b) = (1 - s * s, 1 - t * t)
    return (
      SIMD8(
        lowHalf: N,
        highHalf: [0.5 * a * (1 - t), 0.5 * b * (1 + s), 0.5 * a * (1 + t), 0.5 * b * (1 - s)]),
      SIMD8(lowHalf: Ns, highHalf: [-s * (1 - t), 0.5 * b, -s * (1 + t), -0.5 * b]),
      SIMD8(lowHalf: Nt, highHalf: [-0.5 * a, -t * (1 + s), 0.5 * a, -t * (1 - s)])
    )
  }
}

/// One facet in registers: its nodes and their coordinates.
struct Facet {
  let shape: FacetShape
  let nodes: SIMD8<Int32>
  let X: SIMD8<Double>, Y: SIMD8<Double>, Z: SIMD8<Double>

  init(_ cell: [Int32], _ points: [SIMD3<Double>], dimension: Int) {
    shape = FacetShape(dimension: dimension, nodeCount: cell.count)!
    var nodes = SIMD8<Int32>()
    var (X, Y, Z) = (SIMD8<Double>(), SIMD8<Double>(), SIMD8<Double>())
    for (a, node) in cell.enumerated() {
      nodes[a] = node
      let x = points[Int(node)]
      (X[a], Y[a], Z[a]) = (x.x, x.y, x.z)
    }
    self.nodes = nodes
    (self.X, self.Y, self.Z) = (X, Y, Z)
  }

  /// Σ N_a x_a.
  func sum(_ N: SIMD8<Double>) -> SIMD3<Double> {
    SIMD3((N * X).sum(), (N * Y).sum(), (N * Z).sum())
  }

  func point(_ a: Int) -> SIMD3<Double> { SIMD3(X[a], Y[a], Z[a]) }

  /// The point at reference coordinates.
  func point(at x: SIMD2<Double>) -> SIMD3<Double> { sum(shape.values(at: x)) }

  /// Area (length) per reference area (length).
  func measure(at x: SIMD2<Double>) -> Double {
    let (_, Ns, Nt) = shape.functions(at: x)
    return shape.isLine ? length(sum(Ns)) : length(cross(sum(Ns), sum(Nt)))
  }

  /// Unit normal: outward where the facets are those of a body, see `CellShape.facets`.
  func normal(at x: SIMD2<Double>) -> SIMD3<Double> {
    let (_, Ns, Nt) = shape.functions(at: x)
    let a = sum(Ns)
    let n = shape.isLine ? SIMD3(a.y, -a.x, 0) : cross(a, sum(Nt))
    let size = length(n)
    return size > 0 ? n / size : .zero
  }

  /// Side length of a facet: its length, or that of the square (twice the triangle) of its area.
  var size: Double {
    let measure = measure(at: shape.centre)
    return shape.isLine
      ? 2 * measure : shape.isTriangle ? measure.squareRoot() : 2 * measure.squareRoot()
  }
}

func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
  SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }

func length(_ a: SIMD3<Double>) -> Double { dot(a, a).squareRoot() }
