# dialtone.yaml(5) and the packaged file, held against the schema and the options of the source.

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  manual=man/dialtone.yaml.5
}

# Keys of libcyaml's schema: TEXT("voice-vlan", ...), MUST(...), TEXTS(...), LIST(...), MAP(...).
keys_of_schema() {
  grep -oE '\b(TEXT|MUST|TEXTS|LIST|MAP)\("[a-z-]+"' src/app/config/schema.c | grep -oE '"[a-z-]+"' | tr -d '"' | sort -u
}

options_of_source() {
  grep -oE '^    X\("[a-z-]+"' src/app/config/option.c | grep -oE '"[a-z-]+"' | tr -d '"' | sort -u
}

options_of_manual() {
  sed -n '/^\.Ss Options of the command line/,/^\.Sh FILES/p' "$manual" | grep '^\.It Fl' | grep -oE ' -[a-z][a-z-]+' | sed 's/^ -//' | sort -u
}

examples_of_manual() {
  awk '/^\.Bd /{n++; inside=1; next} /^\.Ed/{inside=0} inside && n=='"$1" "$manual"
}

@test "mandoc has nothing to say about dialtone.yaml(5), and it is installed" {
  run mandoc -Tlint -W warning "$manual"
  echo "$output"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  grep -qF "'dialtone.yaml.5'" man/meson.build
}

@test "every key of the schema is described in dialtone.yaml(5), and no other" {
  keys_of_schema > "$BATS_TEST_TMPDIR/schema"
  sed -n '/^\.Ss Top of the file/,/^\.Ss Options of the command line/p' "$manual" | sed -nE 's/^\.It Cm ([a-z-]+)$/\1/p' | sort -u > "$BATS_TEST_TMPDIR/manual"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/schema")" -gt 50 ]
  diff -u "$BATS_TEST_TMPDIR/schema" "$BATS_TEST_TMPDIR/manual"
}

@test "every key of the schema that holds one value is read, and every one read is in the schema" {
  grep -oE '\b(TEXT|MUST)\("[a-z-]+", file_?[a-z]*' src/app/config/schema.c | sed -E 's/.*"([a-z-]+)", (file_?[a-z]*)/\2 \1/' | grep -vE '^file_(option|reservation|group|load) |^file_device name' | sort -u > "$BATS_TEST_TMPDIR/schema"
  tr '\n' ' ' < src/app/config/keys.c | grep -oE '\{"[a-z-]+", *VALUE_[A-Z]+, *FROM\(file_?[a-z]*' | sed -E 's/.*"([a-z-]+)".*\((file_?[a-z]*)/\2 \1/' | sort -u > "$BATS_TEST_TMPDIR/read"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/read")" -gt 50 ]
  diff -u "$BATS_TEST_TMPDIR/schema" "$BATS_TEST_TMPDIR/read"
}

@test "every option of the source is described in dialtone.yaml(5), and no other" {
  options_of_source > "$BATS_TEST_TMPDIR/source"
  options_of_manual > "$BATS_TEST_TMPDIR/manual"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/source")" -gt 30 ]
  diff -u "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/manual"
}

@test "the examples of dialtone.yaml(5) are sound" {
  dialtone=${DIALTONE:-build/dialtone}
  for n in 1 2; do
    examples_of_manual $n > "$BATS_TEST_TMPDIR/$n.yaml"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/$n.yaml")" -ge 5 ]
    run "$dialtone" serve --check -c "$BATS_TEST_TMPDIR/$n.yaml" --state "$BATS_TEST_TMPDIR"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(printf '%s' "$output" | grep -vcE 'there is no folder|: warning: interface eth[01]: ')" -eq 0 ]
  done
}

@test "packaging/dialtone.yaml is what --print-config prints" {
  "${DIALTONE:-build/dialtone}" serve --print-config | diff -u packaging/dialtone.yaml -
}
