/* app/page/parts.h: the parts of the page of report_html.h. Each writes one section; false: no memory. */
#ifndef APP_PAGE_PARTS_H
#define APP_PAGE_PARTS_H
#include "app/page/page.h"

bool arrival_section(const struct report_page *, FILE *); /* how many phones had ended each step by when */
bool steps_section(const struct report_page *, FILE *);   /* how long each step took */
bool power_section(const struct report_page *, FILE *);   /* watts and who waits for them, over time */
bool phones_section(const struct report_page *, FILE *);  /* a row a phone that opens to its ladder */
void call_section(const struct report_page *, FILE *);    /* the ladder of --call */
double page_span(const struct board *); /* ms: what the axes of time show: until the last phone was there */

extern const char PAGE_STYLE[], PAGE_SCRIPT[];
#endif
