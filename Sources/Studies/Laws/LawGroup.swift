import ConstitutiveManifold
import Manifold
import Mechanics
import Storage

/// The group `law` of a law file: family, architecture and parameters, restored to the bit.
enum LawGroup {
  static func write(_ law: Law, to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("family", law.name)
    try group.setAttribute("pair", law.pair.rawValue)
    let parameters = law.parameters
    try group.write("parameter_names", parameters.map(\.name))
    try group.write("parameter_units", parameters.map(\.unit))
    try group.write("parameters", parameters.map(\.value))
    switch law {
    case .learned(let law): try write(law.potential, scales: law.featureScales, to: group)
    case .learnedAnisotropic(let law):
      try write(law.potential, scales: law.featureScales, to: group)
    case .learnedSmallStrain(let law):
      try write(law.potential, scales: law.featureScales, to: group)
      try group.write("stiffness", law.stiffness, shape: [6, 6], unit: "Pa")
    case .stressMap(let law): try writeMap(law.map, to: group)
    default: break
    }
  }

  /// A learned map: its architecture, weights and the scales of its features.
  private static func write(
    _ potential: StackedPotential, scales: [Double], to group: borrowing H5Group
  ) throws(StorageError) {
    let architecture = potential.architecture
    try group.setAttribute("widths", architecture.widths.map { Int64($0) })
    try group.setAttribute("activation", "softplus")
    try group.setAttribute("polyconvex", architecture.polyconvex ? 1 : 0)
    try group.setAttribute("sees_volume", architecture.seesVolume ? 1 : 0)
    try group.write("columns", architecture.columns.map(\.rawValue))
    try group.write("weights", potential.weights, unit: "1")
    try group.write("feature_scales", scales, unit: "1")
  }

  static func read(_ group: borrowing H5Group) throws -> Law {
    let family = try group.stringAttribute("family")
    let names = try group.readStrings("parameter_names").values
    let units = try group.readStrings("parameter_units").values
    let values = try group.readDoubles("parameters").values
    guard names.count == values.count, units.count == values.count else {
      throw damaged(group, "its arrays have different lengths")
    }
    let parameters = names.indices.map { LawParameter(names[$0], values[$0], units[$0]) }
    let scalars = Dictionary(zip(names, values)) { a, _ in a }
    do {
      switch family {
      case "learned": return .learned(try readLearned(group, scalars))
      case "learned-transverse", "learned-orthotropic":
        return .learnedAnisotropic(try readAnisotropic(group, parameters, scalars))
      case "learned-small-strain":
        return .learnedSmallStrain(try readSmallStrain(group, parameters, scalars))
      case "stress-map": return .stressMap(try readStressMap(group, values))
      default: return try Law(name: family, parameters: parameters)
      }
    } catch let error as StorageError {
      throw error
    } catch {
      throw damaged(group, "\(error)")
    }
  }

  private static func writeMap(
    _ map: StackedMap, to group: borrowing H5Group
  ) throws(StorageError) {
    try group.setAttribute("widths", map.architecture.widths.map { Int64($0) })
    try group.setAttribute("activation", map.architecture.activation.rawValue)
    try group.write("weights", map.weights, unit: "1")
    try group.write("input_shift", map.input.shift, unit: "1")
    try group.write("input_scale", map.input.scale, unit: "1")
    try group.write("output_shift", map.output.shift, unit: "Pa")
    try group.write("output_scale", map.output.scale, unit: "Pa")
    try group.write("domain_lower", map.domain.map(\.lowerBound), unit: "1")
    try group.write("domain_upper", map.domain.map(\.upperBound), unit: "1")
  }

  private static func readStressMap(
    _ group: borrowing H5Group, _ parameters: [Double]
  ) throws -> StackedStressLaw {
    guard
      let activation = StackedMap.Activation(rawValue: try group.stringAttribute("activation")),
      let pair = WorkPair(rawValue: try group.stringAttribute("pair")), parameters.count == 1
    else { throw damaged(group, "its activation, pair or asymmetry is unknown") }
    let lower = try group.readDoubles("domain_lower").values
    let upper = try group.readDoubles("domain_upper").values
    guard lower.count == upper.count, zip(lower, upper).allSatisfy({ $0 <= $1 }) else {
      throw damaged(group, "its domain is no range")
    }
    let map = try StackedMap(
      architecture: .init(
        widths: group.intsAttribute("widths").map { Int($0) }, activation: activation),
      weights: group.readDoubles("weights").values,
      input: .init(
        shift: group.readDoubles("input_shift").values,
        scale: group.readDoubles("input_scale").values),
      output: .init(
        shift: group.readDoubles("output_shift").values,
        scale: group.readDoubles("output_scale").values),
      domain: zip(lower, upper).map { $0...$1 })
    return try StackedStressLaw(map: map, pair: pair, asymmetry: parameters[0])
  }

  private static func scalar(
    _ name: String, _ scalars: [String: Double], _ group: borrowing H5Group
  ) throws(StorageError) -> Double {
    guard let value = scalars[name] else { throw damaged(group, "'\(name)' is missing") }
    return value
  }

