#include "app/serve/control_parts.h"
#include "base/hex.h"
#include "app/serve/serve.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *control_error(const char *format, ...)
{
    char text[400];
    va_list list;

    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c >= 0x80) *c = '?'; /* what was given need not be UTF-8, and JSON must be */
    return json_pack("{s:b, s:s}", "ok", 0, "error", text);
}

json_t *control_good(const char *key, json_t *value)
{
    json_t *j = json_pack("{s:b}", "ok", 1);

    if (key) (void)json_object_set_new(j, key, value);
    return j;
}

json_t *control_address(ipv4 a)
{
    char text[IPV4_TEXT];

    return json_string(ipv4_text(text, a));
}

/* --- what runs --- */

static json_t *faces_json(const struct serve *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->faces; i++) {
        const struct face *f = &s->face[i];
        json_t *o =
            json_pack("{s:s, s:b, s:b}", "interface", f->config->name, "served", f->here, "announces", f->announces);
        if (f->here && f->machine.address) (void)json_object_set_new(o, "address", control_address(f->machine.address));
        if (f->config->voice_vlan) (void)json_object_set_new(o, "voice_vlan", json_integer(f->config->voice_vlan));
        if (f->tagged_open) (void)json_object_set_new(o, "voice_address", control_address(f->tagged.address));
        if (f->why[0]) (void)json_object_set_new(o, "why", json_string(f->why));
        (void)json_array_append_new(list, o);
    }
    return list;
}

static json_t *nodes_json(const struct serve *s)
{
    json_t *list = json_array();

    for (uint8_t i = 0; i < s->callmanagers; i++) {
        const struct callmanager *m = &s->callmanager[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:i, s:i, s:i, s:I, s:I, s:I}", "address", control_address(m->config.address), "port",
                      (int)m->config.port, "connections", (int)m->open, "registered", (int)callmanager_registered(m),
                      "registrations", (json_int_t)m->count.registered, "rejected", (json_int_t)callmanager_rejected(m),
                      "malformed", (json_int_t)m->count.malformed));
    }
    return list;
}

static json_t *status(struct serve *s, const json_t *request)
{
    uint32_t registered = 0, known = 0;

    (void)request;
    for (struct device *d = devices_next(&s->devices, NULL); d; d = devices_next(&s->devices, d)) {
        known++;
        registered += d->manager != 0;
    }
    json_t *j = control_good("version", json_string(DIALTONE_VERSION));
    (void)json_object_set_new(j, "uptime_s", json_integer((json_int_t)(loop_now(&s->loop) / SECOND)));
    (void)json_object_set_new(j, "ready", json_boolean(s->ready));
    (void)json_object_set_new(j, "state", json_string(s->config.state));
    (void)json_object_set_new(j, "interfaces", faces_json(s));
    (void)json_object_set_new(j, "dhcp",
                              json_pack("{s:b, s:s}", "on", s->dhcp_on, "why", s->dhcp_on ? "" : s->dhcp_why));
    (void)json_object_set_new(j, "tftp",
                              json_pack("{s:b, s:s}", "on", s->config.tftp.serve, "folder", s->config.tftp.folder));
    (void)json_object_set_new(j, "http",
                              json_pack("{s:b, s:i}", "on", s->config.http.serve, "port", (int)s->config.http.port));
    (void)json_object_set_new(j, "callmanagers", nodes_json(s));
    (void)json_object_set_new(j, "devices",
                              json_pack("{s:i, s:i}", "known", (int)known, "registered", (int)registered));
    (void)json_object_set_new(j, "auto_registration",
                              json_pack("{s:b, s:i, s:i}", "on", s->devices.settings.automatic, "first",
                                        (int)s->devices.settings.first, "last", (int)s->devices.settings.last));
    return j;
}

