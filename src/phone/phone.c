/* The order of it all: steps 1 and 2 (power, image), which event goes to which part, and when the next of them wants
 * to be woken. Step 3 is in vlan.c, 4 in address.c, 5 in files.c and upgrade.c; of 6 (station.c) what it leads to.
 */
#include "phone/boot.h"
#include <string.h>

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

void phone_say_line(struct phone *p, struct outbox *out)
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
    phone_say_line(p, out);
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
    phone_say_line(p, out);
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
static void check_link(struct phone *p, usec now, struct outbox *out)
{
    bool carrier = power_carrier(&p->power);

    if (p->doing == DOING_LINK && carrier)
        vlan_start(p, now, out);
    else if (p->carrier && !carrier && p->power.state == POWER_ON && p->doing > DOING_LINK && p->doing != DOING_DEAD) {
        (void)phone_tell(p, PHONE_LINK_DOWN, out);
        station_vanish(&p->station, out); /* nothing reaches anybody: from the link again */
        forget_all(p);
        phone_say_line(p, out);
        phone_do(p, DOING_LINK, NEVER);
    }
    p->carrier = carrier;
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
    if (address_hear(p, now, f, out)) return;
    struct call_self call = call_self(p);
    if (!phone_call_voice(&p->call, &call, now, f, out)) files_hear(p, now, f, out);
}

static void hear_frame(struct phone *p, usec now, struct bytes frame, struct outbox *out)
{
    struct host_frame f = {0};
    struct station_self station;

    if (p->doing <= DOING_LINK || p->doing == DOING_DEAD || !p->carrier) return; /* no software yet that could hear */
    switch (host_hear(&p->host, now, frame, &f, out)) {
    case HOST_NOTHING:
    case HOST_TCP: break;
    case HOST_MALFORMED: phone_malformed(p, now, "frame", &f.why, out); break;
    case HOST_UDP: hear_udp(p, now, &f, out); break;
    case HOST_RESOLVED:
        tftp_client_resolved(&p->tftp, &p->host, now, out);
        address_resolved(p, now, out);
        station = phone_station_self(p);
        if (p->doing == DOING_REGISTRATION) hear_station(p, now, station_wake(&p->station, &station, now, out), out);
        break;
    case HOST_DUPLICATE: address_duplicate(p, now, f.mac, out); break;
    case HOST_RAW: vlan_hear(p, now, &f, out); break;
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
        phone_say_line(p, out);
        check_link(p, now, out);
        break;
    case DOING_WAIT_ADDRESS: address_start(p, now, out); break;
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
    struct station_self station = phone_station_self(p);

    if (p->due <= now) wake_own(p, now, out);
    if (p->carrier && p->doing >= DOING_VLAN && p->doing != DOING_DEAD) {
        vlan_wake(p, now, out);
        (void)host_wake(&p->host, now, out);
        address_wake(p, now, out);
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
    usec due = p->due;

    if (!p->carrier || p->doing < DOING_VLAN || p->doing == DOING_DEAD) return due;
    due = earlier(due, vlan_due(p));
    for (size_t i = 0; i < HOST_NEIGHBOURS; i++)
        if (p->host.neighbour[i].address) due = earlier(due, p->host.neighbour[i].due);
    due = earlier(due, address_due(p));
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
