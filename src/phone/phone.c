#include "phone/boot.h"
#include "wire/dhcp.h"
#include "wire/ipv4_udp.h"
#include <string.h>

enum { PRIORITY_SIGNALLING = 3 };
static const usec REJECT_WAIT = 31 * SECOND; /* as a 7925 was seen to wait */

struct writer *phone_tell(const struct phone *p, enum phone_news news, struct outbox *out)
{
    struct writer *w = put(out, (struct action){.kind = ACTION_TELL, .news = (uint16_t)news});

    tell_number(w, FACT_BOOT, p->boot);
    return w;
}

struct writer *phone_tell_step(struct phone *p, usec now, enum phone_news news, struct outbox *out)
{
    struct writer *w = phone_tell(p, news, out);

    tell_number(w, FACT_TOOK, (now - p->began) / MSEC);
    p->began = now;
    return w;
}

void phone_malformed(struct phone *p, usec now, const char *layer, const struct fault *why, struct outbox *out)
{
    p->malformed++;
    if (p->malformed_told && now < p->malformed_told + SECOND) return;
    struct writer *w = phone_tell(p, PHONE_MALFORMED, out);
    tell_text(w, FACT_ROLE, bytes_of(layer));
    tell_fault(w, why);
    tell_number(w, FACT_COUNT, p->malformed);
    p->malformed_told = now ? now : 1;
}

void phone_do(struct phone *p, enum phone_doing doing, usec due)
{
    p->doing = doing;
    p->due = due;
}

static struct discovery_self discovery_self(const struct phone *p)
{
    return (struct discovery_self){&p->host, p->config.model, &p->load, p->config.timing,
                                   p->power.wall ? 0 : p->power.milliwatts};
}

static struct dhcp_self dhcp_self(struct phone *p)
{
    const struct phone_model *m = p->config.model;

    return (struct dhcp_self){
        &p->host, p->config.timing, &p->random, {(const uint8_t *)m->option60, m->option60_len}, NULL};
}

struct station_self phone_station_self(struct phone *p)
{
    return (struct station_self){.host = &p->host,
                                 .model = p->config.model,
                                 .load = &p->load,
                                 .timing = p->config.timing,
                                 .boot = p->boot,
                                 .stamp = p->stamp,
                                 .file = p->file,
                                 .refused = p->load_refused ? p->wanted_load : "",
                                 .call = &p->call,
                                 .random = &p->random};
}

static struct call_self call_self(struct phone *p)
{
    return (struct call_self){.host = &p->host,
                              .load = &p->load,
                              .random = &p->random,
                              .boot = p->boot,
                              .protocol = p->station.protocol,
                              .soft_keys = p->load.soft_keys,
                              .registered = phone_registered(p),
                              .stream = p->doing == DOING_REGISTRATION ? station_stream(&p->station) : 0};
}

static void say_line(struct phone *p, struct outbox *out)
{
    struct line l;

    if (power_say(&p->power, &l)) line_encode(put(out, (struct action){.kind = ACTION_LINE}), &l);
}

/* RAM is gone; flash, and what the copper does, stay. */
static void forget_all(struct phone *p)
{
    files_forget(p);
    discovery_stop(&p->discovery);
    dhcp_client_stop(&p->dhcp);
    host_init(&p->host, p->config.mac);
    power_low(&p->power, p->config.model);
    p->stamp[0] = p->wanted_load[0] = p->file[0] = '\0';
    p->profile_got = false;
    p->load_refused = false;
    p->rounds = 0;
    p->unsettled = false;
}

void phone_init(struct phone *p, const struct phone_config *config)
{
    memset(p, 0, sizeof *p);
    p->config = *config;
    if (p->config.hardware == 0) p->config.hardware = 1;
    p->random = random_from(config->seed ^ mac_number(config->mac));
    power_init(&p->power, config->model, config->wall_powered);
    host_init(&p->host, config->mac);
    p->tftp.due = p->dhcp.due = NEVER;
    phone_call_init(&p->call);
    p->last = LAST_INITIALIZED;
    p->next_port = (uint16_t)(49152 + random_below(&p->random, 8192));
    phone_do(p, DOING_NOTHING, NEVER);
}

