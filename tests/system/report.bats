# `dialtone lab --csv` and `--report`: the table agrees with the document, the page is sound, needs nothing but itself, and opens in
# Chromium. Leaves build/report.png and build/report-phone.png, of which a person may judge.

load helpers

page=$BATS_TEST_DIRNAME/../../man/dialtone-lab.1

# columns: those of the manual, a line each.
columns() {
  sed -n '/^\.Sh THE TABLE/,/^\.Sh THE PAGE/s/^\.It Cm //p' "$page" | tr -s ' ,' '\n'
}

# figures_of_table / figures_of_document: what both have, a line a phone, fields by tabs, in one form.
figures_of_table() {
  tr -d '\r' < "$1" | awk -F, 'NR > 1 { line = $1; for (i = 2; i <= 22; i++) if (i != 12 && i != 14) line = line "\t" $i; print line }'
}

figures_of_document() {
  jq -r '
    def or_nothing: if . == null then "" else tostring end;
    .phones[] | . as $p
    | [["power", "image", "vlan", "address", "configuration", "registration"][] | . as $s | {step: $s, all: [$p.steps[] | select(.step == $s).took_ms]}] as $steps
    | [.device, .mac, .model, (.vlan, .address, .tftp_server, .callmanager, .directory_number, .load, .load_before | or_nothing), .boots, .registered]
      + [$steps[] | if .all == [] then "" else "ms\(.all | add)" end]
      + ([$steps[] | select(.all != [])] | if . == [] then ["", ""] else (max_by(.all | add) | [.step, "ms\(.all | add)"]) end)
    | @tsv' "$1" | awk -F'\t' '{ line = ""; for (i = 1; i <= NF; i++) { f = $i; if (f ~ /^ms/) f = sprintf("%.3f", substr(f, 3)); line = line (i > 1 ? "\t" : "") f } print line }'
}

# write_all ARGS: table, page and document of one run in virtual time.
write_all() {
  table=$BATS_TEST_TMPDIR/table.csv html=$BATS_TEST_TMPDIR/page.html
  document --sim --csv "$table" --report "$html" "$@"
}

# browse PAGE WIDTH HEIGHT ARGS: what Chromium says; its console is in $BATS_TEST_TMPDIR/console.
browse() {
  local file=$1 width=$2 height=$3
  shift 3
  timeout -k 5 60 chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions --hide-scrollbars --force-color-profile=srgb \
    --user-data-dir="$BATS_TEST_TMPDIR/browser" --enable-logging=stderr --v=0 --window-size="$width,$height" "$@" "file://$file" 2> "$BATS_TEST_TMPDIR/log"
  grep -F CONSOLE "$BATS_TEST_TMPDIR/log" > "$BATS_TEST_TMPDIR/console" || true
}

# ask_page PAGE WIDTH SCRIPT: what this expression of `doc` and `win` gives in the page at that width. A window is never less wide than
# 500 unless a picture is taken of it, so the page stands in a frame.
ask_page() {
  cp "$1" "$BATS_TEST_TMPDIR/framed.html"
  cat > "$BATS_TEST_TMPDIR/frame.html" << EOF
<!DOCTYPE html><title>none</title><body><iframe id="f" src="framed.html" style="border:0;width:$2px;height:800px"></iframe><script>
window.addEventListener('load', function () {
  var win = document.getElementById('f').contentWindow, doc = win.document;
  document.title = 'answer ' + ($3);
});
</script></body>
EOF
  browse "$BATS_TEST_TMPDIR/frame.html" 1200 800 --allow-file-access-from-files --dump-dom | sed -n 's|.*<title>answer \(.*\)</title>.*|\1|p'
}

# Letters of the pictures that stand on others, or outside of their picture.
collisions='(function () {
  var wrong = [];
  doc.querySelectorAll("svg.chart, details[open] svg.ladder, #call svg.ladder").forEach(function (svg) {
    var field = svg.getBoundingClientRect(), texts = svg.querySelectorAll("text");
    if (!field.width) return;
    var boxes = [].map.call(texts, function (t) { return t.getBoundingClientRect(); });
    boxes.forEach(function (a, i) {
      if (!a.width) return;
      if (a.left + 1 < field.left || a.right - 1 > field.right || a.bottom - 1 > field.bottom || a.top + 1 < field.top) wrong.push("outside: " + texts[i].textContent);
      for (var k = 0; k < i; k++) {
        var b = boxes[k], wide = Math.min(a.right, b.right) - Math.max(a.left, b.left), high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 3) wrong.push(texts[k].textContent + " / " + texts[i].textContent); /* boxes of letters have air above and below */
      }
    });
  });
  return wrong.length ? wrong.slice(0, 9).join("; ") : "none";
})()'

