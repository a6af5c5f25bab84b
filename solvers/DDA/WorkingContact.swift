import Contact
import Mechanics

/// A listed contact in a step: where it stands, before it is known whether it takes part.
struct Candidate {
  /// Whose corner at whose edge.
  let key: ContactKey
  /// Number among all contacts; local blocks of corner and edge, −1 where fixed.
  let index: Int32, i: Int32, j: Int32
  /// Corner and ends of the edge among the trial corners; −1 minus the place among all corners where fixed.
  let corner: Int32, from: Int32, to: Int32
  /// Place among the contacts at work, −1 where it is not.
  var live: Int32 = -1
  /// Gap at the start of the step, m; gap now, and whether the corner is over the edge.
  let start: Double
  var gap: Double, isOver: Bool
  /// Whether the corner is near an end of the edge, or beyond it.
  var isNearEnd = true
  /// Whether it was closed before; the forces it brings along, N.
  let isCarried: Bool
  var normal: Double, shear: Double
  /// Whether it was let go in this step, as the corner lies in front of another edge.
  var isReleased = false
  /// The candidate in front of which it lies; −1 where that is not asked.
  var rival: Int32 = -1
}

/// A contact at work in a step: the corner is, or came, over its edge.
struct WorkingContact {
  /// Local blocks of corner and edge, −1 where fixed; number among the candidates; number of its law.
  let i: Int32, j: Int32, candidate: Int32, law: Int32
  /// Open, sliding or locked at the last solution; whether a bond holds beyond friction.
  var state: JointState, isBonded: Bool
  /// Whether its normal spring is at work.
  var isPressed = false
  /// While a block is relaxed: whether the contact was closed, and stuck.
  var wasClosed = false, wasStuck = false
  /// How often its multipliers have changed in this step.
  var rounds: Int32 = 0
  /// The assembly before which its springs last came, went or stiffened.
  var change: Int32 = 0
  /// N₀ and T₀; the gap d̄ at which N = N₀; springs.
  var normal: Double, shear: Double, rest: Double, pn = 0.0, ps = 0.0
  /// Gap at the start of the step with what exact turns have added to its linear change.
  var base: Double
  /// Ways along the rows since the start: change of the gap, slip.
  var across = 0.0, slip = 0.0
  /// Strength against sliding, and the lowest normal force (negative: tension) before it lets go, N.
  var bound: Double, floor = 0.0
  /// Strength over normal force, where it is in proportion; negative where not.
  var ratio = -1.0
  /// Forces at the last solution.
  var N = 0.0, T = 0.0
  /// Change of gap and slip along the search direction.
  var acrossStep = 0.0, slipStep = 0.0

  /// Gap where the blocks would be, m.
  @inline(__always)
  var gap: Double { base + across }

  /// N at the gap as it stands, before the floor cuts it.
  @inline(__always)
  var pressure: Double { normal - pn * (base + across - rest) }

  /// T at the slip as it stands, before strength cuts it.
  @inline(__always)
  var grip: Double { shear - ps * slip }

  /// Forces of a closed contact; friction by the ratio of strength to normal force last found.
  @inline(__always)
  func forces(_ raw: Double) -> (N: Double, T: Double, isStuck: Bool) {
    let free = grip
    if isBonded { return (raw, free, true) }
    let bound = ratio >= 0 ? ratio * raw : self.bound
    return (raw, min(max(free, -bound), bound), abs(free) <= bound)
  }
}

/// A held point at work, or one direction of a border point.
struct HeldWork: Sendable {
  /// A held point; a guided border point in x or y; an elastic one, without multipliers.
  enum Kind { case held, guided, elastic }
  var kind = Kind.held
  /// Which point; local block.
  let index: Int32, i: Int32
  /// Distance at the start of the step from where it should be at the end, m (of an elastic one from where it was
  /// undeformed); T at D = 0 and gap 0, N; N/m.
  var gap: Double, force: Double, stiffness: Double
  /// The gap before what exact turns add to it.
  var start = 0.0
  /// Where a border point is at the start of the step.
  var place = Point()
  /// Force after a solution, displacement along the direction.
  var T = 0.0, moved = 0.0
}

/// A bolt at work: tension at the start of the step, then after a solution. Or one direction of a tied border point j and
/// the one i that it moves with: a stiff spring under a multiplier.
struct BoltWork: Sendable {
  let index: Int32, i: Int32, j: Int32
  let stiffness: Double
  var tension: Double, isTie = false
  /// Of a tie: how far its ends are apart beside what the step stretches it by, m.
  var gap = 0.0
  var T = 0.0, stretched = 0.0

  /// Tension when its length has changed by so much, N.
  @inline(__always)
  func pull(_ stretched: Double) -> Double { tension + stiffness * (gap + stretched) }

  init(index: Int32, i: Int32, j: Int32, stiffness: Double, tension: Double) {
    (self.index, self.i, self.j) = (index, i, j)
    (self.stiffness, self.tension) = (stiffness, tension)
    T = tension
  }
}

/// The contacts at work that have one law, and what the law is asked about them that does not change in a step.
struct LawMembers {
  /// Places among the contacts at work; slip before the step, m; length of joint, m; the law's variable.
  var places: [Int32] = [], slipBefore: [Double] = [], length: [Double] = []
  var variable: [Double] = []

  mutating func add(_ place: Int, _ contact: ContactSet.Contact) {
    places.append(Int32(place))
    slipBefore.append(contact.memory.slip)
    length.append(contact.length)
    variable.append(contact.memory.variable)
  }
}
