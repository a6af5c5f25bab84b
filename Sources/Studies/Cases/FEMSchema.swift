import Geometry

extension Schema {
  /// What a finite-element case says.
  static let fem = Schema.record([
    .need("kind", .choice([CaseKind.fem.rawValue]), "the kind of study"),
    .may("title", .text, "what the case is about"),
    meshField, formulationField,
    .may(
      "thickness", .number(.length, .positive),
      "across the plane, in plane formulations; 1 m where not given"),
    .may("strain", .choice(["small", "finite"]), "kinematics", standard: "finite"),
    volumetricField,
    .need(
      "materials", .dictionary(material, about: "name of a region (body in generated meshes)"),
      "the law of every region"),
    boundaryField, symmetryField, loadsField,
    .may(stepsField.name, stepsField.schema, stepsField.about + "; 1 where not given"),
    dynamicsField, frequenciesField,
    .may("newton", newton, "when the iterations end", standard: "{}"),
    .may("solver", .choice(["direct", "cg"]), "linear solver", standard: "direct"),
    .may("coverage", coverage, "when to warn that fitted laws extrapolate", standard: "{}"),
    .may("probes", .list(probe, 0...10_000), "quantities to report", standard: "[]"),
    .may(
      "output",
      .list(
        .choice(["displacement", "velocity", "acceleration", "stress", "strain", "energy"]), 0...6),
      "fields to write; velocity and acceleration where the body moves",
      standard: "[displacement, velocity, acceleration, stress, strain, energy]"),
  ])

  // Fields that several kinds of case share.
  static let meshField = Field.need(
    "mesh", mesh, "the mesh, made here or read from a Gmsh file; lengths in m")
  static let formulationField = Field.may(
    "formulation", .choice(["three-dimensional", "plane-strain", "plane-stress", "axisymmetric"]),
    "what the coordinates mean; in axisymmetry x is the radius and y the axis",
    standard: "three-dimensional")
  static let volumetricField = Field.may(
    "volumetric", .choice(["standard", "mean-dilatation"]),
    "how cells treat volume; mean-dilatation does not lock", standard: "standard")
  static let boundaryField = Field.may(
    "boundary", .list(boundary, 0...Int.max), "prescribed displacements at full load",
    standard: "[]")
  static let symmetryField = Field.may(
    "symmetry", .list(.text, 0...Int.max),
    "sets on flat sides whose normal displacement is zero", standard: "[]")
  static let loadsField = Field.may(
    "loads", .list(load, 0...Int.max), "forces at full load", standard: "[]")
  static let stepsField = Field.may(
    "steps",
    .either([.integer(1...100_000), .list(.number(.none, .between(0, 1)), 1...100_000)]),
    "number of equal load steps, or the rising load levels with 1 as the last", standard: "1")

  private static let divisions3 = Schema.list(.integer(1...2000), 3...3)
  private static let divisions2 = Schema.list(.integer(1...20_000), 2...2)
  private static let cells3 = Schema.choice(["hex8", "hex20", "tet4", "tet10"])
  private static let cells2 = Schema.choice(["quad4", "quad8", "tri3", "tri6"])
  private static let positiveLength = Schema.number(.length, .positive)

