/// A cloud of points and its nearest neighbours by plain comparison: exact in any dimension, and the
/// fastest there is above about ten coordinates, where trees prune nothing. O(points · coordinates) per
/// query.
package struct Neighbours: Sendable {
  /// Points, one after another.
  package let points: [Double]
  /// Coordinates per point.
  package let width: Int

  package init(_ points: [Double], width: Int) {
    precondition(width > 0 && points.count % width == 0, "\(points.count) numbers, width \(width)")
    self.points = points
    self.width = width
  }

  package var count: Int { points.count / width }

  /// The `k` nearest points of a query, nearest first: indices and distances. Equal distances keep the
  /// order of the points.
  ///
  /// - Parameter excluded: a point that does not count, such as the query itself.
  package func nearest(
    _ k: Int, to query: ArraySlice<Double>, excluding excluded: Int? = nil
  ) -> (indices: [Int], distances: [Double]) {
    precondition(query.count == width, "a query of \(query.count) in \(width) coordinates")
    var indices = [Int](repeating: -1, count: k)
    var squares = [Double](repeating: .infinity, count: k)
    let first = query.startIndex
    for p in 0..<count where p != excluded {
      var sum = 0.0
      let row = p * width
      for c in 0..<width {
        let d = points[row + c] - query[first + c]
        sum += d * d
      }
      guard sum < squares[k - 1] else { continue }
      var at = k - 1
      while at > 0, squares[at - 1] > sum {
        squares[at] = squares[at - 1]
        indices[at] = indices[at - 1]
        at -= 1
      }
      squares[at] = sum
      indices[at] = p
    }
    let found = indices.prefix { $0 >= 0 }
    return (Array(found), squares.prefix(found.count).map { $0.squareRoot() })
  }

  /// Coordinates of a point.
  package func point(_ p: Int) -> ArraySlice<Double> { points[width * p..<width * (p + 1)] }
}
