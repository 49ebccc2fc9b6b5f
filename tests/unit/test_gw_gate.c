/* The gateway's own parts: the archive's reader, nonces, the ledger, and lists that may not go back. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/tar.h"
#include "verifier/gateway/gateway.h"
#include "verifier/gateway/tar.h"

/* --- the archive --- */

static void entry(struct fj_buf *b, const char *name, char type, const char *data)
{
	uint8_t h[512] = {0}, body[512] = {0};
	size_t n = strlen(data);

	memcpy(h, name, strlen(name));
	snprintf((char *)h + 124, 12, "%011o", (unsigned)n);
	h[156] = (uint8_t)type;
	memcpy(h + 257, "ustar\0" "00", 8);
	tar_seal(h);
	memcpy(body, data, n);
	if (fj_buf_put(b, h, 512) != FJ_OK || (n > 0 && fj_buf_put(b, body, 512) != FJ_OK))
		abort();
}

static void ending(struct fj_buf *b)
{
	static const uint8_t zero[1024];

	if (fj_buf_put(b, zero, sizeof(zero)) != FJ_OK)
		abort();
}

/* how many files it gives; -1: refused */
static int read_all(const struct fj_buf *b)
{
	struct gw_tar t;
	struct gw_tar_entry e;
	struct fj_err err = {.rc = FJ_OK};
	bool more = true;
	int n = 0;

	gw_tar_open(&t, fj_buf_slice(b));
	while (more) {
		if (gw_tar_next(&t, &e, &more, &err) != FJ_OK)
			return err.en[0] != '\0' ? -1 : -2;
		n += more && e.folder != NULL;
	}
	return n;
}

static int alone(const char *name, char type)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);

	entry(&b, name, type, "x");
	ending(&b);
	return read_all(&b);
}

TEST("an archive of the trust folder gives its files, and passes over folders it does not know")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);
	struct gw_tar t;
	struct gw_tar_entry e;
	struct fj_err err;
	bool more;

	entry(&b, "trust/root.pem", '0', "r");
	entry(&b, "trust/crl/1.crl", '0', "c");
	entry(&b, "trust/certificates/DAC-420000-202601-000001-K.pem", '0', "");
	entry(&b, "trust/history/1.jwt", '0', "h");
	entry(&b, "trust/VERSION", '0', "v");
	ending(&b);
	CHECK(read_all(&b) == 3);
	gw_tar_open(&t, fj_buf_slice(&b));
	CHECK_OK(gw_tar_next(&t, &e, &more, &err));
	CHECK(more && strcmp(e.folder, "") == 0 && strcmp(e.name, "root.pem") == 0 && e.data.len == 1 && e.data.p[0] == 'r');
	CHECK_OK(gw_tar_next(&t, &e, &more, &err));
	CHECK(more && strcmp(e.folder, "crl") == 0 && strcmp(e.name, "1.crl") == 0);
}

TEST("a name that leads elsewhere ends the reading")
{
	static const char *const names[] = {"/etc/passwd", "../x.pem", "trust/../x.pem", "trust/crl/../1.crl", "trust/crl//1.crl", "trust/crl/..", "other/root.pem", "trust/crl/.crl",
		"trust/crl/1", "trust/crl/a/b.crl", "trust/status/0.jwt.tmp", "trust/crl/a\\b.crl", "trust/crl/\xe4.crl", "trust/crl/1.", ""};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++) {
		if (alone(names[i], '0') != -1)
			printf("# %s\n", names[i]);
		CHECK(alone(names[i], '0') == -1);
	}
	CHECK(alone("trust/crl/1.crl", '0') == 1);
}

TEST("only regular files: no link, folder, device, long name or extension")
{
	for (int type = 0; type < 256; type++)
		CHECK(alone("trust/crl/1.crl", (char)type) == (type == '0' ? 1 : -1));
}

TEST("an archive that is cut off, has no end, or goes on behind it")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);

	entry(&b, "trust/root.pem", '0', "r");
	CHECK(read_all(&b) == -1);
	ending(&b);
	CHECK(read_all(&b) == 1);
	for (size_t n = 0; n < b.len; n++) {
		struct fj_buf cut = {.data = b.data, .len = n, .cap = b.cap, .max = b.max};
		CHECK(n == b.len || read_all(&cut) == -1);
	}
	entry(&b, "trust/chain.pem", '0', "r");
	ending(&b);
	CHECK(read_all(&b) == -1);
}

