import Contact
import Glibc
import Mechanics

/// Everything that may touch, in the order of its keys, with what each contact remembers.
///
/// The list holds for a while: it is made with a reach beyond the motion of the step, and made again when the
/// blocks have moved through it. What a contact remembers goes to the same corner and edge of the new list,
/// or, where a corner has passed the end of an edge, to the contact that takes over on the same joint.
struct ContactSet: Sendable, Equatable, Codable {
  /// A corner near an edge.
  struct Contact: Sendable, Equatable, Codable {
    let key: ContactKey
    /// Law, length of joint (m) it stands for.
    var law: Int32
    var length: Double
    /// Edges of corner's and edge's block that lie on each other, packed; the same for all contacts of a joint.
    var joint: UInt64
    var memory = ContactMemory()
  }

  var contacts: [Contact] = []
  /// Islands: blocks that could touch one another, and the range of `order` with their contacts.
  var islands: [Island] = []
  /// Number of every block within its island, −1 for fixed ones.
  var local: [Int32] = []

  /// Blocks that are solved together.
  struct Island: Sendable, Equatable, Codable {
    /// Free blocks, ascending; contacts (indices), held points, bolts and border points among them.
    var blocks: [Int32] = [], contacts: [Int32] = [], held: [Int32] = [], bolts: [Int32] = []
    var border: [Int32] = []
    /// Which of its blocks are coupled.
    var pattern = BlockPattern()
  }

  /// Sine of the widest angle that is listed for turning: small blocks may turn by any.
  private static let widest = 0.7
  /// Where the blocks were when the list was made, and how far one may move before it is made again.
  private var centres: [Point] = []
  private var allowance = 0.0

  /// Whether the list still holds for a step that moves every block by at most `motion`.
  func holds(_ state: BlockState, motion: [Double], radius: (Int) -> Double, angles: [Double])
    -> Bool
  {
    guard centres.count == state.centre.count else { return false }
    for b in centres.indices {
      let turned = abs(state.angle[b] - angles[b]) * radius(b)
      if (state.centre[b] - centres[b]).length + turned + motion[b] > allowance { return false }
    }
    return true
  }

  /// Makes the list for the corners as they are.
  mutating func rebuild(
    _ model: DDAModel, _ state: BlockState, motion: [Double], skin: Double
  ) {
    let old = contacts
    let geometry = model.geometry
    let count = state.centre.count
    var (lower, upper) = (state.centre, state.centre)
    let reach = motion.map { $0 + skin }
    for b in 0..<count {
      let first = geometry.firstCorner[b]
      for c in first..<geometry.firstCorner[b + 1] {
        lower[b] = pointwiseMin(lower[b], state.corners[c])
        upper[b] = pointwiseMax(upper[b], state.corners[c])
      }
      lower[b] -= Point(reach[b], reach[b])
      upper[b] += Point(reach[b], reach[b])
    }
    var phase = BroadPhase()
    let isFixed = model.isFixed
    let pairs = phase.pairs(lower: lower, upper: upper, skip: { isFixed[$0] })
    contacts.removeAll(keepingCapacity: true)
    state.corners.withUnsafeBufferPointer { all in
      func corners(_ b: Int) -> UnsafeBufferPointer<Point> {
        let first = geometry.firstCorner[b]
        return .init(rebasing: all[first..<geometry.firstCorner[b + 1]])
      }
      for (i, j) in pairs where !model.definition.areGrouped(i, j) {
        let r = reach[i] + reach[j]
        // What may turn towards one another while the list holds is listed, too; it enters only once it has.
        let turn = skin / geometry.radius[i] + skin / geometry.radius[j]
        for (a, b) in [(i, j), (j, i)] {
          // Bounds of b, widened by the reach of both: either may come all the way.
          let wide = Point(reach[a], reach[a])
          CornerSearch.covers(
            corners: corners(a), edges: corners(b), lower: lower[b] - wide, upper: upper[b] + wide,
            reach: r,
            depth: min(r, 0.5 * min(geometry.shapes[a].thinness, geometry.shapes[b].thinness)),
            angle: min(CornerSearch.angleTolerance + turn, Self.widest)
          ) { corner, edge in
            let angle = min(CornerSearch.angleTolerance + turn, Self.widest)
            guard
              model.covered.isEmpty
                || model.covered.permits(a, corner, b, edge, all, angle: angle)
            else { return }
            contacts.append(
              Contact(
                key: ContactKey(vertexBlock: a, vertex: corner, edgeBlock: b, edge: edge),
                law: Int32(model.law(a, b)), length: 0, joint: 0))
          }
        }
      }
    }
    contacts.sort { $0.key < $1.key }
    measureJoints(model, state)
    transfer(old)
    centres = state.centre
    allowance = skin
    findIslands(model)
  }

