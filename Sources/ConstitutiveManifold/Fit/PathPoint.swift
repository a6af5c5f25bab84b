import Mechanics

/// A point on a path of homogeneous deformation: principal stretches with their derivatives along the
/// path, and how the measured stress follows from the energy.
///
/// Work balance makes every measured stress a directional derivative of the energy: along the
/// incompressible path of the mode dW/dλ = P (uniaxial, pure shear), 2 P (equibiaxial), τ (simple
/// shear); where the volume was measured, P_i = ∂W/∂λ_i at fixed other stretches. So every residual of
/// a fit is `factor` · dW/dt − stress.
struct PathPoint: Sendable {
  /// Which stress the path works against.
  enum Component: Sendable { case first, second, lateral }

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

  /// I1, I2 and J along the path.
  var invariants: (I1: Jet, I2: Jet, J: Jet) {
    let (a, b, c) = (l1 * l1, l2 * l2, l3 * l3)
    return (a + b + c, a * b + b * c + c * a, l1 * l2 * l3)
  }
}

/// One measured number of a test, ready for a fit.
struct Observation: Sendable {
  let path: PathPoint
  /// Reported stress = factor · dW/dt; carries the change from nominal to true stress.
  let factor: Double
  /// Reported stress, Pa; 0 for lateral equilibrium.
  let target: Double
  /// Which test, which of its points, and which stress.
  let test: Int, point: Int
  let component: PathPoint.Component

  /// Everything a test measured; lateral equilibrium too where the volume was measured.
  static func all(of test: HomogeneousTest, index: Int) -> [Observation] {
    var out: [Observation] = []
    for p in 0..<test.count {
      let (stretch, second) = (test.stretches[p], test.secondStretch(p))
      let J = test.mode == .simpleShear ? nil : test.volumeRatios?[p]
      func add(_ component: PathPoint.Component, _ target: Double, _ own: Double) {
        let path = PathPoint(
          test.mode, stretch, second: second, volumeRatio: J, component: component)
        let isTrue = test.measure == .true && test.mode != .simpleShear
        let factor = (isTrue ? own / (J ?? 1) : 1) / path.share
        out.append(
          Observation(
            path: path, factor: factor, target: target, test: index, point: p,
            component: component))
      }
      add(.first, test.stresses[p], stretch)
      if let second2 = test.secondStresses { add(.second, second2[p], second) }
      if J != nil {
        let lateral = test.mode.lateralStretch(stretch, second: second, volumeRatio: J!)
        add(.lateral, 0, lateral)
      }
    }
    return out
  }
}
