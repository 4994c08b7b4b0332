/* wire/xml_alarm.h: the document of an SCCP XMLAlarm (0x015A), in which loads of 8.4 and later tell why they were out
 * of service: `x-cisco-alarm`, in it an `Alarm` with its name and a list of parameters (`String`, `Enum`), each by
 * name.
 *
 * It is looked through, not parsed: real phones write what is no XML (a 7961 that had no connection yet told
 * `<String name="UnifiedCMIPAddress"><not open></String>`). The case of names, the quotes around them and white space
 * do not matter, nor in which order the parameters come.
 * Garbage  never an error. A parameter counts when its end tag is there: half a number is none. What is cut off, or
 *          begins in the midst of a document, gives what is whole in it: `begun` and `ended` say which ends are there.
 *          Text in UTF-8 or ISO 8859-1, or in UTF-16 of either order, with or without its mark; what is not printable
 *          ASCII becomes '?'. Texts are cut to their field. Comments are passed over.
 * Memory   nothing is borrowed. Cost: one pass.
 */
#ifndef WIRE_XML_ALARM_H
#define WIRE_XML_ALARM_H
#include "base/address.h"

struct xml_alarm {
    bool begun, ended; /* its root's start tag, or the alarm's; its root's end tag */
    bool has_reason;   /* ReasonForOutOfService: a phone that was never out of service leaves it empty */
    uint32_t reason;
    ipv4 address;    /* DeviceIPv4Address, without its prefix length; 0: none */
    char name[28];   /* of the alarm: LastOutOfServiceInformation */
    char device[16]; /* DeviceName */
};

void xml_alarm_decode(struct xml_alarm *out, struct bytes document);
/* Whether anything of an alarm was in it. */
bool xml_alarm_told(const struct xml_alarm *);
/* As the text alarms have it, in at most 80 bytes: `LastOutOfServiceInformation: Name=SEP002699438F62
 * Last=KeepaliveTO (15)`. */
void xml_alarm_text(struct writer *, const struct xml_alarm *);
/* Puts what only the second part told into the first one. */
void xml_alarm_join(struct xml_alarm *first, const struct xml_alarm *second);
/* The words of a reason; NULL: none are known. Not the list of `Last=` of the text alarms: 15 to 17 differ. */
const char *xml_alarm_reason(uint32_t);
/* What of a body is the document: to its first NUL, but in UTF-16 every other byte is one. */
struct bytes xml_alarm_document(struct bytes body);
#endif
