import Foundation
import Storage
import Studies
import Testing

@Suite("A coupled run again, or on from where it was stopped") struct CouplingRestartTests {
  private func probes(_ outcome: CommandLineTool.Outcome) throws -> [String: Double] {
    #expect(outcome.code == 0, "\(outcome.error)")
    return try #require(outcome.json?["probes"] as? [String: Double])
  }

  @Test(
    "a result holds the participants' cases and their files, wherever they are: it runs again without them, to the same bits"
  )
  func embedded() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    // The coupling in a folder of its own, its participants outside; one record by an absolute path.
    for (name, text) in CoupledBar.files where name != "case.yaml" { try tool.write(name, text) }
    let text = CoupledBar.coupling.replacingOccurrences(of: "case: ", with: "case: ../")
    try tool.write("cases/case.yaml", text)
    try tool.write("elsewhere/push.csv", "time [s],value\n0,0\n9,2\n")
    let absolute = tool.folder + "/elsewhere/push.csv"
    let set = [
      "--set",
      "participants.1.set=[\"dynamics.base-acceleration={y: {file: \(absolute)}}\"]",
    ]
    let first = try tool.run(
      ["run", "cases/case.yaml", "-o", "r.vtkhdf", "--json", "--set", "window=0.01"] + set)
    let expected = try probes(first)
    #expect(first.json?["steps"] as? Int == 40 && expected["right.end"]! != 0)
    for name in ["a", "b", "records", "elsewhere", "cases"] {
      try FileManager.default.removeItem(atPath: tool.folder + "/" + name)
    }
    let again = try tool.run(["run", "r.vtkhdf", "-o", "s.vtkhdf", "--json"])
    #expect(try probes(again) == expected)
    let third = try tool.run(["run", "s.vtkhdf", "-o", "t.vtkhdf", "--json"])
    #expect(try probes(third) == expected)
    for part in ["left", "right"] {
      let states = try ["r", "s", "t"].map { name in
        let file = try H5File.open(at: tool.folder + "/\(name)-\(part).vtkhdf")
        return try VTKHDFFile.read(file.root)
      }
      #expect(states[0].pointFields == states[1].pointFields)
      #expect(states[0].pointFields == states[2].pointFields)
    }
    // Assignments of the first run are kept, and more may come.
    let longer = try tool.run(["run", "r.vtkhdf", "-o", "u.vtkhdf", "--json", "--set", "end=0.5"])
    #expect(longer.json?["steps"] as? Int == 50)
    // A participant's own file is a case as well.
    #expect(
      try tool.run(["run", "r-left.vtkhdf", "-o", "v.vtkhdf", "--set", "dynamics.time.end=0.01"])
        .code == 0)
  }

  private static let every = ["--set", "checkpoint={every: 7}", "--set", "end=2", "--json"]

  @Test("killed in mid-window and gone on from its checkpoint it ends with the same bits")
  func killed() throws {
    let tool = try CoupledBar.tool()
    defer { tool.remove() }
    let run = ["run", "case.yaml", "-o", "r.vtkhdf"] + CouplingRestartTests.every
    let expected = try probes(tool.run(run))
    let checkpoint = tool.folder + "/r.vtkhdf.checkpoint"
    #expect(!tool.contents().contains("r.vtkhdf.checkpoint"), "it is removed where a run has ended")
    let rows = try tool.run(["inspect", "--probes", "r.vtkhdf"]).out
    for name in ["r", "r-left", "r-right"] {
      try FileManager.default.removeItem(atPath: tool.folder + "/\(name).vtkhdf")
    }

    let process = try tool.start(run)
    while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(500) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "it was too fast to be killed")
    #expect(!tool.contents().contains("r.vtkhdf"))

    let next = try tool.run(run + ["--continue", "r.vtkhdf.checkpoint"])
    #expect(try probes(next) == expected)
    #expect(!tool.contents().contains("r.vtkhdf.checkpoint"))
    // Probes and windows are those of the whole run.
    #expect(try tool.run(["inspect", "--probes", "r.vtkhdf"]).out == rows)
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    #expect(try file.root.readDoubles("interfaces/0/first").values.count == 400)
    #expect(try file.root.doubleAttribute("continued_from") > 0)
    #expect(try tool.run(["report", "r.vtkhdf", "-o", "p.html"]).code == 0)
    let page = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    #expect(page.contains("went on from a checkpoint at"))
  }

  @Test("a checkpoint at an output time loses none of it, and belongs to its own result")
  func atOutput() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write(
      "case.yaml",
      tubeCase("{kind: iqn-ils, first: 0.01, scaled: false}", "checkpoint: {every: 7}"))
    let run = ["run", "case.yaml", "--json"]
    let whole = try tool.run(run + ["-o", "w.vtkhdf"])
    let expected = try probes(whole)
    let process = try tool.start(run + ["-o", "r.vtkhdf"])
    let checkpoint = tool.folder + "/r.vtkhdf.checkpoint"
    while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(200) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    let next = try tool.run(run + ["-o", "s.vtkhdf", "--continue", "r.vtkhdf.checkpoint"])
    #expect(try probes(next) == expected)
    #expect(
      try tool.run(["inspect", "--probes", "s.vtkhdf"]).out
        == tool.run(["inspect", "--probes", "w.vtkhdf"]).out)
    #expect(tool.contents().contains("r.vtkhdf.checkpoint"), "it is not that of this result")
  }

  @Test("a checkpoint of another case, or of other files, is refused in one line")
  func foreign() throws {
    let tool = try CoupledBar.tool()
    defer { tool.remove() }
    let run = ["run", "case.yaml", "-o", "r.vtkhdf"] + CouplingRestartTests.every
    let process = try tool.start(run)
    let checkpoint = tool.folder + "/r.vtkhdf.checkpoint"
    while process.isRunning, !FileManager.default.fileExists(atPath: checkpoint) { usleep(500) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let on = ["--continue", "r.vtkhdf.checkpoint"]
    func refused(_ command: [String], _ says: String) throws {
      let before = tool.contents()
      let outcome = try tool.run(command)
      #expect(outcome.code == 2 && outcome.errorLines.count == 1, "\(outcome.error)")
      #expect(outcome.error.contains(says), "\(outcome.error)")
      #expect(tool.contents() == before)
    }
    try refused(run + on + ["--set", "halvings=1"], "was made by another case")
    try refused(["run", "a/half.yaml", "-o", "s.vtkhdf"] + on, "kind coupling alone")
    try refused(run + ["--continue", "none"], "none")
    try tool.write("b/half.yaml", CoupledBar.right + "\n")
    try refused(run + on, "was made by another case")
    try tool.write("b/half.yaml", CoupledBar.right)
    try tool.write("records/push.csv", CoupledBar.record + "10,0\n")
    try refused(run + on, "was made by another case")
    try tool.write("records/push.csv", CoupledBar.record)
    let handle = try #require(FileHandle(forUpdatingAtPath: checkpoint))
    try handle.truncate(atOffset: 2000)
    try handle.close()
    try refused(run + on, "r.vtkhdf.checkpoint")
  }
}
