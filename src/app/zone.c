#include "app/zone.h"
#include "app/tz_string.h"
#include "provision/time_zone.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_UNUSED = 15, TYPE_BYTES = 6, TYPES_MOST = 256, OFFSET_MOST = 93600, OFFSET_LEAST = -90000 };
enum { ZONES = 64, FILE_MOST = 65536, ZONE_NAME = 48 };

/* --- a file --- */

struct counts { /* RFC 8536, 3.1 */
    uint8_t version;
    uint32_t isut, isstd, leaps, times, types, chars;
};

static struct counts read_header(struct reader *r)
{
    struct counts c = {0};

    if (!bytes_are(read_bytes(r, 4), "TZif")) refuse(r, FAULT_VALUE, "TZif");
    c.version = read_u8(r);
    (void)read_bytes(r, HEADER_UNUSED);
    c.isut = read_be32(r);
    c.isstd = read_be32(r);
    c.leaps = read_be32(r);
    c.times = read_be32(r);
    c.types = read_be32(r);
    c.chars = read_be32(r);
    if (c.version < '2') refuse(r, FAULT_VALUE, "version of TZif");
    return c;
}

static void pass(struct reader *r, uint64_t n)
{
    if (n > unread(r))
        refuse(r, FAULT_SHORT, "data block of TZif");
    else
        (void)read_bytes(r, (size_t)n);
}

static struct bytes table(struct reader *r, uint32_t count, size_t each)
{
    if (count > unread(r) / each) {
        refuse(r, FAULT_SHORT, "data block of TZif");
        return (struct bytes){0};
    }
    return read_bytes(r, count * each);
}

static int64_t time_at(struct bytes times, size_t i)
{
    struct fault why;
    struct reader r = reader(bytes_from(times, i * sizeof(int64_t)), &why);

    return (int64_t)read_be64(&r);
}

/* How many transitions there were until then. */
static size_t passed(struct bytes times, size_t count, int64_t when)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (time_at(times, middle) <= when)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The text between the two line feeds behind the second block. Empty: nothing is known of the time after it (3.3). */
static struct bytes read_footer(struct reader *r)
{
    struct bytes rest, text;

    if (read_u8(r) != '\n') refuse(r, FAULT_VALUE, "footer of TZif");
    rest = read_rest(r);
    text = rest;
    text.len = 0;
    while (text.len < rest.len && rest.at[text.len] != '\n') text.len++;
    if (text.len == rest.len) refuse(r, FAULT_SHORT, "footer of TZif");
    return text;
}

bool tzif_offset(struct bytes file, int64_t when, int32_t *seconds, struct fault *why)
{
    struct reader r = reader(file, why);
    struct counts c = read_header(&r); /* of the first block, which has times of 32 bits, and is passed over */

    pass(&r,
         (uint64_t)c.times * 5 + (uint64_t)c.types * TYPE_BYTES + c.chars + (uint64_t)c.leaps * 8 + c.isstd + c.isut);
    c = read_header(&r);
    struct bytes times = table(&r, c.times, sizeof(int64_t)), of = table(&r, c.times, 1);
    struct bytes types = table(&r, c.types, TYPE_BYTES);
    pass(&r, (uint64_t)c.chars + (uint64_t)c.leaps * 12 + c.isstd + c.isut);
    struct bytes footer = read_footer(&r);
    if (c.types == 0 || c.types > TYPES_MOST) refuse(&r, FAULT_VALUE, "number of local time types");
    if (c.leaps)
        refuse(&r, FAULT_VALUE, "leap seconds in a TZif file"); /* Unix time, which we are asked for, has none */
    if (!sound(&r)) return false;

    size_t n = passed(times, c.times, when);
    if (n == c.times && footer.len) {
        if (tz_string_offset(footer, when, seconds)) return true;
        refuse(&r, FAULT_VALUE, "TZ string");
        return false;
    }
    uint8_t type = n ? of.at[n - 1] : 0; /* 3.2: before the first transition, type 0 */
    struct reader t = reader(bytes_from(types, (size_t)type * TYPE_BYTES), why);
    int32_t offset = (int32_t)read_be32(&t);
    if (offset < OFFSET_LEAST || offset > OFFSET_MOST) refuse(&t, FAULT_VALUE, "offset from UTC");
    if (sound(&t)) *seconds = offset;
    return sound(&t);
}

/* --- the folder --- */

struct zone {
    const char *folder;
    char name[ZONE_NAME];
    uint8_t *file; /* NULL: there is none that can be used */
    size_t size;
};

static struct zone zones[ZONES];
static size_t known, oldest;

/* No name leads out of the folder. */
static bool plain(const char *name)
{
    return name[0] && strlen(name) < ZONE_NAME && name[0] != '/' && !strstr(name, "..");
}

static void read_file(struct zone *z, const char *path)
{
    struct stat is;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) return;
    if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && is.st_size > 0 && is.st_size <= FILE_MOST) {
        z->size = (size_t)is.st_size;
        z->file = malloc(z->size);
        if (z->file && read(fd, z->file, z->size) != is.st_size) {
            free(z->file);
            z->file = NULL;
        }
    }
    (void)close(fd);
}

static struct bytes file_of(const char *folder, const char *name)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < known; i++)
        if (strcmp(zones[i].folder, folder) == 0 && strcmp(zones[i].name, name) == 0)
            return (struct bytes){zones[i].file, zones[i].file ? zones[i].size : 0};
    struct zone *z = &zones[known < ZONES ? known++ : oldest++ % ZONES];
    free(z->file);
    *z = (struct zone){.folder = folder};
    text_copy(z->name, sizeof z->name, bytes_of(name));
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) < sizeof path) read_file(z, path);
    return (struct bytes){z->file, z->file ? z->size : 0};
}

int32_t zone_utc_offset(void *folder, const char *iana_zone, uint64_t unix_seconds)
{
    int64_t when = unix_seconds > INT64_MAX ? INT64_MAX : (int64_t)unix_seconds;
    int32_t seconds = 0;
    struct fault why;

    if (plain(iana_zone) &&
        tzif_offset(file_of(folder ? folder : "/usr/share/zoneinfo", iana_zone), when, &seconds, &why))
        return seconds;
    seconds = 0;
    (void)time_zone_standard_offset(bytes_of(iana_zone), &seconds);
    return seconds;
}
