import LinearAlgebra

/// How far a query lies from a cloud of data, in any number of features, as one number:
///
///     score = r/(1 + r) + δ/max(ρ, ρ̃),      r = d/ρ
///
/// d is the mean distance to the k nearest data points, ρ the same distance as those neighbours have
/// themselves (so that dense and sparse regions are judged alike), ρ̃ its median over the data, δ the
/// distance from the convex hull of the data; all in whitened features. The first term stays below 1 and tells states that lie like the data
/// (near ½) from gaps between them (towards 1); the second grows without bound where the law extrapolates.
///
/// The p-value says how many of the data are as far from the rest of the data as the query is from them:
/// (1 + #{s_i ≥ s})/(N + 1) with leave-one-out scores s_i (inductive conformal anomaly detection: Laxhammar
/// & Falkman 2010). For a query drawn like the data it is uniform, so p < 0.05 happens to one in twenty.
///
/// Sources: local outlier factor, Breunig, Kriegel, Ng & Sander, SIGMOD 2000.
public struct CoverageScore: Sendable {
  /// What a query gets.
  public struct Answer: Sendable, Equatable {
    /// The score: near ½ like the data, up to 1 in a gap between them, above 1 outside.
    public let score: Double
    /// Share of the data that lie as far out, 1/(N + 1) to 1.
    public let pValue: Double
    /// d/ρ and δ/max(ρ, ρ̃), the two parts.
    public let gap: Double, excess: Double
  }

  /// Features per point, data points kept, and neighbours asked.
  public let width: Int, count: Int, neighbours: Int
  /// Leave-one-out scores of the data, ascending.
  public private(set) var calibration: [Double]

  /// Most data points kept; of larger sets evenly spaced ones are taken.
  public static let limit = 4096
  /// Most points that carry the hull.
  static let hullLimit = 384

  private let whitening: Whitening
  private let cloud: Neighbours
  private let hull: ConvexHullDistance
  private let spacing: [Double], least: Double, usual: Double

  /// From data points, `width` features each, one after another.
  ///
  /// - Parameters:
  ///   - floor: per feature, a difference that means nothing (measurement resolution): where data do not
  ///     vary more than that, a query off by it is about one spacing of the data away. A thousandth of
  ///     the feature's spread where nil.
  ///   - neighbours: k.
  /// - Returns: nil for fewer than two points or values that are not finite.
  public init?(points: [Double], width: Int, floor: [Double]? = nil, neighbours: Int = 5) {
    precondition(width > 0 && points.count % width == 0, "\(points.count) numbers, width \(width)")
    precondition(floor == nil || floor?.count == width, "a floor for each of \(width) features")
    precondition(neighbours > 0, "at least one neighbour")
    let all = points.count / width
    guard all > 1, points.allSatisfy({ $0.isFinite }) else { return nil }
    let count = min(all, CoverageScore.limit)
    var kept: [Double] = []
    for i in 0..<count {
      let p = i * all / count
      kept += points[width * p..<width * (p + 1)]
    }
    let k = min(neighbours, count - 1)
    let floor = CoverageScore.floors(kept, width, floor)
    guard let first = Whitening(kept, width, floor: floor) else { return nil }
    let coarse = CoverageScore.spacings(Neighbours(first.apply(kept), width: width), k).1
    let unit = max(coarse.sorted()[count / 2], 1e-3)
    guard let whitening = Whitening(kept, width, floor: floor.map { $0 / min(unit, 1) }) else {
      return nil
    }
    self.width = width
    self.count = count
    self.neighbours = k
    self.whitening = whitening
    let cloud = Neighbours(whitening.apply(kept), width: width)
    self.cloud = cloud
    let corners = CoverageScore.extremes(cloud)
    hull = ConvexHullDistance(corners.flatMap { Array(cloud.point($0)) }, width: width)
    let place = Dictionary(uniqueKeysWithValues: corners.enumerated().map { ($1, $0) })
    let (own, spacing) = CoverageScore.spacings(cloud, k)
    self.spacing = spacing
    let median = spacing.sorted()[count / 2]
    least = max(0.1 * median, 1e-9)
    usual = max(median, 1e-9)
    calibration = []
    var scores: [Double] = []
    scores.reserveCapacity(count)
    for p in 0..<count {
      let spacingWithout = own[p].indices.prefix(k).map { j in
        CoverageScore.spacing(own[j], k, without: p)
      }
      scores.append(
        score(
          cloud.point(p), own[p].distances.prefix(k), spacingWithout, excluding: place[p]
        ).score)
    }
    calibration = scores.sorted()
  }

  /// Score and p-value of a query; infinite and least where a feature is not finite.
  public func callAsFunction(_ query: [Double]) -> Answer {
    precondition(query.count == width, "\(query.count) features instead of \(width)")
    guard query.allSatisfy({ $0.isFinite }) else {
      return Answer(
        score: .infinity, pValue: 1 / Double(count + 1), gap: .infinity, excess: .infinity)
    }
    let q = whitening.apply(query)
    let found = cloud.nearest(neighbours, to: q)
    let (score, gap, excess) = score(
      q[...], found.distances[...], found.indices.map { spacing[$0] }, excluding: nil)
    var (low, high) = (0, calibration.count)
    while low < high {
      let middle = (low + high) / 2
      if calibration[middle] < score { low = middle + 1 } else { high = middle }
    }
    let p = Double(1 + calibration.count - low) / Double(count + 1)
    return Answer(score: score, pValue: p, gap: gap, excess: excess)
  }

