import Glibc

/// Weights that make several fields count alike in least squares: of every field the sum over a window's iterations of
/// its share in the residual, of which weights are the reciprocal; they change only where they would by ten times.
public struct ResidualSum: Sendable, Equatable, Codable {
  /// Unknowns of every field, one after another.
  public let fields: [Range<Int>]
  private var sums: [Double], weights: [Double], isSet = false

  /// Of fields that follow one another and together are all unknowns.
  public init(fields: [Range<Int>]) {
    self.fields = fields
    sums = fields.map { _ in 0 }
    weights = fields.map { _ in 1 }
  }

  /// Takes note of a residual.
  mutating func update(_ r: [Double]) {
    let norms = fields.map { length(Array(r[$0])) }
    let all = length(norms)
    guard all > 0, all.isFinite else { return }
    for f in fields.indices { sums[f] += norms[f] / all }
    for f in fields.indices where sums[f] > 0 {
      let found = 1 / sums[f]
      let ratio = found / weights[f]
      if !isSet || ratio >= 10 || ratio <= 0.1 { weights[f] = found }
    }
    isSet = true
  }

  /// A new window counts anew; weights stay until then.
  mutating func endWindow() { sums = fields.map { _ in 0 } }

  /// Weights times values.
  func scaled(_ v: [Double]) -> [Double] {
    var out = v
    for (f, range) in fields.enumerated() { for i in range { out[i] *= weights[f] } }
    return out
  }
}
