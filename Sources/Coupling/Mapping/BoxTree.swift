// The nearest facet of a point, and whatever touches a box.
//
// A binary tree of boxes over the facets, split at the median of their middles along the widest side,
// four facets to a leaf. Boxes hold the Bézier points of curved facets, inside whose hull a facet lies.
// The nearest is found depth first, the nearer child first, leaving out boxes that are farther than the best
// so far. Cost: n log n to build, a few dozen boxes per query.

/// Boxes of facets, points or clusters in a tree.
struct BoxTree: Sendable {
  private static let leafSize = 4

  private struct Node {
    var lower: SIMD3<Double>, upper: SIMD3<Double>
    /// Left child for an inner node (the right one follows it), or −1 − first for a leaf.
    var child: Int32
    var count: Int32
  }

  private var nodes: [Node] = []
  private var order: [Int32] = []
  let boxes: [(lower: SIMD3<Double>, upper: SIMD3<Double>)]

  /// A tree over boxes, at least one.
  init(boxes: [(lower: SIMD3<Double>, upper: SIMD3<Double>)]) {
    self.boxes = boxes
    order = boxes.indices.map { Int32($0) }
    nodes.reserveCapacity(boxes.count)
    nodes.append(Node(lower: .zero, upper: .zero, child: 0, count: 0))
    let middles = boxes.map { $0.lower + $0.upper }
    build(0, 0..<boxes.count, middles)
  }

  init(_ facets: [Facet]) { self.init(boxes: facets.map(\.box)) }

  private mutating func build(_ at: Int, _ range: Range<Int>, _ middles: [SIMD3<Double>]) {
    var (lower, upper) = boxes[Int(order[range.lowerBound])]
    var (low, high) = (middles[Int(order[range.lowerBound])], middles[Int(order[range.lowerBound])])
    for i in range {
      let box = boxes[Int(order[i])]
      lower = pointwiseMin(lower, box.lower)
      upper = pointwiseMax(upper, box.upper)
      low = pointwiseMin(low, middles[Int(order[i])])
      high = pointwiseMax(high, middles[Int(order[i])])
    }
    nodes[at].lower = lower
    nodes[at].upper = upper
    guard range.count > BoxTree.leafSize else {
      nodes[at].child = -1 - Int32(range.lowerBound)
      nodes[at].count = Int32(range.count)
      return
    }
    let side = high - low
    let axis = side.x >= side.y && side.x >= side.z ? 0 : side.y >= side.z ? 1 : 2
    let middle = range.lowerBound + range.count / 2
    select(range, at: middle) { middles[Int($0)][axis] }
    let left = nodes.count
    nodes[at].child = Int32(left)
    nodes.append(nodes[at])
    nodes.append(nodes[at])
    build(left, range.lowerBound..<middle, middles)
    build(left + 1, middle..<range.upperBound, middles)
  }

  /// Hoare's selection: the `middle` − lowerBound smallest keys come first.
  private mutating func select(_ range: Range<Int>, at middle: Int, key: (Int32) -> Double) {
    var (low, high) = (range.lowerBound, range.upperBound - 1)
    while low < high {
      let (a, b, c) = (key(order[low]), key(order[(low + high) / 2]), key(order[high]))
      let pivot = max(min(a, b), min(max(a, b), c))
      var (i, j) = (low, high)
      while i <= j {
        while key(order[i]) < pivot { i += 1 }
        while key(order[j]) > pivot { j -= 1 }
        if i <= j {
          order.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if middle <= j { high = j } else if middle >= i { low = i } else { return }
    }
  }

  /// The item with the least square distance, as `measure` gives it for an item that may be near.
  func nearest(to x: SIMD3<Double>, _ measure: (Int) -> Double) -> Int {
    var (best, bestSquare) = (-1, Double.infinity)
    withUnsafeTemporaryAllocation(of: (Int32, Double).self, capacity: 128) { stack in
      stack[0] = (0, 0)
      var depth = 1
      while depth > 0 {
        depth -= 1
        let (at, bound) = stack[depth]
        // Not "≥": a square distance of zero still needs its facet.
        if bound > bestSquare || (bound == bestSquare && best >= 0) { continue }
        let node = nodes[Int(at)]
        if node.child < 0 {
          let first = Int(-1 - node.child)
          for i in first..<first + Int(node.count) {
            let item = Int(order[i])
            if square(x, boxes[item].lower, boxes[item].upper) > bestSquare { continue }
            let value = measure(item)
            if value < bestSquare || (value == bestSquare && item < best) {
              (best, bestSquare) = (item, value)
            }
          }
        } else {
          let left = nodes[Int(node.child)]
          let right = nodes[Int(node.child) + 1]
          let near = (node.child, square(x, left.lower, left.upper))
          let far = (node.child + 1, square(x, right.lower, right.upper))
          stack[depth] = near.1 <= far.1 ? far : near
          stack[depth + 1] = near.1 <= far.1 ? near : far
          depth += 2
        }
      }
    }
    return best
  }

  /// Calls `found` for every item whose box touches the given one.
  func touching(lower: SIMD3<Double>, upper: SIMD3<Double>, _ found: (Int) -> Void) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 128) { stack in
      stack[0] = 0
      var depth = 1
      while depth > 0 {
        depth -= 1
        let node = nodes[Int(stack[depth])]
        if any(node.lower .> upper .| node.upper .< lower) { continue }
        if node.child >= 0 {
          stack[depth] = node.child + 1
          stack[depth + 1] = node.child
          depth += 2
          continue
        }
        let first = Int(-1 - node.child)
        for i in first..<first + Int(node.count) {
          let box = boxes[Int(order[i])]
          if all(box.lower .<= upper .& box.upper .>= lower) { found(Int(order[i])) }
        }
      }
    }
  }

  @inline(__always)
  private func square(_ x: SIMD3<Double>, _ lower: SIMD3<Double>, _ upper: SIMD3<Double>) -> Double
  {
    let out = pointwiseMax(pointwiseMax(lower - x, x - upper), .zero)
    return dot(out, out)
  }
}

extension Facet {
  /// A box that holds the facet, curved or not.
  var box: (lower: SIMD3<Double>, upper: SIMD3<Double>) {
    var (lower, upper) = (point(0), point(0))
    func take(_ x: SIMD3<Double>) {
      lower = pointwiseMin(lower, x)
      upper = pointwiseMax(upper, x)
    }
    let corners = shape.cornerCount
    for a in 0..<corners { take(point(a)) }
    guard shape.isQuadratic else { return (lower, upper) }
    var (cornerSum, controlSum) = (SIMD3<Double>.zero, SIMD3<Double>.zero)
    for a in corners..<shape.nodeCount {
      let first = a - corners
      let second = shape.isLine ? 1 : (first + 1) % corners
      let control = 2 * point(a) - 0.5 * (point(first) + point(second))
      take(control)
      controlSum += control
    }
    if shape == .quad8 {
      for a in 0..<4 { cornerSum += point(a) }
      take(4 * point(at: .zero) - 0.25 * cornerSum - 0.5 * controlSum)
    }
    return (lower, upper)
  }
}
