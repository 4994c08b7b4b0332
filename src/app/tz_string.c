#include "app/tz_string.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, OFFSET_HOURS = 24, RULE_HOURS = 167, NAME_LEAST = 3 };

struct rule {
    uint8_t kind; /* 'M', 'J', or 0: a day counted from 0 */
    int32_t month, week, day, time;
};

static bool take(struct bytes *s, uint8_t c)
{
    if (s->len == 0 || s->at[0] != c) return false;
    *s = bytes_from(*s, 1);
    return true;
}

static bool letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool take_name(struct bytes *s)
{
    bool quoted = take(s, '<');
    size_t n = 0;

    while (n < s->len && (letter(s->at[n]) || (quoted && (digit(s->at[n]) || s->at[n] == '+' || s->at[n] == '-')))) n++;
    *s = bytes_from(*s, n);
    return n >= NAME_LEAST && (!quoted || take(s, '>'));
}

static bool take_number(struct bytes *s, int32_t least, int32_t most, int32_t *out)
{
    size_t n = 0;
    uint64_t value;

    while (n < s->len && n < 3 && digit(s->at[n])) n++;
    if (!bytes_number((struct bytes){s->at, n}, (uint64_t)most, &value) || (int32_t)value < least) return false;
    *out = (int32_t)value;
    *s = bytes_from(*s, n);
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(struct bytes *s, int32_t hours_most, int32_t *seconds)
{
    int32_t hours, minutes = 0, rest = 0;
    bool negative = take(s, '-');

    if (!negative) (void)take(s, '+');
    if (!take_number(s, 0, hours_most, &hours)) return false;
    if (take(s, ':')) {
        if (!take_number(s, 0, 59, &minutes)) return false;
        if (take(s, ':') && !take_number(s, 0, 59, &rest)) return false;
    }
    *seconds = hours * HOUR + minutes * MINUTE + rest;
    if (negative) *seconds = -*seconds;
    return true;
}

static bool take_rule(struct bytes *s, struct rule *r)
{
    *r = (struct rule){.time = 2 * HOUR}; /* POSIX: when nothing is said */
    if (!take(s, ',')) return false;
    if (take(s, 'M')) {
        r->kind = 'M';
        if (!take_number(s, 1, 12, &r->month) || !take(s, '.') || !take_number(s, 1, 5, &r->week) || !take(s, '.') ||
            !take_number(s, 0, 6, &r->day))
            return false;
    } else {
        r->kind = take(s, 'J') ? 'J' : 0;
        if (!take_number(s, r->kind == 'J' ? 1 : 0, 365, &r->day)) return false;
    }
    return !take(s, '/') || take_time(s, RULE_HOURS, &r->time);
}

static bool leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to 1 January of a year since 1 (proleptic Gregorian). */
static int64_t days_to(int64_t year)
{
    int64_t before = year - 1;

    return before * 365 + before / 4 - before / 100 + before / 400 - 719162;
}

static int64_t year_of(int64_t when)
{
    int64_t year = 1970 + when / (365 * DAY + DAY / 4);

    while (days_to(year) * DAY > when) year--;
    while (days_to(year + 1) * DAY <= when) year++;
    return year;
}

/* The day of a rule in a year, since 1970-01-01. */
static int64_t day_of(const struct rule *r, int64_t year)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
    int64_t first = days_to(year);

    if (r->kind == 0) return first + r->day;
    if (r->kind == 'J') return first + r->day - 1 + (leap(year) && r->day >= 60);
    int64_t length = before[r->month] - before[r->month - 1] + (r->month == 2 && leap(year));
    first += before[r->month - 1] + (r->month > 2 && leap(year));
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; Sunday is 0 */
    int64_t day = (r->day - weekday + 7) % 7 + 7 * (r->week - 1);
    return first + (day < length ? day : day - 7);
}

/* Each rule speaks of the local time that ends at that moment: the first of standard time, the second of daylight
 * time. */
static bool saving(const struct rule *start, const struct rule *end, int32_t standard, int32_t daylight, int64_t when)
{
    int64_t year = year_of(when + standard);
    int64_t begins = day_of(start, year) * DAY + start->time - standard;
    int64_t ends = day_of(end, year) * DAY + end->time - daylight;

    if (begins < ends) return when >= begins && when < ends;
    return when >= begins || when < ends; /* over the new year: in the south, and in Ireland */
}

bool tz_string_offset(struct bytes text, int64_t when, int32_t *seconds)
{
    static const int64_t most = INT64_C(253402300799); /* the end of 9999 */
    struct rule start, end;
    int32_t west, daylight;

    if (when > most) when = most;
    if (when < 0) when = 0; /* a footer speaks of what comes after the last transition */
    if (!take_name(&text) || !take_time(&text, OFFSET_HOURS, &west)) return false;
    *seconds = -west;
    if (text.len == 0) return true;
    if (!take_name(&text)) return false;
    daylight = *seconds + HOUR;
    if (text.len && text.at[0] != ',') {
        if (!take_time(&text, OFFSET_HOURS, &west)) return false;
        daylight = -west;
    }
    if (!take_rule(&text, &start) || !take_rule(&text, &end) || text.len) return false;
    if (saving(&start, &end, *seconds, daylight, when)) *seconds = daylight;
    return true;
}
