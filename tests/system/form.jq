# The form of the document of `dialtone lab --json`: dialtone-lab(1). Gives what is not so; nothing if all is well.
def address: test("^[0-9]{1,3}(\\.[0-9]{1,3}){3}$");
def wrong($ok; $what): if $ok then empty else $what end;
def keys_are($names): wrong(keys_unsorted == $names; "keys \(keys_unsorted) for \($names)");
def a($type): type == $type;
def a_or_null($type): type == $type or type == "null";

def step:
  keys_are(["boot", "step", "at_ms", "took_ms", "detail"]),
  wrong(.boot | a("number") and . >= 1 and . == floor; "boot"),
  wrong(.step as $s | ["power", "image", "vlan", "address", "configuration", "registration"] | index($s) != null; "step"),
  wrong((.at_ms | a("number") and . >= 0) and (.took_ms | a("number") and . >= 0); "times of a step"),
  wrong(.detail | a("object") and length > 0 and all(.[]; a("number") or a("string")); "detail");

def verdict:
  keys_are(["code", "step", "severity", "text", "fix"]),
  wrong(all(.[]; a("string") and length > 0); "a part of the verdict is not text"),
  wrong(.severity == "warning" or .severity == "failure"; "severity");

def phone($stay):
  keys_are(["device", "mac", "model", "vlan", "address", "tftp_server", "callmanager", "directory_number", "load", "load_before",
            "registered", "boots", "steps", "verdict"] + (if $stay then ["without_service_s"] else [] end)),
  wrong(.device | test("^SEP[0-9A-F]{12}$"); "device"),
  wrong(.mac | test("^([0-9a-f]{2}:){5}[0-9a-f]{2}$"); "mac"),
  wrong((.mac | gsub(":"; "") | ascii_upcase) == (.device | .[3:]); "mac and device"),
  wrong(.model | a("string"); "model"),
  wrong(.vlan | . == null or (a("number") and . >= 1 and . <= 4094); "vlan"),
  (("address", "tftp_server", "callmanager") as $k | wrong(.[$k] | . == null or (a("string") and address); $k)),
  (("directory_number", "load", "load_before") as $k | wrong(.[$k] | . == null or (a("string") and length > 0); $k)),
  wrong(.registered | a("boolean"); "registered"),
  wrong(.boots | a("number") and . >= 0 and . == floor; "boots"),
  wrong(.steps | a("array"); "steps"),
  (.steps[] | step),
  wrong(.verdict | a_or_null("object"); "verdict"),
  wrong(.registered or .verdict.severity == "failure"; "not registered, and no failure told"),
  wrong((.registered | not) or .verdict == null or .verdict.severity == "warning"; "registered, and a failure"),
  (.verdict | select(. != null) | verdict);

def port:
  keys_are(["port", "admin", "oper", "watts", "volts", "device", "class", "max"]),
  wrong(.port | a("number") and . >= 1; "port"),
  wrong(.admin as $w | ["auto", "static", "off"] | index($w) != null; "admin"),
  wrong(.oper as $w | ["on", "off", "power-deny", "faulty"] | index($w) != null; "oper"),
  wrong((.watts | a("number") and . >= 0) and (.volts | a("number")) and (.max | a("number") and . > 0); "figures"),
  wrong(.watts <= .max; "more watts than the port gives"),
  wrong(if .oper == "on" then .watts > 0 and .volts == 48 else .watts == 0 and .volts == 0 end; "power of port \(.port)"),
  wrong((.device | a("string")) and (.class as $c | ["n/a", "0", "1", "2", "3", "4"] | index($c) != null); "device, class");

. as $all
| (["phones", "switches"] | map(select($all[.] | a("array") | not)) | if length > 0 then "not a list: \(.)" else empty end),
  keys_are(["mode", "why_sim", "phones", "switches", "frames", "registered", "failed", "seconds", "memory_kb"]),
  wrong(.mode == "frames" and .why_sim == null; "mode"),
  (.phones[] | phone($stay)),
  (.switches[] | keys_are(["name", "budget_w", "ports"]), wrong((.name | a("string")) and (.budget_w | a("number")); "switch"), (.ports[] | port)),
  wrong([.switches[] | [.ports[].port] | . == (sort | unique)] | all; "ports out of order"),
  (.frames | keys_are(["sent", "dropped", "reordered", "lost_in_kernel"]), wrong(all(.[]; a("number") and . >= 0 and . == floor); "frames")),
  wrong(.registered == ([.phones[] | select(.registered)] | length); "registered"),
  wrong(.failed == ([.phones[] | select(.registered | not)] | length); "failed"),
  wrong(.seconds | a("number") and . > 0; "seconds"),
  wrong(.memory_kb | a("number") and . > 1000 and . == floor; "memory_kb")
