#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/http_files.h"

static struct loop loop;
static struct http_files http;
static uint8_t large[5 << 20];
static struct served text_file = {.bytes = {(const uint8_t *)"0123456789", 10}}, empty_file, large_file;
static unsigned finds, wholes, asked_found, asked_missing;
static uint8_t last_name[512];
static size_t last_len;
static ipv4 last_client;

static enum found find(void *context, struct bytes name, struct served **out)
{
    (void)context;
    finds++;
    memcpy(last_name, name.at, name.len);
    last_len = name.len;
    *out = NULL;
    if (bytes_are(name, "/busy")) return FOUND_BUSY;
    if (bytes_are(name, "/secret")) return FOUND_DENIED;
    if (bytes_are(name, "/SEP020000000001.cnf.xml")) *out = &text_file;
    if (bytes_are(name, "/empty")) *out = &empty_file;
    if (bytes_are(name, "/large")) *out = &large_file;
    if (!*out) return FOUND_NOTHING;
    (*out)->held++;
    return FOUND;
}

static void release(void *context, struct served *s, bool whole)
{
    (void)context;
    assert_true(s->held > 0);
    s->held--;
    wholes += whole;
}

static void asked(void *context, ipv4 client, struct bytes name, bool found)
{
    (void)context;
    (void)name;
    last_client = client;
    if (found)
        asked_found++;
    else
        asked_missing++;
}

