import Contact
import DDA
import Foundation
import Testing

@Suite("Points at which another solver acts")
struct BorderPointTests {
  /// A unit block, both lower corners guided, on nothing.
  private func guidedBlock(
    scheme: TimeScheme = TimeScheme(spectralRadius: 0), order: BlockOrder = .first
  ) throws -> DDADefinition {
    var d = try FreeBlockTests.single(try box(0, 0, 1, 1), scheme: scheme)
    d.order = order
    d.border = [
      BorderPoint(block: 0, point: Point(0, 0), mode: .guided),
      BorderPoint(block: 0, point: Point(1, 0), mode: .guided),
    ]
    return d
  }

  @Test(
    "guided points of a shaken and turned block are where they were told to be, at any angle",
    arguments: [TimeScheme(spectralRadius: 0), .classical, .trapezoidal], BlockOrder.allCases)
  func guided(scheme: TimeScheme, order: BlockOrder) throws {
    var solver = try DDASolver(try guidedBlock(scheme: scheme, order: order))
    func told(_ p: Point, _ t: Double) -> Point {
      let a = 1.2 * sin(2 * t) * sin(2 * t)
      let (c, s) = (cos(a), sin(a))
      let shift = Point(0.1 * sin(7 * t) * sin(7 * t), 0.05 * (1 - cos(5 * t)))
      return Point(c * p.x - s * p.y, s * p.x + c * p.y) - p + shift
    }
    let points = [Point(0, 0), Point(1, 0)]
    for _ in 0..<100 {
      let t = solver.time + 0.01
      for i in 0..<2 { try solver.guide(i, to: told(points[i], t), at: t) }
      let record = solver.step(0.01)
      #expect(record.converged && record.cutBacks == 0)
      for i in 0..<2 {
        #expect((solver.borderDisplacement(i) - told(points[i], t)).length < 1e-13)
      }
    }
  }

