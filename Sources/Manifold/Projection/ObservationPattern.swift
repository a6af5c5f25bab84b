import Glibc

/// What all observations share that see the same components under the same constraints: the weights of
/// their distance, and the way from what was seen to a complete state ẑ.
///
/// Let Q be the rows that were seen (components and combinations), q their values and G the constraints.
/// Of all states that agree with the observation, {ẑ : Q ẑ = q, G ẑ = c}, the nearest to z counts:
///
///     min ½ (z − ẑ)·M·(z − ẑ) = ½ (Q z − q)·[(R M⁻¹ Rᵀ)⁻¹]_QQ·(Q z − q),   R = (Q, G)
///
/// for every z that meets the constraints; so an unseen component costs nothing, and a strain that was
/// seen alone weighs with the stiffness of a specimen free to do the rest. With standard deviations the
/// weight of a row is 1/s² instead. Constraints that the seen rows already determine do not bind ẑ: they
/// are a demand on the state, not on the measurement.
struct ObservationPattern {
  /// Whether each component was seen, then each combination; whether each constraint applies.
  let seen: [Bool], active: [Bool]
  /// All components seen and no rows besides: ẑ is what was seen, the weights are the metric.
  let isComplete: Bool
  /// Whether all of x, or all of y, was seen: then nothing can be undetermined.
  let determines: Bool
  /// W = Qᵀ [...]_QQ Q, (n + m)².
  let weights: [Double]
  /// ẑ = completion · (values of the seen rows and constraints): (n + m) × rows.
  let completion: [Double]
  /// Number of seen rows, and of constraints behind them in `completion`.
  let seenCount: Int, activeCount: Int
  /// A typical weight relative to the metric: tr(M⁻¹ W)/seen rows.
  let level: Double
  /// Coefficients of the seen rows.
  let rows: [[Double]]
  /// A combination (from 0) that the seen components already determine.
  let redundantCombination: Int?

  /// M and M⁻¹ as blocks of the metric and its inverse, (n + m)² each.
  struct Metric {
    let width: Int
    let matrix: [Double], inverse: [Double]

    init(_ metric: StateMetric, n: Int, m: Int) throws(ProjectionError) {
      guard let A = SmallMatrix.inverse(metric.coordinates),
        let B = SmallMatrix.inverse(metric.responses)
      else { throw .metricNotDefinite }
      width = n + m
      matrix = Metric.blocks(metric.coordinates, metric.responses, n, m)
      inverse = Metric.blocks(A, B, n, m)
    }

    private static func blocks(_ A: [Double], _ B: [Double], _ n: Int, _ m: Int) -> [Double] {
      var out = [Double](repeating: 0, count: (n + m) * (n + m))
      for i in 0..<n { for j in 0..<n { out[(n + m) * i + j] = A[n * i + j] } }
      for i in 0..<m { for j in 0..<m { out[(n + m) * (n + i) + n + j] = B[m * i + j] } }
      return out
    }
  }

  /// - Parameter seen: components, then combinations.
  init(
    seen: [Bool], active: [Bool], combinations: [Double], constraints: [Double], n: Int,
    metric: Metric
  ) {
    let w = metric.width
    self.seen = seen
    self.active = active
    var rows: [[Double]] = []
    for (r, isSeen) in seen.enumerated() where isSeen {
      rows.append(
        r < w
          ? (0..<w).map { $0 == r ? 1 : 0 } : Array(combinations[w * (r - w)..<w * (r - w + 1)]))
    }
    let seenCount = rows.count
    self.seenCount = seenCount
    for (r, applies) in active.enumerated() where applies {
      rows.append(Array(constraints[w * r..<w * (r + 1)]))
    }
    activeCount = rows.count - seenCount
    isComplete = seenCount == w && seen.prefix(w).allSatisfy { $0 }
    determines = seen[0..<n].allSatisfy { $0 } || seen[n..<w].allSatisfy { $0 }

    // Gram matrix R M⁻¹ Rᵀ, its factor (dependent rows left out) and the columns M⁻¹ Rᵀ.
    let total = rows.count
    let columns = rows.map { row in
      (0..<w).map { i in (0..<w).reduce(0) { $0 + metric.inverse[w * i + $1] * row[$1] } }
    }
    var gram = [Double](repeating: 0, count: total * total)
    for i in 0..<total {
      for j in 0..<total {
        gram[total * i + j] = zip(rows[i], columns[j]).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    let factor = SmallMatrix.Factor(gram, count: total)
    let firstCombination = seen.prefix(w).count { $0 }
    redundantCombination = factor.dropped.first { $0 >= firstCombination && $0 < seenCount }
      .map { $0 - firstCombination }
    var inverse = [Double](repeating: 0, count: total * total)
    for j in 0..<total {
      var e = [Double](repeating: 0, count: total)
      e[j] = 1
      factor.solve(&e)
      for i in 0..<total { inverse[total * i + j] = e[i] }
    }
    for j in factor.dropped { for i in 0..<total { inverse[total * i + j] = 0 } }
    var completion = [Double](repeating: 0, count: w * total)
    for i in 0..<w {
      for j in 0..<total {
        completion[total * i + j] = (0..<total).reduce(0) {
          $0 + columns[$1][i] * inverse[total * $1 + j]
        }
      }
    }
    self.completion = completion

    let seenRows = Array(rows[..<seenCount])
    self.rows = seenRows
    var weights = [Double](repeating: 0, count: w * w)
    for a in 0..<seenCount {
      for b in 0..<seenCount {
        let weight = inverse[total * a + b]
        for i in 0..<w where rows[a][i] != 0 {
          for j in 0..<w { weights[w * i + j] += weight * rows[a][i] * rows[b][j] }
        }
      }
    }
    if isComplete { weights = metric.matrix }
    self.weights = weights
    level = ObservationPattern.level(weights, seenCount, metric)
  }

  /// Weights and level for standard deviations of the seen rows, in their order.
  func weights(
    deviations: [Double], metric: Metric
  ) -> (weights: [Double], level: Double) {
    let w = metric.width
    var out = [Double](repeating: 0, count: w * w)
    for (row, deviation) in zip(rows, deviations) {
      let weight = 1 / (deviation * deviation)
      for i in 0..<w where row[i] != 0 {
        for j in 0..<w where row[j] != 0 { out[w * i + j] += weight * row[i] * row[j] }
      }
    }
    return (out, ObservationPattern.level(out, seenCount, metric))
  }

  private static func level(_ weights: [Double], _ count: Int, _ metric: Metric) -> Double {
    guard count > 0 else { return 1 }
    var trace = 0.0
    for k in weights.indices { trace += metric.inverse[k] * weights[k] }
    return trace / Double(count)
  }
}
