#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "net/folder.h"

static struct loop loop;
static struct folder folder;
static struct file_source source;
static char top[] = "/tmp/dialtone-folder-XXXXXX", root[64], outside[64];
static struct {
    enum folder_news what;
    char name[64];
    int error;
} heard[64];
static uint32_t heards;

static void hear(void *context, enum folder_news what, const char *name, int error)
{
    (void)context;
    if (heards == ARRAY_LENGTH(heard)) return;
    heard[heards].what = what;
    heard[heards].error = error;
    (void)snprintf(heard[heards++].name, sizeof heard[0].name, "%s", name);
}

static bool was_heard(enum folder_news what, const char *name)
{
    for (uint32_t i = 0; i < heards; i++)
        if (heard[i].what == what && strcmp(heard[i].name, name) == 0) return true;
    return false;
}

static const char *in(const char *folder_path, const char *name)
{
    static char path[4][256];
    static unsigned at;

    at = (at + 1) % 4;
    (void)snprintf(path[at], sizeof path[at], "%s/%s", folder_path, name);
    return path[at];
}

static void put_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *walk)
{
    (void)s;
    (void)type;
    (void)walk;
    return remove(path);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(top, sizeof top, "/tmp/dialtone-folder-XXXXXX");
    assert_non_null(mkdtemp(top));
    (void)snprintf(root, sizeof root, "%s/files", top);
    (void)snprintf(outside, sizeof outside, "%s/outside", top);
    assert_int_equal(mkdir(root, 0755), 0);
    assert_int_equal(mkdir(outside, 0755), 0);
    put_text(in(outside, "secret"), "secret");
    heards = 0;
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    return 0;
}

static void open_with(size_t memory)
{
    struct folder_config config = {.path = root, .memory_most = memory, .heard = hear};
    struct net_error why = {0};

    if (folder_open(&folder, &loop, &config, &why) < 0) fail_msg("%s", why.text);
    source = folder_source(&folder);
}

static int tear_down(void **state)
{
    (void)state;
    folder_close(&folder);
    loop_close(&loop);
    return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static enum found find(const char *name, struct served **out)
{
    return source.find(source.context, bytes_of(name), out);
}

/* What is served under a name, and released again. */
static const char *text_of(const char *name)
{
    static char text[256];
    struct served *s;

    if (find(name, &s) != FOUND) return NULL;
    (void)text_copy(text, sizeof text, s->bytes);
    source.release(source.context, s);
    return text;
}

#define assert_serves(name, text) assert_string_equal(text_of(name) ? text_of(name) : "(nothing)", text)
#define assert_serves_not(name)                                                                                        \
    do {                                                                                                               \
        struct served *assert_served;                                                                                  \
        assert_int_equal(find(name, &assert_served), FOUND_NOTHING);                                                   \
    } while (0)

static void turn_for(usec time)
{
    for (usec end = monotonic_now() + time; monotonic_now() < end; usleep(1000)) loop_turn(&loop);
}

/* Turns the loop until the name is served as said, NULL: not at all; at most 5 s. */
static void becomes(const char *name, const char *text)
{
    for (usec end = monotonic_now() + 5 * SECOND; monotonic_now() < end; usleep(1000)) {
        loop_turn(&loop);
        const char *now = text_of(name);
        if (text ? now && strcmp(now, text) == 0 : !now) return;
    }
    fail_msg("%s does not become %s", name, text ? text : "absent");
}

static void files_and_those_of_sub_folders_are_served_as_phones_ask_for_them(void **state)
{
    (void)state;
    put_text(in(root, "P0030801SR02.loads"), "P0030801SR02.sbn\n");
    assert_int_equal(mkdir(in(root, "English_United_States"), 0755), 0);
    put_text(in(root, "English_United_States/mk-sccp.jar"), "jar");
    put_text(in(root, "empty"), "");
    put_text(in(root, ".hidden"), "hidden");
    open_with(0);
    assert_serves("P0030801SR02.loads", "P0030801SR02.sbn\n");
    assert_serves("/p0030801sr02.LOADS", "P0030801SR02.sbn\n");
    assert_serves("Cisco\\P0030801SR02.loads", "P0030801SR02.sbn\n");
    assert_serves("english_united_states\\MK-SCCP.jar", "jar");
    assert_serves("empty", "");
    assert_serves_not(".hidden");
    assert_serves_not("English_United_States");
    assert_serves_not("absent");
    assert_true(source.has(source.context, bytes_of("EMPTY")));
    assert_false(source.has(source.context, bytes_of("absent")));
    assert_int_equal(folder.counts.files, 3);
    assert_string_equal(folder_at(&folder, 0)->name, "English_United_States/mk-sccp.jar");
    assert_null(folder_at(&folder, 3));
    struct bytes name;
    assert_true(source.at(source.context, 0, &name) && bytes_are(name, "English_United_States/mk-sccp.jar"));
    assert_false(source.at(source.context, 3, &name));
    assert_true(was_heard(FOLDER_SCANNED, ""));
}

static void no_name_reaches_what_is_outside(void **state)
{
    static const char *const names[] = {"../outside/secret",
                                        "/../outside/secret",
                                        "..\\outside\\secret",
                                        "/etc/passwd",
                                        "a/../../outside/secret",
                                        "./../outside/secret",
                                        "..",
                                        ".",
                                        "",
                                        "/"};
    char absolute[128];
    struct served *s;
    static const uint8_t nul[] = "a\0/../outside/secret";

    (void)state;
    put_text(in(root, "a"), "a");
    open_with(0);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) assert_serves_not(names[i]);
    (void)snprintf(absolute, sizeof absolute, "%s/secret", outside);
    assert_serves_not(absolute);
    assert_int_equal(source.find(source.context, (struct bytes){nul, sizeof nul - 1}, &s), FOUND_NOTHING);
}

