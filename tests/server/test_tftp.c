#include "harness.h"
#include "server/tftp.h"
#include "wire/tftp.h"

enum { FIRST_PORT = 40000, PORTS = 4, CLIENT_PORT = 50001 };
static const ipv4 SERVER = IPV4(10, 0, 0, 1), CLIENT = IPV4(10, 0, 0, 50);

static struct tftp_server s;
static struct box box;
static uint8_t *memory, big[3 * 512 + 10], huge[65536 * 8 + 20];
static struct served held;
static unsigned released, whole;
static usec now, due;

static enum found find_blob(void *context, struct bytes name, struct served **out)
{
    (void)context;
    if (bytes_are(name, "busy")) return FOUND_BUSY;
    if (bytes_are(name, "big"))
        held.bytes = (struct bytes){big, sizeof big};
    else if (bytes_are(name, "exact"))
        held.bytes = (struct bytes){big, 1024};
    else if (bytes_are(name, "empty"))
        held.bytes = (struct bytes){0};
    else if (bytes_are(name, "huge"))
        held.bytes = (struct bytes){huge, sizeof huge};
    else
        return FOUND_NOTHING;
    held.held++;
    *out = &held;
    return FOUND;
}

static void release_blob(void *context, struct served *served, bool all)
{
    (void)context;
    served->held--;
    released++;
    whole += all;
}

static void init(uint32_t transfers, unsigned tries)
{
    struct tftp_server_config config = {.first_port = FIRST_PORT,
                                        .ports = PORTS,
                                        .tries = tries,
                                        .find = find_blob,
                                        .release = release_blob,
                                        .seed = 1,
                                        .transfers = transfers};

    free(memory);
    memory = malloc(tftp_server_size(transfers));
    assert_true(tftp_server_init(&s, &config, memory, tftp_server_size(transfers)));
    held = (struct served){0};
    released = whole = 0;
    now = 5 * SECOND;
    due = NEVER;
    for (size_t i = 0; i < sizeof big; i++) big[i] = (uint8_t)(i * 7);
}

static int set_up(void **state)
{
    (void)state;
    init(4, 3);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(memory);
    memory = NULL;
    return 0;
}

static void give(uint16_t client_port, uint16_t to_port, struct bytes bytes)
{
    struct event e = {.kind = EVENT_DATAGRAM,
                      .from = {.address = CLIENT, .port = client_port},
                      .to = {.address = SERVER, .port = to_port},
                      .bytes = bytes};

    due = tftp_server_step(&s, now, &e, box_empty(&box));
    assert_true(box.out.count <= TFTP_SERVER_MOST);
}

static void say(uint16_t client_port, uint16_t to_port, struct tftp p)
{
    uint8_t bytes[600];
    struct writer w = writer(bytes, sizeof bytes);

    tftp_encode(&w, &p);
    give(client_port, to_port, written(&w));
}

static void ask(uint16_t client_port, const char *name, struct bytes options)
{
    say(client_port, 69,
        (struct tftp){.op = TFTP_RRQ, .name = bytes_of(name), .mode = bytes_of("octet"), .options = options});
}

static void wake(void)
{
    assert_true(due != NEVER);
    now = due;
    due = tftp_server_step(&s, now, &(struct event){.kind = EVENT_WAKE}, box_empty(&box));
    assert_true(box.out.count > 0 || due > now);
}

/* The one packet that was sent. */
static struct tftp sent(uint16_t *our_port)
{
    struct tftp p;
    struct fault why;
    int at = found_at(&box.out, ACTION_DATAGRAM, 0);

    assert_true(at >= 0);
    assert_int_equal(count_of(&box.out, ACTION_DATAGRAM), 1);
    assert_true(tftp_decode(&p, payload(&box.out, (uint32_t)at), &why));
    assert_int_equal(box.actions[at].from.address, SERVER); /* from the address that was asked */
    assert_int_equal(box.actions[at].to.address, CLIENT);
    if (our_port) *our_port = box.actions[at].from.port;
    return p;
}

static void nothing_sent(void)
{
    assert_int_equal(count_of(&box.out, ACTION_DATAGRAM), 0);
}

