/* provision/models.h: the phone models, a table made at build time from models.csv (one row a model; its columns and
 * sources are described in docs/models.md). What the table does not know is 0, empty or UNKNOWN: never a guess.
 */
#ifndef PROVISION_MODELS_H
#define PROVISION_MODELS_H
#include "base/bytes.h"

enum known { UNKNOWN, NO, YES };
enum xml_use { XML_UNKNOWN, XML_NO, XML_YES, XML_BOTH }; /* BOTH: XML first, .cnf last */

struct phone_model {
    const char *name;     /* "7960", "IP Communicator" */
    uint32_t device_type; /* SCCP */
    bool speaks_sccp, speaks_sip;
    const char *cdp_platform; /* "Cisco IP Phone 7960" */
    const char *option60;     /* "" unknown; option60_len counts a trailing NUL byte where the phone sends one */
    uint8_t option60_len;
    enum known prestandard;                  /* detected by FLP */
    uint8_t ieee_class;                      /* 0xff: none or unknown; the first, where hardware revisions differ */
    uint32_t max_milliwatts, cdp_milliwatts; /* 0: unknown */
    uint8_t protocol;                        /* highest SCCP version of its newest load in the table; 0 unknown */
    enum xml_use needs_xml;
    const char *load; /* an example of a load's name */
    const char *load_parts;
    uint8_t lines, buttons;
    char files_order; /* class A to K, 0 unknown */
};

size_t model_count(void);
const struct phone_model *model_at(size_t i); /* in the order of the table */
const struct phone_model *model_find(
    struct bytes name); /* without case; "Cisco 7960" and "CP-7960G" are taken too; NULL */
const struct phone_model *model_of_type(uint32_t device_type);
#endif
