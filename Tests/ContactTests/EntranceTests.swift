import Contact
import Foundation
import Testing

@Suite("Entrance blocks")
struct EntranceTests {
  /// 10⁵ pairs with `DEEPMANIFOLD_VERIFY`, 4 000 in the daily tests (about a minute, and two seconds).
  static let pairs =
    ProcessInfo.processInfo.environment["DEEPMANIFOLD_VERIFY"] == nil ? 4_000 : 100_000

  @Test("covers are where a brute-force Minkowski sum begins, for random convex and concave pairs")
  func coversAreBoundary() throws {
    var draws = Draws(state: 11)
    var (wrong, concave, count) = (0, 0, 0)
    for _ in 0..<Self.pairs {
      let (a, b) = RandomPolygon.pair(&draws)
      if !a.isConvex || !b.isConvex { concave += 1 }
      let block = EntranceBlock(a, b), oracle = MinkowskiOracle(a, b)
      for c in block.covers {
        count += 1
        let x = c.start + draws.number(0.01...0.99) * (c.end - c.start)
        // On it nothing overlaps; a little way in, something does.
        let on = oracle.depth(x), inside = oracle.depth(x - 1e-8 * c.normal)
        if on > 1e-12 || inside < 1e-12 { wrong += 1 }
      }
    }
    #expect(wrong == 0, "\(wrong) of \(count) covers")
    #expect(concave > Self.pairs / 3 && concave < Self.pairs)
  }

  @Test(
    "no part of the boundary is missing: every way out of a brute-force Minkowski sum ends on a cover"
  )
  func boundaryIsCovered() {
    var draws = Draws(state: 12)
    var (missed, found) = (0, 0)
    for _ in 0..<Self.pairs {
      let (a, b) = RandomPolygon.pair(&draws)
      let block = EntranceBlock(a, b), oracle = MinkowskiOracle(a, b)
      let size = oracle.upper - oracle.lower
      func place() -> Point {
        oracle.lower + size * Point(draws.number(-0.1...1.1), draws.number(-0.1...1.1))
      }
      var (from, to) = (place(), place())
      guard oracle.overlaps(from) != oracle.overlaps(to) else { continue }
      let isIn = oracle.overlaps(from)
      for _ in 0..<60 {
        let middle = 0.5 * (from + to)
        if oracle.overlaps(middle) == isIn { from = middle } else { to = middle }
      }
      found += 1
      if abs(block.nearest(to: from).value) > 1e-12 { missed += 1 }
    }
    #expect(missed == 0, "\(missed) of \(found) crossings")
    #expect(found > Self.pairs / 4)
  }

  @Test("overlap, touch and distance agree with brute force, on lattices of exact contacts too")
  func overlap() {
    var draws = Draws(state: 13)
    var (wrong, touching) = (0, 0)
    for _ in 0..<Self.pairs {
      let (a, b) = RandomPolygon.pair(&draws)
      let block = EntranceBlock(a, b), oracle = MinkowskiOracle(a, b)
      for k in 0..<8 {
        let x =
          k < 4
          ? Point(
            draws.integer(Int(oracle.lower.x) - 1...Int(oracle.upper.x) + 1),
            draws.integer(Int(oracle.lower.y) - 1...Int(oracle.upper.y) + 1))
          : Point(
            draws.number(oracle.lower.x...oracle.upper.x),
            draws.number(oracle.lower.y...oracle.upper.y))
        let depth = oracle.depth(x)
        if block.overlaps(at: x) != (depth > 1e-12) { wrong += 1 }
        if block.touches(at: x) {
          touching += 1
          if abs(depth) > 1e-12 { wrong += 1 }
        }
      }
    }
    #expect(wrong == 0)
    #expect(touching > Self.pairs / 3)
  }

