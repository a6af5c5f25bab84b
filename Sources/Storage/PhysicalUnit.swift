/// A unit such as `MPa`, `N/mm2` or `kgf/cm2`: its dimension and its factor to SI.
///
/// Written as symbols joined by `*`, `·`, a space or `/`, each with an optional whole exponent
/// (`mm2`, `mm^2`, `mm²`, `s-1`). Everything right of one `/` up to the next joiner is divided:
/// `N/mm2`, `J/kg/K`. `-`, `1` and the empty text mean dimensionless; `%` is 0.01. Units with an
/// offset (degrees Celsius) are not accepted.
public struct PhysicalUnit: Sendable, Equatable {
  /// Exponents of m, kg, s and K.
  public struct Dimension: Sendable, Equatable, CustomStringConvertible {
    /// Exponent of each base unit.
    public var length = 0, mass = 0, time = 0, temperature = 0

    /// `m^1 kg^2 …` from exponents.
    public init(length: Int = 0, mass: Int = 0, time: Int = 0, temperature: Int = 0) {
      self.length = length
      self.mass = mass
      self.time = time
      self.temperature = temperature
    }

    /// The dimension of a pressure, a stress or a modulus.
    public static let pressure = Dimension(length: -1, mass: 1, time: -2)
    /// A pure number.
    public static let none = Dimension()
    /// A length.
    public static let length = Dimension(length: 1)
    /// A force.
    public static let force = Dimension(length: 1, mass: 1, time: -2)

    /// In base units, such as `kg m^-1 s^-2`; `1` for a pure number.
    public var description: String {
      let parts = [("m", length), ("kg", mass), ("s", time), ("K", temperature)]
        .filter { $0.1 != 0 }.map { $0.1 == 1 ? $0.0 : "\($0.0)^\($0.1)" }
      return parts.isEmpty ? "1" : parts.joined(separator: " ")
    }

    fileprivate mutating func add(_ other: Dimension, times n: Int) {
      length += n * other.length
      mass += n * other.mass
      time += n * other.time
      temperature += n * other.temperature
    }
  }

  /// As it was written.
  public let symbol: String
  /// Its dimension.
  public let dimension: Dimension
  /// One of this unit in SI: 1 MPa → 1e6.
  public let factor: Double

  /// A value in this unit, converted to SI.
  public func toSI(_ value: Double) -> Double { value * factor }
  /// A value in SI, converted to this unit.
  public func fromSI(_ value: Double) -> Double { value / factor }

  /// Reads a unit.
  /// - Throws: `UnitError` naming the nearest known unit.
  public static func parse(_ text: String) throws(UnitError) -> PhysicalUnit {
    let plain = text.filter { !$0.isWhitespace }
    if plain.isEmpty || plain == "-" {
      return PhysicalUnit(symbol: "1", dimension: .none, factor: 1)
    }
    var dimension = Dimension()
    var factor = 1.0
    for term in terms(of: text) {
      guard let base = table[term.symbol] else { throw UnitError(text, unknown: term.symbol) }
      guard let n = term.exponent, abs(n) <= 9 else {
        throw UnitError(
          unit: text, what: "the exponent of \"\(term.symbol)\" is not a whole number up to 9",
          remedy: "write for example mm2, mm^2 or s-1")
      }
      dimension.add(base.0, times: n)
      for _ in 0..<abs(n) { factor = n > 0 ? factor * base.1 : factor / base.1 }
    }
    return PhysicalUnit(symbol: text, dimension: dimension, factor: factor)
  }

  /// Reads a unit that must have a given dimension.
  /// - Throws: `UnitError` for an unknown unit or another dimension.
  public static func parse(
    _ text: String, as dimension: Dimension, of quantity: String
  ) throws(UnitError) -> PhysicalUnit {
    let unit = try parse(text)
    guard unit.dimension == dimension else {
      let examples = table.filter { $0.value.0 == dimension }.keys.sorted()
      throw UnitError(
        unit: text,
        what: "\(quantity) cannot be in \"\(text)\", which is \(unit.dimension), not \(dimension)",
        remedy: examples.isEmpty
          ? "use \(dimension)" : "use one of \(examples.joined(separator: ", "))")
    }
    return unit
  }

  /// All symbols that `parse` knows by themselves, sorted.
  public static var knownSymbols: [String] { table.keys.sorted() }

  private struct Term {
    var symbol: String
    /// Nil where what follows the symbol is not a whole number.
    var exponent: Int?
  }

  /// Splits `N/mm2` into (N, 1), (mm, −2).
  private static func terms(of text: String) -> [Term] {
    var out: [Term] = []
    var divided = false
    var word = ""
    func flush() {
      guard !word.isEmpty else { return }
      out.append(term(word, sign: divided ? -1 : 1))
      word = ""
    }
    for c in text {
      switch c {
      case "/":
        flush()
        divided = true
      case "*", "·", "⋅":
        flush()
        divided = false
      case " ", "\t": flush()
      default: word.append(c)
      }
    }
    flush()
    if text.last == "/" || text.first == "/" { out.append(Term(symbol: "/", exponent: 1)) }
    return out
  }

