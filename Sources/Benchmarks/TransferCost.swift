import Coupling
import Foundation

/// What a map between two non-matching patches of a cylinder costs: for benchmarks.
struct TransferCost: Sendable {
  /// Points of source and target.
  let sourceCount: Int, targetCount: Int
  /// Seconds to build the map, and for one application to three components, there and back.
  let build: Double, consistent: Double, conservative: Double
  /// Largest error of a smooth function of unit size at the target points.
  let error: Double
  /// Stored weights.
  let entryCount: Int

  /// Measures once, on this thread; about `points` points on each side, in the ratio 2 : 3 of facet sizes.
  static func measure(
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
