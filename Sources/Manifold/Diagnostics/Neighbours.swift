import Geometry

/// A cloud of points that knows its own nearest neighbours and those of a query (`KDTree`).
package struct Neighbours: Sendable {
  /// Points, one after another.
  package let points: [Double]
  /// Coordinates per point.
  package let width: Int
  private let tree: KDTree

  /// Points must be finite.
  package init(_ points: [Double], width: Int) {
    precondition(width > 0 && points.count % width == 0, "\(points.count) numbers, width \(width)")
    self.points = points
    self.width = width
    tree = KDTree(points: points, dimension: width)
  }

  package var count: Int { points.count / width }

  /// The `k` nearest points of a query, nearest first: indices and distances.
  package func nearest(_ k: Int, to query: [Double]) -> (indices: [Int], distances: [Double]) {
    let found = tree.nearest(k, to: query)
    return (found.map(\.index), found.map { $0.squareDistance.squareRoot() })
  }

  /// The `k` nearest others of every point, nearest first; k below the number of points.
  package func nearestOthers(_ k: Int) -> [(indices: [Int], distances: [Double])] {
    precondition(k > 0 && k < count, "\(k) others of \(count) points")
    let more = k + 1
    var indices = [Int32](repeating: -1, count: more * count)
    var squares = [Double](repeating: 0, count: more * count)
    tree.nearest(more, to: points, indices: &indices, squareDistances: &squares)
    return (0..<count).map { p in
      // A point is its own nearest, unless others coincide with it and crowd it out.
      var own: ([Int], [Double]) = ([], [])
      for j in more * p..<more * (p + 1) where Int(indices[j]) != p && own.0.count < k {
        own.0.append(Int(indices[j]))
        own.1.append(squares[j].squareRoot())
      }
      return own
    }
  }

  /// Coordinates of a point.
  package func point(_ p: Int) -> ArraySlice<Double> { points[width * p..<width * (p + 1)] }
}
