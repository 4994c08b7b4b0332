/* app/lab/plan_of.h: from the options to the plan that the lab's processes read. */
#ifndef APP_LAB_PLAN_OF_H
#define APP_LAB_PLAN_OF_H
#include "app/lab/options.h"
#include "net/error.h"

/* The same lab in virtual time: a wall clock and time zones that are the same on any machine. */
void plan_virtual(struct plan *);

/* Memory for the image loads is allocated and stays until the end. False: *why. */
bool plan_of(struct plan *, const struct options *, struct net_error *why);
#endif
