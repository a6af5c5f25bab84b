import Identification
import Storage

/// What a camera and a testing machine reported of one specimen, as a file holds it; SI.
///
///     @kind           "measurement"
///     /points         [N, 3]     undeformed places
///     /displacement   [L, N, c]  level by level; NaN: the point was not seen at that level
///       @components   "x", "xy", "xyz", …: which components the last index counts
///     /displacement_sd           one number: the standard deviation of a component
///     /load_factor    [L]        share of the case's prescribed displacements and loads
///     /force          [L, R]     net forces of supports on the modelled part of the specimen
///     /force_set, /force_component [R]  texts: the name of each set, and "x", "y" or "z"
///     /force_sd                  one number
///
/// Arrays carry their `units`. Forces are those of the modelled part: of an eighth of a sheet, a quarter
/// of what the grip reads.
public struct Measurement: Sendable, Equatable {
  /// Undeformed places of the points, m.
  public var points: [SIMD3<Double>]
  /// Which components were measured: 0, 1, 2.
  public var components: [Int]
  /// One level after another.
  public var levels: [FieldExperiment.Level]
  /// Standard deviation of a displacement component, m, and of a net force, N.
  public var deviation: Double, forceDeviation: Double
  /// Which net forces were measured.
  public var forces: [NetReaction]
  /// How it came to be.
  public var provenance: Provenance

  /// Names of the three directions.
  static let axes = ["x", "y", "z"]

  /// Components from their letters, such as `xy`.
  static func components(_ letters: String) -> [Int]? {
    let out = letters.map { axes.firstIndex(of: String($0)) ?? -1 }
    return out.isEmpty || out.contains(-1) || Set(out).count < out.count ? nil : out
  }
}

// MARK: - Writing

extension Measurement {
  /// Writes the whole file under a temporary name and renames it.
  /// - Throws: `StorageError` where the disk refuses.
  public func write(to path: String) throws {
    let file = try H5File.create(at: path)
    try write(into: file.root)
    try file.commit()
  }

  private func write(into root: borrowing H5Group) throws(StorageError) {
    try provenance.write(to: root)
    try root.setAttribute("kind", "measurement")
    try root.write(
      "points", points.flatMap { [$0.x, $0.y, $0.z] }, shape: [points.count, 3], unit: "m")
    try root.write(
      "displacement", levels.flatMap(\.displacements),
      shape: [levels.count, points.count, components.count], unit: "m")
    try root.setAttribute(
      "components", components.map { Measurement.axes[$0] }.joined(), of: "displacement")
    try root.write("displacement_sd", [deviation], shape: [], unit: "m")
    try root.write("load_factor", levels.map(\.factor), unit: "1")
    try root.write(
      "force", levels.flatMap(\.reactions), shape: [levels.count, forces.count], unit: "N")
    try root.write("force_set", forces.map(\.set))
    try root.write("force_component", forces.map { Measurement.axes[$0.component] })
    try root.write("force_sd", [forceDeviation], shape: [], unit: "N")
  }
}

// MARK: - Reading

extension Measurement {
  /// Reads a measurement file, and leaves out points that some level did not see.
  /// - Throws: `InputError` with the array that is wrong, `StorageError` for a damaged file.
  public init(_ path: String) throws {
    let file = try H5File.open(at: path)
    try self.init(file.root, path)
  }

