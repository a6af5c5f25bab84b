#!/usr/bin/env bash
# Makes the two records of ground acceleration beside this script. Both begin after a second of rest, in which the
# bearing takes up the weight.
set -euo pipefail
cd "$(dirname "$0")"
export LC_ALL=C

# One sine of 0.3 s: a = A sin(2 pi (t - 1)/T).
awk 'BEGIN {
  A = 14; T = 0.3; n = 60
  print "# One sine of 14 m/s2 and 0.3 s, from t = 1 s on."
  print "time [s],value [m/s2]"
  print "0,0"
  for (i = 0; i <= n; i++) printf "%.4f,%.6f\n", 1 + T * i / n, A * sin(8 * atan2(1, 1) * i / n)
}' > pulse.csv

# Harmonic sweep from 4.5 to 3 Hz in 4 s, with ramps of 0.3 s: a = A r(s) sin(2 pi (4.5 s - 0.1875 s^2)), s = t - 1.
awk 'BEGIN {
  A = 17; D = 4; f0 = 4.5; f1 = 3; n = 1600
  print "# A harmonic sweep of 17 m/s2 from 4.5 to 3 Hz in 4 s, from t = 1 s on; ramps of 0.3 s."
  print "time [s],value [m/s2]"
  print "0,0"
  for (i = 0; i <= n; i++) {
    s = D * i / n
    r = s / 0.3; if ((D - s) / 0.3 < r) r = (D - s) / 0.3; if (r > 1) r = 1
    printf "%.4f,%.6f\n", 1 + s, A * r * sin(8 * atan2(1, 1) * (f0 * s + 0.5 * (f1 - f0) * s * s / D))
  }
}' > sweep.csv
