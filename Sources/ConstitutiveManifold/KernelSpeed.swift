import CManifoldKernels
import Glibc
import Manifold
import Mechanics

/// How fast a learned law evaluates on one core.
public struct KernelSpeed: Sendable {
  /// The instruction set measured.
  public let level: KernelLevel
  /// Energy, stress and 6×6 tangent, points per second; the best of several repetitions.
  public let pointsPerSecond: Double
  /// Floating-point operations per point by count: products with the weights, 45 per neuron of the
  /// widest layer for first layer and scalings, 900 for invariants, stress and tangent.
  public let operationsPerPoint: Double
  /// Multiply-adds in registers, operations per second, measured next to it on the same core.
  public let peakOperationsPerSecond: Double

  /// The part of the measured peak that the law reaches.
  public var shareOfPeak: Double {
    pointsPerSecond * operationsPerPoint / peakOperationsPerSecond
  }

  /// Measures `law` in batches of `points` (a multiple of eight) for about `seconds`.
  public static func measure(
    _ law: LearnedLaw, points: Int = 4096, level: KernelLevel = .best, seconds: Double = 0.5
  ) -> KernelSpeed {
    precondition(points > 0 && points % 8 == 0, "\(points) points are no multiple of eight")
    var law = law
    law.level = level
    var batch = PointBatch(groups: points / 8)
    for p in 0..<points {
      // Moderate stretches and shears, all different.
      let t = Double(p) / Double(points)
      batch.setStrain([1 + t, 1 - 0.3 * t, 0.9 + 0.2 * t, 0.1 * t, -0.2 * t, 0.1], of: p)
    }
    var (best, peak) = (Double.infinity, 0.0)
    var sink = [1, 0.999999, 1e-9]
    let end = seconds + processSeconds()
    repeat {
      var start = processSeconds()
      law.evaluate(&batch)
      best = min(best, processSeconds() - start)
      start = processSeconds()
      let operations = dm_multiply_add(200_000, &sink, level.rawValue)
      peak = max(peak, operations / (processSeconds() - start))
    } while processSeconds() < end
    let widths = law.potential.architecture.widths
    let products = zip(widths, widths.dropFirst()).reduce(0) { $0 + 10 * $1.0 * $1.1 }
    return KernelSpeed(
      level: level, pointsPerSecond: Double(points) / best,
      operationsPerPoint: Double(products + 45 * widths.max()! + 900),
      peakOperationsPerSecond: peak)
  }

  /// A potential with seeded positive weights, for measurements that need no data.
  public static func sample(widths: [Int]) throws(ParameterError) -> LearnedLaw {
    let architecture = try StackedPotential.Architecture(widths: widths)
    var random = SplitMix64(seed: 1)
    let weights = architecture.kinds.map { kind -> Double in
      switch kind {
      case .nonNegative: random.uniform(0, 2 / Double(widths.max()!))
      case .free: random.uniform(-1, 1)
      case .zero: 0
      }
    }
    return try LearnedLaw(
      potential: StackedPotential(architecture: architecture, weights: weights),
      stressScale: 1e5, featureScales: [5, 30, 1], growth: 1e5, cofactor: 1e4, bulk: 4e8)
  }
}

/// Processor time of this process, s.
private func processSeconds() -> Double {
  var t = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t)
  return Double(t.tv_sec) + 1e-9 * Double(t.tv_nsec)
}
