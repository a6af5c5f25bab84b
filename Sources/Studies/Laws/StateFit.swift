import ConstitutiveManifold
import FixedPoint
import Foundation
import Manifold
import Mechanics
import Storage

/// The command `fit` for a file of many states instead of tests.
///
/// The file is HDF5 with `strain` [N, 6] and `stress` [N, 6] in Mandel order and, if known, `energy` [N],
/// each with its `units`; the attribute `pair` of the root says which measures they are: "C & S" or
/// "small strain & Cauchy stress". The states must fit in memory, about 220 bytes each.
enum StateFit {
  /// Laws that learn from states.
  static let laws = ["learned", "stress-map"]

  /// Whether these inputs are one file of states.
  static func takes(_ inputs: [String]) -> Bool {
    inputs.count == 1 && [".h5", ".hdf5"].contains { inputs[0].lowercased().hasSuffix($0) }
  }

  static func run(
    _ options: FitStudy.Options, output: String, progress: Progress
  ) throws -> LawFile {
    guard laws.contains(options.law) else {
      throw InputError(
        "--law",
        "'\(options.law)' does not learn from states; \(Suggestion.remedy(for: options.law, in: laws))"
      )
    }
    let path = options.tests[0]
    var training = try training(options)
    _ = try OutputFile(output, inputs: [path])
    let (samples, citation) = try read(path, seed: options.seed)
    training.seed = options.seed
    let start = Date()
    let (law, record, symmetry) = try fit(options, training, samples, path, progress)
    let heldOut = samples.groups - training.heldOutGroups(samples.groups)..<samples.groups
    let (fitted, judged) = (
      samples.error(of: law, groups: 0..<heldOut.lowerBound),
      heldOut.isEmpty ? nil : samples.error(of: law, groups: heldOut)
    )
    let states = StateTraining(
      file: (path as NSString).lastPathComponent, count: samples.count, record: record,
      rmse: fitted.rmse, r2: fitted.r2, heldOutRMSE: judged?.rmse, heldOutR2: judged?.r2,
      symmetry: symmetry)
    var file = LawFile(
      name: options.name
        ?? "Law '\(law.name)' trained on \(samples.count) states of \(states.file)",
      law: law, coverage: coverage(samples), tests: [], record: record.convergence, starts: 1,
      fits: 1, regularisation: nil, trials: [], stability: [], training: LawTraining(),
      provenance: Provenance(
        seed: Int(truncatingIfNeeded: options.seed), seconds: Date().timeIntervalSince(start),
        citation: citation))
    file.states = states
    try file.write(to: output)
    return file
  }

  private static func training(_ options: FitStudy.Options) throws(InputError) -> Training {
    let given = options.states
    guard let optimizer = Optimizer(name: given.optimizer) else {
      throw InputError(
        "--optimizer",
        "unknown optimiser '\(given.optimizer)'; "
          + Suggestion.remedy(for: given.optimizer, in: Optimizer.names))
    }
    var training = Training()
    training.optimizer = optimizer
    let isMap = options.law == "stress-map"
    let rate: Double
    switch optimizer {
    case .adam: rate = isMap ? 3e-3 : 3e-2
    case .muon: rate = isMap ? 2e-2 : 1e-1
    case .lbfgs: rate = 1
    }
    training.learningRate = LearningRate(given.learningRate ?? rate)
    training.epochs = given.epochs ?? (given.optimizer == "lbfgs" ? 400 : 100)
    training.batchSize = given.batchSize ?? 256
    guard training.epochs > 0 else {
      throw InputError("--epochs", "is \(training.epochs); give at least 1")
    }
    guard training.batchSize >= 8 else {
      throw InputError("--batch-size", "is \(training.batchSize); give at least 8")
    }
    let peak = training.learningRate.peak
    guard peak > 0, peak.isFinite else {
      throw InputError("--learning-rate", "is \(peak); give a positive number")
    }
    return training
  }

