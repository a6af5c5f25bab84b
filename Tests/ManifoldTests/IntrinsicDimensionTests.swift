import Foundation
import Manifold
import Testing

/// Reference values: means of an independent implementation over five draws of 2500 points (TwoNN by the
/// line, Levina–Bickel and MacKay–Ghahramani with k = 20), with the spread of one draw where it was
/// measured, else 3 %.
private struct Reference: Sendable, CustomTestStringConvertible {
  let name: String, twoNN: Double, levinaBickel: Double, mackay: Double, spread: Double
  var testDescription: String { name }

  static let all = [
    Reference(name: "sphere 10", twoNN: 9.44, levinaBickel: 9.50, mackay: 9.02, spread: 0.28),
    Reference(name: "Swiss roll", twoNN: 2.03, levinaBickel: 2.07, mackay: 1.96, spread: 0.08),
    Reference(name: "cube 10", twoNN: 8.49, levinaBickel: 8.57, mackay: 8.12, spread: 0.30),
    Reference(name: "cube 17", twoNN: 13.5, levinaBickel: 13.4, mackay: 12.7, spread: 0.45),
    Reference(name: "cube 24", twoNN: 18.0, levinaBickel: 17.5, mackay: 16.7, spread: 0.6),
    Reference(name: "Gaussian 20", twoNN: 17.1, levinaBickel: 16.4, mackay: 15.5, spread: 0.55),
    Reference(name: "helix", twoNN: 1.00, levinaBickel: 1.06, mackay: 1.00, spread: 0.03),
  ]
}

@Suite("Intrinsic dimension: how many coordinates states need")
struct IntrinsicDimensionTests {
  @Test("estimates agree with reference values within their spread", arguments: Reference.all)
  private func reference(_ r: Reference) throws {
    var random = SplitMix64(seed: 17)
    var sums = [0.0, 0, 0]
    let draws = ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] == nil ? 1 : 5
    for _ in 0..<draws {
      let (points, width) = ReferenceManifold.draw(r.name, &random)
      let d = try #require(IntrinsicDimension(of: points, width: width))
      sums[0] += d.twoNN / Double(draws)
      sums[1] += d.levinaBickel / Double(draws)
      sums[2] += d.mackayGhahramani / Double(draws)
      #expect(abs(d.twoNNLikelihood - d.twoNN) < 5 * d.standardError)
    }
    // The difference of a mean of n draws from a mean of five, to two standard deviations.
    let limit = 2 * r.spread * (1 / Double(draws) + 0.2).squareRoot()
    #expect(abs(sums[0] - r.twoNN) < limit, "TwoNN \(sums[0])")
    #expect(abs(sums[1] - r.levinaBickel) < limit, "Levina–Bickel \(sums[1])")
    #expect(abs(sums[2] - r.mackay) < limit, "MacKay–Ghahramani \(sums[2])")
  }

  @Test("neither a rotation, a change of scale nor repeated points change the estimate")
  func invariance() throws {
    var random = SplitMix64(seed: 3)
    let points = ReferenceManifold.swissRoll(&random)
    let d = try #require(IntrinsicDimension(of: points, width: 3))
    let turned = stride(from: 0, to: points.count, by: 3).flatMap { p -> [Double] in
      let (x, y, z) = (points[p], points[p + 1], points[p + 2])
      return [1e6 * (0.6 * x - 0.8 * y), 1e6 * (0.8 * x + 0.6 * y), 1e6 * z]
    }
    let e = try #require(IntrinsicDimension(of: turned, width: 3))
    #expect(abs(e.twoNN - d.twoNN) < 1e-9 && abs(e.levinaBickel - d.levinaBickel) < 1e-9)
    let f = try #require(IntrinsicDimension(of: points + points[0..<3], width: 3))
    #expect(f.count == d.count - 1)
  }

  @Test("points that say nothing give nothing")
  func nothing() {
    #expect(IntrinsicDimension(of: [0, 1, 2], width: 1) == nil)
    #expect(IntrinsicDimension(of: [Double](repeating: 1, count: 50), width: 1) == nil)
    #expect(IntrinsicDimension(of: [0, 1, .nan, 3, 4, 5], width: 1) == nil)
  }
}
