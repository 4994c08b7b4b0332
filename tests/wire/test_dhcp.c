#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "wire/dhcp.h"
#include "dhcp_same.h"

enum { HEAD = 240, SNAME_AT = 44, FILE_AT = 108, COOKIE_AT = 236 };

/* DHCPDISCOVER of a 7960, made by hand after its known options (RFC 2131, table 1).
 *   01 request   01 Ethernet   06 hlen   00 hops   3c1d2e4f xid   0007 7 s   0000 flags   addresses 0
 *   00070e575c1d chaddr   sname, file empty   63825363 cookie
 *   53 = 1 DISCOVER   61 = 01 + MAC   12 = SEP00070E575C1D   60 = Cisco's class with one NUL inside
 *   55 = 1 mask, 66 TFTP name, 6 DNS, 3 routers, 15 domain, 150 TFTP servers, 35 ARP cache time   255, 319 bytes */
static const uint8_t discover_head[HEAD] = {
    1,    1,    6,   0, 0x3c, 0x1d, 0x2e, 0x4f, 0, 7, [28] = 0x00, 0x07, 0x0e, 0x57, 0x5c, 0x1d, [COOKIE_AT] = 0x63,
    0x82, 0x53, 0x63};
static const char discover_options[] = "\x35\1\1"
                                       "\x3d\7\1\x00\x07\x0e\x57\x5c\x1d"
                                       "\x0c\x0f"
                                       "SEP00070E575C1D"
                                       "\x3c\x26"
                                       "Cisco Systems, Inc. IP Phone CP-7960G\0"
                                       "\x37\7\x01\x42\x06\x03\x0f\x96\x23"
                                       "\xff";

/* DHCPOFFER to it through a relay, made by hand.
 *   02 reply   01 06   01 hops   3c1d2e4f xid   0000 s   8000 broadcast   ciaddr 0   yiaddr 10.9.2.21
 *   siaddr 10.9.0.5   giaddr 10.9.2.1   00070e575c1d chaddr
 *   53 = 2 OFFER   54 = 10.9.0.1   51 = 86400 s   58 = 43200 s   59 = 75600 s   1 = 255.255.255.0   3 = 10.9.2.1
 *   66 = "10.9.0.5"   150 = 10.9.0.5, 10.9.0.6   255, which makes 300 bytes */
static const uint8_t offer_head[HEAD] = {
    2, 1, 6,  1, 0x3c, 0x1d, 0x2e, 0x4f, 0,    0,    0x80, 0,    [16] = 10,          9,    2,    21,  10, 9,
    0, 5, 10, 9, 2,    1,    0x00, 0x07, 0x0e, 0x57, 0x5c, 0x1d, [COOKIE_AT] = 0x63, 0x82, 0x53, 0x63};
static const char offer_options[] = "\x35\1\2"
                                    "\x36\4\x0a\x09\x00\x01"
                                    "\x33\4\x00\x01\x51\x80"
                                    "\x3a\4\x00\x00\xa8\xc0"
                                    "\x3b\4\x00\x01\x27\x50"
                                    "\x01\4\xff\xff\xff\x00"
                                    "\x03\4\x0a\x09\x02\x01"
                                    "\x42\x08"
                                    "10.9.0.5"
                                    "\x96\x08\x0a\x09\x00\x05\x0a\x09\x00\x06"
                                    "\xff";

/* Messages of their very size, so that the sanitizer sees each read behind them; freed after each test. */
static uint8_t *kept[2048];
static size_t keeps;

static int forget(void **state)
{
    (void)state;
    while (keeps > 0) free(kept[--keeps]);
    return 0;
}

static struct bytes exact(struct bytes in)
{
    uint8_t *copy = malloc(in.len ? in.len : 1);

    assert_true(copy && keeps < ARRAY_LENGTH(kept));
    if (in.len) memcpy(copy, in.at, in.len);
    kept[keeps++] = copy;
    return (struct bytes){copy, in.len};
}

/* A head, options behind it, zeros up to `least`. */
static struct bytes message(const uint8_t head[HEAD], const void *options, size_t n, size_t least)
{
    uint8_t room[2048] = {0};

    assert_true(HEAD + n <= sizeof room);
    memcpy(room, head, HEAD);
    memcpy(room + HEAD, options, n);
    return exact((struct bytes){room, HEAD + n > least ? HEAD + n : least});
}
#define OPTIONS(text) message(offer_head, text, sizeof(text) - 1, 0)

static void reads(struct dhcp *d, struct bytes in)
{
    struct fault why;
    bool ok = dhcp_decode(d, in, &why);

    if (!ok) fail_msg("%s at %zu", why.what, why.at);
    assert_int_equal(why.kind, FAULT_NONE);
}

