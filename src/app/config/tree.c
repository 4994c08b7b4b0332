#include "app/config/tree.h"
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { CHUNK = 64 * 1024 };

struct chunk {
    struct chunk *before;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

static void *take(struct tree *t, size_t n)
{
    n = (n + 15) & ~(size_t)15;
    if (!t->chunk || t->chunk->size - t->chunk->used < n) {
        size_t size = n > CHUNK ? n : CHUNK;
        struct chunk *c = malloc(sizeof *c + size);
        if (!c) return NULL;
        *c = (struct chunk){.before = t->chunk, .size = size};
        t->chunk = c;
    }
    void *at = t->chunk->bytes + t->chunk->used;
    t->chunk->used += n;
    return memset(at, 0, n);
}

void tree_free(struct tree *t)
{
    while (t->chunk) {
        struct chunk *before = t->chunk->before;
        free(t->chunk);
        t->chunk = before;
    }
    *t = (struct tree){0};
}

static struct config_mark mark_of(yaml_mark_t m)
{
    return (struct config_mark){(int)m.line + 1, (int)m.column + 1};
}

static struct node *node_new(struct tree *t, enum node_kind kind, struct config_mark at)
{
    struct node *n = take(t, sizeof *n);

    if (!n) return NULL;
    n->kind = kind;
    n->at = at;
    n->end = &n->first;
    t->nodes++;
    return n;
}

static void node_add(struct node *to, struct node *child)
{
    *to->end = child;
    to->end = &child->next;
}

struct node *tree_wrap(struct tree *t, struct node *inner, enum node_kind kind, const char *key)
{
    struct node *outer = node_new(t, kind, inner->at), *copy = node_new(t, inner->kind, inner->at);

    if (!outer || !copy) return NULL;
    *copy = *inner;
    copy->next = NULL;
    if (key) {
        copy->key = node_new(t, NODE_SCALAR, inner->at);
        if (!copy->key) return NULL;
        copy->key->text = key;
        copy->key->len = strlen(key);
    }
    outer->key = inner->key;
    node_add(outer, copy);
    return outer;
}

const struct node *node_find(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP) return NULL;
    for (const struct node *n = map->first; n; n = n->next)
        if (strcmp(n->key->text, key) == 0) return n;
    return NULL;
}

struct config_mark node_mark(const struct node *n)
{
    return n ? n->at : (struct config_mark){0};
}

/* The place of a byte, where libyaml gives only its offset. */
static struct config_mark mark_at(struct bytes text, size_t offset)
{
    struct config_mark m = {1, 1};

    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.at[i] == '\n') {
            m.line++;
            m.column = 1;
        } else if ((text.at[i] & 0xc0) != 0x80) {
            m.column++;
        }
    }
    return m;
}

/* A tab among the blanks that begin a line, up to that line: what libyaml says of one depends on what stood before. */
static bool tab_before(struct bytes text, int line, struct config_mark *at)
{
    bool begins = true;

    *at = (struct config_mark){1, 1};
    for (size_t i = 0; i < text.len && at->line <= line; i++) {
        if (text.at[i] == '\n') {
            at->line++;
            at->column = 1;
            begins = true;
            continue;
        }
        if (begins && text.at[i] == '\t') return true;
        if (text.at[i] != ' ') begins = false;
        at->column++;
    }
    return false;
}

static void tell_parser(struct teller *tell_to, const yaml_parser_t *p, struct bytes text)
{
    struct config_mark at = mark_of(p->problem_mark), tab;

    if (p->error == YAML_MEMORY_ERROR) {
        tell(tell_to, (struct config_mark){0}, "no memory is left to read it");
        return;
    }
    if (p->error == YAML_READER_ERROR) {
        at = mark_at(text, p->problem_offset);
        if (p->problem_value == -1)
            tell(tell_to, at, "this is no text in UTF-8 (%s)", p->problem);
        else
            tell(tell_to, at, "the byte 0x%02x is no text: is this a YAML file?", (unsigned)p->problem_value);
        return;
    }
    if (tab_before(text, at.line, &tab))
        tell(tell_to, tab, "a tab: YAML is indented with blanks only");
    else
        tell(tell_to, at, "this is no YAML: %s%s%s", p->problem ? p->problem : "it cannot be read",
             p->context ? " " : "", p->context ? p->context : "");
}

