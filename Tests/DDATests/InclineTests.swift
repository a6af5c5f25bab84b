import Contact
import DDA
import Foundation
import Testing

let degree = Double.pi / 180

/// A unit block seated on a long fixed slope; gravity 9.81.
func incline(
  slope: Double, friction: Double, cohesion: Double = 0,
  scheme: TimeScheme = TimeScheme(spectralRadius: 0)
) throws -> DDADefinition {
  let a = slope * degree
  let (t, n) = (Point(cos(a), -sin(a)), Point(sin(a), cos(a)))
  func at(_ s: Double, _ h: Double) -> Point { s * t + h * n }
  let ground = try Polygon([at(-5, -2), at(200, -2), at(200, 0), at(-5, 0)])
  let block = try Polygon([at(0, 0), at(1, 0), at(1, 1), at(0, 1)])
  var d = DDADefinition(
    blocks: [BlockDefinition(ground, isFixed: true), BlockDefinition(block)],
    materials: [try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600)],
    joint: try CoulombJoint(friction: friction * degree, cohesion: cohesion))
  d.scheme = scheme
  return d
}

@Suite("A block on an incline")
struct InclineTests {
  @Test(
    "slides with g (sin A − cos A tan φ) to 1e-6 once seated",
    arguments: [(28.0, 22.0), (30, 10), (45, 30), (22.6, 22)])
  func slides(slope: Double, friction: Double) throws {
    var solver = try DDASolver(try incline(slope: slope, friction: friction))
    let seat = solver.run(to: 0.5, dt: 0.01)
    let before = solver.velocity(1).centre.length
    let records = seat + solver.run(to: 1.5, dt: 0.01)
    let a = solver.velocity(1).centre.length - before
    let exact = 9.81 * (sin(slope * degree) - cos(slope * degree) * tan(friction * degree))
    #expect(abs(a / exact - 1) < 1e-6)
    #expect(records.allSatisfy { $0.converged })
  }

  @Test(
    "the classical scheme slides the same way, on average", arguments: [(28.0, 22.0), (45, 30)])
  func classical(slope: Double, friction: Double) throws {
    var solver = try DDASolver(
      try incline(slope: slope, friction: friction, scheme: .classical))
    solver.run(to: 0.5, dt: 0.01)
    let (x0, v0) = (solver.pose(1).centre, solver.velocity(1).centre)
    solver.run(to: 2.5, dt: 0.01)
    let a = (solver.pose(1).centre - x0 - 2 * v0).length / 2
    let exact = 9.81 * (sin(slope * degree) - cos(slope * degree) * tan(friction * degree))
    #expect(abs(a / exact - 1) < 1e-4)
  }

  @Test(
    "steeper friction than slope: seated, it does not move in 10 s",
    arguments: [(20.0, 30.0), (30, 30.01)])
  func sticks(slope: Double, friction: Double) throws {
    var solver = try DDASolver(try incline(slope: slope, friction: friction))
    solver.run(to: 1, dt: 0.01)
    let start = solver.pose(1).centre
    solver.run(to: 11, dt: 0.01)
    let drift = (solver.pose(1).centre - start).length
    #expect(drift < 1e-15)
  }

  @Test("cohesion holds to its limit and lets go beyond")
  func cohesion() throws {
    let need = 2600 * 9.81 * (sin(40 * degree) - cos(40 * degree) * tan(20 * degree))
    for (share, holds) in [(1.001, true), (0.999, false)] {
      var d = try incline(slope: 40, friction: 20, cohesion: share * need)
      // Without inertia: a load that appears at once would swing beyond its static value.
      d.dynamicFactor = 0
      var solver = try DDASolver(d)
      solver.run(to: 1, dt: 0.05)
      #expect(solver.contactReports.allSatisfy { ($0.state == .locked) == holds })
    }
  }

  @Test("shaken slope, φ = 30°, 2 sin t + 3 sin 2t: slip at 2, 4, 6, 8, 10 s within 0.5 %")
  func shaken() throws {
    var d = try incline(slope: 20, friction: 30)
    d.baseAcceleration.x = .harmonic([
      .init(amplitude: -2, frequency: 1), .init(amplitude: -3, frequency: 2),
    ])
    var solver = try DDASolver(d)
    let start = solver.pose(1).centre
    // Newmark's sliding block, integrated finely.
    for (t, s) in [(2.0, 3.0186), (4, 3.8321), (6, 3.8321), (8, 6.1159), (10, 7.6643)] {
      solver.run(to: t, dt: 0.01)
      let slip = (solver.pose(1).centre - start).length
      #expect(abs(slip / s - 1) < 0.005)
    }
  }
}

