#include "provision/time_zone.h"

/* The names as CallManager writes them; some end with a blank, and a phone knows them only so. Where two rows have one
 * Cisco name the first gives its IANA twin, the others are further places that keep the same time. */
#define STANDARD(name, iana, h, m)                                                                                     \
    {                                                                                                                  \
        name " Standard Time", iana, (h)*60 + (m)                                                                      \
    }
#define STANDARD_BLANK(name, iana, h, m)                                                                               \
    {                                                                                                                  \
        name " Standard Time ", iana, (h)*60 + (m)                                                                     \
    }
#define DAYLIGHT(name, iana, h, m)                                                                                     \
    {                                                                                                                  \
        name " Standard/Daylight Time", iana, (h)*60 + (m)                                                             \
    }

static const struct {
    const char *cisco, *iana;
    int16_t minutes; /* of its standard time, east of UTC: IANA tz database 2025b */
} zones[] = {
    STANDARD("Dateline", "Etc/GMT+12", -12, 0),
    STANDARD_BLANK("Samoa", "Pacific/Pago_Pago", -11, 0),
    STANDARD_BLANK("Hawaiian", "Pacific/Honolulu", -10, 0),
    DAYLIGHT("Alaskan", "America/Anchorage", -9, 0),
    DAYLIGHT("Pacific", "America/Los_Angeles", -8, 0),
    DAYLIGHT("Pacific", "America/Vancouver", -8, 0),
    DAYLIGHT("Mountain", "America/Denver", -7, 0),
    STANDARD("US Mountain", "America/Phoenix", -7, 0),
    STANDARD("US Mountain", "Etc/GMT+7", -7, 0),
    DAYLIGHT("Central", "America/Chicago", -6, 0),
    DAYLIGHT("Mexico", "America/Mexico_City", -6, 0),
    STANDARD("Canada Central", "America/Regina", -6, 0),
    STANDARD("SA Pacific", "America/Bogota", -5, 0),
    STANDARD("SA Pacific", "America/Lima", -5, 0),
    DAYLIGHT("Eastern", "America/New_York", -5, 0),
    DAYLIGHT("Eastern", "America/Toronto", -5, 0),
    STANDARD("US Eastern", "Etc/GMT+5", -5, 0),
    DAYLIGHT("Atlantic", "America/Halifax", -4, 0),
    STANDARD("SA Western", "America/La_Paz", -4, 0),
    STANDARD("SA Western", "Etc/GMT+4", -4, 0),
    DAYLIGHT("Newfoundland", "America/St_Johns", -3, -30),
    DAYLIGHT("South America", "America/Sao_Paulo", -3, 0),
    STANDARD("SA Eastern", "America/Argentina/Buenos_Aires", -3, 0),
    STANDARD("SA Eastern", "Etc/GMT+3", -3, 0),
    DAYLIGHT("Mid-Atlantic", "Etc/GMT+2", -2, 0),
    DAYLIGHT("Azores", "Atlantic/Azores", -1, 0),
    DAYLIGHT("GMT", "Europe/London", 0, 0),
    DAYLIGHT("GMT", "Europe/Dublin", 0, 0),
    DAYLIGHT("GMT", "Europe/Lisbon", 0, 0),
    STANDARD("Greenwich", "Etc/UTC", 0, 0),
    STANDARD("Greenwich", "UTC", 0, 0),
    STANDARD("Greenwich", "Etc/GMT", 0, 0),
    STANDARD("Greenwich", "Africa/Abidjan", 0, 0),
    DAYLIGHT("W. Europe", "Europe/Berlin", 1, 0),
    DAYLIGHT("W. Europe", "Europe/Amsterdam", 1, 0),
    DAYLIGHT("W. Europe", "Europe/Rome", 1, 0),
    DAYLIGHT("W. Europe", "Europe/Vienna", 1, 0),
    DAYLIGHT("W. Europe", "Europe/Zurich", 1, 0),
    DAYLIGHT("GTB", "Europe/Bucharest", 2, 0),
    DAYLIGHT("Egypt", "Africa/Cairo", 2, 0),
    DAYLIGHT("E. Europe", "Europe/Athens", 2, 0),
    DAYLIGHT("E. Europe", "Europe/Helsinki", 2, 0),
    DAYLIGHT("Romance", "Europe/Madrid", 1, 0),
    DAYLIGHT("Romance", "Europe/Brussels", 1, 0),
    DAYLIGHT("Central Europe", "Europe/Paris", 1, 0),
    DAYLIGHT("Central Europe", "Europe/Prague", 1, 0),
    DAYLIGHT("Central Europe", "Europe/Warsaw", 1, 0),
    STANDARD_BLANK("South Africa", "Africa/Johannesburg", 2, 0),
    DAYLIGHT("Jerusalem", "Asia/Jerusalem", 2, 0),
    STANDARD("Saudi Arabia", "Asia/Riyadh", 3, 0),
    DAYLIGHT("Russian", "Europe/Moscow", 3, 0),
    DAYLIGHT("Iran", "Asia/Tehran", 3, 30),
    DAYLIGHT("Caucasus", "Asia/Yerevan", 4, 0),
    STANDARD("Arabian", "Asia/Dubai", 4, 0),
    STANDARD("Arabian", "Etc/GMT-4", 4, 0),
    STANDARD_BLANK("Afghanistan", "Asia/Kabul", 4, 30),
    STANDARD("West Asia", "Asia/Karachi", 5, 0),
    STANDARD("West Asia", "Etc/GMT-5", 5, 0),
    STANDARD("Ekaterinburg", "Asia/Yekaterinburg", 5, 0),
    STANDARD("India", "Asia/Kolkata", 5, 30),
    STANDARD_BLANK("Central Asia", "Asia/Dhaka", 6, 0),
    STANDARD_BLANK("Central Asia", "Etc/GMT-6", 6, 0),
    STANDARD("SE Asia", "Asia/Bangkok", 7, 0),
    STANDARD("SE Asia", "Etc/GMT-7", 7, 0),
    DAYLIGHT("China", "Asia/Shanghai", 8, 0),
    DAYLIGHT("China", "Asia/Hong_Kong", 8, 0),
    STANDARD("Taipei", "Asia/Taipei", 8, 0),
    STANDARD("Tokyo", "Asia/Tokyo", 9, 0),
    STANDARD("Tokyo", "Asia/Seoul", 9, 0),
    DAYLIGHT("Cen. Australia", "Australia/Adelaide", 9, 30),
    STANDARD("AUS Central", "Australia/Darwin", 9, 30),
    STANDARD("E. Australia", "Australia/Brisbane", 10, 0),
    DAYLIGHT("AUS Eastern", "Australia/Sydney", 10, 0),
    DAYLIGHT("AUS Eastern", "Australia/Melbourne", 10, 0),
    STANDARD("West Pacific", "Pacific/Guam", 10, 0),
    STANDARD("West Pacific", "Etc/GMT-10", 10, 0),
    DAYLIGHT("Tasmania", "Australia/Hobart", 10, 0),
    STANDARD("Central Pacific", "Pacific/Guadalcanal", 11, 0),
    STANDARD("Central Pacific", "Etc/GMT-11", 11, 0),
    STANDARD("Fiji", "Pacific/Fiji", 12, 0),
    STANDARD("Fiji", "Etc/GMT-12", 12, 0),
    DAYLIGHT("New Zealand", "Pacific/Auckland", 12, 0),
};

