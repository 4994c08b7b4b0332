# `dialtone lab --call`: the first phone calls the second; the ladder, RTP as tshark sees it, and what happens when it fails.

load helpers
setup() { lab=; }
teardown() { stop_leftovers; }

dissect() { tshark -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "$@" 2> /dev/null; }

# What a call that went well is like, for the phones $1 and $2.
good_call() {
  is '.call.verdict == null and .call.codec == "G.711 u-law" and .call.lost == 0'
  is ".call.caller.device == \"$1\" and .call.called.device == \"$2\""
  is '.call.caller.ended == "hung up" and .call.called.ended == "the other side hung up"'
  is '.call | .packets_sent == .caller.packets_sent + .called.packets_sent'
  is '.call | .packets_received == .caller.packets_received + .called.packets_received'
  is '.call | [.caller.packets_sent - .called.packets_received, .called.packets_sent - .caller.packets_received] | all(. >= 0 and . <= 4)'
  is '.call.rings_ms > 300 and .call.answered_ms > .call.rings_ms + 990'
}

@test "in virtual time: two phones talk for as long as was asked, and the same seed gives the same document" {
  document --sim --call=5
  [ "$status" -eq 0 ]
  good_call $first $second
  is '.call.talked_ms > 4990 and .call.talked_ms < 5010 and .call.answered_ms < 1600'
  is '.call.packets_sent > 490 and .call.packets_sent < 505'
  is '.call.caller.jitter_ms < 0.1 and .call.called.jitter_ms < 0.1'
  cp "$BATS_TEST_TMPDIR/document" "$BATS_TEST_TMPDIR/once"
  document --sim --call=5
  cmp "$BATS_TEST_TMPDIR/once" "$BATS_TEST_TMPDIR/document"
  document --sim
  is 'has("call") | not'
}

@test "the ladder: who says what to whom, in order, with times that do not go back" {
  document --sim --call
  [ "$status" -eq 0 ]
  is '.call.ladder | map(.at_ms) | . == sort and .[0] >= 0'
  is '.call.callmanager as $cm | .call.ladder | all(.from as $f | [$cm, "'$first'", "'$second'"] | index($f) != null)'
  is '.call.ladder | all(has("to") and has("message") and has("text") and (.message != null or .text != null))'
  # The caller's side, and the called one's, message by message.
  jq -r '.call.ladder[] | select(.from == "'$first'" or .to == "'$first'") | (.message // .text)' "$BATS_TEST_TMPDIR/document" > "$BATS_TEST_TMPDIR/caller"
  cat "$BATS_TEST_TMPDIR/caller"
  in_order "$BATS_TEST_TMPDIR/caller" 'off hook' OffHook SetSpeakerMode CallState StartTone 'hears the dial tone' 'dials 1002' KeypadButton StopTone \
    KeypadButton KeypadButton KeypadButton DialedNumber CallState StartTone 'hears ring-back' OpenReceiveChannel OpenReceiveChannelAck \
    'is connected with 1002' StartMediaTransmission RTP OnHook CloseReceiveChannel StopMediaTransmission CallState 'on hook: hung up'
  jq -r '.call.ladder[] | select(.from == "'$second'" or .to == "'$second'") | (.message // .text)' "$BATS_TEST_TMPDIR/document" > "$BATS_TEST_TMPDIR/called"
  cat "$BATS_TEST_TMPDIR/called"
  in_order "$BATS_TEST_TMPDIR/called" CallState SetLamp SetRinger 'rings: 1001 calls' 'off hook' OffHook OpenReceiveChannel OpenReceiveChannelAck \
    'is connected with 1001' StartMediaTransmission RTP StopMediaTransmission 'on hook: the other side hung up'
  is '[.call.ladder[] | select(.message == "RTP") | [.from, .to]] | sort == [["'$first'", "'$second'"], ["'$second'", "'$first'"]]'
}

