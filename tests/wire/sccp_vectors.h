/* The captured messages of tests/vectors/sccp-messages.json: of each its bytes, and its fields by Wireshark. */
#ifndef TESTS_WIRE_SCCP_VECTORS_H
#define TESTS_WIRE_SCCP_VECTORS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "hex.h"
#include "sccp_call_fields.h"
#include "sccp_same.h"

static json_t *vectors;

static inline int load_vectors(void **state)
{
    json_error_t error;

    (void)state;
    vectors = json_load_file(VECTORS "/sccp-messages.json", 0, &error);
    if (!vectors) print_error("%s\n", error.text);
    return vectors ? 0 : -1;
}

static inline int unload_vectors(void **state)
{
    (void)state;
    json_decref(vectors);
    return 0;
}

static inline const char *text_of(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* What the two sides of a group agreed on; dumps without a registration: what their header says. */
static inline uint8_t version_of(json_t *message)
{
    const char *group = text_of(message, "group");

    if (strcmp(group, "hw-conference-bridge") == 0) return 18;
    if (strncmp(group, "cm4-", 4) == 0) return 6;
    if (strncmp(group, "cm2", 3) == 0) return 0;
    return (uint8_t)json_integer_value(json_object_get(message, "header_version"));
}

/* The nth message of a group with an id. */
static inline struct bytes captured(const char *group, uint32_t id, unsigned nth)
{
    size_t i;
    json_t *message;

    json_array_foreach (json_object_get(vectors, "messages"), i, message) {
        if (strcmp(text_of(message, "group"), group) == 0 && strtoul(text_of(message, "id"), NULL, 0) == id &&
            nth-- == 0)
            return hex(text_of(message, "hex"));
    }
    fail_msg("no message 0x%x in %s", id, group);
    return (struct bytes){NULL, 0};
}

/* A comparison with the fields that the file names of one message. */
struct comparison {
    struct fields fields;
    json_t *shown;
    bool wide;         /* an EnblocCall of an 8945, of whose line Wireshark shows other bytes */
    unsigned compared; /* so that a name that the file does not have is not taken for an equal one */
};

/* The number `at` of a field that repeats, or the only one; NULL when the file does not name it. */
static inline const char *shown_at(const struct fields *f, const char *name, size_t at)
{
    const struct comparison *c = (const struct comparison *)f;
    json_t *v = json_object_get(c->shown, name);

    /* Of each soft key set the file has the last of its 16 keys alone. */
    if (strcmp(name, "softKeyTemplateIndex") == 0 || strcmp(name, "softKeyInfoIndex") == 0) return NULL;
    if (c->wide && strcmp(name, "lineInstance") == 0) return NULL;
    if (json_is_array(v)) v = json_array_get(v, at);
    const char *shown = json_string_value(v);
    return shown && strncmp(shown, "... ", 4) != 0 ? shown : NULL; /* "... 2 more" ends a list that was cut */
}

static inline void compare_number(struct fields *f, const char *name, size_t at, uint32_t got)
{
    const char *want = shown_at(f, name, at);

    if (!want) return;
    if (strtoul(want, NULL, 0) != got) fail_msg("%s[%zu]: %u is not %s", name, at, got, want);
    ((struct comparison *)f)->compared++;
}

/* Wireshark shows a byte that is not UTF-8 as U+FFFD: of a phrase `80 nn` the mark is compared, of stale bytes none. */
static inline void compare_text(struct fields *f, const char *name, size_t at, uint8_t label, struct bytes got)
{
    const char *want = shown_at(f, name, at);

    if (!want) return;
    if (strncmp(want, "\xef\xbf\xbd", 3) == 0) {
        if (want[3] == 0 || label == 0) return;
        assert_int_equal(label, want[3]);
        want += 4;
    } else {
        if (strstr(want, "\xef\xbf\xbd")) return; /* a name that CallManager 2.x left stale */
        assert_int_equal(label, 0);
    }
    if (!bytes_are(got, want)) fail_msg("%s: %.*s is not %s", name, (int)got.len, (const char *)got.at, want);
    ((struct comparison *)f)->compared++;
}

/* How many values the file names of a message. */
static inline unsigned values_shown(json_t *message)
{
    unsigned n = 0;
    const char *name;
    json_t *v;

    json_object_foreach (json_object_get(message, "fields"), name, v)
        n += json_is_array(v) ? (unsigned)json_array_size(v) : 1;
    return n;
}

/* How many fields were compared. */
static inline unsigned compare(json_t *message, const struct sccp_message *m)
{
    const char *note = text_of(message, "note");
    struct comparison c = {.fields = {compare_number, compare_text, version_of(message)},
                           .shown = json_object_get(message, "fields"),
                           .wide = note && strstr(note, "line at body offset 28")};

    fields_of(&c.fields, m);
    return c.compared;
}
#endif
