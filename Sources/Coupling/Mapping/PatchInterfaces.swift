import Glibc

extension InterfaceMesh {
  /// How a rectangular patch is divided.
  public enum PatchFacets: Sendable { case triangles, quadrilaterals }

  /// A patch of columns × rows facets over the unit square, bent by a map of it into space: for tests,
  /// benchmarks and examples.
  public static func patch(
    name: String, columns: Int, rows: Int, facets: PatchFacets = .quadrilaterals,
    place: (_ u: Double, _ v: Double) -> SIMD3<Double> = { SIMD3($0, $1, 0) }
  ) -> InterfaceMesh {
    var points: [SIMD3<Double>] = []
    for j in 0...rows {
      for i in 0...columns {
        points.append(place(Double(i) / Double(columns), Double(j) / Double(rows)))
      }
    }
    var cells: [[Int32]] = []
    for j in 0..<rows {
      for i in 0..<columns {
        let a = Int32(j * (columns + 1) + i)
        let (b, c, d) = (a + 1, a + Int32(columns) + 2, a + Int32(columns) + 1)
        switch facets {
        case .quadrilaterals: cells.append([a, b, c, d])
        case .triangles: cells += [[a, b, c], [a, c, d]]
        }
      }
    }
    return InterfaceMesh(name: name, dimension: 3, points: points, cells: cells)
  }

  /// A line of segments over the unit interval, bent by a map of it into the plane.
  public static func line(
    name: String, segments: Int, place: (_ u: Double) -> SIMD3<Double> = { SIMD3($0, 0, 0) }
  ) -> InterfaceMesh {
    InterfaceMesh(
      name: name, dimension: 2, points: (0...segments).map { place(Double($0) / Double(segments)) },
      cells: (0..<Int32(segments)).map { [$0, $0 + 1] })
  }
}

/// What a map between two non-matching patches of a cylinder costs: for benchmarks.
public struct TransferCost: Sendable {
  /// Points of source and target.
  public let sourceCount: Int, targetCount: Int
  /// Seconds to build the map, and for one application to three components, there and back.
  public let build: Double, consistent: Double, conservative: Double
  /// Largest error of a smooth function of unit size at the target points.
  public let error: Double
  /// Stored weights.
  public let entryCount: Int

  /// Measures once, on this thread; about `points` points on each side, in the ratio 2 : 3 of facet sizes.
  public static func measure(
    _ kind: Transfer.Kind, points: Int, facets: InterfaceMesh.PatchFacets = .quadrilaterals
  ) throws(CouplingError) -> TransferCost {
    let n = max(2, Int((Double(points)).squareRoot()) - 1)
    let place = { (u: Double, v: Double) in SIMD3(sin(u), v, cos(u)) }
    let source = InterfaceMesh.patch(
      name: "source", columns: n * 6 / 5, rows: n * 5 / 6, facets: facets, place: place)
    let target = InterfaceMesh.patch(
      name: "target", columns: n * 4 / 5, rows: n * 5 / 4, facets: facets, place: place)
    let field = { (x: SIMD3<Double>) in sin(3 * x.x) * cos(2 * x.y) + 0.1 * x.z }
    let clock = ContinuousClock()
    let start = clock.now
    let transfer = try Transfer(kind, from: source, to: target)
    let built = clock.now
    let values = source.points.flatMap { x in [field(x), x.x, x.y] }
    let applied = clock.now
    let there = transfer.consistent(values, width: 3)
    let forward = clock.now
    let back = transfer.conservative(there, width: 3)
    let end = clock.now
    precondition(back.count == values.count)
    var error = 0.0
    for (t, x) in target.points.enumerated() { error = max(error, abs(there[3 * t] - field(x))) }
    return TransferCost(
      sourceCount: source.points.count, targetCount: target.points.count,
      build: seconds(built - start), consistent: seconds(forward - applied),
      conservative: seconds(end - forward), error: error,
      entryCount: transfer.report.entryCount)
  }

  private static func seconds(_ d: Duration) -> Double {
    Double(d.components.seconds) + 1e-18 * Double(d.components.attoseconds)
  }
}