static void refuses(struct bytes in, enum fault_kind kind, size_t at)
{
    struct dhcp d;
    struct fault why;

    assert_false(dhcp_decode(&d, in, &why));
    assert_int_equal(why.kind, kind);
    assert_int_equal(why.at, at);
    assert_non_null(why.what);
}

static struct bytes encoded(const struct dhcp *d)
{
    static uint8_t room[4096];
    struct writer w = writer(room, sizeof room);

    dhcp_encode(&w, d);
    assert_false(w.full);
    return exact(written(&w));
}

static void are(struct bytes b, const void *at, size_t n)
{
    assert_int_equal(b.len, n);
    assert_memory_equal(b.at, at, n);
}
#define ARE(b, text) are(b, text, sizeof(text) - 1)

static void the_discover_of_a_7960_is_read(void **state)
{
    struct dhcp d;

    (void)state;
    reads(&d, message(discover_head, discover_options, sizeof discover_options - 1, DHCP_LEAST));
    assert_true(d.op == BOOTREQUEST && d.htype == 1 && d.hlen == 6 && d.hops == 0 && d.secs == 7 && !d.broadcast);
    assert_int_equal(d.xid, 0x3c1d2e4f);
    assert_true(mac_number(d.chaddr) == 0x00070e575c1d);
    assert_true(d.ciaddr == 0 && d.yiaddr == 0 && d.siaddr == 0 && d.giaddr == 0);
    assert_int_equal(d.type, DHCP_DISCOVER);
    ARE(d.client_id, "\1\x00\x07\x0e\x57\x5c\x1d");
    ARE(d.host_name, "SEP00070E575C1D");
    ARE(d.vendor_class, "Cisco Systems, Inc. IP Phone CP-7960G\0");
    ARE(d.parameters, "\x01\x42\x06\x03\x0f\x96\x23");
    for (unsigned code = 0; code < 256; code++)
        assert_int_equal(dhcp_has(&d, (uint8_t)code),
                         code == 53 || code == 61 || code == 12 || code == 60 || code == 55);
}

static void the_discover_of_a_7960_is_written_byte_for_byte(void **state)
{
    struct dhcp d = {.op = BOOTREQUEST, .htype = 1, .hlen = 6, .xid = 0x3c1d2e4f, .secs = 7, .type = DHCP_DISCOVER};
    struct bytes whole = message(discover_head, discover_options, sizeof discover_options - 1, DHCP_LEAST);

    (void)state;
    d.chaddr = mac_from_number(0x00070e575c1d);
    d.client_id = (struct bytes){(const uint8_t *)"\1\x00\x07\x0e\x57\x5c\x1d", 7};
    d.host_name = bytes_of("SEP00070E575C1D");
    d.vendor_class = (struct bytes){(const uint8_t *)"Cisco Systems, Inc. IP Phone CP-7960G", 38};
    d.parameters = bytes_of("\x01\x42\x06\x03\x0f\x96\x23");
    dhcp_set(&d, DHCP_PARAMETERS); /* the order in which they are set does not count */
    dhcp_set(&d, DHCP_CLASS);
    dhcp_set(&d, DHCP_HOST_NAME);
    dhcp_set(&d, DHCP_CLIENT_ID);
    dhcp_set(&d, DHCP_MESSAGE_TYPE);
    are(encoded(&d), whole.at, whole.len);
}

static void an_offer_tells_address_lease_and_tftp_servers(void **state)
{
    struct dhcp d;
    struct bytes whole = message(offer_head, offer_options, sizeof offer_options - 1, DHCP_LEAST);

    (void)state;
    reads(&d, whole);
    assert_true(d.op == BOOTREPLY && d.hops == 1 && d.broadcast && d.type == DHCP_OFFER);
    assert_int_equal(d.yiaddr, IPV4(10, 9, 2, 21));
    assert_int_equal(d.siaddr, IPV4(10, 9, 0, 5));
    assert_int_equal(d.giaddr, IPV4(10, 9, 2, 1));
    assert_int_equal(d.server_id, IPV4(10, 9, 0, 1));
    assert_int_equal(d.mask, IPV4(255, 255, 255, 0));
    assert_true(d.lease == 86400 && d.t1 == 43200 && d.t2 == 75600);
    assert_true(d.routers.count == 1 && d.routers.at[0] == IPV4(10, 9, 2, 1));
    ARE(d.tftp_name, "10.9.0.5");
    assert_true(d.tftp.count == 2 && d.tftp.at[0] == IPV4(10, 9, 0, 5) && d.tftp.at[1] == IPV4(10, 9, 0, 6));
    ARE(dhcp_option(&d, DHCP_TFTP_SERVERS), "\x0a\x09\x00\x05\x0a\x09\x00\x06");
    assert_null(dhcp_option(&d, DHCP_DNS).at);
    are(encoded(&d), whole.at, whole.len);
}

