/* net/error.h: why something of the Linux driver failed: a negative errno, and a sentence for people.
 *
 * Every call of this room that can fail for a reason outside the program returns 0 (or something not negative) or a
 * negative errno, and fills in the caller's struct net_error; the room prints nothing. The text is one line without a
 * full stop, and names what was tried: "add route 10.1.0.0/16: Network is unreachable (Nexthop has invalid gateway)".
 */
#ifndef NET_ERROR_H
#define NET_ERROR_H

struct net_error {
    int code; /* a negative errno; 0: none */
    char text[320];
};

/* Fills in *why (which may be NULL) and returns `code`, which is a negative errno. strerror(-code) is not added. */
int net_fail(struct net_error *why, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same, with ": " and the words of errno behind the text. */
int net_fail_errno(struct net_error *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
