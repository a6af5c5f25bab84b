import Manifold
import Mechanics

/// Laws learned without a part of the data in turn: what they miss in the part they never saw is how far
/// the law errs on states like the data.
public struct CrossValidation: Sendable {
  /// One law per fold, learned without it.
  public let members: [Law]
  /// For every test and point its fold; empty for a test that was held out altogether.
  public let folds: [[Int]]

  /// - Precondition: every fold has a law.
  public init(members: [Law], folds: [[Int]]) {
    precondition(
      folds.allSatisfy { $0.allSatisfy(members.indices.contains) }, "a fold without a law")
    self.members = members
    self.folds = folds
  }

  /// What the search for a prior left at its chosen strength; nil where a fold's fit failed.
  init?(_ search: LearnedSearch, _ strength: Double, bulkRatio: Double) throws(ParameterError) {
    let observations = search.setup.data.observations
    let tests = search.setup.data.tests
    let count = (search.folds.max() ?? -1) + 1
    guard count > 1, let fits = search.foldFits[strength], fits.count == count else { return nil }
    var members: [Law] = []
    for x in fits { members.append(.learned(try search.setup.law(x, bulkRatio: bulkRatio))) }
    var folds = tests.map { $0.heldOut ? [] : [Int](repeating: 0, count: $0.count) }
    for (o, fold) in zip(observations, search.folds) { folds[o.test][o.point] = fold }
    self.init(members: members, folds: folds)
  }
}

extension ConstitutiveFit {
  /// Fits the law again without each of `count` folds of the points; the folds take every n-th point of
  /// each test in the order of their stretches, so that each sees every mode.
  ///
  /// A learned law keeps the strength of prior that `result` chose and needs one start. Costs `count` fits.
  ///
  /// - Throws: `FitError` where a fold leaves too little to learn from.
  public func crossValidation(
    _ tests: [HomogeneousTest], after result: FitResult, count: Int = 4
  ) throws(FitError) -> CrossValidation {
    precondition(count > 1, "\(count) folds")
    let fit = keepingChoices(of: result)
    var next = 0
    let folds = tests.map { test -> [Int] in
      guard !test.heldOut else { return [] }
      let order = test.stretches.indices.sorted {
        (test.stretches[$0], $0) < (test.stretches[$1], $1)
      }
      var out = [Int](repeating: 0, count: test.count)
      for p in order {
        out[p] = next % count
        next += 1
      }
      return out
    }
    var members: [Law] = []
    for fold in 0..<count {
      let rest = tests.enumerated().compactMap { t, test in
        test.heldOut ? nil : test.keeping(test.stretches.indices.filter { folds[t][$0] != fold })
      }
      members.append(try fit.fit(rest).law)
    }
    return CrossValidation(members: members, folds: folds)
  }
}

extension HomogeneousTest {
  /// The test with these of its points only, in this order (one may come twice); nil without any.
  public func keeping(_ points: [Int], name: String? = nil) -> HomogeneousTest? {
    func part(_ values: [Double]?) -> [Double]? { values.map { v in points.map { v[$0] } } }
    return try? HomogeneousTest(
      name: name ?? self.name, mode: mode, stretches: part(stretches)!,
      secondStretches: part(secondStretches), measure: measure, stresses: part(stresses)!,
      secondStresses: part(secondStresses), stressDifferences: part(stressDifferences),
      lateralStresses: part(lateralStresses), volumeRatios: part(volumeRatios), heldOut: heldOut,
      weight: weight)
  }
}
