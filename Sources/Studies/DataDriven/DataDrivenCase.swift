import ConstitutiveManifold
import DataDriven
import FEM
import Geometry
import Manifold
import Mechanics
import Storage

/// A data-driven case: a truss or a body, and what is known of its material.
struct DataDrivenCase: Sendable {
  let source: CaseSource

  init(_ source: CaseSource) { self.source = source }

  var value: CaseValue { source.value }

  /// Paths of the files that the case names, with the places that name them.
  var files: [CaseValue] {
    let material = value.need("material")
    return [value["mesh"]?["file"], material["data"], material["law"]].compactMap { $0 }
  }

  /// The truss, where the case is one.
  /// - Throws: `InputError` for unknown joints and components, `DataDrivenError` from the truss itself.
  func truss() throws(InputError) -> Truss? {
    guard let block = value["truss"] else { return nil }
    var truss = try frame(block)
    for row in value.need("supports").list {
      for joint in row.need("joints").list {
        try check(joint, truss)
        if row["fixed"]?.flag == true {
          truss.fix(joint.integer)
          continue
        }
        for (i, key) in ["ux", "uy", "uz"].enumerated() {
          guard let given = row[key] else { continue }
          guard i < truss.dimension else { throw given.error("the truss is plane; remove it") }
          truss.supports.append((joint.integer, i, given.number))
        }
      }
    }
    for row in value.need("loads").list {
      let force = row.need("force")
      guard force.list.count == truss.dimension else {
        throw force.error("needs \(truss.dimension) numbers")
      }
      for joint in row.need("joints").list {
        try check(joint, truss)
        truss.loads.append((joint.integer, force.vector))
      }
    }
    return truss
  }

  private func frame(_ block: CaseValue) throws(InputError) -> Truss {
    if let columns = block["columns"] {
      return .grid(
        columns: columns.integer, rows: block.need("rows").integer,
        spacing: block.need("spacing").number, reach: block.need("reach").number,
        area: block.need("area").number)
    }
    let joints = block.need("joints")
    let dimension = joints.list[0].list.count
    guard joints.list.allSatisfy({ $0.list.count == dimension }) else {
      throw joints.error("mixes joints in the plane and in space; give each \(dimension) numbers")
    }
    let bars = block.need("bars")
    let areas = block.need("area")
    guard !areas.isList || areas.list.count == bars.list.count else {
      throw areas.error("has \(areas.list.count) numbers for \(bars.list.count) bars")
    }
    return Truss(
      dimension: dimension, joints: joints.list.map(\.vector),
      bars: bars.list.enumerated().map { i, bar in
        let ends = bar.list.map(\.integer)
        return .init(ends[0], ends[1], area: areas.isList ? areas.list[i].number : areas.number)
      })
  }

  func check(_ joint: CaseValue, _ truss: Truss) throws(InputError) {
    guard truss.joints.indices.contains(joint.integer) else {
      throw joint.error(
        "there is no joint \(joint.integer); they go from 0 to \(truss.joints.count - 1)")
    }
  }

  /// The body, where the case is one; its law is the metric's, or the learned one.
  func continuum() throws -> Continuum {
    var definition = try BodyInput(value: value, folder: source.folder).definition()
    definition.strain = .small
    let law = try metricLaw()
    for block in definition.mesh.blocks { definition.laws[block.name] = law }
    return try Continuum(definition)
  }

  private func metricLaw() throws -> any ConstitutiveLaw {
    let material = value.need("material")
    if let law = try learnedLaw() { return law.law }
    guard let young = material["young"], let poisson = material["poisson"] else {
      throw material.error("needs young and poisson: they say how far states are apart")
    }
    do {
      return try LinearElastic(young: young.number, poisson: poisson.number)
    } catch {
      throw poisson.error("\(error)")
    }
  }

  /// The law of a manifold in a body.
  func learnedLaw() throws -> LawFile? {
    let material = value.need("material")
    guard let file = material["law"] else { return nil }
    guard material.need("method").text == "manifold", value["mesh"] != nil else {
      throw file.error("goes with 'method: manifold' of a body; remove it, or give data")
    }
    let law = try LawFile.read(try source.path(file))
    guard law.law.pair == .smallStrain else {
      throw file.error("is a law of finite strain; give one of small strain")
    }
    return law
  }
}

// MARK: - Data

extension DataDrivenCase {
  /// Measured strains and stresses (Pa) on the components of the structure.
  /// - Throws: `InputError` with line and column of a table, or with the array of a file.
  func measuredStates(_ components: [Int]?) throws -> (strains: [Double], stresses: [Double]) {
    let material = value.need("material")
    guard let data = material["data"] else {
      throw material.error("needs 'data', the path of measured states")
    }
    let path = try source.path(data)
    guard let components else { return try barStates(path) }
    guard RunStudy.isHDF5(path) else {
      throw data.error("is not HDF5; a body needs arrays 'strain' and 'stress' [N, 6]")
    }
    let file = try H5File.open(at: path)
    let strain = try bodyArray("strain", .none, file.root, path)
    let stress = try bodyArray("stress", .pressure, file.root, path)
    guard strain.count == stress.count else {
      throw InputError(
        path, key: "stress", "has \(stress.count / 6) rows, 'strain' \(strain.count / 6)")
    }
    func chosen(_ all: [Double]) -> [Double] {
      (0..<all.count / 6).flatMap { p in components.map { all[6 * p + $0] } }
    }
    return (chosen(strain), chosen(stress))
  }

  private func bodyArray(
    _ name: String, _ dimension: PhysicalUnit.Dimension, _ root: borrowing H5Group, _ path: String
  ) throws -> [Double] {
    guard root.contains(name) else {
      throw InputError(path, key: name, "is missing; give an array [N, 6] in Mandel order")
    }
    let array = try root.readDoubles(name)
    guard array.shape.count == 2, array.shape[1] == 6 else {
      throw InputError(path, key: name, "has the shape \(array.shape); give [N, 6]")
    }
    guard let unit = array.unit ?? (dimension == .none ? "1" : nil) else {
      throw InputError(path, key: name, "has no attribute 'units'; write for example MPa")
    }
    do {
      let scale = try PhysicalUnit.parse(unit, as: dimension, of: name)
      return scale.factor == 1 ? array.values : array.values.map { scale.toSI($0) }
    } catch { throw InputError(path, key: name, "\(error)") }
  }

  private func barStates(_ path: String) throws -> (strains: [Double], stresses: [Double]) {
    let table = try CSVTable(try readText(path, as: "measured states"), file: path)
    func column(_ name: String, _ dimension: PhysicalUnit.Dimension) throws -> [Double] {
      guard let c = table.index(of: name) else {
        throw InputError(
          path, line: table.headerLine, key: name,
          "is missing; give columns strain [-] and stress [MPa]")
      }
      let factor = try table.factor(of: c, dimension)
      return try table.rows.map { try factor * table.number($0, c) }
    }
    return (try column("strain", .none), try column("stress", .pressure))
  }
}
