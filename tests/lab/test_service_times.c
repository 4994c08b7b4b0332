#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lab/service_times.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include "wire/tftp.h"

static void every_service_has_a_name_of_its_own(void **state)
{
    char name[SERVICE_NAME], other[SERVICE_NAME];

    (void)state;
    for (uint32_t i = 0; i < SERVICE_TIMES; i++) {
        service_name(name, i);
        assert_true(name[0] != '\0' && strlen(name) < SERVICE_NAME - 2);
        for (uint32_t k = 0; k < i; k++) {
            service_name(other, k);
            assert_string_not_equal(name, other);
        }
    }
    service_name(name, service_step(SERVICE_TFTP, EVENT_DATAGRAM));
    assert_string_equal(name, "tftp datagram");
    service_name(name, SERVICE_LINK);
    assert_string_equal(name, "link");
    service_name(name, SERVICE_TIMES);
    assert_string_equal(name, "");
}

static void a_mean_is_what_was_spent_by_how_often_and_of_nothing_it_is_nothing(void **state)
{
    struct service_times t = {0};

    (void)state;
    assert_int_equal(service_mean(&t, SERVICE_COMMIT), 0);
    service_add(&t, SERVICE_COMMIT, (struct service_time){2, 100});
    service_add(&t, SERVICE_COMMIT, (struct service_time){1, 200});
    assert_int_equal(service_mean(&t, SERVICE_COMMIT), 100);
    assert_int_equal(t.of[SERVICE_COMMIT].count, 3);
}

static struct event frame(const char *bytes, size_t len)
{
    return (struct event){.kind = EVENT_FRAME, .bytes = {(const uint8_t *)bytes, len}};
}

static void a_frame_is_an_announcement_a_broadcast_or_for_one_and_a_cut_one_is_for_one(void **state)
{
    const struct event cdp = frame("\x01\x00\x0c\xcc\xcc\xcc", 6), all = frame("\xff\xff\xff\xff\xff\xff", 6),
                       one = frame("\x02\xff\xff\xff\xff\xff", 6), cut = frame("\xff\xff\xff\xff\xff", 5),
                       line = {.kind = EVENT_LINE, .bytes = cdp.bytes};

    (void)state;
    assert_int_equal(service_of_switch(&cdp), SERVICE_SWITCH_ANNOUNCEMENT);
    assert_int_equal(service_of_switch(&all), SERVICE_FLOOD);
    assert_int_equal(service_of_switch(&one), service_step(SERVICE_SWITCH, EVENT_FRAME));
    assert_int_equal(service_of_switch(&cut), service_step(SERVICE_SWITCH, EVENT_FRAME));
    assert_int_equal(service_of_switch(&line), service_step(SERVICE_SWITCH, EVENT_LINE));
    assert_int_equal(service_of_phone(&cdp), SERVICE_PHONE_ANNOUNCEMENT);
    assert_int_equal(service_of_phone(&all), service_step(SERVICE_PHONE, EVENT_FRAME));
    assert_int_equal(service_of_phone(&cut), service_step(SERVICE_PHONE, EVENT_FRAME));
}

/* 10.0.0.2 to 10.0.0.57, UDP 51000 to 50620, then TFTP. The first `len` bytes of the frame, of which the block has so
 * many. */
static struct event tftp_frame(uint8_t to[600], bool tagged, uint16_t op, size_t block)
{
    struct writer w = writer(to, 600);
    struct ethernet e = {
        .to = {{2, 0, 0, 0, 0, 1}}, .from = {{2, 0, 0, 0, 0, 9}}, .tagged = tagged, .vlan = 100, .type = TYPE_IPV4};
    struct ipv4_packet p = {.from = IPV4(10, 0, 0, 2), .to = IPV4(10, 0, 0, 57), .protocol = PROTOCOL_UDP, .ttl = 64};
    size_t begun = ethernet_begin(&w, &e), packet = ipv4_begin(&w, &p), datagram = udp_begin(&w, 51000, 50620);

    write_be16(&w, op);
    write_be16(&w, 7);
    write_zeros(&w, block);
    udp_end(&w, datagram, p.from, p.to);
    ipv4_end(&w, packet);
    ethernet_end(&w, begun);
    assert_false(w.full);
    return (struct event){.kind = EVENT_FRAME, .bytes = written(&w)};
}

static void a_block_of_less_than_512_bytes_is_the_last_of_a_file_with_a_tag_and_without(void **state)
{
    uint8_t bytes[600];
    const uint32_t other = service_step(SERVICE_PHONE, EVENT_FRAME);

    (void)state;
    for (int tagged = 0; tagged < 2; tagged++) {
        struct event last = tftp_frame(bytes, tagged, TFTP_DATA, 511);
        assert_int_equal(service_of_phone(&last), SERVICE_PHONE_LAST_BLOCK);
        size_t first = tagged ? 48 : 44; /* so much says that it is TFTP DATA */
        for (last.bytes.len = 0; last.bytes.len < first; last.bytes.len++)
            assert_int_equal(service_of_phone(&last), other);
        last = tftp_frame(bytes, tagged, TFTP_DATA, 0); /* the last of a file of whole blocks */
        assert_int_equal(service_of_phone(&last), SERVICE_PHONE_LAST_BLOCK);
        last.kind = EVENT_DATA;
        assert_int_equal(service_of_phone(&last), service_step(SERVICE_PHONE, EVENT_DATA));
        struct event whole = tftp_frame(bytes, tagged, TFTP_DATA, 512);
        assert_int_equal(service_of_phone(&whole), other);
        struct event error = tftp_frame(bytes, tagged, TFTP_ERROR, 20);
        assert_int_equal(service_of_phone(&error), other);
    }
}

static void a_request_is_more_to_a_tftp_server_than_an_acknowledgement(void **state)
{
    const struct event request = {.kind = EVENT_DATAGRAM, .bytes = {(const uint8_t *)"\0\1XMLDefault.cnf.xml", 21}},
                       ack = {.kind = EVENT_DATAGRAM, .bytes = {(const uint8_t *)"\0\4\0\1", 4}},
                       cut = {.kind = EVENT_DATAGRAM, .bytes = {(const uint8_t *)"\0", 1}},
                       wake = {.kind = EVENT_WAKE, .bytes = request.bytes};

    (void)state;
    assert_int_equal(service_of_tftp(&request), SERVICE_TFTP_REQUEST);
    assert_int_equal(service_of_tftp(&ack), service_step(SERVICE_TFTP, EVENT_DATAGRAM));
    assert_int_equal(service_of_tftp(&cut), service_step(SERVICE_TFTP, EVENT_DATAGRAM));
    assert_int_equal(service_of_tftp(&wake), service_step(SERVICE_TFTP, EVENT_WAKE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_service_has_a_name_of_its_own),
        cmocka_unit_test(a_mean_is_what_was_spent_by_how_often_and_of_nothing_it_is_nothing),
        cmocka_unit_test(a_block_of_less_than_512_bytes_is_the_last_of_a_file_with_a_tag_and_without),
        cmocka_unit_test(a_request_is_more_to_a_tftp_server_than_an_acknowledgement),
        cmocka_unit_test(a_frame_is_an_announcement_a_broadcast_or_for_one_and_a_cut_one_is_for_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
