/* app/config/tree.h: a YAML file as a tree in which everything knows its line and column; and what is told about it.
 *
 * libcyaml makes structs of a file but stops at the first thing wrong and keeps no marks. So the file is read by
 * libyaml (on which libcyaml stands) into this tree; the tree is held against libcyaml's schema, and each thing that is
 * wrong is told and taken out (config_shape); what is left goes to libcyaml (config_read).
 *
 * Takes   any bytes, up to CONFIG_FILE_MOST.
 * Memory  one arena of the tree's own, bounded by TREE_NODES values; tree_free gives all back.
 * Errors  told: what libyaml refuses, bytes that are no text, tabs, anchors and aliases (a few hundred bytes of them
 *         make gigabytes), tags, a second document, depth over TREE_DEPTH. False: there is no tree.
 */
#ifndef APP_CONFIG_TREE_H
#define APP_CONFIG_TREE_H
#include "app/config/config.h"

enum { TREE_DEPTH = 16, TREE_NODES = 1000000, TELL_MOST = 100, TELL_TEXT = 320 };

struct told {
    int line, column;
    unsigned order;
    char text[TELL_TEXT];
};

/* Collects what is wrong, to be said in the order of the file. */
struct teller {
    const char *file;
    config_say_fn *say;
    void *context;
    struct told *told;
    unsigned count, more; /* more: beyond TELL_MOST */
    bool wrong;
};

void tell(struct teller *, struct config_mark, const char *form, ...) __attribute__((format(printf, 3, 4)));
/* Told, but nothing is wrong. */
void tell_note(struct teller *, struct config_mark, const char *form, ...) __attribute__((format(printf, 3, 4)));
bool tell_all(struct teller *); /* says it all, and empties it; true: nothing was wrong */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool plain; /* a scalar without quotes */
    struct config_mark at;
    const char *text; /* of a scalar; NUL-terminated, may hold NULs before its end */
    size_t len;
    struct node *key;          /* in a map: its key, a scalar */
    struct node *first, *next; /* its children; its sibling */
    struct node **end;         /* where the next child goes */
};

struct tree {
    struct node *root; /* NULL: the file holds nothing */
    struct chunk *chunk;
    size_t nodes;
};

bool tree_read(struct tree *, struct bytes text, struct teller *);
struct node *tree_wrap(struct tree *, struct node *inner, enum node_kind,
                       const char *key); /* a list or map of this one alone */
void tree_free(struct tree *);
const struct node *node_find(const struct node *map, const char *key); /* NULL: none; of NULL too */
struct config_mark node_mark(const struct node *);                     /* of NULL: line 0 */

enum { QUOTE = 64 };
const char *quote(char to[QUOTE], const char *text,
                  size_t len); /* in single quotes, clipped, without control characters */
#endif
