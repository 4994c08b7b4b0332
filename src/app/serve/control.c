#include "app/serve/control.h"
#include "app/serve/control_command.h"
#include "app/log.h"
#include "app/serve/serve.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

enum { CONNECTIONS = 16, LINE_MOST = 1 << 20, UNREAD_MOST = 64 << 20, OUT_ACTIONS = 4096, OUT_BYTES = 8 << 20 };

/* One that asks. Its number rises and is never used twice: an answer that comes late finds nobody. */
struct client {
    struct control *control;
    uv_pipe_t pipe;
    uint32_t number;
    bool open, closing, held; /* held: nothing is read before its last answer is */
    char *line;
    size_t length, room;
    json_t *answer; /* of a change that is not stored yet */
    struct control_undo undo;
    struct control_work work; /* a long one, done bit by bit */
};

struct control {
    struct serve *serve;
    uv_pipe_t listener;
    uv_idle_t lists;         /* turns while a list is being made: a bit of each, then the sockets are polled */
    bool listening, waiting; /* waiting: one more has called, and there was no place for it */
    char path[108];
    struct client client[CONNECTIONS];
    uint32_t next;
    struct outbox out;
};

/* --- answers --- */

struct reply {
    uv_write_t request;
    uv_buf_t buffer;
};

static void free_reply(struct reply *s)
{
    free(s->buffer.base);
    free(s);
}

static void hang_up(struct client *);
static void read_on(struct client *);

static void on_written(uv_write_t *request, int status)
{
    struct client *a = request->handle->data;

    free_reply(request->data);
    if (status < 0)
        hang_up(a); /* nobody is there any more: while nothing is read, this tells it */
    else if (a->held)
        read_on(a);
}

static void take_next(struct control *);

static void on_closed(uv_handle_t *handle)
{
    struct client *a = handle->data;
    struct control *c = a->control;

    free(a->line);
    if (a->answer) json_decref(a->answer);
    *a = (struct client){.control = c};
    if (c->waiting) take_next(c);
}

static void hang_up(struct client *a)
{
    if (!a->open || a->closing) return;
    a->closing = true;
    control_work_end(&a->work);
    uv_close((uv_handle_t *)&a->pipe, on_closed);
}

/* Sends and frees `line`, which ends with a newline; NULL: there was no memory for it. */
static void answer_text(struct client *a, char *line, size_t n)
{
    struct reply *s = line ? calloc(1, sizeof *s) : NULL;

    if (!s || a->closing || uv_stream_get_write_queue_size((uv_stream_t *)&a->pipe) > UNREAD_MOST) {
        free(line);
        free(s);
        hang_up(a);
        return;
    }
    s->buffer = uv_buf_init(line, (unsigned)n);
    s->request.data = s;
    if (uv_write(&s->request, (uv_stream_t *)&a->pipe, &s->buffer, 1, on_written) < 0) {
        free_reply(s);
        hang_up(a);
    }
}

/* Sends and frees `j`. */
static void answer(struct client *a, json_t *j)
{
    char *text = j ? json_dumps(j, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    size_t n = text ? strlen(text) : 0;
    char *line = text ? realloc(text, n + 2) : NULL;

    if (j) json_decref(j);
    if (line)
        line[n] = '\n';
    else
        free(text);
    answer_text(a, line, n + 1);
}

static struct client *by_number(struct control *c, uint32_t number)
{
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (c->client[i].open && c->client[i].number == number) return &c->client[i];
    return NULL;
}

void control_leave(struct control *c, const struct action *action, struct bytes payload)
{
    struct client *a = c ? by_number(c, action->stream) : NULL;

    (void)payload;
    if (!a || !a->answer) return;
    json_t *j = a->answer;
    a->answer = NULL;
    a->undo.kind = UNDO_NOTHING;
    answer(a, j);
}

usec control_step(void *control, usec now, const struct event *e, struct outbox *out)
{
    struct control *c = control;

    (void)now;
    if (e->kind != EVENT_UNSTORED || !c) return NEVER;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct client *a = &c->client[i];
        a->work.failed = a->work.command != WORK_NONE; /* something of it, for all we know */
        if (!a->open || !a->answer) continue;
        bool back = a->undo.kind != UNDO_NOTHING;
        control_take_back(c->serve, &a->undo, out);
        json_decref(a->answer);
        a->answer = NULL;
        answer(a, json_pack("{s:b, s:s+}", "ok", 0, "error", "the store could not be written (see the log), ",
                            back ? "so the change was taken back" : "and not all of it is kept: ask again"));
    }
    return NEVER;
}