static void an_option_split_over_instances_is_joined(void **state)
{
    struct dhcp d;

    (void)state;
    reads(&d, OPTIONS("\x35\1\5"
                      "\x42\5"
                      "cucm."
                      "\x96\6\x0a\x01\x02\x03\x0a\x01"
                      "\x42\x0b"
                      "example.com"
                      "\x96\2\x02\x04"
                      "\x42\1\0"
                      "\xff"));
    ARE(d.tftp_name, "cucm.example.com\0"); /* RFC 3396, section 7: also across other options between them */
    ARE(dhcp_text(d.tftp_name), "cucm.example.com");
    assert_true(d.tftp.count == 2 && d.tftp.at[0] == IPV4(10, 1, 2, 3) && d.tftp.at[1] == IPV4(10, 1, 2, 4));
    ARE(dhcp_option(&d, DHCP_TFTP_NAME), "cucm."); /* the first instance, raw */
}

static void a_value_of_more_than_255_bytes_is_split_and_joined_again(void **state)
{
    static uint8_t value[600];
    static const size_t lengths[] = {255, 256, 510, 511, 600};
    struct dhcp d = {.op = BOOTREPLY, .htype = 1, .hlen = 6, .type = DHCP_ACK}, again;

    (void)state;
    for (size_t i = 0; i < sizeof value; i++) value[i] = (uint8_t)(i * 7 + 1);
    dhcp_set(&d, DHCP_VENDOR);
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        d.vendor = (struct bytes){value, lengths[i]};
        struct bytes out = encoded(&d);
        size_t pieces = (lengths[i] + 254) / 255, size = HEAD + 2 * pieces + lengths[i] + 1;
        assert_int_equal(out.len, size > DHCP_LEAST ? size : DHCP_LEAST);
        assert_true(out.at[HEAD] == 43 && out.at[HEAD + 1] == 255);
        reads(&again, out);
        are(again.vendor, value, lengths[i]);
        assert_int_equal(again.joins, pieces > 1 ? lengths[i] : 0);
    }
}

static void split_options_of_more_than_640_bytes_are_refused(void **state)
{
    uint8_t options[3 * 257] = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        options[257 * i] = DHCP_VENDOR;
        options[257 * i + 1] = 255;
    }
    refuses(message(offer_head, options, sizeof options, 0), FAULT_LONG, HEAD);
    options[2 * 257 + 1] = 130; /* 255 + 255 + 130 = 640; what follows is pads */
    struct dhcp d;
    reads(&d, message(offer_head, options, sizeof options, 0));
    assert_int_equal(d.vendor.len, 640);
}

/* Options in all three places: 66 in pieces "a", "b", "c" in the options field, in file, in sname; 15 in file; 35 (no
 * field of its own) in sname; a second 52 in file, which must not count. */
static struct bytes overloaded_message(uint8_t overload)
{
    uint8_t head[HEAD];
    static const char in_file[] = "\x0f\x07"
                                  "example"
                                  "\x42\1b"
                                  "\x34\1\1"
                                  "\xff"
                                  "zz",
                      in_sname[] = "\x42\1c"
                                   "\x23\4\0\0\0\x3c"
                                   "\xff";
    char options[] = "\x35\1\5"
                     "\x34\1\3"
                     "\x42\1a"
                     "\xff";

    memcpy(head, offer_head, HEAD);
    memcpy(head + FILE_AT, in_file, sizeof in_file - 1);
    memcpy(head + SNAME_AT, in_sname, sizeof in_sname - 1);
    options[5] = (char)overload;
    return message(head, options, sizeof options - 1, 0);
}

static void options_go_on_in_file_and_then_in_sname(void **state)
{
    struct dhcp d, again;

    (void)state;
    reads(&d, overloaded_message(3));
    assert_true(d.file.len == 0 && d.sname.len == 0);
    ARE(d.tftp_name, "abc"); /* RFC 3396, section 5: options, file, sname */
    ARE(d.domain, "example");
    ARE(dhcp_option(&d, 35), "\0\0\0\x3c");
    assert_true(dhcp_has(&d, DHCP_OVERLOAD) && dhcp_has(&d, 35));

    reads(&again, encoded(&d)); /* without overload: all of them in the options field */
    assert_true(dhcp_same(&d, &again));
    assert_false(dhcp_has(&again, DHCP_OVERLOAD));
    ARE(dhcp_option(&again, 35), "\0\0\0\x3c");
}

static void only_the_overloaded_fields_hold_options(void **state)
{
    struct dhcp d;

    (void)state;
    reads(&d, overloaded_message(1));
    ARE(d.tftp_name, "ab");
    assert_int_equal(d.file.len, 0);
    ARE(d.sname, "\x42\1c\x23\4");
    reads(&d, overloaded_message(2));
    ARE(d.tftp_name, "ac");
    assert_int_equal(d.sname.len, 0);
    assert_true(d.file.len > 0 && d.file.at[0] == 15);
}

