import Coupling
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

/// Gives a uniform traction, and listens to the displacement.
private struct Puller: Participant, Codable {
  typealias Checkpoint = Self
  var name = "puller"
  var traction: [Double]
  var points: [[Double]]
  var borders: [Border] {
    [
      Border(
        InterfaceMesh(
          name: "face", dimension: 2, points: points.map { SIMD3($0[0], $0[1], 0) },
          cells: (0..<Int32(points.count) - 1).map { [$0, $0 + 1] }),
        reads: [.displacement], writes: [.traction])
    ]
  }
  mutating func advance(by dt: Double, under data: BorderData) -> String? { nil }
  func write(_ field: Field, on border: String) -> [Double] { points.flatMap { _ in traction } }
}

@Suite("Tractions on borders of plane bodies")
struct TractionTests {
  @Test(
    "a sheet of any thickness under a traction of 100 Pa is stretched by σ/E, and says 100 Pa",
    arguments: [1, 0.1])
  func sheet(thickness: Double) throws {
    let mesh = try PlaneMesh.make(from: SIMD2(0, 0), to: SIMD2(2, 1), divisions: (4, 2))
    var d = FEMModel.Definition(
      mesh: mesh, formulation: .planeStress, law: try LinearElastic(young: 1e6, poisson: 0))
    d.thickness = thickness
    d.prescriptions = [.fixed("xmin", components: [0, 1])]
    let sheet = try FEMParticipant("sheet", d, borders: ["xmax"])
    var definition = CouplingDefinition(
      [Puller(traction: [100, 0], points: [[2, 0], [2, 0.5], [2, 1]]), sheet],
      [
        Interface(
          .init("puller", "face"), .init("sheet", "xmax"),
          exchange: .fields([
            Flow(.traction, from: .first), Flow(.displacement, from: .second),
          ]))
      ], window: .fixed(1))
    definition.scheme = .serialExplicit
    var system = try CoupledSystem(definition)
    #expect(system.step().converged)
    let u = system.participants[1].write(.displacement, on: "xmax")
    let t = system.participants[1].write(.traction, on: "xmax")
    let f = system.participants[1].write(.force, on: "xmax")
    for i in stride(from: 0, to: 6, by: 2) {
      #expect(abs(u[i] - 2e-4) < 1e-12 && abs(u[i + 1]) < 1e-12)
      #expect(abs(t[i] - 100) < 1e-8 && abs(t[i + 1]) < 1e-8)
    }
    #expect(abs(f[0] + f[2] + f[4] - 100 * thickness) < 1e-9)
  }
}
