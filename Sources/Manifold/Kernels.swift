import CManifoldKernels

/// An instruction set the kernels were compiled for.
public enum KernelLevel: Int32, Sendable, CaseIterable, Comparable {
  /// Any processor.
  case baseline = 0
  /// AVX2 with fused multiply-add: four points per register.
  case avx2 = 1
  /// AVX-512: eight points per register.
  case avx512 = 2

  /// The best this processor has.
  public static let best = KernelLevel(rawValue: dm_best_level()) ?? .baseline

  /// All that this processor can run, plainest first.
  public static var available: [KernelLevel] { allCases.filter { $0 <= best } }

  /// Plainer before wider.
  public static func < (a: KernelLevel, b: KernelLevel) -> Bool { a.rawValue < b.rawValue }
}

/// The weights of a stacked potential as the kernels read them: tiles of four rows, padded with zeros;
/// columns for features are padded to the next odd number, for which there is a kernel.
package struct PackedWeights {
  package private(set) var values: [Double] = []

  package init(_ potential: StackedPotential) {
    let tile = Int(DM_TILE)
    let weights = potential.weights
    let features = potential.architecture.featureCount
    let columns = PackedWeights.paddedFeatures(features)
    var q = 0
    for layer in potential.architecture.layers {
      let p = PackedWeights.padded(layer.width)
      func weight(_ offset: Int, _ stride: Int, _ i: Int, _ j: Int, _ columns: Int) -> Double {
        i < layer.width && j < columns ? weights[offset + stride * i + j] : 0
      }
      for i in 0..<p { values.append(weight(layer.bias, 1, i, 0, 1)) }
      for block in stride(from: 0, to: p, by: tile) {
        for k in 0..<columns {
          for r in 0..<tile {
            values.append(weight(layer.skip, features, block + r, k, features))
          }
        }
      }
      for block in stride(from: 0, to: p, by: tile) {
        for j in 0..<q {
          for r in 0..<tile {
            values.append(weight(layer.hidden, layer.below, block + r, j, layer.below))
          }
        }
      }
      for block in stride(from: 0, to: q, by: tile) {
        for i in 0..<p {
          for r in 0..<tile {
            values.append(weight(layer.hidden, layer.below, i, block + r, layer.below))
          }
        }
      }
      q = p
    }
    let output = weights.suffix(potential.architecture.widths.last!)
    values += output + Array(repeating: 0, count: q - output.count)
  }

  /// The number of features that the kernel for n features works on: 3, 5, 7 or 9.
  package static func paddedFeatures(_ n: Int) -> Int { n | 1 }

  package static func padded(_ width: Int) -> Int {
    (width + Int(DM_TILE) - 1) / Int(DM_TILE) * Int(DM_TILE)
  }
}

/// The kernels' elementary functions over arrays, for tests of their accuracy.
package enum KernelFunctions {
  /// softplus with first and second derivative; the count must be a multiple of eight.
  package static func softplus(
    _ z: [Double], level: KernelLevel
  ) -> (value: [Double], first: [Double], second: [Double]) {
    precondition(z.count % 8 == 0, "\(z.count) arguments are no multiple of eight")
    var out = [[Double]](repeating: Array(repeating: 0, count: z.count), count: 3)
    var (value, first, second) = (out[0], out[1], out[2])
    out = []
    dm_softplus(z.count, z, &value, &first, &second, level.rawValue)
    return (value, first, second)
  }

  /// Natural logarithm; the count must be a multiple of eight.
  package static func logarithm(_ x: [Double], level: KernelLevel) -> [Double] {
    precondition(x.count % 8 == 0, "\(x.count) arguments are no multiple of eight")
    var value = [Double](repeating: 0, count: x.count)
    dm_logarithm(x.count, x, &value, level.rawValue)
    return value
  }
}
