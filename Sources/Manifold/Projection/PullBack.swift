import Mechanics

/// Quadratic forms and linear rows over whole states z = (x, y), pulled back to the coordinates along
/// T = (1, ∂y/∂x) in eight lanes at once.
enum PullBack {
  /// C T: rows over whole states, as rows over coordinates.
  static func rows(
    _ n: Int, _ m: Int, _ constraints: [Lanes], _ D: [Lanes], into out: inout [Lanes]
  ) {
    let w = n + m
    for r in 0..<constraints.count / w {
      for i in 0..<n {
        var sum = constraints[w * r + i]
        for a in 0..<m { sum += constraints[w * r + n + a] * D[n * a + i] }
        out[n * r + i] = sum
      }
    }
  }

  /// Tᵀ M T.
  static func metric(
    _ n: Int, _ m: Int, _ matrix: [Double], _ D: [Lanes], into out: inout [Lanes]
  ) {
    let w = n + m
    for i in 0..<n {
      for j in 0..<n { out[n * i + j] = Lanes(repeating: matrix[w * i + j]) }
    }
    for a in 0..<m {
      for j in 0..<n {
        var sum = Lanes()
        for b in 0..<m { sum += matrix[w * (n + a) + n + b] * D[n * b + j] }
        for i in 0...j { out[n * i + j] += D[n * a + i] * sum }
      }
    }
    for i in 0..<n { for j in 0..<i { out[n * i + j] = out[n * j + i] } }
  }

  /// Tᵀ W T.
  static func weights(
    _ n: Int, _ m: Int, _ weights: [Lanes], couples: Bool, _ D: [Lanes], into out: inout [Lanes]
  ) {
    let w = n + m
    for i in 0..<n { for j in i..<n { out[n * i + j] = weights[w * i + j] } }
    for a in 0..<m {
      for j in 0..<n {
        // Row a of (W_yx + W_yy D), column j, and what W_xy D adds.
        var sum = Lanes()
        for b in 0..<m { sum += weights[w * (n + a) + n + b] * D[n * b + j] }
        for i in 0...j { out[n * i + j] += D[n * a + i] * sum }
      }
    }
    if couples {
      for i in 0..<n {
        for j in i..<n {
          var sum = Lanes()
          for a in 0..<m {
            sum += weights[w * i + n + a] * D[n * a + j]
            sum += weights[w * j + n + a] * D[n * a + i]
          }
          out[n * i + j] += sum
        }
      }
    }
    for i in 0..<n { for j in 0..<i { out[n * i + j] = out[n * j + i] } }
  }
}
