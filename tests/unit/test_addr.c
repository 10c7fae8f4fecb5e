#include "base/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "random.h"

static struct addr
net(const char *text)
{
	struct addr a;

	if (addr_parse_net(span_of(text), &a) == -1)
		fail_msg("'%s' is refused", text);
	return a;
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4",
		"0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:22",
		"[::1]", "fe80::1%eth0", ":::", "1:2:3:4:5:6:7", "::1::",
		"12345::", "::1.2.3", "g::", "localhost",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999",
	};
	struct addr a = { .plen = 77 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		if (addr_parse(span_of(bad[i]), &a) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(a.plen, 77);
	}
	assert_int_equal(addr_parse(SPAN("1.2.3.4\0"), &a), -1);
	assert_int_equal(addr_parse(SPAN("1.2.3.4/32"), &a), -1);
}

static void
test_networks(void **state)
{
	static const struct { const char *in, *out; } good[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "192.0.2.7/24", "192.0.2.0/24" },
		{ "192.0.2.7/32", "192.0.2.7" },
		{ "192.0.2.7/08", "192.0.0.0/8" },
		{ "192.0.2.7/0", "0.0.0.0/0" },
		{ "192.0.2.7/255.255.254.0", "192.0.2.0/23" },
		{ "192.0.2.7/0.0.0.0", "0.0.0.0/0" },
		{ "2001:DB8:0::1/32", "2001:db8::/32" },
		{ "2001:db8::ff/ffff:ffff:8000::", "2001:db8::/33" },
		{ "2001:db8::1/128", "2001:db8::1" },
		{ "::ffff:192.0.2.7", "192.0.2.7" },
		{ "::ffff:192.0.2.7/120", "192.0.2.0/24" },
		{ "::ffff:192.0.2.7/80", "::/80" },
		{ "::1", "::1" },
	};
	static const char *const bad[] = {
		"192.0.2.7/", "192.0.2.7/33", "192.0.2.7/+8", "192.0.2.7/-1",
		"192.0.2.7/0008", "192.0.2.7/8/8", "192.0.2.7/255.0.255.0",
		"192.0.2.7/ffff::", "::1/129", "::1/255.0.0.0", "/8", "/",
		"192.0.2.7/8 ", "::1/ffff:0:ffff::",
	};
	char text[ADDR_STRLEN];
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		a = net(good[i].in);
		assert_int_equal(addr_format(&a, text), strlen(good[i].out));
		assert_string_equal(text, good[i].out);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (addr_parse_net(span_of(bad[i]), &a) == 0)
			fail_msg("'%s' was taken", bad[i]);
}

/* Near-addresses: what inet_pton takes, we take, and nothing else. */
static void
test_random_text(void **state)
{
	static const char alphabet[] = "0123456789af:.:.%/ g";
	char text[48];
	unsigned char model[16];
	struct addr a;
	size_t n, i, taken = 0;
	int round, family;

	(void)state;
	for (round = 0; round < 100000; round++) {
		n = random_below(sizeof(text) - 1);
		if (round % 2 == 0)
			n %= 14;
		for (i = 0; i < n; i++)
			text[i] = alphabet[random_below(round % 3 == 0 ?
			    12 : sizeof(alphabet) - 1)];
		if (round % 4 == 0)
			n = (size_t)snprintf(text, sizeof(text),
			    "%zu.%zu.%zu.%0*zu", random_below(300),
			    random_below(300), random_below(260),
			    (int)random_below(4), random_below(260));
		text[n] = '\0';
		family = memchr(text, ':', n) != NULL ? AF_INET6 : AF_INET;
		if (inet_pton(family, text, model) == 1) {
			taken++;
			assert_int_equal(addr_parse(span_of(text), &a), 0);
			if (a.family == ADDR_V6)
				assert_memory_equal(a.b, model, 16);
			else if (family == AF_INET)
				assert_memory_equal(a.b, model, 4);
			else
				assert_memory_equal(a.b, model + 12, 4);
		} else {
			assert_int_equal(addr_parse(span_of(text), &a), -1);
		}
	}
	assert_true(taken > 1000);
}