  @Test("the first entrance of a random motion is where bisection along it finds the first overlap")
  func firstEntrance() {
    var draws = Draws(state: 14)
    var (wrong, hits) = (0, 0)
    for _ in 0..<Self.pairs {
      let (a, b) = RandomPolygon.pair(&draws)
      let block = EntranceBlock(a, b), oracle = MinkowskiOracle(a, b)
      let size = oracle.upper - oracle.lower
      func place() -> Point {
        oracle.lower + size * Point(draws.number(-0.2...1.2), draws.number(-0.2...1.2))
      }
      let (from, to) = (place(), place())
      guard !oracle.overlaps(from) else { continue }
      let steps = 200
      let first = (1...steps).first {
        oracle.overlaps(from + Double($0) / Double(steps) * (to - from))
      }
      let entrance = block.firstEntrance(from: from, motion: to - from)
      guard let first else {
        // Thinner overlaps than the steps may have been passed, but the hit is on the boundary.
        if let e = entrance, abs(oracle.depth(e.point)) > 1e-12 { wrong += 1 }
        continue
      }
      hits += 1
      guard let e = entrance, e.value <= Double(first) / Double(steps) else {
        wrong += 1
        continue
      }
      // Free on the way there (as finely as it is looked at), in contact at the end, overlap behind.
      let free = (0...100).allSatisfy {
        oracle.depth(from + 0.01 * Double($0) * e.value * (to - from)) <= 1e-12
      }
      let behind = oracle.depth(e.point + 1e-7 * (to - from)) > 0
      if !free || !behind { wrong += 1 }
    }
    #expect(wrong == 0, "\(wrong) of \(hits)")
    #expect(hits > Self.pairs / 10)
  }

  @Test(
    "convex polygons: one closed outline as long as both together, with the area of Steiner and Minkowski"
  )
  func convexOutline() throws {
    var draws = Draws(state: 15)
    for _ in 0..<500 {
      var pair: [Polygon] = []
      while pair.count < 2 {
        if let p = RandomPolygon.convex(&draws, size: 6) { pair.append(p) }
      }
      let (a, b) = (pair[0], pair[1])
      func perimeter(_ p: Polygon) -> Double {
        p.vertices.indices.reduce(0) {
          $0 + (p.vertices[($1 + 1) % p.vertices.count] - p.vertices[$1]).length
        }
      }
      let covers = EntranceBlock(a, b, reference: Point(3, -2)).covers
      let length = covers.reduce(0) { $0 + ($1.end - $1.start).length }
      #expect(abs(length - perimeter(a) - perimeter(b)) < 1e-12 * length)
      // Area: A + B + Σ over edges of B of length times the support of −A.
      let mixed = b.vertices.indices.reduce(0.0) { sum, j in
        let d = b.vertices[(j + 1) % b.vertices.count] - b.vertices[j]
        return sum + a.vertices.map { -$0.dot(Point(d.y, -d.x)) }.max()!
      }
      let area = covers.reduce(0) { $0 + 0.5 * $1.start.cross($1.end) }
      #expect(abs(area - a.area - b.area - mixed) < 1e-10)
      let starts = covers.map { [$0.start.x, $0.start.y] }
      let ends = covers.map { [$0.end.x, $0.end.y] }
      #expect(Set(starts) == Set(ends))
    }
  }

