# What the manuals and pages say is what the program does, and what they point at is there.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  dialtone=${DIALTONE:-build/dialtone}
}

# Two sorted lists: says what stands in only one of them.
same() {
  diff -u --label "$1" --label "$2" "$3" "$4"
}

# dialtone-lab.1 writes a long option as `Fl -name`, one a line in its list of options.
options_of_manual() {
  sed -n 's/^\.It Fl .*/&/p' man/dialtone-lab.1 | grep -oE ' -[a-z][a-z-]+' | sed 's/^ -//' | sort -u
}

options_of_synopsis() {
  sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' man/dialtone-lab.1 | grep -oE ' -[a-z][a-z-]+' | sed 's/^ -//' | sort -u
}

options_of_help() {
  "$dialtone" lab --help | grep -E '^ +-' | grep -oE -- '--[a-z][a-z-]+' | sed 's/^--//' | sort -u
}

options_of_source() {
  grep -oE '^    \{"[a-z-]+",' src/app/lab/options.c | grep -oE '[a-z-]{2,}' | sort -u
}

@test "mandoc has nothing to say about the manuals" {
  run mandoc -Tlint -W warning man/*.1
  echo "$output"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "every manual is installed" {
  for page in man/*.1; do grep -qF "'$(basename "$page")'" man/meson.build || { echo "$page"; false; }; done
}

@test "every option of dialtone lab stands in its help, its source, its manual and the synopsis there, and no other" {
  options_of_help > "$BATS_TEST_TMPDIR/help"
  options_of_manual > "$BATS_TEST_TMPDIR/manual"
  { options_of_source; echo help; echo usage; } | sort > "$BATS_TEST_TMPDIR/source" # argp adds these two
  { options_of_synopsis; echo help; echo usage; } | sort > "$BATS_TEST_TMPDIR/synopsis"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/help")" -gt 10 ]
  same help manual "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/manual"
  same source manual "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/manual"
  same synopsis manual "$BATS_TEST_TMPDIR/synopsis" "$BATS_TEST_TMPDIR/manual"
}

@test "every key of the document of a real run is in the manual" {
  run bash -c '"$1" lab --json --stay --at 1s:unplug=1 > "$2" & pid=$!; sleep 2; kill -INT $pid; wait $pid' - "$dialtone" "$BATS_TEST_TMPDIR/document"
  [ "$status" -eq 3 ] && skip "no world can be made here: $output"
  jq -e '.phones | length == 3' "$BATS_TEST_TMPDIR/document"
  jq -r '[paths | map(strings)[]] | unique[]' "$BATS_TEST_TMPDIR/document" > "$BATS_TEST_TMPDIR/keys"
  grep -qx without_service_s "$BATS_TEST_TMPDIR/keys"
  grep -E '^\.(It )?Va ' man/dialtone-lab.1 | tr -s ' .,' '\n' | sort -u > "$BATS_TEST_TMPDIR/told"
  run grep -vxFf "$BATS_TEST_TMPDIR/told" "$BATS_TEST_TMPDIR/keys"
  echo "not in the manual: $output"
  [ -z "$output" ]
}

@test "every verdict and every fault is in the manual" {
  tr -s "\n " " " < src/app/lab/verdict.c | grep -oE '\{[A-Z_]+, (NULL, |"[^"]*", )?"[a-z0-9-]+"' | grep -oE '[a-z0-9-]+"$' | tr -d '"' > "$BATS_TEST_TMPDIR/names"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/names")" -gt 10 ]
  grep -oE '^    X\([A-Z0-9_]+, "[a-z0-9-]+"' src/lab/fault.h | grep -oE '"[^"]+"' | tr -d '"' >> "$BATS_TEST_TMPDIR/names"
  missing=
  while read -r name; do grep -qE "^\.It Cm $name( |\$)" man/dialtone-lab.1 || missing="$missing $name"; done < "$BATS_TEST_TMPDIR/names"
  echo "not in the manual:$missing"
  [ -z "$missing" ]
}

@test "every command of dialtone --help is in dialtone(1), with a manual of its own" {
  commands=$("$dialtone" --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
  [ -n "$commands" ]
  for command in $commands; do
    grep -qx "\.It Cm $command" man/dialtone.1 && { [ -e "man/dialtone-$command.1" ] || [ -e "man/dialtone-$command.8" ]; } || { echo "$command"; false; }
  done
}

@test "every relative link of README.md and docs points to a file that is there" {
  missing=
  for page in README.md docs/*.md; do
    for link in $(grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//; s/#.*//' | grep -vE '^[a-z]+:' | sort -u); do
      [ -e "$(dirname "$page")/$link" ] || missing="$missing $page:$link"
    done
  done
  echo "not there:$missing"
  [ -z "$missing" ]
}

@test "every file that architecture.md names is there" {
  grep -oE '`(src|tests|docs|man)/[A-Za-z0-9_./-]+`' docs/architecture.md | tr -d '`' | grep -v ROOM | sort -u > "$BATS_TEST_TMPDIR/files"
  [ "$(sed -n '/^## Where to look/,/^## Timers/p' docs/architecture.md | grep -c '^| ')" -gt 20 ]
  [ "$(wc -l < "$BATS_TEST_TMPDIR/files")" -gt 40 ]
  missing=
  while read -r file; do [ -e "$file" ] || missing="$missing $file"; done < "$BATS_TEST_TMPDIR/files"
  echo "not there:$missing"
  [ -z "$missing" ]
}

@test "every room has its row in architecture.md" {
  for room in src/*/; do
    room=${room%/}
    [ "$room" = src/sees ] || grep -qF "| \`$room\` |" docs/architecture.md || { echo "$room"; false; }
  done
}

@test "wrong use of ./run is told at once, and with nothing behind it there is a list" {
  for asked in '' help -h --help; do
    run -0 ./run $asked
    [[ $output == "Usage: ./run COMMAND"* ]]
  done
  for wrong in nosuch 'test nosuch' 'test unit nosuch' 'fuzz x' 'fuzz 1 2' 'soak x' 'clean all' 'build all'; do
    run -2 timeout 10 ./run $wrong
    [[ $output == "run: "* ]]
  done
}
