import Contact
import DDA
import Storage

// Beside VTKHDF (polygons that move), `input` and `probes`, in the group `blocks`:
//
//   is_fixed, corners             per block
//   energies/time, kinetic, …     per output time
//   steps/time, dt, …             per step
//   contacts/offsets              first row of every output time, and the end
//   contacts/block, corner, edge_block, edge, state, point, normal, shear, slip

/// A run of blocks in its file.
struct BlockResultFile {
  let result: BlockResult
  let input: EmbeddedInput

  /// Whether a file is such a run.
  static func isResult(_ root: borrowing H5Group) -> Bool {
    root.contains("VTKHDF") && root.contains("input") && root.contains("blocks")
  }

  // MARK: - Writing

  /// Writes the whole file under a temporary name and renames it.
  static func write(_ result: BlockResult, input: EmbeddedInput, to path: String) throws {
    let file = try H5File.create(at: path)
    try writeFields(result, to: file.root)
    try result.provenance.write(to: file.root)
    try file.root.setAttribute("title", result.title)
    try file.root.setAttribute("study", CaseKind.blockSystem.rawValue)
    try file.root.setAttribute("status", result.converged ? "converged" : "not converged")
    try file.root.setAttribute("end", result.end)
    try input.write(to: file.root)
    if !result.warnings.isEmpty {
      try file.root.setAttribute("warning", result.warnings.joined(separator: "\n"))
    }
    if !result.isSeated { try file.root.setAttribute("seated", 0) }
    if let search = result.strength { try StrengthGroup.write(search, to: file.root) }
    let group = try file.root.createGroup("blocks")
    try group.write("is_fixed", result.isFixed.map { Int64($0 ? 1 : 0) })
    try group.write("corners", result.corners.map { Int64($0) })
    try write(energies: result, to: group.createGroup("energies"))
    try write(steps: result.steps, to: group.createGroup("steps"))
    try write(contacts: result, to: group.createGroup("contacts"))
    try ProbeGroup.write(
      result.probes, abscissa: ("time", result.states.map(\.time), "s"), to: file.root)
    try file.commit()
  }

  private static func writeFields(_ result: BlockResult, to root: borrowing H5Group) throws {
    var file = try VTKHDFFile(polygons: result.corners, in: root)
    for s in result.states {
      try file.append(
        time: s.time, points: s.points,
        pointFields: [.init("displacement", .vector, s.displacement, unit: "m")],
        cellFields: [
          .init("rotation", .scalar, s.rotation, unit: "1"),
          .init("spin", .scalar, s.spin, unit: "1/s"),
          .init("stress", .symmetricTensor, s.stress, unit: "Pa"),
          .init("velocity", .vector, s.velocity, unit: "m/s"),
          .init("von_mises", .scalar, s.vonMises, unit: "Pa"),
        ])
    }
    try file.finish()
  }

  private static func write(energies result: BlockResult, to group: borrowing H5Group) throws {
    try group.write("time", result.states.map(\.time), unit: "s")
    for term in BlockEnergy.allCases {
      try group.write(term.rawValue, result.states.map { term.value($0.energy) }, unit: "J")
    }
  }

  private static func write(steps: [StepRecord], to group: borrowing H5Group) throws {
    try group.write("time", steps.map(\.time), unit: "s")
    try group.write("dt", steps.map(\.dt), unit: "s")
    try group.write("overlap", steps.map(\.overlap), unit: "m")
    try group.write("displacement", steps.map(\.displacement), unit: "m")
    try group.write("converged", steps.map { Int64($0.converged ? 1 : 0) })
    for (name, path) in counts { try group.write(name, steps.map { Int64($0[keyPath: path]) }) }
  }

  private static func write(contacts result: BlockResult, to group: borrowing H5Group) throws {
    let all = result.states.flatMap(\.contacts)
    var offsets: [Int64] = [0]
    for s in result.states { offsets.append(offsets[offsets.count - 1] + Int64(s.contacts.count)) }
    try group.write("offsets", offsets)
    try group.write("block", all.map { Int64($0.key.vertexBlock) })
    try group.write("corner", all.map { Int64($0.key.vertex) })
    try group.write("edge_block", all.map { Int64($0.key.edgeBlock) })
    try group.write("edge", all.map { Int64($0.key.edge) })
    try group.write("state", all.map { Int64($0.state.rawValue) })
    try group.setAttribute("states", "0 open, 1 sliding, 2 locked", of: "state")
    try group.write(
      "point", all.flatMap { [$0.point.x, $0.point.y] }, shape: [all.count, 2], unit: "m")
    try group.write("normal", all.map(\.normal), unit: "N")
    try group.write("shear", all.map(\.shear), unit: "N")
    try group.write("slip", all.map(\.slip), unit: "m")
  }

  private static var counts: [(String, WritableKeyPath<StepRecord, Int>)] {
    [
      ("cut_backs", \.cutBacks), ("shortened", \.shortened), ("passes", \.passes),
      ("iterations", \.iterations),
      ("restless", \.restless), ("locked", \.locked), ("sliding", \.sliding),
    ]
  }

  // MARK: - Reading

  /// Reads a file.
  /// - Throws: `StorageError` for a foreign or damaged one.
  init(_ path: String) throws {
    let file = try H5File.open(at: path)
    guard BlockResultFile.isResult(file.root) else {
      throw StorageError(
        .foreign, file: path, what: "is not a run of blocks",
        remedy: "give a file that 'deepmanifold run' wrote")
    }
    input = try EmbeddedInput(file.root)
    let group = try file.root.group("blocks")
    var result = BlockResult(
      title: try file.root.stringAttribute("title"),
      isFixed: try group.read("is_fixed", as: Int64.self).values.map { $0 != 0 },
      corners: try group.read("corners", as: Int64.self).values.map { Int($0) }, probes: [],
      end: try file.root.doubleAttribute("end"), provenance: try Provenance(file.root))
    result.probes = try ProbeGroup.read(file.root)
    result.strength = try StrengthGroup.read(file.root)
    if file.root.hasAttribute("warning") {
      result.warnings = try file.root.stringAttribute("warning")
        .split(separator: "\n").map(String.init)
    }
    result.isSeated = !file.root.hasAttribute("seated")
    result.steps = try BlockResultFile.steps(group.group("steps"))
    result.states = try BlockResultFile.states(file.root, group, result)
    self.result = result
  }

