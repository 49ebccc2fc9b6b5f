/*
 * intent.c - what officers have signed, and that nothing else is signed for them.
 *
 * INTENT brings an approval's payload with the signatures of two officers.  Its items are
 * hashes (base/content.h): of a certificate or an authorisation that it approves, of entries
 * that it lets leave a list, of an act of the signer's own.  They are held in memory until the
 * approval's time is over; the audit log has its hash, its end, who signed, and with each
 * signature which item was used.  After a restart the payload is brought again, and what was
 * used stays used.  What is to be signed is read by the signer's own readers, its hash computed
 * anew and looked for among the items; each is good once.
 *
 * INTENT record: raw[32] hash, u64 until, u32 items, bytes signatures.  USE record: such deltas, for an act of the signer's.
 * Delta USE: raw[32] hash, u32 item.
 */
#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))
#define KEEP (2 * 86400) /* seconds that one that has ended is remembered: the clock may be set back a little */

/* --- reading --- */

void said_release(struct hsm_said *q)
{
	json_decref(q->json);
	q->json = NULL;
}

static enum fj_rc read_signatures(struct fj_rd *r, struct hsm_said *q, struct fj_err *err)
{
	const uint8_t *from = r->p;

	if (fj_get_u32(r, &q->n) != FJ_OK || q->n > HSM_MAX_SIGNATURES)
		return signer_broken(err, "an approval has too many signatures");
	for (uint32_t i = 0; i < q->n; i++)
		if (fj_get_raw(r, FJ_SHA256_LEN, &q->s[i].key) != FJ_OK || fj_get_bytes(r, 80, &q->s[i].sig) != FJ_OK ||
		    fj_get_bytes(r, 1024, &q->s[i].auth) != FJ_OK || fj_get_bytes(r, FJ_CLIENT_DATA_MAX, &q->s[i].client) != FJ_OK)
			return signer_broken(err, "a signature of an approval is malformed");
	q->raw = FJ_SLICE(from, (size_t)(r->p - from));
	return FJ_OK;
}

enum fj_rc intent_read(struct fj_rd *r, struct hsm_said *q, struct fj_err *err)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(HSM_MAX_PAYLOAD);
	uint8_t flags;

	if (fj_get_u8(r, &flags) != FJ_OK || flags > 3 || fj_get_bytes(r, HSM_MAX_PAYLOAD, &q->payload) != FJ_OK)
		return signer_broken(err, "an approval is malformed");
	q->refuse = flags & HSM_SAID_REFUSE;
	q->dry = flags & HSM_SAID_DRY;
	FJ_TRY(read_signatures(r, q, err));
	FJ_TRY(fj_json_parse(q->payload, HSM_MAX_PAYLOAD, &q->json, err));
	FJ_TRY(fj_json_canonical(q->json, &again, err));
	MUST(fj_slice_eq(fj_buf_slice(&again), q->payload), "formats.md 25", "what was approved is not in canonical form");
	FJ_TRY(fj_act_read(q->json, &q->act, err));
	fj_sha256(q->payload, &q->hash);
	fj_act_digest(q->refuse, &q->hash, &q->digest);
	return FJ_OK;
}

/* --- what an approval of each kind lets be signed --- */

enum fj_rc items_put(struct hsm_items *t, const struct fj_hash *h, struct fj_err *err)
{
	if (t->n == HSM_MAX_CONTENTS)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an approval has more than %d items", HSM_MAX_CONTENTS);
	if (t->n == t->cap) {
		uint32_t cap = t->cap == 0 ? 16 : t->cap * 2;
		struct fj_hash *p = fj_realloc(t->h, cap, sizeof(*p));
		if (p == NULL)
			return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
		t->h = p;
		t->cap = cap;
	}
	t->h[t->n++] = *h;
	return FJ_OK;
}

static enum fj_rc put_hex(struct hsm_items *t, const json_t *hex, struct fj_err *err)
{
	const char *s = json_string_value(hex);
	struct fj_hash h;

