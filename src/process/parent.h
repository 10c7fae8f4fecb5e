/*
 * The parent: root, and for that reason a process that parses nothing. It
 * opens what needs root (pid lock, control socket, log target, state
 * directory), starts warden and engine, and waits for signals and their end.
 *
 * The protocol with a child:
 *	parent	spawns it, sends WIRE_GIVE{PEER}, {LOG} and, engine, {SOCKET}
 *	child	WIRE_READY once it works and is sandboxed; both: daemon ready
 *	child	WIRE_REOPEN_LOG: both get a new {LOG}
 *	parent	{LOG} to both, then WIRE_FLUSHLOGS to the engine, on SIGUSR1
 *	child	WIRE_RELOAD_START: {LOG} to both if fail2ban.conf names another
 *	engine	WIRE_SET_LEVEL: the others get WIRE_LEVEL
 *	engine	WIRE_SET_TARGET: {LOG} to both, if that may be; then
 *		WIRE_TARGET_SET to the engine
 *	engine	WIRE_WANT_RUNNER: a runner is spawned, gets {LOG}, {PEER}, and
 *		the engine the other end as {RUNNER}
 *	parent	WIRE_STOP to the engine; when that is gone, to the runner, then
 *		to the warden
 *	child	WIRE_STOPPED, then its process ends (role_end())
 * An engine may send WIRE_STOPPED unasked (`stop` of a client): the daemon
 * then stops with that status. A child that ends otherwise ends the daemon
 * with status 1; bans stay in the kernel. A runner that ends is replaced.
 */
#ifndef GAOL_PROCESS_PARENT_H
#define GAOL_PROCESS_PARENT_H

#include "process/start.h"

#define PARENT_STOP_SECONDS 10

/*
 * Runs the daemon to its end; the exit status. ready_fd: gets one byte when
 * everything works, and is closed then (-1: nobody waits).
 */
int parent_run(const struct start *start, int ready_fd);

#endif
