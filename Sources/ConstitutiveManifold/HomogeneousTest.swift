import Mechanics

/// Which stress a test reports.
public enum StressMeasure: String, Sendable, CaseIterable {
  /// Force per undeformed area.
  case nominal
  /// Force per deformed area (Cauchy).
  case `true`
}

/// One homogeneous material test: stretches (or shears) with the stresses measured at them.
///
/// Stretches and shears carry no unit, stresses are in Pa, tension positive. In simple shear the
/// stretches are shears γ and the stress is the shear stress. Without volume ratios the material is
/// taken as incompressible. A stress that is NaN was not observed; every point has at least one that was.
public struct HomogeneousTest: Sendable, Equatable {
  /// Name for people, unique among the tests of a fit.
  public let name: String
  /// How the specimen was deformed.
  public let mode: HomogeneousMode
  /// Stretch λ along direction 1, or shear γ; one per point.
  public let stretches: [Double]
  /// Stretch λ₂ along direction 2; for biaxial tests only.
  public let secondStretches: [Double]?
  /// Which stress the next two hold.
  public let measure: StressMeasure
  /// Stress along direction 1 (in simple shear: the shear stress), Pa.
  public let stresses: [Double]
  /// Stress along direction 2, Pa, where it was measured (biaxial and pure shear).
  public let secondStresses: [Double]?
  /// Difference σ₁ − σ₂ of true stresses, Pa, where only that was measured (biaxial and pure shear).
  public let stressDifferences: [Double]?
  /// Stress on the free faces, Pa, in the same measure. Nil: they are free, the stress is 0. NaN: not
  /// seen, and then nothing is assumed of it.
  public let lateralStresses: [Double]?
  /// Volume now over volume at rest, where it was measured.
  public let volumeRatios: [Double]?
  /// Held out: judged by the fit, never learned from.
  public var heldOut: Bool
  /// Weight of the test's squared residuals, 1 unless you know better.
  public var weight: Double

  /// - Throws: `HomogeneousTestError` naming the point for wrong counts, values that are not finite,
  ///   stretches or volume ratios that are not positive, and columns that do not go with the mode.
  public init(
    name: String, mode: HomogeneousMode, stretches: [Double], secondStretches: [Double]? = nil,
    measure: StressMeasure = .nominal, stresses: [Double]? = nil,
    secondStresses: [Double]? = nil, stressDifferences: [Double]? = nil,
    lateralStresses: [Double]? = nil, volumeRatios: [Double]? = nil, heldOut: Bool = false,
    weight: Double = 1
  ) throws(HomogeneousTestError) {
    self.name = name
    self.mode = mode
    self.stretches = stretches
    self.secondStretches = secondStretches
    self.measure = measure
    self.stresses = stresses ?? Array(repeating: .nan, count: stretches.count)
    self.secondStresses = secondStresses
    self.stressDifferences = stressDifferences
    self.lateralStresses = lateralStresses
    self.volumeRatios = volumeRatios
    self.heldOut = heldOut
    self.weight = weight
    try check()
  }

  /// Number of points.
  public var count: Int { stretches.count }

  /// λ₂ of a point: 1 unless the mode is biaxial.
  public func secondStretch(_ point: Int) -> Double { secondStretches?[point] ?? 1 }

  /// The deformation of a point, with the measured volume ratio or none.
  public func deformation(_ point: Int) -> DeformationGradient {
    let second = secondStretch(point)
    let lateral = mode.lateralStretch(
      stretches[point], second: second, volumeRatio: volumeRatios?[point] ?? 1)
    return mode.deformation(stretches[point], second: second, lateral: lateral)
  }

  /// The stresses of a point, NaN where not observed: first, second, difference.
  func observed(_ point: Int) -> [Double] {
    [stresses[point], secondStresses?[point] ?? .nan, stressDifferences?[point] ?? .nan]
  }

  /// All stresses that were observed, Pa.
  var observedStresses: [Double] {
    (0..<count).flatMap { observed($0).filter { !$0.isNaN } }
  }

  private func check() throws(HomogeneousTestError) {
    func fail(_ point: Int?, _ problem: String) -> HomogeneousTestError {
      HomogeneousTestError(test: name, point: point, problem: problem)
    }
    guard count > 0 else { throw fail(nil, "has no points") }
    guard weight > 0, weight.isFinite else {
      throw fail(nil, "has weight \(weight); give a positive one")
    }
    let shear = mode == .simpleShear
    let columns: [(String, [Double]?, positive: Bool, gaps: Bool)] = [
      (shear ? "shear" : "stretch", stretches, !shear, false),
      ("stretch_2", secondStretches, true, false), ("stress", stresses, false, true),
      ("stress_2", secondStresses, false, true),
      ("stress_difference", stressDifferences, false, true),
      ("lateral_stress", lateralStresses, false, true), ("volume_ratio", volumeRatios, true, false),
    ]
    for (column, values, positive, gaps) in columns {
      guard let values else { continue }
      guard values.count == count else {
        throw fail(nil, "has \(count) stretches but \(values.count) values of \(column)")
      }
      for (p, value) in values.enumerated() {
        guard value.isFinite || (gaps && value.isNaN) else {
          throw fail(p, "\(column) is \(value); give a finite number")
        }
        guard !positive || value > 0 else {
          throw fail(p, "\(column) is \(value); it must be positive")
        }
      }
    }
    guard (mode == .biaxial) == (secondStretches != nil) else {
      throw fail(
        nil,
        mode == .biaxial
          ? "is biaxial and needs a column stretch_2"
          : "is \(mode.rawValue) and must not have a column stretch_2")
    }
    guard secondStresses == nil || mode == .biaxial || mode == .pureShear else {
      throw fail(nil, "is \(mode.rawValue): a second stress has no meaning there")
    }
    guard stressDifferences == nil || mode == .biaxial || mode == .pureShear else {
      throw fail(nil, "is \(mode.rawValue): a stress difference has no meaning there")
    }
    guard lateralStresses == nil || !shear else {
      throw fail(nil, "is simple shear, which has no free faces: lateral_stress has no meaning")
    }
    for p in 0..<count where observed(p).allSatisfy(\.isNaN) {
      throw fail(p, "no stress was observed; give one or remove the point")
    }
    if shear, let volumeRatios, let p = volumeRatios.firstIndex(where: { $0 != 1 }) {
      throw fail(p, "simple shear keeps the volume, but volume_ratio is \(volumeRatios[p])")
    }
  }
}

/// A test that cannot be one.
public struct HomogeneousTestError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Name of the test, index of the point (from 0) where there is one, and what is wrong.
  public let test: String, point: Int?, problem: String

  /// Test, point (counted from 1) and problem, one line.
  public var description: String {
    "test '\(test)'" + (point.map { ", point \($0 + 1): " } ?? " ") + problem
  }
}
