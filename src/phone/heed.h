/* phone/heed.h: which broadcasts mean anything to a phone, for a driver of thousands, whom those of others would cost
 * most of its time.
 *
 * phone_heeds_broadcast knows, from the phone. phone_concern and broadcast_concern put the same question to two numbers
 * that a driver can keep side by side, a cache line for eight phones: each is a set of marks (of an address, of a
 * hardware address, of being awake), and where they share none the phone surely does not heed that broadcast. Where
 * they share one, ask phone_heeds_broadcast.
 * Garbage  a broadcast that is no sound ARP or DHCP: every phone that is awake heeds it.
 */
#ifndef PHONE_HEED_H
#define PHONE_HEED_H
#include "phone/phone.h"

/* False: a broadcast that surely means nothing to it: DHCP or ARP of others. */
bool phone_heeds(const struct phone *, struct bytes frame);
bool phone_heeds_broadcast(const struct phone *, struct bytes behind); /* the same, from its EtherType on */
uint64_t phone_concern(const struct phone *);                          /* changes only by a step of the phone */
uint64_t broadcast_concern(struct bytes behind);                       /* from its EtherType on */
#define CONCERN_ALL UINT64_MAX /* of a phone that is not known: to be asked always */
#endif
