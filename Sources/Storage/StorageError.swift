/// What went wrong with a file: which file, where inside it, what, and what to do about it.
///
/// `description` is one line, ready for a person.
public struct StorageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of mistake, for programs that want to react.
  public enum Kind: Sendable, Equatable {
    /// The file, the folder or the object inside the file does not exist.
    case missing
    /// Not a regular file, or not HDF5.
    case foreign
    /// Truncated, corrupted, or not readable as its header says.
    case damaged
    /// The file system refused: read-only, no permission.
    case refused
    /// The disk, the quota or the file size limit is exhausted.
    case noSpace
    /// The object holds another type, another rank or another shape than asked for.
    case mismatch
    /// An object of that name is there already.
    case exists
    /// Any other refusal of the HDF5 library.
    case library
  }

  /// The kind of mistake.
  public let kind: Kind
  /// Path of the file.
  public let file: String
  /// Path of the object inside the file; empty when the file itself is meant.
  public let path: String
  /// What is wrong.
  public let what: String
  /// What to do about it.
  public let remedy: String

  /// From its parts.
  public init(_ kind: Kind, file: String, path: String = "", what: String, remedy: String) {
    self.kind = kind
    self.file = file
    self.path = path
    self.what = what
    self.remedy = remedy
  }

  /// `file:/path: what; remedy`, on one line.
  public var description: String {
    let place = path.isEmpty ? file : "\(file):\(path)"
    let text = remedy.isEmpty ? "\(place): \(what)" : "\(place): \(what); \(remedy)"
    return String(text.map { $0.isNewline ? " " : $0 })
  }
}
