/* What others ask about a phone: the relay, whose TCP is the kernel's, which of its packets are this phone's and how
 * they are framed; the driver and whoever shows it, where it stands. None of it changes the phone.
 */
#include "phone/phone.h"
#include "wire/ipv4_udp.h"

bool phone_path(const struct phone *p, ipv4 to, struct phone_path *out)
{
    if (!p->carrier || p->host.address == 0 || !host_known(&p->host, to, &out->next)) return false;
    out->self = p->host.mac;
    out->tagged = p->host.vlan != VLAN_UNTAGGED;
    out->vlan = p->host.vlan;
    out->priority = p->host.priority;
    return true;
}

bool phone_takes_tcp(const struct phone *p, struct bytes frame, struct bytes *packet)
{
    struct ethernet e;
    struct ipv4_packet ip;
    struct fault why;

    if (!p->carrier || p->host.address == 0 || !ethernet_decode(&e, frame, &why)) return false;
    bool tagged = e.tagged && e.vlan != 0;
    if (e.form != ETHERNET_II || e.type != TYPE_IPV4 || !mac_equal(e.to, p->host.mac)) return false;
    if (p->host.vlan == VLAN_UNTAGGED ? tagged : !tagged || e.vlan != p->host.vlan) return false;
    if (!ipv4_decode(&ip, e.payload, &why) || ip.to != p->host.address || ip.protocol != PROTOCOL_TCP) return false;
    *packet = (struct bytes){e.payload.at, (size_t)(ip.payload.at + ip.payload.len - e.payload.at)};
    return true;
}

ipv4 phone_address(const struct phone *p)
{
    return p->host.address;
}

bool phone_registered(const struct phone *p)
{
    return p->doing == DOING_REGISTRATION && station_registered(&p->station);
}

enum phone_step phone_step_of(const struct phone *p)
{
    switch (p->doing) {
    case DOING_NOTHING:
    case DOING_INRUSH: return STEP_POWER;
    case DOING_LOADER:
    case DOING_SELF_TEST:
    case DOING_CLOSING:
    case DOING_DEAD: return STEP_IMAGE;
    case DOING_LINK:
    case DOING_VLAN: return STEP_VLAN;
    case DOING_ADDRESS:
    case DOING_WAIT_ADDRESS: return STEP_ADDRESS;
    case DOING_FILES:
    case DOING_LOAD_LIST:
    case DOING_LOAD:
    case DOING_LOAD_PART:
    case DOING_FLASH: return STEP_CONFIGURATION;
    case DOING_WAIT_FILES: return p->unsettled ? STEP_REGISTRATION : STEP_CONFIGURATION;
    case DOING_REGISTRATION: return STEP_REGISTRATION;
    }
    return STEP_POWER;
}
