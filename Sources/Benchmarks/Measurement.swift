import Glibc

/// Figures of one measured case; times in s of one core (user + system), memory in MB.
struct Measurement {
  var values: [(name: String, value: Double)] = []

  mutating func add(_ name: String, _ value: Double) { values.append((name, value)) }

  subscript(name: String) -> Double {
    guard let found = values.first(where: { $0.name == name }) else { return .nan }
    return found.value
  }

  /// One line `name=value …`, as a case prints it for the table.
  var line: String { values.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }

  init() {}

  /// Reads such a line back.
  init(line: Substring) {
    for pair in line.split(separator: " ") {
      let parts = pair.split(separator: "=")
      if parts.count == 2, let value = Double(parts[1]) { add(String(parts[0]), value) }
    }
  }
}

/// User and system time of this process, s.
func processorSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  func seconds(_ t: timeval) -> Double { Double(t.tv_sec) + 1e-6 * Double(t.tv_usec) }
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// Largest resident memory of this process so far, MB.
func peakMegabytes() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}

/// The middle of three or more values.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