  /// The edge of the corner's block that lies on the contact's edge, the law that the two may have, the length both
  /// share, and how many contacts share it.
  private mutating func measureJoints(_ model: DDAModel, _ state: BlockState) {
    let (geometry, thickness) = (model.geometry, model.definition.thickness)
    var counts: [UInt64: Int] = [:]
    var overlaps = [Double](repeating: 0, count: contacts.count)
    for (n, contact) in contacts.enumerated() {
      let key = contact.key
      let (a, b) = (key.vertexBlock, key.edgeBlock)
      func corner(_ block: Int, _ i: Int) -> Point {
        let size = geometry.cornerCount(block)
        return state.corners[geometry.firstCorner[block] + (i + size) % size]
      }
      let (from, to) = (corner(b, key.edge), corner(b, key.edge + 1))
      let (t, length) = CornerSearch.direction(from, to)
      let p = corner(a, key.vertex)
      let next = corner(a, key.vertex + 1) - p
      let previous = corner(a, key.vertex - 1) - p
      // The neighbour edge that runs along this one.
      let sines = (abs(t.cross(next)) / next.length, abs(t.cross(previous)) / previous.length)
      let size = geometry.cornerCount(a)
      let own = sines.0 < sines.1 ? key.vertex : (key.vertex - 1 + size) % size
      let other = sines.0 < sines.1 ? next : previous
      if let law = model.edgeLaw(key, face: own) { contacts[n].law = law }
      if min(sines.0, sines.1) < CornerSearch.angleTolerance {
        let s = (p - from).dot(t)
        let e = s + other.dot(t)
        overlaps[n] = max(0, min(length, max(s, e)) - max(0, min(s, e)))
      }
      let (x, y) = (UInt64(a) << 12 | UInt64(own), UInt64(b) << 12 | UInt64(key.edge))
      contacts[n].joint = min(x, y) << 32 | max(x, y)
      counts[contacts[n].joint, default: 0] += 1
    }
    for n in contacts.indices {
      contacts[n].length = thickness * overlaps[n] / Double(counts[contacts[n].joint]!)
    }
  }

  /// Memory by identity; contacts without an old self inherit slip and bond of their joint. A law's own variable
  /// says nothing to another law.
  private mutating func transfer(_ old: [Contact]) {
    guard !old.isEmpty else { return }
    var byJoint: [UInt64: Contact] = [:]
    for contact in old {
      let kept = byJoint[contact.joint]
      if kept == nil || contact.memory.slip > kept!.memory.slip {
        byJoint[contact.joint] = contact
      }
    }
    var k = 0
    for n in contacts.indices {
      while k < old.count, old[k].key < contacts[n].key { k += 1 }
      if k < old.count, old[k].key == contacts[n].key {
        contacts[n].memory = old[k].memory
        if old[k].law != contacts[n].law { contacts[n].memory.variable = 0 }
      } else if let heir = byJoint[contacts[n].joint] {
        contacts[n].memory.slip = heir.memory.slip
        contacts[n].memory.isBonded = heir.memory.isBonded
        if heir.law == contacts[n].law { contacts[n].memory.variable = heir.memory.variable }
      }
    }
  }

  /// Connected components of free blocks over contacts, bolts and their loads.
  private mutating func findIslands(_ model: DDAModel) {
    let count = model.isFixed.count
    var parent = (0..<Int32(count)).map { $0 }
    func root(_ i: Int32) -> Int32 {
      var i = i
      while parent[Int(i)] != i {
        parent[Int(i)] = parent[Int(parent[Int(i)])]
        i = parent[Int(i)]
      }
      return i
    }
    func join(_ a: Int, _ b: Int) {
      guard !model.isFixed[a], !model.isFixed[b] else { return }
      let (x, y) = (root(Int32(a)), root(Int32(b)))
      if x != y { parent[Int(max(x, y))] = min(x, y) }
    }
    for c in contacts { join(c.key.vertexBlock, c.key.edgeBlock) }
    for bolt in model.definition.bolts { if let other = bolt.other { join(bolt.block, other) } }
    for border in model.definition.border {
      if let lead = border.lead { join(border.block, model.definition.border[lead].block) }
    }
    islands.removeAll(keepingCapacity: true)
    var number = [Int32](repeating: -1, count: count)
    local = number
    for b in 0..<count where !model.isFixed[b] {
      let r = Int(root(Int32(b)))
      if number[r] < 0 {
        number[r] = Int32(islands.count)
        islands.append(Island())
      }
      local[b] = Int32(islands[Int(number[r])].blocks.count)
      islands[Int(number[r])].blocks.append(Int32(b))
    }
    func island(_ a: Int, _ b: Int) -> Int {
      Int(number[Int(root(Int32(model.isFixed[a] ? b : a)))])
    }
    for (n, c) in contacts.enumerated() {
      islands[island(c.key.vertexBlock, c.key.edgeBlock)].contacts.append(Int32(n))
    }
    for (n, h) in model.definition.held.enumerated() where !model.isFixed[h.block] {
      islands[island(h.block, h.block)].held.append(Int32(n))
    }
    for (n, border) in model.definition.border.enumerated() {
      islands[island(border.block, border.block)].border.append(Int32(n))
    }
    for (n, bolt) in model.definition.bolts.enumerated() {
      let other = bolt.other ?? bolt.block
      guard !model.isFixed[bolt.block] || !model.isFixed[other] else { continue }
      islands[island(bolt.block, other)].bolts.append(Int32(n))
    }
    for n in islands.indices { islands[n].pattern = pattern(islands[n], model) }
  }

  private func pattern(_ island: Island, _ model: DDAModel) -> BlockPattern {
    BlockPattern(
      island.blocks.count,
      contacts: island.contacts.map {
        let key = contacts[Int($0)].key
        return SIMD2(local[key.vertexBlock], local[key.edgeBlock])
      },
      bolts: island.bolts.map {
        let bolt = model.definition.bolts[Int($0)]
        return SIMD2(local[bolt.block], bolt.other.map { local[$0] } ?? -1)
      }
        + island.border.flatMap { index -> [SIMD2<Int32>] in
          let border = model.definition.border[Int(index)]
          guard let lead = border.lead else { return [] }
          let blocks = SIMD2(local[model.definition.border[lead].block], local[border.block])
          return [blocks, blocks]
        })
  }
}