TEST("one octet of a header changed: refused, or the same size and name")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);

	entry(&b, "trust/root.pem", '0', "r");
	ending(&b);
	for (size_t i = 0; i < 512; i++) {
		b.data[i] ^= 1;
		CHECK(read_all(&b) == -1 || (i >= 148 && i < 156));
		b.data[i] ^= 1;
	}
}

/* --- nonces --- */

TEST("a nonce is good for its time, from this process only, and not with one character changed")
{
	char n[GW_NONCE_MAX], bad[GW_NONCE_MAX];

	gw_nonce_start();
	gw_nonce_new(1000, n);
	CHECK(gw_nonce_good(n, 1000) && gw_nonce_good(n, 1000 + GW_NONCE_SECONDS));
	CHECK(!gw_nonce_good(n, 1001 + GW_NONCE_SECONDS) && !gw_nonce_good(n, 999));
	for (size_t i = 0; i < strlen(n); i++) {
		memcpy(bad, n, sizeof(bad));
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		CHECK(!gw_nonce_good(bad, 1000));
	}
	CHECK(!gw_nonce_good("", 1000) && !gw_nonce_good("AAAA", 1000));
	gw_nonce_start();
	CHECK(!gw_nonce_good(n, 1000));
}

/* --- client certificates --- */

