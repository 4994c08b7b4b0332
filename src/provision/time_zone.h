/* provision/time_zone.h: Cisco's time zone names, their IANA twins and standard offsets; date templates.
 * A Cisco name is taken with or without its final blank. Unknown: NULL. */
#ifndef PROVISION_TIME_ZONE_H
#define PROVISION_TIME_ZONE_H
#include "base/bytes.h"

const char *time_zone_cisco(struct bytes iana); /* "Europe/Paris" -> "Central Europe Standard/Daylight Time" */
const char *time_zone_iana(struct bytes cisco);
/* How far its standard time (without daylight saving) is ahead of UTC, in seconds: what there is without a time zone
 * database. Ireland, whose standard time is by law that of summer, has 0 as its neighbours. False: unknown, *seconds
 * stays. */
bool time_zone_standard_offset(struct bytes iana, int32_t *seconds);
/* D, M, Y in any order with one of / - . between, and a final A for a 12-hour clock: "D.M.YA". At most 6 bytes. */
bool date_template_valid(struct bytes);
#endif
