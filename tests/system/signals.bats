# However a lab ends, 3 s later nothing of it is left.

load helpers

setup() {
  lab=
  touch "$BATS_TEST_TMPDIR/begin"
  orphans_before=$(orphans)
  links_before=$(ip -o link 2> /dev/null | cut -d: -f2 || true)
}

teardown() { stop_leftovers; }

# Notes the processes of the lab ($members, "pid start") and holds its namespaces open ($pins by kind): a number of a namespace that
# we hold is given to no other one, whatever else this machine does meanwhile.
note_members() {
  local pid kind own name pin
  members=$(family "$lab")
  spaces= net_pins=()
  while read -r pid _; do
    for kind in net pid mnt; do
      own=$(readlink "/proc/$$/ns/$kind")
      name=$(readlink "/proc/$pid/ns/$kind" 2> /dev/null) || continue
      [ "$name" != "$own" ] || continue
      ! grep -qxF "$name" <<< "$spaces" || continue
      exec {pin}< "/proc/$pid/ns/$kind" || continue
      spaces+=$name$'\n'
      [ "$kind" != net ] || net_pins+=("$pin")
    done
  done <<< "$members"
}

# A lab that is well under way.
begin() {
  start_lab --stay "$@"
  until_lines "${until:-registration +registered with}" 10
  note_members
  [ "$(wc -l <<< "$members")" -ge 5 ]          # parent, first process of the world, keeper, fleet, servers
  [ "$(grep -c . <<< "$spaces")" -ge 5 ] # three networks, mounts, processes
}

