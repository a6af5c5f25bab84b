import Glibc

// Exact nearest neighbours in d dimensions.
//
// Points are turned into the principal axes of their covariance (distances do not change) and split at
// medians along the widest side, four splits per node: a node has up to 16 children, each with the box
// that its points really fill, and a leaf holds 16 points. Boxes and turned points are kept in single
// precision, 16 children or points per register, so that one pass over d registers bounds 16 boxes:
//
//     node   lower₀…₁₅ | upper₀…₁₅   for each axis        leaf   x₀…₁₅   for each axis
//
// What single precision cannot rule out, with a margin for every rounding made, is measured again from
// the points as they were given, in double precision and in the order of the components: the answer is
// that of exhaustive search, bit for bit, ties to the lower index.
// Cost: n log n to build, d·16 operations per node or leaf visited, no allocation per query.
// Sources: Bentley, CACM 18 (1975); Friedman, Bentley & Finkel, ACM TOMS 3 (1977) for the search with a
// bound; Sproull, Algorithmica 6 (1991) for principal axes.

/// A k-d tree over points of any dimension: exact k nearest neighbours in the Euclidean metric.
///
/// For another metric x·A·x give Lᵀx with A = L Lᵀ, to the tree and to its queries. A value: building
/// is the only mutation, and searches from several threads are free.
public struct KDTree: Sendable {
  /// Number of components of a point.
  public let dimension: Int
  /// Number of points.
  public let count: Int
  /// The points as given, row by row.
  public let points: [Double]

  /// The turned coordinates are scale·R (x − centre), at most 1 in size on the data.
  let centre: [Double], rotation: [Double], scale: Double
  /// Lower and upper sides, `[(node * d + axis) * 2 + side]`, one child per lane; absent children are
  /// at infinity.
  var boxes: [Lanes16] = []
  /// Children, `[node * 16 + lane]`: a node ≥ 0, or leaf −1 − l.
  var children: [Int32] = []
  /// Turned points, `[leaf * d + axis]`, one point per lane; absent points are at infinity.
  var leafPoints: [Lanes16] = []
  /// Index of each leaf point among `points`, or −1.
  var leafIndices: [Int32] = []
  /// Nodes on the longest way down.
  private(set) var height = 0

  /// Builds the tree.
  /// - Parameter points: row by row, `dimension` finite components each; at least one point.
  public init(points: [Double], dimension d: Int) {
    precondition(d > 0 && points.count % d == 0, "\(points.count) components of \(d)-vectors")
    precondition(!points.isEmpty, "a tree needs a point")
    precondition(points.count / d < Int(Int32.max), "\(points.count / d) points are too many")
    precondition(points.reduce(0) { $0 + $1 * 0 } == 0, "points that are not finite")
    dimension = d
    count = points.count / d
    self.points = points
    (centre, rotation) = PrincipalDirections.of(points, dimension: d)
    var turned = KDTree.turn(points, dimension: d, centre: centre, rotation: rotation)
    let largest = turned.reduce(0) { max($0, abs($1)) }
    // A power of two keeps the scaling free of rounding.
    scale = largest > 0 && largest.isNormal ? exp2(-ceil(log2(largest))) : 1
    for i in turned.indices { turned[i] *= scale }
    var builder = Builder(turned: turned.map { Float($0) }, dimension: d)
    _ = builder.node(0..<count, level: 1)
    boxes = builder.boxes
    children = builder.children
    leafPoints = builder.leafPoints
    leafIndices = builder.leafIndices
    height = builder.height
  }

  private static func turn(
    _ points: [Double], dimension d: Int, centre: [Double], rotation: [Double]
  ) -> [Double] {
    var out = [Double](repeating: 0, count: points.count)
    var x = [Double](repeating: 0, count: d)
    for p in stride(from: 0, to: points.count, by: d) {
      for j in 0..<d { x[j] = points[p + j] - centre[j] }
      for i in 0..<d {
        var sum = 0.0
        for j in 0..<d { sum += rotation[d * i + j] * x[j] }
        out[p + i] = sum
      }
    }
    return out
  }
}

