/* The answers of a registration. Each request is answered at once and in any order, also when what it asks for is not
 * there: a 7960 waits in registration until the answer comes. Layouts and choices by the agreed version:
 * wire/sccp_register.h. */
#include "server/cm.h"
#include <string.h>

enum { VERSION_LOAD = 16, DISPLAY_DYNAMIC = 8, SERVICE_DYNAMIC = 7, FEATURE_DYNAMIC = 15, LINE_DYNAMIC = 17 };
enum { YOUR_CURRENT_OPTIONS = 0x13 }; /* label 80 13 */
enum { BUTTONS_SENT = 42, KEYS_ON_HOOK = 1 << 0 | 1 << 1 /* Redial, NewCall: there is no forwarding */ };

struct asking {
    struct callmanager *m;
    struct cm_connection *c;
    const struct device *d;
    const struct sccp_message *in;
    usec now;
    struct outbox *out;
};

static void answer(const struct asking *a, const struct sccp_message *message)
{
    cm_write(a->c, message, a->out);
}

static void prompt(const struct asking *a, uint8_t label)
{
    uint32_t id = a->c->version >= DISPLAY_DYNAMIC ? SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS : SCCP_DISPLAY_PROMPT_STATUS;

    answer(a, &(struct sccp_message){.id = id, .prompt = {.label = label}});
}

static uint32_t lines_of(const struct device *d)
{
    uint32_t n = 1;

    for (uint32_t i = 1; i <= RECORD_LINES; i++)
        if (device_line(d, i)->number[0]) n = i;
    return n;
}

static uint32_t buttons_of(const struct device *d)
{
    const struct phone_model *model = model_of_type(d->record.device_type);
    uint32_t lines = lines_of(d), n = model ? model->buttons : 0;

    if (n < lines) n = lines;
    return n < BUTTONS_SENT ? n : BUTTONS_SENT;
}

/* Its lines first, then speed dials for what buttons the model has. */
static void button_template(const struct asking *a)
{
    struct sccp_message r = {.id = SCCP_BUTTON_TEMPLATE_RES, .buttons = {.buttons = BUTTONS_SENT}};
    uint32_t lines = lines_of(a->d), buttons = buttons_of(a->d);

    r.buttons.count = r.buttons.total = buttons;
    for (uint32_t i = 0; i < SCCP_BUTTONS; i++) {
        struct sccp_button_of *b = &r.buttons.button[i];
        if (i < lines)
            *b = (struct sccp_button_of){(uint8_t)(i + 1), BUTTON_LINE};
        else if (i < buttons)
            *b = (struct sccp_button_of){(uint8_t)(i - lines + 1), BUTTON_SPEED_DIAL};
        else
            *b = (struct sccp_button_of){0, BUTTON_NONE};
    }
    answer(a, &r);
}

/* The twenty keys of CallManager 4, in its order: event, and its label `80 nn`. */
static const struct {
    uint8_t event, label;
} soft_keys[] = {
    {1, 1},   {2, 2},   {3, 3},   {4, 4},   {5, 5},   {8, 8},     {9, 9},     {10, 10},   {11, 11},   {13, 13},
    {14, 14}, {15, 15}, {16, 16}, {17, 17}, {18, 18}, {21, 0x43}, {28, 0x4d}, {29, 0x4e}, {30, 0x4f}, {33, 0x58},
};

/* CallManager 4's sets, by event: on hook, connected, on hold, ring in, off hook, connected transfer, digits, connected
 * conference, ring out, off hook with features, remote in use. 0 leaves a key empty, so that EndCall stays at its
 * place. */
static const uint8_t key_sets[][SCCP_KEYS] = {
    {1, 2, 5},
    {3, 9, 4, 14, 13, 30, 29, 15, 28, 33},
    {10, 2, 28, 29, 15},
    {11},
    {1, 9, 5, 17, 18, 16},
    {0, 9, 4},
    {8, 9},
    {0, 9, 13},
    {0, 9},
    {1, 9},
    {21, 2},
};

static void soft_key_template(const struct asking *a)
{
    struct sccp_message r = {.id = SCCP_SOFT_KEY_TEMPLATE_RES};

    r.soft_keys.count = r.soft_keys.total = ARRAY_LENGTH(soft_keys);
    for (size_t i = 0; i < ARRAY_LENGTH(soft_keys); i++) {
        r.soft_keys.key[i].label = soft_keys[i].label;
        r.soft_keys.key[i].event = soft_keys[i].event;
    }
    answer(a, &r);
}

static uint8_t position_of(uint8_t event)
{
    for (size_t i = 0; i < ARRAY_LENGTH(soft_keys); i++)
        if (soft_keys[i].event == event) return (uint8_t)(i + 1);
    return 0;
}

