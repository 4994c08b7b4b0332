#include "base/random.h"
#include "phone/world.h"

static const struct mac SELF = {{2, 0, 0, 0, 0, 1}}, SERVER_MAC = {{2, 0, 0, 0, 9, 9}};
#define ME     IPV4(10, 0, 0, 50)
#define SERVER IPV4(10, 0, 0, 2)
enum { PORT = 50001, TID = 40000 };

static struct tftp_client c;
static struct host h;
static struct action actions[8];
static uint8_t bytes[4096];
static struct outbox out;
static usec now;
static struct tftp sent;
static struct ipv4_packet in_packet;
static struct udp in_udp;
static struct bytes data; /* of the last hear */
static unsigned arps;

static int set_up(void **state)
{
    struct mac next;

    (void)state;
    host_init(&h, SELF);
    h.vlan = 100;
    h.address = ME;
    h.mask = IPV4(255, 255, 255, 0);
    outbox_init(&out, actions, ARRAY_LENGTH(actions), bytes, sizeof bytes);
    now = 3 * SECOND;
    (void)host_reach(&h, now, SERVER, &next, &out);
    h.neighbour[0].mac = SERVER_MAC;
    h.neighbour[0].due = NEVER;
    outbox_clear(&out);
    c = (struct tftp_client){0};
    arps = 0;
    return 0;
}

static void start(void)
{
    tftp_client_start(&c, &h, now, SERVER, PORT, bytes_of("SEP020000000001.cnf.xml"), &out);
}

/* What was sent last since the last look: its opcode, or 0. */
static unsigned look(void)
{
    static uint8_t kept[1600];
    struct ethernet e;
    struct fault why;
    unsigned op = 0;

    for (uint32_t i = 0; i < out.count; i++) {
        struct bytes b = payload(&out, i);
        memcpy(kept, b.at, b.len);
        assert_true(ethernet_decode(&e, (struct bytes){kept, b.len}, &why));
        if (e.type == TYPE_ARP) {
            arps++;
            continue;
        }
        assert_true(ipv4_decode(&in_packet, e.payload, &why) && udp_decode(&in_udp, &in_packet, &why));
        assert_true(tftp_decode(&sent, in_udp.payload, &why));
        assert_int_equal(in_udp.from, c.port);
        op = sent.op;
    }
    outbox_clear(&out);
    return op;
}

static enum tftp_heard hear_from(ipv4 from, uint16_t port, struct bytes b)
{
    struct fault why;
    struct host_frame f = {
        .ethernet = {.from = SERVER_MAC}, .packet = {.from = from, .to = ME}, .udp = {port, PORT, b}};

    data = (struct bytes){0};
    return tftp_client_hear(&c, &h, now, &f, &data, &why, &out);
}

static enum tftp_heard hear(uint16_t port, const struct tftp *p)
{
    static uint8_t b[1200];
    struct writer w = writer(b, sizeof b);

    tftp_encode(&w, p);
    return hear_from(SERVER, port, written(&w));
}

static enum tftp_heard block(uint16_t port, uint16_t number, size_t n)
{
    static uint8_t content[600];

    for (size_t i = 0; i < n; i++) content[i] = (uint8_t)(number + i);
    return hear(port, &(struct tftp){.op = TFTP_DATA, .number = number, .data = {content, n}});
}

static enum tftp_heard wake(void)
{
    now = tftp_client_due(&c);
    return tftp_client_wake(&c, &h, now, &out);
}

static void a_file_comes_block_by_block_and_each_is_acknowledged(void **state)
{
    (void)state;
    start();
    assert_int_equal(look(), TFTP_RRQ);
    assert_true(bytes_are(sent.name, "SEP020000000001.cnf.xml") && bytes_are(sent.mode, "octet") &&
                sent.options.len == 0);
    assert_true(in_udp.to == 69 && in_packet.to == SERVER && in_packet.from == ME);
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    assert_true(data.len == 512 && data.at[5] == 6);
    assert_true(look() == TFTP_ACK && sent.number == 1 && in_udp.to == TID);
    assert_int_equal(block(TID, 2, 10), TFTP_GOT_ALL);
    assert_int_equal(data.len, 10);
    assert_true(look() == TFTP_ACK && sent.number == 2);
    assert_int_equal(c.received, 522);
    assert_int_equal(tftp_client_due(&c), NEVER);
}

