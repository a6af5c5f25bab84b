import Geometry

/// A linear map P of nodal values from one interface to another; its transpose carries forces back.
///
/// Values are ordered `[point * width + component]`. Every kind keeps constants (Σ w = 1), so its
/// transpose keeps the total force. With `keepsMoments` vectors (`width` equal to the dimension of
/// space) are mapped so that rigid motions, small rotations included, arrive exactly, and the transpose
/// keeps the total moment too, whatever the gap: see `Levers`. Same input, same bits.
/// Sources: Farhat, Lesoinne & Le Tallec, CMAME 157 (1998) for conservative transfer; de Boer, van Zuijlen
/// & Bijl, CMAME 196 (2007) for a comparison of the kinds.
public struct Transfer: Sendable {
  /// How a target point hears of the source.
  public enum Kind: Sendable, Equatable, CustomStringConvertible {
    /// The value of the nearest source point: order 1, any clouds.
    case nearestNeighbour
    /// The shape functions of the nearest facet at the nearest point on it, facets curved as they are:
    /// order 2 (3 on quadratic facets).
    case nearestProjection
    /// Like it, on facets split into triangles (segments in a plane): order 2 with weights between 0 and 1,
    /// so that no value leaves the range of the source.
    case barycentric
    /// Interpolation by radial functions and a linear polynomial: any clouds, smooth fields, high order.
    case radialBasis(RadialBasis)
    /// The projection in the mean square, with dual functions on the target: keeps integrals against the
    /// target's shape functions, so that a uniform traction stays one (patch test). Linear facets only.
    case mortar

    /// Its name in messages.
    public var description: String {
      switch self {
      case .nearestNeighbour: "nearest neighbour"
      case .nearestProjection: "nearest projection"
      case .barycentric: "barycentric"
      case .radialBasis(let basis): "radial basis (\(basis.family.rawValue))"
      case .mortar: "mortar"
      }
    }
  }

  /// Number of points of each interface.
  public let sourceCount: Int, targetCount: Int
  /// How the interfaces lie to each other and what was built.
  public let report: MappingReport
  let map: SparseMap
  let levers: Levers?

  /// The largest gap that is accepted, relative to the facet size: an arc of 90° and its chord, the
  /// coarsest sensible facet of a round interface, are 0.21 facets apart.
  public static let defaultGapTolerance = 0.25

  /// Builds the map.
  /// - Parameters:
  ///   - gapTolerance: largest distance of a target point from the source, relative to the facet size
  ///     (the largest of both mean sizes and of the facet at hand; beside a cloud one local spacing more).
  ///   - keepsMoments: vectors keep moments and rigid rotations exactly.
  /// - Throws: interfaces that do not meet, of different dimension, empty, or without the facets that the
  ///   kind needs.
  public init(
    _ kind: Kind, from source: InterfaceMesh, to target: InterfaceMesh,
    gapTolerance: Double = Transfer.defaultGapTolerance, keepsMoments: Bool = true
  ) throws(CouplingError) {
    try Transfer.check(kind, source, target)
    var report = MappingReport(kind, from: source, to: target)
    let meeting = try Meeting(source, target, tolerance: gapTolerance, report: &report)
    map = try Transfer.weights(kind, source, target, meeting, &report)
    let levers = Levers(map, source, target, meeting)
    report.largestLever = levers.largest
    report.lostMoments = keepsMoments ? levers.lost : 0
    report.entryCount = map.weights.count
    self.levers = keepsMoments && !levers.isEmpty ? levers : nil
    self.report = report
    (sourceCount, targetCount) = (source.points.count, target.points.count)
  }

  /// Values at the source points → values at the target points: P v. The fields are intensive:
  /// displacement, velocity, temperature, traction.
  public func consistent(_ values: [Double], width: Int) -> [Double] {
    var out = map.times(values, width: width)
    if let levers, levers.dimension == width { levers.add(to: &out, from: values) }
    return out
  }