  private static func term(_ word: String, sign: Int) -> Term {
    let superscripts: [Character: Character] = [
      "²": "2", "³": "3", "⁴": "4", "⁻": "-", "¹": "1", "−": "-",
    ]
    let plain = String(word.map { superscripts[$0] ?? $0 })
    if table[plain] != nil { return Term(symbol: plain, exponent: sign) }
    let digits = plain.reversed().prefix { $0.isNumber || $0 == "-" || $0 == "^" || $0 == "+" }
    let symbol = String(plain.dropLast(digits.count))
    var exponent = String(digits.reversed())
    if exponent.first == "^" { exponent.removeFirst() }
    if exponent.isEmpty { return Term(symbol: symbol, exponent: plain.contains("^") ? nil : sign) }
    return Term(symbol: symbol, exponent: Int(exponent).map { $0 * sign })
  }

  // Exact by definition, except where a remark says otherwise.
  private static let table: [String: (Dimension, Double)] = {
    let length = Dimension.length
    let mass = Dimension(mass: 1)
    let time = Dimension(time: 1)
    let force = Dimension.force
    let pressure = Dimension.pressure
    let energy = Dimension(length: 2, mass: 1, time: -2)
    let power = Dimension(length: 2, mass: 1, time: -3)
    let pound = 0.45359237
    let gravity = 9.80665
    let inch = 0.0254
    return [
      "1": (.none, 1), "%": (.none, 0.01), "rad": (.none, 1), "deg": (.none, .pi / 180),
      "m": (length, 1), "km": (length, 1e3), "dm": (length, 0.1), "cm": (length, 0.01),
      "mm": (length, 1e-3), "um": (length, 1e-6), "µm": (length, 1e-6), "μm": (length, 1e-6),
      "nm": (length, 1e-9), "in": (length, inch), "ft": (length, 12 * inch),
      "kg": (mass, 1), "g": (mass, 1e-3), "mg": (mass, 1e-6), "t": (mass, 1e3),
      "lb": (mass, pound),
      "s": (time, 1), "ms": (time, 1e-3), "us": (time, 1e-6), "min": (time, 60),
      "h": (time, 3600), "Hz": (Dimension(time: -1), 1), "K": (Dimension(temperature: 1), 1),
      "N": (force, 1), "kN": (force, 1e3), "MN": (force, 1e6), "mN": (force, 1e-3),
      "uN": (force, 1e-6), "kgf": (force, gravity), "gf": (force, gravity / 1000),
      "lbf": (force, pound * gravity), "dyn": (force, 1e-5),
      "Pa": (pressure, 1), "hPa": (pressure, 100), "kPa": (pressure, 1e3),
      "MPa": (pressure, 1e6), "GPa": (pressure, 1e9), "bar": (pressure, 1e5),
      "mbar": (pressure, 100), "kbar": (pressure, 1e8), "atm": (pressure, 101_325),
      "psi": (pressure, pound * gravity / (inch * inch)),
      "ksi": (pressure, 1000 * pound * gravity / (inch * inch)),
      "J": (energy, 1), "mJ": (energy, 1e-3), "kJ": (energy, 1e3), "MJ": (energy, 1e6),
      "W": (power, 1), "kW": (power, 1e3),
    ]
  }()
}

/// A unit that could not be read, with the nearest known one.
public struct UnitError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The unit as written.
  public let unit: String
  /// What is wrong with it.
  public let what: String
  /// What to write instead.
  public let remedy: String

  init(unit: String, what: String, remedy: String) {
    self.unit = unit
    self.what = what
    self.remedy = remedy
  }

  init(_ text: String, unknown symbol: String) {
    let known = PhysicalUnit.knownSymbols
    let near = known.min { distance($0, symbol) < distance($1, symbol) }
    let suggestion =
      near.flatMap { distance($0, symbol) <= 4 ? "did you mean \"\($0)\"? " : nil } ?? ""
    self.init(
      unit: text, what: "unknown unit \"\(symbol)\"" + (symbol == text ? "" : " in \"\(text)\""),
      remedy: suggestion + "known units are \(known.joined(separator: ", "))")
  }

  /// What and remedy, on one line.
  public var description: String { "\(what); \(remedy)" }
}

/// Edit distance in which another case costs 1 and any other change 2 or more, so that "Mpa" is
/// nearest to "MPa".
private func distance(_ a: String, _ b: String) -> Int {
  let a = Array(a)
  let b = Array(b)
  var row = (0...b.count).map { $0 * 3 }
  for i in a.indices {
    var diagonal = row[0]
    row[0] = (i + 1) * 3
    for j in b.indices {
      let change =
        a[i] == b[j] ? 0 : (a[i].lowercased() == b[j].lowercased() ? 1 : 3)
      let best = min(diagonal + change, row[j] + 3, row[j + 1] + 3)
      diagonal = row[j + 1]
      row[j + 1] = best
    }
  }
  return row[b.count]
}
