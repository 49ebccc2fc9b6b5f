/*
 * test_hsm_log.c - one history: what the signer's policy makes of heads of the
 * public log, and what it remembers of them; and whether its folder is the newest.
 *
 * Trees are made from the RFC's definition, with every proof from the same; the
 * signer is whole but for its TPM (tests/fuzz/soft_tpm.h).
 */
#include "tests/fuzz/soft_tpm.h"
#include "tests/fuzz/tmpdir.h"
#include "tests/unit/test.h"

#define LOG "audit.log"
#define ORIGIN "127.0.0.1:8444/log"
#define POLICY "{\"arc\":\"1.3.6.1.4.1.32473\",\"base\":\"http://127.0.0.1:8444\",\"demo\":true,\"operator\":\"x\"}"
#define MANY 40

/* --- trees, by RFC 6962 2.1 --- */

/* leaf i of history `fork`: histories differ from leaf `from` on */
static void leaf(uint64_t i, unsigned fork, uint64_t from, struct fj_hash *out)
{
	char text[48];

	snprintf(text, sizeof(text), "%llu of %u", (unsigned long long)i, i < from ? 0 : fork);
	fj_leaf_hash(fj_slice_str(text), out);
}

struct history {
	unsigned fork;
	uint64_t from;
};
static const struct history ours = {0, 0};

static uint64_t half(uint64_t n)
{
	uint64_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static struct fj_hash root_of(const struct history *h, uint64_t begin, uint64_t n)
{
	struct fj_hash a, b, out;

	if (n == 0) {
		fj_empty_hash(&out);
		return out;
	}
	if (n == 1) {
		leaf(begin, h->fork, h->from, &out);
		return out;
	}
	a = root_of(h, begin, half(n));
	b = root_of(h, begin + half(n), n - half(n));
	fj_node_hash(&a, &b, &out);
	return out;
}

/* SUBPROOF(m, D[n], whole) */
static void subproof(const struct history *h, uint64_t begin, uint64_t m, uint64_t n, bool whole, struct fj_path *p)
{
	uint64_t k = half(n);

	if (m == n) {
		if (!whole)
			p->h[p->n++] = root_of(h, begin, n);
	} else if (m <= k) {
		subproof(h, begin, m, k, whole, p);
		p->h[p->n++] = root_of(h, begin + k, n - k);
	} else {
		subproof(h, begin + k, m - k, n - k, false, p);
		p->h[p->n++] = root_of(h, begin, k);
	}
}

static struct fj_path proof_of(const struct history *h, uint64_t m, uint64_t n)
{
	struct fj_path p = {.n = 0};

	if (m > 0 && m < n)
		subproof(h, 0, m, n, true, &p);
	return p;
}

/* --- the policy alone --- */

static struct hsm_memory mem;
static struct fj_err err;

static void remember(const struct history *h, uint64_t size)
{
	mem.log_size = size;
	mem.log_root = root_of(h, 0, size);
}

static bool takes_text(const char *text, const struct fj_path *p)
{
	FJ_AUTO(buf) delta = FJ_BUF_INIT(64);

	err = (struct fj_err){.rc = FJ_OK};
	enum fj_rc rc = policy_log(&mem, fj_slice_str(text), p, &delta, &err);
	HOLDS((rc == FJ_OK) == (delta.len > 0) && (rc == FJ_OK || err.en[0] != '\0'));
	return rc == FJ_OK;
}

static void text_of(const char *origin, uint64_t size, const struct fj_hash *root, char *out, size_t cap)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);

	HOLDS(fj_b64_put(&b64, FJ_SLICE(root->b, FJ_SHA256_LEN)) == FJ_OK);
	snprintf(out, cap, "%s\n%llu\n%s\n", origin, (unsigned long long)size, fj_buf_str(&b64));
}

static bool takes(const struct history *h, uint64_t size, const struct fj_path *p)
{
	char text[300];
	struct fj_hash root = root_of(h, 0, size);

	text_of(ORIGIN, size, &root, text, sizeof(text));
	return takes_text(text, p);
}

