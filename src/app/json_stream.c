#include "app/json_stream.h"
#include <string.h>

static void put_text(struct json_stream *s, const char *text)
{
    if (fputs(text, s->to) == EOF) s->failed = true;
}

static void line(struct json_stream *s)
{
    put_text(s, "\n");
    for (unsigned i = 0; i < s->depth; i++) put_text(s, " ");
}

/* What stands in front of a member: the comma, its line, its key. */
static void begin(struct json_stream *s, const char *key)
{
    if (s->depth) {
        if (s->filled[s->depth]) put_text(s, ",");
        s->filled[s->depth] = true;
        line(s);
    }
    if (key && fprintf(s->to, "\"%s\": ", key) < 0) s->failed = true;
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

/* Jansson sets a value in as if it stood alone; inside a document it stands `depth` deeper. A line end within a string is written
 * as \n, so that each line end is one between values. */
static int deeper(const char *bytes, size_t n, void *context)
{
    struct json_stream *s = context;

    while (n) {
        const char *end = memchr(bytes, '\n', n);
        size_t part = end ? (size_t)(end - bytes) : n;
        if (part && fwrite(bytes, 1, part, s->to) != part) s->failed = true;
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
