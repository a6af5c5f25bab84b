import Coupling
import Foundation

/// Maps between interfaces of 10⁵ points each, on a cylinder, quadrilaterals in the ratio 2 : 3: seconds to build one and to
/// apply it to three components.
enum Mapping {
  static let points = 100_000
  static let kinds: [(name: String, kind: Transfer.Kind)] = [
    ("nearest neighbour", .nearestNeighbour), ("nearest projection", .nearestProjection),
    ("barycentric", .barycentric), ("mortar", .mortar),
    ("radial basis C6", .radialBasis(RadialBasis(.wendlandC6))),
    ("thin plate", .radialBasis(RadialBasis(.thinPlate))),
  ]

  static func measure() throws -> Measurement {
    var m = Measurement()
    for (name, kind) in kinds {
      let cost = try TransferCost.measure(kind, points: points)
      let key = name.split(separator: " ").joined(separator: "-")
      m.add(key + "Build", cost.build)
      m.add(key + "Apply", max(cost.consistent, cost.conservative))
      m.add(key + "Error", cost.error)
    }
    return m
  }

  /// One line of a table: build / apply of every kind.
  static func text(_ middle: (String) -> Double) -> String {
    kinds.map { name, _ in
      let key = name.split(separator: " ").joined(separator: "-")
      return "\(name) \(String(format: "%.2f", middle(key + "Build"))) + "
        + "\(String(format: "%.3f", middle(key + "Apply"))) s"
    }.joined(separator: ", ")
  }
}