  /// Forces at the target points → forces at the source points: Pᵀ f, the exact transpose of `consistent`,
  /// so that virtual work is the same on both sides.
  public func conservative(_ forces: [Double], width: Int) -> [Double] {
    var out = map.transposeTimes(forces, width: width)
    if let levers, levers.dimension == width { levers.addTransposed(to: &out, from: forces) }
    return out
  }

  /// The weights of a target point, columns ascending where the kind sorts them; they add up to one.
  /// Levers are not among them: they act between components.
  public func row(_ target: Int) -> [(column: Int, weight: Double)] {
    precondition(target >= 0 && target < targetCount, "target point \(target) of \(targetCount)")
    return (map.starts[target]..<map.starts[target + 1]).map {
      (Int(map.columns[$0]), map.weights[$0])
    }
  }

  /// The map between interfaces whose points are the same, in the same order.
  /// - Throws: points that differ by more than 1e-9 of the facet size.
  public static func identity(
    from source: InterfaceMesh, to target: InterfaceMesh
  ) throws(CouplingError) -> Transfer {
    let both = "interfaces '\(source.name)' and '\(target.name)'"
    guard source.points.count == target.points.count else {
      throw CouplingError(
        both, "have \(source.points.count) and \(target.points.count) points",
        "matching interfaces have the same; otherwise choose a mapping")
    }
    let size = max(source.meanSize, target.meanSize)
    for (i, (a, b)) in zip(source.points, target.points).enumerated()
    where length(a - b) > 1e-9 * size {
      throw CouplingError(
        both, "differ by \(short(length(a - b))) m at point \(i) \(place(a))",
        "number the points alike or choose a mapping")
    }
    return Transfer(identity: source, target)
  }

  private init(identity source: InterfaceMesh, _ target: InterfaceMesh) {
    var map = SparseMap(columnCount: source.points.count)
    for i in source.points.indices {
      map.append(Int32(i), 1)
      map.endRow()
    }
    self.map = map
    levers = nil
    var report = MappingReport(.nearestNeighbour, from: source, to: target)
    report.kind = "identity"
    report.entryCount = map.weights.count
    self.report = report
    (sourceCount, targetCount) = (source.points.count, target.points.count)
  }
}

extension Transfer {
  private static func check(
    _ kind: Kind, _ source: InterfaceMesh, _ target: InterfaceMesh
  ) throws(CouplingError) {
    let both = "interfaces '\(source.name)' and '\(target.name)'"
    guard source.dimension == target.dimension else {
      throw CouplingError(
        both, "are \(source.dimension)- and \(target.dimension)-dimensional",
        "map between interfaces of one dimension")
    }
    for side in [source, target] where side.points.isEmpty {
      throw CouplingError(
        "interface '\(side.name)'", "has no points", "name a facet set that is not empty")
    }
    let needy: [InterfaceMesh]
    switch kind {
    case .nearestNeighbour, .radialBasis: needy = []
    case .nearestProjection, .barycentric: needy = [source]
    case .mortar: needy = [source, target]
    }
    for side in needy where side.cells.isEmpty {
      throw CouplingError(
        "interface '\(side.name)'", "has no facets, which \(kind) mapping needs",
        "give its facets, or map by nearest neighbours or radial basis functions")
    }
  }

  private static func weights(
    _ kind: Kind, _ source: InterfaceMesh, _ target: InterfaceMesh, _ meeting: Meeting,
    _ report: inout MappingReport
  ) throws(CouplingError) -> SparseMap {
    switch kind {
    case .nearestNeighbour: nearestNeighbours(source, target)
    case .nearestProjection: projection(source, target, meeting)
    case .barycentric: barycentric(source, target)
    case .radialBasis(let basis): try radialBasis(basis, source, target, &report)
    case .mortar: try mortar(source, target, meeting)
    }
  }
}
