import Foundation

/// A validation folder: a case and what must come out of it.
public struct Verification: Sendable {
  /// One comparison.
  public struct Row: Sendable {
    /// Name of the folder and of the probe, with its step where it is not the last.
    public let folder: String, probe: String
    /// What came out, what was expected, SI.
    public let value: Double, expected: Double
    /// The error that counts (relative or absolute) and its bound.
    public let error: Double, tolerance: Double, isRelative: Bool
    /// Where the expected value comes from.
    public let source: String

    /// Whether the error is within its bound; false for NaN.
    public var passed: Bool { error <= tolerance }

    /// Name, probe, value, expected, error, tolerance, pass or fail.
    public var line: String {
      let kind = isRelative ? "relative" : "absolute"
      func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
      }
      return pad(folder, 30) + " " + pad(probe, 20)
        + " value \(pad(Show.number(value, digits: 10), 16))"
        + " expected \(pad(Show.number(expected, digits: 10), 16))"
        + " error \(pad(Show.number(error, digits: 3), 9)) tolerance "
        + "\(pad(Show.number(tolerance, digits: 2), 7)) (\(kind)) \(passed ? "pass" : "FAIL")"
    }

    /// Figures of `verify --json`.
    public var json: JSONValue {
      .object([
        ("name", .string(folder)), ("probe", .string(probe)), ("value", .number(value)),
        ("expected", .number(expected)), ("error", .number(error)),
        ("tolerance", .number(tolerance)), ("passed", .bool(passed)),
        ("source", .string(source)),
      ])
    }
  }

  private let name: String
  private let study: StudyCase
  private let expected: CaseValue
  /// Whether the case is short enough for `make test`.
  public var isQuick: Bool { expected.need("quick").flag }

  /// Reads `case.yaml` and `expected.yaml` of a folder.
  public init(folder: String) throws(InputError) {
    name = FilePath.name(of: folder)
    study = try StudyCase(file: folder + "/case.yaml")
    let file = folder + "/expected.yaml"
    let tree = try YAMLTree.parse(try readText(file, as: "expected values"), file: file)
    expected = try Schema.expected.read(tree)
  }

  /// The validation folders below a folder, by name.
  public static func folders(in path: String) throws(InputError) -> [String] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    let folders = names.map { path + "/" + $0 }
      .filter { FileManager.default.fileExists(atPath: $0 + "/case.yaml") }
    guard !folders.isEmpty else {
      throw InputError(path, "holds no folder with a case.yaml; give datasets/validation")
    }
    return folders
  }

  /// Runs the case and compares.
  public func run() throws -> [Row] {
    let result: any RunResult
    switch study {
    case .fem(let fem): result = try fem.run()
    case .dataDriven(let study): result = try DataDrivenRun(study).run()
    case .blockSystem(let study): result = try BlockRun(study).run()
    case .coupling(let study):
      var run = try CouplingRun(study)
      result = try run.run()
    case .identification(let study):
      throw InputError(
        study.source.file, key: "kind", "is 'identification', which has no probes; give another")
    }
    var rows: [Row] = []
    for entry in expected.need("probes").list { rows.append(try row(entry, result)) }
    return rows
  }

  private func row(_ entry: CaseValue, _ result: any RunResult) throws(InputError) -> Row {
    let probe = entry.need("name").text
    let values: [Double]
    if probe == "iterations" {
      values = result.stepIterations.map(Double.init)
    } else {
      guard let history = result.probes.first(where: { $0.name == probe }) else {
        let remedy = Suggestion.remedy(for: probe, in: result.probes.map(\.name) + ["iterations"])
        throw entry.error("the case has no probe '\(probe)'; \(remedy)")
      }
      values = result.stepValues(of: history)
    }
    let step = entry["step"]?.integer ?? (result.converged ? values.count : Int.max)
    let value = step <= values.count && step > 0 ? values[step - 1] : Double.nan
    let wanted = entry.need("value").number
    let source = entry.need("source").text
    let label = entry["step"] == nil ? probe : "\(probe) @\(step)"
    if let relative = entry["relative"]?.number {
      return Row(
        folder: name, probe: label, value: value, expected: wanted,
        error: abs(value - wanted) / abs(wanted), tolerance: relative, isRelative: true,
        source: source)
    }
    guard let absolute = entry["absolute"]?.number else {
      throw entry.error("has no tolerance; give 'relative' or 'absolute'")
    }
    return Row(
      folder: name, probe: label, value: value, expected: wanted, error: abs(value - wanted),
      tolerance: absolute, isRelative: false, source: source)
  }
}
