import Contact
import DDA
import Glibc

/// A case of blocks in contact.
struct BlockCase: Sendable {
  let source: CaseSource

  init(_ source: CaseSource) { self.source = source }

  var value: CaseValue { source.value }

  /// The block system.
  /// - Throws: `InputError` with line and key.
  func definition() throws(InputError) -> DDADefinition {
    let (materials, names) = try materials()
    let joints = value.need("joints")
    var d = DDADefinition(
      blocks: try blocks(names), materials: materials, joint: try law(joints))
    d.startsBonded = joints.need("bonded").flag
    for row in joints.need("pairs").list {
      let ends = row.need("between").list
      let pair = MaterialPair(try index(ends[0], in: names), try index(ends[1], in: names))
      guard d.joints[pair] == nil else {
        throw row.need("between").error("these two materials have a joint already; remove one")
      }
      d.joints[pair] = try law(row)
    }
    d.gravity = vector(value.need("gravity"))
    d.plane = PlaneState(rawValue: value.need("plane").text)!
    d.thickness = value.need("thickness").number
    d.order = BlockOrder(rawValue: value.need("order").integer)!
    try addForces(&d)
    d.scheme = scheme
    d.dynamicFactor = value.need("mode").text == "static" ? 0 : 1
    let contact = value.need("contact")
    d.enforcement = .augmentedLagrangian(tolerance: contact.need("tolerance").number)
    d.passLimit = contact.need("passes").integer
    return d
  }

  /// A solver of the system.
  /// - Throws: `InputError` with line and key, also for what the solver refuses.
  func solver() throws(InputError) -> DDASolver {
    let definition = try definition()
    do {
      return try DDASolver(definition)
    } catch {
      throw place(of: error)
    }
  }

  /// Where in the case the solver's error lies: "block 3" is `blocks[3]`.
  private func place(of error: DDAError) -> InputError {
    let words = error.place.split(separator: " ")
    let lists = ["block": "blocks", "load": "loads", "held": "held", "bolt": "bolts"]
    let what = "\(error.problem); \(error.remedy)"
    if let first = words.first, let key = lists[String(first)], let number = words.last,
      let i = Int(number), value.need(key).list.indices.contains(i)
    {
      return value.need(key).list[i].error(what)
    }
    let key = error.place.split(separator: " ").joined(separator: "-")
    return value[key]?.error(what) ?? InputError(source.file, error.description)
  }

  // MARK: - Materials and joints

  private func materials() throws(InputError) -> ([BlockMaterial], [String]) {
    var out: [BlockMaterial] = []
    for (_, row) in value.need("materials").entries {
      do {
        out.append(
          try BlockMaterial(
            young: row.need("young").number, poisson: row.need("poisson").number,
            density: row.need("density").number))
      } catch { throw row.error(error.description) }
    }
    return (out, value.need("materials").entries.map(\.key))
  }

  private func index(_ name: CaseValue, in names: [String]) throws(InputError) -> Int {
    guard let i = names.firstIndex(of: name.text) else {
      throw name.error(
        "there is no material '\(name.text)'; \(Suggestion.remedy(for: name.text, in: names))")
    }
    return i
  }

  private func law(_ row: CaseValue) throws(InputError) -> CoulombJoint {
    do {
      return try CoulombJoint(
        friction: row.need("friction").number * .pi / 180,
        residual: row["residual-friction"].map { $0.number * .pi / 180 },
        cohesion: row.need("cohesion").number, tension: row.need("tension").number)
    } catch { throw row.error(error.description) }
  }

  // MARK: - Blocks

  private func blocks(_ materials: [String]) throws(InputError) -> [BlockDefinition] {
    var out: [BlockDefinition] = []
    var names: Set<String> = []
    for row in value.need("blocks").list {
      if let name = row["name"] {
        guard names.insert(name.text).inserted else {
          throw name.error("two blocks are named '\(name.text)'; rename one")
        }
        guard Int(name.text) == nil else {
          throw name.error("a number is no name: blocks have numbers already; give a word")
        }
      }
      let polygon: Polygon
      do {
        polygon = try Polygon(row.need("outline").list.map(vector))
      } catch { throw row.need("outline").error(error.description) }
      var material = 0
      if let name = row["material"] { material = try index(name, in: materials) }
      out.append(
        BlockDefinition(
          polygon, material: material, isFixed: row.need("fixed").flag,
          velocity: vector(row.need("velocity")), spin: row.need("spin").number))
    }
    return out
  }