static void a_file_of_whole_blocks_ends_with_an_empty_one(void **state)
{
    (void)state;
    start();
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    assert_int_equal(block(TID, 2, 0), TFTP_GOT_ALL);
    assert_int_equal(c.received, 512);
}

static void a_silent_server_is_asked_again_after_4_and_8_seconds_and_given_up_16_later(void **state)
{
    (void)state;
    start();
    assert_int_equal(look(), TFTP_RRQ);
    usec begin = now;
    assert_int_equal(wake(), TFTP_NOTHING);
    assert_true(look() == TFTP_RRQ && now - begin == 4 * SECOND);
    assert_int_equal(wake(), TFTP_NOTHING);
    assert_true(look() == TFTP_RRQ && now - begin == 12 * SECOND);
    assert_int_equal(wake(), TFTP_SILENT);
    assert_true(look() == 0 && now - begin == 28 * SECOND);
    assert_int_equal(tftp_client_due(&c), NEVER);
    assert_int_equal(block(TID, 1, 5), TFTP_NOTHING); /* too late */
}

static void an_unanswered_ack_is_repeated_after_4_and_8_seconds_too(void **state)
{
    (void)state;
    start();
    (void)wake();
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    (void)look();
    usec begin = now;
    assert_int_equal(wake(), TFTP_NOTHING);
    assert_true(look() == TFTP_ACK && sent.number == 1 && now - begin == 4 * SECOND);
    assert_int_equal(wake(), TFTP_NOTHING);
    assert_true(look() == TFTP_ACK && now - begin == 12 * SECOND);
    assert_int_equal(block(TID, 2, 512), TFTP_GOT_BLOCK); /* the tries begin anew with each block */
    (void)look();
    begin = now;
    for (int i = 0; i < 2; i++) assert_int_equal(wake(), TFTP_NOTHING);
    (void)look();
    assert_int_equal(wake(), TFTP_SILENT);
    assert_int_equal(now - begin, 28 * SECOND);
}

static void a_stranger_gets_error_5_and_the_transfer_goes_on(void **state)
{
    uint8_t b[20] = {0, 3, 0, 2, 'x'};

    (void)state;
    start();
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    (void)look();
    usec due = c.due;
    assert_int_equal(block(TID + 1, 2, 512), TFTP_NOTHING); /* RFC 1350, 4 */
    assert_true(look() == TFTP_ERROR && sent.number == TFTP_UNKNOWN_ID && in_udp.to == TID + 1);
    assert_int_equal(hear_from(SERVER + 1, TID, (struct bytes){b, 5}), TFTP_NOTHING);
    assert_true(look() == TFTP_ERROR && in_packet.to == SERVER + 1);
    assert_int_equal(hear(TID + 1, &(struct tftp){.op = TFTP_ERROR, .number = 1, .data = bytes_of("no")}),
                     TFTP_NOTHING);
    assert_int_equal(look(), 0); /* an ERROR is never answered */
    assert_int_equal(c.due, due);
    assert_int_equal(block(TID, 2, 3), TFTP_GOT_ALL);
}

static void a_first_answer_that_is_not_block_1_is_nobody_of_ours(void **state)
{
    (void)state;
    start();
    (void)look();
    assert_int_equal(block(TID + 5, 7, 512), TFTP_NOTHING); /* of a transfer that is long over */
    assert_int_equal(block(TID + 5, 0, 512), TFTP_NOTHING);
    assert_int_equal(look(), 0);
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    assert_true(look() == TFTP_ACK && in_udp.to == TID);
}

static void the_last_block_again_is_acknowledged_again_and_older_ones_are_not(void **state)
{
    (void)state;
    start();
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    assert_int_equal(look(), TFTP_ACK);
    assert_int_equal(block(TID, 1, 512), TFTP_NOTHING); /* our ACK was lost */
    assert_int_equal(data.len, 0);
    assert_true(look() == TFTP_ACK && sent.number == 1);
    assert_int_equal(block(TID, 2, 512), TFTP_GOT_BLOCK);
    (void)look();
    assert_int_equal(block(TID, 1, 512), TFTP_NOTHING); /* RFC 1123, 4.2.3.1: no answer, or all doubles */
    assert_int_equal(block(TID, 4, 512), TFTP_NOTHING);
    assert_int_equal(look(), 0);
    assert_int_equal(c.received, 1024);
}

