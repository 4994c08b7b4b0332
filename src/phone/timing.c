#include "phone/timing.h"

const struct phone_timing PHONE_REAL = {
    .inrush = 75 * MSEC,
    .closing = 100 * MSEC,
    .loader = 1 * SECOND,
    .self_test = 1 * SECOND,
    .link = 500 * MSEC,            /* with loader and self test: link 2 s and more after power, as seen on a 3750 */
    .first_discovery = 4 * SECOND, /* first CDP about 4 s after link */
    .discovery_repeat = 1 * SECOND,
    .dhcp_start = 10 * SECOND,
    .probe_wait = 1500 * MSEC,
    .probes = 3,
    .request_pause = 100 * MSEC, /* a 7912 sends one request each 100 ms */
    .flash_kib = 5 * MSEC,
};

const struct phone_timing PHONE_SHORTENED = {
    .inrush = 1 * MSEC,
    .closing = 20 * MSEC,
    .loader = 5 * MSEC,
    .self_test = 5 * MSEC,
    .link = 5 * MSEC,
    .first_discovery = 5 * MSEC,
    .discovery_repeat = 1 * SECOND,
    .dhcp_start = 20 * MSEC,
    .probe_wait = 200 * MSEC,
    .probes = 1,
    .request_pause = 1 * MSEC,
    .flash_kib = 0,
};
