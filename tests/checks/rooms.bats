# What CI asks of the code itself: which rooms it may enter, its form, its size.

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
}

# mem* and str* of the C library, what our own rooms give each other, and what GCC puts in for the stack protector.
foreign_symbols() {
  local room=$1
  nm -u "build/src/$room/libdialtone_$room.a" | awk '/^ *U /{print $2}' | sort -u > "$BATS_TEST_TMPDIR/wants"
  for r in base wire provision phone switch server; do nm --defined-only "build/src/$r/libdialtone_$r.a"; done |
    awk 'NF==3{print $3}' | sort -u > "$BATS_TEST_TMPDIR/gives"
  comm -23 "$BATS_TEST_TMPDIR/wants" "$BATS_TEST_TMPDIR/gives"
}

@test "an engine room calls nothing but mem* and str*: no clock, no malloc, no printf, no locale" {
  for room in base wire phone switch server; do
    run foreign_symbols "$room"
    [ "$status" -eq 0 ]
    others=$(printf '%s\n' "$output" | grep -vE '^(mem(chr|cmp|cpy|move|set)|str(len|cmp|ncmp|chr|rchr|stm|str|nlen)|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|)$' || true)
    echo "$room: $others"
    [ -z "$others" ]
  done
}

@test "the provision room calls nothing but mem*, str* and Expat" {
  run foreign_symbols provision
  others=$(printf '%s\n' "$output" | grep -vE '^(mem(chr|cmp|cpy|move|set)|str(len|cmp|ncmp|chr|rchr|str|nlen)|XML_[A-Za-z_]+|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__tls_get_addr|)$' || true)
  echo "$others"
  [ -z "$others" ]
}

@test "no engine, and nothing of the lab's, has a variable that outlives a call: many run at once, on several threads" {
  for room in base wire provision phone switch server lab sim; do
    run bash -c "objdump -t build/src/$room/libdialtone_$room.a | grep -E ' O \\.(data|bss)(\.[^r]|\s)' | grep -v 'rel\\.ro'"
    echo "$room: $output"
    [ -z "$output" ]
  done
}

@test "a room includes only the rooms that it may use" {
  run grep -rnE '#include "\.\./' src
  [ -z "$output" ]
  run grep -rnE '#include "(phone|switch|server|store|net|app)/' src/base src/wire src/provision
  [ -z "$output" ]
  run grep -rnE '#include "(switch|server|lab|store|net|sim|app)/' src/phone
  [ -z "$output" ]
  run grep -rnE '#include "(phone|server|lab|store|net|sim|app)/' src/switch
  [ -z "$output" ]
  run grep -rnE '#include "(phone|switch|store|net|app)/' src/server
  [ -z "$output" ]
  run grep -rnE '#include "(store|net|sim|app)/' src/lab
  [ -z "$output" ]
  run grep -rnE '#include "(store|net|app)/' src/sim
  [ -z "$output" ]
  run grep -rnE '#include "(store|sim|app)/' src/net
  [ -z "$output" ]
}

@test "clang-format agrees with every source file" {
  run clang-format-14 --dry-run -Werror $(git ls-files '*.c' '*.h')
  echo "$output" | head -n 20
  [ "$status" -eq 0 ]
}

@test "no line of C is longer than 120 columns, but for a text that would be broken" {
  run env LC_ALL=C.UTF-8 grep -nE '^.{121,}$' $(git ls-files '*.c' '*.h')
  [ "$(printf '%s\n' "$output" | grep -v '"' | tee /dev/stderr)" = "" ]
}

@test "cppcheck has nothing to say" {
  run cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem --suppress=funcArgOrderDifferent \
    "-Djson_array_foreach(a, i, v)=while ((v = json_next(a, &i)) != NULL)" \
    "-Djson_object_foreach(o, k, v)=while ((k = json_next(o)) && (v = json_object_get(o, k)))" \
    -I src src/base src/wire src/provision src/phone src/switch src/server src/lab src/store src/net src/sim src/app
  echo "$output" | head -n 20
  [ "$status" -eq 0 ]
}

@test "no file is longer than 800 lines, no function longer than 80" {
  run awk 'FNR==1{name=""} /^[A-Za-z_].*\(/ && !/;$/ {name=$0; start=FNR} /^\}/ { if (name!="" && FNR-start>80) print FILENAME ":" start ": " FNR-start " lines"; name=""}
    END{}' $(git ls-files 'src/*.c')
  echo "$output"
  [ -z "$output" ]
  run bash -c "git ls-files 'src/*.c' 'src/*.h' | xargs wc -l | awk '\$2!=\"total\" && \$1>800'"
  echo "$output"
  [ -z "$output" ]
}

@test "nothing speaks of unfinished work" {
  run git grep -nwE 'TODO|FIXME|XXX|HACK' -- src tests/*.c tests/*/*.c run docs man README.md
  echo "$output"
  [ -z "$output" ]
}

@test "no line of a test is a negation that cannot fail it" { # bash(1), set -e: a command behind ! stops nothing
  run bash -c "git grep -nE '^ *! ' -- tests ':!*.c' ':!*.h' | grep -v ' || '"
  echo "$output"
  [ "$status" -eq 1 ]
}
