import Glibc
import Mechanics

/// A point on a path of homogeneous deformation: principal stretches with their derivatives along the
/// path, and how the measured stress follows from the energy.
///
/// Work balance makes every measured stress a directional derivative of the energy: along the
/// incompressible path of the mode dW/dλ = P (uniaxial, pure shear), 2 P (equibiaxial), τ (simple
/// shear); where the volume was measured, P_i = ∂W/∂λ_i at fixed other stretches; a difference of true
/// stresses is J⁻¹ dW/dt along λ₁ → λ₁ eᵗ, λ₂ → λ₂ e⁻ᵗ. So every residual of a fit is
/// `factor` · dW/dt − stress.
package struct PathPoint: Sendable {
  /// Which stress the path works against.
  enum Component: Sendable { case first, second, lateral, difference }

  /// Principal stretches.
  let l1: Jet, l2: Jet, l3: Jet
  /// Nominal stress = share⁻¹ · dW/dt.
  let share: Double

  /// The path through a state of `mode`; without a volume ratio along J = 1.
  init(
    _ mode: HomogeneousMode, _ stretch: Double, second: Double = 1, volumeRatio: Double? = nil,
    component: Component = .first
  ) {
    let moving1 = component == .first ? 1.0 : 0
    let moving2 = component == .second ? 1.0 : 0
    let moving3 = component == .lateral ? 1.0 : 0
    guard mode != .simpleShear else {
      // λ = (γ + √(γ² + 4))/2; the three stretches are λ, 1, 1/λ.
      let gamma = Jet(stretch, 1)
      l1 = 0.5 * (gamma + (gamma * gamma + Jet(4)).squareRoot)
      l2 = Jet(1)
      l3 = l1.inverse
      share = 1
      return
    }
    let lateral = mode.lateralStretch(stretch, second: second, volumeRatio: volumeRatio ?? 1)
    guard component != .difference else {
      l1 = Jet(stretch, stretch, stretch)
      l2 = Jet(second, -second, second)
      l3 = Jet(lateral)
      share = 1
      return
    }
    l1 = Jet(stretch, moving1)
    switch mode {
    case .uniaxial:
      l2 = volumeRatio == nil ? l1.inverse.squareRoot : Jet(lateral, moving3)
      l3 = l2
    case .equibiaxial:
      l2 = l1
      l3 = volumeRatio == nil ? (l1 * l2).inverse : Jet(lateral, moving3)
    case .pureShear, .biaxial, .simpleShear:
      l2 = Jet(mode == .biaxial ? second : 1, moving2)
      l3 = volumeRatio == nil ? (l1 * l2).inverse : Jet(lateral, moving3)
    }
    let both =
      (mode == .equibiaxial && component == .first)
      || (mode == .uniaxial && component == .lateral)
    share = both ? 2 : 1
  }

  /// The incompressible state of two stretches, along a straight direction of both.
  init(plane l: SIMD2<Double>, direction d: SIMD2<Double>) {
    l1 = Jet(l.x, d.x)
    l2 = Jet(l.y, d.y)
    l3 = (l1 * l2).inverse
    share = 1
  }

  /// The state at radius t and angle ω of the plane of logarithmic principal stretches (ω = 0 uniaxial
  /// tension, 30° pure shear, 60° equibiaxial tension; J = 1), along the radius or across it, per
  /// length of that plane.
  init(angle: Double, radius: Double, across: Bool = false) {
    // n(ω) and n′(ω): equal lengths, and sums of zero.
    func direction(_ k: Int) -> (n: Double, slope: Double) {
      let shift = [0, 2.0, -2.0][k] * .pi / 3
      let root = (2.0 / 3).squareRoot()
      return (root * cos(angle - shift), -root * sin(angle - shift))
    }
    func stretch(_ k: Int) -> Jet {
      let (n, slope) = direction(k)
      let l = exp(radius * n)
      // Across: h = t n(ω + s/t), so that h′ = n′ and h″ = −n/t.
      return across
        ? Jet(l, l * slope, l * (slope * slope - n / radius)) : Jet(l, l * n, l * n * n)
    }
    l1 = stretch(0)
    l2 = stretch(1)
    l3 = stretch(2)
    share = 1
  }

  /// C in Mandel order, along its principal axes.
  var rightCauchyGreen: [Double] {
    [l1.value * l1.value, l2.value * l2.value, l3.value * l3.value, 0, 0, 0]
  }

  /// I1, I2 and J along the path.
  var invariants: (I1: Jet, I2: Jet, J: Jet) {
    let (a, b, c) = (l1 * l1, l2 * l2, l3 * l3)
    return (a + b + c, a * b + b * c + c * a, l1 * l2 * l3)
  }
}

