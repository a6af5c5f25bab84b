import Glibc
import Mechanics

/// A stacked map of softplus layers from n normalised features to one number, with the input given
/// to every layer:
///
///     h₁ = σ(W₁ u + b₁),   h_l = σ(V_l h_(l−1) + W_l u + b_l),   N(u) = v · h_L,   σ = softplus
///
/// The features are norms and volumes less their values at rest, each divided by its scale, so that
/// they vanish at rest; for an isotropic law u = (‖F‖ − √3, ‖cof F‖ − √3, J − 1). With V and v
/// non-negative N is convex in u; where a column of W is non-negative too, N does not decrease in that
/// feature and stays convex in whatever that feature is a convex function of. With non-negative
/// columns for all norms of F and of cof F it is polyconvex (input-convex networks: Amos, Xu & Kolter,
/// ICML 2017; polyconvexity: Ball, Arch. Rational Mech. Anal. 63 (1977); both together: Klein et al.,
/// J. Mech. Phys. Solids 159 (2022) 104703).
public struct StackedPotential: Sendable, Equatable {
  /// Widths of the layers and what their weights promise.
  public struct Architecture: Sendable, Equatable {
    /// Width of every hidden layer: one to three layers of 1 to 128.
    public let widths: [Int]
    /// What the weights of every feature may be (the columns of W, alike in all layers); 3 to 9.
    public let columns: [Kind]
    /// Whether V and v are bound to be non-negative, so that the map is convex in its features.
    public let convex: Bool

    /// Number n of features.
    public var featureCount: Int { columns.count }
    /// Whether the weights are bound to signs that make the potential polyconvex.
    public var polyconvex: Bool { convex }
    /// Whether the map sees the third feature, in finite strain the volume ratio; without measured
    /// volumes it cannot learn from it.
    public var seesVolume: Bool { columns[2] != .zero }

    /// The three features of an isotropic law: ‖F‖, ‖cof F‖ and J.
    /// - Throws: `ParameterError` outside the limits of the kernels.
    public init(widths: [Int], polyconvex: Bool = true, seesVolume: Bool = false)
      throws(ParameterError)
    {
      let bound: Kind = polyconvex ? .nonNegative : .free
      try self.init(
        widths: widths, columns: [bound, bound, seesVolume ? .free : .zero], convex: polyconvex)
    }

    /// Any features: one kind per column of W.
    /// - Throws: `ParameterError` outside the limits of the kernels.
    public init(widths: [Int], columns: [Kind], convex: Bool) throws(ParameterError) {
      guard (3...9).contains(columns.count) else {
        throw ParameterError("features", Double(columns.count), "must be 3 to 9 in number")
      }
      guard (1...3).contains(widths.count) else {
        throw ParameterError("layers", Double(widths.count), "must be 1, 2 or 3")
      }
      for width in widths where !(1...128).contains(width) {
        throw ParameterError("width", Double(width), "must lie between 1 and 128")
      }
      self.widths = widths
      self.columns = columns
      self.convex = convex
    }

    /// Where the weights of the layers stand in the flat array, bottom layer first.
    package var layers: [Layer] {
      var out: [Layer] = []
      var next = 0
      for (l, width) in widths.enumerated() {
        let below = l == 0 ? 0 : widths[l - 1]
        let layer = Layer(width: width, below: below, features: featureCount, skip: next)
        out.append(layer)
        next = layer.end
      }
      return out
    }

    /// Number of weights: layers, then v.
    public var weightCount: Int { layers.last!.end + widths.last! }
  }

  /// One layer's place in the flat array: W row by row, V row by row, b.
  package struct Layer {
    package let width: Int, below: Int, features: Int, skip: Int
    package var hidden: Int { skip + features * width }
    package var bias: Int { hidden + width * below }
    package var end: Int { bias + width }
  }

  /// Widths and promises.
  public let architecture: Architecture
  /// All weights, flat: for every layer W (width × n, row by row), V (width × width below, row by row;
  /// none in the first layer) and b; at the end v. Without unit.
  public let weights: [Double]