/// One register of sixteen boxes or points.
typealias Lanes16 = SIMD16<Float>

/// Splits the points and lays out nodes and leaves.
private struct Builder {
  /// Points of a leaf and children of a node.
  static let width = 16

  let turned: [Float], dimension: Int
  var order: [Int32]
  var boxes: [Lanes16] = []
  var children: [Int32] = []
  var leafPoints: [Lanes16] = []
  var leafIndices: [Int32] = []
  var height = 0

  init(turned: [Float], dimension: Int) {
    self.turned = turned
    self.dimension = dimension
    order = (0..<Int32(turned.count / dimension)).map { $0 }
  }

  /// A node over a range of `order`, and all below it.
  mutating func node(_ range: Range<Int>, level: Int) -> Int32 {
    let (d, width) = (dimension, Builder.width)
    height = max(height, level)
    let id = children.count / width
    children += Array(repeating: 0, count: width)
    boxes += Array(repeating: Lanes16(repeating: .infinity), count: 2 * d)
    // Children are full trees of the level below but for the last, so that leaves are full too.
    var capacity = width
    while capacity * width < range.count { capacity *= width }
    var parts: [Range<Int>] = []
    split(range, capacity: capacity, into: &parts)
    for (lane, part) in parts.enumerated() {
      let (lower, upper) = box(part)
      for j in 0..<d {
        boxes[2 * (d * id + j)][lane] = lower[j]
        boxes[2 * (d * id + j) + 1][lane] = upper[j]
      }
      children[width * id + lane] = capacity == width ? leaf(part) : node(part, level: level + 1)
    }
    return Int32(id)
  }

  /// Halves a range along its widest side until each part fits, at whole multiples of the capacity.
  private mutating func split(_ range: Range<Int>, capacity: Int, into parts: inout [Range<Int>]) {
    let pieces = (range.count + capacity - 1) / capacity
    if pieces <= 1 {
      parts.append(range)
      return
    }
    let (lower, upper) = box(range)
    var axis = 0
    for j in 1..<max(dimension, 1) where upper[j] - lower[j] > upper[axis] - lower[axis] {
      axis = j
    }
    let middle = range.lowerBound + pieces / 2 * capacity
    select(range, at: middle, axis: axis)
    split(range.lowerBound..<middle, capacity: capacity, into: &parts)
    split(middle..<range.upperBound, capacity: capacity, into: &parts)
  }

  private func box(_ range: Range<Int>) -> (lower: [Float], upper: [Float]) {
    var lower = [Float](repeating: .infinity, count: dimension)
    var upper = [Float](repeating: -.infinity, count: dimension)
    turned.withUnsafeBufferPointer { x in
      for i in range {
        let at = Int(order[i]) * dimension
        for j in 0..<dimension {
          lower[j] = min(lower[j], x[at + j])
          upper[j] = max(upper[j], x[at + j])
        }
      }
    }
    return (lower, upper)
  }

  private mutating func leaf(_ range: Range<Int>) -> Int32 {
    let id = leafIndices.count / Builder.width
    for j in 0..<dimension {
      var lanes = Lanes16(repeating: .infinity)
      for (lane, i) in range.enumerated() { lanes[lane] = turned[Int(order[i]) * dimension + j] }
      leafPoints.append(lanes)
    }
    for lane in 0..<Builder.width {
      leafIndices.append(lane < range.count ? order[range.lowerBound + lane] : -1)
    }
    return -1 - Int32(id)
  }

