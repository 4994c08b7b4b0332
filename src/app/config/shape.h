/* app/config/shape.h: a tree held against the schema, and written out again for libcyaml.
 *
 * config_shape  tells each unknown key (with the one that is nearest, or where it belongs), each key that stands twice
 *               or is missing, each value of another form than the schema's, and takes those out of the tree. What is
 *               written shorter is made whole: a text where a list belongs is a list of one; a text where a mapping
 *               belongs is its switch (`tftp: off`) or the one key that must be there (`interfaces: eth1`); a key with
 *               nothing behind it is not there.
 * shape_write   the tree in one plain form of YAML (quoted, in braces), allocated; NULL: no memory.
 */
#ifndef APP_CONFIG_SHAPE_H
#define APP_CONFIG_SHAPE_H
#include "app/config/schema.h"
#include "app/config/tree.h"

void config_shape(struct tree *, struct teller *);
char *shape_write(const struct tree *, size_t *length);
#endif