static void soft_key_sets(const struct asking *a)
{
    struct sccp_message r = {.id = SCCP_SOFT_KEY_SET_RES};

    r.key_sets.count = r.key_sets.total = ARRAY_LENGTH(key_sets);
    for (size_t i = 0; i < ARRAY_LENGTH(key_sets); i++)
        for (size_t k = 0; k < SCCP_KEYS; k++) {
            if (key_sets[i][k] == 0) continue;
            r.key_sets.set[i].position[k] = position_of(key_sets[i][k]);
            r.key_sets.set[i].info[k] = (uint16_t)(300 + key_sets[i][k]); /* the event, not the position */
        }
    answer(a, &r);
    answer(a, &(struct sccp_message){.id = SCCP_SELECT_SOFT_KEYS, .keys = {.mask = KEYS_ON_HOOK}});
    prompt(a, YOUR_CURRENT_OPTIONS);
}

static void line_stat(const struct asking *a)
{
    uint32_t line = a->in->number;
    const struct record_line *l = device_line(a->d, line);
    struct bytes label = bytes_of(l->label[0] ? l->label : l->number);

    answer(a, &(struct sccp_message){.id = a->c->version >= LINE_DYNAMIC ? SCCP_LINE_STAT_DYNAMIC : SCCP_LINE_STAT,
                                     .line = {.line = line,
                                              .number = bytes_of(l->number),
                                              .name = label,
                                              .label = label,
                                              .options = l->number[0] ? 15 : 0}});
}

static void speed_dial(const struct asking *a)
{
    uint32_t key = a->in->number;
    const struct record_speed_dial *s = device_speed_dial(a->d, key);

    answer(a, &(struct sccp_message){.id = SCCP_SPEED_DIAL_STAT,
                                     .speed_dial = {.index = key,
                                                    .number = bytes_of(s->number),
                                                    .name = bytes_of(s->label[0] ? s->label : s->number)}});
}

static void feature_stat(const struct asking *a)
{
    bool dynamic = a->c->version >= FEATURE_DYNAMIC && a->in->feature_req.capabilities == 1;

    /* CallManager 4 answers definition 3 and status 0 for a key that is not configured. */
    answer(a, &(struct sccp_message){.id = dynamic ? SCCP_FEATURE_STAT_DYNAMIC : SCCP_FEATURE_STAT,
                                     .feature = {.index = a->in->feature_req.index, .definition = 3}});
}

static void service_stat(const struct asking *a)
{
    answer(a, &(struct sccp_message){.id = a->c->version >= SERVICE_DYNAMIC ? SCCP_SERVICE_URL_STAT_DYNAMIC
                                                                            : SCCP_SERVICE_URL_STAT,
                                     .service = {.index = a->in->number}});
}

/* A phone that shows the state of the numbers in its call lists asks for each: there is none to be had here. */
static void subscription(const struct asking *a)
{
    enum { ROUTE_FAILED = 1 };
    struct sccp_subscription s = a->in->call.subscription;

    s.status = ROUTE_FAILED;
    s.text = (struct bytes){0};
    answer(a, &(struct sccp_message){.id = SCCP_SUBSCRIPTION_STAT, .call.subscription = s});
}

/* One call a phone, and busy with it (server/call.h): so of each line. */
static void call_counts(const struct asking *a)
{
    struct sccp_message r = {.id = SCCP_CALL_COUNT_RES};
    struct sccp_counts *c = &r.call.counts;

    c->lines = c->count = lines_of(a->d);
    c->first = 1;
    for (uint32_t i = 0; i < c->count; i++) c->line[i].most = c->line[i].busy_trigger = 1;
    answer(a, &r);
}

/* The load that it must run, when that can be told this way: 16 letters (longer ones stand in its file). Empty: keep
 * yours. */
static void version(const struct asking *a)
{
    struct bytes load = device_load(a->m->config.devices, a->d);

    if (load.len > VERSION_LOAD) load.len = 0;
    answer(a, &(struct sccp_message){.id = SCCP_VERSION, .text = load});
}

static void servers(const struct asking *a)
{
    struct sccp_message r = {.id = SCCP_SERVER_RES};
    struct record_callmanager list[RECORD_CALLMANAGERS] = {{a->m->config.address, a->m->config.port}};
    char name[RECORD_CALLMANAGERS][IPV4_TEXT];
    uint8_t n = device_callmanagers(a->m->config.devices, a->d, list);

    for (uint8_t i = 0; i < (n ? n : 1); i++) {
        r.servers.server[i].name = bytes_of(ipv4_text(name[i], list[i].address));
        r.servers.server[i].port = list[i].port;
        r.servers.server[i].address = list[i].address;
    }
    answer(a, &r);
}

