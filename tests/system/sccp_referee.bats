#!/usr/bin/env bats
# Wireshark as the referee of our SCCP: what it shows of a sample of every message that we encode, field by field, is what
# was meant; and it shows no field that was not. Versions 11, 17, 20 and 22 have among them every layout.

bats_require_minimum_version 1.5.0
export LC_ALL=C.UTF-8
SAMPLES=${SAMPLES:-$BATS_TEST_DIRNAME/../../build/tests/wire/sccp_samples}

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  "$SAMPLES" . 11 17 20 22
  text2pcap -q -T 40000,2000 hex pcap 2> text2pcap.errors
  tshark -r pcap -T json --no-duplicate-keys > shown 2> tshark.errors
}

# differences WANTED: one a line.
differences() { jq -r --slurpfile wanted "$1" -f "$BATS_TEST_DIRNAME/sccp_referee.jq" "$BATS_FILE_TMPDIR/shown"; }

# What is known to be Wireshark's: the text of ExtensionDeviceCaps begins 24 bytes behind the place where it reads one
# (captured of 7962 and 7970), so that it warns of stray characters; ConnectionStatisticsRes is packed for it from 18 on,
# a phone at 20 sends it aligned (captured too: Wireshark calls that one malformed). Of UpdateCapabilitiesV3 Debian's shows
# all 18 places for audio, however many codecs there are, and from a place at which phones have something else.
known='^(UpdateCapabilitiesV3 at [0-9]+: skinny\.(payloadCapability|maxFramesPerPacket|codecMode|dynamicPayload|codecParam[12])\[[0-9]+\], [0-9a-fx]+, was not meant|ExtensionDeviceCaps at [0-9]+: expert|ConnectionStatisticsRes at 20: .*)$'

@test "Wireshark shows every field of every message as it was meant, at protocol 11, 17, 20 and 22" {
  cd "$BATS_FILE_TMPDIR"
  [ "$(jq length shown)" -eq "$(wc -l < wanted)" ]
  [ "$(jq -s '[.[].fields | length] | add' wanted)" -gt 5000 ]
  run differences wanted
  [ "$status" -eq 0 ]
  others=$(printf '%s\n' "$output" | grep -Ev "$known" | grep -v '^$' || true)
  printf '%s\n' "$others"
  [ -z "$others" ]
}

@test "the samples have every message id that a phone or a CallManager is known to send" {
  cd "$BATS_FILE_TMPDIR"
  [ "$(jq -s '[.[].id] | unique | length' wanted)" -ge 110 ]
  for version in 11 17 20 22; do
    [ "$(jq -s --argjson v "$version" '[.[] | select(.version == $v) | .id] | unique | length' wanted)" -ge 110 ]
  done
}

@test "one value that is another one, one that is absent and one too many are seen" {
  cd "$BATS_FILE_TMPDIR"
  sed 's/"skinny.callState","at":0,"any":\["5"/"skinny.callState","at":0,"any":["6"/; s/"0x05","0x0005","0x00000005"/"0x06"/' wanted > other
  differences other | grep -q 'CallState at 17: skinny.callState\[0\] is 0x00000005, not 6'
  jq -c 'if .message == "SetLamp" then .fields |= map(select(.name != "skinny.lampMode")) else . end' wanted > other
  differences other | grep -q 'SetLamp at 22: skinny.lampMode\[0\], 0x00000005, was not meant'
  jq -c 'if .message == "SetLamp" then .fields += [{name: "skinny.tone", at: 0, any: ["1"]}] else . end' wanted > other
  differences other | grep -q 'SetLamp at 11: skinny.tone\[0\] is null, not 1'
}
