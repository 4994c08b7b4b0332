# --change: the database changes, the document and its stamp with it, the CallManager resets or restarts the phone, which comes
# back with the new one. --preference: what the user set in flash is obeyed, and an upgrade keeps it.

load helpers

stamps() { is "[$1.steps[] | select(.step == \"registration\").detail.version_stamp] | (map(select(. != \"\")) | unique | length) >= $2"; }

# change DEVICE FIELD VALUE: the lab with that change; all must register again.
change() {
  document --change "$1:$2=$3"
  [ "$status" -eq 0 ] || { cat "$BATS_TEST_TMPDIR/stderr"; value '.phones[].verdict'; return 1; }
  is '.registered == 3'
}

@test "load: the other load is fetched, written to the other bank and booted; how the phone behaves follows it" {
  change $third load SCCP70.8-5-3S
  is '.phones[2] | .load == "SCCP70.8-5-3S" and .load_before == "SCCP70.9-4-2SR3-1S" and .boots == 3'
  is '[.phones[2].steps[] | select(.step == "image").detail | [.bank, .load]] ==
      [[1, "SCCP70.9-4-2SR3-1S"], [1, "SCCP70.9-4-2SR3-1S"], [2, "SCCP70.8-5-3S"]]'
  is '[.phones[2].steps[] | select(.step == "registration").detail.protocol] == [20, 17]'
  stamps '.phones[2]' 2
}

@test "load of a phone that reads no XML: it hears of it by SCCP's Version, and comes back with it" {
  change $first load P00403020214
  is '.phones[0] | .load == "P00403020214" and .load_before == "P00405000700" and .verdict == null'
}

@test "load that is not there: the phone goes on with its old one, is registered, and is warned of" {
  change $third load SCCP70.1-2-3S
  is '.phones[2] | .registered and .load == "SCCP70.9-4-2SR3-1S" and .load_before == null'
  is '.phones[2].verdict | .code == "missing-load" and .severity == "warning" and .step == "configuration"'
}

@test "load of another model: it is fetched and refused (Load Rejected HC)" {
  change $third load SCCP41.9-4-2SR3-1S
  is '.phones[2] | .load == "SCCP70.9-4-2SR3-1S" and .verdict.code == "wrong-load"'
}

@test "two changes of a load, one after the other: the second heals what the first broke" {
  document --change "$third:load=SCCP70.1-2-3S" --change "$third:load=SCCP70.8-5-3S"
  [ "$status" -eq 0 ]
  is '.phones[2] | .load == "SCCP70.8-5-3S" and .verdict == null'
}

@test "directory_number: restarted, and registered with the new one" {
  change $third directory_number 2222
  is '.phones[2] | .directory_number == "2222" and .boots == 1'
  is '[.phones[2].steps[] | select(.step == "registration").detail.directory_number] == ["1000", "2222"]'
  stamps '.phones[2]' 2
  change $first directory_number 3333
  is '.phones[0] | .directory_number == "3333" and .boots == 2'
}

@test "label: the phone shows the new one" {
  change $third label "Front desk"
  is '.phones[2].steps | last.detail.label == "Front desk"'
  is '.phones[2].boots == 1'
}

@test "callmanagers: the phone moves to the one that its document names now" {
  change $third callmanagers 10.0.0.3
  is '.phones[2].callmanager == "10.0.0.3" and .phones[0].callmanager == "10.0.0.2"'
  is '[.phones[2].steps[] | select(.step == "configuration").detail.callmanagers] == ["10.0.0.2, 10.0.0.3", "10.0.0.3"]'
}

@test "date_format: the next RegisterAck has it" {
  "$DIALTONE" lab --change "$third:date_format=M.D.YA" --pcap "$BATS_TEST_TMPDIR/c" > /dev/null
  got=$(tshark -r "$BATS_TEST_TMPDIR/c" -Y 'frame.interface_name == "port 3" && skinny.messageId == 129' -T fields -e skinny.dateTemplate 2> /dev/null | paste -sd' ')
  echo "$got"
  [ "$got" = "D/M/Y M.D.YA" ]
}

@test "time_zone: the next document that the phone fetches names it as Cisco does, under another version stamp" {
  "$DIALTONE" lab --change "$third:time_zone=Asia/Tokyo" --pcap "$BATS_TEST_TMPDIR/c" > /dev/null
  tshark -r "$BATS_TEST_TMPDIR/c" -Y 'frame.interface_name == "port 3"' -w "$BATS_TEST_TMPDIR/c3" 2> /dev/null
  tshark -r "$BATS_TEST_TMPDIR/c3" -q --export-objects "tftp,$BATS_TEST_TMPDIR/files" > /dev/null 2>&1
  ls -l "$BATS_TEST_TMPDIR/files"
  zones=$(sed -n 's/.*<timeZone>\(.*\)<\/timeZone>.*/\1/p' "$BATS_TEST_TMPDIR/files"/SEP020000000003* | sort -u | paste -sd,)
  stamps=$(sed -n 's/.*<versionStamp>\(.*\)<\/versionStamp>.*/\1/p' "$BATS_TEST_TMPDIR/files"/SEP020000000003* | sort -u | wc -l)
  echo "$zones; $stamps stamps"
  [ "$zones" = "Greenwich Standard Time,Tokyo Standard Time" ]
  [ "$stamps" -eq 2 ]
}

