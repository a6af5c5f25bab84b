import Storage
import Testing

@Test("attributes of groups and arrays come back as they were set")
func attributes() throws {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  let group = try file.root.createGroup("law")
  try group.write("x", [1.0])
  try group.setAttribute("mu", 0.4)
  try group.setAttribute("range", [1.0, 7.5])
  try group.setAttribute("seed", 42)
  try group.setAttribute("Version", [Int64(2), 0])
  try group.setAttribute("Type", "UnstructuredGrid", encoding: .fixedASCII)
  try group.setAttribute("author", "Trèloar")
  try group.setAttribute("author", "Treloar, é")
  try group.setAttribute("note", "variable length σ", encoding: .variableUTF8)
  try group.setAttribute("empty", "")
  try group.setAttribute("units", "MPa", of: "x")
  try file.commit()
  let opened = try H5File.open(at: scratch.path("a.h5"))
  let law = try opened.root.group("law")
  #expect(
    try law.attributeNames() == [
      "Type", "Version", "author", "empty", "mu", "note", "range", "seed",
    ])
  #expect(try law.doubleAttribute("mu") == 0.4)
  #expect(try law.doublesAttribute("range") == [1, 7.5])
  #expect(try law.intAttribute("seed") == 42)
  #expect(try law.doubleAttribute("seed") == 42)
  #expect(try law.intsAttribute("Version") == [2, 0])
  #expect(try law.stringAttribute("Type") == "UnstructuredGrid")
  #expect(try law.stringAttribute("author") == "Treloar, é")
  #expect(try law.stringAttribute("note") == "variable length σ")
  #expect(try law.stringAttribute("empty") == "")
  #expect(try law.unit(of: "x") == "MPa")
  #expect(try law.attribute("mu") == .doubles([0.4], shape: []))
  #expect(try law.attribute("Version").description == "[2, 0]")
}

@Test("a missing attribute or one of another kind is named with its object")
func wrongAttributes() throws {
  let scratch = Scratch()
  let file = try H5File.create(at: scratch.path("a.h5"))
  try file.root.write("x", [1.0], unit: "Pa")
  let missing = #expect(throws: StorageError.self) {
    _ = try file.root.attribute("scale", of: "x")
  }
  #expect(missing?.kind == .missing && missing?.path == "/x@scale")
  #expect(missing?.remedy == "there are units")
  let wrong = #expect(throws: StorageError.self) {
    _ = try file.root.doubleAttribute("units", of: "x")
  }
  #expect(wrong?.kind == .mismatch)
  #expect(throws: StorageError.self) { _ = try file.root.intAttribute("units", of: "nothing") }
}
