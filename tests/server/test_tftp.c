#include "harness.h"
#include "server/tftp.h"
#include "wire/tftp.h"

enum { FIRST_PORT = 40000, PORTS = 4, CLIENT_PORT = 50001 };
static const ipv4 SERVER = IPV4(10, 0, 0, 1), CLIENT = IPV4(10, 0, 0, 50);

static struct tftp_server s;
static struct box box;
static uint8_t *memory, big[3 * 512 + 10], huge[65536 * 8 + 20], load[40u << 20];
static char text[700];
static struct served held;
static unsigned released, whole;
static usec now, due;

static enum found find_blob(void *context, struct bytes name, struct served **out)
{
    (void)context;
    if (bytes_are(name, "busy")) return FOUND_BUSY;
    if (bytes_are(name, "secret")) return FOUND_DENIED;
    if (bytes_are(name, "big"))
        held.bytes = (struct bytes){big, sizeof big};
    else if (bytes_are(name, "exact"))
        held.bytes = (struct bytes){big, 1024};
    else if (bytes_are(name, "empty"))
        held.bytes = (struct bytes){0};
    else if (bytes_are(name, "huge"))
        held.bytes = (struct bytes){huge, sizeof huge};
    else if (bytes_are(name, "load"))
        held.bytes = (struct bytes){load, sizeof load};
    else if (bytes_are(name, "text"))
        held.bytes = bytes_of(text);
    else
        return FOUND_NOTHING;
    held.promises = bytes_are(name, "text");
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

static void init_with(struct tftp_server_config config)
{
    config.find = find_blob;
    config.release = release_blob;
    config.seed = 1;
    free(memory);
    memory = malloc(tftp_server_size(config.transfers));
    assert_true(tftp_server_init(&s, &config, memory, tftp_server_size(config.transfers)));
    held = (struct served){0};
    released = whole = 0;
    now = 5 * SECOND;
    due = NEVER;
    for (size_t i = 0; i < sizeof big; i++) big[i] = (uint8_t)(i * 7);
}

static void init(uint32_t transfers, unsigned tries)
{
    init_with(
        (struct tftp_server_config){.first_port = FIRST_PORT, .ports = PORTS, .tries = tries, .transfers = transfers});
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

/* What tells of what is to be remembered waits until that is stored; all else does not wait for the disk. */
static void only_what_promises_waits_for_the_store(void)
{
    for (uint32_t i = 0; i < box.out.count; i++) {
        struct bytes b = payload(&box.out, i);
        if (box.actions[i].kind != ACTION_DATAGRAM) continue;
        assert_int_equal(box.actions[i].ahead, b.at[1] == TFTP_ERROR || !held.promises);
    }
}

static void give(uint16_t client_port, uint16_t to_port, struct bytes bytes)
{
    struct event e = {.kind = EVENT_DATAGRAM,
                      .from = {.address = CLIENT, .port = client_port},
                      .to = {.address = SERVER, .port = to_port},
                      .bytes = bytes};

    due = tftp_server_step(&s, now, &e, box_empty(&box));
    only_what_promises_waits_for_the_store();
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
    only_what_promises_waits_for_the_store();
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
                "0"));
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

static void a_write_request_gets_error_2_and_mode_mail_error_4(void **state)
{
    (void)state;
    say(CLIENT_PORT, 69, (struct tftp){.op = TFTP_WRQ, .name = bytes_of("big"), .mode = bytes_of("octet")});
    assert_int_equal(sent(NULL).number, TFTP_ACCESS);
    say(CLIENT_PORT, 69, (struct tftp){.op = TFTP_RRQ, .name = bytes_of("big"), .mode = bytes_of("mail")});
    assert_int_equal(sent(NULL).number, TFTP_ILLEGAL);
    say(CLIENT_PORT, 69, (struct tftp){.op = TFTP_RRQ, .name = bytes_of("big"), .mode = bytes_of("OCTET")});
    assert_int_equal(sent(NULL).op, TFTP_DATA);
}

static void no_document_or_no_transfer_free_is_error_0_busy(void **state)
{
    (void)state;
    ask(CLIENT_PORT, "busy", (struct bytes){0});
    assert_int_equal(sent(NULL).number, TFTP_UNDEFINED);
    for (uint16_t i = 0; i < 4; i++) {
        uint16_t port;
        ask((uint16_t)(100 + i), "big", (struct bytes){0});
        assert_int_equal(sent(&port).op, TFTP_DATA);
        say((uint16_t)(100 + i), port, (struct tftp){.op = TFTP_ACK, .number = 1});
    }
    ask(200, "big", (struct bytes){0});
    assert_int_equal(sent(NULL).op, TFTP_ERROR);
    assert_int_equal(sent(NULL).number, TFTP_UNDEFINED);
    assert_int_equal(held.held, 4); /* what was found for it was released */
}

static void requests_that_nobody_acknowledges_give_way_the_oldest_first(void **state)
{
    uint16_t port, other;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    ack(port, 1);                         /* this client is there */
    for (uint16_t i = 0; i < 1000; i++) { /* these are not: 996 of them give way to others */
        ask((uint16_t)(100 + i), "big", (struct bytes){0});
        assert_int_equal(sent(&other).op, TFTP_DATA);
        assert_int_equal(s.counts.active, i < 3 ? i + 2 : 4);
        assert_int_equal(held.held, s.counts.active);
    }
    assert_int_equal(s.counts.displaced, 997);
    say(1099, other, (struct tftp){.op = TFTP_ACK, .number = 1}); /* the latest may still answer */
    assert_int_equal(sent(NULL).number, 2);
    for (unsigned block = 2; block <= 4; block++) ack(port, block);
    assert_int_equal(whole, 1);
    assert_int_equal(s.counts.busy, 0);
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
    assert_int_equal(s.counts.active, 1);
    assert_int_equal(held.held, 1);
    ack(port, 1);
    ask(CLIENT_PORT, "big", (struct bytes){0}); /* a client that began anew from the same port */
    assert_int_equal(sent(&again).number, 1);
    assert_int_equal(s.counts.active, 1);
    assert_int_equal(held.held, 1);
    ask(CLIENT_PORT, "exact", (struct bytes){0}); /* or with another file */
    assert_int_equal(sent(&again).number, 1);
    assert_int_equal(s.counts.active, 1);
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
    ack(elsewhere, 1); /* of its transfer before, overtaken by this one's request: an ERROR would end this one */
    nothing_sent();
    assert_int_equal(s.counts.unknown_id, 2);
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
    assert_int_equal(s.counts.active, 1);
    say(CLIENT_PORT, port, (struct tftp){.op = TFTP_ERROR, .number = 3, .data = bytes_of("flash is full")});
    nothing_sent();
    assert_text(told_text(facts_of(&box.out, TFTP_TOLD_ABORTED), FACT_TEXT), "flash is full");
    assert_int_equal(s.counts.active, 0);
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
    assert_int_equal(s.counts.malformed, 3);
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
    assert_int_equal(s.counts.active, 8);
}

/* --- windows (RFC 7440) --- */

#define WINDOW(n) OPTIONS("windowsize\0" n)

/* The blocks that were sent, in order; each number is checked. */
static unsigned sent_blocks(unsigned first)
{
    unsigned n = 0;
    struct fault why;

    for (uint32_t i = 0; i < box.out.count; i++) {
        struct tftp p;
        if (box.actions[i].kind != ACTION_DATAGRAM) continue;
        assert_true(tftp_decode(&p, payload(&box.out, i), &why));
        assert_int_equal(p.op, TFTP_DATA);
        assert_int_equal(p.number, (uint16_t)(first + n));
        n++;
    }
    return n;
}

static uint16_t begin_window(const char *name, struct bytes options)
{
    uint16_t port;

    ask(CLIENT_PORT, name, options);
    assert_int_equal(sent(&port).op, TFTP_OACK);
    ack(port, 0);
    return port;
}

static void a_window_is_sent_at_once_and_the_next_waits_for_the_ack_of_its_last_block(void **state)
{
    uint64_t v;
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big", WINDOW("3"));
    assert_true(tftp_option_number(sent(&port).options, "windowsize", 1, 65535, &v) && v == 3);
    ack(port, 0);
    assert_int_equal(sent_blocks(1), 3);
    ack(port, 3);
    assert_int_equal(sent_blocks(4), 1);
    ack(port, 4);
    nothing_sent();
    assert_int_equal(whole, 1);
    assert_int_equal(s.counts.retransmissions, 0);
}

static void no_more_is_granted_than_16_blocks_and_without_the_option_it_is_one(void **state)
{
    uint64_t v;

    (void)state;
    ask(CLIENT_PORT, "big", WINDOW("65535"));
    assert_true(tftp_option_number(sent(NULL).options, "windowsize", 1, 65535, &v) && v == 16);
    ask(CLIENT_PORT, "big",
        OPTIONS("tsize\0"
                "0"));
    assert_false(tftp_option_number(sent(NULL).options, "windowsize", 1, 65535, &v));
}

static void an_ack_within_the_window_has_the_next_begin_behind_it(void **state)
{
    uint16_t port = 0;

    (void)state;
    port = begin_window("huge", WINDOW("8"));
    assert_int_equal(sent_blocks(1), 8);
    ack(port, 3); /* block 4 was lost */
    assert_int_equal(sent_blocks(4), 8);
    ack(port, 3); /* said again by a client that tells each block out of order */
    assert_int_equal(box.out.count, 0);
    ack(port, 11);
    assert_int_equal(sent_blocks(12), 8);
    assert_int_equal(s.counts.retransmissions, 5);
}

static void the_last_ack_again_repeats_the_window_once_and_never_doubles_a_transfer(void **state)
{
    uint16_t port;

    (void)state;
    port = begin_window("huge", WINDOW("4"));
    ack(port, 4);
    assert_int_equal(sent_blocks(5), 4);
    ack(port, 4); /* block 5 was lost */
    assert_int_equal(sent_blocks(5), 4);
    ack(port, 4);
    nothing_sent();
    ack(port, 8);
    assert_int_equal(sent_blocks(9), 4);
    ack(port, 8); /* of the window that came twice: were it obeyed, each window from now on would go twice */
    nothing_sent();
    ack(port, 12);
    assert_int_equal(sent_blocks(13), 4);
    ack(port, 12);
    assert_int_equal(sent_blocks(13), 4);
}

static void acks_of_what_was_never_out_or_long_ago_move_no_window(void **state)
{
    uint16_t port;

    (void)state;
    port = begin_window("huge", WINDOW("4"));
    ack(port, 4);
    ack(port, 9);
    assert_int_equal(box.out.count, 0);
    ack(port, 3);
    assert_int_equal(box.out.count, 0);
    ack(port, 65535);
    assert_int_equal(box.out.count, 0);
}

static void an_unanswered_window_is_repeated_whole_with_doubling_waits_and_given_up(void **state)
{
    uint16_t port;

    (void)state;
    port = begin_window("huge", WINDOW("4"));
    now += 100 * MSEC;
    ack(port, 4);
    usec begun = now;
    wake();
    assert_true(now - begun == 400 * MSEC); /* four round trips of 100 ms */
    assert_int_equal(sent_blocks(5), 4);
    wake();
    assert_true(now - begun == 1200 * MSEC);
    assert_int_equal(sent_blocks(5), 4);
    wake();
    assert_true(now - begun == 2800 * MSEC);
    assert_int_equal(sent_blocks(5), 4);
    wake(); /* the last wait is about as long as the third of one whose first is 1 s */
    assert_true(now - begun == 6000 * MSEC);
    assert_true(told(&box.out, TFTP_TOLD_TIMED_OUT));
    assert_int_equal(told_number(facts_of(&box.out, TFTP_TOLD_TIMED_OUT), FACT_BYTES, 0), 4 * 512);
    assert_int_equal(s.counts.timed_out, 1);
    assert_int_equal(s.counts.active, 0);
}

static void block_numbers_roll_over_within_a_window(void **state)
{
    uint16_t port;
    unsigned block = 0;

    (void)state;
    port = begin_window("huge", OPTIONS("blksize\0"
                                        "8\0windowsize\0"
                                        "7"));
    for (unsigned last = 65536 + 3; block < last;) {
        unsigned n = sent_blocks(block + 1);
        assert_int_equal(n, last - block < 7 ? last - block : 7);
        block += n;
        ack(port, block);
    }
    assert_int_equal(whole, 1);
}

static void by_its_setting_65535_is_followed_by_1(void **state)
{
    uint16_t port;

    (void)state;
    init_with(
        (struct tftp_server_config){.first_port = FIRST_PORT, .ports = PORTS, .roll_over_to_1 = true, .transfers = 4});
    ask(CLIENT_PORT, "huge",
        OPTIONS("blksize\0"
                "8"));
    (void)sent(&port);
    ack(port, 0);
    for (unsigned block = 1; block <= 65536 + 2; block++) {
        unsigned number = block <= 65535 ? block : block - 65535;
        assert_int_equal(sent(NULL).number, number);
        ack(port, number);
    }
    assert_int_equal(sent(NULL).number, 4);
    ack(port, 4);
    assert_int_equal(whole, 1);
}

/* A client as RFC 7440 has it, behind a link that loses packets both ways. */
static void fetch_with_losses(unsigned window, unsigned percent, uint64_t seed)
{
    struct random r = random_from(seed);
    struct tftp p;
    struct fault why;
    uint16_t port = begin_window("huge", window == 8 ? WINDOW("8") : WINDOW("16"));
    unsigned have = 0, last = sizeof huge / 512 + 1, unacked = 0, rounds = 0;

    while (held.held > 0) {
        bool gap = false, all = false;
        assert_true(++rounds < 20000);
        for (uint32_t i = 0; i < box.out.count; i++) {
            if (box.actions[i].kind != ACTION_DATAGRAM || random_below(&r, 100) < percent) continue;
            assert_true(tftp_decode(&p, payload(&box.out, i), &why));
            if (p.number == (uint16_t)(have + 1)) {
                assert_memory_equal(p.data.at, huge + (size_t)have * 512, p.data.len);
                have++;
                unacked++;
            } else {
                gap = true;
            }
        }
        all = have == last;
        if ((gap || all || unacked >= window) && (all || random_below(&r, 100) >= percent)) {
            unacked = 0;
            now += 2 * MSEC;
            ack(port, have);
        } else {
            wake();
        }
    }
    assert_int_equal(have, last);
    assert_int_equal(whole, 1);
    assert_true(s.counts.blocks < (uint64_t)last * 3); /* what is lost costs a window, not a storm */
}

static void through_losses_a_window_brings_every_byte_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof huge; i++) huge[i] = (uint8_t)(i * 31 + i / 512);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        init(4, 100);
        fetch_with_losses(seed % 2 ? 8 : 16, (unsigned)(seed % 4) * 3, seed);
    }
}

