import Coupling
import Testing

@Suite("Mortar maps")
struct MortarTests {
  @Test(
    "a uniform traction stays one: consistent forces map to consistent forces",
    arguments: InterfacePair.flat)
  func tractionPatch(pair: InterfacePair) throws {
    let transfer = try Transfer(.mortar, from: pair.source, to: pair.target)
    let d = pair.dimension
    let traction = [3.0, -2, 5]
    func forces(_ mesh: InterfaceMesh) -> [Double] {
      mesh.areas.flatMap { area in traction.prefix(d).map { area * $0 } }
    }
    let got = transfer.conservative(forces(pair.target), width: d)
    #expect(largestDifference(got, forces(pair.source)) < 1e-12)
  }

  @Test(
    "integrals against the target's functions are kept on bent interfaces",
    arguments: InterfacePair.curved)
  func integrals(pair: InterfacePair) throws {
    let transfer = try Transfer(.mortar, from: pair.source, to: pair.target)
    let field: [(SIMD3<Double>) -> Double] = [{ 1 + $0.x * $0.x + $0.y }]
    let out = transfer.consistent(pair.source.sample(field), width: 1)
    let (here, there) = (
      zip(pair.source.areas, pair.source.sample(field)).reduce(0) { $0 + $1.0 * $1.1 },
      zip(pair.target.areas, out).reduce(0) { $0 + $1.0 * $1.1 }
    )
    // Both are integrals of the field to the order of the facets' sagitta.
    #expect(abs(here / there - 1) < 0.01)
  }

  @Test("normals may point against each other")
  func opposite() throws {
    let pair = InterfacePair.flat[3]
    var turned = pair.target
    turned.cells = turned.cells.map { $0.reversed() }
    let (a, b) = (
      try Transfer(.mortar, from: pair.source, to: pair.target),
      try Transfer(.mortar, from: pair.source, to: turned)
    )
    let values = randomValues(pair.source.points.count)
    #expect(
      largestDifference(a.consistent(values, width: 1), b.consistent(values, width: 1)) < 1e-13)
  }

  @Test("the far side of a thin plate is not the partner")
  func thinPlate() throws {
    // Both faces of a plate that is a tenth of a facet thick, as one interface.
    func plate(_ name: String, _ n: Int) -> InterfaceMesh {
      let top = InterfaceMesh.patch(name: name, columns: n, rows: n) { [$0, $1, 0.02] }
      let under = InterfaceMesh.patch(name: name, columns: n, rows: n) { [$0, $1, 0] }
      let shift = Int32(top.points.count)
      return InterfaceMesh(
        name: name, dimension: 3, points: top.points + under.points,
        cells: top.cells + under.cells.map { $0.reversed().map { $0 + shift } })
    }
    let (source, target) = (plate("source", 4), plate("target", 6))
    let transfer = try Transfer(.mortar, from: source, to: target)
    let values = source.sample([{ $0.z > 0.01 ? 1 : -1 }])
    #expect(transfer.consistent(values, width: 1) == target.sample([{ $0.z > 0.01 ? 1 : -1 }]))
  }

  @Test("a part-covered border facet neither fails nor extrapolates far")
  func border() throws {
    let source = InterfaceMesh.line(name: "source", segments: 10)
    for end in [0.55, 0.8, 0.96, 1.001, 1.04, 1.3, 1.7] {
      let target = InterfaceMesh.line(name: "target", segments: 7) { [end * $0, 0, 0] }
      let transfer = try Transfer(.mortar, from: source, to: target)
      let out = transfer.consistent(source.sample([{ $0.x }]), width: 1)
      for (t, value) in out.enumerated() {
        #expect(value > -0.01 && value < 1.1)
        if target.points[t].x < 1 - end / 7 - 1e-9 {
          #expect(abs(value - target.points[t].x) < 1e-12)
        }
      }
    }
  }

  @Test(
    "general quadrilaterals keep linear functions, and a traction to the accuracy of the quadrature"
  )
  func distorted() throws {
    let pair = InterfacePair.patches("distorted", 4, 6) { u, v in
      [u + 0.2 * v * v * u * (1 - u), v + 0.2 * u * v * (1 - v), 0]
    }
    let transfer = try Transfer(.mortar, from: pair.source, to: pair.target)
    let linear: [(SIMD3<Double>) -> Double] = [{ 1 + $0.x - 2 * $0.y }]
    let got = transfer.consistent(pair.source.sample(linear), width: 1)
    #expect(largestDifference(got, pair.target.sample(linear)) < 1e-12)
    let areas = transfer.conservative(pair.target.areas, width: 1)
    #expect(largestDifference(areas, pair.source.areas) < 1e-8)
  }

  @Test("rows are sparse")
  func sparsity() throws {
    let pair = InterfacePair.patches("patches", 40, 60)
    let transfer = try Transfer(.mortar, from: pair.source, to: pair.target)
    #expect(transfer.report.entryCount < 20 * pair.target.points.count)
  }
}