static void a_link_that_leads_out_is_told_and_not_served(void **state)
{
    char absolute[128];

    (void)state;
    (void)snprintf(absolute, sizeof absolute, "%s/secret", outside);
    assert_int_equal(symlink("../outside/secret", in(root, "relative")), 0);
    assert_int_equal(symlink(absolute, in(root, "absolute")), 0);
    assert_int_equal(symlink("../outside", in(root, "folder")), 0);
    assert_int_equal(symlink("nowhere", in(root, "dangling")), 0);
    open_with(0);
    assert_serves_not("relative");
    assert_serves_not("absolute");
    assert_serves_not("folder/secret");
    assert_serves_not("dangling");
    assert_true(was_heard(FOLDER_OUTSIDE, "relative"));
    assert_true(was_heard(FOLDER_OUTSIDE, "absolute"));
    assert_true(was_heard(FOLDER_OUTSIDE, "folder"));
    assert_int_equal(folder.counts.files, 0);
}

static void a_link_within_is_followed_and_a_loop_ends(void **state)
{
    char absolute[128];

    (void)state;
    assert_int_equal(mkdir(in(root, "loads"), 0755), 0);
    put_text(in(root, "loads/new.bin"), "new");
    (void)snprintf(absolute, sizeof absolute, "%s/loads/new.bin", root);
    assert_int_equal(symlink("loads/new.bin", in(root, "relative.bin")), 0);
    assert_int_equal(symlink(absolute, in(root, "absolute.bin")), 0);
    assert_int_equal(symlink("loads", in(root, "also")), 0);
    assert_int_equal(symlink("..", in(root, "loads/up")), 0);
    open_with(0);
    assert_serves("relative.bin", "new");
    assert_serves("absolute.bin", "new");
    assert_serves("also/new.bin", "new");
    assert_true(folder.counts.folders < 10);
}

static void a_file_that_became_a_link_to_the_outside_is_not_served_even_before_the_next_look(void **state)
{
    (void)state;
    put_text(in(root, "a"), "a");
    open_with(0);
    assert_int_equal(unlink(in(root, "a")), 0);
    assert_int_equal(symlink("../outside/secret", in(root, "a")), 0);
    assert_serves_not("a"); /* the catalogue still has it; the kernel refuses */
}

static void a_folder_that_became_a_link_to_the_outside_is_refused_too(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in(root, "sub"), 0755), 0);
    put_text(in(root, "sub/secret"), "mine");
    open_with(0);
    assert_int_equal(rename(in(root, "sub"), in(top, "elsewhere")), 0);
    assert_int_equal(symlink("../outside", in(root, "sub")), 0);
    assert_serves_not("sub/secret");
}

static void new_replaced_and_removed_files_are_seen_and_a_transfer_keeps_what_it_began_with(void **state)
{
    struct served *held;

    (void)state;
    put_text(in(root, "a"), "one");
    open_with(0);
    assert_int_equal(find("a", &held), FOUND);
    put_text(in(root, "next"), "two, by rename");
    assert_int_equal(rename(in(root, "next"), in(root, "a")), 0);
    becomes("a", "two, by rename");
    assert_memory_equal(held->bytes.at, "one", 3);
    put_text(in(root, "b"), "b");
    becomes("b", "b");
    assert_int_equal(mkdir(in(root, "sub"), 0755), 0);
    turn_for(600 * MSEC); /* its watch begins */
    put_text(in(root, "sub/c"), "c");
    becomes("sub/c", "c");
    assert_int_equal(unlink(in(root, "b")), 0);
    becomes("b", NULL);
    assert_memory_equal(held->bytes.at, "one", 3);
    source.release(source.context, held);
}

