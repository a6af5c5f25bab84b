import Glibc

/// Anderson's mixing (J. ACM 12 (1965); Walker & Ni, SIAM J. Numer. Anal. 49 (2011)): of the last points the affine
/// combination with the least linearised residual, moved along that by the mixing factor. Each window begins anew.
public struct AndersonRelaxation: Relaxation {
  /// Differences that are kept; factor of the residual, also of the first step.
  public let depth: Int, mixing: Double
  /// Which are dropped as dependent.
  public let filter: QRFilter
  /// What the last call of `next` did.
  public private(set) var report = RelaxationReport()
  private var steps: [[Double]] = [], changes: [[Double]] = []
  private var last: Last?

  private struct Last: Sendable, Codable { let x: [Double], r: [Double] }

  /// A depth of 5 to 10 is usual.
  public init(depth: Int = 8, mixing: Double = 1, filter: QRFilter = .qr2(1e-8)) {
    precondition(depth > 0 && mixing > 0 && mixing.isFinite, "depth \(depth), mixing \(mixing)")
    (self.depth, self.mixing, self.filter) = (depth, mixing, filter)
  }

  /// The combination of the last points; the first step goes along the residual.
  public mutating func next(_ x: [Double], image: [Double]) -> [Double] {
    report = RelaxationReport()
    let r = minus(image, x)
    if let last {
      steps.insert(minus(x, last.x), at: 0)
      changes.insert(minus(r, last.r), at: 0)
      if steps.count > min(depth, x.count) {
        steps.removeLast()
        changes.removeLast()
      }
    }
    last = Last(x: x, r: r)
    let qr = FilteredQR(changes, filter: filter)
    for n in qr.dropped.reversed() {
      steps.remove(at: n)
      changes.remove(at: n)
    }
    (report.columns, report.dropped) = (qr.kept.count, qr.dropped.count)
    var out = relaxed(x, image, mixing)
    for (j, a) in qr.leastSquares(r).enumerated() {
      for i in out.indices { out[i] -= a * (steps[j][i] + mixing * changes[j][i]) }
    }
    guard out.allSatisfy({ $0.isFinite }) else {
      report.refusal = .illConditioned
      return relaxed(x, image, mixing)
    }
    if qr.kept.isEmpty { report.factor = mixing }
    return out
  }

  /// Nothing is kept.
  public mutating func endWindow(_ x: [Double], image: [Double]) { abandonWindow() }
  /// Nothing is kept.
  public mutating func abandonWindow() { (steps, changes, last) = ([], [], nil) }
}
