/* server/news.h: what the servers tell (ACTION_TELL, `news`). Each line: when; its facts (base/facts.h).
 * Where a device is meant: DEVICE (its name), MAC, MODEL (as in the model table; absent when unknown).
 */
#ifndef SERVER_NEWS_H
#define SERVER_NEWS_H

enum server_news {
    /* DHCP */
    DHCP_TOLD_OFFERED = 0x300, /* an OFFER was sent. MAC, ADDRESS, MASK, ROUTER, TFTP, LEASE */
    DHCP_TOLD_BOUND,           /* an ACK was sent. As OFFERED, and WHY: selecting, init-reboot, renewing, rebinding */
    DHCP_TOLD_REFUSED,         /* a NAK was sent. MAC, ADDRESS (that was asked), WHY */
    DHCP_TOLD_RELEASED,        /* MAC, ADDRESS */
    DHCP_TOLD_DECLINED,        /* a client found the address in use. MAC, ADDRESS, WAIT (s of quarantine) */
    DHCP_TOLD_EXPIRED,         /* a lease ended. MAC, ADDRESS */
    DHCP_TOLD_EXHAUSTED, /* no address was left for a client. MAC, ADDRESS (the subnet's first), COUNT (since start) */
    DHCP_TOLD_NO_SUBNET, /* a request from a subnet that we do not serve. MAC, ADDRESS (giaddr or ciaddr; may be 0) */
    DHCP_TOLD_INFORMED,  /* an INFORM was answered. MAC, ADDRESS */
    DHCP_TOLD_UNSTORED,  /* a lease could not be stored and was taken back. MAC, ADDRESS */
    DHCP_TOLD_MALFORMED, /* ADDRESS (of the sender), WHAT, AT, COUNT (since start) */
    /* Offers that nobody took hold a quarter of the free addresses: the oldest is taken back. MAC (whose it was),
     * ADDRESS, COUNT (since start); once a second at most */
    DHCP_TOLD_STARVED,
    /* A relay, or a port of it, has all the leases that it may have. MAC, ADDRESS (of the relay), TEXT (circuit id as
     * hex digits; absent: the relay as a whole), COUNT; once a second at most */
    DHCP_TOLD_LIMITED,
    DHCP_TOLD_CONFLICT, /* an ARP probe was answered: the address is in use. MAC (who has it), ADDRESS, WAIT (s) */
    /* TFTP */
    TFTP_TOLD_BEGUN = 0x320, /* a transfer began. ADDRESS, PORT (the client's), FILE, BYTES */
    TFTP_TOLD_DONE, /* its last block was acknowledged. ADDRESS, PORT, FILE, BYTES, BLOCKS, TRIES (repeats), TOOK */
    TFTP_TOLD_TIMED_OUT, /* given up. ADDRESS, PORT, FILE, BYTES (that were acknowledged), TRIES */
    TFTP_TOLD_ABORTED,   /* the client sent ERROR. ADDRESS, PORT, FILE, ERROR (code), TEXT (its own) */
    TFTP_TOLD_REFUSED,   /* ERROR was sent. ADDRESS, PORT, FILE, ERROR (code), WHY */
    TFTP_TOLD_MALFORMED, /* ADDRESS, PORT, WHAT, AT, COUNT (since start) */
    /* Who asked for files (server/askers.h) */
    ASKER_TOLD_SIP =
        0x330,        /* a phone runs SIP. ADDRESS, MAC (if it named it), FILE, COUNT (requests), WHY, TEXT (advice) */
    ASKER_TOLD_TRUST, /* a phone probably holds an old trust list. As ASKER_TOLD_SIP */
    ASKER_TOLD_ATA,   /* an ATA 186 or 188 has no profile. As ASKER_TOLD_SIP */
    ASKER_TOLD_STRANGER, /* nobody entered it, and auto-registration is off. As ASKER_TOLD_SIP, and NEAREST */
    /* CallManager; in all: CALLMANAGER (its own address), PORT (its own) */
    CM_CONNECTED = 0x340, /* a connection came. ADDRESS */
    CM_ALARM,             /* ADDRESS, PRIORITY (severity), TEXT */
    CM_DEVICE_MADE,       /* auto-registration made a device. DEVICE, MAC, MODEL, ADDRESS, DIRECTORY_NUMBER */
    CM_REGISTERING, /* RegisterAck was sent. DEVICE, MAC, MODEL, ADDRESS, PROTOCOL, KEEPALIVE, LOAD (if it told it) */
    /* Registration is complete: the time was answered (or never asked for). As CM_REGISTERING, and DIRECTORY_NUMBER,
     * STAMP, TOOK (since RegisterAck) */
    CM_REGISTERED,
    /* RegisterReject was sent. DEVICE, ADDRESS, TEXT (as sent), WHY; NEAREST: a known device whose name differs in one
     * digit, or by two that changed places */
    CM_REJECTED,
    /* A registered device is gone. DEVICE, MAC, ADDRESS, WHY: unregistered, keepalive timeout, connection closed (or
     * how else it ended), duplicate, reset, no response to reset, removed, rejected */
    CM_UNREGISTERED,
    CM_RESET,           /* Reset was sent. DEVICE, MAC, ADDRESS, RESET (1 reset, 2 restart), STAMP, WHY */
    CM_TOKEN_GIVEN,     /* RegisterTokenAck. DEVICE, ADDRESS */
    CM_TOKEN_REFUSED,   /* RegisterTokenReject. DEVICE, ADDRESS, WAIT */
    CM_FULL,            /* a connection was closed at once: no place in the table. ADDRESS, COUNT */
    CM_DISCONNECTED,    /* an unregistered connection is gone. ADDRESS, WHY */
    CM_UNKNOWN_MESSAGE, /* ADDRESS, REASON (the id), COUNT (of this connection); told once a connection */
    CM_MALFORMED, /* ADDRESS, REASON (the id; none of what cannot be framed), WHAT, AT, COUNT (of this connection) */
    CM_UNSTORED,  /* a device could not be stored and was taken back. DEVICE, MAC */
    CM_EVICTED, /* a connection of which nothing sound came made room for a new one. ADDRESS, COUNT (since start); told
                   once a second at most */
    /* Calls (server/call.h); in all: CALL (its reference), CALLING (number), and the caller's DEVICE, MAC, ADDRESS
     * while it is there; from RINGING on CALLED (number) */
    CM_CALL_BEGUN,     /* dial tone, or a number at once */
    CM_CALL_RINGING,   /* the number was complete and its phone rings */
    CM_CALL_CONNECTED, /* answered. CODEC */
    CM_CALL_HELD,      /* LABEL (the number of who holds it) */
    CM_CALL_RESUMED,   /* LABEL */
    CM_CALL_REFUSED,   /* the caller hears a tone. CALLED (as dialled), WHY (call_outcome_name) */
    CM_CALL_ENDED,     /* WHY (call_outcome_name), TOOK (since it was answered; 0 when it was not) */
    /* The device table */
    DEVICE_CHANGED = 0x360, /* DEVICE, MAC, PREFERENCE (the field), OLD, NEW, STAMP, RESET (0, 1, 2: what follows) */
};
#endif
