/* switch/news.h: what the switch tells (ACTION_TELL, `news`), and the facts that each carries besides FACT_PORT, which
 * is in all of them and equals the action's `stream`. Milliwatts are those at the switch; a "how" is "cisco" or "ieee".
 */
#ifndef SWITCH_NEWS_H
#define SWITCH_NEWS_H

enum switch_news {
    SWITCH_DETECTED = 0x200, /* an unpowered device: DETECTED how; CLASS (0 to 4) when IEEE */
    SWITCH_POWER_GRANTED,    /* volts are on and it draws: DETECTED how, WATTS allocated, VOLTS (48), CLASS when IEEE */
    SWITCH_POWER_DENIED,     /* no budget: WATTS wanted, DETECTED how. Once until it is granted or the device goes */
    SWITCH_POWER_NEGOTIATED, /* WATTS before, WATTS_LATER now, PROTOCOL "CDP" or "LLDP-MED" */
    SWITCH_POWER_REFUSED,    /* a wish above budget or port: WATTS kept, WATTS_LATER wished, PROTOCOL */
    SWITCH_LINK_UP,          /* both transceivers are up */
    SWITCH_LINK_DOWN,
    SWITCH_NO_LINK,      /* pre-standard: powered, but no link in time (4 s); power is off again */
    SWITCH_DISCONNECTED, /* power taken away: REASON "link down", "maintain power absent", "administrator" */
    SWITCH_OVERLOADED,   /* current above 15.4 W / V (30 W / V) for too long: power is off for 750 ms */
    SWITCH_POWER_FAULT,  /* REASON "short circuit", "no power good"; power is off */
    /* Heard first, or changed: PROTOCOL "CDP" or "LLDP", DEVICE, MODEL (platform), LOAD (software), NEIGHBOUR (its port
     * id), CAPABILITIES (of that protocol), MAC, SOURCE "voice" for a phone. */
    SWITCH_NEIGHBOUR,
    SWITCH_NEIGHBOUR_GONE, /* its time to live ended, or its link went down: DEVICE, PROTOCOL */
    SWITCH_LOOPED,         /* the port hears itself: it carries no frames until its carrier has gone */
    SWITCH_MALFORMED,      /* WHAT, AT, COUNT of those since the last such news; once a second at most */
    SWITCH_NEWS_END
};
#endif
