/*
 * inherit.c - a spare is taken into service when the first TPM is dead (docs/formats.md 32).
 *
 * The signer's folder has a copy of the dead appliance's audit log, inherited.log, beside its own.  Two of that
 * home's officers (where they have keys, by their signatures) let it be taken in: one record, INHERIT, with the copy's head, and
 * from then on each start reads the copy first, up to that head, and what it remembers is remembered here:
 * revocations, lists, numbers, approvals that were used, officers' keys, CAs.  The keys are not: those of the dead TPM are left out, and
 * their generations counted, so that what is made here is the next.  The roots came under their officers (spare.c); the log's
 * Ed25519 key left with them, in a record of the copy, and is taken in from there.  Counter and own log stay the spare's.
 *
 * Refused: a copy that was changed, of another home or plan, of before its roots left, of a spare, one from the future; and anything
 * that its own officers did not agree to.  What a copy lacks because it is old is not known here, and can't be: the register brings what
 * was published since (issuer/log/restore.c).  That the first TPM is really gone is the officers' word.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sodium.h>

#include "base/log.h"
#include "hsm/signer.h"

#define CITE "formats.md 32"
#define COPY "inherited.log"
#define MUST(cond, en, zh) FJ_ENSURE(cond, no(err, en, zh))

struct hsm_heir {
	struct hsm_signer of; /* its memory alone is used */
	struct hsm_audit log;
	struct fj_err why;    /* rc FJ_OK: it can be taken in */
};

static enum fj_rc no(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_POLICY, HSM_LAYER, CITE, en, zh);
}

static void heir_free(struct hsm_heir *h)
{
	if (h != NULL)
		mem_release(&h->of.mem);
	fj_free(h);
}
FJ_DEFINE_AUTO_PTR(hsm_heir, struct hsm_heir, heir_free)

enum fj_rc inherit_open(struct hsm_signer *s, int dirfd, struct fj_err *err)
{
	s->copy_fd = openat(dirfd, COPY, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return s->copy_fd >= 0 || errno == ENOENT ? FJ_OK : fj_fail_errno(err, HSM_LAYER, "open " COPY);
}

/* --- what the copy says --- */

static enum fj_rc read_copy(int fd, uint64_t most, struct hsm_heir *h, struct fj_err *err)
{
	h->of.copy_fd = h->of.keys_fd = -1;
	FJ_TRY(mem_init(&h->of.mem, err));
	return audit_copy(&h->log, fd, most, signer_replay, &h->of, err);
}

/* the root that the home had is the one that arrived here */
static enum fj_rc check_root(const struct hsm_signer *s, const struct hsm_memory *m, enum hsm_role role, struct fj_err *err)
{
	enum fj_alg alg = hsm_role(role)->alg;
	struct fj_x509 root;

