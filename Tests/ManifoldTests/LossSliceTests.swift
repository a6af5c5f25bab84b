import FixedPoint
import Foundation
import LinearAlgebra
import Manifold
import Testing

@Suite("Loss slices and stability of the fixed point")
struct LossSliceTests {
  // Two inputs, three rectified neurons, one output; weights: 3 × 2, 3 biases, 3 outputs, 1 bias.
  private let filters = [[0, 1], [2, 3], [4, 5], [9, 10, 11]]
  private let inputs = [[0.3, -0.2], [1.0, 0.4], [-0.5, 0.9], [0.7, 0.7]]

  private func loss(_ w: [Double]) -> Double {
    inputs.reduce(0) { sum, x in
      var y = w[12]
      for i in 0..<3 {
        y += w[9 + i] * max(0, w[2 * i] * x[0] + w[2 * i + 1] * x[1] + w[6 + i])
      }
      return sum + (y - x[0] * x[1]) * (y - x[0] * x[1])
    }
  }

  private func slice(_ w: [Double]) -> LossSlice {
    var random = SplitMix64(seed: 8)
    let first = FilterNormalisedDirection(weights: w, filters: filters, random: &random)
    let second = FilterNormalisedDirection(weights: w, filters: filters, random: &random)
    return LossSlice(weights: w, first, second, extent: 0.8, count: 9, loss: loss)
  }

  @Test("rescaling the layers of a rectified net by (c, 1/c) leaves its slice as it is")
  func rescaling() {
    var random = SplitMix64(seed: 2)
    let w = (0..<13).map { _ in random.normal(0, 1) }
    var scaled = w
    for i in 0..<9 { scaled[i] *= 7 }
    for i in 9..<12 { scaled[i] /= 7 }
    #expect(abs(loss(w) - loss(scaled)) < 1e-12)
    let (a, b) = (slice(w), slice(scaled))
    #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) < 1e-9 * (1 + $0) })
    // Without the normalisation the two differ, so the test could fail.
    let plain = FilterNormalisedDirection(
      [Double](repeating: 1, count: 13), weights: [Double](repeating: 1, count: 13),
      filters: filters)
    let moved = zip(w, plain.values).map { $0 + 0.5 * $1 }
    let movedScaled = zip(scaled, plain.values).map { $0 + 0.5 * $1 }
    #expect(abs(loss(moved) - loss(movedScaled)) > 1e-3)
    // The middle of the grid is the network itself.
    #expect(a.values[4 * 9 + 4] == loss(w) && a.axes.first[4] == loss(w))
  }

  @Test("every filter of a direction is as long as its weights, and biases stay")
  func lengths() {
    var random = SplitMix64(seed: 4)
    let w = (0..<13).map { _ in random.normal(0, 1) }
    let d = FilterNormalisedDirection(weights: w, filters: filters, random: &random).values
    func norm(_ x: [Double], _ f: [Int]) -> Double {
      f.reduce(0) { $0 + x[$1] * x[$1] }.squareRoot()
    }
    for f in filters { #expect(abs(norm(d, f) - norm(w, f)) < 1e-12) }
    #expect([6, 7, 8, 12].allSatisfy { d[$0] == 0 })
  }

  @Test(
    "curvatures are the squared singular values; a flat direction makes the fixed point unstable")
  func spectrum() throws {
    let J = DenseMatrix([[3, 0, 0], [0, 0.1, 0]])
    let stability = try FixedPointStability(jacobian: J)
    #expect(abs(stability.curvatures[0] - 9) < 1e-12 && abs(stability.curvatures[1] - 0.01) < 1e-12)
    #expect(stability.curvatures[2] == 0 && !stability.isStable && stability.condition == .infinity)
    #expect(stability.stiffDirections(1e-2) == 1 && stability.stiffDirections(1e-4) == 2)
    let held = try FixedPointStability(jacobian: J, prior: 1)
    #expect(held.isStable && abs(held.condition - 10) < 1e-12)
    #expect(abs(held.gradientDescentRate - 9.0 / 11) < 1e-12)
  }

  @Test("the rate of an iteration is that of its error, whatever residual is left in the end")
  func rate() throws {
    let residuals = (0..<12).map { 3 + 2 * pow(0.25, Double($0)) }
    let record = ConvergenceRecord(residuals: residuals, iterations: 11, reason: .converged)
    let stability = try FixedPointStability(jacobian: DenseMatrix([[1]]), record: record)
    #expect(abs(try #require(stability.observedRate) - 0.25) < 1e-6)
    #expect(stability.observedOrder == nil)
  }

  @Test("contraction of a map is measured in the metric it is asked in")
  func contraction() throws {
    // A shear has norm 1 in the metric in which it is a rotation, more in the plain one.
    let R = DenseMatrix([[2, 0], [0, 0.5]])
    let map: ([Double]) -> [Double]? = { x in [0.25 * x[1], -4 * x[0]] }
    let steps = [1e-5, 1e-5]
    let plain = try #require(Contraction(at: [0.3, 0.4], steps: steps, map: map))
    #expect(abs(plain.spectralNorm - 4) < 1e-9)
    let energy = try #require(Contraction(at: [0.3, 0.4], steps: steps, root: R, map: map))
    #expect(energy.singularValues.allSatisfy { abs($0 - 1) < 1e-9 })
    // The projection on a line never expands; along it, it keeps lengths.
    let onto: ([Double]) -> [Double]? = { x in
      let t = 0.6 * x[0] + 0.8 * x[1]
      return [0.6 * t, 0.8 * t]
    }
    let projection = try #require(Contraction(at: [1, 2], steps: steps, map: onto))
    #expect(abs(projection.spectralNorm - 1) < 1e-9 && projection.singularValues[1] < 1e-9)
    #expect(Contraction(at: [1, 2], steps: steps) { _ in nil } == nil)
  }
}
