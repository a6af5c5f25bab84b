import FEM
import FixedPoint
import Foundation
import Geometry
import Mechanics

/// A finite-element case: the checked content of its file and the folder that its paths start from.
public struct FEMCase: Sendable {
  /// The file as it was given.
  public let file: String
  /// The text of the file, and the `--set` assignments applied to it.
  public let text: String, overrides: [String]
  /// Folder that relative paths in the case start from.
  let folder: String
  let value: CaseValue

  /// Reads and checks a case file.
  /// - Throws: `InputError` at the first mistake.
  public init(file: String, overrides: [String] = []) throws(InputError) {
    try self.init(
      text: try readText(file, as: "a case"), file: file, overrides: overrides,
      folder: FilePath.folder(of: file))
  }

  /// Checks the text of a case.
  init(text: String, file: String, overrides: [String], folder: String) throws(InputError) {
    self.file = file
    self.text = text
    self.overrides = overrides
    self.folder = folder
    var tree = try YAMLTree.parse(text, file: file)
    for assignment in overrides { try tree.override(assignment) }
    value = try Schema.fem.read(tree)
  }

  /// What the case is about.
  public var title: String {
    value["title"]?.text ?? FilePath.stem(of: file)
  }

  /// The load factors to be hit.
  var levels: [Double] {
    get throws(InputError) {
      let steps = value.need("steps")
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
  }

  /// Paths of the files that the case names, with the places that name them.
  var files: [CaseValue] {
    var out: [CaseValue] = []
    if let mesh = value.need("mesh")["file"] { out.append(mesh) }
    for (_, material) in value.need("materials").entries {
      if let law = material["law"] { out.append(law) }
    }
    return out
  }

  /// The path of a file named in the case, as seen from the working folder.
  func path(_ name: CaseValue) throws(InputError) -> String {
    let path = name.text.hasPrefix("/") ? name.text : "\(folder)/\(name.text)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw name.error("there is no file '\(path)'; paths start from the folder of the case")
    }
    return path
  }

  /// The model that the case describes, ready to be validated by `FEMModel.init`.
  /// - Throws: `InputError` with the line of an unknown set or a parameter that no law can have.
  func definition() throws -> FEMModel.Definition {
    let mesh = try makeMesh()
    var d = FEMModel.Definition(
      mesh: mesh, formulation: Formulation(rawValue: value.need("formulation").text)!)
    d.strain = StrainKind(rawValue: value.need("strain").text)!
    d.volumetric = VolumetricTreatment(rawValue: value.need("volumetric").text)!
    let materials = value.need("materials")
    let regions = Set(mesh.blocks.map(\.name)).sorted()
    for (region, material) in materials.entries {
      guard regions.contains(region) else {
        throw material.error(
          "the mesh has no region '\(region)'; \(Suggestion.remedy(for: region, in: regions))")
      }
      d.laws[region] = try law(material, strain: d.strain)
    }
    for region in regions where d.laws[region] == nil {
      throw materials.error("region '\(region)' of the mesh has no material; add '\(region):'")
    }
    for row in value.need("boundary").list { d.prescriptions += try prescriptions(row, mesh) }
    for set in value.need("symmetry").list { d.prescriptions.append(try symmetry(set, mesh)) }
    for row in value.need("loads").list { try add(row, mesh, to: &d) }
    let newton = value.need("newton")
    d.newton.tolerance = newton.need("tolerance").number
    d.newton.iterationLimit = newton.need("max-iterations").integer
    if !newton.need("line-search").flag { d.newton.halvingLimit = 0 }
    if value.need("solver").text == "cg" { d.solver = .conjugateGradients(tolerance: 1e-10) }
    return d
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
