#include "store/sqlite.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { APPLICATION = 0x4469616c /* "Dial" */, BUSY_WAIT = 5000 /* ms for another program that reads */ };

struct store {
    sqlite3 *db;
    sqlite3_stmt *set, *unset, *begin, *commit, *rollback;
    pthread_mutex_t database; /* who speaks to SQLite */
    pthread_mutex_t lock;     /* the rest */
    pthread_cond_t more;
    pthread_t writer;
    const struct outbox *queue[STORE_QUEUE];
    unsigned first, count, fail;
    bool closing, running;
    store_done_fn *done;
    void *context;
    char error[STORE_ERROR]; /* by `lock`: the writer writes it, anybody reads it */
};

/* By who speaks to SQLite, so that the words are of this failure. */
static void note_error(struct store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    (void)snprintf(s->error, sizeof s->error, "%s", sqlite3_errmsg(s->db));
    (void)pthread_mutex_unlock(&s->lock);
}

static bool no(struct store *s, struct fault *why, const char *what)
{
    if (s->db) note_error(s);
    *why = (struct fault){.kind = FAULT_VALUE, .what = what};
    return false;
}

static bool run(struct store *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* The one number that a query gives; -1: none. */
static int64_t number(struct store *s, const char *sql)
{
    sqlite3_stmt *q = NULL;
    int64_t v = -1;

    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        v = sqlite3_column_int64(q, 0);
    (void)sqlite3_finalize(q);
    return v;
}

/* A new file gets our marks and the table; an old one must have them. */
static bool set_up(struct store *s, struct fault *why)
{
    int64_t application = number(s, "PRAGMA application_id"), schema = number(s, "PRAGMA user_version");
    int64_t tables = number(s, "SELECT count(*) FROM sqlite_master");

    if (application < 0 || schema < 0 || tables < 0) return no(s, why, "the store cannot be read");
    if (application == 0 && schema == 0 && tables == 0) {
        if (run(s, "BEGIN IMMEDIATE; PRAGMA application_id = 1147756908; PRAGMA user_version = 1;"
                   "CREATE TABLE record (kind INTEGER NOT NULL, key BLOB NOT NULL, version INTEGER NOT NULL, value "
                   "BLOB NOT NULL,"
                   " PRIMARY KEY (kind, key)) WITHOUT ROWID; COMMIT"))
            return true;
        return no(s, why, "the store cannot be made");
    }
    if (application != APPLICATION) return no(s, why, "the store is a database of another program");
    if (schema != STORE_SCHEMA) return no(s, why, "the store was written by a newer Dialtone");
    return true;
}

static bool prepare(struct store *s, sqlite3_stmt **to, const char *sql)
{
    return sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, to, NULL) == SQLITE_OK;
}

static bool open_database(struct store *s, const char *path, struct fault *why)
{
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return no(s, why, "the store cannot be opened");
    (void)sqlite3_busy_timeout(s->db, BUSY_WAIT);
    /* FULL: in this journal mode, what is committed is on the disk when the commit returns (one fsync of the log). */
    if (!run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")) return no(s, why, "the store cannot be read");
    if (!set_up(s, why)) return false;
    if (!prepare(s, &s->set,
                 "INSERT INTO record (kind, key, version, value) VALUES (?1, ?2, ?3, ?4)"
                 " ON CONFLICT (kind, key) DO UPDATE SET version = excluded.version, value = excluded.value") ||
        !prepare(s, &s->unset, "DELETE FROM record WHERE kind = ?1 AND key = ?2") ||
        !prepare(s, &s->begin, "BEGIN IMMEDIATE") || !prepare(s, &s->commit, "COMMIT") ||
        !prepare(s, &s->rollback, "ROLLBACK"))
        return no(s, why, "the store's table is not as it should be");
    return true;
}

static bool step(sqlite3_stmt *q)
{
    bool ok = sqlite3_step(q) == SQLITE_DONE;

    (void)sqlite3_reset(q);
    return ok;
}

static void bind_bytes(sqlite3_stmt *q, int at, struct bytes b)
{
    (void)sqlite3_bind_blob(q, at, b.len ? (const void *)b.at : "", (int)b.len, SQLITE_STATIC);
}

static bool write_record(struct store *s, struct bytes payload)
{
    struct stored r;
    struct fault why;

    if (!stored_read(&r, payload, &why)) return false; /* a bug of an engine: nothing of its batch may leave */
    sqlite3_stmt *q = r.operation == RECORD_PUT ? s->set : s->unset;
    (void)sqlite3_bind_int(q, 1, r.kind);
    bind_bytes(q, 2, r.key);
    if (r.operation == RECORD_PUT) {
        (void)sqlite3_bind_int(q, 3, r.version);
        bind_bytes(q, 4, r.value);
    }
    return step(q);
}

/* A batch is one transaction. */
static bool write_batch(struct store *s, const struct outbox *batch)
{
    bool any = false, ok = true;

    for (uint32_t i = 0; ok && i < batch->count; i++) {
        if (batch->actions[i].kind != ACTION_STORE) continue;
        if (!any) ok = step(s->begin);
        any = any || ok;
        ok = ok && write_record(s, payload(batch, i));
    }
    if (!any) return ok;
    if (ok && s->fail == 0 && step(s->commit)) return true;
    if (s->fail > 0) s->fail--;
    note_error(s);
    (void)step(s->rollback);
    return false;
}

static bool locked_write(struct store *s, const struct outbox *batch)
{
    (void)pthread_mutex_lock(&s->database);
    bool ok = write_batch(s, batch);
    (void)pthread_mutex_unlock(&s->database);
    return ok;
}

static void *write_on(void *context)
{
    struct store *s = context;

    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->count == 0 && !s->closing) (void)pthread_cond_wait(&s->more, &s->lock);
        if (s->count == 0) break;
        const struct outbox *batch = s->queue[s->first];
        (void)pthread_mutex_unlock(&s->lock);
        bool ok = locked_write(s, batch);
        (void)pthread_mutex_lock(
            &s->lock); /* its place is free before its owner hears of it, and may hand over the next */
        s->first = (s->first + 1) % STORE_QUEUE;
        s->count--;
        (void)pthread_mutex_unlock(&s->lock);
        if (s->done) s->done(s->context, batch, ok);
        (void)pthread_mutex_lock(&s->lock);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

struct store *store_open(const char *path, store_done_fn *done, void *context, struct fault *why)
{
    struct store *s = calloc(1, sizeof *s);

    *why = (struct fault){.kind = FAULT_NONE};
    if (!s) {
        *why = (struct fault){.kind = FAULT_LONG, .what = "no memory for the store"};
        return NULL;
    }
    s->done = done;
    s->context = context;
    (void)pthread_mutex_init(&s->database, NULL);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->more, NULL);
    if (open_database(s, path, why)) {
        s->running = pthread_create(&s->writer, NULL, write_on, s) == 0;
        if (s->running) return s;
        *why = (struct fault){.kind = FAULT_LONG, .what = "no thread for the store"};
    }
    store_close(s);
    return NULL;
}

