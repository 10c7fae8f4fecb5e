/* sd_notify(3) without its library: one datagram to NOTIFY_SOCKET. */
#ifndef GAOL_PROCESS_NOTIFY_H
#define GAOL_PROCESS_NOTIFY_H

/*
 * "READY=1", "STOPPING=1" …; nothing happens without a supervisor. Whether it
 * listens changes nothing for us, so there is no result.
 */
void notify_send(const char *state);
void notify_ready(const char *status);   /* with MAINPID */
void notify_reloading(void);

#endif
