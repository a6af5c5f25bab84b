import Glibc
import Mechanics

/// A stacked map of softplus layers from three normalised features to one number, with the input
/// given to every layer:
///
///     h₁ = σ(W₁ u + b₁),   h_l = σ(V_l h_(l−1) + W_l u + b_l),   N(u) = v · h_L,   σ = softplus
///
/// The features are u = (‖F‖ − √3, ‖cof F‖ − √3, J − 1), each divided by its scale; they vanish at
/// rest. With V, v and the first two columns of W non-negative, N is convex in u and non-decreasing
/// in ‖F‖ and ‖cof F‖, hence polyconvex (input-convex networks: Amos, Xu & Kolter, ICML 2017;
/// polyconvexity: Ball, Arch. Rational Mech. Anal. 63 (1977); both together: Klein et al., J. Mech.
/// Phys. Solids 159 (2022) 104703).
public struct StackedPotential: Sendable, Equatable {
  /// Widths of the layers and what their weights promise.
  public struct Architecture: Sendable, Equatable {
    /// Width of every hidden layer: one to three layers of 1 to 128.
    public let widths: [Int]
    /// Whether the weights are bound to signs that make the potential polyconvex.
    public let polyconvex: Bool
    /// Whether the map sees the volume ratio; without measured volumes it cannot learn from it.
    public let seesVolume: Bool

    /// - Throws: `ParameterError` outside the limits of the kernels.
    public init(widths: [Int], polyconvex: Bool = true, seesVolume: Bool = false)
      throws(ParameterError)
    {
      guard (1...3).contains(widths.count) else {
        throw ParameterError("layers", Double(widths.count), "must be 1, 2 or 3")
      }
      for width in widths where !(1...128).contains(width) {
        throw ParameterError("width", Double(width), "must lie between 1 and 128")
      }
      self.widths = widths
      self.polyconvex = polyconvex
      self.seesVolume = seesVolume
    }

    /// Where the weights of the layers stand in the flat array, bottom layer first.
    package var layers: [Layer] {
      var out: [Layer] = []
      var next = 0
      for (l, width) in widths.enumerated() {
        let below = l == 0 ? 0 : widths[l - 1]
        let layer = Layer(width: width, below: below, skip: next)
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
    package let width: Int, below: Int, skip: Int
    package var hidden: Int { skip + 3 * width }
    package var bias: Int { hidden + width * below }
    package var end: Int { bias + width }
  }

  /// Widths and promises.
  public let architecture: Architecture
  /// All weights, flat: for every layer W (width × 3, row by row), V (width × width below, row by row;
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
        throw ParameterError("weight \(i)", w, "must not be negative in a polyconvex potential")
      case .zero where w != 0:
        throw ParameterError("weight \(i)", w, "must be 0 in a potential that does not see volume")
      default: break
      }
    }
  }

  /// N with gradient and Hessian (11, 12, 13, 22, 23, 33) at one point: the plain statement of what the
  /// kernels compute, and their reference in tests.
  public func evaluate(
    _ u: [Double]
  ) -> (value: Double, gradient: [Double], hessian: [Double]) {
    precondition(u.count == 3, "three features, not \(u.count)")
    var h = [[Double]]()  // value, three tangents, six second derivatives of every neuron below
    let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    for layer in architecture.layers {
      var next = [[Double]]()
      for i in 0..<layer.width {
        var z = [Double](repeating: 0, count: 10)
        z[0] = weights[layer.bias + i]
        for k in 0..<3 {
          let w = weights[layer.skip + 3 * i + k]
          z[0] += w * u[k]
          z[1 + k] = w
        }
        for j in 0..<layer.below {
          let w = weights[layer.hidden + layer.below * i + j]
          for k in 0..<10 { z[k] += w * h[j][k] }
        }
        let s = Softplus(z[0])
        var a = [s.value, s.first * z[1], s.first * z[2], s.first * z[3]]
        for (k, (m, n)) in pairs.enumerated() {
          a.append(s.second * z[1 + m] * z[1 + n] + s.first * z[4 + k])
        }
        next.append(a)
      }
      h = next
    }
    let v = weights.suffix(h.count)
    var out = [Double](repeating: 0, count: 10)
    for (w, a) in zip(v, h) { for k in 0..<10 { out[k] += w * a[k] } }
    return (out[0], Array(out[1..<4]), Array(out[4...]))
  }
}

extension StackedPotential.Architecture {
  /// What a weight may be.
  package enum Kind { case free, nonNegative, zero }

  /// The kind of every weight, in flat order.
  package var kinds: [Kind] {
    var out: [Kind] = []
    let bound: Kind = polyconvex ? .nonNegative : .free
    for layer in layers {
      for _ in 0..<layer.width { out += [bound, bound, seesVolume ? .free : .zero] }
      out += Array(repeating: bound, count: layer.width * layer.below)
      out += Array(repeating: .free, count: layer.width)
    }
    return out + Array(repeating: bound, count: widths.last!)
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