static void a_load_of_40_mib_goes_at_block_size_512(void **state)
{
    uint16_t port;
    unsigned blocks = sizeof load / 512 + 1;

    (void)state;
    for (size_t i = 0; i < sizeof load; i += 512) load[i] = (uint8_t)(i >> 9), load[i + 1] = (uint8_t)(i >> 17);
    ask(CLIENT_PORT, "load", (struct bytes){0});
    (void)sent(&port);
    for (unsigned block = 1; block <= blocks; block++) {
        struct tftp p = sent(NULL);
        assert_int_equal(p.number, (uint16_t)block);
        if (block < blocks)
            assert_true(p.data.at[0] == (uint8_t)(block - 1) && p.data.at[1] == (uint8_t)((block - 1) >> 8));
        ack(port, block);
    }
    assert_int_equal(whole, 1);
    assert_true(s.counts.bytes == sizeof load);
}

/* --- modes, ports, what is kept of requests --- */

static void netascii_ends_lines_in_cr_lf_also_across_blocks_and_tells_no_size(void **state)
{
    uint8_t got[1400];
    size_t n = 0;
    uint64_t v;
    uint16_t port;
    struct tftp p;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[511] = '\n'; /* its CR is the last byte of block 1 */
    text[600] = '\r';
    say(CLIENT_PORT, 69,
        (struct tftp){.op = TFTP_RRQ,
                      .name = bytes_of("text"),
                      .mode = bytes_of("NetASCII"),
                      .options = OPTIONS("tsize\0"
                                         "0\0windowsize\0"
                                         "2")});
    p = sent(&port);
    assert_int_equal(p.op, TFTP_OACK);
    assert_false(tftp_option_number(p.options, "tsize", 0, UINT64_MAX, &v));
    ack(port, 0);
    assert_int_equal(sent_blocks(1), 2);
    ack(port, 1); /* the second was lost: it must begin with the LF again */
    p = sent(NULL);
    assert_int_equal(p.number, 2);
    assert_int_equal(p.data.at[0], '\n');
    memcpy(got + n, p.data.at, p.data.len);
    assert_int_equal(p.data.len, sizeof text - 1 + 2 - 512);
    assert_memory_equal(got + 600 - 511, "\r\0x", 3);
    ack(port, 2);
    assert_int_equal(whole, 1);
}

