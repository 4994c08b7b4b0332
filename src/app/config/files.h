/* app/config/files.h: whether the loads that the configuration names are in the TFTP folder. */
#ifndef APP_CONFIG_FILES_H
#define APP_CONFIG_FILES_H
#include "app/config/tree.h"

void check_loads(const struct serve_config *, struct teller *);
#endif
