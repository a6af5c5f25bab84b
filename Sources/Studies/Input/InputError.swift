/// A mistake in what the user gave us: where it stands, what is wrong, what to do.
///
/// `description` is one line ready for a person: `case.yaml:12: key 'mesh.size': needs 3 numbers, …`.
public struct InputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file, or the option of the command line, that holds the mistake.
  public let file: String
  /// Line from 1, where there is one.
  public let line: Int?
  /// Dotted path of the key, or the column of a table, where there is one.
  public let key: String?
  /// What is wrong and what to do.
  public let problem: String

  /// From its parts.
  public init(_ file: String, line: Int? = nil, key: String? = nil, _ problem: String) {
    self.file = file
    self.line = line
    self.key = key
    self.problem = problem
  }

  /// File, line, key, problem and remedy on one line.
  public var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let key { place += ": key '\(key)'" }
    return String("\(place): \(problem)".map { $0.isNewline ? " " : $0 })
  }
}

/// The known word nearest to a misspelt one, as a remedy to append to an error.
public enum Suggestion {
  /// The nearest of `known` within a third of the word's length (at least two edits), or nil.
  public static func nearest(to word: String, in known: [String]) -> String? {
    let limit = max(2, word.count / 3)
    let best = known.map { (name: $0, distance: distance(word.lowercased(), $0.lowercased())) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best, best.distance <= limit else { return nil }
    return best.name
  }

  /// "did you mean 'x'?" or, where nothing is near, the list of what is known.
  public static func remedy(for word: String, in known: [String]) -> String {
    if let near = nearest(to: word, in: known) { return "did you mean '\(near)'?" }
    return known.isEmpty ? "there are none" : "choose from \(known.joined(separator: ", "))"
  }

  /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`
  /// (optimal string alignment).
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var before: [Int] = []
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1]
      for j in b.indices {
        var best = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
        next.append(best)
      }
      (before, row) = (row, next)
    }
    return row[b.count]
  }
}

/// An iteration that did not reach its end: an ordinary outcome of mechanics, told in one line.
public struct NotConverged: Error, Sendable, Equatable, CustomStringConvertible {
  /// What happened, on one line.
  public let description: String

  /// `description` says which file, where it stopped and what to try.
  public init(_ description: String) { self.description = description }
}
