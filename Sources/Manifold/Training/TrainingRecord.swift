import FixedPoint

/// What a training did.
public struct TrainingRecord: Sendable, Equatable {
  /// One pass over the data (of L-BFGS one iteration).
  public struct Epoch: Sendable, Equatable {
    /// Mean loss while learning and afterwards on the samples held out (nil without); the rate.
    public var loss: Double, heldOutLoss: Double?, learningRate: Double

    /// Any values.
    public init(loss: Double, heldOutLoss: Double?, learningRate: Double) {
      self.loss = loss
      self.heldOutLoss = heldOutLoss
      self.learningRate = learningRate
    }
  }

  /// The unknowns after an epoch; epoch 0 is the start.
  public struct Checkpoint: Sendable, Equatable {
    /// Number of epochs done, and the unknowns then.
    public var epoch: Int, unknowns: [Double]

    /// Any values.
    public init(epoch: Int, unknowns: [Double]) {
      self.epoch = epoch
      self.unknowns = unknowns
    }
  }

  /// Name of the optimiser, seed of the order.
  public var optimizer: String, seed: UInt64
  /// First to last.
  public var epochs: [Epoch] = []
  /// What was asked to be kept.
  public var checkpoints: [Checkpoint] = []
  /// The epoch whose unknowns were kept, from 1.
  public var bestEpoch = 0
  /// Steps of the optimiser, and samples whose gradient was taken for them.
  public var steps = 0, samples = 0
  /// Wall time, s.
  public var seconds = 0.0
  /// Why it ended: the patience ran out or L-BFGS found the minimum (`converged`), the epochs were used
  /// up, or the caller stopped it (`stagnated`).
  public var reason = ConvergenceRecord.Reason.iterationLimit

  /// Nothing done yet.
  public init(optimizer: String, seed: UInt64) {
    self.optimizer = optimizer
    self.seed = seed
  }

  /// Samples learned from per second of wall time.
  public var samplesPerSecond: Double { seconds > 0 ? Double(samples) / seconds : 0 }

  /// The same as every iteration reports itself: root of the held-out loss (or of the training loss)
  /// over the epochs, relative to the first.
  public var convergence: ConvergenceRecord {
    let values = epochs.map { ($0.heldOutLoss ?? $0.loss).squareRoot() }
    let reference = values.first.map { $0 > 0 ? $0 : 1 } ?? 1
    return ConvergenceRecord(
      residuals: values.map { $0 / reference }, iterations: steps, reason: reason,
      reference: reference)
  }
}

/// Training that cannot start, or broke down.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// An option that makes no sense: its name, what is wrong, what to give.
  case badOption(String, String, String)
  /// Samples that cannot be used: where, what is wrong.
  case badSample(Int, String)
  /// Arrays whose lengths do not fit: what.
  case badShape(String)
  /// The loss is no number any more.
  case notFinite(epoch: Int, step: Int)

  /// What is wrong and what to do, one line.
  public var description: String {
    switch self {
    case .badOption(let name, let problem, let remedy): "\(name) \(problem); give \(remedy)"
    case .badSample(let index, let problem): "sample \(index + 1): \(problem)"
    case .badShape(let problem): problem
    case .notFinite(let epoch, let step):
      "the loss is no number after \(step) steps, in epoch \(epoch); lower the learning rate"
    }
  }
}
