import CManifoldKernels
import Glibc
import Mechanics

/// The mean squared error of a stacked map over samples, in normalised units.
///
/// With an origin x₀ the map is taken as f(x) − f(x₀): it vanishes there whatever its weights are.
package struct MapObjective: SampleObjective {
  private let architecture: StackedMap.Architecture
  private let coordinates: [Lanes], responses: [Lanes], sampleWeights: [Lanes]
  private let importance: [Double]
  private let level: KernelLevel
  private let origin: [Double]?
  private var weights: [Double], offset: [Double]
  private var rest: TangentSweep
  package let groupWeights: [Double]
  package let scratchCount: Int

  /// - Parameters:
  ///   - importance: what a response's squared error counts.
  ///   - origin: where the map is to vanish, in the unit of the coordinates; `output` must not shift then.
  package init(
    _ architecture: StackedMap.Architecture, _ samples: MapSamples,
    input: StackedMap.Normalisation, output: StackedMap.Normalisation, importance: [Double],
    origin: [Double]? = nil, level: KernelLevel = .best
  ) {
    precondition(
      origin == nil || output.shift.allSatisfy { $0 == 0 }, "a shifted response has no natural zero"
    )
    self.origin = origin?.enumerated().map { ($1 - input.shift[$0]) / input.scale[$0] }
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
    offset = Array(repeating: 0, count: architecture.responseCount)
    rest = TangentSweep(architecture, groups: 1, level: level)
  }

  package var unknownCount: Int { architecture.weightCount }
  package var sumCount: Int {
    architecture.weightCount + 1 + (origin == nil ? 0 : architecture.responseCount)
  }

  package var matrices: [MatrixPlace] {
    architecture.layers.dropFirst().dropLast().map {
      MatrixPlace(start: $0.matrix, rows: $0.width, columns: $0.below)
    }
  }

  package mutating func prepare(at x: [Double]) {
    for i in x.indices { weights[i] = x[i] }
    guard let origin else { return }
    for i in origin.indices { rest.batch.coordinates[i] = Lanes(repeating: origin[i]) }
    rest.forward(weights, groups: 1)
    for a in offset.indices { offset[a] = rest.batch.responses[a][0] }
  }

  package func accumulate(
    _ groups: UnsafeBufferPointer<Int>, into sums: UnsafeMutablePointer<Double>,
    scratch: UnsafeMutablePointer<Double>
  ) {
    guard let index = groups.baseAddress else { return }
    weights.withUnsafeBufferPointer { w in
      coordinates.withUnsafeBytes { x in
        responses.withUnsafeBytes { y in
          sampleWeights.withUnsafeBytes { share in
            offset.withUnsafeBufferPointer { offsets in
              var map = dm_map(architecture)
              map.weights = w.baseAddress
              sums[w.count] += dm_map_gradient(
                &map, groups.count, index, x.baseAddress!.assumingMemoryBound(to: Double.self),
                y.baseAddress!.assumingMemoryBound(to: Double.self),
                share.baseAddress!.assumingMemoryBound(to: Double.self), importance,
                origin == nil ? nil : offsets.baseAddress!, sums + w.count + 1, scratch, sums,
                level.rawValue)
            }
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
    if origin != nil { subtractRest(sums, scale, from: &gradient) }
    return scale * sums[gradient.count]
  }

  /// The part of f(x₀) in every response.
  private mutating func subtractRest(
    _ sums: [Double], _ scale: Double, from gradient: inout [Double]
  ) {
    let first = gradient.count + 1
    // One lane speaks for all samples.
    for a in offset.indices {
      rest.adjoints.responses[a] = Lanes()
      rest.adjoints.responses[a][0] = -scale * sums[first + a]
    }
    rest.reverse(weights, groups: 1, into: &gradient)
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

  /// - Parameter centred: false leaves the responses unshifted.
  package init(_ samples: MapSamples, centred: Bool = true) {
    input = SampleScales.normalisation(
      samples.coordinates, samples.coordinateCount, samples.weights)
    var output = SampleScales.normalisation(
      samples.responses, samples.responseCount, samples.weights)
    if !centred {
      // About zero, not about the mean.
      for i in output.scale.indices { output.scale[i] = hypot(output.scale[i], output.shift[i]) }
      output.shift = output.shift.map { _ in 0 }
    }
    self.output = output
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
