import FEM
import Geometry
import LinearAlgebra
import Mechanics

/// A finite-element model as a structure for data-driven mechanics: small strain, one material point per
/// quadrature point.
///
/// The strain components are those of the formulation, in Mandel order: six in space; xx, yy, zz, √2·xy
/// in plane strain (zz stays zero, its stress is free) and axisymmetry (zz is the hoop); xx, yy, √2·xy in
/// plane stress. Mesh, supports and loads are those of the definition; its law gives the metric: C is
/// its tangent at zero strain.
public struct Continuum {
  /// The structure at the load factor asked for.
  public let structure: Structure
  /// C of the definition's law on the formulation's components.
  public let metric: EnergyMetric
  /// The Mandel components of a strain, in order.
  public let components: [Int]
  /// The validated model, for its mesh and fields.
  public let model: FEMModel

  /// - Throws: `FEMError` for what `FEMModel` refuses; `DataDrivenError` for finite strain, for mean
  ///   dilatation, or where regions have different tangents.
  public init(_ definition: FEMModel.Definition, factor: Double = 1) throws {
    guard definition.strain == .small else {
      throw DataDrivenError("strain", "is finite", "use small strain")
    }
    guard definition.volumetric == .standard else {
      throw DataDrivenError(
        "volumetric", "mean dilatation strains many points together", "use standard elements")
    }
    model = try FEMModel(definition)
    let formulation = definition.formulation
    components =
      switch formulation {
      case .threeDimensional: [0, 1, 2, 3, 4, 5]
      case .planeStrain, .axisymmetric: [0, 1, 2, 5]
      case .planeStress: [0, 1, 5]
      }
    metric = try Continuum.metric(definition, components)
    let (rows, mesh, thickness) = (components, definition.mesh, definition.thickness)
    let blocks = mesh.blocks.map {
      Continuum.block($0, of: mesh, formulation, rows: rows, thickness: thickness)
    }
    structure = Structure(
      componentCount: components.count, dimension: formulation.dimension, blocks: blocks,
      forces: model.externalForces(at: factor), prescribed: model.givenDisplacements(at: factor))
  }

  private static func metric(
    _ definition: FEMModel.Definition, _ components: [Int]
  ) throws(DataDrivenError) -> EnergyMetric {
    var common: [Double]?
    for block in definition.mesh.blocks {
      guard let law = definition.laws[block.name] else { continue }
      var batch = PointBatch(groups: 1, stateCount: law.stateCount)
      law.evaluate(&batch)
      let C = batch.tangent(of: 0)
      if let common, common != C {
        throw DataDrivenError(
          "region '\(block.name)'", "has another tangent than the first region",
          "solve with one material, or one metric for all")
      }
      common = C
    }
    return try EnergyMetric(stiffness: reduce(common ?? [], to: components))
  }

  /// The tangent among some components: without stress in the others in plane stress, without strain
  /// otherwise.
  private static func reduce(
    _ C: [Double], to components: [Int]
  ) throws(DataDrivenError) -> [Double] {
    func block(_ rows: [Int], _ columns: [Int]) -> [Double] {
      rows.flatMap { r in columns.map { C[6 * r + $0] } }
    }
    var out = block(components, components)
    guard components == [0, 1, 5] else { return out }
    // σ_zz = 0: C_ab − C_az C_zz⁻¹ C_zb.
    guard C[14] > 0 else {
      throw DataDrivenError("metric", "has no stiffness along z", "use a law that has")
    }
    for (i, a) in components.enumerated() {
      for (j, b) in components.enumerated() { out[3 * i + j] -= C[6 * a + 2] * C[12 + b] / C[14] }
    }
    return out
  }

  private static func block(
    _ block: Mesh.Block, of mesh: Mesh, _ formulation: Formulation, rows: [Int], thickness: Double
  ) -> Structure.Block {
    let rule = Quadrature.full(block.shape)
    let tables = rule.points.map { block.shape.shapeFunctions(at: $0) }
    let (d, nodes) = (formulation.dimension, block.shape.nodeCount)
    var (dofs, weights, B): ([Int32], [Double], [Double]) = ([], [], [])
    B.reserveCapacity(block.cellCount * rule.points.count * rows.count * nodes * d)
    for cell in 0..<block.cellCount {
      let connectivity = block.nodes(of: cell)
      for n in connectivity { for i in 0..<d { dofs.append(Int32(d) * n + Int32(i)) } }
      for (q, table) in tables.enumerated() {
        let place = Place(mesh, connectivity, table, dimension: d)
        var depth = formulation == .threeDimensional ? 1 : thickness
        if formulation == .axisymmetric { depth = 2 * .pi * place.radius }
        weights.append(rule.weights[q] * place.determinant * depth)
        for component in rows {
          for a in 0..<nodes {
            for i in 0..<d { B.append(place.strain(component, node: a, direction: i, formulation)) }
          }
        }
      }
    }
    return Structure.Block(
      dofsPerCell: nodes * d, pointsPerCell: rule.points.count, dofs: dofs, weights: weights, B: B)
  }

  /// Strains of all points as states of six components, the missing ones zero, `[point * 6 + i]`.
  public func mandel(_ values: [Double]) -> [Double] {
    let m = components.count
    var out = [Double](repeating: 0, count: values.count / m * 6)
    for p in 0..<values.count / m {
      for (i, c) in components.enumerated() { out[6 * p + c] = values[m * p + i] }
    }
    return out
  }
}

/// Shape functions and their gradients at one quadrature point of one cell.
private struct Place {
  var gradients: [SIMD3<Double>]
  let values: [Double]
  let determinant: Double, radius: Double

  init(
    _ mesh: Mesh, _ connectivity: ArraySlice<Int32>,
    _ table: (values: [Double], gradients: [SIMD3<Double>]), dimension: Int
  ) {
    values = table.values
    var (a, b, c) = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
    var radius = 0.0
    for (k, n) in connectivity.enumerated() {
      let x = mesh.points[Int(n)]
      a += table.gradients[k].x * x
      b += table.gradients[k].y * x
      c += table.gradients[k].z * x
      radius += table.values[k] * x.x
    }
    if dimension == 2 { c = [0, 0, 1] }
    self.radius = radius
    // Rows of the inverse: ξ, η, ζ along x, y, z.
    let (bc, ca, ab) = (Place.cross(b, c), Place.cross(c, a), Place.cross(a, b))
    let determinant = (a * bc).sum()
    self.determinant = determinant
    gradients = table.gradients.map { (g: SIMD3<Double>) in
      let along = g.x * bc + g.y * ca + g.z * ab
      return along / determinant
    }
  }

  /// ∂ε_component/∂u of a node and direction, Mandel order.
  func strain(_ component: Int, node: Int, direction i: Int, _ formulation: Formulation) -> Double {
    let g = gradients[node]
    switch component {
    case 0, 1: return component == i ? g[i] : 0
    case 2:
      if formulation == .axisymmetric { return i == 0 ? values[node] / radius : 0 }
      return i == 2 ? g.z : 0
    default:
      // yz, zx, xy: √2 · ½ (u_a,b + u_b,a).
      let (a, b) = component == 3 ? (1, 2) : component == 4 ? (2, 0) : (0, 1)
      return (i == a ? g[b] : i == b ? g[a] : 0) * 0.5.squareRoot()
    }
  }

  private static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
}
