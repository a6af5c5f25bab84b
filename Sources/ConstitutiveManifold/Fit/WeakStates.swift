import FixedPoint
import Glibc
import LinearAlgebra
import Manifold
import Mechanics

/// States simulated with a family of classical laws, and how far these laws disagree: what a learned law
/// sees before data.
///
/// Every law of `WeakFamily` is fitted to the training data alone. Those stay whose nominal stress rises
/// in tension, equibiaxial tension and pure shear over the range of the data, and that meet the data within
/// three times the misfit of the best; they count alike, since a misfit of form is no likelihood. They
/// are evaluated on radial paths h = t n(ω) in the plane of logarithmic principal stretches, from
/// uniaxial (ω = 0) to equibiaxial (ω = 60°) and a quarter farther than Ī1 went in the data: dW/dt along
/// the path and, inside the sector, dW/dω/t across it. The mean is
/// the state, the spread between the laws and their misfit to the data its standard deviation. Where the
/// data speak of a mode, all laws agree there; where they do not, the spread says so.
struct WeakStates: Sendable {
  /// One direction of a simulated state.
  struct Probe: Sendable {
    let path: PathPoint
    /// Angle ω in the plane of logarithmic stretches, radius t; whether along the radius.
    let angle: Double, radius: Double, isRadial: Bool
  }

  /// A law that took part.
  struct Member: Sendable {
    let model: WeakModel
    let x: [Double]
    /// Root mean square weighted misfit.
    let misfit: Double
  }

  /// Which of the probes could be simulated by all laws.
  let indices: [Int]
  /// Mean and standard deviation of dW/dt, in units of the stress scale.
  let mean: [Double], deviation: [Double]
  /// The laws that counted, and the misfit of the best one.
  let members: [Member]
  let leastMisfit: Double

  static let angles = 5
  static let radii = 8
  /// Radii beyond those at which Ī1 is as large as in the data.
  static let reach = 1.25
  /// A law counts if its misfit is within this factor of the least.
  static let adequacy = 3.0

  /// What the laws are fitted to: observations with the weights of their residuals, in units of the stress
  /// scale `unit`; where strains are uncertain the points to be projected and the factors of their
  /// distances too, and each weight is one over the standard deviation of its residual.
  struct Evidence {
    var observations: [Observation]
    var weights: [Double]
    var unit: Double
    var latent: [LatentPoint] = []
    var factors: [Double] = []
    var knowsNoise: Bool { !latent.isEmpty }
  }

  /// The states of laws fitted to some of the observations; nil where no law is admissible.
  /// - Parameter previous: laws fitted to nearly the same data, to begin from.
  init?(
    _ evidence: Evidence, largest: Double, bulk: Double?, probes: [Probe], seed: UInt64,
    previous: [Member]? = nil
  ) {
    var found: [Member] = []
    for family in WeakFamily.allCases {
      let start = previous?.first { $0.model.family == family }
      if previous != nil, start == nil { continue }
      let model = WeakModel(family: family, fitsBulk: bulk != nil, largest: largest)
      let best = WeakStates.fit(model, evidence, bulk: bulk, seed: seed, start: start)
      if let best, WeakStates.rises(best, largest: largest) { found.append(best) }
    }
    guard let least = found.map(\.misfit).min() else { return nil }
    leastMisfit = least
    members = found.filter { $0.misfit <= WeakStates.adequacy * least }
    var scatter = WeakStates.relativeMisfit(members, evidence)
    if evidence.knowsNoise {
      // Only what noise does not explain is misfit of form.
      let square = members.reduce(0) { $0 + $1.misfit * $1.misfit } / Double(members.count)
      scatter *= (WeakStates.unexplained(square, evidence) / square).squareRoot()
    }
    var (mean, deviation) = ([Double](), [Double]())
    var used: [Int] = []
    for (i, probe) in probes.enumerated() {
      // Beyond its limit a law has nothing to say.
      let values = members.map { WeakStates.power($0, probe.path) }.filter(\.isFinite)
      guard values.count >= min(2, members.count) else { continue }
      let n = Double(values.count)
      let m = values.reduce(0, +) / n
      let between = values.reduce(0) { $0 + ($1 - m) * ($1 - m) } / max(n - 1, 1)
      used.append(i)
      mean.append(m)
      deviation.append((between + scatter * scatter * m * m).squareRoot())
    }
    // A floor: a thousandth of the typical state, so that no probe counts without bound.
    let typical = (mean.reduce(0) { $0 + $1 * $1 } / Double(max(mean.count, 1))).squareRoot()
    indices = used
    self.mean = mean
    self.deviation = zip(mean, deviation).map { m, d in
      max(d, 0.02 * m.magnitude, 1e-3 * typical)
    }
  }

