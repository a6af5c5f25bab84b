import ConstitutiveManifold
import Manifold
import Mechanics

/// The command `geometry`: measures the manifold of a law's states.
public struct GeometryStudy: Sendable {
  /// The law with its geometry.
  public let law: LawFile
  /// What was measured.
  public let geometry: LawGeometry
  /// Wall time of the measurement, s.
  public let seconds: Double

  /// Measures a law, and writes law and geometry where an output is given: then `report` shows it.
  ///
  /// - Throws: `InputError` for a law of small strains or without tests and for an output that cannot be,
  ///   `StorageError` for a file that is no law.
  public init(_ file: String, output: String? = nil, seed: UInt64 = 1, points: Int = 2000) throws {
    if let output { _ = try OutputFile(output, inputs: [file]) }
    guard (50...20_000).contains(points) else {
      throw InputError("--points", "is \(points); give 50 to 20000")
    }
    var law = try LawFile.read(file)
    guard law.law.pair == .rightCauchyGreen else {
      throw InputError(file, "is a law of small strains, whose states are flat; give another")
    }
    let tests = try law.tests.isEmpty ? GeometryStudy.paths(of: law) : law.tests.map(\.test)
    guard tests.contains(where: { !$0.heldOut }) else {
      throw InputError(
        file,
        "holds no test that the law was fitted to, and no path that its data cover; fit it again")
    }
    let clock = Stopwatch()
    geometry = LawGeometry(
      of: law.law, tests: tests, coverage: law.coverage, record: law.record,
      prior: law.training.stages.last?.weights?.beta ?? law.regularisation ?? 0,
      checkpoints: law.training.checkpoints, seed: seed, points: points)
    seconds = clock.seconds
    law.geometry = geometry
    self.law = law
    if let output { try law.write(to: output) }
  }

  /// Homogeneous paths with the law's own answers, where its data were no tests: as far as they covered
  /// each mode.
  private static func paths(of law: LawFile) throws -> [HomogeneousTest] {
    try law.coverage.ranges.filter { $0.mode != .simpleShear }.map { range in
      let stretches = (0...20).map {
        range.lower + (range.upper - range.lower) * Double($0) / 20
      }.filter { $0 != 1 }
      return try HomogeneousTest(
        name: range.mode.rawValue, mode: range.mode, stretches: stretches,
        stresses: stretches.map { law.law.incompressibleResponse(range.mode, $0).nominal })
    }
  }

  /// A few lines for people.
  public var summary: String {
    var lines = ["\(law.name): geometry of its states"]
    if law.tests.isEmpty {
      lines.append(
        "  no tests: along the paths that its data cover, and losses against its own answers there")
    }
    for d in geometry.dimensions {
      let e = d.estimate
      lines.append(
        "  \(d.states): \(Show.number(e.twoNN, digits: 3)) coordinates (TwoNN), "
          + "\(Show.number(e.mackayGhahramani, digits: 3)) (likelihood)"
          + (d.expected.map { "; theory \($0)" } ?? ""))
    }
    if let s = geometry.stability {
      lines.append(
        "  fixed point of training: \(s.isStable ? "stable" : "not held in every direction"), "
          + "\(s.stiffDirections()) of \(s.curvatures.count) directions stiff"
          + (s.observedRate.map { ", last contraction \(Show.number($0, digits: 3))" } ?? ""))
    }
    if let middle = median, let largest = geometry.expansions.last {
      lines.append(
        "  projection, \(Show.number(100 * geometry.noise)) % off the manifold: expands by "
          + "\(Show.number(middle, digits: 4)) (median), \(Show.number(largest, digits: 4)) at most"
      )
    }
    if let path = geometry.path {
      lines.append(
        "  path of training: \(path.iterations.count) checkpoints, "
          + "\(Show.number(100 * path.embedding.explainedStress(2), digits: 3)) % of it in two axes"
      )
    } else {
      lines.append("  path of training: none, the file records no checkpoints")
    }
    return lines.joined(separator: "\n")
  }

  private var median: Double? {
    geometry.expansions.isEmpty ? nil : geometry.expansions[geometry.expansions.count / 2]
  }

  /// Figures of `geometry --json`.
  public var json: JSONValue {
    let dimensions = geometry.dimensions.map { d in
      JSONValue.object([
        ("states", .string(d.states)), ("expected", d.expected.map { JSONValue($0) } ?? .null),
        ("points", JSONValue(d.estimate.count)), ("twoNN", .number(d.estimate.twoNN)),
        ("twoNNLikelihood", .number(d.estimate.twoNNLikelihood)),
        ("standardError", .number(d.estimate.standardError)),
        ("levinaBickel", .number(d.estimate.levinaBickel)),
        ("mackayGhahramani", .number(d.estimate.mackayGhahramani)),
      ])
    }
    var pairs: [(String, JSONValue)] = [("dimensions", .array(dimensions))]
    if let s = geometry.stability {
      pairs.append(
        (
          "fixedPoint",
          .object([
            ("stable", .bool(s.isStable)), ("directions", JSONValue(s.curvatures.count)),
            ("stiff", JSONValue(s.stiffDirections())), ("condition", .number(s.condition)),
            ("contractionRate", s.observedRate.map { .number($0) } ?? .null),
            ("order", s.observedOrder.map { .number($0) } ?? .null),
            ("gradientDescentRate", .number(s.gradientDescentRate)),
          ])
        ))
    }
    if let middle = median, let largest = geometry.expansions.last {
      pairs.append(
        (
          "projection",
          .object([
            ("noise", .number(geometry.noise)), ("states", JSONValue(geometry.expansions.count)),
            ("medianExpansion", .number(middle)), ("largestExpansion", .number(largest)),
          ])
        ))
    }
    if let slice = geometry.slice {
      let finite = slice.values.filter(\.isFinite)
      pairs.append(
        (
          "slice",
          .object([
            ("points", JSONValue(slice.offsets.count)),
            ("extent", .number(slice.offsets.last ?? 0)),
            ("loss", .number(slice.values[slice.values.count / 2])),
            ("largestLoss", .number(finite.max() ?? .nan)),
          ])
        ))
    }
    let path = geometry.path.map { path in
      JSONValue.object([
        ("checkpoints", JSONValue(path.iterations.count)),
        (
          "explainedStress",
          .array(
            (1...min(5, path.embedding.eigenvalues.count)).map {
              .number(path.embedding.explainedStress($0))
            })
        ), ("imaginaryAxes", JSONValue(path.embedding.eigenvalues.count { $0 < 0 })),
      ])
    }
    pairs.append(("path", path ?? .null))
    pairs.append(("seconds", .number(seconds)))
    return .object(pairs)
  }
}
