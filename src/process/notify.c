#include "process/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

void
notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	n = strlen(path);
	if (n < 2 || n >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, n);
	/* A name in the abstract space begins with NUL and has no end. */
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const void *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void
notify_ready(const char *status)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "READY=1\nMAINPID=%d\nSTATUS=%s",
	    (int)getpid(), status);

	if (n > 0 && (size_t)n < sizeof(text))
		notify_send(text);
}

/* Type=notify-reload wants to know when, to tell the next READY from before. */
void
notify_reloading(void)
{
	struct timespec now;
	char text[64];
	int n;

	clock_gettime(CLOCK_MONOTONIC, &now);
	n = snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	if (n > 0 && (size_t)n < sizeof(text))
		notify_send(text);
}
