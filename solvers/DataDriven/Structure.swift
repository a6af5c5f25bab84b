import LinearAlgebra

/// A discretised structure as data-driven mechanics sees it: material points that strain with the nodes,
/// ε_e = B_e u, and balance the forces, Σ w_e B_eᵀ σ_e = f; trusses and finite elements alike.
public struct Structure: Sendable {
  /// Cells of one kind; all of a cell's points see the same degrees of freedom.
  public struct Block: Sendable {
    /// Degrees of freedom and points of a cell.
    public let dofsPerCell: Int, pointsPerCell: Int
    /// Dofs, `[cell * dofsPerCell + j]`.
    public let dofs: [Int32]
    /// w of every point, m³, `[cell * pointsPerCell + q]`.
    public let weights: [Double]
    /// B of every point, 1/m, `[((cell * pointsPerCell + q) * m + i) * dofsPerCell + j]`.
    public let B: [Double]

    /// From its arrays.
    public init(
      dofsPerCell: Int, pointsPerCell: Int, dofs: [Int32], weights: [Double], B: [Double]
    ) {
      self.dofsPerCell = dofsPerCell
      self.pointsPerCell = pointsPerCell
      self.dofs = dofs
      self.weights = weights
      self.B = B
    }

    /// Number of points.
    public var pointCount: Int { weights.count }
  }

  /// Number m of strain components.
  public let componentCount: Int
  /// Number of degrees of freedom, and of displacement components per node.
  public let dofCount: Int, dimension: Int
  /// The cells.
  public let blocks: [Block]
  /// f on every dof, N.
  public var forces: [Double]
  /// Displacements that are given, m; nil where the dof is free.
  public var prescribed: [Double?]

  /// From its parts.
  public init(
    componentCount: Int, dimension: Int, blocks: [Block], forces: [Double], prescribed: [Double?]
  ) {
    precondition(
      forces.count == prescribed.count, "\(forces.count) forces, \(prescribed.count) dofs")
    self.componentCount = componentCount
    self.dimension = dimension
    self.blocks = blocks
    self.forces = forces
    self.prescribed = prescribed
    dofCount = forces.count
  }

  /// Number of material points.
  public var pointCount: Int { blocks.reduce(0) { $0 + $1.pointCount } }
  /// w of all points, block after block, m³.
  public var weights: [Double] { blocks.flatMap(\.weights) }
}
