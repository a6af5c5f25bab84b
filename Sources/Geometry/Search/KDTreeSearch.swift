import Dispatch
import Glibc

// The search itself, and the only unsafe file of it: one view of the tree's arrays per batch of queries,
// and work space that is made once per worker.

/// A point found near a query.
public struct Neighbour: Sendable, Equatable {
  /// Index of the point.
  public var index: Int
  /// Squared distance to the query.
  public var squareDistance: Double

  /// A pair.
  public init(index: Int, squareDistance: Double) {
    self.index = index
    self.squareDistance = squareDistance
  }
}

extension KDTree {
  /// The nearest point of one query; the lower index where two are as near.
  public func nearest(to query: [Double]) -> Neighbour { nearest(1, to: query)[0] }

  /// The k nearest points of one query, nearest first, ties by index.
  public func nearest(_ k: Int, to query: [Double]) -> [Neighbour] {
    var (indices, squares) = ([Int32](repeating: -1, count: k), [Double](repeating: 0, count: k))
    nearest(k, to: query, indices: &indices, squareDistances: &squares)
    return zip(indices, squares).map { Neighbour(index: Int($0), squareDistance: $1) }
  }

  /// The k nearest points of many queries. The result does not depend on the number of workers.
  ///
  /// - Parameters:
  ///   - queries: row by row, finite.
  ///   - indices: on return `[query * k + rank]`, nearest first, ties by index. On entry, with `warm`,
  ///     points to start from: those found for a nearby query (k different ones, or negative for none).
  ///     They only bound the search: a good guess makes it shorter, none makes it wrong.
  ///   - squareDistances: on return their squared distances.
  ///   - workers: threads to use.
  public func nearest(
    _ k: Int = 1, to queries: [Double], indices: inout [Int32], squareDistances: inout [Double],
    warm: Bool = false, workers: Int = 1
  ) {
    let queryCount = queries.count / dimension
    precondition(queries.count % dimension == 0, "\(queries.count) of \(dimension)-vectors")
    precondition(k > 0 && k <= count, "\(k) nearest of \(count) points")
    precondition(
      indices.count == k * queryCount && squareDistances.count == k * queryCount,
      "room for \(indices.count) and \(squareDistances.count) of \(k * queryCount) neighbours")
    precondition(queries.reduce(0) { $0 + $1 * 0 } == 0, "queries that are not finite")
    // Chunks of queries, so that a slow worker holds nobody up; each writes its own part.
    let chunk = workers > 1 ? max(1, min(256, queryCount / (4 * workers))) : max(1, queryCount)
    let chunks = (queryCount + chunk - 1) / chunk
    TreeView.with(self) { tree in
      queries.withUnsafeBufferPointer { queries in
        indices.withUnsafeMutableBufferPointer { indices in
          squareDistances.withUnsafeMutableBufferPointer { squares in
            nonisolated(unsafe) let (q, i, s) = (queries, indices, squares)
            nonisolated(unsafe) let tree = tree
            @Sendable func answer(_ part: Int) {
              let work = SearchSpace(tree, k: k)
              for at in chunk * part..<min(queryCount, chunk * (part + 1)) {
                work.search(
                  q.baseAddress! + at * tree.d, warm: warm, indices: i.baseAddress! + at * k,
                  squares: s.baseAddress! + at * k)
              }
            }
            if workers > 1 {
              let next = WorkQueue(count: chunks)
              DispatchQueue.concurrentPerform(iterations: min(workers, chunks)) { _ in
                while let part = next.take() { answer(part) }
              }
            } else {
              for part in 0..<chunks { answer(part) }
            }
          }
        }
      }
    }
  }
}

/// Hands out numbers to workers.
private final class WorkQueue: @unchecked Sendable {
  private let lock = DispatchSemaphore(value: 1)
  private let count: Int
  private var next = 0

  init(count: Int) { self.count = count }

  func take() -> Int? {
    lock.wait()
    defer { lock.signal() }
    guard next < count else { return nil }
    next += 1
    return next - 1
  }
}

/// The arrays of a tree as addresses, valid for the duration of one call.
private struct TreeView {
  let d: Int, height: Int, scale: Double
  let points: UnsafePointer<Double>, centre: UnsafePointer<Double>, rotation: UnsafePointer<Double>
  let boxes: UnsafePointer<Lanes16>, leafPoints: UnsafePointer<Lanes16>
  let children: UnsafePointer<Int32>, leafIndices: UnsafePointer<Int32>

