import ConstitutiveManifold
import Manifold
import Mechanics

/// The command `evaluate`: a law along a homogeneous path, each point marked as inside or outside
/// the region that its data covered.
public struct Evaluation: Sendable {
  /// One point of the path.
  public struct Row: Sendable {
    /// Stretch λ (in simple shear γ), and λ₂ in biaxial paths.
    public let stretch: Double, second: Double
    /// Nominal stress and its slope along the path, Pa; energy density, J/m³.
    public let nominalStress: Double, tangent: Double, energy: Double
    /// Whether the data of the law covered this deformation.
    public let isInside: Bool
    /// Score and p-value of the deformation among the data (see `CoverageScore`); nil where fewer than
    /// two states are known.
    public let coverage: CoverageScore.Answer?
    /// Conformal band of the nominal stress, Pa; nil where the law has none.
    public let band: ErrorBands.Band?
    /// Standard deviation of the nominal stress over the ensemble, Pa; nil without one.
    public let deviation: Double?
  }

  /// Path, and whether the volume may change (as in a finite-element run) or not (as in the fit).
  public let mode: HomogeneousMode, compressible: Bool
  /// The points.
  public let rows: [Row]
  /// Level of the bands; nil where the law has none.
  public let level: Double?

  /// Evaluates a law file along a path.
  /// - Parameters:
  ///   - path: Name of a `HomogeneousMode`.
  ///   - stretch: `FROM:TO:COUNT`; `second` the same for λ₂ of a biaxial path.
  ///   - level: level of the bands in (0, 1); the file's own where nil.
  /// - Throws: `InputError` for a path or range that is none, `StorageError` for a file that is no
  ///   law, `NotConverged` where the compressible law finds no lateral equilibrium.
  public init(
    _ file: String, path: String, stretch: String, second: String? = nil,
    compressible: Bool = false, level: Double? = nil
  ) throws {
    if let level, !(level > 0 && level < 1) {
      throw InputError("--level", "is \(level); give a number between 0 and 1, such as 0.9")
    }
    guard let mode = HomogeneousMode(rawValue: path) else {
      let known = HomogeneousMode.allCases.map(\.rawValue)
      throw InputError("--path", "unknown '\(path)'; \(Suggestion.remedy(for: path, in: known))")
    }
    let isShear = mode == .simpleShear
    let stretches = try Evaluation.grid(stretch, option: "--stretch", positive: !isShear)
    var seconds = [Double](repeating: 1, count: stretches.count)
    if mode == .biaxial {
      guard let second else {
        throw InputError(
          "--path biaxial", "needs the stretches along 2; give --second FROM:TO:COUNT")
      }
      seconds = try Evaluation.grid(second, option: "--second", positive: true)
      guard seconds.count == stretches.count else {
        throw InputError("--second", "has \(seconds.count) points, --stretch \(stretches.count)")
      }
    } else if second != nil {
      throw InputError("--second", "only goes with --path biaxial")
    }
    let law = try LawFile.read(file)
    guard law.law.pair == .rightCauchyGreen else {
      throw InputError(file, "is a law of small strains, which has no such path; give another")
    }
    guard law.law.directions.isEmpty || mode != .uniaxial else {
      throw InputError(
        "--path",
        "a law with preferred directions contracts differently along 2 and 3; take biaxial, "
          + "equibiaxial, pure-shear or simple-shear, or run a case")
    }
    self.mode = mode
    self.compressible = compressible
    if let level, law.trust?.bands == nil {
      throw InputError(file, "has no error bands for --level \(level); fit the law again")
    }
    self.level = level ?? law.trust?.bands?.level
    let score = law.coverage.score
    rows = try stretches.indices.map { i in
      try Evaluation.row(law, score, mode, stretches[i], seconds[i], compressible, level)
    }
  }

  private static func row(
    _ law: LawFile, _ score: LawCoverageScore?, _ mode: HomogeneousMode, _ stretch: Double,
    _ second: Double, _ compressible: Bool, _ level: Double?
  ) throws -> Row {
    func response(_ s: Double) throws(NotConverged) -> HomogeneousResponse {
      guard compressible else {
        return law.law.incompressibleResponse(mode, s, second: second)
      }
      do {
        return try law.law.compressibleResponse(mode, s, second: second)
      } catch {
        throw NotConverged(error.description)
      }
    }
    let here = try response(stretch)
    // Central differences of fourth order: the slope to about ten digits.
    let h = 1e-3 * max(abs(stretch), 0.1)
    let near = try response(stretch + h).nominal - response(stretch - h).nominal
    let far = try response(stretch + 2 * h).nominal - response(stretch - 2 * h).nominal
    return Row(
      stretch: stretch, second: second, nominalStress: here.nominal,
      tangent: (8 * near - far) / (12 * h), energy: here.energy,
      isInside: law.covers(mode, stretch, second: second),
      coverage: score?(
        mode.deformation(
          stretch, second: second, lateral: mode.lateralStretch(stretch, second: second)
        ).rightCauchyGreen),
      band: band(law, mode, stretch, second, about: here.nominal, level),
      deviation: law.trust?.ensemble?.spread(mode, stretch, second: second).deviation)
  }

