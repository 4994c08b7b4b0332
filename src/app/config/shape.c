#include "app/config/shape.h"
#include "base/hex.h"
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 32, WORD = 24 };

struct shape {
    struct tree *tree;
    struct teller *tell_to;
};

/* How many letters must be put in, left out, changed or swapped with their neighbour (optimal string alignment). */
static unsigned distance(const char *a, size_t n, const char *b)
{
    unsigned before[WORD + 1] = {0}, last[WORD + 1], now[WORD + 1];
    size_t m = strlen(b);

    if (n > WORD || m > WORD) return WORD;
    for (size_t j = 0; j <= m; j++) last[j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        memcpy(before, last, sizeof before);
        memcpy(last, now, sizeof last);
    }
    return last[m];
}

static const cyaml_schema_field_t *inside(const cyaml_schema_value_t *s)
{
    if (s->type == CYAML_SEQUENCE) s = s->sequence.entry;
    return s->type == CYAML_MAPPING ? s->mapping.fields : NULL;
}

/* The mapping that knows the key, by the key of that mapping; NULL: none does. */
static const char *belongs(const cyaml_schema_value_t *s, const char *name, const char *key)
{
    const cyaml_schema_field_t *f = inside(s);

    for (const cyaml_schema_field_t *i = f; i && i->key; i++)
        if (strcmp(i->key, key) == 0) return name;
    for (const cyaml_schema_field_t *i = f; i && i->key; i++) {
        const char *in = belongs(&i->value, i->key, key);
        if (in) return in;
    }
    return NULL;
}

static void unknown(struct shape *s, const struct node *key, const cyaml_schema_field_t *fields)
{
    const char *nearest = NULL, *in;
    unsigned least = (unsigned)(key->len / 3) + 1;
    char quoted[QUOTE];

    (void)quote(quoted, key->text, key->len);
    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        unsigned d = distance(key->text, key->len, f->key);
        if (d > least || (d == least && nearest)) continue;
        least = d;
        nearest = f->key;
    }
    if (nearest) {
        tell(s->tell_to, key->at, "unknown key %s: '%s' is the nearest", quoted, nearest);
        return;
    }
    in = belongs(&config_schema, "the top of the file", key->text);
    if (in) {
        tell(s->tell_to, key->at, "unknown key %s here: it belongs in %s", quoted, in);
        return;
    }
    char keys[TELL_TEXT - QUOTE - 40] = "";
    for (const cyaml_schema_field_t *f = fields; f->key; f++) {
        if (strlen(keys) + strlen(f->key) + 3 > sizeof keys) break;
        if (f != fields) strcat(keys, ", ");
        strcat(keys, f->key);
    }
    tell(s->tell_to, key->at, "unknown key %s: the keys here are %s", quoted, keys);
}

