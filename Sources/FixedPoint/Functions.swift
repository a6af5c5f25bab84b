import Glibc

func _pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
func _log(_ x: Double) -> Double { Glibc.log(x) }
