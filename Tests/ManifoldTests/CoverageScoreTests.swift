import Foundation
import Manifold
import Testing

@Suite("Coverage score: like the data, between them, or outside")
struct CoverageScoreTests {
  /// A cloud in a box of `width` features that stretch and mix them, and states outside of it.
  private func clouds(_ width: Int, count: Int) -> (
    data: [Double], inside: [[Double]], outside: [[Double]]
  ) {
    var random = SplitMix64(seed: 31)
    func place(_ u: [Double]) -> [Double] {
      u.indices.map { i in pow(10, Double(i)) * (u[i] + 0.3 * u[(i + 1) % width]) }
    }
    func draw(_ a: Double) -> [Double] { (0..<width).map { _ in random.uniform(-a, a) } }
    let data = (0..<count).flatMap { _ in place(draw(1)) }
    let inside = (0..<2000).map { _ in place(draw(1)) }
    var outside: [[Double]] = []
    while outside.count < 2000 {
      let u = draw(2)
      if u.contains(where: { abs($0) > 1 }) { outside.append(place(u)) }
    }
    return (data, inside, outside)
  }

  @Test("separates states outside from states inside: AUC at least 0.99", arguments: [2, 3, 6])
  func separation(width: Int) throws {
    let (data, inside, outside) = clouds(width, count: 2000)
    let score = try #require(CoverageScore(points: data, width: width))
    let auc = areaUnderCurve(
      negatives: inside.map { score($0).score }, positives: outside.map { score($0).score })
    #expect(auc >= 0.99, "AUC \(auc) in \(width) features")
  }

  @Test("separates a hole inside the hull as well")
  func hole() throws {
    var random = SplitMix64(seed: 7)
    func ring(_ low: Double, _ high: Double) -> [Double] {
      let (r, t) = (random.uniform(low, high), random.uniform(0, 2 * .pi))
      return [r * cos(t), r * sin(t)]
    }
    let data = (0..<1500).flatMap { _ in ring(0.8, 1) }
    let score = try #require(CoverageScore(points: data, width: 2))
    let inside = (0..<1000).map { _ in score(ring(0.8, 1)).score }
    let holes = (0..<1000).map { _ in score(ring(0, 0.65)) }
    #expect(areaUnderCurve(negatives: inside, positives: holes.map(\.score)) > 0.99)
    // A gap is not extrapolation: the hull encloses it.
    #expect(holes.allSatisfy { $0.excess == 0 && $0.score < 1 })
    #expect(score([3, 0]).score > 10)
  }

  @Test("p-values of states drawn like the data are uniform to 2 %", arguments: [2, 4])
  func calibration(width: Int) throws {
    let (data, inside, outside) = clouds(width, count: 2500)
    let score = try #require(CoverageScore(points: data, width: width))
    let p = inside.map { score($0).pValue }
    for level in [0.05, 0.1, 0.5] {
      let share = Double(p.count { $0 <= level }) / Double(p.count)
      #expect(abs(share - level) < 0.02, "\(share) of the states have p ≤ \(level)")
    }
    #expect(outside.count { score($0).pValue < 0.01 } > 1900)
  }

  @Test("features of any unit: the score does not change with them")
  func units() throws {
    let (data, inside, _) = clouds(3, count: 300)
    let scaled = data.enumerated().map { $1 * [1e-9, 3, 1e12][$0 % 3] }
    let a = try #require(CoverageScore(points: data, width: 3, floor: [1e-3, 1e-2, 1e-1]))
    let b = try #require(CoverageScore(points: scaled, width: 3, floor: [1e-12, 3e-2, 1e11]))
    for x in inside.prefix(50) {
      let y = zip(x, [1e-9, 3, 1e12]).map { $0 * $1 }
      #expect(abs(a(x).score - b(y).score) < 1e-6 * (1 + a(x).score))
    }
    #expect(a([.nan, 0, 0]).score == .infinity)
  }

  @Test("data that never vary in a feature still tell a change of it from noise")
  func constantFeature() throws {
    let data = (0..<100).flatMap { [Double($0) / 100, 1.0] }
    let score = try #require(CoverageScore(points: data, width: 2, floor: [1e-3, 0.01]))
    #expect(score([0.5, 1.0005]).score < 1)
    #expect(score([0.5, 1.1]).score > 3)
    #expect(CoverageScore(points: [1, 2], width: 2) == nil)
  }
}

@Suite("Conformal bounds")
struct ConformalTests {
  @Test("the quantile is the right order statistic, and infinite where there are too few scores")
  func quantile() {
    let split = SplitConformal(scores: (1...19).map(Double.init).reversed())
    #expect(split.quantile(0.9) == 18 && split.quantile(0.95) == 19)
    #expect(split.quantile(0.96) == .infinity && split.quantile(0.05) == 1)
    #expect(SplitConformal.leastCount(level: 0.9) == 9)
    #expect(SplitConformal(scores: [1, .nan]).quantile(0.6) == .infinity)
  }

  /// Heteroscedastic data about a curve, and a model with an error of its own.
  private func draw(_ n: Int, _ random: inout SplitMix64) -> [(x: Double, y: Double)] {
    (0..<n).map { _ in
      let x = random.uniform(0.1, 3)
      return (x, x * x + random.normal(0, 0.1 * x * x))
    }
  }

  @Test(
    "split conformal bands hold their level within 2 % on 10⁴ new points",
    arguments: [0.8, 0.9, 0.95])
  func split(level: Double) {
    var random = SplitMix64(seed: 12)
    let model: (Double) -> Double = { 1.03 * $0 * $0 - 0.02 }
    let calibration = draw(2500, &random)
    let predictions = calibration.map { model($0.x) }
    let residuals = zip(calibration, predictions).map { $0.y - $1 }
    let scale = ResidualScale(residuals: residuals, predictions: predictions)
    #expect(scale.exponent > 0.7)
    let bound = SplitConformal(scores: zip(residuals, predictions).map { abs($0) / scale($1) })
      .quantile(level)
    let held = draw(10_000, &random).count { abs($0.y - model($0.x)) <= bound * scale(model($0.x)) }
    #expect(abs(Double(held) / 10_000 - level) < 0.02, "\(held) of 10⁴ at \(level)")
  }

  @Test("cross-conformal bands of few data hold their level on average, and never less than 1 − 2α")
  func cross() {
    var random = SplitMix64(seed: 40)
    let (folds, level) = (5, 0.9)
    var held = 0
    for _ in 0..<200 {
      let data = draw(50, &random)
      // y = c x² fitted without each fold in turn.
      let c = (0..<folds).map { k -> Double in
        var (a, b) = (0.0, 0.0)
        for (i, d) in data.enumerated() where i % folds != k {
          a += d.y / (d.x * d.x)
          b += 1
        }
        return a / b
      }
      let scale = ResidualScale(exponent: 1, floor: 0.01)
      let scores = data.enumerated().map { i, d in
        let mu = c[i % folds] * d.x * d.x
        return abs(d.y - mu) / scale(mu)
      }
      let conformal = CrossConformal(scores: scores, folds: data.indices.map { $0 % folds })
      for d in draw(50, &random) {
        let mu = c.map { $0 * d.x * d.x }
        let band = conformal.interval(
          level: level, predictions: mu, scale: scale(mu.reduce(0, +) / Double(folds)))
        if d.y >= band.lower, d.y <= band.upper { held += 1 }
      }
    }
    let share = Double(held) / 10_000
    #expect(share > level - 0.02 && share < level + 0.03, "\(share) of 10⁴ at \(level)")
  }
}
