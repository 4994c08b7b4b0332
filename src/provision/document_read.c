/* The reader of SEP<MAC>.cnf.xml and XMLDefault.cnf.xml, over Expat. A table says which element is what inside which
 * other; everything else is passed over, whatever attributes, comments, order and line ends it has. */
#include "provision/document.h"
#include "provision/document_names.h"
#include "provision/xml_arena.h"
#include <string.h>

enum { DEEPEST = 32, TEXT = 512 };

/* Where the reader stands. From FIELD on: elements whose text is a value. */
enum place {
    PASSED_OVER,
    OWN,
    DEFAULT,
    POOL,
    DATE_TIME,
    GROUP,
    MEMBERS,
    MEMBER,
    CALLMANAGER,
    PORTS,
    USER_LOCALE,
    FIELD,
    TIME_ZONE,
    NODE,
    PORT,
    MONITOR,
    AUTO_REGISTRATION,
};

/* Where a text goes in struct document. */
struct field {
    size_t at, size;
};
#define IN_DOCUMENT(member)                                                                                            \
    {                                                                                                                  \
        offsetof(struct document, member), sizeof((struct document *)0)->member                                        \
    }

static const struct element {
    enum place in;
    const char *name;
    enum place is;
    struct field field; /* of FIELD and TIME_ZONE */
} elements[] = {
    {OWN, "devicePool", POOL, {0, 0}},
    {OWN, "loadInformation", FIELD, IN_DOCUMENT(load)},
    {OWN, "versionStamp", FIELD, IN_DOCUMENT(stamp)},
    {OWN, "userLocale", USER_LOCALE, {0, 0}},
    {OWN, "networkLocale", FIELD, IN_DOCUMENT(network_locale)},
    {DEFAULT, "callManagerGroup", GROUP, {0, 0}}, /* CallManager's way; newer files and CME's have it in devicePool */
    {DEFAULT, "devicePool", POOL, {0, 0}},
    {DEFAULT, "autoRegistration", AUTO_REGISTRATION, {0, 0}},
    {DEFAULT, "versionStamp", FIELD, IN_DOCUMENT(stamp)},
    {DEFAULT, "userLocale", USER_LOCALE, {0, 0}},
    {DEFAULT, "networkLocale", FIELD, IN_DOCUMENT(network_locale)},
    {POOL, "name", FIELD, IN_DOCUMENT(pool)},
    {POOL, "dateTimeSetting", DATE_TIME, {0, 0}},
    {POOL, "callManagerGroup", GROUP, {0, 0}},
    {POOL, "connectionMonitorDuration", MONITOR, {0, 0}},
    {DATE_TIME, "dateTemplate", FIELD, IN_DOCUMENT(date_template)},
    {DATE_TIME, "timeZone", TIME_ZONE, IN_DOCUMENT(time_zone)},
    {GROUP, "name", FIELD, IN_DOCUMENT(group)},
    {GROUP, "members", MEMBERS, {0, 0}},
    {MEMBERS, "member", MEMBER, {0, 0}},
    {MEMBER, "callManager", CALLMANAGER, {0, 0}},
    {CALLMANAGER, "processNodeName", NODE, {0, 0}},
    {CALLMANAGER, "ports", PORTS, {0, 0}},
    {PORTS, "ethernetPhonePort", PORT, {0, 0}},
    {USER_LOCALE, "name", FIELD, IN_DOCUMENT(user_locale)},
};

struct member {
    struct document_callmanager callmanager;
    uint64_t priority;
};

struct reading {
    XML_Parser parser;
    struct document *out;
    struct fault *why;
    struct bytes xml;
    uint32_t device_type;
    bool stopped, latin1, group_seen;
    enum place place[DEEPEST + 1]; /* of each open element; [0] is outside the root */
    size_t depth;
    char text[TEXT]; /* of the open element whose text is a value, without white space before it */
    size_t text_len, text_at;
    struct field field; /* where that text goes */
    size_t child_at;    /* where the open child of the root begins */
    struct member member, best[DOCUMENT_CALLMANAGERS];
    uint64_t members; /* seen so far */
};

static void stop(struct reading *r, enum fault_kind kind, size_t at, const char *what)
{
    if (r->stopped) return;
    r->stopped = true;
    *r->why = (struct fault){.kind = kind, .at = at, .what = what};
    XML_StopParser(r->parser, XML_FALSE);
}

static size_t here(const struct reading *r)
{
    XML_Index at = XML_GetCurrentByteIndex(r->parser);

    return at < 0 ? 0 : (size_t)at;
}

