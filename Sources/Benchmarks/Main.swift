import Foundation
import LinearAlgebra

/// `make bench`: measures every case three times, each in a process of its own, and prints one table in
/// Markdown with machine and date. `deepmanifold-bench CASE` measures one case once and prints its line;
/// `deepmanifold-bench learned-export FILE` writes the learned maps with their answers, for peers.
@main
struct Benchmarks {
  static func main() throws {
    BLASCore.reexecuteIfNeeded()
    BLASCore.useOneThread()
    if let name = CommandLine.arguments.dropFirst().first {
      if name == "learned-export", let file = CommandLine.arguments.dropFirst(2).first {
        return try LearnedMaps.export(to: file)
      }
      guard let one = Case(rawValue: name) else {
        let known = Case.allCases.map(\.rawValue).joined(separator: ", ")
        FileHandle.standardError.write(
          Data("deepmanifold-bench: no case '\(name)'; there are \(known)\n".utf8))
        exit(2)
      }
      print(try one.run().line)
      return
    }
    var results: [Case: [Measurement]] = [:]
    // Rounds over all cases, so that a slow spell of the machine touches each of them.
    for _ in 0..<3 {
      for one in Case.allCases { results[one, default: []].append(try measure(one)) }
    }
    print(Table(results: results, machine: Machine.current).markdown)
  }

  /// Runs one case in a child process.
  private static func measure(_ one: Case) throws -> Measurement {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    child.arguments = [one.rawValue]
    let pipe = Pipe()
    child.standardOutput = pipe
    try child.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    child.waitUntilExit()
    guard child.terminationStatus == 0 else {
      throw Failure(description: "case '\(one.rawValue)' ended with \(child.terminationStatus)")
    }
    return Measurement(line: output.split(separator: "\n").last ?? "")
  }

  struct Failure: Error, CustomStringConvertible { let description: String }
}
