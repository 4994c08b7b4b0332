#include "net/arrival.h"
#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>

enum { WHOLE = 0x40000 };

int arrival_only(int fd, const struct arrivals *a, struct net_error *why)
{
    struct sock_filter code[ARRIVALS_MOST + 3];
    unsigned short n = 0;

    if (a->count > ARRIVALS_MOST) return net_fail(why, -EINVAL, "more than %d interfaces", ARRIVALS_MOST);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX));
    for (size_t i = 0; i < a->count;
         i++) { /* equal: to the last instruction, over those that are left and the refusal */
        uint8_t left = (uint8_t)(a->count - i - 1);
        uint32_t index = a->index[i] > 0 ? (uint32_t)a->index[i] : UINT32_MAX;
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, index, (uint8_t)(left + 1), 0);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, WHOLE);
    struct sock_fprog program = {.len = n, .filter = code};
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
        return net_fail_errno(why, "filter by the interface of arrival");
    return 0;
}

void arrival_any(int fd)
{
    int none = 0;

    (void)setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none);
}
