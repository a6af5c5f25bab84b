/// Eigenvalues and eigenvectors of symmetric 3×3 tensors, eight at a time.
///
/// Cyclic Jacobi with a fixed number of sweeps: no branch depends on the data, equal and nearly equal
/// eigenvalues need no special case, and the axes are orthonormal to rounding (Golub & Van Loan,
/// Matrix Computations, 2013, §8.5). Convergence is quadratic; six sweeps leave nothing above rounding.
struct PrincipalAxes {
  /// Eigenvalues, in the order in which Jacobi leaves them.
  var values: (Lanes, Lanes, Lanes)
  /// Column `j` is the axis of eigenvalue `j`: entry `(i, j)` is `axes[i][j]`.
  var axes: InlineArray<3, InlineArray<3, Lanes>>

  /// From tensor entries (not Mandel): xx, yy, zz, yz, zx, xy.
  init(_ xx: Lanes, _ yy: Lanes, _ zz: Lanes, _ yz: Lanes, _ zx: Lanes, _ xy: Lanes) {
    var A: InlineArray<3, InlineArray<3, Lanes>> = [[xx, xy, zx], [xy, yy, yz], [zx, yz, zz]]
    let one = Lanes(repeating: 1)
    let zero = Lanes()
    var V: InlineArray<3, InlineArray<3, Lanes>> = [
      [one, zero, zero], [zero, one, zero], [zero, zero, one],
    ]
    for _ in 0..<6 {
      PrincipalAxes.rotate(&A, &V, 0, 1, 2)
      PrincipalAxes.rotate(&A, &V, 0, 2, 1)
      PrincipalAxes.rotate(&A, &V, 1, 2, 0)
    }
    values = (A[0][0], A[1][1], A[2][2])
    axes = V
  }

  /// One Jacobi rotation that annuls entry (p, q); r is the third index.
  @inline(__always)
  private static func rotate(
    _ A: inout InlineArray<3, InlineArray<3, Lanes>>,
    _ V: inout InlineArray<3, InlineArray<3, Lanes>>, _ p: Int, _ q: Int, _ r: Int
  ) {
    let apq = A[p][q]
    // tan of the smaller rotation angle; 0 where apq is lost in rounding (its square may underflow).
    let half = 0.5 * (A[q][q] - A[p][p])
    let radius = (half * half + apq * apq).squareRoot()
    let denominator = half.replacing(with: -half, where: half .< 0) + radius
    var t = apq / denominator
    t.replace(with: -t, where: half .< 0)
    let size = (A[p][p] * A[p][p] + A[q][q] * A[q][q]).squareRoot()
    t.replace(with: 0, where: (apq * apq).squareRoot() .<= 1e-20 * size)
    let c = 1 / (1 + t * t).squareRoot()
    let s = t * c
    A[p][p] -= t * apq
    A[q][q] += t * apq
    A[p][q] = Lanes()
    A[q][p] = Lanes()
    let arp = A[r][p]
    let arq = A[r][q]
    A[r][p] = c * arp - s * arq
    A[r][q] = s * arp + c * arq
    A[p][r] = A[r][p]
    A[q][r] = A[r][q]
    for i in 0..<3 {
      let vip = V[i][p]
      let viq = V[i][q]
      V[i][p] = c * vip - s * viq
      V[i][q] = s * vip + c * viq
    }
  }

  /// The Mandel rotation from the principal frame: row `k` of the result is the Mandel vector of the
  /// symmetric product of axes that belongs to principal component `k` (11, 22, 33, 23, 31, 12).
  @inline(__always)
  var basis: InlineArray<6, InlineArray<6, Lanes>> {
    let zero: InlineArray<6, Lanes> = .init(repeating: Lanes())
    var out: InlineArray<6, InlineArray<6, Lanes>> = .init(repeating: zero)
    let s = Mandel.root2
    for k in 0..<6 {
      let (a, b) = (k < 3 ? k : (k - 2) % 3, k < 3 ? k : (k - 1) % 3)
      // Off-diagonal components weigh √2 · ½ (n_a ⊗ n_b + n_b ⊗ n_a).
      let w = k < 3 ? 0.5 : Mandel.halfRoot2
      for i in 0..<3 { out[k][i] = (2 * w) * axes[i][a] * axes[i][b] }
      out[k][3] = (s * w) * (axes[1][a] * axes[2][b] + axes[2][a] * axes[1][b])
      out[k][4] = (s * w) * (axes[2][a] * axes[0][b] + axes[0][a] * axes[2][b])
      out[k][5] = (s * w) * (axes[0][a] * axes[1][b] + axes[1][a] * axes[0][b])
    }
    return out
  }
}
