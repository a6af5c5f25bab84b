import FixedPoint
import Glibc

/// Training over large data: mini-batches for Adam and Muon, everything at once for L-BFGS; all cores,
/// the same bits for any number of them.
///
/// Samples are shuffled once, when they are made, into groups of eight; an epoch draws the groups in a
/// new seeded order. A share of the groups is held out and judges every epoch; the unknowns of the best
/// epoch are the result.
public struct Training: Sendable {
  /// What moves the unknowns.
  public var optimizer: Optimizer = .adam(Adam())
  /// Samples per step, rounded down to whole groups of eight; L-BFGS takes all.
  public var batchSize = 256
  /// Passes over the data, most; of L-BFGS the iterations.
  public var epochs = 100
  /// Rates of Adam, or of Muon's matrices.
  public var learningRate = LearningRate(3e-3)
  /// Share of the samples that judge and are not learned from, 0 to ½.
  public var heldOutShare = 0.1
  /// Stops after this many epochs without a better held-out loss; nil never.
  public var patience: Int?
  /// Keeps the unknowns every so many epochs, the first among them; nil keeps none.
  public var checkpointInterval: Int?
  /// Order of the epochs and starts.
  public var seed: UInt64 = 1
  /// Workers; nil takes every processor. The result does not depend on it.
  public var workers: Int?
  /// The instruction set of all sums.
  package var level = KernelLevel.best

  /// With the defaults above.
  public init() {}

  /// How many of so many groups of eight are held out: the last ones.
  public func heldOutGroups(_ groups: Int) -> Int { split(groups).heldOut.count }

  /// Groups that are learned from and groups that judge.
  package func split(_ groups: Int) -> (training: Range<Int>, heldOut: Range<Int>) {
    let share = max(0, min(heldOutShare, 0.5))
    let count = min(Int((share * Double(groups)).rounded()), groups - 1)
    return (0..<groups - count, groups - count..<groups)
  }

  /// Trains from `x`, which ends at the unknowns of the best epoch.
  /// - Parameter progress: called after every epoch; false stops there.
  package func minimise<O: SampleObjective>(
    _ objective: inout O, _ x: inout [Double], progress: ((TrainingRecord) -> Bool)? = nil
  ) throws(TrainingError) -> TrainingRecord {
    guard batchSize >= 8 else { throw .badOption("batch size", "is \(batchSize)", "at least 8") }
    guard epochs > 0 else { throw .badOption("epochs", "is \(epochs)", "at least 1") }
    guard learningRate.peak > 0, learningRate.peak.isFinite else {
      throw .badOption("learning rate", "is \(learningRate.peak)", "a positive number")
    }
    var run = TrainingRun(self, objective, x)
    let start = wallSeconds()
    var record: TrainingRecord
    switch optimizer {
    case .lbfgs(let lbfgs): record = try run.descend(&objective, lbfgs, progress)
    default: record = try run.epochs(&objective, progress)
    }
    x = run.best
    record.seconds = wallSeconds() - start
    return record
  }
}

/// The workspace of one training.
private struct TrainingRun {
  let options: Training
  let weights: [Double]
  let training: Range<Int>, heldOut: Range<Int>
  var sum: ParallelSum
  var order: [Int]
  let all: [Int]
  var x, best, gradient, momentum, otherGradient: [Double]
  var adam: AdamState
  var orthogonalisation: Orthogonalisation
  var record: TrainingRecord
  var bestLoss = Double.infinity

  init<O: SampleObjective>(_ options: Training, _ objective: O, _ x: [Double]) {
    precondition(x.count == objective.unknownCount, "\(x.count) of \(objective.unknownCount)")
    self.options = options
    weights = objective.groupWeights
    (training, heldOut) = options.split(weights.count)
    sum = ParallelSum(
      sumCount: objective.sumCount, scratchCount: objective.scratchCount,
      workers: options.workers ?? ParallelSum.allProcessors)
    order = Array(training)
    all = Array(0..<weights.count)
    self.x = x
    best = x
    gradient = Array(repeating: 0, count: x.count)
    momentum = gradient
    otherGradient = gradient
    adam = AdamState(x.count)
    orthogonalisation = Orthogonalisation(objective.matrices)
    record = TrainingRecord(optimizer: options.optimizer.name, seed: options.seed)
  }

  /// Mean loss over `order[range]`, its gradient into `gradient`.
  mutating func evaluate<O: SampleObjective>(
    _ objective: inout O, _ order: [Int], _ range: Range<Int>, at x: [Double]
  ) -> Double {
    objective.prepare(at: x)
    sum.evaluate(objective, order, range, level: options.level)
    var weight = 0.0
    for k in range { weight += weights[order[k]] }
    return objective.complete(sum.total, weight: weight, gradient: &gradient)
  }