TEST("a client certificate in the words of nginx, of Envoy, in hex and as it stands in a token; two are none")
{
	static const char hash[] = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"; /* SHA-256 of "abc", FIPS 180-2 B.1 */
	static const char hex[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	static const char *const wrong[] = {"", "abc", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----%0A-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----YW%zz-----END CERTIFICATE-----",
		"-----BEGIN CERTIFICATE-----YWJj-----END CERTIFICATE----------BEGIN CERTIFICATE-----YWJj-----END CERTIFICATE-----", "Hash=", "Hash=ba78", "Subject=\"Hash=\""};
	char out[GW_X5T], text[400];

	CHECK(gw_x5t(hash, out) && strcmp(out, hash) == 0);
	CHECK(gw_x5t(hex, out) && strcmp(out, hash) == 0);
	CHECK(gw_x5t("-----BEGIN%20CERTIFICATE-----%0AYWJj%0A-----END%20CERTIFICATE-----%0A", out) && strcmp(out, hash) == 0);
	CHECK(gw_x5t("-----BEGIN CERTIFICATE-----%0AYWJj%0A-----END CERTIFICATE-----%0A", out) && strcmp(out, hash) == 0);
	CHECK(gw_x5t("-----BEGIN CERTIFICATE----- YWJj -----END CERTIFICATE-----", out) && strcmp(out, hash) == 0);
	snprintf(text, sizeof(text), "By=spiffe://a;Hash=%s;Subject=\"CN=x\"", hex);
	CHECK(gw_x5t(text, out) && strcmp(out, hash) == 0);
	snprintf(text, sizeof(text), "Hash=%s;Subject=\"CN=a,O=\\\";Hash=0\";URI=spiffe://b", hex);
	CHECK(gw_x5t(text, out) && strcmp(out, hash) == 0);
	snprintf(text, sizeof(text), "Hash=%s;Hash=%s", hex, hex);
	CHECK(!gw_x5t(text, out));
	snprintf(text, sizeof(text), "Subject=\"a;Hash=%s", hex);
	CHECK(!gw_x5t(text, out));
	snprintf(text, sizeof(text), "Hash=%s;Subject=x,Hash=%s", hex, hex);
	CHECK(!gw_x5t(text, out));
	snprintf(text, sizeof(text), "xHash=%s", hex);
	CHECK(!gw_x5t(text, out));
	for (size_t i = 0; i < FJ_ARRAY_LEN(wrong); i++)
		CHECK(!gw_x5t(wrong[i], out));
}

/* --- the ledger, in a folder of its own --- */

#define NOON 1800000000 /* 2027-01-15 16:00 +08:00 */

static char dir[] = "/tmp/fujie-gate-XXXXXX";

static void clear_up(void)
{
	unlink("ledger");
	rmdir(dir);
}

static bool fresh_folder(void)
{
	static bool made;

	if (!made)
		made = mkdtemp(dir) != NULL && chdir(dir) == 0 && atexit(clear_up) == 0;
	unlink("ledger");
	return made;
}

static enum fj_rc take(struct gw_ledger *l, const char *token, fj_time now, int64_t count, int64_t limit, const char *proof)
{
	struct fj_hash h;
	struct gw_take t = {.token = token, .now = now, .count = count, .limit = limit, .until = now + 60};

	if (proof != NULL) {
		fj_sha256(fj_slice_str(proof), &h);
		t.proof = &h;
	}
	return gw_ledger_take(l, &t, NULL);
}

static int64_t day_sum(struct gw_ledger *l, const char *day)
{
	FJ_AUTO(json) out = NULL;
	size_t i;
	json_t *v;
	int64_t sum = 0;

	if (gw_ledger_usage(l, 19700101, 99991231, &out, NULL) != FJ_OK)
		return -1;
	json_array_foreach(out, i, v)
		if (day == NULL || strcmp(fj_json_text(v, "day"), day) == 0)
			sum += fj_json_num(v, "count");
	return sum;
}

TEST("a quota is over all days, and is there after opening again")
{
	struct gw_ledger *l = NULL;
	struct fj_err err;

	CHECK(fresh_folder());
	CHECK_OK(gw_ledger_open(&l, &err));
	CHECK_RC(take(l, "LT-a", NOON, 6, 10, NULL), FJ_OK);
	CHECK_RC(take(l, "LT-a", NOON + 86400, 5, 10, NULL), FJ_E_REFUSED);
	CHECK_RC(take(l, "LT-a", NOON + 86400, 4, 10, NULL), FJ_OK);
	CHECK_RC(take(l, "LT-a", NOON + 86400, 1, 10, NULL), FJ_E_REFUSED);
	CHECK_RC(take(l, "LT-b", NOON + 86400, 1, 10, NULL), FJ_OK);
	CHECK(day_sum(l, "2027-01-15") == 6 && day_sum(l, "2027-01-16") == 5);
	gw_ledger_close(l);
	CHECK_OK(gw_ledger_open(&l, &err));
	CHECK_RC(take(l, "LT-a", NOON + 86400, 1, 10, NULL), FJ_E_REFUSED);
	CHECK(day_sum(l, NULL) == 11);
	CHECK_RC(take(l, "LT-a", NOON, 0, -1, NULL), FJ_E_LIMIT);
	CHECK_RC(take(l, "", NOON, 1, -1, NULL), FJ_E_LIMIT);
	CHECK_RC(take(l, "LT-a", NOON, INT64_MAX, -1, NULL), FJ_E_LIMIT);
	gw_ledger_close(l);
}

TEST("a proof works once, also in the next generation and after opening again; a refusal uses none up")
{
	struct gw_ledger *l = NULL;
	struct fj_err err;
	fj_time now = fj_now();

	CHECK(fresh_folder());
	CHECK_OK(gw_ledger_open(&l, &err));
	CHECK_RC(take(l, "LT-a", now, 2, 1, "p"), FJ_E_REFUSED);
	CHECK_RC(take(l, "LT-a", now, 1, 1, "p"), FJ_OK);
	CHECK_RC(take(l, "LT-b", now, 1, -1, "p"), FJ_E_EXISTS);
	CHECK_RC(take(l, "LT-b", now + 601, 1, -1, "q"), FJ_OK);
	CHECK_RC(take(l, "LT-b", now + 601, 1, -1, "p"), FJ_E_EXISTS);
	gw_ledger_close(l);
	CHECK_OK(gw_ledger_open(&l, &err));
	CHECK_RC(take(l, "LT-b", now, 1, -1, "p"), FJ_E_EXISTS);
	CHECK(day_sum(l, NULL) == 2);
	gw_ledger_close(l);
}

TEST("a ledger cut at any octet gives the records before it; a damaged one before others is refused")
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(1u << 20);
	struct gw_ledger *l = NULL;
	struct fj_err err;

	CHECK(fresh_folder());
	CHECK_OK(gw_ledger_open(&l, &err));
	for (int i = 0; i < 4; i++)
		CHECK_RC(take(l, "LT-a", NOON, 1, -1, NULL), FJ_OK);
	gw_ledger_close(l);
	CHECK_OK(fj_file_read(AT_FDCWD, "ledger", &whole, &err));
	CHECK(whole.len % 4 == 0);
	for (size_t n = 0; n <= whole.len; n += 7) {
		CHECK_OK(fj_file_replace(AT_FDCWD, "ledger", FJ_SLICE(whole.data, n), 0600, &err));
		CHECK_OK(gw_ledger_open(&l, &err));
		CHECK(day_sum(l, NULL) == (int64_t)(n / (whole.len / 4)));
		gw_ledger_close(l);
	}
	whole.data[10] ^= 1;
	CHECK_OK(fj_file_replace(AT_FDCWD, "ledger", fj_buf_slice(&whole), 0600, &err));
	CHECK_RC(gw_ledger_open(&l, &err), FJ_E_CORRUPT);
}