	MUST(s != NULL && strlen(s) == 64 && fj_unhex(s, 64, h.b) == FJ_OK, "formats.md 25", "an item of the approval has no content that officers could have signed; ask for it anew");
	return items_put(t, &h, err);
}

/* {"content", "rebinds": [..]?} */
static enum fj_rc put_contents(struct hsm_items *t, const json_t *list, struct fj_err *err)
{
	size_t i, k;
	json_t *v, *w;

	json_array_foreach(list, i, v) {
		FJ_TRY(put_hex(t, json_object_get(v, "content"), err));
		json_array_foreach(json_object_get(v, "rebinds"), k, w)
			FJ_TRY(put_hex(t, w, err));
	}
	return FJ_OK;
}

static enum fj_rc of_certificates(const struct hsm_signer *s, const json_t *p, struct hsm_items *t, struct fj_err *err)
{
	(void)s;
	return put_contents(t, json_object_get(p, "assets"), err);
}

static enum fj_rc of_twins(const struct hsm_signer *s, const json_t *p, struct hsm_items *t, struct fj_err *err)
{
	(void)s;
	return put_contents(t, json_object_get(p, "certificates"), err);
}

static enum fj_rc of_subordinate(const struct hsm_signer *s, const json_t *p, struct hsm_items *t, struct fj_err *err)
{
	(void)s;
	return put_contents(t, json_object_get(p, "keys"), err);
}

static enum fj_rc of_authorisation(const struct hsm_signer *s, const json_t *p, struct hsm_items *t, struct fj_err *err)
{
	(void)s;
	return put_hex(t, json_object_get(p, "content"), err);
}

/* "lifts": [{"serial"} | {"idx","uri"}] */
static enum fj_rc of_lifts(const struct hsm_signer *s, const json_t *p, struct hsm_items *t, struct fj_err *err)
{
	size_t i;
	json_t *v;

	if (json_object_get(p, "token") != NULL)
		FJ_TRY(license_lifts(s, p, t, err));
	json_array_foreach(json_object_get(p, "lifts"), i, v) {
		const char *serial = fj_json_peek(v, "serial"), *uri = fj_json_peek(v, "uri");
		int64_t idx = fj_json_num(v, "idx");
		uint8_t raw[16];
		struct fj_hash h;
		static const char *const of_crl[] = {"serial", NULL}, *const of_list[] = {"idx", "uri", NULL};
		FJ_TRY(fj_json_only(v, serial != NULL ? of_crl : of_list, err)); /* one or the other: who checks the one is not told of the other */
		bool crl = serial != NULL && strlen(serial) == 32 && fj_unhex(serial, 32, raw) == FJ_OK;
		MUST(crl || (uri != NULL && idx >= 0 && idx < FJ_LIST_ENTRIES), "formats.md 25", "an entry to be lifted is malformed");
		if (crl)
			fj_content_serial(raw, &h);
		else
			fj_content_entry(uri, (uint32_t)idx, &h);
		FJ_TRY(items_put(t, &h, err));
	}
	return FJ_OK;
}

static bool rolls_a_ca(const char *key)
{
	return strcmp(key, hsm_role(HSM_ISSUING)->name) == 0 || strcmp(key, hsm_role(HSM_ISSUING_SM2)->name) == 0;
}

/* "key": which; the act is of that key alone */
static enum fj_rc of_key(const struct hsm_signer *s, const json_t *p, struct hsm_items *t, struct fj_err *err)
{
	const char *kind = fj_json_peek(json_object_get(p, "act"), "kind"), *key;
	char act[80];
	struct fj_hash h;