  static func with(_ tree: KDTree, _ body: (TreeView) -> Void) {
    tree.points.withUnsafeBufferPointer { points in
      tree.centre.withUnsafeBufferPointer { centre in
        tree.rotation.withUnsafeBufferPointer { rotation in
          tree.boxes.withUnsafeBufferPointer { boxes in
            tree.leafPoints.withUnsafeBufferPointer { leafPoints in
              tree.children.withUnsafeBufferPointer { children in
                tree.leafIndices.withUnsafeBufferPointer { leafIndices in
                  body(
                    TreeView(
                      d: tree.dimension, height: tree.height, scale: tree.scale,
                      points: points.baseAddress!, centre: centre.baseAddress!,
                      rotation: rotation.baseAddress!, boxes: boxes.baseAddress!,
                      leafPoints: leafPoints.baseAddress!, children: children.baseAddress!,
                      leafIndices: leafIndices.baseAddress!))
                }
              }
            }
          }
        }
      }
    }
  }
}

/// Work space of one worker.
private final class SearchSpace {
  private let tree: TreeView, k: Int
  /// The query in the tree's axes.
  private let turned: UnsafeMutablePointer<Float>, moved: UnsafeMutablePointer<Double>
  /// Children still to visit with the bounds of their distances, the nearest on top.
  private let stackBound: UnsafeMutablePointer<Float>, stackChild: UnsafeMutablePointer<Int32>
  /// Sixteen distances as scalars.
  private let lanes: UnsafeMutablePointer<Lanes16>
  /// The best k so far: a heap with the worst on top, in the caller's arrays.
  private var found = 0
  private var limit = Double.infinity
  private var threshold = Float.infinity
  private var margin = 0.0

  init(_ tree: TreeView, k: Int) {
    self.tree = tree
    self.k = k
    turned = .allocate(capacity: tree.d)
    moved = .allocate(capacity: tree.d)
    stackBound = .allocate(capacity: 16 * (tree.height + 1))
    stackChild = .allocate(capacity: 16 * (tree.height + 1))
    lanes = .allocate(capacity: 1)
    lanes.initialize(to: Lanes16())
  }

  deinit {
    turned.deallocate()
    moved.deallocate()
    stackBound.deallocate()
    stackChild.deallocate()
    lanes.deallocate()
  }

  func search(
    _ query: UnsafePointer<Double>, warm: Bool, indices: UnsafeMutablePointer<Int32>,
    squares: UnsafeMutablePointer<Double>
  ) {
    turn(query)
    found = 0
    limit = .infinity
    if warm { limit = bound(query, indices) }
    tighten()
    stackChild[0] = 0
    stackBound[0] = 0
    var depth = 1
    while depth > 0 {
      depth -= 1
      if stackBound[depth] > threshold { continue }
      let child = stackChild[depth]
      if child < 0 {
        scan(leaf: Int(-1 - child), query, indices, squares)
      } else {
        depth = open(node: Int(child), depth)
      }
    }
    if k > 1 { sort(indices, squares) }
  }

  /// The query in single precision, and how far single precision can be wrong about a distance.
  private func turn(_ query: UnsafePointer<Double>) {
    let d = tree.d
    var largest = 1.0
    for j in 0..<d { moved[j] = query[j] - tree.centre[j] }
    for i in 0..<d {
      var sum = 0.0
      for j in 0..<d { sum += tree.rotation[d * i + j] * moved[j] }
      sum *= tree.scale
      largest = max(largest, abs(sum))
      turned[i] = Float(sum)
    }
    // Each of 2d coordinates is off by half a unit in the last place at most, and a little for the turn.
    margin = 4 * Double(d).squareRoot() * largest * 0x1p-24
  }

  /// The largest distance among the k points to start from; infinite without them.
  private func bound(_ query: UnsafePointer<Double>, _ indices: UnsafeMutablePointer<Int32>)
    -> Double
  {
    var worst = 0.0
    for r in 0..<k {
      if indices[r] < 0 { return .infinity }
      worst = max(worst, square(query, Int(indices[r])))
    }
    return worst
  }

  /// Squared distances above the threshold, in single precision, cannot be within the limit.
  @inline(__always)
  private func tighten() {
    let reach = limit.squareRoot() * tree.scale + margin
    threshold = Float(reach * reach * (1 + Double(tree.d + 8) * 0x1p-22)).nextUp
  }

