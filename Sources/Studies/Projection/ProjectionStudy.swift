import ConstitutiveManifold
import Manifold
import Mechanics
import Storage

/// The command `project`: observations onto a law, so many at a time that memory does not depend on their
/// number.
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
    /// Observations worked on at a time, rounded up to eights; the states do not depend on it.
    public var chunk = 8192

    /// From what cannot be guessed.
    public init(observations: String, law: String) {
      self.observations = observations
      self.law = law
    }
  }

  /// Reads, projects, writes.
  ///
  /// - Parameter table: is given the states as lines of a table, part by part.
  /// - Throws: `InputError` and `StorageError` for bad input. States that did not converge are in the
  ///   file, marked; see `ProjectionRecord.failure`.
  public static func run(
    _ options: Options, output: String, progress: Progress = { _, _ in },
    table: ((String) -> Void)? = nil
  ) throws -> ProjectionRecord {
    _ = try OutputFile(output, inputs: [options.observations, options.law])
    let law = try LawFile.read(options.law)
    if let starts = options.starts, !(1...1000).contains(starts) {
      throw InputError("--starts", "is \(starts); give 1 to 1000")
    }
    guard (8...10_000_000).contains(options.chunk) else {
      throw InputError("--chunk", "is \(options.chunk); give 8 to 10000000 observations")
    }
    var work = try ProjectionWork(options, law: law)
    work.table = table
    let path = options.observations
    guard RunStudy.isHDF5(path) else {
      let all = try ObservedStates.read(table: path)
      return try work.run(count: all.observations.count, names: all.names, to: output, progress) {
        all.part($0)
      }
    }
    let file = try H5File.open(at: path)
    let count = try ObservationGroup.count(file.root, path)
    let names = try ObservationGroup.names(file.root, path, count: count)
    return try work.run(count: count, names: names, to: output, progress) { rows in
      try ObservationGroup.read(file.root, path, rows: rows, of: count, names: names)
    }
  }
}

/// A projection under way.
private struct ProjectionWork {
  let options: ProjectionStudy.Options
  let law: LawFile
  let holds: [StateExpression]
  let strain: ObservedStates.Deviation?, stress: ObservedStates.Deviation?
  let manifold: LawManifold<Law>
  var table: ((String) -> Void)?

  init(_ options: ProjectionStudy.Options, law: LawFile) throws {
    self.options = options
    self.law = law
    holds = try options.holds.map { try StateExpression($0, place: "--hold") }
    strain = try options.strainDeviation.map { text throws(InputError) in
      try ObservedStates.Deviation(text, option: "--strain-sd", dimension: .none)
    }
    stress = try options.stressDeviation.map { text throws(InputError) in
      try ObservedStates.Deviation(text, option: "--stress-sd", dimension: .pressure)
    }
    manifold = try LawManifold(law.law, coverage: law.coverage)
  }

  /// Part after part: read, project, append.
  func run(
    count: Int, names: [String]?, to output: String, _ progress: Progress,
    _ read: (Range<Int>) throws -> ObservedStates
  ) throws -> ProjectionRecord {
    let watch = Stopwatch()
    let size = (options.chunk + 7) / 8 * 8
    let parts = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    // What does not fit into one part may not fit into memory.
    let file = try H5File.create(at: output, onDisk: parts.count > 1)
    var record = ProjectionRecord(
      lawName: law.name, source: FilePath.name(of: options.observations))
    var writer = ProjectionWriter(
      isHencky: law.law.pair == .rightCauchyGreen, holds: options.holds)
    var citation = ""
    for (k, rows) in parts.enumerated() {
      progress(Double(k) / Double(parts.count), "projecting \(count) observations")
      let observed = try prepared(read(rows))
      if k == 0 {
        citation = observed.citation
        writer.scale = try scale(observed, parts, read)
      }
      let part = try project(observed, from: rows.lowerBound)
      if writer.scale == nil { writer.scale = part.ownScale }
      record.add(part)
      try file.reserve(ProjectionWriter.bytesPerState * rows.count)
      try writer.append(part, to: file.root)
      table?(part.csv(scale: writer.scale ?? 1, withHead: k == 0))
    }
    record.provenance = Provenance(
      seed: Int(truncatingIfNeeded: options.seed), seconds: watch.seconds, citation: citation)
    try file.reserve(256 * count)
    try describe(file.root)
    try writer.finish(record, names: names, to: file.root)
    try file.commit()
    return record
  }

  /// With the constraints and deviations of the options.
  private func prepared(_ observed: ObservedStates) throws -> ObservedStates {
    var observed = observed
    for expression in holds { observed.hold(expression) }
    try observed.assume(strain: strain, stress: stress)
    if law.law.pair == .smallStrain, observed.tests != nil {
      throw InputError(
        options.observations, "holds tests at large stretches, but the law is one of small strain")
    }
    return observed
  }

  private func describe(_ root: borrowing H5Group) throws(StorageError) {
    try root.setAttribute("kind", "projection")
    try root.setAttribute("components", "mandel")
    try root.setAttribute("law_name", law.name)
    try root.setAttribute("law_file", FilePath.name(of: options.law))
    try root.setAttribute("source", FilePath.name(of: options.observations))
  }

  /// The scatter about the law that covariances of many parts are multiplied by where no deviations are
  /// known; it takes a look at all parts before the first is written. Nil where one part is all.
  private func scale(
    _ first: ObservedStates, _ parts: [Range<Int>],
    _ read: (Range<Int>) throws -> ObservedStates
  ) throws -> Double? {
    guard first.observations.deviations == nil, parts.count > 1 else { return nil }
    var sum = ProjectionScatter()
    for rows in parts {
      let observed = try prepared(read(rows))
      sum.add(try states(observed, from: rows.lowerBound, isBrief: true))
    }
    return sum.value ?? 1
  }

  private func project(
    _ observed: ObservedStates, from start: Int
  ) throws -> ProjectionPart {
    let states = try states(observed, from: start, isBrief: false)
    return ProjectionPart(
      observed: observed, states: states,
      distancesFromData: (0..<states.count).map { p in
        manifold.distanceFromData(Array(states.state(p)[..<6]))
      })
  }

  /// Starts are drawn by the number of the observation in the whole file.
  private func states(
    _ observed: ObservedStates, from start: Int, isBrief: Bool
  ) throws -> ProjectedStates {
    var projection = Projection()
    projection.starts = options.starts
    projection.seed = options.seed &+ UInt64(start)
    if isBrief {
      projection.uncertainty = .none
      projection.measuresExpansion = false
    }
    do {
      return try projection.project(observed.observations, onto: manifold)
    } catch {
      throw located(error, observed)
    }
  }

  /// The line of the file behind a flaw.
  private func located(_ error: ProjectionError, _ observed: ObservedStates) -> InputError {
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