  static let mesh = Schema.variants([
    Variant(
      "generator", "box", "a brick; sets xmin, xmax, ymin, ymax, zmin, zmax",
      [
        .need("size", .list(positiveLength, 3...3), "edge lengths along x, y, z"),
        .may("origin", .list(.length, 3...3), "corner of least x, y, z", standard: "[0, 0, 0]"),
        .need("divisions", divisions3, "cells along x, y, z"),
        .may("cell", cells3, "shape of the cells", standard: "hex8"),
      ]),
    Variant(
      "generator", "rectangle", "a rectangle; sets xmin, xmax, ymin, ymax",
      [
        .need("size", .list(positiveLength, 2...2), "edge lengths along x, y"),
        .may("origin", .list(.length, 2...2), "corner of least x, y", standard: "[0, 0]"),
        .need("divisions", divisions2, "cells along x, y"),
        .may("cell", cells2, "shape of the cells", standard: "quad4"),
      ]),
    Variant(
      "generator", "quadrilateral", "a straight-sided quadrilateral; sets as of a rectangle",
      [
        .need(
          "corners", .list(.list(.length, 2...2), 4...4),
          "four corners counter-clockwise; their sides are ymin, xmax, ymax, xmin"),
        .need("divisions", divisions2, "cells along the first and the last side"),
        .may("cell", cells2, "shape of the cells", standard: "quad4"),
      ]),
    Variant(
      "generator", "cylinder",
      "a cylinder about z from z = 0; sets outer, inner, zmin, zmax, and the planes of a part",
      [
        .need("radius", positiveLength, "outer radius"),
        .may("inner-radius", .number(.length, .notNegative), "0 for a solid one", standard: "0"),
        .need("height", positiveLength, "height"),
        .need("divisions", divisions3, "cells along the radius, around the part, along the axis"),
        .may("quarters", .integer(1...4), "4 the whole, 2 a half, 1 a quarter", standard: "4"),
        .may("cell", cells3, "shape of the cells", standard: "hex8"),
      ]),
    Variant(
      "generator", "plate-with-hole",
      "a quarter (in 3-D an eighth) of a plate with a round hole at the origin; sets xmin, ymin, "
        + "zmin (symmetry planes), xmax, ymax, zmax, hole",
      [
        .need("radius", positiveLength, "radius of the hole"),
        .need("half-width", positiveLength, "extent along x"),
        .need("half-height", positiveLength, "extent along y"),
        .may("half-thickness", positiveLength, "extent along z, in 3-D", standard: "1"),
        .need(
          "divisions", .list(.integer(1...2000), 2...3),
          "cells from hole to edge, around the quarter (even) and, in 3-D, through the thickness"),
        .may(
          "grading", .number(.none, .positive), "size of the outermost cells over the innermost",
          standard: "1"),
        .may(
          "cell", .choice(CellShape.allCases.map(\.rawValue)), "shape of the cells",
          standard: "hex8"),
      ]),
    Variant(
      "file", nil, "a Gmsh file, version 2.2 or 4.1",
      [
        .need("file", .text, "path, relative to the case"),
        .may(
          "unit", .choice(["m", "mm", "cm", "um", "in"]), "unit of its lengths", standard: "m"),
      ]),
  ])

