/* app/zone.h: local time, out of the machine's time zone database: TZif files (RFC 8536).
 *
 * tzif_offset      a whole file, and a moment in seconds since 1970: how far local time is ahead of UTC then, in
 *                  seconds. Of the file its 64-bit block, so of version 2 or later; after its last transition the TZ
 *                  string of its footer (POSIX, with RFC 8536's extensions: names in <>, hours to 167; days as Mm.w.d,
 *                  Jn and n). False: it cannot be read, *why. Pure; any bytes may be given.
 * zone_utc_offset  of the zone with that name (IANA's), read once in the life of the process. The signature is that of
 *                  struct callmanager_config; `folder` is a const char *, NULL for /usr/share/zoneinfo. Where there is
 *                  no such file, or no sound one: the zone's standard time (provision/time_zone.h); of an unknown zone
 *                  0. The C library's own zone (TZ, tzset) is neither asked nor changed. One thread.
 * Memory           up to 64 files of 64 KiB at most, which stay until the process ends.
 */
#ifndef APP_ZONE_H
#define APP_ZONE_H
#include "base/bytes.h"

bool tzif_offset(struct bytes file, int64_t when, int32_t *seconds, struct fault *why);
int32_t zone_utc_offset(void *folder, const char *iana_zone, uint64_t unix_seconds);
#endif
