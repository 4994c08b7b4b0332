/* The commands of app/serve/control_command.h that read and change devices. */
#include "app/serve/control_parts.h"
#include "app/serve/device_json.h"
#include "app/log.h"
#include "app/serve/serve.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct device *named(struct serve *s, const json_t *request, json_t **error)
{
    const char *name = json_string_value(json_object_get(request, "device"));
    struct device *d = name ? devices_find_name(&s->devices, bytes_of(name)) : NULL;
    struct mac mac;

    if (!d && name && mac_parse(bytes_of(name), &mac)) d = devices_find(&s->devices, mac);
    if (!d && name && strlen(name) < RECORD_NUMBER) d = devices_find_number(&s->devices, bytes_of(name));
    if (!d)
        *error = control_error(
            "there is no device '%.40s': neither a name (SEP...), nor a MAC address, nor a directory number",
            name ? name : "");
    return d;
}

/* All that the pattern names: nothing or "*": every one; else a device, or part of its name, description or number. */
static bool matches(const struct device *d, const char *pattern)
{
    char name[DEVICE_NAME];

    if (!pattern || !pattern[0] || strcmp(pattern, "*") == 0) return true;
    device_name(name, d->record.mac);
    if (strcasestr(name, pattern) || strcasestr(d->record.description, pattern) ||
        strcasecmp(d->record.pool, pattern) == 0)
        return true;
    for (uint32_t line = 1; line <= RECORD_LINES; line++)
        if (strcmp(device_line(d, line)->number, pattern) == 0) return true;
    return false;
}

/* The device at this place of the table, or the next one behind it. */
static struct device *device_from(struct serve *s, size_t *at)
{
    while (*at < s->devices.most && !s->devices.device[*at].used) ++*at;
    return *at < s->devices.most ? &s->devices.device[(*at)++] : NULL;
}

bool control_device_list(struct serve *s, const json_t *request, size_t *at, json_t *to)
{
    const char *pattern = json_string_value(json_object_get(request, "match"));
    struct device *d = device_from(s, at);

    if (d && matches(d, pattern)) (void)json_array_append_new(to, device_to_json(&s->devices, d));
    return d != NULL;
}

json_t *control_device_show(struct serve *s, const json_t *request)
{
    json_t *error = NULL;
    struct device *d = named(s, request, &error);

    return d ? control_good("device", device_to_json(&s->devices, d)) : error;
}

bool control_line_list(struct serve *s, const json_t *request, size_t *at, json_t *to)
{
    struct device *d = device_from(s, at);
    char name[DEVICE_NAME];

    (void)request;
    for (uint32_t line = 1; d && line <= RECORD_LINES; line++) {
        const struct record_line *l = device_line(d, line);
        if (!l->number[0]) continue;
        device_name(name, d->record.mac);
        (void)json_array_append_new(to, json_pack("{s:s, s:s, s:s, s:i, s:b}", "number", l->number, "label", l->label,
                                                  "device", name, "line", (int)line, "registered", d->manager != 0));
    }
    return d != NULL;
}

/* --- changes --- */

static struct control_undo undo_of(enum control_undo_kind kind, const struct device *d)
{
    struct control_undo undo = {.kind = kind};

    device_record_of(d, &undo.before);
    return undo;
}

static json_t *create(struct serve *s, const json_t *o, struct outbox *out, struct device **made)
{
    struct device_record r = {0};
    struct fault why;
    char text[200];

    (void)snprintf(r.pool, sizeof r.pool, "%s", s->devices.settings.pool[0] ? s->devices.settings.pool : "Default");
    if (!device_from_json(&r, o, text)) return control_error("%s", text);
    *made = devices_create(&s->devices, &r, out, &why);
    return *made ? NULL : control_error("%s", why.what);
}

static bool is_served(struct serve *s, const char *load, const char *suffix)
{
    char name[LOAD_NAME + 8];
    struct served *file = NULL;
    int n = snprintf(name, sizeof name, "%s%s", load, suffix);

    if (documents_find(&s->documents, (struct bytes){(const uint8_t *)name, (size_t)n}, &file) != FOUND) return false;
    documents_release(&s->documents, file, false);
    return true;
}