static void ack(uint16_t to_port, unsigned block)
{
    say(CLIENT_PORT, to_port, (struct tftp){.op = TFTP_ACK, .number = (uint16_t)block});
}

#define OPTIONS(text) ((struct bytes){(const uint8_t *)(text), sizeof(text)})

static void a_file_goes_in_blocks_of_512_and_ends_with_a_short_one(void **state)
{
    uint8_t got[sizeof big];
    size_t n = 0;
    uint16_t port, other;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    assert_true(told(&box.out, TFTP_TOLD_BEGUN));
    for (unsigned block = 1; block <= 4; block++) {
        struct tftp p = sent(block == 1 ? &port : &other);
        assert_int_equal(p.op, TFTP_DATA);
        assert_int_equal(p.number, block);
        assert_int_equal(p.data.len, block < 4 ? 512 : 10);
        memcpy(got + n, p.data.at, p.data.len);
        n += p.data.len;
        if (block > 1) assert_int_equal(port, other);
        ack(port, block);
    }
    assert_memory_equal(got, big, sizeof big);
    nothing_sent();
    assert_true(told(&box.out, TFTP_TOLD_DONE));
    assert_int_equal(told_number(facts_of(&box.out, TFTP_TOLD_DONE), FACT_BLOCKS, 0), 4);
    assert_int_equal(whole, 1);
    assert_int_equal(held.held, 0);
    assert_true(due == NEVER);
    assert_true(port >= FIRST_PORT && port < FIRST_PORT + PORTS);
}

static void a_file_of_whole_blocks_ends_with_an_empty_one(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "exact", (struct bytes){0});
    (void)sent(&port);
    ack(port, 1);
    ack(port, 2);
    assert_int_equal(sent(NULL).number, 3);
    assert_int_equal(sent(NULL).data.len, 0);
    ack(port, 3);
    assert_int_equal(whole, 1);
    ask(CLIENT_PORT, "empty", (struct bytes){0});
    assert_int_equal(sent(&port).data.len, 0);
    ack(port, 1);
    assert_int_equal(whole, 2);
}

static void options_get_an_oack_and_block_1_waits_for_ack_0(void **state)
{
    uint16_t port;
    uint64_t v;

    (void)state;
    ask(CLIENT_PORT, "big",
        OPTIONS("blksize\0"
                "1024\0tsize\0"
                "0\0timeout\0"
                "3"));
    struct tftp p = sent(&port);
    assert_int_equal(p.op, TFTP_OACK);
    assert_true(tftp_option_number(p.options, "blksize", 8, 65464, &v) && v == 1024);
    assert_true(tftp_option_number(p.options, "tsize", 0, UINT64_MAX, &v) && v == sizeof big);
    assert_true(tftp_option_number(p.options, "timeout", 1, 255, &v) && v == 3);
    ack(port, 0);
    p = sent(NULL);
    assert_int_equal(p.op, TFTP_DATA);
    assert_int_equal(p.number, 1);
    assert_int_equal(p.data.len, 1024);
    ack(port, 1);
    assert_int_equal(sent(NULL).data.len, sizeof big - 1024);
    ack(port, 2);
    assert_int_equal(whole, 1);
}

static void only_what_was_asked_for_stands_in_the_oack_and_blksize_is_cut_to_what_fits_a_frame(void **state)
{
    uint64_t v;

    (void)state;
    ask(CLIENT_PORT, "big",
        OPTIONS("BLKSIZE\0"
                "65464\0multicast\0"));
    struct tftp p = sent(NULL);
    assert_int_equal(p.op, TFTP_OACK);
    assert_true(tftp_option_number(p.options, "blksize", 8, 65464, &v) && v == 1428);
    assert_false(tftp_option_number(p.options, "tsize", 0, UINT64_MAX, &v));
    assert_false(tftp_option_number(p.options, "timeout", 0, 255, &v));
}

static void options_that_make_no_sense_are_passed_over_as_if_not_asked(void **state)
{
    (void)state;
    ask(CLIENT_PORT, "big",
        OPTIONS("blksize\0"
                "7\0timeout\0"
                "0\0windowsize\0"
                "4"));
    assert_int_equal(sent(NULL).op, TFTP_DATA);
}