static void an_option_beyond_the_end_of_file_is_refused(void **state)
{
    uint8_t head[HEAD];

    (void)state;
    memcpy(head, offer_head, HEAD);
    head[FILE_AT + 120] = DHCP_DOMAIN; /* after 120 pads; 7 bytes would reach one into the cookie */
    head[FILE_AT + 121] = 7;
    refuses(message(head, "\x34\1\1\xff", 4, 0), FAULT_SHORT, FILE_AT + 120);
    head[FILE_AT + 121] = 6;
    struct dhcp d;
    reads(&d, message(head, "\x34\1\1\xff", 4, 0));
    assert_int_equal(d.domain.len, 6);
}

static void a_broken_options_field_ends_the_reading_of_the_overloaded_ones(void **state)
{
    (void)state;
    refuses(OPTIONS("\x34\1\3\x36\x50"), FAULT_SHORT,
            HEAD + 3); /* and it ends: a refused reader yields pads for ever */
}

static void an_overload_of_no_meaning_is_refused(void **state)
{
    (void)state;
    refuses(overloaded_message(0), FAULT_VALUE, HEAD + 3);
    refuses(overloaded_message(4), FAULT_VALUE, HEAD + 3);
    refuses(OPTIONS("\x34\2\1\1\xff"), FAULT_VALUE, HEAD);
}

static void relay_agent_information_is_kept_raw_and_written_last(void **state)
{
    static const char information[] = "\1\6\0\4\0\x0a\0\3\2\x08\0\6\0\x1b\x0c\1\2\3"; /* circuit and remote id */
    struct dhcp d;
    uint8_t options[64] = "\x35\1\1"
                          "\x52\x12";

    (void)state;
    memcpy(options + 5, information, 18);
    memcpy(options + 23,
           "\x23\4\0\0\0\x3c"
           "\x0c\1h"
           "\xff",
           10); /* 35, 12 behind it */
    reads(&d, message(discover_head, options, 33, 0));
    assert_true(dhcp_has(&d, DHCP_RELAY_AGENT));
    are(d.relay_agent, information, 18);
    struct bytes out = encoded(&d);
    are((struct bytes){out.at + HEAD, 12},
        "\x35\1\1"
        "\x0c\1h"
        "\x23\4\0\0\0\x3c",
        12);
    are((struct bytes){out.at + HEAD + 12, 2}, "\x52\x12", 2);
    are((struct bytes){out.at + HEAD + 14, 18}, information, 18);
    assert_int_equal(out.at[HEAD + 32], 255);
    assert_int_equal(out.len, DHCP_LEAST);
}

static void a_missing_end_is_taken_pads_are_skipped_and_nothing_counts_behind_the_end(void **state)
{
    struct dhcp d;

    (void)state;
    reads(&d, OPTIONS("\0\0\x35\1\5\0\0\x36\4\x0a\x09\x00\x01"));
    assert_true(d.type == DHCP_ACK && d.server_id == IPV4(10, 9, 0, 1));
    assert_false(dhcp_has(&d, 0));
    reads(&d, OPTIONS("\x35\1\5\xff\x36\x50\x0a"));
    assert_false(dhcp_has(&d, DHCP_SERVER_ID));
    assert_false(dhcp_has(&d, 255));
}

static void a_message_without_options_is_plain_bootp(void **state)
{
    struct dhcp d;

    (void)state;
    reads(&d, OPTIONS(""));
    assert_true(d.type == 0 && !dhcp_has(&d, DHCP_MESSAGE_TYPE) && d.options.len == 0);
}

static void what_is_no_dhcp_message_is_refused_at_its_byte(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {{0, 0}, {0, 3}, {2, 17}, {2, 255}, {COOKIE_AT, 0x64}, {COOKIE_AT, 0}};
    uint8_t head[HEAD];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
        memcpy(head, offer_head, HEAD);
        head[wrong[i].at] = wrong[i].value;
        refuses(message(head, offer_options, sizeof offer_options - 1, 0), FAULT_VALUE, wrong[i].at);
    }
    memcpy(head, offer_head, HEAD);
    head[2] = 16; /* the most that chaddr has room for (RFC 2131, section 2) */
    struct dhcp d;
    reads(&d, message(head, offer_options, sizeof offer_options - 1, 0));
}

static void a_length_that_the_type_cannot_have_is_refused(void **state)
{
    static const uint8_t one[] = {53, 52}, two[] = {57}, four[] = {1, 50, 51, 54, 58, 59};
    uint8_t options[24] = {0};

    (void)state;
    for (size_t len = 0; len <= 16; len++) {
        options[1] = (uint8_t)len;
        memset(options + 2, 1, len);
        struct bytes all = {options, 2 + len};
        struct {
            const uint8_t *codes;
            size_t n;
            bool fits;
        } groups[] = {{one, 2, len == 1}, {two, 1, len == 2}, {four, 6, len == 4}};
        for (size_t g = 0; g < ARRAY_LENGTH(groups); g++) {
            for (size_t i = 0; i < groups[g].n; i++) {
                struct dhcp d;
                options[0] = groups[g].codes[i];
                struct bytes whole = message(offer_head, all.at, all.len, 0);
                if (groups[g].fits)
                    reads(&d, whole);
                else
                    refuses(whole, FAULT_VALUE, HEAD);
            }
        }
    }
}

