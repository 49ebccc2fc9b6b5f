/*
 * logged.c - does the credential stand in its issuer's public log?  A proof of logging
 * (C2SP tlog-proof, docs/formats.md 19) against what is judged.
 *
 * Everything in a proof is what somebody says: the leaf counts only when its hash is in the
 * tree, the tree only under a line by a log certificate of the credential's own issuer.  A
 * proof that is false denies, whether it was asked for or not; only what this trust can't
 * tell (no log certificate, no CRL, witnesses that are asked for and did not sign) is unknown.
 * The log certificate is judged at the leaf's time, since it may have ended long ago, but by
 * the newest CRL: a key that was lost later proves nothing of any time.
 */
#include "base/leaf.h"
#include "verifier/internal.h"
#include "verifier/log_policy.h"

#define CITE "formats.md 19"
#define SALT 16

/* what the credential shows of itself */
struct shown {
	const char *kind, *id, *iss, *sha256;
	const json_t *holder;
	const json_t *payload; /* of a token or an authorisation; NULL: a certificate */
};
/* a proof, as it is read */
struct proof {
	struct fj_log_proof p;
	struct fj_note note;
	struct fj_checkpoint at;
	json_t *extra;
	const json_t *leaf; /* in extra */
	fj_time time;       /* of the leaf */
	char origin[FJ_NOTE_NAME + 1];
	struct ver_cosigned cosigned;
	const struct ver_policy *policy;
};

static void proof_release(struct proof *l)
{
	fj_log_proof_release(&l->p);
	json_decref(l->extra);
}

FJ_DEFINE_AUTO(proof, struct proof, proof_release)

static enum fj_rc no(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "verify", CITE, en, zh);
}

/* it is of something else, or of later: false when it was given, none when it was only found under the number */
static enum fj_rc other(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_NOTFOUND, "verify", CITE, en, zh);
}

/* --- what the leaf says --- */

/* these members and no other */
static bool exactly(const json_t *obj, const char *const *keys)
{
	size_t n = 0;

	for (; keys[n] != NULL; n++)
		if (json_object_get(obj, keys[n]) == NULL)
			return false;
	return json_is_object(obj) && json_object_size(obj) == n;
}

static bool says(const json_t *obj, const char *key, const char *what)
{
	const char *got = fj_json_peek(obj, key);

	return got != NULL && what != NULL && strcmp(got, what) == 0;
}

static bool number(const json_t *obj, const char *key, int64_t *out)
{
	const json_t *v = json_object_get(obj, key);

	*out = json_is_integer(v) ? json_integer_value(v) : -1;
	return *out >= 0;
}

/* a name of 64 characters in a certificate may have been cut (formats.md 2) */
static bool same_name(const struct shown *c, const char *in_leaf, const char *in_credential)
{
	size_t n = strlen(in_credential);

	return strcmp(in_leaf, in_credential) == 0 ||
	    (c->payload == NULL && fj_utf8_count(in_credential) == 64 && strncmp(in_leaf, in_credential, n) == 0);
}

static bool same_party(const struct shown *c, const json_t *in_leaf, const json_t *in_credential)
{
	static const char *const keys[] = {"name", "usci", NULL};
	const char *name = fj_json_peek(in_leaf, "name"), *their = fj_json_peek(in_credential, "name");

	return exactly(in_leaf, keys) && name != NULL && their != NULL && same_name(c, name, their) && says(in_leaf, "usci", fj_json_peek(in_credential, "usci"));
}

/* SHA-256(salt || canonical {"name","usci"} of the token's holder) is the leaf's commitment */
static enum fj_rc opens(const struct shown *c, const struct proof *l, struct fj_err *err)
{
	static const char *const keys[] = {"commitment", NULL};
	const json_t *holder = json_object_get(l->leaf, "holder");
	const char *salt = fj_json_text(l->extra, "salt");
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_TOKEN_MAX);
	char hash[44];

	FJ_AUTO(json) who = json_pack("{s:s, s:s}", "name", fj_json_text(c->holder, "name"), "usci", fj_json_text(c->holder, "usci"));
	if (who == NULL)
		return fj_no_memory(err, "verify");
	enum fj_rc rc = fj_b64u_get(salt, strlen(salt), &text);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc != FJ_OK || text.len != SALT)
		return no(err, "the salt of a proof is not 16 octets in base64url", "载入证明中的盐值不是 16 字节");
	FJ_TRY(fj_json_canonical(who, &text, err));
	if (ver_sha256_b64u(fj_buf_slice(&text), hash) != FJ_OK)
		return fj_no_memory(err, "verify");
	return exactly(holder, keys) && says(holder, "commitment", hash) ? FJ_OK
	    : no(err, "the leaf's commitment does not open to the token's holder", "日志叶中的承诺与令牌持有人不符");
}

