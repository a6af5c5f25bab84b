import Glibc

/// Derivatives of a stacked potential along a path, and their exact gradients with respect to all
/// weights and the path itself: Taylor series of second order forward, one reverse sweep.
///
/// Buffers are made once; forward and reverse allocate nothing. Cost: about six multiplications per
/// weight for the series and six for the reverse.
package struct StackedSensitivity {
  private let layers: [StackedPotential.Layer]
  private let start: [Int]
  private let output: Int
  private let features: Int
  // Per neuron: Taylor coefficients of z and h, derivatives of the activation, adjoints of h.
  private var z1, z2, h0, h1, h2, s1, s2, s3, a0, a1, a2: [Double]
  // Adjoints of z and its derivatives, as the last reverse sweep left them.
  private var b0, b1, b2: [Double]
  private var u, ud, udd: [Double]

  package init(_ architecture: StackedPotential.Architecture) {
    layers = architecture.layers
    var next = 0
    start = architecture.widths.map { width in
      defer { next += width }
      return next
    }
    output = layers.last!.end
    let zero = [Double](repeating: 0, count: next)
    (z1, z2, h0, h1, h2, s1) = (zero, zero, zero, zero, zero, zero)
    (s2, s3, a0, a1, a2) = (zero, zero, zero, zero, zero)
    (b0, b1, b2) = (zero, zero, zero)
    features = architecture.featureCount
    u = Array(repeating: 0, count: features)
    (ud, udd) = (u, u)
  }

  /// dN/dt and d²N/dt² for three features u(t) with velocity ud and acceleration udd.
  package mutating func forward(
    _ weights: [Double], _ u: SIMD3<Double>, _ ud: SIMD3<Double>, _ udd: SIMD3<Double>
  ) -> (first: Double, second: Double) {
    precondition(features == 3, "a map of \(features) features, not 3")
    for k in 0..<3 {
      self.u[k] = u[k]
      self.ud[k] = ud[k]
      self.udd[k] = udd[k]
    }
    return sweep(weights, 3)
  }

  /// dN/dt and d²N/dt² for n features u(t) with velocity ud and acceleration udd, n numbers each.
  package mutating func forward(
    _ weights: [Double], _ u: Span<Double>, _ ud: Span<Double>, _ udd: Span<Double>
  ) -> (first: Double, second: Double) {
    precondition(
      u.count == features && ud.count == features && udd.count == features,
      "a map of \(features) features, not \(u.count)")
    for k in 0..<features {
      self.u[k] = u[k]
      self.ud[k] = ud[k]
      self.udd[k] = udd[k]
    }
    return sweep(weights, features)
  }

  /// As above, for features that stand in arrays beside this value.
  package mutating func forward(
    _ weights: [Double], _ u: [Double], _ ud: [Double], _ udd: [Double]
  ) -> (first: Double, second: Double) {
    forward(weights, u.span, ud.span, udd.span)
  }

  /// The forward sweep; inlined, so that three features cost no loop.
  @inline(__always)
  private mutating func sweep(
    _ weights: [Double], _ features: Int
  ) -> (first: Double, second: Double) {
    for (l, layer) in layers.enumerated() {
      let here = start[l]
      let below = l == 0 ? 0 : start[l - 1]
      for i in 0..<layer.width {
        var z = weights[layer.bias + i]
        var (zd, zdd) = (0.0, 0.0)
        for k in 0..<features {
          let w = weights[layer.skip + features * i + k]
          z += w * u[k]
          zd += w * ud[k]
          zdd += w * udd[k]
        }
        let row = layer.hidden + layer.below * i
        for j in 0..<layer.below {
          let w = weights[row + j]
          z += w * h0[below + j]
          zd += w * h1[below + j]
          zdd += w * h2[below + j]
        }
        let s = Softplus(z)
        let n = here + i
        z1[n] = zd
        z2[n] = zdd
        s1[n] = s.first
        s2[n] = s.second
        s3[n] = s.third
        h0[n] = s.value
        h1[n] = s.first * zd
        h2[n] = s.second * zd * zd + s.first * zdd
      }
    }
    var (first, second) = (0.0, 0.0)
    let top = start.last!
    for i in 0..<layers.last!.width {
      let v = weights[output + i]
      first += v * h1[top + i]
      second += v * h2[top + i]
    }
    return (first, second)
  }

  /// The gradient of dN/dt (order 1) or d²N/dt² (order 2) of the last `forward` with respect to all
  /// weights, in flat order.
  package mutating func reverse(_ weights: [Double], order: Int, into gradient: inout [Double]) {
    if features == 3 {
      back(weights, order, 3, &gradient)
    } else {
      back(weights, order, features, &gradient)
    }
  }

  /// The gradient of the quantity of the last `reverse` with respect to the path: u, ud and udd, n
  /// numbers each.
  package func pathGradient(
    _ weights: [Double], _ gu: inout [Double], _ gud: inout [Double], _ gudd: inout [Double]
  ) {
    for k in 0..<features { (gu[k], gud[k], gudd[k]) = (0, 0, 0) }
    for (l, layer) in layers.enumerated() {
      for i in 0..<layer.width {
        let n = start[l] + i
        for k in 0..<features {
          let w = weights[layer.skip + features * i + k]
          gu[k] += w * b0[n]
          gud[k] += w * b1[n]
          gudd[k] += w * b2[n]
        }
      }
    }
  }

  /// The reverse sweep; inlined, so that three features cost no loop.
  @inline(__always)
  private mutating func back(
    _ weights: [Double], _ order: Int, _ features: Int, _ gradient: inout [Double]
  ) {
    let top = start.last!
    for n in a0.indices { (a0[n], a1[n], a2[n]) = (0, 0, 0) }
    for i in 0..<layers.last!.width {
      let v = weights[output + i]
      if order == 1 { a1[top + i] = v } else { a2[top + i] = v }
      gradient[output + i] = order == 1 ? h1[top + i] : h2[top + i]
    }
    for l in layers.indices.reversed() {
      let layer = layers[l]
      let below = l == 0 ? 0 : start[l - 1]
      for i in 0..<layer.width {
        let n = start[l] + i
        let curved = s3[n] * z1[n] * z1[n] + s2[n] * z2[n]
        let b0 = a0[n] * s1[n] + a1[n] * s2[n] * z1[n] + a2[n] * curved
        let b1 = a1[n] * s1[n] + 2 * a2[n] * s2[n] * z1[n]
        let b2 = a2[n] * s1[n]
        (self.b0[n], self.b1[n], self.b2[n]) = (b0, b1, b2)
        gradient[layer.bias + i] = b0
        for k in 0..<features {
          gradient[layer.skip + features * i + k] = b0 * u[k] + b1 * ud[k] + b2 * udd[k]
        }
        let row = layer.hidden + layer.below * i
        for j in 0..<layer.below {
          let m = below + j
          gradient[row + j] = b0 * h0[m] + b1 * h1[m] + b2 * h2[m]
          let w = weights[row + j]
          a0[m] += w * b0
          a1[m] += w * b1
          a2[m] += w * b2
        }
      }
    }
  }
}
