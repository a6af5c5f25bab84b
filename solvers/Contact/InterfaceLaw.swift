import Glibc

/// Contacts in a batch: what an `InterfaceLaw` reads and writes, one number per contact in each array.
public struct InterfaceBatch: Sendable {
  /// Normal force, N, compression positive; length of joint that the contact stands for, m.
  public var normal: [Double] = [], length: [Double] = []
  /// Slip so far, m; slip rate, m/s.
  public var slip: [Double] = [], slipRate: [Double] = []
  /// Whether the bond is unbroken.
  public var isBonded: [Bool] = []
  /// The law's own variable.
  public var variable: [Double] = []
  /// Written by the law: largest shear force, largest tensile force, N.
  public var shearStrength: [Double] = [], tensileStrength: [Double] = []

  /// Empty.
  public init() {}

  /// Number of contacts.
  public var count: Int { normal.count }

  /// Room for `count` contacts, all zero.
  public mutating func resize(_ count: Int) {
    guard count != self.count else { return }
    normal = Array(repeating: 0, count: count)
    (length, slip, slipRate) = (normal, normal, normal)
    (variable, shearStrength, tensileStrength) = (normal, normal, normal)
    isBonded = Array(repeating: false, count: count)
  }
}

/// The strength of a joint, for many contacts at once.
///
/// Forces are per contact: stresses of the law times the length (and thickness) the contact stands for. A law
/// has no memory of its own; slip, bond and one variable belong to the contact.
public protocol InterfaceLaw: Sendable {
  /// Whether an unbroken joint can hold more than a broken one: then its contacts break together.
  var hasBond: Bool { get }
  /// Fills `shearStrength` and `tensileStrength`.
  func strength(_ batch: inout InterfaceBatch)
  /// Moves `variable` over a time step of dt at the batch's slip rates.
  func advance(_ batch: inout InterfaceBatch, dt: Double)
}

extension InterfaceLaw {
  /// It may.
  public var hasBond: Bool { true }
  /// Nothing to move.
  public func advance(_ batch: inout InterfaceBatch, dt: Double) {}
}

/// Coulomb friction with cohesion and tensile strength while bonded, another friction afterwards.
///
/// Bonded: |T| ≤ N tan φ_p + c l and N ≥ −s_t l; broken: |T| ≤ N tan φ_r, no tension.
public struct CoulombJoint: InterfaceLaw, Equatable {
  /// tan φ while bonded, and after.
  public let peak: Double, residual: Double
  /// Cohesion and tensile strength, Pa (per thickness of 1 m).
  public let cohesion: Double, tension: Double

  /// - Parameters:
  ///   - friction: φ_p in radians; `residual`: φ_r, the same unless given.
  ///   - cohesion: c in Pa; `tension`: s_t in Pa.
  /// - Throws: `ContactError` where a number is no strength.
  public init(
    friction: Double, residual: Double? = nil, cohesion: Double = 0, tension: Double = 0
  ) throws(ContactError) {
    for (name, angle) in [("friction", friction), ("residual friction", residual ?? friction)] {
      guard angle >= 0, angle < .pi / 2 else {
        throw ContactError("\(name) is \(angle) rad; give an angle from 0 to below 90°")
      }
    }
    guard cohesion >= 0, cohesion.isFinite, tension >= 0, tension.isFinite else {
      throw ContactError("cohesion and tensile strength must not be negative, in Pa")
    }
    peak = tan(friction)
    self.residual = tan(residual ?? friction)
    self.cohesion = cohesion
    self.tension = tension
  }

  /// Where it has cohesion, tensile strength or a peak of friction.
  public var hasBond: Bool { cohesion > 0 || tension > 0 || peak > residual }

  /// As the type says.
  public func strength(_ batch: inout InterfaceBatch) {
    for i in 0..<batch.count {
      let bonded = batch.isBonded[i]
      let friction = (bonded ? peak : residual) * max(batch.normal[i], 0)
      batch.shearStrength[i] = friction + (bonded ? cohesion * batch.length[i] : 0)
      batch.tensileStrength[i] = bonded ? tension * batch.length[i] : 0
    }
  }
}
