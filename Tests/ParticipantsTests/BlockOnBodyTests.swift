import Contact
import Coupling
import DDA
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

/// Blocks on an elastic body that two solvers share: the skin of its upper face takes them from one to the other.
enum BlockOnBody {
  static let degree = Double.pi / 180

  /// A block by its lower left corner and its sides.
  static func block(_ corner: Point, _ along: Point, _ up: Point) throws -> BlockDefinition {
    BlockDefinition(try Polygon([corner, corner + along, corner + along + up, corner + up]))
  }

  /// One block of stone and, under its feet, the skin of a face.
  static func blocks(
    _ block: BlockDefinition, on face: [Point], friction: Double, tolerance: Double,
    thickness: Double = 0.05
  ) throws -> (definition: DDADefinition, skin: SurfaceSkin) {
    var d = DDADefinition(
      blocks: [block],
      materials: [
        try BlockMaterial(young: 5e9, poisson: 0, density: 2600),
        try BlockMaterial(young: 1e6, poisson: 0, density: 24),
      ],
      joint: try CoulombJoint(friction: friction * degree))
    d.plane = .strain
    d.enforcement = .augmentedLagrangian(tolerance: tolerance)
    let skin = try SurfaceSkin(
      along: face, outside: .left, thickness: thickness, material: 1, to: &d)
    return (d, skin)
  }

  /// The body first, the blocks second, over their common face.
  static func coupling(
    _ body: any Participant, _ blocks: DDAParticipant, _ exchange: Exchange, window: Double,
    tolerance: Double
  ) -> CouplingDefinition {
    var d = CouplingDefinition(
      [body, blocks],
      [Interface(.init("body", "ymax"), .init("blocks", "skin"), exchange: exchange)],
      window: .fixed(window))
    d.criteria = [Criterion(.relative, tolerance)]
    d.relaxation = .standard(first: 1)
    d.predictorOrder = 1
    return d
  }

  static func solver(_ system: CoupledSystem) -> DDASolver {
    (system.participants[1] as! DDAParticipant).solver!
  }

  static func body(_ system: CoupledSystem) -> DynamicModel {
    (system.participants[0] as! DynamicFEMParticipant).model!
  }

  /// What is left of d/dt (p_blocks + p_body) = weight of the blocks + reactions of the supports at the end of the last step,
  /// each rate as its own scheme takes it, N; and the largest term. The body has no weight.
  static func momentum(
    _ system: CoupledSystem, support: String
  ) throws -> (left: Double, largest: Double) {
    let (blocks, model) = (solver(system).momentumBalance, body(system))
    let rate =
      (1 - blocks.alphaMass) * blocks.rateAtEnd + blocks.alphaMass * blocks.rateAtStart
    var own = Point()
    for (dof, f) in model.massTimes(model.acceleration).enumerated() { own[dof % 2] += f }
    let pull = try model.reaction(on: support)
    let terms = [rate, own, -blocks.outer, Point(-pull.x, -pull.y)]
    return (terms.reduce(Point(), +).length, terms.map(\.length).max()!)
  }
}

/// A stiff slope with a block on it that slides down over the joints of the skin.
struct SlidingBlock {
  var angle = 28.0, friction = 22.0, cells = 12, scheme = Scheme.newmark(), workers = 1
  let length = 6.0, step = 0.01

  /// Weight of the slope itself would set it swinging: it has none.
  func slope() throws -> DynamicModel.Definition {
    let (c, s) = (cos(angle * BlockOnBody.degree), sin(angle * BlockOnBody.degree))
    let mesh = try StructuredMesh.quadrilateral(
      corners: [
        SIMD2(0, -1), SIMD2(length * c, -1), SIMD2(length * c, 0), SIMD2(0, length * s),
      ], divisions: (cells, 2))
    var body = FEMModel.Definition(
      mesh: mesh, formulation: .planeStrain, law: try LinearElastic(young: 1e12, poisson: 0.25))
    body.prescriptions = [.fixed("ymin", components: [0, 1])]
    body.newton.tolerance = 1e-12
    var d = DynamicModel.Definition(body: body, density: 2000)
    d.scheme = scheme
    return d
  }

  func system() throws -> CoupledSystem {
    let (c, s) = (cos(angle * BlockOnBody.degree), sin(angle * BlockOnBody.degree))
    func face(_ way: Double) -> Point { Point(way * c, (length - way) * s) }
    var (d, skin) = try BlockOnBody.blocks(
      BlockOnBody.block(face(0.63), Point(c, -s), 0.5 * Point(s, c)),
      on: (0...cells).map { face(length * Double($0) / Double(cells)) }, friction: friction,
      tolerance: 1e-7)
    d.workers = workers
    let blocks = DDAParticipant(
      "blocks", d, borders: [DDABorder("skin", skin: skin, of: d)], longestStep: step)
    let body = try DynamicFEMParticipant(
      "body", try slope(), borders: ["ymax"], longestStep: step)
    var coupling = BlockOnBody.coupling(
      body, blocks, .dirichletNeumann(guided: .second), window: step, tolerance: 1e-9)
    coupling.workers = workers
    return try CoupledSystem(coupling)
  }
}

