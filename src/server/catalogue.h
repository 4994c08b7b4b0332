/* server/catalogue.h: an index of file names, which finds them as phones send them.
 *
 * Takes   names of files, "/" between folders. The place of each in the order of adding is its number.
 * Finds   without case (phones vary it, and Unix does not); "\" is "/", several are one, those at the beginning are
 *         passed over; when nothing has the name, "Cisco/" before it is passed over too (IP Communicator and old
 *         loads). Of names that differ in case only, the one that is written as asked is found, else the one added
 *         first.
 * Garbage an empty name, one with a NUL, with "." or ".." between slashes, or longer than CATALOGUE_NAME, is never
 * found
 *         and never taken. There is no path: what was not added cannot be reached, however it is written.
 * Memory  catalogue_size(most) bytes from the owner at init. The names are borrowed, and stay where they are.
 * Cost    one hash of the name, and a chain of 1 name on average.
 */
#ifndef SERVER_CATALOGUE_H
#define SERVER_CATALOGUE_H
#include "base/bytes.h"

enum { CATALOGUE_NAME = 512 };
#define CATALOGUE_NONE UINT32_MAX

struct catalogue_entry {
    struct bytes name;
    uint32_t next;
};

struct catalogue {
    struct catalogue_entry *entry;
    uint32_t *bucket, buckets, count, most;
};

size_t catalogue_size(uint32_t most);
bool catalogue_init(struct catalogue *, uint32_t most, void *memory, size_t size);
uint32_t catalogue_add(struct catalogue *, struct bytes name); /* its number; CATALOGUE_NONE: no room, or not a name */
uint32_t catalogue_find(const struct catalogue *, struct bytes name); /* its number; CATALOGUE_NONE: not there */
#endif
