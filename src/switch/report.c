#include "switch/switch.h"

/* The rows of `show power inline`, in the words of IOS. */

static const char *admin_word(const struct pse *p)
{
    if (p->shut || p->most == 0) return "off";
    switch (p->admin) {
    case POWER_AUTO: return "auto";
    case POWER_STATIC: return "static";
    case POWER_NEVER: break;
    }
    return "off";
}

static const char *oper_word(const struct pse *p)
{
    switch (p->state) {
    case PSE_POWER_UP:
    case PSE_WAIT_LINK:
    case PSE_POWERED: return "on";
    case PSE_DENIED: return "power-deny";
    case PSE_DETECT_CISCO:
    case PSE_DETECT_IEEE:
    case PSE_CLASSIFY: return p->denied_told ? "power-deny" : "off"; /* looked at again */
    case PSE_OVERLOAD:
    case PSE_FAULT: return "faulty";
    case PSE_DISABLED:
    case PSE_LINK_ONLY:
    case PSE_DISCONNECT: break;
    }
    return "off";
}

static const char *device_word(const struct switch_port *p)
{
    static const char maker[] = "Cisco ";
    const char *platform = p->announcer.cdp.platform;

    if (!pse_gives(&p->pse)) return "n/a";
    if (p->announcer.cdp.until != 0 && platform[0] != 0)
        return bytes_begin(bytes_of(platform), maker) ? platform + sizeof maker - 1 : platform;
    return p->pse.found == PSE_FOUND_IEEE ? "Ieee PD" : "Cisco PD";
}

struct switch_report switch_port_report(const struct poe_switch *s, uint32_t port)
{
    static const char *const classes[] = {"0", "1", "2", "3", "4"};
    bool there = port >= 1 && port <= s->config->ports + 1;
    const struct switch_port *p = &s->ports[there ? port : 0];
    bool gives = there && pse_gives(&p->pse), ieee = gives && p->pse.found == PSE_FOUND_IEEE;

    return (struct switch_report){
        .port = port,
        .admin = there ? admin_word(&p->pse) : "n/a",
        .oper = there ? oper_word(&p->pse) : "n/a",
        .milliwatts = gives ? p->pse.allocated : 0,
        .millivolts = gives ? (uint32_t)-p->pse.near.millivolts : 0,
        .device = there ? device_word(p) : "n/a",
        .class = ieee && p->pse.class < ARRAY_LENGTH(classes) ? classes[p->pse.class] : "n/a",
        .max_milliwatts = p->pse.most,
        .link = there && p->up,
    };
}

const struct neighbour *switch_neighbour(const struct poe_switch *s, uint32_t port)
{
    if (port < 1 || port > s->config->ports + 1) return NULL;
    const struct announcer *a = &s->ports[port].announcer;
    return a->cdp.until != 0 ? &a->cdp : a->lldp.until != 0 ? &a->lldp : NULL;
}

uint32_t switch_budget_used(const struct poe_switch *s, uint32_t member)
{
    return member < SWITCH_MEMBERS ? s->budget[member].used : 0;
}
