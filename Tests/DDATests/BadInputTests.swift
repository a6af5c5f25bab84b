import Contact
import DDA
import Testing

@Suite("Block systems that are none")
struct BadInputTests {
  @Test("are refused in one line that says where and what to do")
  func refused() throws {
    let good = try incline(slope: 20, friction: 30)
    func says(_ word: String, _ change: (inout DDADefinition) -> Void) {
      var d = good
      change(&d)
      do {
        _ = try DDASolver(d)
        Issue.record("\(word): accepted")
      } catch {
        #expect(error.description.contains(word), "\(error)")
      }
    }
    says("gravity") { $0.gravity.x = .nan }
    says("block 1") { $0.blocks[1].material = 3 }
    says("thickness") { $0.thickness = 0 }
    says("load 0") { $0.loads = [PointLoad(block: 7, point: Point(), force: Point(1, 0))] }
    says("base acceleration") {
      $0.baseAcceleration.x = .table(times: [0, 1, 1], values: [0, 1, 2])
    }
    says("bolt 0") {
      $0.bolts = [
        Bolt(block: 1, point: Point(), other: nil, otherPoint: Point(1, 1), stiffness: -1)
      ]
    }
    says("overlaps") { $0.blocks.append($0.blocks[1]) }
    #expect(throws: DDAError.self) { try BlockMaterial(young: 1e9, poisson: 0.2, density: 0) }
    #expect(throws: ContactError.self) { try CoulombJoint(friction: 2) }
  }
}
