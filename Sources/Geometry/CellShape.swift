/// The cells we compute with. Node order is VTK's: corners first (bottom face counter-clockwise, then
/// top), then mid-edge nodes in the order of `edges`.
public enum CellShape: String, Sendable, CaseIterable {
  /// Named by form and number of nodes: linear, and quadratic with mid-edge nodes (serendipity).
  case tri3, tri6, quad4, quad8, tet4, tet10, hex8, hex20

  /// Spatial dimension of the cell.
  public var dimension: Int {
    switch self {
    case .tri3, .tri6, .quad4, .quad8: 2
    case .tet4, .tet10, .hex8, .hex20: 3
    }
  }

  /// Nodes per cell.
  public var nodeCount: Int {
    switch self {
    case .tri3: 3
    case .tri6: 6
    case .quad4, .tet4: 4
    case .quad8, .hex8: 8
    case .tet10: 10
    case .hex20: 20
    }
  }

  /// Polynomial order p of the complete polynomials in the shape functions.
  public var order: Int {
    switch self {
    case .tri3, .quad4, .tet4, .hex8: 1
    case .tri6, .quad8, .tet10, .hex20: 2
    }
  }

  /// Corner nodes per cell.
  public var cornerCount: Int {
    switch self {
    case .tri3, .tri6: 3
    case .quad4, .quad8, .tet4, .tet10: 4
    case .hex8, .hex20: 8
    }
  }

  /// The cell type number of VTK.
  public var vtkType: UInt8 {
    switch self {
    case .tri3: 5
    case .quad4: 9
    case .tet4: 10
    case .hex8: 12
    case .tri6: 22
    case .quad8: 23
    case .tet10: 24
    case .hex20: 25
    }
  }

  /// Corner pairs of the edges, in the order of the mid-edge nodes.
  public var edges: [(Int, Int)] {
    switch self {
    case .tri3, .tri6: [(0, 1), (1, 2), (2, 0)]
    case .quad4, .quad8: [(0, 1), (1, 2), (2, 3), (3, 0)]
    case .tet4, .tet10: [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)]
    case .hex8, .hex20:
      [
        (0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6),
        (3, 7),
      ]
    }
  }

  /// Local nodes of every facet (an edge in 2-D, a face in 3-D): corners ordered so that the outward
  /// normal is on the right of an edge and follows the right-hand rule on a face; then mid-edge nodes.
  public var facets: [[Int]] {
    switch self {
    case .tri3: [[0, 1], [1, 2], [2, 0]]
    case .tri6: [[0, 1, 3], [1, 2, 4], [2, 0, 5]]
    case .quad4: [[0, 1], [1, 2], [2, 3], [3, 0]]
    case .quad8: [[0, 1, 4], [1, 2, 5], [2, 3, 6], [3, 0, 7]]
    case .tet4: [[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]]
    case .tet10:
      [[0, 2, 1, 6, 5, 4], [0, 1, 3, 4, 8, 7], [1, 2, 3, 5, 9, 8], [2, 0, 3, 6, 7, 9]]
    case .hex8:
      [
        [0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7],
      ]
    case .hex20:
      [
        [0, 3, 2, 1, 11, 10, 9, 8], [4, 5, 6, 7, 12, 13, 14, 15], [0, 1, 5, 4, 8, 17, 12, 16],
        [1, 2, 6, 5, 9, 18, 13, 17], [2, 3, 7, 6, 10, 19, 14, 18], [3, 0, 4, 7, 11, 16, 15, 19],
      ]
    }
  }
}