const char *time_zone_cisco(struct bytes iana)
{
    for (size_t i = 0; i < ARRAY_LENGTH(zones); i++)
        if (bytes_are(iana, zones[i].iana)) return zones[i].cisco;
    return NULL;
}

static struct bytes without_blank(struct bytes name)
{
    while (name.len && name.at[name.len - 1] == ' ') name.len--;
    return name;
}

const char *time_zone_iana(struct bytes cisco)
{
    cisco = without_blank(cisco);
    for (size_t i = 0; i < ARRAY_LENGTH(zones); i++)
        if (bytes_equal(cisco, without_blank(bytes_of(zones[i].cisco)))) return zones[i].iana;
    return NULL;
}

bool time_zone_standard_offset(struct bytes iana, int32_t *seconds)
{
    for (size_t i = 0; i < ARRAY_LENGTH(zones); i++) {
        if (!bytes_are(iana, zones[i].iana)) continue;
        *seconds = zones[i].minutes * 60;
        return true;
    }
    return false;
}

bool date_template_valid(struct bytes t)
{
    unsigned seen = 0;

    if (t.len != 5 && (t.len != 6 || t.at[5] != 'A')) return false; /* a final A: 12-hour clock */
    for (size_t i = 0; i < 5; i += 2) {
        if (t.at[i] != 'D' && t.at[i] != 'M' && t.at[i] != 'Y') return false;
        seen |= 1u << (t.at[i] - 'A');
    }
    if (seen != (1u << ('D' - 'A') | 1u << ('M' - 'A') | 1u << ('Y' - 'A'))) return false;
    return t.at[1] == t.at[3] && (t.at[1] == '/' || t.at[1] == '-' || t.at[1] == '.');
}
