import Foundation

/// The built `deepmanifold`, run as people run it.
struct CommandLineTool {
  /// A folder of its own, removed by `remove()`.
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "deepmanifold-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// Writes a file into the folder.
  func write(_ name: String, _ text: String) throws {
    let path = folder + "/" + name
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: false, encoding: .utf8)
  }

  /// What a run left.
  struct Outcome {
    let code: Int32, out: String, error: String
    var errorLines: [Substring] { error.split(separator: "\n") }
    /// The last line on stdout as JSON.
    var json: [String: Any]? {
      guard let line = out.split(separator: "\n").last else { return nil }
      return (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
    }
  }

  /// Runs the tool in the folder. `shell` is put before the command, for limits and the like.
  func run(_ arguments: [String], shell: String? = nil) throws -> Outcome {
    let process = Process()
    let binary = CommandLineTool.binary
    if let shell {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", shell + " exec \"$0\" \"$@\"", binary] + arguments
    } else {
      process.executableURL = URL(fileURLWithPath: binary)
      process.arguments = arguments
    }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    let capture = (folder + "/.stdout", folder + "/.stderr")
    for path in [capture.0, capture.1] {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    process.standardOutput = FileHandle(forWritingAtPath: capture.0)
    process.standardError = FileHandle(forWritingAtPath: capture.1)
    try process.run()
    process.waitUntilExit()
    let out = try String(contentsOfFile: capture.0, encoding: .utf8)
    let error = try String(contentsOfFile: capture.1, encoding: .utf8)
    for path in [capture.0, capture.1] { try FileManager.default.removeItem(atPath: path) }
    return Outcome(code: process.terminationStatus, out: out, error: error)
  }

  /// Starts the tool in the folder and does not wait for it.
  func start(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: CommandLineTool.binary)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Everything in the folder, by path.
  func contents() -> Set<String> {
    Set(FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? [])
  }

  /// The executable stands beside the test bundle.
  private static let binary: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/deepmanifold"
  }()
}