  @Test("a square over a square: the covers name corner and edge, and rest on both faces")
  func squares() throws {
    let square = try Polygon([Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)])
    let block = EntranceBlock(square, square)
    #expect(block.overlaps && block.covers.count == 8)
    #expect(!block.overlaps(at: Point(0.3, 1)) && block.touches(at: Point(0.3, 1)))
    #expect(!block.overlaps(at: Point(1, 1)) && block.touches(at: Point(1, 1)))
    let fall = try #require(block.firstEntrance(from: Point(0.25, 3), motion: Point(0, -4)))
    #expect(abs(fall.value - 0.5) < 1e-15 && fall.point == Point(0.25, 1))
    let cover = block.covers[fall.cover]
    #expect(cover.normal == Point(0, 1))
    // Either A's corner on B's top, or B's corner under A's base.
    #expect(cover.corner == .ofA ? cover.edge == 2 : cover.edge == 0)
    #expect(block.firstEntrance(from: Point(0.25, 1), motion: Point(1, 0)) == nil)
    #expect(block.firstEntrance(from: Point(0.25, 1), motion: Point(0, 1)) == nil)
    #expect(block.firstEntrance(from: Point(0.25, 1), motion: Point(0, -1))?.value == 0)
    #expect(abs(block.nearest(to: Point(0.1, 0.75)).value + 0.25) < 1e-15)
    #expect(abs(block.nearest(to: Point(0.1, 1.75)).value - 0.75) < 1e-15)
  }

  @Test("the same contacts at coordinates of 10⁴ m, and whichever point of A is the reference")
  func farAway() throws {
    var draws = Draws(state: 16)
    let far = Point(12_345, -23_456)
    for _ in 0..<300 {
      let (a, b) = (RandomPolygon.any(&draws), RandomPolygon.any(&draws))
      let near = EntranceBlock(a, b).covers
      let moved = EntranceBlock(
        try Polygon(a.vertices.map { $0 + far }), try Polygon(b.vertices.map { $0 - far }),
        reference: far
      ).covers
      #expect(near.map(\.vertex) == moved.map(\.vertex) && near.map(\.edge) == moved.map(\.edge))
      for (p, q) in zip(near, moved) {
        #expect((q.start + far - p.start).length < 1e-9 && (q.end + far - p.end).length < 1e-9)
      }
    }
  }

  @Test("a dovetail without play fits in one place only, and overlaps a hair beside it")
  func dovetail() throws {
    let socket = try Polygon([
      Point(-4, -1), Point(4, -1), Point(4, 2), Point(1, 2), Point(2, 0), Point(-2, 0),
      Point(-1, 2), Point(-4, 2),
    ])
    let tail = try Polygon([Point(-2, 0), Point(2, 0), Point(1, 2), Point(-1, 2)])
    let block = EntranceBlock(tail, socket)
    #expect(!block.overlaps)
    for k in 0..<16 {
      let angle = 0.1 + Double(k) * .pi / 8
      #expect(block.overlaps(at: 1e-9 * Point(cos(angle), sin(angle))))
    }
    #expect(EntranceBlock(tail, tail).overlaps && EntranceBlock(socket, socket).overlaps)
  }

  @Test(
    "a peg in a slot of its own width touches both walls and the floor; a wider one overlaps",
    arguments: [0.0, 37 * .pi / 180])
  func slot(angle: Double) throws {
    func turned(_ points: [Point]) throws -> Polygon {
      try Polygon(points.map { cos(angle) * $0 + sin(angle) * $0.left })
    }
    let slot = try turned([
      Point(-2, -1), Point(3, -1), Point(3, 2), Point(1, 2), Point(1, 0), Point(0, 0), Point(0, 2),
      Point(-2, 2),
    ])
    func place(_ x: Double, _ y: Double) -> Point {
      cos(angle) * Point(x, y) + sin(angle) * Point(x, y).left
    }
    let peg = try turned([Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)])
    let block = EntranceBlock(peg, slot)
    for y in [0, 0.5, 1, 1.9] {
      #expect(!block.overlaps(at: place(0, y)) && block.touches(at: place(0, y)))
      #expect(block.overlaps(at: place(1e-9, y)) && block.overlaps(at: place(-1e-9, y)))
    }
    #expect(block.overlaps(at: place(0, -1e-9)))
    let wide = try turned([Point(0, 0), Point(1 + 1e-9, 0), Point(1 + 1e-9, 1), Point(0, 1)])
    let tight = EntranceBlock(wide, slot)
    #expect(tight.overlaps(at: place(0, 0.5)) && !tight.overlaps(at: place(0, 2)))
  }
}
