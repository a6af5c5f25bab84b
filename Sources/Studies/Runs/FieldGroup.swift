import Geometry
import Storage

/// Mesh and nodal fields of a result in VTKHDF.
enum FieldGroup {
  /// Writes the mesh and every state, with the fields that the case asked for. The displacement is
  /// always there: without it a result cannot be drawn.
  static func write(_ result: FieldResult, to root: borrowing H5Group) throws {
    var file = try VTKHDFFile(mesh: result.mesh, bars: result.bars, in: root)
    for state in result.states {
      var fields = [VTKHDFFile.Field("displacement", .vector, state.displacement, unit: "m")]
      if result.output.contains("velocity"), let velocity = state.velocity {
        fields.append(.init("velocity", .vector, velocity, unit: "m/s"))
      }
      if result.output.contains("acceleration"), let acceleration = state.acceleration {
        fields.append(.init("acceleration", .vector, acceleration, unit: "m/s^2"))
      }
      if result.output.contains("stress") {
        fields.append(.init("stress", .symmetricTensor, state.stress, unit: "Pa"))
        fields.append(.init("von_mises", .scalar, state.vonMises, unit: "Pa"))
      }
      if result.output.contains("strain") {
        fields.append(.init("strain", .symmetricTensor, state.strain, unit: "1"))
      }
      if result.output.contains("energy") {
        fields.append(.init("energy_density", .scalar, state.energy, unit: "J/m^3"))
      }
      var cells: [VTKHDFFile.Field] = []
      if let scores = state.coverageScore, let shares = state.coveredShare {
        cells.append(.init("coverage_score", .scalar, scores, unit: "1"))
        cells.append(.init("covered_share", .scalar, shares, unit: "1"))
      }
      cells += state.cells
      try file.append(time: state.factor, pointFields: fields, cellFields: cells)
    }
    try file.finish()
  }

  /// Reads the mesh and the last state; fields that were not written are empty.
  static func read(
    _ root: borrowing H5Group
  ) throws -> (
    mesh: Mesh, bars: [SIMD2<Int32>], states: [FieldResult.State], output: [String]
  ) {
    let contents = try VTKHDFFile.read(root)
    func values(_ name: String) -> [Double] { contents.pointField(name)?.values ?? [] }
    func cells(_ name: String) -> [Double]? {
      contents.cellFields.first { $0.name == name && $0.kind == .scalar }?.values
    }
    guard let factor = contents.times.last else {
      return (contents.mesh, contents.bars, [], [])
    }
    var state = FieldResult.State(
      factor: factor, displacement: values("displacement"), stress: values("stress"),
      vonMises: values("von_mises"), strain: values("strain"), energy: values("energy_density"),
      coverageScore: cells("coverage_score"), coveredShare: cells("covered_share"))
    state.velocity = contents.pointField("velocity")?.values
    state.acceleration = contents.pointField("acceleration")?.values
    state.cells = contents.cellFields.filter {
      $0.name != "coverage_score" && $0.name != "covered_share"
    }
    let names = [
      ("displacement", state.displacement), ("stress", state.stress), ("strain", state.strain),
      ("energy", state.energy), ("velocity", state.velocity ?? []),
      ("acceleration", state.acceleration ?? []),
    ]
    return (contents.mesh, contents.bars, [state], names.filter { !$0.1.isEmpty }.map(\.0))
  }
}
