import FEM

/// The commands `validate` and `schema`.
public enum CaseCheck {
  /// Checks a case without running it: syntax, keys, units, files, sets, supports.
  /// - Returns: figures of `validate --json`: title, nodes, cells, unknowns, steps, probes.
  /// - Throws: `InputError` at the first mistake.
  public static func validate(_ path: String, overrides: [String] = []) throws -> JSONValue {
    try RunStudy.withCase(path, overrides: overrides) { study in
      switch study {
      case .fem(let fem): return try fem.figures()
      case .dataDriven(let study): return try DataDrivenRun(study).figures
      case .identification(let study): return try study.prepare().figures
      case .blockSystem(let study): return try BlockRun(study).figures
      case .coupling(let study): return try CouplingRun(study).figures
      }
    }
  }

  /// The JSON Schema of case files.
  public static var schema: JSONValue {
    .object([
      ("$schema", "https://json-schema.org/draft/2020-12/schema"),
      ("title", "DeepManifold case"),
      ("description", "A case of any kind. Numbers are SI unless a unit follows them."),
      ("oneOf", .array(CaseKind.allCases.map(\.schema.json))),
    ])
  }
}
