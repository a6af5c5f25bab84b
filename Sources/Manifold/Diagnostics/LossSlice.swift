/// A random direction in the space of weights, scaled filter by filter to the weights themselves, so that
/// slices of different networks (and of one network in two scalings) can be compared:
/// d_f ← d_f ‖θ_f‖/‖d_f‖ for every filter f. Weights in no filter (biases) are not moved.
///
/// Source: Li, Xu, Taylor, Studer & Goldstein, Visualizing the Loss Landscape of Neural Nets, NeurIPS 2018.
public struct FilterNormalisedDirection: Sendable, Equatable {
  /// The direction, one number per weight.
  public let values: [Double]

  /// Draws a direction.
  ///
  /// - Parameters:
  ///   - weights: θ.
  ///   - filters: for every filter (the incoming weights of one neuron) the places of its weights.
  ///   - random: where the numbers come from.
  public init(weights: [Double], filters: [[Int]], random: inout SplitMix64) {
    var raw = [Double](repeating: 0, count: weights.count)
    for filter in filters { for i in filter { raw[i] = random.normal(0, 1) } }
    self.init(raw, weights: weights, filters: filters)
  }

  /// Scales a given direction.
  public init(_ raw: [Double], weights: [Double], filters: [[Int]]) {
    precondition(raw.count == weights.count, "\(raw.count) numbers for \(weights.count) weights")
    var values = [Double](repeating: 0, count: weights.count)
    for filter in filters {
      let own = filter.reduce(0) { $0 + weights[$1] * weights[$1] }.squareRoot()
      let drawn = filter.reduce(0) { $0 + raw[$1] * raw[$1] }.squareRoot()
      guard drawn > 0 else { continue }
      for i in filter { values[i] = raw[i] * own / drawn }
    }
    self.values = values
  }
}

/// The loss on a plane through trained weights: L(θ + α δ + β η) on a square grid.
public struct LossSlice: Sendable, Equatable {
  /// α (and β) of the grid, ascending.
  public let offsets: [Double]
  /// L, row by row: α runs along a row, β from row to row. NaN where the loss has no value.
  public let values: [Double]

  /// Evaluates the loss on a grid of `count` × `count` points in [−extent, extent]².
  public init(
    weights: [Double], _ first: FilterNormalisedDirection, _ second: FilterNormalisedDirection,
    extent: Double = 1, count: Int = 25, loss: ([Double]) -> Double
  ) {
    precondition(count > 1 && extent > 0, "a slice of \(count) points over ±\(extent)")
    let offsets = (0..<count).map { extent * (2 * Double($0) / Double(count - 1) - 1) }
    var values: [Double] = []
    var moved = weights
    for beta in offsets {
      for alpha in offsets {
        for i in weights.indices {
          moved[i] = weights[i] + alpha * first.values[i] + beta * second.values[i]
        }
        values.append(loss(moved))
      }
    }
    self.offsets = offsets
    self.values = values
  }

  /// From what a file holds.
  public init(offsets: [Double], values: [Double]) {
    precondition(
      values.count == offsets.count * offsets.count, "\(values.count) of \(offsets.count)²")
    self.offsets = offsets
    self.values = values
  }

  /// The loss along α at β nearest to 0, and along β at α nearest to 0.
  public var axes: (first: [Double], second: [Double]) {
    let n = offsets.count
    let middle = offsets.indices.min { abs(offsets[$0]) < abs(offsets[$1]) } ?? 0
    return ((0..<n).map { values[n * middle + $0] }, (0..<n).map { values[n * $0 + middle] })
  }
}
