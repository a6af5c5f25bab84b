import DDA
import Storage

// What cases of several kinds say about time.
extension CaseSource {
  /// A number over time, constant where the case says nothing.
  /// - Throws: `InputError` with the row that does not go forward in time.
  func history(
    _ row: CaseValue?, _ dimension: PhysicalUnit.Dimension, or standard: Double
  ) throws(InputError) -> TimeHistory {
    guard let row else { return .constant(standard) }
    if let file = row["file"] {
      return try HistoryFile(path(file), dimension).history
    }
    guard let rows = row["table"]?.list else {
      return .harmonic(
        row.need("sines").list.map {
          TimeHistory.Sine(
            amplitude: $0.need("amplitude").number, frequency: $0.need("frequency").number,
            phase: $0.need("phase").number)
        })
    }
    let times = rows.map { $0.need("at").number }
    for i in rows.indices.dropFirst() where times[i] <= times[i - 1] {
      throw rows[i].need("at").error(
        "is \(Show.number(times[i])) s after \(Show.number(times[i - 1])) s; "
          + "give rows forward in time")
    }
    return .table(times: times, values: rows.map { $0.need("value").number })
  }

  /// Step and output times of a block `time`, s.
  /// - Throws: `InputError` where there are too many of either.
  static func times(_ time: CaseValue) throws(InputError) -> (step: Double, outputs: [Double]) {
    let end = time.need("end").number
    let step = time.need("step").number
    let interval = time["output"]?.number ?? end / 100
    guard end / step <= 1e8 else {
      throw time.need("step").error("makes more than 1e8 steps; take longer ones")
    }
    let count = (end / interval * (1 - 1e-12)).rounded(.up)
    guard count <= 100_000 else {
      let place = time["output"] ?? time
      throw place.error("makes more than 100 000 output times; take a longer one")
    }
    let inner = (1..<max(Int(count), 1)).map { Double($0) * interval }
    return (step, inner + [end])
  }
}
