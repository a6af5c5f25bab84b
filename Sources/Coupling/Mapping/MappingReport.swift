/// How two interfaces lie to each other and what was built between them; prints as one line.
public struct MappingReport: Sendable, Equatable, CustomStringConvertible {
  /// The kind of map.
  public var kind: String
  /// Names of the interfaces.
  public var source: String, target: String
  /// Points of each.
  public var sourceCount: Int, targetCount: Int
  /// The larger of the mean facet sizes (in clouds: mean distances to the nearest neighbour), m.
  public var size = 0.0
  /// The largest distance between the interfaces, m, over target points that lie over the source; in
  /// a cloud of source points the distance to the nearest of them.
  public var largestGap = 0.0
  /// Where it is: a target point, and its place in m.
  public var gapPoint: Int?, gapPlace = SIMD3<Double>.zero
  /// Target points beyond the border of the source: they take the value at the border.
  public var overhangCount = 0
  /// How far beyond, at most, in m along the source, and at which target point.
  public var largestOverhang = 0.0, overhangPoint: Int?
  /// Largest lever |x_t − Σ w x_s|, m: the moment that `keepsMoments` restores, per unit of force.
  public var largestLever = 0.0
  /// Target points whose lever has no facet or neighbourhood with room for a couple: their moment is lost.
  public var lostMoments = 0
  /// Stored weights.
  public var entryCount = 0
  /// Clusters of a radial basis map over many points, 0 for one that is global.
  public var clusterCount = 0
  /// Largest relative shift of a diagonal that made an ill-conditioned kernel matrix definite; 0 where
  /// none was needed, and then the map interpolates.
  public var regularisation = 0.0

  init(_ kind: Transfer.Kind, from source: InterfaceMesh, to target: InterfaceMesh) {
    self.kind = kind.description
    self.source = source.name
    self.target = target.name
    sourceCount = source.points.count
    targetCount = target.points.count
  }

  /// One line.
  public var description: String {
    var line = "\(kind) from '\(source)' (\(sourceCount) points) to '\(target)' (\(targetCount)): "
    if let gapPoint, largestGap > 1e-12 * size {
      line += "largest gap \(short(largestGap)) m"
      line += size > 0 ? " (\(short(100 * largestGap / size)) % of a facet)" : ""
      line += " at target point \(gapPoint) \(place(gapPlace))"
    } else {
      line += "no gap"
    }
    if let overhangPoint {
      line += ", \(overhangCount) target points beyond the border"
      line += " by up to \(short(largestOverhang)) m (point \(overhangPoint))"
    }
    if largestLever > 0 { line += ", levers up to \(short(largestLever)) m" }
    if lostMoments > 0 { line += ", the moment lost at \(lostMoments) points" }
    if clusterCount > 0 { line += ", \(clusterCount) clusters" }
    if regularisation > 0 { line += ", kernels regularised by \(short(regularisation))" }
    return line + ", \(entryCount) weights"
  }
}

/// Three digits, for messages.
func short(_ x: Double) -> String {
  guard x != 0, x.isFinite else { return x == 0 ? "0" : "\(x)" }
  var (scaled, exponent) = (abs(x), 0)
  while scaled >= 10 { (scaled, exponent) = (scaled / 10, exponent + 1) }
  while scaled < 1 { (scaled, exponent) = (scaled * 10, exponent - 1) }
  let digits = (scaled * 100).rounded() / 100
  let sign = x < 0 ? "-" : ""
  guard exponent < -3 || exponent > 4 else {
    var power = 1.0
    for _ in 0..<abs(exponent) { power *= 10 }
    let value = exponent < 0 ? (digits / power) : digits * power
    let grain = exponent < 0 ? power * 100 : 100 / power
    return sign + "\((value * grain).rounded() / grain)"
  }
  return "\(sign)\(digits)e\(exponent)"
}

func place(_ x: SIMD3<Double>) -> String { "(\(short(x.x)), \(short(x.y)), \(short(x.z)))" }
