import Manifold
import Mechanics

/// The numbers of a law that training moves, the law that belongs to other values of them, and which of
/// them form a filter (the incoming weights of one neuron; for a classical law every parameter is its own).
package struct LawParametrisation: Sendable {
  /// θ, and for every filter the places of its weights; biases are in none.
  package let values: [Double], filters: [[Int]]
  /// Whether a change counts relative to the value (what must stay positive) or as it is.
  package let isRelative: [Bool]
  /// Places of the numbers that may move at all; the others are zero for good.
  package let free: [Int]
  private let law: Law

  /// Nil for a law whose numbers are not known to be free.
  package init?(_ law: Law) {
    switch law {
    case .learned(let law): self.init(law.potential, of: .learned(law))
    case .learnedAnisotropic(let law): self.init(law.potential, of: .learnedAnisotropic(law))
    case .neoHooke, .mooneyRivlin, .yeoh, .ogden, .gent, .carroll, .holzapfelGasserOgden:
      self.init(classical: law)
    case .linearElastic, .stressMap, .learnedSmallStrain: return nil
    }
  }

  private init(classical law: Law) {
    self.law = law
    values = law.parameters.filter(LawParametrisation.moves).map(\.value)
    free = Array(values.indices)
    filters = values.indices.map { [$0] }
    isRelative = values.map { _ in true }
  }

  private init(_ potential: StackedPotential, of law: Law) {
    let kinds = potential.architecture.kinds
    self.law = law
    values = potential.weights
    filters = LawParametrisation.filters(potential.architecture)
    isRelative = kinds.map { $0 == .nonNegative }
    free = kinds.indices.filter { kinds[$0] != .zero }
  }

  /// The law at other values; nil where there is none. A learned law may leave the signs that make it
  /// polyconvex.
  package func law(at values: [Double]) -> Law? {
    precondition(values.count == self.values.count, "\(values.count) of \(self.values.count)")
    switch law {
    case .learned(let old):
      guard let potential = LawParametrisation.relaxed(old.potential, values),
        let new = try? LearnedLaw(
          potential: potential, stressScale: old.stressScale, featureScales: old.featureScales,
          growth: old.growth, cofactor: old.cofactor, bulk: old.bulk)
      else { return nil }
      return .learned(new)
    case .learnedAnisotropic(let old):
      guard let potential = LawParametrisation.relaxed(old.potential, values),
        let new = try? AnisotropicLearnedLaw(
          potential: potential, directions: old.directions, stressScale: old.stressScale,
          featureScales: old.featureScales, growth: old.growth, cofactor: old.cofactor,
          bulk: old.bulk)
      else { return nil }
      return .learnedAnisotropic(new)
    default:
      var next = 0
      let parameters = law.parameters.map { p -> LawParameter in
        guard LawParametrisation.moves(p) else { return p }
        next += 1
        return LawParameter(p.name, values[next - 1], p.unit)
      }
      return try? Law(name: law.name, parameters: parameters)
    }
  }

  /// The same map with other weights, free of signs.
  private static func relaxed(_ old: StackedPotential, _ values: [Double]) -> StackedPotential? {
    let columns = old.architecture.columns.map { kind in
      kind == .zero ? StackedPotential.Architecture.Kind.zero : .free
    }
    guard
      let architecture = try? StackedPotential.Architecture(
        widths: old.architecture.widths, columns: columns, convex: false)
    else { return nil }
    return try? StackedPotential(architecture: architecture, weights: values)
  }

  /// Whether a fit moves a parameter of a classical law: not what stands for volume, and no direction.
  private static func moves(_ p: LawParameter) -> Bool {
    let isDirection = p.name.hasPrefix("kappa") || p.name.last.map { "xyz".contains($0) } ?? false
    return !isDirection && p.name != "bulk" && p.name != "lambda"
  }

  /// One filter for every neuron and one for the output.
  private static func filters(_ architecture: StackedPotential.Architecture) -> [[Int]] {
    let kinds = architecture.kinds
    var out: [[Int]] = []
    for layer in architecture.layers {
      for i in 0..<layer.width {
        let own = (0..<layer.features).map { layer.skip + layer.features * i + $0 }
        let below = (0..<layer.below).map { layer.hidden + layer.below * i + $0 }
        out.append((own + below).filter { kinds[$0] != .zero })
      }
    }
    let end = architecture.layers.last!.end
    out.append((0..<architecture.widths.last!).map { end + $0 })
    return out
  }
}

/// Measured stresses as one list, and what a law answers to all of them at once.
package struct StressMisfit: Sendable {
  private struct Item {
    var test: HomogeneousTest, point: Int, isSecond: Bool, measured: Double, weight: Double
  }
  private let items: [Item]

  /// All stresses of the tests that were learned from, weighed so that the sum of squares is the mean over
  /// the tests of 1 − R². Nil without a test whose stresses differ.
  package init?(_ tests: [HomogeneousTest]) {
    var items: [Item] = []
    var used = 0.0
    for test in tests where !test.heldOut {
      // A stress that was not seen stands as NaN.
      let all = (test.stresses + (test.secondStresses ?? [])).filter { $0.isFinite }
      guard !all.isEmpty else { continue }
      let mean = all.reduce(0, +) / Double(all.count)
      let total = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      guard total > 0 else { continue }
      used += 1
      for p in 0..<test.count {
        let weight = 1 / total.squareRoot()
        items.append(
          Item(
            test: test, point: p, isSecond: false, measured: test.stresses[p], weight: weight))
        if let second = test.secondStresses {
          items.append(
            Item(test: test, point: p, isSecond: true, measured: second[p], weight: weight))
        }
      }
    }
    items.removeAll { !$0.measured.isFinite }
    guard used > 0 else { return nil }
    for i in items.indices { items[i].weight /= used.squareRoot() }
    self.items = items
  }

  /// Number of stresses.
  package var count: Int { items.count }

  /// Weighed residuals of a law.
  package func residuals(_ law: Law) -> [Double] {
    items.map { item in
      let J = item.test.mode == .simpleShear ? nil : item.test.volumeRatios?[item.point]
      let r = law.response(
        item.test.mode, item.test.stretches[item.point],
        second: item.test.secondStretch(item.point), volumeRatio: J)
      let isTrue = item.test.measure == .true
      let predicted =
        item.isSecond
        ? (isTrue ? r.secondTrue : r.secondNominal) : (isTrue ? r.true : r.nominal)
      return item.weight * (predicted - item.measured)
    }
  }

  /// Mean over the tests of 1 − R²; NaN where the law has no value.
  package func loss(_ law: Law) -> Double { residuals(law).reduce(0) { $0 + $1 * $1 } }
}
