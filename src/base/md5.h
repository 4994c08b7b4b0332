/* base/md5.h: MD5 (RFC 1321), because the lists of some image loads have it behind each file's name. It tells a file
 * that was cut or mixed up; against somebody who wants to deceive it says nothing, and nothing here relies on it for
 * that.
 *
 * Takes   any bytes, in pieces of any size; pure.
 */
#ifndef BASE_MD5_H
#define BASE_MD5_H
#include "base/blocks.h"

enum { MD5_SIZE = 16 };

struct md5 {
    uint8_t byte[MD5_SIZE];
};

struct md5_counting {
    uint32_t state[4];
    struct blocks blocks;
};

struct md5_counting md5_begin(void);
void md5_add(struct md5_counting *, struct bytes);
struct md5 md5_end(struct md5_counting *);
bool md5_equal(const struct md5 *, const struct md5 *);
/* 32 hex digits of any case, and nothing else. */
bool md5_parse(struct bytes, struct md5 *out);
enum { MD5_TEXT = 2 * MD5_SIZE + 1 };
const char *md5_text(char to[MD5_TEXT], const struct md5 *); /* lower case; returns `to` */
#endif
