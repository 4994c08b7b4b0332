#include "../server/harness.h"
#include "store/sqlite.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static char path[64];
static struct box box, second;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
static const struct outbox *done_batch[64];
static bool done_ok[64];
static unsigned dones;

static void done(void *context, const struct outbox *batch, bool ok)
{
    (void)context;
    (void)pthread_mutex_lock(&lock);
    done_batch[dones] = batch;
    done_ok[dones++] = ok;
    (void)pthread_cond_signal(&came);
    (void)pthread_mutex_unlock(&lock);
}

static void wait_for(unsigned n)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    (void)pthread_mutex_lock(&lock);
    while (dones < n) assert_int_equal(pthread_cond_timedwait(&came, &lock, &until), 0);
    (void)pthread_mutex_unlock(&lock);
}

static void remove_files(void)
{
    char name[80];

    (void)unlink(path);
    (void)snprintf(name, sizeof name, "%s-wal", path);
    (void)unlink(name);
    (void)snprintf(name, sizeof name, "%s-shm", path);
    (void)unlink(name);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/dialtone-test-%d.db", (int)getpid());
    remove_files();
    dones = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_files();
    return 0;
}

static struct store *opened(void)
{
    struct fault why;
    struct store *s = store_open(path, done, NULL, &why);

    if (!s) fail_msg("%s", why.what);
    return s;
}

static void put_device(struct outbox *out, uint64_t n, const char *number)
{
    struct device_record d = {.mac = mac_n(n), .device_type = 7, .pool = "Default", .stamp = n};

    (void)text_copy(d.line[0].number, sizeof d.line[0].number, bytes_of(number));
    device_record_encode(put(out, (struct action){.kind = ACTION_STORE}), &d);
}

static size_t load(struct store *s, struct table *t, struct dhcp_server *dhcp)
{
    struct fault why;
    size_t bad;

    table_init(t);
    assert_true(store_load(s, &t->t, dhcp, 0, &bad, &why));
    return bad;
}

static void a_batch_is_committed_by_the_writer_and_is_there_after_a_restart(void **state)
{
    struct store *s = opened();
    struct table t;

    (void)state;
    put_device(box_empty(&box), 1, "2001");
    (void)put(&box.out, (struct action){.kind = ACTION_WRITE, .stream = 3});
    put_device(&box.out, 2, "2002");
    put_device(&box.out, 1, "2009"); /* of one key the last counts */
    assert_true(store_commit(s, &box.out));
    wait_for(1);
    assert_true(done_ok[0]);
    assert_ptr_equal(done_batch[0], &box.out);
    store_close(s);
    s = opened();
    assert_int_equal(load(s, &t, NULL), 0);
    assert_int_equal(t.t.count, 2);
    assert_string_equal(device_line(devices_find(&t.t, mac_n(1)), 1)->number, "2009");
    assert_true(devices_find(&t.t, mac_n(1))->confirmed);
    free(t.memory);
    store_close(s);
}

static void what_is_removed_is_gone(void **state)
{
    struct store *s = opened();
    struct table t;
    struct fault why;

    (void)state;
    put_device(box_empty(&box), 1, "2001");
    device_remove_encode(put(&box.out, (struct action){.kind = ACTION_STORE}), mac_n(1));
    assert_true(store_commit_now(s, &box.out, &why));
    assert_int_equal(load(s, &t, NULL), 0);
    assert_int_equal(t.t.count, 0);
    free(t.memory);
    store_close(s);
}

static void a_batch_that_fails_leaves_nothing_and_the_next_one_succeeds(void **state)
{
    struct store *s = opened();
    struct table t;

    (void)state;
    put_device(box_empty(&box), 1, "2001");
    put_device(&box.out, 2, "2002");
    put_device(box_empty(&second), 3, "2003");
    store_fail_next(s, 1);
    assert_true(store_commit(s, &box.out) && store_commit(s, &second.out));
    wait_for(2);
    assert_false(done_ok[0]);
    assert_true(done_ok[1]);
    assert_int_equal(load(s, &t, NULL), 0);
    assert_int_equal(t.t.count, 1);
    assert_non_null(devices_find(&t.t, mac_n(3)));
    free(t.memory);
    store_close(s);
}

/* Built with -Db_sanitize=thread this tells when two threads meet. */
static void the_words_of_a_failure_can_be_read_while_the_writer_fails(void **state)
{
    struct store *s = opened();
    char words[STORE_ERROR];

    (void)state;
    store_error(s, words);
    assert_string_equal(words, "");
    put_device(box_empty(&box), 1, "2001");
    store_fail_next(s, 64);
    for (unsigned i = 0; i < 64; i++) {
        while (!store_commit(s, &box.out)) store_error(s, words);
        for (unsigned k = 0; k < 200;
             k++) { /* nothing else of the store is asked meanwhile: no other lock orders them */
            store_error(s, words);
            assert_true(words[0] == '\0' || strcmp(words, "not an error") == 0);
        }
    }
    wait_for(64);
    store_error(s, words);
    assert_string_equal(words, "not an error"); /* SQLite's own: nothing was wrong but what the test asked for */
    store_close(s);
}

static void a_batch_with_something_that_is_no_record_fails_as_a_whole(void **state)
{
    struct store *s = opened();
    struct table t;
    struct fault why;

    (void)state;
    put_device(box_empty(&box), 1, "2001");
    write_u8(put(&box.out, (struct action){.kind = ACTION_STORE}), 1);
    assert_false(store_commit_now(s, &box.out, &why));
    assert_int_equal(load(s, &t, NULL), 0);
    assert_int_equal(t.t.count, 0);
    free(t.memory);
    store_close(s);
}

