extension Transfer {
  static func radialBasis(
    _ basis: RadialBasis, _ source: InterfaceMesh, _ target: InterfaceMesh,
    _ report: inout MappingReport
  ) throws(MappingError) -> SparseMap {
    throw MappingError("mapping by radial basis functions", "is not built yet", "choose another")
  }

  static func mortar(
    _ source: InterfaceMesh, _ target: InterfaceMesh, _ meeting: Meeting
  ) throws(MappingError) -> SparseMap {
    throw MappingError("mortar mapping", "is not built yet", "choose another")
  }
}
