#include "part.h"
#include "base/facts.h"
#include "provision/load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>

enum { LINK_WAIT_MS = 5000 };

void part_say(const struct action *a, struct bytes facts)
{
    struct told t;
    char text[MAC_TEXT];

    (void)printf("0x%x", (unsigned)a->news);
    while (told_next(&facts, &t)) {
        (void)printf(" %s=", fact_name(t.key));
        switch (t.type) {
        case TOLD_NUMBER: (void)printf("%llu", (unsigned long long)t.number); break;
        case TOLD_TEXT: (void)printf("\"%.*s\"", (int)t.text.len, (const char *)t.text.at); break;
        case TOLD_IPV4: (void)fputs(ipv4_text(text, (ipv4)t.number), stdout); break;
        case TOLD_MAC: (void)fputs(mac_text(text, mac_from_number(t.number)), stdout); break;
        }
    }
    (void)putchar('\n');
    (void)fflush(stdout);
}

int part_impossible(const struct net_error *why)
{
    (void)fprintf(stderr, "part: %s\n", why->text);
    return STATUS_IMPOSSIBLE;
}

int part_ready(const char *interface, bool arp, struct net_error *why)
{
    struct netlink n;
    char path[64];
    int error = netlink_open(&n, why);

    if (error) return error;
    (void)snprintf(path, sizeof path, "net/ipv6/conf/%s/disable_ipv6", interface);
    (void)sysctl_set(path, "1", NULL); /* no IPv6 in this kernel: nothing to switch off */
    error = interface_offloads_off(interface, why);
    if (!error && !arp) error = netlink_set_arp(&n, interface, false, why);
    if (!error) error = netlink_set_up(&n, interface, true, why);
    if (!error) error = netlink_wait_up(&n, interface, LINK_WAIT_MS, why);
    netlink_close(&n);
    return error;
}

/* --- the command line --- */

static bool number_of(const char *text, uint64_t most, unsigned *out)
{
    uint64_t n;

    if (!bytes_number(bytes_of(text), most, &n)) return false;
    *out = (unsigned)n;
    return true;
}

static bool prefix_parse(struct bytes text, ipv4 *address, ipv4 *mask)
{
    uint64_t bits;
    struct bytes rest = text, before = bytes_cut(&rest, '/');

    if (!ipv4_parse(before, address) || !bytes_number(rest, 30, &bits) || bits < 8) return false;
    *mask = ~(UINT32_MAX >> bits);
    return true;
}

static bool range_parse(struct bytes text, ipv4 *first, ipv4 *last)
{
    struct bytes before = bytes_cut(&text, '-');

    return ipv4_parse(before, first) && ipv4_parse(text, last);
}

static const struct phone_model *model_named(struct bytes name)
{
    for (size_t i = 0; i < model_count(); i++)
        if (bytes_are(name, model_at(i)->name) && model_at(i)->speaks_sccp) return model_at(i);
    return NULL;
}

static bool device_parse(struct plan *plan, struct bytes text)
{
    static struct plan_phone devices[PART_DEVICES];
    struct plan_phone *p = &devices[plan->phones < PART_DEVICES ? plan->phones : 0];
    struct bytes mac = bytes_cut(&text, '=');

    if (plan->phones == PART_DEVICES || !mac_parse(mac, &p->mac)) return false;
    p->model = model_named(text);
    p->known = true;
    plan->phone = devices;
    plan->per_switch = PART_DEVICES;
    plan->phones++;
    return p->model != NULL;
}

static bool relayed_parse(struct plan *plan, struct bytes text)
{
    struct bytes network = bytes_cut(&text, ',');

    return prefix_parse(network, &plan->data_router, &plan->data_mask) &&
           range_parse(text, &plan->data_first, &plan->data_last);
}

static bool until_parse(enum part_until *until, const char *text)
{
    static const char *const name[] = {"registration", "vlan", "address", "configuration", "end"};

    for (size_t i = 0; i < ARRAY_LENGTH(name); i++) {
        if (strcmp(text, name[i]) != 0) continue;
        *until = (enum part_until)i;
        return true;
    }
    return false;
}

