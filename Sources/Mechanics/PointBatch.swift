/// Material points in groups of eight, structure of arrays: what a `ConstitutiveLaw` reads and writes.
///
/// Symmetric tensors are in Mandel order (xx, yy, zz, √2·yz, √2·zx, √2·xy), so that inner products are
/// plain dot products. Component `i` of group `g` stands at `strain[6 * g + i]`, entry `(i, j)` of
/// its tangent at `tangent[21 * g + Mandel.packed(i, j)]`. Stresses and tangents are in Pa, energies
/// in J/m³ of the undeformed body; tension is positive.
public struct PointBatch: Sendable {
  /// Number of groups of eight points.
  public let groups: Int
  /// State variables per point.
  public let stateCount: Int
  /// Strain measure of the law's `WorkPair`, six per group.
  public var strain: [Lanes]
  /// Energy density, one per group.
  public var energy: [Lanes]
  /// Stress measure of the law's `WorkPair`, six per group.
  public var stress: [Lanes]
  /// Consistent tangent, packed upper triangle, 21 per group.
  public var tangent: [Lanes]
  /// State at the beginning of the step; `stateCount` per group. Never written by a law.
  public var stateIn: [Lanes]
  /// State at the end of the step; written by the law, so that a step can be refused and repeated.
  public var stateOut: [Lanes]

  /// Number of points; what stands in the last group beyond them is arbitrary.
  public let count: Int

  /// An all-zero batch of whole groups.
  public init(groups: Int, stateCount: Int = 0) {
    self.init(points: 8 * groups, stateCount: stateCount)
  }

  /// An all-zero batch for any number of points. A learned law answers a last group of few points faster
  /// than a whole one, with the same bits.
  public init(points: Int, stateCount: Int = 0) {
    precondition(points >= 0 && stateCount >= 0, "PointBatch(\(points), \(stateCount))")
    count = points
    groups = (points + 7) / 8
    self.stateCount = stateCount
    strain = Array(repeating: Lanes(), count: 6 * groups)
    energy = Array(repeating: Lanes(), count: groups)
    stress = Array(repeating: Lanes(), count: 6 * groups)
    tangent = Array(repeating: Lanes(), count: 21 * groups)
    stateIn = Array(repeating: Lanes(), count: stateCount * groups)
    stateOut = stateIn
  }

  /// The strain of one point, Mandel order.
  public func strain(of point: Int) -> [Double] {
    (0..<6).map { strain[6 * (point / 8) + $0][point % 8] }
  }

  /// Sets the strain of one point, Mandel order.
  public mutating func setStrain(_ value: [Double], of point: Int) {
    precondition(value.count == 6, "a strain has 6 Mandel components, not \(value.count)")
    for i in 0..<6 { strain[6 * (point / 8) + i][point % 8] = value[i] }
  }

  /// The stress of one point, Mandel order.
  public func stress(of point: Int) -> [Double] {
    (0..<6).map { stress[6 * (point / 8) + $0][point % 8] }
  }

  /// The energy density of one point.
  public func energy(of point: Int) -> Double { energy[point / 8][point % 8] }

  /// The full 6×6 tangent of one point, row by row.
  public func tangent(of point: Int) -> [Double] {
    var out = [Double](repeating: 0, count: 36)
    for i in 0..<6 {
      for j in 0..<6 {
        out[6 * i + j] = tangent[21 * (point / 8) + Mandel.packed(i, j)][point % 8]
      }
    }
    return out
  }
}