@Suite("A block at rest on an elastic layer")
struct RestingBlockTests {
  /// A layer held at its sides and its foot under a block as wide as it, until rest.
  private func settled(cells: Int, _ exchange: Exchange) throws -> [Double] {
    let (width, height, E, nu) = (2.0, 1.0, 1e7, 0.3)
    let mesh = try StructuredMesh.rectangle(size: SIMD2(width, height), divisions: (cells, 3))
    var body = FEMModel.Definition(
      mesh: mesh, formulation: .planeStrain, law: try LinearElastic(young: E, poisson: nu))
    body.prescriptions = [
      .fixed("ymin", components: [1]), .fixed("xmin", components: [0]),
      .fixed("xmax", components: [0]),
    ]
    body.newton.tolerance = 1e-13
    var (d, skin) = try BlockOnBody.blocks(
      BlockOnBody.block(Point(0, height), Point(width, 0), Point(0, 1)),
      on: (0...cells).map { Point(width * Double($0) / Double(cells), height) }, friction: 20,
      tolerance: 1e-9)
    d.dynamicFactor = 0
    let blocks = DDAParticipant(
      "blocks", d, borders: [DDABorder("skin", skin: skin, of: d)], longestStep: 1)
    let layer = try FEMParticipant("body", body, borders: ["ymax"], longestStep: 1)
    var coupling = BlockOnBody.coupling(layer, blocks, exchange, window: 1, tolerance: 1e-9)
    coupling.predictorOrder = 0
    var system = try CoupledSystem(coupling)
    let records = system.run(to: 6)
    #expect(records.allSatisfy { $0.converged })
    let solver = BlockOnBody.solver(system)
    let weight = 9.81 * (0..<solver.blockCount).reduce(0) { $0 + solver.mass($1) }
    let oedometric = E * (1 - nu) / ((1 + nu) * (1 - 2 * nu))
    let exact = -weight / width * height / oedometric
    let face = system.participants[0].write(.displacement, on: "ymax")
    let foot = solver.outline(0).prefix(2).map { $0.y - height }
    return (stride(from: 1, to: face.count, by: 2).map { face[$0] } + foot).map { $0 / exact - 1 }
  }

  @Test("settles by σ h/E_oed, on one cell guided, on many by springs", arguments: [1, 4, 8])
  func settles(cells: Int) throws {
    let errors = try settled(
      cells: cells, cells == 1 ? .dirichletNeumann(guided: .second) : .robin(.automatic))
    #expect(errors.allSatisfy { abs($0) < 1e-6 }, "\(errors)")
  }
}

@Suite("A block that slides down an elastic slope")
struct SlidingBlockTests {
  @Test(
    "has the acceleration g (sin A − cos A tan φ) to 1e-4, over the joints of the skin; momentum balances to 1e-8",
    arguments: [(28.0, 22.0), (40, 15)])
  func slides(slope: (angle: Double, friction: Double)) throws {
    for scheme in [Scheme.newmark(), .generalisedAlpha(spectralRadius: 0)] {
      let scene = SlidingBlock(angle: slope.angle, friction: slope.friction, scheme: scheme)
      var system = try scene.system()
      var (before, momentum) = (Point(), 0.0)
      var records: [WindowRecord] = []
      for n in 1...130 {
        records.append(system.step())
        if n == 30 { before = BlockOnBody.solver(system).velocity(0).centre }
        if scheme == .newmark() {
          let (left, largest) = try BlockOnBody.momentum(system, support: "ymin")
          momentum = max(momentum, left / largest)
        }
      }
      let (A, phi) = (slope.angle * BlockOnBody.degree, slope.friction * BlockOnBody.degree)
      let exact = 9.81 * (sin(A) - cos(A) * tan(phi))
      let gain = BlockOnBody.solver(system).velocity(0).centre - before
      let error = abs(gain.length / exact - 1)
      #expect(records.allSatisfy { $0.converged && $0.rejections.isEmpty })
      #expect(error < 1e-4)
      #expect(momentum < 1e-8)
    }
  }

  @Test("momentum of both together goes by weight and reactions alone, over the whole slide")
  func momentum() throws {
    // One scheme for both, 2 ṗ₁ − ṗ₀ = F₁: then the sum of both goes by it, too.
    let scene = SlidingBlock(scheme: .generalisedAlpha(spectralRadius: 0))
    var system = try scene.system()
    func now() -> Point {
      let model = BlockOnBody.body(system)
      var p = BlockOnBody.solver(system).momentum
      p.x += model.momentum.x
      p.y += model.momentum.y
      return p
    }
    var (p, rate, impulse) = (now(), Point(), 0.0)
    for n in 0..<100 {
      let record = system.step()
      #expect(record.converged && record.rejections.isEmpty)
      let (blocks, model) = (BlockOnBody.solver(system).momentumBalance, BlockOnBody.body(system))
      if n == 0 { rate = blocks.rateAtStart }
      var force = blocks.outer
      for node in model.definition.body.mesh.nodes(in: "ymin")! {
        for i in 0..<2 { force[i] += model.borderReaction[2 * node + i] }
      }
      let next = 0.5 * (force + rate)
      p += record.length * (1.5 * next - 0.5 * rate)
      impulse += record.length * blocks.outer.length
      rate = next
    }
    #expect((p - now()).length < 1e-8 * impulse)
  }

