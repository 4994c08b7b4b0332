#include "provision/time_zone.h"

/* The names as CallManager writes them; some end with a blank, and a phone knows them only so. Where two rows have one
 * Cisco name the first gives its IANA twin, the others are further places that keep the same time. */
#define STANDARD(name, iana)                                                                                           \
    {                                                                                                                  \
        name " Standard Time", iana                                                                                    \
    }
#define STANDARD_BLANK(name, iana)                                                                                     \
    {                                                                                                                  \
        name " Standard Time ", iana                                                                                   \
    }
#define DAYLIGHT(name, iana)                                                                                           \
    {                                                                                                                  \
        name " Standard/Daylight Time", iana                                                                           \
    }

static const struct {
    const char *cisco, *iana;
} zones[] = {
    STANDARD("Dateline", "Etc/GMT+12"),
    STANDARD_BLANK("Samoa", "Pacific/Pago_Pago"),
    STANDARD_BLANK("Hawaiian", "Pacific/Honolulu"),
    DAYLIGHT("Alaskan", "America/Anchorage"),
    DAYLIGHT("Pacific", "America/Los_Angeles"),
    DAYLIGHT("Pacific", "America/Vancouver"),
    DAYLIGHT("Mountain", "America/Denver"),
    STANDARD("US Mountain", "America/Phoenix"),
    STANDARD("US Mountain", "Etc/GMT+7"),
    DAYLIGHT("Central", "America/Chicago"),
    DAYLIGHT("Mexico", "America/Mexico_City"),
    STANDARD("Canada Central", "America/Regina"),
    STANDARD("SA Pacific", "America/Bogota"),
    STANDARD("SA Pacific", "America/Lima"),
    DAYLIGHT("Eastern", "America/New_York"),
    DAYLIGHT("Eastern", "America/Toronto"),
    STANDARD("US Eastern", "Etc/GMT+5"),
    DAYLIGHT("Atlantic", "America/Halifax"),
    STANDARD("SA Western", "America/La_Paz"),
    STANDARD("SA Western", "Etc/GMT+4"),
    DAYLIGHT("Newfoundland", "America/St_Johns"),
    DAYLIGHT("South America", "America/Sao_Paulo"),
    STANDARD("SA Eastern", "America/Argentina/Buenos_Aires"),
    STANDARD("SA Eastern", "Etc/GMT+3"),
    DAYLIGHT("Mid-Atlantic", "Etc/GMT+2"),
    DAYLIGHT("Azores", "Atlantic/Azores"),
    DAYLIGHT("GMT", "Europe/London"),
    DAYLIGHT("GMT", "Europe/Dublin"),
    DAYLIGHT("GMT", "Europe/Lisbon"),
    STANDARD("Greenwich", "Etc/UTC"),
    STANDARD("Greenwich", "UTC"),
    STANDARD("Greenwich", "Etc/GMT"),
    STANDARD("Greenwich", "Africa/Abidjan"),
    DAYLIGHT("W. Europe", "Europe/Berlin"),
    DAYLIGHT("W. Europe", "Europe/Amsterdam"),
    DAYLIGHT("W. Europe", "Europe/Rome"),
    DAYLIGHT("W. Europe", "Europe/Vienna"),
    DAYLIGHT("W. Europe", "Europe/Zurich"),
    DAYLIGHT("GTB", "Europe/Bucharest"),
    DAYLIGHT("Egypt", "Africa/Cairo"),
    DAYLIGHT("E. Europe", "Europe/Athens"),
    DAYLIGHT("E. Europe", "Europe/Helsinki"),
    DAYLIGHT("Romance", "Europe/Madrid"),
    DAYLIGHT("Romance", "Europe/Brussels"),
    DAYLIGHT("Central Europe", "Europe/Paris"),
    DAYLIGHT("Central Europe", "Europe/Prague"),
    DAYLIGHT("Central Europe", "Europe/Warsaw"),
    STANDARD_BLANK("South Africa", "Africa/Johannesburg"),
    DAYLIGHT("Jerusalem", "Asia/Jerusalem"),
    STANDARD("Saudi Arabia", "Asia/Riyadh"),
    DAYLIGHT("Russian", "Europe/Moscow"),
    DAYLIGHT("Iran", "Asia/Tehran"),
    DAYLIGHT("Caucasus", "Asia/Yerevan"),
    STANDARD("Arabian", "Asia/Dubai"),
    STANDARD("Arabian", "Etc/GMT-4"),
    STANDARD_BLANK("Afghanistan", "Asia/Kabul"),
    STANDARD("West Asia", "Asia/Karachi"),
    STANDARD("West Asia", "Etc/GMT-5"),
    STANDARD("Ekaterinburg", "Asia/Yekaterinburg"),
    STANDARD("India", "Asia/Kolkata"),
    STANDARD_BLANK("Central Asia", "Asia/Dhaka"),
    STANDARD_BLANK("Central Asia", "Etc/GMT-6"),
    STANDARD("SE Asia", "Asia/Bangkok"),
    STANDARD("SE Asia", "Etc/GMT-7"),
    DAYLIGHT("China", "Asia/Shanghai"),
    DAYLIGHT("China", "Asia/Hong_Kong"),
    STANDARD("Taipei", "Asia/Taipei"),
    STANDARD("Tokyo", "Asia/Tokyo"),
    STANDARD("Tokyo", "Asia/Seoul"),
    DAYLIGHT("Cen. Australia", "Australia/Adelaide"),
    STANDARD("AUS Central", "Australia/Darwin"),
    STANDARD("E. Australia", "Australia/Brisbane"),
    DAYLIGHT("AUS Eastern", "Australia/Sydney"),
    DAYLIGHT("AUS Eastern", "Australia/Melbourne"),
    STANDARD("West Pacific", "Pacific/Guam"),
    STANDARD("West Pacific", "Etc/GMT-10"),
    DAYLIGHT("Tasmania", "Australia/Hobart"),
    STANDARD("Central Pacific", "Pacific/Guadalcanal"),
    STANDARD("Central Pacific", "Etc/GMT-11"),
    STANDARD("Fiji", "Pacific/Fiji"),
    STANDARD("Fiji", "Etc/GMT-12"),
    DAYLIGHT("New Zealand", "Pacific/Auckland"),
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