  private static let material = Schema.variants([
    Variant(
      "family", "linear-elastic", "Hooke's law",
      [
        .need("young", .modulus, "Young's modulus"),
        .need("poisson", .pure, "Poisson's ratio, in (-1, 0.5)"),
      ]),
    Variant(
      "family", "neo-hooke", "W = mu/2 (I1 - 3) - mu ln J + lambda/2 (ln J)^2",
      [
        .need("mu", .modulus, "shear modulus"),
        .need("lambda", .stress, "first Lame constant"),
      ]),
    Variant(
      "family", "mooney-rivlin", "W = c10 (I1 - 3) + c01 (I2 - 3) + U(J)",
      [
        .need("c10", .stress, "constant"), .need("c01", .stress, "constant"), bulk,
      ]),
    Variant(
      "family", "yeoh", "W = sum of ci0 (I1 - 3)^i + U(J)",
      [
        .need("c10", .stress, "constant"), .need("c20", .stress, "constant"),
        .need("c30", .stress, "constant"), bulk,
      ]),
    Variant(
      "family", "ogden", "W = sum of mu/alpha (sum of stretches^alpha - 3) + U(J)",
      [
        .need("mu", .list(.stress, 1...8), "moduli of the terms"),
        .need("alpha", .list(.pure, 1...8), "exponents of the terms"), bulk,
      ]),
    Variant(
      "family", "gent", "W = -mu jm/2 ln(1 - (I1 - 3)/jm) + U(J)",
      [
        .need("mu", .modulus, "shear modulus"),
        .need("jm", .number(.none, .positive), "largest I1 - 3"), bulk,
      ]),
    Variant(
      "family", "carroll", "W = a (I1 - 3) + b (I1^4 - 81) + c (sqrt I2 - sqrt 3) + U(J)",
      [
        .need("a", .stress, "constant"), .need("b", .stress, "constant"),
        .need("c", .stress, "constant"), bulk,
      ]),
    Variant(
      "family", "holzapfel-gasser-ogden",
      "W = mu/2 (I1 - 3) + U(J) + sum over fibres of k1/(2 k2) (exp(k2 <C:H - 1>^2) - 1)",
      [
        .need("mu", .modulus, "shear modulus of the ground substance"),
        .need("k1", .number(.pressure, .notNegative), "modulus of the fibres"),
        .need("k2", .number(.none, .positive), "exponent of the fibres"),
        .may(
          "kappa", .number(.none, .between(0, 1.0 / 3)), "dispersion of the fibres, 0 to 1/3",
          standard: "0"),
        .need("fibres", fibres, "a vector along each family of fibres, at rest"), bulk,
      ]),
    Variant(
      "law", nil, "a law that `fit` wrote",
      [
        .need("law", .text, "path of the law's file, relative to the case"),
        .may(
          "fibres", fibres,
          "how the law's preferred directions run in this body, in their order in the file"),
      ]),
  ])

  static let fibres = Schema.list(.list(pure, 3...3), 1...3)

  private static let bulk = Field.need("bulk", .modulus, "bulk modulus")

  static let boundary = Schema.variants([
    Variant(
      "fixed", nil, "nothing moves",
      [.need("set", .text, "nodes or facets"), .need("fixed", .flag, "true")]),
    Variant(
      "motion", nil, "a rigid motion (and a scaling): x = R s (X - c) + c + t",
      [
        .need("set", .text, "nodes or facets"),
        .need(
          "motion",
          .record([
            .may("point", .list(.length, 3...3), "c, fixed by the rotation", standard: "[0, 0, 0]"),
            .may("axis", .list(.pure, 3...3), "axis of the rotation", standard: "[0, 0, 1]"),
            .may("angle", .pure, "angle in rad, or such as 30 deg", standard: "0"),
            .may("translation", .list(.length, 3...3), "t", standard: "[0, 0, 0]"),
            .may("scale", .number(.none, .positive), "s", standard: "1"),
          ]), "the motion at full load; angle and translation grow with the load factor"),
      ]),
    Variant(
      "gradient", nil, "an affine displacement u = G X",
      [
        .need("set", .text, "nodes or facets"),
        .need("gradient", .list(.list(.pure, 2...3), 2...3), "the rows of G"),
      ]),
    Variant(
      "set", nil, "single components",
      [
        .need("set", .text, "nodes or facets"),
        .may("ux", .length, "displacement along x"),
        .may("uy", .length, "displacement along y"),
        .may("uz", .length, "displacement along z"),
      ]),
  ])

  static let load = Schema.variants([
    Variant(
      "traction", nil, "a dead traction per undeformed area",
      [
        .need("set", .text, "facets"),
        .need("traction", .list(.stress, 2...3), "its components"),
      ]),
    Variant(
      "pressure", nil, "a dead pressure along the undeformed inward normal",
      [.need("set", .text, "facets"), .need("pressure", .stress, "its value")]),
    Variant(
      "body-force", nil, "a force per undeformed volume",
      [
        .need(
          "body-force", .list(.number(.init(length: -2, mass: 1, time: -2), .any), 2...3),
          "its components, N/m3")
      ]),
  ])