static enum fj_rc same_people(const struct shown *c, const struct proof *l, struct fj_err *err)
{
	const json_t *first = json_array_get(json_object_get(c->payload, "assets"), 0);
	int64_t version;

	if (strcmp(c->kind, "token") == 0) {
		FJ_TRY(opens(c, l, err));
		return says(l->leaf, "parent", fj_json_peek(json_object_get(c->payload, "parent"), "authorisation")) ? FJ_OK
		    : no(err, "the leaf names another authorisation than the token", "日志叶所载授权与令牌不符");
	}
	if (!same_party(c, json_object_get(l->leaf, "holder"), c->holder))
		return no(err, "the leaf names another holder", "日志叶所载持有人不符");
	if (c->payload == NULL)
		return FJ_OK;
	if (!same_party(c, json_object_get(l->leaf, "operator"), json_object_get(c->payload, "operator")))
		return no(err, "the leaf names another operator", "日志叶所载运营机构不符");
	if (!number(l->leaf, "version", &version) || version != fj_json_num(c->payload, "version"))
		return no(err, "the leaf names another version", "日志叶所载版本不符");
	return says(l->leaf, "parent", fj_json_peek(first, "certificate")) ? FJ_OK : no(err, "the leaf names another certificate than the authorisation's first", "日志叶所载证书与授权不符");
}

/* canonical JSON of exactly {"leaf"}, or {"leaf","salt"} of a token */
static enum fj_rc read_extra(const struct shown *c, struct proof *l, struct fj_err *err)
{
	static const char *const bare[] = {"leaf", NULL}, *const salted[] = {"leaf", "salt", NULL};
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	struct fj_err why = {.rc = FJ_OK};

	enum fj_rc rc = fj_json_parse(fj_buf_slice(&l->p.extra), FJ_LOG_PROOF_MAX, &l->extra, &why);
	if (rc == FJ_OK)
		rc = fj_json_canonical(l->extra, &again, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc != FJ_OK || !fj_slice_eq(fj_buf_slice(&again), fj_buf_slice(&l->p.extra)))
		return no(err, "the extra data of a proof is not the canonical JSON of a leaf", "载入证明的附加数据不是规范 JSON");
	if (!exactly(l->extra, strcmp(c->kind, "token") == 0 ? salted : bare))
		return no(err, "the extra data of a proof has other members than leaf (and salt, of a token)", "载入证明的附加数据字段不符");
	l->leaf = json_object_get(l->extra, "leaf");
	return FJ_OK;
}

/* members, place and time of the leaf */
static enum fj_rc check_form(struct proof *l, struct fj_err *err)
{
	enum fj_rc rc = fj_leaf_check(l->leaf, l->p.index, NULL);

	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	l->time = fj_json_num(l->leaf, "at");
	return rc == FJ_OK ? FJ_OK : no(err, "the leaf has other members than a leaf of this kind, malformed ones, or another number than the proof's index", "日志叶的字段、格式或序号与载入证明不符");
}

static enum fj_rc check_leaf(const struct ver_job *j, const struct shown *c, struct proof *l, struct fj_err *err)
{
	FJ_TRY(read_extra(c, l, err));
	if (!says(l->leaf, "kind", c->kind) || !says(l->leaf, "id", c->id))
		return other(err, "the proof is of another credential", "载入证明属于另一凭证");
	if (!says(l->leaf, "sha256", c->sha256))
		return other(err, "the proof is of other octets: another version, or a changed credential", "载入证明所载摘要与凭证不符");
	FJ_TRY(check_form(l, err));
	if (!says(l->leaf, "event", "issued"))
		return no(err, "the leaf does not say that the credential was issued", "日志叶所载事件不是签发");
	if (l->time > j->in->now + VER_SKEW)
		return other(err, "the credential was logged only after this time", "凭证在核验时间之后才载入日志");
	return same_people(c, l, err);
}

/* --- the tree that it is in --- */

static enum fj_rc check_tree(const struct shown *c, struct proof *l, struct fj_err *err)
{
	FJ_AUTO(buf) leaf = FJ_BUF_INIT(FJ_LEAF_MAX);
	struct fj_hash hash;

	FJ_TRY(fj_note_read(l->p.note, &l->note, err));
	FJ_TRY(fj_checkpoint_read(l->note.text, &l->at, err));
	if (fj_log_origin(c->iss, l->origin, NULL) != FJ_OK || strcmp(l->at.origin, l->origin) != 0)
		return no(err, "the checkpoint is of another log than the credential's issuer's", "检查点属于另一日志，并非凭证签发方的日志");
	FJ_TRY(fj_json_canonical(l->leaf, &leaf, err));
	fj_leaf_hash(fj_buf_slice(&leaf), &hash);
	return fj_path_includes(&l->p.path, l->p.index, l->at.size, &hash, &l->at.root) ? FJ_OK
	    : fj_refuse(err, FJ_E_SIGNATURE, "verify", "RFC 9162 2.1.3.2", "the leaf is not in the checkpoint's tree at this index", "日志叶不在检查点的树中");
}

