import Foundation

/// Numbers and texts as a page or a terminal shows them.
enum Show {
  /// `digits` significant digits, without trailing zeros; powers of ten outside 1e-4 … 1e6.
  static func number(_ x: Double, digits: Int = 4) -> String {
    guard x.isFinite else { return x.isNaN ? "not a number" : x > 0 ? "∞" : "−∞" }
    if x == 0 { return "0" }
    let size = abs(x)
    if size >= 1e-4, size < 1e6 {
      let decimals = max(0, digits - 1 - Int(log10(size).rounded(.down)))
      var text = String(format: "%.\(decimals)f", x)
      if text.contains(".") {
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
      }
      return text
    }
    let text = String(format: "%.\(digits - 1)e", x)
    let parts = text.split(separator: "e")
    var mantissa = String(parts[0])
    if mantissa.contains(".") {
      while mantissa.last == "0" { mantissa.removeLast() }
      if mantissa.last == "." { mantissa.removeLast() }
    }
    return "\(mantissa)e\(Int(parts[1]) ?? 0)"
  }

  /// A number in HTML: a true minus sign, and 1.2·10⁻⁵ for 1.2e-5.
  static func html(_ x: Double, digits: Int = 4) -> String {
    let text = number(x, digits: digits)
    let minus = { (s: Substring) in s.replacingOccurrences(of: "-", with: "−") }
    guard let e = text.firstIndex(of: "e") else { return minus(text[...]) }
    return "\(minus(text[..<e]))·10<sup>\(minus(text[text.index(after: e)...]))</sup>"
  }

  /// Text with the characters of markup replaced.
  static func escape(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;")
      .replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
      .replacingOccurrences(of: "\"", with: "&quot;")
  }

  /// Seconds in words.
  static func seconds(_ s: Double) -> String {
    s < 1 ? "\(number(1000 * s, digits: 3)) ms" : "\(number(s, digits: 3)) s"
  }

  /// A coordinate of a picture, to a tenth of a pixel.
  static func pixel(_ x: Double) -> String {
    let tenth = (x * 10).rounded()
    let whole = Int(tenth)
    if whole % 10 == 0 { return "\(whole / 10)" }
    return "\(whole < 0 ? "-" : "")\(abs(whole) / 10).\(abs(whole) % 10)"
  }
}
