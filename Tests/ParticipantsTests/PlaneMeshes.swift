import FEM
import Geometry

/// Rectangles of quadrilaterals in the plane, made of regions or with holes.
enum PlaneMesh {
  /// - Parameters:
  ///   - region: name of the region of a cell with this middle; nil where there is a hole.
  ///   - isReversed: nodes are numbered from the far end.
  static func make(
    from low: SIMD2<Double>, to high: SIMD2<Double>, divisions: (Int, Int),
    isReversed: Bool = false, region: (SIMD2<Double>) -> String? = { _ in "body" }
  ) throws -> Mesh {
    let whole = try StructuredMesh.rectangle(size: high - low, divisions: divisions, origin: low)
    var cells: [String: [Int32]] = [:]
    var names: [String] = []
    for cell in 0..<whole.blocks[0].cellCount {
      let nodes = whole.blocks[0].nodes(of: cell)
      let sum = nodes.reduce(SIMD3<Double>.zero) { $0 + whole.points[Int($1)] }
      guard let name = region(SIMD2(sum.x, sum.y) / 4) else { continue }
      if cells[name] == nil { names.append(name) }
      cells[name, default: []] += nodes
    }
    let used = Set(cells.values.joined()).sorted { isReversed ? $0 > $1 : $0 < $1 }
    var number: [Int32: Int32] = [:]
    for (n, old) in used.enumerated() { number[old] = Int32(n) }
    var mesh = Mesh(
      dimension: 2, points: used.map { whole.points[Int($0)] },
      blocks: names.map { name in
        Mesh.Block(name: name, shape: .quad4, connectivity: cells[name]!.map { number[$0]! })
      })
    mesh.addBoxSets()
    return mesh
  }
}

extension Mesh {
  /// A set of the nodes at which something holds.
  mutating func addNodes(_ name: String, where isThere: (SIMD3<Double>) -> Bool) {
    nodeSets[name] = points.indices.filter { isThere(points[$0]) }
  }
}
