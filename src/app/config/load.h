/* app/config/load.h: from what libcyaml made of the file to struct serve_config; the tree says where each thing stands.
 * Everything that is wrong is told, and what is sound beside it is taken. */
#ifndef APP_CONFIG_LOAD_H
#define APP_CONFIG_LOAD_H
#include "app/config/value.h"

struct load {
    struct serve_config *c;
    struct teller *t;
};

/* Of one mapping, its keys with one value each. False: at least one was told. */
bool load_keys(struct load *, const struct config_key *, void *into, const void *from, const struct node *map);
const struct node *load_list(const struct node *map, const char *key); /* its first entry; NULL: none */
void *load_array(struct load *, size_t count, size_t size);            /* zeros; NULL: none, or no memory (told) */
/* True while i may be taken of at most `most`; the first that may not is told. */
bool load_room(struct load *, const struct node *, const char *what, size_t i, size_t most);
uint8_t load_callmanagers(struct load *, char *const *text, unsigned count, const struct node *map,
                          struct record_callmanager out[RECORD_CALLMANAGERS]);
void load_dhcp(struct load *, const struct file_dhcp *, const struct node *map);
void load_provision(struct load *, const struct file *, const struct node *root); /* groups, pools, devices */
void config_make_group(struct serve_config *);              /* anew, of the nodes, when none was given */
const struct pool_record *config_default_pool(void);        /* whose values a pool has that says nothing else */
struct pool_record *config_own_pool(struct serve_config *); /* the first pool, to be written to; NULL: no memory */
#endif
