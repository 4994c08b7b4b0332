/* provision/xml_arena.h: memory for one run of Expat, out of the caller's scratch.
 *
 * Expat asks for memory through three functions that carry no context. So the arena in use stands in a pointer of the
 * calling thread, set by xml_arena_enter and cleared by xml_arena_leave around the whole life of one parser: two
 * threads may read documents at the same time, each with its own scratch, and nothing is shared.
 *
 * Memory  blocks are powers of two; a freed one goes on the list of its size and is used again. At xml_arena_leave all
 *         is gone.
 * Errors  no room: NULL to Expat, which reports XML_ERROR_NO_MEMORY, and `exhausted` says so.
 */
#ifndef PROVISION_XML_ARENA_H
#define PROVISION_XML_ARENA_H
#include "base/bytes.h"
#include <expat.h>

enum { XML_ARENA_SIZES = 20 }; /* powers of two, from 32 bytes to 16 MiB */

struct xml_arena {
    uint8_t *at, *end;
    void *freed[XML_ARENA_SIZES];
    bool exhausted;
};

const XML_Memory_Handling_Suite *xml_arena_enter(struct xml_arena *, void *scratch, size_t size);
void xml_arena_leave(void);
#endif
