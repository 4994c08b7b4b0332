#include "phone/boot.h"
#include "provision/device_name.h"

static const usec FILES_AGAIN = 45 * SECOND; /* with files that it cannot use a phone was seen to ask again each 45 s */
static const usec ADDRESS_AGAIN = 5 * SECOND;

struct workbench *workbench_take(struct workbenches *all)
{
    for (uint32_t n = 0; n < all->count && all->taken < all->count; n++) {
        uint32_t i = (all->from + n) % all->count;
        struct workbench *b = &all->bench[i];
        if (b->taken) continue;
        b->taken = true;
        all->taken++;
        b->len = 0;
        all->from = i + 1;
        return b;
    }
    return NULL;
}

void workbench_add(struct workbench *b, struct bytes data)
{
    struct writer w = writer(b->bytes + b->len, sizeof b->bytes - b->len);

    write_bytes(&w, data);
    b->len += w.len;
}

void files_give_back(struct phone *p)
{
    if (p->bench) {
        p->bench->taken = false;
        p->config.benches->taken--;
        p->config.benches->from = (uint32_t)(p->bench - p->config.benches->bench);
    }
    p->bench = NULL;
}

void files_forget(struct phone *p)
{
    tftp_client_stop(&p->tftp);
    p->optional_asked = false;
    files_give_back(p);
}

static ipv4 server(const struct phone *p)
{
    return p->dhcp.lease.tftp[p->tftp_server];
}

void files_fetch(struct phone *p, usec now, const char *name, struct outbox *out)
{
    struct writer *w = phone_tell(p, PHONE_FILE_ASKED, out);

    tell_text(w, FACT_FILE, bytes_of(name));
    tell_ipv4(w, FACT_TFTP, server(p));
    p->optional_asked = false;
    p->next_port = p->next_port < 65000 ? (uint16_t)(p->next_port + 1) : 49152;
    tftp_client_start(&p->tftp, &p->host, now, server(p), p->next_port, bytes_of(name), out);
    p->due = NEVER;
}

static void again_later(struct phone *p, usec now, usec wait)
{
    files_forget(p);
    phone_do(p, DOING_WAIT_FILES, now + wait);
}

/* What configured us says whom to register with. */
static bool adopt(struct phone *p, const struct good_configuration *g)
{
    struct station *s = &p->station;

    s->cms = 0;
    for (uint8_t i = 0; i < g->callmanagers && s->cms < STATION_CMS; i++) {
        if (g->callmanager[i].address == 0)
            continue; /* a name: these phones would ask DNS; an address is what we can use */
        s->cm[s->cms].address = g->callmanager[i].address;
        s->cm[s->cms].port = g->callmanager[i].port;
        s->cms++;
    }
    s->connection_monitor = (usec)g->connection_monitor * SECOND;
    text_copy(p->stamp, sizeof p->stamp, bytes_of(g->stamp));
    text_copy(p->file, sizeof p->file, bytes_of(g->file));
    text_copy(p->wanted_load, sizeof p->wanted_load, bytes_of(g->load));
    return s->cms > 0;
}

static void tell_configuration(struct phone *p, usec now, const struct good_configuration *g, const char *source,
                               struct outbox *out)
{
    struct writer *w = phone_tell_step(p, now, PHONE_CONFIGURATION, out);
    uint8_t list[3 * 22];
    struct writer l = writer(list, sizeof list);

    for (uint8_t i = 0; i < p->station.cms; i++) {
        if (i) write_text(&l, ", ");
        write_ipv4_text(&l, p->station.cm[i].address);
    }
    tell_text(w, FACT_FILE, bytes_of(g->file));
    tell_text(w, FACT_SOURCE, bytes_of(source));
    tell_text(w, FACT_CALLMANAGERS, written(&l));
    tell_number(w, FACT_COUNT, p->station.cms);
    if (g->load[0]) tell_text(w, FACT_LOAD, bytes_of(g->load));
    if (g->stamp[0]) tell_text(w, FACT_STAMP, bytes_of(g->stamp));
    tell_ipv4(w, FACT_TFTP, server(p));
}

