#include "app/lab/calibration.h"
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const int64_t SIZE_MOST = 1 << 20, COUNT_MOST = INT64_C(1) << 40, MEAN_MOST = INT64_C(10000000000);
enum { CORES_MOST = 1024 };

/* What each lab does before its first phone is registered: whoever measured a lab has them. */
static const char *const needed[] = {"phone wake",     "phone line",       "phone frame",   "switch wake",
                                     "switch line",    "switch frame",     "dhcp datagram", "tftp datagram",
                                     "callmanager up", "callmanager data", "fleet turn",    "uplink",
                                     "segment",        "fleet stream",     "servers turn",  "datagram",
                                     "servers stream", "commit",           "link",          "waking"};

int calibration_write(const struct service_times *t, FILE *to)
{
    const char *comma = "";
    char name[SERVICE_NAME];

    (void)fprintf(to, "{\"dialtone_calibration\": %d,\n \"cores\": %u,\n \"phones\": %u,\n \"services\": {",
                  CALIBRATION_VERSION, t->cores, t->phones);
    for (uint32_t i = 0; i < SERVICE_TIMES; i++) {
        if (t->of[i].count == 0) continue;
        service_name(name, i);
        (void)fprintf(to, "%s\n  \"%s\": {\"count\": %llu, \"mean_ns\": %llu}", comma, name,
                      (unsigned long long)t->of[i].count, (unsigned long long)service_mean(t, i));
        comma = ",";
    }
    (void)fprintf(to, "\n }}\n");
    return ferror(to) || fflush(to) == EOF ? -1 : 0;
}

/* --- reading --- */

struct reading {
    const char *path;
    char *why;
};

static bool wrong(const struct reading *r, const char *form, ...) __attribute__((format(printf, 2, 3)));

static bool wrong(const struct reading *r, const char *form, ...)
{
    char what[200];
    va_list list;

    va_start(list, form);
    (void)vsnprintf(what, sizeof what, form, list);
    va_end(list);
    (void)snprintf(r->why, CALIBRATION_WHY, "%.100s: %s", r->path, what);
    return false;
}

/* A whole number from `least` to `most` behind a key. */
static bool number(const struct reading *r, const char *where, const json_t *object, const char *key, int64_t least,
                   int64_t most, uint64_t *out)
{
    const json_t *j = json_object_get(object, key);

    if (!j) return wrong(r, "%.40s has no \"%s\"", where, key);
    if (!json_is_integer(j) || json_integer_value(j) < least || json_integer_value(j) > most)
        return wrong(r, "\"%s\" of %.40s is no whole number from %lld to %lld", key, where, (long long)least,
                     (long long)most);
    *out = (uint64_t)json_integer_value(j);
    return true;
}

static bool only(const struct reading *r, const char *where, json_t *object, const char *const *known, size_t count)
{
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value) {
        bool is = false;
        for (size_t i = 0; i < count; i++) is |= strcmp(key, known[i]) == 0;
        if (!is) return wrong(r, "%.40s has a \"%.40s\", which means nothing here", where, key);
    }
    return true;
}

static uint32_t service_called(const char *what)
{
    char name[SERVICE_NAME];

    for (uint32_t i = 0; i < SERVICE_TIMES; i++) {
        service_name(name, i);
        if (strcmp(name, what) == 0) return i;
    }
    return SERVICE_TIMES;
}

static bool read_service(const struct reading *r, const char *name, json_t *value, struct service_times *out)
{
    static const char *const keys[] = {"count", "mean_ns"};
    uint32_t which = service_called(name);
    uint64_t count = 0, mean = 0;

    if (which == SERVICE_TIMES) return wrong(r, "there is no service \"%.40s\"", name);
    if (!json_is_object(value)) return wrong(r, "\"%s\" is no object", name);
    if (!only(r, name, value, keys, ARRAY_LENGTH(keys)) || !number(r, name, value, "count", 1, COUNT_MOST, &count) ||
        !number(r, name, value, "mean_ns", 0, MEAN_MOST, &mean))
        return false;
    if (mean && count > UINT64_MAX / mean) return wrong(r, "\"%s\" took longer than there is time", name);
    out->of[which] = (struct service_time){count, count * mean};
    return true;
}

static bool read_services(const struct reading *r, json_t *services, struct service_times *out)
{
    const char *key;
    json_t *value;

    if (!json_is_object(services)) return wrong(r, "it has no object \"services\"");
    json_object_foreach (services, key, value) {
        if (!read_service(r, key, value, out)) return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
        if (out->of[service_called(needed[i])].count == 0) return wrong(r, "the service \"%s\" is missing", needed[i]);
    return true;
}

static bool read_document(const struct reading *r, json_t *j, struct service_times *out)
{
    static const char *const keys[] = {"dialtone_calibration", "cores", "phones", "services"};
    uint64_t version = 0, cores = 0, phones = 0;

    if (!json_is_object(j) || !json_object_get(j, keys[0]))
        return wrong(r, "it is no calibration: `dialtone lab --calibrate FILE`, without --sim, writes one");
    if (!number(r, "the calibration", j, keys[0], CALIBRATION_VERSION, CALIBRATION_VERSION, &version) ||
        !number(r, "the calibration", j, "cores", 1, CORES_MOST, &cores) ||
        !number(r, "the calibration", j, "phones", 1, UINT32_MAX, &phones) ||
        !only(r, "the calibration", j, keys, ARRAY_LENGTH(keys)))
        return false;
    *out = (struct service_times){.cores = (uint32_t)cores, .phones = (uint32_t)phones};
    return read_services(r, json_object_get(j, "services"), out);
}

bool calibration_read(struct service_times *t, const char *path, char why[CALIBRATION_WHY])
{
    const struct reading r = {path, why};
    json_error_t error;
    FILE *f = fopen(path, "re");
    char *text = f ? malloc((size_t)SIZE_MOST + 1) : NULL;

    if (!f) return wrong(&r, "%s", strerror(errno));
    size_t n = text ? fread(text, 1, (size_t)SIZE_MOST + 1, f) : 0;
    bool unread = !text || ferror(f);
    (void)fclose(f);
    json_t *j = n <= (size_t)SIZE_MOST && !unread ? json_loadb(text, n, JSON_REJECT_DUPLICATES, &error) : NULL;
    free(text);
    if (unread) return wrong(&r, "it cannot be read");
    if (n > (size_t)SIZE_MOST) return wrong(&r, "it is longer than any calibration");
    if (!j) return wrong(&r, "line %d: %.120s", error.line, error.text);
    bool good = read_document(&r, j, t);
    json_decref(j);
    return good;
}
