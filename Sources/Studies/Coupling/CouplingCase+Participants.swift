import Coupling

// The cases of those who take part, their files, and where a mistake in one of them is to be looked for.
extension CouplingCase {
  /// Names tell participants apart in interfaces, probes and file names.
  static func checkNames(_ value: CaseValue) throws(InputError) {
    var seen: [String: String] = [:]
    for row in value.need("participants").list {
      let name = row.need("name")
      guard !name.text.contains(".") else {
        throw name.error(
          "the name '\(name.text)' has a dot and could not be told from one with a border; leave it out"
        )
      }
      let safe = CouplingFile.safeName(name.text)
      if let other = seen[safe] {
        throw name.error(
          other == name.text
            ? "there are two participants '\(other)'; rename one"
            : "'\(name.text)' and '\(other)' would write the same file, …-\(safe).vtkhdf; rename one"
        )
      }
      seen[safe] = name.text
    }
  }

  /// The case of a participant; nil for a model.
  static func ownCase(of row: CaseValue, _ source: CaseSource) throws(InputError) -> StudyCase? {
    guard let name = row["case"] else { return nil }
    let file = try source.path(name)
    do throws(InputError) {
      let own = try CaseSource(
        text: try readText(file, as: "a case"), file: file,
        overrides: row["set"]?.list.map(\.text) ?? [], folder: FilePath.folder(of: file))
      let one: StudyCase
      switch own.kind {
      case .fem:
        if let frequencies = own.value["frequencies"] {
          throw frequencies.error(
            "are no motion to take part with; remove it, or give another case")
        }
        one = .fem(FEMCase(own))
      case .blockSystem:
        for key in ["seating", "strength-reduction"] {
          if let search = own.value[key] {
            throw search.error("is not done in a coupling; remove it, or run the case by itself")
          }
        }
        one = .blockSystem(BlockCase(own))
      default:
        throw name.error(
          "'\(name.text)' is a case of kind '\(own.kind.rawValue)', which takes no part in couplings; "
            + "give one of kind fem or block-system")
      }
      for file in one.files { _ = try own.path(file) }
      return one
    } catch { throw mistake(error, in: row) }
  }

  /// The cases of participants, and the files that they name, as seen from this case's folder.
  var files: [CaseValue] {
    zip(value.need("participants").list, cases).flatMap { row, one -> [CaseValue] in
      guard let name = row["case"], let one else { return [] }
      let folder = FilePath.folder(of: name.text)
      return [name]
        + one.files.map { file in
          let path =
            folder == "." || file.text.hasPrefix("/") ? file.text : "\(folder)/\(file.text)"
          return CaseValue(content: .text(path), place: name.place, key: name.key)
        }
    }
  }

  // MARK: - Mistakes

  /// Runs `body`, which makes something of a participant's own case; what it throws says file, line and key.
  static func inOwnCase<T>(
    of row: CaseValue, _ file: String, _ body: () throws -> T
  ) throws(InputError) -> T {
    do { return try body() } catch let error as InputError {
      throw mistake(error, in: row)
    } catch let error as CouplingError {
      let what = "\(error.problem); \(error.remedy)"
      if let set = row["borders"]?.list.first(where: { error.place == "border '\($0.text)'" }) {
        throw set.error("'\(set.text)' \(what)")
      }
      throw (row["complement"] ?? row).error(what)
    } catch { throw InputError(file, "\(error)") }
  }

  /// A mistake in an assignment of `set` stands in this file, any other in the participant's own.
  private static func mistake(_ error: InputError, in row: CaseValue) -> InputError {
    guard let set = row["set"]?.list.first(where: { error.file == "--set \($0.text)" }) else {
      return error
    }
    let key = error.key.map { "key '\($0)'" } ?? "an assignment"
    return set.error("\(key) of '\(row.need("case").text)': \(error.problem)")
  }

  /// Where in the case an error of the coupling lies.
  func place(of error: CouplingError, _ interfaces: [Interface]) -> InputError {
    let rows = value.need("interfaces").list
    for (row, interface) in zip(rows, interfaces) {
      for (end, name) in zip([interface.first, interface.second], row.need("between").list)
      where error.place == "interface end '\(end)'" {
        return name.error("\(error.problem); \(error.remedy)")
      }
      if let what = error.said(of: "interface '\(interface.name)'") { return row.error(what) }
    }
    // A border that is told too much: the later interface is one too many.
    for (row, interface) in zip(rows, interfaces).reversed()
    where [interface.first, interface.second].contains(where: { error.place == "border '\($0)'" }) {
      return row.error("\(error)")
    }
    for (n, row) in value.need("participants").list.enumerated() {
      guard let what = error.said(of: "participant '\(names[n])'") else { continue }
      // What its solver says concerns its own case.
      let own = error.place.hasSuffix("'") ? nil : cases[n]?.source.file
      return row.error((own.map { "in '\($0)', " } ?? "") + what)
    }
    if error.place == "predictor" {
      return value.need("waveform").error(error.said(of: error.place)!)
    }
    return value[error.place]?.error(error.said(of: error.place)!)
      ?? InputError(source.file, "\(error)")
  }
}

extension CouplingError {
  /// Problem and remedy where the place is this one or a part of it, which then comes first.
  fileprivate func said(of whole: String) -> String? {
    guard place.hasPrefix(whole) else { return nil }
    let part = place.dropFirst(whole.count).drop { ", ".contains($0) }
    return (part.isEmpty ? "" : "\(part): ") + "\(problem); \(remedy)"
  }
}