# TCP sockets that no process has any more, in the lab's networks; TIME_WAIT (06) is none: it holds nothing but a note. Only root can
# look into a network whose user namespace is gone: others count the orphans of the whole machine.
orphans_left() {
  local pin before=$orphans_before now
  if [ "$(id -u)" -eq 0 ] && [ ${#net_pins[@]} -gt 0 ]; then
    for pin in "${net_pins[@]}"; do nsenter --net="/proc/self/fd/$pin" cat /proc/net/tcp | awk 'NR > 1 && $4 != "06" && $4 != "0A"'; done
  else
    now=$(orphans)
    [ "$now" -le "$before" ] || echo "$now, before $before"
  fi
}

# Which of the members is which: by their place below the parent.
child() { pgrep -P "$1"; }
first_process() { child "$lab"; }
keeper() { child "$(first_process)"; }
fleet() { child "$(keeper)" | head -n 1; }
servers() { child "$(keeper)" | tail -n 1; }

what_is_left() {
  local i left
  left=$(alive <<< "$members")
  [ -n "$left" ] && echo "processes: $left"
  left=$(readlink /proc/[0-9]*/ns/net /proc/[0-9]*/ns/pid /proc/[0-9]*/ns/mnt 2> /dev/null | sort -u | grep -xF -f <(grep . <<< "$spaces") || true)
  [ -n "$left" ] && echo "namespaces: $left"
  left=$(comm -13 <(sort <<< "$links_before") <(ip -o link 2> /dev/null | cut -d: -f2 | sort))
  [ -n "$left" ] && echo "interfaces: $left"
  left=$(find /tmp /dev/shm /run -maxdepth 1 -newer "$BATS_TEST_TMPDIR/begin" -iname '*dialtone*' 2> /dev/null || true)
  [ -n "$left" ] && echo "files: $left"
  left=$(orphans_left)
  [ -n "$left" ] && echo "orphaned sockets: $left"
  return 0
}

nothing_is_left() {
  local i left
  for ((i = 0; i < 30; i++)); do
    left=$(what_is_left)
    [ -z "$left" ] && return 0
    sleep 0.1
  done
  printf 'after 3 s there is still: %s\n' "$left"
  return 1
}

@test "the end of a run by itself leaves nothing" {
  start_lab
  sleep 0.3
  note_members
  wait "$lab"
  [ "$(wc -l <<< "$members")" -ge 5 ]
  nothing_is_left
}

@test "^C: the summary, with seconds without service; status 0; nothing is left" {
  begin
  until_lines '7960 +registration +registered with .* SCCP version 11' 10
  sleep 0.7
  end_lab INT
  cat "$lines"
  [ "$status" -eq 0 ]
  grep -q "3 of 3 phones registered" "$lines"
  grep -qE "^device +model +seconds without service$" "$lines"
  grep -qE "^$third 7970 +0\.00$" "$lines"
  nothing_is_left
}

@test "the terminal's ^C goes to all of its group: still the summary, still nothing left" {
  lines=$BATS_TEST_TMPDIR/lines
  setsid --fork --wait "$DIALTONE" lab --stay > "$lines" 2> "$BATS_TEST_TMPDIR/stderr" 3>&- &
  waiter=$!
  until_lines '7960 +registration +registered with .* SCCP version 11' 10
  lab=$(child "$waiter")
  note_members
  sleep 0.7
  kill -INT -- "-$lab" # the group that setsid made
  wait "$waiter"
  grep -q "3 of 3 phones registered" "$lines"
  nothing_is_left
}

@test "SIGTERM: the summary; the status is by the state at that moment" {
  until=' image ' begin --realtime
  end_lab TERM
  [ "$status" -eq 1 ]
  grep -q "0 of 3 phones registered" "$lines"
  nothing_is_left
}

@test "SIGHUP, as when the terminal goes" {
  begin
  end_lab HUP
  nothing_is_left
}

@test "two ^C at once end it too" {
  begin
  kill -INT "$lab"
  sleep 0.01
  kill -INT "$lab" || true
  wait "$lab" || true
  nothing_is_left
}

@test "SIGKILL of the parent leaves nothing" {
  begin
  end_lab KILL
  [ "$status" -eq 137 ]
  nothing_is_left
}

@test "SIGKILL of the parent while it starts leaves nothing" {
  cp "$DIALTONE" "$BATS_TEST_TMPDIR/dialtone" # so that its processes are told from others by their name
  for wait in 0.00 0.005 0.01 0.02 0.03 0.05 0.1 0.2; do
    "$BATS_TEST_TMPDIR/dialtone" lab > /dev/null 2>&1 3>&- &
    lab=$!
    sleep "$wait"
    kill -KILL "$lab"
    wait "$lab" || true
    for ((i = 0; i < 30; i++)); do
      pgrep -f "^$BATS_TEST_TMPDIR/dialtone" > /dev/null || break
      sleep 0.1
    done
    ! pgrep -fa "^$BATS_TEST_TMPDIR/dialtone" || false
  done
}

# killed WHICH SIGNAL WORDS: that process is killed; status 3, and it is said which process died of what.
killed() {
  begin
  kill -s "$2" "$($1)"
  status=0
  wait "$lab" || status=$?
  cat "$BATS_TEST_TMPDIR/stderr"
  [ "$status" -eq 3 ]
  grep -qF "dialtone lab: the $3" "$BATS_TEST_TMPDIR/stderr"
  nothing_is_left
}

@test "the fleet's process is killed: status 3, and it says so" { killed fleet KILL "fleet process ended: killed by signal 9 (Killed)"; }
@test "the fleet's process crashes: status 3, and it says so" { killed fleet SEGV "fleet process ended: killed by signal 11 (Segmentation fault)"; }
@test "the servers' process is killed: status 3, and it says so" { killed servers KILL "servers process ended: killed by signal 9 (Killed)"; }
@test "the keeper is killed: status 3, and it says so" { killed keeper KILL "keeper process ended: killed by signal 9 (Killed)"; }
@test "the first process of the world is killed: status 3, and it says so" { killed first_process KILL "first process of its world ended: killed by signal 9 (Killed)"; }

@test "a lab that crashed while it records leaves a capture that can be read" {
  command -v tshark > /dev/null || skip "tshark is missing"
  begin --pcap "$BATS_TEST_TMPDIR/capture"
  sleep 0.5
  end_lab KILL
  nothing_is_left
  [ "$(tshark -r "$BATS_TEST_TMPDIR/capture" -Y skinny 2> /dev/null | wc -l)" -gt 20 ]
}

@test "what is looked for would be found: a lab that runs is not nothing" {
  begin
  left=$(what_is_left)
  echo "$left"
  [[ $left == *processes:* && $left == *namespaces:* ]]
  end_lab
  nothing_is_left
}
