import Geometry
import Storage

// The mesh of a body.
extension BodyInput {
  /// Generates or reads the mesh.
  /// - Throws: `InputError` at the key `mesh`.
  func makeMesh() throws(InputError) -> Mesh {
    let m = value.need("mesh")
    if let file = m["file"] { return try readMesh(file, unit: m.need("unit").text) }
    let shape = CellShape(rawValue: m.need("cell").text)!
    let n = m.need("divisions").list.map(\.integer)
    guard n.reduce(1, *) <= BodyInput.largestMesh else {
      throw m.need("divisions").error(
        "makes \(n.reduce(1, *)) cells; a mesh has at most \(BodyInput.largestMesh)")
    }
    do {
      switch m.need("generator").text {
      case "box":
        return try StructuredMesh.box(
          size: m.need("size").vector, divisions: (n[0], n[1], n[2]),
          origin: m.need("origin").vector, shape: shape)
      case "rectangle":
        return try StructuredMesh.rectangle(
          size: plane(m.need("size")), divisions: (n[0], n[1]), origin: plane(m.need("origin")),
          shape: shape)
      case "quadrilateral":
        return try StructuredMesh.quadrilateral(
          corners: m.need("corners").list.map(plane), divisions: (n[0], n[1]), shape: shape)
      case "cylinder":
        return try StructuredMesh.cylinder(
          innerRadius: m.need("inner-radius").number, outerRadius: m.need("radius").number,
          height: m.need("height").number, divisions: (n[0], n[1], n[2]),
          quarters: m.need("quarters").integer, shape: shape)
      default:
        guard n.count == shape.dimension else {
          throw m.need("divisions").error("needs \(shape.dimension) numbers for \(shape.rawValue)")
        }
        return try StructuredMesh.plateWithHole(
          halfWidth: m.need("half-width").number, halfHeight: m.need("half-height").number,
          holeRadius: m.need("radius").number, halfThickness: m.need("half-thickness").number,
          divisions: (n[0], n[1], n.count == 3 ? n[2] : 1), grading: m.need("grading").number,
          shape: shape)
      }
    } catch let error as MeshError {
      throw m.error(error.description)
    } catch let error as InputError {
      throw error
    } catch {
      throw m.error("\(error)")
    }
  }

  /// Cells of a generated mesh: beyond this a slip of the finger is likelier than a computer that
  /// can hold it.
  private static let largestMesh = 10_000_000

  private func plane(_ value: CaseValue) -> SIMD2<Double> {
    SIMD2(value.vector.x, value.vector.y)
  }
}

extension BodyInput {
  /// Reads a Gmsh file and scales its lengths to m.
  private func readMesh(_ file: CaseValue, unit: String) throws(InputError) -> Mesh {
    let path = try path(file)
    do {
      let mesh = try Mesh.gmsh(contentsOf: path)
      let scale = try PhysicalUnit.parse(unit).factor
      return scale == 1 ? mesh : mesh.mapped { scale * $0 }
    } catch let error as MeshError {
      throw file.error(error.description)
    } catch {
      throw file.error("\(error)")
    }
  }
}
