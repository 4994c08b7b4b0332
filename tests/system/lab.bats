# `dialtone lab`: three phones, and more, from a bare cable to a registered line.

load helpers

@test "three phones of the default run register, within 5 s" {
  begin=$(date +%s%N)
  lab
  took=$((($(date +%s%N) - begin) / 1000000))
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$took" -lt 5000 ]
  [[ $output == *"3 of 3 phones registered"* ]]
  [ -z "$stderr" ]
}

@test "every step of every phone has a line that says what happened" {
  lab
  for device in $first $second $third; do
    for step in power image vlan address configuration registration; do
      grep -qE "^ +[0-9.]+  $device +79[167]0 +$step +[^ ]" <<< "$output" || { echo "no line for $device $step"; false; }
    done
  done
  grep -qF "power          FLP came back, -48 V DC on, 15.4 W allocated (6.3 W after CDP)" <<< "$output"
  grep -qF "image          bank 1 of 2, P00307020200, check good; Ethernet, codec, display, keypad up" <<< "$output"
  grep -qF "voice VLAN 100 by CDP from access-1, port " <<< "$output"
  grep -qE "address +10\.0\.0\.[0-9]+/24 from 10\.0\.0\.2, router 10\.0\.0\.1, TFTP server 10\.0\.0\.2 \(option 150\)" <<< "$output"
}

@test "registered, a phone asks for rings, texts and tones, and the lab shows the last of them" {
  lab
  [ "$status" -eq 0 ]
  for file in RINGLIST.XML English_United_States/7960-font.xml English_United_States/7960-dictionary.xml English_United_States/7960-kate.xml \
    English_United_States/SCCP-dictionary.xml United_States/7960-tones.xml; do
    tail -n +"$(grep -n "  $second 7960  registration   registered" <<< "$output" | tail -n 1 | cut -d: -f1)" <<< "$output" |
      grep -qF "$second 7960  file           $file: TFTP error 1, File not found" || { echo "$file was not asked"; false; }
  done
  grep -qF "$third 7970  file           English_United_States/td-sccp.jar: TFTP error 1, File not found" <<< "$output"
  grep -qF "$third 7970  file           United_States/g3-tones.xml: TFTP error 1, File not found" <<< "$output"
}

@test "the summary has the median, the 99th percentile and the maximum of each step" {
  lab
  for step in power image vlan address configuration registration; do
    grep -qE "^$step +[0-9]+\.[0-9] +[0-9]+\.[0-9] +[0-9]+\.[0-9]$" <<< "$output" || { echo "no figures for $step"; false; }
  done
}

@test "an unknown phone reads the default file, is auto-registered, is reset and reads a file of its own" {
  document
  [ "$status" -eq 0 ]
  is '[.phones[0].steps[] | select(.step=="configuration").detail.file] == ["SEPDefault.cnf", "SEP020000000001.cnf"]'
  is '.phones[0].boots == 2 and .phones[0].directory_number == "1001"'
  is '[.phones[1].steps[] | select(.step=="configuration").detail.file] == ["XMLDefault.cnf.xml", "XMLDefault.cnf.xml", "SEP020000000002.cnf.xml"]'
}

@test "a known phone reads its own file at once and is not reset" {
  document
  is '[.phones[2].steps[] | select(.step=="configuration").detail.file] == ["SEP020000000003.cnf.xml"]'
  is '.phones[2].boots == 1 and .phones[2].directory_number == "1000"'
}

@test "the second phone is upgraded: another load, another bank, one more boot" {
  document
  is '.phones[1] | .load_before == "P00307020200" and .load == "P0030801SR02" and .boots == 3'
  is '[.phones[1].steps[] | select(.step=="image").detail | {bank, load}] ==
      [{bank: 1, load: "P00307020200"}, {bank: 2, load: "P0030801SR02"}, {bank: 2, load: "P0030801SR02"}]'
  is '.phones[0].load_before == null and .phones[2].load_before == null'
}

@test "the new load speaks another version of SCCP than the old one would" {
  document --change "$second:load=P00307020200"
  [ "$status" -eq 0 ]
  is '[.phones[1].steps[] | select(.step=="registration").detail.protocol] | length > 1 and (last < first)'
}

@test "every step is in the document, in the order of the six, with moments that rise" {
  document
  is 'all(.phones[]; [.steps[:6][].step] == ["power","image","vlan","address","configuration","registration"] or .boots == 3)'
  is 'all(.phones[]; .steps | [.[].at_ms] == ([.[].at_ms] | sort))'
  is 'all(.phones[].steps[]; .took_ms >= 0 and .at_ms >= .took_ms - 0.01 and .boot >= 1)'
}

