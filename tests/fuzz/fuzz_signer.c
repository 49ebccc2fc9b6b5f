/*
 * The signer behind its two sockets: frames as a conquered registry or verifier
 * might send them, with keys in memory in the TPM's place.
 *
 * Input: u8 state (odd: the ceremony was held), then frames: u8 socket (odd: the
 * verifier's), u8 kind, u16 length, body.  Time stands still.
 * Properties: a CA certificate is signed once; the log's head never goes back; every signature that is released
 * is counted; what the audit log says, read anew, is what the signer remembers.
 */
#include "ca/ca.h"
#include "tests/fuzz/memory.h"
#include "tests/fuzz/soft_tpm.h"
#include "tests/fuzz/tmpdir.h"

#define LOG "audit.log"
#define NOW INT64_C(1795000000)
#define MAX_FRAMES 16

/* --- a signer --- */

static void signer_end(struct hsm_signer *s)
{
	for (int r = 0; r < HSM_KEY_END; r++) {
		fj_buf_release(&s->spki[r]);
		EVP_PKEY_free(s->pub[r]);
	}
	fj_secret_release(&s->note);
	fj_fd_close(&s->audit.fd);
	mem_release(&s->mem);
}
FJ_DEFINE_AUTO(signer, struct hsm_signer, signer_end)

/* what the log that is there says, and no keys */
static void read_log(struct hsm_signer *s)
{
	*s = (struct hsm_signer){.audit.fd = -1, .demo_allowed = true, .tpm = &the_tpm, .keys_fd = keys_fd(false)};
	HOLDS(mem_init(&s->mem, NULL) == FJ_OK && audit_open(&s->audit, tmp_dir(LOG), signer_replay, s, NULL) == FJ_OK);
}

/* as hsm/main.c prepares one */
static void start(struct hsm_signer *s)
{
	read_log(s);
	clock_trust(s);
	if (s->mem.ceremony == MEM_NONE)
		return;
	the_tpm.counter = s->mem.counter; /* the log's own TPM */
	HOLDS(signer_load_keys(s, NULL) == FJ_OK && counter_start(s, NULL) == FJ_OK);
}

static enum fj_rc ask(struct hsm_signer *s, enum hsm_socket from, uint16_t msg, struct fj_slice body, uint16_t *kind)
{
	FJ_AUTO(buf) answer = FJ_BUF_INIT(FJ_IPC_MAX - 64);
	struct fj_frame f = {.kind = msg, .body = {.data = (uint8_t *)(uintptr_t)body.p, .len = body.len}};
	struct fj_err err = {.rc = FJ_OK};

	enum fj_rc rc = signer_answer(s, from, &f, kind, &answer, &err);
	HOLDS(rc == FJ_OK || err.en[0] != '\0');
	return rc;
}

/* --- the ceremony --- */

static const struct ca_home home = {.demo = true, .arc = "1.3.6.1.4.1.32473", .base = "http://127.0.0.1:8444", .operator_ = "示例"};
#define POLICY "{\"arc\":\"1.3.6.1.4.1.32473\",\"base\":\"http://127.0.0.1:8444\",\"demo\":true,\"operator\":\"示例\"}"

static void put_sign(struct fj_buf *b, enum hsm_role role, enum hsm_kind kind, unsigned officers, struct fj_slice tbs)
{
	static const uint8_t zero[32];

	HOLDS(fj_put_u8(b, (uint8_t)role) == FJ_OK && fj_put_u8(b, (uint8_t)kind) == FJ_OK && fj_buf_put(b, zero, 32) == FJ_OK);
	HOLDS(fj_put_u32(b, officers) == FJ_OK);
	for (unsigned i = 0; i < officers; i++)
		HOLDS(fj_put_str(b, i == 0 ? "a" : "b") == FJ_OK && fj_put_str(b, "FINANCE") == FJ_OK && fj_put_u64(b, NOW) == FJ_OK && fj_put_str(b, "") == FJ_OK);
	HOLDS(fj_put_u32(b, 1) == FJ_OK && fj_buf_put(b, zero, 16) == FJ_OK && fj_put_bytes(b, tbs) == FJ_OK);
}

static void must_sign(struct hsm_signer *s, enum hsm_role role, enum hsm_kind kind, struct fj_slice tbs)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX);
	uint64_t before = s->mem.count[kind];
	uint16_t got = 0;

	put_sign(&b, role, kind, 0, tbs);
	HOLDS(ask(s, HSM_FROM_REGISTRY, HSM_MSG_SIGN, fj_buf_slice(&b), &got) == FJ_OK && got == HSM_MSG_SIGN && s->mem.count[kind] == before + 1);
}

static struct fj_buf root_cert = FJ_BUF_INIT(FJ_X509_MAX), issuing_cert = FJ_BUF_INIT(FJ_X509_MAX);

