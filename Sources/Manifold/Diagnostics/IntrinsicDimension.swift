import Glibc

/// How many coordinates a cloud of points really needs, from the distances to its nearest neighbours.
///
/// In a small ball of a d-dimensional set with even density the ratio μ = r₂/r₁ of the distances to the
/// second and the first neighbour has the distribution F(μ) = 1 − μ^(−d) (Facco, d'Errico, Rodriguez &
/// Laio, Sci. Rep. 7 (2017) 12140: TwoNN), and the logarithms ln(T_k/T_j) of the first k distances are
/// exponential with mean 1/d (Levina & Bickel, NIPS 2004; MacKay & Ghahramani 2005).
///
/// Every estimator of this kind reads too low above about ten dimensions, because the number of points
/// needed grows exponentially. Points that coincide with another one are left out.
public struct IntrinsicDimension: Sendable, Equatable {
  /// TwoNN by the line −ln(1 − F) = d ln μ through the origin, the top `discarded` share left out.
  public let twoNN: Double
  /// TwoNN by maximum likelihood, (N − 1)/Σ ln μ, without bias.
  public let twoNNLikelihood: Double
  /// Standard error of `twoNNLikelihood` for independent ratios, d/√N.
  public let standardError: Double
  /// Levina & Bickel's mean over the points of [Σ_{j<k} ln(T_k/T_j)/(k − 1)]⁻¹.
  public let levinaBickel: Double
  /// The same with the mean taken over the inverses (MacKay & Ghahramani).
  public let mackayGhahramani: Double
  /// k of the last two, and the share of TwoNN's ratios left out.
  public let neighbours: Int, discarded: Double
  /// ln μ ascending, and −ln(1 − F) beside it: the picture of TwoNN's fit.
  public let logRatios: [Double], exponents: [Double]

  /// Points used.
  public var count: Int { logRatios.count }

  /// Estimates the dimension of points stored one after another, `width` coordinates each.
  ///
  /// - Parameters:
  ///   - neighbours: k of the likelihood estimators, at least 3; less than the number of points.
  ///   - discarded: share of the largest ratios that the line leaves out.
  /// - Returns: nil for fewer than four distinct points, or points that are not finite.
  public init?(
    of points: [Double], width: Int, neighbours: Int = 20, discarding discarded: Double = 0.1
  ) {
    precondition(neighbours >= 3 && (0..<1).contains(discarded), "k = \(neighbours), \(discarded)")
    guard points.allSatisfy({ $0.isFinite }) else { return nil }
    let cloud = Neighbours(points, width: width)
    let k = min(neighbours, cloud.count - 1)
    guard k >= 3 else { return nil }
    var ratios: [Double] = []
    var (sum, inverseSum, used) = (0.0, 0.0, 0)
    for near in cloud.nearestOthers(k) {
      let T = near.distances
      guard T[0] > 0 else { continue }
      ratios.append(log(T[1] / T[0]))
      let mean = (0..<k - 1).reduce(0) { $0 + log(T[k - 1] / T[$1]) } / Double(k - 1)
      guard mean > 0 else { continue }
      sum += 1 / mean
      inverseSum += mean
      used += 1
    }
    guard used > 0 else { return nil }
    self.init(
      logRatios: ratios, levinaBickel: sum / Double(used),
      mackayGhahramani: Double(used) / inverseSum, neighbours: k, discarding: discarded)
  }

  /// From the logarithms of the ratios and the likelihood estimates, as a file holds them.
  ///
  /// - Returns: nil for fewer than four ratios, or ratios that say nothing.
  public init?(
    logRatios: [Double], levinaBickel: Double, mackayGhahramani: Double, neighbours: Int,
    discarding discarded: Double
  ) {
    let ratios = logRatios.sorted()
    let logs = ratios.reduce(0, +)
    guard ratios.count > 3, logs > 0, logs.isFinite, (0..<1).contains(discarded) else { return nil }
    let N = Double(ratios.count)
    let exponents = ratios.indices.map { -log1p(-Double($0) / N) }
    let kept = Int(N * (1 - discarded))
    var (xy, xx) = (0.0, 0.0)
    for i in 0..<kept {
      xy += ratios[i] * exponents[i]
      xx += ratios[i] * ratios[i]
    }
    guard xx > 0 else { return nil }
    twoNN = xy / xx
    twoNNLikelihood = (N - 1) / logs
    standardError = twoNNLikelihood / N.squareRoot()
    self.levinaBickel = levinaBickel
    self.mackayGhahramani = mackayGhahramani
    self.neighbours = neighbours
    self.discarded = discarded
    self.logRatios = ratios
    self.exponents = exponents
  }
}