static void of_an_empty_file_no_size_is_told_since_curl_takes_0_for_an_error(void **state)
{
    uint64_t v;

    (void)state;
    ask(CLIENT_PORT, "empty",
        OPTIONS("tsize\0"
                "0\0blksize\0"
                "1428"));
    assert_int_equal(sent(NULL).op, TFTP_OACK);
    assert_false(tftp_option_number(sent(NULL).options, "tsize", 0, UINT64_MAX, &v));
    ask(CLIENT_PORT, "empty",
        OPTIONS("tsize\0"
                "0"));
    assert_int_equal(sent(NULL).op, TFTP_DATA);
}

static void what_may_not_be_read_gets_error_2(void **state)
{
    (void)state;
    ask(CLIENT_PORT, "secret", (struct bytes){0});
    assert_int_equal(sent(NULL).number, TFTP_ACCESS);
    assert_int_equal(s.counts.denied, 1);
}

static void by_one_port_all_of_a_transfer_goes_from_the_request_port(void **state)
{
    uint16_t port;

    (void)state;
    init_with((struct tftp_server_config){.one_port = true, .transfers = 4});
    ask(CLIENT_PORT, "big", (struct bytes){0});
    assert_int_equal(sent(&port).number, 1);
    assert_int_equal(port, 69);
    ask(CLIENT_PORT + 1, "big", (struct bytes){0}); /* another client of that address */
    assert_int_equal(sent(&port).number, 1);
    ack(69, 1);
    assert_int_equal(sent(&port).number, 2);
    assert_int_equal(port, 69);
    say(CLIENT_PORT + 2, 69, (struct tftp){.op = TFTP_ACK, .number = 1});
    assert_int_equal(sent(&port).number, TFTP_UNKNOWN_ID);
    assert_int_equal(port, 69);
    ask(CLIENT_PORT, "absent", (struct bytes){0});
    assert_int_equal(sent(&port).number, TFTP_NOT_FOUND);
    assert_int_equal(port, 69);
    assert_int_equal(s.counts.replaced, 1);
}

