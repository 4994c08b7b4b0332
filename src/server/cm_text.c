/* Which texts of a message a phone shows, and how it can read them: UTF-8, or as a phone of before that wants it, ISO
 * 8859-1. Numbers, names of files and addresses are ASCII. */
#include "base/text.h"
#include "server/cm.h"

enum { TEXTS = 4 };

static size_t texts_of(struct sccp_message *m, struct bytes *text[TEXTS])
{
    switch (m->id) {
    case SCCP_LINE_STAT:
    case SCCP_LINE_STAT_DYNAMIC:
        text[0] = &m->line.name;
        text[1] = &m->line.label;
        return 2;
    case SCCP_CONFIG_STAT:
    case SCCP_CONFIG_STAT_DYNAMIC:
        text[0] = &m->config.user_name;
        text[1] = &m->config.server_name;
        return 2;
    case SCCP_SPEED_DIAL_STAT:
    case SCCP_SPEED_DIAL_STAT_DYNAMIC: text[0] = &m->speed_dial.name; return 1;
    case SCCP_FEATURE_STAT:
    case SCCP_FEATURE_STAT_DYNAMIC: text[0] = &m->feature.label; return 1;
    case SCCP_SERVICE_URL_STAT:
    case SCCP_SERVICE_URL_STAT_DYNAMIC: text[0] = &m->service.label; return 1;
    case SCCP_DISPLAY_PROMPT_STATUS:
    case SCCP_DISPLAY_DYNAMIC_PROMPT_STATUS:
    case SCCP_DISPLAY_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_NOTIFY: text[0] = &m->prompt.text; return 1;
    case SCCP_DISPLAY_PRI_NOTIFY:
    case SCCP_DISPLAY_DYNAMIC_PRI_NOTIFY: text[0] = &m->call.notice.text; return 1;
    case SCCP_CALL_INFO:
    case SCCP_CALL_INFO_DYNAMIC:
        text[0] = &m->call.info.calling.name;
        text[1] = &m->call.info.called.name;
        text[2] = &m->call.info.original.name;
        text[3] = &m->call.info.redirecting.name;
        return 4;
    case SCCP_DISPLAY_TEXT: text[0] = &m->text; return 1;
    default: return 0;
    }
}

const struct sccp_message *cm_readable(const struct cm_connection *c, const struct sccp_message *message,
                                       struct sccp_message *room, uint8_t texts[CM_TEXTS])
{
    struct writer w = writer(texts, CM_TEXTS);
    struct bytes *text[TEXTS];

    if (c->utf8) return message;
    *room = *message;
    size_t n = texts_of(room, text);
    for (size_t i = 0; i < n; i++) {
        size_t begun = w.len;
        text_to_latin1(&w, *text[i]);
        *text[i] = written_from(&w, begun);
    }
    return room;
}
