/// A deformation gradient F, nine numbers row by row: F[3 i + j] = ∂x_i/∂X_j.
///
/// The kinematics of one point, for people and tests; solvers work on batches.
public struct DeformationGradient: Sendable, Equatable {
  /// Entries row by row.
  public var entries: [Double]

  /// From nine entries, row by row.
  public init(_ entries: [Double]) {
    precondition(entries.count == 9, "F has 9 entries, not \(entries.count)")
    self.entries = entries
  }

  /// diag(a, b, c).
  public init(diagonal a: Double, _ b: Double, _ c: Double) {
    entries = [a, 0, 0, 0, b, 0, 0, 0, c]
  }

  /// Entry in row i and column j, from 0.
  public subscript(i: Int, j: Int) -> Double { entries[3 * i + j] }

  /// J = det F, volume now over volume at rest.
  public var determinant: Double {
    let f = entries
    return f[0] * (f[4] * f[8] - f[5] * f[7]) - f[1] * (f[3] * f[8] - f[5] * f[6])
      + f[2] * (f[3] * f[7] - f[4] * f[6])
  }

  /// C = FᵀF, Mandel order.
  public var rightCauchyGreen: [Double] {
    var m = [Double](repeating: 0, count: 9)
    for i in 0..<3 {
      for j in 0..<3 {
        m[3 * i + j] = (0..<3).reduce(0) { $0 + self[$1, i] * self[$1, j] }
      }
    }
    return Mandel.vector(m)
  }

  /// First Piola–Kirchhoff (nominal) stress P = F S, nine entries row by row, from S in Mandel order:
  /// force in direction i on a reference area with normal j.
  public func nominalStress(from S: [Double]) -> [Double] {
    let s = Mandel.matrix(S)
    var P = [Double](repeating: 0, count: 9)
    for i in 0..<3 {
      for j in 0..<3 { P[3 * i + j] = (0..<3).reduce(0) { $0 + self[i, $1] * s[3 * $1 + j] } }
    }
    return P
  }

  /// Cauchy (true) stress σ = F S Fᵀ / J in Mandel order, from S in Mandel order.
  public func cauchyStress(from S: [Double]) -> [Double] {
    let P = nominalStress(from: S)
    let J = determinant
    var m = [Double](repeating: 0, count: 9)
    for i in 0..<3 {
      for j in 0..<3 { m[3 * i + j] = (0..<3).reduce(0) { $0 + P[3 * i + $1] * self[j, $1] } / J }
    }
    return Mandel.vector(m)
  }
}
