import LinearAlgebra
import Testing

@Suite struct CSRTests {
  @Test("the pattern of two triangles couples the nodes of each, and no others")
  func twoTriangles() {
    let cells: [Int32] = [0, 1, 2, 1, 3, 2]
    let full = CSRPattern.build(nodeCount: 5, storage: .full, cells: cells, nodesPerCell: 3)
    #expect(full.rowStart == [0, 3, 7, 11, 14, 15])
    #expect(full.columns == [0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 4])
    let upper = CSRPattern.build(
      nodeCount: 5, storage: .upperTriangle, cells: cells, nodesPerCell: 3)
    #expect(upper.rowStart == [0, 3, 6, 8, 9, 10])
    #expect(upper.columns == [0, 1, 2, 1, 2, 3, 2, 3, 3, 4])
    #expect(full.position(0, 3) == nil && full.position(1, 3) == 6)
  }

  @Test("blocks expand every coupled pair; the upper triangle keeps its diagonal blocks triangular")
  func blocks() {
    let cells: [Int32] = [0, 1, 1, 2]
    let upper = CSRPattern.build(
      nodeCount: 3, storage: .upperTriangle, cells: cells, nodesPerCell: 2, blockSize: 2)
    #expect(upper.count == 6)
    #expect(upper.columns == [0, 1, 2, 3, 1, 2, 3, 2, 3, 4, 5, 3, 4, 5, 4, 5, 5])
    let full = CSRPattern.build(
      nodeCount: 3, storage: .full, cells: cells, nodesPerCell: 2, blockSize: 2)
    #expect(full.entryCount == 2 * upper.entryCount - 6)
  }

  @Test("mixed cells and left-out unknowns are accepted")
  func mixed() {
    let pattern = CSRPattern.build(
      nodeCount: 4, storage: .full, cells: [0, 1, -1, 1, 2, 3, -1], cellStart: [0, 3, 7])
    #expect(pattern.columns == [0, 1, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3])
  }

  @Test("assembly of cells equals the sum entry by entry, in both storages")
  func assembly() {
    let (upper, full) = (blockStiffness(2, 2, 1), blockStiffness(2, 2, 1, storage: .full))
    let (nodeCount, cells) = block(2, 2, 1)
    var reference = DenseMatrix(rows: 3 * nodeCount, columns: 3 * nodeCount)
    let k = cubeStiffness()
    for e in 0..<cells.count / 8 {
      for a in 0..<24 {
        for b in 0..<24 {
          let (i, j) = (
            Int(cells[8 * e + a / 3]) * 3 + a % 3, Int(cells[8 * e + b / 3]) * 3 + b % 3
          )
          reference[i, j] += k[24 * a + b]
        }
      }
    }
    for i in 0..<reference.rows {
      for j in 0..<reference.columns {
        #expect(abs(full[i, j] - reference[i, j]) < 1e-15)
        #expect(abs(upper[i, j] - reference[i, j]) < 1e-15)
      }
    }
  }

  @Test("the product is the same from the triangle and from the whole matrix")
  func product() {
    let (upper, full) = (blockStiffness(3, 2, 2), blockStiffness(3, 2, 2, storage: .full))
    let x = numbers(upper.count)
    #expect(distance(upper.times(x), full.times(x)) < 1e-14)
  }

  @Test("a rigid motion costs no force")
  func rigidMotion() {
    let K = blockStiffness(3, 2, 2)
    let translation = (0..<K.count).map { $0 % 3 == 1 ? 1.0 : 0 }
    #expect(K.times(translation).allSatisfy { abs($0) < 1e-14 })
  }

  @Test("the pattern of a cantilever of 112 000 unknowns has the entries counted by hand")
  func cantileverPattern() {
    let (nodeCount, cells) = block(128, 16, 16)
    let pattern = CSRPattern.build(
      nodeCount: nodeCount, storage: .upperTriangle, cells: cells, nodesPerCell: 8, blockSize: 3)
    #expect(pattern.count == 111_843)
    // Coupled pairs in one direction with n nodes: 3n − 2; nodes couple in the product of directions.
    let pairs = (3 * 129 - 2) * (3 * 17 - 2) * (3 * 17 - 2)
    #expect(pattern.entryCount == (9 * pairs - 3 * nodeCount) / 2 + 3 * nodeCount)
  }
}
