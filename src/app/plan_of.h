/* app/plan_of.h: from the options to the plan that the lab's processes read. */
#ifndef APP_PLAN_OF_H
#define APP_PLAN_OF_H
#include "app/options.h"
#include "net/error.h"

/* Memory for the image loads is allocated and stays until the end. False: *why. */
bool plan_of(struct plan *, const struct options *, struct net_error *why);
#endif
