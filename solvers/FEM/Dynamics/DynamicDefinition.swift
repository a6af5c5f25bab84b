import Geometry

/// How mass is shared among the nodes of a cell.
public enum MassKind: String, Sendable, CaseIterable {
  /// ∫ ρ N_a N_b dV.
  case consistent
  /// A diagonal in the proportions of the consistent one, scaled to the mass of the cell: positive for
  /// every shape. Source: Hinton, Rock & Zienkiewicz, Earthq. Eng. Struct. Dyn. 4 (1976).
  case lumped
}

/// C = α M + β K, with K the tangent of the initial state: mode i with the frequency ω has the damping
/// ratio ½ (α/ω + β ω).
///
/// Both parts act on the velocity as it is. A rigid motion is braked by the mass part, a large turn
/// of the body by the stiffness part too.
public struct RayleighDamping: Sendable, Equatable {
  /// α in 1/s.
  public var mass: Double
  /// β in s.
  public var stiffness: Double

  /// By its factors.
  public init(mass: Double = 0, stiffness: Double = 0) {
    self.mass = mass
    self.stiffness = stiffness
  }

  /// The factors that give one ratio at two angular frequencies, rad/s.
  public init(ratio: Double, at first: Double, and second: Double) {
    mass = 2 * ratio * first * second / (first + second)
    stiffness = 2 * ratio / (first + second)
  }
}

/// A recorded acceleration of the ground on which a body stands. The body is then described by its
/// motion relative to the ground, and −ρ a_g acts on its mass.
public struct BaseAcceleration: Sendable, Equatable {
  /// Times of the record in s, ascending.
  public var times: [Double]
  /// Acceleration at these times, m/s²; linear in between, zero before the first and after the last.
  public var values: [Double]
  /// Where positive values point; its length does not matter.
  public var direction: SIMD3<Double>

  /// A record along a direction.
  public init(times: [Double], values: [Double], direction: SIMD3<Double>) {
    self.times = times
    self.values = values
    self.direction = direction
  }

  /// Acceleration at a time, m/s².
  public func value(at time: Double) -> Double {
    guard let first = times.first, let last = times.last else { return 0 }
    // A sum of steps misses the ends of a record by rounding.
    let slack = 1e-9 * (last - first)
    guard time >= first - slack, time <= last + slack else { return 0 }
    let time = min(max(time, first), last)
    var (low, high) = (0, times.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle } else { high = middle }
    }
    guard high > low else { return values[low] }
    let s = (time - times[low]) / (times[high] - times[low])
    return (1 - s) * values[low] + s * values[high]
  }

  func validate(dimension: Int) throws(FEMError) {
    guard !times.isEmpty, times.count == values.count else {
      throw FEMError(
        "base acceleration", "has \(times.count) times and \(values.count) values",
        "give one value per time")
    }
    guard zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }), times.allSatisfy(\.isFinite),
      values.allSatisfy(\.isFinite)
    else {
      throw FEMError(
        "base acceleration", "has times that do not ascend, or values that are not finite",
        "mend the record")
    }
    let length = (direction * direction).sum().squareRoot()
    guard length > 0, length.isFinite, dimension == 3 || direction.z == 0 else {
      throw FEMError(
        "base acceleration", "has the direction \(direction)", "give a vector of the body's space")
    }
  }
}

extension DynamicModel {
  /// Everything that a dynamic run needs, with usable defaults; edited, then validated once by
  /// `DynamicModel.init`.
  ///
  /// The load factor of prescriptions, tractions and body forces is the time in s.
  public struct Definition: Sendable {
    /// Mesh, laws, supports, loads and borders. A body without any support is welcome.
    public var body: FEMModel.Definition
    /// Mass per undeformed volume of each region (`Mesh.Block.name`), kg/m³.
    public var densities: [String: Double]
    /// How it is shared among nodes.
    public var mass = MassKind.consistent
    /// How time goes on.
    public var scheme = Scheme.newmark()
    /// Damping beside that of the laws.
    public var damping = RayleighDamping()
    /// Recorded motion of the ground.
    public var baseAcceleration: BaseAcceleration?
    /// Acceleration of the ground as a function of time in any directions, m/s²; adds to the record.
    public var groundAcceleration: (@Sendable (_ time: Double) -> SIMD3<Double>)?

    /// A body of one density everywhere, kg/m³.
    public init(body: FEMModel.Definition, density: Double) {
      self.body = body
      densities = [:]
      for block in body.mesh.blocks { densities[block.name] = density }
    }

    /// A body with a density per region, kg/m³.
    public init(body: FEMModel.Definition, densities: [String: Double]) {
      self.body = body
      self.densities = densities
    }

    var groundMoves: Bool { baseAcceleration != nil || groundAcceleration != nil }

    /// Acceleration of the ground at a time, m/s².
    func groundAcceleration(at time: Double) -> SIMD3<Double> {
      var a = groundAcceleration?(time) ?? .zero
      if let record = baseAcceleration {
        let e = record.direction
        a += record.value(at: time) / (e * e).sum().squareRoot() * e
      }
      return a
    }

    func validate() throws(FEMError) {
      for block in body.mesh.blocks {
        guard let density = densities[block.name] else {
          throw FEMError("region '\(block.name)'", "has no density", "give one in kg/m³")
        }
        guard density > 0, density.isFinite else {
          throw FEMError(
            "region '\(block.name)'", "has the density \(density)", "give a positive one in kg/m³")
        }
      }
      guard damping.mass >= 0, damping.stiffness >= 0, damping.mass.isFinite,
        damping.stiffness.isFinite
      else {
        throw FEMError(
          "damping", "has the factors \(damping.mass) 1/s and \(damping.stiffness) s",
          "give none below zero")
      }
      try scheme.validate()
      try baseAcceleration?.validate(dimension: body.formulation.dimension)
    }
  }
}