  private static func fit(
    _ options: FitStudy.Options, _ training: Training, _ samples: StateSamples, _ path: String,
    _ progress: Progress
  ) throws -> (Law, TrainingRecord, ConstraintReport?) {
    let isMap = options.law == "stress-map"
    let width = options.width ?? (isMap ? 64 : 32)
    let widths = Array(repeating: width, count: options.layers ?? 2)
    guard isMap || samples.pair == .rightCauchyGreen else {
      throw InputError(
        path, key: "pair",
        "is '\(samples.pair.rawValue)', but a learned potential takes C & S; use --law stress-map")
    }
    do {
      return try withoutActuallyEscaping(progress) { progress in
        let show: (TrainingRecord) -> Bool = { record in
          progress(
            Double(record.epochs.count) / Double(training.epochs), "training \(options.law)")
          return true
        }
        if isMap {
          let (law, record, symmetry) = try training.fit(
            stressMap: widths, samples, progress: show)
          return (.stressMap(law), record, symmetry)
        }
        let architecture = try StackedPotential.Architecture(
          widths: widths, polyconvex: options.polyconvex ?? true, seesVolume: true)
        let (law, record) = try training.fit(architecture, samples, progress: show)
        return (.learned(law), record, nil)
      }
    } catch let error as TrainingError {
      if case .notFinite = error { throw NotConverged("\(path): \(error.description)") }
      throw InputError(path, error.description)
    } catch let error as ParameterError {
      throw InputError("--width and --layers", error.description)
    }
  }

  /// Reads the states in SI, and what the file says about where they come from.
  static func read(_ path: String, seed: UInt64) throws -> (StateSamples, String) {
    let file = try H5File.open(at: path)
    guard file.root.contains("strain"), file.root.contains("stress"),
      file.root.hasAttribute("pair")
    else {
      throw InputError(
        path, "holds no states; give arrays 'strain' and 'stress' [N, 6] and the attribute 'pair'")
    }
    let name = try file.root.stringAttribute("pair")
    guard let pair = WorkPair(rawValue: name) else {
      throw InputError(
        path, key: "pair",
        "is '\(name)'; use '\(WorkPair.rightCauchyGreen.rawValue)' or "
          + "'\(WorkPair.smallStrain.rawValue)'")
    }
    func numbers(
      _ name: String, _ dimension: PhysicalUnit.Dimension, _ width: Int, _ plain: String
    ) throws -> [Double] {
      let array = try file.root.readDoubles(name)
      let shape = array.shape
      guard shape.count == (width == 1 ? 1 : 2), width == 1 || shape[1] == width else {
        throw InputError(
          path, key: name, "has shape \(shape); it must be [N\(width == 1 ? "" : ", \(width)")]")
      }
      let unit = try PhysicalUnit.parse(array.unit ?? plain, as: dimension, of: name)
      return unit.factor == 1 ? array.values : array.values.map { unit.toSI($0) }
    }
    do {
      let samples = try StateSamples(
        strain: numbers("strain", .none, 6, "1"), stress: numbers("stress", .pressure, 6, "Pa"),
        energy: file.root.contains("energy") ? numbers("energy", .pressure, 1, "Pa") : [],
        pair: pair, seed: seed)
      let citation =
        file.root.hasAttribute("citation") ? try file.root.stringAttribute("citation") : ""
      return (samples, citation)
    } catch let error as TrainingError {
      throw InputError(path, error.description)
    } catch let error as UnitError {
      throw InputError(path, "\(error)")
    }
  }

  /// The region of the states: at most 2000 of them, evenly taken from the shuffled groups.
  private static func coverage(_ samples: StateSamples) -> Coverage {
    var points: [Double] = []
    let step = max(1, samples.groups / 250)
    for g in stride(from: 0, to: samples.groups, by: step) {
      for lane in 0..<8 where samples.weights[g][lane] > 0 {
        let strain = (0..<6).map { samples.strain[6 * g + $0][lane] }
        let C =
          samples.pair == .rightCauchyGreen
          ? strain : strain.enumerated().map { 2 * $1 + ($0 < 3 ? 1 : 0) }
        let features = CoveragePlacement.isotropic.features(of: C)
        if features.allSatisfy({ $0.isFinite }) { points += features }
      }
    }
    return Coverage(points: points, ranges: [])
  }
}

/// How a law was trained on states.
public struct StateTraining: Sendable {
  /// The file of states and their number.
  public var file: String, count: Int
  /// Losses over the epochs; the checkpoints are not kept in files.
  public var record: TrainingRecord
  /// Errors over the states learned from and over those held out: Pa, and R².
  public var rmse: Double, r2: Double, heldOutRMSE: Double?, heldOutR2: Double?
  /// Symmetry of the tangent of a law that is no potential.
  public var symmetry: ConstraintReport?

