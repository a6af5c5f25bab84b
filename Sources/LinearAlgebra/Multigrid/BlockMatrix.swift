/// A sparse matrix of equal dense blocks in compressed rows, blocks stored row by row.
struct BlockMatrix {
  /// Numbers of block rows and block columns.
  let rows, columns: Int
  /// Rows and columns of a block.
  let height, width: Int
  /// Block row `i` occupies blocks `rowStart[i] ..< rowStart[i + 1]`.
  var rowStart: [Int32] = [0]
  /// Block column of every block.
  var columnOf: [Int32] = []
  var values: [Double] = []

  init(rows: Int, columns: Int, height: Int, width: Int) {
    (self.rows, self.columns, self.height, self.width) = (rows, columns, height, width)
  }

  var blockArea: Int { height * width }

  /// y = A x.
  func multiply(
    _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>
  ) {
    let (h, w) = (height, width)
    rowStart.withUnsafeBufferPointer { rowStart in
      columnOf.withUnsafeBufferPointer { columnOf in
        values.withUnsafeBufferPointer { values in
          for i in 0..<rows {
            let yi = y + i * h
            for k in 0..<h { yi[k] = 0 }
            for p in Int(rowStart[i])..<Int(rowStart[i + 1]) {
              addBlock(values.baseAddress! + p * h * w, h, w, x + Int(columnOf[p]) * w, yi)
            }
          }
        }
      }
    }
  }

  /// The transpose.
  var transposed: BlockMatrix {
    var result = BlockMatrix(rows: columns, columns: rows, height: width, width: height)
    var next = [Int32](repeating: 0, count: columns + 1)
    for j in columnOf { next[Int(j) + 1] += 1 }
    for j in 0..<columns { next[j + 1] += next[j] }
    result.rowStart = next
    result.columnOf = Array(repeating: 0, count: columnOf.count)
    result.values = Array(repeating: 0, count: values.count)
    for i in 0..<rows {
      for p in Int(rowStart[i])..<Int(rowStart[i + 1]) {
        let q = Int(next[Int(columnOf[p])])
        next[Int(columnOf[p])] += 1
        result.columnOf[q] = Int32(i)
        for a in 0..<height {
          for b in 0..<width {
            result.values[q * blockArea + b * height + a] = values[p * blockArea + a * width + b]
          }
        }
      }
    }
    return result
  }

  /// A B: row by row, each block column of the result gets its place when it is first met.
  static func * (A: BlockMatrix, B: BlockMatrix) -> BlockMatrix {
    precondition(A.columns == B.rows && A.width == B.height, "block shapes do not match")
    var C = BlockMatrix(rows: A.rows, columns: B.columns, height: A.height, width: B.width)
    C.rowStart.reserveCapacity(A.rows + 1)
    var placeOf = [Int32](repeating: -1, count: B.columns)
    let (h, m, w) = (A.height, A.width, B.width)
    var row = [Double]()
    for i in 0..<A.rows {
      let first = C.columnOf.count
      for p in Int(A.rowStart[i])..<Int(A.rowStart[i + 1]) {
        let j = Int(A.columnOf[p])
        for q in Int(B.rowStart[j])..<Int(B.rowStart[j + 1])
        where placeOf[Int(B.columnOf[q])] < Int32(first) {
          placeOf[Int(B.columnOf[q])] = Int32(C.columnOf.count)
          C.columnOf.append(B.columnOf[q])
        }
      }
      let size = (C.columnOf.count - first) * h * w
      if row.count < size { row = Array(repeating: 0, count: size) }
      row.withUnsafeMutableBufferPointer { row in
        for k in 0..<size { row[k] = 0 }
        guard let row = row.baseAddress else { return }
        A.values.withUnsafeBufferPointer { a in
          B.values.withUnsafeBufferPointer { b in
            for p in Int(A.rowStart[i])..<Int(A.rowStart[i + 1]) {
              let j = Int(A.columnOf[p])
              for q in Int(B.rowStart[j])..<Int(B.rowStart[j + 1]) {
                let place = Int(placeOf[Int(B.columnOf[q])]) - first
                addProduct(
                  a.baseAddress! + p * h * m, b.baseAddress! + q * m * w, h, m, w,
                  row + place * h * w)
              }
            }
          }
        }
      }
      C.values.append(contentsOf: row[0..<size])
      C.rowStart.append(Int32(C.columnOf.count))
    }
    return C
  }

  /// Place of the diagonal block of every row, or −1.
  var diagonalPlaces: [Int32] {
    (0..<rows).map { i in
      for p in rowStart[i]..<rowStart[i + 1] where columnOf[Int(p)] == Int32(i) { return p }
      return -1
    }
  }
}

/// y += a x for one block.
@inline(__always)
func addBlock(
  _ a: UnsafePointer<Double>, _ height: Int, _ width: Int, _ x: UnsafePointer<Double>,
  _ y: UnsafeMutablePointer<Double>
) {
  if height == 3 && width == 3 {
    y[0] += a[0] * x[0] + a[1] * x[1] + a[2] * x[2]
    y[1] += a[3] * x[0] + a[4] * x[1] + a[5] * x[2]
    y[2] += a[6] * x[0] + a[7] * x[1] + a[8] * x[2]
  } else {
    for i in 0..<height {
      var sum = 0.0
      for j in 0..<width { sum += a[i * width + j] * x[j] }
      y[i] += sum
    }
  }
}

/// c += a b for blocks of height × middle and middle × width.
@inline(__always)
private func addProduct(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ height: Int, _ middle: Int,
  _ width: Int, _ c: UnsafeMutablePointer<Double>
) {
  if width == 6 {
    // Six rigid modes in space: a row of the result stays in registers.
    for i in 0..<height {
      var (c0, c1, c2) = (c[i * 6], c[i * 6 + 1], c[i * 6 + 2])
      var (c3, c4, c5) = (c[i * 6 + 3], c[i * 6 + 4], c[i * 6 + 5])
      for k in 0..<middle {
        let s = a[i * middle + k]
        let row = b + k * 6
        c0 += s * row[0]
        c1 += s * row[1]
        c2 += s * row[2]
        c3 += s * row[3]
        c4 += s * row[4]
        c5 += s * row[5]
      }
      (c[i * 6], c[i * 6 + 1], c[i * 6 + 2]) = (c0, c1, c2)
      (c[i * 6 + 3], c[i * 6 + 4], c[i * 6 + 5]) = (c3, c4, c5)
    }
  } else {
    for i in 0..<height {
      for k in 0..<middle {
        let s = a[i * middle + k]
        for j in 0..<width { c[i * width + j] += s * b[k * width + j] }
      }
    }
  }
}