/* loadInformation<N>: others write loadinformation36213 and loadInformation00007, so without case and as a number. */
static bool load_element(const char *name, uint32_t *out)
{
    struct bytes prefix = bytes_of("loadInformation"), rest = bytes_of(name);
    uint64_t type;

    if (rest.len <= prefix.len || !bytes_equal_nocase((struct bytes){rest.at, prefix.len}, prefix)) return false;
    if (!bytes_number(bytes_from(rest, prefix.len), UINT32_MAX, &type)) return false;
    *out = (uint32_t)type;
    return true;
}

/* What an element of this name is inside that one, and where its text goes. */
static enum place find(struct reading *r, enum place in, const char *name)
{
    uint32_t type;

    for (size_t i = 0; (in == OWN || in == DEFAULT) && i < URLS; i++)
        if (strcmp(name, document_url_names[i]) == 0) {
            r->field = (struct field){offsetof(struct document, url) + i * URL, URL};
            return FIELD;
        }
    for (size_t i = 0; i < ARRAY_LENGTH(elements); i++) {
        if (elements[i].in != in || strcmp(elements[i].name, name) != 0) continue;
        if (elements[i].is == GROUP && r->group_seen) return PASSED_OVER;
        r->field = elements[i].field;
        return elements[i].is;
    }
    if (in != DEFAULT || !load_element(name, &type) || type != r->device_type) return PASSED_OVER;
    r->field = (struct field)IN_DOCUMENT(load);
    return FIELD;
}

static enum place root(struct reading *r, const char *name)
{
    if (strcmp(name, "device") == 0) return OWN;
    if (strcmp(name, "Default") != 0) stop(r, FAULT_VALUE, here(r), "root element");
    r->out->kind = DOCUMENT_DEFAULT;
    return DEFAULT;
}

/* A member without priority stands where the file has it. */
static void begin_member(struct reading *r, const char **attributes)
{
    r->member = (struct member){.callmanager.port = 2000, .priority = r->members++};
    for (size_t i = 0; attributes[i]; i += 2) {
        struct bytes value = bytes_trim(bytes_of(attributes[i + 1]));
        if (strcmp(attributes[i], "priority") != 0 || value.len == 0) continue;
        if (!bytes_number(value, UINT32_MAX, &r->member.priority)) stop(r, FAULT_VALUE, here(r), "member priority");
    }
}

/* Keeps the members of the lowest priorities in order; among equals the first in the file. Without a node it is
 * nobody. */
static void end_member(struct reading *r)
{
    size_t n = r->out->callmanagers, at = n;

    if (r->member.callmanager.node[0] == '\0') return;
    while (at > 0 && r->best[at - 1].priority > r->member.priority) at--;
    if (at == DOCUMENT_CALLMANAGERS) return;
    if (n < DOCUMENT_CALLMANAGERS) r->out->callmanagers = (uint8_t)++n;
    memmove(&r->best[at + 1], &r->best[at], (n - 1 - at) * sizeof r->best[0]);
    r->best[at] = r->member;
}

static void on_start(void *context, const char *name, const char **attributes)
{
    struct reading *r = context;

    if (r->stopped) return;
    if (r->depth == DEEPEST) {
        stop(r, FAULT_LONG, here(r), "nesting of elements");
        return;
    }
    enum place place = r->depth == 0 ? root(r, name) : find(r, r->place[r->depth], name);
    r->place[++r->depth] = place;
    if (r->depth == 2) r->child_at = here(r);
    if (place == GROUP) r->group_seen = true;
    if (place == MEMBER) begin_member(r, attributes);
    if (place >= FIELD) {
        r->text_len = 0;
        r->text_at = here(r);
    }
}

static void on_text(void *context, const char *text, int len)
{
    struct reading *r = context;
    struct bytes b = {(const uint8_t *)text, (size_t)len};

    if (r->stopped || r->place[r->depth] < FIELD) return;
    if (r->text_len == 0)
        while (b.len && bytes_trim((struct bytes){b.at, 1}).len == 0) b = bytes_from(b, 1);
    if (b.len > sizeof r->text - r->text_len) b.len = sizeof r->text - r->text_len;
    if (b.len) memcpy(r->text + r->text_len, b.at, b.len);
    r->text_len += b.len;
}

/* Into a field of `size` bytes, cut between characters of UTF-8, never within one. */
static size_t keep(char *to, size_t size, struct bytes b)
{
    b = bytes_trim(b);
    if (b.len > size - 1) {
        b.len = size - 1;
        while (b.len && (b.at[b.len] & 0xc0) == 0x80) b.len--;
        b = bytes_trim(b);
    }
    return text_copy(to, size, b);
}

