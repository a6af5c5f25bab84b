/// One level of the hierarchy: its matrix, its smoother and the way to the next.
struct Level {
  private let A: BlockMatrix
  /// Inverses of the diagonal blocks.
  private var inverse: [Double]
  private var prolongator, restrictor: BlockMatrix
  /// Right-hand side, solution, residual of the cycle under way.
  var b, x: [Double]
  private var r: [Double]

  init(_ A: BlockMatrix) throws(LinearSolverError) {
    self.A = A
    inverse = try Level.inverseDiagonal(A)
    prolongator = BlockMatrix(rows: 0, columns: 0, height: 1, width: 1)
    restrictor = prolongator
    b = Array(repeating: 0, count: A.rows * A.height)
    (x, r) = (b, b)
  }

  private static func inverseDiagonal(_ A: BlockMatrix) throws(LinearSolverError) -> [Double] {
    let h = A.height
    var inverse = [Double](repeating: 0, count: A.rows * h * h)
    var unit = [Double](repeating: 0, count: h)
    var block = DenseMatrix(rows: h, columns: h)
    for (i, place) in A.diagonalPlaces.enumerated() {
      guard place >= 0 else { throw .singular(row: i * h) }
      for k in 0..<h * h { block.values[k] = A.values[Int(place) * h * h + k] }
      guard Cholesky.factorise(&block) else { throw .notPositiveDefinite }
      for j in 0..<h {
        for k in 0..<h { unit[k] = k == j ? 1 : 0 }
        Cholesky.solve(factor: block, &unit)
        for k in 0..<h { inverse[(i * h + k) * h + j] = unit[k] }
      }
    }
    return inverse
  }

  /// Smooths the prolongator, keeps it, and returns Pᵀ A P.
  mutating func coarsen(_ tentative: BlockMatrix) -> BlockMatrix {
    prolongator = smoothed(tentative)
    restrictor = prolongator.transposed
    var coarse = restrictor * (A * prolongator)
    // A coarse unknown that stands for nothing (an aggregate too small for all modes) rests at zero.
    let m = coarse.height
    for place in coarse.diagonalPlaces where place >= 0 {
      for k in 0..<m where coarse.values[Int(place) * m * m + k * m + k] == 0 {
        coarse.values[Int(place) * m * m + k * m + k] = 1
      }
    }
    return coarse
  }

  /// P = (I − ω D⁻¹ A) P₀ with ω = 4/3 over the largest eigenvalue of D⁻¹ A.
  private func smoothed(_ tentative: BlockMatrix) -> BlockMatrix {
    let omega = 4 / 3 / largestEigenvalue()
    var P = A * tentative
    let (h, w) = (P.height, P.width)
    var column = [Double](repeating: 0, count: h)
    for i in 0..<P.rows {
      for p in Int(P.rowStart[i])..<Int(P.rowStart[i + 1]) {
        let own =
          tentative.rowStart[i] < tentative.rowStart[i + 1]
          && tentative.columnOf[Int(tentative.rowStart[i])] == P.columnOf[p]
        for c in 0..<w {
          for k in 0..<h { column[k] = P.values[p * h * w + k * w + c] }
          for k in 0..<h {
            var sum = 0.0
            for l in 0..<h { sum += inverse[(i * h + k) * h + l] * column[l] }
            let start =
              own ? tentative.values[Int(tentative.rowStart[i]) * h * w + k * w + c] : 0
            P.values[p * h * w + k * w + c] = start - omega * sum
          }
        }
      }
    }
    return P
  }

