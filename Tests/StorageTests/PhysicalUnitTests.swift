import Storage
import Testing

@Test(
  "one of a unit in SI",
  arguments: [
    ("Pa", 1.0), ("MPa", 1e6), ("N/mm2", 1e6), ("N/mm^2", 1e6), ("N/mm²", 1e6), ("GPa", 1e9),
    ("kgf/cm2", 98_066.5), ("kgf/cm^2", 98_066.5), ("psi", 6894.757293168361), ("kN m", 1e3),
    ("mm", 1e-3), ("µm", 1e-6), ("%", 0.01), ("1", 1), ("-", 1), ("", 1), ("kJ", 1e3),
    ("s-1", 1), ("1/min", 1.0 / 60), ("kg/m3", 1), ("g/cm3", 1000), ("J/kg/K", 1),
    ("N*m", 1), ("mm/mm", 1), ("W/m·K", 1),
  ] as [(String, Double)])
func factors(symbol: String, factor: Double) throws {
  let unit = try PhysicalUnit.parse(symbol)
  #expect(abs(unit.factor / factor - 1) < 1e-14)
  #expect(abs(unit.fromSI(unit.toSI(3.5)) - 3.5) < 1e-14)
}

@Test("a unit knows its dimension")
func dimensions() throws {
  #expect(try PhysicalUnit.parse("N/mm2").dimension == .pressure)
  #expect(try PhysicalUnit.parse("kgf").dimension == .force)
  #expect(try PhysicalUnit.parse("mm/mm").dimension == .none)
  #expect(try PhysicalUnit.parse("J/m3").dimension == .pressure)
  let wrong = #expect(throws: UnitError.self) {
    _ = try PhysicalUnit.parse("mm", as: .pressure, of: "stress")
  }
  #expect(wrong?.description.contains("MPa") == true)
}

@Test(
  "an unknown unit is refused with the nearest known one",
  arguments: [("Mpa", "MPa"), ("mpa", "MPa"), ("kgF/cm2", "kgf"), ("PSI", "psi"), ("MPas", "MPa")])
func unknown(symbol: String, near: String) throws {
  let error = #expect(throws: UnitError.self) { _ = try PhysicalUnit.parse(symbol) }
  #expect(error?.description.contains("did you mean \"\(near)\"") == true, "\(error!)")
  #expect(error?.description.contains("\n") == false)
}

@Test(
  "malformed units are refused", arguments: ["N/", "/s", "mm^x", "mm2.5", "N//mm2x", "°C", "m99"])
func malformed(symbol: String) {
  #expect(throws: UnitError.self) { _ = try PhysicalUnit.parse(symbol) }
}
