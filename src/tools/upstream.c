#include "tools/upstream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "base/span.h"
#include "tools/program.h"
#include "tools/running.h"

#define START_SECONDS 120
#define ASK_SECONDS 60
#define STILL_SECONDS 10      /* the number of bans does not rise any more */
#define QUIET_LOOKS 20        /* in a row, without a command */
#define LOOK_MS 50

static bool
is_script(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char mark[2] = "";
	bool yes;

	if (fd == -1)
		return false;
	yes = access(path, X_OK) == 0 && read(fd, mark, 2) == 2 &&
	    memcmp(mark, "#!", 2) == 0;
	close(fd);
	return yes;
}

char *
upstream_client(void)
{
	static const char bins[] = "/usr/bin:/usr/local/bin:/bin";
	const char *path = getenv("PATH");
	struct buf dirs = { 0 };
	struct span rest, dir;
	char *found = NULL;

	if (path != NULL)
		buf_addf(&dirs, "%s:", path);
	buf_adds(&dirs, bins);
	rest = buf_span(&dirs);
	while (found == NULL && span_cut(&rest, ':', &dir)) {
		struct buf name = { 0 };

		buf_addf(&name, "%.*s/fail2ban-client", SPAN_FMT(dir));
		if (dir.n > 0 && is_script(name.p))
			found = buf_take(&name);
		buf_fini(&name);
	}
	buf_fini(&dirs);
	return found;
}

int
upstream_start(const char *client, const struct config *config,
    struct buf *why)
{
	const char *const argv[] = {
		client, "-c", config->dir, "start", NULL
	};
	struct buf out = { 0 };
	int rc;

	if (strcmp(config->dir, "/etc/fail2ban") == 0 &&
	    running_has_unit(UPSTREAM_UNIT))
		return running_systemctl("start", UPSTREAM_UNIT, why);
	rc = program_run(argv, START_SECONDS, &out);
	if (rc != 0)
		buf_addf(why, "%s start: %s", client, rc == -1 ?
		    strerror(errno) : out.n > 0 ? out.p : "failed");
	buf_fini(&out);
	return rc == 0 ? 0 : -1;
}

/* "   |- Currently banned:	12"; -1 when it does not say. */
static int64_t
count_bans(const char *client, const struct config *config, const char *jail)
{
	const char *const argv[] = {
		client, "-c", config->dir, "status", jail, NULL
	};
	const struct span key = SPAN("Currently banned:");
	struct buf out = { 0 };
	int64_t n = -1;

	if (program_run(argv, ASK_SECONDS, &out) == 0) {
		struct span text = buf_span(&out), word;
		size_t at = span_find(text, key);

		if (at != SPAN_NONE) {
			text = span_sub(text, at + key.n,
			    text.n - at - key.n);
			if (!span_word(&text, " \t\n", &word) ||
			    number_parse(word, 0, INT64_MAX, &n) == -1)
				n = -1;
		}
	}
	buf_fini(&out);
	return n;
}

/* All of the jails' bans, or -1; *missing: how many have not come yet. */
static int64_t
count_all(const char *client, const struct config *config,
    const size_t *bans, size_t *missing)
{
	int64_t sum = 0;

	*missing = 0;
	for (size_t i = 0; i < config->jails_n; i++) {
		int64_t n;

		if (bans[i] == 0)
			continue;
		n = count_bans(client, config, config->jails[i].name);
		if (n == -1)
			return -1;
		sum += n;
		if ((uint64_t)n < bans[i])
			*missing += bans[i] - (size_t)n;
	}
	return sum;
}

static void
nap(void)
{
	const struct timespec ts = { 0, LOOK_MS * 1000000L };

	nanosleep(&ts, NULL);
}

/* Whatever it counts as banned is in force once no command runs. */
static int
wait_quiet(const struct running *r, time_t end)
{
	int quiet = 0;

	while (quiet < QUIET_LOOKS) {
		if (time(NULL) >= end)
			return -1;
		quiet = running_has_child(r) ? 0 : quiet + 1;
		nap();
	}
	return 0;
}

static int
wait_counts(const char *client, const struct config *config,
    const size_t *bans, time_t end)
{
	time_t risen = time(NULL);
	int64_t most = -1;
	size_t missing;

	while (time(NULL) < end) {
		int64_t n = count_all(client, config, bans, &missing);

		if (n >= 0 && missing == 0)
			return 0;
		if (n > most) {
			most = n;
			risen = time(NULL);
		} else if (n >= 0 && time(NULL) - risen >= STILL_SECONDS) {
			return 0;
		}
		nap();
	}
	return -1;
}

int
upstream_wait_bans(const char *client, const struct config *config,
    const char *pidfile, const size_t *bans, int seconds, struct buf *why)
{
	time_t end = time(NULL) + seconds;
	struct running r;
	int rc = -1;

	if (wait_counts(client, config, bans, end) == 0) {
		if (running_find(&r, pidfile, why) == -1)
			return -1;
		if (r.kind != RUNNING_FAIL2BAN)
			buf_adds(why, "fail2ban has ended");
		else
			rc = wait_quiet(&r, end);
		running_fini(&r);
	}
	if (rc == -1 && why->n == 0)
		buf_addf(why, "fail2ban has not set its bans after %d s",
		    seconds);
	return rc;
}