static void lose_power(struct phone *p, usec now, struct outbox *out)
{
    (void)phone_tell(p, PHONE_UNPOWERED, out);
    station_vanish(&p->station, out);
    forget_all(p);
    p->remembered = (struct lease){0};
    p->power.carrier = p->carrier = false;
    p->last = LAST_INITIALIZED;
    p->began = now;
    phone_do(p, DOING_NOTHING, NEVER);
}

static void hear_line(struct phone *p, usec now, const struct event *e, struct outbox *out)
{
    struct line l;
    struct fault why;

    if (!line_decode(&l, e->bytes, &why)) {
        phone_malformed(p, now, "line", &why, out);
        return;
    }
    if (power_hear(&p->power, &l)) {
        if (p->power.state == POWER_OFF) {
            lose_power(p, now, out);
        } else {
            p->began = now;
            phone_do(p, DOING_INRUSH, now + p->config.timing->inrush);
        }
    }
    say_line(p, out);
}

void phone_reboot(struct phone *p, usec now, enum last last, struct outbox *out)
{
    station_stop(&p->station, out);
    files_forget(p);
    p->last = (uint8_t)last;
    phone_do(p, DOING_CLOSING,
             now + p->config.timing->closing); /* the host still answers: FINs leave, and are acknowledged */
}

static void start_over(struct phone *p, usec now, struct outbox *out)
{
    if (p->dhcp.state == DHCP_BOUND || p->dhcp.state == DHCP_RENEWING || p->dhcp.state == DHCP_REBINDING)
        p->remembered = p->dhcp.lease;
    forget_all(p);
    say_line(p, out);
    p->began = now;
    phone_do(p, DOING_LOADER, now + p->config.timing->loader);
}

/* Step 2: the bootstrap loader. */
static void run_loader(struct phone *p, usec now, struct outbox *out)
{
    struct flash_boot boot;
    uint8_t text[FLASH_TEXT];
    struct fault why;

    if (p->boot < 255) p->boot++;
    flash_boot(&p->config.flash, p->config.model->device_type, p->config.hardware, &boot);
    if (boot.bank == FLASH_BANKS) {
        tell_fault(phone_tell_step(p, now, PHONE_NO_IMAGE, out), &boot.refused);
        phone_do(p, DOING_DEAD, NEVER);
        return;
    }
    p->bank = boot.bank;
    p->load = boot.load.manifest;
    size_t len = flash_record_read(&p->config.flash, FLASH_PREFERENCES, text, sizeof text, NULL);
    if (!preferences_read(&p->preferences, (struct bytes){text, len}, &why)) {
        phone_malformed(p, now, "preferences", &why, out);
        p->preferences = (struct preferences){0};
    }
    struct writer *w = phone_tell_step(p, now, PHONE_IMAGE, out);
    tell_number(w, FACT_BANK, (uint64_t)p->bank + 1);
    tell_number(w, FACT_BANKS, FLASH_BANKS);
    tell_text(w, FACT_LOAD, bytes_of(p->load.name));
    tell_text(w, FACT_MODEL, bytes_of(p->config.model->name));
    if (boot.refused.kind != FAULT_NONE) {
        tell_fault(w, &boot.refused);
        tell_number(w, FACT_ERROR, (uint64_t)boot.refused_bank + 1);
    }
    phone_do(p, DOING_SELF_TEST, now + p->config.timing->self_test);
}

/* Step 3 begins when the link is up. */
static void start_vlan(struct phone *p, usec now, struct outbox *out)
{
    struct discovery_self self = discovery_self(p);
    const struct phone_model *m = p->config.model;
    bool asks = p->load.asks_power && m->max_milliwatts > p->power.milliwatts;

    (void)phone_tell(p, PHONE_LINK_UP, out);
    p->began = now;
    discovery_start(&p->discovery, &self, now, asks ? m->max_milliwatts : 0);
    phone_do(p, DOING_VLAN, NEVER);
    if (p->preferences.admin_vlan) {
        p->discovery.decided = true;
        p->discovery.source = VLAN_FROM_PREFERENCE;
        p->discovery.vlan = p->preferences.admin_vlan;
        p->discovery.decide_due = NEVER;
    }
}

