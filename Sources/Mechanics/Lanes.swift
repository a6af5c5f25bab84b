import Glibc

/// Eight material points side by side: one AVX-512 register, two AVX registers.
///
/// Batches store their points in groups of eight, so that a law written once with `Lanes` costs per
/// point an eighth of what it costs per register.
public typealias Lanes = SIMD8<Double>

extension SIMD8<Double> {
  /// The natural logarithm of every lane.
  @inline(__always)
  public var logarithm: Lanes {
    var out = Lanes()
    for i in 0..<8 { out[i] = log(self[i]) }
    return out
  }

  /// The exponential of every lane.
  @inline(__always)
  public var exponential: Lanes {
    var out = Lanes()
    for i in 0..<8 { out[i] = exp(self[i]) }
    return out
  }

  /// Every lane raised to the power `p`.
  @inline(__always)
  public func power(_ p: Double) -> Lanes {
    var out = Lanes()
    for i in 0..<8 { out[i] = pow(self[i], p) }
    return out
  }

  /// The cube root of every lane.
  @inline(__always)
  public var cubeRoot: Lanes {
    var out = Lanes()
    for i in 0..<8 { out[i] = cbrt(self[i]) }
    return out
  }
}
