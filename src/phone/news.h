/* phone/news.h: what a phone tells (ACTION_TELL), and the facts that go with it (base/facts.h).
 *
 * Every one carries BOOT (1 up; of power the boots before it) and, where a step ends with it, TOOK (ms since that step
 * began in this boot).
 */
#ifndef PHONE_NEWS_H
#define PHONE_NEWS_H

enum phone_news {
    PHONE_POWERED =
        0x100, /* 1: VOLTS (mV). The supply came; a step of its own to the switch that tells how it was detected */
    PHONE_UNPOWERED, /* the supply went: RAM and streams are gone */
    PHONE_IMAGE,     /* 2: BANK, BANKS, LOAD, HARDWARE (what came up); WHAT, AT, WHY when another bank was refused */
    PHONE_NO_IMAGE,  /* 2: no bank holds a load that can run: WHAT, AT */
    PHONE_LINK_UP,   /* carrier of the switch seen */
    PHONE_VLAN,      /* 3: VLAN (absent: untagged), SOURCE cdp|lldp|preference|none, SWITCH, PORT; WHY when untagged */
    PHONE_VLAN_CHANGED,   /* the switch announces another voice VLAN: VLAN; the address is given up */
    PHONE_POWER_GRANTED,  /* WATTS (mW): the switch allows more than low power */
    PHONE_ADDRESS,        /* 4: ADDRESS, MASK, ROUTER, SERVER, TFTP, TFTP_SOURCE, LEASE, SOURCE dhcp|preference|flash */
    PHONE_DHCP_SILENT,    /* no OFFER, or no answer to a REQUEST: TRIES so far, VLAN */
    PHONE_DHCP_NAK,       /* SERVER, TEXT, TRIES */
    PHONE_NO_TFTP_SERVER, /* an address, but nothing says where TFTP is; TEXT, the name in option 66, and WHY DNS had no
                             address for it */
    PHONE_DUPLICATE_ADDRESS, /* ADDRESS, MAC of the other, TRIES */
    PHONE_LEASE_LOST,        /* the lease ran out, or its server said NAK to a renewal */
    PHONE_FILE_ASKED,        /* FILE, TFTP */
    /* FILE, BYTES, BLOCKS, TOOK (ms), WORST (ms: the longest wait for a block), REPEATED, DOUBLED (phone/tftp.h) */
    PHONE_FILE_GOT,
    PHONE_FILE_MISSING,     /* FILE, ERROR (code), TEXT */
    PHONE_TFTP_SILENT,      /* FILE, TFTP, TRIES */
    PHONE_BAD_DOCUMENT,     /* FILE, WHAT, AT */
    PHONE_CONFIGURATION,    /* 5: FILE, SOURCE tftp|flash, CALLMANAGERS (text), COUNT, LOAD (named), STAMP, TFTP */
    PHONE_NO_CONFIGURATION, /* neither own nor default file, nor one in flash: FILES (asked), WHY */
    PHONE_EMPTY_GROUP,      /* the file names no CallManager: FILE */
    PHONE_UPGRADE,          /* a differing load is fetched: OLD, NEW, FILE */
    PHONE_UPGRADED,         /* written, verified, boot record switched: LOAD, BYTES, BANK */
    PHONE_LOAD_REFUSED,     /* NEW, WHY (Load Rejected HC, File Not Found, checksum...), WHAT, AT; goes on with LOAD */
    PHONE_CM_CONNECTING,    /* CALLMANAGER, PRIORITY */
    PHONE_CM_DOWN,  /* CALLMANAGER, PRIORITY, WHY refused|unreachable|timed out|reset|closed|no RegisterAck|keepalive */
    PHONE_REJECTED, /* CALLMANAGER, TEXT */
    PHONE_REGISTERED,    /* 6: CALLMANAGER, PRIORITY, DIRECTORY_NUMBER, LABEL, PROTOCOL, KEEPALIVE, TIME, STAMP, LOAD */
    PHONE_STANDBY,       /* a second connection is open: CALLMANAGER, PRIORITY */
    PHONE_FAILBACK,      /* a token was granted by CALLMANAGER: goes back */
    PHONE_TOKEN_REFUSED, /* CALLMANAGER, WAIT */
    PHONE_RESET,         /* the CallManager asked: RESET reset|restart, CALLMANAGER */
    PHONE_SERVICE_LOST,  /* registered no longer: WHY */
    PHONE_LINK_DOWN,     /* the carrier of the switch is gone: streams and address too */
    /* Calls (phone/call.h); all with CALL, the CallManager's reference, once it has given one. */
    PHONE_OFF_HOOK,  /* it calls, or answers */
    PHONE_DIAL_TONE, /* heard */
    PHONE_DIALS,     /* CALLED: begins to press these keys, or sent them en bloc */
    PHONE_RING_BACK, /* CALLED: it hears that the other one rings */
    PHONE_RINGS,     /* CALLING */
    PHONE_CONNECTED, /* CALLING or CALLED: who is at the other end; TOOK: since off hook, or since it rang */
    PHONE_SENDS,     /* ADDRESS, PORT, CODEC: from now on RTP goes there */
    PHONE_HEARS,     /* ADDRESS: the first packet of a stream that comes */
    PHONE_HELD,      /* by this phone */
    PHONE_RESUMED,
    PHONE_REFUSED, /* CALLED, WHY busy|reorder|congestion|invalid number */
    PHONE_MEDIA,   /* the call ends: CODEC, SENT, RECEIVED, LOST (by their numbers), JITTER; if there were any media */
    PHONE_ON_HOOK, /* the call has ended: CALLING or CALLED, WHY, TOOK (since it was answered; 0 when it was not) */
    /* One of the call: SOURCE phone|callmanager, MESSAGE (its name), and what is in it (phone/call_wire.h) */
    PHONE_MESSAGE,
    PHONE_MALFORMED, /* garbage came: ROLE (layer), WHAT, AT; once a second at most, COUNT since the last */
    /* As PHONE_TFTP_SILENT, of a file that it can do without (phone/optional.h): FILE, TFTP, TRIES */
    PHONE_OPTIONAL_SILENT,
};
#endif
