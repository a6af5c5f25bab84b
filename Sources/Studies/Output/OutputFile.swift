import Foundation

/// Writes a file under a temporary name beside its place and renames it when it is whole, so that a
/// failure leaves neither half a file nor a damaged old one.
public struct OutputFile: Sendable {
  /// Where the file will be.
  public let path: String

  /// Checks that `path` can be an output and is none of `inputs`.
  /// - Throws: `InputError` for an input as output, a folder, a missing or a closed folder.
  public init(_ path: String, inputs: [String] = []) throws(InputError) {
    self.path = path
    guard !path.isEmpty else { throw InputError("--output", "is empty; give a file name") }
    let target = OutputFile.identity(path)
    for input in inputs where OutputFile.identity(input) == target {
      throw InputError(path, "is an input of this command; choose another output")
    }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw InputError(path, "is a folder; give the name of a file in it")
    }
    let folder = FilePath.folder(of: path)
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
    else {
      throw InputError(path, "the folder '\(folder)' does not exist; create it first")
    }
    guard OutputFile.isWritable(folder) else {
      throw InputError(path, "the folder '\(folder)' cannot be written; choose another")
    }
    if FileManager.default.fileExists(atPath: path), !OutputFile.isWritable(path) {
      throw InputError(path, "is read-only; choose another name or remove it")
    }
  }

  /// Calls `body` with the temporary path, then renames. Whatever `body` throws removes the
  /// temporary file and goes on to the caller.
  public func write<Result>(_ body: (String) throws -> Result) throws -> Result {
    let temporary =
      FilePath.folder(of: path) + "/." + FilePath.name(of: path)
      + ".\(ProcessInfo.processInfo.processIdentifier).part"
    do {
      let result = try body(temporary)
      guard rename(temporary, path) == 0 else {
        throw InputError(path, "cannot be replaced: \(String(cString: strerror(errno)))")
      }
      return result
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Writes a text.
  /// - Throws: `InputError` where the disk is full or refuses.
  public func write(text: String) throws {
    try write { temporary in
      guard let file = fopen(temporary, "w") else {
        throw InputError(path, "cannot be created: \(String(cString: strerror(errno)))")
      }
      let bytes = Array(text.utf8)
      let written = fwrite(bytes, 1, bytes.count, file)
      let error = written < bytes.count || fflush(file) != 0 ? errno : 0
      let closed = fclose(file)
      guard error == 0, closed == 0 else {
        let reason = String(cString: strerror(error != 0 ? error : errno))
        throw InputError(path, "cannot be written: \(reason); free space or choose another disk")
      }
    }
  }

  /// Whether we may write there. A file that nobody may write is refused to root as well: it was
  /// protected on purpose.
  private static func isWritable(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & 0o222 != 0 && access(path, W_OK) == 0
  }

  /// Device and inode of an existing file, else its absolute path.
  private static func identity(_ path: String) -> String {
    var info = stat()
    if stat(path, &info) == 0 { return "\(info.st_dev):\(info.st_ino)" }
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }
}

/// Reads a whole text file.
/// - Throws: `InputError` for a missing file, a folder, a closed file or one that is not UTF-8.
public func readText(_ path: String, as what: String) throws(InputError) -> String {
  var isFolder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
    throw InputError(path, "there is no such file; give the path of \(what)")
  }
  guard !isFolder.boolValue else {
    throw InputError(path, "is a folder; give the path of \(what)")
  }
  guard let data = FileManager.default.contents(atPath: path) else {
    throw InputError(path, "cannot be read; check its permissions")
  }
  guard let text = String(data: data, encoding: .utf8) else {
    throw InputError(path, "is not UTF-8 text; give the path of \(what)")
  }
  return text
}
