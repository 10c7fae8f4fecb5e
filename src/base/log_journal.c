#include "base/log_journal.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/*
 * A value with its length before it may hold anything, a line's end included;
 * the other fields are our own words.
 */
bool
log_journal_send(int fd, const struct log_record *r)
{
	char head[256];
	uint8_t length[8];
	struct iovec parts[4];
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 4 };
	size_t n, total = 0;

	n = log_format_print(head, sizeof(head), "PRIORITY=%d\n"
	    "SYSLOG_IDENTIFIER=fail2ban\nLOGGER=%.100s\nMESSAGE\n",
	    r->priority, r->logger);
	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)((uint64_t)r->message.n >> (8 * i));
	parts[0] = (struct iovec){ head, n };
	parts[1] = (struct iovec){ length, sizeof(length) };
	parts[2] = (struct iovec){ (void *)(uintptr_t)r->message.p,
		r->message.n };
	parts[3] = (struct iovec){ (void *)(uintptr_t)"\n", 1 };
	for (size_t i = 0; i < 4; i++)
		total += parts[i].iov_len;
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)total;
}