static void of_a_list_of_any_length_the_whole_addresses_count(void **state)
{
    static const uint8_t lists[] = {3, 6, 42, 150};
    uint8_t options[24] = {0};

    (void)state;
    for (size_t len = 0; len <= 16; len++) {
        options[1] = (uint8_t)len;
        for (size_t i = 0; i < len; i++) options[2 + i] = (uint8_t)(i + 1);
        for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
            struct dhcp d, again;
            options[0] = lists[i];
            reads(&d, message(offer_head, options, 2 + len, 0));
            const struct dhcp_addresses *a[] = {&d.routers, &d.dns, &d.ntp, &d.tftp};
            assert_int_equal(dhcp_has(&d, lists[i]), len >= 4);
            assert_int_equal(a[i]->count, len / 4);
            for (uint8_t k = 0; k < len / 4; k++) assert_int_equal(a[i]->at[k], 0x01020304 + 0x04040404 * k);
            assert_int_equal(dhcp_option(&d, lists[i]).len, len);
            reads(&again, encoded(&d));
            assert_true(dhcp_same(&d, &again));
        }
    }
}

static void a_message_type_of_0_is_refused_and_one_above_8_kept(void **state)
{
    struct dhcp d;

    (void)state;
    refuses(OPTIONS("\x0c\1h\x35\1\0\xff"), FAULT_VALUE, HEAD + 3);
    reads(&d, OPTIONS("\x35\1\x0a\xff")); /* LEASEQUERY, RFC 4388 */
    assert_int_equal(d.type, 10);
}

static void of_a_repeated_number_the_first_counts(void **state)
{
    struct dhcp d;

    (void)state;
    reads(&d, OPTIONS("\x35\1\2"
                      "\x33\4\xff\xff\xff\xff"
                      "\x35\1\5"
                      "\x33\4\0\0\0\1"
                      "\x39\1\x05"
                      "\x39\1\xc0"
                      "\xff"));
    assert_true(d.type == DHCP_OFFER && d.lease == UINT32_MAX);
    assert_int_equal(d.max_size, 1472); /* in two instances of one byte: split, so joined */
}

static void of_more_than_eight_addresses_the_first_eight_are_kept(void **state)
{
    struct dhcp d, again;
    uint8_t options[38] = {DHCP_DNS, 36};

    (void)state;
    for (uint8_t i = 0; i < 9; i++) memcpy(options + 2 + 4 * i, (uint8_t[]){10, 0, 0, i}, 4);
    reads(&d, message(offer_head, options, sizeof options, 0));
    assert_true(d.dns.count == 8 && d.dns.at[0] == IPV4(10, 0, 0, 0) && d.dns.at[7] == IPV4(10, 0, 0, 7));
    reads(&again, encoded(&d));
    assert_true(dhcp_same(&d, &again));
}

/* A missing end option is taken (so are cuts there), a broken option is not. */
static void a_cut_is_accepted_only_between_options(void **state)
{
    struct bytes whole = message(discover_head, discover_options, sizeof discover_options - 1, 0);
    bool between[512] = {false};
    size_t n = 0;

    (void)state;
    for (size_t at = HEAD; at < whole.len; at += whole.at[at] == 255 ? 1u : 2u + whole.at[at + 1]) between[at] = true;
    for (; n < whole.len; n++) {
        struct dhcp d;
        struct fault why;
        bool ok = dhcp_decode(&d, exact((struct bytes){whole.at, n}), &why);
        assert_int_equal(ok, between[n]);
        assert_int_equal(why.kind, ok ? FAULT_NONE : FAULT_SHORT);
        assert_true(ok || why.at <= n);
    }
}