static bool load_row(sqlite3_stmt *q, struct devices *devices, struct dhcp_server *dhcp, usec now, struct fault *why)
{
    uint8_t bytes[RECORD_MOST];
    struct writer w = writer(bytes, sizeof bytes);
    struct record r;
    struct stored s = {.kind = (uint8_t)sqlite3_column_int(q, 0),
                       .operation = RECORD_PUT,
                       .version = (uint8_t)sqlite3_column_int(q, 2)};

    s.key = (struct bytes){sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1)};
    s.value = (struct bytes){sqlite3_column_blob(q, 3), (size_t)sqlite3_column_bytes(q, 3)};
    stored_write(&w, &s);
    if (w.full || !record_decode(&r, written(&w), why)) return false;
    if (dhcp) dhcp_server_load(dhcp, &r, now);
    return !devices || devices_load(devices, &r, why);
}

bool store_load(struct store *s, struct devices *devices, struct dhcp_server *dhcp, usec now, size_t *bad,
                struct fault *why)
{
    sqlite3_stmt *q = NULL;
    int got = SQLITE_ROW;

    *why = (struct fault){.kind = FAULT_NONE};
    *bad = 0;
    (void)pthread_mutex_lock(&s->database);
    bool ok = sqlite3_prepare_v2(s->db, "SELECT kind, key, version, value FROM record ORDER BY kind, key", -1, &q,
                                 NULL) == SQLITE_OK;
    while (ok && (got = sqlite3_step(q)) == SQLITE_ROW) {
        struct fault of_row = {.kind = FAULT_NONE};
        if (!load_row(q, devices, dhcp, now, &of_row)) ++*bad;
    }
    if (!ok || got != SQLITE_DONE) ok = no(s, why, "the store cannot be read");
    (void)sqlite3_finalize(q);
    (void)pthread_mutex_unlock(&s->database);
    return ok;
}

bool store_commit(struct store *s, const struct outbox *batch)
{
    (void)pthread_mutex_lock(&s->lock);
    bool room = s->count < STORE_QUEUE && !s->closing;
    if (room) s->queue[(s->first + s->count++) % STORE_QUEUE] = batch;
    (void)pthread_cond_signal(&s->more);
    (void)pthread_mutex_unlock(&s->lock);
    return room;
}

bool store_commit_now(struct store *s, const struct outbox *batch, struct fault *why)
{
    *why = (struct fault){.kind = FAULT_NONE};
    if (locked_write(s, batch)) return true;
    *why = (struct fault){.kind = FAULT_VALUE, .what = "the store could not be written"};
    return false;
}

void store_fail_next(struct store *s, unsigned commits)
{
    (void)pthread_mutex_lock(&s->database);
    s->fail = commits;
    (void)pthread_mutex_unlock(&s->database);
}

void store_error(struct store *s, char to[STORE_ERROR])
{
    (void)pthread_mutex_lock(&s->lock);
    memcpy(to, s->error, STORE_ERROR);
    (void)pthread_mutex_unlock(&s->lock);
}

void store_close(struct store *s)
{
    if (!s) return;
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    (void)pthread_cond_signal(&s->more);
    (void)pthread_mutex_unlock(&s->lock);
    if (s->running) (void)pthread_join(s->writer, NULL);
    (void)sqlite3_finalize(s->set);
    (void)sqlite3_finalize(s->unset);
    (void)sqlite3_finalize(s->begin);
    (void)sqlite3_finalize(s->commit);
    (void)sqlite3_finalize(s->rollback);
    (void)sqlite3_close(s->db);
    (void)pthread_mutex_destroy(&s->database);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->more);
    free(s);
}
