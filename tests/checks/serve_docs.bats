# What is told about `dialtone serve` and its administration, held against the program: manuals, docs/control.md, completion, unit.

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  dialtone=${DIALTONE:-build/dialtone}
  [[ $dialtone == */* ]] && dialtone=$(realpath "$dialtone")
}

# is_in PAGE PATTERN...: says which of them no line has.
is_in() {
  local page=$1 missing='' pattern
  shift
  for pattern in "$@"; do grep -qE -- "$pattern" "$page" || missing="$missing $pattern"; done
  [ -z "$missing" ] || { echo "not in $page:$missing"; return 1; }
}

options_of() { # COMMAND: its help's long options
  "$dialtone" "$1" --help | grep -oE -- '(^|[[ ,])--[a-z][a-z-]*' | grep -oE -- '--[a-z-]+' | sed 's/^--//' | sort -u
}

@test "mandoc has nothing to say about the manuals of serve, and all are installed" {
  run mandoc -Tlint -W warning man/dialtone-serve.8 man/dialtone-device.1 man/dialtone-firmware.1 man/dialtone.1
  echo "$output"
  [ "$status" -eq 0 ] && [ -z "$output" ]
  for page in man/*.[158]; do grep -qF "'$(basename "$page")'" man/meson.build || { echo "$page"; false; }; done
}

@test "every option of serve --help is in dialtone-serve(8), and no other" {
  options_of serve > "$BATS_TEST_TMPDIR/help"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/help")" -gt 30 ]
  sed -n '/^\.Ss Options/,/^\.Ss Firmware/p' man/dialtone-serve.8 | grep '^\.It Fl' | grep -oE 'Fl -[a-z][a-z-]+' | sed 's/^Fl -//' | sort -u > "$BATS_TEST_TMPDIR/manual"
  diff -u "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/manual"
}

@test "every command of administration is in its help and in dialtone-device(1), every option too" {
  commands=$(sed -n '/^static const char \*const names\[\]/,/;/p' src/app/admin/admin.c | grep -oE '"[a-z-]+"' | tr -d '"')
  [ "$(wc -w <<< "$commands")" -ge 11 ]
  "$dialtone" status --help > "$BATS_TEST_TMPDIR/help"
  for command in $commands; do
    is_in "$BATS_TEST_TMPDIR/help" "(^|[ |])$command( |$)"
    is_in man/dialtone-device.1 "^\.Nm dialtone Cm $command"
    is_in man/dialtone.1 "^\.Cm $command( ,)?$"
  done
  for verb in $(sed -n '/verbs\[\] = {/,/};/p' src/app/admin/device.c | grep -oE '\{"[a-z]+"' | tr -d '{"'); do
    is_in man/dialtone-device.1 "^\.Nm dialtone Cm device $verb" "^\.It Cm device $verb"
    is_in "$BATS_TEST_TMPDIR/help" "device $verb "
  done
  for option in $(grep -oE '"--[a-z-]+"' src/app/admin/admin.c | tr -d '"' | sort -u); do
    [ "$option" = --help ] || is_in man/dialtone-device.1 "Fl -${option#--}( |\$)"
    is_in "$BATS_TEST_TMPDIR/help" "[[ ]$option( |\$)"
  done
}

@test "every command and option of dialtone firmware is in its help and manual" {
  "$dialtone" firmware --help > "$BATS_TEST_TMPDIR/help"
  for verb in list add check default make show built-in; do
    is_in "$BATS_TEST_TMPDIR/help" "dialtone firmware $verb"
    is_in man/dialtone-firmware.1 "^\.It Cm $verb"
  done
  for option in $(grep -ohE '"--[a-z-]+"' src/app/admin/firmware.c src/app/admin/firmware_admin.c | tr -d '"' | sort -u); do
    [ "$option" = --help ] || is_in man/dialtone-firmware.1 "Fl -${option#--}( |\$)"
    [ "$option" = --help ] || is_in "$BATS_TEST_TMPDIR/help" "[[ ]$option(\]| |\$)"
  done
}

@test "every command of the control socket is in docs/control.md, and no other" {
  grep -hoE '(^    \{|strcmp\(name, )"[a-z-]+"' src/app/serve/control_command.c | grep -oE '"[a-z-]+"' | tr -d '"' | sort -u > "$BATS_TEST_TMPDIR/source"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/source")" -ge 17 ]
  sed -n '/^## Commands/,$p' docs/control.md | sed -nE 's/^\| `([a-z-]+)` .*/\1/p' | sort -u > "$BATS_TEST_TMPDIR/page"
  diff -u "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/page"
}

@test "every key that the control socket answers with is in docs/control.md" {
  grep -hoE '(\(o, |\(j, |\(answer, |s:[a-zA-Z*]+[^"]*", |, )"[a-z_0-9]+", *([a-z(*]|$)' src/app/serve/control_command.c src/app/serve/control_lists.c src/app/serve/control_devices.c src/app/serve/device_json.c |
    grep -oE '"[a-z_0-9]+"' | tr -d '"' | grep -vxE 'ok|error|do|set|all|rate|name|match' | sort -u > "$BATS_TEST_TMPDIR/keys"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/keys")" -gt 40 ]
  while read -r key; do is_in docs/control.md "\`$key\`|\"$key\""; done < "$BATS_TEST_TMPDIR/keys"
}

