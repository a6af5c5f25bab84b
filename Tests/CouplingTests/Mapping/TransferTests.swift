import Coupling
import Testing

@Suite("Transfer between interfaces that do not match")
struct TransferTests {
  @Test("constants arrive bit for bit", arguments: Transfer.Kind.every)
  func constants(kind: Transfer.Kind) throws {
    for pair in InterfacePair.all {
      let transfer = try Transfer(kind, from: pair.source, to: pair.target)
      for width in 1...3 {
        let value = [0.1, -273.15, 1e9]
        let sent = pair.source.points.flatMap { _ in value.prefix(width) }
        let expected = pair.target.points.flatMap { _ in value.prefix(width) }
        #expect(transfer.consistent(sent, width: width) == expected, "\(pair.name)")
      }
      for t in 0..<transfer.targetCount {
        let sum = transfer.row(t).reduce(0) { $0 + $1.weight }
        #expect(abs(sum - 1) < 1e-14)
      }
    }
  }

  @Test(
    "the transpose keeps force and moment, across bends and gaps", arguments: Transfer.Kind.every)
  func forceAndMoment(kind: Transfer.Kind) throws {
    for pair in InterfacePair.all {
      let transfer = try Transfer(kind, from: pair.source, to: pair.target)
      let forces = randomValues(pair.target.points.count * pair.dimension)
      let sent = pair.target.resultant(forces)
      let got = pair.source.resultant(transfer.conservative(forces, width: pair.dimension))
      #expect(abs(got.force - sent.force).max() < 1e-12 * sent.size, "\(pair.name)")
      #expect(abs(got.moment - sent.moment).max() < 1e-12 * sent.size, "\(pair.name)")
      #expect(transfer.report.lostMoments == 0)
    }
  }

  @Test("rigid motions arrive exactly", arguments: Transfer.Kind.every)
  func rigidMotion(kind: Transfer.Kind) throws {
    for pair in InterfacePair.all {
      let transfer = try Transfer(kind, from: pair.source, to: pair.target)
      let fields: [(SIMD3<Double>) -> Double] =
        pair.dimension == 2
        ? [{ 0.4 - 0.7 * $0.y }, { -0.2 + 0.7 * $0.x }]
        : [
          { 0.4 + 0.3 * $0.z - 0.7 * $0.y }, { 0.1 + 0.7 * $0.x - 0.5 * $0.z },
          { 0.5 * $0.y - 0.3 * $0.x },
        ]
      let got = transfer.consistent(pair.source.sample(fields), width: pair.dimension)
      #expect(largestDifference(got, pair.target.sample(fields)) < 1e-12, "\(pair.name)")
    }
  }

  @Test("without keepsMoments the components do not mix", arguments: Transfer.Kind.every)
  func componentwise(kind: Transfer.Kind) throws {
    let pair = InterfacePair.apart[1]
    let transfer = try Transfer(kind, from: pair.source, to: pair.target, keepsMoments: false)
    let values = randomValues(3 * pair.source.points.count)
    let together = transfer.consistent(values, width: 3)
    for c in 0..<3 {
      let one = transfer.consistent(
        pair.source.points.indices.map { values[3 * $0 + c] }, width: 1)
      #expect(one == pair.target.points.indices.map { together[3 * $0 + c] })
    }
  }

