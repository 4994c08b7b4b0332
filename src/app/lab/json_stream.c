#include "app/lab/json_stream.h"
#include <assert.h>
#include <string.h>

/* Unlocked: a document of 100,000 phones is some millions of pieces, and nobody else writes there meanwhile. */
static void put(struct json_stream *s, const char *bytes, size_t n)
{
    if (fwrite_unlocked(bytes, 1, n, s->to) != n) s->failed = true;
}

static void put_text(struct json_stream *s, const char *text)
{
    put(s, text, strlen(text));
}

static void line(struct json_stream *s)
{
    static const char blanks[] = "\n        ";
    static_assert(sizeof blanks == JSON_STREAM_DEPTH + 2, "a line end, a blank for each level");

    put(s, blanks, 1 + s->depth);
}

/* What stands in front of a member: the comma, its line, its key. */
static void begin(struct json_stream *s, const char *key)
{
    if (s->depth) {
        if (s->filled[s->depth]) put_text(s, ",");
        s->filled[s->depth] = true;
        line(s);
    }
    if (!key) return;
    put_text(s, "\"");
    put_text(s, key);
    put_text(s, "\": ");
}

static void enter(struct json_stream *s, const char *key, const char *opening, char closing)
{
    begin(s, key);
    put_text(s, opening);
    if (s->depth + 1 == JSON_STREAM_DEPTH) { /* a slip of ours, not of whoever runs it */
        s->failed = true;
        return;
    }
    s->closing[++s->depth] = closing;
    s->filled[s->depth] = false;
}

void json_stream_object(struct json_stream *s, const char *key)
{
    enter(s, key, "{", '}');
}

void json_stream_array(struct json_stream *s, const char *key)
{
    enter(s, key, "[", ']');
}

void json_stream_close(struct json_stream *s)
{
    if (s->depth == 0) return;
    bool filled = s->filled[s->depth];
    char text[2] = {s->closing[s->depth--], '\0'};
    if (filled) line(s);
    put_text(s, text);
}

/* Jansson sets a value in as if it stood alone; inside a document it stands `depth` deeper. A line end within a string
 * is written as \n, so that each line end is one between values. */
static int deeper(const char *bytes, size_t n, void *context)
{
    struct json_stream *s = context;

    while (n) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;
        if (part) put(s, bytes, part);
        if (end) line(s);
        part += end != NULL;
        bytes += part;
        n -= part;
    }
    return s->failed ? -1 : 0;
}

void json_stream_value(struct json_stream *s, const char *key, json_t *value)
{
    const size_t flags = JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9) | JSON_ENCODE_ANY;

    begin(s, key);
    if (!value || json_dump_callback(value, deeper, s, flags) != 0) s->failed = true;
    json_decref(value);
}
