#include "tools/progress.h"

#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 1000
#define EVERY_MS 200
#define WIDTH 40

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
progress_begin(struct progress *p, FILE *to, uint64_t total)
{
	*p = (struct progress){ .total = total };
	if (isatty(fileno(to)))
		p->to = to;
	p->begun = now_ms();
}

static void
draw(struct progress *p, uint64_t at, uint64_t lines, int64_t ms)
{
	static const char full[WIDTH + 1] =
	    "########################################";
	int part = p->total == 0 ? 0 : at >= p->total ? WIDTH :
	    (int)((double)at / (double)p->total * WIDTH);

	fputc('\r', p->to);
	if (p->total > 0)
		fprintf(p->to, "[%-*.*s] %3d %%  ", WIDTH, part, full,
		    at >= p->total ? 100 :
		    (int)((double)at / (double)p->total * 100));
	fprintf(p->to, "%" PRIu64 " lines, %.0f/s\033[K", lines,
	    (double)lines * 1000 / (double)ms);
	fflush(p->to);
}

void
progress_show(struct progress *p, uint64_t at, uint64_t lines)
{
	int64_t now;

	if (p->to == NULL)
		return;
	now = now_ms();
	if (now - p->begun < WAIT_MS || now - p->shown < EVERY_MS)
		return;
	p->shown = now;
	p->drawn = true;
	draw(p, at, lines, now - p->begun);
}

void
progress_end(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", p->to);
	p->to = NULL;
}