  /// By the power method; a tenth is added for what its few steps miss.
  private func largestEigenvalue() -> Double {
    let h = A.height
    var seed: UInt64 = 1
    var v = b.map { _ -> Double in
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int64(bitPattern: seed) >> 11) / Double(1 << 52)
    }
    var w = v
    var value = 1.0
    for _ in 0..<12 {
      A.multiply(v, into: &w)
      for i in 0..<A.rows {
        for k in 0..<h {
          var sum = 0.0
          for l in 0..<h { sum += inverse[(i * h + k) * h + l] * w[i * h + l] }
          v[i * h + k] = sum
        }
      }
      value = norm(v)
      guard value > 0, value.isFinite else { return 1 }
      for i in v.indices { v[i] /= value }
    }
    return 1.1 * value
  }

  /// One forward sweep of block Gauss–Seidel from x = 0, then r = b − A x.
  ///
  /// From zero a sweep needs only the part of A below the diagonal, and leaves only the part above it in
  /// the residual: together they read the matrix once.
  mutating func smoothFromZero() {
    let h = A.height
    for i in x.indices { x[i] = 0 }
    withPointers { rowStart, columnOf, a, inverse, b, x, r in
      for i in 0..<b.count / h {
        let t = r + i * h
        for k in 0..<h { t[k] = 0 }
        for p in Int(rowStart[i])..<Int(rowStart[i + 1]) where columnOf[p] < Int32(i) {
          addBlock(a + p * h * h, h, h, x + Int(columnOf[p]) * h, t)
        }
        for k in 0..<h { t[k] = b[i * h + k] - t[k] }
        addBlock(inverse + i * h * h, h, h, t, x + i * h)
      }
      for i in 0..<b.count / h {
        let t = r + i * h
        for k in 0..<h { t[k] = 0 }
        for p in Int(rowStart[i])..<Int(rowStart[i + 1]) where columnOf[p] > Int32(i) {
          addBlock(a + p * h * h, h, h, x + Int(columnOf[p]) * h, t)
        }
        for k in 0..<h { t[k] = -t[k] }
      }
    }
  }

  /// One backward sweep from the x there is.
  mutating func smoothBackwards() {
    let h = A.height
    withPointers { rowStart, columnOf, a, inverse, b, x, t in
      for i in stride(from: b.count / h - 1, through: 0, by: -1) {
        // t = b_i − Σ A_ij x_j over all j; adding D⁻¹ t replaces x_i.
        for k in 0..<h { t[k] = 0 }
        for p in Int(rowStart[i])..<Int(rowStart[i + 1]) {
          addBlock(a + p * h * h, h, h, x + Int(columnOf[p]) * h, t)
        }
        for k in 0..<h { t[k] = b[i * h + k] - t[k] }
        addBlock(inverse + i * h * h, h, h, t, x + i * h)
      }
    }
  }

  /// Row starts, block columns, blocks, inverse diagonal blocks, b, x, r.
  private mutating func withPointers(
    _ body: (
      UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Int32>, UnsafePointer<Double>,
      UnsafePointer<Double>, UnsafeBufferPointer<Double>, UnsafeMutablePointer<Double>,
      UnsafeMutablePointer<Double>
    ) -> Void
  ) {
    A.rowStart.withUnsafeBufferPointer { rowStart in
      A.columnOf.withUnsafeBufferPointer { columnOf in
        A.values.withUnsafeBufferPointer { values in
          inverse.withUnsafeBufferPointer { inverse in
            b.withUnsafeBufferPointer { b in
              x.withUnsafeMutableBufferPointer { x in
                r.withUnsafeMutableBufferPointer { r in
                  guard let a = values.baseAddress, let d = inverse.baseAddress,
                    let x = x.baseAddress, let r = r.baseAddress
                  else { return }
                  body(rowStart, columnOf, a, d, b, x, r)
                }
              }
            }
          }
        }
      }
    }
  }

  /// The coarse right-hand side Pᵀ r.
  func restrict(into coarse: inout [Double]) { restrictor.multiply(r, into: &coarse) }

  /// x += P e.
  mutating func correct(by coarse: [Double]) {
    prolongator.multiply(coarse, into: &r)
    advance(&x, by: 1, along: r)
  }
}
