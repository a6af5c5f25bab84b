import Contact
import Glibc
import Mechanics

/// Which blocks of an island share contacts or bolts: the pattern of its matrix, the same while a list of contacts
/// holds.
struct BlockPattern: Sendable, Equatable, Codable {
  /// First off-diagonal block of every row, and the column of each.
  var rowStart: [Int32] = [0], columns: [Int32] = []
  /// Off-diagonal blocks ij and ji of every contact and of every bolt of the island, −1 where a side is fixed.
  var contacts: [SIMD2<Int32>] = [], bolts: [SIMD2<Int32>] = []

  init() {}

  /// Of blocks 0 to count − 1; sides that are fixed are −1.
  init(_ count: Int, contacts: [SIMD2<Int32>], bolts: [SIMD2<Int32>]) {
    func code(_ p: SIMD2<Int32>) -> UInt64? {
      p.x >= 0 && p.y >= 0 && p.x != p.y
        ? UInt64(min(p.x, p.y)) << 32 | UInt64(max(p.x, p.y)) : nil
    }
    let unique = Self.unique(contacts.compactMap(code) + bolts.compactMap(code))
    rowStart = Array(repeating: 0, count: count + 1)
    let ends = unique.map { (Int($0 >> 32), Int($0 & 0xFFFF_FFFF)) }
    for (i, j) in ends {
      rowStart[i + 1] += 1
      rowStart[j + 1] += 1
    }
    for i in 0..<count { rowStart[i + 1] += rowStart[i] }
    var next = rowStart
    columns = Array(repeating: 0, count: 2 * ends.count)
    var places: [SIMD2<Int32>] = []
    places.reserveCapacity(ends.count)
    for (i, j) in ends {
      places.append(SIMD2(next[i], next[j]))
      columns[Int(next[i])] = Int32(j)
      columns[Int(next[j])] = Int32(i)
      next[i] += 1
      next[j] += 1
    }
    func find(_ p: SIMD2<Int32>) -> SIMD2<Int32> {
      guard let k = code(p) else { return SIMD2(-1, -1) }
      var (low, high) = (0, unique.count)
      while high - low > 1 {
        let middle = (low + high) / 2
        if unique[middle] <= k { low = middle } else { high = middle }
      }
      return p.x < p.y ? places[low] : SIMD2(places[low].y, places[low].x)
    }
    self.contacts = contacts.map(find)
    self.bolts = bolts.map(find)
  }

  private static func unique(_ codes: [UInt64]) -> [UInt64] {
    var out: [UInt64] = []
    for k in codes.sorted() where out.last != k { out.append(k) }
    return out
  }
}

/// A symmetric positive definite system in blocks of 6 or 12 unknowns: columns of a block stand in registers
/// of eight, so that a product is one multiplication and addition per column.
///
/// Every row of blocks has its own copies, so that a product with the matrix needs nothing but reading, and rows can be
/// shared among workers. Sums run over chunks of rows whose size does not depend on the workers: the bits neither.
/// With `Float` half as much memory is read, which is what a product costs: a correction need not be better than that,
/// the residual that it corrects is found in double precision.
final class BlockSystem<Scalar: Precision> {
  typealias Vector = Buffer<SIMD8<Scalar>>
  let unknowns: Int, lanes: Int, count: Int
  let rows: Chunks
  let rowStart: Buffer<Int32>, columns: Buffer<Int32>
  /// Most off-diagonal blocks of a row.
  let longestRow: Int
  /// Entries, packed: column c of block k begins at `(k * unknowns + c) * unknowns`.
  let diagonal: Buffer<Scalar>, off: Buffer<Scalar>, inverse: Buffer<Scalar>
  let solution: Vector, residual: Vector, search: Vector, product: Vector, refined: Vector
  /// What finds corrections with this matrix.
  let method: BlockLinearSolver
  /// Factors of a direct method, and whether they are of the matrix as it stands.
  var direct: FactorisedSystem?
  var isFactorised = false

  /// Room for `count` blocks with a pattern; entries are undefined.
  init(
    unknowns: Int, count: Int, pattern: BlockPattern, workers: Int,
    method: BlockLinearSolver
  ) {
    (self.unknowns, self.count, self.method) = (unknowns, count, method)
    lanes = (unknowns + 7) / 8
    rows = Chunks(count, workers: workers)
    rowStart = Buffer(pattern.rowStart.count)
    for (i, v) in pattern.rowStart.enumerated() { rowStart[i] = v }
    longestRow = (0..<count).reduce(0) {
      max($0, Int(pattern.rowStart[$1 + 1] - pattern.rowStart[$1]))
    }
    columns = Buffer(pattern.columns.count)
    for (i, v) in pattern.columns.enumerated() { columns[i] = v }
    let square = unknowns * unknowns
    diagonal = Buffer(count * square + 8)
    inverse = Buffer(count * square + 8)
    off = Buffer(columns.count * square + 8)
    solution = Vector(count * lanes)
    residual = Vector(count * lanes)
    search = .zeros(count * lanes)
    product = .zeros(count * lanes)
    refined = Vector(count * lanes)
  }

  /// Sets row i: its off-diagonal blocks, which stand one after another in `others`, and its diagonal block, which is
  /// lost.
  /// - Returns: whether the diagonal block is positive definite.
  @inline(__always)
  func setRow(_ i: Int, _ block: LaneBuffer, _ others: LaneBuffer) -> Bool {
    let (width, square) = (unknowns * lanes, unknowns * unknowns)
    let first = Int(rowStart[i])
    for k in 0..<Int(rowStart[i + 1]) - first {
      Scalar.pack(others, k * width, to: off, (first + k) * square, lanes: lanes)
    }
    Scalar.pack(block, 0, to: diagonal, i * square, lanes: lanes)
    guard BlockKernels.invert(block, lanes: lanes) else { return false }
    Scalar.pack(block, 0, to: inverse, i * square, lanes: lanes)
    return true
  }

  /// What a relative residual is at least: digits of the precision that a solution can have.
  static var finest: Double { Scalar.significandBitCount < 50 ? 1e-5 : 0 }
}
