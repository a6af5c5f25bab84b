import ConstitutiveManifold
import Manifold
import Mechanics

/// The command `fit`.
public enum FitStudy {
  /// What a fit needs, with usable defaults.
  public struct Options: Sendable {
    /// Files of tests or folders of them; name of the law family.
    public var tests: [String], law: String
    /// Names of tests to judge by and not to learn from.
    public var holdOut: [String] = []
    /// Seed of starts and folds.
    public var seed: UInt64 = 1
    /// What reports call the law; made from family and tests where nil.
    public var name: String?
    /// Bulk over shear modulus where no volume was measured; the fit's own choice where nil.
    public var bulkRatio: Double?
    /// Shape of a learned map; the fit's own choice where nil.
    public var width: Int?, layers: Int?
    /// Whether a learned law is polyconvex; nil: unless the data refuse it.
    public var polyconvex: Bool?
    /// Choose the shape of a learned map by held-out error.
    public var choosesSize = false
    /// Pre-train a learned law on states that classical laws simulate.
    public var weakStage = true
    /// Standard deviations of stretches less 1 and of stresses, as shares ("3%", "0.03"); either one
    /// means errors in variables, and stress noise is then estimated where nil.
    public var strainNoise: String?, stressNoise: String?
    /// Weigh outliers down and list them.
    public var robust: String?
    /// Keep the path of training at every so many steps; 0 keeps none.
    public var checkpoints = 0
    /// Preferred directions as angles in degrees from axis 1 towards axis 2, with a dispersion after a
    /// colon if there is one ("30", "30:0.1"); learned where there is none.
    public var fibres: [String] = []
    /// Whether dispersions are learned.
    public var learnsDispersion = false
    /// Members of an ensemble fitted besides the law; 0 for none.
    public var ensemble = 0
    /// Share of the points of every test kept from the fit, to calibrate split-conformal bands on; 0
    /// takes the folds of the cross-validation instead.
    public var calibration = 0.0
    /// How a law is trained on a file of states.
    public var states = States()

    /// Options of training on states; the fit's own choice where nil.
    public struct States: Sendable {
      /// adam, lbfgs or muon.
      public var optimizer = "adam"
      /// Passes over the states (of L-BFGS iterations), states per step, largest rate.
      public var epochs: Int?, batchSize: Int?, learningRate: Double?

      /// With the defaults above.
      public init() {}
    }

    /// From what cannot be guessed.
    public init(tests: [String], law: String) {
      self.tests = tests
      self.law = law
    }
  }

  /// Reads tests, fits, writes the law.
  /// - Throws: `InputError` for bad tests, names and options, before the fit; `NotConverged` where
  ///   there is no fit; `StorageError` where the file cannot be written.
  public static func run(
    _ options: Options, output: String, progress: Progress = { _, _ in }
  ) throws -> LawFile {
    if StateFit.takes(options.tests) {
      return try StateFit.run(options, output: output, progress: progress)
    }
    guard let family = LawFamily(name: options.law) else {
      throw InputError(
        "--law",
        "unknown law '\(options.law)'; \(Suggestion.remedy(for: options.law, in: LawFamily.names))")
    }
    let tests = try MaterialTest.read(options.tests)
    _ = try OutputFile(output, inputs: tests.map(\.file))
    let data = try tests.map { test in
      try test.homogeneousTest(heldOut: options.holdOut.contains(test.name))
    }
    for name in options.holdOut where !tests.contains(where: { $0.name == name }) {
      let remedy = Suggestion.remedy(for: name, in: tests.map(\.name))
      throw InputError("--hold-out", "there is no test '\(name)'; \(remedy)")
    }
    let (training, kept) = try split(data, options)
    progress(0, "fitting \(options.law)")
    let judged = training + kept
    let (fit, result) = try fit(family, judged, sources: tests, options, progress)
    var law = LawFile(result, tests: judged, sources: tests, options: options)
    law.trust = LawTrust(result, judged, fit: fit, calibration: kept)
    if options.ensemble > 0 {
      law.trust?.ensemble = try ensemble(fit, judged, result, sources: tests, options, progress)
    }
    try law.write(to: output)
    return law
  }

