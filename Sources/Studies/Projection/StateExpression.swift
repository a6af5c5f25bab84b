import Mechanics
import Storage

/// A linear combination of the components of a state as people write it:
/// `stress_xx - stress_yy`, `strain_xx + strain_yy + strain_zz = 0`, `2*strain_xy = 0.1`,
/// `stress_zz = 0.2 MPa`.
///
/// Components are those of the tensors (xx, yy, zz, yz, zx, xy), not Mandel's.
struct StateExpression: Sendable, Equatable {
  /// Coefficients of the Mandel components of (strain, stress), 12.
  let coefficients: [Double]
  /// The number behind `=`, in SI; nil where there is none.
  let value: Double?
  /// Whether stresses are combined, not strains.
  let isStress: Bool

  /// Names of the components in Mandel order: six strains, six stresses.
  static let names = ["strain", "stress"].flatMap { kind in
    ["xx", "yy", "zz", "yz", "zx", "xy"].map { "\(kind)_\($0)" }
  }

  /// The factor from a tensor component to its Mandel component.
  static func mandel(_ i: Int) -> Double { i % 6 < 3 ? 1 : Mandel.root2 }

  /// - Parameters:
  ///   - place: option or file, and line, that errors name.
  /// - Throws: `InputError` for what is no linear combination of stresses or of strains.
  init(_ text: String, place: String, line: Int? = nil) throws(InputError) {
    func fail(_ problem: String) -> InputError {
      InputError(place, line: line, "'\(text)' \(problem)")
    }
    let sides = text.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count <= 2 else { throw fail("has more than one '='") }
    var coefficients = [Double](repeating: 0, count: 12)
    for term in StateExpression.terms(sides[0]) {
      let parts = term.text.split(separator: "*").map { String($0.trimmed) }
      let name = parts.last ?? ""
      guard let i = StateExpression.names.firstIndex(of: name) else {
        throw fail(
          "has the unknown component '\(name)'; "
            + Suggestion.remedy(for: name, in: StateExpression.names))
      }
      var factor = 1.0
      for part in parts.dropLast() {
        guard let number = Double(part), number.isFinite else {
          throw fail("has '\(part)' where a number belongs")
        }
        factor *= number
      }
      coefficients[i] += term.sign * factor / StateExpression.mandel(i)
    }
    let (strains, stresses) = (coefficients[..<6], coefficients[6...])
    let hasStress = stresses.contains { $0 != 0 }
    guard hasStress != strains.contains(where: { $0 != 0 }) else {
      throw fail(
        hasStress
          ? "mixes strains and stresses; give one combination for each"
          : "combines nothing; write for example stress_yy - stress_zz = 0")
    }
    self.coefficients = coefficients
    isStress = hasStress
    value = sides.count == 2 ? try StateExpression.number(sides[1], hasStress, fail) : nil
  }

  private static func number(
    _ text: Substring, _ isStress: Bool, _ fail: (String) -> InputError
  ) throws(InputError) -> Double {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard let first = words.first, let number = Double(first), number.isFinite, words.count <= 2
    else { throw fail("must have a number behind '=', such as 0 or 0.2 MPa") }
    if words.count == 1 {
      guard number == 0 || !isStress else {
        throw fail("needs a unit behind \(first), such as MPa")
      }
      return number
    }
    do {
      let unit = try PhysicalUnit.parse(
        String(words[1]), as: isStress ? .pressure : .none, of: isStress ? "a stress" : "a strain")
      return number * unit.factor
    } catch {
      throw fail(": \(error.description)")
    }
  }

  /// Terms with their signs.
  private static func terms(_ text: Substring) -> [(sign: Double, text: String)] {
    var out: [(Double, String)] = []
    var sign = 1.0
    var word = ""
    func flush() {
      if !word.trimmed.isEmpty { out.append((sign, String(word.trimmed))) }
      word = ""
    }
    for c in text {
      switch c {
      case "+", "-", "−":
        flush()
        sign = c == "+" ? 1 : -1
      default: word.append(c)
      }
    }
    flush()
    return out
  }
}
