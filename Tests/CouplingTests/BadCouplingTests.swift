import Coupling
import FixedPoint
import Foundation
import Testing

@Suite("Couplings that cannot be are refused with place, problem and remedy")
struct BadCouplingTests {
  /// The chain of three, made wrong.
  private func chain(
    _ scheme: CouplingScheme = .serialImplicit,
    edit: @escaping (inout CouplingDefinition) -> Void = { _ in },
    mass: @escaping (Int, inout ChainMass) -> Void = { _, _ in }
  ) -> CouplingError? {
    do {
      _ = try MassChain(edit: edit, editMass: mass).system(scheme)
      return nil
    } catch { return error as? CouplingError }
  }

  private func expect(
    _ error: CouplingError?, _ place: String, _ problem: String, _ remedy: String,
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(error == CouplingError(place, problem, remedy), sourceLocation: location)
    let line = error?.description ?? "\n"
    #expect(!line.contains("\n") && line.count < 240, sourceLocation: location)
  }

  @Test("names that are not there")
  func names() {
    expect(
      chain { $0.interfaces[0].first.participant = "lefd" }, "interface end 'lefd.a'",
      "there is no participant 'lefd'", "the participants are: left, middle, right")
    expect(
      chain { $0.interfaces[0].second.border = "c" }, "interface end 'middle.c'",
      "'middle' has no border 'c'", "it has: a, b")
    expect(
      chain { $0.interfaces[0].exchange = .fields([Flow("heat", from: .first)]) },
      "interface 'left.a-middle.a'", "'left' does not offer the field 'heat' on 'a'",
      "it writes: displacement, force")
    expect(
      chain { $0.interfaces[0].exchange = .fields([Flow(.displacement, from: .first)]) },
      "interface 'left.a-middle.a'", "'middle' cannot be given the field 'displacement' on 'a'",
      "it reads: force")
    expect(
      chain(mass: { if $0 == 2 { $1 = ChainMass("left", mass: 1, wall: 1, $1.links) } }),
      "participant 'left'", "is there twice", "give every participant its own name")
    expect(
      chain { $0.criteria.append(Criterion(.absolute, 1, field: .velocity)) }, "convergence",
      "measures the field 'velocity', which goes over no interface",
      "measure one of: displacement, force")
  }

  @Test("interfaces that join nothing")
  func interfaces() {
    expect(
      chain { $0.interfaces = [] }, "interfaces", "there are none", "join the participants by one")
    expect(
      chain { $0.participants = [] }, "participants", "there are 0", "give two or more")
    expect(
      chain {
        $0.interfaces[0] = Interface(
          .init("middle", "a"), .init("middle", "b"),
          exchange: .fields([Flow(.force, from: .first)]))
      }, "interface 'middle.a-middle.b'", "joins 'middle' to itself", "join two participants")
    expect(
      chain {
        $0.participants[2] = Idle(name: "right", border: "b", width: 2)
      }, "interface 'right.b-middle.b'",
      "has 2 values a point at one end and 1 at the other", "join borders of the same kind")
    expect(
      chain { $0.participants[2] = Idle(name: "right", border: "b", points: []) },
      "interface 'right.b-middle.b'", "has a border without points", "name one with points")
    let apart = chain {
      $0.participants[2] = Idle(name: "right", border: "b", points: [SIMD3(5, 0, 0)])
      $0.interfaces[1].mapping = .nearestNeighbour
    }
    #expect(apart?.place.hasPrefix("interface 'right.b-middle.b', interface") == true)
    #expect(apart?.problem.contains("apart") == true, "\(apart?.description ?? "")")
    #expect(apart?.remedy.isEmpty == false)
  }

  @Test("borders that are told the same thing twice, or two things of which one follows")
  func twice() {
    let both = { (exchange: Exchange) -> CouplingError? in
      self.chain { d in
        d.participants = [
          PointMass(name: "left", mass: 1), PointMass(name: "middle", mass: 1),
          PointMass(name: "right", mass: 1),
        ]
        d.interfaces = ["left", "right"].map {
          Interface(.init($0, "mass"), .init("middle", "mass"), exchange: exchange)
        }
        if case .dirichletNeumann = exchange {
        } else {
          d.interfaces[0].exchange = .dirichletNeumann(guided: .second)
        }
      }
    }
    expect(
      both(.dirichletNeumann(guided: .second)), "border 'middle.mass'",
      "is given the field 'displacement' twice", "leave one of the two interfaces out")
    expect(
      both(.fields([Flow(.force, from: .first)])), "border 'middle.mass'",
      "is given 'displacement' and 'force', of which one follows from the other",
      "leave one of the two interfaces out")
    expect(
      both(.robin(.automatic)), "border 'middle.mass'",
      "is given 'displacement' and 'elastic', of which one follows from the other",
      "leave one of the two interfaces out")
  }

