import Glibc
import Mechanics

extension ConstitutiveLaw {
  /// The least slope dP/dλ of the nominal stress of the incompressible material in uniaxial,
  /// equibiaxial and pure shear, over `range` in `count` stretches of equal ratio.
  public func stabilitySweep(
    _ range: ClosedRange<Double> = 0.3...8, count: Int = 400
  ) -> [StabilityReport] {
    [HomogeneousMode.uniaxial, .equibiaxial, .pureShear].map { mode in
      var (least, where_) = (Double.infinity, range.lowerBound)
      for i in 0..<count {
        let t = Double(i) / Double(count - 1)
        let l = range.lowerBound * pow(range.upperBound / range.lowerBound, t)
        let h = 1e-5 * l
        let slope =
          (incompressibleResponse(mode, l + h).nominal
            - incompressibleResponse(mode, l - h).nominal) / (2 * h)
        // A slope that cannot be evaluated is no stable one.
        if !(slope >= least) { (least, where_) = (slope.isNaN ? -.infinity : slope, l) }
      }
      return StabilityReport(
        mode: mode, minimumTangent: least, stretch: where_, lower: range.lowerBound,
        upper: range.upperBound)
    }
  }
}

extension TestReport {
  /// Compares `law` with a test. Where the volume was measured the compressible response is predicted
  /// at the measured volume; else the incompressible one.
  public init(_ test: HomogeneousTest, _ law: some ConstitutiveLaw) {
    func stresses(_ r: HomogeneousResponse) -> (Double, Double) {
      test.measure == .true ? (r.true, r.secondTrue) : (r.nominal, r.secondNominal)
    }
    var (first, second, difference) = ([Double](), [Double](), [Double]())
    for p in 0..<test.count {
      let J = test.mode == .simpleShear ? nil : test.volumeRatios?[p]
      let r = law.response(
        test.mode, test.stretches[p], second: test.secondStretch(p), volumeRatio: J)
      var s = stresses(r)
      // A law that has no value here meets nothing; NaN is kept for what cannot be compared.
      if r.nominal.isNaN { s = (.infinity, .infinity) }
      if J == nil { TestReport.addPressure(test, p, r, to: &s) }
      first.append(s.0)
      second.append(s.1)
      difference.append(r.true - r.secondTrue)
    }
    var curve: (stretches: [Double], stresses: [Double]) = ([], [])
    if test.mode != .biaxial {
      let rest = test.mode == .simpleShear ? 0.0 : 1
      let low = min(rest, test.stretches.min()!)
      let high = max(rest, test.stretches.max()!)
      let count = 121
      for i in 0..<count {
        let x = low + (high - low) * Double(i) / Double(count - 1)
        curve.stretches.append(x)
        let r =
          test.volumeRatios == nil
          ? law.incompressibleResponse(test.mode, x)
          : (try? law.compressibleResponse(test.mode, x))
            ?? law.incompressibleResponse(test.mode, x)
        curve.stresses.append(stresses(r).0)
      }
    }
    let score = TestReport.score(
      [(test.stresses, first)] + (test.secondStresses.map { [($0, second)] } ?? [])
        + (test.stressDifferences.map { [($0, difference)] } ?? []))
    self.init(
      name: test.name, mode: test.mode, measure: test.measure, heldOut: test.heldOut,
      stretches: test.stretches, measured: test.stresses, predicted: first,
      secondMeasured: test.secondStresses,
      secondPredicted: test.secondStresses == nil ? nil : second,
      differenceMeasured: test.stressDifferences,
      differencePredicted: test.stressDifferences == nil ? nil : difference,
      curveStretches: curve.stretches,
      curveStresses: curve.stresses, r2: score.r2, rmse: score.rmse)
  }

  /// The pressure of an incompressible law on stresses that were computed for free faces: what the faces
  /// carried where it was seen, else whatever fits the observed stresses best; with one observed stress
  /// nothing is left to compare.
  private static func addPressure(
    _ test: HomogeneousTest, _ p: Int, _ r: HomogeneousResponse, to s: inout (Double, Double)
  ) {
    guard test.mode != .simpleShear, let face = test.lateralStresses?[p] else { return }
    let isTrue = test.measure == .true
    let (l1, l2) = (test.stretches[p], test.secondStretch(p))
    let (w1, w2) = isTrue ? (1.0, 1.0) : (1 / l1, 1 / l2)
    var pressure = Double.nan
    if !face.isNaN {
      let lateral = test.mode.lateralStretch(l1, second: l2)
      pressure = face * (isTrue ? 1 : lateral)
    } else if let second = test.secondStresses?[p], !second.isNaN, !test.stresses[p].isNaN {
      let (d1, d2) = (test.stresses[p] - s.0, second - s.1)
      pressure = (w1 * d1 + w2 * d2) / (w1 * w1 + w2 * w2)
    }
    s.0 += w1 * pressure
    s.1 += w2 * pressure
  }

  /// Number of observed stresses that could be judged.
  var valueCount: Int {
    TestReport.pairs(
      [(measured, predicted)] + (secondMeasured.map { [($0, secondPredicted!)] } ?? [])
        + (differenceMeasured.map { [($0, differencePredicted!)] } ?? [])
    ).count
  }

  /// Observed stresses beside their predictions, where there are both.
  private static func pairs(
    _ columns: [(measured: [Double], predicted: [Double])]
  ) -> [(measured: Double, predicted: Double)] {
    columns.flatMap { zip($0.measured, $0.predicted).map { ($0, $1) } }.filter {
      !$0.0.isNaN && !$0.1.isNaN
    }
  }

  private static func score(
    _ columns: [(measured: [Double], predicted: [Double])]
  ) -> (r2: Double, rmse: Double) {
    let pairs = pairs(columns)
    guard !pairs.isEmpty else { return (0, 0) }
    let n = Double(pairs.count)
    let mean = pairs.reduce(0) { $0 + $1.measured } / n
    let total = pairs.reduce(0) { $0 + ($1.measured - mean) * ($1.measured - mean) }
    let sum = pairs.reduce(0) { sum, p in
      sum + (p.predicted - p.measured) * (p.predicted - p.measured)
    }
    return (total > 0 ? 1 - sum / total : (sum == 0 ? 1 : -.infinity), (sum / n).squareRoot())
  }
}

extension ConstitutiveLaw {
  /// The response at a measured volume, or of the incompressible material.
  func response(
    _ mode: HomogeneousMode, _ stretch: Double, second: Double, volumeRatio: Double?
  ) -> HomogeneousResponse {
    guard let volumeRatio else {
      return incompressibleResponse(mode, stretch, second: second)
    }
    let lateral = mode.lateralStretch(stretch, second: second, volumeRatio: volumeRatio)
    return response(mode, mode.deformation(stretch, second: second, lateral: lateral))
  }
}