static void fetch_big(uint16_t *port)
{
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(port);
    for (unsigned block = 1; block <= 4; block++) ack(*port, block);
    assert_true(told(&box.out, TFTP_TOLD_DONE));
}

static void the_last_ack_again_gets_no_error_which_by_one_port_would_end_what_the_client_asks_for_next(void **state)
{
    uint16_t port;

    (void)state;
    for (int one_port = 0; one_port < 2; one_port++) {
        init_with((struct tftp_server_config){
            .first_port = FIRST_PORT, .ports = PORTS, .one_port = one_port, .transfers = 4});
        fetch_big(&port);
        ack(port, 4);
        nothing_sent();
        assert_int_equal(s.counts.unknown_id, 0);
        ask(CLIENT_PORT, "big", (struct bytes){0});
        assert_int_equal(sent(&port).number, 1);
        assert_int_equal(s.counts.active, 1);
    }
}

static void an_ack_long_after_the_end_or_from_another_client_gets_error_5(void **state)
{
    uint16_t port;

    (void)state;
    init_with((struct tftp_server_config){.one_port = true, .transfers = 4});
    fetch_big(&port);
    say(CLIENT_PORT + 1, port, (struct tftp){.op = TFTP_ACK, .number = 4});
    assert_int_equal(sent(NULL).number, TFTP_UNKNOWN_ID);
    now += 5 * SECOND - 1;
    ack(port, 4);
    nothing_sent();
    now += 1;
    ack(port, 4);
    assert_int_equal(sent(NULL).number, TFTP_UNKNOWN_ID);
    assert_int_equal(s.counts.unknown_id, 2);
}

