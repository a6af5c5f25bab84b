import Coupling
import FEM

/// All borders of a finite-element body, and what acts on each.
struct FEMBorders: Sendable {
  private let parts: [FEMBorder]
  private var roles: [BorderRole?]

  /// - Throws: `CouplingError` for a set that the mesh does not have.
  init(
    _ names: [String], of definition: FEMModel.Definition, complement: Bool
  ) throws(CouplingError) {
    var parts: [FEMBorder] = []
    for name in names {
      parts.append(try FEMBorder(name, of: definition, complement: complement))
    }
    self.parts = parts
    roles = names.map { _ in nil }
  }

  /// As the coupling sees them.
  var borders: [Border] { parts.map(\.border) }

  /// The border of a name.
  subscript(_ name: String) -> FEMBorder { parts[index(name)] }

  private func index(_ name: String) -> Int {
    parts.firstIndex { $0.border.mesh.name == name }!
  }

  /// Notes a role, and puts what it asks of the body into its definition.
  mutating func take(_ role: BorderRole, on name: String, of definition: inout FEMModel.Definition)
  {
    let part = self[name]
    roles[index(name)] = role
    switch role {
    case .loaded: break
    case .guided: definition.guided += part.guides(in: &definition.mesh)
    case .elastic(let springs):
      let entries = springs.entries.map {
        ElasticBorder.Entry(part.dof($0.row), part.dof($0.column), $0.value)
      }
      let before = definition.elasticBorder?.entries ?? []
      definition.elasticBorder = ElasticBorder(before + entries)
    }
  }

  /// Displacements that guided borders are given at a time, on all dofs; zero elsewhere.
  func displacement(_ data: BorderData, count: Int, at time: Double) -> [Double] {
    var out = [Double](repeating: 0, count: count)
    for (part, role) in zip(parts, roles) where role == .guided {
      let given = data(.displacement, on: part.border.mesh.name, at: time)
      for (i, u) in given.enumerated() { out[part.dof(i)] = u }
    }
    return out
  }

  /// Forces, loads of springs and tractions that borders are given at a time, N, on all dofs.
  func force(_ data: BorderData, count: Int, at time: Double) -> [Double] {
    var out = [Double](repeating: 0, count: count)
    for (part, role) in zip(parts, roles) where role != nil && role != .guided {
      let name = part.border.mesh.name
      for (i, f) in data(.force, on: name, at: time).enumerated() { out[part.dof(i)] += f }
      for (i, g) in data(.elastic, on: name, at: time).enumerated() { out[part.dof(i)] += g }
      let traction = data(.traction, on: name, at: time)
      guard !traction.isEmpty else { continue }
      for (i, f) in part.force(traction).enumerated() { out[part.dof(i)] += f }
    }
    return out
  }
}
