/// A colour scale of even perceived steps, from dark blue over green to yellow.
///
/// Control points read off the viridis scale of Smith & van der Walt (2015, CC0) at equal distances;
/// between them colours are interpolated linearly in sRGB.
enum ColourScale {
  private static let control: [SIMD3<Double>] = [
    SIMD3(68, 1, 84), SIMD3(71, 44, 122), SIMD3(59, 81, 139), SIMD3(44, 113, 142),
    SIMD3(33, 144, 141), SIMD3(39, 173, 129), SIMD3(92, 200, 99), SIMD3(170, 220, 50),
    SIMD3(253, 231, 37),
  ]

  /// Red, green, blue from 0 to 255 at `t` in [0, 1]; values outside take the end colours.
  static func rgb(_ t: Double) -> SIMD3<Double> {
    let s = min(max(t, 0), 1) * Double(control.count - 1)
    let i = min(Int(s), control.count - 2)
    return control[i] + (control[i + 1] - control[i]) * (s - Double(i))
  }

  /// `#rrggbb`, darkened by a shade from 0 (black) to 1 (as it is).
  static func hex(_ t: Double, shade: Double = 1) -> String {
    let c = rgb(t) * shade
    return "#"
      + [c.x, c.y, c.z].map { channel in
        let n = Int(min(max(channel, 0), 255).rounded())
        return (n < 16 ? "0" : "") + String(n, radix: 16)
      }.joined()
  }
}