static void check_link(struct phone *p, usec now, struct outbox *out)
{
    bool carrier = power_carrier(&p->power);

    if (p->doing == DOING_LINK && carrier)
        start_vlan(p, now, out);
    else if (p->carrier && !carrier && p->power.state == POWER_ON && p->doing > DOING_LINK && p->doing != DOING_DEAD) {
        (void)phone_tell(p, PHONE_LINK_DOWN, out);
        station_vanish(&p->station, out); /* nothing reaches anybody: from the link again */
        forget_all(p);
        say_line(p, out);
        phone_do(p, DOING_LINK, NEVER);
    }
    p->carrier = carrier;
}

static void tell_vlan(struct phone *p, usec now, struct outbox *out)
{
    static const char *const source[] = {"none", "cdp", "lldp", "preference"};
    struct discovery *d = &p->discovery;
    struct writer *w = phone_tell_step(p, now, PHONE_VLAN, out);

    if (d->vlan != VLAN_UNTAGGED) tell_number(w, FACT_VLAN, d->vlan);
    tell_text(w, FACT_SOURCE, bytes_of(source[d->source]));
    if (d->neighbour[0]) tell_text(w, FACT_SWITCH, bytes_of(d->neighbour));
    if (d->port[0]) tell_text(w, FACT_PORT, bytes_of(d->port));
    if (d->native_vlan) tell_number(w, FACT_NATIVE_VLAN, d->native_vlan);
    if (d->vlan != VLAN_UNTAGGED) return;
    bool told = now < d->held, heard = d->heard_cdp || d->heard_lldp; /* told: 0, 4095, or a policy without a tag */
    tell_text(w, FACT_WHY,
              bytes_of(told    ? "the switch wants voice without a VLAN"
                       : heard ? "the switch announces no voice VLAN"
                               : "no CDP or LLDP came"));
}

static void announce_address(struct phone *p, usec now, const struct lease *l, const char *source, struct outbox *out)
{
    static const char *const tftp[] = {"none", "option 150", "option 66", "siaddr", "sname", "preference"};
    struct writer *w = phone_tell_step(p, now, PHONE_ADDRESS, out);

    tell_ipv4(w, FACT_ADDRESS, l->address);
    tell_ipv4(w, FACT_MASK, l->mask);
    tell_ipv4(w, FACT_ROUTER, l->router);
    if (l->server) tell_ipv4(w, FACT_SERVER, l->server);
    if (l->tftp[0]) tell_ipv4(w, FACT_TFTP, l->tftp[0]);
    tell_text(w, FACT_TFTP_SOURCE, bytes_of(tftp[l->tftp_source]));
    if (l->seconds) tell_number(w, FACT_LEASE, l->seconds);
    if (p->dhcp.other_server) tell_ipv4(w, FACT_OTHER_SERVER, p->dhcp.other_server);
    tell_text(w, FACT_SOURCE, bytes_of(source));
}

static void prefer_tftp(struct phone *p) /* the user's server wins over all that DHCP says */
{
    struct lease *l = &p->dhcp.lease;

    if (p->preferences.alternate_tftp == 0) return;
    l->tftp[0] = p->preferences.alternate_tftp;
    l->tftp[1] = 0;
    l->tftp_source = TFTP_FROM_PREFERENCE;
}

/* The TFTP server is known, or nothing will name it: on to the files. */
static void go_for_files(struct phone *p, usec now, const char *source, const char *why, struct outbox *out)
{
    struct lease *l = &p->dhcp.lease;

    announce_address(p, now, l, source, out);
    if (l->tftp[0] == 0) {
        struct writer *w = phone_tell(p, PHONE_NO_TFTP_SERVER, out);
        if (why) tell_text(w, FACT_WHY, bytes_of(why));
        if (why) tell_text(w, FACT_TEXT, bytes_of(p->dhcp.resolver.name));
    }
    files_start(p, now, out);
}

/* An address is there. */
static void got_address(struct phone *p, usec now, const char *source, struct outbox *out)
{
    struct dhcp_client *c = &p->dhcp;

    prefer_tftp(p);
    bool known = c->lease.tftp_source == TFTP_FROM_150 || c->lease.tftp_source == TFTP_FROM_PREFERENCE;
    if (c->resolver.name[0] && !known)
        resolver_start(&c->resolver, &p->host, &p->random, now, out);
    else
        go_for_files(p, now, source, NULL, out);
}

