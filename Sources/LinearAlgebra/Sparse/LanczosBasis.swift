import COpenBLAS

/// The growing basis of `ShiftInvertLanczos`: Q with QᵀMQ = 1, and T = Qᵀ M A Q of the part to which A
/// was applied. Same input, same bits: start vectors come from a fixed generator.
struct LanczosBasis {
  /// An approximate eigenvalue θ of A, its residual in the norm of M, its coordinates in the basis.
  struct Ritz {
    let theta: Double, residual: Double, coordinates: [Double]
  }

  private let M: CSRMatrix
  private let n: Int
  private let blockSize: Int
  /// Q and MQ, column by column.
  private var Q: [Double] = [], MQ: [Double] = []
  /// Columns of T below and above the diagonal, as far as they are known: T[j] belongs to column j.
  private var T: [[Double]] = []
  /// Basis vectors, and those of them to which A was applied.
  private(set) var size = 0, applied = 0
  /// Whether the whole space is spanned.
  var isExhausted: Bool { applied > 0 && applied == size }
  private var seed: UInt64 = 0x2545_F491_4F6C_DD1D
  private var block: [Double] = [], work: [Double]

  init(M: CSRMatrix, blockSize: Int) {
    self.M = M
    n = M.count
    self.blockSize = blockSize
    work = Array(repeating: 0, count: n)
  }

  /// A block of new random vectors beside the basis as it stands.
  mutating func appendRandomBlock() { for _ in 0..<blockSize { appendRandom() } }

  /// Applies A to the last vectors and appends what is new in the result.
  mutating func extend(by factors: DirectSolver) throws(LinearSolverError) {
    let first = applied
    let width = min(size - applied, 2 * blockSize)
    guard width > 0 else { return }
    block = Array(MQ[first * n..<(first + width) * n])
    try factors.solve(&block, count: width)
    applied += width
    for k in 0..<width {
      var w = Array(block[k * n..<(k + 1) * n])
      let before = mNorm(w)
      var column = [Double](repeating: 0, count: size)
      let after = orthogonalise(&w, coefficients: &column)
      // What is left of a vector inside the space is rounding.
      if size < n, after > 1e-12 * before {
        column.append(after)
        append(w, norm: after)
      }
      T.append(column)
    }
    if size == applied && size < n { appendRandom() }
  }

  /// Eigenvalues of T, the largest sizes first.
  func ritz() throws(LinearSolverError) -> [Ritz] {
    let m = applied
    var matrix = DenseMatrix(rows: m, columns: m)
    for j in 0..<m {
      // An entry is known from its column as far as the basis went, from its row beyond.
      for i in j..<m { matrix[i, j] = i < T[j].count ? T[j][i] : T[i][j] }
    }
    let (values, vectors) = try matrix.symmetricEigen()
    let order = values.indices.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }
    return order.map { k in
      let s = Array(vectors.column(k))
      // A Q s − θ Q s lies in the vectors to which A was not applied yet.
      var outside = [Double](repeating: 0, count: size - m)
      for j in 0..<m where T[j].count > m {
        for i in m..<T[j].count { outside[i - m] += T[j][i] * s[j] }
      }
      return Ritz(theta: values[k], residual: norm(outside), coordinates: s)
    }
  }

  /// Eigenvectors, ascending by eigenvalue, with their residuals.
  ///
  /// A vector Q s has parts of high eigenvalues of the size of the tolerance, which K magnifies; one more
  /// application of A takes them away.
  func result(
    _ ritz: [Ritz], _ K: CSRMatrix, shift: Double, _ factors: DirectSolver
  ) throws(LinearSolverError) -> ShiftInvertLanczos.Result {
    var result = ShiftInvertLanczos.Result(shift: shift, basisCount: applied)
    let sorted = ritz.map { (shift + 1 / $0.theta, $0.coordinates) }.sorted { $0.0 < $1.0 }
    for (lambda, s) in sorted {
      var x = [Double](repeating: 0, count: n)
      cblas_dgemv(
        CblasColMajor, CblasNoTrans, Int32(n), Int32(applied), 1, MQ, Int32(n), s, 1, 0, &x, 1)
      try factors.solve(&x)
      let largest = x.indices.max { abs(x[$0]) < abs(x[$1]) }!
      let scale = (x[largest] < 0 ? -1 : 1) / mNorm(x)
      for i in x.indices { x[i] *= scale }
      let (Kx, Mx) = (K.times(x), M.times(x))
      let rest = norm(zip(Kx, Mx).map { $0 - lambda * $1 })
      result.values.append(lambda)
      result.vectors.append(x)
      result.residuals.append(rest / (norm(Kx) + (abs(lambda) + abs(shift)) * norm(Mx)))
    }
    return result
  }

  /// w ← w − Q Qᵀ M w, twice; adds the coefficients. Returns ‖w‖ in the norm of M.
  private mutating func orthogonalise(_ w: inout [Double], coefficients: inout [Double]) -> Double {
    var h = [Double](repeating: 0, count: size)
    for _ in 0..<2 {
      cblas_dgemv(
        CblasColMajor, CblasTrans, Int32(n), Int32(size), 1, MQ, Int32(n), w, 1, 0, &h, 1)
      cblas_dgemv(
        CblasColMajor, CblasNoTrans, Int32(n), Int32(size), -1, Q, Int32(n), h, 1, 1, &w, 1)
      for i in 0..<size { coefficients[i] += h[i] }
    }
    return mNorm(w)
  }

  private mutating func append(_ w: [Double], norm: Double) {
    let q = w.map { $0 / norm }
    Q += q
    M.multiply(q, into: &work)
    MQ += work
    size += 1
  }

  private mutating func appendRandom() {
    for _ in 0..<3 where size < n {
      var w = (0..<n).map { _ -> Double in
        seed ^= seed << 13
        seed ^= seed >> 7
        seed ^= seed << 17
        return Double(seed >> 11) * 0x1p-52 - 1
      }
      var ignored = [Double](repeating: 0, count: size)
      let before = mNorm(w)
      let after = size == 0 ? before : orthogonalise(&w, coefficients: &ignored)
      if after > 1e-10 * before {
        append(w, norm: after)
        return
      }
    }
  }

  private func mNorm(_ w: [Double]) -> Double {
    let Mw = M.times(w)
    var sum = 0.0
    for i in w.indices { sum += w[i] * Mw[i] }
    return max(sum, 0).squareRoot()
  }
}