  mutating func epochs<O: SampleObjective>(
    _ objective: inout O, _ progress: ((TrainingRecord) -> Bool)?
  ) throws(TrainingError) -> TrainingRecord {
    var random = SplitMix64(seed: options.seed)
    let size = max(1, options.batchSize / 8)
    let batches = (order.count + size - 1) / size
    keepCheckpoint(0)
    for epoch in 1...options.epochs {
      order.shuffle(using: &random)
      var (loss, weight) = (0.0, 0.0)
      for batch in 0..<batches {
        let range = batch * size..<min((batch + 1) * size, order.count)
        let here = evaluate(&objective, order, range, at: x)
        guard here.isFinite else { throw .notFinite(epoch: epoch, step: record.steps) }
        loss += here * Double(range.count)
        weight += Double(range.count)
        let rate = options.learningRate.rate(record.steps, of: batches * options.epochs)
        step(objective, rate)
        record.steps += 1
        record.samples += 8 * range.count
      }
      let rate = options.learningRate.rate(record.steps, of: batches * options.epochs)
      let judged = judge(&objective)
      record.epochs.append(.init(loss: loss / weight, heldOutLoss: judged, learningRate: rate))
      guard keepBest(judged ?? loss / weight, epoch) else {
        throw .notFinite(epoch: epoch, step: record.steps)
      }
      if let progress, !progress(record) { return finished(.stagnated) }
      if let patience = options.patience, epoch - record.bestEpoch >= patience {
        return finished(.converged)
      }
    }
    return finished(.iterationLimit)
  }

  /// The mean loss of the groups held out; nil where there are none.
  private mutating func judge<O: SampleObjective>(_ objective: inout O) -> Double? {
    guard !heldOut.isEmpty else { return nil }
    return evaluate(&objective, all, heldOut, at: x)
  }

  /// Notes the epoch's loss; false where it is not finite.
  private mutating func keepBest(_ loss: Double, _ epoch: Int) -> Bool {
    guard loss.isFinite else { return false }
    keepCheckpoint(epoch)
    if loss < bestLoss {
      bestLoss = loss
      record.bestEpoch = epoch
      for i in x.indices { best[i] = x[i] }
    }
    return true
  }

  private mutating func keepCheckpoint(_ epoch: Int) {
    guard let interval = options.checkpointInterval, epoch % max(interval, 1) == 0 else { return }
    record.checkpoints.append(.init(epoch: epoch, unknowns: x))
  }

  private func finished(_ reason: ConvergenceRecord.Reason) -> TrainingRecord {
    var record = record
    record.reason = reason
    return record
  }

  /// One step of Adam or Muon along `gradient`.
  private mutating func step(_ objective: some SampleObjective, _ rate: Double) {
    switch options.optimizer {
    case .adam(let adam): self.adam.step(&x, gradient, adam, rate: rate, level: options.level)
    case .muon(let muon):
      for place in objective.matrices {
        let range = place.start..<place.start + place.rows * place.columns
        for i in range {
          momentum[i] = muon.momentum * momentum[i] + gradient[i]
          otherGradient[i] = gradient[i] + muon.momentum * momentum[i]
          gradient[i] = 0  // Adam leaves the matrices alone
        }
        orthogonalisation.apply(&otherGradient, place, level: options.level)
        // A tall matrix turns more outputs: its step is longer.
        let length = rate * max(1, Double(place.rows) / Double(place.columns)).squareRoot()
        for i in range { x[i] -= length * otherGradient[i] }
      }
      adam.step(&x, gradient, muon.adam, rate: rate * muon.otherRate, level: options.level)
    case .lbfgs: preconditionFailure("L-BFGS takes no mini-batches")
    }
  }

  /// L-BFGS over all samples.
  mutating func descend<O: SampleObjective>(
    _ objective: inout O, _ lbfgs: LBFGS, _ progress: ((TrainingRecord) -> Bool)?
  ) throws(TrainingError) -> TrainingRecord {
    var lbfgs = lbfgs
    lbfgs.iterationLimit = options.epochs
    var point = x
    keepCheckpoint(0)
    var stopped: ConvergenceRecord.Reason?
    let result = lbfgs.minimise(
      &point,
      evaluate: { x, gradient in
        let loss = evaluate(&objective, order, order.indices, at: x)
        record.samples += 8 * order.count
        for i in gradient.indices { gradient[i] = self.gradient[i] }
        return loss
      },
      progress: { iteration, loss, x in
        self.x = x
        record.steps = iteration
        let judged = judge(&objective)
        record.epochs.append(.init(loss: loss, heldOutLoss: judged, learningRate: 1))
        guard keepBest(judged ?? loss, iteration) else { return false }
        if let progress, !progress(record) { stopped = .stagnated }
        if let patience = options.patience, iteration - record.bestEpoch >= patience {
          stopped = .converged
        }
        return stopped == nil
      })
    guard result.value.isFinite, bestLoss.isFinite || result.iterations == 0 else {
      throw .notFinite(epoch: result.iterations, step: record.steps)
    }
    let limit = result.iterations >= lbfgs.iterationLimit
    return finished(
      stopped ?? (result.converged ? .converged : limit ? .iterationLimit : .stagnated))
  }
}

private func wallSeconds() -> Double {
  var t = timespec()
  clock_gettime(CLOCK_MONOTONIC, &t)
  return Double(t.tv_sec) + 1e-9 * Double(t.tv_nsec)
}
