import Foundation
import Studies
import Testing

/// The root of the package, from the place of this file.
private let root = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

private let folders: [String] = {
  let all = (try? Verification.folders(in: root + "/datasets/validation")) ?? []
  return all.filter { (try? Verification(folder: $0).isQuick) ?? true }
}()

@Suite struct VerificationTests {
  @Test("every quick validation folder gives its expected values", arguments: folders)
  func folder(path: String) throws {
    for row in try Verification(folder: path).run() { #expect(row.passed, "\(row.line)") }
  }

  @Test("the validation folders are found, and most of them are quick")
  func found() {
    #expect(folders.count >= 9)
  }

  @Test("a value out of tolerance does not pass, and the command ends with code 1")
  func failing() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let from = root + "/datasets/validation/one-hexahedron-uniaxial/"
    let expected = try String(contentsOfFile: from + "expected.yaml", encoding: .utf8)
    try tool.write("f/case.yaml", try String(contentsOfFile: from + "case.yaml", encoding: .utf8))
    try tool.write("f/expected.yaml", expected.replacingOccurrences(of: "1.7378", with: "1.7379"))
    let outcome = try tool.run(["verify", "f"])
    #expect(outcome.code == 1)
    #expect(outcome.out.contains("FAIL") && outcome.errorLines.count == 1)
    let rows = try Verification(folder: tool.folder + "/f").run()
    #expect(rows.map(\.passed) == [false, true, true])
  }
}
