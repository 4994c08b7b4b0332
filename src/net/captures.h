/* net/captures.h: the capture files of a lab on real frames: one of the phones' ports, one of the uplink.
 *
 * Takes   the descriptors of a process (process.capture, process.capture_uplink; -1: that file is not wanted),
 *         frames in the order in which they pass. A loop: its time is that of a frame, and at the end of each of its
 *         turns what was written leaves, so that whoever reads a capture while the lab runs sees all until now.
 * Gives   pcapng (net/pcapng.h). The file of the ports has an interface for each phone of the plan, `port 1` and up,
 *         then one for each attached interface, `port N (NAME)`; that of the uplink has one, `uplink`.
 * Memory  that of each open file. The struct must not move.
 * Errors  a capture that misses frames is worse than none: the disk is full, or the reader of the pipe is gone, and
 *         so it is said that the role failed (SAYS_FAILED), and nothing more is written to that file.
 */
#ifndef NET_CAPTURES_H
#define NET_CAPTURES_H
#include "lab/fleet.h"
#include "net/loop.h"
#include "net/pcapng.h"
#include "net/process.h"

struct captures {
    const struct process *process;
    struct loop *loop;
    struct pcapng ports, uplink;
    bool of_ports, of_uplink; /* is being written */
};

/* `first`: the switch of the attached interfaces. Returns 0 or a negative errno. */
int captures_open(struct captures *, const struct process *, struct loop *, const struct fleet *first);
void captures_port(struct captures *, uint32_t phone, struct bytes frame); /* from `phones` up: attached interfaces */
void captures_uplink(struct captures *, struct bytes frame);
void captures_flush(struct captures *);
void captures_close(struct captures *); /* the descriptors stay the caller's */
#endif
