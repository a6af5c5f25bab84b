import FEM
import Geometry
import Mechanics
import Testing

/// Cook's membrane in plane strain: tip displacement v(48, 52) for E = 1, ν = 0.4999, F = 1.
private func cook(
  _ shape: CellShape, n: Int, _ volumetric: VolumetricTreatment
) throws -> Double {
  let mesh = try StructuredMesh.quadrilateral(
    corners: [[0, 0], [48, 44], [48, 60], [0, 44]], divisions: (n, n), shape: shape)
  var definition = FEMModel.Definition(
    mesh: mesh, formulation: .planeStrain, law: try LinearElastic(young: 1, poisson: 0.4999))
  definition.volumetric = volumetric
  definition.prescriptions = [.fixed("xmin")]
  definition.tractions = [Traction(set: "xmax", vector: [0, 1 / 16.0, 0])]
  var model = try FEMModel(definition)
  #expect(model.step(to: 1).converged)
  return try model.displacement(at: [48, 52, 0]).y
}

/// Reference 18.5118: p = 7, graded mesh, recomputed for this project.
@Test(
  "mean dilatation does not lock on Cook's membrane: 0.5 % on 32 × 32",
  arguments: [CellShape.quad8, .tri6])
func cookWithoutLocking(shape: CellShape) throws {
  let v = try cook(shape, n: 32, .meanDilatation)
  #expect(abs(v - 18.5118) < 0.005 * 18.5118, "v = \(v)")
}

@Test("the four-node quadrilateral, of lower order, comes within 0.7 %")
func cookWithFourNodes() throws {
  let v = try cook(.quad4, n: 32, .meanDilatation)
  #expect(abs(v - 18.5118) < 0.007 * 18.5118, "v = \(v)")
}

@Test("the standard quadrilateral does lock there, so the test can fail")
func cookWithLocking() throws {
  let v = try cook(.quad4, n: 32, .standard)
  #expect(v < 0.9 * 18.5118, "v = \(v)")
}

@Test("the error of mean dilatation falls by refinement")
func cookConverges() throws {
  let e = try [8, 16, 32].map { abs(try cook(.quad4, n: $0, .meanDilatation) - 18.5118) }
  #expect(e[1] < 0.6 * e[0])
  #expect(e[2] < 0.6 * e[1])
}

@Test("a nearly incompressible block under a punch: hexahedra do not lock either")
func punch() throws {
  // A block squeezed on a quarter of its top at ν = 0.4999; the locked answer is far too stiff.
  func sink(_ shape: CellShape, _ n: Int, _ volumetric: VolumetricTreatment) throws -> Double {
    var mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (n, n, n), shape: shape)
    mesh.facetSets["pad"] = mesh.facetSets["zmax"]!.filter { f in
      mesh.nodes(of: f).allSatisfy { mesh.points[$0].x < 0.501 && mesh.points[$0].y < 0.501 }
    }
    var definition = FEMModel.Definition(
      mesh: mesh, law: try LinearElastic(young: 1, poisson: 0.4999))
    definition.volumetric = volumetric
    definition.prescriptions = [
      .fixed("zmin", components: [2]), .fixed("xmin", components: [0]),
      .fixed("ymin", components: [1]),
    ]
    definition.tractions = [Traction(set: "pad", vector: [0, 0, -0.1])]
    var model = try FEMModel(definition)
    #expect(model.step(to: 1).converged)
    return -(try model.displacement(at: [0, 0, 1]).z)
  }
  let fine = try sink(.hex20, 6, .meanDilatation)
  let coarse = try sink(.hex8, 8, .meanDilatation)
  let locked = try sink(.hex8, 8, .standard)
  #expect(abs(coarse - fine) < 0.05 * fine)
  #expect(locked < 0.93 * fine)
}
