import Manifold
import Mechanics

/// Laws that the same data allow: their spread is what the data do not determine.
public struct Ensemble: Sendable {
  /// What distinguishes the members.
  public enum Variation: String, Sendable, CaseIterable {
    /// Points drawn again with replacement, test by test, and other starts.
    case bootstrap
    /// Other starts only.
    case starts
    /// Parameters drawn from the posterior of one fit, after Laplace, a small share of their deviations
    /// away: spreads are those of the linearised law, which also holds where the posterior is wide.
    case posterior
  }

  /// The members.
  public let members: [Law]
  /// What distinguishes them, and the seed they were drawn with.
  public let variation: Variation, seed: UInt64
  /// The share of their deviations by which members were drawn; spreads are divided by it.
  public let share: Double

  /// Any members, at least two.
  public init(members: [Law], variation: Variation, seed: UInt64, share: Double = 1) {
    precondition(members.count > 1, "an ensemble of \(members.count)")
    precondition(share > 0 && share.isFinite, "a share of \(share)")
    self.members = members
    self.variation = variation
    self.seed = seed
    self.share = share
  }

  /// Mean and standard deviation over the members.
  public struct Spread: Sendable, Equatable {
    /// In the unit of the values.
    public let mean: Double, deviation: Double

    /// Of at least two values, drawn by a share of their deviations.
    public init(_ values: [Double], share: Double = 1) {
      let n = Double(values.count)
      let mean = values.reduce(0, +) / n
      self.mean = mean
      deviation =
        (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot() / share
    }
  }

  /// The spread of the nominal stress in a homogeneous mode, Pa.
  public func spread(
    _ mode: HomogeneousMode, _ stretch: Double, second: Double = 1, volumeRatio: Double? = nil
  ) -> Spread {
    Spread(
      members.map {
        $0.response(mode, stretch, second: second, volumeRatio: volumeRatio).nominal
      }, share: share)
  }
}

/// Fits an ensemble: a configured fit, repeated with other data and starts.
///
/// ```swift
/// let fit = ConstitutiveFit(.learned)
/// let law = try fit.fit(tests)
/// let ensemble = try EnsembleFit(fit).fit(tests, after: law)
/// print(ensemble.spread(.uniaxial, 3).deviation)
/// ```
public struct EnsembleFit: Sendable {
  /// The fit of one member.
  public var fit: ConstitutiveFit
  /// How many, and what distinguishes them.
  public var members = 8, variation = Ensemble.Variation.bootstrap

  /// With the defaults.
  public init(_ fit: ConstitutiveFit) { self.fit = fit }

  /// Fits all members; the strength of the prior is the one that the fit to all data chose. The same
  /// tests, options and seed give the same bits. A draw that cannot be fitted is drawn again, `members`
  /// times in all at most.
  ///
  /// - Throws: `FitError` of the last draw where too few can be fitted.
  public func fit(
    _ tests: [HomogeneousTest], after result: FitResult, progress: ((Double) -> Void)? = nil
  ) throws(FitError) -> Ensemble {
    precondition(members > 1, "an ensemble of \(members)")
    var one = fit.keepingChoices(of: result)
    let training = tests.filter { !$0.heldOut }
    var random = SplitMix64(seed: fit.seed ^ 0xE25E_3B1E)
    var laws: [Law] = []
    var left = members
    while laws.count < members {
      one.seed = random.next()
      let drawn = variation == .bootstrap ? training.compactMap { resample($0, &random) } : training
      do {
        laws.append(try one.fit(drawn).law)
      } catch {
        left -= 1
        if left < 0 { throw error }
      }
      progress?(Double(laws.count) / Double(members))
    }
    return Ensemble(members: laws, variation: variation, seed: fit.seed)
  }

  private func resample(
    _ test: HomogeneousTest, _ random: inout SplitMix64
  ) -> HomogeneousTest? {
    test.keeping(test.stretches.indices.map { _ in Int(random.next() % UInt64(test.count)) })
  }
}
