import Glibc
import LinearAlgebra
import Manifold
import Mechanics

extension Training {
  /// Fits a learned potential to states (C, S) and, where they carry it, energies.
  ///
  /// - Parameters:
  ///   - start: a law of the same architecture to go on from; otherwise seeded weights beside the best
  ///     combination of the terms outside the map.
  ///   - energyShare: what the squared error of an energy counts against that of a stress.
  ///   - progress: called after every epoch; false stops there.
  /// - Returns: the law of the best epoch, and the record; its losses are ½ (relative error)².
  /// - Throws: `TrainingError` for options and shapes that do not fit, and where the loss is no number.
  public func fit(
    _ architecture: StackedPotential.Architecture, _ samples: StateSamples,
    from start: LearnedLaw? = nil, energyShare: Double = 1,
    progress: ((TrainingRecord) -> Bool)? = nil
  ) throws -> (law: LearnedLaw, record: TrainingRecord) {
    guard samples.pair == .rightCauchyGreen else {
      throw TrainingError.badShape(
        "a learned potential takes states of \(WorkPair.rightCauchyGreen.rawValue)")
    }
    if let start, start.potential.architecture != architecture {
      throw TrainingError.badShape("the law to start from has another architecture")
    }
    let size = samples.stressSize
    guard size > 0 else { throw TrainingError.badShape("all stresses are zero") }
    var objective = PotentialObjective(
      architecture, samples, stressScale: start?.stressScale ?? size,
      featureScales: start?.featureScales ?? samples.featureScales, energyShare: energyShare,
      level: level)
    var x = start.map { objective.unknowns(of: $0) } ?? samples.start(architecture, objective, seed)
    let record = try minimise(&objective, &x, progress: progress)
    return (try objective.law(x), record)
  }
}

extension StateSamples {
  /// The extents of ‖F‖ − √3, ‖cof F‖ − √3 and J − 1; of J at least a tenth, so that small changes of
  /// volume are not magnified into steep learned ones.
  package var featureScales: [Double] {
    let root3 = 3.0.squareRoot()
    var scales = [0.05, 0.05, 0.1]
    for g in 0..<groups {
      let x = StateSamples.features(strain, g)
      scales[0] = max(scales[0], x.0.max() - root3)
      scales[1] = max(scales[1], x.1.max() - root3)
      scales[2] = max(scales[2], x.2.max() - 1, 1 - x.2.min())
    }
    return scales
  }

  /// ‖F‖, ‖cof F‖ and J of a group.
  private static func features(_ strain: [Lanes], _ g: Int) -> (Lanes, Lanes, Lanes) {
    let I = chain(strain, g).invariants
    return (I.I1.squareRoot(), I.I2.squareRoot(), I.I3.squareRoot())
  }

  private static func chain(_ strain: [Lanes], _ g: Int) -> InvariantChain {
    let s = 6 * g
    return InvariantChain(
      strain[s], strain[s + 1], strain[s + 2], strain[s + 3], strain[s + 4], strain[s + 5])
  }

  /// Seeded small weights, and a, c and K by least squares without the map.
  fileprivate func start(
    _ architecture: StackedPotential.Architecture, _ objective: PotentialObjective, _ seed: UInt64
  ) -> [Double] {
    var random = SplitMix64(seed: seed)
    let kinds = architecture.kinds
    var x = [Double](repeating: 0, count: architecture.weightCount)
    /// The unknown of a weight of about that size, either sign where it is free.
    func unknown(_ kind: StackedPotential.Architecture.Kind, _ size: Double) -> Double {
      switch kind {
      case .zero: 0
      case .free: random.normal(0, size)
      case .nonNegative: log(expm1(size * exp(random.normal(0, 0.5))))
      }
    }
    for (l, layer) in architecture.layers.enumerated() {
      for i in layer.skip..<layer.hidden { x[i] = unknown(kinds[i], l == 0 ? 2 : 0.5) }
      let below = 1 / Double(max(layer.below, 1))
      for i in layer.hidden..<layer.bias {
        x[i] = unknown(kinds[i], architecture.convex ? below : below.squareRoot())
      }
      // Kinks spread over the data; a convex layer adds up positive terms, which the bias takes back.
      for i in layer.bias..<layer.end { x[i] = random.uniform(-2, 0) - (l == 0 ? 0 : 0.7) }
    }
    let top = architecture.layers.last!
    for i in top.end..<x.count { x[i] = unknown(kinds[i], 0.3 / Double(top.width)) }
    return x + linearStart(objective.stressScale).map { log($0) }
  }

  /// a, c and K in units of the stress scale: least squares of the stresses without the map over at most
  /// 4096 states, each at least a small share of the largest.
  private func linearStart(_ stressScale: Double) -> [Double] {
    var A = DenseMatrix(rows: 3, columns: 3)
    var b = [0.0, 0.0, 0.0]
    let root3 = 3.0.squareRoot()
    for g in 0..<min(groups, 512) {
      let x = StateSamples.features(strain, g)
      // G along (x1, x2, J) of each term; S = Σ G_k 2 ∂x_k/∂C.
      let zero = Lanes()
      let terms: [(Lanes, Lanes, Lanes)] = [
        (x.0, zero, -1 / x.2), (zero, Lanes(repeating: 1), Lanes(repeating: -2 / root3)),
        (zero, zero, 0.5 * (x.2 - 1 / x.2)),
      ]
      var basis = PointBatch(groups: 3)
      for (k, G) in terms.enumerated() {
        var d = InvariantDerivatives()
        d.W1 = 0.5 * G.0 / x.0
        d.W2 = 0.5 * G.1 / x.1
        d.W3 = 0.5 * G.2 / x.2
        StateSamples.chain(strain, g).write(d, group: k, to: &basis)
      }
      for i in 0..<6 {
        let S = stress[6 * g + i] / stressScale
        for k in 0..<3 {
          let B = weights[g] * basis.stress[6 * k + i]
          b[k] += (B * S).sum()
          for l in 0..<3 { A[k, l] += (B * basis.stress[6 * l + i]).sum() }
        }
      }
    }
    let size = (0..<3).map { max(A[$0, $0], .leastNormalMagnitude).squareRoot() }
    for k in 0..<3 {
      b[k] /= size[k]
      for l in 0..<3 { A[k, l] /= size[k] * size[l] }
      A[k, k] += 1e-6
    }
    guard Cholesky.factorise(&A) else { return [1, 0.1, 10] }
    Cholesky.solve(factor: A, &b)
    let values = (0..<3).map { b[$0] / size[$0] }
    let shear = max(values[0], values[1], 1e-3)
    return [max(values[0], 0.1 * shear), max(values[1], 0.1 * shear), max(values[2], shear)]
  }
}
