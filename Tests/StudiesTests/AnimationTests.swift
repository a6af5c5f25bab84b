import Foundation
import Storage
import Testing

/// A block falls on another and slides, beside it one in flight that spins.
private let fallingCase = """
  kind: block-system
  title: three blocks & a "ground"
  materials:
    rock: {young: 1 GPa, poisson: 0.2, density: 2000}
  joints: {friction: 15}
  blocks:
    - {name: ground, outline: [[-9, -5], [9, -7], [9, -2], [-9, 0.5]], fixed: true}
    - {outline: [[0, 0.1], [2, 0.1], [2, 1.1], [1, 1.5], [0, 1.1]], velocity: [1, 0]}
    - {outline: [[3, 4], [4, 4], [3.5, 5]], spin: 3, velocity: [-1, 2]}
  time: {end: 1, step: 0.01, output: 0.05}

  """

@Suite("The animation of a page of blocks")
struct AnimationTests {
  /// The page of a case and the file it was made from.
  private func page(_ tool: CommandLineTool, _ text: String) throws -> String {
    try tool.write("case.yaml", text)
    let run = try tool.run(["run", "case.yaml", "-o", "r.vtkhdf"])
    #expect(run.code == 0, "\(run.error)")
    let report = try tool.run(["report", "r.vtkhdf", "-o", "p.html"])
    #expect(report.code == 0, "\(report.error)")
    return try String(contentsOfFile: tool.folder + "/p.html", encoding: .utf8)
  }

  @Test("frames are the states of the file, to half of what a whole coordinate is")
  func positions() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let frames = try PageFrames(try page(tool, fallingCase))
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    let points = try file.root.readDoubles("VTKHDF/Points").values
    let velocity = try file.root.readDoubles("VTKHDF/CellData/velocity").values
    let stress = try file.root.readDoubles("VTKHDF/CellData/von_mises").values
    #expect(
      frames.times.count == 21 && abs(frames.times[20] - 1) < 1e-9 && frames.corners == [4, 5, 3])
    #expect(frames.fixed == [1, 0, 0])
    #expect(frames.quantum < 2e-4, "a pixel is much larger")
    for f in 0..<21 {
      for c in 0..<12 {
        let p = frames.points[f][c]
        #expect(abs(p.x - points[3 * (12 * f + c)]) <= 0.5001 * frames.quantum)
        #expect(abs(p.y - points[3 * (12 * f + c) + 1]) <= 0.5001 * frames.quantum)
      }
      for b in 1..<3 {
        let i = 3 * f + b
        let v = (velocity[3 * i] * velocity[3 * i] + velocity[3 * i + 1] * velocity[3 * i + 1])
          .squareRoot()
        #expect(abs(frames.value("speed", f, b) - v) <= frames.step("speed"))
        #expect(
          abs(frames.value("von Mises stress", f, b) - stress[i])
            <= frames.step("von Mises stress"))
      }
    }
    // What a colour shows moves: the range is used to its end.
    #expect(frames.top("speed") > 1 && frames.top("displacement") > 1)
  }

  @Test("dots stand at the corners of the file's closed contacts and know which of them slide")
  func contacts() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let frames = try PageFrames(try page(tool, fallingCase))
    let file = try H5File.open(at: tool.folder + "/r.vtkhdf")
    let group = try file.root.group("blocks/contacts")
    func whole(_ name: String) throws -> [Int] {
      try group.read(name, as: Int64.self).values.map { Int($0) }
    }
    let (offsets, block, corner) = (try whole("offsets"), try whole("block"), try whole("corner"))
    let state = try whole("state")
    let first = [0, 4, 9]
    for f in 0..<21 {
      let expected = (offsets[f]..<offsets[f + 1]).filter { state[$0] != 0 }.map {
        2 * (first[block[$0]] + corner[$0]) + (state[$0] == 1 ? 1 : 0)
      }
      #expect(frames.contacts[f] == expected.sorted())
    }
    #expect(frames.contacts.joined().contains { $0 % 2 == 1 }, "something slides")
  }

  @Test("the page loads nothing: no address, no file, and a policy that forbids both")
  func selfContained() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let html = try page(tool, fallingCase)
    for word in ["http://", "https://", " src=", "@import", "url(", "fetch(", "import(", "<link"] {
      #expect(!html.contains(word), "\(word)")
    }
    #expect(html.contains("Content-Security-Policy\" content=\"default-src 'none'"))
    for part in ["class=\"play\"", "class=\"slider\"", "tabindex=\"0\"", "<noscript>"] {
      #expect(html.contains(part))
    }
    // Of every script that begins, one ends: nothing in the data closes it early.
    #expect(html.components(separatedBy: "<script").count == 4)
    #expect(html.components(separatedBy: "</script>").count == 4)
  }

  @Test("a run that would make a large page shows fewer output times, with the last, and says so")
  func thinned() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let count = 4000
    let outline = (0..<count).map { i in
      let a = 2 * Double.pi * Double(i) / Double(count)
      return "[\(cos(a)), \(sin(a))]"
    }
    let html = try page(
      tool,
      """
      kind: block-system
      title: a wheel in flight
      materials:
        rock: {young: 1 GPa, poisson: 0.2, density: 2000}
      joints: {friction: 15}
      gravity: [0, 0]
      blocks:
        - {outline: [\(outline.joined(separator: ", "))], spin: 80}
      time: {end: 4.01, step: 0.01, output: 0.01}

      """)
    let frames = try PageFrames(html)
    #expect(html.utf8.count < 10_000_000 && html.utf8.count > 2_000_000)
    #expect(frames.times.count < 250 && abs(frames.times[frames.times.count - 1] - 4.01) < 1e-9)
    #expect(html.contains("\(frames.times.count) of 402 output times are shown"))
  }

  @Test(
    "the page's own script unpacks the same whole numbers",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/node")))
  func script() throws {
    let tool = try CommandLineTool()
    defer { tool.remove() }
    let html = try page(tool, fallingCase)
    let frames = try PageFrames(html)
    let script = try PageFrames.part(of: html, id: "unpacking")
    let data = try PageFrames.part(of: html, id: "frames")
    try tool.write(
      "check.js",
      """
      \(script)
      const out = unpackFrames(\(data));
      console.log(JSON.stringify({
        points: out.frames.map((f) => Array.from(f.points)),
        contacts: out.frames.map((f) => f.contacts.map((c) => 2 * c.corner + (c.slides ? 1 : 0))),
        first: out.first, fixed: Array.from(out.fixed), colours: out.colours.map((c) => c.length),
      }));
      """)
    let node = Process()
    node.executableURL = URL(fileURLWithPath: "/usr/bin/node")
    node.arguments = [tool.folder + "/check.js"]
    let pipe = Pipe()
    node.standardOutput = pipe
    try node.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    node.waitUntilExit()
    let found = try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
    #expect(found["points"] as? [[Int]] == frames.whole)
    #expect(found["contacts"] as? [[Int]] == frames.contacts)
    #expect(found["first"] as? [Int] == [0, 4, 9, 12] && found["fixed"] as? [Int] == [1, 0, 0])
    #expect(found["colours"] as? [Int] == [63, 63, 63, 63])
  }
}

