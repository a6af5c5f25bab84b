import Contact
import Foundation
import Testing

@Suite("Broad phase")
struct BroadPhaseTests {
  /// Boxes with sides from `least` to `most` (logarithmically even) in a square.
  static func boxes(
    _ count: Int, least: Double, most: Double, square: Double, _ draws: inout Draws
  ) -> (lower: [Point], upper: [Point]) {
    var (lower, upper): ([Point], [Point]) = ([], [])
    for _ in 0..<count {
      let p = Point(draws.number(-square...square), draws.number(-square...square))
      func side() -> Double { least * pow(most / least, draws.number(0...1)) }
      lower.append(p)
      upper.append(p + Point(side(), side()))
    }
    return (lower, upper)
  }

  static func allPairs(_ lower: [Point], _ upper: [Point]) -> [(Int, Int)] {
    var found: [(Int, Int)] = []
    for i in lower.indices {
      for j in i + 1..<max(lower.count, i + 1)
      where lower[i].x <= upper[j].x && lower[j].x <= upper[i].x && lower[i].y <= upper[j].y
        && lower[j].y <= upper[i].y
      {
        found.append((i, j))
      }
    }
    return found
  }

  @Test("finds each overlapping pair once and no other, boxes of one size and of a thousand sizes")
  func allFound() {
    var draws = Draws(state: 21)
    var total = 0
    for (least, most) in [(0.9, 1.0), (0.01, 10.0), (1e-3, 1.0), (5.0, 5.0)] {
      for count in [0, 1, 2, 50, 400] {
        let (lower, upper) = Self.boxes(count, least: least, most: most, square: 10, &draws)
        var phase = BroadPhase()
        let found = phase.pairs(lower: lower, upper: upper)
        let expected = Self.allPairs(lower, upper)
        #expect(found.elementsEqual(expected, by: ==))
        total += found.count
      }
    }
    #expect(total > 1000)
  }

  @Test("boxes that only touch, coincide or have no size are pairs too; skipped boxes are not")
  func touching() {
    let lower = [Point(0, 0), Point(1, 0), Point(0, 0), Point(2, 1), Point(5, 5), Point(5, 5)]
    let upper = [Point(1, 1), Point(2, 1), Point(1, 1), Point(3, 2), Point(5, 5), Point(5, 5)]
    var phase = BroadPhase()
    let found = phase.pairs(lower: lower, upper: upper)
    #expect(found.elementsEqual([(0, 1), (0, 2), (1, 2), (1, 3), (4, 5)], by: ==))
    let some = phase.pairs(lower: lower, upper: upper) { $0 < 2 }
    #expect(some.elementsEqual([(0, 2), (1, 2), (1, 3), (4, 5)], by: ==))
  }

  @Test(
    "a running-bond wall has three pairs to a brick, however many bricks", arguments: [10, 30, 240])
  func linear(n: Int) {
    let lower = (0..<n * n).map { Point(2 * Double($0 % n) + Double($0 / n % 2), Double($0 / n)) }
    let upper = lower.map { $0 + Point(2, 1) }
    var phase = BroadPhase()
    let found = phase.pairs(lower: lower, upper: upper)
    // Right, above left and above right; less at the rim.
    #expect(found.count <= 3 * n * n && found.count > 3 * n * n - 6 * n)
  }

  @Test("points among points: those that coincide are pairs")
  func points() {
    let places = (0..<1000).map { Point(1e6 * Double($0 % 500), 1) }
    var phase = BroadPhase()
    #expect(phase.pairs(lower: places, upper: places).count == 500)
    #expect(phase.pairs(lower: [Point(), Point()], upper: [Point(), Point()]).count == 1)
  }
}