static void *takes(void *arg)
{
	long *passed = fj_alloc(1, sizeof(long));

	for (int i = 0; passed != NULL && i < 50; i++)
		*passed += take(arg, "LT-many", NOON, 1, 100, NULL) == FJ_OK;
	return passed;
}

TEST("eight at once take no more than there is")
{
	struct gw_ledger *l = NULL;
	struct fj_err err;
	pthread_t t[8];
	long sum = 0;

	CHECK(fresh_folder());
	CHECK_OK(gw_ledger_open(&l, &err));
	for (size_t i = 0; i < 8; i++)
		CHECK(pthread_create(&t[i], NULL, takes, l) == 0);
	for (size_t i = 0; i < 8; i++) {
		void *passed = NULL;
		CHECK(pthread_join(t[i], &passed) == 0 && passed != NULL);
		sum += *(long *)passed;
		fj_free(passed);
	}
	CHECK(sum == 100 && day_sum(l, NULL) == 100);
	gw_ledger_close(l);
}

/* --- lists --- */

TEST("no list goes back or away before its end")
{
	struct fj_err err;
	FJ_AUTO(gw_marks) had = {.lists = json_pack("{s:[i,i]}", "a", 10, 100), .crls = json_pack("{s:[i,i]}", "c", 7, 100)};
	FJ_AUTO(gw_marks) same = {.lists = json_pack("{s:[i,i], s:[i,i]}", "a", 10, 100, "b", 1, 5), .crls = json_pack("{s:[i,i]}", "c", 8, 100)};
	FJ_AUTO(gw_marks) older = {.lists = json_pack("{s:[i,i]}", "a", 9, 100), .crls = json_pack("{s:[i,i]}", "c", 8, 100)};
	FJ_AUTO(gw_marks) fewer = {.lists = json_pack("{s:[i,i]}", "a", 11, 100), .crls = json_object()};

	CHECK_RC(gw_marks_ahead(&had, &same, 50, &err), FJ_OK);
	CHECK_RC(gw_marks_ahead(&had, &older, 50, &err), FJ_E_REFUSED);
	CHECK_RC(gw_marks_ahead(&had, &fewer, 50, &err), FJ_E_REFUSED);
	CHECK_RC(gw_marks_ahead(&had, &fewer, 101, &err), FJ_OK);
}

TEST("health is red half a day before the first list ends, at three quarters of the greatest age, and with nothing")
{
	struct gw_health h = {.oldest = NOON, .first_end = NOON + 172800};

	CHECK(gw_health_ok(&h, 0, NOON) && gw_health_ok(&h, 0, NOON + 172800 - GW_RED_BEFORE - 1));
	CHECK(!gw_health_ok(&h, 0, NOON + 172800 - GW_RED_BEFORE) && !gw_health_ok(&h, 0, NOON + 999999));
	CHECK(gw_health_ok(&h, 3600, NOON + 2699) && !gw_health_ok(&h, 3600, NOON + 2700));
	h.first_end = 0;
	CHECK(!gw_health_ok(&h, 0, NOON));
}

TEST_MAIN