  private init(_ root: borrowing H5Group, _ path: String) throws {
    for name in ["points", "displacement", "load_factor", "force"] where !root.contains(name) {
      throw InputError(
        path, key: name,
        "is missing; a measurement has points, displacement, displacement_sd, load_factor, force and force_sd"
      )
    }
    let (places, placeShape) = try Measurement.array("points", .length, root, path)
    guard placeShape.count == 2, placeShape[1] == 3, placeShape[0] > 0 else {
      throw InputError(path, key: "points", "has the shape \(placeShape); give [points, 3]")
    }
    let N = placeShape[0]
    let (factors, _) = try Measurement.array("load_factor", .none, root, path)
    let letters =
      try root.hasAttribute("components", of: "displacement")
      ? root.stringAttribute("components", of: "displacement") : "xyz"
    guard let components = Measurement.components(letters) else {
      throw InputError(
        path, key: "displacement", "has the components '\(letters)'; give x, xy, xyz or the like")
    }
    let (u, shape) = try Measurement.array("displacement", .length, root, path)
    let L = factors.count
    guard shape == [L, N, components.count] else {
      throw InputError(
        path, key: "displacement",
        "has the shape \(shape); give [\(L), \(N), \(components.count)]: levels, points, components"
      )
    }
    let (f, forceShape) = try Measurement.array("force", .force, root, path)
    guard forceShape.count == 2, forceShape[0] == L else {
      throw InputError(path, key: "force", "has the shape \(forceShape); give [\(L), forces]")
    }
    forces = try Measurement.forces(root, path, count: forceShape[1])
    deviation = try Measurement.number("displacement_sd", .length, root, path)
    forceDeviation = try Measurement.number("force_sd", .force, root, path)
    let (c, R) = (components.count, forceShape[1])
    let seen = (0..<N).filter { p in
      (0..<L).allSatisfy { l in (0..<c).allSatisfy { !u[(l * N + p) * c + $0].isNaN } }
    }
    guard !seen.isEmpty else {
      throw InputError(
        path, key: "displacement", "has no point that was seen at every level; leave levels out")
    }
    self.components = components
    points = seen.map { SIMD3(places[3 * $0], places[3 * $0 + 1], places[3 * $0 + 2]) }
    levels = (0..<L).map { l in
      .init(
        factor: factors[l],
        displacements: seen.flatMap { p in (0..<c).map { u[(l * N + p) * c + $0] } },
        reactions: (0..<R).map { f[l * R + $0] })
    }
    provenance =
      root.hasAttribute("program_version") ? try Provenance(root) : Provenance(seconds: 0)
    if root.hasAttribute("citation") { provenance.citation = try root.stringAttribute("citation") }
  }

  private static func forces(
    _ root: borrowing H5Group, _ path: String, count: Int
  ) throws -> [NetReaction] {
    for name in ["force_set", "force_component"] where !root.contains(name) {
      throw InputError(path, key: name, "is missing; give a set and x, y or z for every force")
    }
    let sets = try root.readStrings("force_set").values
    let letters = try root.readStrings("force_component").values
    guard sets.count == count, letters.count == count else {
      throw InputError(
        path, key: "force",
        "has \(count) columns, \(sets.count) sets and \(letters.count) components; give one each")
    }
    return try zip(sets, letters).map { set, letter in
      guard let component = axes.firstIndex(of: letter) else {
        throw InputError(path, key: "force", "has the component '\(letter)'; give x, y or z")
      }
      return NetReaction(set: set, component: component)
    }
  }

  /// An array in SI.
  private static func array(
    _ name: String, _ dimension: PhysicalUnit.Dimension, _ root: borrowing H5Group, _ path: String
  ) throws -> ([Double], [Int]) {
    let array = try root.readDoubles(name)
    guard let unit = array.unit ?? (dimension == .none ? "1" : nil) else {
      throw InputError(path, key: name, "has no attribute 'units'; write for example mm or N")
    }
    do {
      let scale = try PhysicalUnit.parse(unit, as: dimension, of: name)
      return (scale.factor == 1 ? array.values : array.values.map { scale.toSI($0) }, array.shape)
    } catch {
      throw InputError(path, key: name, "\(error)")
    }
  }

  private static func number(
    _ name: String, _ dimension: PhysicalUnit.Dimension, _ root: borrowing H5Group, _ path: String
  ) throws -> Double {
    guard root.contains(name) else {
      throw InputError(
        path, key: name, "is missing; give one number, the standard deviation of the measurement")
    }
    let (values, _) = try array(name, dimension, root, path)
    guard values.count == 1, values[0] > 0, values[0].isFinite else {
      throw InputError(path, key: name, "must be one positive number")
    }
    return values[0]
  }
}
