#!/usr/bin/env bash
# docs/picture.sh [DIALTONE]: makes docs/lab.svg again: `dialtone lab` in a terminal of 80 columns, once while the phones boot and
# once when it has ended, as tmux captured them. Needs tmux and awk; the picture holds what the terminal held, nothing is typed in.
set -euo pipefail
cd "$(dirname "$0")/.."
dialtone=$(realpath "${1:-build/dialtone}")
at=${AT:-0.35} # seconds after the start at which the first capture is taken
work=$(mktemp -d)
socket=picture-$$
trap 'tmux -L "$socket" kill-server 2> /dev/null || true; rm -rf "$work"' EXIT

# A shell that shows its command line as a person would have typed it, runs it, and stays, so that the end can be captured.
printf '#!/bin/sh\nprintf "\\033[2J\\033[H\\033[1m\\044\\033[0m ./run lab\\n"\n"%s" lab\nsleep 30\n' "$dialtone" > "$work/session"
chmod +x "$work/session"
tmux -L "$socket" -f /dev/null new-session -d -x 80 -y 24 "$work/session"
sleep "$at"
tmux -L "$socket" capture-pane -p -e > "$work/during"
for _ in $(seq 100); do
  sleep 0.1
  tmux -L "$socket" capture-pane -p -e > "$work/end"
  grep -q 'phones registered' "$work/end" && break
done

# One capture becomes one window of the picture. Every run of letters with one look is a <text> at its own column, so that columns
# stand where they stood whatever font the reader has.
cat > "$work/draw.awk" << 'AWK'
function letters(s) { gsub(/[\200-\277]/, "", s); return length(s) }
function escape(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); gsub(/ /, "\302\240", s); return s }
function look(codes,   n, c, i) {
  n = split(codes, c, ";")
  if (codes == "") { colour = 39; bold = dim = 0; return }
  for (i = 1; i <= n; i++) {
    if (c[i] == 0 || c[i] == "") { colour = 39; bold = dim = 0 }
    else if (c[i] == 1) bold = 1
    else if (c[i] == 2) dim = 1
    else if (c[i] == 22) bold = dim = 0
    else if ((c[i] >= 30 && c[i] <= 37) || c[i] == 39 || (c[i] >= 90 && c[i] <= 97)) colour = c[i]
  }
}
function run(s,   n) { # in pieces, from one gap of two blanks to the next: what one piece is too wide or too narrow is not handed on
  while (match(s, /^ *[^ ]+( [^ ]+)*( $)?/)) {
    n = RLENGTH
    piece(substr(s, 1, n))
    s = substr(s, n + 1)
  }
  column += length(s)
}
function piece(s) {
  match(s, /^ */)
  column += RLENGTH
  s = substr(s, RLENGTH + 1)
  printf "<text x=\"%.1f\" y=\"%.1f\" class=\"c%s%s\" textLength=\"%.1f\">%s</text>\n", left + column * W, top + row * H,
    dim ? 90 : colour, bold ? " b" : "", letters(s) * W, escape(s)
  column += letters(s)
}
BEGIN { W = 8.19; H = 17; left = 16; colour = 39 }
{ line[NR] = $0 }
END {
  last = NR
  while (last > 0 && line[last] ~ /^(\033\[[0-9;]*m| )*$/) last--
  printf "<rect x=\"4\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"6\" class=\"w\"/>\n", offset + 4, 80 * W + 24, last * H + 18
  top = offset + 26
  for (row = 0; row < last; row++) {
    column = 0
    rest = line[row + 1]
    while (match(rest, /\033\[[0-9;]*m/)) {
      codes = substr(rest, RSTART + 2, RLENGTH - 3)
      before = substr(rest, 1, RSTART - 1)
      rest = substr(rest, RSTART + RLENGTH)
      run(before)
      look(codes)
    }
    run(rest)
  }
  printf "%.1f\n", offset + last * H + 30 > "/dev/stderr"
}
AWK

LC_ALL=C awk -v offset=0 -f "$work/draw.awk" "$work/during" > "$work/1" 2> "$work/height"
LC_ALL=C awk -v offset="$(cat "$work/height")" -f "$work/draw.awk" "$work/end" > "$work/2" 2> "$work/height2"
{
  printf '<svg xmlns="http://www.w3.org/2000/svg" width="688" height="%s" role="img" aria-label="%s">\n' "$(cat "$work/height2")" \
    'dialtone lab in a terminal: a table of three phones while they boot, and after they have registered, with the times of each step'
  cat << 'STYLE'
<style>
.w { fill: #1b1e24; }
text { font: 13.6px 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace; white-space: pre; }
.b { font-weight: bold; }
.c39, .c37, .c97 { fill: #d8dbe0; } .c30, .c90 { fill: #7d838d; } .c31, .c91 { fill: #f0716a; } .c32, .c92 { fill: #7fc97f; }
.c33, .c93 { fill: #e5c263; } .c34, .c94 { fill: #76a9e8; } .c35, .c95 { fill: #c792d9; } .c36, .c96 { fill: #6cc5c5; }
</style>
STYLE
  cat "$work/1" "$work/2"
  echo '</svg>'
} > docs/lab.svg