# completes WORD...: what the completion offers for the last of them.
completes() {
  COMP_WORDS=("$dialtone" "$@") COMP_CWORD=$# COMPREPLY=()
  _dialtone 2> /dev/null
  printf '%s\n' "${COMPREPLY[@]}"
}

@test "the completion loads, and knows commands, options, values and models" {
  bash -n packaging/completion/dialtone
  source packaging/completion/dialtone
  complete -p dialtone
  for command in $("$dialtone" --help | sed -nE 's/^  ([a-z-]+)  .*/\1/p; s/^  ([a-z-]+, .*)/\1/p' | tr -d ,); do
    completes "$command" | grep -qx -- "$command" || { echo "$command is not completed"; false; }
  done
  [ "$(completes serv)" = serve ]
  completes serve -- | sort > "$BATS_TEST_TMPDIR/completed"
  options_of serve | sed 's/^/--/' | diff - "$BATS_TEST_TMPDIR/completed"
  [ "$(completes serve --dhcp '' | paste -sd' ')" = 'auto on off' ]
  [ "$(completes serve --dhcp = o | paste -sd' ')" = 'on off' ]
  [ "$(completes device ex)" = export ]
  [ "$(completes export dhcp --for i | paste -sd' ')" = 'isc ios' ] || [ "$(completes export dhcp --for i | paste -sd' ')" = 'ios isc' ]
  [ "$(completes lab --known '' | paste -sd' ')" = 'all none' ]
  completes firmware default 79 | grep -qx 7960
  [ -z "$(completes device show --state "$BATS_TEST_TMPDIR" '')" ] # nobody answers there
}

@test "systemd has nothing to say about the unit, and finds it little exposed" {
  command -v systemd-analyze > /dev/null || skip "no systemd-analyze here"
  unit=$BATS_TEST_TMPDIR/dialtone.service
  sed "s!/usr/bin/dialtone!$dialtone!; /^Documentation=/d" packaging/dialtone.service > "$unit" # the manuals are not installed here
  run systemd-analyze verify "$unit"
  echo "$output"
  [ "$status" -eq 0 ]
  [ -z "$(grep -v 'running with root privileges' <<< "$output")" ]
  run systemd-analyze security --offline=yes "$unit"
  score=$(grep -oE 'exposure level for dialtone.service: [0-9.]+' <<< "$output" | grep -oE '[0-9.]+$')
  echo "exposure: $score"
  awk -v score="$score" 'BEGIN { exit !(score > 0 && score < 3.0) }'
  for page in $(sed -nE 's/^Documentation=//p' packaging/dialtone.service); do
    name=${page#man:}
    [ -e "man/${name%(*}.$(tr -dc 0-9 <<< "${name#*(}")" ] || { echo "$page"; false; }
  done
}
