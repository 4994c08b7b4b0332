/* phone/heed.h: which broadcasts a phone is spared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/random.h"
#include "phone/heed.h"
#include "wire/arp.h"
#include "wire/dhcp.h"
#include "wire/ipv4_udp.h"

static const ipv4 ROUTER = IPV4(10, 0, 0, 1), OWN = IPV4(10, 0, 0, 77), OTHER = IPV4(10, 0, 0, 78);

static struct phone phone_at(ipv4 address)
{
    struct phone p = {.doing = DOING_FILES, .carrier = true};

    p.host.mac = mac_from_number(0x020000000000 + (address & 0xff));
    p.host.address = address;
    p.host.neighbour[0].address = ROUTER;
    return p;
}

/* From its EtherType on. */
static struct bytes arp(uint8_t *to, size_t size, ipv4 sender, ipv4 target)
{
    struct writer w = writer(to, size);

    write_be16(&w, TYPE_ARP);
    arp_encode(&w, &(struct arp){ARP_REQUEST, mac_from_number(0x020000000099), MAC_NONE, sender, target});
    return written(&w);
}

static struct bytes dhcp(uint8_t *to, size_t size, uint16_t port, struct mac chaddr)
{
    struct writer w = writer(to, size);
    struct ipv4_packet p = {.from = ROUTER, .to = IPV4_BROADCAST, .protocol = PROTOCOL_UDP};
    uint8_t message[240] = {2, 1, 6};

    memcpy(message + 28, chaddr.byte, sizeof chaddr.byte);
    write_be16(&w, TYPE_IPV4);
    size_t packet = ipv4_begin(&w, &p),
           udp = udp_begin(&w, port == DHCP_SERVER_PORT ? DHCP_CLIENT_PORT : DHCP_SERVER_PORT, port);
    write_bytes(&w, (struct bytes){message, sizeof message});
    udp_end(&w, udp, p.from, p.to);
    ipv4_end(&w, packet);
    return written(&w);
}

/* What the marks say, held against what the phone says: they may ask for nothing, but never miss. */
static bool heeds(const struct phone *p, struct bytes behind)
{
    bool is = phone_heeds_broadcast(p, behind), shares = (phone_concern(p) & broadcast_concern(behind)) != 0;

    assert_true(shares || !is);
    return is;
}

static void arp_of_others_is_not_heeded_that_of_ones_own_addresses_and_next_hops_is(void **state)
{
    uint8_t b[64];
    struct phone p = phone_at(OWN);

    (void)state;
    assert_true(heeds(&p, arp(b, sizeof b, OTHER, OWN)));
    assert_true(heeds(&p, arp(b, sizeof b, OWN, OTHER))); /* somebody else has it */
    assert_true(heeds(&p, arp(b, sizeof b, ROUTER, OTHER)));
    assert_false(heeds(&p, arp(b, sizeof b, OTHER, ROUTER)));
    assert_false(heeds(&p, arp(b, sizeof b, 0, OTHER)));
    p.host.probing = OTHER;
    assert_true(heeds(&p, arp(b, sizeof b, 0, OTHER)));
}

static void a_dhcp_answer_is_heeded_by_whom_it_names_and_a_question_by_nobody(void **state)
{
    uint8_t b[512];
    struct phone p = phone_at(OWN), other = phone_at(OTHER);

    (void)state;
    assert_true(heeds(&p, dhcp(b, sizeof b, DHCP_CLIENT_PORT, p.host.mac)));
    assert_false(heeds(&other, dhcp(b, sizeof b, DHCP_CLIENT_PORT, p.host.mac)));
    assert_false(heeds(&p, dhcp(b, sizeof b, DHCP_SERVER_PORT, p.host.mac)));
}

static void a_phone_without_a_link_or_an_image_heeds_nothing(void **state)
{
    static const enum phone_doing asleep[] = {DOING_NOTHING, DOING_INRUSH, DOING_LOADER, DOING_LINK, DOING_DEAD};
    uint8_t b[64];
    struct phone p = phone_at(OWN);

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(asleep); i++) {
        p.doing = asleep[i];
        assert_false(heeds(&p, arp(b, sizeof b, OTHER, OWN)));
        assert_int_equal(phone_concern(&p) & broadcast_concern(arp(b, sizeof b, OTHER, OWN)), 0);
    }
    p = phone_at(OWN);
    p.carrier = false;
    assert_false(heeds(&p, arp(b, sizeof b, OTHER, OWN)));
}

static void most_phones_are_spared_arp_of_others_without_a_look(void **state)
{
    enum { PHONES = 250 };
    uint8_t b[64];
    uint32_t asked = 0;

    (void)state;
    for (uint32_t who = 0; who < PHONES; who++) { /* each asks for the router */
        struct bytes question = arp(b, sizeof b, IPV4(10, 0, 0, 5) + who, ROUTER);
        for (uint32_t i = 0; i < PHONES; i++) {
            struct phone p = phone_at(IPV4(10, 0, 0, 5) + i);
            asked += (phone_concern(&p) & broadcast_concern(question)) != 0;
        }
    }
    print_message("of %d phones %u are asked, on the average\n", PHONES, asked / PHONES);
    assert_true(asked / PHONES < PHONES / 4);
}

static void the_marks_never_miss_whatever_the_frame(void **state)
{
    struct random r = random_from(7);
    uint8_t b[400];

    (void)state;
    for (int round = 0; round < 200000; round++) {
        struct phone p = phone_at(IPV4(10, 0, 0, 0) + random_below(&r, 256));
        size_t len = random_below(&r, 3) ? random_below(&r, sizeof b) : random_below(&r, 48);
        if (random_below(&r, 4) == 0) p.host.probing = IPV4(10, 0, 0, 0) + random_below(&r, 256);
        p.doing = (enum phone_doing)random_below(&r, DOING_DEAD + 1);
        p.carrier = random_below(&r, 8) != 0;
        switch (random_below(&r, 3)) {
        case 0:
            (void)arp(b, sizeof b, IPV4(10, 0, 0, 0) + random_below(&r, 256),
                      random_below(&r, 2) ? ROUTER : p.host.address);
            break;
        case 1: (void)dhcp(b, sizeof b, random_below(&r, 2) ? DHCP_CLIENT_PORT : DHCP_SERVER_PORT, p.host.mac); break;
        default:
            for (size_t i = 0; i < sizeof b; i++) b[i] = (uint8_t)random_u32(&r);
            break;
        }
        if (random_below(&r, 2)) b[random_below(&r, 64)] ^= (uint8_t)(1 << random_below(&r, 8));
        (void)heeds(&p, (struct bytes){b, len});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arp_of_others_is_not_heeded_that_of_ones_own_addresses_and_next_hops_is),
        cmocka_unit_test(a_dhcp_answer_is_heeded_by_whom_it_names_and_a_question_by_nobody),
        cmocka_unit_test(a_phone_without_a_link_or_an_image_heeds_nothing),
        cmocka_unit_test(most_phones_are_spared_arp_of_others_without_a_look),
        cmocka_unit_test(the_marks_never_miss_whatever_the_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
