/// An approximate inverse M⁻¹ ≈ A⁻¹, symmetric and positive definite, cheap to apply.
public protocol Preconditioner {
  /// Prepares for a matrix; called again when its values change.
  mutating func setUp(_ A: CSRMatrix) throws(LinearSolverError)
  /// z = M⁻¹ r. Both have one value per row.
  func apply(_ r: [Double], into z: inout [Double])
}

/// Conjugate gradients with a preconditioner, for symmetric positive definite matrices.
///
/// Stops at ‖b − A x‖₂ ≤ `tolerance` · ‖b‖₂; the recursive residual that drives the iteration is replaced by
/// the true one before it is believed, and what round-off leaves of that (ε ‖A‖ ‖x‖) is accepted. The start is x = 0. A body free to move is not noticed where its
/// loads balance: a direct solver sees that. Source: Hestenes and Stiefel, J. Res. NBS 49 (1952).
public final class ConjugateGradients<M: Preconditioner>: LinearSolver {
  /// ‖b − A x‖₂ at the end, relative to ‖b‖₂.
  public var tolerance = 1e-10
  /// Most iterations of one solve; nil allows ten times the number of unknowns, at most 20 000.
  public var iterationLimit: Int?
  /// Iterations of the latest solve.
  public private(set) var iterations = 0
  /// ‖b − A x‖₂/‖b‖₂ of the latest solve.
  public private(set) var relativeResidual = 0.0

  private var preconditioner: M
  private var matrix: CSRMatrix?
  private var matrixNorm = 0.0
  private var x, z, p, Ap, load: [Double]

  /// A solver without a matrix yet; `factorise` comes first.
  public init(_ preconditioner: M) {
    self.preconditioner = preconditioner
    (x, z, p, Ap, load) = ([], [], [], [], [])
  }

  /// Keeps the matrix and sets up the preconditioner for it.
  /// - Throws: `LinearSolverError.notFinite`, and what the preconditioner finds wrong.
  public func factorise(_ A: CSRMatrix) throws(LinearSolverError) {
    matrix = nil
    guard isFinite(A.values) else { throw .notFinite }
    try preconditioner.setUp(A)
    matrix = A
    matrixNorm = A.largestRowSum
    x = Array(repeating: 0, count: A.count)
    (z, p, Ap, load) = (x, x, x, x)
  }

  /// Overwrites `b` with A⁻¹ b, starting from zero.
  /// - Throws: `LinearSolverError` for values that are not finite, a matrix that is not positive definite and
  ///   a tolerance that was not reached.
  public func solve(_ b: inout [Double]) throws(LinearSolverError) {
    guard let A = matrix else { preconditionFailure("solve needs a factorised matrix") }
    precondition(b.count == A.count, "\(b.count) values for \(A.count) equations")
    guard isFinite(b) else { throw .notFinite }
    let target = tolerance * dot(b, b).squareRoot()
    for i in x.indices {
      x[i] = 0
      load[i] = b[i]
    }
    iterations = 0
    relativeResidual = 0
    guard target > 0 else { return }
    let limit = iterationLimit ?? min(10 * A.count, 20_000)
    // `b` becomes the residual, and at the end the solution.
    preconditioner.apply(b, into: &z)
    for i in p.indices { p[i] = z[i] }
    var rz = dot(b, z)
    while iterations < limit {
      A.multiply(p, into: &Ap)
      let pAp = dot(p, Ap)
      guard pAp.isFinite else { throw .notFinite }
      // A direction without stiffness: zero energy for a body that can move, negative for an indefinite A.
      guard pAp > 0, rz > 0 else { throw pAp == 0 ? .singular(row: nil) : .notPositiveDefinite }
      let alpha = rz / pAp
      advance(&x, by: alpha, along: p)
      advance(&b, by: -alpha, along: Ap)
      iterations += 1
      var size = dot(b, b).squareRoot()
      var acceptable = target
      if size <= target {
        A.multiply(x, into: &Ap)
        for i in b.indices { b[i] = load[i] - Ap[i] }
        size = dot(b, b).squareRoot()
        acceptable += 2 * Double.ulpOfOne * matrixNorm * dot(x, x).squareRoot()
      }
      relativeResidual = size / target * tolerance
      if size <= acceptable {
        for i in b.indices { b[i] = x[i] }
        return
      }
      preconditioner.apply(b, into: &z)
      let rzNext = dot(b, z)
      let beta = rzNext / rz
      for i in p.indices { p[i] = z[i] + beta * p[i] }
      rz = rzNext
    }
    throw .notConverged(iterations: iterations, relativeResidual: relativeResidual)
  }
}

/// a·b in one fixed order, eight partial sums.
func dot(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count, "\(a.count) and \(b.count) values")
  return a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      var lanes = SIMD8<Double>()
      let whole = a.count / 8 * 8
      for i in stride(from: 0, to: whole, by: 8) {
        for k in 0..<8 { lanes[k] += a[i + k] * b[i + k] }
      }
      var sum = lanes.sum()
      for i in whole..<a.count { sum += a[i] * b[i] }
      return sum
    }
  }
}

/// y ← y + s x.
func advance(_ y: inout [Double], by s: Double, along x: [Double]) {
  precondition(x.count == y.count, "\(x.count) and \(y.count) values")
  x.withUnsafeBufferPointer { x in
    y.withUnsafeMutableBufferPointer { y in
      for i in 0..<y.count { y[i] += s * x[i] }
    }
  }
}
