import FEM
import Geometry

/// Dead loads on the regions of a global model that no local model replaces: the share of them that its cells inside the patch
/// bring to the border belongs to what is replaced.
struct OutsideLoads {
  private let part: FEMModel
  /// Node of the whole body of every node of the part.
  private let nodes: [Int]

  /// Nil where nothing acts there.
  init?(_ whole: FEMModel.Definition, _ regions: Set<String>) throws(FEMError) {
    let (mesh, nodes) = whole.mesh.part(of: regions)
    var d = FEMModel.Definition(mesh: mesh, formulation: whole.formulation)
    (d.strain, d.volumetric, d.thickness) = (whole.strain, whole.volumetric, whole.thickness)
    d.laws = whole.laws.filter { regions.contains($0.key) }
    d.tractions = whole.tractions.filter { mesh.facetSets[$0.set] != nil }
    d.bodyForce = whole.bodyForce
    if d.tractions.isEmpty, d.bodyForce == nil { return nil }
    // It is never solved; springs save it the question what holds it.
    let dofs = mesh.nodeCount * whole.formulation.dimension
    d.elasticBorder = ElasticBorder(springsOn: Array(0..<dofs), stiffness: 1)
    (part, self.nodes) = (try FEMModel(d), nodes)
  }

  /// On every dof of the whole body, N.
  func callAsFunction(at factor: Double, count: Int) -> [Double] {
    let d = part.definition.formulation.dimension
    var out = [Double](repeating: 0, count: count)
    for (i, f) in part.externalForces(at: factor).enumerated() { out[nodes[i / d] * d + i % d] = f }
    return out
  }
}

extension Mesh {
  /// Some regions alone with their facet sets, and the nodes that theirs were.
  func part(of regions: Set<String>) -> (mesh: Mesh, nodes: [Int]) {
    let kept = blocks.indices.filter { regions.contains(blocks[$0].name) }
    let used = Set(kept.flatMap { blocks[$0].connectivity }).sorted()
    var number = [Int32](repeating: -1, count: nodeCount)
    for (n, old) in used.enumerated() { number[Int(old)] = Int32(n) }
    var mesh = Mesh(
      dimension: dimension, points: used.map { points[Int($0)] },
      blocks: kept.map { b in
        Block(
          name: blocks[b].name, shape: blocks[b].shape,
          connectivity: blocks[b].connectivity.map { number[Int($0)] })
      })
    for (name, facets) in facetSets {
      let own = facets.compactMap { facet in
        kept.firstIndex(of: facet.block).map {
          Facet(block: $0, cell: facet.cell, facet: facet.facet)
        }
      }
      if !own.isEmpty { mesh.facetSets[name] = own }
    }
    return (mesh, used.map(Int.init))
  }
}
