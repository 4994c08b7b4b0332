/* app/serve/serve.h: `dialtone serve`: the parts that its files share. One process, one thread, and the store's writer
 * thread.
 *
 * Parties of the loop: SERVE_DHCP, SERVE_TFTP, SERVE_CALLMANAGER and up, SERVE_CONTROL, SERVE_FACE and up (one for each
 * interface). What any of them puts goes through one journal (net/durable.h): nothing leaves before what it promises is
 * stored.
 */
#ifndef APP_SERVE_SERVE_H
#define APP_SERVE_SERVE_H
#include "app/config/config.h"
#include "app/lab/machine.h"
#include "app/serve/steps.h"
#include "app/serve/watch.h"
#include "net/datagram.h"
#include "net/durable.h"
#include "net/folder.h"
#include "net/http_files.h"
#include "net/link_watch.h"
#include "net/packet.h"
#include "net/stream.h"
#include "net/tagged.h"
#include "server/callmanager.h"
#include "server/dhcp.h"
#include "server/documents.h"
#include "server/tftp.h"
#include "store/sqlite.h"
#include "switch/interface.h"

enum {
    SERVE_DHCP,
    SERVE_TFTP,
    SERVE_CALLMANAGER,
    SERVE_CONTROL = SERVE_CALLMANAGER + CONFIG_NODES,
    SERVE_FACE,
    SERVE_PARTIES = SERVE_FACE + CONFIG_INTERFACES
};
enum { EXIT_SERVED = 0, EXIT_CANNOT = 1, EXIT_WRONG_USE = 2, EXIT_MACHINE = 3 };

/* An interface that is served: the network on it, and its voice VLAN. A network is one of these that has an
 * address; its number (serve.network) is the `stream` of DHCP's datagrams and ARP frames. */
struct face {
    struct serve *serve;
    const struct config_interface *config;
    struct machine_interface machine;
    ipv4 home;           /* the first address that it had: which is served whenever it has it; 0: none yet */
    uint16_t voice_vlan; /* that is announced; 0: none */
    struct packet packet;
    struct interface engine;
    struct heard_neighbour *heard;
    struct tagged tagged;
    bool packet_open, tagged_open, announces, looked;
    bool here;     /* it is there, up, and served; else `why` */
    bool was_here; /* at some time since the start */
    bool quiet;    /* it came back, and DHCP waits there until the look is over */
    char why[200]; /* why it does not announce */
};

struct serve_dhcp {
    struct dhcp_server_config config;
    struct dhcp_subnet *subnet;
    size_t first, last; /* places in serve.memory of all that it has: freed when another takes over */
};

struct serve {
    struct serve_config config;
    struct loop loop;
    struct store *store;
    struct durable durable;
    struct datagrams datagrams;
    struct streams streams;
    struct face face[CONFIG_INTERFACES];
    size_t faces;
    ipv4 address; /* as phones know us: of the first voice VLAN, else of the first interface; 0: none is there yet */
    struct devices devices;
    struct documents documents;
    struct dhcp_server dhcp;
    struct tftp_server tftp;
    struct callmanager callmanager[CONFIG_NODES];
    uint8_t callmanagers;
    int listener[CONFIG_NODES][2 * CONFIG_INTERFACES];
    struct folder folder;
    struct http_files http[2 * CONFIG_INTERFACES]; /* by network */
    bool http_open[2 * CONFIG_INTERFACES];
    struct http_files_counts http_ended; /* of listeners that are closed: counters only rise */
    bool folder_open;
    bool dhcp_on; /* the role answers */
    bool dhcp_bound;
    int dhcp_socket[2 * CONFIG_INTERFACES]; /* by network; -1: none there */
    char dhcp_why[200];                     /* why it does not */
    usec ready_at;                          /* at the latest */
    bool ready, stopping;
    struct control *control;
    struct metrics *metrics;
    struct steps steps;
    struct dhcp_interface
        network[2 * CONFIG_INTERFACES]; /* those that are there: an interface with an address, a voice VLAN */
    struct {
        uint8_t face, prefix;
        bool voice;
        char name[INTERFACE_TEXT]; /* to bind to */
    } network_of[2 * CONFIG_INTERFACES];
    struct arrivals arrivals; /* interfaces by which phones come: those that are served, and lo */
    uint32_t networks;        /* a network keeps its number, also while its interface is away */
    struct link_watch links;
    uv_timer_t links_again;
    usec address_away; /* since when the interface of `address` is away; 0: it is here */
    struct serve_dhcp *dhcp_made;
    struct askers askers;
    struct mac our_mac[CONFIG_INTERFACES];
    ipv4 our_address[2 * CONFIG_INTERFACES];
    uint64_t seed;
    uint64_t wall_at_start; /* microseconds since 1970 when loop_now was 0 */
    struct serve_watch watch;
    uv_timer_t second;
    uv_signal_t signals[4];
    void **memory;
    size_t memories, memories_room;
    int argc;
    char **argv;
    int lock; /* descriptor of STATE/lock */
};

