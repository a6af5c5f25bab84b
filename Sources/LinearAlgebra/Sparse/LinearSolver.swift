/// What a matrix promises a solver.
public enum MatrixKind: String, Sendable {
  /// Factorised LDLᵀ without pivoting; a negative pivot is an error.
  case symmetricDefinite = "symmetric positive definite"
  /// Factorised LDLᵀ with pivots of size 1 and 2.
  case symmetricIndefinite = "symmetric indefinite"
  /// Factorised LU with pivoting.
  case unsymmetric = "unsymmetric"
}

/// Solves A x = b: factorise (or set up) once, solve many.
///
/// A class-bound seam, because factors live outside Swift. A second call of `factorise` with a matrix
/// on the same pattern object reuses the symbolic analysis.
public protocol LinearSolver: AnyObject {
  /// Prepares for solves with `A`.
  /// - Throws: `LinearSolverError`, for instance when the matrix is singular.
  func factorise(_ A: CSRMatrix) throws(LinearSolverError)
  /// Overwrites the right-hand side with the solution.
  func solve(_ b: inout [Double]) throws(LinearSolverError)
}

/// Why a linear system was not solved.
public enum LinearSolverError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The factorisation met a zero pivot (for the caller: a body that can move freely, a zero stiffness).
  case singular(row: Int?)
  /// A definite matrix was promised and a negative pivot was met.
  case notPositiveDefinite
  /// The matrix or right-hand side holds NaN or infinity.
  case notFinite
  /// An iterative solver used up its iterations; the relative residual it reached.
  case notConverged(iterations: Int, relativeResidual: Double)
  /// Out of memory, MB that were asked for.
  case outOfMemory(megabytes: Int)
  /// Anything else, with the library's own code.
  case failed(String)

  /// What happened, one line.
  public var description: String {
    switch self {
    case .singular(let row):
      "the matrix is singular" + (row.map { " (at equation \($0))" } ?? "")
    case .notPositiveDefinite: "the matrix is not positive definite"
    case .notFinite: "the matrix or the right-hand side is not finite"
    case .notConverged(let n, let r): "no convergence in \(n) iterations (relative residual \(r))"
    case .outOfMemory(let mb): "the factors need \(mb) MB, more than there is"
    case .failed(let what): what
    }
  }
}
