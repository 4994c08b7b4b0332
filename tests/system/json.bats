# `dialtone lab --json`: one document of exactly the form that dialtone-lab(1) tells (form.jq), and nothing else.

load helpers
setup() { lab=; }
teardown() { stop_leftovers; }

# well_formed STAY: form.jq has nothing to say.
well_formed() {
  [ "$(jq -s length "$BATS_TEST_TMPDIR/document")" = 1 ] || { echo "not one document"; return 1; }
  complaints=$(jq -r --argjson stay "$1" -f "$BATS_TEST_DIRNAME/form.jq" "$BATS_TEST_TMPDIR/document")
  echo "$complaints"
  [ -z "$complaints" ]
}

@test "the document of a run in which all register" {
  document
  [ "$status" -eq 0 ]
  well_formed false
  [ ! -s "$BATS_TEST_TMPDIR/stderr" ]
  is '.frames.sent > 300 and .frames.dropped == 0 and .frames.lost_in_kernel == 0'
  is '(.switches[0].ports | length) == 48 and ([.switches[0].ports[] | select(.oper == "on")] | length) == 3'
  is '[.switches[0].ports[:3][] | [.device, .watts, .max]] == [["IP Phone 7910", 6.3, 15.4], ["IP Phone 7960", 6.3, 15.4], ["IP Phone 7970", 10.25, 15.4]]'
  is '.switches[0] | .name == "access-1" and .budget_w == 740'
  is 'all(.phones[]; .vlan == 100 and .tftp_server == "10.0.0.2" and .callmanager == "10.0.0.2" and .verdict == null)'
  is '.seconds < 5 and .memory_kb < 200000'
}

@test "the document of a run in which some do not" {
  document --power-budget 20
  [ "$status" -eq 1 ]
  well_formed false
  is 'all(.phones[1:][]; .registered == false and .address == null and .vlan == null and .load == null and .boots == 0 and .steps == [])'
}

@test "the document of a run that a signal ends" {
  start_lab --json --stay
  sleep 1.2
  end_lab INT
  [ "$status" -eq 0 ]
  well_formed true
  is 'all(.phones[]; .without_service_s | type == "number")'
}

@test "the document of a lab that is ended before anybody registers" {
  start_lab --json --stay --realtime
  sleep 0.6
  end_lab TERM
  [ "$status" -eq 1 ]
  well_formed true
  is '.failed == 3 and all(.phones[]; .without_service_s == null)'
}

@test "the form notices a document that is not of it" {
  document --phones 1
  well_formed false
  for spoil in 'del(.why_sim)' '.phones[0].vlan = "100"' '.phones[0].steps[0].boot = 0' '.registered = 2' '.phones[0].extra = 1' \
    '.switches[0].ports[0].watts = 99' '.phones[0].registered = false' '.memory_kb = null' '.frames.sent = -1'; do
    cp "$BATS_TEST_TMPDIR/document" "$BATS_TEST_TMPDIR/good"
    jq "$spoil" "$BATS_TEST_TMPDIR/good" > "$BATS_TEST_TMPDIR/document"
    ! well_formed false || { echo "not noticed: $spoil"; false; }
    cp "$BATS_TEST_TMPDIR/good" "$BATS_TEST_TMPDIR/document"
  done
}

@test "the man page names every key of the document" {
  page=$BATS_TEST_DIRNAME/../../man/dialtone-lab.1
  document --phones 1 --known all
  for key in $(value '[paths | map(select(type == "string")) | select(length > 0) | if index("detail") then .[:index("detail") + 1] else . end | .[-1]] | unique | .[]'); do
    sed 's/\\//g' "$page" | grep -qw -- "$key" || { echo "the man page does not name $key"; false; }
  done
}