  /// Hoare's selection: the `middle` − lowerBound smallest along an axis come first.
  private mutating func select(_ range: Range<Int>, at middle: Int, axis: Int) {
    let d = dimension
    turned.withUnsafeBufferPointer { x in
      order.withUnsafeMutableBufferPointer { order in
        var (low, high) = (range.lowerBound, range.upperBound - 1)
        while low < high {
          let (a, b, c) = (key(low), key((low + high) / 2), key(high))
          let pivot = max(min(a, b), min(max(a, b), c))
          var (i, j) = (low, high)
          while i <= j {
            while key(i) < pivot { i += 1 }
            while key(j) > pivot { j -= 1 }
            if i <= j {
              order.swapAt(i, j)
              i += 1
              j -= 1
            }
          }
          if middle <= j { high = j } else if middle >= i { low = i } else { return }
        }
        func key(_ i: Int) -> Float { x[Int(order[i]) * d + axis] }
      }
    }
  }
}

/// Principal directions of a cloud of points: eigenvectors of its covariance by Jacobi's rotations.
package enum PrincipalDirections {
  /// The mean, and orthonormal directions row by row.
  package static func of(_ points: [Double], dimension d: Int) -> (
    centre: [Double], rotation: [Double]
  ) {
    // A sample is enough: the directions only make the search faster.
    let step = max(1, points.count / d / 20_000) * d
    var (centre, samples) = ([Double](repeating: 0, count: d), 0.0)
    for p in stride(from: 0, to: points.count, by: step) {
      for j in 0..<d { centre[j] += points[p + j] }
      samples += 1
    }
    for j in 0..<d { centre[j] /= samples }
    var A = [Double](repeating: 0, count: d * d)
    for p in stride(from: 0, to: points.count, by: step) {
      for i in 0..<d {
        let x = points[p + i] - centre[i]
        for j in 0..<d { A[d * i + j] += x * (points[p + j] - centre[j]) }
      }
    }
    var V = A
    diagonalise(&A, into: &V, d)
    // A covariance that overflowed has no directions; the axes themselves always serve.
    guard V.reduce(0, { $0 + $1 * 0 }) == 0, centre.reduce(0, { $0 + $1 * 0 }) == 0 else {
      return ([Double](repeating: 0, count: d), (0..<d * d).map { $0 % (d + 1) == 0 ? 1.0 : 0 })
    }
    return (centre, V)
  }

  /// The diagonal of A becomes its eigenvalues, the rows of V their directions; Jacobi's cyclic rotations
  /// until nothing is left beside the diagonal.
  package static func diagonalise(_ A: inout [Double], into V: inout [Double], _ d: Int) {
    for i in 0..<d { for j in 0..<d { V[d * i + j] = i == j ? 1 : 0 } }
    var before = Double.infinity
    for _ in 0..<30 {
      var beside = 0.0
      for i in 0..<d { for j in 0..<i { beside += A[d * i + j] * A[d * i + j] } }
      // Convergence is quadratic: once a sweep gains nothing only round-off is left.
      if beside == 0 || !(beside < before) { return }
      before = beside
      sweep(&A, &V, d)
    }
  }

  /// One cyclic sweep of rotations on A, collected in the rows of V.
  private static func sweep(_ A: inout [Double], _ V: inout [Double], _ d: Int) {
    for p in 0..<d {
      for q in p + 1..<max(d, p + 1) where A[d * p + q] != 0 {
        let theta = (A[d * q + q] - A[d * p + p]) / (2 * A[d * p + q])
        let t = (theta < 0 ? -1.0 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot()
        let s = t * c
        for k in 0..<d {
          let (x, y) = (A[d * k + p], A[d * k + q])
          A[d * k + p] = c * x - s * y
          A[d * k + q] = s * x + c * y
        }
        for k in 0..<d {
          let (x, y) = (A[d * p + k], A[d * q + k])
          A[d * p + k] = c * x - s * y
          A[d * q + k] = s * x + c * y
          let (v, w) = (V[d * p + k], V[d * q + k])
          V[d * p + k] = c * v - s * w
          V[d * q + k] = s * v + c * w
        }
      }
    }
  }
}
