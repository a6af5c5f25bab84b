import Geometry
import Mechanics

/// Checks of a definition before any work starts.
enum Validation {
  static func check(_ definition: FEMModel.Definition) throws(FEMError) {
    let mesh = definition.mesh
    guard mesh.cellCount > 0 else {
      throw FEMError("mesh", "has no cells", "give a mesh with at least one cell")
    }
    guard mesh.dimension == definition.formulation.dimension else {
      throw FEMError(
        "formulation '\(definition.formulation.rawValue)'",
        "needs a mesh in \(definition.formulation.dimension)-D, this one is \(mesh.dimension)-D",
        "choose another formulation or mesh")
    }
    guard definition.formulation != .planeStress || definition.strain == .small else {
      throw FEMError(
        "formulation 'plane-stress'", "is there for small strain only",
        "use small strain, or a thin three-dimensional sheet")
    }
    guard definition.thickness > 0 else {
      throw FEMError("thickness", "is \(definition.thickness) m", "give a positive length in m")
    }
    for block in mesh.blocks { try check(block, in: definition) }
    try checkCells(definition)
    for traction in definition.tractions where mesh.facetSets[traction.set] == nil {
      throw unknownSet("load", traction.set, Array(mesh.facetSets.keys))
    }
  }

  private static func check(
    _ block: Mesh.Block, in definition: FEMModel.Definition
  ) throws(FEMError) {
    guard let law = definition.laws[block.name] else {
      throw FEMError(
        "region '\(block.name)'", "has no law",
        "name one (laws are given for: \(list(Array(definition.laws.keys))))")
    }
    let wanted: WorkPair = definition.strain == .small ? .smallStrain : .rightCauchyGreen
    guard law.pair == wanted else {
      throw FEMError(
        "region '\(block.name)'",
        "its law speaks '\(law.pair.rawValue)', \(definition.strain.rawValue) strain needs "
          + "'\(wanted.rawValue)'", "choose the other strain kind or another law")
    }
    guard block.shape.dimension == definition.mesh.dimension else {
      throw FEMError(
        "region '\(block.name)'",
        "holds \(block.shape.rawValue) cells in a "
          + "\(definition.mesh.dimension)-D mesh", "use cells of the mesh's dimension")
    }
    if definition.volumetric == .meanDilatation,
      block.shape == .tri3 || block.shape == .tet4
    {
      throw FEMError(
        "region '\(block.name)'",
        "\(block.shape.rawValue) has one dilatation already and locks all the same",
        "use \(block.shape == .tri3 ? "tri6, quad4 or quad8" : "tet10, hex8 or hex20") "
          + "with mean-dilatation")
    }
  }

  /// Every cell must have a positive Jacobian at its quadrature points, and in axisymmetry r ≥ 0.
  private static func checkCells(_ definition: FEMModel.Definition) throws(FEMError) {
    let mesh = definition.mesh
    for (n, p) in mesh.points.enumerated() {
      guard p.x.isFinite && p.y.isFinite && p.z.isFinite else {
        throw FEMError("mesh node \(n + 1)", "has a coordinate that is not finite", "mend the mesh")
      }
      if definition.formulation == .axisymmetric && p.x < 0 {
        throw FEMError(
          "mesh node \(n + 1)", "has a negative radius \(p.x) m",
          "place the body at x >= 0 in axisymmetry")
      }
    }
    for block in mesh.blocks {
      for (n, index) in block.connectivity.enumerated()
      where index < 0 || Int(index) >= mesh.nodeCount {
        throw FEMError(
          "region '\(block.name)', cell \(n / block.shape.nodeCount + 1)",
          "names node \(index + 1) of \(mesh.nodeCount)", "mend the mesh")
      }
      let tables = Quadrature.full(block.shape).points.map {
        block.shape.shapeFunctions(at: $0).gradients
      }
      for cell in 0..<block.cellCount {
        let nodes = block.nodes(of: cell)
        for gradients in tables {
          let det = mesh.jacobian(of: nodes, gradients: gradients, dimension: mesh.dimension)
          guard det > 0 else {
            throw FEMError(
              "region '\(block.name)', cell \(cell + 1)",
              "is inverted or flat (Jacobian \(det))", "reorder its nodes or mend the mesh")
          }
        }
      }
    }
  }

  /// The prescription of every dof, or −1; a later one wins where both agree.
  static func prescribedDofs(_ definition: FEMModel.Definition) throws(FEMError) -> [Int32] {
    let mesh = definition.mesh
    let d = definition.formulation.dimension
    var by = [Int32](repeating: -1, count: mesh.nodeCount * d)
    for (k, p) in definition.prescriptions.enumerated() {
      guard let nodes = mesh.nodes(in: p.set) else {
        throw unknownSet(
          "boundary", p.set, Array(Set(mesh.nodeSets.keys).union(mesh.facetSets.keys)))
      }
      for node in nodes {
        for i in p.components where i < d {
          let dof = node * d + i
          if by[dof] >= 0 {
            try agree(definition, Int(by[dof]), k, mesh.points[node], i)
          }
          by[dof] = Int32(k)
        }
      }
    }
    return by
  }

  private static func agree(
    _ definition: FEMModel.Definition, _ first: Int, _ second: Int, _ point: SIMD3<Double>,
    _ component: Int
  ) throws(FEMError) {
    let (a, b) = (definition.prescriptions[first], definition.prescriptions[second])
    for factor in [0.5, 1.0] {
      let (u, v) = (a.value(point, factor)[component], b.value(point, factor)[component])
      guard abs(u - v) <= 1e-12 * max(abs(u), abs(v)) else {
        throw FEMError(
          "boundary sets '\(a.set)' and '\(b.set)'",
          "give u\(["x", "y", "z"][component]) = \(u) m and \(v) m at the same node",
          "leave one of them out")
      }
    }
  }

  static func unknownSet(_ place: String, _ name: String, _ known: [String]) -> FEMError {
    FEMError(
      "\(place) set '\(name)'", "is not in the mesh", "the mesh has: \(list(known))")
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.sorted().joined(separator: ", ")
  }
}

extension Mesh {
  /// Nodes of a node set, or of a facet set of that name; nil where the mesh has neither.
  public func nodes(in set: String) -> [Int]? {
    if let nodes = nodeSets[set] { return nodes }
    guard let facets = facetSets[set] else { return nil }
    return Set(facets.flatMap { nodes(of: $0) }).sorted()
  }
}
