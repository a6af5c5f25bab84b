import DDA
import Foundation
import LinearAlgebra

/// `make bench`: measures every case three times, each in a process of its own, and prints one table in
/// Markdown with machine and date, then the table of the walls of blocks. `deepmanifold-bench CASE` measures
/// one case once and prints its line; `deepmanifold-bench walls [BRICKS…]` prints the table of walls alone, of
/// chosen sizes; `deepmanifold-bench wall BRICKS [WORKERS…]` measures one wall once;
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
      if name == "walls" || name == "wall" { return try walls(CommandLine.arguments) }
      guard let one = Case(rawValue: name) else {
        let known = (Case.allCases.map(\.rawValue) + ["walls"]).joined(separator: ", ")
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
      for one in Case.allCases { results[one, default: []].append(try measure([one.rawValue])) }
    }
    print(Table(results: results, machine: Machine.current).markdown)
    print("\n" + (try wallTable(BlockWalls.sizes)))
  }

  /// `walls [BRICKS…]` and `wall BRICKS [WORKERS…] [LINEAR-SOLVER]`.
  private static func walls(_ arguments: [String]) throws {
    let method = arguments.last.flatMap { BlockLinearSolver(rawValue: $0) }
    let numbers = arguments.dropFirst(2).dropLast(method == nil ? 0 : 1).map { Int($0) ?? 0 }
    guard numbers.allSatisfy({ $0 > 0 }), arguments[1] == "walls" || !numbers.isEmpty else {
      FileHandle.standardError.write(
        Data("deepmanifold-bench: give numbers of bricks, as in 'walls 106 512'\n".utf8))
      exit(2)
    }
    if arguments[1] == "walls" {
      return print(try wallTable(numbers.isEmpty ? BlockWalls.sizes : numbers))
    }
    let workers = numbers.count > 1 ? Array(numbers.dropFirst()) : [1, 2]
    var wall = BlockWalls(bricks: numbers[0])
    wall.method = method ?? .blockJacobi
    print(try wall.measure(workers: workers).line)
  }

  /// Every wall three times, each in a process of its own.
  private static func wallTable(_ sizes: [Int]) throws -> String {
    var rounds = sizes.map { (size: $0, rounds: [Measurement]()) }
    for _ in 0..<3 {
      for i in rounds.indices {
        rounds[i].rounds.append(try measure(["wall", "\(rounds[i].size)"]))
      }
    }
    return BlockWalls.table(rounds)
  }

  /// Runs one case in a child process.
  private static func measure(_ arguments: [String]) throws -> Measurement {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    child.arguments = arguments
    let pipe = Pipe()
    child.standardOutput = pipe
    try child.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    child.waitUntilExit()
    guard child.terminationStatus == 0 else {
      throw Failure(description: "case '\(arguments[0])' ended with \(child.terminationStatus)")
    }
    return Measurement(line: output.split(separator: "\n").last ?? "")
  }

  struct Failure: Error, CustomStringConvertible { let description: String }
}