/* It goes on with the load that runs: what is kept may name an older one, and a TFTP server that is down has none. */
static bool use_flash(struct phone *p, usec now, struct outbox *out)
{
    uint8_t text[FLASH_TEXT];
    struct good_configuration g;
    struct fault why;
    size_t len = flash_record_read(&p->config.flash, FLASH_CONFIGURATION, text, sizeof text, NULL);

    if (len == 0 || !good_decode(&g, (struct bytes){text, len}, &why) || !adopt(p, &g)) return false;
    files_forget(p);
    p->wanted_load[0] = '\0';
    tell_configuration(p, now, &g, "flash", out);
    files_register(p, now, out);
    return true;
}

/* The walk is over and nothing configured us. */
static void give_up(struct phone *p, usec now, const char *why, struct outbox *out)
{
    bool silent = !p->answered;

    files_forget(p);
    if (p->file_got) { /* a document is there already: what was asked after it can be done without */
        files_register(p, now, out);
        return;
    }
    if (use_flash(p, now, out)) return;
    tell_text(phone_tell(p, PHONE_NO_CONFIGURATION, out), FACT_WHY, bytes_of(why));
    if (!silent) {
        again_later(p, now, FILES_AGAIN);
        return;
    }
    /* A server that does not answer at all: a 7961 drops its address and starts DHCP again. */
    phone_do(p, DOING_WAIT_ADDRESS, now + ADDRESS_AGAIN);
}

static bool next_server(struct phone *p)
{
    if (p->tftp_server + 1u >= ARRAY_LENGTH(p->dhcp.lease.tftp) || p->dhcp.lease.tftp[p->tftp_server + 1u] == 0)
        return false;
    p->tftp_server++;
    p->place = 0;
    return true;
}

static void ask_next(struct phone *p, usec now, struct outbox *out)
{
    char name[FILE_NAME];

    for (;; p->place++) {
        p->want = (uint8_t)configuration_name(name, sizeof name, &p->load, p->config.model, p->config.mac, p->place);
        bool needless = want_is_document((enum want)p->want) ? p->file_got : p->want == WANT_PROFILE && p->profile_got;
        if (!needless) break;
    }
    if (p->want == WANT_NOTHING) {
        /* A 7912 whose CallManagers did not answer was seen to ask its configuration again, and no profile. */
        p->profile_got = p->profile_got || p->file_got;
        if (p->file_got)
            files_register(p, now, out);
        else
            give_up(p, now, p->bad ? "the file cannot be used" : "neither an own nor a default file is there", out);
        return;
    }
    if (want_is_document((enum want)p->want) && !p->bench) {
        p->bench = workbench_take(p->config.benches);
        if (!p->bench) { /* all in use by other phones of this process: a moment later */
            phone_do(p, DOING_FILES, now + BENCH_WAIT);
            return;
        }
    }
    phone_do(p, DOING_FILES, NEVER);
    files_fetch(p, now, name, out);
}

void files_start(struct phone *p, usec now, struct outbox *out)
{
    files_forget(p);
    p->place = p->broken_off = 0;
    p->tftp_server = 0;
    p->optional = OPTIONAL_DONE;
    p->file_got = p->answered = p->bad = p->unsettled = p->load_refused = false;
    p->wanted_load[0] = '\0';
    if (server(p) == 0) {
        give_up(p, now, "no TFTP server is known", out);
        return;
    }
    ask_next(p, now, out);
}

void files_register(struct phone *p, usec now, struct outbox *out)
{
    struct station_self self = phone_station_self(p);
    struct bytes wanted = bytes_of(p->wanted_load);

    files_forget(p);
    if (wanted.len && !p->load_refused && !bytes_equal_nocase(wanted, bytes_of(p->load.name))) {
        upgrade_start(p, now, wanted, out);
        return;
    }
    phone_do(p, DOING_REGISTRATION, NEVER);
    p->began = now;
    station_start(&p->station, &self, now, (enum last)p->last, out);
}

