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
  init(_ test: HomogeneousTest, _ law: some ConstitutiveLaw) {
    func stresses(_ r: HomogeneousResponse) -> (Double, Double) {
      test.measure == .true ? (r.true, r.secondTrue) : (r.nominal, r.secondNominal)
    }
    var (first, second) = ([Double](), [Double]())
    for p in 0..<test.count {
      let J = test.mode == .simpleShear ? nil : test.volumeRatios?[p]
      let r = law.response(
        test.mode, test.stretches[p], second: test.secondStretch(p), volumeRatio: J)
      let s = stresses(r)
      first.append(s.0)
      second.append(s.1)
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
      [(test.stresses, first)] + (test.secondStresses.map { [($0, second)] } ?? []))
    self.init(
      name: test.name, mode: test.mode, measure: test.measure, heldOut: test.heldOut,
      stretches: test.stretches, measured: test.stresses, predicted: first,
      secondMeasured: test.secondStresses,
      secondPredicted: test.secondStresses == nil ? nil : second, curveStretches: curve.stretches,
      curveStresses: curve.stresses, r2: score.r2, rmse: score.rmse)
  }

  /// Number of measured stresses.
  var valueCount: Int { points * (secondMeasured == nil ? 1 : 2) }

  private static func score(
    _ pairs: [(measured: [Double], predicted: [Double])]
  ) -> (r2: Double, rmse: Double) {
    let measured = pairs.flatMap(\.measured)
    let n = Double(measured.count)
    let mean = measured.reduce(0, +) / n
    let total = measured.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let errors = zip(measured, pairs.flatMap(\.predicted)).map { $1 - $0 }
    let sum = errors.reduce(0) { $0 + $1 * $1 }
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
