import Foundation
import Manifold

/// Clouds of points of known dimension, drawn with a seed: those of the scikit-dimension suite that the
/// reference values were measured on.
enum ReferenceManifold {
  static let count = 2500

  /// The unit sphere Sᵈ in d + 1 coordinates.
  static func sphere(_ d: Int, _ random: inout SplitMix64) -> [Double] {
    (0..<count).flatMap { _ -> [Double] in
      let x = (0...d).map { _ in random.normal(0, 1) }
      let r = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return x.map { $0 / r }
    }
  }

  /// A cube with even density.
  static func cube(_ d: Int, _ random: inout SplitMix64) -> [Double] {
    (0..<count * d).map { _ in random.uniform(0, 1) }
  }

  static func gaussian(_ d: Int, _ random: inout SplitMix64) -> [Double] {
    (0..<count * d).map { _ in random.normal(0, 1) }
  }

  /// t (cos t, sin t) for t in 3π/2 … 9π/2, height to 21.
  static func swissRoll(_ random: inout SplitMix64) -> [Double] {
    (0..<count).flatMap { _ -> [Double] in
      let t = 1.5 * .pi * (1 + 2 * random.uniform(0, 1))
      return [t * cos(t), random.uniform(0, 21), t * sin(t)]
    }
  }

  /// A curve in space.
  static func helix(_ random: inout SplitMix64) -> [Double] {
    (0..<count).flatMap { _ -> [Double] in
      let t = 2 * .pi * random.uniform(0, 1)
      return [(2 + cos(8 * t)) * cos(t), (2 + cos(8 * t)) * sin(t), sin(8 * t)]
    }
  }

  static func draw(_ name: String, _ random: inout SplitMix64) -> (points: [Double], width: Int) {
    switch name {
    case "sphere 10": (sphere(10, &random), 11)
    case "cube 10": (cube(10, &random), 10)
    case "cube 17": (cube(17, &random), 17)
    case "cube 24": (cube(24, &random), 24)
    case "Gaussian 20": (gaussian(20, &random), 20)
    case "Swiss roll": (swissRoll(&random), 3)
    default: (helix(&random), 3)
    }
  }
}