static void
test_random_bytes(void **state)
{
	char text[ADDR_STRLEN], model[INET6_ADDRSTRLEN];
	struct addr a, b;
	int round, i;

	(void)state;
	for (round = 0; round < 100000; round++) {
		a = (struct addr){ .family = round % 2 ? ADDR_V4 : ADDR_V6 };
		a.plen = (uint8_t)addr_bits(&a);
		for (i = 0; i < a.plen / 8; i++)
			a.b[i] = random_below(3) ? (uint8_t)random_next() : 0;
		if (round % 3 == 0)
			addr_mask(&a, (unsigned)random_below(a.plen + 1U));
		addr_format(&a, text);
		inet_ntop(a.family == ADDR_V4 ? AF_INET : AF_INET6, a.b,
		    model, sizeof(model));
		assert_memory_equal(text, model, strlen(model));
		assert_int_equal(addr_parse_net(span_of(text), &b), 0);
		assert_true(addr_eq(&a, &b));
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

static bool
bit_of(const struct addr *a, unsigned i)
{
	return (a->b[i / 8] >> (7 - i % 8) & 1) != 0;
}

static void
test_in_random(void **state)
{
	struct addr a, n;
	unsigned i, inside = 0;
	bool model;
	int round;

	(void)state;
	for (round = 0; round < 50000; round++) {
		a = (struct addr){ ADDR_V6, 128, { 0 } };
		for (i = 0; i < 16; i++)
			a.b[i] = (uint8_t)random_next();
		n = a;
		i = (unsigned)random_below(128);
		n.b[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		addr_mask(&n, (unsigned)random_below(129));
		addr_mask(&a, (unsigned)random_below(129));
		model = a.plen >= n.plen;
		for (i = 0; i < n.plen; i++)
			model = model && bit_of(&a, i) == bit_of(&n, i);
		assert_int_equal(addr_in(&a, &n), model);
		inside += model;
	}
	assert_true(inside > 1000);
}

static void
test_in(void **state)
{
	struct addr v4 = net("0.0.0.0/0"), v6 = net("::/0"), none = { 0 };
	struct addr a = net("192.0.2.7");

	(void)state;
	assert_true(addr_in(&a, &v4));
	assert_false(addr_in(&a, &v6));
	assert_false(addr_in(&none, &none));
	assert_false(addr_in(&v4, &a));
	assert_true(addr_in(&a, &a));
}

static void
test_order(void **state)
{
	static const char *const sorted[] = {
		"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.0.0.0",
		"10.0.0.1", "255.0.0.0", "::/0", "::1", "ff00::/8",
	};
	const size_t n = sizeof(sorted) / sizeof(sorted[0]);
	struct addr a, b;
	size_t i, j;
	int c;

	(void)state;
	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++) {
			a = net(sorted[i]);
			b = net(sorted[j]);
			c = addr_cmp(&a, &b);
			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
			assert_int_equal(addr_eq(&a, &b), i == j);
		}
}

static void
test_kinds(void **state)
{
	static const char *const never[] = {
		"0.0.0.0", "0.0.0.0/8", "224.0.0.1", "239.255.255.255",
		"192.0.0.0/2", "255.255.255.255", "240.0.0.0/4",
		"0.0.0.0/0", "::", "::/0", "::/64", "ff02::1", "ff00::/8",
		"8000::/1",
	};
	static const char *const may[] = {
		"192.0.2.7", "192.0.2.0/24", "10.0.0.1", "127.0.0.1",
		"2001:db8::/32", "::1", "fe80::1", "223.255.255.255",
		"240.0.0.1",
	};
	struct addr a, none = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		a = net(never[i]);
		if (addr_is_bannable(&a))
			fail_msg("%s", never[i]);
	}
	for (i = 0; i < sizeof(may) / sizeof(may[0]); i++) {
		a = net(may[i]);
		if (!addr_is_bannable(&a))
			fail_msg("%s", may[i]);
	}
	assert_false(addr_is_bannable(&none));
	a = net("127.9.9.9");
	assert_true(addr_is_loopback(&a));
	a = net("::ffff:127.0.0.1");
	assert_true(addr_is_loopback(&a));
	a = net("::1");
	assert_true(addr_is_loopback(&a));
	a = net("126.0.0.0/7");
	assert_false(addr_is_loopback(&a));
	a = net("::/127");
	assert_false(addr_is_loopback(&a));
}

static void
test_sockaddr(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 22 };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr unix_addr = { .sa_family = AF_UNIX };
	struct addr a, expected = net("192.0.2.7");

	(void)state;
	inet_pton(AF_INET, "192.0.2.7", &in.sin_addr);
	assert_int_equal(addr_from_sockaddr((const void *)&in, &a), 0);
	assert_true(addr_eq(&a, &expected));
	inet_pton(AF_INET6, "::ffff:192.0.2.7", &in6.sin6_addr);
	assert_int_equal(addr_from_sockaddr((const void *)&in6, &a), 0);
	assert_true(addr_eq(&a, &expected));
	assert_int_equal(addr_from_sockaddr(&unix_addr, &a), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_random_text),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_in_random),
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_sockaddr),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
