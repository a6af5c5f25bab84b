import Coupling
import FEM
import Geometry

/// A border of a finite-element body: the nodes of a set, and which of their components a neighbour may move.
struct FEMBorder: Sendable {
  let border: Border
  /// Mesh node of every point; components of displacement.
  let nodes: [Int], dimension: Int
  /// Whether each value of the border is given by the body's own supports already.
  let isSupported: [Bool]
  /// Of points, m²; in the plane with the body's thickness, or all around the axis.
  private let areas: [Double]

  /// - Throws: `CouplingError` for a set that the mesh does not have.
  init(_ name: String, of definition: FEMModel.Definition, complement: Bool) throws(CouplingError) {
    let mesh = definition.mesh
    guard let set = mesh.nodes(in: name) else {
      let known = Set(mesh.nodeSets.keys).union(mesh.facetSets.keys).sorted()
      throw CouplingError(
        "border '\(name)'", "is no set of the mesh",
        "name one of: \(known.joined(separator: ", "))")
    }
    let facets = mesh.facetSets[name] ?? mesh.facets(within: Set(set))
    let interface: InterfaceMesh
    if facets.isEmpty {
      nodes = set.sorted()
      interface = InterfaceMesh(
        name: name, dimension: mesh.dimension, points: nodes.map { mesh.points[$0] })
    } else {
      (interface, nodes) = InterfaceMesh.border(of: mesh, facets: facets, name: name)
    }
    dimension = definition.formulation.dimension
    border = Border(
      interface, reads: [.displacement, .force, .traction, .elastic],
      writes: [.displacement, .velocity, .force, .traction] + (complement ? [.complement] : []),
      width: dimension)
    var supported = Set<Int>()
    for prescription in definition.prescriptions {
      for node in mesh.nodes(in: prescription.set) ?? [] {
        for i in prescription.components { supported.insert(node * dimension + i) }
      }
    }
    areas = zip(interface.areas, interface.points).map { area, point in
      switch definition.formulation {
      case .threeDimensional: area
      case .planeStrain, .planeStress: area * definition.thickness
      case .axisymmetric: area * 2 * .pi * point.x
      }
    }
    let d = dimension
    isSupported = nodes.flatMap { node in (0..<d).map { supported.contains(node * d + $0) } }
  }

  /// The dof of a value.
  func dof(_ value: Int) -> Int { nodes[value / dimension] * dimension + value % dimension }

  /// Values of the border out of those of all dofs.
  func gather(_ all: [Double]) -> [Double] { isSupported.indices.map { all[dof($0)] } }

  /// Values up to which a stiffness is condensed to a border: beyond, a full matrix on it would cost more than it saves.
  static let condensedLimit = 800

  /// A body's stiffness as the border sees it, by functions that condense it to dofs or give its diagonal; nil where there is
  /// none. Values that supports give have their diagonal.
  func stiffness(
    condensed: ([Int]) throws -> [Double], diagonal: () throws -> [Double]
  ) -> BorderStiffness? {
    guard let onDofs = try? diagonal() else { return nil }
    let alone = gather(onDofs)
    let free = isSupported.indices.filter { !isSupported[$0] }
    guard border.count <= FEMBorder.condensedLimit, let S = try? condensed(free.map(dof)) else {
      return BorderStiffness(diagonal: alone)
    }
    var entries = isSupported.indices.filter { isSupported[$0] }.map {
      BorderStiffness.Entry($0, $0, alone[$0])
    }
    for (i, row) in free.enumerated() {
      for j in i..<free.count { entries.append(.init(row, free[j], S[i * free.count + j])) }
    }
    return BorderStiffness(entries)
  }

  /// The sets over which a guide acts, one per component, without what supports give.
  func guides(in mesh: inout Mesh) -> [Guide] {
    (0..<dimension).compactMap { i in
      let free = nodes.indices.filter { !isSupported[$0 * dimension + i] }.map { nodes[$0] }
      guard !free.isEmpty else { return nil }
      let name = "border \(border.mesh.name) \(["x", "y", "z"][i])"
      mesh.nodeSets[name] = free
      return Guide(set: name, components: [i])
    }
  }
}

extension FEMBorder {
  /// Points' forces over their areas; none where a point has no area, on the axis.
  func traction(_ force: [Double]) -> [Double] {
    force.indices.map {
      let area = areas[$0 / border.width]
      return area == 0 ? 0 : force[$0] / area
    }
  }

  /// Areas times tractions.
  func force(_ traction: [Double]) -> [Double] {
    traction.indices.map { traction[$0] * areas[$0 / border.width] }
  }
}

extension Mesh {
  /// Facets of cells whose nodes all belong to a set, each once, inside the body or on its boundary.
  func facets(within nodes: Set<Int>) -> [Facet] {
    var seen = Set<[Int]>()
    var out: [Facet] = []
    for (b, block) in blocks.enumerated() {
      for cell in 0..<block.cellCount {
        for f in block.shape.facets.indices {
          let facet = Facet(block: b, cell: cell, facet: f)
          let members = self.nodes(of: facet)
          guard members.allSatisfy(nodes.contains), seen.insert(members.sorted()).inserted
          else { continue }
          out.append(facet)
        }
      }
    }
    return out
  }
}
