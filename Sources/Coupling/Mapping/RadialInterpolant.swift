import Geometry
import LinearAlgebra

// Interpolation by radial functions with a linear polynomial, on one set of points.
//
// Find s(x) = Σ c_j φ(|x − x_j|) + p(x) with s(x_j) = v_j and Σ c_j q(x_j) = 0 for every linear q. With Q an
// orthonormal basis of the linear polynomials at the points and Π = I − Q Qᵀ, the system falls apart into
//
//     (Π A Π + σ Q Qᵀ) c = Π v,      p = Qᵀ (v − A c),
//
// whose matrix is positive definite for Wendland's functions and for the thin plate alike: one Cholesky
// factor. The weights of a point x, with s(x) = w·v, are
//
//     w = Q q(x) + Π (Π A Π + σ Q Qᵀ)⁻¹ Π (φ(x) − A Q q(x)),
//
// and the outer Π makes them reproduce linear functions to round-off however ill-conditioned A is.
// Directions in which the points have no extent (the normal of a flat interface) are not in Q.
// Cost: n³/3 to factorise, n² per point of evaluation, eight points at a time.
// Source: Wendland, Scattered Data Approximation, 2005, ch. 8 and 12.

/// A factorised interpolant; an element of the cover, or the whole of a small interface.
struct RadialInterpolant {
  /// Extent of a direction, relative to the largest, below which it is not taken as one.
  private static let flatness = 1e-4

  let basis: RadialBasis, radius: Double
  /// Points of the source, and their places from the centroid.
  let members: [Int32]
  private let x: [SIMD3<Double>]
  private let centre: SIMD3<Double>
  /// q_k(x) = polynomials[k] · (x − centre, 1).
  private let polynomials: [SIMD4<Double>]
  /// q_k at the points, and A Q, `[k * n + i]`.
  private let Q: [Double], AQ: [Double]
  private var factor: DenseMatrix
  /// Shift of the diagonal that made the matrix definite, relative to its mean.
  private(set) var regularisation = 0.0

  /// - Parameter targets: where it will be evaluated: a thin direction (the sagitta of an arc) is left
  ///   out if they lie well outside it.
  init(
    _ basis: RadialBasis, radius: Double, members: [Int32], points: [SIMD3<Double>],
    targets: [SIMD3<Double>]
  ) {
    self.basis = basis
    self.radius = radius
    self.members = members
    let n = members.count
    var centre = SIMD3<Double>.zero
    for i in members { centre += points[Int(i)] }
    centre /= Double(n)
    let x = members.map { points[Int($0)] - centre }
    self.x = x
    self.centre = centre
    let axes = RadialInterpolant.axes(x, targets: targets.map { $0 - centre })
    (polynomials, Q) = RadialInterpolant.orthonormal(x, axes)
    let m = polynomials.count
    var A = DenseMatrix(rows: n, columns: n)
    A.values.withUnsafeMutableBufferPointer { A in
      for j in 0..<n {
        for i in j..<n {
          let d = x[i] - x[j]
          let value = basis.value(squareDistance: dot(d, d), radius: radius)
          A[i + n * j] = value
          A[j + n * i] = value
        }
      }
    }
    let QMatrix = DenseMatrix(rows: n, columns: m, values: Q)
    let AQMatrix = A * QMatrix
    AQ = AQMatrix.values
    let norm = A.frobeniusNorm
    let scale = norm > 0 ? norm / Double(n) : 1
    // Π A Π + σ Q Qᵀ = A − (AQ) Qᵀ − Q (AQ)ᵀ + Q (QᵀAQ + σ I) Qᵀ.
    var K = QMatrix.transposeTimes(AQMatrix)
    for k in 0..<m { K[k, k] += scale }
    var half = QMatrix * K
    for i in half.values.indices { half.values[i] -= AQMatrix.values[i] }
    let low = half.timesTranspose(QMatrix)
    let other = QMatrix.timesTranspose(AQMatrix)
    for i in A.values.indices { A.values[i] += low.values[i] - other.values[i] }
    factor = A
    while !Cholesky.factorise(&factor) {
      regularisation = regularisation == 0 ? 1e-15 : 10 * regularisation
      factor = A
      for i in 0..<n { factor[i, i] += regularisation * scale }
      precondition(regularisation < 1, "a kernel matrix that cannot be factorised")
    }
  }

