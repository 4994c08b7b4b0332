/* switch/cable.h: what a cable passes from one end to the other. Pure: no state, no time; for drivers, who own cables.
 *
 * Both ends say what they do (wire/line.h); cable_pass says what arrives at one of them. Call it for each end whenever
 * either end or the mode has changed, and hand the result over as EVENT_LINE.
 *
 *                 pulses                       load and current               carrier             frames
 *   STRAIGHT      those of the far end         that of the far end            that of the far end to the far end
 *   OPEN          none                         open                           none                nowhere
 *   SHORT         none                         0 ohms, current at its limit   none                nowhere
 *   LOOPBACK      one's own, wide and narrow   0 ohms, current at its limit   one's own           back to the sender
 *   PC            none (it is up already)      150 ohms, no signature         up, 100 full        nowhere
 *   SWITCH        its own words, wide          open                           once it sees ours   nowhere
 *
 * A PC and a SWITCH are played by the cable: there is no engine at their far end, and what arrives there is idle.
 * A phone that its own adaptor feeds needs no mode: its relay is open and its load is none, by its own engine.
 */
#ifndef SWITCH_CABLE_H
#define SWITCH_CABLE_H
#include "wire/line.h"

enum cable_mode { CABLE_STRAIGHT, CABLE_OPEN, CABLE_SHORT, CABLE_LOOPBACK, CABLE_PC, CABLE_SWITCH };
enum cable_frames { CABLE_TO_FAR, CABLE_BACK, CABLE_NOWHERE };

/* What arrives at the end that does `here`, when the other end does `there`. For PC and SWITCH `here` is the end of the
 * switch under test. */
struct line cable_pass(enum cable_mode, const struct line *here, const struct line *there);
enum cable_frames cable_frames(enum cable_mode); /* where a frame goes that one end sent */
#endif