	(void)s;
	FJ_TRY(fj_json_str(p, "key", 20, &key, err));
	snprintf(act, sizeof(act), "%.16s:%s", kind, key);
	fj_content_act(act, &h);
	if (strcmp(kind, HSM_ACT_ROLL) == 0 && rolls_a_ca(key)) { /* and that the root certifies it, once */
		FJ_TRY(items_put(t, &h, err));
		snprintf(act, sizeof(act), HSM_ACT_CERTIFY ":%s", key);
		fj_content_act(act, &h);
	}
	return items_put(t, &h, err);
}

static const struct intent_kind {
	const char *kind;
	bool refuse; /* the refusal lets something be signed, and not the approval */
	unsigned lets; /* what: an item's hash alone does not say what it is of */
	enum fj_rc (*items)(const struct hsm_signer *s, const json_t *payload, struct hsm_items *t, struct fj_err *err); /* NULL: one act of the signer's */
} kinds[] = {
	{"certificate.issue", false, HSM_LETS_CERTIFICATE | HSM_LETS_AUTHORISATION, of_certificates},
	{"certificate.sm2", false, HSM_LETS_CERTIFICATE, of_twins},
	{"root.certify", false, HSM_LETS_SUBORDINATE, of_subordinate},
	{"authorisation.grant", false, HSM_LETS_AUTHORISATION, of_authorisation},
	{"authorisation.adjust", false, HSM_LETS_AUTHORISATION, of_authorisation},
	{"certificate.resume", false, HSM_LETS_LIFT, of_lifts},
	{"authorisation.resume", false, HSM_LETS_LIFT, of_lifts},
	{"token.resume", false, HSM_LETS_LIFT, of_lifts},
	{"asset.unfreeze", false, HSM_LETS_LIFT, of_lifts},
	{"certificate.revoke", true, HSM_LETS_LIFT, of_lifts},
	{"authorisation.reclaim", true, HSM_LETS_LIFT, of_lifts},
	{"authorisation.surrender", true, HSM_LETS_LIFT, of_lifts},
	{HSM_ACT_ROLL, false, HSM_LETS_ACT, of_key},
	{HSM_ACT_END, false, HSM_LETS_ACT, of_key},
	{"token.issue", false, HSM_LETS_TOKEN, license_single},
	{"token.bulk", false, HSM_LETS_TOKEN, license_bulk},
	{"token.sm2", false, HSM_LETS_TOKEN, license_twin},
	{HSM_ACT_CLOCK, false, HSM_LETS_ACT, NULL},
	{HSM_ACT_RESTORE, false, HSM_LETS_ACT, NULL},
};

static enum fj_rc read_items(const struct hsm_signer *s, const struct hsm_said *q, struct hsm_items *t, struct fj_err *err)
{
	struct fj_hash h;

	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].kind, q->act.kind) != 0 || kinds[i].refuse != q->refuse)
			continue;
		t->lets = kinds[i].lets;
		if (kinds[i].items != NULL)
			return kinds[i].items(s, q->json, t, err);
		fj_content_act(kinds[i].kind, &h);
		return items_put(t, &h, err);
	}
	return policy_no(err, "formats.md 25", q->refuse ? "refusing this kind lets nothing be signed" : "approving this kind lets nothing be signed");
}

/* --- memory --- */

/* the newest first, since those are in use */
static struct mem_intent *find(const struct hsm_memory *m, const uint8_t *hash)
{
	for (size_t i = m->n_intents; i-- > 0;)
		if (memcmp(m->intent[i].hash.b, hash, FJ_SHA256_LEN) == 0)
			return &m->intent[i];
	return NULL;
}

static void drop(struct mem_intent *i)
{
	fj_free(i->item);
	fj_free(i->used);
	memset(i, 0, sizeof(*i));
}

void intents_release(struct hsm_memory *m)
{
	for (size_t i = 0; i < m->n_intents; i++)
		drop(&m->intent[i]);
	fj_free(m->intent);
}

/* those that ended long ago make room */
static void forget(struct hsm_memory *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_intents; i++) {
		if (m->intent[i].until + KEEP < m->last)
			drop(&m->intent[i]);
		else
			m->intent[kept++] = m->intent[i];
	}
	m->n_intents = kept;
}

