# --stay and --at: things happen, phones lose service and get it back, and the table tells for how long.

load helpers
setup() { lab=; }
teardown() { stop_leftovers; }

# happen SECONDS ARGS: a lab that lives so long; its lines in $lines, its document (--json) where `is` looks, its status in $status.
happen() {
  local seconds=$1
  shift
  start_lab "$@"
  sleep "$seconds"
  end_lab
}

without() { sed -n "s/^$1 [0-9]* *\([0-9.]*\).*/\1/p" "$lines"; } # seconds without service of a device

@test "--at unplug, plug: the phone loses power and boots again from the load that it wrote; the others do not notice" {
  happen 4.5 --at 1500ms:unplug=2,2500ms:plug=2
  cat "$lines"
  [ "$status" -eq 0 ]
  grep -qE "^ +1\.5.. +- +- +at +phone 2 is unplugged$" "$lines"
  grep -qE "^ +1\.[56].. +$second 7960 +power +power lost$" "$lines"
  sed -n '/phone 2 is plugged in/,$p' "$lines" > "$BATS_TEST_TMPDIR/after"
  grep -qE "$second 7960 +image +bank 2 of 2, P0030801SR02" "$BATS_TEST_TMPDIR/after"
  grep -qE "$second 7960 +registration +registered with 10.0.0.2" "$BATS_TEST_TMPDIR/after"
  ! grep -qE "$second 7960 +upgrade" "$BATS_TEST_TMPDIR/after" || false
  [ "$(grep -cE "$first|$third" "$BATS_TEST_TMPDIR/after")" -eq 2 ] # their lines of the table at the end
  awk -v s="$(without $second)" 'BEGIN {exit !(s > 1 && s < 3)}'
  awk -v s="$(without $third)" 'BEGIN {exit !(s == 0)}'
}

@test "a phone that is unplugged at the end: status 1, and it has no service" {
  happen 2.5 --at 1500ms:unplug=3
  [ "$status" -eq 1 ]
  grep -q "2 of 3 phones registered" "$lines"
  grep -qE "^$third \(7970\): not registered: stuck at power, its cable is not plugged in\." "$lines"
  grep -qE "^$third 7970 +[01]\.[0-9]+, and has none now$" "$lines"
}

@test "--at cm1-down: every phone goes to the second CallManager at once, and cm1-up: opens a second connection to the first again" {
  happen 7.5 --at 1500ms:cm1-down,2500ms:cm1-up
  cat "$lines"
  [ "$status" -eq 0 ]
  for device in $first $second $third; do
    grep -qE "^ +1\.5.. +$device 79.0 +trouble +no service: CallManager 10\.0\.0\.2 reset$" "$lines"
    grep -qE "^ +1\.[5-9].. +$device 79.0 +registration +registered with 10\.0\.0\.3 as 100[0-2]" "$lines"
    grep -qE "^ +1\.[5-9].. +$device 79.0 +trouble +CallManager 10\.0\.0\.2: refused$" "$lines" # its port is closed, too
    awk -v s="$(without $device)" 'BEGIN {exit !(s != "" && s < 1)}'
  done
  # Failback: the better one is tried again after 5 s, and its token asked for only when it has held for the connection monitor's 120 s.
  sed -n '/CallManager 1 comes up/,$p' "$lines" > "$BATS_TEST_TMPDIR/after"
  grep -qE "$third 7970 +standby +second connection to 10\.0\.0\.2$" "$BATS_TEST_TMPDIR/after"
  ! grep -q failback "$BATS_TEST_TMPDIR/after" || false
}

@test "the only CallManager goes down: no service, and the status says so" {
  happen 3 --json --callmanagers 1 --at 1500ms:cm1-down
  [ "$status" -eq 1 ]
  is '.registered == 0 and all(.phones[]; .callmanager == null)'
  is 'all(.phones[]; .verdict | .code == "cm-down" and .step == "registration" and .severity == "failure")'
  is 'all(.phones[]; .without_service_s > 0.5 and .without_service_s < 3)'
}

@test "three CallManagers, two go down: the third serves" {
  happen 4 --json --callmanagers 3 --at 1500ms:cm1-down,2s:cm2-down
  [ "$status" -eq 0 ]
  is 'all(.phones[]; .callmanager == "10.0.0.4")'
  is 'all(.phones[]; .without_service_s < 1)'
  is 'all(.phones[]; [.steps[] | select(.step == "registration").detail.callmanager] | .[-3:] == ["10.0.0.2", "10.0.0.3", "10.0.0.4"])'
}

@test "--stay without --at lives on after all are registered, and the capture grows" {
  start_lab --stay
  sleep 2
  kill -0 "$lab"
  end_lab TERM
  [ "$status" -eq 0 ]
  grep -q "3 of 3 phones registered" "$lines"
}
