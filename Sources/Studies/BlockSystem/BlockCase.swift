import Contact
import DDA
import Glibc

/// A case of blocks in contact.
struct BlockCase: Sendable {
  let source: CaseSource

  init(_ source: CaseSource) { self.source = source }

  var value: CaseValue { source.value }

  /// Files that the case names.
  var files: [CaseValue] {
    let base = value.need("base-acceleration")
    let histories =
      [base["x"], base["y"]]
      + ["loads", "edge-loads", "water"].flatMap { value.need($0).list.map { $0["history"] } }
      + value.need("held").list.map { $0["displacement"] }
    return histories.compactMap { $0?["file"] }
      + value.need("drawings").list.map { $0.need("file") }
  }

  /// The block system.
  /// - Parameter table: Its blocks, as `blockTable` gives them.
  /// - Throws: `InputError` with line and key.
  func definition(_ table: BlockTable) throws(InputError) -> DDADefinition {
    var d = DDADefinition(
      blocks: table.blocks, materials: try materials(), joint: try law(value.need("joints")))
    try addJoints(&d)
    d.edgeLaws = table.edgeLaws.laws
    d.gravity = vector(value.need("gravity"))
    d.plane = PlaneState(rawValue: value.need("plane").text)!
    d.thickness = value.need("thickness").number
    d.order = BlockOrder(rawValue: value.need("order").integer)!
    try addForces(&d, table)
    try addActing(&d, table)
    try addSkins(&d)
    d.scheme = scheme
    d.dynamicFactor = try dynamicFactor()
    d.displacementRatio = value.need("time")["displacement-ratio"]?.number
    d.enforcement = try enforcement()
    d.accuracy = value.need("contact").need("accuracy").number
    d.passLimit = value.need("contact").need("passes").integer
    d.linearSolver = BlockLinearSolver(
      rawValue: value.need("contact").need("linear-solver").text)!
    d.workers = value.need("workers").integer
    return d
  }

  /// A solver of the system.
  /// - Throws: `InputError` with line and key for what the solver refuses.
  func solver(_ definition: DDADefinition, _ table: BlockTable) throws(InputError) -> DDASolver {
    do {
      return try DDASolver(definition)
    } catch {
      throw place(of: error, table)
    }
  }

  /// Where in the case the solver's error lies: "block 3" is where block 3 came from.
  private func place(of error: DDAError, _ table: BlockTable) -> InputError {
    let words = error.place.split(separator: " ")
    let lists = ["load": "loads", "held": "held", "bolt": "bolts", "water": "water"]
    let what = "\(error.problem); \(error.remedy)"
    if let first = words.first, let number = words.last, let i = Int(number) {
      if first == "block", table.places.indices.contains(i) {
        let isOwn = table.places[i].key.hasPrefix("blocks")
        return table.places[i].error(isOwn ? what : "\(error.place) \(what)")
      }
      if let key = lists[String(first)], value.need(key).list.indices.contains(i) {
        return value.need(key).list[i].error(what)
      }
    }
    let key = error.place.split(separator: " ").joined(separator: "-")
    return value[key]?.error(what) ?? InputError(source.file, error.description)
  }

  // MARK: - Materials and numerics

  private func materials() throws(InputError) -> [BlockMaterial] {
    var out: [BlockMaterial] = []
    for (_, row) in value.need("materials").entries {
      do {
        out.append(
          try BlockMaterial(
            young: row.need("young").number, poisson: row.need("poisson").number,
            density: row.need("density").number))
      } catch { throw row.error(error.description) }
    }
    return out
  }

  /// The number of a material by its name.
  /// - Throws: `InputError` where there is none.
  func material(_ name: CaseValue) throws(InputError) -> Int {
    let names = value.need("materials").entries.map(\.key)
    guard let i = names.firstIndex(of: name.text) else {
      throw name.error(
        "there is no material '\(name.text)'; \(Suggestion.remedy(for: name.text, in: names))")
    }
    return i
  }

  private var scheme: TimeScheme {
    let row = value.need("scheme")
    switch row.need("method").text {
    case "classical": return .classical
    case "trapezoidal": return .trapezoidal
    default: return TimeScheme(spectralRadius: row.need("spectral-radius").number)
    }
  }

  func dynamicFactor() throws(InputError) -> Double {
    let isStatic = value.need("mode").text == "static"
    guard let factor = value["dynamic-factor"] else { return isStatic ? 0 : 1 }
    guard !isStatic || factor.number == 0 else {
      throw factor.error("carries velocity on in a static run; remove it, or 'mode: static'")
    }
    return factor.number
  }

  private func enforcement() throws(InputError) -> ContactEnforcement {
    let contact = value.need("contact")
    let springs = ["normal-stiffness", "shear-stiffness"]
    guard contact.need("enforcement").text == "penalty" else {
      for key in springs {
        if let given = contact[key] {
          throw given.error("is for 'enforcement: penalty' alone; remove it or ask for that")
        }
      }
      return .augmentedLagrangian(tolerance: contact.need("tolerance").number)
    }
    for key in springs where contact[key] == nil {
      throw contact.error("a penalty needs '\(key)'; give it in N/m")
    }
    return .penalty(
      normal: contact.need(springs[0]).number, shear: contact.need(springs[1]).number)
  }

  /// Most halvings of a step that does not settle.
  var halvings: Int { value.need("contact").need("halvings").integer }

  /// Length of a step, and the output times after the start, s.
  /// - Throws: `InputError` where there would be too many.
  func times() throws(InputError) -> (step: Double, outputs: [Double]) {
    try CaseSource.times(value.need("time"))
  }

  /// Two numbers as a point or vector.
  func vector(_ row: CaseValue) -> Point { Point(row.list[0].number, row.list[1].number) }

  /// A unit vector.
  /// - Throws: `InputError` for a zero one.
  func direction(_ row: CaseValue) throws(InputError) -> Point {
    let d = vector(row)
    guard d.length > 0 else { throw row.error("has no direction; give a vector that is not zero") }
    return d / d.length
  }

  /// A simple polygon of points.
  /// - Throws: `InputError` where it is none.
  func polygon(_ row: CaseValue) throws(InputError) -> Polygon {
    do {
      return try Polygon(row.list.map(vector))
    } catch { throw row.error(error.description) }
  }
}