static void hear_name(struct phone *p, usec now, enum resolver_heard heard, ipv4 address, struct outbox *out)
{
    struct lease *l = &p->dhcp.lease;

    switch (heard) {
    case RESOLVER_NOTHING:
    case RESOLVER_MALFORMED: break;
    case RESOLVER_GOT:
        l->tftp[0] = address;
        l->tftp[1] = 0;
        l->tftp_source = TFTP_FROM_66;
        go_for_files(p, now, "dhcp", NULL, out);
        break;
    case RESOLVER_UNKNOWN: go_for_files(p, now, "dhcp", "DNS unknown host", out); break;
    case RESOLVER_SILENT: go_for_files(p, now, "dhcp", "DNS timeout", out); break;
    }
}

void phone_ask_address(struct phone *p, usec now, struct outbox *out)
{
    struct dhcp_self self = dhcp_self(p);
    struct preferences *u = &p->preferences;

    files_forget(p);
    host_forget(&p->host);
    p->host.vlan = p->discovery.vlan;
    p->host.priority = PRIORITY_SIGNALLING;
    if (u->address) {
        p->dhcp = (struct dhcp_client){
            .due = NEVER,
            .lease = {
                .address = u->address, .mask = u->mask, .router = u->router, .t1 = NEVER, .t2 = NEVER, .end = NEVER}};
        p->host.address = u->address;
        p->host.mask = u->mask;
        p->host.router = u->router;
        host_announce(&p->host, out);
        got_address(p, now, "preference", out);
        return;
    }
    dhcp_client_start(&p->dhcp, &self, now, &p->remembered);
    p->remembered = (struct lease){0};
    phone_do(p, DOING_ADDRESS, NEVER);
}

static void vlan_decided(struct phone *p, usec now, struct outbox *out)
{
    if (p->doing == DOING_VLAN) {
        tell_vlan(p, now, out);
        phone_ask_address(p, now, out);
    } else if (p->doing > DOING_VLAN && p->doing != DOING_CLOSING && p->doing != DOING_DEAD &&
               p->host.vlan != p->discovery.vlan) {
        struct writer *w = phone_tell(p, PHONE_VLAN_CHANGED, out);
        if (p->discovery.vlan != VLAN_UNTAGGED) tell_number(w, FACT_VLAN, p->discovery.vlan);
        struct dhcp_self self = dhcp_self(p);
        station_stop(&p->station, out);
        dhcp_client_release(&p->dhcp, &self, out); /* in the old VLAN, while it still can */
        p->began = now;
        tell_vlan(p, now, out);
        phone_ask_address(p, now, out);
    }
}

/* `said`: the words of a NAK. */
static void hear_dhcp(struct phone *p, usec now, enum dhcp_heard heard, const char *said, struct outbox *out)
{
    struct dhcp_client *c = &p->dhcp;
    struct writer *w;

    switch (heard) {
    case DHCP_NOTHING:
    case DHCP_MALFORMED: break;
    case DHCP_RENEWED: prefer_tftp(p); break;
    case DHCP_GOT: got_address(p, now, "dhcp", out); break;
    case DHCP_REFUSED:
        w = phone_tell(p, PHONE_DHCP_NAK, out);
        tell_ipv4(w, FACT_SERVER, c->lease.server);
        tell_text(w, FACT_TEXT, bytes_of(said));
        tell_number(w, FACT_TRIES, c->naks);
        break;
    case DHCP_LOST:
        (void)phone_tell(p, PHONE_LEASE_LOST, out);
        station_vanish(&p->station, out);     /* without an address nothing can be said */
        if (p->doing == DOING_CLOSING) break; /* it starts over anyway */
        files_forget(p);
        p->began = now;
        phone_do(p, DOING_ADDRESS, NEVER);
        break;
    case DHCP_NO_ANSWER:
        w = phone_tell(p, PHONE_DHCP_SILENT, out);
        tell_number(w, FACT_TRIES, c->tries > 1 ? c->tries - 1u : 1u);
        if (p->host.vlan != VLAN_UNTAGGED) tell_number(w, FACT_VLAN, p->host.vlan);
        break;
    case DHCP_DUPLICATED:
        w = phone_tell(p, PHONE_DUPLICATE_ADDRESS, out);
        tell_ipv4(w, FACT_ADDRESS, c->refused);
        tell_mac(w, FACT_MAC, c->other);
        tell_number(w, FACT_TRIES, c->declines);
        break;
    }
}

