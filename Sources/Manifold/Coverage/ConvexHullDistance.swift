import LinearAlgebra

/// The distance of a query from the convex hull of points in any number of dimensions.
///
/// Wolfe's algorithm for the nearest point in a polytope (P. Wolfe, Math. Programming 11 (1976) 128): a
/// small set of affinely independent points (the corral) carries the nearest point found so far; the point
/// that lies furthest towards the query joins it, and those whose weight would turn negative leave. Finite,
/// exact to rounding; a query costs points · dimensions per step and some ten steps.
package struct ConvexHullDistance: Sendable {
  private let points: [Double]
  private let width: Int
  private let count: Int
  private let size: Double

  /// Points one after another, `width` coordinates each; at least one.
  package init(_ points: [Double], width: Int) {
    precondition(width > 0 && points.count >= width, "no points to enclose")
    self.points = points
    self.width = width
    count = points.count / width
    size = points.reduce(0) { max($0, abs($1)) }
  }

  /// Euclidean distance from the hull, 0 inside; a point may be left out of the hull.
  package func distance(to query: ArraySlice<Double>, excluding excluded: Int? = nil) -> Double {
    let q = Array(query)
    let scale = size + q.reduce(0) { max($0, abs($1)) }
    let tolerance = 1e-12 * scale * scale
    guard let start = (0..<count).first(where: { $0 != excluded }) else { return .infinity }
    var corral = [nearest(to: q, excluding: excluded, start)]
    var weights = [1.0]
    var x = combination(corral, weights, q)
    for _ in 0..<(20 * width + 200) {
      let square = x.reduce(0) { $0 + $1 * $1 }
      guard square > tolerance else { return 0 }
      // The point furthest against x; where none lies below x's own plane, x is nearest.
      var (best, least) = (-1, Double.infinity)
      for p in 0..<count where p != excluded {
        var dot = 0.0
        for c in 0..<width { dot += x[c] * (points[p * width + c] - q[c]) }
        if dot < least { (best, least) = (p, dot) }
      }
      guard least < square - 1e-10 * square - tolerance, !corral.contains(best) else { break }
      corral.append(best)
      weights.append(0)
      guard reduce(&corral, &weights, q) else { break }
      x = combination(corral, weights, q)
    }
    return x.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private func nearest(to q: [Double], excluding excluded: Int?, _ start: Int) -> Int {
    var (best, least) = (start, Double.infinity)
    for p in 0..<count where p != excluded {
      var sum = 0.0
      for c in 0..<width {
        let d = points[p * width + c] - q[c]
        sum += d * d
      }
      if sum < least { (best, least) = (p, sum) }
    }
    return best
  }

  /// Moves to the nearest point of the corral's affine hull, dropping points until it lies inside.
  private func reduce(_ corral: inout [Int], _ weights: inout [Double], _ q: [Double]) -> Bool {
    while true {
      guard let affine = affineWeights(corral, q) else { return false }
      if affine.allSatisfy({ $0 > 1e-12 }) {
        weights = affine
        return true
      }
      var step = 1.0
      for i in affine.indices where affine[i] <= 1e-12 && weights[i] > affine[i] {
        step = min(step, weights[i] / (weights[i] - affine[i]))
      }
      for i in weights.indices { weights[i] += step * (affine[i] - weights[i]) }
      var kept: [Int] = []
      for i in weights.indices where weights[i] > 1e-12 { kept.append(i) }
      guard kept.count < corral.count, !kept.isEmpty else { return false }
      corral = kept.map { corral[$0] }
      let total = kept.reduce(0) { $0 + weights[$1] }
      weights = kept.map { weights[$0] / total }
    }
  }

  /// Weights (sum 1) of the point nearest to q in the affine hull: (G + 11ᵀ) u = 1, w = u/Σu, with the Gram
  /// matrix G of the corral seen from q.
  private func affineWeights(_ corral: [Int], _ q: [Double]) -> [Double]? {
    let m = corral.count
    var A = DenseMatrix(rows: m, columns: m)
    var trace = 0.0
    for i in 0..<m {
      for j in 0...i {
        var dot = 0.0
        for c in 0..<width {
          dot += (points[corral[i] * width + c] - q[c]) * (points[corral[j] * width + c] - q[c])
        }
        A[i, j] = dot
      }
      trace += A[i, i]
    }
    // The ones are scaled to the Gram matrix, and a trace of damping keeps near-dependent corrals solvable.
    let one = max(trace / Double(m), 1e-300)
    for i in 0..<m {
      for j in 0...i { A[i, j] += one }
      A[i, i] += 1e-14 * one
    }
    var u = [Double](repeating: one, count: m)
    guard Cholesky.factorise(&A) else { return nil }
    Cholesky.solve(factor: A, &u)
    let total = u.reduce(0, +)
    guard total.isFinite, total > 0 else { return nil }
    return u.map { $0 / total }
  }

  private func combination(_ corral: [Int], _ weights: [Double], _ q: [Double]) -> [Double] {
    var x = q.map { -$0 }
    for (i, p) in corral.enumerated() {
      for c in 0..<width { x[c] += weights[i] * points[p * width + c] }
    }
    return x
  }
}