	MUST(m->root_tbs[alg].len > 0 && fj_x509_read_tbs(fj_buf_slice(&m->root_tbs[alg]), &root, NULL) == FJ_OK && s->spki[role].len > 0 && fj_slice_eq(root.spki, signer_spki(s, role)),
	    "the copied log is of another home: its root is not the one that was taken in here", "所复制的审计日志属于另一系统：其根密钥不是此处接收的根密钥");
	return FJ_OK;
}

static enum fj_rc check_copy(const struct hsm_signer *s, const struct hsm_memory *m, struct fj_err *err)
{
	MUST(s->mem.planned && m->planned && fj_hash_eq(&s->mem.plan.hash, &m->plan.hash), "the copied log is of a home under another plan, or no root was taken in here yet (fujie spare import)",
	    "所复制的审计日志属于另一方案的系统，或者此处尚未接收根密钥（fujie spare import）");
	MUST(m->ceremony == MEM_CLOSED && !m->inherited, "the copied log is not of a home whose ceremony is over", "所复制的审计日志不属于已完成密钥仪式的系统");
	FJ_TRY(check_root(s, m, HSM_ROOT, err));
	if (m->sm2)
		FJ_TRY(check_root(s, m, HSM_ROOT_SM2, err));
	MUST(m->note.m.private.len > 0, "the copied log does not have the public log's key: it is of before the roots left (fujie ceremony move), or of a home that was made before that key could leave; bring a newer copy",
	    "所复制的审计日志中没有公开日志的密钥：复制于根密钥迁出（fujie ceremony move）之前，或者该系统建立时此密钥尚不能迁出；请提供较新的副本");
	MUST(fj_plan_note_is(&s->mem.plan, fj_buf_slice(&m->note.m.public)), "the public log's key in the copied log is of another form than the plan's", "所复制审计日志中的公开日志密钥与方案不符");
	MUST(m->last <= fj_now() + CLOCK_BACK, "the copied log goes on after this machine's time; set the clock right", "所复制的审计日志晚于本机时间；请校正时钟");
	return FJ_OK;
}

void inherit_look(struct hsm_signer *s)
{
	if (s->copy_fd <= 0 || s->mem.ceremony != MEM_SPARE)
		return;
	s->heir = fj_alloc(1, sizeof(*s->heir));
	if (s->heir != NULL && read_copy(s->copy_fd, UINT64_MAX, s->heir, &s->heir->why) != FJ_OK)
		fj_log_err(FJ_LOG_WARN, "the copied audit log can't be taken in", &s->heir->why);
}

const struct hsm_memory *inherit_whose(const struct hsm_signer *s)
{
	return s->heir != NULL && s->heir->why.rc == FJ_OK ? &s->heir->of.mem : &s->mem;
}

enum fj_rc inherit_into(const struct hsm_signer *s, json_t *status, struct fj_err *err)
{
	json_t *j = json_null();
	char head[65], at[FJ_TIME_CAP];

	if (s->heir != NULL) {
		struct fj_err why = s->heir->why;
		if (why.rc == FJ_OK && s->tpm != NULL)
			(void)!check_copy(s, &s->heir->of.mem, &why);
		fj_hex(s->heir->log.last.b, FJ_SHA256_LEN, head);
		fj_time_utc(s->heir->of.mem.last, at);
		j = json_pack("{s:I, s:s, s:s, s:s?, s:s?}", "records", (json_int_t)s->heir->log.seq, "sha256", head, "until", at, "why", why.rc != FJ_OK ? why.en : NULL, "why_zh", why.rc != FJ_OK ? why.zh : NULL);
	}
	fj_hex(s->mem.took_head.b, FJ_SHA256_LEN, head);
	json_t *took = s->mem.inherited ? json_pack("{s:I, s:s}", "records", (json_int_t)s->mem.took, "sha256", head) : json_null();
	return fj_json_set(status, "inherits", j) == FJ_OK && fj_json_set(status, "took", took) == FJ_OK ? FJ_OK : fj_no_memory(err, HSM_LAYER);
}

/* --- the record: bytes payload, bytes signatures, bytes names; the payload's "inherit": {"records","sha256","log"} --- */

struct inheriting {
	int64_t records;
	struct fj_hash head;
	uint8_t log[32]; /* Ed25519 key */
};

static enum fj_rc hex_of(const json_t *o, const char *key, uint8_t out[32], struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, 64, &s, err));
	return strlen(s) == 64 && fj_unhex(s, 64, out) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_INVALID, HSM_LAYER, CITE, "\"%s\" is not 32 octets in hexadecimal", key);
}

static enum fj_rc read_payload(const json_t *payload, struct inheriting *out, struct fj_err *err)
{
	static const char *const keys[] = {"records", "sha256", "log", NULL};
	json_t *o;

	FJ_TRY(fj_json_obj(payload, "inherit", &o, err));
	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(fj_json_int(o, "records", 1, INT64_MAX, &out->records, err));
	FJ_TRY(hex_of(o, "sha256", out->head.b, err));
	return hex_of(o, "log", out->log, err);
}

static void count_generations(const struct hsm_memory *m, uint8_t former[HSM_ROLE_END])
{
	for (size_t i = 1; i < HSM_MAX_KEYS; i++)
		if (m->key[i].used && m->key[i].generation > former[m->key[i].role])
			former[m->key[i].role] = m->key[i].generation;
}