static void a_file_cut_short_or_written_over_under_a_transfer_changes_nothing_of_it(void **state)
{
    struct served *held;
    static char long_text[100000];

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    put_text(in(root, "a"), long_text);
    open_with(0);
    assert_int_equal(find("a", &held), FOUND);
    assert_int_equal(truncate(in(root, "a"), 3), 0); /* of a mapping, all behind the first page would be SIGBUS now */
    assert_int_equal(held->bytes.len, sizeof long_text - 1);
    assert_memory_equal(held->bytes.at, long_text, sizeof long_text - 1);
    becomes("a", "xxx");
    put_text(in(root, "a"), "other");
    becomes("a", "other");
    assert_memory_equal(held->bytes.at, long_text, sizeof long_text - 1);
    source.release(source.context, held);
}

static void one_version_is_in_memory_once_however_many_hold_it(void **state)
{
    struct served *a, *b;

    (void)state;
    put_text(in(root, "a"), "text");
    open_with(0);
    assert_int_equal(find("a", &a), FOUND);
    assert_int_equal(find("A", &b), FOUND);
    assert_ptr_equal(a, b);
    assert_int_equal(a->held, 2);
    assert_int_equal(folder.counts.read, 1);
    assert_int_equal(folder.counts.memory, 4);
    folder_rescan(&folder);
    turn_for(400 * MSEC);
    assert_true(folder.counts.scans >= 2);
    source.release(source.context, a);
    source.release(source.context, b);
    assert_serves("a", "text");
    assert_int_equal(folder.counts.read, 1); /* what a look finds unchanged is not read again */
}

static void contents_stay_within_their_memory(void **state)
{
    struct served *a, *b, *c;

    (void)state;
    put_text(in(root, "a"), "1234567890");
    put_text(in(root, "b"), "1234567890");
    put_text(in(root, "c"), "1234567890");
    put_text(in(root, "large"), "123456789012345678901234567890");
    open_with(25);
    assert_int_equal(find("a", &a), FOUND);
    assert_int_equal(find("b", &b), FOUND);
    assert_int_equal(find("c", &c), FOUND_BUSY);
    source.release(source.context, a);
    assert_int_equal(find("c", &c), FOUND); /* a gives way */
    assert_int_equal(folder.counts.memory, 20);
    assert_int_equal(find("large", &a), FOUND_DENIED);
    assert_true(was_heard(FOLDER_TOO_LARGE, "large"));
    source.release(source.context, b);
    source.release(source.context, c);
    assert_int_equal(folder.counts.dropped, 1);
}

