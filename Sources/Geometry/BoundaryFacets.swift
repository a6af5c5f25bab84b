// Facets that several cells share are found by their corner nodes, of which there are at most four.
// All facets are put into buckets by their smallest node (a counting sort); those of one bucket, a
// few dozen, are compared one by one. Linear in the number of cells.

/// All facets of a mesh, grouped by their corner nodes.
struct FacetTable {
  /// Sorted corner nodes; −1 where a facet has fewer than four.
  let keys: [SIMD4<Int32>]
  let facets: [Mesh.Facet]
  /// Facets of bucket n: `order[starts[n]..<starts[n + 1]]`.
  let starts: [Int]
  let order: [Int32]

  init(_ mesh: Mesh) {
    var keys: [SIMD4<Int32>] = []
    var facets: [Mesh.Facet] = []
    let total = mesh.blocks.reduce(0) { $0 + $1.cellCount * $1.shape.facets.count }
    keys.reserveCapacity(total)
    facets.reserveCapacity(total)
    for (b, block) in mesh.blocks.enumerated() {
      let corners = block.shape.facets.map { Array($0.prefix(block.shape.facetCornerCount)) }
      for cell in 0..<block.cellCount {
        let base = cell * block.shape.nodeCount
        for (f, local) in corners.enumerated() {
          var key = SIMD4<Int32>(repeating: -1)
          for (i, n) in local.enumerated() { key[i] = block.connectivity[base + n] }
          keys.append(Self.sorted(key))
          facets.append(Mesh.Facet(block: b, cell: cell, facet: f))
        }
      }
    }
    var starts = [Int](repeating: 0, count: mesh.nodeCount + 1)
    for key in keys { starts[Int(key[0]) + 1] += 1 }
    for n in 0..<mesh.nodeCount { starts[n + 1] += starts[n] }
    var next = starts
    var order = [Int32](repeating: 0, count: keys.count)
    for (i, key) in keys.enumerated() {
      order[next[Int(key[0])]] = Int32(i)
      next[Int(key[0])] += 1
    }
    self.keys = keys
    self.facets = facets
    self.starts = starts
    self.order = order
  }

  /// Ascending, with absent corners (−1) last.
  static func sorted(_ key: SIMD4<Int32>) -> SIMD4<Int32> {
    var k = SIMD4<UInt32>(truncatingIfNeeded: key)
    func order(_ i: Int, _ j: Int) {
      if k[i] > k[j] { (k[i], k[j]) = (k[j], k[i]) }
    }
    order(0, 1)
    order(2, 3)
    order(0, 2)
    order(1, 3)
    order(1, 2)
    return SIMD4<Int32>(truncatingIfNeeded: k)
  }

  /// Number of cells that have each facet, in the order of `facets`.
  func sharers() -> [UInt8] {
    var counts = [UInt8](repeating: 0, count: keys.count)
    for node in 0..<starts.count - 1 {
      let bucket = order[starts[node]..<starts[node + 1]]
      for i in bucket {
        for j in bucket where keys[Int(i)] == keys[Int(j)] { counts[Int(i)] &+= 1 }
      }
    }
    return counts
  }

  /// The first facet with these corner nodes.
  func facet(corners: [Int32]) -> Mesh.Facet? {
    guard corners.count <= 4 else { return nil }
    var key = SIMD4<Int32>(repeating: -1)
    for (i, n) in corners.enumerated() { key[i] = n }
    key = Self.sorted(key)
    guard key[0] >= 0, Int(key[0]) < starts.count - 1 else { return nil }
    return order[starts[Int(key[0])]..<starts[Int(key[0]) + 1]].first { keys[Int($0)] == key }
      .map { facets[Int($0)] }
  }
}

extension CellShape {
  /// Corner nodes per facet.
  public var facetCornerCount: Int {
    switch self {
    case .tri3, .tri6, .quad4, .quad8: 2
    case .tet4, .tet10: 3
    case .hex8, .hex20: 4
    }
  }
}

extension Mesh {
  /// The facets that belong to one cell only, by block, cell and number.
  public func boundaryFacets() -> [Facet] {
    let table = FacetTable(self)
    return zip(table.facets, table.sharers()).compactMap { $1 == 1 ? $0 : nil }
  }
}
