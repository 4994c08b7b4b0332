# The live table of a terminal: 80 columns, drawn over itself; NO_COLOR; bars; plain lines where there is no terminal.

load helpers

# terminal COLUMNS ROWS ENV ARGS: what the lab writes to a terminal of that size, in $screen; its exit status in $status.
terminal() {
  local columns=$1 rows=$2 env=$3
  shift 3
  screen=$BATS_TEST_TMPDIR/screen
  status=0
  script -qec "stty cols $columns rows $rows; exec env $env '$DIALTONE' lab $*" "$screen.raw" > /dev/null 2>&1 < /dev/null || status=$?
  sed -e '1{/^Script started/d}' -e '/^Script done/d' "$screen.raw" | tr -d '\r' > "$screen"
}

# The text of its lines, without what only moves, erases or paints.
text() { sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' "$screen"; }

@test "three phones: a row each, with all that is known of it, in 80 columns" {
  terminal 80 24 "-u NO_COLOR TERM=xterm"
  [ "$status" -eq 0 ]
  text | tail -n 25
  [ "$(text | awk 'length > 80' | wc -l)" -eq 0 ]
  text | grep -qE "^DEVICE +MODEL VLAN ADDRESS +LOAD +CALLMGR +DN +STEP +TIME$"
  text | grep -qE "^$first 7910 +100 10\.0\.0\.[0-9]+ +P00405000700 10\.0\.0\.2 100[0-9] registered +[0-9.]+$"
  text | grep -qE "^$second 7960 +100 10\.0\.0\.[0-9]+ +P0030801SR02 10\.0\.0\.2 100[0-9] registered +[0-9.]+$"
  text | grep -qE "^$third 7970 +100 10\.0\.0\.[0-9]+ +SCCP70\.9-4-\+ 10\.0\.0\.2 1000 registered +[0-9.]+$"
  text | grep -qE "^3 of 3 registered"
  text | grep -q "3 of 3 phones registered, the last after"
  text | grep -qE "^$first 7910 +(100|-) .* (power|image|VLAN|address|config|register) +[0-9.]+$" # a row on its way
  ! text | grep -qE "^ +[0-9.]+  $first 7910 +image" || false # no plain lines
}

@test "each draw covers the one before it exactly: it moves up by as many lines as that one had" {
  terminal 80 24 "TERM=xterm"
  sed 's/\x1b\[\([0-9]*\)A/\nUP \1\n/g' "$screen" | awk '
    /^UP / {if (n - 1 != $2) {print "moved up " $2 " after " n - 1 " lines"; bad = 1} n = 0; ups++; next} {n++} END {exit bad || ups < 4}'
}

@test "colours are there, and not with NO_COLOR" {
  terminal 80 24 "-u NO_COLOR TERM=xterm"
  grep -q $'\x1b\[32mregistered' "$screen"
  terminal 80 24 "TERM=xterm NO_COLOR=1"
  ! grep -qE $'\x1b\\[[0-9;]*m' "$screen" || false
  text | grep -qE "^$first 7910 .* registered"
  terminal 80 24 "TERM=xterm NO_COLOR=" # empty is as if it were not there: no-color.org
  grep -q $'\x1b\[32mregistered' "$screen"
}

@test "for more than 20 phones a bar for each step" {
  terminal 80 24 "TERM=xterm NO_COLOR=1" --phones 21
  [ "$status" -eq 0 ]
  [ "$(text | awk 'length > 80' | wc -l)" -eq 0 ]
  for step in power image vlan address configuration registration; do
    text | grep -qE "^$step +#{40} +21 of 21$" || { echo "no full bar for $step"; false; }
  done
  text | grep -qE "^(address|registration) +#*\.+ +[0-9]+ of 21$"
  ! text | grep -q "^$first 7910 .* registered" || false
}

@test "bars, too, in a window that is too low for the rows" {
  terminal 80 10 "TERM=xterm NO_COLOR=1" --phones 12
  [ "$status" -eq 0 ]
  text | grep -qE "^registration +#{40} +12 of 12$"
  [ "$(sed -n 's/.*\x1b\[\([0-9]*\)A.*/\1/p' "$screen" | sort -n | tail -n 1)" -lt 10 ]
}

@test "20 phones still have rows, in 24 lines" {
  terminal 80 24 "TERM=xterm NO_COLOR=1" --phones 20
  [ "$(text | grep -cE "^SEP0200000000[01][0-9A-F] 79[167]0 .* registered +[0-9.]+$")" -ge 20 ]
  [ "$(sed -n 's/.*\x1b\[\([0-9]*\)A.*/\1/p' "$screen" | sort -n | tail -n 1)" -lt 24 ]
}

@test "a phone that does not register: red in the table, and a sentence in the width of the terminal" {
  terminal 80 24 "-u NO_COLOR TERM=xterm" --power-budget 20
  [ "$status" -eq 1 ]
  grep -q $'\x1b\[31mpower' "$screen"
  text | tail -n 12
  [ "$(text | awk 'length > 80' | wc -l)" -eq 0 ]
  text | grep -qE "^1 of 3 registered, 2 in trouble"
  text | grep -qE "^$second \(7960\): not registered: stuck at power, "
}

@test "plain lines where there is no terminal, where TERM says dumb, and no escape in them" {
  lab
  ! grep -q $'\x1b' <<< "$output" || false
  grep -qE "^ +[0-9.]+  $first 7910 +image" <<< "$output"
  terminal 80 24 "TERM=dumb"
  ! grep -q $'\x1b' "$screen" || false
  text | grep -qE "^ +[0-9.]+  $first 7910 +image"
}

@test "with --pcap - the lines are on standard error, which is no table even on a terminal" {
  terminal 80 24 "TERM=xterm" "--pcap - > $BATS_TEST_TMPDIR/capture"
  [ "$status" -eq 0 ]
  text | grep -qE "^ +[0-9.]+  $first 7910 +image"
}
