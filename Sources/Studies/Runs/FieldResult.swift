import FixedPoint
import Geometry

/// A finished (or interrupted) field computation as it stands in its file.
public struct FieldResult: RunResult {
  /// What a computation walks through.
  public enum Course: Sendable, Equatable {
    /// Load factors from 0 to 1.
    case load
    /// Time from 0 to its end, s.
    case time(end: Double)
    /// Natural modes from 1 to their count.
    case modes(count: Int)

    /// Whether the abscissa of probes and states is time.
    public var isTime: Bool {
      if case .time = self { true } else { false }
    }
    /// The last load factor or time.
    public var end: Double {
      if case .time(let end) = self { end } else { 1 }
    }
    /// The abscissa as an axis names it.
    var axis: String { isTime ? "time, s" : "load factor" }
    /// Whether the states are modes.
    var isModes: Bool {
      if case .modes = self { true } else { false }
    }
    /// A place on the abscissa in words.
    func place(_ x: Double) -> String {
      isTime ? "\(Show.number(x)) s" : "load factor \(Show.number(x))"
    }
  }

  /// Nodal fields at one load factor or time. Tensors hold xx, yy, zz, yz, zx, xy (plain components, not
  /// Mandel's).
  public struct State: Sendable {
    /// The load factor, or the time in s.
    public var factor: Double
    /// Displacement, three per node, m.
    public var displacement: [Double]
    /// Cauchy stress, six per node, Pa.
    public var stress: [Double]
    /// Von Mises stress, Pa.
    public var vonMises: [Double]
    /// Small or Green–Lagrange strain, six per node.
    public var strain: [Double]
    /// Strain energy density, J/m³.
    public var energy: [Double]
    /// In every cell, where a law was fitted: the coverage score of its mean strain (see
    /// `CoverageScore`; 0 in regions of other laws), and the share of its volume that the data covered.
    public var coverageScore: [Double]?, coveredShare: [Double]?
    /// Velocity and acceleration of a body in motion, three per node, m/s and m/s².
    public var velocity: [Double]?, acceleration: [Double]?
    /// Further fields of the cells (or bars), by name in ascending order.
    public var cells: [VTKHDFFile.Field] = []
  }

  /// Natural frequencies of a body.
  public struct Modes: Sendable, Equatable {
    /// Hz, ascending; negative where the body is unstable.
    public var frequencies: [Double] = []
    /// Of the eigenvalue problem, relative.
    public var residuals: [Double] = []
    /// Whether it is sure that none in between was left out.
    public var isComplete: Bool
  }

  /// How much of the volume is strained beyond the data, where it is more than the case permits.
  public struct Uncovered: Sendable, Equatable, Codable {
    /// Share of the volume of fitted laws, and the share from which the case wants a warning.
    public var share: Double, limit: Double
    /// Load factor (or time, s) from which on it was so, and the one that `share` belongs to.
    public var from: Double, at: Double
    /// Whether they are times.
    public var isTime = false

    /// One line for people.
    public var warning: String {
      "\(Show.number(100 * share, digits: 3)) % of the volume is strained beyond the data of its law "
        + "at \(isTime ? "" : "load factor ")\(Show.number(at))\(isTime ? " s" : "") "
        + "(more than \(Show.number(100 * limit, digits: 3)) % from "
        + "\(Show.number(from))\(isTime ? " s" : "") on): the law extrapolates there; look at the cell field coverage_score, "
        + "or fit the law to tests that reach such strains"
    }
  }

  /// The history of one probe: one value per converged load step, or per output time and the start.
  public typealias ProbeHistory = Studies.ProbeHistory

