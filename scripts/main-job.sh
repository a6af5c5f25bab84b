#!/usr/bin/env bash
# The main job, in two acts: fit Treloar's rubber and stretch a perforated sheet of it; stand a column of stone drums on a
# bearing of that rubber and shake it. Writes the reports and says in twelve lines what happened. Everything goes to out/.
set -euo pipefail
cd "$(dirname "$0")/.."
deepmanifold=.build/release/deepmanifold
mkdir -p out

# The last line of a command's output is its figures; anything it complains about goes to stderr.
figures() { "$deepmanifold" "$@" --json | tail -n 1; }
# The first number of that name in such a line, rounded: number KEY FORMAT JSON
number() {
  local value
  value=$(grep -oE "\"$1\": -?[0-9.e+-]+" <<< "$3" | head -n 1)
  LC_ALL=C printf "$2" "${value##*: }"
}
# A stress in MPa from one in Pa.
megapascal() { LC_ALL=C awk -v s="$1" 'BEGIN { printf "%.2f", s / 1e6 }'; }

law=$(figures fit datasets/treloar1944 --law learned -o out/treloar.h5)
peer=$(figures fit datasets/treloar1944 --law carroll -o out/treloar-carroll.h5)
sheet=$(figures run datasets/perforated-sheet/case.yaml -o out/perforated-sheet.vtkhdf)
figures report out/treloar.h5 -o out/law.html > /dev/null
figures report out/perforated-sheet.vtkhdf -o out/sheet.html > /dev/null

r2=$(grep -oE '"r2": [0-9.e+-]+' <<< "$law" | awk '{ print $2 }' | sort -g | head -n 1)
quarter=$(number 'grip force of a quarter' '%s' "$sheet")
covered=$(number 'share covered by data' '%s' "$sheet")
echo
echo "1. Learned a law of rubber from Treloar's 53 measured points in $(number seconds '%.2f' "$law") s."
echo "2. It misses them by $(number rmse '%.4f' "$law") MPa (root mean square), R2 at least $(LC_ALL=C printf '%.4f' "$r2") in every mode; the best classical law of three parameters misses by $(number rmse '%.4f' "$peer") MPa."
echo "3. Stretched a perforated sheet of it to 2.5 times its length: converged in $(number steps '%d' "$sheet") steps, $(number iterations '%d' "$sheet") linear systems, $(number seconds '%.1f' "$sheet") s."
echo "4. The grips pull with $(LC_ALL=C awk -v f="$quarter" 'BEGIN { printf "%.0f", 4 * f }') N; the stress at the hole's edge is $(megapascal "$(number 'stress xx at the hole' '%s' "$sheet")") MPa and moves by less than 2 % on a finer mesh (make verify)."
echo "5. $(LC_ALL=C awk -v c="$covered" 'BEGIN { printf "%.1f", 100 * c }') % of the sheet is strained as the measurements were; elsewhere the law extrapolates."
echo "6. Open out/law.html and out/sheet.html in a browser, out/perforated-sheet.vtkhdf in ParaView."

# The second act: each record under the column on its bearing (blocks coupled to finite elements) and on a rigid base.
column=datasets/column-on-bearing
# Whether the column stands: its uppermost drum has come down by less than 0.1 m.
stands() { LC_ALL=C awk -v f="$1" 'BEGIN { print (f < 0.1) ? "stands" : "falls" }'; }
declare -A coupled rigid
for record in pulse sweep; do
  coupled[$record]=$(figures run "$column/$record.yaml" -o "out/column-$record.h5")
  rigid[$record]=$(figures run "$column/column.yaml" -o "out/column-$record-rigid.vtkhdf" \
    --set blocks.2.fixed=true --set "base-acceleration={x: {file: $record.csv}}")
  figures report "out/column-$record.h5" -o "out/column-$record.html" > /dev/null
done
# One line about a record: of RECORD NUMBER WORDS
about() {
  local on under
  on=$(stands "$(number 'column.fall of drum 5' '%s' "${coupled[$1]}")")
  under=$(stands "$(number 'fall of drum 5' '%s' "${rigid[$1]}")")
  echo "$2. $3: on a rigid base the column $under, on the rubber bearing it $on (largest rocking $(number 'largest rocking' '%.3f' "${coupled[$1]}") rad)."
}
echo
echo "7. Put a column of five stone drums on a bearing of that rubber and shook the ground: blocks and finite elements, coupled implicitly."
about pulse 8 "A single pulse of 0.3 s and 14 m/s2"
about sweep 9 "A sweep from 4.5 to 3 Hz of 17 m/s2 in 4 s"
for record in pulse sweep; do
  LC_ALL=C awk -v w="$(number steps '%d' "${coupled[$record]}")" -v i="$(number mean-iterations '%.2f' "${coupled[$record]}")" \
    -v r="$(number rejections '%d' "${coupled[$record]}")" -v o="$(number overhead '%s' "${coupled[$record]}")" \
    -v s="$(number seconds '%.1f' "${coupled[$record]}")" -v c="$(number created '%s' "${coupled[$record]}")" -v n="$record" \
    -v k="$([ "$record" = pulse ] && echo 10 || echo 11)" 'BEGIN {
      printf "%d. The %s: %d windows of %s iterations on average (%d tried again shorter), %s s, %.1f %% of the participants'"'"' time for the coupling, %.1g J created at the seat.\n", k, n, w, i, r, s, 100 * o, c }'
done
echo "12. Open out/column-pulse.html and out/column-sweep.html in a browser: press Play."