static enum fj_rc add(struct hsm_memory *m, const struct fj_hash *hash, fj_time until, uint32_t n, struct mem_intent **out, struct fj_err *err)
{
	if (m->n_intents == HSM_MAX_INTENTS)
		forget(m);
	uint8_t *used = m->n_intents < HSM_MAX_INTENTS ? fj_alloc(n / 8 + 1, 1) : NULL;
	if (used == NULL)
		return fj_fail(err, FJ_E_BUSY, HSM_LAYER, NULL, "%d approvals are remembered already, or memory ran out; one is forgotten when its time is over", HSM_MAX_INTENTS);
	*out = &m->intent[m->n_intents++];
	**out = (struct mem_intent){.hash = *hash, .until = until, .n = n, .used = used};
	return FJ_OK;
}

static bool is_used(const struct mem_intent *i, uint32_t k)
{
	return i->used[k / 8] & 1u << k % 8;
}

enum fj_rc intent_spent(struct hsm_memory *m, const struct fj_hash *hash, fj_time until, struct fj_err *err)
{
	struct mem_intent *i;

	return add(m, hash, until, 0, &i, err);
}

enum fj_rc intent_apply_use(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err)
{
	struct fj_slice hash;
	uint32_t k;

	struct mem_intent *i = fj_get_raw(r, FJ_SHA256_LEN, &hash) == FJ_OK && fj_get_u32(r, &k) == FJ_OK ? find(m, hash.p) : NULL;
	if (i == NULL || k >= i->n)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "an approval was used that is not known");
	i->used[k / 8] |= (uint8_t)(1u << k % 8);
	return FJ_OK;
}

enum fj_rc intent_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct fj_rd r;
	struct fj_slice hash, signatures;
	struct mem_intent *i;
	struct fj_hash h;
	uint64_t until;
	uint32_t n;

	fj_rd_init(&r, body);
	if (fj_get_raw(&r, FJ_SHA256_LEN, &hash) != FJ_OK || fj_get_u64(&r, &until) != FJ_OK || fj_get_u32(&r, &n) != FJ_OK || n > HSM_MAX_CONTENTS ||
	    fj_get_bytes(&r, FJ_IPC_MAX, &signatures) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
	memcpy(h.b, hash.p, FJ_SHA256_LEN);
	return add(m, &h, (fj_time)until, n, &i, err);
}

/* --- INTENT --- */

enum fj_rc intent_fresh(const struct hsm_memory *m, const struct hsm_said *q, fj_time now, struct fj_err *err)
{
	const struct mem_intent *i = find(m, q->hash.b);

	MUST(now <= q->act.until, "R22", "the approval's time is over; ask for it anew");
	MUST(q->act.until <= now + FJ_ACT_DAYS * 86400, "R22", "an approval holds for 31 days at most");
	MUST(i == NULL || i->n > 0, "R22", "this approval was used already");
	return FJ_OK;
}

/* What is held is bounded; those of other approvals are brought again when they are needed. */
static void make_room(struct hsm_memory *m, uint32_t n)
{
	size_t held = n;

	for (size_t i = 0; i < m->n_intents; i++)
		held += m->intent[i].item != NULL ? m->intent[i].n : 0;
	for (size_t i = 0; held > HSM_MAX_HELD && i < m->n_intents; i++) {
		held -= m->intent[i].item != NULL ? m->intent[i].n : 0;
		fj_free(m->intent[i].item);
		m->intent[i].item = NULL;
	}
}

void intents_let_go(struct hsm_memory *m)
{
	for (size_t i = 0; i < m->n_intents; i++) {
		fj_free(m->intent[i].item);
		m->intent[i].item = NULL;
	}
}