static bool begin(void)
{
	mem_release(&mem);
	return mem_init(&mem, &err) == FJ_OK && fj_strcopy(mem.base, sizeof(mem.base), "http://127.0.0.1:8444") == FJ_OK;
}

TEST("a new log begins with any tree, and with nothing only as the empty one")
{
	struct fj_path none = {.n = 0};
	struct history other = {1, 0};

	CHECK(begin());
	CHECK(takes(&ours, 0, &none) && takes(&ours, 1, &none) && takes(&other, 7, &none));
	char text[300];
	struct fj_hash root = root_of(&ours, 0, 1);
	text_of(ORIGIN, 0, &root, text, sizeof(text));
	CHECK(!takes_text(text, &none));
}

TEST("from every head to every later one by its proof; by no other")
{
	CHECK(begin());
	for (uint64_t m = 1; m <= MANY; m++)
		for (uint64_t n = m + 1; n <= MANY; n++) {
			struct fj_path p = proof_of(&ours, m, n);
			remember(&ours, m);
			CHECK(takes(&ours, n, &p));
			for (size_t i = 0; i < p.n; i++) {
				struct fj_path bad = p;
				bad.h[i].b[n % 32] ^= 1;
				CHECK(!takes(&ours, n, &bad));
			}
			struct fj_path more = p;
			more.h[more.n++] = root_of(&ours, 0, m);
			CHECK(!takes(&ours, n, &more));
			if (p.n > 0) {
				p.n--;
				CHECK(!takes(&ours, n, &p));
			}
		}
}

TEST("a head of another history is refused, with the proof of either")
{
	CHECK(begin());
	for (uint64_t m = 1; m <= 20; m++)
		for (uint64_t from = 0; from < m; from++)
			for (uint64_t n = m + 1; n <= 24; n += 3) {
				struct history other = {1, from};
				struct fj_path theirs = proof_of(&other, m, n), own = proof_of(&ours, m, n);
				remember(&ours, m);
				CHECK(!takes(&other, n, &theirs));
				CHECK(!takes(&other, n, &own));
			}
}

TEST("the same size: with the same root and no proof, again and again; with another root never")
{
	struct fj_path none = {.n = 0}, some = {.n = 1};
	struct history other = {1, 4};

	CHECK(begin());
	remember(&ours, 9);
	CHECK(takes(&ours, 9, &none) && takes(&ours, 9, &none));
	CHECK(!takes(&ours, 9, &some));
	CHECK(!takes(&other, 9, &none));
	CHECK(strstr(err.en, "another root") != NULL);
}

TEST("a shorter log is refused, the beginning of the same too")
{
	struct fj_path none = {.n = 0};

	CHECK(begin());
	for (uint64_t m = 1; m <= MANY; m++)
		for (uint64_t n = 0; n < m; n++) {
			struct fj_path back = proof_of(&ours, n, m);
			remember(&ours, m);
			CHECK(!takes(&ours, n, &none) && !takes(&ours, n, &back));
			CHECK(strstr(err.en, "shorter") != NULL);
		}
}

TEST("the origin is this appliance's, whole")
{
	static const char *const bad[] = {"127.0.0.1:8444", "127.0.0.1:8444/log2", "127.0.0.1:8445/log", "http://127.0.0.1:8444/log", "27.0.0.1:8444/log", "127.0.0.1:8444/LOG", "x"};
	struct fj_hash root = root_of(&ours, 0, 3);
	struct fj_path none = {.n = 0};
	char text[300];

	CHECK(begin());
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		text_of(bad[i], 3, &root, text, sizeof(text));
		CHECK(!takes_text(text, &none));
	}
	text_of(ORIGIN, 3, &root, text, sizeof(text));
	CHECK(takes_text(text, &none));
	CHECK(fj_strcopy(mem.base, sizeof(mem.base), "https://127.0.0.1:8444") == FJ_OK && takes_text(text, &none));
	CHECK(fj_strcopy(mem.base, sizeof(mem.base), "127.0.0.1:8444") == FJ_OK && !takes_text(text, &none));
}