struct build {
    struct tree *tree;
    struct teller *tell_to;
    struct node *open[TREE_DEPTH];
    struct node *key; /* read, and its value not yet */
    int depth, documents;
    bool stop;
};

static void stop(struct build *b, struct config_mark at, const char *what)
{
    tell(b->tell_to, at, "%s", what);
    b->stop = true;
}

static bool wants_key(const struct build *b)
{
    return b->depth && b->open[b->depth - 1]->kind == NODE_MAP && !b->key;
}

static void place(struct build *b, struct node *n)
{
    if (!b->depth) {
        b->tree->root = n;
        return;
    }
    n->key = b->key;
    b->key = NULL;
    node_add(b->open[b->depth - 1], n);
}

static struct node *begin(struct build *b, enum node_kind kind, struct config_mark at)
{
    struct node *n = b->tree->nodes < TREE_NODES ? node_new(b->tree, kind, at) : NULL;

    if (!n) stop(b, at, "more than a million values: this is not what serve is made for");
    return n;
}

static void scalar(struct build *b, const yaml_event_t *e)
{
    struct config_mark at = mark_of(e->start_mark);
    struct node *n = begin(b, NODE_SCALAR, at);
    char *text = n ? take(b->tree, e->data.scalar.length + 1) : NULL;

    if (!text) {
        if (n) stop(b, at, "no memory is left to read it");
        return;
    }
    memcpy(text, e->data.scalar.value, e->data.scalar.length);
    n->text = text;
    n->len = e->data.scalar.length;
    n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (e->data.scalar.tag)
        tell(b->tell_to, at, "a tag (%.40s): write the value alone", (const char *)e->data.scalar.tag);
    if (e->data.scalar.anchor) tell(b->tell_to, at, "an anchor (&): write the value out where it is needed");
    if (wants_key(b))
        b->key = n;
    else
        place(b, n);
}

static void collection(struct build *b, enum node_kind kind, struct config_mark at, const void *anchor, const void *tag)
{
    if (wants_key(b)) {
        stop(b, at, "a key must be one word, not a list or a mapping");
        return;
    }
    if (b->depth == TREE_DEPTH) {
        stop(b, at, "too deep: nothing in this file has so many levels");
        return;
    }
    if (anchor) tell(b->tell_to, at, "an anchor (&): write the value out where it is needed");
    if (tag) tell(b->tell_to, at, "a tag (!): write the value alone");
    struct node *n = begin(b, kind, at);
    if (!n) return;
    place(b, n);
    b->open[b->depth++] = n;
}

static void heard(struct build *b, const yaml_event_t *e)
{
    struct config_mark at = mark_of(e->start_mark);

    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++b->documents == 2) stop(b, at, "a second document begins here: a configuration is one");
        break;
    case YAML_SCALAR_EVENT: scalar(b, e); break;
    case YAML_ALIAS_EVENT: stop(b, at, "an alias (*): write the value out; aliases are not taken"); break;
    case YAML_SEQUENCE_START_EVENT:
        collection(b, NODE_LIST, at, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        collection(b, NODE_MAP, at, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: b->depth--; break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT: break;
    }
}

bool tree_read(struct tree *t, struct bytes text, struct teller *tell_to)
{
    struct build b = {.tree = t, .tell_to = tell_to};
    yaml_parser_t parser;

    *t = (struct tree){0};
    if (!yaml_parser_initialize(&parser)) {
        tell(tell_to, (struct config_mark){0}, "no memory is left to read it");
        return false;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.at ? text.at : (const unsigned char *)"", text.len);
    for (bool end = false; !end && !b.stop;) {
        yaml_event_t e;
        if (!yaml_parser_parse(&parser, &e)) {
            tell_parser(tell_to, &parser, text);
            b.stop = true;
            break;
        }
        end = e.type == YAML_STREAM_END_EVENT;
        heard(&b, &e);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&parser);
    return !b.stop;
}
