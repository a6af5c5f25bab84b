import Glibc
enum Tune {
  static func get(_ n: String, _ d: Double) -> Double { getenv(n).flatMap { Double(String(cString: $0)) } ?? d }
  static let sweeps = Int(get("SWEEPS", 1)), pre = Int(get("PRE", 0)), eta = get("ETA", 0.01), firm = get("FIRM", 5), dbg = get("DBG", 0) > 0
  static let predict = get("PREDICT", 1) > 0, early = get("EARLY", 0.1), grow = get("GROW", 3), enough = get("ENOUGH", 0.02)
}