  /// What it walked through.
  public var course = Course.load
  /// The kind of its case.
  var kind = CaseKind.fem
  /// The mesh; of a truss its joints alone.
  public var mesh: Mesh
  /// Two joints of every bar of a truss.
  public var bars: [SIMD2<Int32>] = []
  /// What the case is about.
  public var title: String
  /// States after the levels that the case asked for; read back from a file, the last of them only.
  public var states: [State]
  /// Every increment tried, refused ones included.
  public var steps: [LoadStepping.Step]
  /// Whether the full load, or the end of the time, was reached.
  public var converged: Bool
  /// Load factor after every converged step, or the start and the output times in s: the abscissa of
  /// the probes.
  public var factors: [Double]
  /// The probes.
  public var probes: [ProbeHistory]
  /// Share of the body's volume whose last strain lies where the data of its fitted law did; nil
  /// where no law was fitted.
  public var coveredShare: Double? = nil
  /// Where the law extrapolates more than the case permits; nil where it does not.
  public var uncovered: Uncovered? = nil
  /// The account of energies of a body in motion, term by term (see `BodyEnergy`), with the abscissa of
  /// the probes; else empty.
  public var energies: [ProbeHistory] = []
  /// Natural frequencies, where the case asks for them; the states are then their shapes.
  public var modes: Modes?
  /// Names of the fields to write.
  public var output: [String]
  /// How it came to be.
  public var provenance: Provenance

  /// Linear systems solved, refused increments included.
  public var iterations: Int { steps.reduce(0) { $0 + $1.record.iterations } }

  /// Linear systems of every converged step.
  public var stepIterations: [Int] {
    steps.filter(\.record.converged).map(\.record.iterations)
  }

  /// Steps that converged.
  public var stepCount: Int {
    course.isTime ? steps.count { $0.record.converged } : factors.count
  }

  /// The values after the start: step 1 is the first load step or output time.
  public func stepValues(of probe: ProbeHistory) -> [Double] {
    course.isTime ? Array(probe.values.dropFirst()) : probe.values
  }

  /// Where the law extrapolates more than the case permits.
  public var warnings: [String] {
    var out = uncovered.map { [$0.warning] } ?? []
    if let modes, !modes.isComplete {
      out.append(
        "the count of modes below is not confirmed: one may be missing; ask for some more, or "
          + "move the shift")
    }
    return out
  }

  /// Figures of `run --json`.
  public var json: JSONValue {
    let pairs: [(String, JSONValue)] = [
      ("status", .string(converged ? "converged" : "not converged")),
      ("steps", JSONValue(stepCount)),
      ("iterations", JSONValue(iterations)),
      ("seconds", .number(provenance.seconds)),
      (
        "probes", .object(probes.map { ($0.name, .number($0.values.last ?? .nan)) })
      ),
    ]
    return .object(pairs + JSONValue.warnings(warnings))
  }

  /// A few lines for people.
  public var summary: String {
    let work =
      kind == .dataDriven
      ? "\(iterations) turns, \(bars.isEmpty ? "\(mesh.cellCount) cells" : "\(bars.count) bars"), "
      : modes != nil
        ? "\(states.count) modes, \(mesh.nodeCount) nodes, "
        : "\(stepCount) steps\(course.isTime ? " to \(course.place(reached))" : ""), "
          + "\(iterations) linear systems, \(mesh.nodeCount) nodes, "
    var lines = [
      "\(title): \(converged ? "converged" : "not converged"), \(work)"
        + Show.seconds(provenance.seconds)
    ]
    lines += probes.lines
    if let coveredShare {
      lines.append(
        "  \(Show.number(100 * coveredShare)) % of the volume is strained as the law's data were; "
          + "elsewhere the law extrapolates")
    }
    return lines.joined(separator: "\n")
  }

  /// Why a computation stopped early, in one line.
  public var failure: String? {
    guard !converged, let last = steps.last else { return nil }
    if kind == .dataDriven {
      return "ended as '\(last.record.reason.rawValue)' after \(iterations) turns, moving by "
        + "\(Show.number(last.record.residuals.last ?? .nan)); give more solver.max-turns, smooth "
        + "weighting, more data or a learned manifold"
    }
    var text = "stopped at \(course.place(reached)) of \(Show.number(course.end))"
    text += course.isTime ? " s: the step to " : ": the increment to "
    text += "\(Show.number(last.to))\(course.isTime ? " s" : "") ended as "
    text += "'\(last.record.reason.rawValue)' after \(last.record.iterations) iterations"
    if let message = last.record.message { text += " (\(message))" }
    return text
      + "; give \(course.isTime ? "shorter" : "more") steps, a milder load or another law"
  }

  /// How far it came: load factor, or time in s.
  private var reached: Double {
    course.isTime
      ? steps.last { $0.record.converged }?.to ?? 0 : factors.last ?? 0
  }
}
