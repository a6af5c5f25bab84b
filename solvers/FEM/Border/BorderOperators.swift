import Geometry
import Mechanics

/// Sums over cells that a neighbour of the body asks for.
extension FEMModel {
  /// The diagonal of the undeformed body's stiffness on every dof, N/m: what each dof opposes on its own, the natural
  /// unit of springs between bodies. Supports do not matter.
  /// - Throws: `FEMError` for a definition that makes no body.
  public static func stiffnessDiagonal(of definition: Definition) throws(FEMError) -> [Double] {
    let model = try FEMModel(definition, mayMove: true)
    let d = model.dimension
    var out = [Double](repeating: 0, count: model.displacement.count)
    model.visitGroups(tangent: true) { block, cells, kernel in
      let connectivity = definition.mesh.blocks[block].connectivity
      let n = kernel.nodes
      for (lane, cell) in cells.enumerated() {
        for a in 0..<n {
          let first = d * d * ElementKernel.pair(a, a)
          for i in 0..<d {
            let entry: Double = kernel.stiffness[first + d * i + i][lane]
            out[Int(connectivity[cell * n + a]) * d + i] += entry
          }
        }
      }
    }
    return out
  }

  /// f_int of some regions alone at the present displacement on every dof, N: what they need from the rest of the body.
  public func internalForce(in regions: Set<String>) -> [Double] {
    let d = dimension
    var out = [Double](repeating: 0, count: displacement.count)
    visitGroups(tangent: false) { block, cells, kernel in
      guard regions.contains(definition.mesh.blocks[block].name) else { return }
      kernel.integrate(tangent: false)
      let connectivity = definition.mesh.blocks[block].connectivity
      let n = kernel.nodes
      for (lane, cell) in cells.enumerated() {
        for a in 0..<n {
          for i in 0..<d {
            out[Int(connectivity[cell * n + a]) * d + i] += kernel.force[a * d + i][lane]
          }
        }
      }
    }
    return out
  }
}