TEST("the text is three lines as we write them: no line more, no octet else")
{
	struct fj_hash root = root_of(&ours, 0, 3);
	struct fj_path none = {.n = 0};
	char text[300], bad[400];

	CHECK(begin());
	text_of(ORIGIN, 3, &root, text, sizeof(text));
	const char *size = strchr(text, '\n') + 1, *hash = size + 2;
	const char *const forms[] = {"%.*s3\n%.*s\nmore\n", "%.*s3\n%.*s", "%.*s3\n%.*s\n\n", "%.*s03\n%.*s\n", "%.*s+3\n%.*s\n", "%.*s3\r\n%.*s\n", "%.*s3 \n%.*s\n", "\n%.*s3\n%.*s\n",
		"%.*s3\n%.*s=\n", "%.*s-3\n%.*s\n", "%.*s3\n %.*s\n", "%.*s99999999999999999999\n%.*s\n"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(forms); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(bad, sizeof(bad), forms[i], (int)(size - text), text, (int)strlen(hash) - 1, hash);
#pragma GCC diagnostic pop
		CHECK(!takes_text(bad, &none));
	}
	CHECK(!takes_text("", &none));
	for (size_t i = 0; text[i] != '\0'; i++) { /* another octet: refused, or another root, which a new log may begin with */
		memcpy(bad, text, strlen(text) + 1);
		bad[i] ^= 0x20;
		CHECK(!takes_text(bad, &none) || i > (size_t)(size - text));
	}
	CHECK(takes_text(text, &none));
}

/* --- the whole signer --- */

static struct hsm_signer s;

static void stop(void)
{
	for (int r = 0; r < HSM_KEY_END; r++) {
		fj_buf_release(&s.spki[r]);
		EVP_PKEY_free(s.pub[r]);
	}
	fj_secret_release(&s.note);
	fj_fd_close(&s.audit.fd);
	mem_release(&s.mem);
}

static bool start(void)
{
	s = (struct hsm_signer){.audit.fd = -1, .demo_allowed = true, .tpm = &the_tpm, .keys_fd = keys_fd(false)};
	clock_trust(&s);
	return mem_init(&s.mem, &err) == FJ_OK && audit_open(&s.audit, tmp_dir(LOG), signer_replay, &s, &err) == FJ_OK &&
	    (s.mem.ceremony == MEM_NONE || (signer_load_keys(&s, &err) == FJ_OK && counter_start(&s, &err) == FJ_OK));
}

/* FJ_OK: answered, not refused */
static enum fj_rc ask(enum hsm_socket from, enum hsm_msg msg, const struct fj_buf *body, struct fj_buf *answer)
{
	struct fj_frame f = {.kind = (uint16_t)msg, .body = {.data = body->data, .len = body->len}};
	uint16_t kind = 0;

	err = (struct fj_err){.rc = FJ_OK};
	fj_buf_clear(answer);
	enum fj_rc rc = signer_answer(&s, from, &f, &kind, answer, &err);
	return rc == FJ_OK && kind == HSM_MSG_ERROR ? err.rc : rc;
}

static enum fj_rc tell(enum hsm_msg msg, const char *text)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) answer = FJ_BUF_INIT(4096);

	HOLDS(text == NULL || fj_put_str(&b, text) == FJ_OK);
	return ask(HSM_FROM_REGISTRY, msg, &b, &answer);
}

