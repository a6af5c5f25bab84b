import Foundation
import Geometry
import Testing

@Test("hexahedra of a box are numbered x fastest")
func boxNumbering() throws {
  let mesh = try StructuredMesh.box(size: [2, 3, 4], divisions: (2, 3, 4), origin: [1, 0, 0])
  #expect(mesh.nodeCount == 60 && mesh.cellCount == 24)
  for (i, j, k) in [(0, 0, 0), (1, 2, 3), (2, 3, 4)] {
    #expect(
      mesh.points[i + 3 * (j + 4 * k)] == [1 + Double(i), Double(j), Double(k)])
  }
  #expect(Array(mesh.blocks[0].nodes(of: 1 + 2 * (2 + 3 * 3))) == [43, 44, 47, 46, 55, 56, 59, 58])
}

@Test("a box has its volume, closed sides and named corners", arguments: CellShape.allCases)
func boxes(shape: CellShape) throws {
  let mesh = try StructuredMesh.box(size: [2, 3, 0.5], divisions: (3, 2, 2), shape: shape)
  try mesh.validate()
  let solid = shape.dimension == 3
  #expect(mesh.dimension == shape.dimension)
  #expect(abs(measure(mesh) - (solid ? 3 : 6)) < 1e-13)
  #expect(norm(areaVector(mesh, mesh.boundaryFacets())) < 1e-13)
  let areas: [(String, SIMD3<Double>)] =
    solid
    ? [
      ("xmin", [-1.5, 0, 0]), ("xmax", [1.5, 0, 0]), ("ymin", [0, -1, 0]), ("ymax", [0, 1, 0]),
      ("zmin", [0, 0, -6]), ("zmax", [0, 0, 6]),
    ]
    : [("xmin", [-3, 0, 0]), ("xmax", [3, 0, 0]), ("ymin", [0, -2, 0]), ("ymax", [0, 2, 0])]
  for (name, area) in areas {
    let facets = try #require(mesh.facetSets[name])
    #expect(norm(areaVector(mesh, facets) - area) < 1e-13, "\(name)")
    #expect(Set(facets.flatMap { mesh.nodes(of: $0) }) == Set(mesh.nodeSets[name] ?? []))
  }
  #expect(mesh.nodeSets["all"]?.count == mesh.nodeCount)
  let corner = try #require(mesh.nodeSets[solid ? "xmax_ymin_zmax" : "xmax_ymin"])
  #expect(corner.map { mesh.points[$0] } == [solid ? [2, 0, 0.5] : [2, 0, 0]])
  #expect(mesh.nodeSets.keys.filter { $0.contains("_") }.count == (solid ? 8 : 4))
}

@Test("six tetrahedra fill a brick, and neighbours share whole faces")
func tetrahedra() throws {
  let mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (2, 3, 2), shape: .tet4)
  #expect(mesh.cellCount == 6 * 12)
  // Every brick face on the boundary gives two triangles; any misfit inside would add more.
  #expect(mesh.boundaryFacets().count == 2 * 2 * (6 + 6 + 4))
}

@Test(
  "a solid cylinder's volume converges to pi R^2 H with the square of the division",
  arguments: [CellShape.hex8, .tet4, .quad4, .tri3])
func solidCylinder(shape: CellShape) throws {
  let exact = shape.dimension == 3 ? 4 * .pi * 1.5 : 4 * Double.pi
  let errors = try [1, 2].map { n in
    let mesh = try StructuredMesh.cylinder(
      outerRadius: 2, height: 1.5, divisions: (2 * n, 16 * n, 2), shape: shape)
    try mesh.validate()
    #expect(norm(areaVector(mesh, mesh.boundaryFacets())) < 1e-12)
    return exact - measure(mesh)
  }
  #expect(errors[0] > 0 && abs(errors[0] / errors[1] - 4) < 0.1)
}

@Test(
  "quadratic cells put their mid nodes on the circle: the volume converges with the fourth power",
  arguments: [CellShape.hex20, .tet10, .quad8, .tri6], [0, 1.0])
func quadraticCylinder(shape: CellShape, inner: Double) throws {
  let exact = (4 - inner * inner) * .pi * (shape.dimension == 3 ? 1.5 : 1)
  let errors = try [1, 2].map { n in
    let mesh = try StructuredMesh.cylinder(
      innerRadius: inner, outerRadius: 2, height: 1.5, divisions: (2 * n, 16 * n, 1), shape: shape)
    try mesh.validate()
    for node in try #require(mesh.nodeSets["outer"]) {
      #expect(abs(hypot(mesh.points[node].x, mesh.points[node].y) - 2) < 1e-12)
    }
    return abs(exact - measure(mesh))
  }
  #expect(errors[0] / exact < 1e-4)
  #expect(errors[0] / errors[1] > 14)
}