static void who_was_given_up_is_told_so_when_it_comes_back(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    while (s.counts.active) wake();
    ack(port, 1);
    assert_int_equal(sent(NULL).number, TFTP_UNKNOWN_ID);
}

static void requests_are_heard_at_the_port_of_its_setting(void **state)
{
    (void)state;
    init_with((struct tftp_server_config){.port = 6969, .first_port = FIRST_PORT, .ports = PORTS, .transfers = 4});
    ask(CLIENT_PORT, "big", (struct bytes){0});
    nothing_sent();
    say(CLIENT_PORT, 6969, (struct tftp){.op = TFTP_RRQ, .name = bytes_of("big"), .mode = bytes_of("octet")});
    assert_int_equal(sent(NULL).number, 1);
}

static void its_askers_hear_of_requests_and_tell_what_they_conclude(void **state)
{
    static uint8_t space[8192];
    struct askers askers;

    (void)state;
    assert_true(askers_init(&askers, 8, space, sizeof space));
    init_with((struct tftp_server_config){.first_port = FIRST_PORT, .ports = PORTS, .askers = &askers, .transfers = 4});
    ask(CLIENT_PORT, "SIPDefault.cnf", (struct bytes){0});
    assert_int_equal(sent(NULL).number, TFTP_NOT_FOUND);
    assert_true(told(&box.out, ASKER_TOLD_SIP));
    assert_int_equal(askers_find(&askers, CLIENT)->missed, 1);
}

