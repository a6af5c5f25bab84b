/// Lagrange and serendipity shape functions on the reference cells: [−1, 1]ᵈ for quadrilaterals and
/// hexahedra, the unit simplex for triangles and tetrahedra.
///
/// Source: Zienkiewicz, Taylor & Zhu, The Finite Element Method, 6th ed., §4.6–4.13.
extension CellShape {
  /// Whether the reference cell is a simplex.
  public var isSimplex: Bool {
    switch self {
    case .tri3, .tri6, .tet4, .tet10: true
    case .quad4, .quad8, .hex8, .hex20: false
    }
  }

  /// Reference coordinates of the nodes, in node order.
  public var referenceNodes: [SIMD3<Double>] {
    let corners: [SIMD3<Double>]
    switch self {
    case .tri3, .tri6: corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    case .tet4, .tet10: corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    case .quad4, .quad8: corners = [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]
    case .hex8, .hex20:
      corners = [
        [-1, -1, -1], [1, -1, -1], [1, 1, -1], [-1, 1, -1],
        [-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1],
      ]
    }
    guard order == 2 else { return corners }
    return corners + edges.map { 0.5 * (corners[$0.0] + corners[$0.1]) }
  }

  /// The centre of the reference cell.
  public var referenceCentre: SIMD3<Double> {
    switch self {
    case .tri3, .tri6: [1 / 3.0, 1 / 3.0, 0]
    case .tet4, .tet10: [0.25, 0.25, 0.25]
    case .quad4, .quad8, .hex8, .hex20: .zero
    }
  }

  /// Shape functions and their reference gradients at `x`, one per node.
  public func shapeFunctions(
    at x: SIMD3<Double>
  ) -> (values: [Double], gradients: [SIMD3<Double>]) {
    switch self {
    case .tri3, .tet4: barycentric(at: x)
    case .tri6, .tet10: quadraticSimplex(at: x)
    case .quad4, .hex8: multilinear(at: x)
    case .quad8, .hex20: serendipity(at: x)
    }
  }

  private func barycentric(at x: SIMD3<Double>) -> ([Double], [SIMD3<Double>]) {
    if dimension == 2 {
      return ([1 - x.x - x.y, x.x, x.y], [[-1, -1, 0], [1, 0, 0], [0, 1, 0]])
    }
    return (
      [1 - x.x - x.y - x.z, x.x, x.y, x.z],
      [[-1, -1, -1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    )
  }

  private func quadraticSimplex(at x: SIMD3<Double>) -> ([Double], [SIMD3<Double>]) {
    let linear: CellShape = dimension == 2 ? .tri3 : .tet4
    let (L, dL) = linear.barycentric(at: x)
    var N = zip(L, dL).map { l, _ in l * (2 * l - 1) }
    var dN = zip(L, dL).map { l, d in (4 * l - 1) * d }
    for (a, b) in edges {
      N.append(4 * L[a] * L[b])
      dN.append(4 * (L[a] * dL[b] + L[b] * dL[a]))
    }
    return (N, dN)
  }

  private func multilinear(at x: SIMD3<Double>) -> ([Double], [SIMD3<Double>]) {
    let scale = dimension == 2 ? 0.25 : 0.125
    var N: [Double] = []
    var dN: [SIMD3<Double>] = []
    for node in referenceNodes.prefix(cornerCount) {
      let f = SIMD3(1 + x.x * node.x, 1 + x.y * node.y, dimension == 2 ? 1 : 1 + x.z * node.z)
      N.append(scale * f.x * f.y * f.z)
      dN.append(
        scale * SIMD3(node.x * f.y * f.z, f.x * node.y * f.z, f.x * f.y * node.z))
    }
    return (N, dN)
  }

  private func serendipity(at x: SIMD3<Double>) -> ([Double], [SIMD3<Double>]) {
    let flat = dimension == 2
    let scale = flat ? 0.25 : 0.125
    var N: [Double] = []
    var dN: [SIMD3<Double>] = []
    for node in referenceNodes {
      // (1 + ξ ξ_a) where ξ_a = ±1 and (1 − ξ²) where ξ_a = 0; a corner has the extra factor
      // (Σ ξ ξ_a − d + 1), a mid-edge node twice the scale.
      var f = SIMD3<Double>(repeating: 1)
      var df = SIMD3<Double>.zero
      for i in 0..<(flat ? 2 : 3) {
        f[i] = node[i] == 0 ? 1 - x[i] * x[i] : 1 + x[i] * node[i]
        df[i] = node[i] == 0 ? -2 * x[i] : node[i]
      }
      let product = f.x * f.y * f.z
      let gradient = SIMD3(df.x * f.y * f.z, f.x * df.y * f.z, f.x * f.y * df.z)
      let isCorner = flat ? node.x * node.y != 0 : node.x * node.y * node.z != 0
      if isCorner {
        let s = (x * node).sum() - (flat ? 1 : 2)
        N.append(scale * product * s)
        dN.append(scale * (gradient * s + product * node))
      } else {
        N.append(2 * scale * product)
        dN.append(2 * scale * gradient)
      }
    }
    return (N, dN)
  }

  /// Shape functions of a facet with `nodeCount` nodes (2 or 3 in a plane; 3, 4, 6 or 8 in space)
  /// and their derivatives along the facet's own coordinates, in the order of `facets`.
  public static func facetFunctions(
    dimension: Int, nodeCount: Int, at x: SIMD3<Double>
  ) -> (values: [Double], gradients: [SIMD3<Double>]) {
    if dimension == 3 {
      let shapes: [Int: CellShape] = [3: .tri3, 4: .quad4, 6: .tri6, 8: .quad8]
      guard let shape = shapes[nodeCount] else {
        preconditionFailure("no facet in space has \(nodeCount) nodes")
      }
      return shape.shapeFunctions(at: x)
    }
    let s = x.x
    if nodeCount == 2 {
      return ([0.5 * (1 - s), 0.5 * (1 + s)], [[-0.5, 0, 0], [0.5, 0, 0]])
    }
    return (
      [0.5 * s * (s - 1), 0.5 * s * (s + 1), 1 - s * s],
      [[s - 0.5, 0, 0], [s + 0.5, 0, 0], [-2 * s, 0, 0]]
    )
  }
}