static void hear_station(struct phone *p, usec now, enum station_heard heard, struct outbox *out)
{
    switch (heard) {
    case STATION_NOTHING: break;
    case STATION_REGISTERED:
        p->rounds = 0;
        p->began = now;
        files_keep(p, out);
        optional_start(p, now, out);
        break;
    case STATION_LOAD: upgrade_start(p, now, bytes_of(p->station.load), out); break;
    case STATION_RESET: phone_reboot(p, now, LAST_RESET_RESET, out); break;
    case STATION_RESTART:
        p->last = LAST_RESET_RESTART;
        p->began = now;
        files_start(p, now, out);
        break;
    case STATION_REJECTED:
        p->last = LAST_REG_REJECTED;
        p->unsettled = true;
        phone_do(p, DOING_WAIT_FILES, now + REJECT_WAIT);
        break;
    case STATION_NOBODY: /* 10, 20, 40, then each 60 s: the configuration again, and the list from its top */
        p->last = p->station.last;
        p->unsettled = true;
        phone_do(p, DOING_WAIT_FILES, now + (p->rounds < 3 ? (10 * SECOND) << p->rounds : 60 * SECOND));
        if (p->rounds < 255) p->rounds++;
        break;
    }
}

static void hear_udp(struct phone *p, usec now, struct host_frame *f, struct outbox *out)
{
    struct fault why = {.kind = FAULT_NONE};
    struct dhcp_self self = dhcp_self(p);

    if (f->udp.to == DHCP_CLIENT_PORT) {
        char said[DHCP_SAID] = "";
        self.said = said;
        enum dhcp_heard heard = dhcp_client_hear(&p->dhcp, &self, now, f, &why, out);
        if (heard == DHCP_MALFORMED)
            phone_malformed(p, now, "dhcp", &why, out);
        else
            hear_dhcp(p, now, heard, said, out);
        return;
    }
    if (p->dhcp.resolver.running && f->udp.to == p->dhcp.resolver.port) {
        ipv4 address = 0;
        enum resolver_heard heard = resolver_hear(&p->dhcp.resolver, &p->host, now, f, &address, &why, out);
        if (heard == RESOLVER_MALFORMED)
            phone_malformed(p, now, "dns", &why, out);
        else
            hear_name(p, now, heard, address, out);
        return;
    }
    struct call_self call = call_self(p);
    if (!phone_call_voice(&p->call, &call, now, f, out)) files_hear(p, now, f, out);
}

static void take_grant(struct phone *p, usec now, struct outbox *out)
{
    if (p->discovery.granted < p->discovery.wants) return;
    p->power.milliwatts = p->discovery.granted;
    p->discovery.cdp_due = now; /* it says at once what it draws from now on */
    tell_number(phone_tell(p, PHONE_POWER_GRANTED, out), FACT_WATTS, p->power.milliwatts);
    say_line(p, out);
}

static void hear_discovery(struct phone *p, usec now, struct host_frame *f, struct outbox *out)
{
    struct discovery_self self = discovery_self(p);
    struct fault why = {.kind = FAULT_NONE};
    uint32_t before = p->discovery.granted;

    switch (discovery_hear(&p->discovery, &self, now, &f->ethernet, &why)) {
    case DISCOVERY_NOTHING: break;
    case DISCOVERY_MALFORMED: phone_malformed(p, now, "discovery", &why, out); break;
    case DISCOVERY_VLAN: vlan_decided(p, now, out); break;
    case DISCOVERY_POWER: break;
    }
    if (p->discovery.granted != before) take_grant(p, now, out); /* it may come in one message with the VLAN */
}

