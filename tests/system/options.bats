# Help, wrong usage and exit statuses; `dialtone firmware`; the table of verdicts.

load helpers

# wrong WORDS ARGS: a usage error, status 2, that has these words, says where help is, and nothing on standard output.
wrong() {
  local words=$1
  shift
  lab "$@"
  echo "$* -> $status: $stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [[ $stderr == "dialtone lab: "*"$words"* ]]
}

@test "without a command, and with one that there is none of: help on standard error, status 2" {
  run --separate-stderr "$DIALTONE"
  [ "$status" -eq 2 ] && [ -z "$output" ] && [[ $stderr == *"Usage: dialtone COMMAND"* ]]
  run --separate-stderr "$DIALTONE" boil
  [ "$status" -eq 2 ] && [[ $stderr == *"there is no command 'boil'"* ]]
}

@test "--help and --version are on standard output, status 0" {
  run --separate-stderr "$DIALTONE" --help
  [ "$status" -eq 0 ] && [[ $output == *lab* && $output == *firmware* ]] && [ -z "$stderr" ]
  run --separate-stderr "$DIALTONE" --version
  [ "$status" -eq 0 ] && [[ $output =~ ^dialtone\ [0-9]+\.[0-9]+ ]]
  run --separate-stderr "$DIALTONE" firmware --help
  [ "$status" -eq 0 ] && [[ $output == *"firmware make"* ]]
}

@test "lab --help names every option of the man page, and the man page every option of lab --help" {
  run --separate-stderr "$DIALTONE" lab --help
  [ "$status" -eq 0 ]
  for option in phones models known callmanagers mac-base power-budget seed deadline json pcap pcap-uplink stay at change preference realtime; do
    grep -qE -- "--$option\b" <<< "$output" || { echo "no --$option in the help"; false; }
  done
  [[ $output == *"Exit status: 0 "* ]]
  page=$BATS_TEST_DIRNAME/../../man/dialtone-lab.1 # mdoc: `.It Fl -phones Ns = Ns Ar N`
  for option in $(grep -oE '^ +(-., )?--[a-z-]+' <<< "$output" | grep -oE -- '--[a-z-]+'); do
    [ "$option" = --usage ] || grep -qE -- "Fl ${option#-}\b" "$page" || { echo "the man page does not name $option"; false; }
  done
  awk 'length > 80 {print; bad = 1} END {exit bad}' <<< "$output"
}

@test "wrong usage is status 2 and says what would be right" {
  wrong "unrecognized option" --bogus
  wrong "is not an option of lab" three
  wrong "--phones takes a number from 1 to 1000000, not '0'" --phones 0
  wrong "--phones takes a number from 1 to 1000000, not '1000001'" --sim --phones 1000001
  wrong "--phones: 10000 at most on real frames; with --sim up to 1000000" --phones 10001
  wrong "--phones-per-switch takes a number from 1 to 250, not '251'" --phones-per-switch 251
  wrong "would need 40000 switches; there are subnets for 32768" --sim --phones 40000 --phones-per-switch 1
  wrong "take one switch's phones" --phones 4 --phones-per-switch 2 --fault two-dhcp
  wrong "--ramp takes phones a second" --ramp 0/s
  wrong "--arrivals takes poisson:N/s, not 'uniform'" --arrivals uniform
  wrong "takes phones a second" --arrivals poisson:x
  wrong "--phones takes a number" --phones three
  wrong "no phone model is called '7961X'" --models 7961X
  wrong "--known takes a number" --known some
  wrong "--callmanagers takes a number from 1 to 3, not '4'" --callmanagers 4
  wrong "--callmanagers takes a number from 1 to 3, not '0'" --callmanagers 0
  wrong "--deadline takes a number" --deadline soon
  wrong "--mac-base takes the MAC address of a single station" --mac-base 01:00:00:00:00:00
  wrong "--mac-base takes the MAC address" --mac-base 02:00
  wrong "--mac-base leaves no room for 3 addresses" --mac-base 02:ff:ff:ff:ff:fe
  wrong "30s:unplug=2" --at tomorrow:unplug=2
  wrong "30s:unplug=2" --at 3s:explode=2
  wrong "there is no phone 4 in this lab" --at 3s:unplug=4
  wrong "there is no CallManager 3 in this lab" --at 3s:cm3-down
  wrong "is not a device name" --change "7960:label=x"
  wrong "no field 'colour'; there are load, directory_number, label, callmanagers, date_format, time_zone" --change "$first:colour=red"
  wrong "takes WHOSE:KEY=VALUE" --change "$first"
  wrong "there is no SEP020000000004 in this lab; its phones are SEP020000000001 to SEP020000000003" --change SEP020000000004:label=x
  wrong "there is no SEP020000000004 in this lab" --preference SEP020000000004:ring=2
  wrong "is neither a device name" --preference nobody:ring=2
  wrong "is not one of alternate-tftp=ADDRESS, admin-vlan=1..4094" --preference 7960:volume=11
  wrong "is not one of" --preference 7960:admin-vlan=4095
  wrong "is not one of" --preference 7960:static-address=10.0.0.300/24
  wrong "--json and --pcap - both want standard output" --json --pcap -
  wrong "both want standard output" --json --pcap-uplink -
  wrong "both want standard output" --pcap - --pcap-uplink -
}

