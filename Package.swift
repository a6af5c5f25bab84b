// swift-tools-version: 6.2
import PackageDescription

// One target, one idea; an import only ever points down (the order below is the order of layers,
// bottom first). No unsafe flags, so that other packages can depend on this one; native code
// generation comes from a toolset file that the Makefile passes.
let package = Package(
  name: "DeepManifold",
  products: [
    .executable(name: "deepmanifold", targets: ["deepmanifold"]),
    .library(
      name: "DeepManifold",
      targets: [
        "Storage", "LinearAlgebra", "FixedPoint", "Geometry", "Mechanics", "Manifold",
        "ConstitutiveManifold", "FEM", "DataDriven", "Identification", "Contact", "DDA", "Coupling",
        "Participants", "Studies",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CHDF5", path: "Sources/CHDF5", pkgConfig: "hdf5-serial",
      providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CLAPACKE", path: "Sources/CLAPACKE", pkgConfig: "lapacke",
      providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(
      name: "CMUMPS", path: "Sources/CMUMPS", providers: [.apt(["libmumps-seq-dev"])]),
    .target(name: "CManifoldKernels", path: "Sources/CManifoldKernels"),
    .target(name: "CBlockKernels", path: "Sources/CBlockKernels"),

    .target(name: "CHDF5Probe", dependencies: ["CHDF5"]),
    .target(
      name: "Storage", dependencies: ["CHDF5", "CHDF5Probe"], exclude: ["README.md"]),
    .target(name: "LinearAlgebra", dependencies: ["COpenBLAS", "CLAPACKE", "CMUMPS"]),
    .target(name: "FixedPoint", dependencies: ["LinearAlgebra"]),
    .target(name: "Geometry"),
    .target(name: "Mechanics"),
    .target(
      name: "Manifold",
      dependencies: ["CManifoldKernels", "Mechanics", "Geometry", "FixedPoint", "LinearAlgebra"],
      exclude: ["README.md", "Projection/README.md"]),
    .target(
      name: "ConstitutiveManifold",
      dependencies: ["CManifoldKernels", "Manifold", "Mechanics", "FixedPoint", "LinearAlgebra"],
      exclude: ["README.md"]),
    .target(
      name: "FEM", dependencies: ["Geometry", "Mechanics", "FixedPoint", "LinearAlgebra"],
      path: "solvers/FEM", exclude: ["README.md"]),
    .target(name: "Contact", path: "solvers/Contact", exclude: ["README.md"]),
    .target(
      name: "DDA",
      dependencies: ["CBlockKernels", "Contact", "Mechanics", "LinearAlgebra", "FixedPoint"],
      path: "solvers/DDA", exclude: ["README.md"]),
    .target(
      name: "DataDriven",
      dependencies: ["FEM", "Manifold", "Geometry", "Mechanics", "FixedPoint", "LinearAlgebra"],
      path: "solvers/DataDriven", exclude: ["README.md"]),
    .target(
      name: "Identification",
      dependencies: [
        "FEM", "ConstitutiveManifold", "Manifold", "Geometry", "Mechanics", "FixedPoint",
        "LinearAlgebra",
      ],
      exclude: ["README.md"]),
    .target(
      name: "Coupling", dependencies: ["FixedPoint", "Geometry", "LinearAlgebra"],
      exclude: ["README.md"]),
    .target(
      name: "Participants",
      dependencies: [
        "Coupling", "FEM", "DDA", "Contact", "Geometry", "Mechanics", "FixedPoint",
      ]),
    .target(
      name: "Studies",
      dependencies: [
        "Storage", "Manifold", "ConstitutiveManifold", "FEM", "DataDriven", "Identification",
        "Participants", "Coupling", "DDA", "Contact", "Geometry", "Mechanics", "FixedPoint",
        "LinearAlgebra",
        .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(
      name: "deepmanifold",
      dependencies: [
        "Studies", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "deepmanifold-bench",
      dependencies: [
        "Studies", "Manifold", "ConstitutiveManifold", "FEM", "DDA", "Contact", "Coupling",
        "Geometry", "Mechanics", "LinearAlgebra",
      ],
      path: "Sources/Benchmarks"),

    .testTarget(name: "StorageTests", dependencies: ["Storage"], exclude: ["files"]),
    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"]),
    .testTarget(name: "FixedPointTests", dependencies: ["FixedPoint", "LinearAlgebra"]),
    .testTarget(name: "GeometryTests", dependencies: ["Geometry"], exclude: ["gmsh"]),
    .testTarget(name: "MechanicsTests", dependencies: ["Mechanics"]),
    .testTarget(
      name: "ManifoldTests",
      dependencies: ["Manifold", "Mechanics", "Geometry", "FixedPoint", "LinearAlgebra"]),
    .testTarget(
      name: "ConstitutiveManifoldTests",
      dependencies: [
        "ConstitutiveManifold", "Manifold", "Mechanics", "FixedPoint", "LinearAlgebra",
      ]),
    .testTarget(name: "FEMTests", dependencies: ["FEM", "Geometry", "Mechanics", "FixedPoint"]),
    .testTarget(name: "ContactTests", dependencies: ["Contact"]),
    .testTarget(name: "DDATests", dependencies: ["DDA", "Contact"]),
    .testTarget(
      name: "CouplingTests", dependencies: ["Coupling", "FixedPoint", "Geometry", "LinearAlgebra"]),
    .testTarget(
      name: "ParticipantsTests",
      dependencies: ["Participants", "Coupling", "FEM", "DDA", "Contact", "Geometry", "Mechanics"]),
    .testTarget(
      name: "DataDrivenTests",
      dependencies: ["DataDriven", "FEM", "Manifold", "Geometry", "Mechanics", "FixedPoint"]),
    .testTarget(
      name: "IdentificationTests",
      dependencies: [
        "Identification", "FEM", "ConstitutiveManifold", "Manifold", "Geometry", "Mechanics",
        "FixedPoint", "LinearAlgebra",
      ]),
    .testTarget(
      name: "StudiesTests",
      dependencies: [
        "Studies", "Storage", "Geometry", "Mechanics", "Manifold", "ConstitutiveManifold", "FEM",
        "Identification", "deepmanifold",
      ],
      exclude: ["read_vtkhdf.py"]),
  ],
  swiftLanguageModes: [.v6]
)