# in_order FILE LINE...: the file has these lines, in this order, with others between them.
in_order() {
  local file=$1 at=0 line next
  shift
  for line in "$@"; do
    next=$(tail -n +$((at + 1)) "$file" | grep -nxF -- "$line" | head -1 | cut -d: -f1)
    [ -n "$next" ] || { echo "no '$line' after line $at"; return 1; }
    at=$((at + next))
  done
}

@test "in words: lines as it happens, the ladder at the end, and one sentence" {
  lab --sim --call
  [ "$status" -eq 0 ]
  grep -qE "^ +[0-9.]+ +$first 7910 +call +off hook$" <<< "$output"
  grep -qE "^ +[0-9.]+ +$second 7960 +call +rings: 1001 calls$" <<< "$output"
  grep -qE "^$first \(1001\) calls $second \(1002\) at CallManager 10\.0\.0\.2$" <<< "$output"
  grep -qE "^   0\.000  $first --> CallManager +OffHook$" <<< "$output"
  grep -qE "^   0\.[0-9]{3}  $first <-- CallManager +StartTone: dial tone$" <<< "$output"
  grep -qE "^   0\.[0-9]{3} +CallManager --> $second  SetRinger: inside ring$" <<< "$output"
  grep -qE "^   1\.[0-9]{3}  $first === =========== ==> $second  RTP: first packet heard, from 10\.0\.0\.[0-9]+$" <<< "$output"
  grep -qE "^The call was answered after 1\.[0-9]+ s and lasted 2\.00 s; G\.711 u-law, packets of RTP sent, received, lost: $first [0-9]+, [0-9]+, 0; $second [0-9]+, [0-9]+, 0$" <<< "$output"
}

@test "phones of any two models talk, old and new, in the version of each" {
  for models in 7912,7941 7970,7910 7985,7920 7941,7975; do
    document --sim --call --phones 2 --models $models
    [ "$status" -eq 0 ] || { echo "$models"; cat "$BATS_TEST_TMPDIR/stderr"; false; }
    good_call $first $second
  done
}

@test "on real frames: tshark finds RTP by the SCCP that set it up, in the voice VLAN with priority 5 and DSCP 46, with nothing lost" {
  command -v tshark > /dev/null || skip "tshark is missing"
  capture=$BATS_TEST_TMPDIR/ports.pcapng
  document --call=3 --pcap "$capture"
  [ "$status" -eq 0 ]
  good_call $first $second
  a=$(value '.phones[0].address') b=$(value '.phones[1].address')
  sent=$(value '.call.caller.packets_sent') answered=$(value '.call.called.packets_sent')
  # Each packet passes two ports: of the first phone's port alone. No decode-as: the dissector of SCCP says that it is RTP.
  dissect -r "$capture" -Y 'rtp && frame.interface_name == "port 1"' -T fields -e ip.src -e ip.dst -e rtp.seq -e rtp.timestamp -e rtp.p_type \
    -e rtp.ssrc -e ip.dsfield.dscp -e vlan.id -e vlan.priority -e rtp.marker -e udp.length > "$BATS_TEST_TMPDIR/rtp"
  head -3 "$BATS_TEST_TMPDIR/rtp"
  [ "$(grep -c "^$a	$b	" "$BATS_TEST_TMPDIR/rtp")" -eq "$sent" ]
  [ "$(grep -c "^$b	$a	" "$BATS_TEST_TMPDIR/rtp")" -eq "$answered" ]
  # One stream each way, numbers without a gap, 160 samples a packet, and only the first has the marker.
  for from in "$a" "$b"; do
    grep "^$from	" "$BATS_TEST_TMPDIR/rtp" | awk -F '\t' '
      { if ($5 != 0 || $7 != 46 || $8 != 100 || $9 != 5 || $11 != 180) bad = "a field of packet " NR ": " $0 }
      NR == 1 { if ($10 != "1" && $10 != "True") bad = "no marker" }
      NR > 1 { if ($10 == "1" || $10 == "True" || $3 != (seq + 1) % 65536 || $6 != ssrc || ($4 - time) % 4294967296 != 160) bad = "packet " NR ": " $0 }
      { seq = $3; time = $4; ssrc = $6 }
      END { if (bad) print bad; exit bad != "" }'
  done
  dissect -r "$capture" -Y 'frame.interface_name == "port 1"' -w "$BATS_TEST_TMPDIR/port1.pcapng"
  run dissect -r "$BATS_TEST_TMPDIR/port1.pcapng" -q -z rtp,streams
  echo "$output"
  [ "$(grep -cE "^ +[0-9.]+ +[0-9.]+ +($a|$b) .* 0 \(0\.0%\)" <<< "$output")" -eq 2 ]
  [ "$(dissect -r "$capture" -Y '(rtp || skinny) && (_ws.malformed || _ws.expert.severity >= 0x00600000)' | wc -l)" -eq 0 ]
  # The voice is the tone of G.711: one kilohertz, each packet the same.
  [ "$(dissect -r "$capture" -Y rtp -T fields -e rtp.payload | sort -u | tr -d : | cut -c 1-16)" = 1e0b0b1e9e8b8b9e ]
}

