# What the system tests share. DIALTONE names the binary; the lab needs no privilege.

bats_require_minimum_version 1.5.0
DIALTONE=${DIALTONE:-$BATS_TEST_DIRNAME/../../build/dialtone}
export LC_ALL=C

first=SEP020000000001  # 7910, unknown, speaks no XML
second=SEP020000000002 # 7960, unknown, older load
third=SEP020000000003  # 7970, known

# lab ARGS: runs it to its end. $status, $output, $stderr.
lab() { run --separate-stderr timeout -k 5 "${LAB_TIMEOUT:-100}" "$DIALTONE" lab "$@"; }

# document ARGS: runs it with --json; the document is in $BATS_TEST_TMPDIR/document, the exit status in $status.
document() {
  status=0
  timeout -k 5 "${LAB_TIMEOUT:-100}" "$DIALTONE" lab --json "$@" > "$BATS_TEST_TMPDIR/document" 2> "$BATS_TEST_TMPDIR/stderr" || status=$?
}

# is FILTER: jq finds the document so. $d is the file.
is() {
  local file=$BATS_TEST_TMPDIR/document
  jq -e "$1" "$file" > "$BATS_TEST_TMPDIR/jq" 2>&1 && return 0
  printf 'the document is not so: %s\njq says: %s\n' "$1" "$(cat "$BATS_TEST_TMPDIR/jq")"
  jq -c '{registered, failed, seconds, phones: [.phones[] | {device, load, address, callmanager, directory_number, registered, boots, verdict}]}' "$file" | head -c 4000
  cat "$BATS_TEST_TMPDIR/stderr"
  return 1
}

value() { jq -r "$1" "$BATS_TEST_TMPDIR/document"; }

# start_lab ARGS: in the background; its lines are in $lines, its pid in $lab.
start_lab() {
  lines=$BATS_TEST_TMPDIR/lines
  "$DIALTONE" lab "$@" > "$lines" 2> "$BATS_TEST_TMPDIR/stderr" 3>&- &
  lab=$!
}

# Waits until the lines of the lab in the background have PATTERN (grep -E), SECONDS at most.
until_lines() {
  local i
  for ((i = 0; i < $2 * 20; i++)); do
    grep -qE -- "$1" "$lines" && return 0
    sleep 0.05
  done
  printf 'no line is like %s:\n' "$1"
  cat "$lines"
  return 1
}

# end_lab [SIGNAL]: ends it; its exit status in $status, its document (with --json) where `is` looks.
end_lab() {
  kill -s "${1:-INT}" "$lab"
  status=0
  wait "$lab" || status=$?
  cp "$lines" "$BATS_TEST_TMPDIR/document"
}

# The processes below PID, itself too, as "pid start": a pid that was given anew has another start.
family() {
  local pid children child
  for pid in "$@"; do
    [ -r "/proc/$pid/stat" ] || continue
    printf '%s %s\n' "$pid" "$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20)"
    children=$(cat "/proc/$pid/task/"*/children 2> /dev/null) || true
    for child in $children; do family "$child"; done
  done
}

alive() { # of the "pid start" lines on stdin, those that still are (a zombie is gone)
  local pid start
  while read -r pid start; do
    [ -r "/proc/$pid/stat" ] || continue
    [ "$(sed 's/.*) //' "/proc/$pid/stat" 2> /dev/null | cut -d' ' -f20)" = "$start" ] || continue
    [ "$(sed 's/.*) //' "/proc/$pid/stat" 2> /dev/null | cut -c1)" = Z ] || printf '%s\n' "$pid"
  done
}

orphans() { sed -n 's/^TCP:.* orphan \([0-9]*\).*/\1/p' /proc/net/sockstat; }

stop_leftovers() {
  [ -n "${lab:-}" ] && kill -KILL "$lab" 2> /dev/null
  return 0
}
