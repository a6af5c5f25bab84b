import Geometry

/// A box of hex8 cells from the origin, numbered i + (nx+1)(j + (ny+1)k), with its sets.
func hexBox(_ nx: Int, _ ny: Int, _ nz: Int, size: SIMD3<Double>) -> Mesh {
  try! StructuredMesh.box(size: size, divisions: (nx, ny, nz))
}