static json_t *neighbours(struct serve *s, const json_t *request)
{
    json_t *list = json_array();
    char mac[MAC_TEXT];

    (void)request;
    for (size_t i = 0; i < s->faces; i++) {
        const struct face *f = &s->face[i];
        const struct heard_neighbour *n = NULL;
        while ((n = neighbours_next(&f->engine.neighbours, n))) {
            json_t *o = json_pack("{s:s, s:s, s:s, s:b}", "interface", f->config->name, "protocol",
                                  n->protocol == HEARD_BY_CDP ? "CDP" : "LLDP", "mac", mac_text(mac, n->who.mac),
                                  "phone", n->who.phone);
            control_text(o, "device", n->who.device);
            control_text(o, "model", n->who.platform);
            control_text(o, "load", n->who.software);
            control_text(o, "port", n->who.port);
            if (n->milliwatts) (void)json_object_set_new(o, "milliwatts", json_integer(n->milliwatts));
            if (n->address) (void)json_object_set_new(o, "address", control_address(n->address));
            (void)json_object_set_new(o, "heard_s_ago",
                                      json_integer((json_int_t)((loop_now(&s->loop) - n->last) / SECOND)));
            (void)json_array_append_new(list, o);
        }
    }
    return control_good("neighbors", list);
}

void control_text(json_t *o, const char *key, const char *value)
{
    char clean[256];
    size_t n = 0;
    json_t *j = json_string(value);

    if (!j) { /* not UTF-8: what a peer sent may be anything */
        for (; *value && n < sizeof clean - 1; value++) clean[n++] = (unsigned char)*value < 0x80 ? *value : '?';
        clean[n] = '\0';
        j = json_string(clean);
    }
    (void)json_object_set_new(o, key, j);
}

/* --- files --- */

static json_t *show_file(struct serve *s, const json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "name"));
    struct served *served;

    if (!name) return control_error("which file: \"name\"");
    switch (serve_find_file(s, bytes_of(name), &served)) {
    case FOUND: break;
    case FOUND_NOTHING: return control_error("%s: a phone that asks for it gets TFTP error 1, file not found", name);
    case FOUND_DENIED: return control_error("%s: it is there, and may not be read, or is too large: see the log", name);
    case FOUND_BUSY: return control_error("%s: no place for another document now; ask again", name);
    }
    char *hex = malloc(2 * served->bytes.len + 1);
    json_t *j = control_error("no memory");
    if (hex) {
        for (size_t i = 0; i < served->bytes.len; i++) {
            hex[2 * i] = HEX_DIGITS[served->bytes.at[i] >> 4];
            hex[2 * i + 1] = HEX_DIGITS[served->bytes.at[i] & 15];
        }
        json_decref(j);
        j = control_good("hex", json_stringn(hex, 2 * served->bytes.len));
        free(hex);
    }
    serve_release_file(s, served);
    return j;
}

/* --- pools --- */

/* An empty load takes it away. False: *why; nothing has changed. */
static bool set_load(struct serve *s, const char *name, const struct pool_load *load, struct outbox *out,
                     struct fault *why)
{
    static struct pool_record pool; /* large: a load for each model */
    uint8_t i = 0;

    pool = *devices_pool(&s->devices, name);
    while (i < pool.loads && pool.load[i].device_type != load->device_type) i++;
    if (i == RECORD_LOADS) {
        *why = (struct fault){.kind = FAULT_LONG, .what = "the pool has as many loads as it can hold"};
        return false;
    }
    if (i == pool.loads) pool.loads++;
    pool.load[i] = *load;
    if (!load->load[0]) pool.load[i] = pool.load[--pool.loads];
    return devices_put_pool(&s->devices, &pool, out, why);
}

static json_t *firmware_default(struct serve *s, const json_t *request, struct outbox *out, struct control_undo *undo)
{
    const char *model = json_string_value(json_object_get(request, "model")),
               *load = json_string_value(json_object_get(request, "load"));
    const char *name = json_string_value(json_object_get(request, "pool"));
    const struct phone_model *m = model ? model_find(bytes_of(model)) : NULL;
    const struct pool_record *now = devices_pool(&s->devices, name ? name : "Default");
    struct fault why;

    if (!m) return control_error("there is no model '%.40s' in the table (docs/models.md)", model ? model : "");
    if (!now) return control_error("there is no pool '%.40s'", name ? name : "Default");
    if (!load || strlen(load) >= LOAD_NAME)
        return control_error("which load: its name, without .bin, %d letters at most", LOAD_NAME - 1);
    struct pool_load new = {.device_type = m->device_type}, was = new;
    text_copy(new.load, sizeof new.load, bytes_of(load));
    text_copy(was.load, sizeof was.load, pool_load_of(now, m->device_type));
    undo->kind = UNDO_LOAD;
    undo->load.was = was;
    text_copy(undo->load.pool, sizeof undo->load.pool, bytes_of(now->name));
    if (!set_load(s, now->name, &new, out, &why)) return control_error("%s", why.what);
    return control_good("model", json_string(m->name));
}

