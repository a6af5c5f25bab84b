import FEM
import Geometry
import Mechanics
import Testing

/// The seven-element cube of MacNeal & Harder, A proposed standard set of problems to test finite
/// element accuracy, Finite Elements in Analysis and Design 1 (1985), cut into cells of a shape.
private func cube(of shape: CellShape) -> Mesh {
  let outer: [SIMD3<Double>] = CellShape.hex8.referenceNodes.map { 0.5 * ($0 + 1) }
  let inner: [SIMD3<Double>] = [
    [0.249, 0.342, 0.192], [0.826, 0.288, 0.288], [0.850, 0.649, 0.263], [0.273, 0.750, 0.230],
    [0.320, 0.186, 0.643], [0.677, 0.305, 0.683], [0.788, 0.693, 0.644], [0.165, 0.745, 0.702],
  ]
  var cells: [Int32] = (8..<16).map { Int32($0) }
  for facet in CellShape.hex8.facets {
    // The outer face, seen from inside the cube, then the same corners of the inner hexahedron.
    let bottom = facet.reversed().map { Int32($0) }
    cells += bottom.map { $0 + 8 }.reversed() + bottom.reversed()
  }
  let mesh = Mesh(
    dimension: 3, points: outer + inner, blocks: [.init(shape: .hex8, connectivity: cells)])
  switch shape {
  case .hex8: return mesh
  case .hex20: return mesh.quadratic()
  case .tet4: return tetrahedra(mesh)
  default: return tetrahedra(mesh).quadratic()
  }
}

/// Each hexahedron cut into 24 tetrahedra about its centre and the centres of its faces: neighbours
/// agree whatever their shape.
private func tetrahedra(_ mesh: Mesh) -> Mesh {
  var points = mesh.points
  var faceCentre: [[Int]: Int32] = [:]
  var cells: [Int32] = []
  func mean(_ nodes: [Int]) -> SIMD3<Double> {
    nodes.reduce(SIMD3.zero) { $0 + mesh.points[$1] } / Double(nodes.count)
  }
  for cell in 0..<mesh.blocks[0].cellCount {
    let nodes = mesh.blocks[0].nodes(of: cell).map { Int($0) }
    let centre = Int32(points.count)
    points.append(mean(nodes))
    for facet in CellShape.hex8.facets.map({ $0.map { nodes[$0] } }) {
      if faceCentre[facet.sorted()] == nil {
        faceCentre[facet.sorted()] = Int32(points.count)
        points.append(mean(facet))
      }
      let top = faceCentre[facet.sorted()]!
      for k in 0..<4 {
        cells += [Int32(facet[k]), Int32(facet[(k + 1) % 4]), top, centre].swappedForVolume(points)
      }
    }
  }
  return Mesh(dimension: 3, points: points, blocks: [.init(shape: .tet4, connectivity: cells)])
}

extension [Int32] {
  /// Four nodes in the order that makes a positive volume.
  fileprivate func swappedForVolume(_ points: [SIMD3<Double>]) -> [Int32] {
    let p = map { points[Int($0)] }
    let (a, b, c) = (p[1] - p[0], p[2] - p[0], p[3] - p[0])
    let volume =
      a.x * (b.y * c.z - b.z * c.y) - a.y * (b.x * c.z - b.z * c.x)
      + a.z * (b.x * c.y - b.y * c.x)
    return volume > 0 ? self : [self[1], self[0], self[2], self[3]]
  }
}

/// The five-element plate of MacNeal & Harder, 0.24 × 0.12, moved by `offset` along x.
private func plate(of shape: CellShape, offset: Double = 0) -> Mesh {
  let points: [SIMD3<Double>] = [
    [0, 0, 0], [0.24, 0, 0], [0.24, 0.12, 0], [0, 0.12, 0], [0.04, 0.02, 0], [0.18, 0.03, 0],
    [0.16, 0.08, 0], [0.08, 0.08, 0],
  ].map { $0 + SIMD3(offset, 0, 0) }
  let quads: [[Int32]] = [
    [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7],
  ]
  let straight =
    shape.isSimplex
    ? Mesh(
      dimension: 2, points: points,
      blocks: [
        .init(
          shape: .tri3,
          connectivity: quads.flatMap { [$0[0], $0[1], $0[2], $0[0], $0[2], $0[3]] })
      ])
    : Mesh(
      dimension: 2, points: points,
      blocks: [.init(shape: .quad4, connectivity: quads.flatMap { $0 })])
  return shape.order == 2 ? straight.quadratic() : straight
}

