// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Client",
  dependencies: [.package(name: "DeepManifold", path: "../..")],
  targets: [
    // The program of our README.
    .executableTarget(
      name: "Readme", dependencies: [.product(name: "DeepManifold", package: "DeepManifold")]),
    // The program of notebook 4.
    .executableTarget(
      name: "Springs", dependencies: [.product(name: "DeepManifold", package: "DeepManifold")]),
    .executableTarget(
      name: "Client", dependencies: [.product(name: "DeepManifold", package: "DeepManifold")]),
  ]
)
