import Coupling
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

/// The cantilever 8 × 1 × 1 m under its tip load, whole or cut at x = 4.
struct CutCantilever {
  /// Cells per metre of the left and of the right half.
  var cells = (2, 2)
  let law = try! LinearElastic(young: 1e6, poisson: 0.3)

  func box(_ from: Double, _ to: Double, _ perMetre: Int) throws -> Mesh {
    let mesh = try StructuredMesh.box(
      size: SIMD3(to - from, 1, 1),
      divisions: (Int(to - from) * perMetre, perMetre, perMetre), shape: .hex8)
    var moved = mesh.mapped { $0 + SIMD3(from, 0, 0) }
    moved.addBoxSets()
    return moved
  }

  func definition(_ mesh: Mesh, clamped: Bool, loaded: Bool) -> FEMModel.Definition {
    var d = FEMModel.Definition(mesh: mesh, law: law)
    if clamped { d.prescriptions = [.fixed("xmin")] }
    if loaded { d.tractions = [Traction(set: "xmax", vector: SIMD3(0, 0, -100))] }
    d.newton.tolerance = 1e-12
    return d
  }

  func whole() throws -> FEMModel {
    var model = try FEMModel(
      definition(try box(0, 8, cells.0), clamped: true, loaded: true))
    #expect(model.step(to: 1).converged)
    return model
  }

  func coupled(
    _ exchange: Exchange, tolerance: Double = 1e-10,
    _ edit: (inout CouplingDefinition) -> Void = { _ in }
  ) throws -> CoupledSystem {
    let left = try FEMParticipant(
      "left", definition(try box(0, 4, cells.0), clamped: true, loaded: false), borders: ["xmax"])
    let right = try FEMParticipant(
      "right", definition(try box(4, 8, cells.1), clamped: false, loaded: true), borders: ["xmin"])
    var d = CouplingDefinition(
      [left, right],
      [Interface(.init("left", "xmax"), .init("right", "xmin"), exchange: exchange)],
      window: .fixed(1))
    d.criteria = [Criterion(.relative, tolerance)]
    d.relaxation = .quasiNewton(
      .leastSquares(reusedWindows: 0), filter: .qr2(1e-6), first: 1, columnLimit: 100, scaled: true)
    d.halvings = 0
    edit(&d)
    return try CoupledSystem(d)
  }
}

@Suite("A cantilever cut in two is the whole cantilever")
struct CutBodyTests {
  private func tip(_ system: CoupledSystem) -> Double {
    let right = system.participants[1] as! FEMParticipant
    return try! right.model!.displacement(at: SIMD3(8, 0.5, 0.5)).z
  }

  @Test(
    "on matching meshes to 1e-8, by springs on both ends, in at most 12 iterations",
    arguments: [1, 2, 4])
  func robin(cells: Int) throws {
    let cut = CutCantilever(cells: (cells, cells))
    let whole = try cut.whole().displacement(at: SIMD3(8, 0.5, 0.5)).z
    var system = try cut.coupled(.robin(.automatic), tolerance: 1e-8)
    let record = system.step()
    #expect(record.converged && record.iterations <= 12, "\(record.iterations)")
    #expect(abs(tip(system) / whole - 1) < 1e-8)
    // What one half does to the other, the other does to it.
    let ends = [
      system.participants[0].write(.force, on: "xmax"),
      system.participants[1].write(.force, on: "xmin"),
    ]
    let most = ends[0].map { abs($0) }.max()!
    #expect(zip(ends[0], ends[1]).allSatisfy { abs($0 + $1) < 1e-7 * most })
  }

  @Test("and by displacements one way and forces the other")
  func dirichletNeumann() throws {
    let cut = CutCantilever()
    let whole = try cut.whole().displacement(at: SIMD3(8, 0.5, 0.5)).z
    var system = try cut.coupled(.dirichletNeumann(guided: .second))
    let record = system.step()
    #expect(record.converged)
    #expect(abs(tip(system) / whole - 1) < 1e-8)
  }

  @Test("a half that nothing holds cannot be the one that has forces alone")
  func floating() throws {
    let error = #expect(throws: CouplingError.self) {
      try CutCantilever().coupled(.dirichletNeumann(guided: .first))
    }
    #expect(error?.place == "participant 'right', boundary")
  }
}