  private static func fit(
    _ family: LawFamily, _ tests: [HomogeneousTest], sources: [MaterialTest], _ options: Options,
    _ progress: Progress
  ) throws -> (ConstitutiveFit, FitResult) {
    var fit = ConstitutiveFit(family)
    fit.seed = options.seed
    if let polyconvex = options.polyconvex {
      fit.polyconvex = polyconvex
      fit.relaxesSigns = false
    }
    if !options.weakStage { fit.stages = [.intended] }
    try setNoise(&fit, options)
    if options.checkpoints > 0 { fit.checkpointInterval = options.checkpoints }
    if let ratio = options.bulkRatio {
      guard ratio > 0, ratio.isFinite else {
        throw InputError("--bulk-ratio", "is \(ratio); give a positive number, such as 1000")
      }
      fit.bulkRatio = ratio
    }
    if options.width != nil || options.layers != nil {
      let width = options.width ?? fit.widths[0]
      let layers = options.layers ?? fit.widths.count
      guard (1...128).contains(width) else {
        throw InputError("--width", "is \(width); give 1 to 128 neurons")
      }
      guard (1...3).contains(layers) else {
        throw InputError("--layers", "is \(layers); give 1 to 3 layers")
      }
      fit.widths = Array(repeating: width, count: layers)
    }
    if options.choosesSize {
      guard options.width == nil, options.layers == nil else {
        throw InputError("--choose-size", "contradicts --width and --layers; keep one")
      }
      fit.sizes = [[2], [4], [8], [4, 4], [8, 8]]
    }
    fit.fibres = try fibres(options, family)
    do {
      return try withoutActuallyEscaping(progress) { progress in
        (fit, try fit.fit(tests, progress: { progress($0, "fitting \(family.name)") }))
      }
    } catch let error as FitError {
      throw translated(error, sources, options)
    }
  }

  /// Noise and robust weights from their options.
  private static func setNoise(_ fit: inout ConstitutiveFit, _ options: Options) throws(InputError)
  {
    func share(_ text: String?, _ option: String) throws(InputError) -> Double? {
      guard let text else { return nil }
      let isPercent = text.hasSuffix("%")
      guard let value = Double(isPercent ? text.dropLast() : text[...]), value >= 0, value.isFinite,
        value < (isPercent ? 100 : 1)
      else { throw InputError(option, "'\(text)' is no share; write 3% or 0.03") }
      return isPercent ? value / 100 : value
    }
    let strain = try share(options.strainNoise, "--strain-noise")
    let stress = try share(options.stressNoise, "--stress-noise")
    if strain != nil || stress != nil {
      guard fit.family == .learned else {
        throw InputError(
          strain == nil ? "--stress-noise" : "--strain-noise", "only goes with --law learned")
      }
      if let stress, stress == 0 {
        throw InputError("--stress-noise", "is 0; give a positive share, or leave it out")
      }
      fit.noise = MeasurementNoise(
        strain: .init(relative: strain ?? 0), stress: stress.map { .init(relative: $0) })
    }
    guard let robust = options.robust else { return }
    guard let kind = RobustWeight(rawValue: robust) else {
      let known = RobustWeight.allCases.map(\.rawValue)
      throw InputError(
        "--robust", "unknown '\(robust)'; \(Suggestion.remedy(for: robust, in: known))")
    }
    guard fit.family == .learned else {
      throw InputError("--robust", "only goes with --law learned")
    }
    fit.robust = kind
  }

  private static func fibres(_ options: Options, _ family: LawFamily) throws -> FibreModel {
    var model = FibreModel()
    model.learnsDispersion = options.learnsDispersion
    guard !options.fibres.isEmpty || options.learnsDispersion else { return model }
    guard family.isAnisotropic else {
      throw InputError(
        options.fibres.isEmpty ? "--learn-dispersion" : "--fibre",
        "goes with --law learned-transverse or learned-orthotropic, not with '\(family.name)'")
    }
    guard !options.fibres.isEmpty else { return model }
    let allowed = family == .learnedTransverse ? 1...1 : 2...3
    guard allowed.contains(options.fibres.count) else {
      throw InputError(
        "--fibre",
        "is given \(options.fibres.count) times; '\(family.name)' takes "
          + (family == .learnedTransverse ? "one direction" : "two or three directions"))
    }
    model.directions = try options.fibres.map { text in
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count < 3, let angle = Double(parts[0]), angle.isFinite,
        let dispersion = parts.count == 2 ? Double(parts[1]) : 0,
        let direction = try? PreferredDirection(angle: angle * .pi / 180, dispersion: dispersion)
      else {
        throw InputError(
          "--fibre",
          "is '\(text)'; give an angle in degrees, with a dispersion from 0 to 1/3 after a "
            + "colon if you like, such as 30 or 30:0.1")
      }
      return direction
    }
    return model
  }

