/// Reads words and numbers of a .msh file: text, or inside binary sections little- or big-endian
/// numbers. Knows the line, for messages.
struct GmshScanner {
  let bytes: [UInt8]
  let file: String
  /// Section being read, for messages.
  var section = ""
  /// Whether numbers are binary.
  var binary = false
  /// Whether binary numbers have the other byte order.
  var swapped = false
  private(set) var position = 0
  private(set) var line = 1

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// An error at the present place.
  func error(_ what: String, _ remedy: String = "export the mesh again") -> MeshError {
    MeshError(place(line: line), what, remedy)
  }

  /// `plate.msh:41`; in binary files lines mean nothing and the section is named.
  func place(line: Int) -> String {
    binary ? "\(file), \(section)" : "\(file):\(line)"
  }

  var atEnd: Bool { position >= bytes.count }

  mutating func skipSpace() {
    while position < bytes.count, bytes[position] <= 32 {
      if bytes[position] == 10 { line += 1 }
      position += 1
    }
  }

  /// The next word; nil at the end of the file.
  mutating func word() -> ArraySlice<UInt8>? {
    skipSpace()
    let start = position
    while position < bytes.count, bytes[position] > 32 { position += 1 }
    return start < position ? bytes[start..<position] : nil
  }

  /// The rest of the line.
  mutating func restOfLine() -> String {
    let start = position
    while position < bytes.count, bytes[position] != 10 { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if position < bytes.count {
      position += 1
      line += 1
    }
    return text.hasSuffix("\r") ? String(text.dropLast()) : text
  }

  /// A 32-bit number in binary.
  mutating func int(_ what: String) throws(MeshError) -> Int {
    binary
      ? Int(Int32(truncatingIfNeeded: try raw(4, what))) : try wholeWord(what)
  }

  /// A 64-bit number in binary.
  mutating func size(_ what: String) throws(MeshError) -> Int {
    guard binary else { return try wholeWord(what) }
    guard let n = Int(exactly: try raw(8, what)) else { throw error("\(what) is out of range") }
    return n
  }

  mutating func double(_ what: String) throws(MeshError) -> Double {
    if binary {
      let x = Double(bitPattern: try raw(8, what))
      guard x.isFinite else { throw error("\(what) is \(x)") }
      return x
    }
    let text = try anyWord(what)
    guard let x = Double(text), x.isFinite else {
      throw error("\(what) is \"\(text)\", not a finite number")
    }
    return x
  }

  /// A whole number written as text, also in binary files.
  mutating func wholeWord(_ what: String) throws(MeshError) -> Int {
    let text = try anyWord(what)
    guard let n = Int(text) else { throw error("\(what) is \"\(text)\", not a whole number") }
    return n
  }

  /// A number of things that follow, each of which takes at least `least` bytes.
  mutating func count(_ what: String, least: Int = 2, asText: Bool = false) throws(MeshError) -> Int
  {
    let n = asText ? try wholeWord(what) : try size(what)
    guard n >= 0, n <= (bytes.count - position) / least + 1 else {
      throw error("\(what) is \(n), which the file is too short for", "the file may be cut off")
    }
    return n
  }

  private mutating func anyWord(_ what: String) throws(MeshError) -> String {
    guard let word = word() else {
      throw error("ends where \(what) should stand", "the file may be cut off: export it again")
    }
    return String(decoding: word.prefix(40), as: UTF8.self)
  }

  private mutating func raw(_ width: Int, _ what: String) throws(MeshError) -> UInt64 {
    guard position + width <= bytes.count else {
      throw error("ends where \(what) should stand", "the file may be cut off: export it again")
    }
    var n: UInt64 = 0
    for i in 0..<width {
      n |= UInt64(bytes[position + i]) << UInt64(8 * (swapped ? width - 1 - i : i))
    }
    position += width
    return n
  }

  /// Goes past the next occurrence of a word, such as `$EndNodes`.
  mutating func skip(past word: String) throws(MeshError) {
    let pattern = Array(word.utf8)
    while position + pattern.count <= bytes.count {
      if bytes[position] == pattern[0],
        bytes[position..<position + pattern.count].elementsEqual(pattern)
      {
        position += pattern.count
        return
      }
      if bytes[position] == 10 { line += 1 }
      position += 1
    }
    throw error("has no \(word)", "the file may be cut off: export it again")
  }
}