static enum fj_rc keep(struct hsm_signer *s, const struct hsm_said *q, struct hsm_items *t, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX);
	struct mem_intent *i = find(&s->mem, q->hash.b);

	if (i == NULL) {
		if (fj_buf_put(&b, q->hash.b, FJ_SHA256_LEN) != FJ_OK || fj_put_u64(&b, (uint64_t)q->act.until) != FJ_OK || fj_put_u32(&b, t->n) != FJ_OK ||
		    fj_put_bytes(&b, q->raw) != FJ_OK)
			return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "an audit record is too large");
		s->fatal = true;
		FJ_TRY(signer_record(s, AUDIT_INTENT, fj_buf_slice(&b), err));
		FJ_TRY(intent_replay(&s->mem, fj_buf_slice(&b), err));
		s->fatal = false;
		i = find(&s->mem, q->hash.b);
	}
	MUST(i->n == t->n, "R22", "this approval is known otherwise");
	if (i->item != NULL)
		return FJ_OK;
	make_room(&s->mem, t->n);
	i->item = t->h;
	i->lets = t->lets;
	t->h = NULL;
	return FJ_OK;
}

static enum fj_rc judge(const struct hsm_signer *s, const struct hsm_said *q, struct hsm_items *t, struct fj_err *err)
{
	unsigned who;
	bool self;

	FJ_TRY(intent_fresh(&s->mem, q, fj_now(), err));
	FJ_TRY(read_items(s, q, t, err));
	MUST(t->n > 0, "formats.md 25", "nothing is signed for this approval");
	FJ_TRY(officers_signed(&s->mem, q, &t->of, NULL, &who, &self, err));
	if (q->dry || who >= t->of.persons)
		return FJ_OK;
	if (!t->of.department)
		return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "the signer refuses: of the officers of operator %.18s with enrolled keys %u have to sign what they license; %u did", t->of.operator_, t->of.persons, who);
	return fj_fail(err, FJ_E_POLICY, HSM_LAYER, "R22", "the signer refuses: two different officers with enrolled keys have to sign what they approve; %u did", who);
}

/* The same once more, while it is held: it was found good, and a list of thousands is not read again for each round. */
static bool held(const struct hsm_signer *s, struct fj_slice body)
{
	struct fj_rd r;
	struct fj_slice payload;
	struct fj_hash hash;
	uint8_t flags;

	fj_rd_init(&r, body);
	if (fj_get_u8(&r, &flags) != FJ_OK || flags != 0 || fj_get_bytes(&r, HSM_MAX_PAYLOAD, &payload) != FJ_OK)
		return false;
	fj_sha256(payload, &hash);
	const struct mem_intent *i = find(&s->mem, hash.b);
	return i != NULL && i->item != NULL && fj_now() <= i->until;
}

enum fj_rc signer_intent(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(said) q = {.json = NULL};
	struct hsm_items t = {.h = NULL, .of = {.department = true, .persons = 2}};
	struct fj_rd r;

	(void)from;
	(void)answer;
	if (held(s, fj_buf_slice(&f->body)))
		return FJ_OK;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	FJ_TRY(intent_read(&r, &q, err));
	if (fj_rd_end(&r) != FJ_OK)
		return signer_broken(err, "an approval is longer than it says");
	enum fj_rc rc = judge(s, &q, &t, err);
	if (rc == FJ_OK && !q.dry)
		rc = keep(s, &q, &t, err);
	fj_free(t.h);
	return rc;
}

/* --- using one --- */

static bool put_use(const struct mem_intent *i, uint32_t k, struct fj_buf *uses)
{
	return fj_put_u8(uses, MEM_OP_USE) == FJ_OK && fj_buf_put(uses, i->hash.b, FJ_SHA256_LEN) == FJ_OK && fj_put_u32(uses, k) == FJ_OK;
}

/* Its item of that content that was not used; n: none.  *was: there is one that was.  A list is signed in its
 * order, so the search begins behind the one that was found last. */
