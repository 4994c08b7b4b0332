#include "net/packet.h"
#include "wire/ethernet.h"
#include "wire/ipv4_udp.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23 /* Linux 4.20 */
#endif

enum { UDP_CHECKSUM_AT = 6, TCP_CHECKSUM_AT = 16 }; /* RFC 768, RFC 9293 */
enum { TAG = 4, ADDRESSES = 12, RING_BLOCK = 65536, TURN = 512, WAITING_MANY = 2048, SOCKET_BUFFER = 4 << 20 };

struct packet_buffers {
    struct mmsghdr messages[BATCH_CALL];
    struct iovec parts[BATCH_CALL];
    struct sockaddr_ll from[BATCH_CALL];
    uint8_t control[BATCH_CALL][CMSG_SPACE(sizeof(struct tpacket_auxdata))] __attribute__((aligned(8)));
    uint8_t bytes[BATCH_CALL][TAG + PACKET_SLOT]; /* a tag that the kernel took off goes back in front */
};

static void on_ready(uv_poll_t *, int status, int events);

static void listen_for(struct packet *p, int events)
{
    if (p->events == events) return;
    p->events = events;
    (void)uv_poll_start(&p->poll, events, on_ready);
}

/* The kernel takes a VLAN tag off what comes in. `frame` has four bytes of room before it. */
static struct bytes put_tag_back(uint8_t *frame, size_t len, uint16_t type, uint16_t tci)
{
    uint8_t *whole = frame - TAG;

    memmove(whole, frame, ADDRESSES);
    whole[ADDRESSES] = (uint8_t)(type >> 8);
    whole[ADDRESSES + 1] = (uint8_t)type;
    whole[ADDRESSES + 2] = (uint8_t)(tci >> 8);
    whole[ADDRESSES + 3] = (uint8_t)tci;
    return (struct bytes){whole, len + TAG};
}

/* Between two kernels on one machine (veth, a virtual machine) a checksum may be left for hardware that never comes:
 * only the sum of the pseudo-header stands in its field. A peer that does nothing wrong would be taken for one that
 * does. */
static void finish_checksum(uint8_t *frame, size_t len)
{
    struct ethernet e;
    struct ipv4_packet p;
    struct fault why;

    if (!ethernet_decode(&e, (struct bytes){frame, len}, &why) || e.form != ETHERNET_II || e.type != TYPE_IPV4) return;
    if (!ipv4_decode(&p, e.payload, &why) || p.fragment) return;
    size_t field = p.protocol == PROTOCOL_UDP ? UDP_CHECKSUM_AT : TCP_CHECKSUM_AT;
    if ((p.protocol != PROTOCOL_UDP && p.protocol != PROTOCOL_TCP) || p.payload.len < field + 2) return;
    uint8_t *at = frame + (p.payload.at - frame) + field;
    at[0] = at[1] = 0;
    uint32_t pseudo_header =
        (p.from >> 16) + (p.from & 0xffff) + (p.to >> 16) + (p.to & 0xffff) + p.protocol + (uint32_t)p.payload.len;
    uint16_t sum = internet_checksum(p.payload, pseudo_header);
    if (sum == 0 && p.protocol == PROTOCOL_UDP) sum = 0xffff; /* RFC 768: 0 would mean that there is none */
    at[0] = (uint8_t)(sum >> 8);
    at[1] = (uint8_t)sum;
}

/* `status`: TP_STATUS bits of the frame. */
static void hand_over(struct packet *p, uint8_t *frame, size_t len, uint32_t status, uint16_t tpid, uint16_t tci)
{
    struct bytes whole = {frame, len};
    uint16_t type = status & TP_STATUS_VLAN_TPID_VALID ? tpid : ETH_P_8021Q;

    if (len < ETH_HLEN) return;
    if (status & TP_STATUS_CSUMNOTREADY) finish_checksum(frame, len);
    if (status & TP_STATUS_VLAN_VALID) whole = put_tag_back(frame, len, type, tci);
    p->counts.received++;
    meter_count(p->loop->meter, p->service, 1);
    p->receive(p->context, whole);
}

