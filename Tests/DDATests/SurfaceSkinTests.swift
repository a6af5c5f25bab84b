import Contact
import DDA
import Foundation
import Testing

@Suite("A skin of guided blocks over a body")
struct SurfaceSkinTests {
  /// A block of 1 × 1 m at rest on a skin along x whose points are `spacing` apart from −2 on, one of them at `joint`;
  /// gravity as on a slope.
  private func slope(
    _ angle: Double, friction: Double, joint: Double, spacing: Double = 1, tolerance: Double = 1e-9,
    density: Double = 26, young: Double = 5e6
  ) throws -> (DDADefinition, SurfaceSkin) {
    var d = DDADefinition(
      blocks: [BlockDefinition(try box(0, 0, 1, 1))],
      materials: [
        try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600),
        try BlockMaterial(young: young, poisson: 0.25, density: density),
      ],
      joint: try CoulombJoint(friction: friction * degree))
    d.gravity = 9.81 * Point(sin(angle * degree), -cos(angle * degree))
    d.enforcement = .augmentedLagrangian(tolerance: tolerance)
    let first = joint - spacing * ((joint + 2) / spacing).rounded(.up)
    let points = (0...Int((14 / spacing).rounded(.up))).map {
      Point(first + spacing * Double($0), 0)
    }
    let skin = try SurfaceSkin(
      along: points, outside: .left, thickness: 0.1, material: 1, to: &d)
    return (d, skin)
  }

  private func acceleration(_ gravity: Point, _ friction: Double) -> Double {
    gravity.x + gravity.y * tan(friction * degree)
  }

  @Test(
    "does not catch: g (sin A − cos A tan φ) over every joint, to 1e-6",
    arguments: [(30.0, 10.0), (65, 20), (12, 8)], [0.37, 1, 1.05, 1.6])
  func slides(slope: (angle: Double, friction: Double), joint: Double) throws {
    for (tolerance, spacing) in [
      (1e-9, 1.0), (1e-4, 1), (1e-9, 0.3), (1e-7, 0.3), (1e-8, 0.12),
    ] {
      let (d, _) = try self.slope(
        slope.angle, friction: slope.friction, joint: joint, spacing: spacing, tolerance: tolerance)
      var solver = try DDASolver(d)
      let seat = solver.run(to: 0.3, dt: 0.01)
      let before = solver.velocity(0).centre.x
      let records = seat + solver.run(to: 1.3, dt: 0.01)
      let exact = acceleration(d.gravity, slope.friction)
      #expect(records.allSatisfy { $0.converged })
      let error = abs((solver.velocity(0).centre.x - before) / exact - 1)
      #expect(error < max(1e-6, 20 * tolerance))
    }
  }

  @Test(
    "moved rigidly it carries a block as a fixed incline does in its moving frame, to 1e-6",
    arguments: [Point(1.5, 0), Point(0, -3), Point(-1, 2)])
  func moves(a: Point) throws {
    for (spacing, tolerance) in [
      (1.0, 1e-9), (0.3, 1e-9), (0.12, 1e-8), (0.3, 1e-6), (0.3, 1e-4),
    ] {
      let (d, skin) = try slope(
        30, friction: 10, joint: 1.05, spacing: spacing, tolerance: tolerance)
      var solver = try DDASolver(d)
      var (before, cuts) = (Point(), 0)
      for n in 1...130 {
        let t = 0.01 * Double(n)
        let u = Array(repeating: 0.5 * t * t * a, count: skin.points.count)
        try solver.guide(skin, to: u, at: t)
        let records = solver.run(to: t, dt: 0.01)
        #expect(records.allSatisfy { $0.converged })
        cuts += records.count - 1
        if n == 30 { before = solver.velocity(0).centre }
      }
      let exact = acceleration(d.gravity - a, 10)
      let gain = solver.velocity(0).centre - before - a
      // Overlap that a tolerance permits may turn the block, and the plane it slides on, by as much.
      #expect(abs(gain.x / exact - 1) < max(1e-6, 20 * tolerance))
      #expect(abs(gain.y) < max(1e-6, 200 * tolerance))
      #expect(cuts == 0)
    }
  }

  /// Way along the skin of a block after 0.8 s on a skin that turns by θ = t³/2 rad about a point.
  private func tilted(spacing: Double, dt: Double) throws -> Double {
    let (d, skin) = try slope(0, friction: 0, joint: 1.05, spacing: spacing)
    var solver = try DDASolver(d)
    let pivot = Point(0.5, 0)
    func turned(_ p: Point, _ t: Double) -> Point {
      let (c, s) = (cos(0.5 * t * t * t), -sin(0.5 * t * t * t))
      let q = p - pivot
      return pivot + Point(c * q.x - s * q.y, s * q.x + c * q.y)
    }
    for n in 1...Int((0.8 / dt).rounded()) {
      let t = dt * Double(n)
      try solver.guide(skin, to: skin.points.map { turned($0, t) - $0 }, at: t)
      let records = solver.run(to: t, dt: dt)
      #expect(records.allSatisfy { $0.converged && $0.cutBacks == 0 })
    }
    #expect(abs(solver.pose(0).angle + 0.256) < 1e-6)
    return (solver.pose(0).centre - pivot).dot(Point(cos(0.256), -sin(0.256)))
  }

  @Test(
    "tilted faster and faster, its joints do not matter; a smooth block goes s'' = w² s − h w' + g sin θ"
  )
  func tilts() throws {
    let (cut, whole) = (try tilted(spacing: 0.3, dt: 0.01), try tilted(spacing: 20, dt: 0.01))
    let fine = try tilted(spacing: 0.3, dt: 0.0025)
    // h = 0.5 is the height of the centroid; w = 3 t²/2.
    var (s, v, t) = (0.0, 0.0, 0.0)
    let step = 1e-4
    for _ in 0..<8000 {
      func a(_ s: Double, _ t: Double) -> Double {
        2.25 * t * t * t * t * s - 1.5 * t + 9.81 * sin(0.5 * t * t * t)
      }
      v += 0.5 * step * a(s, t)
      s += step * v
      t += step
      v += 0.5 * step * a(s, t)
    }
    #expect(abs(cut - whole) < 1e-6)
    // Normals of contacts are those of the beginning of a step, so that the skin's turn is felt a step late: order one.
    #expect(abs(log2((cut - s) / (fine - s)) - 2) < 0.1)
    #expect(abs((4 * fine - cut) / 3 - s) < 2e-4)
  }

  @Test("bent slightly while a block slides on it: no catch, no gap, and no joule is lost")
  func bends() throws {
    let (d, skin) = try slope(30, friction: 10, joint: 1.05, spacing: 0.3, tolerance: 1e-7)
    var solver = try DDASolver(d)
    let start = solver.energy.total
    var momentum = 0.0
    let dt = 0.01
    for n in 1...130 {
      let t = Double(n) * dt
      let u = skin.points.map { p in
        Point(0, 2e-3 * sin(0.6 * p.x) * (1 - cos(6 * t)))
      }
      try solver.guide(skin, to: u, at: t)
      let records = solver.run(to: t, dt: dt)
      #expect(records.allSatisfy { $0.converged })
      let m = solver.momentumBalance
      momentum = max(momentum, m.residual.length / (m.outer.length + m.border.length))
      for (k, v) in solver.surfaceDisplacements(skin).enumerated() {
        #expect((v - u[k]).length < 1e-13)
      }
    }
    let fall = 0.5 * acceleration(d.gravity, 10) * 1.3 * 1.3
    let gone = solver.pose(0).centre.x - 0.5
    #expect(abs(gone / fall - 1) < 0.02)
    let e = solver.energy
    #expect(abs(e.total - start) < 1e-6 * e.kinetic)
    #expect(abs(solver.surfaceWork(skin) - e.external) < 1e-9 * e.kinetic)
    #expect(momentum < 1e-10)
  }

  @Test(
    "a block that lands on it comes to rest; surface points carry its weight by the law of the lever"
  )
  func lands() throws {
    for (dt, speed) in [(0.005, 0.0), (0.02, 0), (0.01, 2)] {
      var (d, skin) = try slope(0, friction: 30, joint: 0.4, spacing: 0.45, tolerance: 1e-6)
      d.blocks[0].polygon = try box(0, 0.2, 1, 1)
      d.blocks[0].velocity.y = -speed
      var solver = try DDASolver(d)
      let records = solver.run(to: 3, dt: dt)
      #expect(records.allSatisfy { $0.converged })
      #expect(solver.outline(0).allSatisfy { $0.y > -1e-6 })
      #expect(solver.velocity(0).centre.length < 1e-6)
      let f = solver.surfaceForces(skin)
      let own = skin.blocks.reduce(0) { $0 + solver.mass($1) } * 9.81
      let sum = f.reduce(Point()) { $0 + $1 }
      #expect((sum + Point(0, 2600 * 9.81 + own)).length < 1e-6 * 2600 * 9.81)
      let moment = zip(f, skin.points).reduce(0) { $0 + $1.1.x * $1.0.y }
      let middle = 0.5 * (skin.points.first!.x + skin.points.last!.x)
      let exact = -(2600 * 9.81 * solver.pose(0).centre.x + own * middle)
      #expect(abs(moment / exact - 1) < 1e-5)
      // Nothing reaches points whose segments nobody stands on, but the skin's weight.
      for (k, p) in skin.points.enumerated() where p.x < -0.5 || p.x > 1.5 {
        #expect(f[k].length < 1.01 * own / Double(skin.blocks.count))
      }
    }
  }

  @Test("a hard landing on it ends as on one fixed block", arguments: [2.0, 20], [0.01, 0.004])
  func hits(speed: Double, dt: Double) throws {
    var (d, skin) = try slope(0, friction: 30, joint: 0.4, spacing: 0.45, tolerance: 1e-6)
    d.blocks[0].polygon = try box(0, 0.2, 1, 1)
    d.blocks[0].velocity.y = -speed
    func rebound(_ d: DDADefinition) throws -> Double {
      var solver = try DDASolver(d)
      var most = -speed
      solver.run(to: 0.3, dt: dt) { solver, _ in
        most = max(most, solver.velocity(0).centre.y)
        return false
      }
      return most
    }
    let found = try rebound(d)
    d.border = []
    d.blocks.removeSubrange(skin.blocks)
    d.blocks.append(BlockDefinition(try box(-2, -1, 14, 1), isFixed: true))
    #expect(abs(found - (try rebound(d))) < 1e-4 * speed)
  }

  @Test("coming up at 30 m/s it meets a block in the first step and throws it")
  func comesUp() throws {
    var (d, skin) = try slope(0, friction: 30, joint: 0.4, spacing: 0.45, tolerance: 1e-6)
    d.blocks[0].polygon = try box(0, 0.2, 1, 1)
    var solver = try DDASolver(d)
    for n in 1...3 {
      let t = 0.01 * Double(n)
      let u = skin.points.map { _ in Point(0, 0.3 * Double(n)) }
      try solver.guide(skin, to: u, at: t)
      let records = solver.run(to: t, dt: 0.01)
      #expect(records.allSatisfy { $0.converged })
      #expect(solver.outline(0).allSatisfy { $0.y > 0.3 * Double(n) - 1e-5 })
    }
    #expect(solver.velocity(0).centre.y > 25)
  }

  /// How deep the corners of either polygon lie in the other, m.
  private func depth(_ a: [Point], _ b: [Point]) -> Double {
    func inside(_ p: Point, _ c: [Point]) -> Double {
      c.indices.reduce(.infinity) { depth, e in
        let way = c[(e + 1) % c.count] - c[e]
        return min(depth, way.cross(p - c[e]) / way.length)
      }
    }
    return max(a.map { inside($0, b) }.max()!, b.map { inside($0, a) }.max()!)
  }

  @Test(
    "over the corner of a closed one that swings blocks tumble without entering it",
    arguments: [0.3, 1.5])
  func tumbles(spacing: Double) throws {
    var d = DDADefinition(
      blocks: [0, 1.1, 2.2].map { BlockDefinition(try! box($0, 0.001, 1, 1)) },
      materials: [
        try BlockMaterial(young: 5e9, poisson: 0.25, density: 2600),
        try BlockMaterial(young: 5e6, poisson: 0.25, density: 26),
      ],
      joint: try CoulombJoint(friction: 10 * degree))
    d.blocks.append(BlockDefinition(try box(-9, -7, 30, 1), isFixed: true))
    let corners = [Point(-1, -3), Point(-1, 0), Point(3.2, 0), Point(3.2, -3)]
    var ring: [Point] = []
    for (k, p) in corners.enumerated() {
      let way = corners[(k + 1) % 4] - p
      let count = max(1, Int((way.length / spacing).rounded()))
      ring += (0..<count).map { p + Double($0) / Double(count) * way }
    }
    d.gravity = 9.81 * Point(sin(20 * degree), -cos(20 * degree))
    d.enforcement = .augmentedLagrangian(tolerance: 1e-4)
    let skin = try SurfaceSkin(
      along: ring, outside: .left, thickness: 0.2, material: 1, isClosed: true, to: &d)
    var solver = try DDASolver(d)
    let start = solver.energy.total
    var (deepest, converged) = (0.0, true)
    for n in 1...250 {
      let t = 0.01 * Double(n)
      let u = skin.points.map { _ in Point(0.02 * (1 - cos(7 * t)), 0.01 * (1 - cos(9 * t))) }
      try solver.guide(skin, to: u, at: t)
      for record in solver.run(to: t, dt: 0.01) { converged = converged && record.converged }
      let body = corners.map { $0 + u[0] }.reversed() as [Point]
      for b in 0..<3 { deepest = max(deepest, depth(solver.outline(b), body)) }
    }
    #expect(converged)
    #expect(deepest < 2e-4)
    #expect(solver.pose(2).centre.y < -1)
    let e = solver.energy
    #expect(abs(e.total - start) < 1e-6 * (e.kinetic + e.friction + abs(e.external)))
  }

  @Test(
    "a light and soft one carries no less: tiny density, modulus of rubber",
    arguments: [1e-3, 1, 2600])
  func light(density: Double) throws {
    let (d, _) = try slope(
      30, friction: 10, joint: 1.05, spacing: 0.5, density: density, young: 1e6)
    var solver = try DDASolver(d)
    let seat = solver.run(to: 0.3, dt: 0.01)
    let before = solver.velocity(0).centre.x
    let records = seat + solver.run(to: 1.3, dt: 0.01)
    #expect(records.allSatisfy { $0.converged && $0.cutBacks == 0 })
    let exact = acceleration(d.gravity, 10)
    #expect(abs((solver.velocity(0).centre.x - before) / exact - 1) < 1e-6)
  }

  @Test("blocks of the second order feel of it no more than its corners")
  func secondOrder() throws {
    var (d, _) = try slope(30, friction: 10, joint: 1.05, spacing: 0.5, tolerance: 1e-8)
    d.order = .second
    var solver = try DDASolver(d)
    let seat = solver.run(to: 0.3, dt: 0.01)
    let before = solver.velocity(0).centre.x
    let records = seat + solver.run(to: 1.3, dt: 0.01)
    #expect(records.allSatisfy { $0.converged })
    let exact = acceleration(d.gravity, 10)
    #expect(abs((solver.velocity(0).centre.x - before) / exact - 1) < 1e-6)
  }

  @Test("right of it, bent, or closed around a body: outside is where it says")
  func sides() throws {
    for side in SurfaceSkin.Side.allCases {
      var (d, _) = try slope(0, friction: 30, joint: 0)
      d.blocks.removeSubrange(1...)
      d.border = []
      var ring = [Point(-1, -2), Point(2, -2), Point(2, 0), Point(0.5, 0), Point(-1, 0)]
      if side == .left { ring.reverse() }
      let skin = try SurfaceSkin(
        along: ring, outside: side, thickness: 0.2, material: 1, isClosed: true, to: &d)
      #expect(skin.blocks.count == 5 && skin.border.count == 10)
      #expect((0..<5).allSatisfy { skin.borderPoints(at: $0).count == 2 })
      d.enforcement = .augmentedLagrangian(tolerance: 1e-6)
      var solver = try DDASolver(d)
      let records = solver.run(to: 1, dt: 0.01)
      #expect(records.allSatisfy { $0.converged })
      #expect(abs(solver.pose(0).centre.y - 0.5) < 1e-5)
      for k in 0..<5 {
        for index in skin.borderPoints(at: k) {
          #expect(d.border[index].point == ring[k])
        }
      }
    }
  }

  @Test("the same bits for one and two workers, and after a restart")
  func bits() throws {
    func end(_ workers: Int, restart: Bool) throws -> DDASolver.Checkpoint {
      var (d, skin) = try slope(30, friction: 10, joint: 1.05, spacing: 0.3, tolerance: 1e-7)
      d.workers = workers
      d.blocks += [BlockDefinition(try box(2, 0, 1, 1)), BlockDefinition(try box(2, 1, 1, 1))]
      var solver = try DDASolver(d)
      for n in 1...60 {
        let t = 0.01 * Double(n)
        let u = skin.points.map { Point(0, 1e-3 * sin($0.x) * sin(20 * t)) }
        try solver.guide(skin, to: u, at: t)
        _ = solver.step(0.01)
        if restart, n == 30 {
          let data = try JSONEncoder().encode(solver.checkpoint)
          solver = try DDASolver(d)
          try solver.resume(from: try JSONDecoder().decode(DDASolver.Checkpoint.self, from: data))
        }
      }
      return solver.checkpoint
    }
    let one = try end(1, restart: false)
    #expect(try end(2, restart: false) == one)
    #expect(try end(1, restart: true) == one)
  }

  @Test(
    "blocks of a group pass through one another, others do not; an overlap is none within a group")
  func groups() throws {
    var d = try FreeBlockTests.single(try box(0, 0, 1, 1))
    d.blocks.append(BlockDefinition(try box(0.5, 0.5, 1, 1), velocity: Point(-1, 0), group: 3))
    #expect(throws: DDAError.self) { try DDASolver(d) }
    d.blocks[0].group = 2
    #expect(throws: DDAError.self) { try DDASolver(d) }
    d.blocks[0].group = 3
    var solver = try DDASolver(d)
    let start = solver.pose(1).centre
    solver.run(to: 1, dt: 0.01)
    let exact = start + Point(-1, 0) + 0.5 * d.gravity
    #expect((solver.pose(1).centre - exact).length < 1e-11)
    #expect(solver.contactReports.isEmpty)
  }

  @Test(
    "a fixed base whose inner edges are covered does not catch either, at any tolerance and fineness"
  )
  func coveredBase() throws {
    for (tolerance, spacing) in [(1e-8, 0.3), (1e-7, 0.3), (1e-9, 0.12), (1e-6, 0.12)] {
      var (d, skin) = try slope(
        65, friction: 20, joint: 0.37, spacing: spacing, tolerance: tolerance)
      d.border = []
      for b in skin.blocks { d.blocks[b].isFixed = true }
      var solver = try DDASolver(d)
      let seat = solver.run(to: 0.3, dt: 0.01)
      let before = solver.velocity(0).centre.x
      let records = seat + solver.run(to: 1.3, dt: 0.01)
      #expect(records.allSatisfy { $0.converged })
      let exact = acceleration(d.gravity, 20)
      let error = abs((solver.velocity(0).centre.x - before) / exact - 1)
      #expect(error < max(1e-6, 20 * tolerance))
    }
    var (d, _) = try slope(0, friction: 0, joint: 0)
    d.blocks[2].coveredEdges = [true]
    #expect(throws: DDAError.self) { try DDASolver(d) }
  }

  @Test("one that is none is refused in one line")
  func refused() throws {
    let (good, skin) = try slope(0, friction: 0, joint: 0)
    func says(_ word: String, _ points: [Point], _ thickness: Double = 0.1, closed: Bool = false) {
      var d = good
      do {
        _ = try SurfaceSkin(
          along: points, outside: .left, thickness: thickness, material: 1, isClosed: closed, to: &d
        )
        Issue.record("\(word): accepted")
      } catch {
        #expect(error.description.contains(word), "\(error)")
        #expect(d.blocks.count == good.blocks.count && d.border.count == good.border.count)
      }
    }
    says("has 1 points", [Point()])
    says("segment 1 has no length", [Point(), Point(1, 0), Point(1, 0)])
    says("no length", [Point(), Point(.nan, 0)])
    says("m thick", [Point(), Point(1, 0)], 0)
    says("turns back", [Point(), Point(1, 0), Point(0, 0.1)])
    says("too thick", [Point(), Point(1, 0), Point(1.1, -0.1), Point(1.1, -1)], 0.5)
    var solver = try DDASolver(good)
    #expect(throws: DDAError.self) { try solver.guide(skin, to: [Point()], at: 1) }
  }
}