  /// - Throws: `ParameterError` for a wrong number of weights, weights that are not finite, and signs
  ///   that break a promised polyconvexity.
  public init(architecture: Architecture, weights: [Double]) throws(ParameterError) {
    let expected = architecture.weightCount
    guard weights.count == expected else {
      throw ParameterError("weights", Double(weights.count), "must be \(expected) in number")
    }
    for (i, w) in weights.enumerated() where !w.isFinite {
      throw ParameterError("weight \(i)", w, "must be finite")
    }
    self.architecture = architecture
    self.weights = weights
    let signs = architecture.kinds
    for (i, w) in weights.enumerated() {
      switch signs[i] {
      case .nonNegative where w < 0:
        throw ParameterError("weight \(i)", w, "must not be negative in a convex potential")
      case .zero where w != 0:
        throw ParameterError("weight \(i)", w, "must be 0: the potential does not see its feature")
      default: break
      }
    }
  }

  /// N with gradient and Hessian (upper triangle row by row: 11, 12, … 1n, 22, …) at one point: the
  /// plain statement of what the kernels compute, and their reference in tests.
  public func evaluate(
    _ u: [Double]
  ) -> (value: Double, gradient: [Double], hessian: [Double]) {
    let n = architecture.featureCount
    precondition(u.count == n, "\(n) features, not \(u.count)")
    let pairs = (0..<n).flatMap { i in (i..<n).map { (i, $0) } }
    let channels = 1 + n + pairs.count
    var h = [[Double]]()  // value, tangents and second derivatives of every neuron below
    for layer in architecture.layers {
      var next = [[Double]]()
      for i in 0..<layer.width {
        var z = [Double](repeating: 0, count: channels)
        z[0] = weights[layer.bias + i]
        for k in 0..<n {
          let w = weights[layer.skip + n * i + k]
          z[0] += w * u[k]
          z[1 + k] = w
        }
        for j in 0..<layer.below {
          let w = weights[layer.hidden + layer.below * i + j]
          for k in 0..<channels { z[k] += w * h[j][k] }
        }
        let s = Softplus(z[0])
        var a = [s.value] + z[1...n].map { s.first * $0 }
        for (k, (i, j)) in pairs.enumerated() {
          a.append(s.second * z[1 + i] * z[1 + j] + s.first * z[1 + n + k])
        }
        next.append(a)
      }
      h = next
    }
    let v = weights.suffix(h.count)
    var out = [Double](repeating: 0, count: channels)
    for (w, a) in zip(v, h) { for k in 0..<channels { out[k] += w * a[k] } }
    return (out[0], Array(out[1...n]), Array(out[(n + 1)...]))
  }
}

extension StackedPotential.Architecture {
  /// What a weight may be.
  public enum Kind: String, Sendable { case free, nonNegative = "non-negative", zero }

  /// The kind of every weight, in flat order.
  package var kinds: [Kind] {
    var out: [Kind] = []
    let bound: Kind = convex ? .nonNegative : .free
    for layer in layers {
      for _ in 0..<layer.width { out += columns }
      out += Array(repeating: bound, count: layer.width * layer.below)
      out += Array(repeating: .free, count: layer.width)
    }
    return out + Array(repeating: bound, count: widths.last!)
  }

  /// What a fit may move: every weight that is not held at zero, in flat order.
  package var unknowns: [StackedPotential.Unknown] {
    kinds.enumerated().compactMap { i, kind in
      kind == .zero ? nil : StackedPotential.Unknown(weight: i, isLogarithm: kind == .nonNegative)
    }
  }
}

extension StackedPotential {
  /// An unknown of a fit: which weight it is, and whether it is that weight's logarithm.
  package struct Unknown: Sendable {
    package let weight: Int, isLogarithm: Bool

    /// The weight for a value of the unknown.
    @inline(__always)
    package func callAsFunction(_ x: Double) -> Double { isLogarithm ? exp(x) : x }
  }
}

extension [StackedPotential.Unknown] {
  /// Puts the weights for the leading values of x into their places; the others are left alone.
  package func place(_ x: [Double], into weights: inout [Double]) {
    for (k, unknown) in enumerated() { weights[unknown.weight] = unknown(x[k]) }
  }
}

/// softplus(z) = ln(1 + eᶻ) and its first three derivatives, without overflow for any z.
package struct Softplus {
  package let value, first, second: Double

  @inline(__always)
  package init(_ z: Double) {
    let t = exp(-abs(z))
    let r = 1 / (1 + t)
    value = max(z, 0) + log1p(t)
    first = z > 0 ? r : t * r
    second = t * r * r
  }

  /// The third derivative.
  @inline(__always)
  package var third: Double { second * (1 - 2 * first) }
}
