/* net/pcapng.h: writes a capture file in pcapng (draft-ietf-opsawg-pcapng): section header, an interface description a
 * port with its name, enhanced packet blocks with microsecond timestamps.
 *
 * Takes   Ethernet frames without FCS, and their moment since the start.
 * Memory  a buffer of 64 KiB. The descriptor is the caller's; it may be a pipe. Writing waits if the reader is slow.
 * Errors  the first one stays: every later call returns it (a negative errno: -ENOSPC, -EPIPE with SIGPIPE ignored) and
 *         writes nothing. Blocks are written whole into the buffer, so a file ends in a cut block only after an error.
 */
#ifndef NET_PCAPNG_H
#define NET_PCAPNG_H
#include "base/engine.h"

struct pcapng {
    int fd, error;
    usec epoch; /* moment 0 of the timestamps, microseconds since 1970 */
    uint32_t interfaces;
    struct writer buffer;
    uint64_t frames;
};

/* `name` of an interface: cut to 200 bytes. All return 0 or a negative errno. */
int pcapng_open(struct pcapng *, int fd, usec epoch);
int pcapng_interface(struct pcapng *, const char *name, uint32_t *number);
/* A frame of more than 65,535 bytes is cut, and says so; an interface that was not described: -EINVAL, not sticky. */
int pcapng_frame(struct pcapng *, uint32_t interface, usec now, struct bytes frame);
int pcapng_flush(struct pcapng *); /* so that a live reader sees all until now */
int pcapng_close(struct pcapng *); /* flushes, frees the buffer; does not close the descriptor */
#endif