/// Frames read out of a page, by their description alone.
private struct PageFrames {
  var times: [Double] = [], quantum = 0.0
  var corners: [Int] = [], fixed: [Int] = []
  /// Whole coordinates, and the points they stand for, m.
  var whole: [[Int]] = [], points: [[(x: Double, y: Double)]] = []
  /// Twice the corner, and one more where it slides.
  var contacts: [[Int]] = []
  private var colours: [String: (top: Double, bytes: [UInt8])] = [:]

  struct Missing: Error { let what: String }

  /// The text of the script with an id.
  static func part(of html: String, id: String) throws -> String {
    guard let start = html.range(of: "id=\"\(id)\">"),
      let end = html.range(of: "</script>", range: start.upperBound..<html.endIndex)
    else { throw Missing(what: id) }
    return String(html[start.upperBound..<end.lowerBound])
  }

  init(_ html: String) throws {
    let text = Data(try PageFrames.part(of: html, id: "frames").utf8)
    guard let object = try JSONSerialization.jsonObject(with: text) as? [String: Any] else {
      throw Missing(what: "an object")
    }
    func numbers(_ key: String) throws -> [Double] {
      guard let found = object[key] as? [Double] else { throw Missing(what: key) }
      return found
    }
    func bytes(_ value: Any?) throws -> [UInt8] {
      guard let text = value as? String, let data = Data(base64Encoded: text) else {
        throw Missing(what: "base64")
      }
      return [UInt8](data)
    }
    times = try numbers("times")
    quantum = object["quantum"] as? Double ?? 0
    let origin = try numbers("origin")
    corners = PageFrames.unpack(try bytes(object["corners"]))
    fixed = try bytes(object["fixed"]).map { Int($0) }
    let count = 2 * corners.reduce(0, +)
    let differences = PageFrames.unpack(try bytes(object["points"]))
    guard differences.count == count * times.count else { throw Missing(what: "all points") }
    var at = [Int](repeating: 0, count: count)
    for f in times.indices {
      for i in 0..<count {
        let n = differences[f * count + i]
        at[i] += n % 2 == 0 ? n / 2 : -(n + 1) / 2
      }
      whole.append(at)
      points.append(
        (0..<count / 2).map {
          (origin[0] + quantum * Double(at[2 * $0]), origin[1] + quantum * Double(at[2 * $0 + 1]))
        })
    }
    let rows = PageFrames.unpack(try bytes(object["contacts"]))
    var next = 0
    for _ in times {
      var (corner, out) = (0, [Int]())
      for code in rows[(next + 1)...].prefix(rows[next]) {
        corner += code / 2
        out.append(2 * corner + code % 2)
      }
      next += 1 + rows[next]
      contacts.append(out)
    }
    guard next == rows.count else { throw Missing(what: "the end of contacts") }
    for row in object["colours"] as? [[String: Any]] ?? [] {
      colours[row["name"] as? String ?? ""] = (
        row["top"] as? Double ?? .nan, try bytes(row["values"])
      )
    }
  }

  private static func unpack(_ bytes: [UInt8]) -> [Int] {
    var (out, n, shift) = ([Int](), 0, 0)
    for byte in bytes {
      n |= Int(byte & 127) << shift
      shift += 7
      if byte < 128 {
        out.append(n)
        (n, shift) = (0, 0)
      }
    }
    return out
  }

  func top(_ colour: String) -> Double { colours[colour]?.top ?? .nan }

  /// Half of a colour's step, with some rounding.
  func step(_ colour: String) -> Double { 0.5001 * top(colour) / 255 }

  func value(_ colour: String, _ frame: Int, _ block: Int) -> Double {
    guard let found = colours[colour] else { return .nan }
    return found.top * Double(found.bytes[frame * corners.count + block]) / 255
  }
}