static void document_got(struct phone *p, usec now, struct outbox *out)
{
    struct workbench *b = p->bench;
    struct good_configuration g = {0};
    struct fault why;
    struct bytes text = {b->bytes, b->len};
    bool xml = want_is_xml((enum want)p->want);
    bool good =
        xml ? document_read(&b->document, text, p->config.model->device_type, b->scratch, sizeof b->scratch, &why)
            : plain_read(&b->document, text, &why);

    if (!good) {
        struct writer *w = phone_tell(p, PHONE_BAD_DOCUMENT, out);
        tell_text(w, FACT_FILE, bytes_of(p->tftp.name));
        tell_fault(w, &why);
        p->bad = true;
        files_give_back(p);
        if (p->want == WANT_OWN_XML ||
            p->want == WANT_OWN_CNF) { /* an own file that is broken does not lead to the default one */
            give_up(p, now, "the file cannot be used", out);
            return;
        }
        p->place++;
        ask_next(p, now, out);
        return;
    }
    const struct document *d = &b->document;
    g.callmanagers = d->callmanagers;
    for (uint8_t i = 0; i < d->callmanagers; i++) g.callmanager[i] = d->callmanager[i];
    g.connection_monitor = d->connection_monitor ? d->connection_monitor : 120;
    text_copy(g.load, sizeof g.load, bytes_of(d->load));
    text_copy(g.stamp, sizeof g.stamp, bytes_of(d->stamp));
    text_copy(g.file, sizeof g.file, bytes_of(p->tftp.name));
    text_copy(p->locales.user, sizeof p->locales.user, bytes_of(d->user_locale));
    text_copy(p->locales.network, sizeof p->locales.network, bytes_of(d->network_locale));
    bool someone = adopt(p, &g);
    files_give_back(p);
    if (!someone) {
        tell_text(phone_tell(p, PHONE_EMPTY_GROUP, out), FACT_FILE, bytes_of(p->tftp.name));
        give_up(p, now, "the file names no CallManager", out);
        return;
    }
    p->file_got = true;
    p->optional = 0;
    tell_configuration(p, now, &g, "tftp", out);
    p->place++;
    ask_next(p, now, out);
}

/* A document, as it comes. */
static void document_block(struct phone *p, usec now, struct bytes data, struct outbox *out)
{
    if (data.len > DOCUMENT_MOST - p->bench->len) {
        tftp_client_abort(&p->tftp, &p->host, TFTP_DISK_FULL, "file too long", out);
        p->bad = true;
        give_up(p, now, "the file is too long", out);
        return;
    }
    workbench_add(p->bench, data);
}

static bool is_upgrade(const struct phone *p)
{
    return p->doing == DOING_LOAD_LIST || p->doing == DOING_LOAD || p->doing == DOING_LOAD_PART;
}

static void block_got(struct phone *p, usec now, struct bytes data, struct outbox *out)
{
    if (is_upgrade(p))
        upgrade_block(p, now, data, out);
    else if (p->bench && want_is_document((enum want)p->want))
        document_block(p, now, data, out);
    /* trust lists and profiles: it is enough to have had them */
}

static void all_got(struct phone *p, usec now, struct outbox *out)
{
    struct writer *w = phone_tell(p, PHONE_FILE_GOT, out);

    tell_text(w, FACT_FILE, bytes_of(p->tftp.name));
    tell_number(w, FACT_BYTES, p->tftp.received);
    tell_number(w, FACT_BLOCKS, (uint16_t)(p->tftp.block - 1));
    tell_number(w, FACT_TOOK, (now - p->tftp.began) / MSEC);
    tell_number(w, FACT_WORST, p->tftp.worst / MSEC);
    tell_number(w, FACT_REPEATED, p->tftp.repeated);
    tell_number(w, FACT_DOUBLED, p->tftp.doubled);
    p->answered = true;
    p->broken_off = 0;
    if (p->optional_asked) {
        optional_next(p, now, out);
    } else if (is_upgrade(p)) {
        upgrade_got(p, now, out);
    } else if (p->bench && want_is_document((enum want)p->want)) {
        document_got(p, now, out);
    } else {
        p->profile_got = p->profile_got || p->want == WANT_PROFILE;
        p->place++;
        ask_next(p, now, out);
    }
}

/* The server gave a transfer up while our ACKs were lost, and knows nothing of it any more (RFC 1350, 4: error 5). That
 * says nothing of the file: a phone that took it for missing would go on to the default file, and be registered as a
 * stranger. */
static void broken_off(struct phone *p, usec now, struct outbox *out)
{
    if (++p->broken_off < TFTP_TRIES)
        ask_next(p, now, out);
    else
        give_up(p, now, "the TFTP server breaks off each transfer", out);
}