static void what_becomes_of_requests_is_counted(void **state)
{
    uint16_t port;

    (void)state;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    ask(CLIENT_PORT, "big", (struct bytes){0}); /* again: no request of its own */
    for (unsigned block = 1; block <= 4; block++) ack(port, block);
    ask(CLIENT_PORT, "absent", (struct bytes){0});
    assert_int_equal(s.counts.requests, 2);
    assert_int_equal(s.counts.found, 1);
    assert_int_equal(s.counts.not_found, 1);
    assert_int_equal(s.counts.done, 1);
    assert_int_equal(s.counts.blocks, 5);
    assert_int_equal(s.counts.bytes, sizeof big + 512);
    assert_int_equal(s.counts.retransmissions, 1);
    assert_int_equal(s.counts.active, 0);
    assert_int_equal(s.counts.active_most, 1);
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
/* Who answers within milliseconds may still erase a page of its flash for seconds: six waits from 200 ms on are 12
 * s. */
static void a_near_client_is_waited_for_as_long_as_a_far_one(void **state)
{
    struct tftp_server_config c = s.config;
    uint16_t port;

    (void)state;
    c.tries = 6;
    s.config = c;
    ask(CLIENT_PORT, "big", (struct bytes){0});
    (void)sent(&port);
    now += 2 * MSEC;
    ack(port, 1);
    assert_true(due == now + 200 * MSEC);
    usec silent = now;
    while (due != NEVER) wake();
    assert_true(told(&box.out, TFTP_TOLD_TIMED_OUT));
    assert_true(now - silent >= 45 * SECOND && now - silent < 70 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_goes_in_blocks_of_512_and_ends_with_a_short_one),
        T(a_file_of_whole_blocks_ends_with_an_empty_one),
        T(options_get_an_oack_and_block_1_waits_for_ack_0),
        T(only_what_was_asked_for_stands_in_the_oack_and_blksize_is_cut_to_what_fits_a_frame),
        T(options_that_make_no_sense_are_passed_over_as_if_not_asked),
        T(an_unknown_name_gets_error_1_at_once),
        T(a_write_request_gets_error_2_and_mode_mail_error_4),
        T(no_document_or_no_transfer_free_is_error_0_busy),
        T(requests_that_nobody_acknowledges_give_way_the_oldest_first),
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
        T(a_window_is_sent_at_once_and_the_next_waits_for_the_ack_of_its_last_block),
        T(no_more_is_granted_than_16_blocks_and_without_the_option_it_is_one),
        T(an_ack_within_the_window_has_the_next_begin_behind_it),
        T(the_last_ack_again_repeats_the_window_once_and_never_doubles_a_transfer),
        T(acks_of_what_was_never_out_or_long_ago_move_no_window),
        T(an_unanswered_window_is_repeated_whole_with_doubling_waits_and_given_up),
        T(block_numbers_roll_over_within_a_window),
        T(by_its_setting_65535_is_followed_by_1),
        T(through_losses_a_window_brings_every_byte_in_order),
        T(a_load_of_40_mib_goes_at_block_size_512),
        T(netascii_ends_lines_in_cr_lf_also_across_blocks_and_tells_no_size),
        T(of_an_empty_file_no_size_is_told_since_curl_takes_0_for_an_error),
        T(what_may_not_be_read_gets_error_2),
        T(by_one_port_all_of_a_transfer_goes_from_the_request_port),
        T(the_last_ack_again_gets_no_error_which_by_one_port_would_end_what_the_client_asks_for_next),
        T(an_ack_long_after_the_end_or_from_another_client_gets_error_5),
        T(who_was_given_up_is_told_so_when_it_comes_back),
        T(requests_are_heard_at_the_port_of_its_setting),
        T(its_askers_hear_of_requests_and_tell_what_they_conclude),
        T(what_becomes_of_requests_is_counted),
        T(a_configuration_without_ports_or_memory_is_refused),
        T(a_near_client_is_waited_for_as_long_as_a_far_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
