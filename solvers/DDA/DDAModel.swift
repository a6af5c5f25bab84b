import Contact
import Glibc
import Mechanics

/// A block system, checked and with everything computed that does not change in a run.
struct DDAModel: Sendable {
  let definition: DDADefinition
  let geometry: BlockGeometry
  let isFixed: [Bool]
  /// Joint laws; the law of every pair of materials; that of every edge (`edgeLawTable`).
  let laws: [any InterfaceLaw]
  private let lawOfPair: [Int32]
  let edgeLawOfCorner: [Int32]
  /// Whether a joint of a law is stronger before it has once broken.
  let bonds: [Bool]
  /// Median radius of free blocks: the unit of lengths.
  let size: Double
  /// Half the height of all blocks at the start, m: the unit of `displacementRatio`.
  let halfHeight: Double
  /// What acts on blocks beside weight and point loads.
  let acting: ActingModel
  /// Edges that touch nothing.
  let covered: CoveredEdges
  /// Held points, loads and bolts in the frames of their blocks.
  let heldPoints: [Point], loadPoints: [Point], boltPoints: [(Point, Point)]
  /// Border points likewise, and which of them every block has (blocks without are not listed).
  let borderPoints: [Point], borderOfBlock: [Int: [Int]]

  init(_ definition: DDADefinition) throws(DDAError) {
    try DDAModel.check(definition)
    self.definition = definition
    let shapes = definition.blocks.map { block in
      BlockShape(
        block.polygon, material: definition.materials[block.material], order: definition.order,
        state: definition.plane, thickness: definition.thickness)
    }
    geometry = BlockGeometry(shapes, modeCount: definition.order.modeCount)
    acting = ActingModel(definition, geometry)
    covered = CoveredEdges(definition, geometry)
    isFixed = definition.blocks.map(\.isFixed)
    try DDAModel.checkGuides(definition, geometry)
    let free = DDAModel.measured(definition).map { shapes[$0].radius }.sorted()
    size = free.isEmpty ? shapes[0].radius : free[free.count / 2]
    let bounds = definition.blocks.map(\.polygon.bounds)
    let top = bounds.map(\.upper.y).max()!, bottom = bounds.map(\.lower.y).min()!
    halfHeight = 0.5 * (top - bottom)
    var laws = [definition.defaultJoint]
    let m = definition.materials.count
    var table = [Int32](repeating: 0, count: m * m)
    for pair in definition.joints.keys.sorted(by: { ($0.first, $0.second) < ($1.first, $1.second) })
    {
      table[m * pair.first + pair.second] = Int32(laws.count)
      table[m * pair.second + pair.first] = Int32(laws.count)
      laws.append(definition.joints[pair]!)
    }
    edgeLawOfCorner = DDAModel.edgeLawTable(definition, first: laws.count)
    laws += definition.edgeLaws
    (self.laws, lawOfPair, bonds) = (laws, table, laws.map(\.hasBond))
    func local(_ b: Int, _ p: Point) -> Point { p - definition.blocks[b].polygon.centroid }
    heldPoints = definition.held.map { local($0.block, $0.point) }
    loadPoints = definition.loads.map { local($0.block, $0.point) }
    borderPoints = definition.border.map { local($0.block, $0.point) }
    borderOfBlock = Dictionary(grouping: definition.border.indices) { definition.border[$0].block }
    boltPoints = definition.bolts.map { bolt in
      (
        local(bolt.block, bolt.point),
        bolt.other.map { local($0, bolt.otherPoint) } ?? bolt.otherPoint
      )
    }
  }

  /// The law of the joint between two blocks by their materials.
  @inline(__always)
  func law(_ a: Int, _ b: Int) -> Int {
    let blocks = definition.blocks
    return Int(lawOfPair[definition.materials.count * blocks[a].material + blocks[b].material])
  }

  /// Free blocks whose size is the unit of lengths: those that nobody guides, where there are such.
  private static func measured(_ d: DDADefinition) -> [Int] {
    let free = d.blocks.indices.filter { !d.blocks[$0].isFixed }
    let guided = Set(d.border.filter { $0.mode == .guided }.map(\.block))
    let unguided = free.filter { !guided.contains($0) }
    return unguided.isEmpty ? free : unguided
  }

