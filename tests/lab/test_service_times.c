#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "lab/service_times.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_service_has_a_name_of_its_own),
        cmocka_unit_test(a_mean_is_what_was_spent_by_how_often_and_of_nothing_it_is_nothing),
        cmocka_unit_test(a_frame_is_an_announcement_a_broadcast_or_for_one_and_a_cut_one_is_for_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
