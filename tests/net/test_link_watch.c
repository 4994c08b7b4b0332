#include "two_namespaces.h"
#include "net/link_watch.h"

static struct loop loop;
static struct link_watch watch;
static unsigned changes;

static void changed(void *context)
{
    *(unsigned *)context += 1;
}

static void turn_until_more_than(unsigned n)
{
    usec end = monotonic_now() + 5 * SECOND;

    while (changes <= n && monotonic_now() < end) loop_turn(&loop);
}

static void links_and_addresses_that_come_and_go_are_told(void **state)
{
    struct veth_end a = {.name = "usb0"}, b = {.name = "usb1"};
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    be_in(left_namespace);
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    assert_done(link_watch_open(&watch, &loop, changed, &changes, &told));
    loop_turn(&loop);
    assert_int_equal(changes, 0);
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_veth(&nl, &a, &b, 0, &told));
    turn_until_more_than(0);
    unsigned before = changes;
    assert_in_range(before, 1, 8);
    for (uint32_t i = 1; i < 255; i++) assert_done(netlink_add_address(&nl, "usb0", 0x0a0d0000 + i, 24, &told));
    turn_until_more_than(before);
    assert_in_range(changes - before, 1, 16); /* of 254: what comes together is told once */
    before = changes;
    assert_done(netlink_delete_link(&nl, "usb0", &told));
    turn_until_more_than(before);
    assert_true(changes > before);
    netlink_close(&nl);
    link_watch_close(&watch);
    link_watch_close(&watch);
    loop_close(&loop);
}

static void changes_of_another_namespace_are_not_told(void **state)
{
    struct netlink nl;
    (void)state;
    NEEDS_NAMESPACES;
    changes = 0;
    be_in(left_namespace);
    assert_int_equal(loop_init(&loop, &(struct loop_config){.parties_most = 1}), 0);
    assert_done(link_watch_open(&watch, &loop, changed, &changes, &told));
    be_in(right_namespace);
    assert_done(netlink_open(&nl, &told));
    assert_done(netlink_add_address(&nl, "right", 0x0a0d0001, 24, &told));
    be_in(left_namespace);
    for (int i = 0; i < 20; i++) loop_turn(&loop);
    assert_int_equal(changes, 0);
    netlink_close(&nl);
    link_watch_close(&watch);
    loop_close(&loop);
}

static void one_that_was_never_opened_can_be_closed(void **state)
{
    struct link_watch none = {0};
    (void)state;
    link_watch_close(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_and_addresses_that_come_and_go_are_told),
        cmocka_unit_test(changes_of_another_namespace_are_not_told),
        cmocka_unit_test(one_that_was_never_opened_can_be_closed),
    };
    return cmocka_run_group_tests(tests, two_namespaces, NULL);
}