int serve_main(int argc, char **argv);
int serve_run(struct serve *); /* until it is told to stop; the exit status */

void *serve_space(struct serve *, size_t size);                   /* zeroed; freed at the end; NULL: no memory */
void serve_free_space(struct serve *, size_t first, size_t last); /* what serve_space gave from `first` up to `last` */
void serve_act(void *serve, uint32_t party, const struct action *, struct bytes payload);

/* engines.c */
bool serve_open_engines(struct serve *, struct net_error *why);
/* What the configuration says of groups, pools, devices and settings, into the table; what differs is stored. */
bool serve_lay_down(struct serve *, struct net_error *why);
/* dhcp.c */
bool serve_open_dhcp(struct serve *, struct net_error *why);
bool serve_reload_dhcp(struct serve *, struct net_error *why);
/* reload.c */
void serve_reload(struct serve *);
/* main.c: the file and the options again */
bool serve_read_config(struct serve_config *, int argc, char **argv, config_say_fn *, void *context);
/* files.c: documents, the folder, TFTP, HTTP */
bool serve_open_files(struct serve *, struct net_error *why);
int serve_open_http(struct serve *, struct net_error *why); /* at each network where it is not yet */
void serve_close_http(struct serve *, uint32_t network);
void serve_close_files(struct serve *);
void serve_rescan_folder(struct serve *);
enum found serve_find_file(struct serve *, struct bytes name, struct served **out);
void serve_release_file(struct serve *, struct served *);
/* faces.c */
bool serve_find_faces(struct serve *, struct net_error *why); /* what the machine has; nothing is changed */
bool serve_voice_is_apart(const struct serve *, const struct face *, struct net_error *why);
bool serve_open_faces(struct serve *, struct net_error *why); /* voice VLANs, packet sockets, the look */
bool serve_open_face(struct serve *, struct face *, struct net_error *why);
void serve_close_face(struct face *);
void serve_list_networks(
    struct serve *); /* those that are there now; one that was there keeps its number and last address */
void serve_choose_address(struct serve *);
void serve_tell_ours(struct serve *);
bool serve_network_is_here(const struct serve *, uint32_t network);
uint32_t serve_network(const struct serve *, const struct face *, bool voice); /* its number; UINT32_MAX: none */
const char *serve_network_name(const struct serve *, uint32_t network);        /* of the interface to bind to */
void serve_open_face_engines(struct serve *);
void serve_open_face_engine(struct serve *, struct face *);
void serve_start_faces(struct serve *); /* the look begins; what needs none begins to announce */
void serve_start_face(struct serve *, struct face *);
void serve_say_farewell(struct serve *);
void serve_close_faces(struct serve *); /* what was made goes; also of those that were never opened */
void serve_face_frame(struct serve *, uint32_t party, const struct action *, struct bytes frame); /* ACTION_FRAME */
void serve_face_news(struct serve *, uint32_t face, uint16_t news, struct bytes facts);
/* links.c: interfaces that go, come back, or have another address now */
/* Is it to be served? Else *why, in words. */
bool serve_face_is_there(const struct face *, struct machine_interface *now, char why[200]);
int serve_watch_links(struct serve *, struct net_error *why);
void serve_close_links(struct serve *);
/* serve.c: the look of one interface is over; `other_dhcp`: words on a DHCP server that was heard, NULL: none */
void serve_looked(struct serve *, const char *other_dhcp);
#endif
