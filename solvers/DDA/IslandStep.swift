import Contact
import Glibc
import Mechanics

/// One step of one island of blocks: equilibrium at the end of the step with the open–close iteration.
///
/// Unknown is the displacement D of the step. A contact presses with N = max(0, N₀ − p (d − d̄)) for the gap d where
/// the blocks would be, exactly turned, and resists a slip s with T = T₀ − p_s s, at most its strength. Blocks
/// then balance where the residual R(D) = f + Σ(N n + T t) − A D vanishes. Strengths held, R is minus the slope of a
/// convex function, and each pass of the open–close iteration is a Newton step for it with a line search on its
/// slope, so that with strengths held states could not cycle; strengths follow their normal forces from pass to pass
/// (the fixed point on Tresca problems, here with one Newton step each), for which there is no such proof. In an augmented Lagrangian run overlaps beyond the
/// tolerance then go into N₀ and T₀ (Alart & Curnier, Comput. Methods Appl. Mech. Eng. 92 (1991)), and all repeats.
struct IslandStep {
  let model: DDAModel
  let state: BlockState
  let base: BlockMatrices
  let time: Double, dt: Double

  var x: [Lanes] = []
  var working: [WorkingContact] = []
  var held: [HeldWork] = [], bolts: [BoltWork] = []
  /// Rows of contacts (normal i, normal j, shear i, shear j), of held points, of bolts (i, j).
  var rows: [Lanes] = [], heldRows: [Lanes] = [], boltRows: [Lanes] = []
  /// Number of a block within its island, −1 for a fixed one.
  let local: [Int32]
  var blocks: [Int32] = []
  /// Corners of the island's blocks where they would be, and where each block's begin.
  var trialCorners: [Point] = [], cornerStart: [Int] = []
  /// Inertia, outer and elastic forces that do not change between passes; their size; the residual.
  var fixedLoads: [Lanes] = [], residual: [Lanes] = []
  var forceScale = 0.0
  /// Cosine and sine of every block's turn.
  var turns: [Point] = []
  var batch = InterfaceBatch()
  /// Shear force and strength of bonded joints.
  var joints: [UInt64: SIMD2<Double>] = [:]
  /// Pairs of blocks that share a contact or a bolt.
  var pairs: [(i: Int32, j: Int32)] = []
  /// Contacts of every block: number times two, plus one where it owns the edge; where each block's begin.
  var contactStart: [Int32] = [], contactSides: [Int32] = []
  /// Share of the way that strengths follow their normal forces in a pass.
  var following = 1.0
  /// Whether the next sweep goes down.
  var isDownwards = true
  /// Whether states have changed since the matrix was assembled.
  var isStale = true

  var lanes: Int { base.lanes }
  var scheme: TimeScheme { model.definition.scheme }
  /// Springs under the multipliers, beside what the blocks themselves oppose to a contact.
  static let firmness = 5.0
  /// The same for held points: nothing there opens or slides.
  static let heldFirmness = 1e4
  /// Residual that a solution may leave, beside the one it began with, while states change; balance that multipliers
  /// need, beside what they are wrong by; what blocks may be out of balance and still be passed in a sweep.
  static let (roughness, earliness, passing) = (0.01, 0.1, 0.02)
  /// Forces in the island that are no single block's.
  var acting = IslandActing()
  let overlapTolerance: Double, isAugmented: Bool

  init(
    _ model: DDAModel, _ state: BlockState, _ base: BlockMatrices, local: [Int32], time: Double,
    dt: Double
  ) {
    (self.model, self.state, self.base, self.time, self.dt) = (model, state, base, time, dt)
    self.local = local
    switch model.definition.enforcement {
    case .augmentedLagrangian(let tolerance):
      (overlapTolerance, isAugmented) = (tolerance * model.size, true)
    case .penalty: (overlapTolerance, isAugmented) = (0, false)
    }
  }

  /// Solves an island with some workers; the result is in `x`, `working`, `held` and `bolts`.
  mutating func solve(
    _ island: ContactSet.Island, _ contacts: [ContactSet.Contact], workers: Int
  ) -> StepOutcome {
    begin(island, contacts)
    connectSides()
    let system = BlockSystem(
      unknowns: model.geometry.unknownCount, count: blocks.count, pairs: pairs, workers: workers)
    var outcome = StepOutcome()
    let stop = model.definition.accuracy * forceScale
    measure()
    var size = respond().residual
    var round = 0
    for pass in 1...model.definition.passLimit {
      outcome.passes = pass
      round += 1
      if round == 1 { following = 1 }
      // Towards states that have just changed a rough solution will do; every step gains some digits, so that what
      // is at rest comes to rest entirely.
      let rough = isStale ? max(Self.roughness * size, 0.2 * stop) : 0.2 * stop
      let tolerance = max(size <= stop ? 0.01 * size : rough, 1e-16 * forceScale)
      let isNew = isStale
      if isStale { assemble(into: system) }
      isStale = false
      setRight(of: system)
      guard
        let iterations = system.solve(
          tolerance: tolerance, limit: 400 + 20 * blocks.count, isNew: isNew)
      else { break }
      outcome.iterations += iterations
      if advance(along: system) {
        relax(enough: Self.passing * size / Double(blocks.count).squareRoot())
      }
      measure()
      let found = respond()
      // Strengths that swing between two values meet in the middle.
      if round > 8, !isStale, found.residual > 0.5 * size { following = 0.5 }
      size = found.residual
      outcome.restless = found.changes
      let isBalanced = size <= stop && found.unrest <= 1e3 * stop
      // Multipliers need no better balance than what they are wrong by.
      guard isBalanced || size <= Self.earliness * overlapForce else { continue }
      if isBalanced && tear() || multiply() {
        size = respond().residual
        round = 0
        continue
      }
      guard isBalanced else { continue }
      outcome.converged = true
      break
    }
    outcome.overlap = largestOverlap
    return outcome
  }
}

