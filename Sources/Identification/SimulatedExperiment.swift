import FEM
import Manifold
import Mechanics

extension FieldExperiment {
  /// What a specimen of a known law would have shown: equilibrium at every level, displacements at the
  /// points and net reactions, both with seeded normal noise.
  ///
  /// - Parameters:
  ///   - definition: the specimen with its law; use a finer mesh than the one of the identification,
  ///     which takes `seenAs`.
  ///   - seenAs: mesh and supports that the experiment hands on; nil is `definition` itself.
  ///   - noise: of a displacement component, as a share of the largest displacement.
  ///   - reactionNoise: of a net reaction, as a share of the largest one.
  /// - Throws: `IdentificationError`, also where the specimen finds no equilibrium.
  public static func simulated(
    name: String, definition: FEMModel.Definition, seenAs: FEMModel.Definition? = nil,
    points: [SIMD3<Double>], components: [Int] = [0, 1], reactions: [NetReaction],
    factors: [Double], noise: Double, reactionNoise: Double, seed: UInt64
  ) throws(IdentificationError) -> FieldExperiment {
    var levels: [Level] = []
    do throws(FEMError) {
      levels = try respond(definition, points, components, reactions, factors)
    } catch {
      throw IdentificationError(
        "simulated experiment '\(name)', \(error.place)", error.problem, error.remedy)
    }
    let largest = levels.flatMap(\.displacements).reduce(0) { max($0, $1.magnitude) }
    let force = levels.flatMap(\.reactions).reduce(0) { max($0, $1.magnitude) }
    // A deviation is never zero, or exact data could not be weighted.
    let deviation = largest > 0 ? max(noise, 1e-9) * largest : 1
    let reactionDeviation = max(reactionNoise, 1e-9) * force
    var random = SplitMix64(seed: seed)
    for l in levels.indices {
      if noise > 0 {
        for k in levels[l].displacements.indices {
          levels[l].displacements[k] += random.normal(0, deviation)
        }
      }
      if reactionNoise > 0 {
        for k in levels[l].reactions.indices {
          levels[l].reactions[k] += random.normal(0, reactionDeviation)
        }
      }
    }
    return try FieldExperiment(
      name: name, definition: seenAs ?? definition, points: points, components: components,
      deviation: deviation, reactions: reactions, reactionDeviation: reactionDeviation,
      levels: levels)
  }

  /// The exact answers of a specimen.
  private static func respond(
    _ definition: FEMModel.Definition, _ points: [SIMD3<Double>], _ components: [Int],
    _ reactions: [NetReaction], _ factors: [Double]
  ) throws(FEMError) -> [Level] {
    var model = try FEMModel(definition)
    var levels: [Level] = []
    for factor in factors {
      guard model.run(through: [factor]).converged else {
        throw FEMError("load factor \(factor)", "finds no equilibrium", "load it less")
      }
      var values: [Double] = []
      for point in points {
        let u = try model.displacement(at: point)
        for c in components { values.append(u[c]) }
      }
      var forces: [Double] = []
      for r in reactions { forces.append(try model.reaction(on: r.set)[r.component]) }
      levels.append(Level(factor: factor, displacements: values, reactions: forces))
    }
    return levels
  }
}
