#include "base/engine.h"

void outbox_init(struct outbox *out, struct action *actions, uint32_t most, void *bytes, size_t size)
{
    *out = (struct outbox){.actions = actions, .most = most, .bytes = writer(bytes, size)};
}

void outbox_clear(struct outbox *out)
{
    out->count = 0;
    out->bytes.len = 0;
    out->bytes.full = false;
}

struct writer *put(struct outbox *out, struct action action)
{
    if (out->count == out->most) {
        out->bytes.full = true;
        return &out->bytes;
    }
    action.engine = out->engine;
    action.at = out->bytes.len;
    out->actions[out->count++] = action;
    return &out->bytes;
}

struct bytes payload(const struct outbox *out, uint32_t index)
{
    size_t at = out->actions[index].at;
    size_t end = index + 1 < out->count ? out->actions[index + 1].at : out->bytes.len;

    return (struct bytes){out->bytes.start + at, end - at};
}

usec earlier(usec a, usec b)
{
    return a < b ? a : b;
}

usec after(usec now, usec delay)
{
    return delay > NEVER - now ? NEVER : now + delay;
}
