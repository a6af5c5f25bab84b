import FEM
import Geometry
import Mechanics
import Testing

/// A seeded generator of numbers in [−1, 1], so that a failure can be repeated.
struct Wobble {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> Double {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Double(state >> 11) * 0x1p-52 - 1
  }
}

struct ElementCase: CustomStringConvertible, Sendable {
  let shape: CellShape, formulation: Formulation, strain: StrainKind
  let volumetric: VolumetricTreatment

  var description: String {
    "\(shape.rawValue) \(formulation.rawValue) \(strain.rawValue) \(volumetric.rawValue)"
  }

  static let all: [ElementCase] = {
    var cases: [ElementCase] = []
    for shape in CellShape.allCases {
      for formulation in Formulation.allCases where formulation.dimension == shape.dimension {
        for strain in StrainKind.allCases where formulation != .planeStress || strain == .small {
          for volumetric in VolumetricTreatment.allCases
          where formulation != .planeStress || volumetric == .standard {
            cases.append(
              ElementCase(
                shape: shape, formulation: formulation, strain: strain, volumetric: volumetric))
          }
        }
      }
    }
    return cases
  }()

  /// Distorted nodes away from the axis, and a displacement of some 10 %.
  func nodes(_ random: inout Wobble) -> (points: [SIMD3<Double>], displacement: [Double]) {
    let d = formulation.dimension
    let points = shape.referenceNodes.map { x in
      var p = x + SIMD3(3, 0, 0)
      for i in 0..<d { p[i] += 0.05 * random.next() }
      return p
    }
    return (points, points.indices.flatMap { _ in (0..<d).map { _ in 0.1 * random.next() } })
  }

  func element() throws -> Element {
    let law: any ConstitutiveLaw =
      strain == .small
      ? try LinearElastic(young: 2, poisson: 0.3) : try NeoHooke(mu: 1, lambda: 5)
    return Element(shape: shape, formulation: formulation, law: law, volumetric: volumetric)
  }
}

@Test(
  "the force is the gradient of the energy, the stiffness that of the force",
  arguments: ElementCase.all)
func tangentIsTheDifferenceQuotient(of element: ElementCase) throws {
  var random = Wobble(seed: 7)
  let (points, u) = element.nodes(&random)
  let cell = try element.element()
  let here = try #require(cell.response(points: points, displacement: u))
  let h = 1e-5
  let n = u.count
  let forceScale = here.force.map(abs).max()!
  let stiffnessScale = here.stiffness.map(abs).max()!
  for j in 0..<n {
    var (up, down) = (u, u)
    up[j] += h
    down[j] -= h
    let plus = try #require(cell.response(points: points, displacement: up))
    let minus = try #require(cell.response(points: points, displacement: down))
    let slope = (plus.energy - minus.energy) / (2 * h)
    #expect(abs(slope - here.force[j]) < 1e-6 * forceScale)
    for i in 0..<n {
      let quotient = (plus.force[i] - minus.force[i]) / (2 * h)
      #expect(abs(quotient - here.stiffness[i * n + j]) < 1e-6 * stiffnessScale)
    }
  }
}

@Test("a rigid motion costs neither energy nor force", arguments: ElementCase.all)
func rigidMotion(of element: ElementCase) throws {
  var random = Wobble(seed: 11)
  let points = element.nodes(&random).points
  let d = element.formulation.dimension
  let cell = try element.element()
  // A finite rotation by 40° about (1, 2, 2)/3 where the kinematics allow one, else a translation.
  let turns = element.strain == .finite && element.formulation != .axisymmetric
  let (c, s) = (0.766044443118978, 0.642787609686539)
  let u = points.flatMap { X -> [Double] in
    guard turns else {
      return element.formulation == .axisymmetric ? [0, 0.3] : Array([0.2, 0.3, 0.4][..<d])
    }
    if d == 2 { return [c * X.x - s * X.y - X.x + 0.1, s * X.x + c * X.y - X.y] }
    let k = SIMD3(1, 2, 2) / 3.0
    let cross = SIMD3(k.y * X.z - k.z * X.y, k.z * X.x - k.x * X.z, k.x * X.y - k.y * X.x)
    let turned = c * X + s * cross + ((1 - c) * (k * X).sum()) * k
    return (0..<3).map { turned[$0] - X[$0] }
  }
  let response = try #require(cell.response(points: points, displacement: u))
  #expect(abs(response.energy) < 1e-12)
  #expect(response.force.allSatisfy { abs($0) < 1e-12 })
}
