/// Points and weights that integrate over a reference cell or facet.
public struct Quadrature: Sendable {
  /// Reference coordinates.
  public let points: [SIMD3<Double>]
  /// Weights; they sum to the measure of the reference cell.
  public let weights: [Double]

  /// Any rule.
  public init(points: [SIMD3<Double>], weights: [Double]) {
    precondition(points.count == weights.count, "\(points.count) points, \(weights.count) weights")
    self.points = points
    self.weights = weights
  }

  /// The rule that integrates the stiffness of an undistorted cell exactly ("full integration").
  public static func full(_ shape: CellShape) -> Quadrature {
    switch shape {
    case .tri3: simplex2(degree: 1)
    case .tri6: simplex2(degree: 2)
    case .quad4: product(2, dimension: 2)
    case .quad8: product(3, dimension: 2)
    case .tet4: simplex3(degree: 1)
    case .tet10: simplex3(degree: 2)
    case .hex8: product(2, dimension: 3)
    case .hex20: product(3, dimension: 3)
    }
  }

  /// A richer rule for loads and error norms, which are not polynomials of low degree.
  public static func rich(_ shape: CellShape) -> Quadrature {
    switch shape {
    case .tri3, .tri6: simplex2(degree: 6)
    case .tet4, .tet10: simplex3(degree: 5)
    case .quad4, .quad8: product(4, dimension: 2)
    case .hex8, .hex20: product(4, dimension: 3)
    }
  }

  /// A rich rule for a facet with `nodeCount` nodes of a cell of the given dimension.
  public static func facetRule(dimension: Int, nodeCount: Int) -> Quadrature {
    if dimension == 2 { return product(4, dimension: 1) }
    return nodeCount == 3 || nodeCount == 6 ? simplex2(degree: 6) : product(4, dimension: 2)
  }

  /// Gauss–Legendre points on [−1, 1]ᵈ, `n` (1…4) in each direction.
  public static func product(_ n: Int, dimension: Int) -> Quadrature {
    let (x, w) = gauss(n)
    var points: [SIMD3<Double>] = []
    var weights: [Double] = []
    for k in 0..<(dimension > 2 ? n : 1) {
      for j in 0..<(dimension > 1 ? n : 1) {
        for i in 0..<n {
          points.append([x[i], dimension > 1 ? x[j] : 0, dimension > 2 ? x[k] : 0])
          weights.append(w[i] * (dimension > 1 ? w[j] : 1) * (dimension > 2 ? w[k] : 1))
        }
      }
    }
    return Quadrature(points: points, weights: weights)
  }

  private static func gauss(_ n: Int) -> ([Double], [Double]) {
    switch n {
    case 1: return ([0], [2])
    case 2:
      let a = 1 / 3.0.squareRoot()
      return ([-a, a], [1, 1])
    case 3:
      let a = 0.6.squareRoot()
      return ([-a, 0, a], [5 / 9.0, 8 / 9.0, 5 / 9.0])
    case 4:
      let r = 2 / 7.0 * 1.2.squareRoot()
      let (a, b) = ((3 / 7.0 - r).squareRoot(), (3 / 7.0 + r).squareRoot())
      let (u, v) = ((18 + 30.0.squareRoot()) / 36, (18 - 30.0.squareRoot()) / 36)
      return ([-b, -a, a, b], [v, u, u, v])
    default: preconditionFailure("Gauss rule with \(n) points: 1 to 4 are tabulated")
    }
  }

  /// Symmetric rules on the unit triangle (Strang & Fix 1973; Dunavant 1985 for degree 6).
  private static func simplex2(degree: Int) -> Quadrature {
    switch degree {
    case 1: return Quadrature(points: [[1 / 3.0, 1 / 3.0, 0]], weights: [0.5])
    case 2:
      let (a, b) = (1 / 6.0, 2 / 3.0)
      return Quadrature(
        points: [[a, a, 0], [b, a, 0], [a, b, 0]], weights: [1 / 6.0, 1 / 6.0, 1 / 6.0])
    default:
      var points: [SIMD3<Double>] = []
      var weights: [Double] = []
      for (a, w) in [
        (0.24928674517091042, 0.11678627572637937), (0.063089014491502227, 0.050844906370206817),
      ] {
        let b = 1 - 2 * a
        points += [[a, a, 0], [b, a, 0], [a, b, 0]]
        weights += [w, w, w].map { 0.5 * $0 }
      }
      let (a, b) = (0.053145049844816947, 0.31035245103378440)
      let c = 1 - a - b
      for p in [[a, b], [a, c], [b, a], [b, c], [c, a], [c, b]] {
        points.append([p[0], p[1], 0])
        weights.append(0.5 * 0.082851075618373575)
      }
      return Quadrature(points: points, weights: weights)
    }
  }

  /// Symmetric rules on the unit tetrahedron (Keast 1986; degree 5 with 15 points).
  private static func simplex3(degree: Int) -> Quadrature {
    switch degree {
    case 1: return Quadrature(points: [[0.25, 0.25, 0.25]], weights: [1 / 6.0])
    case 2:
      let a = (5 - 5.0.squareRoot()) / 20
      let b = 1 - 3 * a
      return Quadrature(
        points: [[a, a, a], [b, a, a], [a, b, a], [a, a, b]],
        weights: Array(repeating: 1 / 24.0, count: 4))
    default:
      var points: [SIMD3<Double>] = [[0.25, 0.25, 0.25]]
      var weights = [0.030283678097089]
      for (a, w) in [(1 / 3.0, 0.006026785714286), (1 / 11.0, 0.011645249086029)] {
        let b = 1 - 3 * a
        points += [[a, a, a], [b, a, a], [a, b, a], [a, a, b]]
        weights += [w, w, w, w]
      }
      let a = 0.066550153573664
      let b = 0.5 - a
      points += [[b, a, a], [a, b, a], [a, a, b], [a, b, b], [b, a, b], [b, b, a]]
      weights += Array(repeating: 0.010949141561386, count: 6)
      return Quadrature(points: points, weights: weights)
    }
  }
}
