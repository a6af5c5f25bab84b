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
    observations.filter { $0.component == .first && !FitData.isRest($0) }.count
  }

  private static func isRest(_ o: Observation) -> Bool {
    let I = o.path.invariants
    return I.I1.first.magnitude < 1e-9 && I.J.first.magnitude < 1e-9
  }

  private static func checkRepeats(_ test: HomogeneousTest) throws(FitError) {
    let size = test.stresses.reduce(0) { max($0, $1.magnitude) }
    for a in 0..<test.count {
      for b in 0..<a where test.stretches[a] == test.stretches[b] {
        let same = test.secondStretch(a) == test.secondStretch(b)
        guard !same || (test.stresses[a] - test.stresses[b]).magnitude <= 0.5 * size else {
          throw .contradictory(
            test: test.name, first: b, second: a, stretch: test.stretches[a])
        }
      }
    }
  }

  /// Median over the points of stress / neo-Hookean stress for μ = 1.
  private static func secantModulus(_ observations: [Observation]) throws(FitError) -> Double {
    var moduli: [Double] = []
    for o in observations where o.component == .first {
      let I = o.path.invariants
      // W = ½ (I1 − 3 − 2 ln J) along the path.
      let unit = o.factor * (0.5 * I.I1.first - I.J.first / I.J.value)
      if unit.magnitude > 1e-9 { moduli.append(o.target / unit) }
    }
    moduli.sort()
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
        let first = test.measure == .true ? test.stresses[p] : test.stresses[p] * l / J[p]
        let share: Double = test.mode == .equibiaxial ? 2 : 1
        let second = (test.secondStresses?[p] ?? 0) * (test.measure == .true ? 1 : 1 / J[p])
        top += (share * first + second) / 3 * (J[p] - 1)
        bottom += (J[p] - 1) * (J[p] - 1)
      }
    }
    return bottom > 0 ? max(top / bottom / stressScale, 0.5) : 1000
  }

  /// Weight of every observation: the tests' own weights, and a balance of tests between absolute
  /// residuals and residuals relative to the spread within a test (their geometric mean), so that a test
  /// of low stresses is not drowned. Σ weight² residual² is then a mean relative squared error.
  func balancedWeights() -> [Double] {
    var spread = tests.map { FitData.spread($0.stresses) }
    let all = FitData.spread(tests.filter { !$0.heldOut }.flatMap(\.stresses))
    for i in spread.indices where spread[i] < 1e-3 * all { spread[i] = all }
    let total = Double(observations.count)
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
