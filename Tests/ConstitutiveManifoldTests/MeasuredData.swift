import ConstitutiveManifold
import Foundation
import Mechanics

/// Published measurements that stand beside the repository, not in it.
enum Measured {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/data")

  static var exists: Bool { FileManager.default.fileExists(atPath: folder.path()) }

  private static func rows(_ file: String) throws -> [[String]] {
    try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n")
      .dropFirst().map { $0.split(separator: ",").map(String.init) }
  }

  /// Kawabata's rubber: uniaxial, equibiaxial, pure shear; Pa.
  static func kawabata(heldOut: Set<String> = []) throws -> [HomogeneousTest] {
    let all = try rows("kawabata1981/kawabata1981.csv")
    return try [("UT", HomogeneousMode.uniaxial), ("ET", .equibiaxial), ("PS", .pureShear)].map {
      name, mode in
      let own = all.filter { $0[0] == name }
      return try HomogeneousTest(
        name: name, mode: mode, stretches: own.map { Double($0[1])! },
        stresses: own.map { Double($0[2])! * 1e6 }, heldOut: heldOut.contains(name))
    }
  }

  /// Jones and Treloar's rubber: differences of true stresses at five fixed λ₂.
  static func jones(heldOut: Bool = false) throws -> [HomogeneousTest] {
    let all = try rows("jones_treloar1975/jones_treloar1975_biaxial.csv")
    return try ["1", "1.502", "1.984", "2.295", "2.623"].map { fixed in
      let own = all.filter { $0[0] == fixed }
      return try HomogeneousTest(
        name: "λ₂ = \(fixed)", mode: .biaxial, stretches: own.map { Double($0[1])! },
        secondStretches: own.map { Double($0[0])! },
        stressDifferences: own.map { Double($0[2])! * 1e6 }, heldOut: heldOut)
    }
  }

  /// Their uniaxial test.
  static func jonesUniaxial() throws -> HomogeneousTest {
    let all = try rows("jones_treloar1975/jones_treloar1975_uniaxial.csv")
    return try HomogeneousTest(
      name: "uniaxial", mode: .uniaxial, stretches: all.map { Double($0[0])! },
      stresses: all.map { Double($0[1])! * 1e6 })
  }

  /// Budday's brain tissue: compression with tension, and shear, of one region.
  static func brain(_ region: String) throws -> [HomogeneousTest] {
    let all = try rows("budday2017_brain/budday2017_cann_table.csv").filter { $0[0] == region }
    return try [("comten", HomogeneousMode.uniaxial), ("shr", .simpleShear)].map { name, mode in
      let own = all.filter { $0[1] == name }
      return try HomogeneousTest(
        name: name, mode: mode, stretches: own.map { Double($0[2])! },
        stresses: own.map { Double($0[3])! * 1e3 })
    }
  }
}

/// 1 − Σ (prediction − value)²/Σ (value − mean)² of nominal stresses of tests against a law, per test;
/// and the root mean square error over all points, Pa.
func score(_ law: Law, _ tests: [HomogeneousTest]) -> (r2: [Double], rmse: Double) {
  var (r2, sum, count) = ([Double](), 0.0, 0.0)
  for test in tests {
    let mean = test.stresses.reduce(0, +) / Double(test.count)
    var (left, total) = (0.0, 0.0)
    for p in 0..<test.count {
      let r = law.incompressibleResponse(
        test.mode, test.stretches[p], second: test.secondStretch(p))
      left += (r.nominal - test.stresses[p]) * (r.nominal - test.stresses[p])
      total += (test.stresses[p] - mean) * (test.stresses[p] - mean)
    }
    r2.append(1 - left / total)
    sum += left
    count += Double(test.count)
  }
  return (r2, (sum / count).squareRoot())
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let n = sorted.count
  return n % 2 == 1 ? sorted[n / 2] : 0.5 * (sorted[n / 2 - 1] + sorted[n / 2])
}