/* its memory is ours now; keys and counter are as they were here */
static void become(struct hsm_signer *s, struct hsm_memory *m)
{
	successor_forget(m); /* one that was begun there had keys in the TPM that is gone */
	count_generations(m, m->former);
	m->former[HSM_NOTE]--; /* it is the same key */
	memcpy(m->key, s->mem.key, sizeof(m->key));
	memcpy(m->slot, s->mem.slot, sizeof(m->slot));
	m->counter = s->mem.counter;
	m->last = m->last > s->mem.last ? m->last : s->mem.last;
	for (int k = 0; k < HSM_KIND_END; k++)
		m->count[k] += s->mem.count[k];
	m->inherited = true;
	struct hsm_memory own = s->mem;
	s->mem = *m;
	*m = own; /* released */
}

enum fj_rc inherit_replay(struct hsm_signer *s, struct fj_slice body, struct fj_err *err)
{
	FJ_AUTO(hsm_heir) h = fj_move(s->heir);
	FJ_AUTO(json) payload = NULL;
	struct inheriting i;
	struct fj_slice text;
	struct fj_act act;
	struct fj_hash hash;

	FJ_TRY(said_recorded(body, &text, err));
	FJ_TRY(fj_json_parse(text, FJ_IPC_MAX, &payload, err));
	FJ_TRY(fj_act_read(payload, &act, err));
	FJ_TRY(read_payload(payload, &i, err));
	if (s->mem.ceremony != MEM_SPARE || s->copy_fd <= 0)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, CITE, "the audit log is of a spare in service, and " COPY " is not beside it: put the file back, as it was taken in");
	if (h == NULL) {
		h = fj_alloc(1, sizeof(*h));
		if (h == NULL)
			return fj_no_memory(err, HSM_LAYER);
		FJ_TRY(read_copy(s->copy_fd, (uint64_t)i.records, h, err));
	}
	if (h->log.seq != (uint64_t)i.records || !fj_hash_eq(&h->log.last, &i.head))
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, CITE, COPY " is not the log that was taken in: it ends at record %llu of %lld, or differs; put the file back as it was", (unsigned long long)h->log.seq, (long long)i.records);
	become(s, &h->of.mem);
	s->mem.took = h->log.seq;
	s->mem.took_head = i.head;
	fj_sha256(text, &hash);
	return intent_spent(&s->mem, &hash, act.until, err);
}

/* --- the request --- */

static enum fj_rc same_key(const struct fj_secret *seed, const uint8_t want[32], struct fj_err *err)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES];
	FJ_AUTO(secret) sk = FJ_SECRET_INIT;

	FJ_TRY(fj_secret_new(&sk, crypto_sign_SECRETKEYBYTES, err));
	if (crypto_sign_seed_keypair(pk, sk.p, seed->p) != 0)
		return fj_fail(err, FJ_E_CRYPTO, HSM_LAYER, NULL, "the log's key is not usable");
	MUST(memcmp(pk, want, sizeof(pk)) == 0, "the public log's key in the copied log is not the one that the officers approved: the copy is of another log", "所复制审计日志中的公开日志密钥不是官员批准的密钥：副本属于另一公开日志");
	return FJ_OK;
}

/* the TPM opens it, and it is the key that the officers named: before anything is recorded */
static enum fj_rc try_note(struct hsm_signer *s, const struct fj_moved *m, const uint8_t want[32], struct fj_err *err)
{
	FJ_AUTO(hsm_blob) b;
	FJ_AUTO(secret) seed = FJ_SECRET_INIT;
	unsigned slot = store_free(&s->mem);

	hsm_blob_init(&b);
	if (slot == HSM_MAX_KEYS)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "the key file has room for %d keys", HSM_MAX_KEYS);
	FJ_TRY(hsm_tpm_import(s->tpm, m, &b, err));
	FJ_TRY(hsm_tpm_attach(s->tpm, slot, &b, 0, err));
	FJ_TRY(hsm_tpm_unseal(s->tpm, slot, &seed, err));
	return same_key(&seed, want, err);
}

enum fj_rc inherit_note(struct hsm_signer *s, struct hsm_blob *b, struct fj_err *err)
{
	return hsm_tpm_import(s->tpm, &s->mem.note.m, b, err);
}

/* two, as that home knows them */
static enum fj_rc agreed(const struct hsm_memory *m, const struct hsm_said *q, unsigned names, struct fj_err *err)
{
	static const struct hsm_whose department = {.department = true, .persons = 2};
	unsigned who;
	bool self;

