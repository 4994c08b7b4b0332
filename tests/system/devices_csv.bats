# `dialtone device import` and `export`: nothing is lost on the way, nothing is taken that is not meant.

load helpers

# inside SCRIPT: with a daemon in namespaces of its own; `admin` talks to it.
inside() {
  cd "$BATS_TEST_TMPDIR" || exit 1
  { cat << 'END'; cat; } > script
set -e +x
trap 'kill $(jobs -p) 2> /dev/null' EXIT
dialtone=$1
ip link set lo up
ip link add ours0 type veth peer name theirs0
ip address add 10.9.0.1/24 dev ours0
ip link set ours0 up
ip link set theirs0 up
"$dialtone" serve --interface ours0 --announce off --dhcp on --state "$PWD/state" > serve 2>&1 &
for i in $(seq 100); do ! grep -q ready: serve || break; sleep 0.1; done
admin() { "$dialtone" "$@" --state "$PWD/state"; }
END
  run unshare --user --map-root-user --net bash -x script "$DIALTONE"
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "CSV: what is exported and imported again is the same: 24 lines, a key without a line, speed dials, quotes" {
  inside << 'END'
fields=$(for i in $(seq 24); do echo "number$([ "$i" -eq 1 ] || echo "$i")=30$i"; done)
admin device add SEP0011223344F1 model=7931 $fields 'label24=A "last", one'
admin device add SEP0011223344F2 model=7960 number=2001 number3=2003 speed_dial2=3024 speed_dial_label2=Kitchen callmanagers=10.0.0.1,10.0.0.2:2001
admin device show 2003 | grep -F '[{"number":"2001"},{},{"number":"2003"}]'
admin device export > one.csv
grep -F '"A ""last"", one"' one.csv
admin device remove SEP0011223344F1
admin device remove SEP0011223344F2
[ "$(admin device import one.csv)" = '2 imported, 0 refused' ]
admin device export > two.csv
diff <(sort one.csv) <(sort two.csv)
admin device show 3024 | grep -F '"label":"A \"last\", one"'
admin device export --format json > one.json
admin device remove 2001
[ "$(admin device import one.json)" = '2 imported, 0 refused' ]
admin device export --format json | jq -S '[.devices[] | del(.stamp, .owes)] | sort_by(.device)' > two.json
jq -S '[.devices[] | del(.stamp, .owes)] | sort_by(.device)' one.json | diff - two.json
END
}

@test "CSV: a column that there is none of is refused, not lost; errors are told with the row of the file, however long it is" {
  inside << 'END'
printf 'device,model,nomber\nSEP001122334401,7960,1\n' > typo.csv
! admin device import typo.csv 2> refused || false
grep "there is no field 'nomber' of a device" refused
! admin device add SEP001122334401 model=7960 lable=x 2> refused || false
grep "there is no field 'lable' of a device" refused
{
  echo device,model,number
  for i in $(seq 2000); do printf 'SEP0000AA%06X,7960,%d\n' "$i" $((50000 + (i == 1777 ? 1 : i))); done
} > many.csv
! admin device import many.csv > said 2> refused || false
[ "$(cat said)" = '1999 imported, 1 refused' ]
[ "$(cat refused)" = 'dialtone device: device 1777 (SEP0000AA0006F1): another device has this directory number' ]
[ "$(admin device list --json | jq '.devices | length')" -eq 1999 ]
END
}
