import LinearAlgebra

// Three springs in a row, the left end held, a unit force at the right end: u = 1, 2, 3.
let K = CSRMatrix(
  count: 3, storage: .upperTriangle,
  entries: [(0, 0, 2), (0, 1, -1), (1, 1, 2), (1, 2, -1), (2, 2, 1)])
var u = [0.0, 0.0, 1.0]
let solver = DirectSolver(.symmetricDefinite)
try solver.factorise(K)
try solver.solve(&u)
print("displacement of the end \(u[2])")