static void hear_frame(struct phone *p, usec now, struct bytes frame, struct outbox *out)
{
    struct host_frame f = {0};
    struct dhcp_self self = dhcp_self(p);
    struct station_self station;

    if (p->doing <= DOING_LINK || p->doing == DOING_DEAD || !p->carrier) return; /* no software yet that could hear */
    switch (host_hear(&p->host, now, frame, &f, out)) {
    case HOST_NOTHING:
    case HOST_TCP: break;
    case HOST_MALFORMED: phone_malformed(p, now, "frame", &f.why, out); break;
    case HOST_UDP: hear_udp(p, now, &f, out); break;
    case HOST_RESOLVED:
        tftp_client_resolved(&p->tftp, &p->host, now, out);
        dhcp_client_resolved(&p->dhcp, &self, now, out);
        resolver_resolved(&p->dhcp.resolver, &p->host, now, out);
        station = phone_station_self(p);
        if (p->doing == DOING_REGISTRATION) hear_station(p, now, station_wake(&p->station, &station, now, out), out);
        break;
    case HOST_DUPLICATE: hear_dhcp(p, now, dhcp_client_duplicate(&p->dhcp, &self, now, f.mac, out), "", out); break;
    case HOST_RAW: hear_discovery(p, now, &f, out); break;
    }
}

static void wake_own(struct phone *p, usec now, struct outbox *out)
{
    switch (p->doing) {
    case DOING_INRUSH:
        p->power.state = POWER_ON;
        tell_number(phone_tell_step(p, now, PHONE_POWERED, out), FACT_VOLTS, power_volts(&p->power));
        phone_do(p, DOING_LOADER, now + p->config.timing->loader);
        break;
    case DOING_LOADER: run_loader(p, now, out); break;
    case DOING_SELF_TEST:
        phone_do(p, DOING_LINK, p->power.carrier ? NEVER : now + p->config.timing->link);
        check_link(p, now, out);
        break;
    case DOING_LINK:
        p->due = NEVER;
        p->power.carrier = true;
        say_line(p, out);
        check_link(p, now, out);
        break;
    case DOING_WAIT_ADDRESS: phone_ask_address(p, now, out); break;
    case DOING_CLOSING: start_over(p, now, out); break;
    case DOING_FILES:
    case DOING_LOAD_LIST:
    case DOING_LOAD:
    case DOING_LOAD_PART:
    case DOING_FLASH:
    case DOING_WAIT_FILES: files_wake(p, now, out); break;
    case DOING_NOTHING:
    case DOING_VLAN:
    case DOING_ADDRESS:
    case DOING_REGISTRATION:
    case DOING_DEAD: p->due = NEVER; break;
    }
}

static void wake(struct phone *p, usec now, struct outbox *out)
{
    struct discovery_self discovery = discovery_self(p);
    struct dhcp_self dhcp = dhcp_self(p);
    struct station_self station = phone_station_self(p);
    bool decided = false;

    if (p->due <= now) wake_own(p, now, out);
    if (p->carrier && p->doing >= DOING_VLAN && p->doing != DOING_DEAD) {
        (void)discovery_wake(&p->discovery, &discovery, now, &decided, out);
        if (decided || (p->doing == DOING_VLAN && p->discovery.decided)) vlan_decided(p, now, out);
        (void)host_wake(&p->host, now, out);
        if (dhcp_client_due(&p->dhcp) <= now) hear_dhcp(p, now, dhcp_client_wake(&p->dhcp, &dhcp, now, out), "", out);
        if (resolver_due(&p->dhcp.resolver) <= now)
            hear_name(p, now, resolver_wake(&p->dhcp.resolver, &p->host, now, out), 0, out);
        if (tftp_client_due(&p->tftp) <= now) files_wake(p, now, out);
        if (p->doing == DOING_REGISTRATION) hear_station(p, now, station_wake(&p->station, &station, now, out), out);
        if (phone_call_due(&p->call) <= now) {
            struct call_self call = call_self(p);
            phone_call_wake(&p->call, &call, now, out);
        }
    }
}

static usec next_due(const struct phone *p)
{
    const struct discovery *d = &p->discovery;
    usec due = p->due;

    if (!p->carrier || p->doing < DOING_VLAN || p->doing == DOING_DEAD) return due;
    if (d->running) due = earlier(due, earlier(earlier(d->cdp_due, d->lldp_due), d->decided ? NEVER : d->decide_due));
    if (p->doing == DOING_VLAN && d->decided) due = 0; /* the user's preference: no need to wait */
    for (size_t i = 0; i < HOST_NEIGHBOURS; i++)
        if (p->host.neighbour[i].address) due = earlier(due, p->host.neighbour[i].due);
    due = earlier(due, earlier(dhcp_client_due(&p->dhcp), resolver_due(&p->dhcp.resolver)));
    due = earlier(due, tftp_client_due(&p->tftp));
    if (p->doing == DOING_REGISTRATION) due = earlier(due, station_due(&p->station));
    return earlier(due, phone_call_due(&p->call));
}