static bool is_nothing(const struct node *n)
{
    return n->kind == NODE_SCALAR && n->plain &&
           (n->len == 0 || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

static const char *form_of(const struct node *n)
{
    static const char *const words[] = {
        [NODE_SCALAR] = "a single value", [NODE_LIST] = "a list", [NODE_MAP] = "a mapping"};

    return words[n->kind];
}

static bool has_key(const cyaml_schema_field_t *f, const char *key)
{
    for (; f->key; f++)
        if (strcmp(f->key, key) == 0) return true;
    return false;
}

/* The key that a mapping's short form stands for: its switch (an address: that), the only one that must be there, the
 * address. NULL: it has no short form. */
static const char *short_for(const cyaml_schema_value_t *s, const struct node *n)
{
    const cyaml_schema_field_t *fields = s->mapping.fields;
    const char *must = NULL;
    unsigned musts = 0;

    if (has_key(fields, "serve")) return has_key(fields, "address") && strchr(n->text, '.') ? "address" : "serve";
    if (has_key(fields, "enabled")) return "enabled";
    for (const cyaml_schema_field_t *f = fields; f->key; f++)
        if (!(f->value.flags & CYAML_FLAG_OPTIONAL)) {
            must = f->key;
            musts++;
        }
    if (musts == 1) return must;
    return has_key(fields, "address") ? "address" : NULL;
}

static bool fits(struct shape *, struct node **, const cyaml_schema_value_t *, const char *name);

static void fit_list(struct shape *s, struct node *list, const cyaml_schema_value_t *entry, const char *name)
{
    struct node **at = &list->first;

    while (*at) {
        if (is_nothing(*at)) tell(s->tell_to, (*at)->at, "%s: an entry with nothing in it", name);
        if (!is_nothing(*at) && fits(s, at, entry, name))
            at = &(*at)->next;
        else
            *at = (*at)->next;
    }
    list->end = at;
}

static bool fit_pair(struct shape *s, struct node **at, const cyaml_schema_field_t *fields,
                     const struct node *seen[FIELDS])
{
    const struct node *key = (*at)->key;
    size_t i = 0;

    while (fields[i].key && strcmp(fields[i].key, key->text) != 0) i++;
    if (!fields[i].key || strlen(key->text) != key->len) {
        unknown(s, key, fields);
        return false;
    }
    if (seen[i]) {
        tell(s->tell_to, key->at, "'%s' stands twice: line %d has it too", key->text, seen[i]->key->at.line);
        return false;
    }
    seen[i] = *at;
    if (is_nothing(*at)) return false;
    return fits(s, at, &fields[i].value, fields[i].key);
}

static bool fit_map(struct shape *s, struct node *map, const cyaml_schema_field_t *fields, const char *name)
{
    const struct node *seen[FIELDS] = {0};
    struct node **at = &map->first;
    bool whole = true;

    while (*at) {
        if (fit_pair(s, at, fields, seen))
            at = &(*at)->next;
        else
            *at = (*at)->next;
    }
    map->end = at;
    for (size_t i = 0; fields[i].key; i++) {
        if ((fields[i].value.flags & CYAML_FLAG_OPTIONAL) || node_find(map, fields[i].key)) continue;
        if (!seen[i] || is_nothing(seen[i]))
            tell(s->tell_to, map->at, "%s: '%s' is missing, and must be there", name, fields[i].key);
        whole = false;
    }
    return whole;
}

static bool wrap(struct shape *s, struct node **at, enum node_kind kind, const char *key)
{
    struct node *outer = tree_wrap(s->tree, *at, kind, key);

    if (!outer) {
        tell(s->tell_to, (*at)->at, "no memory is left to read it");
        return false;
    }
    outer->next = (*at)->next;
    *at = outer;
    return true;
}

/* False: told, and to be taken out. */
static bool fits(struct shape *s, struct node **at, const cyaml_schema_value_t *schema, const char *name)
{
    const struct node *n = *at;

    if (schema->type == CYAML_MAPPING) {
        const char *key = n->kind == NODE_SCALAR ? short_for(schema, n) : NULL;
        if (key && !wrap(s, at, NODE_MAP, key)) return false;
        if ((*at)->kind == NODE_MAP) return fit_map(s, *at, schema->mapping.fields, name);
        tell(s->tell_to, n->at, "%s: %s stands here, and a mapping (KEY: VALUE) belongs here", name, form_of(n));
        return false;
    }
    if (schema->type == CYAML_SEQUENCE) {
        const cyaml_schema_value_t *entry = schema->sequence.entry;
        bool one = n->kind == NODE_SCALAR && (entry->type == CYAML_STRING || short_for(entry, n));
        if (one && !wrap(s, at, NODE_LIST, NULL)) return false;
        if ((*at)->kind == NODE_LIST) {
            fit_list(s, *at, entry, name);
            return true;
        }
        tell(s->tell_to, n->at, "%s: %s stands here, and a list belongs here (- before each)", name, form_of(n));
        return false;
    }
    if (n->kind != NODE_SCALAR) {
        tell(s->tell_to, n->at, "%s: %s stands here, and a single value belongs here", name, form_of(n));
        return false;
    }
    if (strlen(n->text) == n->len) return true;
    tell(s->tell_to, n->at, "%s: the value holds a NUL", name);
    return false;
}

void config_shape(struct tree *t, struct teller *tell_to)
{
    struct shape s = {t, tell_to};

    if (t->root && is_nothing(t->root)) t->root = NULL;
    if (!t->root) return;
    if (t->root->kind != NODE_MAP) {
        tell(tell_to, t->root->at, "%s stands here, and keys belong here, such as 'interfaces:'", form_of(t->root));
        t->root = NULL;
        return;
    }
    (void)fit_map(&s, t->root, config_schema.mapping.fields, "the file");
}

struct text {
    char *at;
    size_t len, size;
    bool failed;
};

static void put_bytes(struct text *t, const char *from, size_t n)
{
    if (t->failed) return;
    if (t->size - t->len < n) {
        size_t size = t->size * 2 + n + 1024;
        char *at = realloc(t->at, size);
        if (!at) {
            t->failed = true;
            return;
        }
        t->at = at;
        t->size = size;
    }
    memcpy(t->at + t->len, from, n);
    t->len += n;
}

static void put_text(struct text *t, const char *text)
{
    put_bytes(t, text, strlen(text));
}

/* Double-quoted, with an escape for all that is not plain ASCII, so that no reader folds a line break into a blank. The
 * text is UTF-8: libyaml has seen to that. */
static void put_quoted(struct text *t, const struct node *n)
{
    put_text(t, "\"");
    for (size_t i = 0; i < n->len;) {
        unsigned char c = (unsigned char)n->text[i];
        if (c >= 0x20 && c < 0x7f) {
            if (c == '"' || c == '\\') put_text(t, "\\");
            put_bytes(t, &n->text[i++], 1);
            continue;
        }
        size_t more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        uint32_t letter = more ? c & (0x3fu >> more) : c;
        for (i++; more && i < n->len; more--) letter = letter << 6 | ((unsigned char)n->text[i++] & 0x3fu);
        char escape[10] = "\\U";
        for (int k = 0; k < 8; k++) escape[2 + k] = HEX_DIGITS[letter >> (28 - 4 * k) & 15];
        put_bytes(t, escape, sizeof escape);
    }
    put_text(t, "\"");
}

static void put_node(struct text *t, const struct node *n)
{
    if (n->kind == NODE_SCALAR) {
        put_quoted(t, n);
        return;
    }
    put_text(t, n->kind == NODE_MAP ? "{" : "[");
    for (const struct node *i = n->first; i; i = i->next) {
        if (n->kind == NODE_MAP) {
            put_quoted(t, i->key);
            put_text(t, ": ");
        }
        put_node(t, i);
        put_text(t, i->next ? ",\n" : "");
    }
    put_text(t, n->kind == NODE_MAP ? "}" : "]");
}

char *shape_write(const struct tree *tree, size_t *length)
{
    struct text t = {0};

    if (tree->root) put_node(&t, tree->root);
    if (t.failed || !t.at) {
        free(t.at);
        return NULL;
    }
    *length = t.len;
    return t.at;
}