static uint64_t number(struct reading *r, struct bytes b, uint64_t least, uint64_t most, uint64_t absent,
                       const char *what)
{
    uint64_t n = absent;

    b = bytes_trim(b);
    if (b.len && (!bytes_number(b, most, &n) || n < least)) stop(r, FAULT_VALUE, r->text_at, what);
    return n;
}

static bool yes(struct bytes b)
{
    static const char *const words[] = {"true", "yes", "on", "1", "enabled"};

    b = bytes_trim(b);
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        if (bytes_equal_nocase(b, bytes_of(words[i]))) return true;
    return false;
}

static void take_value(struct reading *r, enum place place, struct bytes b)
{
    struct document *d = r->out;
    struct document_callmanager *c = &r->member.callmanager;
    char *field = (char *)d + r->field.at;
    size_t n;

    if (place == FIELD) {
        keep(field, r->field.size, b);
    } else if (place == TIME_ZONE) { /* some of Cisco's names end with a blank, and belong so */
        n = keep(field, r->field.size, b);
        if (n && n < b.len && n + 1 < r->field.size && b.at[n] == ' ') field[n] = ' ';
    } else if (place == NODE) {
        keep(c->node, sizeof c->node, b);
        if (!ipv4_parse(bytes_of(c->node), &c->address)) c->address = 0;
    } else if (place == PORT) {
        c->port = (uint16_t)number(r, b, 1, UINT16_MAX, 2000, "ethernetPhonePort");
    } else if (place == MONITOR) {
        d->connection_monitor = (uint32_t)number(r, b, 0, UINT32_MAX, 120, "connectionMonitorDuration");
    } else if (place == AUTO_REGISTRATION) {
        d->auto_registration = yes(b);
    }
}

/* `extra` goes into a UTF-8 document again: ISO-8859-1 bytes from 0x80 on become two. */
static void add_extra(struct reading *r, struct bytes raw)
{
    struct document *d = r->out;
    size_t need = raw.len;

    for (size_t i = 0; r->latin1 && i < raw.len; i++) need += raw.at[i] >> 7;
    if (d->extra_cut || need > DOCUMENT_EXTRA - d->extra_len) {
        d->extra_cut = true;
        return;
    }
    for (size_t i = 0; i < raw.len; i++) {
        uint8_t c = raw.at[i];
        if (r->latin1 && c >= 0x80) {
            d->extra[d->extra_len++] = (char)(0xc0 | c >> 6);
            c = 0x80 | (c & 0x3f);
        }
        d->extra[d->extra_len++] = (char)c;
    }
}

/* A child of the root that the table does not know. What document_write says anyway is not kept; nor, in a default
 * file, are the loads of other models, of which there are fifty. */
static void end_unknown_child(struct reading *r, const char *name)
{
    size_t end = here(r) + (size_t)XML_GetCurrentByteCount(r->parser);
    struct bytes raw = bytes_from((struct bytes){r->xml.at, end < r->xml.len ? end : r->xml.len}, r->child_at);
    uint32_t type;

    if (r->place[1] == DEFAULT && load_element(name, &type)) return;
    for (size_t i = 0; r->place[1] == OWN && i < DOCUMENT_STANDING; i++)
        if (bytes_are(raw, document_standing[i].whole)) return;
    add_extra(r, raw);
}

static void on_end(void *context, const char *name)
{
    struct reading *r = context;

    if (r->stopped) return;
    enum place place = r->place[r->depth];
    if (place >= FIELD)
        take_value(r, place, (struct bytes){(uint8_t *)r->text, r->text_len});
    else if (place == MEMBER)
        end_member(r);
    else if (place == PASSED_OVER && r->depth == 2)
        end_unknown_child(r, name);
    r->depth--;
}

/* No phone's file has one, and every attack that XML knows begins with one. */
static void on_doctype(void *context, const char *name, const char *system, const char *public, int internal)
{
    struct reading *r = context;

    (void)name, (void)system, (void)public, (void)internal;
    stop(r, FAULT_VALUE, here(r), "DOCTYPE");
}

static void on_entity(void *context, const char *name, int parameter, const char *value, int len, const char *base,
                      const char *system, const char *public, const char *notation)
{
    struct reading *r = context;

    (void)name, (void)parameter, (void)value, (void)len, (void)base, (void)system, (void)public, (void)notation;
    stop(r, FAULT_VALUE, here(r), "entity declaration");
}

