/* app/serve/control.h: the administration of a running `dialtone serve`: STATE/control, a Unix socket that only the
 * daemon's own user and group may write to. docs/control.md describes what is said there.
 *
 * Takes   one JSON object a line: {"do": "device-list", ...}.
 * Gives   one JSON object a line: {"progress": {...}} as often as wanted, then one with "ok": true and the answer, or
 *         "ok": false and "error", a sentence. A change is answered once it is stored; when it could not be stored it
 *         is taken back, and said.
 * Limits  16 connections, a line of 1 MiB, answers of any length, one after the other: what the other side does not
 *         read is one answer (of progress: 64 MiB), and its next line is not read before.
 * Garbage a line that is no JSON object, or of an unknown "do", is answered with an error; the connection stays.
 */
#ifndef APP_SERVE_CONTROL_H
#define APP_SERVE_CONTROL_H
#include "base/engine.h"
#include "net/error.h"

struct serve;
struct control;

struct control *control_open(struct serve *, const char *path, struct net_error *why);
usec control_step(void *control, usec now, const struct event *,
                  struct outbox *); /* EVENT_UNSTORED alone says something */
/* What the control party put, now that what it promises is stored: its answers (ACTION_TELL, `stream` the
 * connection). */
void control_leave(struct control *, const struct action *, struct bytes payload);
/* Now and then: goes on with long commands. */
void control_turn(struct control *);
void control_close(struct control *);
#endif
