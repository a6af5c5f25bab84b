import Glibc
import Mechanics

/// Samples (x, y) of a map, shuffled once into groups of eight: component `i` of group `g` stands at
/// `coordinates[n * g + i]`, likewise the responses. The last group is padded with samples of weight 0.
public struct MapSamples: Sendable {
  /// Number of samples, n and m.
  public let count: Int, coordinateCount: Int, responseCount: Int
  /// x, y and one weight per sample.
  public let coordinates: [Lanes], responses: [Lanes], weights: [Lanes]

  /// Number of groups.
  public var groups: Int { weights.count }

  /// From rows: sample p has coordinates `coordinates[n * p ..< n * (p + 1)]`.
  ///
  /// - Parameters:
  ///   - weights: one per sample, not negative; all 1 where nil.
  ///   - seed: of the shuffle.
  /// - Throws: `TrainingError` for lengths that do not fit, no samples, numbers that are not finite.
  public init(
    coordinates x: [Double], _ n: Int, responses y: [Double], _ m: Int, weights: [Double]? = nil,
    seed: UInt64 = 1
  ) throws(TrainingError) {
    precondition(n > 0 && m > 0, "samples of \(n) coordinates and \(m) responses")
    let count = x.count / n
    guard x.count == count * n, y.count == count * m, weights?.count ?? count == count else {
      throw .badShape(
        "\(x.count) coordinates and \(y.count) responses are no rows of \(n) and \(m)")
    }
    guard count > 0 else { throw .badShape("there are no samples") }
    let order = shuffledSamples(count, seed: seed)
    self.count = count
    coordinateCount = n
    responseCount = m
    coordinates = try sampleGroups(x, n, order, "coordinate")
    responses = try sampleGroups(y, m, order, "response")
    self.weights = try sampleWeights(weights, order)
  }

  /// From groups that are shuffled already.
  package init(
    count: Int, coordinates: [Lanes], _ n: Int, responses: [Lanes], _ m: Int, weights: [Lanes]
  ) {
    precondition(
      coordinates.count == n * weights.count && responses.count == m * weights.count,
      "\(coordinates.count) and \(responses.count) components of \(weights.count) groups")
    self.count = count
    coordinateCount = n
    responseCount = m
    self.coordinates = coordinates
    self.responses = responses
    self.weights = weights
  }
}

/// A seeded permutation.
package func shuffledSamples(_ count: Int, seed: UInt64) -> [Int] {
  var random = SplitMix64(seed: seed)
  return Array(0..<count).shuffled(using: &random)
}

/// Rows of n numbers in groups of eight, in that order; the last group repeats its last row.
package func sampleGroups(
  _ rows: [Double], _ n: Int, _ order: [Int], _ what: String
) throws(TrainingError) -> [Lanes] {
  var out = [Lanes](repeating: Lanes(), count: (order.count + 7) / 8 * n)
  for slot in 0..<(order.count + 7) / 8 * 8 {
    let p = order[min(slot, order.count - 1)]
    for i in 0..<n {
      let value = rows[n * p + i]
      guard value.isFinite else { throw .badSample(p, "\(what) \(i + 1) is \(value)") }
      out[n * (slot / 8) + i][slot % 8] = value
    }
  }
  return out
}

/// Weights in groups of eight, zero in the padding.
package func sampleWeights(
  _ weights: [Double]?, _ order: [Int]
) throws(TrainingError) -> [Lanes] {
  var out = [Lanes](repeating: Lanes(), count: (order.count + 7) / 8)
  for (slot, p) in order.enumerated() {
    let weight = weights?[p] ?? 1
    guard weight >= 0, weight.isFinite else {
      throw .badSample(p, "its weight is \(weight); give a number that is not negative")
    }
    out[slot / 8][slot % 8] = weight
  }
  return out
}
