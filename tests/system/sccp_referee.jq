# What of each message Wireshark shows otherwise than it was meant, a line each; nothing: it agrees with every field.
# Input: the documents of sccp_samples (--slurpfile wanted) and tshark's (-T json --no-duplicate-keys).

# Every field with its value, in order.
def leaves: to_entries[] | .key as $k | .value
  | if type == "object" then leaves
    elif type == "array" then .[] | if type == "object" then leaves else [$k, .] end
    else [$k, .] end;
def fields: reduce leaves as [$k, $v] ({}; .[$k] += [$v]);
# What it shows of every message, and what it shows twice.
def always: ["skinny.data_length", "skinny.hdr_version", "skinny.messageId", "skinny.xmlData", "skinny.requestId", "skinny.response_in", "skinny.response_to", "skinny.response_time"];

. as $shown
| range(0; $wanted | length) as $i
| $wanted[$i] as $w
| $shown[$i]._source.layers as $layers
| ($layers.skinny // {} | if type == "array" then .[0] else . end) as $s
| ($s | fields) as $f
| "\($w.message) at \($w.version): " + (
    (if ($f["skinny.messageId"] // ["none"])[0] != ($w.id | tostring) then "is message \($f["skinny.messageId"])" else empty end),
    (if $layers | has("_ws.malformed") then "malformed" else empty end),
    ($layers | .. | objects | keys[] | select(startswith("_ws.expert")) | "expert"),
    ($w.fields[] | . as $field | ($f[.name] // [])[.at] as $v
      | select(($field.any | index([$v])) == null and ($field.any != [""] or $v != null))
      | "\($field.name)[\($field.at)] is \($v), not \($field.any[0])"),
    ($f | to_entries[] | select(.key | startswith("skinny.")) | select(.key as $k | always | index([$k]) == null)
      | .key as $k | .value | length as $n | range(0; $n)
      | . as $at | select([$w.fields[] | select(.name == $k and .at == $at)] == [])
      | "\($k)[\($at)], \($f[$k][$at]), was not meant")
  )
