import CManifoldKernels
import Glibc
import Mechanics

/// A stacked piecewise-smooth map y = f(x) from n coordinates to m responses:
///
///     h₀ = (x − a) / s,   h_l = σ(W_l h_(l−1) + b_l),   y = a′ + s′ (W_L h_(L−1) + b_L)
///
/// with one activation σ, and shift and scale of every coordinate and response. Values and Jacobians
/// are evaluated eight points at a time by kernels chosen for the processor at run time.
public struct StackedMap: Manifold, Equatable {
  /// σ of all hidden layers.
  public enum Activation: String, Sendable, CaseIterable {
    /// Hyperbolic tangent: bounded, for maps that saturate.
    case tanh
    /// ln(1 + eᶻ): smooth, grows linearly.
    case softplus

    var code: Int32 { self == .tanh ? 0 : 1 }
  }

  /// Widths of all layers and the activation.
  public struct Architecture: Sendable, Equatable {
    /// n, the widths of the hidden layers, m.
    public let widths: [Int]
    /// σ.
    public let activation: Activation

    /// - Throws: `ParameterError` outside the limits of the kernels: at most five hidden layers, widths
    ///   of 1 to 256.
    public init(widths: [Int], activation: Activation = .tanh) throws(ParameterError) {
      let layers = Int(DM_MAP_MAX_LAYERS)
      guard (2...layers + 1).contains(widths.count) else {
        throw ParameterError(
          "layers", Double(widths.count - 1), "must be 1 to \(layers), the output's included")
      }
      for width in widths where !(1...Int(DM_MAP_MAX_WIDTH)).contains(width) {
        throw ParameterError("width", Double(width), "must lie between 1 and \(DM_MAP_MAX_WIDTH)")
      }
      self.widths = widths
      self.activation = activation
    }

    /// n and m.
    public var coordinateCount: Int { widths[0] }
    /// m.
    public var responseCount: Int { widths[widths.count - 1] }

    /// Number of weights.
    public var weightCount: Int { layers.last!.end }

    /// Where the weights of the layers stand in the flat array, bottom layer first.
    package var layers: [Layer] {
      var next = 0
      return zip(widths, widths.dropFirst()).map { below, width in
        let layer = Layer(width: width, below: below, matrix: next)
        next = layer.end
        return layer
      }
    }

    /// Seeded weights with variance 1/width below (Glorot & Bengio, AISTATS 2010), biases zero.
    public func randomWeights(seed: UInt64) -> [Double] {
      var random = SplitMix64(seed: seed)
      var weights = [Double](repeating: 0, count: weightCount)
      for layer in layers {
        let deviation = (2 / Double(layer.width + layer.below)).squareRoot()
        for i in layer.matrix..<layer.bias { weights[i] = random.normal(0, deviation) }
      }
      return weights
    }
  }

  /// One layer's place in the flat array: W row by row, then b.
  package struct Layer: Sendable {
    package let width: Int, below: Int, matrix: Int
    package var bias: Int { matrix + width * below }
    package var end: Int { bias + width }
  }

  /// Shift and scale of every component: normalised = (value − shift) / scale.
  public struct Normalisation: Sendable, Equatable {
    /// In the unit of the component.
    public var shift: [Double], scale: [Double]

    /// Any values; scales must be positive, which `StackedMap` checks.
    public init(shift: [Double], scale: [Double]) {
      self.shift = shift
      self.scale = scale
    }

    /// None: shift 0, scale 1.
    public static func none(_ count: Int) -> Normalisation {
      Normalisation(
        shift: Array(repeating: 0, count: count), scale: Array(repeating: 1, count: count))
    }
  }

  /// Widths and activation.
  public let architecture: Architecture
  /// All weights, flat: for every layer W (width × width below, row by row) and b. Without unit.
  public let weights: [Double]
  /// Normalisation of coordinates and responses.
  public let input: Normalisation, output: Normalisation
  /// Least and largest coordinates learned from; without them the map claims no coverage at all.
  public let domain: [ClosedRange<Double>]
  /// The instruction set that evaluates; the best one unless a test says otherwise.
  package var level: KernelLevel
  /// Weights with the normalisations folded in: what the kernels read.
  package let folded: [Double]

  /// - Throws: `ParameterError` for a wrong number of weights, numbers that are not finite and scales
  ///   that are not positive.
  public init(
    architecture: Architecture, weights: [Double], input: Normalisation? = nil,
    output: Normalisation? = nil, domain: [ClosedRange<Double>] = []
  ) throws(ParameterError) {
    let (n, m) = (architecture.coordinateCount, architecture.responseCount)
    guard weights.count == architecture.weightCount else {
      throw ParameterError(
        "weights", Double(weights.count), "must be \(architecture.weightCount) in number")
    }
    for (i, w) in weights.enumerated() where !w.isFinite {
      throw ParameterError("weight \(i)", w, "must be finite")
    }
    guard domain.isEmpty || domain.count == n else {
      throw ParameterError("domain", Double(domain.count), "must have \(n) ranges, or none")
    }
    let (input, output) = (input ?? .none(n), output ?? .none(m))
    try StackedMap.check(input, n, "input")
    try StackedMap.check(output, m, "output")
    self.architecture = architecture
    self.weights = weights
    self.input = input
    self.output = output
    self.domain = domain
    level = .best
    folded = StackedMap.fold(architecture, weights, input, output)
  }

