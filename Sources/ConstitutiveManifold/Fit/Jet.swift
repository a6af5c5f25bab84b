import Glibc

/// A number with its first and second derivative along a path: enough to push a formula through.
struct Jet: Sendable {
  var value, first, second: Double

  init(_ value: Double, _ first: Double = 0, _ second: Double = 0) {
    self.value = value
    self.first = first
    self.second = second
  }

  /// g(self) from g, g′ and g″ at the value.
  private func chain(_ g: Double, _ g1: Double, _ g2: Double) -> Jet {
    Jet(g, g1 * first, g2 * first * first + g1 * second)
  }

  static func + (a: Jet, b: Jet) -> Jet {
    Jet(a.value + b.value, a.first + b.first, a.second + b.second)
  }

  static func * (a: Jet, b: Jet) -> Jet {
    Jet(
      a.value * b.value, a.first * b.value + a.value * b.first,
      a.second * b.value + 2 * a.first * b.first + a.value * b.second)
  }

  static func * (a: Double, b: Jet) -> Jet { Jet(a * b.value, a * b.first, a * b.second) }

  var inverse: Jet {
    let g = 1 / value
    return chain(g, -g * g, 2 * g * g * g)
  }

  var squareRoot: Jet {
    let g = value.squareRoot()
    return chain(g, 0.5 / g, -0.25 / (g * value))
  }

  /// self^p for a positive value.
  func power(_ p: Double) -> Jet {
    let g = pow(value, p)
    return chain(g, p * g / value, p * (p - 1) * g / (value * value))
  }
}
