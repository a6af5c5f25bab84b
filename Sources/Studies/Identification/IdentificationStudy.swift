import ConstitutiveManifold
import FEM
import Identification
import LinearAlgebra
import Manifold
import Mechanics

/// The command `identify`: a law from displacement fields and net forces.
public enum IdentificationStudy {
  /// Reads a case, finds its law, writes it.
  /// - Returns: the law, also where the search ended before it converged (see `FieldTraining.failure`).
  /// - Throws: `InputError` and `StorageError` for bad input, before any work; `NotConverged` where a
  ///   stage finds no equilibrium.
  public static func run(
    _ path: String, overrides: [String] = [], output: String, progress: Progress = { _, _ in }
  ) throws -> LawFile {
    _ = try OutputFile(output, inputs: [path])
    return try RunStudy.withCase(path, overrides: overrides) { study in
      guard case .identification(let study) = study else {
        throw InputError(
          path, key: "kind",
          "is '\(study.source.kind.rawValue)', which gives a field and no law; use 'deepmanifold run'"
        )
      }
      for file in study.files { _ = try OutputFile(output, inputs: [try study.source.path(file)]) }
      let prepared = try study.prepare()
      let result = try identify(prepared, study, progress)
      let law = try lawFile(result, prepared, study)
      try law.write(to: output)
      return law
    }
  }

  private static func identify(
    _ prepared: IdentificationCase.Preparation, _ study: IdentificationCase, _ progress: Progress
  ) throws -> FieldIdentification.Result {
    let words = [
      "reference": (0.05, "a first modulus"), "simulated": (0.1, "a law that is sane"),
      "gap": (0.2, "the equilibrium gap"), "fields": (0.4, "fields and forces"),
    ]
    do {
      return try withoutActuallyEscaping(progress) { progress in
        try prepared.options.identify(prepared.experiments.map(\.experiment)) { stage, iteration in
          let (base, what) = words[stage] ?? (0.4, stage)
          progress(base + 0.5 * Double(iteration) / Double(iteration + 40), what)
        }
      }
    } catch let error as IdentificationError {
      switch error.cause {
      case .input: throw InputError(study.source.file, error.description)
      case .notConverged: throw NotConverged("\(study.source.file): \(error.description)")
      }
    }
  }

  private static func lawFile(
    _ result: FieldIdentification.Result, _ prepared: IdentificationCase.Preparation,
    _ study: IdentificationCase
  ) throws -> LawFile {
    let seed = prepared.options.seed
    let citations = prepared.experiments.map(\.citation).filter { !$0.isEmpty }
    let coverage = Coverage(
      points: result.coverage.points, ranges: ranges(result.coverage, law: result.law),
      placement: result.coverage.placement)
    let stable = coverage.ranges.filter { $0.mode != .simpleShear }
    let lower = stable.map(\.lower).min() ?? 1
    let upper = stable.map(\.upper).max() ?? 1
    var training = LawTraining()
    training.stages = result.stages
    var file = LawFile(
      name: study.source.title, law: result.law, coverage: coverage, tests: [],
      record: result.stages.last!.record, starts: prepared.options.starts,
      fits: result.stages.count - 2 + result.trials.count, regularisation: result.strength,
      trials: [],
      stability: lower < upper && result.law.directions.isEmpty
        ? result.law.stabilitySweep(lower...upper).map {
          LawFile.Stability(
            mode: $0.mode, tangent: $0.minimumTangent, stretch: $0.stretch, lower: $0.lower,
            upper: $0.upper)
        } : [],
      training: training,
      provenance: Provenance(
        seed: Int(truncatingIfNeeded: seed), seconds: result.seconds,
        citation: Set(citations).sorted().joined(separator: " ")))
    let members = posterior(
      result, count: study.source.value.need("ensemble").integer, seed: seed)
    if members.count > 1 {
      file.trust = LawTrust(
        ensemble: Ensemble(members: members, variation: .posterior, seed: seed, share: share))
    }
    file.fields = try FieldTraining(result, prepared)
    file.input = try EmbeddedInput(.identification(study))
    return file
  }

  /// The stretches (shears) of every mode that lie among the strains of the specimens.
  private static func ranges(_ coverage: Coverage, law: Law) -> [Coverage.Range] {
    [HomogeneousMode.uniaxial, .equibiaxial, .pureShear, .simpleShear].compactMap { mode in
      let range = law.coveredRange(mode) { coverage.covers($0) }
      return range.lowerBound < range.upperBound
        ? Coverage.Range(mode: mode, lower: range.lowerBound, upper: range.upperBound) : nil
    }
  }

  /// How far members go: some parameters are hardly seen and their posterior is as wide as the prior (ten
  /// units of a logarithm), where only the linearised law means anything.
  private static let share = 1e-6

  /// Seeded laws from the posterior after Laplace, θ + share L z with L Lᵀ the covariance; those that are
  /// no law are left out.
  private static func posterior(
    _ result: FieldIdentification.Result, count: Int, seed: UInt64
  ) -> [Law] {
    var L = result.covariance
    guard count > 1, Cholesky.factorise(&L) else { return [] }
    let n = result.parameters.count
    let (lower, upper) = (result.family.lowerBounds, result.family.upperBounds)
    var random = SplitMix64(seed: seed ^ 0x9057_E810)
    return (0..<count).compactMap { _ in
      let z = (0..<n).map { _ in random.normal(0, 1) }
      let theta = (0..<n).map { i -> Double in
        var x = result.parameters[i]
        for j in 0...i { x += share * L[i, j] * z[j] }
        return min(max(x, lower[i]), upper[i])
      }
      return try? result.family.identifiedLaw(theta)
    }
  }
}
