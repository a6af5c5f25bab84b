/// Parts of a path, by its slashes alone. (Foundation's own functions trap on the path ".".)
enum FilePath {
  /// Everything before the last slash; "." where there is none, "/" for a file of the root.
  static func folder(of path: String) -> String {
    let plain = withoutTrailingSlashes(path)
    guard let slash = plain.lastIndex(of: "/") else { return "." }
    return slash == plain.startIndex ? "/" : String(plain[..<slash])
  }

  /// Everything after the last slash.
  static func name(of path: String) -> String {
    let plain = withoutTrailingSlashes(path)
    guard let slash = plain.lastIndex(of: "/") else { return plain }
    return String(plain[plain.index(after: slash)...])
  }

  /// The name without what follows its last dot.
  static func stem(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  private static func withoutTrailingSlashes(_ path: String) -> String {
    var plain = path[...]
    while plain.count > 1, plain.last == "/" { plain = plain.dropLast() }
    return String(plain)
  }
}
