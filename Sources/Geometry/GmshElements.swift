/// An element type of Gmsh that we read.
enum GmshElement {
  case point
  /// A line of a 2-D boundary or of an edge in 3-D, with its nodes.
  case line(nodes: Int)
  case cell(CellShape)

  /// The type of a number; an error text and a remedy for those we do not compute with.
  static func type(_ number: Int) -> Result<GmshElement, Refusal> {
    switch number {
    case 15: .success(.point)
    case 1: .success(.line(nodes: 2))
    case 8: .success(.line(nodes: 3))
    case 2: .success(.cell(.tri3))
    case 3: .success(.cell(.quad4))
    case 4: .success(.cell(.tet4))
    case 5: .success(.cell(.hex8))
    case 9: .success(.cell(.tri6))
    case 11: .success(.cell(.tet10))
    case 16: .success(.cell(.quad8))
    case 17: .success(.cell(.hex20))
    case 10:
      .failure(Refusal(what: "a quadrilateral of 9 nodes", remedy: incomplete))
    case 12:
      .failure(Refusal(what: "a hexahedron of 27 nodes", remedy: incomplete))
    case 6, 13, 18:
      .failure(Refusal(what: "a prism", remedy: "mesh with tetrahedra or hexahedra"))
    case 7, 14, 19:
      .failure(Refusal(what: "a pyramid", remedy: "mesh with tetrahedra or hexahedra"))
    default:
      .failure(
        Refusal(
          what: "of Gmsh's type \(number), which is not read here",
          remedy: "mesh with order 1 or 2 and no other shapes than triangles, quadrilaterals, "
            + "tetrahedra and hexahedra"))
    }
  }

  private static let incomplete = "set Mesh.SecondOrderIncomplete = 1 in Gmsh and mesh again"

  /// Why a type is refused.
  struct Refusal: Error {
    let what: String
    let remedy: String
  }

  var dimension: Int {
    switch self {
    case .point: 0
    case .line: 1
    case .cell(let shape): shape.dimension
    }
  }

  var nodeCount: Int {
    switch self {
    case .point: 1
    case .line(let nodes): nodes
    case .cell(let shape): shape.nodeCount
    }
  }

  /// Number of corner nodes: these come first.
  var cornerCount: Int {
    switch self {
    case .point: 1
    case .line: 2
    case .cell(let shape): shape.cornerCount
    }
  }
}

extension CellShape {
  /// For every node in VTK's order its place in Gmsh's order.
  ///
  /// Gmsh numbers the edges 8 and 9 of a tetrahedron the other way round, and the edges of a
  /// hexahedron as 01 03 04 12 15 23 26 37 45 47 56 67.
  var gmshOrder: [Int] {
    switch self {
    case .tet10: [0, 1, 2, 3, 4, 5, 6, 7, 9, 8]
    case .hex20:
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 9, 16, 18, 19, 17, 10, 12, 14, 15]
    default: Array(0..<nodeCount)
    }
  }

  /// Gmsh's number of the type.
  var gmshType: Int {
    switch self {
    case .tri3: 2
    case .quad4: 3
    case .tet4: 4
    case .hex8: 5
    case .tri6: 9
    case .tet10: 11
    case .quad8: 16
    case .hex20: 17
    }
  }
}
