/// Symmetric second-order tensors as six numbers: (xx, yy, zz, √2·yz, √2·zx, √2·xy).
public enum Mandel {
  /// √2, the weight of the off-diagonal entries.
  public static let root2 = 1.4142135623730951
  /// 1/√2, the weight of an off-diagonal entry as it leaves the vector.
  public static let halfRoot2 = 0.7071067811865476

  /// Row of the 3×3 tensor behind each Mandel index.
  public static let rows = [0, 1, 2, 1, 2, 0]
  /// Column of the 3×3 tensor behind each Mandel index.
  public static let columns = [0, 1, 2, 2, 0, 1]

  /// Position of entry `(i, j)` of a symmetric 6×6 matrix in its packed upper triangle, row by row.
  @inline(__always)
  public static func packed(_ i: Int, _ j: Int) -> Int {
    let (a, b) = i <= j ? (i, j) : (j, i)
    return 6 * a - a * (a - 1) / 2 + (b - a)
  }

  /// The Mandel vector of a symmetric 3×3 matrix given row by row.
  public static func vector(_ m: [Double]) -> [Double] {
    precondition(m.count == 9, "a 3×3 matrix has 9 entries, not \(m.count)")
    let s = 0.5 * root2
    return [m[0], m[4], m[8], s * (m[5] + m[7]), s * (m[2] + m[6]), s * (m[1] + m[3])]
  }

  /// The symmetric 3×3 matrix, row by row, of a Mandel vector.
  public static func matrix(_ v: [Double]) -> [Double] {
    precondition(v.count == 6, "a Mandel vector has 6 entries, not \(v.count)")
    let (yz, zx, xy) = (v[3] * halfRoot2, v[4] * halfRoot2, v[5] * halfRoot2)
    return [v[0], xy, zx, xy, v[1], yz, zx, yz, v[2]]
  }
}