static void the_last_ack_may_get_lost(void **state)
{
    (void)state;
    start();
    assert_int_equal(block(TID, 1, 100), TFTP_GOT_ALL);
    (void)look();
    assert_int_equal(block(TID, 1, 100), TFTP_NOTHING); /* RFC 1350, 6: dally */
    assert_true(look() == TFTP_ACK && sent.number == 1);
    assert_int_equal(block(TID + 1, 1, 100), TFTP_NOTHING);
    assert_int_equal(look(), 0);
    tftp_client_stop(&c);
    assert_int_equal(block(TID, 1, 100), TFTP_NOTHING);
    assert_int_equal(look(), 0);
}

static void an_error_ends_it_with_the_servers_words(void **state)
{
    (void)state;
    start();
    (void)look();
    assert_int_equal(
        hear(TID, &(struct tftp){.op = TFTP_ERROR, .number = TFTP_NOT_FOUND, .data = bytes_of("File not found")}),
        TFTP_FAILED);
    assert_int_equal(c.error, TFTP_NOT_FOUND);
    assert_true(bytes_are(data, "File not found"));
    assert_int_equal(look(), 0);
    assert_int_equal(tftp_client_due(&c), NEVER);
}

static void options_that_were_not_asked_are_refused_with_error_8(void **state)
{
    (void)state;
    start();
    (void)look();
    assert_int_equal(hear(TID, &(struct tftp){.op = TFTP_OACK, .options = {(const uint8_t *)"blksize\0001428", 13}}),
                     TFTP_FAILED);
    assert_true(look() == TFTP_ERROR && sent.number == TFTP_BAD_OPTION && in_udp.to == TID);
    assert_int_equal(c.error, TFTP_BAD_OPTION);
}

static void a_block_of_more_than_512_bytes_is_refused(void **state)
{
    (void)state;
    start();
    assert_int_equal(block(TID, 1, 513), TFTP_FAILED);
    assert_true(look() == TFTP_ERROR && sent.number == TFTP_ILLEGAL);
}

static void block_numbers_roll_over_after_65535(void **state)
{
    (void)state;
    start();
    for (uint32_t i = 1; i < 65540; i++) {
        assert_int_equal(block(TID, (uint16_t)i, 512), TFTP_GOT_BLOCK);
        assert_true(look() == TFTP_ACK && sent.number == (uint16_t)i);
        if (i == 65536) { /* block 0 again, too, is acknowledged again */
            assert_int_equal(block(TID, 0, 512), TFTP_NOTHING);
            assert_true(look() == TFTP_ACK && sent.number == 0);
        }
    }
    assert_int_equal(block(TID, 4, 1), TFTP_GOT_ALL);
    assert_int_equal(c.received, 65539u * 512 + 1);
}

static void a_request_waits_for_arp_and_an_unresolved_server_counts_as_silence(void **state)
{
    (void)state;
    h.neighbour[0] = (struct host_neighbour){0};
    start();
    assert_int_equal(look(), 0);
    assert_int_equal(arps, 1);
    now += MSEC;
    tftp_client_resolved(&c, &h, now, &out); /* somebody else was resolved */
    assert_int_equal(look(), 0);
    h.neighbour[0].mac = SERVER_MAC;
    tftp_client_resolved(&c, &h, now, &out);
    assert_int_equal(look(), TFTP_RRQ);
    assert_int_equal(c.due, now + 4 * SECOND); /* counted from when it left */
    tftp_client_resolved(&c, &h, now, &out);
    assert_int_equal(look(), 0); /* once */
    (void)set_up(NULL);
    h.neighbour[0] = (struct host_neighbour){0};
    start();
    usec begin = now;
    assert_int_equal(wake(), TFTP_NOTHING);
    assert_int_equal(wake(), TFTP_NOTHING);
    assert_int_equal(wake(), TFTP_SILENT);
    assert_int_equal(now - begin, 28 * SECOND);
    assert_int_equal(look(), 0);
}

