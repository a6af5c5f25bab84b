import Glibc

/// Split-conformal prediction: from scores of points that were not learned from to a bound that a new
/// point, exchangeable with them, meets with a given probability.
///
/// With n scores the quantile of level 1 − α is the ⌈(n + 1)(1 − α)⌉-th smallest; a new score lies at or
/// below it with probability between 1 − α and 1 − α + 1/(n + 1). That is an average over calibration
/// sets: for one set the share is Beta-distributed with standard deviation near √(α(1 − α)/n), 0.7 % for
/// n = 2000 and α = 0.1.
///
/// Source: Papadopoulos et al. 2002; Lei, G'Sell, Rinaldo, Tibshirani & Wasserman, JASA 113 (2018) 1094.
public struct SplitConformal: Sendable, Equatable {
  /// The scores, ascending.
  public let scores: [Double]

  /// From the scores of the calibration points, in any order; NaN counts as infinite.
  public init(scores: [Double]) {
    self.scores = scores.map { $0.isNaN ? .infinity : $0 }.sorted()
  }

  /// The bound of a level in (0, 1); infinite where there are too few scores for it.
  public func quantile(_ level: Double) -> Double {
    precondition(level > 0 && level < 1, "a level of \(level)")
    let rank = Int((Double(scores.count + 1) * level - 1e-9).rounded(.up))
    return rank <= scores.count ? scores[max(rank, 1) - 1] : .infinity
  }

  /// The least number of scores that bound a level at all.
  public static func leastCount(level: Double) -> Int {
    Int((level / (1 - level) - 1e-9).rounded(.up))
  }
}

/// Cross-conformal prediction after CV+: every datum was predicted by the model of the folds without it.
///
/// The interval at x is made of all μ_{−k(i)}(x) ± R_i σ(x): from the ⌊(n + 1)α⌋-th smallest of the lower
/// ends to the ⌈(n + 1)(1 − α)⌉-th smallest of the upper ends. It holds with probability 1 − 2α at least,
/// in practice 1 − α and a little more, and widens where the fold models disagree.
///
/// Source: Barber, Candès, Ramdas & Tibshirani, Ann. Statist. 49 (2021) 486; with locally scaled residuals.
public struct CrossConformal: Sendable, Equatable {
  /// Scaled absolute residuals |y_i − μ_{−k(i)}(x_i)|/σ(x_i), and the fold of each.
  public let scores: [Double], folds: [Int]

  /// - Precondition: one fold for every score.
  public init(scores: [Double], folds: [Int]) {
    precondition(scores.count == folds.count, "\(scores.count) scores, \(folds.count) folds")
    self.scores = scores.map { $0.isNaN ? .infinity : $0 }
    self.folds = folds
  }

  /// Both ends of the interval at a point, from the fold models' predictions there and the scale σ there.
  public func interval(
    level: Double, predictions: [Double], scale: Double
  ) -> (lower: Double, upper: Double) {
    precondition(level > 0 && level < 1, "a level of \(level)")
    var (low, high): ([Double], [Double]) = ([], [])
    for (score, fold) in zip(scores, folds) {
      low.append(-(predictions[fold] - score * scale))
      high.append(predictions[fold] + score * scale)
    }
    return (
      -SplitConformal(scores: low).quantile(level), SplitConformal(scores: high).quantile(level)
    )
  }
}

/// How the size of residuals grows with the size of what is predicted: σ(y) = (|y| + floor)^b, b from 0
/// (absolute errors) to 1 (relative ones), by least squares on the logarithms.
///
/// Conformal bounds hold for any such scale; a good one makes them as narrow for small values as they can
/// be. One exponent from n points leaves them exchangeable but for O(1/n).
public struct ResidualScale: Sendable, Equatable {
  /// b, and the size below which values count as equal.
  public let exponent: Double, floor: Double

  /// Any values; floor positive.
  public init(exponent: Double, floor: Double) {
    precondition(floor > 0 && exponent >= 0, "scale (|y| + \(floor))^\(exponent)")
    self.exponent = exponent
    self.floor = floor
  }

  /// From residuals and predictions.
  public init(residuals: [Double], predictions: [Double]) {
    precondition(residuals.count == predictions.count, "one prediction for every residual")
    let sizes = predictions.map(abs).filter(\.isFinite)
    let floor = max(0.02 * (sizes.max() ?? 0), 1e-300)
    let size = residuals.map(abs).filter { $0 > 0 && $0.isFinite }.sorted()
    // Below a tenth of the median a residual is small by chance and says nothing about its scale.
    let least = 0.1 * (size.isEmpty ? 1 : size[size.count / 2])
    var (n, sx, sy, sxx, sxy) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for (r, y) in zip(residuals, predictions) where r.isFinite && y.isFinite {
      let (u, v) = (log(abs(y) + floor), log(max(abs(r), least)))
      n += 1
      sx += u
      sy += v
      sxx += u * u
      sxy += u * v
    }
    let spread = n * sxx - sx * sx
    let slope = spread > 1e-9 * n * n ? (n * sxy - sx * sy) / spread : 0
    self.init(exponent: min(max(slope, 0), 1), floor: floor)
  }

  /// σ at a predicted value.
  public func callAsFunction(_ y: Double) -> Double { pow(abs(y) + floor, exponent) }
}
