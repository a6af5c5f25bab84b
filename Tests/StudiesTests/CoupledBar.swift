import Foundation

/// A plane bar of two halves that touch at x = 1, the left one shaken by a record, each with a case in a folder of its own.
/// Both cases have the same file name, and the left one's record lies outside its folder.
enum CoupledBar {
  static let left = """
    kind: fem
    title: Left half
    mesh: {generator: rectangle, size: [1, 0.25], divisions: [4, 1]}
    formulation: plane-stress
    strain: small
    materials:
      body: {family: linear-elastic, young: 100 kPa, poisson: 0.3}
    boundary:
      - {set: xmin, ux: 0.01, uy: 0}
    dynamics:
      density: 1000
      history: {file: ../records/push.csv}
      time: {end: 9, step: 0.005}
    probes:
      - {name: momentum, quantity: momentum, component: x}
      - {name: balance, quantity: energy-balance}

    """

  static let right = """
    kind: fem
    title: Right half
    mesh: {generator: rectangle, size: [1, 0.25], origin: [1, 0], divisions: [6, 2]}
    formulation: plane-stress
    strain: small
    materials:
      body: {family: linear-elastic, young: 50 kPa, poisson: 0.3}
    dynamics:
      density: 1000
      time: {end: 9, step: 0.0025}
    probes:
      - {name: end, quantity: displacement, component: x, at: [2, 0.125]}

    """

  static let record = "time [s],value\n0,0\n0.05,1\n0.1,0\n9,0\n"

  static let coupling = """
    kind: coupling
    title: A bar in two halves
    participants:
      - {name: left, case: a/half.yaml, borders: [xmax]}
      - {name: right, case: b/half.yaml, borders: [xmin], set: ["dynamics.time.step=0.005"]}
    interfaces:
      - {name: cut, between: [left.xmax, right.xmin], exchange: robin}
    window: 0.005
    end: 0.4
    output: 0.04
    convergence: [{relative: 1e-9}]
    probes:
      - {name: sweeps, quantity: iterations, statistic: mean}
      - {name: created, quantity: created, interface: cut}
      - {name: work, quantity: work, interface: cut, side: second}
      - {name: pull, quantity: value, at: right.xmin, field: force, sum: true}
      - {name: most, quantity: largest, of: right.end}

    """

  static let files = [
    "case.yaml": coupling, "a/half.yaml": left, "b/half.yaml": right, "records/push.csv": record,
  ]

  /// A folder with the files.
  static func tool() throws -> CommandLineTool {
    let tool = try CommandLineTool()
    for (name, text) in files { try tool.write(name, text) }
    return tool
  }
}

/// The elastic tube, which needs nothing but its case; `relaxation` decides whether its windows converge.
func tubeCase(_ relaxation: String, _ rest: String = "") -> String {
  """
  kind: coupling
  title: Elastic tube
  participants:
    - {name: flow, model: elastic-tube-flow}
    - {name: wall, model: elastic-tube-wall}
  interfaces:
    - name: wall
      between: [flow.tube, wall.tube]
      exchange: fields
      fields: [{field: pressure, from: flow}, {field: cross-section, from: wall}]
  window: 0.01
  end: 0.1
  convergence: [{relative: 1e-5}]
  relaxation: \(relaxation)
  probes:
    - {name: pressure, quantity: value, at: flow.tube, field: pressure, point: 50}
    - {name: sweeps, quantity: iterations}
  \(rest)

  """
}