static void what_was_decoded_encodes_to_equal_values(void **state)
{
    struct bytes all[] = {
        message(discover_head, discover_options, sizeof discover_options - 1, DHCP_LEAST),
        message(offer_head, offer_options, sizeof offer_options - 1, DHCP_LEAST),
        overloaded_message(1),
        overloaded_message(2),
        overloaded_message(3),
        OPTIONS("\x52\2\1\2"
                "\x0c\0"
                "\xde\0"
                "\xdf\3xyz"
                "\xdf\1w"
                "\x35\1\6"
                "\x38\2no"
                "\xff"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        struct dhcp first, second;
        reads(&first, all[i]);
        struct bytes once = encoded(&first);
        reads(&second, once);
        assert_true(dhcp_same(&first, &second));
        struct bytes twice = encoded(&second);
        are(twice, once.at, once.len);
    }
}

static void every_field_is_written_and_read_again(void **state)
{
    struct dhcp
        d = {.op = BOOTREPLY, .htype = 1, .hlen = 6, .hops = 2, .xid = 0x01020304, .secs = 0x0506, .broadcast = true},
        again;
    static const uint8_t order[] = {53, 61, 12, 60, 50, 54, 57, 55,  51, 58,  59, 1,
                                    3,  6,  15, 42, 43, 66, 67, 150, 56, 203, 82, 255};
    size_t at = HEAD;

    (void)state;
    d.ciaddr = 1, d.yiaddr = 2, d.siaddr = 3, d.giaddr = 4, d.chaddr = mac_from_number(5), d.type = DHCP_ACK;
    d.sname = bytes_of("server"), d.file = bytes_of("boot");
    d.requested = 6, d.server_id = 7, d.mask = 8, d.lease = UINT32_MAX, d.t1 = 9, d.t2 = 10, d.max_size = 11;
    d.routers = (struct dhcp_addresses){1, {12}}, d.dns = (struct dhcp_addresses){2, {13, 14}};
    d.ntp = (struct dhcp_addresses){1, {15}}, d.tftp = (struct dhcp_addresses){8, {16, 17, 18, 19, 20, 21, 22, 23}};
    d.host_name = bytes_of("h"), d.domain = bytes_of("d"), d.vendor = bytes_of("v"), d.parameters = bytes_of("p");
    d.message = bytes_of("m"), d.vendor_class = bytes_of("c"), d.client_id = bytes_of("i"), d.tftp_name = bytes_of("t");
    d.boot_file = bytes_of("b"), d.relay_agent = bytes_of("r");
    /* A raw option 1 stands beside the field 1: the field wins. */
    d.options = (struct bytes){(const uint8_t *)"\1\4\0\0\0\0\xcb\2ab", 10};
    for (size_t i = 0; order[i] != 255; i++) dhcp_set(&d, order[i]);
    struct bytes out = encoded(&d);
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        assert_int_equal(out.at[at], order[i]);
        if (order[i] != 255) at += 2u + out.at[at + 1];
    }
    assert_int_equal(at + 1, out.len);
    reads(&again, out);
    assert_true(dhcp_same(&d, &again));
    ARE(dhcp_option(&again, 203), "ab");
    ARE(again.sname, "server");
    ARE(again.file, "boot");
}

static void a_list_of_no_addresses_is_not_written(void **state)
{
    struct dhcp d = {.op = BOOTREPLY};

    (void)state;
    dhcp_set(&d, DHCP_DNS);
    assert_int_equal(encoded(&d).at[HEAD], 255);
}

static void the_encoder_counts_from_where_the_writer_stands_and_stays_inside(void **state)
{
    struct dhcp d;
    struct bytes whole = message(offer_head, offer_options, sizeof offer_options - 1, DHCP_LEAST);
    uint8_t room[7 + DHCP_LEAST];
    struct writer w = writer(room, sizeof room);

    (void)state;
    reads(&d, whole);
    write_zeros(&w, 7);
    dhcp_encode(&w, &d);
    assert_false(w.full);
    are(written_from(&w, 7), whole.at, DHCP_LEAST);
    reads(&d, OPTIONS("\x35\1\6\xff")); /* a short one, padded */
    uint8_t large[100 + DHCP_LEAST];
    w = writer(large, sizeof large);
    write_zeros(&w, 100);
    dhcp_encode(&w, &d);
    assert_int_equal(w.len, 100 + DHCP_LEAST);
    for (size_t size = 0; size < DHCP_LEAST; size++) {
        struct bytes tight = exact((struct bytes){room, size});
        w = writer((uint8_t *)tight.at, size);
        dhcp_encode(&w, &d);
        assert_true(w.full && w.len <= size);
    }
}

static void text_loses_its_trailing_nuls_only(void **state)
{
    (void)state;
    ARE(dhcp_text((struct bytes){(const uint8_t *)"a\0b\0\0", 5}), "a\0b");
    ARE(dhcp_text((struct bytes){(const uint8_t *)"\0\0", 2}), "");
    assert_int_equal(dhcp_text((struct bytes){NULL, 0}).len, 0);
}

static void each_code_has_a_bit_of_its_own(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        struct dhcp d = {.op = BOOTREPLY};
        dhcp_set(&d, (uint8_t)code);
        for (unsigned i = 0; i < 256; i++) assert_int_equal(dhcp_has(&d, (uint8_t)i), i == code);
        for (unsigned i = 0; i < 4; i++)
            assert_true(d.has[i] == (i == code / 64 ? UINT64_C(1) << code % 64 : 0)); /* as dhcp.h says */
    }
}

