// Eigenvalues nearest to a shift σ are the largest of A = (K − σM)⁻¹ M, which is symmetric in the inner
// product of M. A block Krylov basis Q of A is built with full reorthogonalisation (twice: as orthogonal
// as rounding permits), and A is projected to T = Qᵀ M A Q. A block of b vectors finds eigenvalues of
// multiplicity b; a block that loses rank is filled up with new random vectors.
//
// Lanczos cannot know what its start vectors do not contain. The inertia can: the factors of K − μM have
// as many negative pivots as there are eigenvalues below μ (Sylvester). Where the count says that
// eigenvalues are missing, the basis goes on with new random vectors.
//
// Cost: one factorisation and one or two for the count, one solve per basis vector and one more per
// eigenvector, O(n m²) for orthogonality.
// Source: Grimes, Lewis & Simon, SIAM J. Matrix Anal. Appl. 15 (1994).

/// Solves K x = λ M x for the eigenvalues nearest to a shift; K symmetric, M symmetric definite.
public struct ShiftInvertLanczos: Sendable {
  /// Eigenvalues, ascending, with vectors and what they are worth.
  public struct Result: Sendable {
    /// λ, ascending, in the unit of K over that of M.
    public internal(set) var values: [Double] = []
    /// x of each, with xᵀ M x = 1, the largest component positive.
    public internal(set) var vectors: [[Double]] = []
    /// ‖K x − λ M x‖ / (‖K x‖ + (|λ| + |σ|) ‖M x‖) of each.
    public internal(set) var residuals: [Double] = []
    /// Whether the inertia of K − μM confirms that no eigenvalue in between was left out.
    public internal(set) var isComplete = false
    /// The shift that was used, and the number of basis vectors, one solve each.
    public internal(set) var shift = 0.0, basisCount = 0
  }

  /// ‖A x − θ x‖ in the norm of M at the end, relative to θ = 1/(λ − σ).
  public var tolerance = 1e-10
  /// Vectors per block.
  public var blockSize = 3
  /// Most basis vectors; nil permits 10 per eigenvalue and 100 more.
  public var largestBasis: Int?

  /// With the defaults above.
  public init() {}

  /// The `count` eigenvalues nearest to `shift`.
  ///
  /// - Parameters:
  ///   - K: on the same pattern as `M`.
  ///   - shift: must not be an eigenvalue; for a singular K take a negative one.
  /// - Throws: `.singular` where K − σM is; `.notConverged` where the basis is used up.
  public func solve(
    stiffness K: CSRMatrix, mass M: CSRMatrix, count: Int, shift: Double = 0
  ) throws(LinearSolverError) -> Result {
    precondition(K.pattern === M.pattern, "K and M must share their pattern")
    precondition(
      count >= 0 && count <= K.count, "\(count) eigenvalues of a matrix of \(K.count) rows")
    guard count > 0 else { return Result(isComplete: true, shift: shift) }
    let (factors, below) = try factorise(K, M, at: shift)
    let limit = min(K.count, max(largestBasis ?? (10 * count + 100), count))
    var basis = LanczosBasis(M: M, blockSize: min(blockSize, K.count))
    basis.appendRandomBlock()
    var checked = 0
    while true {
      try basis.extend(by: factors)
      let isFull = basis.isExhausted || basis.applied >= limit
      guard basis.applied >= count, basis.applied >= checked || isFull else { continue }
      checked = basis.applied + max(2 * blockSize, basis.applied / 4)
      let ritz = try basis.ritz()
      let wanted = ritz.prefix(count)
      let converged = wanted.allSatisfy { $0.residual <= tolerance * abs($0.theta) }
      guard converged || isFull else { continue }
      guard converged || basis.isExhausted else {
        throw .notConverged(
          iterations: basis.applied,
          relativeResidual: wanted.map { $0.residual / abs($0.theta) }.max() ?? .infinity)
      }
      var isComplete = basis.isExhausted
      if !isComplete { isComplete = try hasAll(ritz, count, K, M, shift: shift, below: below) }
      if isComplete || basis.applied >= limit {
        var result = try basis.result(Array(wanted), K, shift: shift, factors)
        result.isComplete = isComplete
        return result
      }
      basis.appendRandomBlock()
    }
  }

  /// Factors of K − σM and the number of eigenvalues below σ.
  private func factorise(
    _ K: CSRMatrix, _ M: CSRMatrix, at shift: Double
  ) throws(LinearSolverError) -> (DirectSolver, Int) {
    let matrix = shifted(K, M, by: shift)
    let definite = DirectSolver(.symmetricDefinite)
    do {
      try definite.factorise(matrix)
      return (definite, 0)
    } catch LinearSolverError.notPositiveDefinite {
      let indefinite = DirectSolver(.symmetricIndefinite)
      try indefinite.factorise(matrix)
      return (indefinite, indefinite.statistics.negativePivots)
    }
  }

  private func shifted(_ K: CSRMatrix, _ M: CSRMatrix, by shift: Double) -> CSRMatrix {
    var matrix = K
    for p in matrix.values.indices { matrix.values[p] -= shift * M.values[p] }
    return matrix
  }

  /// Counts the eigenvalues within the distance of the last one wanted by the inertia at both ends.
  private func hasAll(
    _ ritz: [LanczosBasis.Ritz], _ count: Int, _ K: CSRMatrix, _ M: CSRMatrix, shift: Double,
    below: Int
  ) throws(LinearSolverError) -> Bool {
    let distance = ritz.map { 1 / abs($0.theta) }
    // The end of the interval must not cut a cluster: it takes in all that belongs to it.
    var last = count - 1
    while last + 1 < ritz.count, distance[last + 1] <= distance[last] * (1 + 1e-6) { last += 1 }
    let gap = last + 1 < ritz.count ? distance[last + 1] - distance[last] : .infinity
    let radius = distance[last] + min(0.5 * gap, 0.01 * distance[last])
    do {
      let solver = DirectSolver(.symmetricIndefinite)
      try solver.factorise(shifted(K, M, by: shift + radius))
      let above = solver.statistics.negativePivots
      guard below > 0 else { return above == last + 1 }
      try solver.factorise(shifted(K, M, by: shift - radius))
      return above - solver.statistics.negativePivots == last + 1
    } catch {
      // The end of the interval is an eigenvalue itself, so one was missed.
      guard case .singular = error else { throw error }
      return false
    }
  }
}
