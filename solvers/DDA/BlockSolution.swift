import Glibc
import Mechanics

/// What solves the linear systems of the open–close iteration. All lead to the same step, to its accuracy.
public enum BlockLinearSolver: String, Sendable, CaseIterable {
  /// Conjugate gradients with inverse diagonal blocks.
  case blockJacobi = "block-jacobi"
  /// Conjugate gradients with symmetric block Gauss–Seidel over 512 blocks at a time.
  case gaussSeidel = "gauss-seidel"
  /// Factors by a sparse direct solver: for few blocks, for systems that are hard, and as an oracle.
  case direct
}

extension BlockSystem {
  /// Solves by the system's method, from zero.
  ///
  /// - Parameters:
  ///   - rhs: right side, of Euclidean norm `size`.
  ///   - tolerance: of the residual's norm, absolute; single precision ends at 1e-5 of `size`.
  ///   - x: the solution.
  /// - Returns: iterations, or nil where the matrix is not positive definite or the limit is met.
  func solve(
    _ rhs: LaneBuffer, size: Double, tolerance: Double, limit: Int, into x: LaneBuffer
  ) -> Int? {
    guard size > 0 else {
      for i in 0..<x.count { x[i] = Lanes() }
      return 0
    }
    let share = max(tolerance / size, Self.finest)
    switch method {
    case .blockJacobi: return solve(rhs, size, share, limit, into: x)
    case .gaussSeidel: return SweptSystem(self).solve(rhs, size, share, limit, into: x)
    case .direct: return solveDirectly(rhs, into: x)
    }
  }

  /// Conjugate gradients with the inverse diagonal blocks as preconditioner (block Jacobi).
  private func solve(
    _ rhs: LaneBuffer, _ size: Double, _ share: Double, _ limit: Int, into x: LaneBuffer
  ) -> Int? {
    let stop = share * share
    load(rhs, size)
    // The first refinement goes nowhere.
    var sums = rows.sum { Scalar.refine(self, 0, $0) }
    var (rz, beta) = (sums.y, Scalar(0))
    var iterations = 0
    while sums.x > stop {
      guard iterations < limit else { return nil }
      iterations += 1
      let onward = beta
      rows.each { Scalar.turn(self, onward, $0) }
      let curvature = rows.sum { SIMD2(Scalar.multiply(self, $0), 0) }.x
      guard curvature > 0, curvature.isFinite else { return nil }
      let step = Scalar(rz / curvature)
      sums = rows.sum { Scalar.refine(self, step, $0) }
      beta = Scalar(sums.y / rz)
      rz = sums.y
    }
    unload(size, into: x)
    return iterations
  }

  /// The right side over its size, and no solution yet.
  func load(_ rhs: LaneBuffer, _ size: Double) {
    let (solution, residual, scale) = (solution, residual, 1 / size)
    for i in 0..<rhs.count {
      solution[i] = SIMD8()
      residual[i] = Scalar.rounded(scale * rhs[i])
    }
  }

  /// The solution times the size of the right side.
  func unload(_ size: Double, into x: LaneBuffer) {
    for i in 0..<x.count { x[i] = size * Scalar.widened(solution[i]) }
  }
}

/// Conjugate gradients with symmetric Gauss–Seidel over chunks of rows as preconditioner: M = (D + L) D⁻¹ (D + U) of each
/// chunk alone, so that chunks can be swept by different workers.
///
/// In the variables (D + U) x the matrix is (D + L)⁻¹ A (D + U)⁻¹, whose product needs each block of A once (Eisenstat,
/// SIAM J. Sci. Stat. Comput. 2 (1981)), and the preconditioner D. The residual is measured in the norm of M⁻¹.
struct SweptSystem<Scalar: Precision> {
  let matrix: BlockSystem<Scalar>
  let chunks: Chunks
  /// D⁻¹ times the direction; (D + U)⁻¹ times the direction; what the forward sweep finds. The matrix's own vectors are
  /// the direction (`search`), the product, the residual r̂ = (D + L)⁻¹ r and D r̂ (`refined`).
  let search: BlockSystem<Scalar>.Vector, found: BlockSystem<Scalar>.Vector
  let lower: BlockSystem<Scalar>.Vector

  /// Blocks that are swept together.
  private static var chunk: Int { 512 }

  init(_ matrix: BlockSystem<Scalar>) {
    self.matrix = matrix
    chunks = Chunks(matrix.count, workers: matrix.rows.workers, size: Self.chunk, enough: 2)
    let count = matrix.count * matrix.lanes
    (search, found, lower) = (.zeros(count), .zeros(count), .zeros(count))
  }

  func solve(
    _ rhs: LaneBuffer, _ size: Double, _ share: Double, _ limit: Int, into x: LaneBuffer
  ) -> Int? {
    let (matrix, chunks) = (matrix, chunks)
    matrix.load(rhs, size)
    // r̂ = (D + L)⁻¹ r: the forward sweep of a product with nothing found backwards.
    for i in 0..<rhs.count { matrix.product[i] = matrix.residual[i] }
    for i in 0..<rhs.count { matrix.search[i] = SIMD8() }
    chunks.sum { SIMD2(Scalar.forward(self, $0), 0) }
    for i in 0..<rhs.count { matrix.residual[i] = lower[i] }
    var rz = chunks.sum { SIMD2(Scalar.refine(self, 0, $0), 0) }.x
    let stop = share * share * rz
    var (beta, iterations) = (Scalar(0), 0)
    while rz > stop {
      guard iterations < limit else { return nil }
      iterations += 1
      let onward = beta
      chunks.each { rows in
        Scalar.turn(self, onward, rows)
        Scalar.backward(self, rows)
      }
      let curvature = chunks.sum { SIMD2(Scalar.forward(self, $0), 0) }.x
      guard curvature > 0, curvature.isFinite else { return nil }
      let step = Scalar(rz / curvature)
      let next = chunks.sum { SIMD2(Scalar.refine(self, step, $0), 0) }.x
      beta = Scalar(next / rz)
      rz = next
    }
    matrix.unload(size, into: x)
    return iterations
  }
}
