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
/// (the fixed point on Tresca problems, here with one Newton step each), for which there is no such proof. In an
/// augmented Lagrangian run overlaps beyond the tolerance then go into N₀ and T₀ (Alart & Curnier, Comput. Methods
/// Appl. Mech. Eng. 92 (1991)), and all repeats.
///
/// A class, so that its loops index memory of constant address; one worker owns it from beginning to end, and hands
/// out only chunks of rows (unchecked: nothing else reads it meanwhile).
final class IslandStep: @unchecked Sendable {
  let model: DDAModel, state: BlockState, base: BlockMatrices
  let time: Double, dt: Double
  /// Whether no shorter step follows where this one does not settle.
  let isLast: Bool
  /// The island, and all contacts of the list.
  let island: ContactSet.Island, list: [ContactSet.Contact]
  /// Number of a block within its island, −1 for a fixed one.
  let local: [Int32]
  let workers: Int, lanes: Int
  /// The island's blocks, shared among workers.
  let chunks: Chunks

  /// Displacement of the step; inertia, outer and elastic forces that do not change between passes; the residual.
  let x: LaneBuffer, fixedLoads: LaneBuffer, residual: LaneBuffer
  /// Correction of x that a pass finds.
  let step: LaneBuffer
  let candidates: Buffer<Candidate>
  /// Contacts at work, and how many there are.
  let live: Buffer<WorkingContact>
  var liveCount = 0
  /// Rows of contacts at work (normal i, normal j, shear i, shear j), of held points, of bolts (i, j).
  let rows: LaneBuffer, heldRows: LaneBuffer, boltRows: LaneBuffer
  var held: [HeldWork] = [], bolts: [BoltWork] = []
  /// Inverse matrices, with what holds them, of blocks that are guided; empty where none is. By local number.
  var guidedInverse: [Int32: LaneBuffer] = [:]
  /// Corners of the island's blocks where they would be, and where each block's begin.
  let trialCorners: Buffer<Point>
  let cornerStart: Buffer<Int32>
  /// Size of the forces in the island.
  var forceScale = 0.0
  /// Whether a spring is so stiff beside its blocks that single precision would lose them.
  var isStiff = false
  /// Cosine and sine of every block's turn.
  let turns: Buffer<Point>
  /// Contacts at work by law.
  var members: [LawMembers]
  /// Shear force and strength of bonded joints.
  var joints: [UInt64: SIMD2<Double>] = [:]
  /// Contacts at work of every block; where each block's begin.
  let sideStart: Buffer<Int32>, sides: Buffer<ContactSide>
  /// Share of the way that strengths follow their normal forces in a pass.
  var following = 1.0
  /// Whether the next sweep goes down.
  var isDownwards = true
  /// Whether states have changed since the matrix was assembled; number of the next assembly, which contacts that
  /// have changed since the last one bear.
  var isStale = true
  var assembly: Int32 = 0
  /// Forces in the island that are no single block's.
  var acting = IslandActing()
  let overlapTolerance: Double, isAugmented: Bool

  var blocks: [Int32] { island.blocks }
  var count: Int { island.blocks.count }
  var scheme: TimeScheme { model.definition.scheme }
  /// Springs under the multipliers, beside what the blocks themselves oppose to a contact.
  static let firmness = 5.0
  /// The same for held points: nothing there opens or slides.
  static let heldFirmness = 1e4
  /// Depth, beside block size, from which on a corner is well behind an edge.
  static let shallow = 1e-3
  /// Islands of so few blocks are solved in double precision: they fit into the processor's cache.
  static let few = 64
  /// Stiffness times mobility up to which corrections are found in single precision.
  static let singleLimit = 2e4
  /// Residual that a solution may leave, beside the one it began with, while states change; balance that multipliers
  /// need, beside what they are wrong by; what blocks may be out of balance and still be passed in a sweep.
  static let roughness = 0.03, earliness = 0.3, passing = 0.02