  /// The number of a block that is named or numbered.
  /// - Throws: `InputError` where there is none.
  func block(_ name: CaseValue) throws(InputError) -> Int {
    let rows = value.need("blocks").list
    if case .integer(let n) = name.content {
      guard rows.indices.contains(n) else {
        throw name.error("there is no block \(n); they go from 0 to \(rows.count - 1)")
      }
      return n
    }
    guard let i = rows.firstIndex(where: { $0["name"]?.text == name.text }) else {
      let known = rows.compactMap { $0["name"]?.text }
      throw name.error(
        "there is no block '\(name.text)'; \(Suggestion.remedy(for: name.text, in: known))")
    }
    return i
  }

  // MARK: - Forces and time

  private func addForces(_ d: inout DDADefinition) throws(InputError) {
    for row in value.need("loads").list {
      d.loads.append(
        PointLoad(
          block: try block(row.need("block")), point: vector(row.need("point")),
          force: vector(row.need("force")), history: row["history"].map(history) ?? .constant(1)))
    }
    for row in value.need("held").list {
      d.held.append(
        HeldPoint(
          block: try block(row.need("block")), point: vector(row.need("point")),
          direction: try direction(row.need("along")),
          displacement: row["displacement"].map(history) ?? .constant(0)))
    }
    for row in value.need("bolts").list {
      var other: Int?
      if let name = row["other-block"] { other = try block(name) }
      let (from, to) = (vector(row.need("point")), vector(row.need("other-point")))
      guard from != to else {
        throw row.need("other-point").error("is the bolt's first end; give it a length")
      }
      d.bolts.append(
        Bolt(
          block: try block(row.need("block")), point: from, other: other, otherPoint: to,
          stiffness: row.need("stiffness").number, preload: row.need("preload").number))
    }
    let base = value.need("base-acceleration")
    for key in ["x", "y"] {
      guard let row = base[key] else { continue }
      let history = history(row)
      if let problem = history.problem { throw row.error("\(problem); give rows forward in time") }
      if key == "x" { d.baseAcceleration.x = history } else { d.baseAcceleration.y = history }
    }
  }

  /// A unit vector.
  /// - Throws: `InputError` for a zero one.
  func direction(_ row: CaseValue) throws(InputError) -> Point {
    let d = vector(row)
    guard d.length > 0 else { throw row.error("has no direction; give a vector that is not zero") }
    return d / d.length
  }

  private func vector(_ row: CaseValue) -> Point { Point(row.list[0].number, row.list[1].number) }

  private func history(_ row: CaseValue) -> TimeHistory {
    if let rows = row["table"]?.list {
      return .table(
        times: rows.map { $0.need("at").number }, values: rows.map { $0.need("value").number })
    }
    return .harmonic(
      row.need("sines").list.map {
        TimeHistory.Sine(
          amplitude: $0.need("amplitude").number, frequency: $0.need("frequency").number,
          phase: $0.need("phase").number)
      })
  }

  private var scheme: TimeScheme {
    let row = value.need("scheme")
    switch row.need("method").text {
    case "classical": return .classical
    case "trapezoidal": return .trapezoidal
    default: return TimeScheme(spectralRadius: row.need("spectral-radius").number)
    }
  }

  /// Length of a step, and the output times after the start, s.
  /// - Throws: `InputError` where there would be too many.
  func times() throws(InputError) -> (step: Double, outputs: [Double]) {
    let time = value.need("time")
    let end = time.need("end").number
    let step = time.need("step").number
    let interval = time["output"]?.number ?? end / 100
    guard end / step <= 1e8 else {
      throw time.need("step").error("makes more than 1e8 steps; take longer ones")
    }
    let count = (end / interval * (1 - 1e-12)).rounded(.up)
    guard count <= 100_000 else {
      throw time.need("output").error("makes more than 100 000 output times; take a longer one")
    }
    let inner = (1..<max(Int(count), 1)).map { Double($0) * interval }
    return (step, inner + [end])
  }
}