static enum fj_rc checkpoint_from(enum hsm_socket from, const struct history *h, uint64_t before, uint64_t size)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);
	FJ_AUTO(buf) answer = FJ_BUF_INIT(4096);
	struct fj_path p = proof_of(h, before, size);
	struct fj_hash root = root_of(h, 0, size);
	struct fj_slice ed, id, ec;
	struct fj_rd r;
	uint32_t n;
	char text[300];

	text_of(ORIGIN, size, &root, text, sizeof(text));
	HOLDS(fj_put_str(&b, text) == FJ_OK && fj_put_u32(&b, (uint32_t)p.n) == FJ_OK);
	for (size_t i = 0; i < p.n; i++)
		HOLDS(fj_buf_put(&b, p.h[i].b, FJ_SHA256_LEN) == FJ_OK);
	FJ_TRY(ask(from, HSM_MSG_CHECKPOINT, &b, &answer));
	fj_rd_init(&r, fj_buf_slice(&answer));
	HOLDS(fj_get_raw(&r, 64, &ed) == FJ_OK && fj_get_u32(&r, &n) == FJ_OK && n == 1 && fj_get_raw(&r, 4, &id) == FJ_OK && fj_get_bytes(&r, 80, &ec) == FJ_OK && fj_rd_end(&r) == FJ_OK);
	HOLDS(signer_note_verifies(&s, fj_slice_str(text), ed.p) && signer_verifies(&s, HSM_LOG, fj_slice_str(text), ec));
	return FJ_OK;
}

static enum fj_rc checkpoint(const struct history *h, uint64_t before, uint64_t size)
{
	return checkpoint_from(HSM_FROM_REGISTRY, h, before, size);
}

static bool head_is(uint64_t size)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);
	FJ_AUTO(buf) answer = FJ_BUF_INIT(4096);
	struct fj_hash root = root_of(&ours, 0, size);
	struct fj_slice h;
	struct fj_rd r;
	uint64_t n;

	if (ask(HSM_FROM_REGISTRY, HSM_MSG_LOG_HEAD, &b, &answer) != FJ_OK)
		return false;
	fj_rd_init(&r, fj_buf_slice(&answer));
	return fj_get_u64(&r, &n) == FJ_OK && fj_get_raw(&r, FJ_SHA256_LEN, &h) == FJ_OK && fj_rd_end(&r) == FJ_OK && n == size && memcmp(h.p, root.b, FJ_SHA256_LEN) == 0;
}

static bool ceremony(void)
{
	the_tpm.counter = 0;
	tmp_write(LOG, FJ_SLICE("", 0));
	return start() && tell(HSM_MSG_CEREMONY_OPEN, POLICY) == FJ_OK && tell(HSM_MSG_CEREMONY_CLOSE, NULL) == FJ_OK;
}

TEST("no head before the ceremony has ended; nor for the verifier's socket")
{
	the_tpm.counter = 0;
	tmp_write(LOG, FJ_SLICE("", 0));
	CHECK(start());
	CHECK(checkpoint(&ours, 0, 3) == FJ_E_POLICY);
	CHECK(tell(HSM_MSG_CEREMONY_OPEN, POLICY) == FJ_OK);
	CHECK(checkpoint(&ours, 0, 3) == FJ_E_POLICY && strstr(err.en, "ceremony") != NULL);
	CHECK(tell(HSM_MSG_CEREMONY_CLOSE, NULL) == FJ_OK);
	CHECK(checkpoint_from(HSM_FROM_VERIFIER, &ours, 0, 3) == FJ_E_PROTO);
	CHECK(head_is(0));
	CHECK(checkpoint(&ours, 0, 3) == FJ_OK && head_is(3));
	stop();
}

TEST("a head that was signed is remembered over a restart, and no other history follows it")
{
	struct history other = {1, 2};

	CHECK(ceremony());
	CHECK(checkpoint(&ours, 0, 5) == FJ_OK && checkpoint(&ours, 5, 9) == FJ_OK && checkpoint(&ours, 9, 9) == FJ_OK);
	CHECK(checkpoint(&other, 9, 12) == FJ_E_POLICY);
	stop();
	CHECK(start());
	CHECK(head_is(9) && s.mem.count[HSM_CHECKPOINT] == 3);
	CHECK(checkpoint(&other, 9, 12) == FJ_E_POLICY && checkpoint(&other, 9, 9) == FJ_E_POLICY && checkpoint(&ours, 5, 8) == FJ_E_POLICY);
	CHECK(checkpoint(&ours, 5, 9) == FJ_E_POLICY); /* a proof where none belongs */
	CHECK(head_is(9) && checkpoint(&ours, 9, 12) == FJ_OK && head_is(12));
	stop();
}

