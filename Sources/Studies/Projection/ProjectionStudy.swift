import ConstitutiveManifold
import Manifold
import Mechanics
import Storage

/// The command `project`: observations onto a law.
public enum ProjectionStudy {
  /// What a projection needs, with usable defaults.
  public struct Options: Sendable {
    /// File of observations; file of the law.
    public var observations: String, law: String
    /// Linear constraints that every state meets, such as `stress_yy = 0`.
    public var holds: [String] = []
    /// Standard deviations of everything seen, such as `3 %`; both or neither.
    public var strainDeviation: String?, stressDeviation: String?
    /// Starts per observation; the law's promise decides where nil.
    public var starts: Int?
    /// Seed of the starts.
    public var seed: UInt64 = 1

    /// From what cannot be guessed.
    public init(observations: String, law: String) {
      self.observations = observations
      self.law = law
    }
  }

  /// Reads, projects, writes.
  /// - Throws: `InputError` and `StorageError` for bad input, before any work. States that did not
  ///   converge are in the file, marked; see `ProjectionFile.failure`.
  public static func run(
    _ options: Options, output: String, progress: Progress = { _, _ in }
  ) throws -> ProjectionFile {
    _ = try OutputFile(output, inputs: [options.observations, options.law])
    let law = try LawFile.read(options.law)
    var observed = try ObservedStates.read(options.observations)
    for text in options.holds { observed.hold(try StateExpression(text, place: "--hold")) }
    try observed.assume(
      strain: try options.strainDeviation.map { text throws(InputError) in
        try ObservedStates.Deviation(text, option: "--strain-sd", dimension: .none)
      },
      stress: try options.stressDeviation.map { text throws(InputError) in
        try ObservedStates.Deviation(text, option: "--stress-sd", dimension: .pressure)
      })
    if law.law.pair == .smallStrain, observed.tests != nil {
      throw InputError(
        options.observations, "holds tests at large stretches, but the law is one of small strain")
    }
    if let starts = options.starts, !(1...1000).contains(starts) {
      throw InputError("--starts", "is \(starts); give 1 to 1000")
    }
    progress(0, "projecting \(observed.observations.count) observations")
    let watch = Stopwatch()
    var projection = Projection()
    projection.starts = options.starts
    projection.seed = options.seed
    let manifold = try LawManifold(law.law, coverage: law.coverage)
    let states: ProjectedStates
    do {
      states = try projection.project(observed.observations, onto: manifold)
    } catch {
      throw located(error, observed)
    }
    let distances = (0..<states.count).map { p in
      manifold.distanceFromData(Array(states.state(p)[..<6]))
    }
    let file = ProjectionFile(
      observations: observed.observations, names: observed.names, tests: observed.tests,
      states: states, distancesFromData: distances,
      isHencky: law.law.pair == .rightCauchyGreen, lawName: law.name,
      lawFile: FilePath.name(of: options.law), source: FilePath.name(of: options.observations),
      holds: options.holds,
      provenance: Provenance(
        seed: Int(truncatingIfNeeded: options.seed), seconds: watch.seconds,
        citation: observed.citation))
    try file.write(to: output)
    return file
  }

  /// The line of the file behind a flaw.
  private static func located(_ error: ProjectionError, _ observed: ObservedStates) -> InputError {
    guard case .flawed(let flaw) = error else {
      return InputError("--law", error.description)
    }
    let name = flaw.observation.map { "observation '\(observed.names[$0])'" }
    let component = flaw.component.map { StateExpression.names[$0] }
    let place = [name, component].compactMap { $0 }.joined(separator: ", ")
    return InputError(
      observed.file, line: flaw.observation.flatMap { observed.lines[$0] },
      place.isEmpty ? flaw.problem : "\(place): \(flaw.problem)")
  }
}