  private static func check(_ d: DDADefinition) throws(DDAError) {
    guard !d.blocks.isEmpty else { throw DDAError("blocks", "there are none", "give at least one") }
    guard d.blocks.count < 1 << 20 else {
      throw DDAError("blocks", "\(d.blocks.count) are too many", "give fewer than 1 048 576")
    }
    for (b, block) in d.blocks.enumerated() {
      guard d.materials.indices.contains(block.material) else {
        throw DDAError("block \(b)", "has material \(block.material)", "name one that is given")
      }
      guard block.polygon.vertices.count < 4096 else {
        throw DDAError("block \(b)", "has more than 4095 corners", "cut it into smaller blocks")
      }
      guard block.velocity.x.isFinite, block.velocity.y.isFinite, block.spin.isFinite,
        block.initialStress.count == 3, block.initialStress.allSatisfy({ $0.isFinite })
      else { throw DDAError("block \(b)", "moves or is stressed by no number", "give finite ones") }
    }
    try checkEdgeLaws(d)
    try checkCovered(d)
    try checkOverlaps(d)
    guard d.gravity.x.isFinite, d.gravity.y.isFinite else {
      throw DDAError("gravity", "is not a number", "give two, in m/s²")
    }
    guard d.thickness > 0, d.thickness.isFinite else {
      throw DDAError("thickness", "is \(d.thickness)", "give a positive one in m")
    }
    guard d.dynamicFactor >= 0, d.dynamicFactor <= 1 else {
      throw DDAError("dynamic factor", "is \(d.dynamicFactor)", "give one from 0 to 1")
    }
    if let ratio = d.displacementRatio, !(ratio > 0 && ratio.isFinite) {
      throw DDAError("displacement ratio", "is \(ratio)", "give a positive one, or none")
    }
    func inside(_ place: String, _ b: Int) throws(DDAError) {
      guard d.blocks.indices.contains(b) else {
        throw DDAError(place, "is on block \(b)", "there are blocks 0 to \(d.blocks.count - 1)")
      }
    }
    for (i, load) in d.loads.enumerated() {
      try inside("load \(i)", load.block)
      if let problem = load.history.problem {
        throw DDAError("load \(i)", "its history \(problem)", "give finite values, forward in time")
      }
      guard load.force.x.isFinite, load.force.y.isFinite else {
        throw DDAError("load \(i)", "is not a number", "give a force in N")
      }
    }
    for (i, held) in d.held.enumerated() {
      try inside("held point \(i)", held.block)
      guard held.direction.x.isFinite, held.direction.y.isFinite else {
        throw DDAError("held point \(i)", "has no direction", "give a vector that is not zero")
      }
      if let problem = held.displacement.problem {
        throw DDAError("held point \(i)", "its displacement \(problem)", "give finite values")
      }
    }
    for (i, bolt) in d.bolts.enumerated() {
      try inside("bolt \(i)", bolt.block)
      if let other = bolt.other { try inside("bolt \(i)", other) }
      guard bolt.stiffness > 0, bolt.stiffness.isFinite, bolt.preload.isFinite else {
        throw DDAError("bolt \(i)", "has stiffness \(bolt.stiffness)", "give a positive one in N/m")
      }
    }
    try checkActing(d)
    try checkBorder(d)
    for history in [d.baseAcceleration.x, d.baseAcceleration.y] {
      if let problem = history.problem {
        throw DDAError("base acceleration", problem, "give finite values, forward in time")
      }
    }
  }

  /// Blocks may touch at the start, and overlap by rounding, but not more.
  private static func checkOverlaps(_ d: DDADefinition) throws(DDAError) {
    let bounds = d.blocks.map(\.polygon.bounds)
    var phase = BroadPhase()
    let pairs = phase.pairs(
      lower: bounds.map(\.lower), upper: bounds.map(\.upper), skip: { d.blocks[$0].isFixed })
    for (i, j) in pairs where !d.areGrouped(i, j) {
      let (a, b) = (bounds[i].upper - bounds[i].lower, bounds[j].upper - bounds[j].lower)
      let size = min(max(a.x, a.y), max(b.x, b.y))
      if d.blocks[i].polygon.overlaps(d.blocks[j].polygon, tolerance: 1e-6 * size) {
        throw DDAError("block \(j)", "overlaps block \(i)", "move one of them or cut it")
      }
    }
  }
}
