#include "server/store.h"
#include <string.h>

static void write_record_text(struct writer *w, const char *text)
{
    struct bytes b = bytes_of(text);

    write_u8(w, (uint8_t)b.len); /* no field of a record is longer than 255 */
    write_bytes(w, b);
}

static void read_record_text(struct reader *r, char *to, size_t size)
{
    size_t len = read_u8(r);

    if (len >= size) refuse(r, FAULT_LONG, "text of a record");
    struct bytes text = read_bytes(r, len);
    if (text.len && memchr(text.at, 0, text.len)) refuse(r, FAULT_VALUE, "NUL in a text of a record");
    text_copy(to, size, text);
}

static void write_callmanagers(struct writer *w, const struct record_callmanager *c, uint8_t n)
{
    write_u8(w, n);
    for (uint8_t i = 0; i < n; i++) {
        write_be32(w, c[i].address);
        write_be16(w, c[i].port);
    }
}

static uint8_t read_callmanagers(struct reader *r, struct record_callmanager *c)
{
    uint8_t n = read_u8(r);

    if (n > RECORD_CALLMANAGERS) {
        refuse(r, FAULT_VALUE, "number of CallManagers");
        n = 0;
    }
    for (uint8_t i = 0; i < n; i++) {
        c[i].address = read_be32(r);
        c[i].port = read_be16(r);
    }
    return n;
}

static bool read_bool(struct reader *r)
{
    uint8_t v = read_u8(r);

    if (v > 1) refuse(r, FAULT_VALUE, "yes or no of a record");
    return v == 1;
}

uint8_t record_version(enum record_kind kind)
{
    return kind == RECORD_DEVICE  ? RECORD_DEVICE_VERSION
           : kind == RECORD_POOL  ? RECORD_POOL_VERSION
           : kind == RECORD_LEASE ? RECORD_LEASE_VERSION
                                  : RECORD_VERSION;
}

static void begin(struct writer *w, enum record_kind kind, enum record_operation operation, struct bytes key)
{
    stored_write(
        w, &(struct stored){
               .kind = (uint8_t)kind, .operation = (uint8_t)operation, .version = record_version(kind), .key = key});
}

void stored_write(struct writer *w, const struct stored *s)
{
    write_u8(w, s->kind);
    write_u8(w, s->operation);
    write_u8(w, s->version);
    write_u8(w, (uint8_t)s->key.len);
    write_bytes(w, s->key);
    write_bytes(w, s->value);
}

bool stored_read(struct stored *out, struct bytes payload, struct fault *why)
{
    struct reader r = reader(payload, why);

    *out = (struct stored){.kind = read_u8(&r), .operation = read_u8(&r)};
    if (sound(&r) && out->operation != RECORD_PUT && out->operation != RECORD_REMOVE)
        refuse(&r, FAULT_VALUE, "operation of a record");
    out->version = read_u8(&r);
    out->key = read_bytes(&r, read_u8(&r));
    out->value = read_rest(&r);
    return sound(&r);
}

static void mac_key(uint8_t key[6], struct mac mac)
{
    memcpy(key, mac.byte, 6);
}

void device_remove_encode(struct writer *w, struct mac mac)
{
    uint8_t key[6];

    mac_key(key, mac);
    begin(w, RECORD_DEVICE, RECORD_REMOVE, (struct bytes){key, sizeof key});
}

void device_record_encode(struct writer *w, const struct device_record *d)
{
    uint8_t key[6];

    mac_key(key, d->mac);
    begin(w, RECORD_DEVICE, RECORD_PUT, (struct bytes){key, sizeof key});
    write_be32(w, d->device_type);
    write_record_text(w, d->description);
    uint8_t lines = 0, dials = 0; /* up to the last that is there */
    for (uint8_t i = 0; i < RECORD_LINES; i++)
        if (d->line[i].number[0] || d->line[i].label[0]) lines = (uint8_t)(i + 1);
    for (uint8_t i = 0; i < RECORD_SPEED_DIALS; i++)
        if (d->speed_dial[i].number[0] || d->speed_dial[i].label[0]) dials = (uint8_t)(i + 1);
    write_u8(w, lines);
    for (size_t i = 0; i < lines; i++) {
        write_record_text(w, d->line[i].number);
        write_record_text(w, d->line[i].label);
    }
    write_u8(w, dials);
    for (size_t i = 0; i < dials; i++) {
        write_record_text(w, d->speed_dial[i].number);
        write_record_text(w, d->speed_dial[i].label);
    }
    write_record_text(w, d->pool);
    write_record_text(w, d->load);
    write_record_text(w, d->date_template);
    write_record_text(w, d->time_zone);
    write_record_text(w, d->user_locale);
    write_record_text(w, d->network_locale);
    write_callmanagers(w, d->callmanager, d->callmanagers);
    write_be64(w, d->stamp);
    write_u8(w, (uint8_t)d->owed);
    write_u8(w, d->automatic);
}