/* The phone would ask for it in vain and go on with its old one; it may be copied there later. */
static void warn_of_load(struct serve *s, const struct device *d, json_t *answer)
{
    static const char *const endings[] = {".loads", ".bin", ".sbn", ".sbin", ".zup"}; /* docs/models.md, load_parts */
    const char *load = device_own(d)->load;
    char text[300];

    if (!load[0] || !s->folder_open) return;
    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++)
        if (is_served(s, load, endings[i])) return;
    (void)snprintf(text, sizeof text, "load %s: there is no %s.loads, nor a .bin, .sbn, .sbin or .zup, in the folder",
                   load, load);
    (void)json_object_set_new(answer, "warning", json_string(text));
}

json_t *control_device_add(struct serve *s, const json_t *request, struct outbox *out, struct control_undo *undo)
{
    struct device *d = NULL;
    json_t *error = create(s, request, out, &d);

    if (error) return error;
    *undo = undo_of(UNDO_REMOVE, d);
    json_t *answer = control_good("device", device_to_json(&s->devices, d));
    warn_of_load(s, d, answer);
    return answer;
}

json_t *control_device_remove(struct serve *s, const json_t *request, struct outbox *out, struct control_undo *undo)
{
    json_t *error = NULL;
    struct device *d = named(s, request, &error);
    char name[DEVICE_NAME];

    if (!d) return error;
    device_name(name, d->record.mac);
    *undo = undo_of(UNDO_RESTORE, d);
    devices_remove(&s->devices, d, out);
    return control_good("removed", json_string(name));
}

/* One field, or several: {"set": {"load": "...", "label": "..."}}. All or none. */
json_t *control_device_set(struct serve *s, const json_t *request, struct outbox *out, struct control_undo *undo)
{
    json_t *error = NULL, *value;
    struct device *d = named(s, request, &error);
    json_t *fields = json_object_get(request, "set");
    char name[DEVICE_NAME];
    const char *field;
    struct fault why;

    if (!d) return error;
    if (!json_is_object(fields) || !json_object_size(fields)) return control_error("nothing is to be set");
    *undo = undo_of(UNDO_RESTORE, d);
    device_name(name, d->record.mac);
    json_object_foreach (fields, field, value) {
        const char *text = json_string_value(value);
        if (text && devices_change(&s->devices, bytes_of(name), bytes_of(field), bytes_of(text), out, &why)) continue;
        error = text ? control_error("%s: %s", field, why.what) : control_error("%s: the value is a text", field);
        outbox_clear(out);
        control_take_back(s, undo, out); /* what came before it in this request */
        outbox_clear(out);
        return error;
    }
    bool silent = json_is_false(json_object_get(request, "reset"));
    if (silent) devices_forgive(&s->devices, d, out);
    json_t *answer = control_good("device", device_to_json(&s->devices, d));
    (void)json_object_set_new(answer, "changed", json_boolean(out->count > 0));
    if (json_object_get(fields, "load")) warn_of_load(s, d, answer);
    return answer;
}

void control_take_back(struct serve *s, const struct control_undo *undo, struct outbox *out)
{
    struct device *d = devices_find(&s->devices, undo->before.mac);
    struct fault why;

    if (undo->kind == UNDO_NOTHING) return;
    if (undo->kind == UNDO_LOAD) {
        control_take_load_back(s, undo, out);
        return;
    }
    if (d && undo->kind == UNDO_REMOVE) devices_remove(&s->devices, d, out);
    if (undo->kind != UNDO_RESTORE) return;
    if (d)
        devices_restore(&s->devices, d, &undo->before, out);
    else if (!devices_create(&s->devices, &undo->before, out, &why))
        log_say(LOG_IS_ERROR, "a device that could not be removed in the store could not be put back: %s", why.what);
}

