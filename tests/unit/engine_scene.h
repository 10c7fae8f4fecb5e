/*
 * An engine with a parent and a warden played by the test, and a kernel whose
 * sets are an array. Messages to the warden wait until it is told to work, so
 * that a test chooses what overtakes what.
 */
#ifndef GAOL_TESTS_UNIT_ENGINE_SCENE_H
#define GAOL_TESTS_UNIT_ENGINE_SCENE_H

#include <event2/event.h>
#include <fcntl.h>
#include <stdalign.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "config/dump.h"
#include "process/engine.h"
#include "process/engine_local.h"
#include "process/sheet.h"
#include "tree.h"

#define KERNEL_MAX 16384

#ifndef SCENE_DBFILE
#define SCENE_DBFILE "None"
#endif

struct element {
	unsigned jail, action;
	struct addr addr;
	int64_t end;            /* of the boot clock, us */
};

static struct scene {
	struct tree tree;
	struct event_base *base;
	struct engine *e;
	struct role_options options;
	int parent, warden;
	struct config *config, *next;   /* the warden's */
	struct plan plan;
	uint32_t generation, next_generation;
	struct element kernel[KERNEL_MAX];
	size_t kernel_n;
	int add_error, delete_error;    /* what the kernel answers; 0: does it */
	bool refuses_nets;              /* the warden */
	unsigned adds, deletes;         /* asked so far */
	bool removed;
	bool patient;   /* nothing is left to be done when something was */
	char inbox[PORT_MESSAGE_MAX];
} *s;

static inline void
spin(void)
{
	if (!s->patient)
		event_base_loop(s->base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
	for (int i = 0; i < 4 && s->patient; i++)
		event_base_loop(s->base, EVLOOP_NONBLOCK);
}

static inline void
send_fd(int link, const void *body, size_t size, int fd)
{
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)body, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd != -1) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	assert_int_equal(sendmsg(link, &msg, MSG_NOSIGNAL), (ssize_t)size);
	if (fd != -1)
		close(fd);
	spin();
}

static inline void
give(enum wire_gift gift, int fd)
{
	const struct wire_give m = { .type = WIRE_GIVE, .gift = gift };

	send_fd(s->parent, &m, sizeof(m), fd);
}

