import Geometry
import Testing

/// Points in the unit cube of d dimensions; the same seed, the same points. With `grid` they fall on a
/// lattice, so that many distances are equal.
private func cloud(_ count: Int, _ d: Int, seed: UInt64, grid: Double? = nil) -> [Double] {
  var state = seed
  return (0..<count * d).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let u = Double(state >> 11) * 0x1p-53
    return grid.map { (u * $0).rounded() / $0 } ?? u
  }
}

/// The k nearest by exhaustive search, ties to the lower index.
private func exhaustive(_ k: Int, _ points: [Double], _ q: ArraySlice<Double>, _ d: Int)
  -> [Neighbour]
{
  let all = (0..<points.count / d).map { p in
    var sum = 0.0
    for j in 0..<d {
      let difference = points[p * d + j] - q[q.startIndex + j]
      sum += difference * difference
    }
    return Neighbour(index: p, squareDistance: sum)
  }
  let sorted = all.sorted {
    $0.squareDistance < $1.squareDistance
      || ($0.squareDistance == $1.squareDistance && $0.index < $1.index)
  }
  return Array(sorted.prefix(k))
}

@Suite struct KDTreeTests {
  @Test(
    "nearest neighbours are those of exhaustive search, bit for bit",
    arguments: [(1, 300), (2, 1000), (3, 17), (4, 16), (5, 1), (6, 2000), (12, 3000), (16, 500)])
  func exact(dimension d: Int, count: Int) {
    let points = cloud(count, d, seed: 3)
    let tree = KDTree(points: points, dimension: d)
    // Queries inside the cloud, and far outside of it.
    let queries = cloud(20, d, seed: 4) + cloud(5, d, seed: 5).map { 1000 * $0 - 300 }
    for k in [1, 2, 7, count] where k <= count {
      var indices = [Int32](repeating: -1, count: 25 * k)
      var squares = [Double](repeating: 0, count: 25 * k)
      tree.nearest(k, to: queries, indices: &indices, squareDistances: &squares)
      for q in 0..<25 {
        let expected = exhaustive(k, points, queries[q * d..<(q + 1) * d], d)
        #expect(indices[q * k..<(q + 1) * k].map { Int($0) } == expected.map(\.index))
        #expect(Array(squares[q * k..<(q + 1) * k]) == expected.map(\.squareDistance))
      }
    }
  }

  @Test("equal distances go to the lower index", arguments: [2, 3, 6])
  func ties(dimension d: Int) {
    let points = cloud(800, d, seed: 8, grid: 4)
    let tree = KDTree(points: points, dimension: d)
    let queries = cloud(40, d, seed: 9, grid: 8)
    for q in 0..<40 {
      let query = queries[q * d..<(q + 1) * d]
      #expect(tree.nearest(9, to: Array(query)) == exhaustive(9, points, query, d))
    }
    // All points in one place.
    let heap = KDTree(points: Array(repeating: 1.5, count: 100 * d), dimension: d)
    #expect(heap.nearest(3, to: Array(repeating: 0, count: d)).map(\.index) == [0, 1, 2])
  }

  @Test("coordinates of any size and offset", arguments: [1e-150, 1e-6, 1, 1e12, 1e120])
  func scales(size: Double) {
    // An offset that single precision alone could not resolve.
    let points = cloud(500, 4, seed: 10).map { size * ($0 + 1e6) }
    let tree = KDTree(points: points, dimension: 4)
    for q in 0..<20 {
      let query = cloud(20, 4, seed: 11).map { size * ($0 + 1e6) }[4 * q..<4 * q + 4]
      #expect(tree.nearest(3, to: Array(query)) == exhaustive(3, points, query, 4))
    }
  }

  @Test("a start only shortens the search", arguments: [1, 5])
  func warmStart(k: Int) {
    let points = cloud(2000, 6, seed: 20)
    let tree = KDTree(points: points, dimension: 6)
    let queries = cloud(50, 6, seed: 21)
    var cold = [Int32](repeating: -1, count: 50 * k)
    var squares = [Double](repeating: 0, count: 50 * k)
    tree.nearest(k, to: queries, indices: &cold, squareDistances: &squares)
    // From the answer itself, from somewhere else, and from nothing.
    for shift in [0, 1, 977] {
      var warm = shift == 0 ? cold : (0..<50 * k).map { Int32(($0 * 7 + shift) % 2000) }
      var warmSquares = squares
      tree.nearest(k, to: queries, indices: &warm, squareDistances: &warmSquares, warm: true)
      #expect(warm == cold)
      #expect(warmSquares == squares)
    }
    var none = [Int32](repeating: -1, count: 50 * k)
    tree.nearest(k, to: queries, indices: &none, squareDistances: &squares, warm: true)
    #expect(none == cold)
  }

  @Test("the same bits for any number of workers")
  func workers() {
    let tree = KDTree(points: cloud(3000, 12, seed: 30), dimension: 12)
    let queries = cloud(999, 12, seed: 31)
    let results = [1, 2, 4, 8].map { workers in
      var indices = [Int32](repeating: -1, count: 4 * 999)
      var squares = [Double](repeating: 0, count: 4 * 999)
      tree.nearest(
        4, to: queries, indices: &indices, squareDistances: &squares, workers: workers)
      var hash = Hasher()
      hash.combine(indices)
      hash.combine(squares.map(\.bitPattern))
      return hash.finalize()
    }
    #expect(Set(results).count == 1)
  }
}
