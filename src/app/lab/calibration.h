/* app/lab/calibration.h: the file of --calibrate: what a lab on real frames measured of its processes
 * (lab/service_times.h), as one JSON document, which a lab in virtual time reads.
 *
 *   {"dialtone_calibration": 1,   the version of this form
 *    "cores": 2,                  of the machine: 1 to 1024
 *    "phones": 1000,              of the lab that was measured: 1 and up
 *    "services": {"phone frame": {"count": 81234, "mean_ns": 2345}, ...}}
 *
 * Names are those of service_name. Count and mean are whole numbers; what was never spent is left out, but what no lab
 * can do without has to be there (calibration_read says what is missing).
 * Garbage  calibration_read takes nothing else: no other key, no name twice, no number below 0, no mean above 10 s,
 *          nothing longer than 1 MiB. False, and in `why` the file, what is wrong and where.
 */
#ifndef APP_LAB_CALIBRATION_H
#define APP_LAB_CALIBRATION_H
#include "lab/service_times.h"
#include <stdio.h>

enum { CALIBRATION_VERSION = 1, CALIBRATION_WHY = 320 };

int calibration_write(const struct service_times *, FILE *); /* 0, or -1: it could not be written */
bool calibration_read(struct service_times *, const char *path, char why[CALIBRATION_WHY]);
#endif