static inline int
listener(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock", s->tree.dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

/* --- the warden ----------------------------------------------------------- */

/* Sends a configuration, as after a reload. */
static inline void
send_config(const char *jails)
{
	struct config_request request = { .dir = s->tree.dir, .share = "." };
	struct wire_config m = { WIRE_CONFIG, ++s->next_generation };
	struct report report = { 0 };
	struct buf text = { 0 };

	tree_write(&s->tree, "jail.conf", jails);
	config_free(s->next);
	s->next = config_load(&request, &report);
	assert_non_null(s->next);
	report_fini(&report);
	dump_write(s->next, DUMP_ENGINE, &text);
	send_fd(s->warden, &m, sizeof(m), sheet_new(buf_span(&text)));
	buf_fini(&text);
}

static inline void
kernel_expire(void)
{
	for (size_t i = s->kernel_n; i-- > 0;)
		if (s->kernel[i].end <= clock_boot().us)
			s->kernel[i] = s->kernel[--s->kernel_n];
}

static inline struct element *
kernel_find(unsigned jail, unsigned action, const struct addr *a)
{
	for (size_t i = 0; i < s->kernel_n; i++)
		if (s->kernel[i].jail == jail &&
		    s->kernel[i].action == action &&
		    addr_eq(&s->kernel[i].addr, a))
			return &s->kernel[i];
	return NULL;
}

static inline int
kernel_apply(uint32_t type, const struct wire_fw_record *r)
{
	const struct plan_rule *rule = &s->plan.rules[r->rule];
	struct element *el;
	int error = type == WIRE_FW_ADD ? s->add_error : s->delete_error;

	assert_true(r->rule < s->plan.rules_n);
	*(type == WIRE_FW_ADD ? &s->adds : &s->deletes) += 1;
	if (error != 0)
		return error;
	if (type == WIRE_FW_ADD && s->refuses_nets && !addr_is_host(&r->addr))
		return EACCES;
	el = kernel_find(rule->jail, rule->action, &r->addr);
	if (type == WIRE_FW_DELETE) {
		if (el != NULL)
			*el = s->kernel[--s->kernel_n];
		return 0;
	}
	if (el == NULL) {
		assert_true(s->kernel_n < KERNEL_MAX);
		el = &s->kernel[s->kernel_n++];
		*el = (struct element){ rule->jail, rule->action, r->addr, 0 };
	}
	assert_true(r->seconds != 0);
	el->end = r->seconds < 0 ? INT64_MAX :
	    clock_boot().us + r->seconds * CLOCK_SECOND;
	return 0;
}

static inline void
work_request(uint32_t type, size_t size)
{
	struct { struct wire_fw head; struct wire_fw_done v[1000]; } m = {
		.head = { WIRE_FW_DONE, s->generation },
	};
	struct wire_fw head;
	struct wire_fw_record r;
	size_t n = (size - sizeof(head)) / sizeof(r);

	memcpy(&head, s->inbox, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		memcpy(&r, s->inbox + sizeof(head) + i * sizeof(r), sizeof(r));
		m.v[i].cookie = r.cookie;
		if (head.generation != s->generation) {
			m.v[i].error = ESTALE;
			continue;
		}
		m.v[i].error = kernel_apply(type, &r);
		m.v[i].refused = m.v[i].error == EACCES;
	}
	send_fd(s->warden, &m, sizeof(m.head) + n * sizeof(m.v[0]), -1);
}

static inline void
work_dump(void)
{
	struct { struct wire_fw head; struct wire_fw_element v; } m = {
		.head = { WIRE_FW_ELEMENTS, s->generation },
	};
	const struct wire_plain end = { .type = WIRE_FW_DUMPED };

	kernel_expire();
	for (size_t i = 0; i < s->kernel_n; i++) {
		const struct element *el = &s->kernel[i];

		m.v.addr = el->addr;
		m.v.timeout = el->end == INT64_MAX ? -1 : 3600;
		m.v.end = el->end;
		for (uint32_t k = 0; k < s->plan.rules_n; k++)
			if (s->plan.rules[k].jail == el->jail &&
			    s->plan.rules[k].action == el->action)
				m.v.rule = k;
		send_fd(s->warden, &m, sizeof(m), -1);
	}
	send_fd(s->warden, &end, sizeof(end), -1);
}

/* Its tables are the next configuration's from now on. */
static inline void
work_adopt(void)
{
	config_free(s->config);
	s->config = s->next;
	s->next = NULL;
	plan_fini(&s->plan);
	plan_make(&s->plan, s->config);
	s->generation = s->next_generation;
	for (size_t i = s->kernel_n; i-- > 0;) {
		bool wanted = false;

		for (size_t k = 0; k < s->plan.rules_n; k++)
			wanted |= s->plan.rules[k].jail == s->kernel[i].jail &&
			    s->plan.rules[k].action == s->kernel[i].action;
		if (!wanted)
			s->kernel[i] = s->kernel[--s->kernel_n];
	}
}

/* One message of the engine's; false: there is none. */
static inline bool
work_one(void)
{
	const struct wire_removed removed = { .type = WIRE_FW_REMOVED };
	uint32_t type;
	ssize_t n;

	spin();
	n = recv(s->warden, s->inbox, sizeof(s->inbox), MSG_DONTWAIT);
	if (n <= 0)
		return false;
	memcpy(&type, s->inbox, sizeof(type));
	switch (type) {
	case WIRE_FW_ADD:
	case WIRE_FW_DELETE:
		work_request(type, (size_t)n);
		break;
	case WIRE_FW_DUMP:
		work_dump();
		break;
	case WIRE_CONFIG_OK:
		work_adopt();
		break;
	case WIRE_FW_REMOVE:
		s->kernel_n = 0;
		s->removed = true;
		send_fd(s->warden, &removed, sizeof(removed), -1);
		break;
	}
	return true;
}

static inline void
work_all(void)
{
	while (work_one())
		continue;
}

/* Somebody flushes the ruleset. */
static inline void
lose(void)
{
	const struct wire_fw_lost m = { .type = WIRE_FW_LOST };

	s->kernel_n = 0;
	send_fd(s->warden, &m, sizeof(m), -1);
}

/* --- clients -------------------------------------------------------------- */

static inline int
dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/sock", s->tree.dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static inline int
ask(const char *request)
{
	int fd = dial();

	assert_int_equal(write(fd, request, strlen(request)),
	    (ssize_t)strlen(request));
	assert_int_equal(write(fd, "\n", 1), 1);
	spin();
	return fd;
}

/* The reply when it is there, else NULL; closes fd then. */
static inline json_t *
reply(int fd)
{
	struct buf text = { 0 };
	json_t *json;
	ssize_t n = 1;

	for (int i = 0; i < 1000 && memchr(text.p != NULL ? text.p : "", '\n',
	    text.n) == NULL; i++) {
		spin();
		n = read(fd, buf_reserve(&text, 65536), 65536);
		if (n > 0)
			text.n += (size_t)n;
		else
			break;
	}
	if (text.n == 0) {
		buf_fini(&text);
		return NULL;
	}
	json = json_loadb(text.p, text.n, 0, NULL);
	assert_non_null(json);
	buf_fini(&text);
	close(fd);
	return json;
}

static inline json_int_t
number(const json_t *json, const char *group, const char *key)
{
	const json_t *n = json_object_get(json_object_get(json, group), key);

	assert_true(json_is_integer(n));
	return json_integer_value(n);
}

/* --- life ----------------------------------------------------------------- */

static inline void
scene_start(const char *jails)
{
	int ends[2], link[2];

	s = xcalloc(1, sizeof(*s));
	tree_make(&s->tree);
	tree_write(&s->tree, "fail2ban.conf",
	    "[Definition]\nloglevel = CRITICAL\n"
	    "dbfile = " SCENE_DBFILE "\n");
	tree_write(&s->tree, "gaol.conf", "firewall = \"null\";\n");
	tree_write(&s->tree, "filter.d/f.conf",
	    "[Definition]\nfailregex = ^<HOST> x$\n");
	s->options = (struct role_options){ .role = ROLE_ENGINE,
		.single = true, .socket_gid = getgid() };
	s->patient = true;
	s->base = event_base_new();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, link), 0);
	s->parent = ends[0];
	s->warden = link[0];
	clock_tick();
	clock_freeze(clock_wall(), clock_boot());
	s->e = engine_new(s->base, ends[1], &s->options, true);
	assert_non_null(s->e);
	give(GIFT_PEER, link[1]);
	give(GIFT_SOCKET, listener());
	if (jails == NULL)
		return;
	send_config(jails);
	work_all();
	assert_true(s->e->reconciled);
}

static inline void
scene_end(void)
{
	engine_free(s->e);
	event_base_free(s->base);
	config_free(s->config);
	config_free(s->next);
	plan_fini(&s->plan);
	close(s->parent);
	close(s->warden);
	tree_remove(&s->tree);
	clock_thaw();
	free(s);
}

#endif
