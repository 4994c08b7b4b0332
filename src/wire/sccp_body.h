/* wire/sccp_body.h: a walk over an SCCP body that either reads or writes it, so that each layout stands once (inside
 * the codec only: sccp_register.c, sccp_status.c, sccp_call.c, sccp_media.c, sccp_body.c).
 *
 * Reading  is lenient, as real peers of different ages demand (sccp_register.h): a number of which a byte is missing is
 *          0, a text of which bytes are missing is what came of it, and a string may lack its NUL. It never faults.
 * Writing  cuts texts at their first NUL and at the most of their field.
 */
#ifndef WIRE_SCCP_BODY_H
#define WIRE_SCCP_BODY_H
#include "wire/sccp_register.h"

/* What a text may be long, without its NUL. The dynamic ones have no fixed field. A prompt is at most 97 bytes with its
 * NUL and an XMLAlarm 2,048 (Wireshark's table of the protocol); nothing that we know of documents the others, so a
 * number stays what it is in the fixed form, and a name what fits three times into half a kilobyte. */
enum {
    MOST_NAME = 16,
    MOST_NUMBER = 24,
    MOST_LABEL = 40,
    MOST_REJECT = 33,
    MOST_PROMPT = 32,
    MOST_URL = 256,
    MOST_DYNAMIC_NUMBER = 24,
    MOST_DYNAMIC_NAME = 120,
    MOST_DYNAMIC_PROMPT = 96,
    MOST_DYNAMIC_URL = 255,
    MOST_XML = 2047,
    PAD = 4
};

/* Protocol versions from which a layout is another one. */
enum {
    TYPED_ADDRESSES = 17, /* an address is a type and 16 bytes */
    LONG_NUMBERS = 18,    /* a directory number has 25 bytes, packed */
};
enum { IPV6 = 16 };

struct bytes text_within(struct bytes, size_t most); /* up to its first NUL and no longer than that */

/* What is known of a message: the least body that is taken, and its layout. */
struct walk;
struct body {
    uint32_t id;
    uint16_t least;
    void (*walk)(struct walk *, struct sccp_message *);
};

struct walk {
    struct writer *to; /* NULL: reading */
    size_t begun;      /* writing: the writer's len at the start of the body */
    struct reader from;
    size_t size; /* reading: of the whole body */
    uint8_t version;
};

void walk_u8(struct walk *, uint8_t *);
void walk_le16(struct walk *, uint16_t *);
void walk_le32(struct walk *, uint32_t *);
void walk_count(struct walk *, uint32_t *, uint32_t most); /* cut to the places that the structure has */
void walk_address(struct walk *, ipv4 *);                  /* network order, other than all else */
void walk_skip(struct walk *, size_t n);                   /* zeros when writing */
void walk_field(struct walk *, struct bytes *, size_t n);  /* a fixed field */
void walk_string(struct walk *, struct bytes *, size_t most);
void walk_bytes(struct walk *, uint8_t *, size_t n);     /* n bytes as they are; zeros when one of them is missing */
void walk_data(struct walk *, struct bytes *, size_t n); /* n bytes with NULs and all; fewer when fewer are there */
void walk_padding(struct walk *);                        /* to a multiple of PAD, behind the strings */
/* The same two for a text that may begin with `80 nn` (a phrase that the phone knows in its own language). */
void walk_label_field(struct walk *, uint8_t *label, struct bytes *text, size_t n);
void walk_label_string(struct walk *, uint8_t *label, struct bytes *text, size_t most);

/* The bodies of wire/sccp_call.h; NULL for an id that is not there. */
const struct body *call_body(uint32_t id);  /* sccp_call.c */
const struct body *media_body(uint32_t id); /* sccp_media.c */

/* What sccp_register.c lays out and others use too. */
void walk_number(struct walk *, struct sccp_message *);
void walk_other(struct walk *, struct sccp_message *); /* no layout: the body as it is */

/* What sccp_register.c calls of sccp_status.c: one layout each. */
void walk_buttons(struct walk *, struct sccp_message *);
void walk_soft_keys(struct walk *, struct sccp_message *);
void walk_key_sets(struct walk *, struct sccp_message *);
void walk_keys(struct walk *, struct sccp_message *);
void walk_line(struct walk *, struct sccp_message *);
void walk_line_dynamic(struct walk *, struct sccp_message *);
void walk_speed_dial(struct walk *, struct sccp_message *);
void walk_speed_dial_dynamic(struct walk *, struct sccp_message *);
void walk_forward(struct walk *, struct sccp_message *);
void walk_feature_req(struct walk *, struct sccp_message *);
void walk_feature(struct walk *, struct sccp_message *);
void walk_feature_dynamic(struct walk *, struct sccp_message *);
void walk_service(struct walk *, struct sccp_message *);
void walk_service_dynamic(struct walk *, struct sccp_message *);
void walk_time(struct walk *, struct sccp_message *);
void walk_prompt(struct walk *, struct sccp_message *);
void walk_prompt_dynamic(struct walk *, struct sccp_message *);
void walk_notify(struct walk *, struct sccp_message *);
void walk_notify_dynamic(struct walk *, struct sccp_message *);
#endif
