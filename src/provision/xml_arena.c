#include "provision/xml_arena.h"
#include <string.h>

enum { LEAST = 32, ALIGN = 16 };

/* Before each block: which power of two it is. As large as the strictest alignment, so that the block keeps it. */
struct head {
    _Alignas(ALIGN) size_t power;
};

/* Initial-exec: an offset from the thread pointer. The general way would call into the dynamic linker. */
static _Thread_local struct xml_arena *in_use __attribute__((tls_model("initial-exec")));

static void *take(size_t size)
{
    struct xml_arena *a = in_use;
    size_t power = 0, room = LEAST;

    if (!a) return NULL;
    while (power < XML_ARENA_SIZES && room < size) room *= 2, power++;
    if (power == XML_ARENA_SIZES) {
        a->exhausted = true;
        return NULL;
    }
    if (a->freed[power]) {
        void *block = a->freed[power];
        memcpy(&a->freed[power], block, sizeof(void *));
        return block;
    }
    if ((size_t)(a->end - a->at) < sizeof(struct head) + room) {
        a->exhausted = true;
        return NULL;
    }
    struct head *head = (struct head *)(void *)a->at;
    head->power = power;
    a->at += sizeof *head + room;
    return head + 1;
}

static void give_back(void *block)
{
    struct xml_arena *a = in_use;

    if (!block || !a) return;
    size_t power = ((struct head *)block - 1)->power;
    memcpy(block, &a->freed[power], sizeof(void *));
    a->freed[power] = block;
}

static void *resize(void *block, size_t size)
{
    if (!block) return take(size);
    size_t room = (size_t)LEAST << ((struct head *)block - 1)->power;
    if (size <= room) return block;
    void *larger = take(size);
    if (!larger) return NULL;
    memcpy(larger, block, room);
    give_back(block);
    return larger;
}

const XML_Memory_Handling_Suite *xml_arena_enter(struct xml_arena *a, void *scratch, size_t size)
{
    static const XML_Memory_Handling_Suite suite = {take, resize, give_back};
    size_t skip = (size_t)(-(uintptr_t)scratch & (ALIGN - 1));

    if (skip > size) skip = size;
    *a = (struct xml_arena){.at = (uint8_t *)scratch + skip, .end = (uint8_t *)scratch + size};
    in_use = a;
    return &suite;
}

void xml_arena_leave(void)
{
    in_use = NULL;
}
