import FixedPoint

/// Who goes when, and whether a window is repeated until all agree.
public struct CouplingScheme: Sendable, Equatable {
  /// One after another, each with the newest data, or all at once with those of the iteration before.
  public enum Order: String, Sendable, CaseIterable { case serial, parallel }

  /// Order of the participants (as they are listed); whether windows are iterated.
  public var order: Order, isImplicit: Bool

  /// By its two parts.
  public init(_ order: Order, isImplicit: Bool) {
    (self.order, self.isImplicit) = (order, isImplicit)
  }

  /// Each once, one after another.
  public static let serialExplicit = CouplingScheme(.serial, isImplicit: false)
  /// Each once, all at once.
  public static let parallelExplicit = CouplingScheme(.parallel, isImplicit: false)
  /// Until they agree, one after another.
  public static let serialImplicit = CouplingScheme(.serial, isImplicit: true)
  /// Until they agree, all at once.
  public static let parallelImplicit = CouplingScheme(.parallel, isImplicit: true)
}

/// How long windows are.
public enum WindowLength: Sendable, Equatable {
  /// s.
  case fixed(Double)
  /// The step of a participant, by name.
  case given(by: String)
}

/// When a field has converged.
public struct Criterion: Sendable, Equatable {
  /// nil: every field.
  public var field: Field?
  /// What its change over an iteration, all samples of the window together, is compared with; how small it must be.
  public var kind: ConvergenceMeasure.Kind, limit: Double

  /// Of every field unless one is named.
  public init(_ kind: ConvergenceMeasure.Kind, _ limit: Double, field: Field? = nil) {
    (self.kind, self.limit, self.field) = (kind, limit, field)
  }
}

/// Which relaxation a coupling makes for itself, once it knows its unknowns.
public enum RelaxationChoice: Sendable, Equatable {
  /// x + ω (H − x).
  case constant(Double)
  /// Aitken's factor.
  case aitken(first: Double)
  /// Anderson's mixing.
  case anderson(depth: Int, mixing: Double)
  /// Interface quasi-Newton; fields are scaled to one another where it says so.
  case quasiNewton(
    QuasiNewtonRelaxation.Memory, filter: QRFilter, first: Double, columnLimit: Int, scaled: Bool)

  /// IQN-ILS over eight windows whose first step goes this part of the residual.
  public static func standard(first: Double = 0.5) -> RelaxationChoice {
    .quasiNewton(
      .leastSquares(reusedWindows: 8), filter: .qr2(1e-3), first: first, columnLimit: 100,
      scaled: true)
  }

  /// Whether its numbers make a relaxation.
  var isUsable: Bool {
    func isFactor(_ w: Double) -> Bool { w > 0 && w.isFinite }
    switch self {
    case .constant(let factor): return factor.isFinite && factor != 0
    case .aitken(let first): return isFactor(first)
    case .anderson(let depth, let mixing): return depth > 0 && isFactor(mixing)
    case .quasiNewton(let memory, _, let first, let limit, _):
      switch memory {
      case .leastSquares(let reused): return reused >= 0 && isFactor(first) && limit > 0
      case .multiVector(let windows, let truncation):
        return windows > 0 && (0..<1).contains(truncation) && isFactor(first) && limit > 0
      }
    }
  }

  /// For unknowns of which these ranges are one field each.
  func make(fields: [Range<Int>]) -> any Relaxation {
    switch self {
    case .constant(let factor): ConstantRelaxation(factor)
    case .aitken(let first): AitkenRelaxation(first: first)
    case .anderson(let depth, let mixing): AndersonRelaxation(depth: depth, mixing: mixing)
    case .quasiNewton(let memory, let filter, let first, let limit, let scaled):
      QuasiNewtonRelaxation(
        memory, filter: filter, first: first, columnLimit: limit, fields: scaled ? fields : nil)
    }
  }
}

/// A coupling, with usable defaults; edited, then checked once by `CoupledSystem.init`.
public struct CouplingDefinition {
  /// In the order in which a serial scheme asks them.
  public var participants: [any Participant]
  /// What belongs together.
  public var interfaces: [Interface]
  /// Who goes when.
  public var scheme = CouplingScheme.serialImplicit
  /// Length of windows.
  public var window: WindowLength
  /// When a window has converged; all must hold.
  public var criteria = [Criterion(.relative, 1e-6)]
  /// How the next iterate is found; nil: IQN-ILS over eight windows, whose first step goes all along the residual where all
  /// exchanges are Robin's, which contract by themselves, and half of it elsewhere.
  public var relaxation: RelaxationChoice?
  /// Iterations permitted, and demanded, in a window.
  public var iterationLimit = 50, leastIterations = 1
  /// What lies between samples.
  public var interpolation = TimeInterpolation.linear
  /// Whether all steps of a participant in a window are seen by the others, or the last alone.
  public var sharesSubsteps = true
  /// Polynomial through the ends of earlier windows that begins a window: 0 to 2.
  public var predictorOrder = 0
  /// Times that a window which fails is tried with half the length.
  public var halvings = 4
  /// Workers that advance participants of a parallel scheme; the answer does not depend on it.
  public var workers = 1

  /// The relaxation that is meant.
  public var chosenRelaxation: RelaxationChoice {
    relaxation ?? .standard(first: firstFactor)
  }

  /// Part of the residual that a first quasi-Newton step goes where nothing else is said.
  public var firstFactor: Double {
    let isRobin = interfaces.allSatisfy {
      if case .robin = $0.exchange { true } else { false }
    }
    return isRobin ? 1 : 0.5
  }

  /// Participants, interfaces and the length of windows.
  public init(
    _ participants: [any Participant], _ interfaces: [Interface], window: WindowLength
  ) {
    (self.participants, self.interfaces, self.window) = (participants, interfaces, window)
  }
}