static void an_unknown_name_gets_error_1_at_once(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "CTLSEP020000000001.tlv", (struct bytes){0});
    struct tftp p = sent(&port);
    assert_int_equal(p.op, TFTP_ERROR);
    assert_int_equal(p.number, TFTP_NOT_FOUND);
    assert_int_not_equal(port, 69);
    assert_true(told(&box.out, TFTP_TOLD_REFUSED));
    assert_text(told_text(facts_of(&box.out, TFTP_TOLD_REFUSED), FACT_FILE), "CTLSEP020000000001.tlv");
    assert_true(due == NEVER);
}

static void a_write_request_gets_error_2_and_a_mode_that_is_not_octet_error_4(void **state)
{
    (void)state;
    say(CLIENT_PORT, 69, (struct tftp){.op = TFTP_WRQ, .name = bytes_of("big"), .mode = bytes_of("octet")});
    assert_int_equal(sent(NULL).number, TFTP_ACCESS);
    say(CLIENT_PORT, 69, (struct tftp){.op = TFTP_RRQ, .name = bytes_of("big"), .mode = bytes_of("netascii")});
    assert_int_equal(sent(NULL).number, TFTP_ILLEGAL);
    say(CLIENT_PORT, 69, (struct tftp){.op = TFTP_RRQ, .name = bytes_of("big"), .mode = bytes_of("OCTET")});
    assert_int_equal(sent(NULL).op, TFTP_DATA);
}

static void no_document_or_no_transfer_free_is_error_0_busy(void **state)
{
    (void)state;
    ask(CLIENT_PORT, "busy", (struct bytes){0});
    assert_int_equal(sent(NULL).number, TFTP_UNDEFINED);
    for (uint16_t i = 0; i < 4; i++) ask((uint16_t)(100 + i), "big", (struct bytes){0});
    assert_int_equal(sent(NULL).op, TFTP_DATA);
    ask(200, "big", (struct bytes){0});
    assert_int_equal(sent(NULL).op, TFTP_ERROR);
    assert_int_equal(sent(NULL).number, TFTP_UNDEFINED);
    assert_int_equal(held.held, 4); /* what was found for it was released */
}

static void unanswered_it_repeats_after_1_2_s_and_gives_up_after_the_tries(void **state)
{
    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    usec begun = now;
    wake();
    assert_true(now - begun == 1 * SECOND);
    assert_int_equal(sent(NULL).number, 1);
    wake();
    assert_true(now - begun == 3 * SECOND);
    assert_int_equal(sent(NULL).number, 1);
    wake();
    assert_true(now - begun == 7 * SECOND);
    nothing_sent();
    assert_true(told(&box.out, TFTP_TOLD_TIMED_OUT));
    assert_true(due == NEVER);
    assert_int_equal(held.held, 0);
    assert_int_equal(whole, 0);
}

static void after_a_measured_round_trip_it_repeats_after_four_of_them_but_never_under_200_ms(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    now += 100 * MSEC;
    ack(port, 1);
    assert_true(due == now + 400 * MSEC);
    now += 5 * MSEC;
    ack(port, 2);
    assert_true(due == now + 200 * MSEC);
    wake(); /* a repeated packet measures nothing */
    now += 390 * MSEC;
    ack(port, 3);
    assert_true(due == now + 200 * MSEC);
}

static void the_option_timeout_overrides_what_was_measured(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big",
        OPTIONS("timeout\0"
                "2"));
    (void)sent(&port);
    now += 10 * MSEC;
    ack(port, 0);
    assert_true(due == now + 2 * SECOND);
}

static void an_old_ack_causes_no_send(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    ack(port, 1);
    usec before = due;
    now += 10 * MSEC;
    ack(port, 1); /* the Sorcerer's Apprentice: RFC 1123, 4.2.3.1 */
    assert_int_equal(box.out.count, 0);
    assert_true(due == before);
    ack(port, 0);
    assert_int_equal(box.out.count, 0);
    ack(port, 3); /* and one of a block that was never sent */
    assert_int_equal(box.out.count, 0);
}

