# Makes the table of phone models, a list of C initialisers, out of models.csv (see docs/models.md).
# Plain POSIX awk: Debian's mawk, busybox and gawk give the same. A row that is not understood ends the build.

function fail(text)
{
    print "models.csv:" FNR ": " text > "/dev/stderr"
    failed = 1
    exit 1
}

# Splits a CSV line into field[1..n] (RFC 4180: quotes around what holds a comma, "" for a quote in it); gives n.
function split_csv(line, field,    n, i, c, quoted, text)
{
    n = 0
    text = ""
    quoted = 0
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (quoted) {
            if (c != "\"") text = text c
            else if (substr(line, i + 1, 1) == "\"") { text = text c; i++ }
            else quoted = 0
        } else if (c == "\"") quoted = 1
        else if (c == ",") { field[++n] = text; text = "" }
        else text = text c
    }
    if (quoted) fail("a quote is not closed")
    field[++n] = text
    return n
}

# A C string. In the table `\0` stands for a NUL byte, which is C's own way to write it; no other backslash is escaped.
function c_string(text,    i, c, out)
{
    out = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"") out = out "\\\""
        else if (c == "\\" && substr(text, i + 1) != "0") out = out "\\\\"
        else out = out c
    }
    return "\"" out "\""
}

function number(text, what)
{
    if (text == "") return 0
    if (text !~ /^[0-9]+$/) fail(what " is not a number: " text)
    return text + 0
}

function one_of(text, names, values, what,    name, value, n, i)
{
    n = split(names, name, " ")
    split(values, value, " ")
    if (text == "") return value[1]
    for (i = 2; i <= n; i++)
        if (name[i] == text) return value[i]
    fail(what " is none of the words it may be: " text)
}

function has(list, word)
{
    return index(";" list ";", ";" word ";") > 0 ? "true" : "false"
}

# "17 (8.5);20-22 (9.x)": versions by load, the newest last. The highest of the last.
function highest_protocol(text,    part, n, ends, m)
{
    if (text == "") return 0
    n = split(text, part, ";")
    sub(/ *\(.*\)$/, "", part[n])
    m = split(part[n], ends, "-")
    return number(ends[m], "sccp_protocol_versions")
}

{ sub(/\r$/, "") }
NR == 1 {
    if ($0 != "model,sccp_device_type,protocols,cdp_platform,dhcp_option60,poe_prestandard,ieee_class,max_mw," \
              "cdp_power_mw,sccp_protocol_versions,needs_xml,load_example,load_parts,lines,buttons,files_order," \
              "unverified,sources,notes") fail("these are not the columns")
    print "/* Made from models.csv by models.awk. */"
    next
}
$0 == "" { next }
{
    if (split_csv($0, f) != 19) fail("not 19 columns")
    if (f[1] == "" || number(f[2], "sccp_device_type") == 0) fail("no model or no device type")
    if (f[16] != "" && f[16] !~ /^[A-K]$/) fail("files_order is not A to K: " f[16])
    class = f[7] == "" ? "0xff" : substr(f[7], 1, 1)
    if (class != "0xff" && f[7] !~ /^[0-4](;[0-4])*$/) fail("ieee_class: " f[7])
    print "{.name = " c_string(f[1]) ", .device_type = " number(f[2], "sccp_device_type") \
          ", .speaks_sccp = " has(f[3], "SCCP") ", .speaks_sip = " has(f[3], "SIP") ","
    print " .cdp_platform = " c_string(f[4]) ", .option60 = " c_string(f[5]) \
          ", .option60_len = sizeof " c_string(f[5]) " - 1,"
    print " .prestandard = " one_of(f[6], "- yes no", "UNKNOWN YES NO", "poe_prestandard") ", .ieee_class = " class \
          ", .max_milliwatts = " number(f[8], "max_mw") ", .cdp_milliwatts = " number(f[9], "cdp_power_mw") ","
    print " .protocol = " highest_protocol(f[10]) \
          ", .needs_xml = " one_of(f[11], "- yes no both", "XML_UNKNOWN XML_YES XML_NO XML_BOTH", "needs_xml") \
          ", .load = " c_string(f[12]) ", .load_parts = " c_string(f[13]) ","
    print " .lines = " number(f[14], "lines") ", .buttons = " number(f[15], "buttons") \
          ", .files_order = " (f[16] == "" ? "0" : "\047" f[16] "\047") "},"
}
END { if (!failed && NR < 2) fail("no models") }
