import Storage

/// The command `report`.
public enum ReportStudy {
  /// Writes the page of a law or a field result.
  /// - Returns: figures of `report --json`: kind, bytes.
  /// - Throws: `StorageError` for a foreign file, `InputError` for an output that cannot be.
  public static func write(_ path: String, to output: String) throws -> JSONValue {
    let target = try OutputFile(output, inputs: [path])
    let (kind, html) = try page(path)
    try target.write(text: html)
    return .object([
      ("kind", .string(kind)), ("output", .string(output)), ("bytes", JSONValue(html.utf8.count)),
    ])
  }

  private static func page(_ path: String) throws -> (kind: String, html: String) {
    let isBlockSystem = try {
      let file = try H5File.open(at: path)
      return BlockResultFile.isResult(file.root)
    }()
    let isCoupling = try {
      let file = try H5File.open(at: path)
      return CouplingFile.isResult(file.root)
    }()
    if isCoupling { return ("coupling", try CouplingReport(path).html()) }
    if isBlockSystem { return ("block-system", try BlockReport(path).html()) }
    let isResult = try {
      let file = try H5File.open(at: path)
      return ResultFile.isResult(file.root)
    }()
    if isResult {
      let file = try ResultFile(path)
      if file.result.kind == .dataDriven {
        let report = DataDrivenReport(
          result: file.result, caseText: file.input.text, overrides: file.input.overrides)
        return ("data-driven", report.html())
      }
      let report = FieldReport(
        result: file.result, caseText: file.input.text, overrides: file.input.overrides,
        laws: file.input.files.map(\.name).filter { !$0.hasSuffix(".msh") })
      return ("field", report.html())
    }
    let isProjection = try {
      let file = try H5File.open(at: path)
      return ProjectionFile.isProjection(file.root)
    }()
    if isProjection { return ("projection", try ProjectionReport(path).html()) }
    return ("law", try LawReport(law: LawFile.read(path)).html())
  }
}
