"""Reads a VTKHDF file with VTK's own reader and prints, as JSON, what it found."""
import json
import sys

from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOHDF import vtkHDFReader

reader = vtkHDFReader()
if not reader.CanReadFile(sys.argv[1]):
    sys.exit("VTK cannot read this file")
reader.SetFileName(sys.argv[1])
reader.UpdateInformation()
steps = []
for step in range(max(1, reader.GetNumberOfSteps())):
    reader.SetStep(step)
    reader.Update()
    grid = reader.GetOutput()

    def fields(data):
        out = {}
        for i in range(data.GetNumberOfArrays()):
            values = vtk_to_numpy(data.GetArray(i))
            out[data.GetArrayName(i)] = values.reshape(-1).tolist()
        return out

    points = vtk_to_numpy(grid.GetPoints().GetData()) if grid.GetNumberOfPoints() else []
    steps.append(
        {
            "time": reader.GetTimeValue(),
            "points": grid.GetNumberOfPoints(),
            "cells": grid.GetNumberOfCells(),
            "types": [grid.GetCellType(i) for i in range(grid.GetNumberOfCells())],
            "bounds": list(grid.GetBounds()),
            "coordinates": points.reshape(-1).tolist(),
            "pointData": fields(grid.GetPointData()),
            "cellData": fields(grid.GetCellData()),
        }
    )
print(json.dumps({"steps": steps}))
