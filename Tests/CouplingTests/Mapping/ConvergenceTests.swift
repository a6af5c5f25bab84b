import Coupling
import Glibc
import Testing

@Suite("Orders of mapping")
struct ConvergenceTests {
  private static func field(_ x: SIMD3<Double>) -> Double {
    sin(3 * x.x) * cos(2 * x.y) + 0.5 * x.z
  }

  /// The root of the mean square error when both sides are refined four times.
  private func order(_ kind: Transfer.Kind, _ place: (Double, Double) -> SIMD3<Double>) throws
    -> Double
  {
    let errors = try [8, 32].map { n in
      let pair = InterfacePair.patches("refined", n, n * 5 / 4, place: place)
      let transfer = try Transfer(kind, from: pair.source, to: pair.target)
      let got = transfer.consistent(pair.source.sample([Self.field]), width: 1)
      let square = zip(got, pair.target.sample([Self.field]))
        .reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return (square / Double(got.count)).squareRoot()
    }
    return log2(errors[0] / errors[1]) / 2
  }

  @Test(
    "a smooth field on bent interfaces",
    arguments: [
      (Transfer.Kind.nearestNeighbour, 0.8...1.2), (.nearestProjection, 1.8...2.3),
      (.barycentric, 1.8...2.3), (.mortar, 1.7...2.4),
      (.radialBasis(RadialBasis(.wendlandC2)), 2.5...9),
      (.radialBasis(RadialBasis(.wendlandC4)), 3.0...9),
      (.radialBasis(RadialBasis(.wendlandC6)), 3.0...9),
      (.radialBasis(RadialBasis(.thinPlate)), 1.9...9),
    ])
  func orders(kind: Transfer.Kind, expected: ClosedRange<Double>) throws {
    for place in [InterfacePair.cylinder, InterfacePair.sphere] {
      let order = try order(kind, place)
      #expect(expected.contains(order), "order \(order)")
    }
  }

  @Test(
    "partition of unity: many points, still better than order 2",
    arguments: RadialBasis.Family.allCases)
  func partition(family: RadialBasis.Family) throws {
    let errors = try [48, 96].map { n in
      let pair = InterfacePair.patches("fine", n, n * 5 / 4, place: InterfacePair.cylinder)
      let transfer = try Transfer(
        .radialBasis(RadialBasis(family)), from: pair.source, to: pair.target, keepsMoments: false)
      #expect(transfer.report.clusterCount > 50)
      // Linear functions come through every cluster.
      let linear: [(SIMD3<Double>) -> Double] = [{ $0.x }, { $0.y }, { $0.z }]
      let same = transfer.consistent(pair.source.sample(linear), width: 1 + 2)
      #expect(largestDifference(same, pair.target.sample(linear)) < 1e-12)
      let got = transfer.consistent(pair.source.sample([Self.field]), width: 1)
      return largestDifference(got, pair.target.sample([Self.field]))
    }
    #expect(errors[1] < 1e-4)
    #expect(log2(errors[0] / errors[1]) > 1.7, "\(errors)")
  }

  @Test("partition of unity along a curve", arguments: RadialBasis.Family.allCases)
  func partitionOfLines(family: RadialBasis.Family) throws {
    let pair = InterfacePair.lines("fine", 4000, 3001, place: InterfacePair.arc)
    let transfer = try Transfer(
      .radialBasis(RadialBasis(family)), from: pair.source, to: pair.target, keepsMoments: false)
    #expect(transfer.report.clusterCount > 100)
    let got = transfer.consistent(pair.source.sample([Self.field]), width: 1)
    #expect(largestDifference(got, pair.target.sample([Self.field])) < 1e-6)
    let same = transfer.consistent(pair.source.sample([{ $0.x }, { 1 - $0.y }]), width: 2)
    #expect(largestDifference(same, pair.target.sample([{ $0.x }, { 1 - $0.y }])) < 1e-12)
  }

  @Test("quadratic facets are met on their curves, order 3 or more")
  func quadraticFacets() throws {
    let errors = try [6, 24].map { n in
      let source = QuadraticPatch.patch(n)
      let target = InterfaceMesh.patch(
        name: "target", columns: 17, rows: 13, place: InterfacePair.cylinder)
      let transfer = try Transfer(.nearestProjection, from: source, to: target)
      let got = transfer.consistent(source.sample([Self.field]), width: 1)
      return largestDifference(got, target.sample([Self.field]))
    }
    #expect(log2(errors[0] / errors[1]) / 2 > 2.7, "\(errors)")
  }
}

/// Quadrilaterals of eight nodes on the cylinder.
enum QuadraticPatch {
  static func patch(
    _ n: Int, place: (Double, Double) -> SIMD3<Double> = InterfacePair.cylinder
  ) -> InterfaceMesh {
    var index: [SIMD2<Int>: Int32] = [:]
    var points: [SIMD3<Double>] = []
    func node(_ i: Int, _ j: Int) -> Int32 {
      if let known = index[SIMD2(i, j)] { return known }
      index[SIMD2(i, j)] = Int32(points.count)
      points.append(place(Double(i) / Double(2 * n), Double(j) / Double(2 * n)))
      return Int32(points.count - 1)
    }
    var cells: [[Int32]] = []
    for j in stride(from: 0, to: 2 * n, by: 2) {
      for i in stride(from: 0, to: 2 * n, by: 2) {
        cells.append([
          node(i, j), node(i + 2, j), node(i + 2, j + 2), node(i, j + 2), node(i + 1, j),
          node(i + 2, j + 1), node(i + 1, j + 2), node(i, j + 1),
        ])
      }
    }
    return InterfaceMesh(name: "quadratic", dimension: 3, points: points, cells: cells)
  }
}