static void an_option_without_its_length_is_refused_at_its_code(void **state)
{
    (void)state;
    refuses(OPTIONS("\x35\1\2\x0c"), FAULT_SHORT, HEAD + 3);
}

/* RFC 3396, section 7: an instance may be empty. */
static void an_empty_first_instance_is_joined_with_the_second(void **state)
{
    struct dhcp d;

    (void)state;
    reads(&d, OPTIONS("\x35\1\2\x0c\0\x0c\2ab\xff"));
    ARE(d.host_name, "ab");
}

/* The room for joined values is one for all of them. */
static void two_split_options_share_the_640_bytes(void **state)
{
    uint8_t options[2 * (2 + 200) + 2 * (2 + 121) + 1];
    struct writer w = writer(options, sizeof options);
    struct dhcp d;

    (void)state;
    for (int i = 0; i < 2; i++) {
        write_u8(&w, DHCP_HOST_NAME);
        write_u8(&w, 200);
        write_zeros(&w, 200);
    }
    for (int i = 0; i < 2; i++) {
        write_u8(&w, DHCP_DOMAIN);
        write_u8(&w, 121);
        write_zeros(&w, 121);
    }
    write_u8(&w, 255);
    refuses(message(offer_head, options, w.len, 0), FAULT_LONG, HEAD + 2 * 202);
    patch_u8(&w, 2 * 202 + 1, 119); /* two bytes less: 400 and 240, the last two of them pads */
    patch_u8(&w, 2 * 202 + 123 - 2, DHCP_DOMAIN);
    patch_u8(&w, 2 * 202 + 123 - 1, 121);
    patch_u8(&w, 2 * 202 + 123, 0);
    patch_u8(&w, 2 * 202 + 123 + 1, 0);
    reads(&d, message(offer_head, options, w.len, 0));
    assert_true(d.host_name.len == 400 && d.domain.len == 240 && d.joins == 640);
}

static void a_list_that_claims_more_than_its_room_is_written_up_to_it(void **state)
{
    struct dhcp d = {.op = BOOTREPLY, .tftp = {.count = 200}};

    (void)state;
    dhcp_set(&d, DHCP_TFTP_SERVERS);
    struct bytes out = encoded(&d);
    assert_true(out.at[HEAD] == DHCP_TFTP_SERVERS && out.at[HEAD + 1] == 4 * DHCP_ADDRESSES);
    assert_int_equal(out.at[HEAD + 2 + 4 * DHCP_ADDRESSES], 255);
}

/* RFC 3046, section 2.0: circuit id 1, remote id 2; RFC 3527: link selection 5; RFC 5107: server identifier override
 * 11.
 *   01 06 000400640003  Cisco's circuit id: VLAN 100, module 0, port 3     02 08 0006 00070e575c1d  its MAC
 *   05 04 0a090200      the phone's subnet     0b 04 0a090201      the relay answers in the server's name */
static void the_sub_options_of_a_relay_agent_are_found(void **state)
{
    static const uint8_t relay[] = {1,    6,    0,    4, 0, 100, 0, 3, 2, 8,  0, 6,  0, 7, 0x0e,
                                    0x57, 0x5c, 0x1d, 5, 4, 10,  9, 2, 0, 11, 4, 10, 9, 2, 1};
    static const struct {
        uint8_t code;
        size_t at, len, from; /* `from`: bytes of the whole from which on it is found */
    } sub[] = {{DHCP_CIRCUIT_ID, 2, 6, 8},
               {DHCP_REMOTE_ID, 10, 8, 18},
               {DHCP_LINK_SELECTION, 20, 4, 24},
               {DHCP_SERVER_ID_OVERRIDE, 26, 4, 30}};

    (void)state;
    for (size_t n = 0; n <= sizeof relay; n++)
        for (size_t i = 0; i < ARRAY_LENGTH(sub); i++) {
            struct bytes in = exact((struct bytes){relay, n}), value = {NULL, 0};
            bool found = dhcp_relay_option(in, sub[i].code, &value);
            assert_int_equal(found, n >= sub[i].from);
            if (found) are(value, relay + sub[i].at, sub[i].len);
        }
    struct bytes value;
    assert_false(dhcp_relay_option((struct bytes){relay, sizeof relay}, 6, &value));
    assert_false(dhcp_relay_option((struct bytes){NULL, 0}, DHCP_CIRCUIT_ID, &value));
}

static void the_size_of_an_option_is_what_it_takes_when_written(void **state)
{
    static const uint8_t text[1100];
    static const size_t lengths[] = {0, 1, 254, 255, 256, 509, 510, 511, 765, 766, 1100};
    static const size_t sizes[] = {2, 3, 256, 257, 260, 513, 514, 517, 771, 774, 1110};

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        uint8_t room[1200];
        struct writer w = writer(room, sizeof room);
        struct bytes value = {text, lengths[i]};
        dhcp_write_option(&w, DHCP_SEARCH, value);
        assert_int_equal(w.len, sizes[i]);
        assert_int_equal(dhcp_option_size(value), sizes[i]);
    }
}