@Suite("Free blocks")
struct FreeBlockTests {
  static func single(_ polygon: Polygon, scheme: TimeScheme = .classical) throws -> DDADefinition {
    var d = DDADefinition(
      blocks: [BlockDefinition(polygon)],
      materials: [try BlockMaterial(young: 1e9, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 0.5))
    d.scheme = scheme
    return d
  }

  @Test("free fall and a thrown block are exact to rounding in every scheme")
  func falls() throws {
    for scheme in [
      TimeScheme.classical, .trapezoidal, TimeScheme(spectralRadius: 0),
      TimeScheme(spectralRadius: 0.8),
    ] {
      var d = try FreeBlockTests.single(
        try Polygon([Point(0, 0), Point(2, 0), Point(2, 1), Point(0, 1)]), scheme: scheme)
      d.blocks[0].velocity = Point(10, 12)
      var solver = try DDASolver(d)
      let start = solver.pose(0).centre
      solver.run(to: 1.5, dt: 0.01)
      let exact = start + Point(10, 12) * 1.5 + 0.5 * d.gravity * 1.5 * 1.5
      #expect((solver.pose(0).centre - exact).length < 1e-11)
    }
  }

  @Test("a hundred turns change no area; spin and stress stay")
  func spins() throws {
    var d = try FreeBlockTests.single(
      try Polygon([Point(0, 0), Point(2, 0), Point(2.5, 1), Point(0, 1.5)]))
    d.gravity = Point()
    d.blocks[0].spin = 2 * .pi
    var solver = try DDASolver(d)
    let area = solver.area(0)
    solver.run(to: 100, dt: 0.05)
    #expect(abs(solver.pose(0).angle / (200 * .pi) - 1) < 1e-12)
    #expect(abs(solver.area(0) / area - 1) < 1e-10)
    #expect(abs(solver.velocity(0).spin / (2 * .pi) - 1) < 1e-12)
  }

  @Test("a pulled block stretches by PL/EA, and narrows by Poisson's ratio, to rounding")
  func pulled() throws {
    var d = try FreeBlockTests.single(
      try Polygon([Point(0, 0), Point(4, 0), Point(4, 1), Point(0, 1)]),
      scheme: TimeScheme(spectralRadius: 0))
    d.gravity = Point()
    d.dynamicFactor = 0
    let P = 1e6
    d.loads = [
      PointLoad(block: 0, point: Point(4, 0.5), force: Point(P, 0)),
      PointLoad(block: 0, point: Point(0, 0.5), force: Point(-P, 0)),
    ]
    var solver = try DDASolver(d)
    solver.run(to: 10, dt: 0.1)
    let c = solver.outline(0)
    #expect(abs((c[1].x - c[0].x - 4) / (P * 4 / 1e9) - 1) < 1e-12)
    #expect(abs((c[3].y - c[0].y - 1) / (-0.2 * P / 1e9) - 1) < 1e-12)
    #expect(abs(solver.stress(0)[0] / P - 1) < 1e-12)
  }
}

@Suite("A block on a spring")
struct OscillatorTests {
  /// Damping ratio and period from the free decay of a mass on a spring.
  private func decay(_ wdt: Double, _ scheme: TimeScheme, steps: Int) throws -> [Double] {
    var solver = try oscillator(wdt, scheme)
    var x = [solver.pose(0).centre.x]
    for _ in 0..<steps {
      _ = solver.step(0.01)
      x.append(solver.pose(0).centre.x)
    }
    return x
  }

  private func oscillator(_ wdt: Double, _ scheme: TimeScheme) throws -> DDASolver {
    var d = try FreeBlockTests.single(
      try Polygon([Point(-0.5, -0.5), Point(0.5, -0.5), Point(0.5, 0.5), Point(-0.5, 0.5)]),
      scheme: scheme)
    d.gravity = Point()
    let dt = 0.01
    let k = 2000 * (wdt / dt) * (wdt / dt)
    d.bolts = [
      Bolt(block: 0, point: Point(), other: nil, otherPoint: Point(2, 0), stiffness: k)
    ]
    d.blocks[0].velocity = Point(0.01, 0)
    return try DDASolver(d)
  }

  @Test(
    "Shi's scheme damps and delays as its theory says, to three digits",
    arguments: [
      (0.01, 0.0025, 0.001), (0.05, 0.0125, 0.029), (0.1, 0.0250, 0.114), (0.2, 0.0497, 0.455),
      (0.5, 0.121, 2.73), (1, 0.222, 9.68), (2, 0.350, 27.3),
    ])
  func damping(wdt: Double, ratio: Double, period: Double) throws {
    let x = try decay(wdt, .classical, steps: 60)
    // The recurrence x₊ = 2a x − b x₋ has the roots e^(−ζω ± iω_d) of the decay.
    let (p, q, r, s) = (x[10], x[11], x[12], x[13])
    let det = q * q - p * r
    let twoA = (q * r - p * s) / det
    let b = (r * r - q * s) / det
    let zeta0 = -0.5 * log(b)
    let angle = acos(0.5 * twoA / b.squareRoot())
    #expect(abs(zeta0 / angle - ratio) < 0.0006)
    #expect(abs((wdt / angle - 1) * 100 - period) < 0.005 * max(period, 0.1))
  }

  @Test("β = ¼, γ = ½ keeps the energy of a free oscillator to 1e-10 over 10⁴ steps")
  func conserves() throws {
    var solver = try oscillator(0.3, .trapezoidal)
    let start = solver.energy.stored
    for _ in 0..<10_000 { _ = solver.step(0.01) }
    #expect(abs(solver.energy.stored / start - 1) < 1e-10)
    #expect(abs(solver.energy.algorithmic) < 1e-10 * start)
  }
}