static void what_may_not_be_read_is_denied_and_told(void **state)
{
    struct served *s;

    (void)state;
    put_text(in(root, "a"), "a");
    assert_int_equal(chmod(in(root, "a"), 0), 0);
    if (geteuid() == 0) { /* whom no mode keeps out: an other user, for as long as it takes */
        assert_int_equal(chmod(top, 0755), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    open_with(0);
    enum found found = find("a", &s);
    if (getuid() == 0) assert_int_equal(seteuid(0), 0);
    assert_int_equal(found, FOUND_DENIED);
    assert_true(was_heard(FOLDER_UNREADABLE, "a"));
}

static void pipes_sockets_and_devices_are_no_files(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(in(root, "pipe"), 0644), 0);
    open_with(0); /* and opening one would wait for ever */
    assert_serves_not("pipe");
    put_text(in(root, "a"), "a");
    becomes("a", "a");
    assert_int_equal(unlink(in(root, "a")), 0);
    assert_int_equal(mkfifo(in(root, "a"), 0644), 0);
    becomes("a", NULL);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    struct folder other;
    struct folder_config config = {.path = "/nonexistent/tftp"};
    struct net_error why = {0};

    (void)state;
    open_with(0);
    assert_int_equal(folder_open(&other, &loop, &config, &why), -ENOENT);
    assert_non_null(strstr(why.text, "/nonexistent/tftp"));
}

static void a_folder_that_vanishes_is_said_and_what_was_read_is_still_served(void **state)
{
    (void)state;
    put_text(in(root, "a"), "a");
    open_with(0);
    assert_serves("a", "a");
    assert_int_equal(rename(root, in(top, "away")), 0);
    folder_rescan(&folder);
    turn_for(600 * MSEC);
    assert_true(was_heard(FOLDER_GONE, ""));
    assert_serves("a", "a");
    assert_int_equal(rename(in(top, "away"), root), 0);
    put_text(in(root, "b"), "b");
    folder_rescan(&folder);
    becomes("b", "b");
}

/* As before Linux 5.6, or as by a filter that does not know the call: openat2 gives EPERM from now on in this
 * process. */
static bool forbid_openat2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ARRAY_LENGTH(code), code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* What the tests of links say, in a process that has no openat2: a digit for each thing that is not so, 0 at last. */
static int links_without_openat2(void)
{
    struct served *s;
    char absolute[128];
    int wrong = 0;

    put_text(in(root, "a"), "a");
    (void)mkdir(in(root, "sub"), 0755);
    put_text(in(root, "sub/b"), "b");
    (void)snprintf(absolute, sizeof absolute, "%s/sub/b", root);
    wrong += symlink("../outside/secret", in(root, "out")) + symlink("../outside", in(root, "outsub"));
    wrong += symlink("sub/b", in(root, "relative")) + symlink(absolute, in(root, "absolute"));
    wrong += symlink("sub", in(root, "also")) + symlink("nothing", in(root, "dangling"));
    if (wrong || !forbid_openat2()) return 9;
    open_with(0);
    if (!text_of("a") || !text_of("sub/b")) return 1;
    if (find("out", &s) != FOUND_NOTHING || find("outsub/secret", &s) != FOUND_NOTHING) return 2;
    if (!text_of("relative") || !text_of("absolute") || !text_of("also/b")) return 3;
    if (!was_heard(FOLDER_OUTSIDE, "out") || was_heard(FOLDER_OUTSIDE, "dangling")) return 4;
    wrong = unlink(in(root, "a")) + symlink("../outside/secret", in(root, "a")) +
            rename(in(root, "sub"), in(top, "away")) + symlink("../outside", in(root, "sub"));
    if (wrong || find("sub/secret", &s) != FOUND_NOTHING) return 5;
    loop.start -= 2 * SECOND; /* what was read is compared again */
    return find("a", &s) == FOUND_NOTHING && find("sub/b", &s) == FOUND_NOTHING ? 0 : 6;
}

static void without_openat2_nothing_outside_is_reached_either(void **state)
{
    int status = -1;

    (void)state;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(links_without_openat2());
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    open_with(0);
}

/* Another process that writes the same file over and over, in place and by rename. */
static volatile bool writing;

static void *write_over_and_over(void *context)
{
    static char text[2][65536];

    (void)context;
    memset(text[0], 'a', sizeof text[0]);
    memset(text[1], 'b', sizeof text[1]);
    for (unsigned i = 0; writing; i++) {
        int fd = open(in(root, "next"), O_WRONLY | O_CREAT | O_TRUNC, 0644);
        if (fd >= 0 && write(fd, text[i % 2], sizeof text[0] - i % 7) > 0) close(fd);
        if (rename(in(root, "next"), in(root, "a")) != 0) break;
    }
    return NULL;
}

static void while_it_is_replaced_over_and_over_only_whole_versions_are_served(void **state)
{
    pthread_t writer_thread;
    struct served *s;
    unsigned found = 0;

    (void)state;
    put_text(in(root, "a"), "a");
    open_with(0);
    writing = true;
    assert_int_equal(pthread_create(&writer_thread, NULL, write_over_and_over, NULL), 0);
    for (usec end = monotonic_now() + SECOND; monotonic_now() < end;) {
        loop_turn(&loop);
        if (find("a", &s) != FOUND) continue;
        found++;
        for (size_t i = 0; i < s->bytes.len; i++)
            if (s->bytes.at[i] != s->bytes.at[0]) {
                writing = false;
                fail_msg("a mixture of two versions");
            }
        source.release(source.context, s);
    }
    writing = false;
    (void)pthread_join(writer_thread, NULL);
    assert_true(found > 10);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(files_and_those_of_sub_folders_are_served_as_phones_ask_for_them),
        T(no_name_reaches_what_is_outside),
        T(a_link_that_leads_out_is_told_and_not_served),
        T(a_link_within_is_followed_and_a_loop_ends),
        T(a_file_that_became_a_link_to_the_outside_is_not_served_even_before_the_next_look),
        T(a_folder_that_became_a_link_to_the_outside_is_refused_too),
        T(new_replaced_and_removed_files_are_seen_and_a_transfer_keeps_what_it_began_with),
        T(a_file_cut_short_or_written_over_under_a_transfer_changes_nothing_of_it),
        T(one_version_is_in_memory_once_however_many_hold_it),
        T(contents_stay_within_their_memory),
        T(what_may_not_be_read_is_denied_and_told),
        T(pipes_sockets_and_devices_are_no_files),
        T(a_folder_that_is_not_there_is_said),
        T(a_folder_that_vanishes_is_said_and_what_was_read_is_still_served),
        T(without_openat2_nothing_outside_is_reached_either),
        T(while_it_is_replaced_over_and_over_only_whole_versions_are_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
