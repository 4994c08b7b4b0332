/* app/serve/control_command.h: what one may ask of a running `dialtone serve`: the commands behind app/serve/control.h.
 *
 * control_do         carries one request out. Gives the answer, which the caller sends and frees; what it changes goes
 *                    as STOREs into `out` (then the answer is sent once they are stored), and *undo says how to take it
 *                    back. A long command fills in *work instead and gives NULL.
 * control_work_step  does a bit of it: as much as `out` has room for. Gives a line of progress or NULL, and at the end,
 *                    with work->done, the answer.
 */
#ifndef APP_SERVE_CONTROL_COMMAND_H
#define APP_SERVE_CONTROL_COMMAND_H
#include "base/engine.h"
#include "server/store.h"
#include <jansson.h>

struct serve;

enum control_undo_kind { UNDO_NOTHING, UNDO_RESTORE, UNDO_REMOVE, UNDO_LOAD };
struct control_undo {
    enum control_undo_kind kind;
    struct device_record before; /* RESTORE: as it was; REMOVE: what was made */
    struct {
        char pool[RECORD_NAME];
        struct pool_load was; /* LOAD: of a pool; its name empty: it had none for that type */
    } load;
};

/* One thing of a list that may be thousands long: what is to be shown of the next one is appended to `to`, nothing if
 * it is passed over. *at: where it goes on, from 0. False: that was all. Between two calls anything may have
 * changed. */
typedef bool control_list_fn(struct serve *, const json_t *request, size_t *at, json_t *to);

enum control_work_kind { WORK_NONE, WORK_IMPORT, WORK_RESET, WORK_LIST };
struct control_work {
    enum control_work_kind command;
    bool done, failed; /* failed: a commit of it */
    json_t *request;   /* a reference of its own */
    size_t at, good, bad, said;
    uint32_t rate; /* a second; 0: as fast as it goes */
    usec next;
    json_t *errors;
    control_list_fn *list; /* LIST, with the answer's text so far, and the key of its list */
    const char *key;
    char *text;
    size_t length, room;
};

json_t *control_do(struct serve *, json_t *request, struct outbox *out, struct control_undo *, struct control_work *);
json_t *control_work_step(struct serve *, struct control_work *, struct outbox *out);
/* The same of a list: some things more, as text, since to write it all at once at the end would take as long as to make
 * it. With work->done the answer is work->text, a whole line. False: no memory. */
bool control_list_step(struct serve *, struct control_work *);
void control_work_end(struct control_work *);
void control_take_back(struct serve *, const struct control_undo *, struct outbox *out);
#endif