# hours_ahead FILE: of each DefineTimeDate at the third phone, how many hours its local time is ahead of the Unix time beside it.
hours_ahead() {
  tshark -r "$1" -Y 'frame.interface_name == "port 3" && skinny.messageId == 148' -T fields -e skinny.wYear -e skinny.wMonth -e skinny.wDay \
    -e skinny.wHour -e skinny.wMinute -e skinny.wSecond -e skinny.systemTime 2> /dev/null |
    jq -R 'split("\t") | [.[:6][] | tonumber] as [$y, $m, $d, $h, $min, $s] | (([$y, $m - 1, $d, $h, $min, $s, 0, 0] | mktime) - (.[6] | tonumber)) / 3600'
}

@test "time_zone: DefineTimeDate has the local time of the phone's zone, with daylight saving time" {
  "$DIALTONE" lab --change "$third:time_zone=America/Los_Angeles" --pcap "$BATS_TEST_TMPDIR/c" > /dev/null
  got=$(hours_ahead "$BATS_TEST_TMPDIR/c" | paste -sd' ')
  there=$(TZ=America/Los_Angeles date +%:::z) # of this machine's C library: -08, or -07 in summer
  echo "$got; now it is $there"
  [ "$got" = "0 $((10#${there#-} * -1))" ]
  [ "$got" = "0 -8" ] || [ "$got" = "0 -7" ]
}

# refused DEVICE:FIELD=VALUE WHY
refused() {
  lab --json --change "$1"
  echo "$stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [[ $stderr == *"--change is refused: "*"$2"* ]]
}

@test "a change that cannot be is refused with the reason, status 2" {
  refused "$first:load=P0030801SR0212345" "16 letters"
  refused "$third:directory_number=1001" "another device has this directory number"
  refused "$third:directory_number=12a" "a directory number is"
  refused "$third:time_zone=Mars/Olympus" "no such time zone"
  refused "$third:date_format=QQ" "a date format is"
  refused "$third:callmanagers=somewhere" "ADDRESS[:PORT]"
  refused "$third:load=a/b" "without blanks or slashes"
  refused "$third:label=1000" "value already"
}

@test "--preference alternate-tftp: obeyed, and kept over an upgrade" {
  document --preference 7960:alternate-tftp=10.0.0.2
  [ "$status" -eq 0 ]
  is '.phones[1].load_before == "P00307020200"'
  is '[.phones[1].steps[] | select(.step == "address").detail.tftp_source] == ["preference", "preference", "preference"]'
  is '[.phones[2].steps[] | select(.step == "address").detail.tftp_source] == ["option 150"]' # a 7970 has none set
}

@test "--preference admin-vlan: the phone asks nobody for its VLAN" {
  document --preference "$second:admin-vlan=100"
  [ "$status" -eq 0 ]
  is '[.phones[1].steps[] | select(.step == "vlan").detail.source] | unique == ["preference"]'
  is '.phones[1].vlan == 100'
}

@test "--preference admin-vlan, a wrong one: nobody answers there, and the verdict names the VLAN" {
  document --preference "$second:admin-vlan=200" --deadline 7
  [ "$status" -eq 1 ]
  is '.registered == 2'
  is '.phones[1].verdict | .code == "dhcp-down" and .step == "address" and (.text | contains("VLAN 200"))'
}

@test "--preference static-address: no DHCP; without a TFTP server the phone is stuck, and the lab does not wait for the deadline" {
  document --preference 7960:static-address=10.0.0.200/24,10.0.0.1 --preference 7960:alternate-tftp=10.0.0.2
  [ "$status" -eq 0 ]
  is '.phones[1].address == "10.0.0.200" and ([.phones[1].steps[] | select(.step == "address").detail.source] | unique == ["preference"])'
  document --preference 7960:static-address=10.0.0.200/24,10.0.0.1
  [ "$status" -eq 1 ]
  is '.phones[1].verdict.code == "no-tftp-option" and .seconds < 20'
}

@test "--preference ring and contrast: taken, and the phone boots" {
  document --preference 7960:ring=7 --preference 7960:contrast=200
  [ "$status" -eq 0 ]
  is '.registered == 3 and .phones[1].load_before == "P00307020200"'
}
