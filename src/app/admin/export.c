/* `dialtone export dhcp`: what makes somebody else's DHCP server tell phones what ours would: the TFTP server by option
 * 150, by option 66 and by siaddr, since phones of each generation look elsewhere. */
#include "app/admin/admin.h"
#include "base/address.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *first_of(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_array_get(json_object_get(j, key), 0));

    return s ? s : "";
}

/* A list of addresses, `between` them. */
static const char *joined(char to[160], const json_t *j, const char *key, const char *between)
{
    const json_t *one;
    size_t i, n = 0;

    to[0] = '\0';
    json_array_foreach (json_object_get(j, key), i, one)
        if (n < 140) n += (size_t)snprintf(to + n, 160 - n, "%s%s", i ? between : "", json_string_value(one));
    return to;
}

static long long lease(const json_t *j)
{
    return (long long)json_integer_value(json_object_get(j, "lease"));
}

static void for_dnsmasq(const json_t *subnets)
{
    const json_t *s, *pool;
    char text[160];
    size_t i, k;

    (void)puts("# dnsmasq: into /etc/dnsmasq.d/phones.conf");
    json_array_foreach (subnets, i, s) {
        json_array_foreach (json_object_get(s, "pools"), k, pool)
            (void)printf("dhcp-range=set:phones%zu,%s,%s,%s,%lld\n", i, admin_text(pool, "first"),
                         admin_text(pool, "last"), admin_text(s, "mask"), lease(s));
        if (first_of(s, "routers")[0])
            (void)printf("dhcp-option=tag:phones%zu,option:router,%s\n", i, joined(text, s, "routers", ","));
        if (first_of(s, "dns")[0])
            (void)printf("dhcp-option=tag:phones%zu,option:dns-server,%s\n", i, joined(text, s, "dns", ","));
        if (admin_text(s, "domain")[0])
            (void)printf("dhcp-option=tag:phones%zu,option:domain-name,%s\n", i, admin_text(s, "domain"));
        (void)printf("dhcp-option-force=tag:phones%zu,150,%s\n", i, joined(text, s, "tftp", ","));
        (void)printf("dhcp-option-force=tag:phones%zu,66,%s\n", i, first_of(s, "tftp"));
        (void)printf("dhcp-boot=tag:phones%zu,,,%s\n", i, first_of(s, "tftp")); /* siaddr */
    }
}

static json_t *kea_option(const char *name, const char *data)
{
    return json_pack("{s:s, s:s}", "name", name, "data", data);
}

