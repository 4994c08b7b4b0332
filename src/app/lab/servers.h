/* app/lab/servers.h: a process of the lab: DHCP, TFTP and up to three CallManagers on the kernel's real sockets, over
 * one device table and one store. What an engine puts after a STORE leaves only when the store has committed it
 * (net/durable.h). */
#ifndef APP_LAB_SERVERS_H
#define APP_LAB_SERVERS_H

int servers_run(int socket, void *plan); /* a role of net/process.h; returns its exit status */
#endif
