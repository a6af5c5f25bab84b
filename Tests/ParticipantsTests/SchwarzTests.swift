import Coupling
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

/// A cantilever of 8 × 1 m in two parts that overlap from x = 3 to x = 5.
private struct OverlappingCantilever {
  /// Cells per metre of the left and of the right part.
  var cells = (4, 4)
  var isReversed = false
  /// Along the bar, or across.
  var load = SIMD3<Double>(0, -100, 0)

  func definition(
    _ from: Double, _ to: Double, _ perMetre: Int, isReversed: Bool = false
  ) throws -> FEMModel.Definition {
    var mesh = try PlaneMesh.make(
      from: SIMD2(from, 0), to: SIMD2(to, 1), divisions: (Int(to - from) * perMetre, perMetre),
      isReversed: isReversed)
    mesh.addNodes("at 3") { abs($0.x - 3) < 1e-9 }
    mesh.addNodes("at 5") { abs($0.x - 5) < 1e-9 }
    var d = FEMModel.Definition(
      mesh: mesh, formulation: .planeStress, law: try LinearElastic(young: 1e6, poisson: 0.3))
    if from == 0 { d.prescriptions = [.fixed("xmin", components: [0, 1])] }
    if to == 8 { d.tractions = [Traction(set: "xmax", vector: load)] }
    d.newton.tolerance = 1e-11
    return d
  }

  func system(_ edit: (inout CouplingDefinition) -> Void = { _ in }) throws -> CoupledSystem {
    let left = try FEMParticipant(
      "left", definition(0, 5, cells.0), borders: ["at 3", "xmax"])
    let right = try FEMParticipant(
      "right", definition(3, 8, cells.1, isReversed: isReversed), borders: ["at 5", "xmin"])
    var d = CouplingDefinition(
      [left, right],
      [
        Interface(.init("left", "at 3"), .init("right", "xmin"), exchange: .overlapping),
        Interface(.init("right", "at 5"), .init("left", "xmax"), exchange: .overlapping),
      ], window: .fixed(1))
    d.criteria = [Criterion(.relative, 1e-11)]
    d.iterationLimit = 400
    edit(&d)
    return try CoupledSystem(d)
  }

  /// Largest difference of both parts from the undivided body, beside its tip.
  func error(_ system: CoupledSystem) throws -> Double {
    var whole = try FEMModel(definition(0, 8, cells.0))
    #expect(whole.step(to: 1).converged)
    let tip = whole.displacement.map { abs($0) }.max()!
    var worst = 0.0
    for participant in system.participants {
      let model = (participant as! FEMParticipant).model!
      for (n, point) in model.definition.mesh.points.enumerated() {
        let u = try whole.displacement(at: point)
        for i in 0..<2 { worst = max(worst, abs(model.displacement[2 * n + i] - u[i])) }
      }
    }
    return worst / tip
  }
}

@Suite("Schwarz's alternating method: a body in two parts that overlap")
struct SchwarzTests {
  @Test("both parts of a bar have the displacements of the undivided one, by any way to them")
  func bar() throws {
    let bar = OverlappingCantilever(load: SIMD3(100, 0, 0))
    for relaxation in [RelaxationChoice.constant(1), .aitken(first: 1), .standard(first: 1)] {
      for scheme in [CouplingScheme.serialImplicit, .parallelImplicit] {
        var system = try bar.system {
          $0.relaxation = relaxation
          $0.scheme = scheme
        }
        let record = system.step()
        let error = try bar.error(system)
        #expect(record.converged && record.rejections.isEmpty, "\(relaxation), \(scheme.order)")
        #expect(error < 1e-8, "\(relaxation), \(scheme.order): \(error)")
      }
    }
  }

  @Test("and those of a cantilever, which bending makes slow unrelaxed, in ten quasi-Newton steps")
  func cantilever() throws {
    let beam = OverlappingCantilever()
    var plain = try beam.system {
      $0.relaxation = .constant(1)
      $0.iterationLimit = 100
      $0.halvings = 0
    }
    let slow = plain.step()
    #expect(!slow.converged && slow.convergence.contractionRate! < 1)
    for scheme in [CouplingScheme.serialImplicit, .parallelImplicit] {
      var system = try beam.system { $0.scheme = scheme }
      let record = system.step()
      #expect(record.converged && record.iterations <= 10, "\(record.iterations)")
      #expect(try beam.error(system) < 1e-8)
    }
  }

