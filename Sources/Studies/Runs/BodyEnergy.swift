import FEM

/// A term of the energy account of a body in motion, J.
enum BodyEnergy: String, Sendable, CaseIterable {
  case kinetic, strain
  case elasticBorder = "elastic_border"
  case external, border, guided, prescribed, damped, initial, defect

  /// Its value.
  func value(_ e: DynamicModel.EnergyAccount) -> Double {
    switch self {
    case .kinetic: e.kinetic
    case .strain: e.strain
    case .elasticBorder: e.elasticBorder
    case .external: e.external
    case .border: e.border
    case .guided: e.guided
    case .prescribed: e.prescribed
    case .damped: e.damped
    case .initial: e.initial
    case .defect: e.defect
    }
  }
}

extension DynamicModel.EnergyAccount {
  /// The largest energy in the account: what a defect is compared with.
  var scale: Double {
    BodyEnergy.allCases.filter { $0 != .defect }.reduce(0) { max($0, abs($1.value(self))) }
  }
}
