/* app/lab/replay.h: `dialtone replay FILE`. */
#ifndef APP_LAB_REPLAY_H
#define APP_LAB_REPLAY_H

int replay_main(int argc, char **argv); /* 0: the same digests; 1: not; 2: wrong usage; 3: the file cannot be read */
#endif
