import Contact
import DDA
import Foundation
import Testing

@Suite("Blocks of second order")
struct SecondOrderTests {
  @Test("a cantilever under an end moment bends exactly, in plane stress and plane strain")
  func bending() throws {
    let (L, h, nu, kappa) = (8.0, 1.0, 0.3, 1e-9)
    for plane in PlaneState.allCases {
      var d = try FreeBlockTests.single(
        try box(0, 0, L, h), scheme: TimeScheme(spectralRadius: 0))
      (d.order, d.plane, d.gravity, d.dynamicFactor) = (.second, plane, Point(), 0)
      d.materials[0] = try BlockMaterial(young: 1e9, poisson: nu, density: 2000)
      let stiffness = plane == .stress ? 1e9 : 1e9 / (1 - nu * nu)
      let ratio = plane == .stress ? nu : nu / (1 - nu)
      // σ = E κ (y − h/2) on the end.
      let s = 0.5 * stiffness * kappa * h
      d.edgeLoads = [
        EdgeLoad(
          block: 0, from: Point(L, 0), to: Point(L, h), traction: Point(-s, 0),
          tractionAtEnd: Point(s, 0))
      ]
      d.held = [
        HeldPoint(block: 0, point: Point(0, 0), direction: Point(1, 0)),
        HeldPoint(block: 0, point: Point(0, h), direction: Point(1, 0)),
        HeldPoint(block: 0, point: Point(0, h / 2), direction: Point(0, 1)),
      ]
      var solver = try DDASolver(d)
      let records = solver.run(to: 200, dt: 10)
      #expect(records.allSatisfy { $0.converged })
      // u = κ x y, v = −κ (x² + ν y²)/2 about the axis.
      for p in [Point(L, 0), Point(L, h), Point(L / 2, h / 2), Point(L, h / 2), Point(3, 0.2)] {
        let (x, y) = (p.x, p.y - h / 2)
        let exact = kappa * Point(x * y, -0.5 * (x * x + ratio * y * y))
        let found = solver.position(0, of: p) - p
        #expect((found - exact).length < 1e-6 * exact.length)
      }
      #expect(solver.stress(0).allSatisfy { abs($0) < 1e-6 * s })
    }
  }

  @Test("free fall and a thrown block are exact in every scheme")
  func falls() throws {
    for scheme in [
      TimeScheme.classical, .trapezoidal, TimeScheme(spectralRadius: 0),
      TimeScheme(spectralRadius: 0.8),
    ] {
      var d = try FreeBlockTests.single(
        try Polygon([Point(0, 0), Point(2, 0), Point(2.5, 1), Point(0, 1.5)]), scheme: scheme)
      d.order = .second
      d.blocks[0].velocity = Point(10, 12)
      var solver = try DDASolver(d)
      let start = solver.pose(0).centre
      solver.run(to: 1.5, dt: 0.01)
      let exact = start + Point(10, 12) * 1.5 + 0.5 * d.gravity * 1.5 * 1.5
      #expect((solver.pose(0).centre - exact).length < 1e-11)
    }
  }

  @Test("a hundred turns change no area, by Shi's scheme and by generalised-α")
  func spins() throws {
    for scheme in [TimeScheme.classical, TimeScheme(spectralRadius: 0.5)] {
      var d = try FreeBlockTests.single(
        try Polygon([Point(0, 0), Point(2, 0), Point(2.5, 1), Point(0, 1.5)]), scheme: scheme)
      (d.order, d.gravity) = (.second, Point())
      d.blocks[0].spin = 2 * .pi
      var solver = try DDASolver(d)
      let area = solver.area(0)
      solver.run(to: 100, dt: 0.05)
      #expect(abs(solver.pose(0).angle / (200 * .pi) - 1) < 1e-12)
      #expect(abs(solver.area(0) / area - 1) < 1e-10)
    }
  }

  @Test("pulled evenly it stretches by PL/EA; struck, it rings and keeps its energy (β = ¼)")
  func pulled() throws {
    var d = try FreeBlockTests.single(
      try box(0, 0, 4, 1), scheme: TimeScheme(spectralRadius: 0))
    (d.order, d.gravity, d.dynamicFactor) = (.second, Point(), 0)
    d.edgeLoads = [
      EdgeLoad(block: 0, from: Point(4, 0), to: Point(4, 1), traction: Point(1e6, 0)),
      EdgeLoad(block: 0, from: Point(0, 0), to: Point(0, 1), traction: Point(-1e6, 0)),
    ]
    var solver = try DDASolver(d)
    solver.run(to: 10, dt: 0.1)
    let c = solver.outline(0)
    #expect(abs((c[1].x - c[0].x - 4) / 4e-3 - 1) < 1e-12)
    #expect(abs((c[3].y - c[0].y - 1) / -2e-4 - 1) < 1e-12)
    // Let go, it swings between pull and push for ever.
    (d.edgeLoads, d.dynamicFactor, d.scheme) = ([], 1, .trapezoidal)
    var free = try DDASolver(d)
    free.restore(solver.checkpoint)
    let start = free.energy.strain
    var least = start
    for _ in 0..<2000 {
      _ = free.step(1e-4)
      least = min(least, free.energy.strain)
      #expect(abs(free.energy.stored / start - 1) < 1e-2)
    }
    #expect(least < 0.5 * start)
  }
}
