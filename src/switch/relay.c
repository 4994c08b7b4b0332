#include "switch/relay.h"
#include "wire/dhcp.h"

enum {
    HOPS_AT = 3,
    GIADDR_AT = 24,
    OPTIONS_AT = 240, /* RFC 2131, figure 1, and the magic cookie */
    HOPS_MOST = 16,   /* RFC 1542, 4.1.1 */
    OPTION_PAD = 0,
    OPTION_END = 255,
    CIRCUIT_ID = 1,
    REMOTE_ID = 2, /* RFC 3046, 2.0 */
    CIRCUIT_SIZE = 6,
    REMOTE_SIZE = 8, /* with a type and a length of their own, as IOS writes them */
    OPTION_82_SIZE = 2 + 2 + CIRCUIT_SIZE + 2 + REMOTE_SIZE,
};

/* The options up to the end option, without `less` (0: none). What dhcp_decode let pass stays within its bounds. */
static void copy_options(struct writer *out, struct bytes options, uint8_t less)
{
    struct fault why;
    struct reader r = reader(options, &why);

    while (unread(&r) > 0) {
        size_t at = read_offset(&r);
        uint8_t code = read_u8(&r);
        if (code == OPTION_END) break;
        if (code == OPTION_PAD) {
            write_u8(out, code);
            continue;
        }
        struct bytes value = read_bytes(&r, read_u8(&r));
        if (!sound(&r)) break;
        if (less == 0 || code != less) write_bytes(out, (struct bytes){options.at + at, 2 + value.len});
    }
}

static void finish(struct writer *out, size_t begun)
{
    write_u8(out, OPTION_END);
    if (out->len - begun < DHCP_LEAST) write_zeros(out, DHCP_LEAST - (out->len - begun));
}

static void write_option_82(struct writer *out, const struct relay_agent *agent)
{
    write_u8(out, DHCP_RELAY_AGENT);
    write_u8(out, OPTION_82_SIZE - 2);
    write_u8(out, CIRCUIT_ID);
    write_u8(out, CIRCUIT_SIZE);
    write_be16(out, CIRCUIT_SIZE - 2); /* type 0, length 4 */
    write_be16(out, agent->vlan);
    write_u8(out, 0);
    write_u8(out, (uint8_t)agent->port);
    write_u8(out, REMOTE_ID);
    write_u8(out, REMOTE_SIZE);
    write_be16(out, REMOTE_SIZE - 2);
    write_mac(out, agent->mac);
}

bool relay_to_server(struct writer *out, struct bytes in, const struct relay_agent *agent, struct fault *why)
{
    struct dhcp d;
    size_t begun = out->len;

    if (!dhcp_decode(&d, in, why)) return false;
    bool first = d.giaddr == 0,
         add = agent->option_82 && first && in.len + OPTION_82_SIZE <= DHCP_MOST; /* RFC 3046, 2.1 */
    if (d.op != BOOTREQUEST || d.hops >= HOPS_MOST || d.giaddr == agent->address) return false;
    if (agent->option_82 && first && dhcp_has(&d, DHCP_RELAY_AGENT)) return false;
    write_bytes(out, (struct bytes){in.at, OPTIONS_AT});
    patch_u8(out, begun + HOPS_AT, (uint8_t)(d.hops + 1));
    if (first) {
        patch_be16(out, begun + GIADDR_AT, (uint16_t)(agent->address >> 16));
        patch_be16(out, begun + GIADDR_AT + 2, (uint16_t)agent->address);
    }
    copy_options(out, bytes_from(in, OPTIONS_AT), 0);
    if (add) write_option_82(out, agent);
    finish(out, begun);
    return true;
}

bool relay_to_client(struct writer *out, struct bytes in, bool option_82, struct relay_client *client,
                     struct fault *why)
{
    struct dhcp d;
    size_t begun = out->len;

    *client = (struct relay_client){0};
    if (!dhcp_decode(&d, in, why)) return false;
    if (d.op != BOOTREPLY) return false;
    client->giaddr = d.giaddr;
    client->address = d.yiaddr != 0 ? d.yiaddr : d.ciaddr;
    client->mac = d.chaddr;
    if (d.broadcast || client->address == 0 || d.hlen != sizeof d.chaddr || mac_is_group(d.chaddr)) {
        client->address = IPV4_BROADCAST;
        client->mac = MAC_BROADCAST;
    }
    write_bytes(out, (struct bytes){in.at, OPTIONS_AT});
    copy_options(out, bytes_from(in, OPTIONS_AT), option_82 ? DHCP_RELAY_AGENT : 0);
    finish(out, begun);
    return true;
}
