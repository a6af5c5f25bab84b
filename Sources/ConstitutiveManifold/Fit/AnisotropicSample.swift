import Glibc
import Mechanics

/// A state on the path of a test in the plane of the fibres, with the derivatives along the path that an
/// anisotropic fit needs: C and cof C as jets, the parts of the energy outside of the map.
///
/// Axes 1 and 2 span the plane of the test and of the fibres; nothing is sheared out of it.
struct AnisotropicSample: Sendable {
  /// Entries xx, yy, zz, xy of C and of cof C along the path.
  let C: InlineArray<4, Jet>, cofactor: InlineArray<4, Jet>
  /// ‖F‖, ‖cof F‖ and J; ½ (I1 − 3 − 2 ln J) and ¼ (J² − 1 − 2 ln J).
  let x1: Jet, x2: Jet, J: Jet, basic: Jet, bulk: Jet
  /// Stress = factor · power, and the measured stress; in units of the stress scale.
  let factor: Double, target: Double

  /// From principal stretches along the axes of the test.
  init(_ l1: Jet, _ l2: Jet, _ l3: Jet, factor: Double, target: Double) {
    let (a, b, c) = (l1 * l1, l2 * l2, l3 * l3)
    self.init([a, b, c, Jet(0)], factor: factor, target: target)
  }

  /// Simple shear x = X + γ Y.
  init(shear gamma: Double, factor: Double, target: Double) {
    let g = Jet(gamma, 1)
    self.init([Jet(1), Jet(1) + g * g, Jet(1), g], factor: factor, target: target)
  }

  private init(_ C: InlineArray<4, Jet>, factor: Double, target: Double) {
    self.C = C
    let cof: InlineArray<4, Jet> = [
      C[1] * C[2], C[0] * C[2], C[0] * C[1] + -1 * (C[3] * C[3]), -1 * (C[3] * C[2]),
    ]
    cofactor = cof
    let I1 = C[0] + C[1] + C[2]
    let I3 = C[2] * cof[2]
    x1 = I1.squareRoot
    x2 = (cof[0] + cof[1] + cof[2]).squareRoot
    J = I3.squareRoot
    let rate = J.first / J.value
    let logJ = Jet(log(J.value), rate, J.second / J.value - rate * rate)
    basic = 0.5 * I1 + -1 * logJ
    bulk = 0.25 * I3 + -0.5 * logJ
    self.factor = factor
    self.target = target
  }

  /// √(C : H) and √(cof C : H) of a direction at `angle` from axis 1 with dispersion κ, and their
  /// derivatives with respect to the angle and to κ.
  struct Fibre {
    var x, y, xAngle, yAngle, xDispersion, yDispersion: Jet
  }

  func fibre(angle: Double, dispersion k: Double) -> Fibre {
    let (c, s) = (cos(angle), sin(angle))
    let w = 1 - 3 * k
    func contract(_ t: InlineArray<4, Jet>) -> (Jet, Jet, Jet) {
      let along = (c * c) * t[0] + (s * s) * t[1] + (2 * c * s) * t[3]
      let trace = t[0] + t[1] + t[2]
      let turned =
        (-2 * c * s) * t[0] + (2 * c * s) * t[1] + (2 * (c * c - s * s)) * t[3]
      let root = (k * trace + w * along).squareRoot
      let half = 0.5 * root.inverse
      return (root, half * (w * turned), half * (trace + -3 * along))
    }
    let (x, y) = (contract(C), contract(cofactor))
    return Fibre(
      x: x.0, y: y.0, xAngle: x.1, yAngle: y.1, xDispersion: x.2, yDispersion: y.2)
  }
}
