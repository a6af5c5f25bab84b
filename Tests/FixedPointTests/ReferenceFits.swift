import Foundation

/// A fit with certified parameters: NIST Statistical Reference Datasets, nonlinear regression.
struct ReferenceFit: Sendable {
  let name: String
  let model: @Sendable (_ b: [Double], _ x: Double) -> Double
  /// ∂model/∂b.
  let gradient: @Sendable (_ b: [Double], _ x: Double) -> [Double]
  let starts: [[Double]]
  let certified: [Double]
  let sumOfSquares: Double
  let y, x: [Double]

  /// Misra (1978), dental research: monomolecular adsorption. Lower difficulty.
  static let misra1a = ReferenceFit(
    name: "Misra1a",
    model: { b, x in b[0] * (1 - exp(-b[1] * x)) },
    gradient: { b, x in [1 - exp(-b[1] * x), b[0] * x * exp(-b[1] * x)] },
    starts: [[500, 0.0001], [250, 0.0005]],
    certified: [2.3894212918e2, 5.5015643181e-4], sumOfSquares: 1.2455138894e-1,
    y: [
      10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
      81.78,
    ],
    x: [
      77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
      760.0,
    ])

  /// Kowalik and Osborne (1978), problem 9 of Moré, Garbow and Hillstrom. Higher difficulty.
  static let mgh09 = ReferenceFit(
    name: "MGH09",
    model: { b, x in b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]) },
    gradient: { b, x in
      let (top, bottom) = (x * x + x * b[1], x * x + x * b[2] + b[3])
      let slope = -b[0] * top / (bottom * bottom)
      return [top / bottom, b[0] * x / bottom, slope * x, slope]
    },
    starts: [[25, 39, 41.5, 39], [0.25, 0.39, 0.415, 0.39]],
    certified: [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1],
    sumOfSquares: 3.0750560385e-4,
    y: [
      0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246,
    ],
    x: [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])

  /// Thurber (1979), semiconductor electron mobility: a cubic over a cubic. Higher difficulty.
  static let thurber = ReferenceFit(
    name: "Thurber",
    model: { b, x in
      (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])))
    },
    gradient: { b, x in
      let top = b[0] + x * (b[1] + x * (b[2] + x * b[3]))
      let bottom = 1 + x * (b[4] + x * (b[5] + x * b[6]))
      let slope = -top / (bottom * bottom)
      return [
        1 / bottom, x / bottom, x * x / bottom, x * x * x / bottom, slope * x, slope * x * x,
        slope * x * x * x,
      ]
    },
    starts: [[1000, 1000, 400, 40, 0.7, 0.3, 0.03], [1300, 1500, 500, 75, 1, 0.4, 0.05]],
    certified: [
      1.2881396800e3, 1.4910792535e3, 5.8323836877e2, 7.5416644291e1, 9.6629502864e-1,
      3.9797285797e-1, 4.9727297349e-2,
    ], sumOfSquares: 5.6427082397e3,
    y: [
      80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696,
      101.060, 401.672, 390.724, 567.534, 635.316, 733.054, 759.087, 894.206, 990.785, 1090.109,
      1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
      1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628,
    ],
    x: [
      -3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363,
      -2.322, -1.501, -1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545,
      -0.400, -0.309, -0.109, -0.103, 0.010, 0.119, 0.377, 0.790, 0.963, 1.006, 1.115, 1.572,
      1.841, 2.047, 2.200,
    ])

  var problem: LeastSquaresProblem {
    LeastSquaresProblem(
      unknownCount: certified.count, residualCount: y.count,
      residuals: { b in zip(x, y).map { model(b, $0) - $1 } },
      jacobian: { b in x.map { gradient(b, $0) } })
  }
}
