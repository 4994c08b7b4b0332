/* app/serve/control_parts.h: what the files of control_command.h share. */
#ifndef APP_SERVE_CONTROL_PARTS_H
#define APP_SERVE_CONTROL_PARTS_H
#include "app/serve/control_command.h"

json_t *control_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
json_t *control_good(const char *key, json_t *value); /* takes `value`; key NULL: nothing beside "ok" */

control_list_fn control_device_list;
json_t *control_device_show(struct serve *, const json_t *request);
control_list_fn control_line_list;
json_t *control_device_add(struct serve *, const json_t *request, struct outbox *, struct control_undo *);
json_t *control_device_set(struct serve *, const json_t *request, struct outbox *, struct control_undo *);
json_t *control_device_remove(struct serve *, const json_t *request, struct outbox *, struct control_undo *);
control_list_fn control_leases;
control_list_fn control_alarms;
json_t *control_askers(struct serve *, const json_t *request);
json_t *control_subnets(struct serve *, const json_t *request);
json_t *control_pools(struct serve *, const json_t *request);
json_t *control_calls(struct serve *, const json_t *request);
json_t *control_address(ipv4);
void control_take_load_back(struct serve *, const struct control_undo *, struct outbox *);
void control_text(json_t *object, const char *key, const char *value); /* what is not UTF-8 becomes ? */
#endif