@test "the table has a row a phone, with the columns of the manual" {
  write_all -n 40
  [ "$status" -eq 0 ]
  [ "$(tr -d '\r' < "$table" | head -n 1)" = "$(columns | paste -sd,)" ]
  [ "$(columns | wc -l)" -eq 28 ]
  [ "$(wc -l < "$table")" -eq 41 ]
  [ "$(grep -c $'\r$' "$table")" -eq 41 ] # RFC 4180: lines end with CRLF
}

@test "its numbers are those of the document, of phones that register and of phones that do not" {
  for args in "-n 40" "-n 40 --power-budget 150" "-n 6 --fault tftp-denied" "-n 5 --stay --at 10s:unplug=2,20s:plug=2"; do
    write_all $args
    figures_of_table "$table" > "$BATS_TEST_TMPDIR/ours"
    figures_of_document "$BATS_TEST_TMPDIR/document" > "$BATS_TEST_TMPDIR/theirs"
    [ -s "$BATS_TEST_TMPDIR/ours" ]
    diff -u "$BATS_TEST_TMPDIR/ours" "$BATS_TEST_TMPDIR/theirs"
  done
}

@test "a verdict stands in its row, and when it was registered is when its last step ended" {
  write_all -n 24 --power-budget 150
  [ "$status" -eq 1 ]
  [ "$(awk -F, '$25 == "poe-budget" && $26 == "failure" && $27 == "power" && $13 == "false" && $14 == ""' "$table" | wc -l)" -eq "$(value .failed)" ]
  write_all -n 3
  [ "$(tr -d '\r' < "$table" | awk -F, 'NR > 1 { print $14 }')" = "$(jq -r '.phones[].steps[-1].at_ms' "$BATS_TEST_TMPDIR/document" | awk '{ printf "%.3f\n", $1 }')" ]
}

@test "on real frames too, the table on standard output, what is said on standard error" {
  lab --csv - --report "$BATS_TEST_TMPDIR/page.html"
  [ "$status" -eq 0 ]
  [ "$(wc -l <<< "$output")" -eq 4 ]
  [ "$(awk -F, 'NR > 1 && $13 == "true" && $14 > 0 && $15 > 0' <<< "$output" | wc -l)" -eq 3 ]
  [[ $stderr == *"3 of 3 phones registered"* ]]
  xmllint --noout "$BATS_TEST_TMPDIR/page.html"
  grep -qF "On real Ethernet frames" "$BATS_TEST_TMPDIR/page.html"
}

@test "the page is well-formed, needs nothing from elsewhere, and is the same for the same run" {
  for args in "-n 30" "-n 30 --power-budget 100" "-n 4 --call" "-n 1 --fault dhcp-down" "-n 9 --fault loss=10"; do
    write_all $args
    xmllint --noout "$html"
    run ! grep -noiE '(src|href|action)="[^#d][^"]*"|url\([^#][^)]*\)|@import|https?:' "$html"
    cp "$html" "$BATS_TEST_TMPDIR/first.html"
    write_all $args
    cmp "$html" "$BATS_TEST_TMPDIR/first.html"
  done
}

@test "what others call things is text in it: a load that is called a<b>&\"c" {
  write_all --change "$third:load=a<b>&\"c"
  xmllint --noout "$html"
  run ! grep -F 'a<b>' "$html"
  grep -qF 'RRQ a&lt;b&gt;&amp;&quot;c' "$html"
}

@test "the page says what the document says: who is registered, what went wrong, how many watts" {
  write_all -n 24 --power-budget 150
  text() { xmllint --xpath "string($1)" "$html"; }
  [ "$(text '//div[contains(@class, "tile ")][1]/b')" = "$(value .registered) of 24" ]
  [ "$(xmllint --xpath 'count(//details)' "$html")" -eq 24 ]
  [ "$(xmllint --xpath 'count(//details[.//span[@class="failed"]="poe-budget"])' "$html")" -eq "$(value .failed)" ]
  grep -qF ">budget 150 W<" "$html"
  watts=$(jq -r '[.switches[].ports[].watts] | add * 10 | round / 10' "$BATS_TEST_TMPDIR/document") # what the switch's own ports say
  [ "$(text '//p[@class="figures"]/b[2]' | sed 's/\.0 W$/ W/')" = "$watts W" ]
  [ "$(text '//p[@class="figures"]/b[4]')" = "$(value .failed)" ]
  [ "$(xmllint --xpath 'count(//details//*[local-name()="svg" and @class="ladder"])' "$html")" -eq 24 ]
}

