import Contact
import DDA

extension BlockCase {
  /// Joint laws between materials, and whether joints begin unbroken.
  /// - Throws: `InputError` with line and key.
  func addJoints(_ d: inout DDADefinition) throws(InputError) {
    let joints = value.need("joints")
    d.startsBonded = joints.need("bonded").flag
    for row in joints.need("pairs").list {
      let ends = row.need("between").list
      let pair = MaterialPair(try material(ends[0]), try material(ends[1]))
      guard d.joints[pair] == nil else {
        throw row.need("between").error("these two materials have a joint already; remove one")
      }
      d.joints[pair] = try law(row)
    }
  }

  /// The law of a joint.
  /// - Throws: `InputError` for numbers that are none of the law.
  func law(_ row: CaseValue) throws(InputError) -> any InterfaceLaw {
    let law = row["law"].flatMap { JointLaw(rawValue: $0.text) } ?? .coulomb
    func number(_ key: String) -> Double { row.need(key).number }
    func angle(_ key: String) -> Double { number(key) * .pi / 180 }
    func order(_ low: String, _ high: String) throws(InputError) {
      guard number(low) <= number(high) else {
        throw row.need(low).error(
          "is \(Show.number(number(low))) degrees, more than \(high) of "
            + "\(Show.number(number(high))); give at most that")
      }
    }
    switch law {
    case .slipWeakening: try order("residual-friction", "peak-friction")
    case .velocityWeakening: try order("dynamic-friction", "static-friction")
    case .bartonBandis: try order("basic-friction", "largest-friction")
    case .coulomb, .rateAndState: break
    }
    do {
      switch law {
      case .coulomb:
        return try CoulombJoint(
          friction: angle("friction"),
          residual: row["residual-friction"].map { $0.number * .pi / 180 },
          cohesion: number("cohesion"), tension: number("tension"))
      case .slipWeakening:
        return try SlipWeakening(
          peak: angle("peak-friction"), residual: angle("residual-friction"),
          length: number("length"))
      case .velocityWeakening:
        return try VelocityWeakening(
          still: angle("static-friction"), fast: angle("dynamic-friction"), rate: number("rate"))
      case .bartonBandis:
        return try BartonBandis(
          roughness: number("roughness"), wallStrength: number("wall-strength"),
          basicAngle: angle("basic-friction"), largestAngle: angle("largest-friction"))
      case .rateAndState:
        return try RateAndState(
          friction: number("steady-friction"), direct: number("direct"),
          evolution: number("evolution"), length: number("length"), rate: number("rate"),
          restRate: row["rest-rate"]?.number)
      }
    } catch { throw row.error(error.description) }
  }
}
