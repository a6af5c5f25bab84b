import FEM
import Geometry

/// A body as a case describes it: mesh, supports and loads, without a law. Keys `mesh`, `formulation`,
/// `volumetric`, `boundary`, `symmetry` and `loads` of a block.
struct BodyInput: Sendable {
  /// The block, and the folder that its paths start from.
  let value: CaseValue, folder: String

  /// The body; its laws are still to be given.
  /// - Throws: `InputError` with the line of an unknown set or an impossible mesh.
  func definition() throws -> FEMModel.Definition {
    let mesh = try makeMesh()
    var d = FEMModel.Definition(
      mesh: mesh, formulation: Formulation(rawValue: value.need("formulation").text)!)
    if let volumetric = value["volumetric"] {
      d.volumetric = VolumetricTreatment(rawValue: volumetric.text)!
    }
    for row in value.need("boundary").list { d.prescriptions += try prescriptions(row, mesh) }
    for set in value.need("symmetry").list { d.prescriptions.append(try symmetry(set, mesh)) }
    for row in value.need("loads").list { try add(row, mesh, to: &d) }
    return d
  }

  /// The mesh file that the block names, where it names one.
  var file: CaseValue? { value.need("mesh")["file"] }

  /// The path of a file named in the block.
  func path(_ name: CaseValue) throws(InputError) -> String {
    try FilePath.resolve(name, in: folder)
  }

  /// A mistake unless the mesh has this set; facets are demanded for loads.
  func check(_ set: CaseValue, in mesh: Mesh, facets: Bool) throws(InputError) {
    var known = Array(mesh.facetSets.keys)
    if !facets { known += mesh.nodeSets.keys }
    guard known.contains(set.text) else {
      let kind = facets ? "set of facets" : "set"
      let remedy = Suggestion.remedy(for: set.text, in: Set(known).sorted())
      throw set.error("the mesh has no \(kind) '\(set.text)'; \(remedy)")
    }
  }
}

/// The load factors that a key `steps` asks for: equal ones from a number, or a rising list.
func loadLevels(_ steps: CaseValue) throws(InputError) -> [Double] {
  guard steps.isList else {
    let n = steps.integer
    return (1...n).map { Double($0) / Double(n) }
  }
  let levels = steps.numbers
  guard zip([0] + levels, levels).allSatisfy({ $0 < $1 }), levels.last == 1 else {
    throw steps.error("must rise from above 0 to 1, such as [0.25, 0.5, 1]")
  }
  return levels
}