static void the_header_alone_ends_with_the_magic_cookie(void **state)
{
    struct dhcp d;
    uint8_t room[DHCP_HEADER_SIZE + 8];
    struct writer w = writer(room, sizeof room);

    (void)state;
    reads(&d, message(offer_head, offer_options, sizeof offer_options - 1, DHCP_LEAST));
    dhcp_encode_header(&w, &d);
    are(written(&w), offer_head, HEAD);
    assert_int_equal(DHCP_HEADER_SIZE, HEAD);
}

/* RFC 3046, section 2.0; RFC 3527: code, length, value. */
static void a_sub_option_of_82_is_found_unless_what_stands_before_it_is_cut(void **state)
{
    static const uint8_t two[] = {1, 2, 0, 7, 5, 4, 10, 1, 0, 0};
    struct bytes all = {two, sizeof two}, value;

    (void)state;
    assert_true(dhcp_relay_option(all, DHCP_CIRCUIT_ID, &value));
    are(value, "\0\7", 2);
    assert_true(dhcp_relay_option(all, DHCP_LINK_SELECTION, &value));
    are(value, "\12\1\0\0", 4);
    assert_false(dhcp_relay_option(all, DHCP_REMOTE_ID, &value));
    assert_false(dhcp_relay_option((struct bytes){0}, DHCP_CIRCUIT_ID, &value));
    for (size_t n = 4; n < sizeof two; n++) {
        assert_true(dhcp_relay_option((struct bytes){two, n}, DHCP_CIRCUIT_ID, &value));
        assert_false(dhcp_relay_option((struct bytes){two, n}, DHCP_LINK_SELECTION, &value));
    }
    for (size_t n = 0; n < 4; n++) assert_false(dhcp_relay_option((struct bytes){two, n}, DHCP_CIRCUIT_ID, &value));
}

static void an_option_has_the_size_that_is_told_before_it_is_written(void **state)
{
    static const size_t lengths[] = {0, 1, 255, 256, 510, 511};
    static uint8_t value[600], to[700];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        struct writer w = writer(to, sizeof to);
        dhcp_write_option(&w, 43, (struct bytes){value, lengths[i]});
        assert_int_equal(w.len, dhcp_option_size((struct bytes){value, lengths[i]}));
    }
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_discover_of_a_7960_is_read),
        TEST(the_discover_of_a_7960_is_written_byte_for_byte),
        TEST(an_offer_tells_address_lease_and_tftp_servers),
        TEST(an_option_split_over_instances_is_joined),
        TEST(a_value_of_more_than_255_bytes_is_split_and_joined_again),
        TEST(split_options_of_more_than_640_bytes_are_refused),
        TEST(options_go_on_in_file_and_then_in_sname),
        TEST(only_the_overloaded_fields_hold_options),
        TEST(an_option_beyond_the_end_of_file_is_refused),
        TEST(a_broken_options_field_ends_the_reading_of_the_overloaded_ones),
        TEST(an_overload_of_no_meaning_is_refused),
        TEST(relay_agent_information_is_kept_raw_and_written_last),
        TEST(a_missing_end_is_taken_pads_are_skipped_and_nothing_counts_behind_the_end),
        TEST(a_message_without_options_is_plain_bootp),
        TEST(what_is_no_dhcp_message_is_refused_at_its_byte),
        TEST(a_length_that_the_type_cannot_have_is_refused),
        TEST(of_a_list_of_any_length_the_whole_addresses_count),
        TEST(a_message_type_of_0_is_refused_and_one_above_8_kept),
        TEST(of_a_repeated_number_the_first_counts),
        TEST(of_more_than_eight_addresses_the_first_eight_are_kept),
        TEST(a_cut_is_accepted_only_between_options),
        TEST(what_was_decoded_encodes_to_equal_values),
        TEST(every_field_is_written_and_read_again),
        TEST(a_list_of_no_addresses_is_not_written),
        TEST(the_encoder_counts_from_where_the_writer_stands_and_stays_inside),
        TEST(text_loses_its_trailing_nuls_only),
        TEST(a_sub_option_of_82_is_found_unless_what_stands_before_it_is_cut),
        TEST(an_option_has_the_size_that_is_told_before_it_is_written),
        TEST(each_code_has_a_bit_of_its_own),
        TEST(an_option_without_its_length_is_refused_at_its_code),
        TEST(an_empty_first_instance_is_joined_with_the_second),
        TEST(two_split_options_share_the_640_bytes),
        TEST(a_list_that_claims_more_than_its_room_is_written_up_to_it),
        TEST(the_sub_options_of_a_relay_agent_are_found),
        TEST(the_size_of_an_option_is_what_it_takes_when_written),
        TEST(the_header_alone_ends_with_the_magic_cookie),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