  /// The band of the incompressible stress, moved to the stress that was asked for: volume changes of a
  /// nearly incompressible law move both alike.
  private static func band(
    _ law: LawFile, _ mode: HomogeneousMode, _ stretch: Double, _ second: Double,
    about stress: Double, _ level: Double?
  ) -> ErrorBands.Band? {
    guard let bands = law.trust?.bands else { return nil }
    let band = bands.band(of: law.law, mode, stretch, second: second, level: level)
    let own = law.law.incompressibleResponse(mode, stretch, second: second).nominal
    return ErrorBands.Band(
      lower: band.lower - own + stress, upper: band.upper - own + stress)
  }

  /// Equal steps from `FROM:TO:COUNT`.
  private static func grid(
    _ text: String, option: String, positive: Bool
  ) throws(InputError) -> [Double] {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let a = Double(parts[0]), let b = Double(parts[1]),
      let n = Int(parts[2]), a.isFinite, b.isFinite, (1...1_000_000).contains(n)
    else { throw InputError(option, "'\(text)' is not FROM:TO:COUNT, such as 1:3:21") }
    guard !positive || (a > 0 && b > 0) else {
      throw InputError(option, "'\(text)': a stretch is positive (1 at rest)")
    }
    return n == 1 ? [a] : (0..<n).map { a + (b - a) * Double($0) / Double(n - 1) }
  }

  /// A table with a line of column names, all digits; stresses in MPa.
  public var csv: String {
    let name = mode == .simpleShear ? "shear" : "stretch"
    let two = mode == .biaxial
    var lines = [
      "\(name) [-],\(two ? "stretch_2 [-]," : "")nominal_stress [MPa],tangent [MPa],"
        + "energy_density [J/m^3],inside"
        + (hasScore ? ",coverage_score [-],coverage_p [-]" : "")
        + (level == nil ? "" : ",band_lower [MPa],band_upper [MPa]")
        + (hasDeviation ? ",ensemble_deviation [MPa]" : "")
    ]
    for row in rows {
      lines.append(
        "\(row.stretch),\(two ? "\(row.second)," : "")\(row.nominalStress / 1e6),"
          + "\(row.tangent / 1e6),\(row.energy),\(row.isInside ? 1 : 0)"
          + (row.coverage.map { ",\($0.score),\($0.pValue)" } ?? "")
          + (row.band.map { ",\($0.lower / 1e6),\($0.upper / 1e6)" } ?? "")
          + (row.deviation.map { ",\($0 / 1e6)" } ?? ""))
    }
    return lines.joined(separator: "\n")
  }

  private var hasScore: Bool { rows.contains { $0.coverage != nil } }
  private var hasDeviation: Bool { rows.contains { $0.deviation != nil } }

  /// A table for people.
  public var text: String {
    func pad(_ s: String, _ n: Int) -> String {
      String(repeating: " ", count: max(0, n - s.count)) + s
    }
    let name = mode == .simpleShear ? "shear" : "stretch"
    var lines = [
      pad(name, 10) + pad("stress, MPa", 16) + pad("tangent, MPa", 16) + pad("energy, kJ/m3", 16)
        + (level.map { pad("\(Show.number(100 * $0)) % band, MPa", 22) } ?? "")
        + (hasDeviation ? pad("ensemble, MPa", 16) : "") + (hasScore ? pad("score", 8) : "")
        + "  data"
    ]
    for row in rows {
      lines.append(
        pad(Show.number(row.stretch), 10) + pad(Show.number(row.nominalStress / 1e6, digits: 6), 16)
          + pad(Show.number(row.tangent / 1e6, digits: 6), 16)
          + pad(Show.number(row.energy / 1e3, digits: 6), 16)
          + (row.band.map {
            pad(Show.number($0.lower / 1e6) + " … " + Show.number($0.upper / 1e6), 22)
          } ?? "")
          + (row.deviation.map { pad(Show.number($0 / 1e6, digits: 3), 16) } ?? "")
          + (row.coverage.map { pad(Show.number($0.score, digits: 3), 8) } ?? "")
          + (row.isInside ? "  inside" : "  OUTSIDE"))
    }
    return lines.joined(separator: "\n")
  }

  /// Figures of `evaluate --json`.
  public var json: JSONValue {
    var pairs: [(String, JSONValue)] = [
      ("path", .string(mode.rawValue)), ("compressible", .bool(compressible)),
      ("unit", "MPa"), ("stretch", .array(rows.map { .number($0.stretch) })),
      ("nominalStress", .array(rows.map { .number($0.nominalStress / 1e6) })),
      ("tangent", .array(rows.map { .number($0.tangent / 1e6) })),
      ("energy", .array(rows.map { .number($0.energy) })),
      ("inside", .array(rows.map { .bool($0.isInside) })),
    ]
    if hasScore {
      pairs.append(("coverageScore", .array(rows.map { .number($0.coverage?.score ?? .nan) })))
      pairs.append(("coverageP", .array(rows.map { .number($0.coverage?.pValue ?? .nan) })))
    }
    if let level {
      pairs.append(("bandLevel", .number(level)))
      pairs.append(("bandLower", .array(rows.map { .number(($0.band?.lower ?? .nan) / 1e6) })))
      pairs.append(("bandUpper", .array(rows.map { .number(($0.band?.upper ?? .nan) / 1e6) })))
    }
    if hasDeviation {
      let values = rows.map { JSONValue.number(($0.deviation ?? .nan) / 1e6) }
      pairs.append(("ensembleDeviation", .array(values)))
    }
    return .object(pairs)
  }
}