  /// Squared distance as exhaustive search computes it.
  @inline(__always)
  private func square(_ query: UnsafePointer<Double>, _ index: Int) -> Double {
    let x = tree.points + index * tree.d
    var sum = 0.0
    for j in 0..<tree.d {
      let difference = x[j] - query[j]
      sum += difference * difference
    }
    return sum
  }

  /// Pushes the children of a node that may hold something, the nearest last.
  private func open(node: Int, _ depth: Int) -> Int {
    let box = tree.boxes + 2 * tree.d * node
    var sum = Lanes16()
    for j in 0..<tree.d {
      let x = Lanes16(repeating: turned[j])
      let below = box[2 * j] - x
      let above = x - box[2 * j + 1]
      var gap = below.replacing(with: above, where: above .> below)
      gap.replace(with: 0, where: gap .< 0)
      sum += gap * gap
    }
    lanes.pointee = sum
    return lanes.withMemoryRebound(to: Float.self, capacity: 16) { bounds in
      let children = tree.children + 16 * node
      var top = depth
      for lane in 0..<16 where bounds[lane] <= threshold {
        let value = bounds[lane]
        if value == .infinity { break }
        var at = top
        while at > depth && stackBound[at - 1] < value {
          stackBound[at] = stackBound[at - 1]
          stackChild[at] = stackChild[at - 1]
          at -= 1
        }
        stackBound[at] = value
        stackChild[at] = children[lane]
        top += 1
      }
      return top
    }
  }

  private func scan(
    leaf: Int, _ query: UnsafePointer<Double>, _ indices: UnsafeMutablePointer<Int32>,
    _ squares: UnsafeMutablePointer<Double>
  ) {
    let x = tree.leafPoints + tree.d * leaf
    var sum = Lanes16()
    for j in 0..<tree.d {
      let difference = x[j] - Lanes16(repeating: turned[j])
      sum += difference * difference
    }
    lanes.pointee = sum
    lanes.withMemoryRebound(to: Float.self, capacity: 16) { values in
      for lane in 0..<16 where values[lane] <= threshold {
        let index = tree.leafIndices[16 * leaf + lane]
        if index >= 0 { offer(index, square(query, Int(index)), indices, squares) }
      }
    }
  }

  /// Keeps a point if it is among the best k so far.
  private func offer(
    _ index: Int32, _ value: Double, _ indices: UnsafeMutablePointer<Int32>,
    _ squares: UnsafeMutablePointer<Double>
  ) {
    if value > limit { return }
    if found < k {
      var at = found
      found += 1
      while at > 0 && isWorse(value, index, (at - 1) / 2, indices, squares) {
        squares[at] = squares[(at - 1) / 2]
        indices[at] = indices[(at - 1) / 2]
        at = (at - 1) / 2
      }
      squares[at] = value
      indices[at] = index
      // A bound given at the start may be closer than the worst of the first k.
      if found == k && squares[0] < limit { limit = squares[0] } else { return }
    } else {
      if isWorse(value, index, 0, indices, squares) { return }
      sink(value, index, count: k, indices, squares)
      limit = squares[0]
    }
    tighten()
  }

  /// Whether a pair comes after heap entry `at`.
  @inline(__always)
  private func isWorse(
    _ value: Double, _ index: Int32, _ at: Int, _ indices: UnsafeMutablePointer<Int32>,
    _ squares: UnsafeMutablePointer<Double>
  ) -> Bool {
    value > squares[at] || (value == squares[at] && index > indices[at])
  }

  /// Replaces the top of a heap of `count`.
  private func sink(
    _ value: Double, _ index: Int32, count: Int, _ indices: UnsafeMutablePointer<Int32>,
    _ squares: UnsafeMutablePointer<Double>
  ) {
    var at = 0
    while 2 * at + 1 < count {
      var child = 2 * at + 1
      if child + 1 < count
        && isWorse(squares[child + 1], indices[child + 1], child, indices, squares)
      {
        child += 1
      }
      if isWorse(value, index, child, indices, squares) { break }
      squares[at] = squares[child]
      indices[at] = indices[child]
      at = child
    }
    squares[at] = value
    indices[at] = index
  }

  /// The heap into ascending order.
  private func sort(
    _ indices: UnsafeMutablePointer<Int32>, _ squares: UnsafeMutablePointer<Double>
  ) {
    for last in stride(from: k - 1, to: 0, by: -1) {
      let (value, index) = (squares[last], indices[last])
      squares[last] = squares[0]
      indices[last] = indices[0]
      sink(value, index, count: last, indices, squares)
    }
  }
}