/* --- questions --- */

static void hand_over(struct control *c, struct client *a, bool stores)
{
    struct serve *s = c->serve;

    for (uint32_t i = 0; i < c->out.count; i++) serve_act(s, SERVE_CONTROL, &c->out.actions[i], payload(&c->out, i));
    outbox_clear(&c->out);
    if (!stores) return;
    /* An empty TELL behind the STOREs: it leaves when they are on disk. */
    (void)put(&c->out, (struct action){.kind = ACTION_TELL, .stream = a->number});
    serve_act(s, SERVE_CONTROL, &c->out.actions[0], (struct bytes){0});
    outbox_clear(&c->out);
    for (uint32_t i = 0; i < s->callmanagers; i++) loop_wake(&s->loop, SERVE_CALLMANAGER + i, loop_now(&s->loop));
}

/* Does a bit of a long command, and says how far it is. */
static void go_on(struct control *c, struct client *a)
{
    json_t *j = control_work_step(c->serve, &a->work, &c->out);

    if (a->work.done) {
        a->answer = j; /* behind what it stored in this turn and before */
        control_work_end(&a->work);
        hand_over(c, a, true);
        return;
    }
    hand_over(c, a, false);
    if (j) answer(a, j);
}

static bool makes_list(const struct client *a)
{
    return a->open && !a->closing && a->work.command == WORK_LIST;
}

static void on_lists(uv_idle_t *idle)
{
    struct control *c = idle->data;
    bool more = false;

    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct client *a = &c->client[i];
        if (!makes_list(a)) continue;
        bool good = control_list_step(c->serve, &a->work);
        if (good && !a->work.done) {
            more = true;
            continue;
        }
        char *text = good ? a->work.text : NULL;
        size_t n = a->work.length;
        if (good) a->work.text = NULL; /* it is the answer's now */
        control_work_end(&a->work);
        answer_text(a, text, n);
    }
    if (!more) (void)uv_idle_stop(idle);
}

static void line(struct control *c, struct client *a, const char *text, size_t n)
{
    json_error_t error;
    json_t *request = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    json_t *j;

    if (!json_is_object(request)) {
        j = json_pack("{s:b, s:s}", "ok", 0, "error", "a line is one JSON object");
    } else if (a->answer || a->work.command) {
        j = json_pack("{s:b, s:s}", "ok", 0, "error", "one command after the other: the one before has no answer yet");
    } else {
        j = control_do(c->serve, request, &c->out, &a->undo, &a->work);
    }
    if (request) json_decref(request);
    if (a->work.command == WORK_LIST) {
        (void)uv_idle_start(&c->lists, on_lists);
    } else if (a->work.command) {
        go_on(c, a);
    } else if (c->out.count) {
        a->answer = j;
        hand_over(c, a, true);
    } else {
        answer(a, j);
    }
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct client *a = handle->data;

    (void)suggested;
    if (a->room - a->length < 4096) {
        size_t room = a->room ? a->room * 2 : 8192;
        char *more = room <= 2 * LINE_MOST ? realloc(a->line, room) : NULL;
        if (more) {
            a->line = more;
            a->room = room;
        }
    }
    *buffer = uv_buf_init(a->line ? a->line + a->length : NULL, (unsigned)(a->room - a->length));
}