/* --- long ones --- */

static void import_one(struct serve *s, struct control_work *w, struct outbox *out)
{
    const json_t *o = json_array_get(json_object_get(w->request, "devices"), w->at);
    const char *name = json_string_value(json_object_get(o, "device"));
    struct device *d = name ? devices_find_name(&s->devices, bytes_of(name)) : NULL;
    char text[200];
    struct fault why;
    json_t *error = NULL;
    uint32_t before = out->count;

    if (!d) {
        error = create(s, o, out, &d);
    } else {
        struct device_record r;
        device_record_of(d, &r);
        if (!device_from_json(&r, o, text))
            error = control_error("%s", text);
        else if (!devices_replace(&s->devices, d, &r, out, &why))
            error = control_error("%s", why.what);
        else if (out->count == before) /* as it was: but an import before, that failed, may have left it unstored */
            devices_restore(&s->devices, d, &r, out);
    }
    if (!error) {
        w->good++;
        return;
    }
    w->bad++;
    if (json_array_size(w->errors) < 1000)
        (void)json_array_append_new(w->errors, json_pack("{s:i, s:s, s:O}", "row", (int)w->at + 1, "device",
                                                         name ? name : "", "error", json_object_get(error, "error")));
    json_decref(error);
}

/* `rate` a second, by the loop's clock; 0: no limit. */
static bool may_go_on(const struct serve *s, struct control_work *w)
{
    usec now = loop_now(&s->loop);

    if (!w->rate) return true;
    if (now < w->next) return false;
    w->next = after(w->next && now - w->next < SECOND ? w->next : now, SECOND / w->rate);
    return true;
}

static bool is_meant(const struct control_work *w, const struct device *d)
{
    const char *name = json_string_value(json_object_get(w->request, "device"));
    char own[DEVICE_NAME];

    if (!d->manager) return false;
    if (!name) return true;
    device_name(own, d->record.mac);
    return strcasecmp(own, name) == 0;
}

static bool reset_next(struct serve *s, struct control_work *w, struct outbox *out)
{
    enum owed owed = json_is_true(json_object_get(w->request, "restart")) ? OWED_RESTART : OWED_RESET;

    for (; w->at < s->devices.most; w->at++) {
        struct device *d = &s->devices.device[w->at];
        if (!d->used || !is_meant(w, d)) continue;
        if (!may_go_on(s, w)) return false;
        devices_owe(&s->devices, d, owed, out);
        w->good++;
        w->at++;
        return true;
    }
    w->done = true;
    return false;
}

json_t *control_work_step(struct serve *s, struct control_work *w, struct outbox *out)
{
    enum { BIT = 256 };
    size_t total =
        w->command == WORK_IMPORT ? json_array_size(json_object_get(w->request, "devices")) : s->devices.count;

    for (int i = 0; i < BIT && !w->done && out->count + DEVICES_MOST + 8 < out->most; i++) {
        if (w->command == WORK_RESET) {
            if (!reset_next(s, w, out)) break;
        } else {
            w->done = w->at >= total;
            if (w->done) break;
            import_one(s, w, out);
            w->at++;
        }
    }
    if (w->failed) {
        w->done = true;
        return control_error(
            "the store could not be written (see the log), and not all of the %zu that were done are kept: ask again",
            w->good);
    }
    if (!w->done) {
        if (w->said == w->good + w->bad) return NULL;
        w->said = w->good + w->bad;
        return json_pack("{s:{s:I, s:I}}", "progress", "done", (json_int_t)w->said, "of", (json_int_t)total);
    }
    json_t *answer = control_good(w->command == WORK_IMPORT ? "imported" : "reset", json_integer((json_int_t)w->good));
    if (w->command == WORK_IMPORT) (void)json_object_set(answer, "errors", w->errors);
    return answer;
}

void control_work_end(struct control_work *w)
{
    if (w->request) json_decref(w->request);
    if (w->errors) json_decref(w->errors);
    free(w->text);
    *w = (struct control_work){0};
}