/* TBS of a CA certificate of fixed serial, signed by the signer; DER with a signature of form */
static void make_ca(struct hsm_signer *s, enum ca_profile profile, struct fj_slice issuer, struct fj_buf *cert)
{
	static const uint8_t sig[] = {0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	bool root = profile == CA_ROOT;
	struct ca_cert_in in = {.profile = profile, .serial = {{0x42, [15] = (uint8_t)profile}}, .not_before = NOW,
		.not_after = NOW + (root ? 7000 : 4000) * INT64_C(86400), .issuer_cert = issuer, .spki = fj_buf_slice(&s->spki[root ? HSM_ROOT : HSM_ISSUING])};
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);

	HOLDS(ca_cert_tbs(&home, &in, &tbs, NULL) == FJ_OK);
	must_sign(s, HSM_ROOT, root ? HSM_CERT_ROOT : HSM_CERT_ISSUING, fj_buf_slice(&tbs));
	HOLDS(ca_assemble(fj_buf_slice(&tbs), FJ_SLICE(sig, sizeof(sig)), cert, NULL) == FJ_OK);
}

/* the log of a home after its ceremony */
static struct fj_slice ceremony(void)
{
	static struct fj_buf log = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) policy = FJ_BUF_INIT(1024);
	FJ_AUTO(signer) s = {.audit.fd = -1};
	uint16_t kind = 0;

	if (log.len > 0)
		return fj_buf_slice(&log);
	tmp_write(LOG, FJ_SLICE("", 0));
	start(&s);
	HOLDS(fj_put_str(&policy, POLICY) == FJ_OK);
	HOLDS(ask(&s, HSM_FROM_REGISTRY, HSM_MSG_CEREMONY_OPEN, fj_buf_slice(&policy), &kind) == FJ_OK && kind == HSM_MSG_CEREMONY_OPEN);
	make_ca(&s, CA_ROOT, FJ_SLICE(NULL, 0), &root_cert);
	make_ca(&s, CA_ISSUING, fj_buf_slice(&root_cert), &issuing_cert);
	HOLDS(ask(&s, HSM_FROM_REGISTRY, HSM_MSG_CEREMONY_CLOSE, FJ_SLICE("", 0), &kind) == FJ_OK && kind == HSM_MSG_CEREMONY_CLOSE);
	HOLDS(fj_file_read(tmp_dir(LOG), LOG, &log, NULL) == FJ_OK && log.len > 0);
	return fj_buf_slice(&log);
}

/* --- frames --- */

static void equal(const struct hsm_memory *a, const struct hsm_memory *b)
{
	HOLDS(same(a, b) && a->ceremony == b->ceremony && a->counter == b->counter && a->demo == b->demo && a->n_recent == b->n_recent && a->last == b->last);
	HOLDS(strcmp(a->arc, b->arc) == 0 && strcmp(a->base, b->base) == 0 && fj_slice_eq(fj_buf_slice(&a->policy), fj_buf_slice(&b->policy)));
	for (int k = 0; k < HSM_KIND_END; k++)
		HOLDS(k == HSM_OCSP_RESPONSE || a->count[k] == b->count[k]);
	for (size_t i = 0; i < a->n_recent && i < HSM_RECENT; i++)
		HOLDS(memcmp(a->recent[i].id, b->recent[i].id, 16) == 0 && fj_hash_eq(&a->recent[i].tbs, &b->recent[i].tbs) &&
		    a->recent[i].sig_len == b->recent[i].sig_len && memcmp(a->recent[i].sig, b->recent[i].sig, a->recent[i].sig_len) == 0);
}

static void frames(struct hsm_signer *s, struct fj_rd *r)
{
	uint8_t socket, kind, hi, lo;
	struct fj_slice body;
	uint16_t got = 0;

	for (int n = 0; n < MAX_FRAMES && !s->fatal; n++) {
		if (fj_get_u8(r, &socket) != FJ_OK || fj_get_u8(r, &kind) != FJ_OK || fj_get_u8(r, &hi) != FJ_OK || fj_get_u8(r, &lo) != FJ_OK)
			return;
		size_t len = (size_t)(hi << 8 | lo);
		if (fj_get_raw(r, len < fj_rd_left(r) ? len : fj_rd_left(r), &body) != FJ_OK)
			return;
		uint64_t size = s->mem.log_size;
		struct fj_hash root = s->mem.log_root;
		if (ask(s, socket & 1 ? HSM_FROM_VERIFIER : HSM_FROM_REGISTRY, kind, body, &got) == FJ_E_PROTO)
			HOLDS(!s->fatal);
		HOLDS(s->mem.log_size > size || (s->mem.log_size == size && fj_hash_eq(&s->mem.log_root, &root)));
		HOLDS(s->mem.count[HSM_CERT_ROOT] <= 1 && s->mem.count[HSM_CERT_ISSUING] <= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(signer) s = {.audit.fd = -1};
	FJ_AUTO(signer) anew = {.audit.fd = -1};
	struct fj_rd r;
	uint8_t state;

	fj_clock_set_offset(NOW - fj_real_ms() / 1000);
	fj_rd_init(&r, FJ_SLICE(data, size));
	if (fj_get_u8(&r, &state) != FJ_OK)
		return 0;
	struct fj_slice log = ceremony();
	tmp_write(LOG, state & 1 ? log : FJ_SLICE("", 0));
	start(&s);
	frames(&s, &r);
	sorted(&s.mem);
	if (s.fatal)
		return 0;
	read_log(&anew);
	equal(&s.mem, &anew.mem);
	return 0;
}