static void an_ack_waits_for_arp_when_the_server_was_forgotten_meanwhile(void **state)
{
    (void)state;
    start();
    (void)look();
    h.neighbour[0].mac = MAC_NONE;
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    assert_int_equal(look(), 0);
    h.neighbour[0].mac = SERVER_MAC;
    tftp_client_resolved(&c, &h, now, &out);
    assert_true(look() == TFTP_ACK && sent.number == 1);
}

static void what_cannot_be_used_is_stopped_with_an_error(void **state)
{
    (void)state;
    start();
    (void)look();
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    (void)look();
    tftp_client_abort(&c, &h, TFTP_DISK_FULL, "file too long", &out);
    assert_true(look() == TFTP_ERROR && sent.number == TFTP_DISK_FULL && in_udp.to == TID);
    assert_int_equal(block(TID, 2, 512), TFTP_NOTHING);
}

static void garbage_moves_no_timer(void **state)
{
    struct random r = random_from(13);
    uint8_t b[600];

    (void)state;
    start();
    assert_int_equal(block(TID, 1, 512), TFTP_GOT_BLOCK);
    (void)look();
    for (int i = 0; i < 5000; i++) {
        struct tftp_client before = c;
        size_t n = random_below(&r, 16);
        for (size_t k = 0; k < n; k++) b[k] = (uint8_t)random_u32(&r);
        if (n > 1 && (i & 1)) b[0] = 0, b[1] = (uint8_t)random_below(&r, 9);
        enum tftp_heard heard = hear_from(SERVER, TID, (struct bytes){b, n});
        if (heard == TFTP_MALFORMED || heard == TFTP_NOTHING) assert_memory_equal(&before, &c, sizeof c);
        c = before;
        (void)look();
    }
}

static void each_file_has_a_new_source_port(void **state)
{
    static struct world w;
    uint16_t ports[8];
    size_t n = 0;

    (void)state;
    world_init(&w, "7960", "P0030801SR02", "");
    world_document(&w, "XMLDefault.cnf.xml", "", 1);
    world_plug(&w);
    while (world_count(&w, PHONE_REGISTERED) == 0 && world_next(&w, 60 * SECOND))
        if (w.phone.tftp.running && (n == 0 || ports[n - 1] != w.phone.tftp.port)) ports[n++] = w.phone.tftp.port;
    assert_int_equal(n, 4); /* CTL, own, default; registered: the ring list */
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) assert_int_not_equal(ports[i], ports[k]);
    assert_true(ports[0] >= 49152);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_comes_block_by_block_and_each_is_acknowledged, set_up),
        cmocka_unit_test_setup(a_file_of_whole_blocks_ends_with_an_empty_one, set_up),
        cmocka_unit_test_setup(a_silent_server_is_asked_again_after_4_and_8_seconds_and_given_up_16_later, set_up),
        cmocka_unit_test_setup(an_unanswered_ack_is_repeated_after_4_and_8_seconds_too, set_up),
        cmocka_unit_test_setup(a_stranger_gets_error_5_and_the_transfer_goes_on, set_up),
        cmocka_unit_test_setup(a_first_answer_that_is_not_block_1_is_nobody_of_ours, set_up),
        cmocka_unit_test_setup(the_last_block_again_is_acknowledged_again_and_older_ones_are_not, set_up),
        cmocka_unit_test_setup(the_last_ack_may_get_lost, set_up),
        cmocka_unit_test_setup(an_error_ends_it_with_the_servers_words, set_up),
        cmocka_unit_test_setup(options_that_were_not_asked_are_refused_with_error_8, set_up),
        cmocka_unit_test_setup(a_block_of_more_than_512_bytes_is_refused, set_up),
        cmocka_unit_test_setup(block_numbers_roll_over_after_65535, set_up),
        cmocka_unit_test_setup(a_request_waits_for_arp_and_an_unresolved_server_counts_as_silence, set_up),
        cmocka_unit_test_setup(an_ack_waits_for_arp_when_the_server_was_forgotten_meanwhile, set_up),
        cmocka_unit_test_setup(what_cannot_be_used_is_stopped_with_an_error, set_up),
        cmocka_unit_test_setup(garbage_moves_no_timer, set_up),
        cmocka_unit_test(each_file_has_a_new_source_port),
    };

    return cmocka_run_group_tests_name("phone/tftp", tests, NULL, NULL);
}
