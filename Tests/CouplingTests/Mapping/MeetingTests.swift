import Coupling
import Testing

@Suite("Where interfaces meet")
struct MeetingTests {
  private func refusal(
    _ kind: Transfer.Kind, _ source: InterfaceMesh, _ target: InterfaceMesh,
    gapTolerance: Double = Transfer.defaultGapTolerance
  ) -> String {
    do {
      _ = try Transfer(kind, from: source, to: target, gapTolerance: gapTolerance)
      return "accepted"
    } catch { return error.description }
  }

  @Test("a gap is reported with its size and place", arguments: Transfer.Kind.every)
  func gapReported(kind: Transfer.Kind) throws {
    let pair = InterfacePair.patches("gap", 4, 6, shift: [0, 0, 0.03])
    let report = try Transfer(kind, from: pair.source, to: pair.target).report
    #expect(abs(report.largestGap - 0.03) < 1e-15)
    #expect(report.gapPoint == 0 && report.gapPlace == [0, 0, 0.03])
    #expect(report.overhangCount == 0)
    #expect(report.description.contains("largest gap 0.03 m (12.0 % of a facet) at target point 0"))
    #expect(!report.description.contains("\n"))
  }

  @Test(
    "interfaces that do not meet are refused with both names and the gap",
    arguments: Transfer.Kind.every)
  func apart(kind: Transfer.Kind) {
    let plate = InterfaceMesh.patch(name: "plate", columns: 4, rows: 4)
    let wall = InterfaceMesh.patch(name: "wall", columns: 6, rows: 6) { [$0, $1, 0.2 + 0.1 * $0] }
    let line = refusal(kind, plate, wall)
    #expect(line.hasPrefix("interfaces 'plate' and 'wall': do not meet: they are 0.3 m apart"))
    #expect(line.contains("(1.0, 0, 0.3)") && line.contains("1.2 facet sizes, 0.25 allowed"))
    #expect(line.contains("; check units"))
    #expect(!line.contains("\n"))
    #expect(refusal(kind, plate, wall, gapTolerance: 1.5) == "accepted")
  }

  @Test("metres beside millimetres do not meet")
  func units() {
    let metres = InterfaceMesh.line(name: "metres", segments: 10) { [0.2, $0, 0] }
    let millimetres = InterfaceMesh.line(name: "millimetres", segments: 10) { [200, 1000 * $0, 0] }
    #expect(refusal(.nearestProjection, metres, millimetres).contains("do not meet"))
    #expect(refusal(.nearestProjection, millimetres, metres).contains("do not meet"))
  }

  @Test("points beside the source, all of them, do not meet it")
  func beside() {
    let left = InterfaceMesh.line(name: "left", segments: 10)
    let right = InterfaceMesh.line(name: "right", segments: 10) { [5 + $0, 0, 0] }
    #expect(refusal(.mortar, left, right).contains("4.0 m apart or more everywhere"))
  }

  @Test("a wall that stands on the border is another interface")
  func wall() {
    let floor = InterfaceMesh.patch(name: "floor", columns: 5, rows: 5)
    for x in [1.0, 1.05] {
      let wall = InterfaceMesh.patch(name: "wall", columns: 5, rows: 20) { [x, $0, 4 * $1] }
      #expect(refusal(.nearestProjection, floor, wall).contains("do not meet"))
    }
  }

  @Test("clouds meet within a spacing")
  func clouds() throws {
    let pair = InterfacePair.patches("clouds", 20, 17)
    var (source, target) = (pair.source, pair.target)
    source.cells = []
    target.cells = []
    let transfer = try Transfer(.radialBasis(RadialBasis(.wendlandC4)), from: source, to: target)
    #expect(transfer.report.largestGap < 0.036)
    let forces = randomValues(3 * target.points.count)
    let (sent, got) = (
      target.resultant(forces), source.resultant(transfer.conservative(forces, width: 3))
    )
    #expect(abs(got.moment - sent.moment).max() < 1e-12 * sent.size)
    for i in target.points.indices { target.points[i].z += 0.1 }
    #expect(refusal(.nearestNeighbour, source, target).contains("do not meet"))
  }

