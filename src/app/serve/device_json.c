#include "app/serve/device_json.h"
#include "server/callmanager.h"
#include "wire/sccp.h"
#include <stdio.h>
#include <string.h>

/* What a peer sent need not be UTF-8, and JSON must be. */
static json_t *text(const char *s)
{
    json_t *j = json_string(s);
    char clean[128];
    size_t n = 0;

    if (j) return j;
    for (; *s && n < sizeof clean - 1; s++) clean[n++] = (unsigned char)*s < 0x80 ? *s : '?';
    clean[n] = '\0';
    return json_string(clean);
}

static void set(json_t *o, const char *key, const char *value)
{
    if (value[0]) (void)json_object_set_new(o, key, text(value));
}

static json_t *callmanagers(const struct record_callmanager *c, uint8_t n)
{
    json_t *a = json_array();
    char address[IPV4_TEXT], one[32];

    for (uint8_t i = 0; i < n; i++) {
        (void)snprintf(one, sizeof one, c[i].port == SCCP_PORT ? "%s" : "%s:%u", ipv4_text(address, c[i].address),
                       c[i].port);
        (void)json_array_append_new(a, json_string(one));
    }
    return a;
}

static const char *owed_name(enum owed o)
{
    switch (o) {
    case OWED_NOTHING: break;
    case OWED_RESTART: return "restart";
    case OWED_RESET: return "reset";
    }
    return "";
}

static void set_running(json_t *o, const struct devices *t, const struct device *d)
{
    const struct callmanager *m = d->manager ? t->manager[d->manager - 1] : NULL;
    char address[IPV4_TEXT];

    (void)json_object_set_new(o, "registered", json_boolean(m != NULL));
    if (!m) return;
    (void)json_object_set_new(o, "callmanager", json_string(ipv4_text(address, m->config.address)));
    const struct cm_connection *c = callmanager_connection(m, d->stream);
    if (!c) return;
    (void)json_object_set_new(o, "address", json_string(ipv4_text(address, c->phone.address)));
    set(o, "running_load", c->load);
}

json_t *device_to_json(const struct devices *t, const struct device *d)
{
    struct device_record whole, *r = &whole;
    const struct phone_model *model = model_of_type(d->record.device_type);
    char name[DEVICE_NAME], mac[MAC_TEXT], stamp[STAMP_TEXT];
    json_t *o = json_object(), *lines = json_array(), *dials = json_array();

    device_record_of(d, r);
    device_name(name, r->mac);
    set(o, "device", name);
    set(o, "mac", mac_text(mac, r->mac));
    set(o, "model", model ? model->name : "");
    (void)json_object_set_new(o, "type", json_integer(r->device_type));
    set(o, "description", r->description);
    set(o, "pool", r->pool);
    size_t used = RECORD_LINES;
    while (used && !r->line[used - 1].number[0]) used--;
    for (size_t i = 0; i < used; i++) { /* an empty one between keeps the place of those behind it */
        json_t *line = json_object();
        set(line, "number", r->line[i].number);
        set(line, "label", r->line[i].label);
        (void)json_array_append_new(lines, line);
    }
    (void)json_object_set_new(o, "lines", lines);
    for (size_t i = 0; i < RECORD_SPEED_DIALS; i++) {
        if (!r->speed_dial[i].number[0]) continue;
        json_t *key = json_pack("{s:i}", "key", (int)i + 1);
        set(key, "number", r->speed_dial[i].number);
        set(key, "label", r->speed_dial[i].label);
        (void)json_array_append_new(dials, key);
    }
    if (json_array_size(dials))
        (void)json_object_set_new(o, "speed_dials", dials);
    else
        json_decref(dials);
    set(o, "load", r->load);
    if (r->callmanagers) (void)json_object_set_new(o, "callmanagers", callmanagers(r->callmanager, r->callmanagers));
    set(o, "date_format", r->date_template);
    set(o, "time_zone", r->time_zone);
    set(o, "user_locale", r->user_locale);
    set(o, "network_locale", r->network_locale);
    (void)json_object_set_new(o, "automatic", json_boolean(r->automatic));
    set(o, "stamp", stamp_text(stamp, r->stamp));
    set(o, "owes", owed_name(r->owed));
    set_running(o, t, d);
    return o;
}

/* --- the other way --- */

static bool take(char *to, size_t size, const json_t *o, const char *key, char why[200])
{
    const json_t *v = json_object_get(o, key);

    if (!v) return true;
    if (!json_is_string(v) || json_string_length(v) != strlen(json_string_value(v)))
        return snprintf(why, 200, "%s is not a text", key) < 0;
    if (json_string_length(v) >= size) return snprintf(why, 200, "%s is longer than %zu letters", key, size - 1) < 0;
    memset(to, 0, size);
    memcpy(to, json_string_value(v), json_string_length(v));
    return true;
}