  @Test("the same bits for one and two workers, and from a checkpoint in the middle of the slide")
  func bits() throws {
    func end(_ workers: Int, restart: Bool) throws -> (
      DDASolver.Checkpoint, DynamicModel.Checkpoint
    ) {
      let scene = SlidingBlock(workers: workers)
      var system = try scene.system()
      system.run(to: 0.3)
      if restart {
        let data = try PropertyListEncoder().encode(try system.checkpoint())
        system = try scene.system()
        try system.restore(
          try PropertyListDecoder().decode(CoupledSystem.Checkpoint.self, from: data))
      }
      system.run(to: 0.6)
      return (BlockOnBody.solver(system).checkpoint, BlockOnBody.body(system).checkpoint())
    }
    let one = try end(1, restart: false)
    #expect(try end(2, restart: false) == one)
    #expect(try end(1, restart: true) == one)
  }
}

@Suite("A block that falls on an elastic beam")
struct FallingBlockTests {
  /// A beam of 4 × 0.25 m clamped at both ends; the block falls 5 cm.
  private func system(
    cells: Int, at x: Double, _ exchange: Exchange, tolerance: Double
  ) throws -> (CoupledSystem, SurfaceSkin) {
    let (length, height, step) = (4.0, 0.25, 0.001)
    let mesh = try StructuredMesh.box(
      size: SIMD3(length, height, 0), divisions: (cells, 2, 0), origin: SIMD3(0, -height, 0),
      shape: .quad4)
    var body = FEMModel.Definition(
      mesh: mesh, formulation: .planeStrain, law: try LinearElastic(young: 1e9, poisson: 0.2))
    body.mesh.nodeSets["clamped"] = mesh.nodes(in: "xmin")! + mesh.nodes(in: "xmax")!
    body.prescriptions = [.fixed("clamped", components: [0, 1])]
    body.newton.tolerance = 1e-12
    let (d, skin) = try BlockOnBody.blocks(
      BlockOnBody.block(Point(x, 0.05), Point(0.4, 0), Point(0, 0.4)),
      on: (0...cells).map { Point(length * Double($0) / Double(cells), 0) }, friction: 30,
      tolerance: 1e-9)
    let blocks = DDAParticipant(
      "blocks", d, borders: [DDABorder("skin", skin: skin, of: d)], longestStep: step)
    let beam = try DynamicFEMParticipant(
      "body", DynamicModel.Definition(body: body, density: 2400), borders: ["ymax"],
      longestStep: step)
    let coupling = BlockOnBody.coupling(beam, blocks, exchange, window: step, tolerance: tolerance)
    return (try CoupledSystem(coupling), skin)
  }

  @Test(
    "energy of both balances to 1e-6: what one gives the other takes; momentum to 1e-8 where forces are what is iterated",
    arguments: [(8, false), (8, true), (16, true)])
  func falls(cells: Int, onSprings: Bool) throws {
    // Cells of 16 are narrower than the block: its foot meets corners of the skin, and what each of them carries is no
    // function of where they are. So the skin stands on springs there.
    let exchange = onSprings ? Exchange.robin(.automatic) : .dirichletNeumann(guided: .second)
    var (system, skin) = try system(
      cells: cells, at: cells == 8 ? 1.55 : 1.7, exchange, tolerance: onSprings ? 1e-7 : 1e-8)
    let start = BlockOnBody.solver(system).energy.total
    var (momentum, force, given, worst) = (0.0, 0.0, 0.0, 0.0)
    var records: [WindowRecord] = []
    while system.time < 0.5 - 1e-9, records.last?.converged != false {
      records.append(system.step())
      let now = try BlockOnBody.momentum(system, support: "clamped")
      (momentum, force) = (max(momentum, now.left), max(force, now.largest))
      let (e, f) = (BlockOnBody.solver(system).energy, BlockOnBody.body(system).energy)
      let work = BlockOnBody.solver(system).surfaceWork(skin)
      given = max(given, abs(work))
      // What the interface does is in neither of the two sums: it must cancel.
      let blocks = e.stored + e.lost - (e.external - work)
      let beam = f.kinetic + f.strain + f.damped - f.external
      worst = max(worst, abs(blocks + beam - start) / start)
      worst = max(worst, abs(work + f.border - f.elasticBorder) / start)
    }
    #expect(records.allSatisfy { $0.converged })
    #expect(system.time > 0.49 && given > 0.02 * start)
    #expect(worst < 1e-6)
    #expect(abs(system.work[0].created) < 1e-6 * start)
    // With springs it is their loads that are compared, in which the springs' own forces are most.
    #expect(momentum < (onSprings ? 1e-6 : 1e-8) * force)
  }
}