/* Line by line, while its answers are read: who asks much at once, and does not read, keeps nobody else waiting. */
static void read_lines(struct client *a)
{
    uv_stream_t *stream = (uv_stream_t *)&a->pipe;
    char *end = NULL;

    while (!a->closing && a->length && (end = memchr(a->line, '\n', a->length)) &&
           uv_stream_get_write_queue_size(stream) == 0 && !makes_list(a)) {
        size_t used = (size_t)(end - a->line) + 1;
        line(a->control, a, a->line, used - 1);
        a->length -= used;
        memmove(a->line, a->line + used, a->length);
        end = NULL;
    }
    if (a->closing || a->held || !end) return;
    a->held = true;
    (void)uv_read_stop(stream);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct client *a = stream->data;

    (void)buffer;
    if (n < 0) {
        hang_up(a);
        return;
    }
    a->length += (size_t)n;
    read_lines(a);
    if (!a->held && a->length > LINE_MOST) hang_up(a);
}

static void read_on(struct client *a)
{
    a->held = false;
    read_lines(a);
    if (!a->held && !a->closing && uv_read_start((uv_stream_t *)&a->pipe, on_room, on_read) < 0) hang_up(a);
}

/* libuv tells of no further connection before this one is accepted: with every place taken it is, when one is free. */
static void take_next(struct control *c)
{
    uv_stream_t *listener = (uv_stream_t *)&c->listener;
    struct client *a = NULL;

    for (size_t i = 0; i < CONNECTIONS && !a; i++)
        if (!c->client[i].open) a = &c->client[i];
    c->waiting = !a;
    if (!a || uv_is_closing((uv_handle_t *)listener)) return;
    *a = (struct client){.control = c, .number = c->next++, .open = true};
    if (uv_pipe_init(listener->loop, &a->pipe, 0) < 0) {
        a->open = false;
        return;
    }
    a->pipe.data = a;
    if (uv_accept(listener, (uv_stream_t *)&a->pipe) < 0 ||
        uv_read_start((uv_stream_t *)&a->pipe, on_room, on_read) < 0)
        hang_up(a);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status >= 0) take_next(listener->data);
}

void control_turn(struct control *c)
{
    for (size_t i = 0; c && i < CONNECTIONS; i++)
        if (c->client[i].open && !c->client[i].closing && c->client[i].work.command && !makes_list(&c->client[i]) &&
            !c->client[i].answer)
            go_on(c, &c->client[i]);
}

struct control *control_open(struct serve *s, const char *path, struct net_error *why)
{
    struct control *c = calloc(1, sizeof *c);
    struct action *actions = malloc(OUT_ACTIONS * sizeof *actions);
    uint8_t *bytes = malloc(OUT_BYTES);
    int error = c && actions && bytes ? 0 : -ENOMEM;

    if (!error && strlen(path) >= sizeof c->path) error = -ENAMETOOLONG;
    if (error) {
        (void)net_fail(why, error, "%s: %s", path, strerror(-error));
        free(c);
        free(actions);
        free(bytes);
        return NULL;
    }
    c->serve = s;
    c->next = 1;
    outbox_init(&c->out, actions, OUT_ACTIONS, bytes, OUT_BYTES);
    c->out.engine = SERVE_CONTROL;
    memcpy(c->path, path, strlen(path) + 1);
    (void)unlink(path); /* of an instance that was killed: we hold the lock */
    mode_t before = umask(0117);
    error = uv_pipe_init(&s->loop.uv, &c->listener, 0);
    c->listener.data = c;
    c->listening = error == 0;
    (void)uv_idle_init(&s->loop.uv, &c->lists);
    c->lists.data = c;
    if (!error) error = uv_pipe_bind(&c->listener, path);
    if (!error) error = uv_listen((uv_stream_t *)&c->listener, CONNECTIONS, on_connection);
    (void)umask(before);
    if (!error) return c;
    (void)net_fail(why, error, "%s: %s", path, uv_strerror(error));
    control_close(c);
    return NULL;
}

void control_close(struct control *c)
{
    if (!c) return;
    for (size_t i = 0; i < CONNECTIONS; i++) hang_up(&c->client[i]);
    if (!uv_is_closing((uv_handle_t *)&c->lists)) uv_close((uv_handle_t *)&c->lists, NULL);
    if (c->listening) {
        uv_close((uv_handle_t *)&c->listener, NULL);
        (void)unlink(c->path);
    }
    (void)uv_run(&c->serve->loop.uv, UV_RUN_NOWAIT); /* libuv lets go of them */
    free(c->out.actions);
    free(c->out.bytes.start);
    free(c);
}
