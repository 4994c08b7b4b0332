#include "app/lab/board.h"
#include "app/lab/verdict.h"
#include <stdlib.h>
#include <string.h>

enum {
    ALL_FRAMES = 10000 /* of loss, in each 10,000 */,
    POWER_WAIT = 6 /* s: a denied port is looked at again after 5 s (switch_timing.denied_retry) */
};

bool board_init(struct board *b, const struct options *options, const struct plan *plan)
{
    *b = (struct board){
        .options = options, .plan = plan, .rows = plan->phones, .ports_most = 6 * 48 * plan_switches(plan)};
    b->row = calloc(plan->phones, sizeof *b->row);
    b->port = calloc(b->ports_most, sizeof *b->port);
    if (!b->row || !b->port) return false;
    bool brief = options && !options->json && !options->csv && !options->report && plan->phones > PHONES_SHOWN;
    for (uint32_t i = 0; i < plan->phones; i++) row_init(&b->row[i], &plan->phone[i], brief);
    return true;
}

void board_free(struct board *b)
{
    for (uint32_t i = 0; b->row && i < b->rows; i++) row_free(&b->row[i]);
    free(b->row);
    free(b->port);
}

/* The phones' addresses follow each other (app/lab/plan_of.c). */
static struct row *by_number(const struct board *b, uint64_t mac)
{
    uint64_t i = b->rows ? mac - mac_number(b->row[0].mac) : 0;

    return i < b->rows && mac_number(b->row[i].mac) == mac ? &b->row[i] : NULL;
}

struct row *board_find(const struct board *b, struct bytes device)
{
    struct mac mac;

    return device_name_parse(device, &mac) ? by_number(b, mac_number(mac)) : NULL;
}

static bool changes_power(uint16_t news)
{
    return news == SWITCH_POWER_GRANTED || news == SWITCH_POWER_NEGOTIATED || news == SWITCH_POWER_DENIED ||
           news == SWITCH_DISCONNECTED;
}

static struct row *by_mac(const struct board *b, struct bytes facts)
{
    return by_number(b, told_number(facts, FACT_MAC, UINT64_MAX));
}

/* The server tells once a second that a pool is empty: who asked in between suffers from the same. */
static void share_exhaustion(const struct board *b, struct row *r)
{
    for (uint32_t i = 0; i < b->rows && r->trouble.news == PHONE_DHCP_SILENT; i++) {
        const struct row *other = &b->row[i];
        if (other->trouble.news == DHCP_TOLD_EXHAUSTED && other->vlan == r->vlan) r->trouble.news = DHCP_TOLD_EXHAUSTED;
    }
}

/* The row of a news: a phone's by its number, a switch's by its first phone's number and the port, a server's by the
 * device. */
static struct row *whose(const struct board *b, enum process_role role, uint32_t engine, uint16_t news,
                         struct bytes facts)
{
    uint64_t i = engine;

    if (role != ROLE_FLEET) {
        struct row *r = board_find(b, told_text(facts, FACT_DEVICE));
        return r ? r : by_mac(b, facts); /* DHCP knows no device names */
    }
    if (news >= SWITCH_DETECTED) {
        uint64_t port = told_number(facts, FACT_PORT, 0);
        if (port == 0 || port > b->plan->per_switch) return NULL;
        i += port - 1;
    }
    return i < b->rows ? &b->row[i] : NULL;
}

void board_news(struct board *b, usec now, enum process_role role, uint32_t engine, uint16_t news, struct bytes facts,
                struct row **row)
{
    *row = whose(b, role, engine, news, facts);
    if (!*row) return;
    if (role == ROLE_FLEET && news < SWITCH_DETECTED) {
        row_phone_news(*row, now, news, facts);
        if (news == PHONE_DHCP_SILENT && b->exhausted) share_exhaustion(b, *row);
    } else if (role == ROLE_FLEET) {
        row_switch_news(*row, news, facts);
        if (changes_power(news)) b->power_changed = now;
    } else {
        row_server_news(*row, now, news, facts);
        b->exhausted |= news == DHCP_TOLD_EXHAUSTED;
    }
    board_changed(b, *row);
}

