import Contact
import Glibc

/// A number that changes with time: constant, a table, or a sum of sines.
public enum TimeHistory: Sendable, Equatable {
  /// The same at all times.
  case constant(Double)
  /// Linear between rows of time and value, constant before and after.
  case table(times: [Double], values: [Double])
  /// Σ amplitude sin(ω t + phase), ω in rad/s.
  case harmonic([Sine])

  /// One sine of a sum.
  public struct Sine: Sendable, Equatable {
    /// Amplitude; angular frequency, rad/s; phase, rad.
    public var amplitude: Double, frequency: Double, phase: Double
    /// By its three numbers.
    public init(amplitude: Double, frequency: Double, phase: Double = 0) {
      (self.amplitude, self.frequency, self.phase) = (amplitude, frequency, phase)
    }
  }

  /// Value at time t, s.
  public func callAsFunction(_ t: Double) -> Double {
    switch self {
    case .constant(let value): return value
    case .harmonic(let sines):
      return sines.reduce(0) { $0 + $1.amplitude * sin($1.frequency * t + $1.phase) }
    case .table(let times, let values):
      guard t > times[0] else { return values[0] }
      guard t < times[times.count - 1] else { return values[values.count - 1] }
      var (low, high) = (0, times.count - 1)
      while high - low > 1 {
        let middle = (low + high) / 2
        if times[middle] <= t { low = middle } else { high = middle }
      }
      let share = (t - times[low]) / (times[high] - times[low])
      return values[low] + share * (values[high] - values[low])
    }
  }

  /// Why it is no history; nil where it is one.
  public var problem: String? {
    switch self {
    case .constant(let value): return value.isFinite ? nil : "is not a number"
    case .harmonic(let sines):
      let good = sines.allSatisfy {
        $0.amplitude.isFinite && $0.frequency.isFinite && $0.phase.isFinite
      }
      return good ? nil : "has a sine that is not a number"
    case .table(let times, let values):
      guard times.count == values.count, !times.isEmpty else {
        return "has \(times.count) times and \(values.count) values"
      }
      for i in times.indices {
        if !times[i].isFinite || !values[i].isFinite { return "is not a number in row \(i)" }
        if i > 0, times[i] <= times[i - 1] { return "does not go forward in time at row \(i)" }
      }
      return nil
    }
  }
}

/// A block as it is given.
public struct BlockDefinition: Sendable {
  /// Outline at the start, m.
  public var polygon: Polygon
  /// Its material: index into `DDADefinition.materials`.
  public var material: Int
  /// Whether it stays where it is.
  public var isFixed: Bool
  /// Velocity of the centroid, m/s, and spin, rad/s, at the start.
  public var velocity: Point, spin: Double
  /// σxx, σyy, τxy that it carries in its undeformed shape, Pa, tension positive.
  public var initialStress: [Double]
  /// The law of joints along every edge, from vertex k of the polygon to the next: number into
  /// `DDADefinition.edgeLaws`, nil where materials decide. Empty: none has one.
  public var edgeLaws: [Int?]
  /// Blocks of one group never touch one another: parts of one body, or of a `SurfaceSkin`. Nil: it touches all.
  public var group: Int?
  /// Which edges lie inside a body of several blocks of one group, covered by its other blocks, and touch nothing: from
  /// vertex k of the polygon to the next. Where two such blocks share a corner, what slides over it meets the surface of
  /// the body and not the corners of its blocks. Empty: none.
  public var coveredEdges: [Bool] = []

  /// At rest, without stress, without laws of its edges and of no group unless said.
  public init(
    _ polygon: Polygon, material: Int = 0, isFixed: Bool = false, velocity: Point = Point(),
    spin: Double = 0, initialStress: [Double] = [0, 0, 0], edgeLaws: [Int?] = [],
    group: Int? = nil
  ) {
    (self.polygon, self.material, self.isFixed) = (polygon, material, isFixed)
    (self.velocity, self.spin, self.initialStress) = (velocity, spin, initialStress)
    (self.edgeLaws, self.group) = (edgeLaws, group)
  }
}

/// A force on a point of a block, which moves with it.
public struct PointLoad: Sendable {
  /// Block, and the point of it at the start.
  public var block: Int, point: Point
  /// N; times the history.
  public var force: Point
  /// Factor of the force over time.
  public var history: TimeHistory

  /// Constant unless a history is given.
  public init(
    block: Int, point: Point, force: Point, history: TimeHistory = .constant(1)
  ) {
    (self.block, self.point, self.force, self.history) = (block, point, force, history)
  }
}

/// A point of a block that is held in a direction, exactly: its displacement along it follows a history.
public struct HeldPoint: Sendable {
  /// Block, and the point of it at the start.
  public var block: Int, point: Point
  /// Unit vector.
  public var direction: Point
  /// Displacement along the direction, m.
  public var displacement: TimeHistory

  /// Held in place unless a displacement is given.
  public init(
    block: Int, point: Point, direction: Point, displacement: TimeHistory = .constant(0)
  ) {
    (self.block, self.point) = (block, point)
    self.direction = direction / direction.length
    self.displacement = displacement
  }
}