/// What a step of an island came to.
struct StepOutcome: Sendable {
  /// Open–close passes and iterations of the linear solver.
  var passes = 0, iterations = 0
  /// Whether everything settled.
  var converged = false
  /// Largest overlap left, m; contacts whose state was still changing.
  var overlap = 0.0, restless = 0
}

/// A contact at work in a step.
struct WorkingContact: Sendable {
  /// Number among all contacts; local blocks of corner and edge, −1 where fixed; pair in the matrix.
  let index: Int32, i: Int32, j: Int32
  var pair: Int32 = -1
  /// Corner and ends of the edge among the trial corners; −1 minus the place among all corners where fixed.
  var corner: Int32 = 0, from: Int32 = 0, to: Int32 = 0
  let key: ContactKey, law: Int32, length: Double
  /// Its joint.
  let joint: UInt64
  let before: ContactMemory
  /// Whether it takes part: the corner is, or came, over its edge.
  var isLive = false
  /// Open, sliding or locked at the last solution; whether a bond holds beyond friction.
  var state: JointState, isBonded: Bool
  /// N₀ and T₀; the gap d̄ at which N = N₀; springs.
  var normal: Double, shear: Double, rest = 0.0, pn = 0.0, ps = 0.0
  /// Strength against sliding, and the lowest normal force (negative: tension) before it lets go, N.
  var bound = 0.0, floor = 0.0
  /// Strength over normal force, where it is in proportion; negative where not.
  var ratio = -1.0
  /// Gap at the start of the step, and what exact turns have added to its linear change.
  var start = 0.0, offset = 0.0
  /// At the last solution: gap, way along the rows, forces; N before the floor cuts it.
  var gap = 0.0, isOver = true, across = 0.0, slip = 0.0, N = 0.0, T = 0.0, raw = 0.0
  /// Whether its normal spring is at work.
  var isPressed = false
  /// While a block is relaxed: whether the contact was closed, and stuck.
  var wasClosed = false, wasStuck = false
  /// How often its multipliers have changed in this step.
  var rounds = 0
  /// Change of gap and slip along the search direction.
  var acrossStep = 0.0, slipStep = 0.0

  init(_ contact: ContactSet.Contact, index: Int32, i: Int32, j: Int32) {
    (self.index, self.i, self.j) = (index, i, j)
    (key, law, length) = (contact.key, contact.law, contact.length)
    joint = contact.joint
    before = contact.memory
    (state, isBonded) = (before.state, before.isBonded)
    (normal, shear) = (before.normal, before.shear)
    bound = abs(before.shear)
  }

  /// N at the gap as it stands, before the floor cuts it.
  @inline(__always)
  var pressure: Double { normal - pn * (start + across + offset - rest) }

  /// Forces of a closed contact; friction by the ratio of strength to normal force last found.
  @inline(__always)
  func forces(_ raw: Double) -> (N: Double, T: Double, isStuck: Bool) {
    let free = shear - ps * slip
    if isBonded { return (raw, free, true) }
    let bound = ratio >= 0 ? ratio * raw : self.bound
    return (raw, min(max(free, -bound), bound), abs(free) <= bound)
  }
}

/// A held point at work.
struct HeldWork: Sendable {
  let index: Int32, i: Int32
  var gap: Double, force: Double, stiffness: Double
  /// Force after a solution, displacement along the direction.
  var T = 0.0, moved = 0.0
}

/// A bolt at work: tension at the start of the step, then after a solution.
struct BoltWork: Sendable {
  let index: Int32, i: Int32, j: Int32
  var pair: Int32 = -1
  let stiffness: Double, tension: Double
  var T = 0.0, stretched = 0.0

  init(index: Int32, i: Int32, j: Int32, stiffness: Double, tension: Double) {
    (self.index, self.i, self.j) = (index, i, j)
    (self.stiffness, self.tension) = (stiffness, tension)
    T = tension
  }
}
