import DataDriven
import FEM
import Geometry

/// The solution of a data-driven run, free of its material.
struct DataDrivenSolution: Sendable {
  /// Displacement of every dof, m.
  let displacement: [Double]
  /// Strains and stresses (Pa) in equilibrium, and those of the material, `[point * m + i]`.
  let strains: [Double], stresses: [Double]
  let admissibleStrains: [Double], admissibleStresses: [Double]
  /// Distance of every point, sqrt(J/m^3), and of the whole, sqrt(J).
  let pointDistances: [Double], distance: Double
  /// Forces that supports add on every dof, N.
  let reactions: [Double]

  init<M: MaterialSet>(_ solver: DataDrivenSolver<M>, structure: Structure) {
    displacement = solver.displacement
    strains = solver.strains
    stresses = solver.stresses
    admissibleStrains = solver.material.metric.strains(solver.admissible)
    admissibleStresses = solver.material.metric.stresses(solver.admissible)
    pointDistances = solver.pointDistances
    distance = solver.distance
    reactions = DataDrivenSolution.reactions(structure, solver.stresses)
  }

  /// Σ w Bᵀσ − f.
  private static func reactions(_ structure: Structure, _ stresses: [Double]) -> [Double] {
    let m = structure.componentCount
    var out = structure.forces.map { -$0 }
    var point = 0
    for block in structure.blocks {
      let (n, d) = (block.pointsPerCell, block.dofsPerCell)
      for p in 0..<block.pointCount {
        let cell = p / n
        for i in 0..<m {
          let s = block.weights[p] * stresses[m * (point + p) + i]
          for j in 0..<d { out[Int(block.dofs[d * cell + j])] += s * block.B[(m * p + i) * d + j] }
        }
      }
      point += block.pointCount
    }
    return out
  }
}

/// A quantity that a data-driven case asks for.
struct DataDrivenProbe: Sendable {
  enum Quantity: Sendable {
    case dof(Int)
    case displacement(component: Int, at: SIMD3<Double>)
    case reaction([Int])
    case stress(bar: Int)
    case distance
  }

  let name: String
  let quantity: Quantity

  /// Unit of the value.
  var unit: String {
    switch quantity {
    case .dof, .displacement: "m"
    case .reaction: "N"
    case .stress: "Pa"
    case .distance: "J^0.5"
    }
  }

  /// The value in a solution.
  func value(_ s: DataDrivenSolution, _ continuum: Continuum?) -> Double {
    switch quantity {
    case .dof(let dof): return s.displacement[dof]
    case .reaction(let dofs): return dofs.reduce(0) { $0 + s.reactions[$1] }
    case .stress(let bar): return s.stresses[bar]
    case .distance: return s.distance
    case .displacement(let c, let point):
      guard let continuum else { return .nan }
      let d = continuum.structure.dimension
      let values = try? continuum.model.interpolate(s.displacement, width: d, at: point)
      return values?[c] ?? .nan
    }
  }
}

extension DataDrivenCase {
  /// The probes of the case.
  /// - Throws: `InputError` for a repeated name, unknown joints, bars and sets, a point outside the body.
  func probes(truss: Truss?, continuum: Continuum?) throws(InputError) -> [DataDrivenProbe] {
    var out: [DataDrivenProbe] = []
    let dimension = truss?.dimension ?? continuum!.structure.dimension
    for row in value.need("probes").list {
      let name = row.need("name")
      guard !out.contains(where: { $0.name == name.text }) else {
        throw name.error("two probes are named '\(name.text)'; rename one")
      }
      let component = row["component"].flatMap { Measurement.axes.firstIndex(of: $0.text) } ?? 0
      if let letter = row["component"], component >= dimension {
        throw letter.error("is z, but the structure is plane")
      }
      let quantity: DataDrivenProbe.Quantity
      if let truss {
        quantity = try self.quantity(row, component, truss)
      } else {
        quantity = try self.quantity(row, component, continuum!)
      }
      out.append(DataDrivenProbe(name: name.text, quantity: quantity))
    }
    return out
  }

  private func quantity(
    _ row: CaseValue, _ component: Int, _ truss: Truss
  ) throws(InputError) -> DataDrivenProbe.Quantity {
    switch row.need("quantity").text {
    case "displacement":
      let joint = row.need("joint")
      try check(joint, truss)
      return .dof(truss.dimension * joint.integer + component)
    case "stress":
      let bar = row.need("bar")
      guard truss.bars.indices.contains(bar.integer) else {
        throw bar.error("there is no bar \(bar.integer); they go from 0 to \(truss.bars.count - 1)")
      }
      return .stress(bar: bar.integer)
    case "reaction":
      for joint in row.need("joints").list { try check(joint, truss) }
      return .reaction(row.need("joints").list.map { truss.dimension * $0.integer + component })
    default: return .distance
    }
  }

  private func quantity(
    _ row: CaseValue, _ component: Int, _ continuum: Continuum
  ) throws(InputError) -> DataDrivenProbe.Quantity {
    let mesh = continuum.model.definition.mesh
    switch row.need("quantity").text {
    case "displacement":
      let at = row.need("at")
      guard mesh.locate(at.vector) != nil else { throw at.error("is outside the body") }
      return .displacement(component: component, at: at.vector)
    case "reaction":
      let set = row.need("set")
      try BodyInput(value: value, folder: source.folder).check(set, in: mesh, facets: false)
      let d = continuum.structure.dimension
      return .reaction((mesh.nodes(in: set.text) ?? []).map { d * $0 + component })
    default: return .distance
    }
  }
}
