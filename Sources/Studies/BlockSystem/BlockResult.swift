import Contact
import DDA

/// A run of blocks in contact as it stands in its file.
public struct BlockResult: RunResult {
  /// A closed contact.
  public struct Contact: Sendable, Equatable {
    /// Block and corner that touch, block and edge that are touched.
    public var key: ContactKey
    /// Where, m; what it does.
    public var point: Point, state: JointState
    /// Normal force (compression positive) and shear on the corner's block along the edge, N; slip so far, m.
    public var normal: Double, shear: Double, slip: Double

    init(_ report: ContactReport) {
      (key, point, state) = (report.key, report.point, report.state)
      (normal, shear, slip) = (report.normal, report.shear, report.slip)
    }

    init(key: ContactKey, point: Point, state: JointState, forces: (Double, Double), slip: Double) {
      (self.key, self.point, self.state, self.slip) = (key, point, state, slip)
      (normal, shear) = forces
    }
  }

  /// All blocks at an output time.
  public struct State: Sendable {
    /// s; energies then, and works so far.
    public var time: Double, energy: EnergyAccount
    /// Corners (x, y, z) and their displacement, block after block, m.
    public var points: [Double] = [], displacement: [Double] = []
    /// Of every block: velocity of the centroid (three numbers), m/s; spin, rad/s; turn since the start, rad.
    public var velocity: [Double] = [], spin: [Double] = [], rotation: [Double] = []
    /// Of every block: stress at the centroid (xx, yy, zz, yz, zx, xy) and von Mises stress, Pa.
    public var stress: [Double] = [], vonMises: [Double] = []
    /// Contacts that are closed.
    public var contacts: [Contact] = []

    init(time: Double, energy: EnergyAccount) { (self.time, self.energy) = (time, energy) }
  }

  /// What the case is about.
  public var title: String
  /// Whether a block stays where it is; its number of corners.
  public var isFixed: [Bool], corners: [Int]
  /// The start, and the output times that were reached.
  public var states: [State] = []
  /// Every step.
  public var steps: [StepRecord] = []
  /// The probes: one value per state.
  public var probes: [ProbeHistory]
  /// Time that the case asks for, s.
  public var end: Double
  /// How it came to be.
  public var provenance: Provenance
  /// What of its drawings made no block; one line each.
  public var warnings: [String] = []
  /// Whether the seating before the run, if any, ended in a step that settled.
  public var isSeated = true
  /// The search for the factor of safety that the states are a part of; nil where none was asked for.
  public var strength: StrengthSearch?

  /// Whether the end was reached and every step settled, and a factor that was searched was found.
  public var converged: Bool {
    reachedEnd && restless.isEmpty && isSeated && strength?.failure == nil
  }
  private var reachedEnd: Bool {
    guard let last = states.last else { return false }
    return abs(last.time - end) <= 1e-9 * end
  }
  private var restless: [StepRecord] { steps.filter { !$0.converged } }

  /// Iterations of the linear solver in every step.
  public var stepIterations: [Int] { steps.map(\.iterations) }

  /// The values after the start: step 1 is the first output time.
  public func stepValues(of probe: ProbeHistory) -> [Double] { Array(probe.values.dropFirst()) }

  /// Figures of `run --json`.
  public var json: JSONValue {
    .object(
      [
        ("status", .string(converged ? "converged" : "not converged")),
        ("steps", JSONValue(steps.count)),
        ("unsettled", JSONValue(restless.count)),
        ("passes", JSONValue(steps.reduce(0) { $0 + $1.passes })),
        ("iterations", JSONValue(steps.reduce(0) { $0 + $1.iterations })),
        ("seconds", .number(provenance.seconds)),
        ("probes", .object(probes.map { ($0.name, .number($0.values.last ?? .nan)) })),
      ] + (strength.map { [("strength-reduction", $0.json)] } ?? [])
        + JSONValue.warnings(warnings))
  }

  /// A few lines for people.
  public var summary: String {
    var lines = [
      "\(title): \(converged ? "converged" : "not converged"), \(steps.count) steps, "
        + "\(isFixed.count) blocks, " + Show.seconds(provenance.seconds)
    ]
    lines += strength?.lines ?? []
    lines += probes.lines
    return lines.joined(separator: "\n")
  }

  /// What did not settle, in one line.
  public var failure: String? {
    guard !converged else { return nil }
    if let failure = strength?.failure { return failure }
    guard isSeated else {
      return "the last step of the seating did not settle; give it more steps or another length of "
        + "them, or more contact.passes"
    }
    guard let first = restless.first else {
      return "stopped at \(Show.number(steps.last?.time ?? 0)) s: blocks moved beyond all numbers; "
        + "give shorter steps"
    }
    return "\(restless.count) of \(steps.count) steps did not settle, the first at "
      + "\(Show.number(first.time)) s: after \(first.passes) passes \(first.restless) contacts changed "
      + "and \(Show.number(first.overlap)) m overlapped; give shorter steps, more contact.passes or "
      + "more contact.halvings"
  }
}
