import ConstitutiveManifold
import Foundation
import Manifold
import Mechanics
import Storage
import Studies
import Testing

@Suite("Laws trained on files of states")
struct StateFitTests {
  /// Writes states of a rubber, stresses in MPa; returns the path.
  private func states(_ count: Int, pair: String = "C & S", break broken: Int? = nil) throws
    -> String
  {
    let law = try Gent(mu: 1e6, limit: 10, bulk: 4e6)
    var random = SplitMix64(seed: 5)
    var (C, S): ([Double], [Double]) = ([], [])
    while C.count < 6 * count {
      let F = DeformationGradient(
        (0..<9).map { ($0 % 4 == 0 ? 1 : 0) + random.uniform(-0.15, 0.15) })
      C += F.rightCauchyGreen
      S += law.evaluate(strain: F.rightCauchyGreen).stress.map { $0 / 1e6 }
    }
    if let broken { C[6 * broken + 2] = -1 }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("states-\(UUID().uuidString).h5").path
    let file = try H5File.create(at: path)
    try file.root.setAttribute("pair", pair)
    try file.root.setAttribute("citation", "made for a test")
    try file.root.write("strain", C, shape: [count, 6], unit: "1")
    try file.root.write("stress", S, shape: [count, 6], unit: "MPa")
    try file.commit()
    return path
  }

  @Test(
    "a law is trained, written with its record, read back the same",
    arguments: [("learned", "lbfgs", 60), ("stress-map", "adam", 600)])
  func fit(law: String, optimizer: String, epochs: Int) throws {
    let input = try states(2000)
    let output = input + ".law.h5"
    defer { for path in [input, output] { try? FileManager.default.removeItem(atPath: path) } }
    var options = FitStudy.Options(tests: [input], law: law)
    options.states.optimizer = optimizer
    options.states.epochs = epochs
    options.states.batchSize = 64
    options.width = 12
    let fitted = try FitStudy.run(options, output: output)
    let read = try LawFile.read(output)
    #expect(read.law == fitted.law && read.law.name == law)
    let states = try #require(read.states)
    #expect(states.count == 2000 && states.record.optimizer == optimizer)
    #expect(states.record.epochs == fitted.states?.record.epochs)
    #expect(states.r2 > 0.95 && states.heldOutR2! > 0.95, "\(states.r2)")
    #expect((states.symmetry != nil) == (law == "stress-map"))
    #expect(fitted.summary.contains("2000 states") && read.rmse == fitted.rmse)
    #expect(read.coverage.covers([1.01, 1, 0.99, 0, 0, 0]))
    let C = [1.1, 0.95, 1, 0.05, 0, 0.02]
    #expect(read.law.evaluate(strain: C).stress == fitted.law.evaluate(strain: C).stress)
  }

  @Test("what is no file of states, or no option for one, is refused in one line")
  func refusals() throws {
    let input = try states(16)
    let broken = try states(16, break: 3)
    let foreign = try states(16, pair: "F & P")
    let output = input + ".law.h5"
    defer {
      for path in [input, broken, foreign] { try? FileManager.default.removeItem(atPath: path) }
    }
    func problem(
      _ path: String, _ law: String = "learned", _ edit: (inout FitStudy.Options) -> Void = { _ in }
    )
      -> String
    {
      var options = FitStudy.Options(tests: [path], law: law)
      edit(&options)
      do { _ = try FitStudy.run(options, output: output) } catch { return "\(error)" }
      return ""
    }
    #expect(problem(broken).contains("sample 4: its C is not positive definite"))
    #expect(problem(foreign).contains("'F & P'"))
    #expect(problem(input, "gent").contains("does not learn from states"))
    #expect(problem(input) { $0.states.optimizer = "adm" }.contains("did you mean 'adam'?"))
    #expect(problem(input) { $0.states.batchSize = 2 }.contains("give at least 8"))
    #expect(!FileManager.default.fileExists(atPath: output))
  }
}