  init(_ start: StepStart, island number: Int, workers: Int) {
    (model, state, base) = (start.model, start.state, start.matrices)
    (time, dt, isLast) = (start.time, start.dt, start.isLast)
    let contacts = start.contacts
    (island, list, local) = (contacts.islands[number], contacts.contacts, contacts.local)
    (self.workers, lanes) = (workers, base.lanes)
    let (count, contactCount) = (island.blocks.count, island.contacts.count)
    chunks = Chunks(count, workers: workers)
    x = LaneBuffer(count * lanes)
    fixedLoads = LaneBuffer(count * lanes)
    residual = LaneBuffer(count * lanes)
    step = LaneBuffer(count * lanes)
    candidates = Buffer(contactCount)
    live = Buffer(contactCount)
    rows = LaneBuffer(4 * lanes * contactCount)
    heldRows = .zeros((island.held.count + 2 * island.border.count) * lanes)
    boltRows = .zeros(2 * island.pattern.bolts.count * lanes)
    cornerStart = Buffer(count)
    var corners = 0
    for (i, b) in island.blocks.enumerated() {
      cornerStart[i] = Int32(corners)
      corners += model.geometry.cornerCount(Int(b))
    }
    trialCorners = Buffer(repeating: Point(), count: corners)
    turns = Buffer(count)
    members = Array(repeating: LawMembers(), count: model.laws.count)
    sideStart = Buffer(count + 1)
    sides = Buffer(2 * contactCount)
    switch model.definition.enforcement {
    case .augmentedLagrangian(let tolerance):
      (overlapTolerance, isAugmented) = (tolerance * model.size, true)
    case .penalty: (overlapTolerance, isAugmented) = (0, false)
    }
  }

  /// Solves the island; the result is in `x`, `live`, `held` and `bolts`.
  func solve() -> StepOutcome {
    begin()
    return isStiff || count < Self.few || model.definition.linearSolver == .direct
      ? iterate(system(of: Double.self)) : iterate(system(of: Float.self))
  }

  private func system<S: Precision>(of: S.Type) -> BlockSystem<S> {
    BlockSystem(
      unknowns: model.geometry.unknownCount, count: count, pattern: island.pattern,
      workers: workers, method: model.definition.linearSolver)
  }

  private func iterate<S: Precision>(_ system: BlockSystem<S>) -> StepOutcome {
    var outcome = StepOutcome()
    let stop = model.definition.accuracy * forceScale
    measure()
    var size = respond().residual
    var (round, limit, intrusion) = (0, model.definition.passLimit, 0.0)
    while outcome.passes < limit {
      outcome.passes += 1
      round += 1
      if round == 1 { following = 1 }
      // Towards states that have just changed a rough solution will do; every step gains some digits, so that what
      // is at rest comes to rest entirely.
      let fine = count < Self.few ? 1e-3 * stop : 0.2 * stop
      let rough = isStale && count >= Self.few ? max(Self.roughness * size, fine) : fine
      let tolerance = max(size <= stop ? 0.01 * size : rough, 1e-16 * forceScale)
      if isStale { guard assemble(into: system) else { break } }
      isStale = false
      guard
        let iterations = system.solve(
          residual, size: size, tolerance: tolerance, limit: 400 + 20 * count, into: step)
      else { break }
      outcome.iterations += iterations
      if advance() { relax(enough: Self.passing * size / Double(count).squareRoot()) }
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
      if release() {
        // No contact is let go twice, so that this has an end.
        limit = outcome.passes + model.definition.passLimit
        size = respond().residual
        round = 0
        continue
      }
      guard let intruder = deepestIntrusion else {
        outcome.converged = true
        break
      }
      intrusion = intruder.depth
      // A shorter step sees how it comes in; where there is none, it is met where it is.
      guard isLast, candidates[intruder.candidate].live < 0 else { break }
      enter(intruder.candidate)
      connectSides()
      limit = outcome.passes + model.definition.passLimit
      size = respond().residual
      round = 0
    }
    outcome.overlap = outcome.converged ? largestOverlap : max(largestOverlap, intrusion)
    return outcome
  }
}

/// What all islands of a step begin with.
struct StepStart: Sendable {
  let model: DDAModel, state: BlockState, matrices: BlockMatrices, contacts: ContactSet
  let time: Double, dt: Double, isLast: Bool
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

/// A contact at work as one of its two blocks has it.
struct ContactSide {
  /// Number of the contact times two, plus one where the block owns the edge.
  let code: Int32
  /// Off-diagonal block that couples the block to the other one, −1 where there is none.
  let off: Int32

  /// Place among the contacts at work; 0 for the corner's block, 1 for the edge's.
  @inline(__always)
  var contact: Int { Int(code >> 1) }
  @inline(__always)
  var side: Int { Int(code & 1) }
}
