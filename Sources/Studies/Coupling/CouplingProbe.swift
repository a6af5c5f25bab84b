import Coupling

/// A quantity that a coupled case asks for.
struct CouplingProbe {
  private enum Quantity {
    case iterations(String)
    case work(Int, Exchange.Side), created(Int, relative: Bool)
    case value(Int, String, Field, index: Int?, component: Int)
    case largest(Int, String)
  }

  let name: String, unit: String
  private let quantity: Quantity

  /// - Throws: `InputError` for an interface, a border, a field or a probe that is not there.
  init(
    _ row: CaseValue, _ study: CouplingCase, _ system: CoupledSystem, _ parts: [CoupledParticipant]
  )
    throws(InputError)
  {
    name = row.need("name").text
    func interface() throws(InputError) -> Int {
      let names = system.definition.interfaces.map(\.name)
      let given = row.need("interface")
      guard let n = names.firstIndex(of: given.text) else {
        throw given.error(
          "there is no interface '\(given.text)'; \(Suggestion.remedy(for: given.text, in: names))")
      }
      return n
    }
    switch row.need("quantity").text {
    case "iterations": (quantity, unit) = (.iterations(row.need("statistic").text), "1")
    case "work":
      (quantity, unit) = (
        .work(try interface(), Exchange.Side(rawValue: row.need("side").text)!), "J"
      )
    case "created":
      let isRelative = row.need("relative").flag
      (quantity, unit) = (.created(try interface(), relative: isRelative), isRelative ? "1" : "J")
    case "value":
      let at = row.need("at")
      let (p, border) = try CouplingProbe.split(at, "border", study)
      let borders = system.participants[p].borders
      guard let found = borders.first(where: { $0.mesh.name == border }) else {
        let remedy = Suggestion.remedy(for: border, in: borders.map(\.mesh.name))
        throw at.error("'\(parts[p].name)' has no border '\(border)'; \(remedy)")
      }
      let field = row.need("field")
      guard found.writes.contains(Field(field.text)) else {
        throw field.error(
          "'\(field.text)' is not offered there; give one of \(found.writes.map(\.name).joined(separator: ", "))"
        )
      }
      let (point, component) = (row.need("point"), row.need("component"))
      guard point.integer < found.mesh.points.count else {
        throw point.error("there are points 0 to \(found.mesh.points.count - 1)")
      }
      guard component.integer < found.width else {
        throw component.error("there are components 0 to \(found.width - 1)")
      }
      quantity = .value(
        p, border, Field(field.text), index: row.need("sum").flag ? nil : point.integer,
        component: component.integer)
      unit = CouplingProbe.units[field.text] ?? "1"
    default:
      let of = row.need("of")
      let (p, probe) = try CouplingProbe.split(of, "probe", study)
      guard let found = parts[p].probes.first(where: { $0.name == probe }) else {
        throw of.error(
          "'\(parts[p].name)' has no probe '\(probe)'; "
            + Suggestion.remedy(for: probe, in: parts[p].probes.map(\.name)))
      }
      (quantity, unit) = (.largest(p, probe), found.unit)
    }
  }

  /// Of fields that have one.
  private static let units = [
    "displacement": "m", "velocity": "m/s", "force": "N", "traction": "Pa", "complement": "N",
  ]

  /// participant.rest
  private static func split(
    _ name: CaseValue, _ what: String, _ study: CouplingCase
  ) throws(InputError) -> (Int, String) {
    guard let dot = name.text.firstIndex(of: ".") else {
      throw name.error("names no \(what); write participant.\(what)")
    }
    let participant = String(name.text[..<dot])
    guard let p = study.names.firstIndex(of: participant) else {
      throw name.error(
        "there is no participant '\(participant)'; "
          + Suggestion.remedy(for: participant, in: study.names))
    }
    return (p, String(name.text[name.text.index(after: dot)...]))
  }

  /// The value now.
  func value(
    _ system: CoupledSystem, _ windows: [WindowRecord], _ parts: [CoupledParticipant]
  ) -> Double {
    switch quantity {
    case .iterations(let statistic):
      let counts = windows.map { Double($0.iterations) }
      switch statistic {
      case "total": return counts.reduce(0, +)
      case "mean": return counts.isEmpty ? 0 : counts.reduce(0, +) / Double(counts.count)
      case "first": return counts.first ?? 0
      default: return counts.max() ?? 0
      }
    case .work(let n, let side):
      return side == .first ? system.work[n].first : system.work[n].second
    case .created(let n, let isRelative):
      let work = system.work[n]
      guard isRelative else { return work.created }
      return work.exchanged > 0 ? work.created / work.exchanged : 0
    case .value(let p, let border, let field, let index, let component):
      let participant = system.participants[p]
      let width = participant.borders.first { $0.mesh.name == border }!.width
      let values = participant.write(field, on: border)
      if let index { return values[index * width + component] }
      return stride(from: component, to: values.count, by: width).reduce(0) { $0 + values[$1] }
    case .largest(let p, let name):
      return parts[p].probes.first { $0.name == name }!.values.reduce(0) { max($0, abs($1)) }
    }
  }
}