@Test("halves and quarters of a tube have their symmetry planes", arguments: [1, 2, 4])
func tubeSectors(quarters: Int) throws {
  let mesh = try StructuredMesh.cylinder(
    innerRadius: 1, outerRadius: 2, height: 3, divisions: (2, 8, 4), quarters: quarters)
  try mesh.validate()
  let chord = 2 * sin(Double(quarters) * .pi / 32)
  for (name, radius) in [("inner", 1.0), ("outer", 2.0)] {
    let facets = try #require(mesh.facetSets[name])
    #expect(facets.count == 32)
    let areas = facets.map { norm(areaVector(mesh, [$0])) }
    #expect(abs(areas.reduce(0, +) - 8 * 3 * radius * chord) < 1e-9)
  }
  #expect((mesh.facetSets["ymin"] != nil) == (quarters < 4))
  #expect((mesh.facetSets["xmin"] != nil) == (quarters == 1))
  #expect(mesh.facetSets["ymin"]?.count == (quarters == 4 ? nil : quarters * 2 * 4))
  #expect(mesh.facetSets["zmin"]?.count == 16 && mesh.facetSets["zmax"]?.count == 16)
}

@Test("a plate with a hole has its volume, its sides and its hole", arguments: CellShape.allCases)
func plate(shape: CellShape) throws {
  let mesh = try StructuredMesh.plateWithHole(
    halfWidth: 10, halfHeight: 15, holeRadius: 2, halfThickness: 0.5,
    divisions: (8, 16, 2), grading: 6, shape: shape)
  try mesh.validate()
  let solid = shape.dimension == 3
  let segments = 16 * Double(shape.order)
  // Linear cells cut the quarter disc to its polygon; quadratic ones nearly fit it.
  let disc =
    shape.order == 1 ? segments * 2 * sin(.pi / 2 / segments) : .pi
  let exact = (150 - disc) * (solid ? 0.5 : 1)
  #expect(abs(measure(mesh) / exact - 1) < (shape.order == 1 ? 1e-13 : 1e-7))
  for name in ["xmin", "xmax", "ymin", "ymax", "hole"] + (solid ? ["zmin", "zmax"] : []) {
    #expect(mesh.facetSets[name]?.isEmpty == false, "\(name)")
  }
  #expect(abs(areaVector(mesh, mesh.facetSets["ymax"]!).y - (solid ? 5 : 10)) < 1e-12)
  #expect(abs(areaVector(mesh, mesh.facetSets["xmin"]!).x + 13 * (solid ? 0.5 : 1)) < 1e-12)
  let named = ["xmin", "xmax", "ymin", "ymax", "zmin", "zmax", "hole"]
  let all = named.flatMap { mesh.facetSets[$0] ?? [] }
  #expect(Set(all).count == all.count && all.count == mesh.boundaryFacets().count)
}

@Test(
  "half and whole plates with a hole have their volume, sides and right-handed cells",
  arguments: [2, 4])
func mirroredPlate(quarters: Int) throws {
  let mesh = try StructuredMesh.plateWithHole(
    halfWidth: 10, halfHeight: 15, holeRadius: 2, halfThickness: 0.5, divisions: (4, 4, 1),
    grading: 2, quarters: quarters, shape: .hex20)
  try mesh.validate()
  let q = Double(quarters)
  #expect(abs(measure(mesh) / (0.5 * q * (150 - .pi)) - 1) < 1e-4)
  #expect(abs(areaVector(mesh, mesh.facetSets["xmin"]!).x + 0.25 * q * 15) < 1e-12)
  #expect(abs(areaVector(mesh, mesh.facetSets["ymax"]!).y - 10) < 1e-12)
  let all = ["xmin", "xmax", "ymin", "ymax", "zmin", "zmax", "hole"]
    .flatMap { mesh.facetSets[$0] ?? [] }
  #expect(Set(all).count == all.count && all.count == mesh.boundaryFacets().count)
}

@Test("grading makes the cells at the hole the shortest")
func grading() throws {
  let mesh = try StructuredMesh.plateWithHole(
    halfWidth: 10, halfHeight: 10, holeRadius: 1, divisions: (5, 4, 1), grading: 16, shape: .quad4)
  let radii = mesh.nodeSets["ymin"]!.map { mesh.points[$0].x }.sorted()
  let steps = zip(radii, radii.dropFirst()).map { $1 - $0 }
  #expect(abs(steps.last! / steps.first! - 16) < 1e-10)
  #expect(abs(steps[1] / steps[0] - 2) < 1e-10)
}