TEST("a checkpoint that is no request of ours ends the connection")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);
	FJ_AUTO(buf) answer = FJ_BUF_INIT(4096);
	static const uint8_t hash[32];

	CHECK(ceremony());
	CHECK(fj_put_str(&b, "x") == FJ_OK && fj_put_u32(&b, 2) == FJ_OK && fj_buf_put(&b, hash, 32) == FJ_OK);
	CHECK(ask(HSM_FROM_REGISTRY, HSM_MSG_CHECKPOINT, &b, &answer) == FJ_E_PROTO);
	CHECK(fj_buf_put(&b, hash, 32) == FJ_OK && ask(HSM_FROM_REGISTRY, HSM_MSG_CHECKPOINT, &b, &answer) == FJ_E_PARSE);
	CHECK(fj_put_u8(&b, 0) == FJ_OK && ask(HSM_FROM_REGISTRY, HSM_MSG_CHECKPOINT, &b, &answer) == FJ_E_PROTO);
	fj_buf_clear(&b);
	CHECK(fj_put_str(&b, "x") == FJ_OK && fj_put_u32(&b, FJ_PATH_MAX + 1) == FJ_OK);
	CHECK(ask(HSM_FROM_REGISTRY, HSM_MSG_CHECKPOINT, &b, &answer) == FJ_E_PROTO);
	stop();
}

/* --- the counter --- */

static enum fj_rc restore(const char *first, const char *second)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) answer = FJ_BUF_INIT(4096);
	const char *who[] = {first, second};

	HOLDS(fj_put_u32(&b, second == NULL ? 1 : 2) == FJ_OK);
	for (int i = 0; i < (second == NULL ? 1 : 2); i++)
		HOLDS(fj_put_str(&b, who[i]) == FJ_OK && fj_put_str(&b, "FINANCE") == FJ_OK && fj_put_u64(&b, 1) == FJ_OK && fj_put_str(&b, "") == FJ_OK);
	return ask(HSM_FROM_REGISTRY, HSM_MSG_RESTORE, &b, &answer);
}

static bool closed(const char *words)
{
	enum fj_rc rc = checkpoint(&ours, 5, 9);

	return rc == FJ_E_STATE && strstr(err.en, words) != NULL && strstr(err.en, "fujie log restore") != NULL && strstr(s.watch.closed, words) != NULL;
}

TEST("every start raises the counter by one; a signature does not")
{
	CHECK(ceremony());
	uint64_t c = the_tpm.counter;
	CHECK(c >= 2 && s.mem.counter == c);
	for (int i = 0; i < 50; i++)
		CHECK(checkpoint(&ours, i == 0 ? 0 : 5, 5) == FJ_OK);
	CHECK(the_tpm.counter == c);
	for (uint64_t i = 1; i <= 3; i++) {
		stop();
		CHECK(start() && the_tpm.counter == c + i && s.mem.counter == c + i && s.watch.closed[0] == '\0');
	}
	CHECK(checkpoint(&ours, 5, 9) == FJ_OK);
	stop();
}

TEST("an older folder beside the TPM: closed, named, and two officers open it")
{
	FJ_AUTO(buf) old = FJ_BUF_INIT(1u << 20);

	CHECK(ceremony() && checkpoint(&ours, 0, 5) == FJ_OK);
	stop();
	CHECK(fj_file_read(tmp_dir(LOG), LOG, &old, &err) == FJ_OK);
	CHECK(start() && checkpoint(&ours, 5, 9) == FJ_OK);
	stop();
	tmp_write(LOG, fj_buf_slice(&old));
	CHECK(start() && head_is(5));
	CHECK(closed("older state that was put back"));
	CHECK(restore("alice", NULL) == FJ_E_POLICY && restore("alice", "alice") == FJ_E_POLICY && closed("older state"));
	stop();
	CHECK(start() && closed("older state")); /* a restart opens nothing */
	CHECK(restore("alice", "bob") == FJ_OK && s.watch.closed[0] == '\0' && !s.fatal);
	CHECK(restore("alice", "bob") == FJ_E_STATE);
	CHECK(checkpoint(&ours, 5, 9) == FJ_OK);
	stop();
	CHECK(start() && head_is(9) && checkpoint(&ours, 9, 12) == FJ_OK);
	stop();
}

