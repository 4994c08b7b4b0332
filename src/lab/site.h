/* lab/site.h: the engines of a lab's server side: one device table, DHCP, TFTP, up to three CallManagers.
 *
 * Parties: SITE_DHCP, SITE_TFTP, SITE_CALLMANAGER and up. A driver steps them and carries out their actions; what they
 * STORE is for the driver to keep before the rest leaves (server/store.h).
 * Memory  allocated by site_open, freed by site_close. The plan outlives the site.
 */
#ifndef LAB_SITE_H
#define LAB_SITE_H
#include "lab/plan.h"
#include "server/callmanager.h"
#include "server/dhcp.h"
#include "server/documents.h"
#include "server/tftp.h"

enum { SITE_DHCP, SITE_TFTP, SITE_CALLMANAGER, SITE_PARTIES = SITE_CALLMANAGER + PLAN_CALLMANAGERS };
enum { SITE_TRANSFER_PORT = 51000, SITE_TRANSFER_PORTS = 16, SITE_SPOILT = 64 };

struct site {
    const struct plan *plan;
    struct devices devices;
    struct documents documents;
    struct dhcp_server dhcp;
    struct dhcp_interface interface;
    struct dhcp_subnet *subnet; /* voice and data of each switch */
    struct dhcp_range *pool;
    uint8_t (*options)[8];
    struct tftp_server tftp;
    struct callmanager callmanager[PLAN_CALLMANAGERS];
    struct file *file; /* the plan's, less what a fault takes away */
    size_t files;
    struct served malformed; /* by fault: what every configuration file says */
    void *memory[11 + PLAN_CALLMANAGERS + SITE_SPOILT];
    uint32_t memories;
};

bool site_open(struct site *, const struct plan *, struct fault *why);
void site_close(struct site *);
uint32_t site_parties(const struct site *);
step_fn *site_party(struct site *, uint32_t party, void **engine);
bool site_listens(const struct site *, uint8_t callmanager); /* by fault, one may refuse from the start */
/* Whose is a datagram to this port? */
uint32_t site_of_port(uint16_t port);
/* `device NUL field NUL value NUL`: changes the device; its actions go into `out`. False: refused, *why. */
bool site_change(struct site *, struct bytes what, struct outbox *out, struct fault *why);
#endif
