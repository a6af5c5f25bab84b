import ConstitutiveManifold
import Foundation
import Studies
import Testing

private let table = """
  # made up for a test: between neo-Hooke and Mooney-Rivlin
  mode,stretch [-],nominal_stress [kPa]
  uniaxial,1.1,280
  uniaxial,1.3,700
  uniaxial,1.6,1190
  uniaxial,2.0,1700
  uniaxial,2.5,2250
  uniaxial,3.0,2800
  equibiaxial,1.1,530
  equibiaxial,1.3,1030
  equibiaxial,1.6,1540
  equibiaxial,2.0,2050
  equibiaxial,2.5,2700

  """

@Suite struct GeometryCommandTests {
  @Test("geometry measures dimension, loss, stability and projection, and report shows them")
  func geometry() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    try tool.write("t.csv", table)
    #expect(try tool.run(["fit", "t.csv", "--law", "learned", "-o", "law.h5"]).code == 0)
    let measure = ["geometry", "law.h5", "-o", "geometry.h5", "--points", "600", "--json"]
    let outcome = try tool.run(measure)
    #expect(outcome.code == 0, "\(outcome.error)")
    let json = try #require(outcome.json)
    let dimensions = try #require(json["dimensions"] as? [[String: Any]])
    #expect(dimensions.map { $0["expected"] as? Int } == [1, 2, 5])
    for d in dimensions {
      let (value, truth) = (d["twoNN"] as! Double, Double(d["expected"] as! Int))
      #expect(abs(value - truth) < 0.2 * truth, "\(d)")
    }
    #expect((json["fixedPoint"] as? [String: Any])?["stable"] as? Bool == true)
    #expect((json["projection"] as? [String: Any])?["states"] as? Int == 200)
    #expect(json["path"] is NSNull && outcome.out.contains("records no checkpoints"))
    // What was written is read back, and is a law like the first.
    let law = try LawFile.read(tool.folder + "/geometry.h5")
    let read = try #require(law.geometry)
    let printed = try #require(dimensions[1]["twoNN"] as? Double)
    #expect(abs(read.dimensions[1].estimate.twoNN - printed) < 1e-12)
    #expect(read.slice?.offsets.count == 25 && read.stability?.isStable == true)
    #expect(law.law == (try LawFile.read(tool.folder + "/law.h5")).law)
    #expect(try tool.run(["report", "geometry.h5", "-o", "p.html"]).code == 0)
    let html = try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
    for word in ["Geometry of the manifold", "TwoNN", "mean of 1 − R²", "curvature of the loss"] {
      let isThere = html.contains(word)
      #expect(isThere, "\(word)")
    }
    #expect(!html.contains("nan"))
    #expect(try tool.run(measure + ["--points", "3"]).code == 2)
    #expect(try tool.run(["geometry", "law.h5", "-o", "law.h5"]).code == 2)
    #expect(try tool.run(["geometry", "t.csv"]).code == 2)
  }
}