@test "a model that speaks only SIP is a usage error that says so" {
  wrong "speaks only SIP" --models 7960,8841
  [[ $stderr == *"a 8841 speaks only SIP: "*SCCP* ]]
}

@test "output that cannot be written is status 3" {
  status=0
  "$DIALTONE" lab > /dev/full 2> "$BATS_TEST_TMPDIR/stderr" || status=$?
  [ "$status" -eq 3 ]
  grep -q "could not be written" "$BATS_TEST_TMPDIR/stderr"
  status=0
  "$DIALTONE" lab --json > /dev/full 2> "$BATS_TEST_TMPDIR/stderr" || status=$?
  [ "$status" -eq 3 ]
}

@test "whoever stops reading is told nothing" {
  for document in '' --json; do
    "$DIALTONE" lab $document 2> "$BATS_TEST_TMPDIR/stderr" | head -c 4 > /dev/null || true
    [ ! -s "$BATS_TEST_TMPDIR/stderr" ]
  done
}

@test "help that cannot be written is status 3" {
  for asked in --help --version; do
    run -3 bash -c '"$0" "$1" > /dev/full' "$DIALTONE" "$asked"
  done
}

@test "replay says what is wrong with a file that is no recording" {
  run -3 "$DIALTONE" replay "$BATS_TEST_TMPDIR/nowhere"
  [[ $output == *"No such file or directory" ]]
  echo "root:x:0:0:root" > "$BATS_TEST_TMPDIR/passwd"
  run -3 "$DIALTONE" replay "$BATS_TEST_TMPDIR/passwd"
  [[ $output == *"this is no recording of"* ]]
  run -3 "$DIALTONE" replay "$BATS_TEST_TMPDIR"
  [[ $output == *"it is empty, or no file" ]]
}

@test "serve names an option that there is not, with a value behind it or without" {
  for wrong in --nosuch "--nosuch x" --nosuch=x; do
    run -2 "$DIALTONE" serve $wrong
    [[ $output == *"there is no such option: "*nosuch* ]]
  done
  run -2 "$DIALTONE" serve --interface
  [[ $output == *"a value is missing behind --interface"* ]]
}

@test "serve without rights says how to get them" {
  local setpriv=()
  [ "$(id -u)" -ne 0 ] || setpriv=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  cp "$DIALTONE" /dev/shm/dialtone.$$ # the tests' own folder may be closed to others
  chmod 755 /dev/shm/dialtone.$$
  run -3 "${setpriv[@]}" /dev/shm/dialtone.$$ serve --interface lo --state /var/lib/dialtone-of-nobody
  rm -f /dev/shm/dialtone.$$
  [[ $output == *"Permission denied: start it as root, or name a folder of yours with --state DIR" ]]
}

# --- dialtone firmware ---

firmware() { run --separate-stderr "$DIALTONE" firmware "$@"; }

@test "firmware list: every model that speaks SCCP has a load and an older one" {
  firmware list
  [ "$status" -eq 0 ]
  [[ $stderr == *"these are the lab's own"*"--state DIR"* ]] # whoever has just added a file looks for it here
  firmware list --built-in
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [[ ${lines[0]} =~ ^MODEL\ +LOAD\ +OLDER ]]
  [ "${#lines[@]}" -gt 25 ]
  grep -qE "^7960 +P0030801SR02 +P00307020200$" <<< "$output"
  ! grep -qE "^(7811|8841|8865) " <<< "$output" || false # SIP only
}

@test "firmware built-in, show: each built-in load is at most 32 KiB, whole, and says what it is" {
  for name in $("$DIALTONE" firmware list | sed 1d | cut -c17- | tr -s ' ' '\n' | grep -vxF -e - -e '' | sort -u); do
    firmware built-in "$name" "$BATS_TEST_TMPDIR/load"
    [ "$status" -eq 0 ]
    [ "$(stat -c %s "$BATS_TEST_TMPDIR/load")" -le 32768 ]
    firmware show "$BATS_TEST_TMPDIR/load"
    [ "$status" -eq 0 ] || { echo "$name: $stderr"; false; }
    [[ $output == *"check good"* && $output == *"$name"* ]]
  done
}