@test "a recorded call replays to the same actions" {
  lab --call=1 --record "$BATS_TEST_TMPDIR/recording"
  [ "$status" -eq 0 ]
  run "$DIALTONE" replay "$BATS_TEST_TMPDIR/recording"
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(grep -c 'the same actions' <<< "$output")" -eq 2 ]
}

@test "a phone that vanishes in the call: status 1 and call-failed, with the phone and the moment" {
  document --sim --call=6 --at 4s:unplug=2,8s:plug=2 --deadline 60
  [ "$status" -eq 1 ]
  is '.call.verdict.code == "call-failed" and .call.verdict.severity == "failure"'
  is '.call.verdict.text | test("^it broke off after 1\\.[0-9]+ s: at SEP020000000002, the CallManager is gone$")'
  is '.call.called.packets_sent < 120 and .call.caller.packets_sent > 250'
  is '.registered == 3' # the phone is back: the call alone is what failed
  lab --sim --call=6 --at 4s:unplug=2
  [ "$status" -eq 1 ]
  grep -qE '^The call failed \(call-failed\): it broke off after 1\.[0-9]+ s: at SEP020000000002' <<< "$output"
}

@test "a CallManager that goes down in the call: call-failed" {
  document --sim --call=6 --at 4s:cm1-down
  [ "$status" -eq 1 ]
  is '.call.verdict.text | test("^it broke off after .*, the CallManager is gone$")'
}

@test "phones that do not register make no call: call-failed says so, and nobody waits" {
  document --sim --call --fault tftp-down
  [ "$status" -eq 1 ]
  is '.call.verdict.code == "call-failed" and (.call.verdict.text | test("not begun"))'
  is '.call.ladder == [] and .call.callmanager == null and .call.codec == null and .call.answered_ms == null'
  is '.seconds < 59'
}

@test "--call: wrong usage" {
  lab --call --phones 1
  [ "$status" -eq 2 ]
  grep -q 'a call takes two phones' <<< "$stderr"
  for wrong in 0 3601 long -1; do
    lab --call=$wrong
    [ "$status" -eq 2 ]
    grep -q -- '--call takes a number from 1 to 3600' <<< "$stderr"
  done
}

@test "every key of the call in the document is in dialtone-lab(1)" {
  document --sim --call
  jq -r '.call | [paths | map(strings)[]] | unique[]' "$BATS_TEST_TMPDIR/document" > "$BATS_TEST_TMPDIR/keys"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/keys")" -ge 18 ]
  grep -E '^\.(It )?Va ' "$BATS_TEST_DIRNAME/../../man/dialtone-lab.1" | tr -s ' .,' '\n' | sort -u > "$BATS_TEST_TMPDIR/told"
  run grep -vxFf "$BATS_TEST_TMPDIR/told" "$BATS_TEST_TMPDIR/keys"
  echo "not in the manual: $output"
  [ -z "$output" ]
}