/* TPACKET_V2: a slot belongs to the kernel or to us, by its tp_status. */
static void read_ring(struct packet *p)
{
    for (unsigned n = 0; n < TURN && p->fd >= 0 && !loop_busy(p->loop); n++) {
        struct tpacket2_hdr *slot = (void *)(p->ring + p->next * PACKET_SLOT);
        uint32_t status = __atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE);
        if (!(status & TP_STATUS_USER)) return;
        if (slot->tp_snaplen < slot->tp_len)
            p->counts.oversize++;
        else
            hand_over(p, (uint8_t *)slot + slot->tp_mac, slot->tp_snaplen, status, slot->tp_vlan_tpid,
                      slot->tp_vlan_tci);
        if (p->fd < 0) return; /* closed by the receiver: the ring is gone */
        __atomic_store_n(&slot->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        p->next = (p->next + 1) % p->slots;
    }
}

static void read_message(struct packet *p, struct msghdr *m, uint8_t *frame, size_t len)
{
    struct tpacket_auxdata aux = {0};

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) memcpy(&aux, CMSG_DATA(c), sizeof aux);
    if (len > PACKET_SLOT) {
        p->counts.oversize++;
        return;
    }
    hand_over(p, frame, len, aux.tp_status, aux.tp_vlan_tpid, aux.tp_vlan_tci);
}