  /// The least-squares fit of one law, from seeded starts or from an earlier fit.
  private static func fit(
    _ model: WeakModel, _ evidence: Evidence, bulk: Double?, seed: UInt64, start: Member?
  ) -> Member? {
    var method = LevenbergMarquardt()
    (method.lowerBounds, method.upperBounds) = model.bounds
    method.iterationLimit = 100
    method.reductionTolerance = 1e-6
    var best: Member?
    func minimise<P: ResidualProblem>(_ problem: P, from start: [Double])
    where P.Tangent == DenseMatrix {
      var (problem, x) = (problem, start)
      _ = method.minimise(&problem, x: &x)
      let count = problem.residualCount
      var r = [Double](repeating: 0, count: count)
      guard problem.residual(at: x, into: &r) else { return }
      let misfit = (r.reduce(0) { $0 + $1 * $1 } / Double(max(count, 1))).squareRoot()
      if misfit < best?.misfit ?? .infinity { best = Member(model: model, x: x, misfit: misfit) }
    }
    let plain = PathProblem(
      model, evidence.observations, weights: evidence.weights, unit: evidence.unit)
    var random = SplitMix64(seed: seed)
    for number in 0..<(start == nil ? model.family.starts : 1) {
      minimise(plain, from: start?.x ?? model.start(&random, number: number, bulk: bulk ?? 1))
    }
    // Stresses over uncertain strains, weighed as they may be, leave a curve too soft where it is steep:
    // the law goes on by distances.
    if let near = best, evidence.knowsNoise {
      best = nil
      minimise(WeakDistances(model, evidence.latent, evidence.factors), from: near.x)
    }
    return best
  }

  /// The part of a mean square misfit, in variances, that is more than noise explains: its mean is 1 and
  /// its deviation √(2/n).
  private static func unexplained(_ square: Double, _ evidence: Evidence) -> Double {
    let n = Double(max(evidence.observations.count, 1))
    return max(0, square - 1 - 2 * (2 / n).squareRoot())
  }

  /// dW/dt of a law.
  static func power(_ member: Member, _ path: PathPoint) -> Double {
    var gradient = [Double](repeating: 0, count: member.model.count)
    return member.model.power(member.x, path, gradient: &gradient)
  }

  /// Typical relative misfit of the laws: root mean square residual over root mean square stress.
  private static func relativeMisfit(_ members: [Member], _ evidence: Evidence) -> Double {
    var (error, size) = (0.0, 0.0)
    for o in evidence.observations where o.component != .lateral {
      let target = o.target / evidence.unit
      for m in members {
        let r = o.factor * power(m, o.path) - target
        error += r * r
        size += target * target
      }
    }
    return size > 0 ? (error / size).squareRoot() : 0
  }

  /// Whether the nominal stress rises with stretch in the three modes of the stability sweep.
  private static func rises(_ member: Member, largest: Double) -> Bool {
    for mode in [HomogeneousMode.uniaxial, .equibiaxial, .pureShear] {
      var last = 0.0
      let reach = stretch(mode, largest: largest)
      for i in 1...20 {
        let path = PathPoint(mode, pow(reach, Double(i) / 20))
        let stress = power(member, path) / path.share
        guard stress > last else { return false }
        last = stress
      }
    }
    return true
  }

  /// The stretch of a mode at which I1 − 3 is `largest`, by bisection.
  private static func stretch(_ mode: HomogeneousMode, largest: Double) -> Double {
    var (low, high) = (1.0, (largest + 3).squareRoot() + 1)
    for _ in 0..<60 {
      let l = 0.5 * (low + high)
      if PathPoint(mode, l).invariants.I1.value - 3 < largest { low = l } else { high = l }
    }
    return low
  }

  /// Paths from uniaxial to equibiaxial; across the radius only inside the sector, where symmetry does
  /// not make the stress vanish.
  static func probes(largest: Double) -> [Probe] {
    var out: [Probe] = []
    for a in 0..<angles {
      let angle = Double(a) / Double(angles - 1) * .pi / 3
      var (low, high) = (0.0, 10.0)
      for _ in 0..<60 {
        let t = 0.5 * (low + high)
        let I1 = PathPoint(angle: angle, radius: t).invariants.I1.value
        if I1 - 3 < largest { low = t } else { high = t }
      }
      for i in 1...radii {
        let t = reach * low * Double(i) / Double(radii)
        out.append(
          Probe(path: PathPoint(angle: angle, radius: t), angle: angle, radius: t, isRadial: true))
        guard a > 0, a < angles - 1 else { continue }
        let path = PathPoint(angle: angle, radius: t, across: true)
        out.append(Probe(path: path, angle: angle, radius: t, isRadial: false))
      }
    }
    return out
  }
}