  private static let newton = Schema.record([
    .may(
      "tolerance", .number(.none, .between(1e-15, 1)),
      "largest norm of the free residual over the norm of reactions and loads", standard: "1e-8"),
    .may("max-iterations", .integer(1...1000), "corrections before a step is cut", standard: "25"),
    .may("line-search", .flag, "whether corrections are shortened to descend", standard: "true"),
    .may(
      "smallest-step", .number(.none, .between(1e-9, 1)),
      "load increment, in motion part of a step, at which cutting back gives up", standard: "0.001"),
  ])

  private static let coverage = Schema.record([
    .may(
      "warn-share", .number(.none, .between(0, 1)),
      "share of the volume that may be strained beyond the data of its law without a warning",
      standard: "0.05")
  ])

  private static let probe = Schema.variants([
    Variant(
      "quantity", "displacement", "at a point, interpolated in its cell",
      [
        name, .need("component", .choice(["x", "y", "z"]), "direction"),
        .need("at", .point, "the point in the undeformed body"),
      ]),
    Variant(
      "quantity", "reaction", "force that a set's prescribed displacements need",
      [name, .need("component", .choice(["x", "y", "z"]), "direction"), set]),
    Variant(
      "quantity", "moment", "moment of a set's reactions, at deformed positions",
      [
        name, .need("component", .choice(["x", "y", "z"]), "axis direction"), set,
        .may("about", .point, "a point of the axis", standard: "[0, 0, 0]"),
      ]),
    Variant(
      "quantity", "stress", "Cauchy stress, at a point or over the body",
      [
        name,
        .need(
          "component",
          .choice(["von-mises", "xx", "yy", "zz", "yz", "zx", "xy", "hydrostatic"]),
          "which number of the tensor"),
        .may("at", .point, "the point in the undeformed body"),
        .may("statistic", .choice(["max", "min", "mean", "percentile"]), "over all nodes"),
        .may("percentile", .number(.none, .between(0, 100)), "for the statistic percentile"),
      ]),
    Variant("quantity", "energy", "stored energy of the body", [name]),
    Variant("quantity", "strain-energy", "the same", [name]),
    Variant(
      "quantity", "velocity", "of a body in motion, at a point",
      [
        name, .need("component", .choice(["x", "y", "z"]), "direction"),
        .need("at", .point, "the point in the undeformed body"),
      ]),
    Variant(
      "quantity", "acceleration", "of a body in motion, at a point",
      [
        name, .need("component", .choice(["x", "y", "z"]), "direction"),
        .need("at", .point, "the point in the undeformed body"),
      ]),
    Variant(
      "quantity", "momentum", "of a body in motion, the whole of it",
      [name, .need("component", .choice(["x", "y", "z"]), "direction")]),
    Variant("quantity", "kinetic-energy", "of a body in motion", [name]),
    Variant(
      "quantity", "energy-balance",
      "of a body in motion: what the account of energies lacks, over the largest of them so far",
      [name]),
    Variant(
      "quantity", "coverage",
      "share of the volume whose strain lies where the data of its fitted law did", [name]),
  ])

  private static let name = Field.need("name", .text, "what the report calls it")
  private static let set = Field.need("set", .text, "nodes or facets")

  /// What `expected.yaml` of a validation folder says.
  static let expected = Schema.record([
    .need("title", .text, "what is verified"),
    .may("quick", .flag, "whether it also runs in the tests", standard: "false"),
    .need(
      "probes",
      .list(
        .record([
          .need("name", .text, "a probe of the case, or `iterations`: linear systems of a step"),
          .may("step", .integer(1...100_000), "step from 1; the last where it is not given"),
          .need("value", .pure, "the expected value, SI"),
          .may("relative", .number(.none, .positive), "largest relative error"),
          .may("absolute", .number(.none, .positive), "largest absolute error, SI"),
          .need("source", .text, "where the value comes from"),
        ]), 1...1000), "what must come out"),
  ])
}