  /// The score that a share `level` of the data stay below.
  public func quantile(_ level: Double) -> Double {
    SplitConformal(scores: calibration).quantile(level)
  }

  private func score(
    _ q: ArraySlice<Double>, _ distances: ArraySlice<Double>, _ spacings: [Double],
    excluding: Int?
  ) -> (score: Double, gap: Double, excess: Double) {
    let k = Double(spacings.count)
    let d = distances.reduce(0, +) / k
    let rho = max(spacings.reduce(0, +) / k, least)
    let delta = hull.distance(to: q, excluding: excluding)
    let gap = d / rho
    // Where data crowd, a hair outside is still only a hair: not less than the usual spacing counts.
    let excess = delta / max(rho, usual)
    return (gap / (1 + gap) + excess, gap, excess)
  }
}

extension CoverageScore {
  /// Neighbours of every point among the others, and their mean distance.
  private static func spacings(
    _ cloud: Neighbours, _ k: Int
  ) -> (near: [(indices: [Int], distances: [Double])], spacing: [Double]) {
    // One more than asked for: it takes the place of a point that is left out.
    let more = min(k + 1, cloud.count - 1)
    let near = cloud.nearestOthers(more)
    return (near, near.map { $0.distances.prefix(k).reduce(0, +) / Double(k) })
  }

  /// Mean distance of a point's k nearest neighbours, one of them left out.
  private static func spacing(
    _ near: (indices: [Int], distances: [Double]), _ k: Int, without p: Int
  ) -> Double {
    let distances = zip(near.indices, near.distances).filter { $0.0 != p }.prefix(k)
    return distances.reduce(0) { $0 + $1.1 } / Double(max(distances.count, 1))
  }

  /// The caller's floors, or a thousandth of every feature's spread.
  private static func floors(_ points: [Double], _ n: Int, _ given: [Double]?) -> [Double] {
    (0..<n).map { i in
      let own = stride(from: i, to: points.count, by: n).map { points[$0] }
      let (low, high) = (own.min()!, own.max()!)
      let size = max(abs(low), abs(high))
      return max(given?[i] ?? 1e-3 * (high - low), 1e-9 * size, 1e-300)
    }
  }

  /// The points that carry the hull: all of a small cloud; of a large one those that lie furthest along
  /// seeded random directions and the axes. What they miss is a small inner part of the rim.
  private static func extremes(_ cloud: Neighbours) -> [Int] {
    guard cloud.count > hullLimit else { return Array(0..<cloud.count) }
    let n = cloud.width
    var random = SplitMix64(seed: 0x48_75_6C_6C)
    var chosen: Set<Int> = []
    for trial in 0..<hullLimit / 2 {
      let direction =
        trial < n
        ? (0..<n).map { $0 == trial ? 1.0 : 0 } : (0..<n).map { _ in random.normal(0, 1) }
      var (low, high) = ((0, Double.infinity), (0, -Double.infinity))
      for p in 0..<cloud.count {
        var dot = 0.0
        for c in 0..<n { dot += direction[c] * cloud.points[n * p + c] }
        if dot < low.1 { low = (p, dot) }
        if dot > high.1 { high = (p, dot) }
      }
      chosen.insert(low.0)
      chosen.insert(high.0)
    }
    return chosen.sorted()
  }
}

/// The affine map that gives a cloud unit covariance, with squared floors added to the variances.
private struct Whitening: Sendable {
  let mean: [Double], matrix: DenseMatrix

  init?(_ points: [Double], _ n: Int, floor: [Double]) {
    let count = points.count / n
    var mean = [Double](repeating: 0, count: n)
    for (i, x) in points.enumerated() { mean[i % n] += x / Double(count) }
    var scale = floor.map { $0 * $0 }
    for (i, x) in points.enumerated() {
      scale[i % n] += (x - mean[i % n]) * (x - mean[i % n]) / Double(count)
    }
    scale = scale.map { $0.squareRoot() }
    // Correlations of the scaled features: features of any unit lose no digits.
    var S = DenseMatrix(rows: n, columns: n)
    for p in 0..<count {
      let z = (0..<n).map { (points[n * p + $0] - mean[$0]) / scale[$0] }
      for j in 0..<n { for i in 0..<n { S[i, j] += z[i] * z[j] / Double(count) } }
    }
    for i in 0..<n { S[i, i] += (floor[i] / scale[i]) * (floor[i] / scale[i]) }
    guard let (values, V) = try? S.symmetricEigen(), values.allSatisfy({ $0 > 0 }) else {
      return nil
    }
    var W = DenseMatrix(rows: n, columns: n)
    for k in 0..<n {
      for j in 0..<n {
        for i in 0..<n { W[i, j] += V[i, k] * V[j, k] / (values[k].squareRoot() * scale[j]) }
      }
    }
    self.mean = mean
    matrix = W
  }

  /// Maps points stored one after another.
  func apply(_ points: [Double]) -> [Double] {
    let n = mean.count
    var out = [Double](repeating: 0, count: points.count)
    for first in stride(from: 0, to: points.count, by: n) {
      for j in 0..<n {
        let x = points[first + j] - mean[j]
        for i in 0..<n { out[first + i] += matrix.values[i + n * j] * x }
      }
    }
    return out
  }
}
