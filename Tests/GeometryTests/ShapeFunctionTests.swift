import Geometry
import Testing

@Test("a shape function is one at its node and zero at the others", arguments: CellShape.allCases)
func kroneckerProperty(shape: CellShape) {
  for (a, node) in shape.referenceNodes.enumerated() {
    let N = shape.shapeFunctions(at: node).values
    for b in N.indices { #expect(abs(N[b] - (a == b ? 1 : 0)) < 1e-14) }
  }
}

@Test("shape functions carry every polynomial of their order", arguments: CellShape.allCases)
func completeness(shape: CellShape) {
  let x: SIMD3<Double> = shape.dimension == 3 ? [0.21, 0.13, 0.34] : [0.21, 0.43, 0]
  let N = shape.shapeFunctions(at: x).values
  #expect(abs(N.reduce(0, +) - 1) < 1e-14)
  for power in 1...shape.order {
    for axis in 0..<shape.dimension {
      func f(_ p: SIMD3<Double>) -> Double {
        power == 1 ? p[axis] : p[axis] * p[(axis + 1) % shape.dimension]
      }
      let sum = zip(N, shape.referenceNodes).reduce(0) { $0 + $1.0 * f($1.1) }
      #expect(abs(sum - f(x)) < 1e-14)
    }
  }
}

@Test("reference gradients are difference quotients", arguments: CellShape.allCases)
func gradients(shape: CellShape) {
  let x: SIMD3<Double> = shape.dimension == 3 ? [0.21, 0.13, 0.34] : [0.21, 0.43, 0]
  let h = 1e-6
  let dN = shape.shapeFunctions(at: x).gradients
  for axis in 0..<shape.dimension {
    var (up, down) = (x, x)
    up[axis] += h
    down[axis] -= h
    let (plus, minus) = (shape.shapeFunctions(at: up).values, shape.shapeFunctions(at: down).values)
    for a in dN.indices {
      #expect(abs((plus[a] - minus[a]) / (2 * h) - dN[a][axis]) < 1e-9)
    }
  }
}

/// ∫ x^i y^j z^k over the reference cell.
private func exactIntegral(_ shape: CellShape, _ i: Int, _ j: Int, _ k: Int) -> Double {
  if !shape.isSimplex {
    func line(_ n: Int) -> Double { n % 2 == 1 ? 0 : 2 / Double(n + 1) }
    return line(i) * line(j) * (shape.dimension == 3 ? line(k) : 1)
  }
  func factorial(_ n: Int) -> Double { n < 2 ? 1 : Double(n) * factorial(n - 1) }
  return factorial(i) * factorial(j) * factorial(k) / factorial(i + j + k + shape.dimension)
}

@Test("quadrature rules are exact to their degree", arguments: CellShape.allCases)
func quadratureDegree(shape: CellShape) {
  let full = shape.isSimplex ? 2 * shape.order - 1 : (shape.order == 1 ? 3 : 5)
  let rich = shape.isSimplex ? (shape.dimension == 2 ? 6 : 5) : 7
  // The full rule of a quadratic simplex has degree 2: its stiffness is of degree 2.
  let degrees = [
    (Quadrature.full(shape), min(full, shape.isSimplex ? 2 : full)), (.rich(shape), rich),
  ]
  for (rule, degree) in degrees {
    for i in 0...degree {
      for j in 0...(degree - i) {
        for k in 0...(shape.dimension == 3 ? degree - i - j : 0) {
          var sum = 0.0
          for (x, w) in zip(rule.points, rule.weights) {
            var term = w
            for _ in 0..<i { term *= x.x }
            for _ in 0..<j { term *= x.y }
            for _ in 0..<k { term *= x.z }
            sum += term
          }
          #expect(abs(sum - exactIntegral(shape, i, j, k)) < 1e-13)
        }
      }
    }
  }
}

@Test(
  "a point is found in its cell, also in curved and distorted ones", arguments: CellShape.allCases)
func location(shape: CellShape) throws {
  let mesh = try StructuredMesh.box(size: [2, 1, 1], divisions: (4, 3, 2), shape: shape)
    .perturbed(by: 0.2, seed: 3)
  let point: SIMD3<Double> = shape.dimension == 3 ? [1.234, 0.456, 0.789] : [1.234, 0.456, 0]
  let place = try #require(mesh.locate(point))
  let N = shape.shapeFunctions(at: place.reference).values
  var back = SIMD3<Double>.zero
  for (n, weight) in zip(mesh.blocks[place.block].nodes(of: place.cell), N) {
    back += weight * mesh.points[Int(n)]
  }
  #expect(((back - point) * (back - point)).sum() < 1e-20)
  #expect(mesh.locate([2.5, 0.5, 0]) == nil)
}