@test "--known all: nobody is reset; none: everybody is; 1: the first is not" {
  document --known all
  is '.registered == 3 and ([.phones[].boots] == [1, 2, 1]) and ([.phones[].directory_number] == ["1000", "1001", "1002"])'
  document --known none
  is '.registered == 3 and ([.phones[].boots] == [2, 3, 2])'
  document --known 1
  is '.registered == 3 and ([.phones[].boots] == [1, 3, 2]) and .phones[0].directory_number == "1000"'
}

@test "--phones 7: the pattern of the first three repeats" {
  document --phones 7
  [ "$status" -eq 0 ]
  is '[.phones[].model] == ["7910","7960","7970","7910","7960","7970","7910"]'
  is '[.phones[].boots] == [2, 3, 1, 2, 3, 1, 2]'
  is '[.phones[].directory_number] | unique | length == 7'
  is '[.phones[].address] | unique | length == 7'
}

@test "250 phones on a stack of 48-port members all register, and the kernel loses nothing" {
  begin=$(date +%s%N)
  document --phones 250
  took=$((($(date +%s%N) - begin) / 1000000))
  echo "took $took ms"
  [ "$status" -eq 0 ]
  is '.registered == 250 and .failed == 0 and (.phones | length) == 250'
  is '.frames.lost_in_kernel == 0'
  is '[.phones[].directory_number] | unique | length == 250'
  is '[.phones[].address] | unique | length == 250'
  is '.switches | length == 1 and (.[0].ports | length) == 288 and .[0].budget_w == 4440'
  is '[.switches[0].ports[] | select(.oper == "on")] | length == 250'
  [ "$took" -lt 30000 ]
}

@test "--models: every model that speaks SCCP registers" {
  models=$("$DIALTONE" firmware list | sed 1d | cut -c1-16 | sed 's/ *$//' | paste -sd,)
  count=$(tr , '\n' <<< "$models" | wc -l)
  [ "$count" -gt 25 ]
  document --models "$models" --phones "$count" --known all
  echo "$models"
  is ".registered == $count"
  is '[.phones[].model] | unique | length == '"$count"
}

@test "--callmanagers: one, two or three are named in order, and the first serves" {
  for n in 1 2 3; do
    document --callmanagers $n
    [ "$status" -eq 0 ]
    is "all(.phones[]; .callmanager == \"10.0.0.2\")"
    is "[.phones[2].steps[] | select(.step==\"configuration\").detail.count] == [$n]"
  done
  is '.phones[2].steps[] | select(.step=="configuration").detail.callmanagers == "10.0.0.2, 10.0.0.3, 10.0.0.4"'
}

@test "--mac-base: addresses and device names count from it" {
  document --mac-base 00:1b:d5:00:00:fe
  [ "$status" -eq 0 ]
  is '[.phones[].mac] == ["00:1b:d5:00:00:fe", "00:1b:d5:00:00:ff", "00:1b:d5:00:01:00"]'
  is '[.phones[].device] == ["SEP001BD50000FE", "SEP001BD50000FF", "SEP001BD5000100"]'
}

@test "--power-budget: who gets no power is told why and what to change, and the lab does not wait for the deadline" {
  begin=$(date +%s)
  document --power-budget 20
  [ $(($(date +%s) - begin)) -lt 15 ]
  [ "$status" -eq 1 ]
  is '.registered == 1 and .failed == 2'
  is '[.phones[] | select(.registered | not).verdict | {code, step, severity}] | unique == [{code: "poe-budget", step: "power", severity: "failure"}]'
  is '[.switches[0].ports[] | select(.oper == "power-deny")] | length == 2'
  is '[.switches[0].ports[].watts] | add <= 20'
}

@test "--deadline: what is not registered by then is told, with its step, and the status is 1" {
  lab --realtime --phones 1 --deadline 2
  echo "$output"
  [ "$status" -eq 1 ]
  [[ $output == *"0 of 1 phones registered"* ]]
  grep -qE "^$first \(7910\): not registered: stuck at (vlan|address), .*\. To change that: .*\.$" <<< "$output"
}

@test "--realtime: nothing is shortened" {
  document --realtime --phones 1 --known all --models 7960
  [ "$status" -eq 0 ]
  is '.phones[0].steps[] | select(.step=="image").took_ms >= 500'
  is '.phones[0].steps[] | select(.step=="address").took_ms >= 1000' # RFC 5227: three probes and their waits
  is '.seconds > 2'
}

@test "--seed: the same seed chooses the same DHCP transaction numbers, another seed others" {
  ids() { # in the order of the phones
    "$DIALTONE" lab --known all --seed "$1" --pcap "$BATS_TEST_TMPDIR/c" > /dev/null
    tshark -r "$BATS_TEST_TMPDIR/c" -Y 'dhcp.option.dhcp == 1' -T fields -e eth.src -e dhcp.id 2> /dev/null | sort -u
  }
  one=$(ids 7)
  echo "$one"
  [ "$(wc -l <<< "$one")" -ge 3 ]
  [ "$one" = "$(ids 7)" ]
  [ "$one" != "$(ids 8)" ]
}
