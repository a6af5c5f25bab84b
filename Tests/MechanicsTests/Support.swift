import Mechanics

/// A small seeded generator (SplitMix64), so that random checks repeat.
struct SplitMix {
  var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func uniform(_ a: Double, _ b: Double) -> Double {
    a + (b - a) * Double(next() >> 11) * 0x1p-53
  }
}

func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
func distance(_ a: [Double], _ b: [Double]) -> Double { norm(zip(a, b).map { $0 - $1 }) }

func product(_ factors: DeformationGradient...) -> DeformationGradient {
  factors.dropFirst().reduce(factors[0]) { a, b in
    DeformationGradient(
      (0..<9).map { k in (0..<3).reduce(0) { $0 + a[k / 3, $1] * b[$1, k % 3] } })
  }
}

/// Q M Qᵀ as a Mandel vector.
func product(_ Q: DeformationGradient, matrix M: [Double]) -> [Double] {
  let T = DeformationGradient((0..<9).map { Q[$0 % 3, $0 / 3] })
  return Mandel.vector(product(Q, DeformationGradient(M), T).entries)
}

/// A random rotation, from a random unit quaternion.
func rotation(_ random: inout SplitMix) -> DeformationGradient {
  let q = (0..<4).map { _ in random.uniform(-1, 1) }
  let n = norm(q)
  let (w, x, y, z) = (q[0] / n, q[1] / n, q[2] / n, q[3] / n)
  return DeformationGradient([
    1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
    2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
    2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
  ])
}