static void open_with(struct http_files_config config)
{
    struct net_error why = {0};

    config.address = IPV4(127, 0, 0, 1);
    config.find = find;
    config.release = release;
    config.asked = asked;
    finds = wholes = asked_found = asked_missing = 0;
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    if (http_files_open(&http, &loop, &config, &why) < 0) fail_msg("%s", why.text);
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof large; i++) large[i] = (uint8_t)(i * 7 + (i >> 9));
    large_file.bytes = (struct bytes){large, sizeof large};
    open_with((struct http_files_config){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_files_close(&http);
    loop_close(&loop);
    assert_int_equal(text_file.held + empty_file.held + large_file.held, 0);
    return 0;
}

/* --- a client --- */

static int dial(void)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(http.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static uint8_t got[6 << 20];
static size_t got_len;

/* What comes until the whole answer is there, or the connection ends, or nothing comes for `quiet`. True: it ended. */
static bool hear(int fd, size_t body, usec quiet)
{
    usec last = monotonic_now();

    got_len = 0;
    while (monotonic_now() - last < quiet) {
        loop_turn(&loop);
        ssize_t n = recv(fd, got + got_len, sizeof got - 1 - got_len, MSG_DONTWAIT);
        if (n == 0) return true;
        if (n < 0) {
            if (errno != EAGAIN) return true;
            usleep(200);
            continue;
        }
        last = monotonic_now();
        got_len += (size_t)n;
        got[got_len] = '\0';
        char *end = strstr((char *)got, "\r\n\r\n");
        if (end && (size_t)(got + got_len - (uint8_t *)end) - 4 >= body) return false;
    }
    return false;
}

static unsigned status(void)
{
    return got_len > 12 ? (unsigned)atoi((char *)got + 9) : 0;
}

static const char *header(const char *name)
{
    static char value[128];
    char line[64];

    (void)snprintf(line, sizeof line, "\r\n%s: ", name);
    char *at = strcasestr((char *)got, line);
    if (!at) return "";
    at += strlen(line);
    (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

static const uint8_t *body(void)
{
    return (const uint8_t *)strstr((char *)got, "\r\n\r\n") + 4;
}

static unsigned ask(const char *request, size_t body_size)
{
    int fd = dial();

    say(fd, request);
    (void)hear(fd, body_size, 2 * SECOND);
    close(fd);
    for (int i = 0; i < 20; i++) loop_turn(&loop);
    return status();
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void a_file_comes_whole_with_its_length(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/SEP020000000001.cnf.xml"), 10), 200);
    assert_string_equal(header("Content-Length"), "10");
    assert_string_equal(header("Content-Type"), "text/xml");
    assert_string_equal((const char *)body(), "0123456789");
    assert_int_equal(wholes, 1);
    assert_int_equal(text_file.held, 0);
    assert_int_equal(last_client, IPV4(127, 0, 0, 1));
    assert_int_equal(asked_found, 1);
    assert_int_equal(ask(GET("/empty"), 0), 200);
    assert_string_equal(header("Content-Length"), "0");
    assert_int_equal(http.counts.bytes, 10);
}

static void a_load_of_5_mb_comes_byte_for_byte(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/large"), sizeof large), 200);
    assert_string_equal(header("Content-Type"), "application/octet-stream");
    assert_memory_equal(body(), large, sizeof large);
    assert_int_equal(wholes, 1);
}

static void head_tells_the_length_and_sends_nothing_more(void **state)
{
    int fd;

    (void)state;
    fd = dial();
    say(fd, "HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)hear(fd, 1, 200 * MSEC);
    assert_int_equal(status(), 200);
    assert_string_equal(header("Content-Length"), "5242880");
    assert_int_equal(got + got_len - body(), 0);
    assert_int_equal(wholes, 0); /* the phone does not have it */
    close(fd);
}

static void a_connection_is_kept_alive_for_the_next_request(void **state)
{
    int fd = dial();

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        say(fd, GET("/SEP020000000001.cnf.xml"));
        assert_false(hear(fd, 10, SECOND));
        assert_int_equal(status(), 200);
    }
    say(fd, GET("/absent"));
    assert_false(hear(fd, 10, SECOND));
    assert_int_equal(status(), 404);
    say(fd, GET("/SEP020000000001.cnf.xml") GET("/empty")); /* two at once */
    assert_false(hear(fd, 10 + 20, 300 * MSEC));
    assert_non_null(strstr((char *)body(), "HTTP/1.1 200"));
    assert_int_equal(http.counts.connections, 1);
    say(fd, "GET /empty HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_true(hear(fd, 100, SECOND));
    close(fd);
}

static unsigned range(const char *value, size_t size)
{
    char request[200];

    (void)snprintf(request, sizeof request, "GET /SEP020000000001.cnf.xml HTTP/1.1\r\nHost: x\r\nRange: %s\r\n\r\n",
                   value);
    return ask(request, size);
}

static void one_range_gets_206_and_just_that_part(void **state)
{
    static const struct {
        const char *asked, *part, *told;
    } row[] = {
        {"bytes=2-4", "234", "bytes 2-4/10"},     {"bytes=0-0", "0", "bytes 0-0/10"},
        {"bytes=7-", "789", "bytes 7-9/10"},      {"bytes=-3", "789", "bytes 7-9/10"},
        {"bytes=5-999", "56789", "bytes 5-9/10"}, {"Bytes=-99", "0123456789", "bytes 0-9/10"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
        assert_int_equal(range(row[i].asked, strlen(row[i].part)), 206);
        assert_string_equal((const char *)body(), row[i].part);
        assert_string_equal(header("Content-Range"), row[i].told);
    }
    assert_int_equal(wholes, 1); /* the last of them */
    assert_int_equal(http.counts.partial, ARRAY_LENGTH(row));
}

static void a_range_outside_gets_416_and_what_is_no_single_range_the_whole(void **state)
{
    static const char *const whole[] = {"bytes=0-1,3-4", "bytes=4-2", "bytes=x-2", "lines=1-2",
                                        "bytes",         "bytes=-",   "bytes=1",   "bytes=9x-"};

    (void)state;
    assert_int_equal(range("bytes=10-", 0), 416);
    assert_string_equal(header("Content-Range"), "bytes */10");
    assert_int_equal(range("bytes=-0", 0), 416);
    assert_int_equal(range("bytes=99999999999999999999-", 0), 416); /* RFC 9110, 14.1.2: however many digits */
    assert_int_equal(range("bytes=8-99999999999999999999", 2), 206);
    assert_string_equal((const char *)body(), "89");
    assert_int_equal(range("bytes=-99999999999999999999", 10), 206);
    for (size_t i = 0; i < ARRAY_LENGTH(whole); i++) {
        assert_int_equal(range(whole[i], 10), 200);
        assert_string_equal((const char *)body(), "0123456789");
    }
    assert_int_equal(
        ask("GET /SEP020000000001.cnf.xml HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\nIf-Range: \"x\"\r\n\r\n", 10),
        200);
}

static void what_is_not_there_may_not_be_read_or_is_busy_has_its_status(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/CTLSEP020000000001.tlv"), 0), 404);
    assert_int_equal(asked_missing, 1);
    assert_int_equal(ask(GET("/secret"), 0), 403);
    assert_int_equal(ask(GET("/busy"), 0), 503);
    assert_string_equal(header("Retry-After"), "5");
    assert_int_equal(asked_missing, 1);
    assert_int_equal(http.counts.not_found, 1);
    assert_int_equal(http.counts.denied, 1);
    assert_int_equal(http.counts.busy, 1);
}

static void any_other_method_gets_405(void **state)
{
    static const char *const method[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"};
    char request[200];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(method); i++) {
        (void)snprintf(request, sizeof request, "%s /empty HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
                       method[i]);
        assert_int_equal(ask(request, 0), 405);
        assert_string_equal(header("Allow"), "GET, HEAD");
    }
    assert_int_equal(finds, 0);
}

static void a_request_names_one_host(void **state)
{
#define HOSTS(version, hosts) "GET /SEP020000000001.cnf.xml HTTP/" version "\r\n" hosts "\r\n"
    (void)state;
    assert_int_equal(ask(HOSTS("1.1", ""), 0), 400);
    assert_int_equal(ask(HOSTS("1.1", "Host: a\r\nHost: a\r\n"), 0), 400);
    assert_int_equal(ask(HOSTS("1.0", "Host: a\r\nhost: b\r\n"), 0), 400);
    assert_int_equal(ask(HOSTS("1.1", "Host: a b\r\n"), 0), 400);
    assert_int_equal(ask(HOSTS("1.1", "Host: a/b\r\n"), 0), 400);
    assert_int_equal(finds, 0);
    assert_int_equal(http.counts.refused, 5);
    assert_int_equal(ask(HOSTS("1.0", ""), 10), 200);
    assert_int_equal(ask(HOSTS("1.1", "Host:\r\n"), 10), 200); /* RFC 9110, 7.2: an authority that has none */
    assert_int_equal(ask(HOSTS("1.1", "HOST: [::1]:6970\r\n"), 10), 200);
}

static void an_absolute_target_is_its_path(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("HTTP://10.0.0.1/SEP020000000001.cnf.xml"), 10), 200);
    assert_int_equal(ask(GET("https://10.0.0.1/SEP020000000001.cnf.xml"), 10), 200);
    assert_int_equal(ask(GET("http://10.0.0.1"), 0), 404);
    assert_memory_equal(last_name, "/", last_len);
}

static void names_are_decoded_once_and_never_cut(void **state)
{
    (void)state;
    assert_int_equal(ask(GET("/SEP020000000001%2Ecnf%2exml"), 10), 200);
    assert_int_equal(ask(GET("/SEP020000000001.cnf.xml?locale=en&name=x"), 10), 200);
    assert_int_equal(ask(GET("http://10.0.0.1:6970/SEP020000000001.cnf.xml"), 10), 200);
    assert_int_equal(ask(GET("/SEP020000000001%252Ecnf.xml"), 0), 404);
    assert_memory_equal(last_name, "/SEP020000000001%2Ecnf.xml", last_len);
    finds = 0;
    assert_int_equal(ask(GET("/SEP020000000001.cnf.xml%00.txt"), 0), 400);
    assert_int_equal(ask(GET("/%zz"), 0), 400);
    assert_int_equal(ask(GET("/%2"), 0), 400);
    assert_int_equal(ask(GET("/%"), 0), 400);
    assert_int_equal(finds, 0);
    assert_int_equal(ask(GET("/%2e%2e/%2E%2E/etc/passwd"), 0), 404); /* a name like any other, which nothing has */
    assert_memory_equal(last_name, "/../../etc/passwd", last_len);
    assert_int_equal(ask(GET("/..%5c..%5cetc"), 0), 404);
}

static void a_request_that_is_too_long_or_is_no_http_is_refused(void **state)
{
    static char request[20000];
    int n = snprintf(request, sizeof request, "GET /");

    (void)state;
    memset(request + n, 'a', 600);
    (void)snprintf(request + n + 600, 100, " HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(ask(request, 0), 400);
    memset(request + n, 'a', 19000);
    (void)snprintf(request + n + 19000, 100, " HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(ask(request, 0) >= 400);
    (void)ask("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS\r\n\r\n", 0);
    assert_true(status() == 0 || status() >= 400);
    assert_int_equal(finds, 0);
    assert_int_equal(ask(GET("/empty"), 0), 200);
}

static void a_client_that_goes_away_in_mid_file_leaves_nothing_held(void **state)
{
    int fd = dial();

    (void)state;
    say(fd, GET("/large"));
    for (usec end = monotonic_now() + 2 * SECOND; !large_file.held && monotonic_now() < end;) loop_turn(&loop);
    assert_int_equal(large_file.held, 1);
    close(fd);
    for (usec end = monotonic_now() + 2 * SECOND; large_file.held && monotonic_now() < end;) loop_turn(&loop);
    assert_int_equal(large_file.held, 0);
    assert_int_equal(wholes, 0);
}

static void garbage_on_many_connections_leaves_it_serving(void **state)
{
    static int fd[300];
    uint32_t r = 1;

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(fd); i++) {
        uint8_t bytes[700];
        size_t n = snprintf((char *)bytes, sizeof bytes, "%s",
                            i % 3   ? ""
                            : i % 2 ? "GET /"
                                    : "GET /empty HTTP/1.1\r\n");
        for (; n < sizeof bytes; n++) bytes[n] = (uint8_t)((r = r * 1664525 + 1013904223) >> 24);
        fd[i] = dial();
        (void)send(fd[i], bytes, sizeof bytes - i, MSG_NOSIGNAL);
        loop_turn(&loop);
    }
    assert_int_equal(ask(GET("/SEP020000000001.cnf.xml"), 10), 200);
    for (size_t i = 0; i < ARRAY_LENGTH(fd); i++) close(fd[i]);
    for (usec end = monotonic_now() + 3 * SECOND; http.counts.active && monotonic_now() < end;) loop_turn(&loop);
    assert_int_equal(http.counts.active, 0);
}

static void a_silent_connection_is_closed_after_its_idle_time(void **state)
{
    (void)tear_down(state);
    open_with((struct http_files_config){.idle = 1});
    int fd = dial();
    say(fd, GET("/empty"));
    (void)hear(fd, 0, SECOND);
    usec begun = monotonic_now();
    assert_true(hear(fd, 1, 5 * SECOND));
    assert_true(monotonic_now() - begun > SECOND / 2);
    close(fd);
}

static void beyond_the_limit_a_connection_waits_until_another_ends(void **state)
{
    (void)tear_down(state);
    open_with((struct http_files_config){.connections = 2});
    int a = dial(), b = dial();
    for (int i = 0; i < 50; i++) loop_turn(&loop), usleep(200);
    int c = dial();
    say(c, GET("/empty"));
    (void)hear(c, 0, 200 * MSEC);
    assert_int_equal(got_len, 0);
    close(a);
    (void)hear(c, 0, 2 * SECOND);
    assert_int_equal(status(), 200);
    close(b);
    close(c);
}

static void one_that_drips_its_request_is_cut(void **state)
{
    int fd = dial();

    (void)state;
    say(fd, "GET /empty HT");
    for (int i = 0; i < 20; i++) loop_turn(&loop), usleep(500);
    assert_int_equal(http.counts.active, 1);
    loop.start -= 31 * SECOND; /* half a minute goes by */
    bool ended = false;
    for (int i = 0; i < 30 && !ended; i++) {
        (void)send(fd, "T", 1, MSG_NOSIGNAL);
        ended = hear(fd, 1, 100 * MSEC);
    }
    assert_true(ended);
    assert_int_equal(http.counts.cut, 1);
    close(fd);
}

static void a_port_that_is_taken_is_named(void **state)
{
    struct http_files other;
    struct net_error why = {0};
    struct http_files_config config = {
        .address = IPV4(127, 0, 0, 1), .port = http.port, .find = find, .release = release};

    (void)state;
    assert_int_equal(http_files_open(&other, &loop, &config, &why), -EADDRINUSE);
    assert_non_null(strstr(why.text, "127.0.0.1:"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_comes_whole_with_its_length),
        T(a_load_of_5_mb_comes_byte_for_byte),
        T(head_tells_the_length_and_sends_nothing_more),
        T(a_connection_is_kept_alive_for_the_next_request),
        T(one_range_gets_206_and_just_that_part),
        T(a_range_outside_gets_416_and_what_is_no_single_range_the_whole),
        T(what_is_not_there_may_not_be_read_or_is_busy_has_its_status),
        T(any_other_method_gets_405),
        T(a_request_names_one_host),
        T(an_absolute_target_is_its_path),
        T(names_are_decoded_once_and_never_cut),
        T(a_request_that_is_too_long_or_is_no_http_is_refused),
        T(a_client_that_goes_away_in_mid_file_leaves_nothing_held),
        T(garbage_on_many_connections_leaves_it_serving),
        T(a_silent_connection_is_closed_after_its_idle_time),
        T(beyond_the_limit_a_connection_waits_until_another_ends),
        T(one_that_drips_its_request_is_cut),
        T(a_port_that_is_taken_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