/* Version 1 had 6 lines, always all of them, and no speed dials. */
static void read_buttons(struct reader *r, struct device_record *d, uint8_t version)
{
    enum { LINES_OF_1 = 6 };
    uint8_t lines = read_u8(r);

    if (lines > RECORD_LINES || (version == 1 && lines != LINES_OF_1)) {
        refuse(r, FAULT_VALUE, "number of lines of a device");
        return;
    }
    for (size_t i = 0; i < lines; i++) {
        read_record_text(r, d->line[i].number, sizeof d->line[i].number);
        read_record_text(r, d->line[i].label, sizeof d->line[i].label);
    }
    uint8_t dials = version >= 2 ? read_u8(r) : 0;
    if (dials > RECORD_SPEED_DIALS) {
        refuse(r, FAULT_VALUE, "number of speed dials of a device");
        return;
    }
    for (size_t i = 0; i < dials; i++) {
        read_record_text(r, d->speed_dial[i].number, sizeof d->speed_dial[i].number);
        read_record_text(r, d->speed_dial[i].label, sizeof d->speed_dial[i].label);
    }
}

static void read_device(struct reader *r, struct device_record *d, struct bytes key, uint8_t version)
{
    if (key.len != 6)
        refuse(r, FAULT_VALUE, "key of a device");
    else
        memcpy(d->mac.byte, key.at, 6);
    d->device_type = read_be32(r);
    read_record_text(r, d->description, sizeof d->description);
    read_buttons(r, d, version);
    read_record_text(r, d->pool, sizeof d->pool);
    read_record_text(r, d->load, sizeof d->load);
    read_record_text(r, d->date_template, sizeof d->date_template);
    read_record_text(r, d->time_zone, sizeof d->time_zone);
    read_record_text(r, d->user_locale, sizeof d->user_locale);
    read_record_text(r, d->network_locale, sizeof d->network_locale);
    d->callmanagers = read_callmanagers(r, d->callmanager);
    d->stamp = read_be64(r);
    uint8_t owed = read_u8(r);
    if (owed > OWED_RESET)
        refuse(r, FAULT_VALUE, "what a device owes");
    else
        d->owed = (enum owed)owed;
    d->automatic = read_bool(r);
}

void group_record_encode(struct writer *w, const struct group_record *g)
{
    begin(w, RECORD_GROUP, RECORD_PUT, bytes_of(g->name));
    write_callmanagers(w, g->callmanager, g->callmanagers);
}

static void read_name_key(struct reader *r, char name[RECORD_NAME], struct bytes key)
{
    if (key.len == 0 || key.len >= RECORD_NAME || memchr(key.at, 0, key.len))
        refuse(r, FAULT_VALUE, "name of a group or pool");
    else
        text_copy(name, RECORD_NAME, key);
}

void pool_record_encode(struct writer *w, const struct pool_record *p)
{
    begin(w, RECORD_POOL, RECORD_PUT, bytes_of(p->name));
    write_record_text(w, p->group);
    write_record_text(w, p->date_template);
    write_record_text(w, p->time_zone);
    write_record_text(w, p->user_locale);
    write_record_text(w, p->network_locale);
    write_be16(w, p->connection_monitor);
    write_u8(w, p->loads);
    for (uint8_t i = 0; i < p->loads; i++) {
        write_be32(w, p->load[i].device_type);
        write_record_text(w, p->load[i].load);
    }
    write_record_text(w, p->region);
}

static void read_pool(struct reader *r, struct pool_record *p, uint8_t version)
{
    read_record_text(r, p->group, sizeof p->group);
    read_record_text(r, p->date_template, sizeof p->date_template);
    read_record_text(r, p->time_zone, sizeof p->time_zone);
    read_record_text(r, p->user_locale, sizeof p->user_locale);
    read_record_text(r, p->network_locale, sizeof p->network_locale);
    p->connection_monitor = read_be16(r);
    p->loads = read_u8(r);
    if (p->loads > RECORD_LOADS) {
        refuse(r, FAULT_VALUE, "number of loads of a pool");
        p->loads = 0;
    }
    for (uint8_t i = 0; i < p->loads; i++) {
        p->load[i].device_type = read_be32(r);
        read_record_text(r, p->load[i].load, sizeof p->load[i].load);
    }
    if (version >= 2) read_record_text(r, p->region, sizeof p->region);
}

void settings_record_encode(struct writer *w, const struct settings_record *s)
{
    begin(w, RECORD_SETTINGS, RECORD_PUT, (struct bytes){0});
    write_u8(w, s->automatic);
    write_u8(w, s->default_file_always);
    write_be32(w, s->first);
    write_be32(w, s->last);
    write_record_text(w, s->pool);
}

