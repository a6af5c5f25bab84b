import Coupling
import Geometry
import Glibc
import Testing

@Suite("Interface meshes")
struct InterfaceMeshTests {
  @Test("areas add up to that of the surface, and balance about its middle")
  func areas() {
    for mesh in InterfacePair.flat.map(\.source) {
      let areas = mesh.areas
      #expect(areas.allSatisfy { $0 > 0 })
      let total = areas.reduce(0, +)
      #expect(abs(total / Self.area(mesh) - 1) < 1e-14)
    }
    #expect(InterfaceMesh(name: "cloud", dimension: 3, points: [.zero, .one]).areas == [1, 1])
  }

  private static func area(_ mesh: InterfaceMesh) -> Double {
    mesh.cells.reduce(0) { sum, cell in
      let x = cell.map { mesh.points[Int($0)] }
      if mesh.dimension == 2 { return sum + ((x[1] - x[0]) * (x[1] - x[0])).sum().squareRoot() }
      let (a, b) = (x[1] - x[0], x[x.count - 1] - x[0])
      let n = SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
      return sum + (n * n).sum().squareRoot() * (x.count == 3 ? 0.5 : 1)
    }
  }

  @Test("shares of quadratic facets are those of the theory")
  func quadraticAreas() {
    let line = InterfaceMesh(
      name: "line", dimension: 2, points: [[0, 0, 0], [3, 0, 0], [1.5, 0, 0]], cells: [[0, 1, 2]])
    #expect(largestDifference(line.areas, [0.5, 0.5, 2]) < 1e-14)
    let triangle = InterfaceMesh(
      name: "triangle", dimension: 3,
      points: [[0, 0, 0], [2, 0, 0], [0, 3, 0], [1, 0, 0], [1, 1.5, 0], [0, 1.5, 0]],
      cells: [[0, 1, 2, 3, 4, 5]])
    #expect(largestDifference(triangle.areas, [0, 0, 0, 1, 1, 1]) < 1e-14)
    let patch = QuadraticPatch.patch(1) { [2 * $0, 3 * $1, 0] }
    #expect(largestDifference(patch.areas, [-0.5, -0.5, -0.5, -0.5, 2, 2, 2, 2]) < 1e-14)
  }

  @Test("quadratic functions arrive exactly from flat quadratic facets")
  func quadraticFunctions() throws {
    let triangle = InterfaceMesh(
      name: "triangle", dimension: 3,
      points: [[0, 0, 0], [2, 0, 0], [0, 3, 0], [1, 0, 0], [1, 1.5, 0], [0, 1.5, 0]],
      cells: [[0, 1, 2, 3, 4, 5]])
    let line = InterfaceMesh(
      name: "line", dimension: 2, points: [[0, 0, 0], [2, 1, 0], [1, 0.5, 0]], cells: [[0, 1, 2]])
    let field: [(SIMD3<Double>) -> Double] = [{ 1 + $0.x * $0.x - 3 * $0.x * $0.y + $0.y }]
    func check(_ source: InterfaceMesh, _ place: (Double, Double) -> SIMD3<Double>) throws {
      var target = InterfaceMesh.patch(name: "target", columns: 7, rows: 5, place: place)
      target.dimension = source.dimension
      target.cells = []
      let transfer = try Transfer(.nearestProjection, from: source, to: target, gapTolerance: 2)
      let got = transfer.consistent(source.sample(field), width: 1)
      #expect(largestDifference(got, target.sample(field)) < 1e-12)
    }
    try check(QuadraticPatch.patch(3) { [2 * $0, 3 * $1, 0] }) { [2 * $0, 3 * $1, 0] }
    try check(triangle) { u, v in [2 * u * (1 - v), 3 * v * (1 - u) * (1 - u), 0] }
    try check(line) { u, _ in [2 * u, u, 0] }
  }

  @Test("simplices keep points and area")
  func simplices() {
    let mesh = QuadraticPatch.patch(3) { [$0, $1, 0] }
    #expect(mesh.simplices.points == mesh.points)
    #expect(mesh.simplices.cells.count == 6 * mesh.cells.count)
    #expect(abs(mesh.simplices.areas.reduce(0, +) - 1) < 1e-14)
  }

  @Test("the border of a body is its facets with their points renumbered")
  func border() throws {
    let body = try StructuredMesh.box(size: [3, 2, 2], divisions: (3, 2, 2))
    let (top, nodes) = InterfaceMesh.border(
      of: body, facets: body.facetSets["zmax"] ?? [], name: "top")
    #expect(top.points.count == 12 && top.cells.count == 6)
    #expect(zip(nodes, top.points).allSatisfy { body.points[$0] == $1 && $1.z == 2 })
    #expect(abs(top.areas.reduce(0, +) - 6) < 1e-14)
  }
}