@test "the ladder of a phone has all that passed, in the order of time" {
  write_all
  ladder=$(xmllint --xpath "//details[@id='$first']//*[@class='ladder']//*[local-name()='text']" "$html" | sed 's/<[^>]*>/ /g')
  echo "$ladder"
  for words in "Fast Link Pulses come back" "-48 V DC, 15.4 W" "CDP: 6.3 W is enough" "DHCP ACK 10.0.0.6 (selecting)" "RRQ SEP020000000001.cnf" "ERROR 1 File not found" "RRQ SEPDefault.cnf" \
    "unknown: auto-registered, gets number 1001" "Reset: reset" "RRQ SEP020000000001.cnf" "second connection to 10.0.0.3"; do
    rest=${ladder#*"$words"}
    [ "$rest" != "$ladder" ] || { echo "not there, or not in this order: $words"; false; }
    ladder=$rest
  done
}

@test "a file that cannot be written is told before the lab begins; two in one file too" {
  lab --sim --csv /nowhere/table
  [ "$status" -eq 3 ] && [ -z "$output" ] && [[ $stderr == *"/nowhere/table cannot be written"* ]]
  lab --sim --csv "$BATS_TEST_TMPDIR/same" --report "$BATS_TEST_TMPDIR/same"
  [ "$status" -eq 3 ] && [[ $stderr == *"must be different files"* ]]
  lab --sim --report - --json
  [ "$status" -eq 2 ] && [[ $stderr == *"--json and --report - both want standard output"* ]]
  lab --sim --csv /dev/full
  [ "$status" -eq 3 ] && [[ $stderr == *"/dev/full could not be written"* ]]
}

@test "Chromium opens the page without a word on its console, at a desk and on a phone" {
  write_all -n 100 --power-budget 400 --deadline 120
  for width in 1000 390; do
    answer=$(ask_page "$html" $width "doc.documentElement.scrollWidth + ' ' + doc.querySelectorAll('details').length")
    echo "$width: $answer"
    [ "$answer" = "$width 100" ] # nothing makes it wider than its window
    cat "$BATS_TEST_TMPDIR/console"
    [ ! -s "$BATS_TEST_TMPDIR/console" ]
  done
  sed 's|</body>|<script>throw new Error("seen");</script></body>|' "$html" > "$BATS_TEST_TMPDIR/wrong.html" # so an error would have been seen
  browse "$BATS_TEST_TMPDIR/wrong.html" 1000 800 --dump-dom > /dev/null
  grep -qF "seen" "$BATS_TEST_TMPDIR/console"
}

@test "its search, its order and its links to a phone work" {
  write_all -n 30 --power-budget 150
  search='(function () { var find = doc.getElementById("find"); find.value = "7970"; find.dispatchEvent(new win.Event("input")); return doc.getElementById("found").textContent; })()'
  [ "$(ask_page "$html" 1000 "$search")" = "10 of 30" ]
  order='(function () { var sort = doc.getElementById("sort"); sort.value = "id"; sort.dispatchEvent(new win.Event("change")); return doc.getElementById("list").firstElementChild.id; })()'
  [ "$(ask_page "$html" 1000 "$order")" = "$first" ]
  [ "$(ask_page "$html" 1000 'doc.getElementById("list").firstElementChild.id')" != "$first" ]
  [ "$(ask_page "$html" 1000 "(win.location.hash = '$second', win.dispatchEvent(new win.Event('hashchange')), doc.getElementById('$second').open)")" = true ]
}

@test "no letters stand on others, at a desk and on a phone, in a lab that goes well and in one that does not" {
  for args in "-n 3" "-n 100 --power-budget 400" "-n 24 --power-budget 100" "-n 4 --call" "-n 2 --fault dhcp-down" "-n 9 --fault loss=10" "-n 3 --realtime"; do
    write_all $args
    sed 's|<details id|<details open="" id|' "$html" > "$BATS_TEST_TMPDIR/open.html"
    for width in 1000 390; do
      answer=$(ask_page "$BATS_TEST_TMPDIR/open.html" $width "$collisions")
      echo "$args, $width: $answer"
      [ "$answer" = none ]
    done
  done
}

@test "a picture of it, with the ladder of the slowest phone, at a desk and on a phone" {
  build=$(realpath "$BATS_TEST_DIRNAME/../..")/build
  mkdir -p "$build"
  dialtone=$(realpath "$DIALTONE")
  cd "$BATS_TEST_TMPDIR"
  "$dialtone" lab --sim -n 100 --power-budget 400 --report lab.html > /dev/null
  slowest=$(xmllint --xpath 'string(//details[1]/@id)' lab.html)
  # Behind the open ladder only a few phones: a picture as high as a page of 100 is of no use to anybody.
  sed "s|<details id=\"$slowest\"|& open=\"\"|; s|</style>|details:nth-child(n+9){display:none}</style>|" lab.html > picture.html
  for one in "1000 report.png" "390 report-phone.png"; do
    set -- $one
    high=$(ask_page picture.html "$1" "doc.documentElement.scrollHeight")
    [ "$high" -gt 2500 ]
    rm -f "$build/$2"
    browse "$PWD/picture.html" "$1" "$high" --screenshot="$build/$2"
    [ ! -s console ]
    [ "$(stat -c %s "$build/$2")" -gt 100000 ]
    [ "$(xxd -s 16 -l 8 -p "$build/$2")" = "$(printf '%08x%08x' "$1" "$high")" ] # IHDR: as wide and high as asked for
  done
}
