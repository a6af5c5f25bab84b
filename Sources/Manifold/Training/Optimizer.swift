import Glibc

/// Adam: steps of a running mean of the gradient over the root of a running mean of its square.
///
/// Source: Kingma & Ba, ICLR 2015; decay of the weights apart from the gradient after Loshchilov &
/// Hutter, ICLR 2019.
public struct Adam: Sendable, Equatable {
  /// Memory of the two means; floor of the denominator; decay of the weights per unit of rate.
  public var beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0.0

  /// With the authors' values.
  public init() {}
}

/// Muon: hidden matrices follow their Nesterov momentum with all its singular values driven to about 1;
/// everything else follows Adam.
///
/// Source: Jordan et al., "Muon: an optimizer for hidden layers", 2024.
public struct Muon: Sendable, Equatable {
  /// Memory of the momentum.
  public var momentum = 0.95
  /// Rate of Adam for what is no hidden matrix, over the rate of the matrices.
  public var otherRate = 0.1
  /// Adam's numbers for the rest.
  public var adam = Adam()

  /// With the authors' values.
  public init() {}
}

/// What moves the unknowns.
public enum Optimizer: Sendable, Equatable {
  /// Mini-batches, first order.
  case adam(Adam)
  /// Mini-batches, orthogonal steps of hidden matrices.
  case muon(Muon)
  /// All samples at once, curvature from the last steps.
  case lbfgs(LBFGS)

  /// The name that the command line and files use.
  public var name: String {
    switch self {
    case .adam: "adam"
    case .muon: "muon"
    case .lbfgs: "lbfgs"
    }
  }

  /// The optimiser of a name, with its defaults; nil for an unknown name.
  public init?(name: String) {
    switch name {
    case "adam": self = .adam(Adam())
    case "muon": self = .muon(Muon())
    case "lbfgs": self = .lbfgs(LBFGS())
    default: return nil
    }
  }

  /// Names to offer.
  public static let names = ["adam", "lbfgs", "muon"]
}

/// How the learning rate changes over the steps of a training.
public struct LearningRate: Sendable, Equatable {
  /// The largest rate; the share of it that is left at the end (half a cosine); the share of all steps
  /// over which the rate rises from zero.
  public var peak: Double, final: Double, warmUp: Double

  /// A cosine from `peak` to `final` · `peak`; final = 1 is a constant rate.
  public init(_ peak: Double, final: Double = 0.01, warmUp: Double = 0.02) {
    self.peak = peak
    self.final = final
    self.warmUp = warmUp
  }

  /// The rate of step `step` of `steps`.
  public func rate(_ step: Int, of steps: Int) -> Double {
    let t = Double(step) / Double(max(steps, 1))
    if t < warmUp { return peak * (Double(step) + 1) / (warmUp * Double(steps) + 1) }
    let phase = (t - warmUp) / max(1 - warmUp, 1e-12)
    return peak * (final + (1 - final) * 0.5 * (1 + cos(.pi * phase)))
  }
}
