import FEM
import Geometry
import Glibc
import Mechanics
import Testing

/// A displacement that vanishes on the unit square or cube, with the body force that belongs to it.
private struct Manufactured: Sendable {
  let dimension: Int
  let lambda = 1.2, mu = 0.8
  var amplitude: SIMD3<Double> { SIMD3(1, -0.7, dimension == 3 ? 0.4 : 0) }

  private func sines(_ X: SIMD3<Double>) -> (SIMD3<Double>, SIMD3<Double>) {
    let s = SIMD3(sin(.pi * X.x), sin(.pi * X.y), dimension == 3 ? sin(.pi * X.z) : 1)
    let c = SIMD3(cos(.pi * X.x), cos(.pi * X.y), dimension == 3 ? cos(.pi * X.z) : 0)
    return (s, c)
  }

  func displacement(_ X: SIMD3<Double>) -> SIMD3<Double> {
    let (s, _) = sines(X)
    return amplitude * (s.x * s.y * s.z)
  }

  /// ∂u/∂x, ∂u/∂y and ∂u/∂z.
  func gradient(_ X: SIMD3<Double>) -> Columns {
    let (s, c) = sines(X)
    let d = SIMD3(c.x * s.y * s.z, s.x * c.y * s.z, s.x * s.y * c.z) * .pi
    return Columns(amplitude * d.x, amplitude * d.y, amplitude * d.z)
  }

  /// −div σ = −(λ + μ) ∇(div u) − μ ∇²u.
  func force(_ X: SIMD3<Double>) -> SIMD3<Double> {
    let (s, c) = sines(X)
    let product = s.x * s.y * s.z
    let mixed: [[Double]] = [
      [-product, c.x * c.y * s.z, c.x * s.y * c.z], [c.x * c.y * s.z, -product, s.x * c.y * c.z],
      [c.x * s.y * c.z, s.x * c.y * c.z, -product],
    ]
    var f = SIMD3<Double>.zero
    for i in 0..<dimension {
      var divergence = 0.0
      for j in 0..<dimension { divergence += amplitude[j] * mixed[i][j] }
      f[i] =
        -Double.pi * .pi
        * ((lambda + mu) * divergence - Double(dimension) * mu * amplitude[i] * product)
    }
    return f
  }
}

extension Manufactured {
  /// λ/2 (tr ε)² + μ ε:ε for a displacement gradient.
  fileprivate func energy(_ G: Columns) -> Double {
    let trace = G.x.x + G.y.y + G.z.z
    let (a, b, c) = (G.x.y + G.y.x, G.y.z + G.z.y, G.z.x + G.x.z)
    let square = G.x.x * G.x.x + G.y.y * G.y.y + G.z.z * G.z.z + 0.5 * (a * a + b * b + c * c)
    return 0.5 * lambda * trace * trace + mu * square
  }
}

/// Errors in displacement (L2) and energy norm on n cells per side of a smoothly distorted mesh.
private func errors(_ shape: CellShape, n: Int) throws -> (l2: Double, energy: Double) {
  let exact = Manufactured(dimension: shape.dimension)
  let mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (n, n, n), shape: shape).mapped {
    X in
    // Boundary points slide along their side; inner angles change by up to 25° (of tetrahedra, which
    // are sharp already and slower to reach their order, by up to 10°).
    let size = shape.isSimplex && shape.dimension == 3 ? 0.025 : 0.06
    let bump = size * sin(2 * .pi * X.x) * sin(2 * .pi * X.y)
    return shape.dimension == 3
      ? X + SIMD3(bump, 0.7 * bump, size * sin(2 * .pi * X.z) * sin(2 * .pi * X.x))
      : X + SIMD3(bump, -0.8 * bump, 0)
  }
  let E = exact.mu * (3 * exact.lambda + 2 * exact.mu) / (exact.lambda + exact.mu)
  let nu = exact.lambda / (2 * (exact.lambda + exact.mu))
  var definition = FEMModel.Definition(
    mesh: mesh, law: try LinearElastic(young: E, poisson: nu))
  definition.prescriptions = ["xmin", "xmax", "ymin", "ymax", "zmin", "zmax"]
    .filter { mesh.nodes(in: $0) != nil }.map { .fixed($0) }
  definition.bodyForce = { X, s in s * exact.force(X) }
  var model = try FEMModel(definition)
  #expect(model.step(to: 1).converged)
  return integrate(model, mesh, shape, exact)
}

