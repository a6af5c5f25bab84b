import Glibc
import Manifold
import Mechanics

/// Coordinates θ of a learned law: its free weights, the logarithms of those that must be positive, and
/// ln a, ln c, ln K in units of the stress scale. Weights that must be zero have none.
///
/// A perturbation of θ never leaves the laws of that architecture: signs, natural state and growth hold
/// by construction.
public struct LawChart: Sendable {
  /// The law of the chart's origin.
  public let law: Law
  private let potential: StackedPotential
  /// Stress scale, then a, c and K, Pa.
  private let unit: Double, coefficients: [Double]
  private let places: [StackedPotential.Unknown]
  /// Least logarithm: weights that do not matter.
  private static let floor = -16.0

  /// Nil for a law that is not a learned one of finite strain.
  public init?(_ law: Law) {
    self.law = law
    switch law {
    case .learned(let own):
      (potential, unit) = (own.potential, own.stressScale)
      coefficients = [own.growth, own.cofactor, own.bulk]
    case .learnedAnisotropic(let own):
      (potential, unit) = (own.potential, own.stressScale)
      coefficients = [own.growth, own.cofactor, own.bulk]
    default: return nil
    }
    places = potential.architecture.unknowns
  }

  /// θ of the law.
  public var origin: [Double] {
    let weights = potential.weights
    func logarithm(_ x: Double) -> Double { max(log(max(x, 0)), LawChart.floor) }
    return places.map { $0.isLogarithm ? logarithm(weights[$0.weight]) : weights[$0.weight] }
      + coefficients.map { logarithm($0 / unit) }
  }

  /// The law at θ; nil where a number is no law's.
  public func callAsFunction(_ theta: [Double]) -> Law? {
    precondition(
      theta.count == places.count + 3, "\(theta.count) of \(places.count + 3) coordinates")
    var weights = [Double](repeating: 0, count: potential.architecture.weightCount)
    places.place(theta, into: &weights)
    let c = theta.suffix(3).map { unit * exp($0) }
    do {
      let map = try StackedPotential(architecture: potential.architecture, weights: weights)
      switch law {
      case .learned(let own):
        return .learned(
          try LearnedLaw(
            potential: map, stressScale: unit, featureScales: own.featureScales, growth: c[0],
            cofactor: c[1], bulk: c[2]))
      case .learnedAnisotropic(let own):
        return .learnedAnisotropic(
          try AnisotropicLearnedLaw(
            potential: map, directions: own.directions, stressScale: unit,
            featureScales: own.featureScales, growth: c[0], cofactor: c[1], bulk: c[2]))
      default: return nil
      }
    } catch { return nil }
  }
}