static void a_repeated_request_starts_the_transfer_again_and_not_a_second_one(void **state)
{
    uint16_t port, again;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    now += SECOND / 2;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    assert_int_equal(sent(&again).number, 1);
    assert_int_equal(port, again);
    assert_int_equal(s.running, 1);
    assert_int_equal(held.held, 1);
    ack(port, 1);
    ask(CLIENT_PORT, "big", (struct bytes){0}); /* a client that began anew from the same port */
    assert_int_equal(sent(&again).number, 1);
    assert_int_equal(s.running, 1);
    assert_int_equal(held.held, 1);
    ask(CLIENT_PORT, "exact", (struct bytes){0}); /* or with another file */
    assert_int_equal(sent(&again).number, 1);
    assert_int_equal(s.running, 1);
    assert_int_equal(released, 2);
    assert_int_equal(whole, 0);
}

static void a_wrong_transfer_id_gets_error_5_and_the_transfer_goes_on(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    say(CLIENT_PORT + 1, port, (struct tftp){.op = TFTP_ACK, .number = 1});
    assert_int_equal(sent(NULL).op, TFTP_ERROR);
    assert_int_equal(sent(NULL).number, TFTP_UNKNOWN_ID);
    uint16_t elsewhere = port == FIRST_PORT ? FIRST_PORT + 1 : FIRST_PORT;
    ack(elsewhere, 1);
    assert_int_equal(sent(NULL).number, TFTP_UNKNOWN_ID);
    say(CLIENT_PORT, port, (struct tftp){.op = TFTP_DATA, .number = 1});
    assert_int_equal(sent(NULL).number, TFTP_UNKNOWN_ID);
    ack(port, 1);
    assert_int_equal(sent(NULL).number, 2);
}

static void an_error_is_never_answered_and_ends_its_own_transfer_only(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    say(CLIENT_PORT + 1, port, (struct tftp){.op = TFTP_ERROR, .number = 0, .data = bytes_of("x")});
    assert_int_equal(box.out.count, 0);
    assert_int_equal(s.running, 1);
    say(CLIENT_PORT, port, (struct tftp){.op = TFTP_ERROR, .number = 3, .data = bytes_of("flash is full")});
    nothing_sent();
    assert_text(told_text(facts_of(&box.out, TFTP_TOLD_ABORTED), FACT_TEXT), "flash is full");
    assert_int_equal(s.running, 0);
    assert_true(due == NEVER);
    say(CLIENT_PORT, 69, (struct tftp){.op = TFTP_ERROR, .number = 5});
    assert_int_equal(box.out.count, 0);
}

static void block_numbers_roll_over_to_0(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "huge",
        OPTIONS("blksize\0"
                "8"));
    (void)sent(&port);
    ack(port, 0);
    for (unsigned block = 1; block <= 65536 + 2; block++) {
        assert_int_equal(sent(NULL).number, (uint16_t)block);
        ack(port, block);
    }
    assert_int_equal(sent(NULL).data.len, 4);
    ack(port, 65536 + 3);
    assert_int_equal(whole, 1);
}

static void a_request_to_a_broadcast_address_is_dropped(void **state)
{
    static const uint8_t rrq[] = "\0\1big\0octet";
    struct event e = {.kind = EVENT_DATAGRAM,
                      .from = {.address = CLIENT, .port = 1000},
                      .to = {.address = IPV4_BROADCAST, .port = 69},
                      .bytes = {rrq, sizeof rrq}};

    (void)state;
    (void)tftp_server_step(&s, now, &e, box_empty(&box));
    assert_int_equal(box.out.count, 0);
    e.to.address = IPV4(224, 0, 0, 1);
    (void)tftp_server_step(&s, now, &e, box_empty(&box));
    assert_int_equal(box.out.count, 0);
}

static void garbage_is_told_once_a_second_and_never_answered(void **state)
{
    static const uint8_t junk[] = {0, 9, 1, 2, 3};

    (void)state;
    give(CLIENT_PORT, 69, (struct bytes){junk, sizeof junk});
    nothing_sent();
    assert_true(told(&box.out, TFTP_TOLD_MALFORMED));
    give(CLIENT_PORT, 69, (struct bytes){junk, 1});
    assert_int_equal(box.out.count, 0);
    now += SECOND;
    give(CLIENT_PORT, FIRST_PORT, (struct bytes){junk, 0});
    assert_int_equal(told_number(facts_of(&box.out, TFTP_TOLD_MALFORMED), FACT_COUNT, 0), 3);
    give(CLIENT_PORT, 4711, (struct bytes){junk, sizeof junk}); /* not ours */
    assert_int_equal(box.out.count, 0);
    assert_int_equal(s.malformed, 3);
}