  /// Lines for people.
  var summary: [String] {
    var lines = [
      "  \(count) states of \(file)  R2 \(Show.number(r2, digits: 6))  RMSE "
        + "\(Show.number(rmse / 1e6)) MPa"
    ]
    if let heldOutRMSE, let heldOutR2 {
      lines.append(
        "  held out  R2 \(Show.number(heldOutR2, digits: 6))  RMSE "
          + "\(Show.number(heldOutRMSE / 1e6)) MPa")
    }
    lines.append(
      "  \(record.optimizer), \(record.epochs.count) epochs, best \(record.bestEpoch), "
        + "\(Show.number(record.samplesPerSecond / 1e3)) thousand states/s")
    if let symmetry {
      lines.append(
        "  \(symmetry.name): residual \(Show.number(symmetry.residual)), largest multiplier "
          + "\(Show.number(symmetry.multiplier)), tolerance \(Show.number(symmetry.tolerance))"
          + (symmetry.isSatisfied ? "" : " (violated)"))
    }
    return lines
  }

  func write(to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("file", file)
    try group.setAttribute("count", count)
    try group.setAttribute("optimizer", record.optimizer)
    try group.setAttribute("best_epoch", record.bestEpoch)
    try group.setAttribute("steps", record.steps)
    try group.setAttribute("samples", record.samples)
    try group.setAttribute("seconds", record.seconds)
    try group.setAttribute("reason", record.reason.rawValue)
    try group.setAttribute("rmse_Pa", rmse)
    try group.setAttribute("r2", r2)
    if let heldOutRMSE { try group.setAttribute("held_out_rmse_Pa", heldOutRMSE) }
    if let heldOutR2 { try group.setAttribute("held_out_r2", heldOutR2) }
    try group.write("loss", record.epochs.map(\.loss), unit: "1")
    if record.epochs.allSatisfy({ $0.heldOutLoss != nil }) {
      try group.write("held_out_loss", record.epochs.map { $0.heldOutLoss ?? 0 }, unit: "1")
    }
    try group.write("learning_rate", record.epochs.map(\.learningRate), unit: "1")
    guard let symmetry else { return }
    let part = try group.createGroup("symmetry")
    try part.setAttribute("count", symmetry.count)
    try part.setAttribute("residual", symmetry.residual)
    try part.setAttribute("multiplier", symmetry.multiplier)
    try part.setAttribute("tolerance", symmetry.tolerance)
  }

  init(_ group: borrowing H5Group) throws {
    file = try group.stringAttribute("file")
    count = try group.intAttribute("count")
    func optional(_ name: String) throws(StorageError) -> Double? {
      group.hasAttribute(name) ? try group.doubleAttribute(name) : nil
    }
    record = TrainingRecord(optimizer: try group.stringAttribute("optimizer"), seed: 0)
    record.bestEpoch = try group.intAttribute("best_epoch")
    record.steps = try group.intAttribute("steps")
    record.samples = try group.intAttribute("samples")
    record.seconds = try group.doubleAttribute("seconds")
    let reason = try group.stringAttribute("reason")
    record.reason = ConvergenceRecord.Reason(rawValue: reason) ?? .iterationLimit
    let loss = try group.readDoubles("loss").values
    let rate = try group.readDoubles("learning_rate").values
    let judged: [Double]? =
      group.contains("held_out_loss") ? try group.readDoubles("held_out_loss").values : nil
    guard rate.count == loss.count, judged?.count ?? loss.count == loss.count else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
    record.epochs = loss.indices.map {
      .init(loss: loss[$0], heldOutLoss: judged?[$0], learningRate: rate[$0])
    }
    rmse = try group.doubleAttribute("rmse_Pa")
    r2 = try group.doubleAttribute("r2")
    heldOutRMSE = try optional("held_out_rmse_Pa")
    heldOutR2 = try optional("held_out_r2")
    guard group.contains("symmetry") else { return }
    let part = try group.group("symmetry")
    symmetry = ConstraintReport(
      name: "symmetry of the tangent", kind: .equality, count: try part.intAttribute("count"),
      residual: try part.doubleAttribute("residual"),
      multiplier: try part.doubleAttribute("multiplier"),
      tolerance: try part.doubleAttribute("tolerance"))
  }

  init(
    file: String, count: Int, record: TrainingRecord, rmse: Double, r2: Double,
    heldOutRMSE: Double?, heldOutR2: Double?, symmetry: ConstraintReport?
  ) {
    self.file = file
    self.count = count
    self.record = record
    self.rmse = rmse
    self.r2 = r2
    self.heldOutRMSE = heldOutRMSE
    self.heldOutR2 = heldOutR2
    self.symmetry = symmetry
  }
}
