import Storage

/// The group `probes` of every result: an abscissa, the names, and for each probe its values with name and unit.
enum ProbeGroup {
  /// Writes it.
  static func write(
    _ probes: [ProbeHistory], abscissa: (name: String, values: [Double], unit: String),
    to root: borrowing H5Group
  ) throws(StorageError) {
    let group = try root.createGroup("probes")
    try group.write(abscissa.name, abscissa.values, unit: abscissa.unit)
    try group.write("names", probes.map(\.name))
    for (i, probe) in probes.enumerated() {
      try group.write("values/\(i)", probe.values, unit: probe.unit)
      try group.setAttribute("name", probe.name, of: "values/\(i)")
    }
  }

  /// Reads the probes; none where no names are there.
  static func read(_ root: borrowing H5Group) throws(StorageError) -> [ProbeHistory] {
    let group = try root.group("probes")
    guard group.contains("names") else { return [] }
    var out: [ProbeHistory] = []
    for (i, name) in try group.readStrings("names").values.enumerated() {
      let found = try group.readDoubles("values/\(i)")
      out.append(.init(name: name, unit: found.unit ?? "1", values: found.values))
    }
    return out
  }
}

extension [ProbeHistory] {
  /// Names, last values and units, a line each, in columns.
  var lines: [String] {
    let width = map(\.name.count).max() ?? 0
    return map { probe in
      let name = probe.name + String(repeating: " ", count: width - probe.name.count)
      let unit = probe.unit == "1" ? "" : " " + probe.unit
      return "  \(name)  \(Show.number(probe.values.last ?? .nan, digits: 10))\(unit)"
    }
  }
}
