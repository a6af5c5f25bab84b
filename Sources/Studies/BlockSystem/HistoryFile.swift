import DDA
import Storage

/// A record over time in a text file: columns `time` and `value`.
///
/// A unit may stand behind a name in brackets, `time [ms],value [mm/s2]`; without one the column is
/// SI. Lines that begin with `#` are comments. Between rows the record is linear, before and after it
/// constant.
struct HistoryFile {
  let history: TimeHistory

  /// Reads a file.
  /// - Parameter dimension: Of the values.
  /// - Throws: `InputError` with the line of a missing column, an unknown unit, a cell that is no
  ///   number, or a time that does not go forward.
  init(_ path: String, _ dimension: PhysicalUnit.Dimension) throws(InputError) {
    let table = try CSVTable(readText(path, as: "a record of time and value"), file: path)
    let (t, v) = (
      try HistoryFile.column("time", .time, table),
      try HistoryFile.column("value", dimension, table)
    )
    var (times, values): ([Double], [Double]) = ([], [])
    for row in table.rows {
      let time = try table.number(row, t.index) * t.factor
      if let last = times.last, time <= last {
        throw InputError(
          path, line: row.line, key: "time",
          "is \(Show.number(time, digits: 10)) s after \(Show.number(last, digits: 10)) s; "
            + "give rows forward in time")
      }
      times.append(time)
      values.append(try table.number(row, v.index) * v.factor)
    }
    history = .table(times: times, values: values)
  }

  private static func column(
    _ name: String, _ dimension: PhysicalUnit.Dimension, _ table: CSVTable
  ) throws(InputError) -> (index: Int, factor: Double) {
    guard let index = table.index(of: name) else {
      let known = table.columns.map(\.name)
      throw InputError(
        table.file, line: table.headerLine, key: name,
        "is no column of this file; it has \(known.joined(separator: ", ")), "
          + "name two of them time and value")
    }
    if table.columns[index].unit == nil { return (index, 1) }
    return (index, try table.factor(of: index, dimension))
  }
}
