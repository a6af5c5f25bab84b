import Coupling
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

/// An elastic bar of 2 × 0.25 m with free ends, cut in the middle, through which a Gaussian pulse goes to and fro.
struct PulsedBar {
  var cells = (4, 4), exchange = Exchange.robin(.automatic), mapping = Transfer.Kind.mortar
  let speed = 10.0, density = 1000.0
  let step = 0.005

  func half(_ name: String, _ from: Double, _ perHeight: Int) throws -> DynamicFEMParticipant {
    let n = 4 * perHeight
    let mesh = try StructuredMesh.box(
      size: SIMD3(1, 0.25, 0), divisions: (n, perHeight, 0), shape: .quad4)
    var moved = mesh.mapped { $0 + SIMD3(from, 0, 0) }
    moved.addBoxSets()
    let law = try LinearElastic(young: density * speed * speed, poisson: 0.3)
    var body = FEMModel.Definition(mesh: moved, formulation: .planeStress, law: law)
    body.newton.tolerance = 1e-13
    func pulse(_ x: Double) -> Double { 1e-3 * exp(-pow((x - 0.5) / 0.15, 2)) }
    // A wave to the right: v = −c u′.
    return try DynamicFEMParticipant(
      name, DynamicModel.Definition(body: body, density: density),
      borders: [from == 0 ? "xmax" : "xmin"], longestStep: step,
      displacement: DynamicModel.field(on: moved) { SIMD3(pulse($0.x), 0, 0) },
      velocity: DynamicModel.field(on: moved) {
        SIMD3(speed * 2 * ($0.x - 0.5) / (0.15 * 0.15) * pulse($0.x), 0, 0)
      })
  }

  func system() throws -> CoupledSystem {
    var d = CouplingDefinition(
      [try half("left", 0, cells.0), try half("right", 1, cells.1)],
      [
        Interface(
          .init("left", "xmax"), .init("right", "xmin"), exchange: exchange, mapping: mapping)
      ], window: .fixed(step))
    d.criteria = [Criterion(.relative, 1e-9)]
    d.predictorOrder = 2
    return try CoupledSystem(d)
  }

  static func energy(_ system: CoupledSystem) -> Double {
    system.participants.reduce(0) {
      let model = ($1 as! DynamicFEMParticipant).model!
      return $0 + model.kineticEnergy + model.strainEnergy
    }
  }
}

@Suite("A pulse in a bar cut in two")
struct PulseTests {
  @Test(
    "loses and gains less than a thousandth of its energy in 10⁴ steps (10³ in short runs), on matching and other meshes",
    arguments: [(4, 4), (2, 3)])
  func drift(cells: (Int, Int)) throws {
    let isLong = ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] != nil
    let bar = PulsedBar(cells: cells)
    var system = try bar.system()
    let start = PulsedBar.energy(system)
    var worst = 0.0
    let end = bar.step * (isLong ? 10_000 : 1000)
    let records = system.run(to: end) { system, _ in
      worst = max(worst, abs(PulsedBar.energy(system) / start - 1))
      return false
    }
    #expect(records.last!.converged && worst < 1e-3, "\(worst)")
  }
}