void board_changed(struct board *b, struct row *r)
{
    bool registered = row_registered(r);

    if (registered != r->counted) b->registered += registered ? 1 : UINT32_MAX;
    r->counted = registered;
}

void board_port_row(struct board *b, struct reader *r)
{
    if (b->ports == b->ports_most) return;
    struct board_port *p = &b->port[b->ports];
    p->port = read_be32(r);
    p->milliwatts = read_be32(r);
    p->millivolts = read_be32(r);
    p->max = read_be32(r);
    text_copy(p->admin, sizeof p->admin, read_string(r));
    text_copy(p->oper, sizeof p->oper, read_string(r));
    text_copy(p->device, sizeof p->device, read_string(r));
    text_copy(p->class, sizeof p->class, read_string(r));
    if (sound(r)) b->ports++;
}

uint32_t board_registered(const struct board *b)
{
    return b->registered;
}

uint64_t board_budget(const struct board *b)
{
    return (uint64_t)b->plan->power_budget * (b->ports ? (b->ports + 47) / 48 : 1);
}

double board_at_ms(const struct board *b, const struct row *r, double at_ms)
{
    return at_ms + (r->plugged_at > b->plugged_at ? (double)(r->plugged_at - b->plugged_at) / 1000 : 0);
}

uint64_t board_overtaken(const struct board *b)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < b->rows; i++) n += b->row[i].wire.overtaken;
    return n;
}

/* Power that was denied can be had once other phones have said that they need less: not before, and not long after. */
static bool denied_for_good(const struct board *b, const struct row *r, usec now)
{
    return r->trouble.news == SWITCH_POWER_DENIED && now >= b->power_changed + POWER_WAIT * SECOND;
}

/* Where frames are known to be lost, silence proves nothing: the next try may succeed. */
static bool may_be_lost(const struct board *b, const struct row *r)
{
    const struct faults *f = &b->plan->faults;
    bool lossy = f->on[FAULT_IS_LOSS] && f->value[FAULT_IS_LOSS] < ALL_FRAMES;
    struct bytes facts = {r->trouble.facts, r->trouble.len};

    if (!lossy) return false;
    if (r->trouble.news == PHONE_CM_DOWN) return !told_says(facts, FACT_WHY, "refused");
    if (r->trouble.news == PHONE_NO_CONFIGURATION) return told_says(facts, FACT_WHY, "breaks off");
    return r->trouble.news == PHONE_TFTP_SILENT || r->trouble.news == PHONE_DHCP_SILENT;
}

/* A server that has answered others is not down: on a lossy way the phone's next try may succeed. */
static bool may_yet_answer(const struct board *b, const struct row *r)
{
    if (may_be_lost(b, r)) return true;
    for (uint32_t i = 0; i < b->rows; i++) {
        const struct row *other = &b->row[i];
        if (r->trouble.news == PHONE_TFTP_SILENT && other->wire.blocks) return true;
        if (r->trouble.news == PHONE_DHCP_SILENT && other->addressed) return true;
    }
    return false;
}

static bool settled(const struct board *b, const struct row *r, usec now)
{
    return row_registered(r) || (row_given_up(r) && !may_yet_answer(b, r)) || denied_for_good(b, r, now);
}

bool board_asking(const struct board *b)
{
    for (uint32_t i = 0; i < b->rows; i++)
        if (b->row[i].line && b->row[i].asking) return true;
    return false;
}

bool board_settled(struct board *b, usec now)
{
    if (b->registered == b->rows) return true;
    for (uint32_t n = 0; n < b->rows; n++) { /* from the one on that was not last time: mostly it still is not */
        uint32_t i = (b->unsettled + n) % b->rows;
        if (settled(b, &b->row[i], now)) continue;
        b->unsettled = i;
        return false;
    }
    return true;
}