  private static func check(
    _ part: Normalisation, _ count: Int, _ name: String
  ) throws(ParameterError) {
    guard part.shift.count == count, part.scale.count == count else {
      throw ParameterError("\(name) scales", Double(part.scale.count), "must be \(count) in number")
    }
    for shift in part.shift where !shift.isFinite {
      throw ParameterError("\(name) shift", shift, "must be finite")
    }
    for scale in part.scale where !(scale > 0 && scale.isFinite) {
      throw ParameterError("\(name) scale", scale, "must be positive")
    }
  }

  private static func fold(
    _ architecture: Architecture, _ weights: [Double], _ input: Normalisation,
    _ output: Normalisation
  ) -> [Double] {
    var w = weights
    let layers = architecture.layers
    let first = layers[0]
    for i in 0..<first.width {
      for j in 0..<first.below {
        let k = first.matrix + first.below * i + j
        w[k] /= input.scale[j]
        w[first.bias + i] -= w[k] * input.shift[j]
      }
    }
    let last = layers[layers.count - 1]
    for i in 0..<last.width {
      for j in 0..<last.below { w[last.matrix + last.below * i + j] *= output.scale[i] }
      w[last.bias + i] = w[last.bias + i] * output.scale[i] + output.shift[i]
    }
    return w
  }

  /// y and ∂y/∂x (row by row) at one point: the plain statement of what the kernels compute, and their
  /// reference in tests.
  public func evaluate(_ x: [Double]) -> (response: [Double], tangent: [Double]) {
    let n = coordinateCount
    precondition(x.count == n, "\(x.count) coordinates for a map of \(n)")
    // Value and n tangents of every neuron of the layer below.
    var h = [[Double]]()
    for j in 0..<n {
      var neuron = [Double](repeating: 0, count: n + 1)
      neuron[0] = (x[j] - input.shift[j]) / input.scale[j]
      neuron[1 + j] = 1 / input.scale[j]
      h.append(neuron)
    }
    for (l, layer) in architecture.layers.enumerated() {
      h = (0..<layer.width).map { i -> [Double] in
        var z = [Double](repeating: 0, count: n + 1)
        z[0] = weights[layer.bias + i]
        for j in 0..<layer.below {
          let w = weights[layer.matrix + layer.below * i + j]
          for k in 0...n { z[k] += w * h[j][k] }
        }
        guard l + 1 < architecture.layers.count else { return z }
        let (value, slope) = activate(z[0])
        z[0] = value
        for k in 1...n { z[k] *= slope }
        return z
      }
    }
    let scale = output.scale
    let response = h.indices.map { output.shift[$0] + scale[$0] * h[$0][0] }
    let tangent = h.indices.flatMap { i in h[i].dropFirst().map { scale[i] * $0 } }
    return (response, tangent)
  }

  private func activate(_ z: Double) -> (value: Double, slope: Double) {
    switch architecture.activation {
    case .tanh:
      let t = Glibc.tanh(z)
      return (t, (1 - t) * (1 + t))
    case .softplus:
      let s = Softplus(z)
      return (s.value, s.first)
    }
  }
}

// MARK: - As a manifold

extension StackedMap {
  /// n.
  public var coordinateCount: Int { architecture.coordinateCount }
  /// m.
  public var responseCount: Int { architecture.responseCount }

  /// Every component measured in its own scale.
  public var metric: StateMetric {
    func diagonal(_ scale: [Double]) -> [Double] {
      let n = scale.count
      return (0..<n * n).map { $0 / n == $0 % n ? 1 / (scale[$0 / n] * scale[$0 / n]) : 0 }
    }
    return StateMetric(coordinates: diagonal(input.scale), responses: diagonal(output.scale))
  }

  /// Largest distance of a coordinate from the range learned from, in units of that range; infinite
  /// without ranges and for coordinates that are not finite.
  public func distanceFromData(_ coordinates: [Double]) -> Double {
    precondition(coordinates.count == coordinateCount, "\(coordinates.count) coordinates")
    guard !domain.isEmpty, coordinates.allSatisfy({ $0.isFinite }) else { return .infinity }
    var worst = 0.0
    for (x, range) in zip(coordinates, domain) {
      let extent = max(range.upperBound - range.lowerBound, .leastNormalMagnitude)
      worst = max(worst, (range.lowerBound - x) / extent, (x - range.upperBound) / extent)
    }
    return worst
  }
}
