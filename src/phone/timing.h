/* phone/timing.h: the lengths of time that a phone spends on its own work.
 *
 * REAL comes from published observations where there are any and is otherwise this emulator's choice; SHORTENED is for
 * the lab. Waiting for an answer that does not come is never shortened: those lengths stand in the parts.
 */
#ifndef PHONE_TIMING_H
#define PHONE_TIMING_H
#include "base/engine.h"

struct phone_timing {
    usec inrush;           /* volts good to running: an IEEE device draws its inrush 50 to 75 ms (802.3af, 33.3.7.3) */
    usec closing;          /* before it starts over: what it closed is still said in order */
    usec loader;           /* the bootstrap loader, before it reads flash */
    usec self_test;        /* Ethernet, codec, display, keypad */
    usec link;             /* to carrier */
    usec first_discovery;  /* carrier to the first CDP and LLDP */
    usec discovery_repeat; /* the next ones, until an answer */
    usec dhcp_start;       /* RFC 2131 4.4.1: a random wait of 1 to 10 s; here 0 to this */
    usec probe_wait;       /* between ARP probes of a new address and after the last (RFC 5227: 1 to 2 s, 3 probes) */
    unsigned probes;
    usec request_pause; /* between SCCP requests of registration */
    usec flash_kib;     /* writing 1 KiB of flash */
};

extern const struct phone_timing PHONE_REAL, PHONE_SHORTENED;
#endif
