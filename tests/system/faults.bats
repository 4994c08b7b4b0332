# Each fault, on real frames and in virtual time: exit status, verdict, the evidence. The runs go side by side, each in its own world.

load helpers

# fault | exit status | code of a verdict | its step | its severity | how many register (of 3: 7910, 7960, 7970)
table='no-voice-vlan|0|no-voice-vlan|vlan|warning|3
no-cdp|0|no-cdp|vlan|warning|3
missing-load|0|missing-load|configuration|warning|3
corrupt-load|0|corrupt-load|configuration|warning|3
wrong-load|0|wrong-load|configuration|warning|3
bad-flash-bank|0|bad-flash-bank|image|warning|3
cm1-down|0|cm1-down|registration|warning|3
cm1-silent|0|cm1-silent|registration|warning|3
tftp-down-known|0|tftp-down-known|configuration|warning|3
loss=5|0|loss|configuration|warning|3
latency=100|0|latency|configuration|warning|3
duplicate=10|0|duplicate|configuration|warning|3
reorder=30|0|reorder|configuration|warning|3
slow-tftp|0|slow-tftp|configuration|warning|3
two-dhcp|0|two-dhcp|address|warning|3
poe-budget|1|poe-budget|power|failure|1
bad-hardware|1|bad-hardware|image|failure|0
dhcp-down|1|dhcp-down|address|failure|0
dhcp-exhausted|1|dhcp-exhausted|address|failure|1
dhcp-nak|1|dhcp-nak|address|failure|0
no-tftp-option|1|no-tftp-option|address|failure|0
duplicate-address|1|duplicate-address|address|failure|0
tftp-down|1|tftp-down|configuration|failure|0
tftp-denied|1|tftp-denied|configuration|failure|0
no-config|1|no-config|configuration|failure|1
bad-config|1|bad-config|configuration|failure|0
empty-group|1|empty-group|configuration|failure|0
cm-down|1|cm-down|registration|failure|0
cm-silent-after-connect|1|cm-silent-after-connect|registration|failure|0
reject|1|reject|registration|failure|1
numbers-used-up|1|numbers-used-up|registration|failure|2'

# What the document must show besides: the load kept, the CallManager used, the VLAN, the address.
evidence() {
  case $1 in
  no-voice-vlan | no-cdp) echo 'all(.phones[]; .vlan == null and (.address | startswith("10.1.0.")))' ;;
  missing-load | corrupt-load | wrong-load) echo '.phones[1].load == "P00307020200" and .phones[1].load_before == null' ;;
  bad-flash-bank) echo 'all(.phones[0, 2]; .steps[1].detail.bank == 2)' ;;
  cm1-down | cm1-silent) echo 'all(.phones[]; .callmanager == "10.0.0.3")' ;;
  tftp-down-known) echo 'all(.phones[]; [.steps[] | select(.step == "configuration")][-1].detail.source == "flash")' ;;
  two-dhcp) echo 'all(.phones[]; [.steps[] | select(.step == "address")][0].detail | .server == "10.0.0.2")' ;;
  poe-budget) echo '.phones[0].registered and ([.switches[].ports[] | select(.oper == "power-deny")] | length == 2)' ;;
  dhcp-exhausted) echo '[.phones[] | select(.address == "10.0.0.5")] | length == 1' ;;
  dhcp-down | dhcp-nak | duplicate-address) echo 'all(.phones[]; .address == null)' ;;
  reorder=*) echo '.frames.reordered > 0 and .frames.dropped == 0' ;;
  reject | no-config) echo '.phones[2].registered and .phones[2].directory_number == "1000"' ;;
  esac
}

# One row: says what is wrong, or nothing.
check_row() {
  local world=$1 fault=$2 status=$3 code=$4 step=$5 severity=$6 registered=$7 json=$8 got=$9
  local where="$world --fault $fault"
  [ "$got" = "$status" ] || echo "$where: exit status $got, not $status"
  jq -e --argjson n "$registered" '.registered == $n and .failed == 3 - $n' "$json" > /dev/null || echo "$where: $(jq -c .registered "$json") registered, not $registered"
  [ "$code" = - ] || jq -e --arg c "$code" --arg s "$step" --arg v "$severity" \
    '[.phones[].verdict | select(. != null and .code == $c and .step == $s and .severity == $v and (.text | length > 10) and (.fix | length > 10))] | length > 0' "$json" > /dev/null ||
    echo "$where: verdicts $(jq -c '[.phones[].verdict | if . then .code + "/" + .step + "/" + .severity else null end]' "$json")"
  local more
  more=$(evidence "$fault")
  [ -z "$more" ] || jq -e "$more" "$json" > /dev/null || echo "$where: the evidence is not there: $more: $(jq -c '[.phones[] | {load, callmanager, address, vlan, boots}]' "$json")"
  case $fault in cm1-silent) [ "$world" = sim ] || jq -e '.frames.dropped > 0' "$json" > /dev/null || echo "$where: no frame was dropped" ;; esac
  case $fault in loss* | dhcp-down | tftp-down*) jq -e '.frames.dropped > 0' "$json" > /dev/null || echo "$where: no frame was dropped" ;; esac
}