static void read_settings(struct reader *r, struct settings_record *s)
{
    s->automatic = read_bool(r);
    s->default_file_always = read_bool(r);
    s->first = read_be32(r);
    s->last = read_be32(r);
    read_record_text(r, s->pool, sizeof s->pool);
}

void lease_record_encode(struct writer *w, const struct lease_record *l)
{
    uint8_t key[4] = {(uint8_t)(l->address >> 24), (uint8_t)(l->address >> 16), (uint8_t)(l->address >> 8),
                      (uint8_t)l->address};
    size_t length = l->client_length > RECORD_CLIENT ? RECORD_CLIENT : l->client_length;

    begin(w, RECORD_LEASE, RECORD_PUT, (struct bytes){key, sizeof key});
    write_u8(w, (uint8_t)l->state);
    write_mac(w, l->mac);
    write_u8(w, l->client_length);
    write_bytes(w, (struct bytes){l->client, length});
    write_be64(w, l->until);
    write_be64(w, l->port);
    write_be32(w, l->relay);
    write_record_text(w, l->host);
}

static void read_lease(struct reader *r, struct lease_record *l, struct bytes key, uint8_t version)
{
    if (key.len != 4)
        refuse(r, FAULT_VALUE, "key of a lease");
    else
        l->address = IPV4(key.at[0], key.at[1], key.at[2], key.at[3]);
    uint8_t state = read_u8(r);
    if (state > LEASE_QUARANTINED || state == LEASE_OFFERED)
        refuse(r, FAULT_VALUE, "state of a lease");
    else
        l->state = (enum lease_state)state;
    l->mac = read_mac(r);
    l->client_length = read_u8(r);
    if (l->client_length > RECORD_CLIENT && l->client_length != 255)
        refuse(r, FAULT_VALUE, "length of a client identifier");
    struct bytes client = read_bytes(r, l->client_length == 255 ? RECORD_CLIENT : l->client_length);
    if (client.len && client.len <= RECORD_CLIENT) memcpy(l->client, client.at, client.len);
    l->until = read_be64(r);
    if (version == 1) return;
    l->port = read_be64(r);
    l->relay = read_be32(r);
    read_record_text(r, l->host, sizeof l->host);
}

void counter_record_encode(struct writer *w, const struct counter_record *c)
{
    uint8_t key = (uint8_t)c->which;

    begin(w, RECORD_COUNTER, RECORD_PUT, (struct bytes){&key, 1});
    write_be64(w, c->value);
}

static void read_counter(struct reader *r, struct counter_record *c, struct bytes key)
{
    if (key.len != 1 || key.at[0] >= COUNTERS)
        refuse(r, FAULT_VALUE, "key of a counter");
    else
        c->which = (enum counter)key.at[0];
    c->value = read_be64(r);
}

bool record_decode(struct record *out, struct bytes payload, struct fault *why)
{
    struct stored s;

    memset(out, 0, sizeof *out);
    if (!stored_read(&s, payload, why)) return false;
    struct reader r = reader(payload, why);
    (void)read_bytes(&r, 4 + s.key.len); /* so that offsets count from the start of the payload */
    out->kind = (enum record_kind)s.kind;
    out->operation = (enum record_operation)s.operation;
    if (s.version == 0 || s.version > record_version(out->kind)) refuse(&r, FAULT_VALUE, "version of a record");
    if (out->operation == RECORD_REMOVE) {
        if (out->kind == RECORD_DEVICE && s.key.len == 6)
            memcpy(out->device.mac.byte, s.key.at, 6);
        else if (out->kind == RECORD_GROUP || out->kind == RECORD_POOL)
            read_name_key(&r, out->kind == RECORD_GROUP ? out->group.name : out->pool.name, s.key);
        else
            refuse(&r, FAULT_VALUE, "a record that is never removed");
    } else
        switch (out->kind) {
        case RECORD_DEVICE: read_device(&r, &out->device, s.key, s.version); break;
        case RECORD_GROUP:
            read_name_key(&r, out->group.name, s.key);
            out->group.callmanagers = read_callmanagers(&r, out->group.callmanager);
            break;
        case RECORD_POOL:
            read_name_key(&r, out->pool.name, s.key);
            read_pool(&r, &out->pool, s.version);
            break;
        case RECORD_SETTINGS: read_settings(&r, &out->settings); break;
        case RECORD_LEASE: read_lease(&r, &out->lease, s.key, s.version); break;
        case RECORD_COUNTER: read_counter(&r, &out->counter, s.key); break;
        default: refuse(&r, FAULT_VALUE, "kind of a record");
        }
    if (sound(&r) && unread(&r)) refuse(&r, FAULT_LONG, "bytes after a record");
    return sound(&r);
}
