import Contact
import Coupling
import DDA
import FEM
import Foundation
import Geometry
import Mechanics
import Participants
import Testing

@Suite("A coupled run that goes on from a file")
struct RestartTests {
  private func throughFile(
    _ state: CoupledSystem.Checkpoint, asJSON: Bool
  ) throws -> CoupledSystem.Checkpoint {
    if asJSON {
      return try JSONDecoder().decode(
        CoupledSystem.Checkpoint.self, from: JSONEncoder().encode(state))
    }
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    return try PropertyListDecoder().decode(
      CoupledSystem.Checkpoint.self, from: encoder.encode(state))
  }

  /// Everything that a system's borders say.
  private func borders(_ system: CoupledSystem) -> [[Double]] {
    system.participants.flatMap { participant in
      participant.borders.flatMap { border in
        [Field.displacement, .force].map { participant.write($0, on: border.mesh.name) }
      }
    }
  }

  /// Goes half of the way, then the rest in the same system and in new ones.
  private func check(
    half: Double, end: Double, _ make: () throws -> CoupledSystem
  ) throws {
    var whole = try make()
    #expect(whole.run(to: half).allSatisfy { $0.converged })
    let saved = try whole.checkpoint()
    let files = try [true, false].map { try throughFile(saved, asJSON: $0) }
    let rest = whole.run(to: end)
    #expect(rest.allSatisfy { $0.converged } && whole.time == end)
    for state in files {
      var next = try make()
      try next.restore(state)
      #expect(next.time == half && next.run(to: end) == rest)
      #expect(borders(next) == borders(whole) && next.work == whole.work)
    }
    #expect(borders(whole).joined().contains { $0 != 0 })
  }

  private static let exchanges: [Exchange] = [
    .robin(.automatic), .dirichletNeumann(guided: .second),
  ]

  @Test("bodies at rest")
  func statics() throws {
    for exchange in RestartTests.exchanges {
      try check(half: 0.5, end: 1) {
        try CutCantilever(cells: (1, 1)).coupled(exchange) {
          $0.window = .fixed(0.25)
          $0.predictorOrder = 1
        }
      }
    }
  }

  @Test("bodies in motion", arguments: [(4, 4), (2, 3)])
  func motion(cells: (Int, Int)) throws {
    for exchange in RestartTests.exchanges {
      try check(half: 0.05, end: 0.1) {
        try PulsedBar(cells: cells, exchange: exchange).system()
      }
    }
  }

  @Test("blocks in contact, one of them on those of another system")
  func blocks() throws {
    try check(half: 0.02, end: 0.04) {
      func blocks(_ boxes: [(y: Double, isFixed: Bool)]) throws -> DDADefinition {
        var d = DDADefinition(
          blocks: try boxes.map { y, isFixed in
            let corners = [Point(0, y), Point(1, y), Point(1, y + 1), Point(0, y + 1)]
            return BlockDefinition(try Polygon(corners), isFixed: isFixed)
          },
          materials: [try BlockMaterial(young: 1e8, poisson: 0.2, density: 2000)],
          joint: try CoulombJoint(friction: 0.5))
        d.scheme = TimeScheme(spectralRadius: 0)
        return d
      }
      let lower = try blocks([(0, true), (1, false)])
      let upper = try blocks([(2, false)])
      var d = CouplingDefinition(
        [
          DDAParticipant(
            "lower", lower,
            borders: [DDABorder("top", points: [Point(0, 2), Point(1, 2)].map { [.init(1, $0)] })],
            longestStep: 0.002),
          DDAParticipant(
            "upper", upper,
            borders: [
              DDABorder("bottom", points: [Point(0, 2), Point(1, 2)].map { [.init(0, $0)] })
            ], longestStep: 0.001),
        ],
        [
          Interface(
            .init("lower", "top"), .init("upper", "bottom"),
            exchange: .dirichletNeumann(guided: .second))
        ], window: .fixed(0.002))
      d.criteria = [Criterion(.relative, 1e-7)]
      return try CoupledSystem(d)
    }
  }

  @Test("states of another mesh, or of other blocks, are refused before anything has changed")
  func foreign() throws {
    var small = try CutCantilever(cells: (1, 1)).coupled(.robin(.automatic))
    let large = try CutCantilever(cells: (1, 1)).coupled(.robin(.automatic)) { d in
      // As many border points, other cells behind them.
      let cut = CutCantilever(cells: (1, 1))
      d.participants[1] = try! FEMParticipant(
        "right", cut.definition(try! cut.box(4, 7, 1), clamped: false, loaded: true),
        borders: ["xmin"])
    }
    let error = #expect(throws: CouplingError.self) { try small.restore(try large.checkpoint()) }
    #expect(error?.place == "checkpoint")
    #expect(error?.problem == "has no state that 'right' understands")
    #expect(small.time == 0 && small.step().converged)
  }
}

@Suite("Bodies that cannot be coupled so")
struct BadBodyTests {
  private func refused(_ make: () throws -> Void) -> CouplingError? {
    do {
      try make()
      return nil
    } catch { return error as? CouplingError }
  }

  @Test("sets and regions that the mesh does not have")
  func names() throws {
    let cut = CutCantilever(cells: (1, 1))
    let body = cut.definition(try cut.box(0, 4, 1), clamped: true, loaded: false)
    let border = refused { _ = try FEMParticipant("left", body, borders: ["xmaz"]) }
    #expect(border?.place == "border 'xmaz'" && border?.problem == "is no set of the mesh")
    #expect(border?.remedy.contains("xmax") == true)
    let region = refused {
      _ = try FEMParticipant("left", body, borders: ["xmax"], complement: ["rock"])
    }
    #expect(
      region == CouplingError("participant 'left'", "has no region 'rock'", "name one of: body"))
  }

  @Test("cuts that do not meet")
  func apart() throws {
    let cut = CutCantilever(cells: (1, 1))
    let error = refused {
      _ = try cut.coupled(.robin(.automatic)) { d in
        d.participants[1] = try! FEMParticipant(
          "right", cut.definition(try! cut.box(5, 8, 1), clamped: false, loaded: true),
          borders: ["xmin"])
      }
    }
    #expect(error?.place.hasPrefix("interface 'left.xmax-right.xmin'") == true)
    #expect(error?.problem.contains("apart") == true, "\(error?.description ?? "none")")
    #expect(error?.remedy.isEmpty == false)
  }

  @Test("a global model that does not say what is outside")
  func complement() throws {
    let error = refused { _ = try CutCantilever(cells: (1, 1)).coupled(.globalLocal) }
    #expect(error?.problem == "'left' does not offer the field 'complement' on 'xmax'")
    #expect(error?.remedy == "it writes: displacement, velocity, force, traction")
  }

  @Test("a body whose border hangs on two guides")
  func twice() throws {
    let cut = CutCantilever(cells: (1, 1))
    let error = refused {
      _ = try cut.coupled(.dirichletNeumann(guided: .second)) { d in
        let left = cut.definition(try! cut.box(0, 4, 1), clamped: true, loaded: false)
        d.participants.append(try! FEMParticipant("third", left, borders: ["xmax"]))
        d.interfaces.append(
          Interface(
            .init("third", "xmax"), .init("right", "xmin"),
            exchange: .dirichletNeumann(guided: .second)))
      }
    }
    #expect(error?.place == "border 'right.xmin'")
    #expect(error?.problem == "is given the field 'displacement' twice")
  }
}
