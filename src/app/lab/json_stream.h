/* app/lab/json_stream.h: a JSON document written part by part, so that a document of 100,000 phones is never in memory
 * as a whole.
 *
 * The bytes are those that json_dumpf of the whole would have written with JSON_INDENT(1), JSON_PRESERVE_ORDER and
 * JSON_REAL_PRECISION(9): whoever compares two documents does not see how they were made.
 * Takes   members in their order. `key` is NULL inside an array and at the start; keys are constants of ours.
 * Gives   bytes to a FILE; `failed` once one of them could not be written, or there was no memory for a value.
 * Memory  one value at a time, which is freed when it is written.
 */
#ifndef APP_LAB_JSON_STREAM_H
#define APP_LAB_JSON_STREAM_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum { JSON_STREAM_DEPTH = 8 };

struct json_stream {
    FILE *to;
    unsigned depth;
    bool filled[JSON_STREAM_DEPTH]; /* something stands in it already */
    char closing[JSON_STREAM_DEPTH];
    bool failed;
};

void json_stream_object(struct json_stream *, const char *key); /* opens one */
void json_stream_array(struct json_stream *, const char *key);
void json_stream_close(struct json_stream *);                                 /* the innermost that is open */
void json_stream_value(struct json_stream *, const char *key, json_t *value); /* whole; takes the reference */
#endif