static bool take_identity(struct device_record *r, const json_t *o, char why[200])
{
    const char *name = json_string_value(json_object_get(o, "device")),
               *mac = json_string_value(json_object_get(o, "mac"));
    const char *model = json_string_value(json_object_get(o, "model"));
    const json_t *type = json_object_get(o, "type");
    struct mac own = {0};

    if (name && !device_name_parse(bytes_of(name), &r->mac) && !mac_parse(bytes_of(name), &r->mac))
        return snprintf(why, 200, "'%.40s' is no device name: SEP and 12 hex digits", name) < 0;
    if (mac && !mac_parse(bytes_of(mac), &own)) return snprintf(why, 200, "'%.40s' is no MAC address", mac) < 0;
    if (mac && name && !mac_equal(own, r->mac))
        return snprintf(why, 200, "the device name %.40s is not that of the MAC address %.40s", name, mac) < 0;
    if (mac) r->mac = own;
    if (mac_is_none(r->mac))
        return snprintf(why, 200, "a device needs its name (SEP and 12 hex digits) or its MAC address") < 0;
    if (type) {
        if (!json_is_integer(type) || json_integer_value(type) <= 0 || json_integer_value(type) > UINT32_MAX)
            return snprintf(why, 200, "type is a number of SCCP's device types") < 0;
        r->device_type = (uint32_t)json_integer_value(type);
    }
    if (model) {
        const struct phone_model *m = model_find(bytes_of(model));
        if (!m) return snprintf(why, 200, "there is no model '%.40s' in the table (docs/models.md)", model) < 0;
        r->device_type = m->device_type;
    }
    if (!r->device_type) return snprintf(why, 200, "a device needs its model") < 0;
    return true;
}

static bool take_lines(struct device_record *r, const json_t *o, char why[200])
{
    const json_t *lines = json_object_get(o, "lines");
    char key[32];

    if (!lines) return true;
    if (!json_is_array(lines) || json_array_size(lines) > RECORD_LINES)
        return snprintf(why, 200, "lines is a list of %d at most", RECORD_LINES) < 0;
    memset(r->line, 0, sizeof r->line);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        (void)snprintf(key, sizeof key, "line %zu", i + 1);
        if (!json_is_object(line)) return snprintf(why, 200, "%s is not {number, label}", key) < 0;
        if (!take(r->line[i].number, sizeof r->line[i].number, line, "number", why) ||
            !take(r->line[i].label, sizeof r->line[i].label, line, "label", why))
            return false;
    }
    return true;
}

static bool take_speed_dials(struct device_record *r, const json_t *o, char why[200])
{
    const json_t *list = json_object_get(o, "speed_dials"), *dial;
    size_t i;

    if (!list) return true;
    if (!json_is_array(list)) return snprintf(why, 200, "speed_dials is a list") < 0;
    memset(r->speed_dial, 0, sizeof r->speed_dial);
    json_array_foreach (list, i, dial) {
        json_int_t key =
            json_object_get(dial, "key") ? json_integer_value(json_object_get(dial, "key")) : (json_int_t)i + 1;
        if (!json_is_object(dial) || key < 1 || key > RECORD_SPEED_DIALS)
            return snprintf(why, 200, "a speed dial is {key, number, label}, its key 1 to %d", RECORD_SPEED_DIALS) < 0;
        struct record_speed_dial *to = &r->speed_dial[key - 1];
        if (!take(to->number, sizeof to->number, dial, "number", why) ||
            !take(to->label, sizeof to->label, dial, "label", why))
            return false;
    }
    return true;
}

static bool take_callmanagers(struct device_record *r, const json_t *o, char why[200])
{
    const json_t *list = json_object_get(o, "callmanagers");

    if (!list) return true;
    if (!json_is_array(list) || json_array_size(list) > RECORD_CALLMANAGERS)
        return snprintf(why, 200, "callmanagers is a list of %d at most", RECORD_CALLMANAGERS) < 0;
    r->callmanagers = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        struct bytes rest = bytes_of(one), address = bytes_cut(&rest, ':');
        uint64_t port = SCCP_PORT;
        struct record_callmanager *c = &r->callmanager[r->callmanagers++];
        if (!one || !ipv4_parse(address, &c->address) ||
            (rest.len && (!bytes_number(rest, UINT16_MAX, &port) || !port)))
            return snprintf(why, 200, "a CallManager is ADDRESS or ADDRESS:PORT, not '%.40s'", one ? one : "?") < 0;
        c->port = (uint16_t)port;
    }
    return true;
}

bool device_from_json(struct device_record *r, const json_t *o, char why[200])
{
    if (!json_is_object(o)) return snprintf(why, 200, "a device is an object") < 0;
    return take_identity(r, o, why) && take_lines(r, o, why) && take_speed_dials(r, o, why) &&
           take_callmanagers(r, o, why) && take(r->description, sizeof r->description, o, "description", why) &&
           take(r->pool, sizeof r->pool, o, "pool", why) && take(r->load, sizeof r->load, o, "load", why) &&
           take(r->date_template, sizeof r->date_template, o, "date_format", why) &&
           take(r->time_zone, sizeof r->time_zone, o, "time_zone", why) &&
           take(r->user_locale, sizeof r->user_locale, o, "user_locale", why) &&
           take(r->network_locale, sizeof r->network_locale, o, "network_locale", why);
}