static uint32_t item_of(struct mem_intent *i, const struct fj_hash *content, bool *was)
{
	for (uint32_t n = 0; i->item != NULL && n < i->n; n++) {
		uint32_t k = (i->next + n) % i->n;
		if (!fj_hash_eq(&i->item[k], content))
			continue;
		if (!is_used(i, k)) {
			i->next = k + 1;
			return k;
		}
		*was = true;
	}
	return i->n;
}

/* any of these contents under this approval */
static enum fj_rc use(struct mem_intent *i, unsigned lets, const struct fj_hash *content, size_t n, fj_time now, struct fj_buf *uses, struct fj_err *err)
{
	bool was = false;

	MUST(now <= i->until, "R22", "the approval's time is over; ask for it anew");
	MUST(i->lets & lets, "R22", "the officers approved something of another kind");
	for (size_t c = 0; c < n; c++) {
		uint32_t k = item_of(i, &content[c], &was);
		if (k < i->n)
			return put_use(i, k, uses) ? FJ_OK : fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
	}
	MUST(!was, "R22", "what the officers approved was signed already; each is signed once");
	return policy_no(err, "R22", "this is not what the officers approved");
}

static enum fj_rc content_of_certificate(const struct hsm_job *j, struct fj_slice tbs, struct fj_hash out[6], size_t *n, struct fj_err *err)
{
	struct fj_x509 x;
	struct fj_asset a;
	char holder[64], name[260];

	FJ_TRY(fj_x509_read_tbs(tbs, &x, err));
	FJ_TRY(fj_asset_read(x.private_value, &a, err));
	FJ_TRY(fj_x509_name(x.subject, FJ_OID_ORGID, holder, sizeof(holder), err));
	FJ_TRY(fj_x509_name(x.subject, FJ_OID_O, name, sizeof(name), err));
	MUST(strncmp(holder, "NTRCN-", 6) == 0, "formats.md 2", "the holder has no unified social credit code");
	struct fj_cert_content c = {.alg = j->alg, .asset = &a, .holder = holder + 6, .holder_name = name, .ends = x.not_after, .spki = x.spki};
	FJ_TRY(fj_content_certificate(&c, &out[(*n)++], err));
	c.ends = 0;
	for (c.years = 1; c.years <= 5; c.years++)
		if (fj_term_end(x.not_before, c.years) == x.not_after)
			FJ_TRY(fj_content_certificate(&c, &out[(*n)++], err));
	return FJ_OK;
}

static enum fj_rc content_of_authorisation(struct fj_slice tbs, struct fj_hash out[6], size_t *n, struct fj_err *err)
{
	FJ_AUTO(jws) w = {0};

	FJ_TRY(fj_jws_read_input(tbs, FJ_TOKEN_MAX, &w, err));
	FJ_TRY(fj_content_claims(w.payload, &out[(*n)++], err));
	return fj_json_num(w.payload, "version") > 1 ? fj_content_rebound(w.payload, &out[(*n)++], err) : FJ_OK;
}

static enum fj_rc content_of_subordinate(const struct hsm_job *j, struct fj_slice tbs, struct fj_hash out[6], size_t *n, struct fj_err *err)
{
	struct fj_x509 x;
	struct fj_limits l;
	char operator_[260];
	bool there;

	FJ_TRY(fj_x509_read_tbs(tbs, &x, err));
	FJ_TRY(fj_limits_of(&x, &there, &l, err));
	FJ_TRY(fj_x509_name(x.subject, FJ_OID_O, operator_, sizeof(operator_), err));
	return fj_content_subordinate(j->alg, x.spki, operator_, &l, &out[(*n)++], err);
}

static enum fj_rc content_of(const struct hsm_job *j, struct fj_slice tbs, struct fj_hash out[6], size_t *n, struct fj_err *err)
{
	return j->kind == HSM_JWS_AUTHORISATION ? content_of_authorisation(tbs, out, n, err)
	    : j->kind == HSM_CERT_SUBORDINATE ? content_of_subordinate(j, tbs, out, n, err) : content_of_certificate(j, tbs, out, n, err);
}