  private static func steps(_ group: borrowing H5Group) throws -> [StepRecord] {
    let times = try group.readDoubles("time").values
    var out = times.map { time in
      var record = StepRecord()
      record.time = time
      return record
    }
    func fill<T>(_ values: [T], _ put: (inout StepRecord, T) -> Void) throws {
      guard values.count == out.count else { throw damaged(group, "has lists of several lengths") }
      for i in out.indices { put(&out[i], values[i]) }
    }
    try fill(group.readDoubles("dt").values) { $0.dt = $1 }
    try fill(group.readDoubles("overlap").values) { $0.overlap = $1 }
    try fill(group.readDoubles("displacement").values) { $0.displacement = $1 }
    try fill(group.read("converged", as: Int64.self).values) { $0.converged = $1 != 0 }
    for (name, path) in counts {
      try fill(group.read(name, as: Int64.self).values) { $0[keyPath: path] = Int($1) }
    }
    return out
  }

  /// Outlines, velocities, von Mises stress, energies and contacts; the rest stays in the file.
  private static func states(
    _ root: borrowing H5Group, _ group: borrowing H5Group, _ result: BlockResult
  ) throws -> [BlockResult.State] {
    let energies = try group.group("energies")
    let times = try energies.readDoubles("time").values
    var accounts = [EnergyAccount](repeating: EnergyAccount(), count: times.count)
    for (term, path) in BlockEnergy.stored {
      let values = try energies.readDoubles(term.rawValue).values
      guard values.count == times.count else { throw damaged(energies, "has too few rows") }
      for i in times.indices { accounts[i][keyPath: path] = values[i] }
    }
    let points = try root.readDoubles("VTKHDF/Points").values
    let velocity = try root.readDoubles("VTKHDF/CellData/velocity").values
    let stress = try root.readDoubles("VTKHDF/CellData/von_mises").values
    let (width, cells) = (3 * result.corners.reduce(0, +), 3 * result.corners.count)
    guard result.corners.allSatisfy({ $0 >= 3 }), result.isFixed.count == result.corners.count,
      points.count == width * times.count, velocity.count == cells * times.count,
      3 * stress.count == velocity.count,
      points.allSatisfy({ abs($0) < 1e150 }), velocity.allSatisfy({ abs($0) < 1e150 }),
      result.probes.allSatisfy({ $0.values.count == times.count })
    else { throw damaged(group, "does not agree with its polygons") }
    let contacts = try contacts(group.group("contacts"), times.count)
    return times.indices.map { i in
      var state = BlockResult.State(time: times[i], energy: accounts[i])
      state.points = Array(points[i * width..<(i + 1) * width])
      state.velocity = Array(velocity[i * cells..<(i + 1) * cells])
      state.vonMises = Array(stress[i * cells / 3..<(i + 1) * cells / 3])
      state.contacts = contacts[i]
      return state
    }
  }

  private static func contacts(
    _ group: borrowing H5Group, _ count: Int
  ) throws -> [[BlockResult.Contact]] {
    func whole(_ name: String) throws -> [Int] {
      try group.read(name, as: Int64.self).values.map { Int($0) }
    }
    let offsets = try whole("offsets")
    let keys = try ["block", "corner", "edge_block", "edge"].map(whole)
    let states = try whole("state")
    let numbers = try ["normal", "shear", "slip"].map { try group.readDoubles($0).values }
    let points = try group.readDoubles("point").values
    let n = states.count
    guard offsets.count == count + 1, offsets.first == 0, offsets.last == n,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }), points.count == 2 * n,
      keys.allSatisfy({ $0.count == n && $0.allSatisfy { (0..<1 << 20).contains($0) } }),
      numbers.allSatisfy({ $0.count == n }), states.allSatisfy({ (0...2).contains($0) }),
      keys[1].allSatisfy({ $0 < 4096 }), keys[3].allSatisfy({ $0 < 4096 })
    else { throw damaged(group, "has lists that do not agree") }
    return (0..<count).map { i in
      (offsets[i]..<offsets[i + 1]).map { r in
        BlockResult.Contact(
          key: ContactKey(
            vertexBlock: keys[0][r], vertex: keys[1][r], edgeBlock: keys[2][r], edge: keys[3][r]),
          point: Point(points[2 * r], points[2 * r + 1]),
          state: JointState(rawValue: UInt8(states[r]))!, forces: (numbers[0][r], numbers[1][r]),
          slip: numbers[2][r])
      }
    }
  }

  private static func damaged(_ group: borrowing H5Group, _ what: String) -> StorageError {
    StorageError(
      .damaged, file: group.file, path: group.path, what: what, remedy: "run the case again")
  }
}

extension BlockEnergy {
  /// The terms that an account holds, with their places.
  static var stored: [(BlockEnergy, WritableKeyPath<EnergyAccount, Double>)] {
    [
      (.kinetic, \.kinetic), (.strain, \.strain), (.potential, \.potential), (.bolts, \.bolts),
      (.friction, \.friction), (.joint, \.joint), (.algorithmic, \.algorithmic),
      (.external, \.external), (.damped, \.damped), (.radiated, \.radiated),
    ]
  }
}