static void for_kea(const json_t *subnets)
{
    json_t *list = json_array();
    const json_t *s, *pool;
    char text[160], range[64];
    size_t i, k;

    json_array_foreach (subnets, i, s) {
        json_t *pools = json_array(), *options = json_array();
        json_array_foreach (json_object_get(s, "pools"), k, pool) {
            (void)snprintf(range, sizeof range, "%s - %s", admin_text(pool, "first"), admin_text(pool, "last"));
            (void)json_array_append_new(pools, json_pack("{s:s}", "pool", range));
        }
        if (first_of(s, "routers")[0])
            (void)json_array_append_new(options, kea_option("routers", joined(text, s, "routers", ", ")));
        if (first_of(s, "dns")[0])
            (void)json_array_append_new(options, kea_option("domain-name-servers", joined(text, s, "dns", ", ")));
        if (admin_text(s, "domain")[0])
            (void)json_array_append_new(options, kea_option("domain-name", admin_text(s, "domain")));
        (void)json_array_append_new(options, json_pack("{s:i, s:s, s:s, s:b}", "code", 150, "name", "voip-tftp-servers",
                                                       "data", joined(text, s, "tftp", ", "), "always-send", 1));
        (void)json_array_append_new(options, json_pack("{s:s, s:s, s:b}", "name", "tftp-server-name", "data",
                                                       first_of(s, "tftp"), "always-send", 1));
        (void)json_array_append_new(list, json_pack("{s:s, s:I, s:o, s:s, s:o}", "subnet", admin_text(s, "subnet"),
                                                    "valid-lifetime", (json_int_t)lease(s), "pools", pools,
                                                    "next-server", first_of(s, "tftp"), "option-data", options));
    }
    json_t *whole =
        json_pack("{s:{s:[{s:s, s:i, s:s, s:s, s:b}], s:o}}", "Dhcp4", "option-def", "name", "voip-tftp-servers",
                  "code", 150, "space", "dhcp4", "type", "ipv4-address", "array", 1, "subnet4", list);
    (void)json_dumpf(whole, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(whole);
}

static void for_isc(const json_t *subnets)
{
    const json_t *s, *pool;
    char text[160];
    size_t i, k;

    (void)puts("# ISC dhcpd: into /etc/dhcp/dhcpd.conf\noption voip-tftp-servers code 150 = array of ip-address;");
    json_array_foreach (subnets, i, s) {
        (void)printf("subnet %s netmask %s {\n", admin_text(s, "network"), admin_text(s, "mask"));
        json_array_foreach (json_object_get(s, "pools"), k, pool)
            (void)printf("  range %s %s;\n", admin_text(pool, "first"), admin_text(pool, "last"));
        (void)printf("  default-lease-time %lld;\n", lease(s));
        if (first_of(s, "routers")[0]) (void)printf("  option routers %s;\n", joined(text, s, "routers", ", "));
        if (first_of(s, "dns")[0]) (void)printf("  option domain-name-servers %s;\n", joined(text, s, "dns", ", "));
        if (admin_text(s, "domain")[0]) (void)printf("  option domain-name \"%s\";\n", admin_text(s, "domain"));
        (void)printf("  option voip-tftp-servers %s;\n", joined(text, s, "tftp", ", "));
        (void)printf("  option tftp-server-name \"%s\";\n  next-server %s;\n}\n", first_of(s, "tftp"),
                     first_of(s, "tftp"));
    }
}

/* IOS gives a whole network away, less what is excluded: what is before, between and behind the pools. */
static void ios_excluded(const json_t *s)
{
    const json_t *pool;
    ipv4 network = 0, mask = 0, next, first, last;
    char a[IPV4_TEXT], b[IPV4_TEXT];
    size_t k;

    (void)ipv4_parse(bytes_of(admin_text(s, "network")), &network);
    (void)ipv4_parse(bytes_of(admin_text(s, "mask")), &mask);
    next = network + 1;
    json_array_foreach (json_object_get(s, "pools"), k, pool) {
        if (!ipv4_parse(bytes_of(admin_text(pool, "first")), &first) ||
            !ipv4_parse(bytes_of(admin_text(pool, "last")), &last))
            continue;
        if (first > next) (void)printf("ip dhcp excluded-address %s %s\n", ipv4_text(a, next), ipv4_text(b, first - 1));
        next = last + 1;
    }
    last = (network | ~mask) - 1;
    if (next <= last) (void)printf("ip dhcp excluded-address %s %s\n", ipv4_text(a, next), ipv4_text(b, last));
}

static void for_ios(const json_t *subnets)
{
    const json_t *s;
    char text[160];
    size_t i;

    (void)puts("! IOS: in global configuration mode");
    json_array_foreach (subnets, i, s) ios_excluded(s);
    json_array_foreach (subnets, i, s) {
        long long minutes = (lease(s) + 59) / 60;
        (void)printf("ip dhcp pool PHONES%zu\n network %s %s\n", i + 1, admin_text(s, "network"),
                     admin_text(s, "mask"));
        if (first_of(s, "routers")[0]) (void)printf(" default-router %s\n", joined(text, s, "routers", " "));
        if (first_of(s, "dns")[0]) (void)printf(" dns-server %s\n", joined(text, s, "dns", " "));
        if (admin_text(s, "domain")[0]) (void)printf(" domain-name %s\n", admin_text(s, "domain"));
        (void)printf(" option 150 ip %s\n option 66 ascii \"%s\"\n next-server %s\n", joined(text, s, "tftp", " "),
                     first_of(s, "tftp"), first_of(s, "tftp"));
        (void)printf(" lease %lld %lld %lld\n", minutes / 1440, minutes / 60 % 24, minutes % 60);
    }
}

int admin_export(const struct admin *a)
{
    static const struct {
        const char *name;
        void (*print)(const json_t *);
    } targets[] = {{"dnsmasq", for_dnsmasq}, {"kea", for_kea}, {"isc", for_isc}, {"ios", for_ios}};
    void (*print)(const json_t *) = NULL;
    int status;

    for (size_t i = 0; a->target && i < sizeof targets / sizeof *targets; i++)
        if (strcmp(a->target, targets[i].name) == 0) print = targets[i].print;
    if (a->words != 1 || strcmp(a->word[0], "dhcp") != 0 || !print) {
        (void)fprintf(stderr, "dialtone export: dhcp --for dnsmasq, kea, isc or ios\nTry 'dialtone export --help'.\n");
        return ADMIN_USAGE;
    }
    json_t *j = admin_ask(a, json_pack("{s:s}", "do", "subnets"), &status);
    if (!j) return status;
    print(json_object_get(j, "subnets"));
    json_decref(j);
    return fflush(stdout) == 0 ? ADMIN_DONE : ADMIN_NOBODY;
}