  /// Keeps a seeded share of the points of every test that is not held out.
  private static func split(
    _ tests: [HomogeneousTest], _ options: Options
  ) throws -> (training: [HomogeneousTest], kept: [HomogeneousTest]) {
    let share = options.calibration
    guard share != 0 else { return (tests, []) }
    guard share > 0, share < 1 else {
      throw InputError("--calibrate", "is \(share); give a share above 0 and below 1, such as 0.3")
    }
    var random = SplitMix64(seed: options.seed ^ 0xCA11_B2A7)
    var (training, kept): ([HomogeneousTest], [HomogeneousTest]) = ([], [])
    for test in tests {
      let count = Int((share * Double(test.count)).rounded())
      let order = test.stretches.indices.shuffled(using: &random)
      guard !test.heldOut, count > 0,
        let rest = test.keeping(order.dropFirst(count).sorted()),
        var own = test.keeping(order.prefix(count).sorted(), name: test.name + ", calibration")
      else {
        training.append(test)
        continue
      }
      own.heldOut = true
      training.append(rest)
      kept.append(own)
    }
    let stresses = kept.reduce(0) { $0 + $1.count * ($1.secondStresses == nil ? 1 : 2) }
    guard stresses >= SplitConformal.leastCount(level: 0.9) else {
      throw InputError(
        "--calibrate", "keeps \(stresses) stresses, too few for a 90 % band; give a larger share")
    }
    return (training, kept)
  }

  private static func ensemble(
    _ fit: ConstitutiveFit, _ tests: [HomogeneousTest], _ result: FitResult,
    sources: [MaterialTest], _ options: Options, _ progress: Progress
  ) throws -> Ensemble {
    guard (2...1000).contains(options.ensemble) else {
      throw InputError("--ensemble", "is \(options.ensemble); give 2 to 1000 members")
    }
    var make = EnsembleFit(fit)
    make.members = options.ensemble
    do {
      return try withoutActuallyEscaping(progress) { progress in
        try make.fit(tests, after: result, progress: { progress($0, "fitting the ensemble") })
      }
    } catch let error as FitError {
      throw translated(error, sources, options)
    }
  }

  /// What a refused fit means to the user: bad input, or a fit that did not come out.
  private static func translated(
    _ error: FitError, _ sources: [MaterialTest], _ options: Options
  ) -> any Error {
    let place = options.tests.joined(separator: ", ")
    switch error {
    case .notConverged, .inadmissible: return NotConverged("\(place): \(error.description)")
    case .contradictory(let name, _, let second, _):
      let source = sources.first { $0.name == name }
      return InputError(
        source?.file ?? place, line: source?.rows[second].line, error.description)
    default: return InputError(place, error.description)
    }
  }
}

