import Foundation
import LinearAlgebra
import Testing

@Suite struct BLASCoreTests {
  /// In the child: the program's own entry, as the command line does it, and a note of what came of it.
  static let report = ProcessInfo.processInfo.environment["DEEPMANIFOLD_TEST_BLAS_REPORT"]

  @Test("child process: recovers and reports", .enabled(if: BLASCoreTests.report != nil))
  func child() throws {
    let before = BLASCore.check()
    BLASCore.reexecuteIfNeeded()
    let core = BLASCore.check()
    let tried = ProcessInfo.processInfo.environment["DEEPMANIFOLD_BLAS_REEXECUTED"] ?? "0"
    try "\(core.current) \(core.fellBack) \(tried) \(before == core)"
      .write(toFile: Self.report!, atomically: true, encoding: .utf8)
  }

  /// Starts this test program again with the child's test alone; its report.
  static func spawn(_ variables: [String: String]) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("blas-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "--testing-library", "swift-testing", "--filter", "BLASCoreTests/child",
    ]
    var environment = ProcessInfo.processInfo.environment
    environment["DEEPMANIFOLD_TEST_BLAS_REPORT"] = path
    environment["OPENBLAS_CORETYPE"] = nil
    environment.merge(variables) { $1 }
    process.environment = environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test(
    "a process on kernels of 2004 starts itself again with the processor's own",
    .enabled(if: BLASCore.check().best != nil && BLASCoreTests.report == nil))
  func recovery() throws {
    let best = try #require(BLASCore.check().best)
    #expect(try Self.spawn(["OPENBLAS_CORETYPE": "Prescott"]) == "\(best) false 1 true")
  }

  @Test(
    "it does so once only: where that did not help, it carries on and warns",
    .enabled(if: BLASCore.check().best != nil && BLASCoreTests.report == nil))
  func noLoop() throws {
    let report = try Self.spawn([
      "OPENBLAS_CORETYPE": "Prescott", "DEEPMANIFOLD_BLAS_REEXECUTED": "1",
    ])
    #expect(report == "Prescott true 1 true")
  }

  @Test("the warning names the cure, and is silent where nothing is wrong")
  func warning() {
    let core = BLASCore.check()
    #expect((core.warning != nil) == core.fellBack)
    if let warning = core.warning {
      #expect(warning.contains("OPENBLAS_CORETYPE=\(core.best!)"))
    }
  }
}