TEST("an older TPM beside the folder, and one without a counter: closed and named")
{
	CHECK(ceremony() && checkpoint(&ours, 0, 5) == FJ_OK);
	uint64_t old = the_tpm.counter;
	stop();
	CHECK(start());
	stop();
	CHECK(start());
	stop();
	the_tpm.counter = old;
	CHECK(start() && closed("the TPM's own state is an older one"));
	stop();
	the_tpm.counter = 0;
	CHECK(start() && closed("another TPM"));
	CHECK(restore("alice", "bob") == FJ_OK && checkpoint(&ours, 5, 9) == FJ_OK);
	stop();
	CHECK(start() && s.watch.closed[0] == '\0');
	stop();
}

TEST("a kill between the announcement and the raise is harmless, however often")
{
	CHECK(ceremony() && checkpoint(&ours, 0, 5) == FJ_OK);
	stop();
	for (int i = 0; i < 3; i++) {
		CHECK(start() && s.watch.closed[0] == '\0');
		stop();
		the_tpm.counter--; /* as if it had not come to it */
	}
	CHECK(start() && checkpoint(&ours, 5, 9) == FJ_OK);
	stop();
	the_tpm.counter -= 2;
	CHECK(start() && closed("an older one"));
	stop();
}

TEST("the counter rises after 4096 records, or an hour with one; not before, and not without one")
{
	CHECK(ceremony() && checkpoint(&ours, 0, 5) == FJ_OK);
	uint64_t c = the_tpm.counter;
	CHECK(counter_tick(&s, &err) == FJ_OK && the_tpm.counter == c);
	s.watch.boot -= COUNTER_S * INT64_C(1000);
	CHECK(counter_tick(&s, &err) == FJ_OK && the_tpm.counter == c + 1);
	s.watch.boot -= COUNTER_S * INT64_C(1000);
	CHECK(counter_tick(&s, &err) == FJ_OK && the_tpm.counter == c + 1);
	CHECK(checkpoint(&ours, 5, 5) == FJ_OK && counter_tick(&s, &err) == FJ_OK && the_tpm.counter == c + 2);
	s.watch.seq = s.audit.seq - COUNTER_RECORDS + 1;
	CHECK(counter_tick(&s, &err) == FJ_OK && the_tpm.counter == c + 2);
	CHECK(checkpoint(&ours, 5, 5) == FJ_OK && counter_tick(&s, &err) == FJ_OK && the_tpm.counter == c + 3 && s.mem.counter == c + 3);
	stop();
}

/* --- attestation --- */

/* of the key of that role, and an octet behind it when there is to be one */
static enum fj_rc attest_of(enum hsm_socket from, size_t n, unsigned role, const char *behind, struct fj_buf *answer)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(128);
	static const uint8_t data[64];

	HOLDS(fj_put_bytes(&b, FJ_SLICE(data, n)) == FJ_OK && fj_put_u8(&b, (uint8_t)role) == FJ_OK && fj_buf_puts(&b, behind) == FJ_OK);
	return ask(from, HSM_MSG_ATTEST, &b, answer);
}

static enum fj_rc attest_from(enum hsm_socket from, size_t n, const char *behind, struct fj_buf *answer)
{
	return attest_of(from, n, HSM_TOKEN, behind, answer);
}

