# --calibrate: a lab on real frames measures its processes, and virtual time spends the same.

load helpers

setup_file() {
  export FILE=$BATS_FILE_TMPDIR/calibration
  timeout -k 5 100 "$DIALTONE" lab --phones 6 --phones-per-switch 3 --calibrate "$FILE" > "$BATS_FILE_TMPDIR/lab"
}

refused() { # WORDS: a calibration that says so is refused with them
  lab --sim --calibrate "$BATS_TEST_TMPDIR/bad"
  echo "$status: $stderr"
  [ "$status" -eq 2 ] && [ -z "$output" ]
  [[ $stderr == "dialtone lab: --calibrate: $BATS_TEST_TMPDIR/bad: $1"* ]]
}

changed() { jq "$1" "$FILE" > "$BATS_TEST_TMPDIR/bad"; } # FILTER

@test "on frames a calibration is written: a document with what every process did, and nothing that it did not" {
  jq -e --argjson cores "$(nproc)" '.dialtone_calibration == 1 and .cores == $cores and .phones == 6' "$FILE"
  jq -e '[.services[] | select(.count < 1 or .mean_ns < 0 or (keys != ["count", "mean_ns"]))] == []' "$FILE"
  jq -e '[.services | ."phone frame", ."switch frame", ."switch announcement", .flood, ."dhcp datagram", ."tftp datagram", ."callmanager up",
    ."callmanager data", ."fleet turn", ."servers turn", .uplink, .datagram, ."fleet stream", ."servers stream", .commit, .link
    | select(.count < 1 or .mean_ns < 100)] == []' "$FILE"
  jq -e '.services | ."callmanager user" == null and ."switch datagram" == null' "$FILE"
  # Six phones in eleven boots or so: each has at least a lease, and a stream to each of two CallManagers.
  jq -e '.services | ."dhcp datagram".count >= 12 and ."callmanager up".count >= 12 and .record.count >= .commit.count' "$FILE"
}

# Few phones may even be sooner: by itself virtual time has links of 50 us and commits of 100, a machine that is measured has shorter ones.
@test "virtual time with it: all register, many of them later than without, and the same document each time, byte for byte" {
  lab_of() { "$DIALTONE" lab --sim --phones 200 --phones-per-switch 100 --json "${@:2}" > "$BATS_TEST_TMPDIR/$1"; }
  lab_of plain
  lab_of one --calibrate "$FILE"
  lab_of other --calibrate "$FILE"
  cmp "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/other"
  jq -e '.registered == 200 and .failed == 0' "$BATS_TEST_TMPDIR/one"
  jq -e -n --slurpfile a "$BATS_TEST_TMPDIR/plain" --slurpfile b "$BATS_TEST_TMPDIR/one" \
    '[$a[0], $b[0] | [.phones[].steps[] | select(.step == "registration") | .took_ms] | add] | .[0] * 1.1 < .[1]'
}

@test "what takes ten times as long makes a lab in virtual time slower" {
  changed '.services |= map_values(.mean_ns *= 10)'
  "$DIALTONE" lab --sim --phones 60 --json --calibrate "$FILE" > "$BATS_TEST_TMPDIR/fast"
  "$DIALTONE" lab --sim --phones 60 --json --calibrate "$BATS_TEST_TMPDIR/bad" > "$BATS_TEST_TMPDIR/slow"
  jq -e -n --slurpfile a "$BATS_TEST_TMPDIR/fast" --slurpfile b "$BATS_TEST_TMPDIR/slow" \
    '[$a[0], $b[0] | [.phones[].steps[] | select(.step == "configuration") | .took_ms] | add] | .[0] * 2 < .[1]'
}

@test "garbage is refused with status 2, and the words say what is wrong and where" {
  lab --sim --calibrate "$BATS_TEST_TMPDIR/none"
  [ "$status" -eq 2 ] && [[ $stderr == *"/none: No such file or directory"* ]]
  : > "$BATS_TEST_TMPDIR/bad"
  refused "line 1: "
  head -c 100 "$FILE" > "$BATS_TEST_TMPDIR/bad"
  refused "line "
  head -c 5000 /dev/urandom > "$BATS_TEST_TMPDIR/bad"
  refused "line "
  head -c 2000000 /dev/zero | tr '\0' ' ' > "$BATS_TEST_TMPDIR/bad"
  refused "it is longer than any calibration"
  echo '[1]' > "$BATS_TEST_TMPDIR/bad"
  refused "it is no calibration"
  echo '{"registered": 3}' > "$BATS_TEST_TMPDIR/bad"
  refused "it is no calibration: "
  changed '.dialtone_calibration = 2'
  refused '"dialtone_calibration" of the calibration is no whole number from 1 to 1'
  changed '.cores = 0'
  refused '"cores" of the calibration is no whole number from 1 to 1024'
  changed 'del(.phones)'
  refused 'the calibration has no "phones"'
  changed '.more = 1'
  refused 'the calibration has a "more", which means nothing here'
  changed '.services = [1]'
  refused 'it has no object "services"'
  changed '.services["phone frame"] = 7'
  refused '"phone frame" is no object'
  changed '.services["phone frame"].mean_ns = -1'
  refused '"mean_ns" of phone frame is no whole number from 0 to 10000000000'
  changed '.services["phone frame"].mean_ns = 1.5'
  refused '"mean_ns" of phone frame is no whole number'
  changed '.services["phone frame"].mean_ns = 10000000001'
  refused '"mean_ns" of phone frame is no whole number'
  changed '.services["phone frame"].count = "many"'
  refused '"count" of phone frame is no whole number from 1'
  changed '.services["phone frame"] |= {count: 1099511627776, mean_ns: 10000000000}'
  refused '"phone frame" took longer than there is time'
  changed '.services["phone frame"].median = 1'
  refused 'phone frame has a "median", which means nothing here'
  changed '.services.nap = {count: 1, mean_ns: 1}'
  refused 'there is no service "nap"'
  changed 'del(.services.commit)'
  refused 'the service "commit" is missing'
  sed 's/"uplink":/"link":/' "$FILE" > "$BATS_TEST_TMPDIR/bad"
  refused "line "
}

@test "a calibration that cannot be written is told before the lab begins; a name is needed" {
  lab --calibrate /nowhere/file
  [ "$status" -eq 3 ] && [[ $stderr == *"/nowhere/file cannot be written"* ]]
  lab --calibrate -
  [ "$status" -eq 2 ] && [[ $stderr == *"--calibrate takes the name of a file"* ]]
  lab --calibrate "$BATS_TEST_TMPDIR/same" --csv "$BATS_TEST_TMPDIR/same"
  [ "$status" -eq 3 ] && [[ $stderr == *"must be different files"* ]]
}
