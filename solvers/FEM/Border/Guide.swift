/// Displacement components on a set of nodes that the caller gives node by node, step by step: what a
/// neighbour, a measurement or a test bench dictates.
///
/// The dofs are constrained like prescribed ones, but their values (m) come from `guide(_:)` instead of
/// a function of the load factor. They start at the displacement that the body starts with.
public struct Guide: Sendable, Equatable {
  /// Name of a node set, or of a facet set (then its nodes).
  public var set: String
  /// Which of ux, uy, uz are given; components beyond the dimension are left out.
  public var components: [Int]

  /// All components unless told otherwise.
  public init(set: String, components: [Int] = [0, 1, 2]) {
    self.set = set
    self.components = components
  }
}

extension Validation {
  /// Dofs that are guided, ascending.
  /// - Throws: `FEMError` for an unknown set, or a dof that is given twice.
  static func guidedDofs(
    _ definition: FEMModel.Definition, prescribedBy: [Int32]
  ) throws(FEMError) -> [Int] {
    let (mesh, d) = (definition.mesh, definition.formulation.dimension)
    var by: [Int: String] = [:]
    for guide in definition.guided {
      guard let nodes = mesh.nodes(in: guide.set) else {
        throw unknownSet(
          "guided", guide.set, Array(Set(mesh.nodeSets.keys).union(mesh.facetSets.keys)))
      }
      for node in nodes {
        for i in Set(guide.components) where i >= 0 && i < d {
          let dof = node * d + i
          let other =
            prescribedBy[dof] < 0
            ? by[dof] : definition.prescriptions[Int(prescribedBy[dof])].set
          if let other {
            throw FEMError(
              "guided set '\(guide.set)'",
              "u\(["x", "y", "z"][i]) of node \(node + 1) is given by set '\(other)' already",
              "give every displacement once")
          }
          by[dof] = guide.set
        }
      }
    }
    return by.keys.sorted()
  }
}