static void content_of_own_ca(enum fj_alg alg, struct fj_hash *out)
{
	char act[40];

	snprintf(act, sizeof(act), HSM_ACT_CERTIFY ":%s", hsm_role(hsm_role_of(HSM_ISSUING, alg))->name);
	fj_content_act(act, out);
}

/* what an approval has to let be for this kind of structure; 0: it is bound to none */
static unsigned bound(const struct hsm_job *j)
{
	switch (j->kind) {
	case HSM_CERT_DATA_ASSET:
		return HSM_LETS_CERTIFICATE;
	case HSM_JWS_AUTHORISATION:
		return HSM_LETS_AUTHORISATION;
	case HSM_CERT_SUBORDINATE:
		return HSM_LETS_SUBORDINATE;
	case HSM_JWS_TOKEN: /* by the home's rule */
		return j->s->mem.tokens != MEM_TOKENS_NAMES ? HSM_LETS_TOKEN : 0;
	case HSM_CERT_ISSUING: /* a newer key's; the first one's is the ceremony's */
		return j->s->mem.ceremony == MEM_CLOSED ? HSM_LETS_ACT : 0;
	default:
		return 0;
	}
}

enum fj_rc intent_bind(const struct hsm_job *j, struct fj_slice tbs, struct fj_err *err)
{
	struct fj_hash content[6];
	size_t n = 0;

	unsigned lets = bound(j);
	if (lets == 0 || !officers_check(&j->s->mem))
		return FJ_OK;
	struct mem_intent *i = find(&j->s->mem, j->intent.p);
	MUST(i != NULL && i->item != NULL, "R22", "no approval that officers have signed stands behind it; names alone do not count any more");
	if (lets == HSM_LETS_ACT)
		content_of_own_ca(j->alg, &content[n++]);
	else if (lets == HSM_LETS_TOKEN)
		content[n++] = *j->content;
	else
		FJ_TRY(content_of(j, tbs, content, &n, err));
	return use(i, lets, content, n, j->now, j->uses, err);
}

/* whichever approval lets it: a list may carry what several have lifted */
static enum fj_rc use_any(struct hsm_memory *m, unsigned lets, const struct fj_hash *content, fj_time now, struct fj_buf *uses, struct fj_err *err)
{
	bool was = false;

	for (size_t i = 0; i < m->n_intents; i++) {
		uint32_t k = m->intent[i].until < now || !(m->intent[i].lets & lets) ? m->intent[i].n : item_of(&m->intent[i], content, &was);
		if (k < m->intent[i].n)
			return put_use(&m->intent[i], k, uses) ? FJ_OK : fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
	}
	return policy_no(err, "R22", was ? "that was done already under this approval; each is good once" : "no approval that officers have signed lets this be; names alone do not count any more");
}

enum fj_rc intent_lift(const struct hsm_job *j, const struct fj_hash *content, struct fj_err *err)
{
	if (officers_check(&j->s->mem))
		return use_any(&j->s->mem, HSM_LETS_LIFT, content, j->now, j->uses, err);
	return j->approvals >= 2 ? FJ_OK : policy_no(err, "design.md 2", "lifting a suspension needs two approvals");
}

enum fj_rc intent_act(struct hsm_signer *s, const char *kind, struct fj_err *err)
{
	FJ_AUTO(buf) uses = FJ_BUF_INIT(64);
	struct fj_hash content;

	if (!officers_check(&s->mem))
		return FJ_OK;
	fj_content_act(kind, &content);
	FJ_TRY(use_any(&s->mem, HSM_LETS_ACT, &content, fj_now(), &uses, err));
	s->fatal = true;
	FJ_TRY(signer_record(s, AUDIT_USE, fj_buf_slice(&uses), err));
	FJ_TRY(mem_apply(&s->mem, fj_buf_slice(&uses), err));
	s->fatal = false;
	return FJ_OK;
}
