# However a lab ends, 3 s later nothing of it is left.

load helpers

setup() {
  lab=
  touch "$BATS_TEST_TMPDIR/begin"
  orphans_before=$(orphans)
  links_before=$(ip -o link 2> /dev/null | cut -d: -f2 || true)
}

teardown() { stop_leftovers; }

# A lab that is well under way: its processes are in $members ("pid start"), its namespaces in $spaces.
begin() {
  start_lab --stay "$@"
  until_lines "${until:-registration +registered with}" 10
  members=$(family "$lab")
  [ "$(wc -l <<< "$members")" -ge 5 ] # parent, first process of the world, keeper, fleet, servers
  spaces=$(while read -r pid _; do readlink "/proc/$pid/ns/net" "/proc/$pid/ns/pid" "/proc/$pid/ns/mnt" 2> /dev/null; done <<< "$members" | sort -u |
    grep -vxF -e "$(readlink /proc/$$/ns/net)" -e "$(readlink /proc/$$/ns/pid)" -e "$(readlink /proc/$$/ns/mnt)")
  [ "$(wc -l <<< "$spaces")" -ge 5 ] # three networks, mounts, processes
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
  left=$(readlink /proc/[0-9]*/ns/net /proc/[0-9]*/ns/pid /proc/[0-9]*/ns/mnt 2> /dev/null | sort -u | grep -xF "$spaces" || true)
  [ -n "$left" ] && echo "namespaces: $left"
  left=$(comm -13 <(sort <<< "$links_before") <(ip -o link 2> /dev/null | cut -d: -f2 | sort))
  [ -n "$left" ] && echo "interfaces: $left"
  left=$(find /tmp /dev/shm /run -maxdepth 1 -newer "$BATS_TEST_TMPDIR/begin" -iname '*dialtone*' 2> /dev/null || true)
  [ -n "$left" ] && echo "files: $left"
  left=$(orphans)
  [ "$left" -gt "$orphans_before" ] && echo "orphaned sockets: $left, before $orphans_before"
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
  members=$(for ((i = 0; i < 10; i++)); do family "$lab"; sleep 0.05; done | sort -u) spaces=none
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
  members=$(family "$lab") spaces=none
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
  for wait in 0.00 0.01 0.02 0.05 0.1; do
    "$DIALTONE" lab > /dev/null 2>&1 3>&- &
    lab=$!
    sleep "$wait"
    members=$(family "$lab") spaces=none
    kill -KILL "$lab"
    wait "$lab" || true
    nothing_is_left
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
