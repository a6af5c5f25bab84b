import Glibc
import Mechanics

/// The measured numbers of a fit, checked, weighted and scaled.
package struct FitData: Sendable {
  /// Tests as given.
  let tests: [HomogeneousTest]
  /// All numbers to learn from.
  let observations: [Observation]
  /// What one unit of stress is inside a fit: the median secant shear modulus of the data, Pa.
  let stressScale: Double
  /// Whether volume was measured, so that the volumetric part can be learned too.
  let hasVolume: Bool

  /// - Throws: `FitError` for no training data, contradictory points and stresses of the wrong sign.
  package init(_ tests: [HomogeneousTest]) throws(FitError) {
    self.tests = tests
    let training = tests.filter { !$0.heldOut }
    guard !training.isEmpty else { throw .noTrainingTests }
    for test in training { try FitData.checkRepeats(test) }
    var observations: [Observation] = []
    for (i, test) in tests.enumerated() where !test.heldOut {
      observations += Observation.all(of: test, index: i)
    }
    self.observations = observations
    hasVolume = training.contains { $0.volumeRatios != nil && $0.mode != .simpleShear }
    if hasVolume {
      let moved = training.contains { $0.volumeRatios?.contains { $0 != 1 } ?? false }
      guard moved else { throw .noVolumeChange }
    }
    stressScale = try FitData.secantModulus(observations)
  }

  /// Number of measured stresses that can tell something: away from rest.
  var informative: Int {
    let points = observations.filter {
      ($0.component == .first || $0.component == .difference) && !FitData.isRest($0)
    }
    return Set(points.map { [$0.test, $0.point] }).count
  }

  /// Number of points whose observations leave nothing to learn from: without the pressure, one stress
  /// of an incompressible material says nothing.
  var silentPoints: Int {
    tests.enumerated().reduce(0) { sum, item in
      guard !item.element.heldOut else { return sum }
      let speaking = Set(observations.filter { $0.test == item.offset }.map(\.point))
      return sum + item.element.count - speaking.count
    }
  }

  /// Largest Ī1 − 3 of the observations.
  var largestIsochoricI1: Double {
    observations.reduce(0) { largest, o in
      let I = o.path.invariants
      let cube = cbrt(I.J.value)
      return max(largest, I.I1.value / (cube * cube) - 3)
    }
  }

  /// Stretches from λ⁻¹ to λ, ln λ `margin` beyond the largest |ln λ_i| of the observations.
  func stableRange(margin: Double) -> ClosedRange<Double> {
    let largest = observations.reduce(0) { largest, o in
      [o.path.l1, o.path.l2].reduce(largest) { max($0, abs(log($1.value))) }
    }
    return exp(-largest - margin)...exp(largest + margin)
  }

  private static func isRest(_ o: Observation) -> Bool {
    let I = o.path.invariants
    return I.I1.first.magnitude < 1e-9 && I.J.first.magnitude < 1e-9
  }

  private static func checkRepeats(_ test: HomogeneousTest) throws(FitError) {
    let size = test.observedStresses.reduce(0) { max($0, $1.magnitude) }
    for a in 0..<test.count {
      for b in 0..<a where test.stretches[a] == test.stretches[b] {
        let same = test.secondStretch(a) == test.secondStretch(b)
        // NaN, an unseen stress, contradicts nothing.
        let apart = zip(test.observed(a), test.observed(b)).contains {
          ($0 - $1).magnitude > 0.5 * size
        }
        guard !same || !apart else {
          throw .contradictory(
            test: test.name, first: b, second: a, stretch: test.stretches[a])
        }
      }
    }
  }

  /// Median over the points of stress / neo-Hookean stress for μ = 1.
  private static func secantModulus(_ observations: [Observation]) throws(FitError) -> Double {
    var moduli: [Double] = []
    for o in observations where o.component == .first || o.component == .difference {
      let I = o.path.invariants
      // W = ½ (I1 − 3 − 2 ln J) along the path.
      let unit = o.factor * (0.5 * I.I1.first - I.J.first / I.J.value)
      if unit.magnitude > 1e-9 { moduli.append(o.target / unit) }
    }
    moduli.sort()
    guard !observations.isEmpty else { throw .nothingObserved }
    guard !moduli.isEmpty, moduli[moduli.count / 2] > 0 else { throw .wrongSign }
    return moduli[moduli.count / 2]
  }

  /// K from trace σ / 3 = K (J − 1) by least squares, in units of `stressScale`.
  var estimatedBulk: Double {
    var (top, bottom) = (0.0, 0.0)
    for test in tests where !test.heldOut {
      guard let J = test.volumeRatios, test.mode != .simpleShear else { continue }
      for p in 0..<test.count {
        let l = test.stretches[p]
        guard !test.stresses[p].isNaN else { continue }
        let first = test.measure == .true ? test.stresses[p] : test.stresses[p] * l / J[p]
        let share: Double = test.mode == .equibiaxial ? 2 : 1
        let seen = test.secondStresses?[p] ?? 0
        let second = (seen.isNaN ? 0 : seen) * (test.measure == .true ? 1 : 1 / J[p])
        top += (share * first + second) / 3 * (J[p] - 1)
        bottom += (J[p] - 1) * (J[p] - 1)
      }
    }
    return bottom > 0 ? max(top / bottom / stressScale, 0.5) : 1000
  }

  /// Weight of every observation: the tests' own weights, and a balance of tests between absolute
  /// residuals and residuals relative to the spread within a test (their geometric mean), so that a test
  /// of low stresses is not drowned; or absolute residuals. Σ weight² residual² is then a mean relative squared error.
  func weights(_ weighting: ConstitutiveFit.Weighting) -> [Double] {
    var spread = tests.map { FitData.spread($0.observedStresses) }
    let all = FitData.spread(tests.filter { !$0.heldOut }.flatMap(\.observedStresses))
    for i in spread.indices where spread[i] < 1e-3 * all { spread[i] = all }
    let total = Double(observations.count)
    if weighting == .absolute { spread = spread.map { _ in all } }
    return observations.map { o in
      (tests[o.test].weight / (spread[o.test] * all * total)).squareRoot()
    }
  }

  /// Standard deviation; for fewer than three values the root mean square.
  static func spread(_ values: [Double]) -> Double {
    let n = Double(values.count)
    let mean = values.count < 3 ? 0 : values.reduce(0, +) / n
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
  }
}
