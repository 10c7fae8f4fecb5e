/* Own addresses, as ip(8) changes them in a namespace of our own. */
#include "netns.h"

#include "firewall/ownaddr.h"

struct known {
	struct addr *v;
	size_t n;
	size_t calls;
};

static void
on_addresses(const struct addr *v, size_t n, void *arg)
{
	struct known *k = arg;

	k->v = xreallocarray(k->v, n + 1, sizeof(*v));
	if (n > 0)
		memcpy(k->v, v, n * sizeof(*v));
	k->n = n;
	k->calls++;
}

static bool
knows(const struct known *k, const char *text)
{
	struct addr a = net(text);

	for (size_t i = 0; i < k->n; i++)
		if (addr_eq(&k->v[i], &a))
			return true;
	return false;
}

static void
follows_changes(void **state)
{
	struct owner o = { .base = event_base_new() };
	struct known k = { 0 };
	struct ownaddr *own;

	(void)state;
	own = ownaddr_open(o.base, on_addresses, &k);
	assert_non_null(own);
	owner_wait(&o, k.calls == 1);
	netns_sh("ip link set lo up");
	owner_wait(&o, knows(&k, "127.0.0.1") && knows(&k, "::1"));
	netns_sh("ip addr add 192.0.2.5/24 dev lo; "
	    "ip addr add 2001:db8::5/64 dev lo nodad; "
	    "ip addr add 192.0.2.9 peer 192.0.2.10 dev lo");
	owner_wait(&o, knows(&k, "192.0.2.5") && knows(&k, "2001:db8::5") &&
	    knows(&k, "192.0.2.9"));
	assert_false(knows(&k, "192.0.2.10"));
	netns_sh("ip addr del 192.0.2.5/24 dev lo");
	owner_wait(&o, !knows(&k, "192.0.2.5"));
	assert_true(knows(&k, "2001:db8::5"));
	ownaddr_close(own);
	event_base_free(o.base);
	free(k.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_changes),
	};

	netns_enter();
	if (netns_refused != NULL) {
		NETNS_SKIP("test_ownaddr", netns_refused);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