run_table() {
  local world=$1 dir=$BATS_TEST_TMPDIR/$1 arg= fault rest
  [ "$world" = sim ] && arg=--sim
  mkdir -p "$dir"
  while IFS='|' read -r fault rest; do
    (status=0; "$DIALTONE" lab $arg --json --fault "$fault" > "$dir/$fault.json" 2> "$dir/$fault.err" < /dev/null || status=$?; echo "$status" > "$dir/$fault.status") &
  done <<< "$table"
  wait
  while IFS='|' read -r fault status code step severity registered; do
    check_row "$world" "$fault" "$status" "$code" "$step" "$severity" "$registered" "$dir/$fault.json" "$(cat "$dir/$fault.status")"
  done <<< "$table"
}

@test "each fault on real frames: exit status, verdict, who registers all the same" {
  run run_table frames
  echo "$output"
  [ -z "$output" ]
}

@test "each fault in virtual time: exit status, verdict, who registers all the same" {
  run run_table sim
  echo "$output"
  [ -z "$output" ]
}

@test "a fault that is not known is a usage error that lists them all" {
  run "$DIALTONE" lab --fault no-such-thing
  [ "$status" -eq 2 ]
  while IFS='|' read -r fault _; do [[ "$output" == *" ${fault%%=*} "* ]]; done <<< "$table"
}

@test "what was overtaken is named, and only where the lab has counted it" {
  for seed in 1 2 3 4 5 6; do
    "$DIALTONE" lab --sim --json --fault reorder=1 --seed $seed > "$BATS_TEST_TMPDIR/j" # 1 %: some phones, some labs
    jq -e '(.frames.reordered > 0) == any(.phones[]; .verdict != null) and all(.phones[]; .verdict == null or .verdict.code == "reorder")' "$BATS_TEST_TMPDIR/j" || { jq -c '[.frames, (.phones[].verdict | .code?)]' "$BATS_TEST_TMPDIR/j"; false; }
    jq .frames.reordered "$BATS_TEST_TMPDIR/j" >> "$BATS_TEST_TMPDIR/counts"
  done
  "$DIALTONE" lab --sim --json --fault latency=10 > "$BATS_TEST_TMPDIR/j"
  jq -e '.frames.reordered == 0 and all(.phones[]; .verdict == null)' "$BATS_TEST_TMPDIR/j"
  grep -qx 0 "$BATS_TEST_TMPDIR/counts"
  grep -qvx 0 "$BATS_TEST_TMPDIR/counts"
}

# The working range that docs/verdicts.md states, with the deadline that goes with it.
@test "up to 20 % of loss and 4 s of latency all phones register, and no other cause is named than it was" {
  for fault in loss=1 loss=5 loss=10 loss=20 latency=100 latency=300 latency=1000 latency=4000 slow-tftp; do
    for seed in 1 2 3; do
      "$DIALTONE" lab --sim --json --phones 6 --fault $fault --seed $seed > "$BATS_TEST_TMPDIR/j" || { echo "$fault, seed $seed"; jq -c '[.phones[] | [.model, .registered, .verdict.code]]' "$BATS_TEST_TMPDIR/j"; false; }
      # a phone that lost more than one thing can bear falls back: that has a verdict of its own
      jq -e --arg c "${fault%%=*}" 'all(.phones[]; .verdict == null or .verdict.code == $c or ($c == "loss" and (.verdict.code | IN("tftp-down-known", "load-refused", "cm1-silent", "cm1-down"))))' \
        "$BATS_TEST_TMPDIR/j" || { echo "$fault, seed $seed"; jq -c '[.phones[].verdict.code]' "$BATS_TEST_TMPDIR/j"; false; }
    done
  done
}

@test "in virtual time the same seed gives the same document, and another seed another" {
  a=$("$DIALTONE" lab --sim --json --phones 12 --fault loss=5 --seed 4 | sha256sum) || true
  b=$("$DIALTONE" lab --sim --json --phones 12 --fault loss=5 --seed 4 | sha256sum) || true
  c=$("$DIALTONE" lab --sim --json --phones 12 --fault loss=5 --seed 5 | sha256sum) || true
  [ "$a" = "$b" ]
  [ "$a" != "$c" ]
}

@test "what waiting cannot change ends the lab early" {
  start=$SECONDS
  run "$DIALTONE" lab --fault dhcp-down
  [ "$status" -eq 1 ]
  [ $((SECONDS - start)) -lt 40 ]
}

@test "a recording of a run on real frames runs again, digest for digest" {
  "$DIALTONE" lab --record "$BATS_TEST_TMPDIR/r" < /dev/null > /dev/null
  run "$DIALTONE" replay "$BATS_TEST_TMPDIR/r"
  [ "$status" -eq 0 ]
  [ "$(grep -c 'the same actions, digest for digest' <<< "$output")" -eq 2 ]
}

@test "a recording with one byte changed does not" {
  "$DIALTONE" lab --sim --record "$BATS_TEST_TMPDIR/r" > /dev/null
  size=$(stat -c %s "$BATS_TEST_TMPDIR/r")
  printf '\xa5' | dd of="$BATS_TEST_TMPDIR/r" bs=1 seek=$((size / 2)) conv=notrunc status=none
  run "$DIALTONE" replay "$BATS_TEST_TMPDIR/r"
  [ "$status" -ne 0 ]
}