/* Back as it was; devices that were to be reset for it see no difference then. */
void control_take_load_back(struct serve *s, const struct control_undo *undo, struct outbox *out)
{
    struct fault why;

    if (devices_pool(&s->devices, undo->load.pool)) (void)set_load(s, undo->load.pool, &undo->load.was, out, &why);
}

/* --- all of them --- */

typedef json_t *read_fn(struct serve *, const json_t *request);
typedef json_t *change_fn(struct serve *, const json_t *request, struct outbox *, struct control_undo *);

static const struct { /* what does it: one of the four */
    const char *name;
    read_fn *read;
    change_fn *change;
    enum control_work_kind work;
    control_list_fn *list;
    const char *key; /* of its list */
} commands[] = {
    {"status", .read = status},
    {"device-list", .list = control_device_list, .key = "devices"},
    {"device-show", .read = control_device_show},
    {"device-add", .change = control_device_add},
    {"device-set", .change = control_device_set},
    {"device-remove", .change = control_device_remove},
    {"firmware-default", .change = firmware_default},
    {"device-import", .work = WORK_IMPORT},
    {"line-list", .list = control_line_list, .key = "lines"},
    {"reset", .work = WORK_RESET},
    {"leases", .list = control_leases, .key = "leases"},
    {"neighbors", .read = neighbours},
    {"alarms", .list = control_alarms, .key = "alarms"},
    {"calls", .read = control_calls},
    {"askers", .read = control_askers},
    {"subnets", .read = control_subnets},
    {"pools", .read = control_pools},
    {"show-file", .read = show_file},
};

/* Whatever names the device, the request has its name from here on. NULL: there is such a device, or all are meant. */
static json_t *name_device(struct serve *s, json_t *request)
{
    json_t *device = json_object_get(request, "device"), *shown;

    if (!device) return NULL;
    if (!json_is_string(device)) return control_error("\"device\" is the name of one; without it: all");
    shown = control_device_show(s, request);
    device = json_object_get(json_object_get(shown, "device"), "device");
    if (!device) return shown;
    (void)json_object_set(request, "device", device);
    json_decref(shown);
    return NULL;
}

static json_t *begin_work(struct serve *s, json_t *request, struct control_work *w, enum control_work_kind kind)
{
    json_int_t rate = json_integer_value(json_object_get(request, "rate"));
    json_t *error = kind == WORK_RESET ? name_device(s, request) : NULL;

    if (error) return error;
    if (kind == WORK_IMPORT && !json_is_array(json_object_get(request, "devices")))
        return control_error("\"devices\" is a list of devices");
    if (rate < 0 || rate > 1000000) return control_error("\"rate\" is a number a second, up to 1000000");
    *w = (struct control_work){
        .command = kind, .request = json_incref(request), .rate = (uint32_t)rate, .errors = json_array()};
    return NULL;
}

json_t *control_do(struct serve *s, json_t *request, struct outbox *out, struct control_undo *undo,
                   struct control_work *work)
{
    const char *name = json_string_value(json_object_get(request, "do"));

    *undo = (struct control_undo){0};
    for (size_t i = 0; name && i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].name, name) != 0) continue;
        if (commands[i].read) return commands[i].read(s, request);
        if (commands[i].change) return commands[i].change(s, request, out, undo);
        json_t *error = begin_work(s, request, work, commands[i].list ? WORK_LIST : commands[i].work);
        work->list = commands[i].list;
        work->key = commands[i].key;
        return error;
    }
    return control_error("there is no command '%.40s'", name ? name : "");
}