static int on_external(XML_Parser parser, const char *names, const char *base, const char *system, const char *public)
{
    (void)parser, (void)names, (void)base, (void)system, (void)public;
    return XML_STATUS_ERROR;
}

static void on_declaration(void *context, const char *version, const char *encoding, int standalone)
{
    struct reading *r = context;

    (void)version, (void)standalone;
    if (encoding) r->latin1 = bytes_equal_nocase(bytes_of(encoding), bytes_of("ISO-8859-1"));
}

static void expat_fault(struct reading *r, const struct xml_arena *arena)
{
    enum XML_Error error = XML_GetErrorCode(r->parser);
    size_t at = here(r);

    r->why->at = at > r->xml.len ? r->xml.len : at;
    r->why->kind = FAULT_VALUE;
    r->why->what = XML_ErrorString(error);
    if (arena->exhausted || error == XML_ERROR_NO_MEMORY) {
        r->why->kind = FAULT_LONG;
        r->why->what = "document for this scratch memory";
    } else if (error == XML_ERROR_NO_ELEMENTS || error == XML_ERROR_UNCLOSED_TOKEN || error == XML_ERROR_PARTIAL_CHAR ||
               error == XML_ERROR_UNCLOSED_CDATA_SECTION) {
        r->why->kind = FAULT_SHORT;
        r->why->what = "document ends too early";
    }
}

/* Expat salts its hash table against chosen names. The content is the salt: no system call, and a run repeats. */
static unsigned long salt(struct bytes xml)
{
    struct digest d = digest_of(xml);
    unsigned long s = 1;

    for (size_t i = 0; i < sizeof s; i++) s = s << 8 | d.byte[i];
    return s | 1;
}

static bool parse(struct reading *r, const struct xml_arena *arena)
{
    XML_Parser p = r->parser;

    (void)XML_SetHashSalt(p, salt(r->xml));
    XML_SetUserData(p, r);
    XML_SetElementHandler(p, on_start, on_end);
    XML_SetCharacterDataHandler(p, on_text);
    XML_SetXmlDeclHandler(p, on_declaration);
    XML_SetStartDoctypeDeclHandler(p, on_doctype);
    XML_SetEntityDeclHandler(p, on_entity);
    XML_SetExternalEntityRefHandler(p, on_external);
    (void)XML_SetParamEntityParsing(p, XML_PARAM_ENTITY_PARSING_NEVER);
    if (XML_Parse(p, (const char *)r->xml.at, (int)r->xml.len, XML_TRUE) == XML_STATUS_OK && !r->stopped) return true;
    if (!r->stopped) expat_fault(r, arena);
    return false;
}

/* UTF-16 would need `extra` translated; no configuration file is written so. With a byte order mark or without. */
static bool is_utf16(struct bytes b)
{
    return b.len >= 2 && (b.at[0] == 0 || b.at[1] == 0 || (b.at[0] == 0xfe && b.at[1] == 0xff) ||
                          (b.at[0] == 0xff && b.at[1] == 0xfe));
}

bool document_read(struct document *out, struct bytes xml, uint32_t device_type, void *scratch, size_t scratch_size,
                   struct fault *why)
{
    struct xml_arena arena;
    struct reading r = {.out = out, .why = why, .xml = xml, .device_type = device_type};
    bool good = false;

    *out = (struct document){.connection_monitor = 120};
    *why = (struct fault){.kind = FAULT_NONE};
    if (xml.len > DOCUMENT_MOST) {
        *why = (struct fault){.kind = FAULT_LONG, .at = DOCUMENT_MOST, .what = "configuration document"};
    } else if (xml.len == 0) {
        *why = (struct fault){.kind = FAULT_SHORT, .what = "document ends too early"};
    } else if (is_utf16(xml)) {
        *why = (struct fault){.kind = FAULT_VALUE, .what = "character encoding"};
    } else {
        r.parser = scratch ? XML_ParserCreate_MM(NULL, xml_arena_enter(&arena, scratch, scratch_size), NULL) : NULL;
        if (!r.parser)
            *why = (struct fault){.kind = FAULT_LONG, .what = "document for this scratch memory"};
        else
            good = parse(&r, &arena);
        if (r.parser) XML_ParserFree(r.parser);
        xml_arena_leave();
    }
    if (good && !r.group_seen) {
        *why = (struct fault){.kind = FAULT_ABSENT, .at = xml.len, .what = "callManagerGroup"};
        good = false;
    }
    for (size_t i = 0; i < out->callmanagers; i++) out->callmanager[i] = r.best[i].callmanager;
    if (!good) *out = (struct document){.connection_monitor = 120};
    return good;
}