static void read_messages(struct packet *p)
{
    struct packet_buffers *b = p->buffers;

    for (unsigned turn = 0; turn < TURN / BATCH_CALL && p->fd >= 0 && !loop_busy(p->loop); turn++) {
        for (size_t i = 0; i < BATCH_CALL; i++) {
            b->parts[i] = (struct iovec){b->bytes[i] + TAG, PACKET_SLOT};
            b->messages[i].msg_hdr = (struct msghdr){.msg_iov = &b->parts[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = b->control[i],
                                                     .msg_controllen = sizeof b->control[i]};
        }
        int n = recvmmsg(p->fd, b->messages, BATCH_CALL, MSG_DONTWAIT | MSG_TRUNC, NULL);
        for (int i = 0; i < n && p->fd >= 0; i++)
            read_message(p, &b->messages[i].msg_hdr, b->bytes[i] + TAG, b->messages[i].msg_len);
        if (n < BATCH_CALL) return; /* also for ENETDOWN, told once when the interface goes down */
    }
}

static void on_retry(uv_timer_t *);

/* Sends what waits. False when the kernel has no room now. */
static bool send_waiting(struct packet *p)
{
    struct mmsghdr messages[BATCH_CALL] = {0};
    struct iovec parts[BATCH_CALL];

    while (batch_waiting(&p->out) > 0) {
        unsigned n = 0;
        for (; n < BATCH_CALL && n < batch_waiting(&p->out); n++) {
            const struct batch_item *item = batch_at(&p->out, n);
            parts[n] = (struct iovec){p->out.bytes + item->at, item->len};
            messages[n].msg_hdr = (struct msghdr){.msg_iov = &parts[n], .msg_iovlen = 1};
        }
        int sent = sendmmsg(p->fd, messages, n, MSG_DONTWAIT);
        if (sent > 0) {
            p->counts.sent += (unsigned)sent;
            meter_count(p->loop->meter, p->service, (unsigned)sent);
            batch_sent(&p->out, (size_t)sent);
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            return false;
        } else if (errno != EINTR) { /* the first of them: too long, or the interface is down or gone */
            p->counts.unsent++;
            batch_sent(&p->out, 1);
        }
    }
    return true;
}

static int reading(const struct packet *p)
{
    return p->receive ? UV_READABLE : 0;
}

/* EAGAIN ends when the socket is writable. ENOBUFS comes from a full device queue, while the socket stays writable:
 * there time must pass, so both wait for a millisecond. */
static void flush(void *context)
{
    struct packet *p = context;

    if (p->fd < 0 || batch_waiting(&p->out) == 0 || uv_is_active((uv_handle_t *)&p->retry)) return;
    uint32_t was = meter_at(p->loop->meter, p->service);
    bool all = send_waiting(p);
    (void)meter_at(p->loop->meter, was);
    if (all) return;
    p->counts.held++;
    (void)uv_timer_start(&p->retry, on_retry, 1, 0);
}

static void on_retry(uv_timer_t *timer)
{
    struct packet *p = timer->data;

    (void)uv_timer_stop(timer);
    flush(p);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct packet *p = poll->data;

    (void)events;
    if (status < 0) { /* the interface went down: the error is read here, once */
        int error;
        socklen_t size = sizeof error;
        (void)getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        p->events = 0;
        listen_for(p, reading(p)); /* libuv stopped the poll */
    }
    uint32_t was = meter_at(p->loop->meter, p->service);
    if (p->ring)
        read_ring(p);
    else if (p->receive)
        read_messages(p);
    (void)meter_at(p->loop->meter, was);
}

static bool map_ring(struct packet *p, size_t bytes)
{
    int version = TPACKET_V2, reserve = TAG;
    struct tpacket_req request = {.tp_block_size = RING_BLOCK, .tp_frame_size = PACKET_SLOT};

    if (bytes < RING_BLOCK) bytes = RING_BLOCK;
    request.tp_block_nr = (unsigned)(bytes / RING_BLOCK);
    request.tp_frame_nr = request.tp_block_nr * (RING_BLOCK / PACKET_SLOT);
    if (setsockopt(p->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0) return false;
    if (setsockopt(p->fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve) < 0) return false;
    if (setsockopt(p->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0) return false;
    p->ring_bytes = (size_t)request.tp_block_nr * RING_BLOCK;
    p->slots = request.tp_frame_nr;
    void *ring = mmap(NULL, p->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
    if (ring != MAP_FAILED) {
        p->ring = ring;
        return true;
    }
    request = (struct tpacket_req){0};
    (void)setsockopt(p->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request);
    return false;
}

static int prepare_to_receive(struct packet *p, const struct packet_config *config, struct net_error *why)
{
    int on = 1, size = SOCKET_BUFFER;

    /* Without it (before 4.20) what this host sends there would come back as received. */
    if (setsockopt(p->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0)
        return net_fail_errno(why, "packet socket: ignore outgoing frames");
    if (config->filter) { /* before the first frame */
        int error = packet_filter_attach(p->fd, config->filter, why);
        if (error) return error;
    }
    if (!config->no_ring && map_ring(p, config->ring_bytes ? config->ring_bytes : PACKET_RING)) return 0;
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* the kernel cuts it to rmem_max */
    (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (setsockopt(p->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0)
        return net_fail_errno(why, "packet socket: tags");
    p->buffers = malloc(sizeof *p->buffers);
    return p->buffers ? 0 : net_fail(why, -ENOMEM, "packet socket: no memory");
}

int packet_socket(const char *interface, struct net_error *why)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;

    if (fd < 0) return net_fail_errno(why, "packet socket (needs CAP_NET_RAW)");
    address.sll_ifindex = (int)if_nametoindex(interface);
    if (address.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        error = net_fail_errno(why, "interface %.20s", interface);
        close(fd);
        return error;
    }
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); /* whoever was started without standard streams gets 0 */
    if (kept < 0) error = net_fail_errno(why, "packet socket");
    close(fd);
    return error ? error : kept;
}

/* Names belong to the namespace in which one is, a socket's index to that of the socket. */
static int index_of(const struct packet *p, const struct packet_config *config)
{
    struct sockaddr_ll bound = {0};
    socklen_t size = sizeof bound;

    if (config->socket <= 0) return (int)if_nametoindex(config->interface);
    return getsockname(p->fd, (struct sockaddr *)&bound, &size) < 0 ? 0 : bound.sll_ifindex;
}

static int bind_to(struct packet *p, const struct packet_config *config, struct net_error *why)
{
    int size = SOCKET_BUFFER, index = index_of(p, config);
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = index};
    struct packet_mreq group = {.mr_ifindex = index,
                                .mr_type = config->hears == PACKET_HEARS_ALL ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI};

    if (index == 0) return net_fail_errno(why, "interface %.20s", config->interface);
    (void)setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    if (config->receive) {
        int error = prepare_to_receive(p, config, why);
        if (error) return error;
        address.sll_protocol = htons(ETH_P_ALL); /* 0 on a socket that only sends: nothing is queued to it */
    }
    if (bind(p->fd, (struct sockaddr *)&address, sizeof address) < 0)
        return net_fail_errno(why, "bind a packet socket to %.20s", config->interface);
    if (config->hears != PACKET_HEARS_WHAT_COMES &&
        setsockopt(p->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof group) < 0)
        return net_fail_errno(why, "hear more on %.20s", config->interface);
    return 0;
}

static void free_memory(struct packet *p)
{
    if (p->ring) (void)munmap(p->ring, p->ring_bytes);
    p->ring = NULL;
    free(p->buffers);
    p->buffers = NULL;
    batch_free(&p->out);
    if (p->fd >= 0) close(p->fd);
    p->fd = -1;
}

int packet_open(struct packet *p, struct loop *loop, const struct packet_config *config, struct net_error *why)
{
    *p = (struct packet){.loop = loop,
                         .fd = config->socket > 0 ? config->socket
                                                  : socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                         .receive = config->receive,
                         .context = config->context,
                         .service = loop->turn,
                         .out = {.most = PACKET_SEND_MOST}};
    if (p->fd < 0) return net_fail_errno(why, "packet socket (needs CAP_NET_RAW)");
    int error = bind_to(p, config, why);
    if (!error && uv_poll_init(&loop->uv, &p->poll, p->fd) != 0)
        error = net_fail(why, -ENOMEM, "packet socket: no memory for its poll");
    if (error) {
        free_memory(p);
        return error;
    }
    (void)uv_timer_init(&loop->uv, &p->retry);
    p->poll.data = p->retry.data = p;
    p->events = 0;
    if (config->receive) listen_for(p, UV_READABLE);
    error = loop_on_flush(loop, flush, p);
    if (error) {
        packet_close(p);
        return net_fail(why, error, "packet socket: too many flushers");
    }
    return 0;
}

void packet_send(struct packet *p, struct bytes frame)
{
    if (!batch_add(&p->out, frame, NULL, NULL)) p->counts.unsent++;
    if (batch_waiting(&p->out) >= WAITING_MANY) loop_end_turn(p->loop);
}

void packet_discard(struct packet *p)
{
    batch_discard(&p->out);
}

int packet_hear(struct packet *p, enum packet_hears hears, struct net_error *why)
{
    struct sockaddr_ll bound = {0};
    socklen_t size = sizeof bound;
    struct packet_mreq more = {.mr_type = hears == PACKET_HEARS_ALL ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI};

    if (hears == PACKET_HEARS_WHAT_COMES) return 0;
    if (getsockname(p->fd, (struct sockaddr *)&bound, &size) < 0) return net_fail_errno(why, "packet socket");
    more.mr_ifindex = bound.sll_ifindex;
    if (setsockopt(p->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &more, sizeof more) < 0)
        return net_fail_errno(why, "hear more by a packet socket");
    return 0;
}

int packet_filter(struct packet *p, const struct packet_filter *filter, struct net_error *why)
{
    return packet_filter_attach(p->fd, filter, why);
}

void packet_count(struct packet *p, struct packet_counts *out)
{
    struct tpacket_stats stats = {0};
    socklen_t size = sizeof stats;

    /* Reading sets the kernel's counters to 0. */
    if (p->fd >= 0 && getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0)
        p->counts.lost_in_kernel += stats.tp_drops;
    *out = p->counts;
}

void packet_close(struct packet *p)
{
    struct packet_counts last;

    if (p->fd < 0) return;
    packet_count(p, &last);
    loop_no_flush(p->loop, p);
    uv_close((uv_handle_t *)&p->poll, NULL);
    uv_close((uv_handle_t *)&p->retry, NULL);
    free_memory(p);
}
