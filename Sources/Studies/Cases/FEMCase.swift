import FEM
import FixedPoint
import Foundation
import Geometry
import Mechanics

/// A finite-element case: the checked content of its file and the folder that its paths start from.
public struct FEMCase: Sendable {
  let source: CaseSource

  init(_ source: CaseSource) { self.source = source }

  /// The file as it was given.
  public var file: String { source.file }
  /// The text of the file, and the `--set` assignments applied to it.
  public var text: String { source.text }
  /// The assignments.
  public var overrides: [String] { source.overrides }
  /// What the case is about.
  public var title: String { source.title }
  var value: CaseValue { source.value }

  /// Mesh, supports and loads.
  var body: BodyInput { BodyInput(value: value, folder: source.folder) }

  /// The load factors to be hit.
  var levels: [Double] {
    get throws(InputError) { try value["steps"].map(loadLevels) ?? [1] }
  }

  /// Paths of the files that the case names, with the places that name them.
  var files: [CaseValue] {
    [body.file].compactMap { $0 } + value.need("materials").entries.compactMap { $0.value["law"] }
      + dynamicsFiles
  }

  /// The path of a file named in the case, as seen from the working folder.
  func path(_ name: CaseValue) throws(InputError) -> String { try source.path(name) }

  /// The model that the case describes, ready to be validated by `FEMModel.init`.
  /// - Throws: `InputError` with the line of an unknown set or a parameter that no law can have.
  func definition() throws -> FEMModel.Definition {
    var d = try body.definition()
    if let thickness = value["thickness"] {
      guard [.planeStrain, .planeStress].contains(d.formulation) else {
        throw thickness.error("is for plane formulations; remove it")
      }
      d.thickness = thickness.number
    }
    d.strain = StrainKind(rawValue: value.need("strain").text)!
    let materials = value.need("materials")
    let regions = Set(d.mesh.blocks.map(\.name)).sorted()
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
    let newton = value.need("newton")
    d.newton.tolerance = newton.need("tolerance").number
    d.newton.iterationLimit = newton.need("max-iterations").integer
    if !newton.need("line-search").flag { d.newton.halvingLimit = 0 }
    if value.need("solver").text == "cg" { d.solver = .conjugateGradients(tolerance: 1e-10) }
    return d
  }
}
