/* phone/phone.h: a phone, from a bare cable to a registered line: the parts of this room, ordered by the startup
 * process.
 *
 * Takes    EVENT_LINE (the cable), EVENT_FRAME (from the switch port), EVENT_UP, EVENT_DATA, EVENT_DOWN (SCCP
 *          streams), EVENT_USER (the person at it, phone/call.h), EVENT_WAKE.
 * Gives    ACTION_LINE, ACTION_FRAME, ACTION_OPEN, ACTION_WRITE, ACTION_CLOSE (news = 1: silent, by loss of power),
 *          ACTION_STORE (a range of flash; `stream` is its offset), ACTION_TELL (phone/news.h): at most PHONE_MOST
 *          actions and PHONE_MOST_BYTES a step.
 * Memory   one struct phone; flash belongs to the driver; a workbench (for a document or a list of a load) is borrowed
 *          from a pool shared by many phones and given back in the same boot.
 * TCP      is the kernel's or the simulator's: frames with TCP are left alone here; a relay asks phone_takes_tcp and
 *          phone_path.
 * Errors   none: whatever the world does, the phone is in some step, and tells what is wrong.
 * Garbage  frames, datagrams and messages that do not decode change no state and are told once a second at most.
 */
#ifndef PHONE_PHONE_H
#define PHONE_PHONE_H
#include "phone/call.h"
#include "phone/configuration.h"
#include "phone/dhcp.h"
#include "phone/discovery.h"
#include "phone/flash.h"
#include "phone/host.h"
#include "phone/optional.h"
#include "phone/power.h"
#include "phone/station.h"
#include "phone/tftp.h"

enum { PHONE_MOST = 64, PHONE_MOST_BYTES = 65536 };
enum { OPTIONAL_DONE = 0xff };

enum phone_step { STEP_POWER, STEP_IMAGE, STEP_VLAN, STEP_ADDRESS, STEP_CONFIGURATION, STEP_REGISTRATION, STEPS };

/* Where a document is put together and parsed. */
struct workbench {
    uint8_t bytes[DOCUMENT_MOST];
    size_t len;
    uint8_t scratch[DOCUMENT_SCRATCH];
    struct document document;
    bool taken;
};

struct workbenches {
    struct workbench *bench;
    uint32_t count;
    uint32_t from;  /* where to look first: the one that was given back last */
    uint32_t taken; /* so many: where all are, thousands of phones ask in vain, and no bench is looked at */
};

struct phone_config {
    struct mac mac;
    const struct phone_model *model;
    uint8_t hardware; /* revision; 0: 1 */
    bool wall_powered;
    const struct phone_timing *timing;
    struct flash flash;
    struct workbenches *benches;
    uint64_t seed;
};

enum phone_doing {
    DOING_NOTHING,
    DOING_INRUSH,
    DOING_LOADER,
    DOING_SELF_TEST,
    DOING_LINK,
    DOING_VLAN,
    DOING_ADDRESS,
    DOING_FILES,
    DOING_LOAD_LIST,
    DOING_LOAD,
    DOING_LOAD_PART,
    DOING_FLASH,
    DOING_REGISTRATION,
    DOING_WAIT_FILES,
    DOING_WAIT_ADDRESS,
    DOING_CLOSING,
    DOING_DEAD
};

struct phone {
    struct phone_config config;
    struct random random;
    enum phone_doing doing;
    uint8_t boot, bank, place, tftp_server, rounds, want, last;
    bool file_got, answered, bad;    /* of the walk through the files; answered: by the TFTP server */
    bool profile_got;                /* in this boot, or done without */
    uint8_t broken_off;              /* transfers of the file at hand that the server forgot */
    bool carrier, unsettled;         /* unsettled: waits because of CallManagers, not of files */
    bool load_refused;               /* wanted_load could not be had: this boot goes on without it */
    bool optional_asked;             /* the transfer at hand is of a file that it can do without */
    uint8_t optional;                /* the next of those, 0 up; OPTIONAL_DONE */
    uint8_t part;                    /* of a vendor's load: which file of its list, 0 up */
    usec due, began, malformed_told; /* `due`: of what we are doing; `began`: this step */
    uint32_t malformed, written;
    uint16_t next_port;
    struct workbench *bench;
    struct power power;
    struct preferences preferences;
    struct load_manifest load;
    struct host host;
    struct discovery discovery;
    struct dhcp_client dhcp;
    struct lease remembered;
    struct tftp_client tftp;
    struct station station;
    struct phone_call call;
    struct optional_locales locales;
    char wanted_load[LOAD_NAME], stamp[STAMP], file[FILE_NAME];
};
_Static_assert(sizeof(struct phone) <= 2048, "a phone is at most 2 KiB");

void phone_init(struct phone *, const struct phone_config *);
usec phone_step(void *phone, usec now, const struct event *, struct outbox *);

struct phone_path { /* how a packet of this phone is framed */
    struct mac self, next;
    bool tagged;
    uint16_t vlan;
    uint8_t priority;
};
bool phone_path(const struct phone *, ipv4 to,
                struct phone_path *out); /* false: it has no power, no link, no address, or no next hop */
/* Is this frame TCP for this phone, now? Then *packet is the IPv4 packet. */
bool phone_takes_tcp(const struct phone *, struct bytes frame, struct bytes *packet);
ipv4 phone_address(const struct phone *); /* 0: none */
bool phone_registered(const struct phone *);
enum phone_step phone_step_of(const struct phone *);    /* in which of the six it is */
struct workbench *workbench_take(struct workbenches *); /* NULL: all are taken */
#endif
