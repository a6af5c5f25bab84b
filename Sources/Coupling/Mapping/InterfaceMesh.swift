import Geometry

/// The border of a participant: the points where values are exchanged, and the facets between them.
///
/// Facets have the node order of `Mesh` facets: corners first, then mid-edge nodes. In the plane they
/// have 2 or 3 nodes, in space 3, 4, 6 or 8; several kinds may be mixed. Without facets the interface is
/// a cloud of points. Coordinates are those of the undeformed border, in m.
public struct InterfaceMesh: Sendable, Equatable {
  /// What messages call it.
  public var name: String
  /// Dimension of space, 2 or 3; in the plane z is 0.
  public var dimension: Int
  /// Undeformed points, m.
  public var points: [SIMD3<Double>]
  /// Points of every facet; empty for a cloud.
  public var cells: [[Int32]]

  /// An interface from its parts; points that are not finite, facets of an unknown kind and facets
  /// between absent points are bugs of the caller.
  public init(name: String, dimension: Int, points: [SIMD3<Double>], cells: [[Int32]] = []) {
    precondition(dimension == 2 || dimension == 3, "an interface in \(dimension) dimensions")
    precondition(
      points.allSatisfy { ($0 * 0).sum() == 0 },
      "interface '\(name)' has points that are not finite")
    for cell in cells {
      precondition(
        FacetShape(dimension: dimension, nodeCount: cell.count) != nil,
        "interface '\(name)': no facet in \(dimension) dimensions has \(cell.count) nodes")
      for node in cell {
        precondition(
          node >= 0 && Int(node) < points.count,
          "interface '\(name)': a facet at point \(node) of \(points.count)")
      }
    }
    self.name = name
    self.dimension = dimension
    self.points = points
    self.cells = cells
  }

  /// The border of a body along some of its facets, with the mesh node of every interface point, in
  /// ascending order of nodes.
  public static func border(
    of mesh: Mesh, facets: [Mesh.Facet], name: String
  ) -> (interface: InterfaceMesh, nodes: [Int]) {
    let facetNodes = facets.map { mesh.nodes(of: $0) }
    let nodes = Array(Set(facetNodes.joined())).sorted()
    var point = [Int32](repeating: -1, count: mesh.nodeCount)
    for (i, node) in nodes.enumerated() { point[node] = Int32(i) }
    let interface = InterfaceMesh(
      name: name, dimension: mesh.dimension, points: nodes.map { mesh.points[$0] },
      cells: facetNodes.map { $0.map { point[$0] } })
    return (interface, nodes)
  }

  /// ∫ N_a dA of every point over its facets: m² in space, m (an area per unit thickness) in the plane.
  ///
  /// A uniform traction times these is the work-equivalent force at each point. By the theory of
  /// quadratic facets corners then carry nothing (6 nodes) or a negative share (8 nodes). In a cloud,
  /// which has no area, every point counts 1. Cost: linear in the number of facets.
  public var areas: [Double] {
    if cells.isEmpty { return Array(repeating: 1, count: points.count) }
    var areas = [Double](repeating: 0, count: points.count)
    let kinds = Set(cells.map(\.count)).sorted()
    let rules = kinds.map { Quadrature.facetRule(dimension: dimension, nodeCount: $0) }
    for cell in cells {
      let facet = Facet(cell, points, dimension: dimension)
      let rule = rules[kinds.firstIndex(of: cell.count)!]
      for (x, weight) in zip(rule.points, rule.weights) {
        let dA = weight * facet.measure(at: SIMD2(x.x, x.y))
        let N = facet.shape.values(at: SIMD2(x.x, x.y))
        for (a, node) in cell.enumerated() { areas[Int(node)] += dA * N[a] }
      }
    }
    return areas
  }
}