extension MaterialTest {
  /// The test as a fit takes it.
  /// - Throws: `InputError` with the line of a point that cannot be.
  func homogeneousTest(heldOut: Bool) throws(InputError) -> HomogeneousTest {
    func column(_ values: [Double?], _ name: String) throws(InputError) -> [Double]? {
      let known = values.compactMap { $0 }
      guard !known.isEmpty else { return nil }
      guard let gap = values.firstIndex(where: { $0 == nil }) else { return known }
      throw InputError(
        file, line: rows[gap].line, key: name,
        "is empty here, but not in all of test '\(self.name)'")
    }
    /// NaN where nothing was observed; nil for a column that is empty throughout.
    func observed(_ values: [Double?]) -> [Double]? {
      values.contains { $0 != nil } ? values.map { $0 ?? .nan } : nil
    }
    do {
      return try HomogeneousTest(
        name: name, mode: mode, stretches: rows.map(\.stretch),
        secondStretches: try column(rows.map(\.second), "stretch_2"),
        measure: isTrueStress ? .true : .nominal, stresses: rows.map { $0.stress ?? .nan },
        secondStresses: observed(rows.map(\.secondStress)),
        stressDifferences: observed(rows.map(\.stressDifference)),
        lateralStresses: hasLateralStress ? rows.map { $0.lateralStress ?? .nan } : nil,
        volumeRatios: try column(rows.map(\.volumeRatio), "volume_ratio"), heldOut: heldOut)
    } catch let error as HomogeneousTestError {
      throw InputError(file, line: error.point.map { rows[$0].line }, error.description)
    } catch let error as InputError {
      throw error
    } catch {
      throw InputError(file, "\(error)")
    }
  }
}

extension LawFile {
  /// From a fit and the files behind it.
  init(
    _ result: FitResult, tests: [HomogeneousTest], sources: [MaterialTest],
    options: FitStudy.Options
  ) {
    let citations = sources.map(\.citation).filter { !$0.isEmpty }
    var unique: [String] = []
    for citation in citations where !unique.contains(citation) { unique.append(citation) }
    self.init(
      name: options.name
        ?? "Law '\(result.law.name)' fitted to \(sources.map(\.name).joined(separator: ", "))",
      law: result.law, coverage: result.coverage,
      tests: zip(tests, result.tests).map {
        FittedTest(
          $0, fitted: $1.predicted, secondFitted: $1.secondPredicted,
          differenceFitted: $1.differencePredicted)
      },
      record: result.record, starts: result.starts, fits: result.fits,
      regularisation: result.regularisation,
      trials: result.trials.map {
        Trial(
          strength: $0.value, heldOutError: $0.heldOutError, standardError: $0.standardError)
      },
      stability: result.stability.map {
        Stability(
          mode: $0.mode, tangent: $0.minimumTangent, stretch: $0.stretch, lower: $0.lower,
          upper: $0.upper)
      },
      training: LawTraining(result),
      provenance: Provenance(
        seed: Int(truncatingIfNeeded: result.seed), seconds: result.seconds,
        citation: unique.joined(separator: " ")))
  }

  /// A few lines for people.
  public var summary: String {
    var lines = ["\(name): \(familyInWords)"]
    let width = tests.map(\.test.name.count).max() ?? 0
    for t in tests {
      let name = t.test.name + String(repeating: " ", count: width - t.test.name.count)
      lines.append(
        "  \(name)  \(t.test.count) points  R2 \(Show.number(t.r2, digits: 6))  "
          + "RMSE \(Show.number(t.rmse / 1e6)) MPa\(t.test.heldOut ? "  (held out)" : "")")
    }
    if let states { return (lines + states.summary).joined(separator: "\n") }
    if let fields {
      lines += fields.summary
      for range in coverage.ranges {
        lines.append(
          "  covers \(range.mode.rawValue) from \(Show.number(range.lower, digits: 3)) to "
            + Show.number(range.upper, digits: 3))
      }
      if let trust = trust?.summary { lines.append("  with \(trust)") }
      return lines.joined(separator: "\n")
    }
    lines.append(
      "  together RMSE \(Show.number(rmse / 1e6)) MPa, \(fits) fits in "
        + Show.seconds(provenance.seconds))
    if let trust = trust?.summary { lines.append("  with \(trust)") }
    lines += training.summary
    for s in stability where !(s.tangent > 0) {
      lines.append(
        "  unstable in \(s.mode.rawValue) near stretch \(Show.number(s.stretch)): "
          + "do not trust it there")
    }
    return lines.joined(separator: "\n")
  }

  /// Figures of `fit --json`; stresses in `unit`. Of an identification those of `identify --json`.
  public var json: JSONValue {
    if let fields { return fields.json(seconds: provenance.seconds, coverage: coverage) }
    return .object([
      ("rmse", .number(rmse / 1e6)), ("unit", "MPa"), ("seconds", .number(provenance.seconds)),
      ("tests", .array(tests.map(\.json))),
    ])
  }
}
