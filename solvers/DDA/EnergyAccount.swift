/// Where the energy of a block system is and where it went, J.
///
/// `kinetic + strain + potential + bolts` of the present state, and work summed over the run: what friction and
/// contacts took, what the time scheme dissipated, what loads and moved points brought in. The balance
/// compares them with the start; every term is computed by its own formula, none as the remainder.
public struct EnergyAccount: Sendable, Equatable, Codable {
  /// ½ v·M v; elastic energy with that of initial stress; −m g·x.
  public var kinetic = 0.0, strain = 0.0, potential = 0.0
  /// ½ k e² and preload of bolts and springs.
  public var bolts = 0.0
  /// Heat of sliding joints (and of springs that hold them in a penalty run).
  public var friction = 0.0
  /// What contacts took along their normals: impacts, and the springs of a penalty run.
  public var joint = 0.0
  /// What the time scheme dissipated, in strain and in motion.
  public var algorithmic = 0.0
  /// Work of loads, of moved points, of the border and of the ground's acceleration.
  public var external = 0.0
  /// Kinetic energy taken out where velocity is not carried from step to step in full.
  public var damped = 0.0
  /// What waves carried out through viscous boundaries.
  public var radiated = 0.0

  /// All zero.
  public init() {}

  /// Energy that is there now.
  public var stored: Double { kinetic + strain + potential + bolts }
  /// Energy that has left.
  public var lost: Double { friction + joint + algorithmic + damped + radiated }
  /// stored + lost − external: constant in time where nothing leaks.
  public var total: Double { stored + lost - external }

  static func += (a: inout EnergyAccount, b: EnergyAccount) {
    a.kinetic += b.kinetic
    a.strain += b.strain
    a.potential += b.potential
    a.bolts += b.bolts
    a.friction += b.friction
    a.joint += b.joint
    a.algorithmic += b.algorithmic
    a.external += b.external
    a.damped += b.damped
    a.radiated += b.radiated
  }
}
