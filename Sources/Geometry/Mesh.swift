/// A mesh of cells of one or more shapes with named sets. Lengths in m.
public struct Mesh: Sendable, Equatable {
  /// A facet of a cell: an edge in 2-D, a face in 3-D.
  public struct Facet: Sendable, Hashable {
    /// Block, cell within the block, and number of the facet in `CellShape.facets`.
    public let block: Int, cell: Int, facet: Int

    /// By its place.
    public init(block: Int, cell: Int, facet: Int) {
      self.block = block
      self.cell = cell
      self.facet = facet
    }
  }

  /// Cells of one shape and one region.
  public struct Block: Sendable, Equatable {
    /// Name of the region ("body" unless the mesh file names it).
    public var name: String
    /// Shape of all cells of the block.
    public var shape: CellShape
    /// Node numbers (from 0), `shape.nodeCount` per cell.
    public var connectivity: [Int32]

    /// From ready connectivity.
    public init(name: String = "body", shape: CellShape, connectivity: [Int32]) {
      precondition(
        connectivity.count % shape.nodeCount == 0,
        "\(connectivity.count) node numbers do not make whole \(shape.rawValue) cells")
      self.name = name
      self.shape = shape
      self.connectivity = connectivity
    }

    /// Number of cells.
    public var cellCount: Int { connectivity.count / shape.nodeCount }

    /// Node numbers of one cell.
    public func nodes(of cell: Int) -> ArraySlice<Int32> {
      connectivity[cell * shape.nodeCount..<(cell + 1) * shape.nodeCount]
    }
  }

  /// 2 or 3.
  public var dimension: Int
  /// x, y, z of every node; z = 0 in 2-D. In axisymmetry x is the radius and y the axis.
  public var points: [SIMD3<Double>]
  /// The cells.
  public var blocks: [Block]
  /// Named nodes, ascending.
  public var nodeSets: [String: [Int]]
  /// Named facets.
  public var facetSets: [String: [Facet]]

  /// From ready parts.
  public init(
    dimension: Int, points: [SIMD3<Double>], blocks: [Block], nodeSets: [String: [Int]] = [:],
    facetSets: [String: [Facet]] = [:]
  ) {
    precondition(dimension == 2 || dimension == 3, "dimension \(dimension) is neither 2 nor 3")
    self.dimension = dimension
    self.points = points
    self.blocks = blocks
    self.nodeSets = nodeSets
    self.facetSets = facetSets
  }

  /// Number of nodes.
  public var nodeCount: Int { points.count }
  /// Number of cells of all blocks.
  public var cellCount: Int { blocks.reduce(0) { $0 + $1.cellCount } }

  /// Node numbers of a facet, in the order of `CellShape.facets`.
  public func nodes(of facet: Facet) -> [Int] {
    let block = blocks[facet.block]
    let base = facet.cell * block.shape.nodeCount
    return block.shape.facets[facet.facet].map { Int(block.connectivity[base + $0]) }
  }
}
