import FixedPoint
import Glibc
import LinearAlgebra
import Mechanics

/// Where a biaxial test began, as a fit found it: the stretches that were really there are those reported
/// times e^δ.
///
/// Tests of one specimen start from a preload each, and what is called a stretch of 1 differs between them;
/// in a tissue that stiffens tenfold within a few per cent, half a per cent is a third of the stress. That
/// error is common to all points of a test, so it is no noise that averages out: it is an unknown of the
/// test (errors in variables with one latent strain per test).
public struct ReferenceStretch: Sendable, Equatable {
  /// Name of the test.
  public let test: String
  /// δ₁ and δ₂, logarithms.
  public let first: Double, second: Double

  /// The reference from which a test lies nearest to a law: least squares of both curves, each in units of its
  /// spread, over δ₁ and δ₂. A projection of the test on the law; what it says of the law's error afterwards
  /// is no blind prediction. Nil where the test has not both true stresses of a biaxial mode.
  public init?(_ test: HomogeneousTest, nearest law: some ConstitutiveLaw) {
    guard test.mode == .biaxial, test.measure == .true, test.secondStretches != nil,
      let second = test.secondStresses, !(test.stresses + second).contains(where: \.isNaN)
    else { return nil }
    var problem = ReferenceProblem(test: test, second: second, law: law)
    var x = [0.0, 0.0]
    var method = LevenbergMarquardt()
    method.lowerBounds = [-References.limit, -References.limit]
    method.upperBounds = [References.limit, References.limit]
    _ = method.minimise(&problem, x: &x)
    self.init(test: test.name, first: x[0], second: x[1])
  }

  init(test: String, first: Double, second: Double) {
    self.test = test
    self.first = first
    self.second = second
  }

  /// The test with its stretches counted from this reference.
  /// - Throws: what `HomogeneousTest` finds wrong, which it cannot for a test that exists.
  public func applied(to test: HomogeneousTest) throws -> HomogeneousTest {
    try HomogeneousTest(
      name: test.name, mode: test.mode, stretches: test.stretches.map { $0 * exp(first) },
      secondStretches: test.secondStretches.map { $0.map { $0 * exp(second) } },
      measure: test.measure, stresses: test.stresses, secondStresses: test.secondStresses,
      heldOut: test.heldOut, weight: test.weight)
  }
}

/// Two unknowns, the curves of one test.
private struct ReferenceProblem<L: ConstitutiveLaw>: ResidualProblem {
  typealias Tangent = DenseMatrix
  let test: HomogeneousTest, second: [Double], law: L
  var unknownCount: Int { 2 }
  var residualCount: Int { 2 * test.count }

  mutating func residual(at x: [Double], into r: inout [Double]) -> Bool {
    let (a, b) = (FitData.spread(test.stresses), FitData.spread(second))
    for p in 0..<test.count {
      let s = law.incompressibleResponse(
        .biaxial, test.stretches[p] * exp(x[0]), second: test.secondStretches![p] * exp(x[1]))
      r[p] = (s.true - test.stresses[p]) / a
      r[test.count + p] = (s.secondTrue - second[p]) / b
    }
    return r.allSatisfy(\.isFinite)
  }

  mutating func linearise(
    at x: [Double], residual r: inout [Double], tangent J: inout DenseMatrix
  ) -> Bool {
    guard residual(at: x, into: &r) else { return false }
    let h = 1e-6
    var (up, down) = (r, r)
    for k in 0..<2 {
      var y = x
      y[k] += h
      guard residual(at: y, into: &up) else { return false }
      y[k] -= 2 * h
      guard residual(at: y, into: &down) else { return false }
      for i in r.indices { J[i, k] = (up[i] - down[i]) / (2 * h) }
    }
    return true
  }
}

/// The reference stretches among the unknowns of an anisotropic fit: two for every biaxial test of the
/// training data without measured volume.
package struct References: Sendable {
  /// No reference is farther off, as a logarithm.
  static let limit = 0.05
  /// The misfit, relative to a curve's spread, that is as bad as a reference off by one deviation: points of
  /// a curve share what a law does not say, so a whole curve weighs as one observation of that size.
  static let tolerableMisfit = 0.02

  /// The first of them among the unknowns; number; 1/deviation in units of the objective.
  let start: Int, count: Int, stiffness: Double
  /// For every observation, which reference it has.
  let slots: [Int?]
  /// The tests of the references, in order.
  let tests: [Int]

  init(_ data: FitData, start: Int, deviation: Double?) {
    self.start = start
    let able = data.tests.indices.filter {
      deviation != nil && !data.tests[$0].heldOut && data.tests[$0].mode == .biaxial
        && data.tests[$0].volumeRatios == nil
    }
    tests = able
    count = 2 * able.count
    stiffness = References.tolerableMisfit / (deviation ?? 1)
    slots = data.observations.map { o in
      o.component == .first || o.component == .second ? able.firstIndex(of: o.test) : nil
    }
  }
}

extension AnisotropicSetup {
  /// An observation at the stretches that its test's reference makes of the reported ones; along its own
  /// logarithmic stretch, or along a direction in the plane of both.
  func sample(_ index: Int, _ x: [Double], along: SIMD2<Double>? = nil) -> AnisotropicSample {
    guard let slot = references.slots[index] else { return samples[index] }
    let o = data.observations[index]
    let test = data.tests[o.test]
    let k = references.start + 2 * slot
    let (a, b) = (test.stretches[o.point], test.secondStretch(o.point))
    let d = along ?? (o.component == .first ? SIMD2(1, 0) : SIMD2(0, 1))
    func stretch(_ value: Double, _ d: Double) -> Jet { Jet(value, value * d, value * d * d) }
    let (l1, l2) = (stretch(a * exp(x[k]), d.x), stretch(b * exp(x[k + 1]), d.y))
    let own = o.component == .first ? a : b
    return AnisotropicSample(
      l1, l2, (l1 * l2).inverse, factor: test.measure == .true ? 1 : 1 / own,
      target: samples[index].target)
  }

  /// The references of a solution.
  func references(_ x: [Double]) -> [ReferenceStretch] {
    references.tests.enumerated().map { slot, test in
      let k = references.start + 2 * slot
      return ReferenceStretch(test: data.tests[test].name, first: x[k], second: x[k + 1])
    }
  }
}
