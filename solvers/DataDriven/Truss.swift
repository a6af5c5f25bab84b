import Glibc

/// A truss: straight bars between joints, in the plane or in space, small displacements.
///
/// Lengths in m, areas in m², forces in N; tension positive.
public struct Truss: Sendable {
  /// A bar between two joints.
  public struct Bar: Sendable, Equatable {
    /// The joints it connects.
    public var from: Int, to: Int
    /// Cross-section, m².
    public var area: Double

    /// A bar.
    public init(_ from: Int, _ to: Int, area: Double = 1) {
      self.from = from
      self.to = to
      self.area = area
    }
  }

  /// Displacement components of a joint: 2 or 3.
  public var dimension: Int
  /// The joints; z is ignored in the plane.
  public var joints: [SIMD3<Double>]
  /// The bars.
  public var bars: [Bar]
  /// Given displacements, m: joint, component, value.
  public var supports: [(joint: Int, component: Int, value: Double)] = []
  /// Forces on joints, N.
  public var loads: [(joint: Int, force: SIMD3<Double>)] = []

  /// Joints and bars; supports and loads are added afterwards.
  public init(dimension: Int, joints: [SIMD3<Double>], bars: [Bar]) {
    self.dimension = dimension
    self.joints = joints
    self.bars = bars
  }

  /// Joints on a plane grid of unit spacing `spacing`, row `i` and column `j` at number `i · rows + j`,
  /// with a bar between every two that are nearer than `reach` spacings.
  public static func grid(
    columns: Int, rows: Int, spacing: Double = 1, reach: Double = 1.5, area: Double = 1
  ) -> Truss {
    let joints = (0..<columns * rows).map {
      SIMD3(spacing * Double($0 / rows), spacing * Double($0 % rows), 0)
    }
    var bars: [Bar] = []
    for a in joints.indices {
      for b in a + 1..<max(joints.count, a + 1)
      where length(joints[b] - joints[a]) < reach * spacing {
        bars.append(Bar(a, b, area: area))
      }
    }
    return Truss(dimension: 2, joints: joints, bars: bars)
  }

  /// Holds all components of a joint.
  public mutating func fix(_ joint: Int) {
    for i in 0..<dimension { supports.append((joint, i, 0)) }
  }

  /// The truss as a structure: one point per bar, ε = (e·Δu)/ℓ, w = A ℓ.
  /// - Throws: `DataDrivenError` for a bar without length or area, an unknown joint or component.
  public func structure() throws(DataDrivenError) -> Structure {
    let d = dimension
    guard d == 2 || d == 3 else {
      throw DataDrivenError("truss", "has dimension \(d)", "give 2 or 3")
    }
    var (dofs, weights, B): ([Int32], [Double], [Double]) = ([], [], [])
    for (number, bar) in bars.enumerated() {
      let place = "bar \(number)"
      guard joints.indices.contains(bar.from), joints.indices.contains(bar.to) else {
        throw DataDrivenError(
          place, "connects joints \(bar.from) and \(bar.to)",
          "number joints from 0 to \(joints.count - 1)")
      }
      var axis = joints[bar.to] - joints[bar.from]
      if d == 2 { axis.z = 0 }
      let l = Truss.length(axis)
      guard l > 0, l.isFinite else {
        throw DataDrivenError(place, "has length \(l) m", "connect two different places")
      }
      guard bar.area > 0, bar.area.isFinite else {
        throw DataDrivenError(place, "has area \(bar.area) m²", "give a positive one")
      }
      weights.append(bar.area * l)
      for i in 0..<d { dofs.append(Int32(d * bar.from + i)) }
      for i in 0..<d { dofs.append(Int32(d * bar.to + i)) }
      for i in 0..<d { B.append(-axis[i] / (l * l)) }
      for i in 0..<d { B.append(axis[i] / (l * l)) }
    }
    let block = Structure.Block(
      dofsPerCell: 2 * d, pointsPerCell: 1, dofs: dofs, weights: weights, B: B)
    return Structure(
      componentCount: 1, dimension: d, blocks: [block], forces: try forces(),
      prescribed: try prescribed())
  }

  private func forces() throws(DataDrivenError) -> [Double] {
    var f = [Double](repeating: 0, count: dimension * joints.count)
    for (number, load) in loads.enumerated() {
      try check("load \(number)", joint: load.joint, finite: load.force.sum())
      for i in 0..<dimension { f[dimension * load.joint + i] += load.force[i] }
    }
    return f
  }

  private func prescribed() throws(DataDrivenError) -> [Double?] {
    var out = [Double?](repeating: nil, count: dimension * joints.count)
    for (number, support) in supports.enumerated() {
      let place = "support \(number)"
      try check(place, joint: support.joint, finite: support.value)
      guard (0..<dimension).contains(support.component) else {
        throw DataDrivenError(
          place, "holds component \(support.component)", "components go from 0 to \(dimension - 1)")
      }
      out[dimension * support.joint + support.component] = support.value
    }
    return out
  }

  private func check(_ place: String, joint: Int, finite: Double) throws(DataDrivenError) {
    guard joints.indices.contains(joint) else {
      throw DataDrivenError(
        place, "is at joint \(joint)", "number joints from 0 to \(joints.count - 1)")
    }
    guard finite.isFinite else { throw DataDrivenError(place, "is not finite", "give numbers") }
  }

  private static func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }
}