static void answers_come_in_the_order_of_the_commits_and_a_batch_without_stores_is_answered_too(void **state)
{
    static struct box many[STORE_QUEUE];
    struct store *s = opened();
    unsigned taken = 0;

    (void)state;
    for (unsigned i = 0; i < STORE_QUEUE; i++) {
        (void)box_empty(&many[i]);
        if (i % 2) put_device(&many[i].out, i, "");
        taken += store_commit(s, &many[i].out);
    }
    assert_int_equal(taken, STORE_QUEUE);
    store_close(s); /* what was handed over is committed and answered before it ends */
    assert_int_equal(dones, STORE_QUEUE);
    for (unsigned i = 0; i < STORE_QUEUE; i++) {
        assert_ptr_equal(done_batch[i], &many[i].out);
        assert_true(done_ok[i]);
    }
}

static void leases_groups_pools_settings_and_counters_come_back(void **state)
{
    static const struct dhcp_range pool_range = {IPV4(10, 0, 0, 10), IPV4(10, 0, 0, 20)};
    static const struct dhcp_interface interface = {.address = IPV4(10, 0, 0, 1)};
    static const struct dhcp_subnet subnet = {
        .network = IPV4(10, 0, 0, 0), .mask = 0xffffff00, .pools = &pool_range, .pool_count = 1};
    struct dhcp_server_config config = {
        .interfaces = &interface, .interface_count = 1, .subnets = &subnet, .subnet_count = 1, .wall_at_start = 1000};
    struct lease_record lease = {.address = IPV4(10, 0, 0, 15), .state = LEASE_BOUND, .mac = mac_n(1), .until = 5000};
    struct pool_record pool = {.name = "Other", .group = "Group", .load = {{7, "X"}}, .loads = 1};
    struct settings_record settings = {.automatic = true, .first = 7000, .last = 7999, .pool = "Other"};
    struct store *s = opened();
    struct dhcp_server dhcp;
    struct table t;
    struct fault why;

    (void)state;
    (void)box_empty(&box);
    lease_record_encode(put(&box.out, (struct action){.kind = ACTION_STORE}), &lease);
    pool_record_encode(put(&box.out, (struct action){.kind = ACTION_STORE}), &pool);
    settings_record_encode(put(&box.out, (struct action){.kind = ACTION_STORE}), &settings);
    counter_record_encode(put(&box.out, (struct action){.kind = ACTION_STORE}),
                          &(struct counter_record){COUNTER_CALL, 4711});
    assert_true(store_commit_now(s, &box.out, &why));
    void *memory = malloc(dhcp_server_size(&config));
    assert_true(dhcp_server_init(&dhcp, &config, memory, dhcp_server_size(&config), &why));
    assert_int_equal(load(s, &t, &dhcp), 0);
    assert_true(dhcp_server_step(&dhcp, 0, &(struct event){.kind = EVENT_WAKE}, box_empty(&box)) == 4000 * SECOND);
    assert_string_equal(devices_pool(&t.t, "Other")->load[0].load, "X");
    assert_int_equal(t.t.settings.first, 7000);
    assert_true(counter_next(&t.t, COUNTER_CALL, NULL) == 4711);
    free(memory);
    free(t.memory);
    store_close(s);
}

static void sql(const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
}

static void records_that_cannot_be_decoded_are_counted_and_left_alone(void **state)
{
    struct store *s = opened();
    struct table t;
    struct fault why;

    (void)state;
    put_device(box_empty(&box), 1, "2001");
    assert_true(store_commit_now(s, &box.out, &why));
    store_close(s);
    sql("INSERT INTO record VALUES (1, x'020000000002', 9, x'00'), (77, x'01', 1, x'00')");
    s = opened();
    assert_int_equal(load(s, &t, NULL), 2);
    assert_int_equal(t.t.count, 1);
    free(t.memory);
    store_close(s);
}

static void a_database_of_another_program_or_a_newer_schema_is_not_touched(void **state)
{
    struct fault why;

    (void)state;
    sql("CREATE TABLE theirs (x)");
    assert_null(store_open(path, done, NULL, &why));
    assert_string_equal(why.what, "the store is a database of another program");
    remove_files();
    store_close(opened());
    sql("PRAGMA user_version = 99");
    assert_null(store_open(path, done, NULL, &why));
    assert_string_equal(why.what, "the store was written by a newer Dialtone");
    assert_null(store_open("/nowhere/at/all.db", done, NULL, &why));
    assert_string_equal(why.what, "the store cannot be opened");
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct fault why;
    FILE *f = fopen(path, "w");

    (void)state;
    (void)fputs("this is a text, not a database, and longer than its header would be, which has a hundred bytes of its "
                "own......\n",
                f);
    (void)fclose(f);
    assert_null(store_open(path, done, NULL, &why));
    assert_string_equal(why.what, "the store cannot be read");
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_batch_is_committed_by_the_writer_and_is_there_after_a_restart),
        T(what_is_removed_is_gone),
        T(a_batch_that_fails_leaves_nothing_and_the_next_one_succeeds),
        T(the_words_of_a_failure_can_be_read_while_the_writer_fails),
        T(a_batch_with_something_that_is_no_record_fails_as_a_whole),
        T(answers_come_in_the_order_of_the_commits_and_a_batch_without_stores_is_answered_too),
        T(leases_groups_pools_settings_and_counters_come_back),
        T(records_that_cannot_be_decoded_are_counted_and_left_alone),
        T(a_database_of_another_program_or_a_newer_schema_is_not_touched),
        T(a_file_that_is_no_database_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