static bool one_of(const char *text, const char *no, const char *yes, bool *out)
{
    *out = strcmp(text, yes) == 0;
    return *out || strcmp(text, no) == 0;
}

static bool without(struct part *p, const char *text)
{
    if (strcmp(text, "dhcp") == 0)
        p->without_dhcp = true;
    else if (strcmp(text, "tftp") == 0)
        p->without_tftp = true;
    else
        return false;
    return true;
}

static bool option(struct part *p, const char *key, const char *value)
{
    struct bytes text = bytes_of(value);

    if (strcmp(key, "--model") == 0) return (p->model = model_named(text)) != NULL;
    if (strcmp(key, "--mac") == 0) return mac_parse(text, &p->mac);
    if (strcmp(key, "--count") == 0) return number_of(value, PART_PHONES, &p->count);
    if (strcmp(key, "--seconds") == 0) return number_of(value, 3600, &p->seconds);
    if (strcmp(key, "--vlan-wait") == 0) return number_of(value, 255, &p->vlan_wait);
    if (strcmp(key, "--preference") == 0) return (p->preference = value) != NULL;
    if (strcmp(key, "--uplink") == 0) return (p->uplink = value) != NULL;
    if (strcmp(key, "--announce") == 0) return one_of(value, "yes", "no", &p->silent);
    if (strcmp(key, "--load") == 0) return one_of(value, "newest", "older", &p->older);
    if (strcmp(key, "--without") == 0) return without(p, value);
    if (strcmp(key, "--until") == 0) return until_parse(&p->until, value);
    if (strcmp(key, "--pool") == 0) return range_parse(text, &p->plan.voice_first, &p->plan.voice_last);
    if (strcmp(key, "--router") == 0) return ipv4_parse(text, &p->plan.voice_router);
    if (strcmp(key, "--device") == 0) return device_parse(&p->plan, text);
    if (strcmp(key, "--relayed") == 0) return relayed_parse(&p->plan, text);
    return false;
}

/* What stands after the command: names, and options with their values. */
static bool words(struct part *p, bool servers, int count, char **word)
{
    struct plan *plan = &p->plan;

    for (int i = 0; i < count; i++) {
        if (strncmp(word[i], "--", 2) == 0) {
            if (i + 1 == count || !option(p, word[i], word[i + 1])) return false;
            i++;
        } else if (servers && p->interfaces == 1) {
            if (!prefix_parse(bytes_of(word[i]), &plan->server[0], &plan->voice_mask)) return false;
        } else if (p->interfaces < PART_INTERFACES) {
            p->interface[p->interfaces++] = word[i];
        } else {
            return false;
        }
    }
    return p->interfaces > 0 && (!servers || plan->server[0] != 0);
}

static int give_load(const char *name)
{
    static uint8_t bytes[LOAD_BUILT_IN_MOST];
    struct writer w = writer(bytes, sizeof bytes);

    if (!load_built_in_make(&w, bytes_of(name))) return STATUS_USAGE;
    return fwrite(bytes, 1, w.len, stdout) == w.len && fflush(stdout) == 0 ? 0 : STATUS_IMPOSSIBLE;
}

int main(int count, char **word)
{
    static struct part p = {.mac = {{0x02, 0, 0, 0, 0, 0x09}}, .seconds = 20};
    const char *command = count > 1 ? word[1] : "";

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing of a test that was killed goes on */
    p.model = model_named(bytes_of("7960"));
    if (strcmp(command, "load") == 0 && count == 3) return give_load(word[2]);
    bool understood = count > 2 && words(&p, strcmp(command, "servers") == 0, count - 2, word + 2);
    if (understood && strcmp(command, "phone") == 0) return part_phone(&p);
    if (understood && strcmp(command, "phones") == 0 && p.count) return part_phones(&p);
    if (understood && strcmp(command, "servers") == 0) return part_servers(&p);
    if (understood && strcmp(command, "switch") == 0) return part_switch(&p);
    (void)fprintf(stderr, "usage: part phone|phones|servers|switch|load ...: see part.h\n");
    return STATUS_USAGE;
}