/// A bolt or spring between points of two blocks, or of a block and the ground.
public struct Bolt: Sendable {
  /// First block and the point of it at the start.
  public var block: Int, point: Point
  /// Second block (nil: the ground) and its point at the start.
  public var other: Int?, otherPoint: Point
  /// N/m; tension at the start, N.
  public var stiffness: Double, preload: Double

  /// Without preload unless given.
  public init(
    block: Int, point: Point, other: Int?, otherPoint: Point, stiffness: Double,
    preload: Double = 0
  ) {
    (self.block, self.point, self.other, self.otherPoint) = (block, point, other, otherPoint)
    (self.stiffness, self.preload) = (stiffness, preload)
  }
}

/// How contacts are enforced.
public enum ContactEnforcement: Sendable, Equatable {
  /// Multipliers on top of springs, repeated until no overlap above the tolerance (relative to block size)
  /// is left: the spring constants then do not matter.
  case augmentedLagrangian(tolerance: Double)
  /// Springs alone, N/m along the normal and along the joint: what overlaps is force over stiffness.
  case penalty(normal: Double, shear: Double)
}

/// A block system: everything a run needs to know.
public struct DDADefinition: Sendable {
  /// All blocks.
  public var blocks: [BlockDefinition]
  /// Materials of blocks.
  public var materials: [BlockMaterial]
  /// Laws of joints that edges of blocks name (`BlockDefinition.edgeLaws`), for instance one per joint set.
  ///
  /// A contact has the law of the edge it stands on; where that has none, of the corner's face along it; where that
  /// has none either, materials decide.
  public var edgeLaws: [any InterfaceLaw] = []
  /// The law of joints between two materials; `defaultJoint` where the pair is not listed.
  public var joints: [MaterialPair: any InterfaceLaw] = [:]
  /// The law of joints that are not listed.
  public var defaultJoint: any InterfaceLaw
  /// Whether joints are unbroken at the start.
  public var startsBonded = true
  /// m/s².
  public var gravity = Point(0, -9.81)
  /// Loads, held points, bolts.
  public var loads: [PointLoad] = [], held: [HeldPoint] = [], bolts: [Bolt] = []
  /// Points at which another solver acts.
  public var border: [BorderPoint] = []
  /// Tractions along edges.
  public var edgeLoads: [EdgeLoad] = []
  /// Water in joints and on faces; where several act, pressures add up.
  public var water: [WaterPressure] = []
  /// Viscous boundaries.
  public var absorbing: [AbsorbingEdge] = []
  /// Acceleration of the ground, m/s²: the run is seen from the ground, as if −a pulled at every mass.
  public var baseAcceleration: (x: TimeHistory, y: TimeHistory) = (.constant(0), .constant(0))
  /// Modes of blocks, plane state, thickness in m.
  public var order = BlockOrder.first, plane = PlaneState.stress, thickness = 1.0
  /// Time integration.
  public var scheme = TimeScheme(spectralRadius: 0)
  /// Part f of the velocity carried into the next step, 0 to 1; what is not carried is
  /// `EnergyAccount.damped`.
  ///
  /// 1 is dynamics. 0 is a quasi-static run: every step starts from rest and goes β dt² F/m far
  /// where nothing holds a block, so that time only counts steps and large steps reach equilibrium
  /// in few. Between, motion is damped by (1 − f)/dt per second: a falling block ends at about f g
  /// dt/(1 − f). That depends on the step, and sliding is slowed like falling: runs whose motion
  /// matters need 1.
  public var dynamicFactor = 1.0
  /// Contact enforcement.
  public var enforcement = ContactEnforcement.augmentedLagrangian(tolerance: 1e-9)
  /// Residual of the equations of a step, relative to the forces in them, at which passes end.
  public var accuracy = 1e-10
  /// Open–close passes permitted in a step before it is refused and halved.
  public var passLimit = 100
  /// What solves the linear systems of a step.
  public var linearSolver = BlockLinearSolver.blockJacobi
  /// Step control: the farthest way of a corner in a step, beside half the height of all blocks at the start (Shi's
  /// maximum displacement ratio; 0.001 to 0.01 is usual). A step that goes farther is refused and tried shorter. Nil:
  /// steps are as long as asked.
  public var displacementRatio: Double?
  /// Workers that share islands of blocks; the answer does not depend on it.
  public var workers = 1

  /// Blocks, materials and the joint law of all contacts.
  public init(
    blocks: [BlockDefinition], materials: [BlockMaterial], joint: any InterfaceLaw
  ) {
    (self.blocks, self.materials, defaultJoint) = (blocks, materials, joint)
  }
}

/// Two materials in either order.
public struct MaterialPair: Sendable, Hashable {
  /// The smaller and the larger index.
  public let first: Int, second: Int
  /// In either order.
  public init(_ a: Int, _ b: Int) { (first, second) = (min(a, b), max(a, b)) }
}
