#include "action/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/number.h"
#include "base/xalloc.h"

#define ROUNDS_MAX 8           /* against those who fork while we look */
#define FILE_MAX (256u << 10)  /* bytes of an environment that are read */

struct process {
	pid_t pid, parent;
	char state;
	bool ours;
};

struct processes {
	struct process *v;
	size_t n, cap;
};

/* /proc/PID/NAME into b. 0, or -1: it has ended, or is not ours to see. */
static int
read_file(const char *pid, const char *name, struct buf *b)
{
	char path[64];
	ssize_t n = 0;
	int fd;

	buf_clear(b);
	if ((size_t)snprintf(path, sizeof(path), "/proc/%s/%s", pid, name) >=
	    sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	while (b->n < FILE_MAX) {
		n = read(fd, buf_reserve(b, 4096), 4096);
		if (n <= 0)
			break;
		b->n += (size_t)n;
		b->p[b->n] = '\0';
	}
	close(fd);
	return n == -1 ? -1 : 0;
}

/* "PID (any name) STATE PPID …" */
static bool
parse_stat(struct span stat, struct process *p)
{
	size_t at = span_find_last(stat, SPAN(") "));
	struct span state, parent;
	int64_t number;

	if (at == SPAN_NONE)
		return false;
	stat = span_skip(stat, at + 2);
	if (!span_word(&stat, " ", &state) ||
	    !span_word(&stat, " ", &parent) ||
	    number_parse(parent, 0, INT32_MAX, &number) != 0)
		return false;
	p->state = state.p[0];
	p->parent = (pid_t)number;
	return true;
}

static bool
is_marked(const char *pid, const char *mark, struct buf *scratch)
{
	struct buf want = { 0 };
	struct span rest, entry;
	bool found = false;

	if (read_file(pid, "environ", scratch) != 0)
		return false;
	buf_addf(&want, "%s=%s", TREE_MARK, mark);
	rest = buf_span(scratch);
	while (!found && span_cut(&rest, '\0', &entry))
		found = span_eq(entry, buf_span(&want));
	buf_fini(&want);
	return found;
}

static void
collect(struct processes *l, pid_t root, const char *mark)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	struct buf text = { 0 };

	if (dir == NULL)
		return;
	while ((d = readdir(dir)) != NULL) {
		struct process p = { 0 };
		int64_t pid;

		if (number_parse(span_of(d->d_name), 2, INT32_MAX, &pid) != 0 ||
		    pid == getpid() ||
		    read_file(d->d_name, "stat", &text) != 0 ||
		    !parse_stat(buf_span(&text), &p))
			continue;
		p.pid = (pid_t)pid;
		p.ours = p.pid == root || is_marked(d->d_name, mark, &text);
		if (l->n == l->cap) {
			l->cap = l->cap == 0 ? 256 : l->cap * 2;
			l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
		}
		l->v[l->n++] = p;
	}
	closedir(dir);
	buf_fini(&text);
}

static bool
is_ours(const struct processes *l, pid_t pid)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].pid == pid)
			return l->v[i].ours;
	return false;
}

/* Whose parent is ours is ours; until nothing changes. */
static void
spread(struct processes *l)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < l->n; i++)
			if (!l->v[i].ours && is_ours(l, l->v[i].parent)) {
				l->v[i].ours = true;
				changed = true;
			}
	}
}

unsigned
tree_kill(pid_t root, const char *mark)
{
	unsigned total = 0;

	kill(-root, SIGKILL);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		struct processes l = { 0 };
		unsigned found = 0;

		collect(&l, root, mark);
		spread(&l);
		for (size_t i = 0; i < l.n; i++)
			/* Zombies have nothing left to lose. */
			if (l.v[i].ours && l.v[i].state != 'Z' &&
			    kill(l.v[i].pid, SIGKILL) == 0)
				found++;
		free(l.v);
		total += found;
		if (found == 0)
			break;
	}
	return total;
}
