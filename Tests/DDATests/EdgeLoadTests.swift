import Contact
import DDA
import Foundation
import Testing

@Suite("Tractions along edges")
struct EdgeLoadTests {
  private func free(_ polygon: Polygon, _ order: BlockOrder = .first) throws -> DDADefinition {
    var d = try FreeBlockTests.single(polygon)
    (d.gravity, d.order) = (Point(), order)
    return d
  }

  @Test("a linear traction has its resultant and moment, in blocks of either order")
  func resultant() throws {
    let outline = try Polygon([Point(1, 2), Point(5, 1), Point(6, 4), Point(2, 5)])
    for order in BlockOrder.allCases {
      var d = try free(outline, order)
      d.thickness = 0.7
      let (a, b) = (Point(1, 2), Point(5, 1))
      let (start, end) = (a + 0.25 * (b - a), a + 0.75 * (b - a))
      let (p, q) = (Point(3e3, -2e3), Point(-1e3, 5e3))
      d.edgeLoads = [EdgeLoad(block: 0, from: start, to: end, traction: p, tractionAtEnd: q)]
      var solver = try DDASolver(d)
      let (centre, m) = (outline.centroid, solver.mass(0))
      _ = solver.step(0.01)
      let l = 0.7 * (end - start).length
      let force = 0.5 * l * (p + q)
      // ∫ x × q ds with both linear: Simpson's rule is exact.
      let middle = 0.5 * (start + end) - centre
      let moment =
        l / 6
        * ((start - centre).cross(p) + 4 * middle.cross(0.5 * (p + q)) + (end - centre).cross(q))
      let inertia = 2000 * 0.7 * Polygon.polar(outline)
      let v = solver.velocity(0)
      #expect((m / 0.01 * v.centre - force).length < 1e-11 * force.length)
      #expect(abs(inertia / 0.01 * v.spin - moment) < 1e-10 * abs(moment))
    }
  }

  @Test("pulled evenly on all edges by a state of stress, a block has that stress to rounding")
  func uniform() throws {
    let plain = try box(0, 0, 3, 2)
    let odd = try Polygon([Point(0, 0), Point(4, 1), Point(5, 4), Point(2, 6), Point(-1, 3)])
    // Axes turn by about the strain where a block is odd or sheared: there the stress is small.
    for (outline, s, order) in [
      (plain, [3e5, -1e5, 0], BlockOrder.first), (plain, [3e5, -1e5, 0], .second),
      (odd, [3, -1, 2], .first), (odd, [3, -1, 2], .second),
    ] {
      var d = try free(outline, order)
      d.scheme = TimeScheme(spectralRadius: 0)
      d.dynamicFactor = 0
      let v = outline.vertices
      for e in v.indices {
        let (from, to) = (v[e], v[(e + 1) % v.count])
        let t = (to - from) / (to - from).length
        let n = Point(t.y, -t.x)
        d.edgeLoads.append(
          EdgeLoad(
            block: 0, from: from, to: to,
            traction: Point(s[0] * n.x + s[2] * n.y, s[2] * n.x + s[1] * n.y)))
      }
      var solver = try DDASolver(d)
      solver.run(to: 20, dt: 0.1)
      for i in 0..<3 { #expect(abs(solver.stress(0)[i] - s[i]) < 1e-9 * s[0]) }
      // What came in is elastic energy, or was dissipated by the march to rest.
      let e = solver.energy
      #expect(e.strain > 0 && e.external > e.strain)
      #expect(abs(e.total) < 1e-12 * e.external)
    }
  }

  @Test("a traction by edge and normal turns with its block; one in space does not")
  func turns() throws {
    let outline = try box(-1, -1, 2, 2)
    let spin = 0.5 * .pi
    for axes in [EdgeLoad.Axes.edge, .space] {
      var d = try free(outline)
      d.blocks[0].spin = spin
      // Pressed from the left: through the centroid, so that the spin stays.
      d.edgeLoads = [
        EdgeLoad(
          block: 0, from: Point(-1, 1), to: Point(-1, -1),
          traction: axes == .edge ? Point(0, -1e3) : Point(1e3, 0), axes: axes)
      ]
      var solver = try DDASolver(d)
      solver.run(to: 1, dt: 0.001)
      let v = solver.velocity(0).centre
      let a = 2e3 / solver.mass(0)
      if axes == .edge {
        // ∫ a (cos ωt, sin ωt) dt over a quarter turn; the direction is that of the step's
        // beginning.
        let exact = a / spin * Point(1, 1)
        #expect((v - exact).length < 2e-3 * exact.length)
        #expect(abs(solver.velocity(0).spin / spin - 1) < 1e-3)
      } else {
        #expect((v - Point(a, 0)).length < 1e-10 * a)
      }
    }
  }

  @Test("follows its history, and the account of energy closes")
  func history() throws {
    var d = try free(try box(0, 0, 2, 1))
    d.edgeLoads = [
      EdgeLoad(
        block: 0, from: Point(0, 1), to: Point(0, 0), traction: Point(1e4, 0),
        history: .table(times: [0, 0.5, 1], values: [0, 1, 0]))
    ]
    var solver = try DDASolver(d)
    solver.run(to: 2, dt: 0.01)
    // Impulse: half of 1e4 N s; mass 4000 kg.
    #expect(abs(solver.velocity(0).centre.x - 1.25) < 1e-4)
    #expect(abs(solver.energy.total) < 1e-10 * solver.energy.external)
  }

  @Test("what is no edge load is refused")
  func refused() throws {
    func says(_ word: String, _ load: EdgeLoad) throws {
      var d = try free(try box(0, 0, 2, 1))
      d.edgeLoads = [load]
      do {
        _ = try DDASolver(d)
        Issue.record("\(word): accepted")
      } catch {
        #expect(error.description.contains(word), "\(error)")
      }
    }
    let q = Point(1, 0)
    try says("block 3", EdgeLoad(block: 3, from: Point(0, 0), to: Point(2, 0), traction: q))
    try says(
      "does not lie on an edge", EdgeLoad(block: 0, from: Point(0, 0), to: Point(2, 1), traction: q)
    )
    try says(
      "does not lie on an edge", EdgeLoad(block: 0, from: Point(1, 0), to: Point(1, 0), traction: q)
    )
    try says(
      "not a number",
      EdgeLoad(block: 0, from: Point(0, 0), to: Point(2, 0), traction: Point(.nan, 0)))
    try says(
      "history",
      EdgeLoad(
        block: 0, from: Point(0, 0), to: Point(2, 0), traction: q,
        history: .table(times: [1, 0], values: [0, 0])))
  }
}

extension Polygon {
  /// ∫ r² dA about the centroid, m⁴, from triangles.
  static func polar(_ p: Polygon) -> Double {
    let c = p.centroid
    var sum = 0.0
    for i in p.vertices.indices {
      let (a, b) = (p.vertices[i] - c, p.vertices[(i + 1) % p.vertices.count] - c)
      sum += a.cross(b) / 12 * (a.dot(a) + a.dot(b) + b.dot(b))
    }
    return sum
  }
}