  @Test("forces and displacements do the same work on both sides", arguments: Transfer.Kind.every)
  func work(kind: Transfer.Kind) throws {
    for pair in InterfacePair.all {
      let transfer = try Transfer(kind, from: pair.source, to: pair.target)
      for width in 1...3 {
        let u = randomValues(pair.source.points.count * width, seed: 3)
        let f = randomValues(pair.target.points.count * width, seed: 4)
        let there = zip(transfer.consistent(u, width: width), f).reduce(0) { $0 + $1.0 * $1.1 }
        let here = zip(u, transfer.conservative(f, width: width)).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(there - here) < 1e-12 * Double(u.count), "\(pair.name)")
      }
    }
  }

  private static var linear: [(SIMD3<Double>) -> Double] {
    [
      { 3 + $0.x - 2 * $0.y }, { $0.x + $0.y - 4 * $0.z }, { $0.z - 1 },
    ]
  }

  @Test(
    "linear functions of position arrive exactly on flat interfaces",
    arguments: Transfer.Kind.projections + Transfer.Kind.radial + [.mortar])
  func linearOnFlat(kind: Transfer.Kind) throws {
    for pair in InterfacePair.flat {
      let transfer = try Transfer(kind, from: pair.source, to: pair.target, keepsMoments: false)
      let got = transfer.consistent(pair.source.sample(Self.linear), width: 3)
      #expect(largestDifference(got, pair.target.sample(Self.linear)) < 1e-12, "\(pair.name)")
    }
  }

  @Test(
    "radial functions reproduce linear ones on bent interfaces", arguments: Transfer.Kind.radial)
  func linearOnCurved(kind: Transfer.Kind) throws {
    for pair in InterfacePair.curved {
      let transfer = try Transfer(kind, from: pair.source, to: pair.target, keepsMoments: false)
      let got = transfer.consistent(pair.source.sample(Self.linear), width: 3)
      #expect(largestDifference(got, pair.target.sample(Self.linear)) < 1e-12, "\(pair.name)")
    }
  }

  @Test(
    "projections give linear functions at the projected points, nearer than which none is",
    arguments: Transfer.Kind.projections)
  func linearAtProjections(kind: Transfer.Kind) throws {
    for pair in InterfacePair.curved + InterfacePair.apart {
      let transfer = try Transfer(kind, from: pair.source, to: pair.target, keepsMoments: false)
      // The projected points are themselves the map of the coordinates.
      let place = transfer.consistent(pair.source.sample([{ $0.x }, { $0.y }, { $0.z }]), width: 3)
      let feet = (0..<transfer.targetCount).map {
        SIMD3(place[3 * $0], place[3 * $0 + 1], place[3 * $0 + 2])
      }
      let got = transfer.consistent(pair.source.sample(Self.linear), width: 3)
      #expect(
        largestDifference(got, feet.flatMap { x in Self.linear.map { $0(x) } }) < 1e-12,
        "\(pair.name)")
      for (t, x) in pair.target.points.enumerated() {
        let distance = ((feet[t] - x) * (feet[t] - x)).sum().squareRoot()
        for s in pair.source.points {
          #expect(distance <= ((s - x) * (s - x)).sum().squareRoot() + 1e-14)
        }
      }
    }
  }

  @Test("no facet is nearer than the one that was found", arguments: Transfer.Kind.projections)
  func exhaustive(kind: Transfer.Kind) throws {
    let noise = randomValues(3 * 60, seed: 9)
    let target = InterfaceMesh(
      name: "target", dimension: 3,
      points: (0..<60).map {
        [0.5 + 0.9 * noise[3 * $0], 0.5 + noise[3 * $0 + 1], 1 + 0.5 * noise[3 * $0 + 2]]
      })
    func feet(_ source: InterfaceMesh) throws -> [Double] {
      let transfer = try Transfer(
        kind, from: source, to: target, gapTolerance: 1e6, keepsMoments: false)
      let x = transfer.consistent(source.sample([{ $0.x }, { $0.y }, { $0.z }]), width: 3)
      return target.points.enumerated().map { t, p in
        let d = SIMD3(x[3 * t], x[3 * t + 1], x[3 * t + 2]) - p
        return (d * d).sum().squareRoot()
      }
    }
    for mesh in [
      QuadraticPatch.patch(3), InterfacePair.curved[1].source, InterfacePair.curved[2].source,
    ] {
      var nearest = [Double](repeating: .infinity, count: target.points.count)
      for cell in mesh.cells {
        var single = mesh
        single.cells = [cell]
        nearest = zip(nearest, try feet(single)).map { min($0, $1) }
      }
      #expect(largestDifference(nearest, try feet(mesh)) < 1e-12)
    }
  }

  @Test("barycentric weights lie between 0 and 1, and few points carry them")
  func barycentricWeights() throws {
    for pair in InterfacePair.all {
      let transfer = try Transfer(.barycentric, from: pair.source, to: pair.target)
      for t in 0..<transfer.targetCount {
        let row = transfer.row(t)
        #expect(row.count <= pair.dimension)
        #expect(row.allSatisfy { $0.weight >= 0 && $0.weight <= 1 + 1e-15 })
      }
    }
  }

  @Test("radial functions interpolate at the source points", arguments: Transfer.Kind.radial)
  func interpolation(kind: Transfer.Kind) throws {
    for pair in InterfacePair.curved {
      let transfer = try Transfer(kind, from: pair.source, to: pair.source)
      let values = pair.source.sample([{ $0.x * $0.y + $0.z * $0.z }])
      #expect(
        largestDifference(transfer.consistent(values, width: 1), values) < 1e-9, "\(pair.name)")
    }
  }

  @Test("the same bits every time", arguments: Transfer.Kind.every)
  func determinism(kind: Transfer.Kind) throws {
    let pair = InterfacePair.patches("cylinder", 45, 40, place: InterfacePair.cylinder)
    let values = randomValues(3 * pair.source.points.count)
    let first = try Transfer(kind, from: pair.source, to: pair.target)
    let second = try Transfer(kind, from: pair.source, to: pair.target)
    #expect(first.consistent(values, width: 3) == second.consistent(values, width: 3))
    #expect(first.report == second.report)
  }

  @Test("matching points need no mapping")
  func identity() throws {
    let mesh = InterfacePair.curved[1].source
    let transfer = try Transfer.identity(from: mesh, to: mesh)
    let values = randomValues(3 * mesh.points.count)
    #expect(transfer.consistent(values, width: 3) == values)
    #expect(transfer.conservative(values, width: 3) == values)
    #expect(transfer.report.description.hasPrefix("identity from 'source'"))
    var moved = mesh
    moved.points[7].x += 0.01
    #expect(throws: CouplingError.self) { try Transfer.identity(from: mesh, to: moved) }
    moved.points.removeLast(7)
    moved.cells = []
    #expect(throws: CouplingError.self) { try Transfer.identity(from: mesh, to: moved) }
  }
}