/// One measured number of a test, ready for a fit.
package struct Observation: Sendable {
  let path: PathPoint
  /// Reported stress = factor · dW/dt; carries the change from nominal to true stress.
  let factor: Double
  /// Reported stress, Pa; 0 for lateral equilibrium.
  let target: Double
  /// Which test, which of its points, and which stress.
  let test: Int, point: Int
  let component: PathPoint.Component

  /// Everything a test measured that says something of the law.
  ///
  /// Without measured volume the pressure is unknown; it leaves a stress only through the traction of
  /// the free faces. Where that was not seen either, σ₁ and σ₂ together still give their difference, and
  /// one of them alone gives nothing. With measured volume every component speaks for itself, and so
  /// does the traction of the free faces where it was seen.
  static func all(of test: HomogeneousTest, index: Int) -> [Observation] {
    var out: [Observation] = []
    for p in 0..<test.count { out += all(of: test, index: index, point: p) }
    return out
  }

  static func all(of test: HomogeneousTest, index: Int, point p: Int) -> [Observation] {
    var out: [Observation] = []
    let (stretch, second) = (test.stretches[p], test.secondStretch(p))
    let shear = test.mode == .simpleShear
    let J = shear ? nil : test.volumeRatios?[p]
    let isTrue = test.measure == .true && !shear
    let lateral = test.mode.lateralStretch(stretch, second: second, volumeRatio: J ?? 1)
    /// Stress on the free faces, true; nil where it was not seen.
    let face: Double? =
      test.lateralStresses.flatMap {
        $0[p].isNaN ? nil : $0[p] * (isTrue ? 1 : lateral / (J ?? 1))
      } ?? (test.lateralStresses == nil ? 0 : nil)
    func add(_ component: PathPoint.Component, _ target: Double, _ own: Double) {
      let path = PathPoint(test.mode, stretch, second: second, volumeRatio: J, component: component)
      let factor = (isTrue ? own / (J ?? 1) : 1) / path.share
      out.append(
        Observation(
          path: path, factor: factor, target: target, test: index, point: p, component: component))
    }
    func addDifference(_ target: Double) {
      let path = PathPoint(
        test.mode, stretch, second: second, volumeRatio: J, component: .difference)
      out.append(
        Observation(
          path: path, factor: 1 / (J ?? 1), target: target, test: index, point: p,
          component: .difference))
    }
    let (s1, s2) = (test.stresses[p], test.secondStresses?[p] ?? .nan)
    if shear || J != nil {
      if !s1.isNaN { add(.first, s1, stretch) }
      if !s2.isNaN { add(.second, s2, second) }
    } else if let face {
      // What the faces carry is a pressure on the incompressible law.
      if !s1.isNaN { add(.first, s1 - face / (isTrue ? 1 : stretch), stretch) }
      if !s2.isNaN { add(.second, s2 - face / (isTrue ? 1 : second), second) }
    } else if !s1.isNaN, !s2.isNaN {
      addDifference(isTrue ? s1 - s2 : s1 * stretch - s2 * second)
    }
    if let d = test.stressDifferences?[p], !d.isNaN { addDifference(d) }
    if J != nil, let face { add(.lateral, isTrue ? face : face * J! / lateral, lateral) }
    return out
  }
}
