/* app/lab/lab.h: `dialtone lab`. */
#ifndef APP_LAB_LAB_H
#define APP_LAB_LAB_H

int lab_main(int argc, char **argv); /* the exit status; argv[0] is the command's name */
int firmware_main(int argc, char **argv);
#endif