static void user_acts(struct phone *p, usec now, struct bytes what, struct outbox *out)
{
    struct call_self call = call_self(p);

    phone_call_user(&p->call, &call, now, what, out);
}

/* A call lives no longer than the connection that it was made on. */
static void keep_call(struct phone *p, usec now, struct outbox *out)
{
    struct call_self call = call_self(p);

    if (p->call.stage != STAGE_IDLE && p->call.stream != call.stream) phone_call_lost(&p->call, &call, now, out);
}

usec phone_step(void *phone, usec now, const struct event *e, struct outbox *out)
{
    struct phone *p = phone;
    struct station_self station = phone_station_self(p);

    switch (e->kind) {
    case EVENT_WAKE: wake(p, now, out); break;
    case EVENT_LINE:
        hear_line(p, now, e, out);
        check_link(p, now, out);
        break;
    case EVENT_FRAME: hear_frame(p, now, e->bytes, out); break;
    case EVENT_UP:
    case EVENT_DATA:
    case EVENT_DOWN:
        if (p->doing == DOING_REGISTRATION) hear_station(p, now, station_hear(&p->station, &station, now, e, out), out);
        break;
    case EVENT_DATAGRAM:
    case EVENT_CLOCK:
    case EVENT_UNSTORED: break;
    case EVENT_USER: user_acts(p, now, e->bytes, out); break;
    }
    keep_call(p, now, out);
    return next_due(p);
}

bool phone_path(const struct phone *p, ipv4 to, struct phone_path *out)
{
    if (!p->carrier || p->host.address == 0 || !host_known(&p->host, to, &out->next)) return false;
    out->self = p->host.mac;
    out->tagged = p->host.vlan != VLAN_UNTAGGED;
    out->vlan = p->host.vlan;
    out->priority = p->host.priority;
    return true;
}

bool phone_takes_tcp(const struct phone *p, struct bytes frame, struct bytes *packet)
{
    struct ethernet e;
    struct ipv4_packet ip;
    struct fault why;

    if (!p->carrier || p->host.address == 0 || !ethernet_decode(&e, frame, &why)) return false;
    bool tagged = e.tagged && e.vlan != 0;
    if (e.form != ETHERNET_II || e.type != TYPE_IPV4 || !mac_equal(e.to, p->host.mac)) return false;
    if (p->host.vlan == VLAN_UNTAGGED ? tagged : !tagged || e.vlan != p->host.vlan) return false;
    if (!ipv4_decode(&ip, e.payload, &why) || ip.to != p->host.address || ip.protocol != PROTOCOL_TCP) return false;
    *packet = (struct bytes){e.payload.at, (size_t)(ip.payload.at + ip.payload.len - e.payload.at)};
    return true;
}

ipv4 phone_address(const struct phone *p)
{
    return p->host.address;
}

bool phone_registered(const struct phone *p)
{
    return p->doing == DOING_REGISTRATION && station_registered(&p->station);
}

enum phone_step phone_step_of(const struct phone *p)
{
    switch (p->doing) {
    case DOING_NOTHING:
    case DOING_INRUSH: return STEP_POWER;
    case DOING_LOADER:
    case DOING_SELF_TEST:
    case DOING_CLOSING:
    case DOING_DEAD: return STEP_IMAGE;
    case DOING_LINK:
    case DOING_VLAN: return STEP_VLAN;
    case DOING_ADDRESS:
    case DOING_WAIT_ADDRESS: return STEP_ADDRESS;
    case DOING_FILES:
    case DOING_LOAD_LIST:
    case DOING_LOAD:
    case DOING_LOAD_PART:
    case DOING_FLASH: return STEP_CONFIGURATION;
    case DOING_WAIT_FILES: return p->unsettled ? STEP_REGISTRATION : STEP_CONFIGURATION;
    case DOING_REGISTRATION: return STEP_REGISTRATION;
    }
    return STEP_POWER;
}
