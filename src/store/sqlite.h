/* store/sqlite.h: the store of one node, on SQLite (write-ahead log, one writer thread, one transaction and one
 * fsync for each batch).
 *
 * store_open    opens or makes the file, checks that it is ours (application id) and of a schema version that we know,
 *               and starts the writer thread.
 * store_load    gives every record to the tables, before the first commit, or again to the leases (`now` as for
 *               dhcp_server_load). A record that cannot be decoded is counted
 *               in *bad and left alone in the file.
 * store_commit  hands a batch to the writer: every ACTION_STORE of `batch`, in order, in one transaction. The batch is
 *               borrowed, and must not be touched, until `done` was called with it. `done` is called in the writer's
 *               thread, in the order of the commits: it should do no more than note the answer and wake the loop
 *               (eventfd, uv_async_send). At most STORE_QUEUE batches at once; false when there are more (nothing was
 *               taken).
 * store_close   commits what was handed over, calls `done` for each, and ends the thread.
 * Errors        a fault's `what` is a constant string of this file; store_error gives SQLite's own words for the last
 *               one, in any thread, also while the writer fails.
 * Memory        the store is allocated (this is a driver room).
 */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H
#include "server/devices.h"
#include "server/dhcp.h"

enum { STORE_SCHEMA = 1, STORE_QUEUE = 8, STORE_ERROR = 256 };

struct store;
/* ok: all of it is on stable storage. Else nothing of it is. */
typedef void store_done_fn(void *context, const struct outbox *batch, bool ok);

struct store *store_open(const char *path, store_done_fn *done, void *context, struct fault *why); /* NULL: see *why */
/* Either table may be NULL. */
bool store_load(struct store *, struct devices *, struct dhcp_server *, usec now, size_t *bad, struct fault *why);
bool store_commit(struct store *, const struct outbox *batch);
/* For tests and tools: commits here and now, without the thread. */
bool store_commit_now(struct store *, const struct outbox *batch, struct fault *why);
/* Faults on demand: the next commits fail, and are rolled back. */
void store_fail_next(struct store *, unsigned commits);
void store_error(struct store *, char to[STORE_ERROR]); /* "": nothing has failed yet */
void store_close(struct store *);
#endif
