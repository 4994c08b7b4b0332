# Many switches: 1,000 phones on real frames, in several processes; how such a lab ends.

load helpers

setup() { lab=; }
teardown() { stop_leftovers; }

child() { pgrep -P "$1" | sort -n; }
roles() { child "$(child "$(child "$lab")")"; }

# Notes the processes of the lab, once all of it has begun, and which of them is which: the fleets are the first.
begin() {
  local i
  start_lab "$@"
  for ((i = 0; i < 100; i++)); do
    sleep 0.05
    [ "$(roles 2> /dev/null | wc -l)" -ge 3 ] && break
  done
  sleep "${after:-1.5}"
  members=$(family "$lab")
  mapfile -t role <<< "$(roles)"
  [ ${#role[@]} -ge 3 ]
}

# nothing_is_left SECONDS: of its processes, from now on.
nothing_is_left() {
  local i
  for ((i = 0; i < $1 * 20; i++)); do
    [ -z "$(alive <<< "$members")" ] && return 0
    sleep 0.05
  done
  printf 'after %s s there are still: %s\n' "$1" "$(alive <<< "$members")"
  return 1
}

@test "1,000 phones at four switches all register; each has its row in the document" {
  document --phones 1000
  [ "$status" -eq 0 ]
  is '.registered == 1000 and .failed == 0'
  is '(.phones | length) == 1000 and ([.phones[].device] | unique | length) == 1000'
  is '[.phones[] | select(.registered)] | length == 1000'
}

@test "each switch has subnets of its own, and the servers are behind routers" {
  document --phones 600
  [ "$status" -eq 0 ]
  is '[.phones[0:250][].address | startswith("10.0.0.")] | all'
  is '[.phones[250:500][].address | startswith("10.0.1.")] | all'
  is '[.phones[500:600][].address | startswith("10.0.2.")] | all'
  is '[.phones[].address] | unique | length == 600'
  is '[.phones[].callmanager] | unique == ["172.31.255.1"]'
}

@test "the pattern of three goes through all switches: who is unknown is reset, who is old is upgraded" {
  document --phones 503
  [ "$status" -eq 0 ]
  is '[.phones[].boots] == [range(503) | [2, 3, 1][. % 3]]'
}

@test "251 phones: the last is alone at a second switch" {
  document --phones 251
  [ "$status" -eq 0 ]
  is '.phones[250].registered and (.phones[250].address | startswith("10.0.1."))'
}

@test "where a process may open 1,100 files there are more fleets, and a process for each CallManager's connections" {
  after=0.5
  (
    ulimit -n 1100
    begin --phones 600 --stay
    [ ${#role[@]} -ge 6 ] # three fleets, the servers, two fronts
    until_lines '600 of 600 phones|.' 1
    end_lab INT
    nothing_is_left 5
  )
  (
    ulimit -n 1100
    lab --phones 600
    [ "$status" -eq 0 ]
    [[ $output == *"600 of 600 phones registered"* ]]
  )
}

# The first CallManager goes down once all are registered; 300 phones at two switches.
fail_over() {
  start_lab --phones 300 --json --at 3s:cm1-down "$@"
  sleep 7
  end_lab INT
  [ "$status" -eq 0 ]
  is '[.phones[].callmanager] | unique == ["172.31.255.2"]'
}

@test "a CallManager goes down for the phones of every switch" {
  fail_over
}

@test "a CallManager whose connections have a process of their own goes down" {
  (
    ulimit -n 600 # the servers would need 724; with 300 phones a switch has 150
    fail_over --phones-per-switch 150
  )
}

@test "fewer open files than one switch needs: it says how many, and status 3" {
  (
    ulimit -n 500
    lab --phones 1000
    [ "$status" -eq 3 ]
    [[ $stderr == *"open files a process"*"ulimit -n"*"500"* ]]
  )
}

@test "a fleet of several is killed: status 3, it says which, nothing is left" {
  begin --phones 1000 --stay
  kill -KILL "${role[1]}"
  status=0
  wait "$lab" || status=$?
  [ "$status" -eq 3 ]
  grep -q "fleet 2 process ended: killed by signal 9" "$BATS_TEST_TMPDIR/stderr"
  nothing_is_left 5
}

@test "the servers' process is killed in a run of 1,000: status 3, it says so, nothing is left" {
  begin --phones 1000 --stay
  kill -KILL "${role[-1]}"
  status=0
  wait "$lab" || status=$?
  [ "$status" -eq 3 ]
  grep -q "servers process ended: killed by signal 9" "$BATS_TEST_TMPDIR/stderr"
  nothing_is_left 5
}

@test "the process of a CallManager's connections is killed: status 3, it says which, nothing is left" {
  (
    ulimit -n 1100
    begin --phones 600 --stay
    kill -KILL "${role[-1]}"
    status=0
    wait "$lab" || status=$?
    [ "$status" -eq 3 ]
    grep -q "CallManager 2 process ended: killed by signal 9" "$BATS_TEST_TMPDIR/stderr"
    nothing_is_left 5
  )
}

@test "^C in the middle of 1,000: the summary within 5 s, and nothing is left" {
  after=0.8
  begin --phones 1000 --stay
  begun=$SECONDS
  end_lab INT
  [ $((SECONDS - begun)) -le 5 ]
  grep -q "of 1000 phones registered" "$lines"
  nothing_is_left 5
}

@test "a capture of more than one switch is refused, and says why" {
  for option in --pcap --pcap-uplink --record; do
    lab --phones 251 "$option" "$BATS_TEST_TMPDIR/file"
    [ "$status" -eq 2 ]
    [[ $stderr == *"$option records one switch"* ]]
  done
}

@test "the bars show how it goes: phones a second, the slowest step, what was lost and sent again" {
  TERM=xterm timeout 60 script -qec "'$DIALTONE' lab --phones 600" "$BATS_TEST_TMPDIR/typed" > /dev/null < /dev/null
  grep -aq 'a second; slowest: [a-z]*, [0-9.]* s; [0-9]* lost in kernels, [0-9]* sent again' "$BATS_TEST_TMPDIR/typed"
  grep -aq '600 of 600 registered' "$BATS_TEST_TMPDIR/typed"
}
