import CManifoldKernels
import Mechanics

/// The mean squared error of a stacked map over samples, in normalised units.
package struct MapObjective: SampleObjective {
  private let architecture: StackedMap.Architecture
  private let coordinates: [Lanes], responses: [Lanes], sampleWeights: [Lanes]
  private let importance: [Double]
  private let level: KernelLevel
  private var weights: [Double]
  package let groupWeights: [Double]
  package let scratchCount: Int

  /// - Parameter importance: what a response's squared error counts.
  package init(
    _ architecture: StackedMap.Architecture, _ samples: MapSamples,
    input: StackedMap.Normalisation, output: StackedMap.Normalisation, importance: [Double],
    level: KernelLevel = .best
  ) {
    self.architecture = architecture
    self.importance = importance
    self.level = level
    coordinates = normalised(samples.coordinates, input)
    responses = normalised(samples.responses, output)
    sampleWeights = samples.weights
    groupWeights = samples.weights.map { $0.sum() }
    weights = Array(repeating: 0, count: architecture.weightCount)
    var map = dm_map(architecture)
    scratchCount = Int(dm_map_scratch(&map, 0, level.rawValue))
  }

  package var unknownCount: Int { architecture.weightCount }
  package var sumCount: Int { architecture.weightCount + 1 }

  package var matrices: [MatrixPlace] {
    architecture.layers.dropFirst().dropLast().map {
      MatrixPlace(start: $0.matrix, rows: $0.width, columns: $0.below)
    }
  }

  package mutating func prepare(at x: [Double]) { for i in x.indices { weights[i] = x[i] } }

  package func accumulate(
    _ groups: UnsafeBufferPointer<Int>, into sums: UnsafeMutablePointer<Double>,
    scratch: UnsafeMutablePointer<Double>
  ) {
    guard let index = groups.baseAddress else { return }
    weights.withUnsafeBufferPointer { w in
      coordinates.withUnsafeBytes { x in
        responses.withUnsafeBytes { y in
          sampleWeights.withUnsafeBytes { share in
            var map = dm_map(architecture)
            map.weights = w.baseAddress
            sums[w.count] += dm_map_gradient(
              &map, groups.count, index, x.baseAddress!.assumingMemoryBound(to: Double.self),
              y.baseAddress!.assumingMemoryBound(to: Double.self),
              share.baseAddress!.assumingMemoryBound(to: Double.self), importance, scratch, sums,
              level.rawValue)
          }
        }
      }
    }
  }

  package mutating func complete(
    _ sums: [Double], weight: Double, gradient: inout [Double]
  ) -> Double {
    let scale = weight > 0 ? 1 / weight : 0
    for i in gradient.indices { gradient[i] = scale * sums[i] }
    return scale * sums[gradient.count]
  }
}

/// (value − shift) / scale of every component of every group.
private func normalised(_ groups: [Lanes], _ part: StackedMap.Normalisation) -> [Lanes] {
  let n = part.shift.count
  var out = groups
  for k in out.indices { out[k] = (out[k] - part.shift[k % n]) / part.scale[k % n] }
  return out
}

extension Training {
  /// Fits a stacked map to samples by the mean of ½ Σ_a (error of y_a / its scale)².
  ///
  /// - Parameters:
  ///   - start: weights to start from; seeded random ones where nil.
  ///   - progress: called after every epoch; false stops there.
  /// - Returns: the map with normalisations and domain of the samples, and the record.
  /// - Throws: `TrainingError` for options and shapes that do not fit, and where the loss is no number.
  public func fit(
    _ architecture: StackedMap.Architecture, _ samples: MapSamples, from start: [Double]? = nil,
    progress: ((TrainingRecord) -> Bool)? = nil
  ) throws -> (map: StackedMap, record: TrainingRecord) {
    guard samples.coordinateCount == architecture.coordinateCount,
      samples.responseCount == architecture.responseCount
    else {
      throw TrainingError.badShape(
        "samples \(samples.coordinateCount) → \(samples.responseCount) for a map "
          + "\(architecture.coordinateCount) → \(architecture.responseCount)")
    }
    let scales = SampleScales(samples)
    var objective = MapObjective(
      architecture, samples, input: scales.input, output: scales.output,
      importance: Array(repeating: 1, count: architecture.responseCount), level: level)
    var x = start ?? architecture.randomWeights(seed: seed)
    guard x.count == architecture.weightCount else {
      throw TrainingError.badShape(
        "\(x.count) weights to start from, not \(objective.unknownCount)")
    }
    let record = try minimise(&objective, &x, progress: progress)
    let map = try StackedMap(
      architecture: architecture, weights: x, input: scales.input, output: scales.output,
      domain: scales.domain)
    return (map, record)
  }
}

/// Normalisation and domain of samples in groups.
package struct SampleScales: Sendable {
  package let input: StackedMap.Normalisation, output: StackedMap.Normalisation
  package let domain: [ClosedRange<Double>]

  package init(_ samples: MapSamples) {
    input = SampleScales.normalisation(
      samples.coordinates, samples.coordinateCount, samples.weights)
    output = SampleScales.normalisation(samples.responses, samples.responseCount, samples.weights)
    let n = samples.coordinateCount
    domain = (0..<n).map { i in
      var (low, high) = (Double.infinity, -Double.infinity)
      for g in 0..<samples.groups {
        low = min(low, samples.coordinates[n * g + i].min())
        high = max(high, samples.coordinates[n * g + i].max())
      }
      return low...high
    }
  }

  /// Weighted mean and standard deviation of every component; one that hardly varies is scaled by its
  /// size, or by 1.
  private static func normalisation(
    _ values: [Lanes], _ n: Int, _ weights: [Lanes]
  ) -> StackedMap.Normalisation {
    let total = max(weights.reduce(0) { $0 + $1.sum() }, .leastNormalMagnitude)
    var shift = [Double](repeating: 0, count: n)
    var scale = shift
    for (g, w) in weights.enumerated() {
      for i in 0..<n { shift[i] += (w * values[n * g + i]).sum() / total }
    }
    for (g, w) in weights.enumerated() {
      for i in 0..<n {
        let d = values[n * g + i] - shift[i]
        scale[i] += (w * d * d).sum() / total
      }
    }
    for i in 0..<n {
      scale[i] = scale[i].squareRoot()
      if !(scale[i] > 1e-10 * abs(shift[i])) { scale[i] = shift[i] == 0 ? 1 : abs(shift[i]) }
    }
    return .init(shift: shift, scale: scale)
  }
}
