import Manifold
import Mechanics

/// What a fit knows of the preferred directions of its material.
public struct FibreModel: Sendable, Equatable {
  /// The directions, one to three in the plane of axes 1 and 2 of the tests; nil learns one angle: that of
  /// the only direction, or of the first of two at right angles.
  ///
  /// Biaxial tests along the axes cannot tell an angle from its mirror image; it is learned in the first
  /// quadrant.
  public var directions: [PreferredDirection]?
  /// Whether the dispersion of every direction is learned too.
  public var learnsDispersion = false
  /// Standard deviation of the logarithmic stretch from which a biaxial test counts its own; nil: reported
  /// stretches are those from rest. Each training test's reference is then learned with the law and
  /// listed in the result (`FitResult.references`).
  public var referenceDeviation: Double?

  /// Learned directions without dispersion.
  public init() {}
}

extension ConstitutiveFit {
  /// Fits a law with preferred directions.
  func fitAnisotropic(
    _ data: FitData, _ progress: ((Double) -> Void)?
  ) throws(FitError) -> Outcome {
    for test in data.tests where !test.heldOut && test.mode == .uniaxial {
      throw .unsuited(
        test: test.name, law: family.name,
        reason: "a specimen with fibres contracts differently along 2 and 3, which a uniaxial test "
          + "does not say; give biaxial tests with both stretches")
    }
    let directions = try fibreDirections()
    let setup: AnisotropicSetup
    do {
      let architecture = try AnisotropicLearnedLaw.architecture(
        widths: widths, directions: directions.count, polyconvex: polyconvex,
        seesVolume: data.hasVolume)
      setup = AnisotropicSetup(
        data, architecture, directions: directions,
        range: stabilityRange ?? ConstitutiveFit.fibreStabilityRange,
        referenceDeviation: fibres.referenceDeviation)
    } catch {
      throw .inadmissible(law: family.name, problem: error.description)
    }
    var options = AnisotropicSearch.Options()
    options.seed = seed
    options.starts = starts ?? options.starts
    options.folds = folds
    options.strengths = regularisations
    options.iterationLimit = iterationLimit
    var search = AnisotropicSearch(setup, options: options, progress: progress)
    let (regularisation, trials) = search.chooseRegularisation()
    guard let best = search.finalFit(regularisation) else {
      throw .notConverged(law: family.name, reason: "no start led anywhere")
    }
    do {
      let law = try setup.law(best.x, bulkRatio: bulkRatio)
      return Outcome(
        law: .learnedAnisotropic(law), record: best.record, starts: options.starts,
        fits: search.fits, regularisation: regularisation, trials: trials,
        references: setup.references(best.x))
    } catch {
      throw .inadmissible(law: family.name, problem: error.description)
    }
  }

  /// Stretches over which stress shall rise in laws with preferred directions, data or not.
  static let fibreStabilityRange = 0.3...8.0

  private func fibreDirections() throws(FitError) -> [AnisotropicSetup.Direction] {
    let learned = fibres.learnsDispersion
    guard let given = fibres.directions else {
      let first = AnisotropicSetup.Direction(angle: 0, offset: 0, dispersion: learned ? 0 : nil)
      guard family == .learnedOrthotropic else { return [first] }
      return [
        first,
        AnisotropicSetup.Direction(angle: 0, offset: .pi / 2, dispersion: learned ? 1 : nil),
      ]
    }
    let allowed = family == .learnedTransverse ? 1...1 : 2...3
    guard allowed.contains(given.count) else {
      throw .inadmissible(
        law: family.name,
        problem:
          "it takes \(allowed.lowerBound == 1 ? "one direction" : "two or three directions"), "
          + "not \(given.count)")
    }
    return try given.enumerated().map { i, d throws(FitError) in
      guard let angle = d.angleInPlane else {
        throw .inadmissible(
          law: family.name, problem: "direction \(i + 1) leaves the plane of axes 1 and 2")
      }
      return AnisotropicSetup.Direction(
        angle: nil, offset: angle, dispersion: learned ? i : nil, given: d.dispersion)
    }
  }
}
