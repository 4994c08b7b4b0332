# An ordinary user needs nothing: the lab is in namespaces of its own. Where those are forbidden, it says by what.

load helpers

setup_file() {
  load helpers
  place=$(mktemp -d /tmp/dialtone-test-XXXXXX) # that another user can enter
  chmod 755 "$place"
  cp "$DIALTONE" "$place/dialtone"
  chmod 755 "$place/dialtone"
  mkdir -m 777 "$place/out"
  export place
}

teardown_file() { rm -rf "$place"; }
setup() { lab=; }
teardown() { stop_leftovers; }

# nobody COMMAND...: as an ordinary user without any group; as ourselves if we are one already.
nobody() {
  if [ "$(id -u)" -eq 0 ]; then (cd / && exec setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all -- "$@")
  else "$@"; fi
}

@test "as an ordinary user three phones register" {
  run --separate-stderr nobody timeout 30 "$place/dialtone" lab
  echo "$output$stderr"
  [ "$status" -eq 0 ]
  [[ $output == *"3 of 3 phones registered"* ]]
  [ -z "$stderr" ]
}

@test "as an ordinary user: the document, the captures, a change, a preference" {
  nobody timeout 30 "$place/dialtone" lab --json --pcap "$place/out/ports" --pcap-uplink "$place/out/uplink" --change "$third:label=Hall" \
    --preference 7960:alternate-tftp=10.0.0.2 > "$BATS_TEST_TMPDIR/document" 2> "$BATS_TEST_TMPDIR/stderr"
  is '.registered == 3 and .frames.lost_in_kernel == 0'
  is '.phones[2].steps | last.detail.label == "Hall"'
  is '[.phones[1].steps[] | select(.step == "address").detail.tftp_source] | unique == ["preference"]'
  [ "$(stat -c %s "$place/out/ports")" -gt 20000 ]
  [ "$(stat -c %s "$place/out/uplink")" -gt 20000 ]
  [ "$(id -u)" -ne 0 ] || [ "$(stat -c %u "$place/out/ports")" -eq 65534 ]
}

@test "as an ordinary user: 250 phones" {
  nobody timeout 60 "$place/dialtone" lab --json --phones 250 > "$BATS_TEST_TMPDIR/document" 2> "$BATS_TEST_TMPDIR/stderr"
  is '.registered == 250'
}

@test "as an ordinary user: SIGKILL leaves nothing" {
  nobody "$place/dialtone" lab --stay > "$BATS_TEST_TMPDIR/lines" 2>&1 3>&- &
  lines=$BATS_TEST_TMPDIR/lines
  until_lines 'registration +registered with' 10
  lab=$(pgrep -f "^$place/dialtone lab --stay" -o)
  members=$(family "$lab")
  [ "$(wc -l <<< "$members")" -ge 5 ]
  kill -KILL "$lab"
  for ((i = 0; i < 30; i++)); do
    [ -z "$(alive <<< "$members")" ] && break
    sleep 0.1
  done
  [ -z "$(alive <<< "$members")" ]
}

# forbidden KIND: in a user namespace of our own whose limit of KIND is 0 the lab runs in virtual time, and says why first;
# what needs real frames says the same and ends with 3.
forbidden() {
  local in="echo 0 > /proc/sys/user/max_$1_namespaces && exec $2 '$place/dialtone' lab"
  run --separate-stderr unshare -U -r sh -c "$in"
  echo "$output" | head -n 3
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == "virtual time: "*"/proc/sys/user/max_$1_namespaces is 0"*"sysctl user.max_$1_namespaces="* ]]
  [[ $output == *"3 of 3 phones registered"* ]]
  run --separate-stderr unshare -U -r sh -c "$in --json"
  [ "$status" -eq 0 ]
  jq -e --arg k "max_$1_namespaces is 0" '.mode == "sim" and (.why_sim | contains($k)) and .registered == 3' <<< "$output"
  run --separate-stderr unshare -U -r sh -c "$in --pcap '$BATS_TEST_TMPDIR/frames'"
  [ "$status" -eq 3 ]
  [ -z "$output" ]
  [[ $stderr == *"/proc/sys/user/max_$1_namespaces is 0"* ]]
}

@test "where namespaces are forbidden: virtual time, and which setting forbids them" {
  unshare -U -r true 2> /dev/null || skip "this machine forbids user namespaces: $(cat /proc/sys/user/max_user_namespaces) of them"
  forbidden net ""
  forbidden pid ""
  forbidden mnt ""
  forbidden user "setpriv --no-new-privs --inh-caps=-all --bounding-set=-all"
}
