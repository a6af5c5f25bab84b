import ConstitutiveManifold
import Foundation
import Mechanics

/// Treloar's 53 points from the repository's own file, stresses in Pa.
func treloar(heldOut: Set<HomogeneousMode> = []) throws -> [HomogeneousTest] {
  let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../datasets/treloar1944/treloar1944.csv")
  let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
  var columns: [HomogeneousMode: (stretches: [Double], stresses: [Double])] = [:]
  for line in lines where !line.hasPrefix("#") {
    let fields = line.split(separator: ",").map(String.init)
    guard let mode = HomogeneousMode(rawValue: fields[0]) else { continue }
    columns[mode, default: ([], [])].stretches.append(Double(fields[1])!)
    columns[mode]!.stresses.append(Double(fields[2])! * 1e6)
  }
  return try [HomogeneousMode.uniaxial, .equibiaxial, .pureShear].map { mode in
    try HomogeneousTest(
      name: mode.rawValue, mode: mode, stretches: columns[mode]!.stretches,
      stresses: columns[mode]!.stresses, heldOut: heldOut.contains(mode))
  }
}

/// What a law would be measured to do: exact tests of any kind.
func measured(
  _ law: some ConstitutiveLaw, _ mode: HomogeneousMode, _ stretches: [Double],
  measure: StressMeasure = .nominal, second: Double = 1.3, volume: Bool = false
) throws -> HomogeneousTest {
  let r = try stretches.map {
    volume
      ? try law.compressibleResponse(mode, $0, second: second)
      : law.incompressibleResponse(mode, $0, second: second)
  }
  let hasSecond = mode == .biaxial || mode == .pureShear
  return try HomogeneousTest(
    name: mode.rawValue, mode: mode, stretches: stretches,
    secondStretches: mode == .biaxial ? stretches.map { _ in second } : nil, measure: measure,
    stresses: r.map { measure == .true ? $0.true : $0.nominal },
    secondStresses: hasSecond ? r.map { measure == .true ? $0.secondTrue : $0.secondNominal } : nil,
    volumeRatios: volume && mode != .simpleShear ? r.map(\.volumeRatio) : nil)
}

let ladder = (0..<12).map { 0.6 + 0.2 * Double($0) }