static void missing(struct phone *p, usec now, struct bytes words, struct outbox *out)
{
    char text[40];
    struct writer *w = phone_tell(p, PHONE_FILE_MISSING, out);

    tell_text(w, FACT_FILE, bytes_of(p->tftp.name));
    tell_number(w, FACT_ERROR, p->tftp.error);
    text_copy(text, sizeof text, words); /* may be anything, of any length */
    tell_text(w, FACT_TEXT, bytes_of(text));
    p->answered = true;
    if (p->optional_asked) {
        optional_next(p, now, out);
        return;
    }
    if (is_upgrade(p)) {
        upgrade_refused(p, now, p->tftp.error == TFTP_NOT_FOUND ? "File Not Found" : "TFTP Error", NULL, out);
        return;
    }
    if (p->bench) p->bench->len = 0;
    if (p->tftp.error == TFTP_UNKNOWN_ID) {
        broken_off(p, now, out);
        return;
    }
    p->broken_off = 0;
    p->place++;
    ask_next(p, now, out);
}

static void silent(struct phone *p, usec now, struct outbox *out)
{
    if (p->optional_asked) {
        optional_silent(p, out);
        return;
    }
    struct writer *w = phone_tell(p, PHONE_TFTP_SILENT, out);

    tell_text(w, FACT_FILE, bytes_of(p->tftp.name));
    tell_ipv4(w, FACT_TFTP, server(p));
    tell_number(w, FACT_TRIES, TFTP_TRIES);
    if (is_upgrade(p)) {
        upgrade_refused(p, now, "TFTP Timeout", NULL, out);
    } else if (!p->file_got && next_server(p)) {
        if (p->bench) p->bench->len = 0;
        ask_next(p, now, out);
    } else {
        give_up(p, now, "the TFTP server does not answer", out);
    }
}

void files_hear(struct phone *p, usec now, const struct host_frame *f, struct outbox *out)
{
    struct bytes data = {0};
    struct fault why = {.kind = FAULT_NONE};

    switch (tftp_client_hear(&p->tftp, &p->host, now, f, &data, &why, out)) {
    case TFTP_NOTHING:
    case TFTP_SILENT: break;
    case TFTP_MALFORMED: phone_malformed(p, now, "tftp", &why, out); break;
    case TFTP_GOT_BLOCK: block_got(p, now, data, out); break;
    case TFTP_GOT_ALL: {
        enum phone_doing before = p->doing;
        block_got(p, now, data, out);
        if (p->doing == before) all_got(p, now, out);
        break;
    }
    case TFTP_FAILED: missing(p, now, data, out); break;
    }
}

void files_wake(struct phone *p, usec now, struct outbox *out)
{
    bool own = p->due <= now;

    if (tftp_client_wake(&p->tftp, &p->host, now, out) == TFTP_SILENT) {
        silent(p, now, out);
        return;
    }
    if (!own) return;
    p->due = NEVER;
    if (p->doing == DOING_FILES)
        ask_next(p, now, out);
    else if (p->doing == DOING_WAIT_FILES)
        files_start(p, now, out);
    else if (p->doing == DOING_LOAD_LIST || p->doing == DOING_FLASH)
        upgrade_wake(p, now, out);
}

void files_keep(struct phone *p, struct outbox *out)
{
    struct good_configuration g = {.callmanagers = p->station.cms,
                                   .connection_monitor = (uint32_t)(p->station.connection_monitor / SECOND)};
    uint8_t text[FLASH_TEXT], before[FLASH_TEXT];
    struct writer w = writer(text, sizeof text);

    for (uint8_t i = 0; i < g.callmanagers; i++) {
        g.callmanager[i].address = p->station.cm[i].address;
        g.callmanager[i].port = p->station.cm[i].port;
    }
    text_copy(g.load, sizeof g.load, bytes_of(p->load.name));
    text_copy(g.stamp, sizeof g.stamp, bytes_of(p->stamp));
    text_copy(g.file, sizeof g.file, bytes_of(p->file));
    good_encode(&w, &g);
    size_t len = flash_record_read(&p->config.flash, FLASH_CONFIGURATION, before, sizeof before, NULL);
    if (!bytes_equal(written(&w), (struct bytes){before, len}))
        flash_record_write(&p->config.flash, FLASH_CONFIGURATION, written(&w), out);
}