static void config_stat(const struct asking *a)
{
    uint32_t lines = lines_of(a->d);
    char name[DEVICE_NAME];

    device_name(name, a->d->record.mac);
    answer(a, &(struct sccp_message){.id = SCCP_CONFIG_STAT,
                                     .config = {.name = bytes_of(name),
                                                .server_name = bytes_of(a->m->config.name),
                                                .lines = lines,
                                                .speed_dials = buttons_of(a->d) - lines}});
}

/* A date of the proleptic Gregorian calendar from days since 1970-01-01 (eras of 400 years, years that begin in March).
 * */
static void set_date(struct sccp_time *t, uint64_t days)
{
    uint64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;

    t->day = (uint32_t)(of_year - (153 * month + 2) / 5 + 1);
    t->month = (uint32_t)(month < 10 ? month + 3 : month - 9);
    t->year = (uint32_t)(year + era * 400 + (t->month <= 2));
    t->weekday = (uint32_t)((days + 4) % 7); /* 1970-01-01 was a Thursday; Sunday is 0 */
}

static int32_t utc_offset(const struct callmanager *m, const struct device *d, uint64_t seconds)
{
    const struct callmanager_config *c = &m->config;
    char zone[sizeof device_own(d)->time_zone];

    text_copy(zone, sizeof zone, device_time_zone(c->devices, d));
    return c->utc_offset_of ? c->utc_offset_of(c->zone_context, zone, seconds) : c->utc_offset;
}

/* Local seconds since 1970 when `now` was 0: the same as long as nobody sets a clock, neither ours nor that of the
 * zone. */
static int64_t clock_of(const struct callmanager *m, usec now, const struct device *d)
{
    uint64_t start = m->config.wall_at_start;

    return (int64_t)(start / SECOND) + (d ? utc_offset(m, d, (start + now) / SECOND) : 0);
}

void cm_clock(struct callmanager *m, usec now, struct cm_connection *c, struct outbox *out)
{
    if (c->state == CM_COMPLETE && c->asked_time && clock_of(m, now, cm_device(m, c)) != c->clock)
        cm_time(m, now, c, out);
}

void cm_time(struct callmanager *m, usec now, struct cm_connection *c, struct outbox *out)
{
    const struct device *d = cm_device(m, c);
    usec utc = m->config.wall_at_start + now;
    uint64_t seconds = utc / SECOND;
    int64_t local = (int64_t)seconds + (d ? utc_offset(m, d, seconds) : 0);
    uint64_t shown = local > 0 ? (uint64_t)local : 0;
    struct sccp_message r = {.id = SCCP_DEFINE_TIME_DATE};

    c->clock = clock_of(m, now, d);
    set_date(&r.time, shown / 86400);
    r.time.hour = (uint32_t)(shown / 3600 % 24);
    r.time.minute = (uint32_t)(shown / 60 % 60);
    r.time.second = (uint32_t)(shown % 60);
    r.time.millisecond = (uint32_t)(utc / MSEC % 1000);
    r.time.unix_time = (uint32_t)seconds;
    cm_write(c, &r, out);
}

bool cm_answer(struct callmanager *m, usec now, struct cm_connection *c, const struct device *d,
               const struct sccp_message *in, struct outbox *out)
{
    struct asking a = {m, c, d, in, now, out};

    switch (in->id) {
    case SCCP_BUTTON_TEMPLATE_REQ: button_template(&a); return true;
    case SCCP_SOFT_KEY_TEMPLATE_REQ: soft_key_template(&a); return true;
    case SCCP_SOFT_KEY_SET_REQ: soft_key_sets(&a); return true;
    case SCCP_LINE_STAT_REQ: line_stat(&a); return true;
    case SCCP_SPEED_DIAL_STAT_REQ: speed_dial(&a); return true;
    case SCCP_FORWARD_STAT_REQ:
        answer(&a, &(struct sccp_message){.id = SCCP_FORWARD_STAT, .forward = {.line = in->number}});
        return true;
    case SCCP_FEATURE_STAT_REQ: feature_stat(&a); return true;
    case SCCP_SERVICE_URL_STAT_REQ: service_stat(&a); return true;
    case SCCP_SUBSCRIPTION_STAT_REQ: subscription(&a); return true;
    case SCCP_CALL_COUNT_REQ: call_counts(&a); return true;
    case SCCP_VERSION_REQ: version(&a); return true;
    case SCCP_SERVER_REQ: servers(&a); return true;
    case SCCP_CONFIG_STAT_REQ: config_stat(&a); return true;
    case SCCP_TIME_DATE_REQ:
        c->asked_time = true;
        cm_time(m, now, c, out);
        prompt(&a, YOUR_CURRENT_OPTIONS);
        return true;
    default: return false; /* capabilities, IpPort, headset, available lines: no answer */
    }
}
