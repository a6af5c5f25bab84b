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

@Suite("Bodies cut in two whose meshes do not match")
struct UnmatchedTests {
  /// Difference of the tip of a cut beam in the plane from a very fine whole one.
  private func error(
    _ cells: Int, _ exchange: Exchange, _ mapping: Transfer.Kind
  ) throws -> (error: Double, iterations: Int) {
    func half(_ from: Double, _ n: Int) throws -> Mesh {
      let mesh = try StructuredMesh.box(
        size: SIMD3(4, 1, 0), divisions: (4 * n, n, 0), shape: .quad4)
      var moved = mesh.mapped { $0 + SIMD3(from, 0, 0) }
      moved.addBoxSets()
      return moved
    }
    let law = try LinearElastic(young: 1e6, poisson: 0.3)
    var left = FEMModel.Definition(
      mesh: try half(0, 2 * cells), formulation: .planeStress, law: law)
    left.prescriptions = [.fixed("xmin", components: [0, 1])]
    var right = FEMModel.Definition(
      mesh: try half(4, 3 * cells), formulation: .planeStress, law: law)
    right.tractions = [Traction(set: "xmax", vector: SIMD3(0, -100, 0))]
    var d = CouplingDefinition(
      [
        try FEMParticipant("left", left, borders: ["xmax"]),
        try FEMParticipant("right", right, borders: ["xmin"]),
      ],
      [
        Interface(
          .init("left", "xmax"), .init("right", "xmin"), exchange: exchange, mapping: mapping)
      ], window: .fixed(1))
    d.criteria = [Criterion(.relative, 1e-9)]
    d.halvings = 0
    var system = try CoupledSystem(d)
    let record = system.step()
    #expect(record.converged)
    let model = (system.participants[1] as! FEMParticipant).model!
    let tip = try model.displacement(at: SIMD3(8, 0.5, 0)).y
    return (abs(tip - UnmatchedTests.fine), record.iterations)
  }

  /// The whole beam with 8192 quadratic cells.
  private static let fine: Double = {
    let mesh = try! StructuredMesh.box(size: SIMD3(8, 1, 0), divisions: (256, 32, 0), shape: .quad8)
    var d = FEMModel.Definition(
      mesh: mesh, formulation: .planeStress, law: try! LinearElastic(young: 1e6, poisson: 0.3))
    d.prescriptions = [.fixed("xmin", components: [0, 1])]
    d.tractions = [Traction(set: "xmax", vector: SIMD3(0, -100, 0))]
    var model = try! FEMModel(d)
    precondition(model.step(to: 1).converged)
    return try! model.displacement(at: SIMD3(8, 0.5, 0)).y
  }()

  @Test(
    "the tip of a beam cut in two with meshes 2 : 3 converges at the order of its cells",
    arguments: [Transfer.Kind.mortar, .nearestProjection])
  func order(mapping: Transfer.Kind) throws {
    for exchange in [Exchange.robin(.automatic), .dirichletNeumann(guided: .second)] {
      let found = try [2, 4, 8].map { try error($0, exchange, mapping) }
      let order = log2(found[0].error / found[2].error) / 2
      #expect(abs(order - 2) < 0.3, "\(order)")
    }
  }
}

@Suite("The stretched and twisted cube cut in the middle")
struct CutCubeTests {
  @Test("finite strain: forces and displacements of the whole cube to 1e-8")
  func cube() throws {
    let law = try NeoHooke(mu: 1, lambda: 10)
    func body(_ from: Double, _ to: Double, _ layers: Int) throws -> FEMModel.Definition {
      let mesh = try StructuredMesh.box(
        size: SIMD3(1, 1, to - from), divisions: (4, 4, layers), shape: .hex8)
      var moved = mesh.mapped { $0 + SIMD3(0, 0, from) }
      moved.addBoxSets()
      var d = FEMModel.Definition(mesh: moved, law: law)
      d.newton.tolerance = 1e-11
      if from == 0 { d.prescriptions.append(.fixed("zmin")) }
      if to == 1 {
        d.prescriptions.append(
          Prescription(set: "zmax", components: [0, 1, 2]) { p, s in
            let (angle, x, y) = (s * Double.pi / 6, p.x - 0.5, p.y - 0.5)
            return SIMD3(
              x * cos(angle) - y * sin(angle) - x, x * sin(angle) + y * cos(angle) - y, 0.5 * s)
          })
      }
      return d
    }
    var whole = try FEMModel(try body(0, 1, 4))
    #expect(whole.run(through: [0.2, 0.4, 0.6, 0.8, 1]).converged)
    for exchange in [Exchange.robin(.automatic), .dirichletNeumann(guided: .second)] {
      var d = CouplingDefinition(
        [
          try FEMParticipant("lower", try body(0, 0.5, 2), borders: ["zmax"]),
          try FEMParticipant("upper", try body(0.5, 1, 2), borders: ["zmin"]),
        ],
        [Interface(.init("lower", "zmax"), .init("upper", "zmin"), exchange: exchange)],
        window: .fixed(0.2))
      d.criteria = [Criterion(.relative, 1e-10)]
      d.predictorOrder = 1
      var system = try CoupledSystem(d)
      let records = system.run(to: 1)
      let upper = (system.participants[1] as! FEMParticipant).model!
      let (a, b) = (try whole.reaction(on: "zmax"), try upper.reaction(on: "zmax"))
      #expect(records.last!.converged && abs(a.z / b.z - 1) < 1e-8)
      let place = SIMD3(1, 0.5, 0.5)
      let gap = try whole.displacement(at: place) - upper.displacement(at: place)
      #expect((gap * gap).sum().squareRoot() < 1e-8)
    }
  }
}
