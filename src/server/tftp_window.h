/* server/tftp_window.h: what tftp.c and tftp_window.c share: the packets of one transfer. No other file includes it.
 */
#ifndef SERVER_TFTP_WINDOW_H
#define SERVER_TFTP_WINDOW_H
#include "server/tftp.h"
#include "wire/tftp.h"

enum window_heard {
    WINDOW_NOTHING,  /* an ACK of what was acknowledged long ago, or was never sent */
    WINDOW_REPEAT,   /* the client asks for the window again */
    WINDOW_ADVANCED, /* the next window is to be sent */
    WINDOW_DONE,     /* the last block is acknowledged */
};

bool window_options(struct tftp_transfer *, const struct tftp_server_config *, struct bytes options); /* any taken? */
void window_send(struct tftp_transfer *, const struct tftp_server_config *, struct tftp_counts *, struct outbox *);
enum window_heard window_heard(struct tftp_transfer *, const struct tftp_server_config *, uint16_t number);
#endif