/* --- who signed the tree --- */

/* the log's Ed25519 key, where it is known, and the policy's logs and witnesses */
static enum fj_rc check_lines(const struct ver_trust *t, struct proof *l, struct fj_err *err)
{
	const struct fj_vkey *key = ver_trust_log_key(t);

	if (key != NULL && (strcmp(key->name, l->origin) != 0 || fj_note_verify(&l->note, key, NULL, NULL) != FJ_OK))
		return fj_refuse(err, FJ_E_SIGNATURE, "verify", "C2SP signed-note", "the checkpoint has no true line by the log's Ed25519 key (log.vkey)", "检查点缺少日志 Ed25519 密钥（log.vkey）的有效签名");
	l->policy = ver_trust_log_policy(t);
	if (l->policy == NULL)
		return FJ_OK;
	FJ_TRY(ver_policy_log(l->policy, &l->note, l->origin, err));
	return ver_policy_cosigned(l->policy, &l->note, &l->cosigned, err);
}

/* may this log certificate be believed for the leaf's time? */
static void standing(const struct ver_job *j, const struct ver_signer *s, fj_time then, struct ver_finding *f)
{
	struct ver_finding dates;

	ver_path_revoked_by(j->t, &s->x, s->ca, j->in->now, then, f);
	ver_dates(&s->x, s->ca, then, &dates);
	dates.from = dates.to = 0;
	ver_worse(f, &dates);
}

static int rank(enum ver_outcome o)
{
	return o == VER_PASS ? 2 : o == VER_UNKNOWN;
}

/* The note's own key is known and its line is true, and of the log there is a line by a key that the trust has no
 * certificate of: it was rolled over since. */
static bool by_newer_key(const struct ver_job *j, const struct proof *l)
{
	const struct fj_vkey *key = ver_trust_log_key(j->t);
	const struct ver_signer *s;
	uint8_t id[4];

	for (size_t i = 0; key != NULL && i < l->note.n; i++) {
		bool known = memcmp(l->note.line[i].id, key->id, 4) == 0 || !fj_slice_eq(l->note.line[i].name, fj_slice_str(l->origin));
		for (size_t k = 0; !known && (s = ver_trust_log(j->t, k)) != NULL; k++) {
			fj_ecdsa_id(s->x.spki, id);
			known = memcmp(l->note.line[i].id, id, 4) == 0;
		}
		if (!known)
			return true;
	}
	return false;
}

/* the log certificate of the credential's issuer whose line is true; of several the one that says most */
static void check_signer(const struct ver_job *j, const struct shown *c, const struct proof *l, struct ver_finding *best)
{
	bool any = false, signed_by_one = false;
	const struct ver_signer *s;
	uint8_t id[4];

	for (size_t i = 0; (s = ver_trust_log(j->t, i)) != NULL; i++) {
		struct ver_finding f;
		if (strcmp(s->iss, c->iss) != 0)
			continue;
		any = true;
		fj_ecdsa_id(s->x.spki, id);
		const struct fj_note_line *line = fj_note_line_of(&l->note, l->origin, id);
		if (line == NULL || !ver_signed_der(s->key, FJ_ES256, l->note.text, FJ_SLICE(line->sig, line->sig_len)))
			continue;
		standing(j, s, l->time, &f);
		if (!signed_by_one || rank(f.outcome) > rank(best->outcome))
			*best = f;
		signed_by_one = true;
	}
	if (!any)
		ver_find(best, VER_UNKNOWN, CITE, "the trust has no certificate of this issuer's log (log.pem): get the trust anew", "信任资料中没有该签发方的日志证书（log.pem），请重新获取");
	else if (!signed_by_one && by_newer_key(j, l))
		ver_find(best, VER_UNKNOWN, CITE, "the log's key was rolled over since this trust was made (log.pem): get the trust anew", "公开日志的密钥在取得该信任资料之后已更换（log.pem），请重新获取");
	else if (!signed_by_one)
		ver_find(best, VER_FAIL, "C2SP signed-note", "the checkpoint has no true line by the issuer's log certificate", "检查点缺少签发方日志证书的有效签名");
}

/* --- the check --- */

static enum fj_rc check_proof(const struct ver_job *j, const struct shown *c, struct proof *l, struct fj_err *err)
{
	FJ_TRY(fj_log_proof_read(j->in->log_proof, &l->p, err));
	FJ_TRY(check_leaf(j, c, l, err));
	FJ_TRY(check_tree(c, l, err));
	return check_lines(j->t, l, err);
}

