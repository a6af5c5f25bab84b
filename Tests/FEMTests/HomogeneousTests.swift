import FEM
import FixedPoint
import Geometry
import Mechanics
import Testing

/// A unit hexahedron with three symmetry planes, pulled along x to a stretch.
func stretched(
  _ law: any ConstitutiveLaw, to stretch: Double, volumetric: VolumetricTreatment = .standard,
  increments: Int = 10
) throws -> FEMModel {
  var definition = FEMModel.Definition(mesh: hexBox(1, 1, 1, size: [1, 1, 1]), law: law)
  definition.volumetric = volumetric
  definition.newton.tolerance = 1e-10
  definition.prescriptions = [
    Prescription(set: "xmin", component: 0, to: 0), Prescription(set: "ymin", component: 1, to: 0),
    Prescription(set: "zmin", component: 2, to: 0),
    Prescription(set: "xmax", component: 0, to: stretch - 1),
  ]
  var model = try FEMModel(definition)
  let stepping = model.run(through: (1...increments).map { Double($0) / Double(increments) })
  try #require(stepping.reason == .converged)
  return model
}

@Test(
  "one hexahedron in uniaxial stretch is the compressible law itself", arguments: [0.6, 1.3, 3.0])
func uniaxialHexahedron(stretch: Double) throws {
  let law = try NeoHooke(mu: 0.4e6, lambda: 2e6)
  let model = try stretched(law, to: stretch)
  let exact = try law.compressibleResponse(.uniaxial, stretch)
  let force = try model.reaction(on: "xmax").x
  #expect(abs(force - exact.nominal) <= 1e-8 * abs(exact.nominal))
  #expect(abs(model.strainEnergy - exact.energy) <= 1e-8 * exact.energy)
  let fields = model.nodalFields()
  #expect(abs(fields.stress[0] - exact.true) <= 1e-8 * abs(exact.true))
  #expect(abs(fields.volumeRatio[3] - exact.volumeRatio) < 1e-8)
}

@Test(
  "with K = 1000 mu it is the incompressible closed form within 0.2 %",
  arguments: [VolumetricTreatment.standard, .meanDilatation])
func nearlyIncompressibleHexahedron(volumetric: VolumetricTreatment) throws {
  let mu = 0.4e6
  let law = try NeoHooke(mu: mu, lambda: 1000 * mu - 2 / 3.0 * mu)
  for stretch in [0.5, 2.0, 2.5] {
    let model = try stretched(law, to: stretch, volumetric: volumetric)
    let closed = mu * (stretch - 1 / (stretch * stretch))
    let force = try model.reaction(on: "xmax").x
    #expect(abs(force - closed) <= 2e-3 * abs(closed))
  }
}

@Test("a block pulled along and across its fibres is the law itself, and stiffer along them")
func transverselyIsotropicHexahedron() throws {
  func law(_ fibre: [Double]) throws -> HolzapfelGasserOgden {
    try HolzapfelGasserOgden(
      mu: 10e3, k1: 40e3, k2: 2, fibres: [PreferredDirection(fibre, dispersion: 0.1)], bulk: 1e6)
  }
  let stretch = 1.2
  let along = try law([1, 0, 0])
  let model = try stretched(along, to: stretch)
  // Along the fibre the lateral stretches are equal, and the law's own response is exact.
  let exact = try along.compressibleResponse(.uniaxial, stretch)
  let force = try model.reaction(on: "xmax").x
  #expect(abs(force - exact.nominal) <= 1e-8 * exact.nominal)
  // Across it the fibres shorten and hang slack: what is left is the ground substance.
  let other = try stretched(try law([0, 1, 0]), to: stretch)
  let ground = try HolzapfelGasserOgden(
    mu: 10e3, k1: 0, k2: 2, fibres: along.fibres, bulk: 1e6)
  let pull = try other.reaction(on: "xmax").x
  let expected = try ground.compressibleResponse(.uniaxial, stretch).nominal
  #expect(abs(pull - expected) <= 1e-8 * expected)
  #expect(force > 1.5 * pull)
}