  @Test("matching borders are known as such in whatever order their points are")
  func reversed() throws {
    let beam = OverlappingCantilever(isReversed: true)
    var system = try beam.system()
    #expect(system.warnings.isEmpty, "\(system.warnings)")
    #expect(system.step().converged)
    #expect(try beam.error(system) < 1e-8)
  }

  @Test("borders that do not match are warned of")
  func warnings() throws {
    #expect(try OverlappingCantilever().system().warnings.isEmpty)
    let lines = try OverlappingCantilever(cells: (2, 3)).system().warnings
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.contains("gain energy in motion") && $0.contains("take") })
    #expect(lines[0].hasPrefix("interface 'left.at 3-right.xmin'"))
  }

  @Test("on meshes 2 : 3 the tip converges with the cells, at second order")
  func order() throws {
    var fine = try OverlappingCantilever().definition(0, 8, 32)
    fine.newton.tolerance = 1e-9
    var whole = try FEMModel(fine)
    #expect(whole.step(to: 1).converged)
    let exact = try whole.displacement(at: SIMD3(8, 0.5, 0)).y
    let errors = try [(2, 3), (8, 12)].map { cells in
      var system = try OverlappingCantilever(cells: cells).system()
      let record = system.step()
      #expect(record.converged)
      let model = (system.participants[1] as! FEMParticipant).model!
      return abs(try model.displacement(at: SIMD3(8, 0.5, 0)).y - exact)
    }
    let order = log2(errors[0] / errors[1]) / 2
    #expect(order > 1.6 && order < 2.4, "\(order)")
  }
}

/// The bar of `PulsedBar` in two parts that overlap from 0.75 to 1.25 m.
private struct OverlappingBar {
  var cells = (4, 4)
  let bar = PulsedBar()

  /// A part whose cells on its own side of the middle are the region "own".
  func part(
    _ name: String, _ from: Double, _ to: Double, _ perHeight: Int
  ) throws -> DynamicFEMParticipant {
    let isLeft = from == 0
    let n = Int(((to - from) * 4 * Double(perHeight)).rounded())
    var mesh = try PlaneMesh.make(
      from: SIMD2(from, 0), to: SIMD2(to, 0.25), divisions: (n, perHeight)
    ) { ($0.x < 1) == isLeft ? "own" : "other" }
    mesh.addNodes("inside") { abs($0.x - (isLeft ? 0.75 : 1.25)) < 1e-9 }
    let law = try LinearElastic(
      young: bar.density * bar.speed * bar.speed, poisson: 0.3)
    var body = FEMModel.Definition(mesh: mesh, formulation: .planeStress, law: law)
    body.newton.tolerance = 1e-13
    return try DynamicFEMParticipant(
      name, DynamicModel.Definition(body: body, density: bar.density),
      borders: ["inside", isLeft ? "xmax" : "xmin"], longestStep: bar.step,
      displacement: DynamicModel.field(on: mesh) { SIMD3(pulse($0.x), 0, 0) },
      velocity: DynamicModel.field(on: mesh) { SIMD3(speed($0.x), 0, 0) })
  }

  /// A wave to the right that has not come to the overlap yet: v = −c u′.
  private func pulse(_ x: Double) -> Double { 1e-3 * exp(-pow((x - 0.35) / 0.15, 2)) }
  private func speed(_ x: Double) -> Double {
    bar.speed * 2 * (x - 0.35) / (0.15 * 0.15) * pulse(x)
  }