static void none(struct ver_job *j)
{
	if (j->in->logged)
		ver_say(j->r, CK_LOGGED, VER_UNKNOWN, CITE, "a proof of logging is asked for, and there is none: get the .tlog-proof from the issuer", "要求核对公开日志，但没有载入证明（.tlog-proof），请向签发方索取");
	else
		ver_say(j->r, CK_LOGGED, VER_NOT_REQUESTED, CITE, "no proof of logging was given", "未提供公开日志载入证明");
}

/* what is asked for beyond a true proof, and what of it can't be told */
static void demand(const struct ver_job *j, const struct proof *l, struct ver_finding *f)
{
	if (f->outcome != VER_PASS)
		return;
	if (ver_trust_log_unreadable(j->t)) {
		ver_find(f, VER_UNKNOWN, CITE, "the trust's log.vkey or log.policy can't be read: get the trust anew", "信任资料中的 log.vkey 或 log.policy 无法读取，请重新获取");
	} else if (j->in->logged && l->policy != NULL && !l->cosigned.quorum) {
		f->outcome = VER_UNKNOWN;
		f->clause = "C2SP tlog-policy";
		f->en = "too few witnesses of the policy cosigned the checkpoint: get a newer proof";
		f->zh = "检查点的见证副署未达到策略要求，请获取更新的载入证明";
	}
}

/* a pass in words that pages show: where it stands, and who saw that */
static void say_pass(struct ver_job *j, const struct proof *l)
{
	unsigned long long index = l->p.index, size = l->at.size;
	char en[256], zh[384], by[64] = "no witness of it is named", seen[96] = "未指定见证方";

	if (l->policy != NULL) {
		snprintf(by, sizeof(by), "%zu of %zu witnesses cosigned it", l->cosigned.by, l->cosigned.witnesses);
		snprintf(seen, sizeof(seen), "%zu 个见证方中 %zu 个已副署", l->cosigned.witnesses, l->cosigned.by);
	}
	snprintf(en, sizeof(en), "stands in the issuer's public log, leaf %llu of %llu, under a checkpoint that the log's key signed; %s", index, size, by);
	snprintf(zh, sizeof(zh), "已载入签发方公开日志（第 %llu 叶，共 %llu 叶），检查点由日志密钥签名；%s", index, size, seen);
	ver_say(j->r, CK_LOGGED, VER_PASS, CITE, en, zh);
}

static void say_place(struct ver_job *j, const struct proof *l)
{
	char at[FJ_TIME_CAP], witnesses[64] = "no witnesses named";

	if (l->policy != NULL)
		snprintf(witnesses, sizeof(witnesses), "%zu of %zu witnesses", l->cosigned.by, l->cosigned.witnesses);
	fj_time_utc(l->time, at);
	ver_evidence(j->r, CK_LOGGED, "leaf %llu of %llu, logged %s; %s", (unsigned long long)l->p.index, (unsigned long long)l->at.size, at, witnesses);
}

static void check(struct ver_job *j, const struct shown *c)
{
	FJ_AUTO(proof) l = {.extra = NULL};
	struct fj_err err = {.rc = FJ_OK};
	struct ver_finding f;

	if (j->in->log_proof.len == 0) {
		none(j);
		return;
	}
	enum fj_rc rc = check_proof(j, c, &l, &err);
	if (rc == FJ_E_NOMEM) {
		j->nomem = true;
	} else if (rc == FJ_E_NOTFOUND && j->in->log_proof_found) {
		none(j);
	} else if (rc != FJ_OK) {
		ver_say_err(j->r, CK_LOGGED, VER_FAIL, &err);
	} else {
		check_signer(j, c, &l, &f);
		demand(j, &l, &f);
		ver_say_finding(j->r, CK_LOGGED, &f);
		if (f.outcome == VER_PASS)
			say_pass(j, &l);
		if (f.evidence[0] == '\0' || f.outcome == VER_PASS)
			say_place(j, &l);
	}
}

void ver_logged_grant(struct ver_job *j)
{
	const json_t *p = j->jws.payload;
	char sha256[44];
	struct shown c = {.kind = j->token ? "token" : "authorisation", .id = fj_json_peek(p, "jti"), .iss = fj_json_peek(p, "iss"), .sha256 = sha256,
		.holder = json_object_get(p, "holder"), .payload = p};

	/* as it was published: with its "~", without a proof of the holder behind it */
	if (ver_sha256_b64u(FJ_SLICE(j->credential.p, j->credential.len - j->proof.len), sha256) == FJ_OK)
		check(j, &c);
	else
		j->nomem = true;
}

void ver_logged_certificate(struct ver_job *j, const char *base)
{
	const json_t *s = j->r->subject;

	check(j, &(struct shown){.kind = "certificate", .id = fj_json_peek(s, "number"), .iss = base, .sha256 = fj_json_peek(s, "sha256"), .holder = json_object_get(s, "holder")});
}