static void however_late_the_wake_many_transfers_are_served_in_bounded_steps(void **state)
{
    unsigned sends = 0, steps = 0;

    (void)state;
    init(200, 3);
    for (uint16_t i = 0; i < 200; i++) ask((uint16_t)(1000 + i), "big", (struct bytes){0});
    now += 1000 * SECOND;
    do {
        due = tftp_server_step(&s, now, &(struct event){.kind = EVENT_WAKE}, box_empty(&box));
        assert_true(box.out.count <= TFTP_SERVER_MOST && box.out.count > 0);
        sends += count_of(&box.out, ACTION_DATAGRAM);
        assert_true(++steps < 10);
    } while (due <= now);
    assert_int_equal(sends, 200);
}

static void two_clients_have_two_transfers_over_the_same_port(void **state)
{
    uint16_t ports[8], distinct = 0;

    (void)state;
    init(8, 3);
    for (uint16_t i = 0; i < 8; i++) {
        ask((uint16_t)(1000 + i), "big", (struct bytes){0});
        (void)sent(&ports[i]);
    }
    for (uint16_t i = 0; i < 8; i++) { /* eight transfers, four ports: each client is known by its own port */
        say((uint16_t)(1000 + i), ports[i], (struct tftp){.op = TFTP_ACK, .number = 1});
        assert_int_equal(sent(NULL).number, 2);
        for (uint16_t k = 0; k < i; k++) distinct += ports[k] == ports[i];
    }
    assert_true(distinct > 0);
    assert_int_equal(s.running, 8);
}

static void a_configuration_without_ports_or_memory_is_refused(void **state)
{
    struct tftp_server_config config = {
        .first_port = 65535, .ports = 2, .find = find_blob, .release = release_blob, .transfers = 1};
    struct tftp_server t;

    (void)state;
    assert_false(tftp_server_init(&t, &config, memory, tftp_server_size(4)));
    config.ports = 0;
    assert_false(tftp_server_init(&t, &config, memory, tftp_server_size(4)));
    config.ports = 1;
    assert_false(tftp_server_init(&t, &config, memory, tftp_server_size(1) - 1));
    config.transfers = 0;
    assert_false(tftp_server_init(&t, &config, memory, tftp_server_size(4)));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_goes_in_blocks_of_512_and_ends_with_a_short_one),
        T(a_file_of_whole_blocks_ends_with_an_empty_one),
        T(options_get_an_oack_and_block_1_waits_for_ack_0),
        T(only_what_was_asked_for_stands_in_the_oack_and_blksize_is_cut_to_what_fits_a_frame),
        T(options_that_make_no_sense_are_passed_over_as_if_not_asked),
        T(an_unknown_name_gets_error_1_at_once),
        T(a_write_request_gets_error_2_and_a_mode_that_is_not_octet_error_4),
        T(no_document_or_no_transfer_free_is_error_0_busy),
        T(unanswered_it_repeats_after_1_2_s_and_gives_up_after_the_tries),
        T(after_a_measured_round_trip_it_repeats_after_four_of_them_but_never_under_200_ms),
        T(the_option_timeout_overrides_what_was_measured),
        T(an_old_ack_causes_no_send),
        T(a_repeated_request_starts_the_transfer_again_and_not_a_second_one),
        T(a_wrong_transfer_id_gets_error_5_and_the_transfer_goes_on),
        T(an_error_is_never_answered_and_ends_its_own_transfer_only),
        T(block_numbers_roll_over_to_0),
        T(a_request_to_a_broadcast_address_is_dropped),
        T(garbage_is_told_once_a_second_and_never_answered),
        T(however_late_the_wake_many_transfers_are_served_in_bounded_steps),
        T(two_clients_have_two_transfers_over_the_same_port),
        T(a_configuration_without_ports_or_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