/// Prescribes a displacement on the boundary only; inside, displacement and stress must follow.
private func expectExact(
  _ mesh: Mesh, _ formulation: Formulation, _ volumetric: VolumetricTreatment,
  _ exact: @escaping @Sendable (SIMD3<Double>) -> SIMD3<Double>, stress: [Double]
) throws {
  var mesh = mesh
  mesh.nodeSets["boundary"] = Set(mesh.boundaryFacets().flatMap { mesh.nodes(of: $0) }).sorted()
  var definition = FEMModel.Definition(
    mesh: mesh, formulation: formulation, law: try LinearElastic(young: 1e6, poisson: 0.25))
  definition.volumetric = volumetric
  definition.prescriptions = [
    Prescription(set: "boundary", components: [0, 1, 2]) { X, s in s * exact(X) }
  ]
  var model = try FEMModel(definition)
  #expect(model.unknownCount > 0)
  let record = model.step(to: 1)
  #expect(record.converged)
  let size = mesh.points.map {
    let u = exact($0); return (u * u).sum().squareRoot()
  }.max()!
  for (n, X) in mesh.points.enumerated() {
    let miss = model.displacement(of: n) - exact(X)
    #expect((miss * miss).sum().squareRoot() <= 1e-12 * size)
  }
  let fields = model.nodalFields()
  let scale = stress.map { abs($0) }.max()!
  for n in mesh.points.indices {
    for c in 0..<6 {
      let tensor = c < 3 ? fields.stress[6 * n + c] : fields.stress[6 * n + c] * Mandel.halfRoot2
      #expect(abs(tensor - stress[c]) <= 1e-12 * scale)
    }
  }
}

@Test(
  "the seven-element patch test is exact to rounding for every family in space",
  arguments: [CellShape.hex8, .hex20, .tet4, .tet10], VolumetricTreatment.allCases)
func patchInSpace(shape: CellShape, volumetric: VolumetricTreatment) throws {
  guard shape != .tet4 || volumetric == .standard else { return }
  try expectExact(
    cube(of: shape), .threeDimensional, volumetric,
    { X in 1e-3 * (X + 0.5 * (SIMD3(X.y, X.x, X.x) + SIMD3(X.z, X.z, X.y))) },
    stress: [2000, 2000, 2000, 400, 400, 400])
}

@Test(
  "its plane counterpart is exact to rounding for every family in the plane",
  arguments: [CellShape.quad4, .quad8, .tri3, .tri6], VolumetricTreatment.allCases)
func patchInThePlane(shape: CellShape, volumetric: VolumetricTreatment) throws {
  guard shape != .tri3 || volumetric == .standard else { return }
  let linear: @Sendable (SIMD3<Double>) -> SIMD3<Double> = { X in
    1e-3 * SIMD3(X.x + 0.5 * X.y, X.y + 0.5 * X.x, 0)
  }
  try expectExact(
    plate(of: shape), .planeStrain, volumetric, linear, stress: [1600, 1600, 800, 0, 0, 400])
  // In axisymmetry a homogeneous strain is u = a r, w = b z.
  try expectExact(
    plate(of: shape, offset: 1), .axisymmetric, volumetric,
    { X in SIMD3(1e-3 * X.x, 2e-3 * X.y, 0) }, stress: [2400, 3200, 2400, 0, 0, 0])
  if volumetric == .standard {
    try expectExact(
      plate(of: shape), .planeStress, volumetric, linear,
      stress: [4000 / 3.0, 4000 / 3.0, 0, 0, 0, 400])
  }
}