  /// The learned map; a file without `columns` holds a map of the three isotropic features.
  private static func potential(_ group: borrowing H5Group) throws -> StackedPotential {
    let widths = try group.intsAttribute("widths").map { Int($0) }
    let convex = try group.intAttribute("polyconvex") != 0
    let architecture: StackedPotential.Architecture
    if group.contains("columns") {
      var columns: [StackedPotential.Architecture.Kind] = []
      for word in try group.readStrings("columns").values {
        guard let kind = StackedPotential.Architecture.Kind(rawValue: word) else {
          throw damaged(group, "'\(word)' is not a kind of weight")
        }
        columns.append(kind)
      }
      architecture = try .init(widths: widths, columns: columns, convex: convex)
    } else {
      architecture = try .init(
        widths: widths, polyconvex: convex, seesVolume: group.intAttribute("sees_volume") != 0)
    }
    return try StackedPotential(
      architecture: architecture, weights: group.readDoubles("weights").values)
  }

  private static func readLearned(
    _ group: borrowing H5Group, _ scalars: [String: Double]
  ) throws -> LearnedLaw {
    try LearnedLaw(
      potential: potential(group), stressScale: scalar("stress scale", scalars, group),
      featureScales: group.readDoubles("feature_scales").values,
      growth: scalar("growth", scalars, group), cofactor: scalar("cofactor", scalars, group),
      bulk: scalar("bulk", scalars, group))
  }

  private static func readAnisotropic(
    _ group: borrowing H5Group, _ parameters: [LawParameter], _ scalars: [String: Double]
  ) throws -> AnisotropicLearnedLaw {
    try AnisotropicLearnedLaw(
      potential: potential(group), directions: Law.directions(in: parameters),
      stressScale: scalar("stress scale", scalars, group),
      featureScales: group.readDoubles("feature_scales").values,
      growth: scalar("growth", scalars, group), cofactor: scalar("cofactor", scalars, group),
      bulk: scalar("bulk", scalars, group))
  }

  private static func readSmallStrain(
    _ group: borrowing H5Group, _ parameters: [LawParameter], _ scalars: [String: Double]
  ) throws -> SmallStrainLearnedLaw {
    try SmallStrainLearnedLaw(
      potential: potential(group), directions: Law.directions(in: parameters),
      stressScale: scalar("stress scale", scalars, group),
      featureScales: group.readDoubles("feature_scales").values,
      smoothing: scalar("smoothing", scalars, group),
      stiffness: group.readDoubles("stiffness").values)
  }

  static func damaged(_ group: borrowing H5Group, _ what: String) -> StorageError {
    StorageError(
      .damaged, file: group.file, path: group.path, what: what, remedy: "fit the law again")
  }
}

extension FittedTest {
  /// Writes the test and the law's answers.
  func write(to group: borrowing H5Group) throws(StorageError) {
    try group.setAttribute("name", test.name)
    try group.setAttribute("mode", test.mode.rawValue)
    try group.setAttribute("measure", test.measure.rawValue)
    try group.setAttribute("held_out", test.heldOut ? 1 : 0)
    try group.setAttribute("weight", test.weight)
    try group.setAttribute("r2", r2)
    try group.setAttribute("rmse_Pa", rmse)
    try group.write("stretch", test.stretches, unit: "1")
    try group.write("stress", test.stresses, unit: "Pa")
    try group.write("fitted_stress", fitted, unit: "Pa")
    if let values = test.secondStretches { try group.write("stretch_2", values, unit: "1") }
    if let values = test.secondStresses { try group.write("stress_2", values, unit: "Pa") }
    if let values = test.stressDifferences {
      try group.write("stress_difference", values, unit: "Pa")
    }
    if let values = test.lateralStresses { try group.write("lateral_stress", values, unit: "Pa") }
    if let values = differenceFitted {
      try group.write("fitted_stress_difference", values, unit: "Pa")
    }
    if let values = secondFitted { try group.write("fitted_stress_2", values, unit: "Pa") }
    if let values = test.volumeRatios { try group.write("volume_ratio", values, unit: "1") }
  }

  /// Reads what `write` wrote.
  init(_ group: borrowing H5Group) throws {
    func optional(_ name: String) throws(StorageError) -> [Double]? {
      group.contains(name) ? try group.readDoubles(name).values : nil
    }
    guard let mode = HomogeneousMode(rawValue: try group.stringAttribute("mode")),
      let measure = StressMeasure(rawValue: try group.stringAttribute("measure"))
    else { throw LawGroup.damaged(group, "mode or measure is unknown") }
    let test: HomogeneousTest
    do {
      test = try HomogeneousTest(
        name: group.stringAttribute("name"), mode: mode,
        stretches: group.readDoubles("stretch").values,
        secondStretches: optional("stretch_2"), measure: measure,
        stresses: group.readDoubles("stress").values, secondStresses: optional("stress_2"),
        stressDifferences: optional("stress_difference"),
        lateralStresses: optional("lateral_stress"), volumeRatios: optional("volume_ratio"),
        heldOut: group.intAttribute("held_out") != 0,
        weight: group.doubleAttribute("weight"))
    } catch let error as HomogeneousTestError {
      throw LawGroup.damaged(group, error.description)
    }
    let fitted = try group.readDoubles("fitted_stress").values
    let second = try optional("fitted_stress_2")
    guard fitted.count == test.count, second == nil || second?.count == test.count else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
    let difference = try optional("fitted_stress_difference")
    guard difference == nil || difference?.count == test.count else {
      throw LawGroup.damaged(group, "its arrays have different lengths")
    }
    self.init(test, fitted: fitted, secondFitted: second, differenceFitted: difference)
  }
}
