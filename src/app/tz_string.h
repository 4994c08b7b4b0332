/* app/tz_string.h: the TZ string of POSIX (Base Definitions, 8.3) as it stands in the footer of a TZif file (RFC 8536,
 * 3.3).
 *
 * `EST5EDT,M3.2.0,M11.1.0`: a name and how far it is WEST of UTC, then perhaps the name of daylight saving time, its
 * own offset, and when it begins and ends: the w-th weekday d of month m (5: the last), Jn (1 to 365, never 29
 * February), or n (0 to 365), each with a local time, which RFC 8536 lets go from -167 to 167 hours. Gives seconds EAST
 * of UTC. False: it is no such string. Pure; any bytes may be given.
 */
#ifndef APP_TZ_STRING_H
#define APP_TZ_STRING_H
#include "base/bytes.h"

bool tz_string_offset(struct bytes text, int64_t when, int32_t *seconds);
#endif
