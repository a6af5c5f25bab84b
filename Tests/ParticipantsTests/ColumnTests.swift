import Contact
import Coupling
import DDA
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

/// A column of five loose blocks on a plinth that a rubber bearing carries: one pulse of the ground, after 0.2 s of rest.
struct ColumnOnBearing {
  /// Length of windows and of everybody's steps, s; cells of the bearing along and up.
  var window = 0.005, cells = (10, 4)
  /// Of the pulse, m/s² and s: the column rocks and does not topple.
  let amplitude = 3.0, period = 0.3

  private func ground() -> (times: [Double], values: [Double]) {
    let n = 60
    let pulse = (1...n).map { Double($0) / Double(n) }
    return (
      [0, 0.2] + pulse.map { 0.2 + period * $0 } + [100],
      [0, 0] + pulse.map { amplitude * sin(2 * .pi * $0) } + [0]
    )
  }

  private func column() throws -> DDADefinition {
    func box(_ width: Double, _ from: Double, _ to: Double) throws -> BlockDefinition {
      let x = 0.5 * width
      return BlockDefinition(
        try Polygon([Point(-x, from), Point(x, from), Point(x, to), Point(-x, to)]))
    }
    var d = DDADefinition(
      blocks: try [(1, 0, 0.15)].map(box)
        + (0..<5).map { try box(0.3, 0.15 + 0.3 * Double($0), 0.45 + 0.3 * Double($0)) },
      materials: [try BlockMaterial(young: 5e9, poisson: 0.2, density: 2500)],
      joint: try CoulombJoint(friction: atan(0.7)))
    let (times, values) = ground()
    d.baseAcceleration = (.table(times: times, values: values), .constant(0))
    return d
  }

  private func bearing() throws -> DynamicModel.Definition {
    let mesh = try StructuredMesh.box(
      size: SIMD3(1, 0.2, 0), divisions: (cells.0, cells.1, 0), origin: SIMD3(-0.5, -0.2, 0),
      shape: .quad4)
    var body = FEMModel.Definition(
      mesh: mesh, formulation: .planeStrain, law: try NeoHooke(mu: 0.4e6, lambda: 40e6))
    body.volumetric = .meanDilatation
    body.thickness = 0.06
    body.prescriptions = [.fixed("ymin", components: [0, 1])]
    body.bodyForce = { _, _ in SIMD3(0, -9.81 * 1100, 0) }
    var d = DynamicModel.Definition(body: body, density: 1100)
    d.damping = RayleighDamping(mass: 0, stiffness: 0.005)
    let (times, values) = ground()
    d.baseAcceleration = BaseAcceleration(
      times: times, values: values, direction: SIMD3(1, 0, 0))
    return d
  }

  func system(_ exchange: Exchange = .dirichletNeumann(guided: .second)) throws -> CoupledSystem {
    let blocks = try column()
    let column = DDAParticipant(
      "column", blocks, borders: [DDABorder("seat", block: 0, edge: 0, of: blocks)],
      longestStep: window)
    let bearing = try DynamicFEMParticipant(
      "bearing", try bearing(), borders: ["ymax"], longestStep: window)
    var d = CouplingDefinition(
      [column, bearing],
      [
        Interface(
          .init("column", "seat"), .init("bearing", "ymax"),
          exchange: exchange)
      ], window: .fixed(window))
    d.predictorOrder = 1
    return try CoupledSystem(d)
  }
}

@Suite("A column of blocks on a rubber bearing")
struct ColumnTests {
  /// Largest angle of the uppermost block up to 1 s; every window and every account is looked at on the way.
  private func peak(_ scene: ColumnOnBearing) throws -> Double {
    var system = try scene.system()
    func blocks() -> DDASolver { (system.participants[0] as! DDAParticipant).solver! }
    let start = blocks().energy.total
    var worst = 0.0
    var records: [WindowRecord] = []
    while system.time < 1 - 1e-9, records.last?.converged != false {
      records.append(system.step())
      worst = max(worst, abs(blocks().pose(5).angle))
    }
    // No window fails, and none is halved: what a step needs in one iteration it keeps in the next ones.
    #expect(records.allSatisfy { $0.converged && $0.rejections.isEmpty })
    // Of windows that were gone through again the steps of the last time are left: they follow one another.
    let steps = (system.participants[0] as! DDAParticipant).records
    #expect(abs(steps.reduce(0) { $0 + $1.dt } - system.time) < 1e-9)
    #expect(zip(steps, steps.dropFirst()).allSatisfy { abs($0.time + $1.dt - $1.time) < 1e-9 })
    let mean = Double(records.map(\.iterations).reduce(0, +)) / Double(records.count)
    #expect(mean < 8)
    let (e, work) = (blocks().energy, system.work[0])
    let rubber = (system.participants[1] as! DynamicFEMParticipant).model!.energy
    #expect(abs(e.total - start) < 1e-8 * work.exchanged)
    #expect(abs(work.created) < 1e-5 * work.exchanged)
    // The trapezoidal rule keeps the energy of a law that is not linear to second order.
    #expect(abs(rubber.defect) < 1e-3 * work.exchanged)
    // Where blocks took parts of a step, the two ends count the same work by trapezoids of different length.
    let given = (0..<blocks().borderCount).reduce(0) { $0 + blocks().borderWork($1) }
    #expect(abs(given + rubber.guided) < 1e-3 * work.exchanged)
    return worst
  }

  @Test(
    "rocks as far, to 5 %, with windows of half the length and with a finer bearing; energy balances"
  )
  func rocks() throws {
    let peak = try peak(ColumnOnBearing())
    #expect(peak > 0.02 && peak < 0.1)
    #expect(abs(try self.peak(ColumnOnBearing(window: 0.0025)) / peak - 1) < 0.05)
    #expect(abs(try self.peak(ColumnOnBearing(cells: (20, 8))) / peak - 1) < 0.05)
  }

  @Test("goes the same way by springs on both ends, which the plinth takes corner by corner")
  func springs() throws {
    let scene = ColumnOnBearing()
    var systems = [try scene.system(), try scene.system(.robin(.automatic))]
    var counts = [0, 0]
    for k in systems.indices {
      let records = systems[k].run(to: 0.35)
      let converged = records.allSatisfy(\.converged)
      #expect(converged)
      counts[k] = records.reduce(0) { $0 + $1.iterations }
    }
    // Three iterations a window guided, seven by springs (measured).
    #expect(counts[0] <= 5 * 70 && counts[1] <= 8 * 70, "\(counts)")
    let tops = systems.map { ($0.participants[0] as! DDAParticipant).solver!.pose(5) }
    #expect(abs(tops[0].centre.x - tops[1].centre.x) < 1e-5)
    #expect(abs(tops[0].angle - tops[1].angle) < 1e-5)
  }
}
