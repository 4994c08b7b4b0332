/* app/lab/guests.h: who is behind the attached interfaces (--attach): put together from the servers' news of devices
 * that are no phones of the lab, and from what switch and fleet say of the interfaces.
 *
 * A guest is known by its MAC address: by DHCP, by the CallManager, or both. Its lines, its rows in the summary and the
 * keys `attached` and `guests` of the document are there only with --attach. After GUESTS_MOST no new one is noted.
 */
#ifndef APP_LAB_GUESTS_H
#define APP_LAB_GUESTS_H
#include "lab/plan.h"
#include "net/process.h"
#include "provision/device_name.h"
#include <stdio.h>

enum { GUESTS_MOST = 250, GUEST_MODEL = 32, GUEST_NUMBER = 25, GUEST_WORDS = 240 };

struct guest {
    struct mac mac;
    char device[DEVICE_NAME], model[GUEST_MODEL], number[GUEST_NUMBER]; /* empty: no phone, or not known */
    ipv4 address, callmanager;                                          /* 0: none */
    bool registered;
};

struct guest_port {
    uint32_t port, megabits; /* port 0: the fleet has not said anything yet; megabits 0: not told */
    bool link;
    uint64_t in, out, lost; /* frames */
};

struct guests {
    const struct plan *plan;
    struct guest guest[GUESTS_MOST];
    uint32_t count;
    struct guest_port port[PLAN_ATTACHED];
};

/* A news that belongs to no phone of the lab. True: `words` has what is to be said of it. */
bool guests_news(struct guests *, enum process_role, uint16_t news, struct bytes facts, char words[GUEST_WORDS]);
/* SAYS_ATTACHED, behind its first byte. True: the link has changed, and `words` says so. */
bool guests_port(struct guests *, struct reader *, char words[GUEST_WORDS]);
void guests_summary(const struct guests *, FILE *);
#endif