  @Test("one source point, and points that coincide", arguments: RadialBasis.Family.allCases)
  func coincident(family: RadialBasis.Family) throws {
    let kind = Transfer.Kind.radialBasis(RadialBasis(family))
    let one = InterfaceMesh(name: "one", dimension: 3, points: [[1, 2, 3]])
    let twice = InterfaceMesh(
      name: "twice", dimension: 3, points: [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
    for source in [one, twice] {
      let transfer = try Transfer(kind, from: source, to: one)
      let values = [Double](repeating: 7, count: source.points.count)
      #expect(transfer.consistent(values, width: 1) == [7])
    }
    var doubled = InterfaceMesh.patch(name: "doubled", columns: 6, rows: 6)
    doubled.points += doubled.points.prefix(9)
    let target = InterfaceMesh.patch(name: "target", columns: 9, rows: 9)
    let out = try Transfer(kind, from: doubled, to: target)
      .consistent(doubled.sample([{ $0.x * $0.y }]), width: 1)
    #expect(largestDifference(out, target.sample([{ $0.x * $0.y }])) < 0.02)
  }

  @Test("a line of points in space has no room for couples about itself, and says so")
  func lostMoments() throws {
    let source = InterfaceMesh(
      name: "beam", dimension: 3, points: (0...10).map { [0.1 * Double($0), 0, 0] })
    let target = InterfaceMesh(
      name: "skin", dimension: 3, points: (0...7).map { [0.13 * Double($0), 0.03, 0] })
    let report = try Transfer(.nearestNeighbour, from: source, to: target).report
    #expect(report.lostMoments == 8)
    #expect(report.description.contains("the moment lost at 8 points"))
  }

  @Test("points beyond the border take its value and are counted", arguments: Transfer.Kind.every)
  func overhang(kind: Transfer.Kind) throws {
    let source = InterfaceMesh.patch(name: "source", columns: 10, rows: 10)
    let target = InterfaceMesh.patch(name: "target", columns: 12, rows: 12) { [1.2 * $0, $1, 0] }
    let transfer = try Transfer(kind, from: source, to: target)
    #expect(transfer.report.overhangCount == 26)
    #expect(abs(transfer.report.largestOverhang - 0.2) < 1e-12)
    #expect(transfer.report.largestGap < 1e-15)
    #expect(
      transfer.report.description.contains(
        "no gap, 26 target points beyond the border by up to 0.2 m"))
    // Force and moment are kept all the same.
    let forces = randomValues(3 * target.points.count)
    let (sent, got) = (
      target.resultant(forces), source.resultant(transfer.conservative(forces, width: 3))
    )
    #expect(abs(got.force - sent.force).max() < 1e-12 * sent.size)
    #expect(abs(got.moment - sent.moment).max() < 1e-12 * sent.size)
    if Transfer.Kind.projections.contains(kind) || kind == .mortar {
      let values = source.sample([{ $0.x }])
      let out = transfer.consistent(values, width: 1)
      #expect(out.max()! <= 1 + 1e-12)
    }
  }

  @Test("a ridge is no border")
  func ridge() throws {
    let source = InterfaceMesh.line(name: "source", segments: 10) { [$0, -abs($0 - 0.5), 0] }
    let target = InterfaceMesh.line(name: "target", segments: 10) { [$0, 0.01 - abs($0 - 0.5), 0] }
    let report = try Transfer(.nearestProjection, from: source, to: target).report
    #expect(report.overhangCount == 0)
    #expect(abs(report.largestGap - 0.01) < 1e-15)
  }

  @Test("what cannot be mapped is refused in one line with the remedy")
  func refusals() {
    let flat = InterfaceMesh.line(name: "line", segments: 4)
    let patch = InterfaceMesh.patch(name: "patch", columns: 2, rows: 2)
    var cloud = patch
    cloud.cells = []
    let nothing = InterfaceMesh(name: "nothing", dimension: 3, points: [])
    let parabola = InterfaceMesh(
      name: "parabola", dimension: 2, points: [[0, 0, 0], [1, 0, 0], [0.5, 0, 0]],
      cells: [[0, 1, 2]])
    #expect(refusal(.nearestNeighbour, flat, patch).contains("2- and 3-dimensional"))
    #expect(refusal(.nearestNeighbour, nothing, patch).contains("'nothing': has no points"))
    #expect(refusal(.barycentric, cloud, patch).contains("has no facets, which barycentric"))
    #expect(refusal(.mortar, patch, cloud).contains("has no facets, which mortar"))
    #expect(refusal(.mortar, flat, parabola).contains("'parabola': does not know quadratic facets"))
    #expect(
      refusal(.radialBasis(RadialBasis(.wendlandC2, supportRadius: 1e-3)), patch, patch)
        .contains("hardly reaches a neighbour"))
  }
}