	FJ_TRY(officers_signed(m, q, &department, NULL, &who, &self, err));
	if (officers_check(m))
		MUST(who >= 2, "two different officers whose keys that home knows sign that a spare takes its place; names alone do not count", "启用备机须由该系统登记了密钥的两名不同官员签名，仅有姓名无效");
	else
		MUST(names >= 2, "two different officers take a spare into service", "启用备机须由两名不同的经办人批准");
	return FJ_OK;
}

static enum fj_rc judge(struct hsm_signer *s, const struct hsm_said *q, const struct inheriting *i, unsigned names, struct fj_err *err)
{
	const struct hsm_heir *h = s->heir;

	MUST(!q->refuse && strcmp(q->act.kind, HSM_ACT_INHERIT) == 0, "what was approved is not that this spare is taken into service", "所批准的不是启用备机");
	MUST(h != NULL, "no copy of a home's audit log is in this spare's folder: fujie spare adopt", "此备机目录中没有系统审计日志的副本：请先执行 fujie spare adopt");
	if (h->why.rc != FJ_OK) {
		*err = h->why;
		return err->rc;
	}
	FJ_TRY(check_copy(s, &h->of.mem, err));
	MUST(h->log.seq == (uint64_t)i->records && fj_hash_eq(&h->log.last, &i->head), "the copied log is not the one that the officers approved", "所复制的审计日志不是官员批准的那一份");
	MUST(memcmp(h->of.mem.note.key, i->log, sizeof(i->log)) == 0, "the copied log is of another public log than the one that the officers approved", "所复制的审计日志所属的公开日志与官员批准的不符");
	FJ_TRY(intent_fresh(&h->of.mem, q, fj_now(), err));
	if (q->dry)
		return officers_look(&h->of.mem, q, err);
	FJ_TRY(agreed(&h->of.mem, q, names, err));
	FJ_TRY(counter_open(s, err));
	FJ_TRY(clock_check(s, err));
	return try_note(s, &h->of.mem.note.m, i->log, err);
}

/* what is not there yet: it may have been cut */
static enum fj_rc make_keys(struct hsm_signer *s, struct fj_err *err)
{
	s->fatal = true;
	FJ_TRY(store_make(s, err));
	FJ_TRY(signer_load_keys(s, err));
	memset(s->x5c_ok, 0, sizeof(s->x5c_ok));
	FJ_TRY(counter_start(s, err));
	s->fatal = false;
	return FJ_OK;
}

static enum fj_rc record(struct hsm_signer *s, const struct hsm_said *q, const struct inheriting *i, struct fj_slice names, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX);

	FJ_TRY(said_record(q, names, &b, err));
	FJ_TRY(counter_ready(s, err));
	s->fatal = true;
	FJ_TRY(signer_record(s, AUDIT_INHERIT, fj_buf_slice(&b), err));
	FJ_TRY(inherit_replay(s, fj_buf_slice(&b), err));
	fj_log(FJ_LOG_WARN, "this spare is taken into service, with %llu records of the home that it stands in for", (unsigned long long)i->records);
	return FJ_OK;
}

enum fj_rc signer_inherit(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(said) q = {.json = NULL};
	struct inheriting i;
	struct fj_slice names;
	struct fj_rd r;
	unsigned officers;

	(void)from;
	(void)answer;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	FJ_TRY(intent_read(&r, &q, err));
	FJ_TRY(signer_names(&r, &names, &officers, err));
	if (fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "a request to take a spare into service is longer than it says");
	FJ_TRY(read_payload(q.json, &i, err));
	if (s->mem.inherited)
		return store_whole(&s->mem) ? fj_refuse(err, FJ_E_EXISTS, HSM_LAYER, CITE, "this spare is in service already", "此备机已启用") : make_keys(s, err);
	MUST(s->mem.ceremony == MEM_SPARE, "this is no spare", "此处不是备机");
	FJ_TRY(judge(s, &q, &i, officers, err));
	if (q.dry)
		return FJ_OK;
	FJ_TRY(record(s, &q, &i, names, err));
	return make_keys(s, err);
}