  func system() throws -> CoupledSystem {
    var d = CouplingDefinition(
      [try part("left", 0, 1.25, cells.0), try part("right", 0.75, 2, cells.1)],
      [
        Interface(.init("left", "inside"), .init("right", "xmin"), exchange: .overlapping),
        Interface(.init("right", "inside"), .init("left", "xmax"), exchange: .overlapping),
      ], window: .fixed(bar.step))
    d.criteria = [Criterion(.relative, 1e-9)]
    d.relaxation = .standard(first: 1)
    d.predictorOrder = 2
    return try CoupledSystem(d)
  }

  /// Of the left part's cells left of the middle, and of the right part's right of it; masses at nodes.
  func energy(_ system: CoupledSystem) -> Double {
    system.participants.reduce(0) { sum, participant in
      let model = (participant as! DynamicFEMParticipant).model!
      let f = model.body.internalForce(in: ["own"])
      var energy = zip(model.displacement, f).reduce(0) { $0 + 0.5 * $1.0 * $1.1 }
      let mesh = model.body.definition.mesh
      let block = mesh.blocks.first { $0.name == "own" }!
      for cell in 0..<block.cellCount {
        let nodes = block.nodes(of: cell).map(Int.init)
        let size = mesh.points[nodes[2]] - mesh.points[nodes[0]]
        for n in nodes {
          let (vx, vy) = (model.velocity[2 * n], model.velocity[2 * n + 1])
          energy += 0.125 * bar.density * size.x * size.y * (vx * vx + vy * vy)
        }
      }
      return sum + energy
    }
  }

  /// The same bar undivided.
  func whole() throws -> DynamicModel {
    var mesh = try PlaneMesh.make(
      from: SIMD2(0, 0), to: SIMD2(2, 0.25), divisions: (8 * cells.0, cells.0))
    mesh.addBoxSets()
    var body = FEMModel.Definition(
      mesh: mesh, formulation: .planeStress,
      law: try LinearElastic(young: bar.density * bar.speed * bar.speed, poisson: 0.3))
    body.newton.tolerance = 1e-13
    return try DynamicModel(
      DynamicModel.Definition(body: body, density: bar.density),
      displacement: DynamicModel.field(on: mesh) { SIMD3(pulse($0.x), 0, 0) },
      velocity: DynamicModel.field(on: mesh) { SIMD3(speed($0.x), 0, 0) })
  }

  /// Largest change of energy, beside what it is at the start, at the ends of trips to and fro.
  func drift(trips: Int) throws -> Double {
    var system = try system()
    let start = energy(system)
    var worst = 0.0
    for n in 1...trips {
      let records = system.run(to: 0.4 * Double(n))
      #expect(records.last!.converged)
      worst = max(worst, abs(energy(system) / start - 1))
    }
    return worst
  }
}

@Suite("A pulse in a bar of two parts that overlap")
struct OverlappingPulseTests {
  @Test("on matching meshes it goes as in the undivided bar")
  func matching() throws {
    let bar = OverlappingBar()
    var (system, whole) = (try bar.system(), try bar.whole())
    var worst = 0.0
    for _ in 0..<80 {
      let record = system.step()
      #expect(record.converged && record.rejections.isEmpty)
      #expect(whole.step(0.005).converged)
      for participant in system.participants {
        let model = (participant as! DynamicFEMParticipant).model!
        for x in [0.1, 0.6, 0.9, 1.1, 1.4, 1.9] where (x < 1.25) == (participant.name == "left") {
          let place = SIMD3(x, 0.125, 0)
          worst = max(
            worst, abs(try model.displacement(at: place).x - whole.displacement(at: place).x))
        }
      }
    }
    #expect(worst < 1e-6 * 1e-3)
  }

  @Test("on meshes 2 : 3 its energy grows manyfold, where springs on a cut keep it to a millionth")
  func drift() throws {
    let overlapping = try OverlappingBar(cells: (2, 3)).drift(trips: 5)
    var cut = try PulsedBar(cells: (2, 3)).system()
    let start = PulsedBar.energy(cut)
    var robin = 0.0
    for n in 1...5 {
      cut.run(to: 0.4 * Double(n))
      robin = max(robin, abs(PulsedBar.energy(cut) / start - 1))
    }
    #expect(robin < 1e-6 && overlapping > 1, "\(overlapping), \(robin)")
  }
}