@Test("Cook's membrane: a quadrilateral keeps the names of its sides")
func cook() throws {
  let mesh = try StructuredMesh.quadrilateral(
    corners: [[0, 0], [48, 44], [48, 60], [0, 44]], divisions: (8, 8))
  try mesh.validate()
  #expect(abs(measure(mesh) - 1440) < 1e-10)
  #expect(mesh.nodeSets["xmin"]!.allSatisfy { mesh.points[$0].x == 0 })
  #expect(areaVector(mesh, mesh.facetSets["xmax"]!) == [16, 0, 0])
  #expect(mesh.nodeSets["xmax_ymax"]!.map { mesh.points[$0] } == [[48, 60, 0]])
  #expect(mesh.nearestNode(to: [48, 52.1, 0]).map { mesh.points[$0] } == [48, 52, 0])
}

@Test("linear cells become quadratic with the same volume and grown sets")
func quadraticConversion() throws {
  for shape in [CellShape.hex8, .tet4, .quad4, .tri3] {
    let linear = try StructuredMesh.box(size: [2, 1, 1], divisions: (2, 2, 1), shape: shape)
    let direct = try StructuredMesh.box(
      size: [2, 1, 1], divisions: (2, 2, 1), shape: shape.quadratic)
    let mesh = linear.quadratic()
    try mesh.validate()
    #expect(mesh.points == direct.points && mesh.blocks == direct.blocks)
    #expect(mesh.nodeSets == direct.nodeSets && mesh.facetSets == direct.facetSets)
  }
}

@Test("perturbation moves inner nodes only, the same way for the same seed")
func perturbation() throws {
  for shape in CellShape.allCases {
    let mesh = try StructuredMesh.box(size: [1, 1, 1], divisions: (3, 3, 3), shape: shape)
    let moved = mesh.perturbed(by: 0.15, seed: 3)
    try moved.validate()
    #expect(moved == mesh.perturbed(by: 0.15, seed: 3))
    #expect(moved != mesh.perturbed(by: 0.15, seed: 4))
    #expect(abs(measure(moved) - 1) < 1e-12)
    let boundary = Set(mesh.boundaryFacets().flatMap { mesh.nodes(of: $0) })
    #expect(boundary.allSatisfy { moved.points[$0] == mesh.points[$0] })
    // Corner nodes come first; the middle of an edge between two fixed nodes stays too.
    let corners = shape.dimension == 3 ? 64 : 16
    let inner = (0..<corners).filter { !boundary.contains($0) }
    #expect(!inner.isEmpty && inner.allSatisfy { moved.points[$0] != mesh.points[$0] })
  }
}

@Test("impossible sizes and divisions are refused with the value and the remedy")
func badParameters() {
  func refused(_ part: String, _ make: () throws -> Mesh) {
    let error = #expect(throws: MeshError.self) { _ = try make() }
    #expect(error?.description.contains(part) == true, "\(String(describing: error))")
  }
  refused("size along y is 0.0 m") {
    try StructuredMesh.box(size: [1, 0, 1], divisions: (1, 1, 1))
  }
  refused("size along x is nan m") {
    try StructuredMesh.box(size: [.nan, 1, 1], divisions: (1, 1, 1))
  }
  refused("0 cells along z") { try StructuredMesh.box(size: [1, 1, 1], divisions: (1, 1, 0)) }
  refused("100 million") {
    try StructuredMesh.box(size: [1, 1, 1], divisions: (1 << 40, 1 << 40, 2))
  }
  refused("hex8") {
    try StructuredMesh.rectangle(size: [1, 1], divisions: (1, 1), shape: .hex8)
  }
  refused("at corner 0") {
    try StructuredMesh.quadrilateral(
      corners: [[0, 0], [0, 1], [1, 1], [1, 0]], divisions: (1, 1))
  }
  refused("innerRadius is 3.0 m") {
    try StructuredMesh.cylinder(innerRadius: 3, outerRadius: 2, divisions: (1, 8, 1))
  }
  refused("multiple of 8") { try StructuredMesh.cylinder(outerRadius: 2, divisions: (1, 12, 1)) }
  refused("holeRadius is 5.0 m") {
    try StructuredMesh.plateWithHole(
      halfWidth: 5, halfHeight: 9, holeRadius: 5, divisions: (2, 4, 1))
  }
  refused("even number") {
    try StructuredMesh.plateWithHole(
      halfWidth: 5, halfHeight: 9, holeRadius: 1, divisions: (2, 3, 1))
  }
}