  @Test(
    "a step that had to be shorter ends at the place in between, and the next goes on to the end")
  func shortened() throws {
    var d = try guidedBlock()
    d.displacementRatio = 0.1
    var solver = try DDASolver(d)
    for i in 0..<2 { try solver.guide(i, from: Point(), to: Point(0.3, 0.1), over: 0...0.02) }
    let first = solver.step(0.02)
    #expect(first.shortened > 0 && first.dt < 0.011)
    let share = first.dt / 0.02
    for i in 0..<2 {
      #expect((solver.borderDisplacement(i) - share * Point(0.3, 0.1)).length < 1e-13)
    }
    solver.run(to: 0.02, dt: 0.02)
    for i in 0..<2 { #expect((solver.borderDisplacement(i) - Point(0.3, 0.1)).length < 1e-13) }
  }

  @Test(
    "the default scheme forgets a jump of the velocity in two steps; it is the point's velocity then"
  )
  func jump() throws {
    var solver = try DDASolver(try guidedBlock())
    let v = Point(2, -1)
    for n in 1...6 {
      let t = 0.01 * Double(n)
      for i in 0..<2 { try solver.guide(i, to: t * v, at: t) }
      _ = solver.step(0.01)
      let off = (solver.borderVelocity(0) - v).length
      if n == 1 { #expect(off > 1) }
      if n >= 3 { #expect(off < 1e-4) }
    }
    #expect((solver.velocity(0).centre - v).length < 1e-3)
  }

  @Test(
    "under constant acceleration the forces at guided points are m (a + g), shared as statics says")
  func inertia() throws {
    var solver = try DDASolver(try guidedBlock())
    let a = Point(3, 2)
    for n in 1...300 {
      let t = 0.01 * Double(n)
      for i in 0..<2 { try solver.guide(i, to: 0.5 * t * t * a, at: t) }
      #expect(solver.step(0.01).converged)
    }
    let f = solver.borderForce(0) + solver.borderForce(1)
    let exact = 2000 * (a + Point(0, 9.81))
    #expect((f - exact).length < 1e-8 * exact.length)
    // Moments about the lower left corner; the centroid stays half a metre above, to the strain.
    let moment = solver.borderForce(1).y - 0.5 * exact.y + 0.5 * exact.x
    #expect(abs(moment) < 1e-5 * exact.length)
    #expect((solver.borderVelocity(0) - 3 * a).length < 1e-10)
  }

  @Test("shaken by A sin wt, they are m a + weight to second order in the step")
  func harmonic() throws {
    let (A, w) = (0.01, 10.0)
    func error(_ dt: Double) throws -> Double {
      var d = try guidedBlock()
      d.materials[0].young = 5e11
      var solver = try DDASolver(d)
      var worst = 0.0
      while solver.time < 2 - 0.5 * dt {
        let t = solver.time + dt
        for i in 0..<2 { try solver.guide(i, to: Point(0, A * (1 - cos(w * t))), at: t) }
        _ = solver.step(dt)
        guard t > 1 else { continue }
        let f = solver.borderForce(0) + solver.borderForce(1)
        let exact = 2000 * (A * w * w * cos(w * t) + 9.81)
        worst = max(worst, (f - Point(0, exact)).length / (2000 * A * w * w))
      }
      return worst
    }
    let (coarse, fine) = (try error(0.01), try error(0.005))
    #expect(fine < 0.01)
    #expect(abs(log2(coarse / fine) - 2) < 0.1)
  }

  @Test("a loaded point is a point load: a steady one bit for bit, one that grows to 1e-12")
  func loaded() throws {
    for growth in [1.0, 3] { try loaded(growth) }
  }

  private func loaded(_ growth: Double) throws {
    var d = try incline(slope: 28, friction: 22)
    let p = d.blocks[1].polygon.vertices[2]
    var other = d
    let history = TimeHistory.table(times: [0, 1], values: [1, growth])
    d.loads = [PointLoad(block: 1, point: p, force: Point(1000, -2000), history: history)]
    other.border = [
      BorderPoint(block: 1, point: p, mode: .loaded, force: Point(1000, -2000))
    ]
    var (load, border) = (try DDASolver(d), try DDASolver(other))
    try border.load(0, from: Point(1000, -2000), to: growth * Point(1000, -2000), over: 0...1)
    load.run(to: 1.2, dt: 0.01)
    border.run(to: 1.2, dt: 0.01)
    if growth == 1 {
      #expect(border.pose(1) == load.pose(1))
      #expect(border.velocity(1) == load.velocity(1))
      #expect(border.energy.stored == load.energy.stored)
      #expect(border.energy.friction == load.energy.friction)
      #expect(abs(border.energy.total - load.energy.total) < 1e-12 * load.energy.friction)
    }
    #expect((border.pose(1).centre - load.pose(1).centre).length < 1e-12)
    #expect(border.borderForce(0) == growth * Point(1000, -2000))
    #expect(abs(border.borderWork(0) / border.energy.external - 1) < 1e-12)
  }

  @Test("an elastic point swings with w² = r/m and rests at g/r; its force is g − r u")
  func elastic() throws {
    var d = try FreeBlockTests.single(try box(-0.5, -0.5, 1, 1), scheme: .trapezoidal)
    d.gravity = Point()
    let (r, w) = (2000 * 9.0, 3.0)
    d.border = [.elastic(block: 0, point: Point(), stiffness: r, force: Point(180, 90))]
    var solver = try DDASolver(d)
    let dt = 0.002
    for _ in 0..<2000 {
      _ = solver.step(dt)
      let u = solver.borderDisplacement(0)
      let exact = (1 - cos(w * solver.time)) * Point(180, 90) / r
      // The scheme's period is longer by (w dt)²/12.
      #expect((u - exact).length < 1e-6)
      let left = solver.borderForce(0) - (Point(180, 90) - r * u)
      #expect(left.length < 1e-10)
    }
    d.dynamicFactor = 0
    d.scheme = TimeScheme(spectralRadius: 0)
    var still = try DDASolver(d)
    still.run(to: 1000, dt: 10)
    #expect((still.borderDisplacement(0) - Point(180, 90) / r).length < 1e-12)
  }

  @Test("each direction has its own stiffness, also none")
  func directions() throws {
    var d = try FreeBlockTests.single(try box(-0.5, -0.5, 1, 1))
    d.gravity = Point()
    d.border = [
      BorderPoint(
        block: 0, point: Point(), mode: .elastic(stiffness: Point(0, 1e12)),
        force: Point(2000, 2000))
    ]
    var solver = try DDASolver(d)
    solver.run(to: 1, dt: 0.01)
    #expect(abs(solver.borderDisplacement(0).x - 0.5) < 1e-10)
    #expect(abs(solver.borderDisplacement(0).y) < 1e-8)
  }

  /// Guided lower block on which another one slides and rubs on the fixed ground beside it, pulled and on a spring.
  static func scene(_ scheme: TimeScheme) throws -> DDADefinition {
    var d = DDADefinition(
      blocks: [
        BlockDefinition(try box(0, -1, 2, 1)), BlockDefinition(try box(0.5, 0, 1, 1)),
        BlockDefinition(try box(2.5, -2, 4, 2), isFixed: true),
        BlockDefinition(try box(3, 0, 1, 1), velocity: Point(-0.8, 0)),
      ],
      materials: [try BlockMaterial(young: 5e8, poisson: 0.2, density: 2000)],
      joint: try CoulombJoint(friction: 0.3))
    d.scheme = scheme
    d.border = [
      BorderPoint(block: 0, point: Point(0, -1), mode: .guided),
      BorderPoint(block: 0, point: Point(2, -1), mode: .guided),
      BorderPoint(block: 1, point: Point(1, 0.7), mode: .loaded, force: Point(500, -300)),
      .elastic(block: 3, point: Point(4, 0.5), stiffness: 1e5),
    ]
    d.enforcement = .augmentedLagrangian(tolerance: 1e-7)
    return d
  }

  @discardableResult
  static func shake(_ solver: inout DDASolver, steps: Int, dt: Double = 0.01) throws
    -> [StepRecord]
  {
    var records: [StepRecord] = []
    for _ in 0..<steps {
      let t = solver.time + dt
      for i in 0..<2 {
        try solver.guide(
          i, to: Point(0.05 * (1 - cos(8 * t)), -0.02 * sin(6 * t) * sin(6 * t)), at: t)
      }
      try solver.load(2, to: Point(500 * cos(t), -300), at: t)
      try solver.load(3, to: Point(4000 * t, 0), at: t)
      records.append(solver.step(dt))
    }
    return records
  }

  @Test(
    "(1 − α_m) ṗ₁ + α_m ṗ₀ = (1 − α_f) F₁ + α_f F₀ in every step to 1e-10, and energy is accounted for",
    arguments: [
      TimeScheme(spectralRadius: 0), TimeScheme(spectralRadius: 0.5), .classical, .trapezoidal,
    ])
  func balances(scheme: TimeScheme) throws {
    var d = try BorderPointTests.scene(scheme)
    d.accuracy = 2e-11
    if scheme == .classical {
      // Its velocities flip at stiff contacts, and a shaken one bounces at every step: here the block above falls free.
      d.border[2].block = 3
      d.border[2].point = Point(4, 0.7)
      d.blocks[1].polygon = try box(-9, 0, 1, 1)
    }
    var solver = try DDASolver(d)
    let start = solver.energy.total
    var (worst, passed, converged) = (0.0, 0.0, true)
    for _ in 0..<150 {
      let before = solver.momentum
      let record = try BorderPointTests.shake(&solver, steps: 1)[0]
      converged = converged && record.converged
      let m = solver.momentumBalance
      // Of the three free blocks of 8 t: weight, and the inertia that a step carries over, which `accuracy` counts, too.
      let carried = (1 - scheme.alphaMass) / (scheme.beta * record.dt) * before.length
      let scale = 8000 * 9.81 + m.forceAtEnd.length + m.forceAtStart.length + carried
      worst = max(worst, m.residual.length / scale)
      #expect((m.outer - Point(0, -8000 * 9.81)).length < 1e-9 * scale)
      let dt = record.dt
      let gain =
        dt * ((1 - scheme.gamma) * m.rateAtStart + scheme.gamma * m.rateAtEnd)
      passed = max(passed, (solver.momentum - before - gain).length)
      let sum = (0..<4).reduce(Point()) { $0 + solver.borderForce($1) }
      #expect((sum - m.border).length < 1e-12 * scale)
    }
    #expect(converged)
    #expect(worst < 1e-10)
    #expect(passed < 1e-8)
    let e = solver.energy
    let size = e.kinetic + abs(e.external) + e.friction
    #expect(abs(e.total - start) < 1e-8 * size)
    #expect(e.friction > 0)
    let works = (0..<4).reduce(0) { $0 + solver.borderWork($1) }
    #expect(abs(works - e.external) < 1e-9 * size)
  }

  @Test(
    "a tied corner goes with the elastic one of its neighbour, whatever pulls: one spring for both, no joule lost"
  )
  func tied() throws {
    var d = try FreeBlockTests.single(try box(-1, -0.5, 1, 1))
    d.blocks.append(BlockDefinition(try box(0, -0.5, 1, 1), group: 1))
    d.blocks[0].group = 1
    let (corner, r) = (Point(0, 0.5), 4e5)
    d.border = [
      .elastic(block: 0, point: corner, stiffness: r),
      BorderPoint(block: 1, point: corner, mode: .tied(to: 0)),
      .elastic(block: 0, point: Point(-1, 0.5), stiffness: r),
      BorderPoint(block: 1, point: Point(1, 0.5), mode: .elastic(stiffness: Point(r, r))),
    ]
    var solver = try DDASolver(d)
    let (start, weight) = (solver.energy.total, 9.81 * (solver.mass(0) + solver.mass(1)))
    var apart = 0.0
    for n in 1...400 {
      try solver.load(
        0, to: n < 200 ? Point(3e4 * sin(0.1 * Double(n)), 0) : Point(), at: 0.01 * Double(n))
      #expect(solver.step(0.01).converged)
      apart = max(apart, (solver.borderDisplacement(0) - solver.borderDisplacement(1)).length)
      let balance = solver.momentumBalance
      #expect(balance.residual.length < 1e-9 * weight)
    }
    #expect(apart < 1e-12)
    #expect(abs(solver.energy.total - start) < 1e-8 * solver.energy.lost)
    #expect(throws: DDAError.self) { try solver.load(1, to: Point(), at: 9) }
    for wrong in [1, 2, 3, 9] {
      var other = d
      other.border[1].mode = .tied(to: wrong)
      #expect(throws: DDAError.self) { try DDASolver(other) }
    }
  }

  @Test("are refused in one line where they make no sense")
  func refused() throws {
    let good = try BorderPointTests.scene(TimeScheme(spectralRadius: 0))
    func says(_ words: String..., change: (inout DDADefinition) -> Void) {
      var d = good
      change(&d)
      do {
        _ = try DDASolver(d)
        Issue.record("\(words): accepted")
      } catch {
        for word in words { #expect(error.description.contains(word), "\(error)") }
        #expect(!error.description.contains("\n"))
      }
    }
    says("border point 1", "block 9") { $0.border[1].block = 9 }
    says("border point 2", "outside") { $0.border[2].point = Point(7, 7) }
    says("border point 0", "fixed") { $0.border[0].block = 2 }
    says("border point 0", "no number") { $0.border[0].point.x = .nan }
    says("border point 2", "no number") { $0.border[2].force.y = .infinity }
    says("border point 3", "stiffness") { $0.border[3].mode = .elastic(stiffness: Point(-1, 0)) }
    says("border point 4", "already") {
      $0.border.append(BorderPoint(block: 0, point: Point(2, -1), mode: .guided))
    }
    says("border point 4", "already") {
      $0.border.append(BorderPoint(block: 0, point: Point(1, -1), mode: .guided))
    }
    says("border point 0", "already") {
      $0.held = [HeldPoint(block: 0, point: Point(0, -1), direction: Point(0, 1))]
    }
    var solver = try DDASolver(good)
    #expect(throws: DDAError.self) { try solver.guide(4, to: Point(), at: 1) }
    #expect(throws: DDAError.self) { try solver.guide(2, to: Point(), at: 1) }
    #expect(throws: DDAError.self) { try solver.load(0, to: Point(), at: 1) }
    #expect(throws: DDAError.self) { try solver.guide(0, to: Point(.nan, 0), at: 1) }
    #expect(throws: DDAError.self) { try solver.guide(0, to: Point(), at: 0) }
  }
}
