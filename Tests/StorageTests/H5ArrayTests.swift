import Storage
import Testing

private func roundTrip<T: H5Element>(_ values: [T], shape: [Int], unit: String?) throws -> H5Array<
  T
> {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  try file.root.write("g/x", values, shape: shape, unit: unit)
  try file.commit()
  return try H5File.open(at: scratch.path("a.h5")).root.read("g/x")
}

@Test(
  "numbers come back bit for bit, with shape and unit, small and compressed",
  arguments: [[], [0], [7], [40, 3], [3, 40_000], [0, 3], [70_000, 2]])
func numbers(shape: [Int]) throws {
  let count = shape.reduce(1, *)
  let doubles = (0..<count).map { Double($0) / 3 - 1e9 }
  let back = try roundTrip(doubles, shape: shape, unit: "Pa")
  #expect(back.values.map(\.bitPattern) == doubles.map(\.bitPattern))
  #expect(back.shape == shape && back.unit == "Pa")
  #expect(try roundTrip(doubles.map { Float($0) }, shape: shape, unit: nil).unit == nil)
  let ints = (0..<count).map { Int64($0) - 5 }
  #expect(try roundTrip(ints, shape: shape, unit: nil).values == ints)
  let shorts = ints.map { Int32($0) }
  #expect(try roundTrip(shorts, shape: shape, unit: nil).values == shorts)
  let bytes = ints.map { UInt8(truncatingIfNeeded: $0) }
  #expect(try roundTrip(bytes, shape: shape, unit: nil).values == bytes)
}

@Test("not-a-number and infinity are kept")
func specialNumbers() throws {
  let values = [Double.nan, .infinity, -0.0, .leastNonzeroMagnitude]
  let back = try roundTrip(values, shape: [4], unit: nil).values
  #expect(back.map(\.bitPattern) == values.map(\.bitPattern))
}

@Test("smooth fields shrink on disk")
func compression() throws {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  try file.root.write("x", (0..<200_000).map { Double($0 / 100) })
  try file.commit()
  #expect(scratch.bytes("a.h5").count < 200_000)
}

@Test("rows are appended, and read by range")
func appending() throws {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  for step in 0..<50 {
    let rows = (0..<300).map { Double(step * 300 + $0) }
    try file.root.append("u", rows, rowShape: [3], unit: "m")
    try file.root.append("t", [Double(step)])
  }
  let wrong = #expect(throws: StorageError.self) {
    try file.root.append("u", [1.0, 2.0], rowShape: [2])
  }
  #expect(wrong?.kind == .mismatch)
  try file.commit()
  let root = try H5File.open(at: scratch.path("a.h5"))
  let all = try root.root.readDoubles("u")
  #expect(all.shape == [5000, 3] && all.unit == "m")
  #expect(all.values == (0..<15_000).map { Double($0) })
  let some = try root.root.read("u", as: Double.self, rows: 4900..<5000)
  #expect(some.shape == [100, 3] && some.values == (14_700..<15_000).map { Double($0) })
  #expect(try root.root.read("u", as: Double.self, rows: 3..<3).values == [])
  #expect(try root.root.readDoubles("t").values == (0..<50).map { Double($0) })
  let outside = #expect(throws: StorageError.self) {
    _ = try root.root.read("u", as: Double.self, rows: 4900..<5001)
  }
  #expect(outside?.kind == .mismatch)
}

@Test("an array is not read as another kind of element, and no number is clipped in silence")
func elementKinds() throws {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  let root = try file.root.createGroup("r")
  try root.write("text", ["a", "b"])
  try root.write("doubles", [1.5])
  try root.write("large", [Int64(1) << 40])
  try root.write("small", [Int32(7), -1])
  try root.write("bytes", [UInt8(200)])
  for name in ["doubles", "text", "large"] {
    let error = #expect(throws: StorageError.self) { _ = try root.read(name, as: Int32.self) }
    #expect(error?.kind == .mismatch && error?.path == "/r/\(name)")
  }
  #expect(throws: StorageError.self) { _ = try root.readDoubles("text") }
  #expect(throws: StorageError.self) { _ = try root.readStrings("doubles") }
  #expect(throws: StorageError.self) { _ = try root.read("small", as: UInt8.self) }
  #expect(try root.readDoubles("small").values == [7, -1])
  #expect(try root.read("small", as: Int64.self).values == [7, -1])
  #expect(try root.read("bytes", as: Int32.self).values == [200])
  let twice = #expect(throws: StorageError.self) { try root.write("doubles", [2.0]) }
  #expect(twice?.kind == .exists)
  let missing = #expect(throws: StorageError.self) { _ = try root.readDoubles("nothing") }
  #expect(missing?.kind == .missing && missing?.remedy.contains("doubles") == true)
}

@Test("texts come back whole, in any language and of any length")
func texts() throws {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  let names = ["u_x", "", "Dehnung ε", "応力"]
  try file.root.write("names", names, shape: [2, 2])
  let long = String(repeating: "key: value # σ\n", count: 3000)
  try file.root.write("input", text: long)
  try file.root.write("none", [String]())
  try file.commit()
  let root = try H5File.open(at: scratch.path("a.h5"))
  let back = try root.root.readStrings("names")
  #expect(back.values == names && back.shape == [2, 2])
  #expect(try root.root.readText("input") == long)
  #expect(try root.root.readStrings("none").values == [])
  #expect(throws: StorageError.self) { _ = try root.root.readText("names") }
}