/// The rich rule; on tetrahedra on each of the eight tetrahedra that halving the edges makes, since the
/// square of a cubic error is of degree six.
private func errorRule(_ shape: CellShape) -> Quadrature {
  let rule = Quadrature.rich(shape)
  guard shape.isSimplex && shape.dimension == 3 else { return rule }
  let corners = CellShape.tet10.referenceNodes
  // Corners first, then the octahedron cut along the diagonal from node 6 to node 8.
  let parts = [
    [0, 4, 6, 7], [4, 1, 5, 8], [6, 5, 2, 9], [7, 8, 9, 3], [6, 8, 4, 5], [6, 8, 5, 9],
    [6, 8, 9, 7], [6, 8, 7, 4],
  ]
  var (points, weights): ([SIMD3<Double>], [Double]) = ([], [])
  for part in parts {
    for (x, w) in zip(rule.points, rule.weights) {
      let N = CellShape.tet4.shapeFunctions(at: x).values
      points.append(zip(N, part).reduce(SIMD3.zero) { $0 + $1.0 * corners[$1.1] })
      weights.append(w / 8)
    }
  }
  return Quadrature(points: points, weights: weights)
}

private func integrate(
  _ model: FEMModel, _ mesh: Mesh, _ shape: CellShape, _ exact: Manufactured
) -> (l2: Double, energy: Double) {
  let rule = errorRule(shape)
  let tables = rule.points.map { shape.shapeFunctions(at: $0) }
  var (l2, energy) = (0.0, 0.0)
  for cell in 0..<mesh.blocks[0].cellCount {
    let nodes = mesh.blocks[0].nodes(of: cell).map { Int($0) }
    for (q, (N, dN)) in tables.enumerated() {
      var (X, u) = (SIMD3<Double>.zero, SIMD3<Double>.zero)
      var (J, H) = (Columns(), Columns())
      for (k, n) in nodes.enumerated() {
        let v = model.displacement(of: n)
        X += N[k] * mesh.points[n]
        u += N[k] * v
        J.add(mesh.points[n], dN[k])
        H.add(v, dN[k])
      }
      if shape.dimension == 2 { J.z = [0, 0, 1] }
      let (inverse, det) = J.inverse
      let w = rule.weights[q] * det
      let miss = u - exact.displacement(X)
      l2 += w * (miss * miss).sum()
      let (G, G0) = (H.times(rows: inverse), exact.gradient(X))
      energy += w * exact.energy(Columns(G.x - G0.x, G.y - G0.y, G.z - G0.z))
    }
  }
  return (l2.squareRoot(), energy.squareRoot())
}

/// A 3×3 matrix by its columns, on the stack: errors are integrated at millions of points.
private struct Columns {
  var x, y, z: SIMD3<Double>

  init(_ x: SIMD3<Double> = .zero, _ y: SIMD3<Double> = .zero, _ z: SIMD3<Double> = .zero) {
    (self.x, self.y, self.z) = (x, y, z)
  }

  /// Adds v ⊗ g.
  mutating func add(_ v: SIMD3<Double>, _ g: SIMD3<Double>) {
    x += v * g.x
    y += v * g.y
    z += v * g.z
  }

  /// The rows of the inverse, and the determinant.
  var inverse: (rows: Columns, determinant: Double) {
    let (yz, zx, xy) = (cross(y, z), cross(z, x), cross(x, y))
    let det = (x * yz).sum()
    return (Columns(yz / det, zx / det, xy / det), det)
  }

  /// The product with a matrix given by its rows.
  func times(rows: Columns) -> Columns {
    var out = Columns()
    out.add(x, rows.x)
    out.add(y, rows.y)
    out.add(z, rows.z)
    return out
  }
}

private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
  SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

@Test(
  "on a distorted mesh the displacement converges with order p + 1 and the energy with order p",
  arguments: CellShape.allCases)
func order(of shape: CellShape) throws {
  let p = Double(shape.order)
  // The finest meshes that still solve in a few seconds; orders are taken from the last refinement.
  let n =
    shape.dimension == 2
    ? (shape.order == 1 ? [16, 32, 64] : [8, 16, 32])
    : (shape.order == 1 ? [8, 16, 24] : [4, 8, 12])
  let results = try n.map { try errors(shape, n: $0) }
  let ratio = log(Double(n[2]) / Double(n[1]))
  let l2 = log(results[1].l2 / results[2].l2) / ratio
  let energy = log(results[1].energy / results[2].energy) / ratio
  #expect(abs(l2 - (p + 1)) < 0.1, "displacement order \(l2)")
  #expect(abs(energy - p) < 0.1, "energy order \(energy)")
  // Every refinement helps.
  #expect(results[0].l2 > results[1].l2 && results[1].l2 > results[2].l2)
}
