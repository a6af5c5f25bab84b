import Glibc

/// Interface quasi-Newton: the inverse Jacobian of the residual from differences of earlier iterations.
///
/// `leastSquares` (IQN-ILS: Degroote, Bathe & Vierendeels, Comput. Struct. 87 (2009)): x ← H(x) + W a with a least squares
/// solution of V a = −r, V the differences of residuals, W those of images, of this window and some before. `multiVector`
/// (IQN-IMVJ: Lindner, Mehl, Scheufele & Uekermann (2015)): differences of this window alone correct the
/// inverse Jacobian of the windows before, which is kept as a product of low rank and cut down by singular values
/// (Scheufele & Mehl, SIAM J. Sci. Comput. 39 (2017)).
///
/// Where there is nothing to go by, where differences are dependent, and where the step found is of no use, the
/// step is one along the residual, and the report says so.
public struct QuasiNewtonRelaxation: Relaxation {
  /// What goes on from window to window.
  public enum Memory: Sendable, Equatable, Codable {
    /// The differences of so many windows; 0: none.
    case leastSquares(reusedWindows: Int)
    /// The inverse Jacobian; after so many windows singular values below the truncation, relative to the largest,
    /// are dropped.
    case multiVector(windowsPerRestart: Int, truncation: Double)
  }

  /// Memory; filter; factor of steps along the residual; most differences.
  public let memory: Memory, filter: QRFilter, first: Double, columnLimit: Int
  /// What the last call of `next` did.
  public private(set) var report = RelaxationReport()
  private var scaling: ResidualSum?
  private var columns: [Difference] = []
  private var last: Last?
  private var window = 0
  private var inverse: InverseJacobian?

  private struct Last: Sendable, Codable { let r: [Double], image: [Double] }

  private struct Difference: Sendable, Codable {
    let residual: [Double], image: [Double], window: Int
  }

  /// - Parameters:
  ///   - fields: ranges of unknowns that are scaled to one another; nil: all are one field.
  public init(
    _ memory: Memory = .leastSquares(reusedWindows: 8), filter: QRFilter = .qr2(1e-3),
    first: Double = 0.1, columnLimit: Int = 100, fields: [Range<Int>]? = nil
  ) {
    precondition(first > 0 && first.isFinite && columnLimit > 0, "first \(first), \(columnLimit)")
    (self.memory, self.filter, self.first) = (memory, filter, first)
    self.columnLimit = columnLimit
    scaling = fields.map { ResidualSum(fields: $0) }
    if case .multiVector = memory { inverse = InverseJacobian() }
  }

  /// The quasi-Newton point, or a step along the residual where there is none of use.
  public mutating func next(_ x: [Double], image: [Double]) -> [Double] {
    report = RelaxationReport()
    let r = minus(image, x)
    learn(r, image)
    guard length(r) > 0 else { return image }
    if let found = step(r, image) {
      let way = length(minus(found, x)) / length(r)
      if way.isFinite, way < 1e8, way > 1e-8 { return found }
      // Differences that lead nowhere lead there again.
      report.refusal = way <= 1e-8 ? .stalled : .illConditioned
      columns.removeAll()
      inverse?.forget()
    }
    report.factor = first
    return relaxed(x, image, first)
  }

  /// Where the residual has grown, differences of earlier windows belong to another state (contacts that were open then):
  /// they go.
  private mutating func forgetMisleading(_ r: [Double]) {
    guard let last, length(scaled(r)) > length(scaled(last.r)) else { return }
    report.dropped += columns.count { $0.window < window }
    columns.removeAll { $0.window < window }
  }

  private func scaled(_ r: [Double]) -> [Double] { scaling?.scaled(r) ?? r }

  /// Takes the last difference, and keeps what `memory` says.
  public mutating func endWindow(_ x: [Double], image: [Double]) {
    learn(minus(image, x), image)
    switch memory {
    case .leastSquares(let reused):
      columns.removeAll { $0.window <= window - reused }
    case .multiVector(let windows, let truncation):
      let qr = factors()
      inverse!.learn(
        qr, kept: qr.kept.map { (columns[$0].residual, columns[$0].image) },
        scale: scaled)
      if (window + 1) % windows == 0 { inverse!.truncate(truncation) }
      columns.removeAll()
    }
    window += 1
    last = nil
    scaling?.endWindow()
  }

  /// Forgets this window's differences.
  public mutating func abandonWindow() {
    columns.removeAll { $0.window == window }
    last = nil
    scaling?.endWindow()
  }

  /// Takes the difference to the iteration before.
  private mutating func learn(_ r: [Double], _ image: [Double]) {
    scaling?.update(r)
    if let last {
      let change = minus(r, last.r)
      // From a zero state the first images may be equal: no difference.
      if length(change) > 0 {
        columns.insert(
          Difference(residual: change, image: minus(image, last.image), window: window), at: 0)
        if columns.count > min(columnLimit, r.count) { columns.removeLast() }
      }
    }
    last = Last(r: r, image: image)
  }

  private func factors() -> FilteredQR {
    FilteredQR(columns.map { scaled($0.residual) }, filter: filter)
  }

  /// The quasi-Newton point; nil where nothing is known yet.
  private mutating func step(_ r: [Double], _ image: [Double]) -> [Double]? {
    let qr = factors()
    for n in qr.dropped.reversed() { columns.remove(at: n) }
    report.columns = qr.kept.count
    report.dropped += qr.dropped.count
    if qr.kept.isEmpty {
      if !qr.dropped.isEmpty { report.refusal = .dependent }
      guard let inverse, !inverse.isEmpty else { return nil }
    }
    let a = qr.leastSquares(scaled(r).map { -$0 })
    var (out, known) = (image, [Double](repeating: 0, count: r.count))
    // J₀ of the part of −r that this window's differences do not explain.
    if inverse != nil { known = r.map { -$0 } }
    for (j, c) in columns.enumerated() {
      for i in out.indices {
        out[i] += a[j] * c.image[i]
        if inverse != nil { known[i] -= a[j] * c.residual[i] }
      }
    }
    if let inverse {
      let more = inverse.times(known)
      for i in out.indices { out[i] += more[i] }
    }
    return out
  }
}