@test "firmware make: a load from the manifest that show prints and a payload; made again from what it is, it is the same" {
  firmware built-in SCCP70.9-4-2SR3-1S "$BATS_TEST_TMPDIR/one"
  firmware show "$BATS_TEST_TMPDIR/one"
  grep -v '^#' <<< "$output" > "$BATS_TEST_TMPDIR/manifest"
  head -c 5000 /dev/urandom > "$BATS_TEST_TMPDIR/payload"
  firmware make "$BATS_TEST_TMPDIR/manifest" "$BATS_TEST_TMPDIR/payload" "$BATS_TEST_TMPDIR/two"
  [ "$status" -eq 0 ] && [ -z "$output$stderr" ]
  firmware show "$BATS_TEST_TMPDIR/two"
  [ "$status" -eq 0 ]
  diff <(grep -v '^#' <<< "$output") "$BATS_TEST_TMPDIR/manifest"
  firmware make "$BATS_TEST_TMPDIR/manifest" "$BATS_TEST_TMPDIR/payload" "$BATS_TEST_TMPDIR/three"
  cmp "$BATS_TEST_TMPDIR/two" "$BATS_TEST_TMPDIR/three"
}

@test "firmware show: a load in which one byte is another is refused, wherever the byte is" {
  firmware built-in P0030801SR02 "$BATS_TEST_TMPDIR/load"
  size=$(stat -c %s "$BATS_TEST_TMPDIR/load")
  for at in 0 5 40 200 1000 $((size / 2)) $((size - 1)); do
    cp "$BATS_TEST_TMPDIR/load" "$BATS_TEST_TMPDIR/bad"
    was=$(xxd -p -s "$at" -l 1 "$BATS_TEST_TMPDIR/bad")
    printf "\\x$(printf %02x $((0x$was ^ 0x55)))" | dd of="$BATS_TEST_TMPDIR/bad" bs=1 seek="$at" conv=notrunc 2> /dev/null
    firmware show "$BATS_TEST_TMPDIR/bad"
    [ "$status" -eq 1 ] || { echo "not noticed at byte $at: $output"; false; }
    [[ $stderr == *"byte "* ]] && [ -z "$output" ]
  done
  head -c $((size - 1)) "$BATS_TEST_TMPDIR/load" > "$BATS_TEST_TMPDIR/short"
  firmware show "$BATS_TEST_TMPDIR/short"
  [ "$status" -eq 1 ]
}

@test "firmware: what is not there or makes no sense is told" {
  firmware show "$BATS_TEST_TMPDIR/nothing"
  [ "$status" -eq 1 ] && [[ $stderr == *"No such file or directory"* ]]
  firmware built-in NOSUCHLOAD "$BATS_TEST_TMPDIR/x"
  [ "$status" -eq 1 ] && [[ $stderr == *"firmware list"* ]] && [ ! -e "$BATS_TEST_TMPDIR/x" ]
  firmware built-in P0030801SR02 /dev/full
  [ "$status" -eq 1 ] && [[ $stderr == *"No space left"* ]]
  echo "what is this" > "$BATS_TEST_TMPDIR/manifest"
  firmware make "$BATS_TEST_TMPDIR/manifest" /dev/null "$BATS_TEST_TMPDIR/x"
  [ "$status" -eq 1 ] && [[ $stderr == *"manifest: byte "* ]] && [ ! -e "$BATS_TEST_TMPDIR/x" ]
  firmware make
  [ "$status" -eq 2 ] && [[ $stderr == *"Usage: dialtone firmware"* ]]
  firmware boil
  [ "$status" -eq 2 ]
}

# --- verdicts ---

@test "docs/verdicts.md has a chapter for every code of the table of verdicts, and for no other" {
  table=$BATS_TEST_DIRNAME/../../src/app/lab/verdict.c
  page=$BATS_TEST_DIRNAME/../../docs/verdicts.md
  # The rules of both tables, `{NEWS, NULL or "when", "code",` wherever clang-format breaks them, the codes of unfinished and those of wire_verdict.
  codes=$({ tr -s ' \n' ' ' < "$table" | grep -oE '\{(PHONE|SWITCH|DHCP|CM)_[A-Z_]*, (NULL|"[^"]*"), "[a-z0-9-]+"' | grep -oE '"[a-z0-9-]+"$'
    sed -n '/^static void unfinished/,/^}/p' "$table" | grep -oE 'code = "[a-z-]+"' | grep -oE '"[a-z-]+"'
    sed -n '/^static bool wire_verdict/,/^}/s/.*v->code = //p' "$table" | grep -oE '"[a-z-]+"'
    sed -n 's/^#define LADDER_CODE //p' "${table%/*}/ladder.h"; } | tr -d '"' | sort -u)
  [ "$(wc -l <<< "$codes")" -ge 30 ]
  chapters=$(sed -n 's/^### `\(.*\)`$/\1/p' "$page" | sort)
  diff <(echo "$codes") <(echo "$chapters")
  for code in $codes; do # each says all five things
    text=$(awk -v head="### \`$code\`" '$0 == head {on = 1; next} /^##/ {on = 0} on' "$page")
    for part in 'Step:' 'Meaning:' 'Shown by:' 'Change:' 'Final:'; do
      grep -qF -- "$part" <<< "$text" || { echo "$code does not say '$part'"; false; }
    done
  done
}
