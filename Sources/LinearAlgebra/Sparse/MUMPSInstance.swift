import CMUMPS
import Synchronization

/// MUMPS keeps global state in its Fortran modules: one call at a time in the whole process.
private let mumpsLock = Mutex(())

/// Owner of one MUMPS instance and of the arrays MUMPS points into. The only unsafe code around MUMPS.
///
/// Rows and columns are handed over once, values before every factorisation; both live here, so that
/// nothing that Swift may move is ever pointed to between calls.
struct MUMPSInstance: ~Copyable {
  /// What a call does, in MUMPS's own numbers.
  enum Job: Int32 {
    case initialise = -1
    case terminate = -2
    case analyse = 1
    case factorise = 2
    case solve = 3
  }

  private let handle: UnsafeMutablePointer<DMUMPS_STRUC_C>
  private let rows, columns: UnsafeMutableBufferPointer<Int32>
  private let values: UnsafeMutableBufferPointer<Double>

  /// - Parameters:
  ///   - symmetry: MUMPS's SYM: 0 unsymmetric, 1 symmetric definite, 2 symmetric.
  ///   - entryCount: number of entries; `fill` writes their rows and columns, counted from one.
  init(
    symmetry: Int32, count: Int, entryCount: Int,
    fill: (UnsafeMutableBufferPointer<Int32>, UnsafeMutableBufferPointer<Int32>) -> Void
  ) {
    _ = blasThreads
    handle = .allocate(capacity: 1)
    handle.initialize(to: DMUMPS_STRUC_C())
    rows = .allocate(capacity: entryCount)
    columns = .allocate(capacity: entryCount)
    values = .allocate(capacity: entryCount)
    rows.initialize(repeating: 0)
    columns.initialize(repeating: 0)
    values.initialize(repeating: 0)
    fill(rows, columns)
    handle.pointee.sym = symmetry
    handle.pointee.par = 1
    // The sequential library's stand-in for MPI_COMM_WORLD.
    handle.pointee.comm_fortran = -987654
    run(.initialise)
    for stream in 1...3 { setControl(stream, -1) }
    setControl(4, 0)
    handle.pointee.n = Int32(count)
    handle.pointee.nnz = Int64(entryCount)
    handle.pointee.irn = rows.baseAddress
    handle.pointee.jcn = columns.baseAddress
    handle.pointee.a = values.baseAddress
  }

  deinit {
    let handle = handle
    mumpsLock.withLock { _ in
      handle.pointee.job = Job.terminate.rawValue
      dmumps_c(handle)
    }
    handle.deallocate()
    rows.deallocate()
    columns.deallocate()
    values.deallocate()
  }

  func run(_ job: Job) {
    let handle = handle
    mumpsLock.withLock { _ in
      handle.pointee.job = job.rawValue
      dmumps_c(handle)
    }
  }

  /// Solves in place for `count` right-hand sides, one after another in `b`.
  func solve(_ b: inout [Double], count: Int) {
    b.withUnsafeMutableBufferPointer { b in
      handle.pointee.rhs = b.baseAddress
      handle.pointee.nrhs = Int32(count)
      handle.pointee.lrhs = handle.pointee.n
      run(.solve)
      handle.pointee.rhs = nil
    }
  }

  /// Copies the values in; `chosen` names the ones to take, nil takes all.
  func load(_ source: [Double], chosen: [Int32]?) {
    if let chosen {
      for k in 0..<chosen.count { values[k] = source[Int(chosen[k])] }
    } else {
      _ = values.update(fromContentsOf: source)
    }
  }

  /// ICNTL(i), counted from one.
  func setControl(_ i: Int, _ value: Int) { mumps_set_icntl(handle, Int32(i), Int32(value)) }
  func control(_ i: Int) -> Int { Int(mumps_icntl(handle, Int32(i))) }
  /// CNTL(i), counted from one.
  func setControl(_ i: Int, _ value: Double) { mumps_set_cntl(handle, Int32(i), value) }
  /// INFOG(i), counted from one.
  func info(_ i: Int) -> Int { Int(mumps_infog(handle, Int32(i))) }
  /// INFOG(i) where MUMPS writes large counts as negative millions.
  func largeInfo(_ i: Int) -> Int { info(i) < 0 ? -info(i) * 1_000_000 : info(i) }
  /// RINFOG(i), counted from one.
  func realInfo(_ i: Int) -> Double { mumps_rinfog(handle, Int32(i)) }
  /// The first row found with a null pivot, counted from zero.
  func firstNullPivot() -> Int? {
    guard info(28) > 0, let list = handle.pointee.pivnul_list else { return nil }
    return Int(list[0]) - 1
  }
}