TEST("an attestation is the registry's to ask for, after the ceremony, with 32 octets at most; it signs nothing and records nothing")
{
	FJ_AUTO(buf) answer = FJ_BUF_INIT(1u << 20);

	tmp_write(LOG, FJ_SLICE("", 0));
	CHECK(start() && attest_from(HSM_FROM_REGISTRY, 32, "", &answer) == FJ_E_NOTFOUND);
	stop();
	CHECK(ceremony());
	uint64_t seq = s.audit.seq;
	CHECK(attest_from(HSM_FROM_REGISTRY, 32, "", &answer) == FJ_OK && answer.len > 40);
	CHECK(attest_of(HSM_FROM_REGISTRY, 32, 0, "", &answer) == FJ_OK && answer.len > 60);
	CHECK(attest_of(HSM_FROM_REGISTRY, 32, HSM_TOKEN_SM2, "", &answer) == FJ_OK && attest_of(HSM_FROM_REGISTRY, 32, HSM_ROLE_END, "", &answer) == FJ_E_PROTO);
	CHECK(attest_from(HSM_FROM_REGISTRY, 0, "", &answer) == FJ_OK && s.audit.seq == seq);
	CHECK(attest_from(HSM_FROM_REGISTRY, 33, "", &answer) == FJ_E_PROTO && attest_from(HSM_FROM_REGISTRY, 32, "x", &answer) == FJ_E_PROTO);
	CHECK(attest_from(HSM_FROM_VERIFIER, 32, "", &answer) == FJ_E_PROTO);
	CHECK(checkpoint(&ours, 0, 5) == FJ_OK);
	stop();
}

TEST("a home without an attestation key gets one when it is asked, and keeps it; one that is closed does not")
{
	FJ_AUTO(buf) answer = FJ_BUF_INIT(1u << 20);

	CHECK(ceremony());
	unsigned first = s.mem.slot[HSM_AK];
	s.mem.slot[HSM_AK] = 0; /* as in one that was made before */
	CHECK(store_whole(&s.mem) && checkpoint(&ours, 0, 5) == FJ_OK);
	snprintf(s.watch.closed, sizeof(s.watch.closed), "put back");
	CHECK(attest_from(HSM_FROM_REGISTRY, 32, "", &answer) == FJ_E_STATE && s.mem.slot[HSM_AK] == 0);
	s.watch.closed[0] = '\0';
	CHECK(attest_from(HSM_FROM_REGISTRY, 32, "", &answer) == FJ_OK);
	unsigned second = s.mem.slot[HSM_AK];
	CHECK(first != 0 && second > first && s.spki[HSM_AK].len > 0);
	stop();
	CHECK(start() && s.mem.slot[HSM_AK] == second);
	uint64_t seq = s.audit.seq;
	CHECK(attest_from(HSM_FROM_REGISTRY, 32, "", &answer) == FJ_OK && s.mem.slot[HSM_AK] == second && s.audit.seq == seq);
	stop();
}

TEST("a record of a later version of the program: the signer does not start, says why, and leaves the log as it is")
{
	static const uint8_t structure[2] = {1, 250}, change[3] = {0, 0, 0};
	static const struct {
		enum audit_type type;
		struct fj_slice body;
		const char *what;
	} rows[] = {
		{(enum audit_type)200, {NULL, 0}, "a record of kind 200"},
		{AUDIT_SIGN, {structure, 2}, "a structure of kind 250"},
		{AUDIT_USE, {change, 3}, "a change of kind 0"},
	};
	FJ_AUTO(buf) before = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) after = FJ_BUF_INIT(1u << 20);

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		CHECK(ceremony() && audit_append(&s.audit, rows[i].type, s.mem.last, rows[i].body, &err) == FJ_OK);
		stop();
		fj_buf_clear(&before);
		fj_buf_clear(&after);
		CHECK(fj_file_read(tmp_dir(LOG), LOG, &before, &err) == FJ_OK);
		CHECK(!start() && err.rc == FJ_E_UNSUPPORTED && strstr(err.en, rows[i].what) != NULL && strstr(err.en, "install that newer version") != NULL && err.zh[0] != '\0');
		stop();
		CHECK(fj_file_read(tmp_dir(LOG), LOG, &after, &err) == FJ_OK && fj_slice_eq(fj_buf_slice(&before), fj_buf_slice(&after)));
	}
}

TEST_MAIN
