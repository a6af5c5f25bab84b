import Contact
import Testing

@Suite("Polygons and exact predicates")
struct PolygonTests {
  @Test("moments of a rectangle off the origin are those of its sides, to rounding")
  func moments() throws {
    let r = try Polygon([Point(1, 2), Point(4, 2), Point(4, 3), Point(1, 3)])
    func strip(_ a: Double, _ b: Double, _ n: Int) -> Double {
      let power = { (x: Double) in (0...n).reduce(1) { p, _ in p * x } }
      return (power(b) - power(a)) / Double(n + 1)
    }
    for p in 0...4 {
      for q in 0...4 - p {
        let exact = strip(1, 4, p) * strip(2, 3, q)
        #expect(abs(r.moment(p, q) - exact) < 1e-13 * exact)
      }
    }
  }

  @Test("orientation has the right sign where rounding alone would lose it")
  func orientation() {
    // Points a rounding error off the diagonal.
    let ulp = 0.5.ulp
    for i in 0..<64 {
      for j in 0..<64 {
        let p = Point(0.5 + Double(i) * ulp, 0.5 + Double(j) * ulp)
        let sign = Predicates.orientation(p, Point(12, 12), Point(24, 24))
        // Exactly: (x − y) times a positive number.
        let exact = i == j ? 0 : i > j ? -1.0 : 1.0
        #expect(sign == 0 ? exact == 0 : sign * -exact > 0 || sign * exact > 0)
        #expect((sign == 0) == (i == j))
        let mirrored = Predicates.orientation(Point(p.y, p.x), Point(12, 12), Point(24, 24))
        #expect(sign == 0 || sign * mirrored < 0)
      }
    }
  }

  @Test("outlines that cross, touch or vanish are refused")
  func refused() {
    #expect(throws: ContactError.self) {
      try Polygon([Point(0, 0), Point(1, 1), Point(1, 0), Point(0, 1)])
    }
    #expect(throws: ContactError.self) { try Polygon([Point(0, 0), Point(1, 0), Point(2, 0)]) }
    #expect(throws: ContactError.self) { try Polygon([Point(0, 0), Point(1, .nan), Point(2, 0)]) }
  }

  @Test(
    "overlaps thicker than the tolerance are seen, touching and thinner ones pass; concave and alike too"
  )
  func overlaps() throws {
    func hook(_ x: Double) throws -> Polygon {
      try Polygon(
        [(0, 0), (3, 0), (3, 3), (2, 3), (2, 1), (1, 1), (1, 3), (0, 3)].map {
          Point($0.0 + x, $0.1)
        })
    }
    let one = try hook(0)
    #expect(try one.overlaps(hook(0), tolerance: 1e-6))
    #expect(try one.overlaps(hook(0.5), tolerance: 1e-6))
    #expect(try !one.overlaps(hook(3), tolerance: 1e-6))
    #expect(try !one.overlaps(hook(3 - 0.5e-6), tolerance: 1e-6))
    #expect(try one.overlaps(hook(3 - 1e-4), tolerance: 1e-6))
    // A peg in the slot touches both walls and the floor.
    let peg = try Polygon([Point(1, 1), Point(2, 1), Point(2, 4), Point(1, 4)])
    #expect(!one.overlaps(peg, tolerance: 1e-6))
  }
}
