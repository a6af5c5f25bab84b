// A matrix that is singular only up to round-off factorises without complaint: the last pivot is noise,
// and so is every solution. The factors themselves tell: inverse iteration on the matrix scaled to unit
// rows, B = S A S, finds the size of its smallest eigenvalue. For a free body that is a few units of
// round-off; for a sound stiffness, even of a slender body, it lies orders of magnitude higher.
//
// The first step starts from a vector with a mean (free translations) and fixed pseudo-random signs (all
// else). Its estimate may be √n too high; only where it is suspicious does a second step sharpen it.

/// Smallest eigenvalue of a sound matrix scaled to unit rows, with a factor of safety over what round-off
/// leaves of zero (measured on free blocks of 10² to 10⁵ unknowns: below 1e-15).
private let smallestSoundEigenvalue = 1e-14

/// Above this a first estimate cannot hide a singular matrix, whatever the number of unknowns.
private let unsuspiciousEigenvalue = 1e-10

extension CSRMatrix {
  /// The factors s with which S A S has rows of about unit largest entry. A row of zeros gets s = 1.
  func unitRowScaling() -> [Double] {
    var largest = [Double](repeating: 0, count: count)
    for i in 0..<count {
      for p in Int(pattern.rowStart[i])..<Int(pattern.rowStart[i + 1]) {
        let (j, size) = (Int(pattern.columns[p]), abs(values[p]))
        if size > largest[i] { largest[i] = size }
        if pattern.storage == .upperTriangle && size > largest[j] { largest[j] = size }
      }
    }
    return largest.map { $0 > 0 ? 1 / $0.squareRoot() : 1 }
  }
}

/// Size of the smallest eigenvalue of S A S, at most √n too high.
func smallestScaledEigenvalue(
  scaling s: [Double], solve: (inout [Double]) throws(LinearSolverError) -> Void
) throws(LinearSolverError) -> Double {
  var seed: UInt64 = 0x9E37_79B9_7F4A_7C15
  var v = [Double](repeating: 0, count: s.count)
  for i in v.indices {
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    v[i] = 1 + (seed >> 63 == 0 ? 1 : -1)
  }
  var estimate = Double.infinity
  for _ in 0..<2 {
    let length = norm(v)
    // B⁻¹ v = S⁻¹ A⁻¹ S⁻¹ v.
    for i in v.indices { v[i] /= length * s[i] }
    try solve(&v)
    for i in v.indices { v[i] /= s[i] }
    let growth = norm(v)
    guard growth.isFinite, growth > 0 else { return 0 }
    estimate = 1 / growth
    if estimate > unsuspiciousEigenvalue { break }
  }
  return estimate
}

/// Whether a matrix with this smallest scaled eigenvalue is singular up to round-off.
func isSingular(smallestScaledEigenvalue value: Double) -> Bool { value < smallestSoundEigenvalue }

/// ‖v‖₂, safe from overflow.
func norm(_ v: [Double]) -> Double {
  let largest = v.reduce(0) { max($0, abs($1)) }
  guard largest > 0, largest.isFinite else { return largest }
  return largest * v.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }.squareRoot()
}