  @Test("windows")
  func windows() {
    for length in [0, -0.1, .infinity, .nan] {
      expect(
        chain { $0.window = .fixed(length) }, "window", "is \(length) s long",
        "give a positive length")
    }
    expect(
      chain(mass: { $1.longestStep = $0 == 1 ? 0.2 : .infinity }), "participant 'middle'",
      "has a step of 0.2 s, longer than the window of 0.1 s",
      "give it a step of at most 0.1 s, or let it give the window")
    expect(
      chain(mass: { $1.longestStep = $0 == 1 ? 0 : .infinity }), "participant 'middle'",
      "has a step of 0.0 s", "give one above 0")
    expect(
      chain { $0.window = .given(by: "centre") }, "window",
      "is to be given by 'centre', which does not take part", "name one of: left, middle, right")
    expect(
      chain { $0.window = .given(by: "left") }, "window",
      "is to be given by 'left', which has no step of its own",
      "give a length in s, or the participant a step")
    expect(chain { $0.halvings = -1 }, "window", "is to be halved -1 times", "give 0 or more")
    expect(chain { $0.predictorOrder = 3 }, "predictor", "has order 3", "give 0, 1 or 2")
  }

  @Test("measures and relaxations")
  func measures() {
    expect(
      chain { $0.criteria = [] }, "convergence", "has no measure", "give one, say relative 1e-6")
    expect(
      chain { $0.criteria = [Criterion(.relative, 0)] }, "convergence", "has a limit of 0.0",
      "give one above 0")
    expect(
      chain { ($0.leastIterations, $0.iterationLimit) = (9, 8) }, "convergence",
      "demands 9 iterations and permits 8",
      "permit at least one, and as many as are demanded")
    let useless: [RelaxationChoice] = [
      .constant(0), .constant(.nan), .aitken(first: 0), .anderson(depth: 0, mixing: 1),
      .anderson(depth: 3, mixing: -1), .standard(first: 0),
      .quasiNewton(
        .multiVector(windowsPerRestart: 0, truncation: 0.1), filter: .qr2(1e-3), first: 0.5,
        columnLimit: 9, scaled: true),
    ]
    for choice in useless {
      #expect(chain { $0.relaxation = choice }?.place == "relaxation", "\(choice)")
    }
  }

  @Test("what participants cannot do")
  func participants() {
    let idle = { (scheme: CouplingScheme) -> CouplingError? in
      self.chain(scheme) { $0.participants[2] = Idle(name: "right", border: "b") }
    }
    expect(
      idle(.parallelImplicit), "participant 'right'",
      "cannot go back to the beginning of a window, which an implicit scheme repeats",
      "give it checkpoints, or take an explicit scheme")
    #expect(idle(.parallelExplicit) == nil)
    expect(
      chain { $0.interfaces[0].exchange = .robin(.automatic) }, "interface 'left.a-middle.a'",
      "'left' cannot be given the field 'elastic' on 'a'", "it reads: displacement")
    let elastic = { (stiffness: Impedance) -> CouplingError? in
      self.chain(.serialExplicit) { d in
        d.participants[1] = Idle(name: "middle", border: "b", reads: [.elastic])
        d.participants[2] = Idle(name: "right", border: "b", reads: [.elastic])
        d.interfaces = [
          Interface(.init("middle", "b"), .init("right", "b"), exchange: .robin(stiffness))
        ]
        d.criteria = []
      }
    }
    expect(
      elastic(Impedance.automatic), "interface 'middle.b-right.b'",
      "finds no stiffness at its finer end to make springs of", "give an impedance in N/m³")
    expect(
      elastic(Impedance.perArea(-1)), "interface 'middle.b-right.b'", "has an impedance of -1.0",
      "give one above 0, N/m³")
    expect(
      elastic(Impedance.perArea(1)), "participant 'middle'", "cannot put springs on its border 'b'",
      "take the exchange dirichlet-neumann")
  }

  @Test("what participants begin with")
  func beginnings() {
    expect(
      chain(mass: { if $0 == 1 { $1.displacement = .nan } }), "participant 'middle'",
      "begins with nan among the values of 'displacement' on 'a'",
      "give it a finite initial state")
    expect(
      chain(mass: { if $0 == 0 { $1.displacement = .infinity } }), "participant 'left'",
      "begins with inf among the values of 'displacement' on 'a'",
      "give it a finite initial state")
    expect(
      chain(.serialExplicit) { $0.participants[2] = Idle(name: "right", border: "b", written: 3) },
      "participant 'right'", "writes 3 values of 'displacement' on 'b'",
      "write 1: 1 for each of 1 points")
  }
}

/// Does nothing, and cannot go back.
private struct Idle: Participant {
  let name: String, border: String
  var width = 1, points = [SIMD3<Double>.zero]
  var reads: [Field] = [.displacement, .force]
  var written: Int?
  var borders: [Border] {
    [
      Border(
        InterfaceMesh(name: border, dimension: 2, points: points), reads: reads,
        writes: [.displacement, .force], width: width)
    ]
  }
  mutating func advance(by dt: Double, under data: BorderData) -> String? { nil }
  func write(_ field: Field, on border: String) -> [Double] {
    Array(repeating: 0, count: written ?? width * points.count)
  }
}