  /// Principal directions of the points that carry a polynomial.
  private static func axes(
    _ x: [SIMD3<Double>], targets: [SIMD3<Double>]
  ) -> [SIMD3<Double>] {
    var (C, V) = ([Double](repeating: 0, count: 9), [Double](repeating: 0, count: 9))
    for p in x { for i in 0..<3 { for j in 0..<3 { C[3 * i + j] += p[i] * p[j] } } }
    PrincipalDirections.diagonalise(&C, into: &V, 3)
    let largest = max(C[0], C[4], C[8]).squareRoot()
    return (0..<3).compactMap { k in
      let axis = SIMD3(V[3 * k], V[3 * k + 1], V[3 * k + 2])
      let extent = max(0, C[4 * k]).squareRoot()
      guard largest > 0, extent > flatness * largest else { return nil }
      if extent < 0.1 * largest {
        var (low, high) = (Double.infinity, -Double.infinity)
        for p in x { (low, high) = (min(low, dot(axis, p)), max(high, dot(axis, p))) }
        let room = high - low
        for p in targets where dot(axis, p) < low - room || dot(axis, p) > high + room {
          return nil
        }
      }
      return axis
    }
  }

  /// 1 and the coordinates along the axes, made orthonormal over the points (Gram–Schmidt, twice).
  private static func orthonormal(
    _ x: [SIMD3<Double>], _ axes: [SIMD3<Double>]
  ) -> ([SIMD4<Double>], [Double]) {
    let n = x.count
    var (polynomials, Q): ([SIMD4<Double>], [Double]) = ([], [])
    for start in [SIMD4(0, 0, 0, 1)] + axes.map({ SIMD4($0, 0) }) {
      var p = start
      for _ in 0..<2 {
        for (k, q) in polynomials.enumerated() {
          var inner = 0.0
          for i in 0..<n { inner += Q[k * n + i] * (p * SIMD4(x[i], 1)).sum() }
          p -= inner * q
        }
        var square = 0.0
        for i in 0..<n {
          let value = (p * SIMD4(x[i], 1)).sum()
          square += value * value
        }
        p /= square.squareRoot()
      }
      polynomials.append(p)
      Q += x.map { (p * SIMD4($0, 1)).sum() }
    }
    return (polynomials, Q)
  }

  /// Weights of the members for each point, `[point * n + member]`.
  func weights(at places: [SIMD3<Double>]) -> [Double] {
    let n = members.count
    var out = [Double](repeating: 0, count: n * places.count)
    var lanes = [SIMD8<Double>](repeating: .zero, count: n)
    var q = [SIMD8<Double>](repeating: .zero, count: polynomials.count)
    for first in stride(from: 0, to: places.count, by: 8) {
      let count = min(8, places.count - first)
      for lane in 0..<count {
        let p = places[first + lane] - centre
        for i in 0..<n {
          let d = p - x[i]
          lanes[i][lane] = basis.value(squareDistance: dot(d, d), radius: radius)
        }
        for k in q.indices { q[k][lane] = (polynomials[k] * SIMD4(p, 1)).sum() }
      }
      for k in q.indices { for i in 0..<n { lanes[i] -= AQ[k * n + i] * q[k] } }
      project(&lanes)
      solve(&lanes)
      project(&lanes)
      for k in q.indices { for i in 0..<n { lanes[i] += Q[k * n + i] * q[k] } }
      for lane in 0..<count { for i in 0..<n { out[(first + lane) * n + i] = lanes[i][lane] } }
    }
    return out
  }

  /// Π.
  private func project(_ y: inout [SIMD8<Double>]) {
    let n = members.count
    for k in polynomials.indices {
      var inner = SIMD8<Double>.zero
      for i in 0..<n { inner += Q[k * n + i] * y[i] }
      for i in 0..<n { y[i] -= Q[k * n + i] * inner }
    }
  }

  /// L Lᵀ y = b for eight right-hand sides, columns of L in order of memory.
  private func solve(_ y: inout [SIMD8<Double>]) {
    let n = members.count
    factor.values.withUnsafeBufferPointer { L in
      y.withUnsafeMutableBufferPointer { y in
        for j in 0..<n {
          y[j] /= L[j + n * j]
          let value = y[j]
          for i in j + 1..<max(n, j + 1) { y[i] -= L[i + n * j] * value }
        }
        for j in stride(from: n - 1, through: 0, by: -1) {
          var (a, b) = (y[j], SIMD8<Double>.zero)
          var i = j + 1
          while i + 1 < n {
            a -= L[i + n * j] * y[i]
            b -= L[i + 1 + n * j] * y[i + 1]
            i += 2
          }
          if i < n { a -= L[i + n * j] * y[i] }
          y[j] = (a + b) / L[j + n * j]
        }
      }
    }
  }
}
