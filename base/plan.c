/*
 * plan.c - the plan of a ceremony, read strictly.
 *
 * Its hash stands in every key's policy and in every approval, so there may be but one plan
 * for one hash: canonical JSON, each member known, every text and number in bounds.  What
 * later plans may hold is refused until there is who honours it.
 */
#include "base/plan.h"

#include <sodium.h>

#include "base/der.h"
#include "base/x509.h"

#define CITE "formats.md 22"
#define FOLLOWS "formats.md 33"
#define PREFIX "fujie-plan-1\n"

/* SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING, uncompressed (RFC 5480 2) */
static const uint8_t spki_head[27] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

enum fj_rc fj_p256_spki_put(struct fj_buf *out, const uint8_t xy[64])
{
	FJ_TRY(fj_buf_put(out, spki_head, sizeof(spki_head)));
	return fj_buf_put(out, xy, 64);
}

bool fj_p256_spki_read(struct fj_slice spki, uint8_t xy[64])
{
	if (spki.len != FJ_P256_SPKI || memcmp(spki.p, spki_head, sizeof(spki_head)) != 0)
		return false;
	memcpy(xy, spki.p + sizeof(spki_head), 64);
	return true;
}

static enum fj_rc bad(struct fj_err *err, const char *field, const char *en, const char *zh)
{
	return fj_err_at(err, fj_refuse(err, FJ_E_INVALID, "plan", CITE, en, zh), field);
}

static enum fj_rc text(const json_t *o, const char *key, size_t max, char *out, size_t cap, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, max, &s, err));
	return fj_strcopy(out, cap, s) == FJ_OK ? FJ_OK : bad(err, key, "a text of the plan is too long", "方案中的文本过长");
}

/* http:// or https://, printable ASCII, no slash at the end: it goes into certificates */
static bool is_base(const char *s)
{
	size_t n = strlen(s), head = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : n;

	if (n <= head || s[n - 1] == '/')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s >= 0x7f || *s == '"' || *s == '<' || *s == '>')
			return false;
	return true;
}

static enum fj_rc read_home(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	static const char *const keys[] = {"demo", "arc", "base", "operator", NULL};
	FJ_AUTO(buf) oid = FJ_BUF_INIT(64);
	json_t *home;

	FJ_TRY(fj_json_obj(plan, "home", &home, err));
	FJ_TRY(fj_json_only(home, keys, err));
	FJ_TRY(text(home, "arc", 60, p->arc, sizeof(p->arc), err));
	FJ_TRY(text(home, "base", 160, p->base, sizeof(p->base), err));
	FJ_TRY(text(home, "operator", 64, p->operator_, sizeof(p->operator_), err));
	if (!json_is_boolean(json_object_get(home, "demo")))
		return bad(err, "demo", "\"demo\" of the plan is true or false", "方案的“demo”应为 true 或 false");
	p->demo = json_is_true(json_object_get(home, "demo"));
	if (fj_der_oid_encode(p->arc, &oid) != FJ_OK)
		return bad(err, "arc", "\"arc\" of the plan is no object identifier, such as 1.3.6.1.4.1.1", "方案的“arc”不是对象标识符（如 1.3.6.1.4.1.1）");
	return is_base(p->base) ? FJ_OK : bad(err, "base", "\"base\" of the plan is no address http(s)://… without a slash at its end", "方案的“base”应为 http(s):// 开头、结尾不带斜杠的地址");
}

static enum fj_rc read_algorithms(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	const char *first, *second;
	json_t *list;

	FJ_TRY(fj_json_arr(plan, "algorithms", 2, &list, err));
	first = json_string_value(json_array_get(list, 0));
	second = json_string_value(json_array_get(list, 1));
	p->sm2 = second != NULL && strcmp(second, "SM2") == 0;
	if (first == NULL || strcmp(first, "P-256") != 0 || json_array_size(list) != (p->sm2 ? 2 : 1))
		return bad(err, "algorithms", "\"algorithms\" of the plan is [\"P-256\"] or [\"P-256\",\"SM2\"]", "方案的“algorithms”应为 [\"P-256\"] 或 [\"P-256\",\"SM2\"]");
	return FJ_OK;
}

static bool is_login(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@");

	return n > 0 && s[n] == '\0';
}

static enum fj_rc read_officer(const json_t *o, struct fj_plan *p, struct fj_err *err)
{
	static const char *const keys[] = {"login", "name", "key", NULL};
	struct fj_officer *f = &p->officer[p->n];
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	const char *key;

	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(text(o, "login", FJ_PLAN_LOGIN, f->login, sizeof(f->login), err));
	FJ_TRY(text(o, "name", FJ_PLAN_NAME, f->name, sizeof(f->name), err));
	FJ_TRY(fj_json_str(o, "key", 200, &key, err));
	if (!is_login(f->login))
		return bad(err, "login", "an officer's login has letters, digits and . - _ @ only", "官员用户名只能含字母、数字和 . - _ @");
	if (fj_b64u_get(key, strlen(key), &spki) != FJ_OK || !fj_p256_spki_read(fj_buf_slice(&spki), f->xy))
		return bad(err, "key", "an officer's key is base64url of a P-256 key's SubjectPublicKeyInfo, as `fujie-officer public` prints it",
		    "官员公钥应为 P-256 密钥 SubjectPublicKeyInfo 的 base64url，即 fujie-officer public 所示");
	if (fj_plan_officer(p, f->login) >= 0 || fj_plan_officer_by_key(p, f->xy) >= 0)
		return bad(err, "officers", "two officers of the plan have one login or one key", "方案中有两名官员的用户名或密钥相同");
	p->n++;
	return FJ_OK;
}

static enum fj_rc read_officers(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	static const char *const keys[] = {"root", NULL};
	json_t *list, *quorum, *o;
	int64_t m;
	size_t i;

	FJ_TRY(fj_json_arr(plan, "officers", FJ_QUORUM_MAX, &list, err));
	json_array_foreach(list, i, o)
		FJ_TRY(read_officer(o, p, err));
	if (p->n == 0)
		return bad(err, "officers", "the plan names no officer", "方案未列任何官员");
	FJ_TRY(fj_json_obj(plan, "quorum", &quorum, err));
	FJ_TRY(fj_json_only(quorum, keys, err));
	FJ_TRY(fj_json_int(quorum, "root", 1, (int64_t)p->n, &m, err));
	p->root = (unsigned)m;
	return FJ_OK;
}

/* absent: no key has to be unsealed */
static enum fj_rc read_unseal(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	static const char *const keys[] = {"m", NULL};
	json_t *unseal;
	int64_t m;

	if (json_object_get(plan, "unseal") == NULL)
		return FJ_OK;
	FJ_TRY(fj_json_obj(plan, "unseal", &unseal, err));
	FJ_TRY(fj_json_only(unseal, keys, err));
	FJ_TRY(fj_json_int(unseal, "m", 1, (int64_t)p->n, &m, err));
	p->unseal = (unsigned)m;
	return FJ_OK;
}

/* {"m","parent"}: optional; its parent is a storage key that can't leave its TPM, of the one form that ours have */
static enum fj_rc read_move(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	static const char *const keys[] = {"m", "parent", NULL};
	FJ_AUTO(buf) parent = FJ_BUF_INIT(FJ_STORAGE_PUBLIC_MAX);
	json_t *move;
	const char *text_;
	int64_t m;

	if (json_object_get(plan, "move") == NULL)
		return FJ_OK;
	FJ_TRY(fj_json_obj(plan, "move", &move, err));
	FJ_TRY(fj_json_only(move, keys, err));
	FJ_TRY(fj_json_int(move, "m", 1, (int64_t)p->n, &m, err));
	FJ_TRY(fj_json_str(move, "parent", 200, &text_, err));
	if (fj_b64u_get(text_, strlen(text_), &parent) != FJ_OK || !fj_tpm_storage_public(fj_buf_slice(&parent)))
		return bad(err, "parent", "\"parent\" of the plan's move is base64url of the spare's storage key, one that can't leave its TPM, as `fujie spare prepare` writes it",
		    "方案中“move”的“parent”应为备机存储密钥（不能离开其 TPM）公钥区的 base64url，即 fujie spare prepare 所写");
	p->move = (unsigned)m;
	memcpy(p->parent, parent.data, parent.len);
	p->parent_len = parent.len;
	return FJ_OK;
}

/* {"generation","plan"}: optional; the plan whose roots these succeed */
static enum fj_rc read_follows(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	static const char *const keys[] = {"generation", "plan", NULL};
	json_t *follows;
	const char *hex;
	int64_t n;

	p->generation = 1;
	if (json_object_get(plan, "follows") == NULL)
		return FJ_OK;
	FJ_TRY(fj_json_obj(plan, "follows", &follows, err));
	FJ_TRY(fj_json_only(follows, keys, err));
	FJ_TRY(fj_json_int(follows, "generation", 2, FJ_MAX_ROOTS, &n, err));
	FJ_TRY(fj_json_str(follows, "plan", 64, &hex, err));
	if (strlen(hex) != 64 || fj_unhex(hex, 64, p->former.b) != FJ_OK)
		return bad(err, "plan", "\"plan\" in \"follows\" is the hash of the plan before, 64 hexadecimal digits", "“follows”中的“plan”应为前一方案的散列值（64 位十六进制数字）");
	p->generation = (unsigned)n;
	return FJ_OK;
}

static enum fj_rc refused(struct fj_err *err, const char *field, const char *en, const char *zh)
{
	return fj_err_at(err, fj_refuse(err, FJ_E_REFUSED, "plan", FOLLOWS, en, zh), field);
}

enum fj_rc fj_plan_follows(const struct fj_plan *next, const struct fj_plan *p, struct fj_err *err)
{
	if (next->generation == 1 || !fj_hash_eq(&next->former, &p->hash))
		return refused(err, "follows", "the new plan does not follow this home's plan: it names another one, or none; make it with `fujie ceremony plan --follows` and the plan that is in force", "新方案不是接续本系统现行方案的：所指为另一方案，或未指明；请以现行方案执行 fujie ceremony plan --follows");
	if (next->generation != p->generation + 1)
		return refused(err, "generation", "the new plan's generation is not the one after that of the plan it follows", "新方案的代数不是前一方案的下一代");
	if (next->demo != p->demo || next->sm2 != p->sm2 || strcmp(next->arc, p->arc) != 0 || strcmp(next->base, p->base) != 0 || strcmp(next->operator_, p->operator_) != 0)
		return refused(err, "home", "the new plan is of another home: arc, address, operator, algorithms or demo differ from the plan that it follows", "新方案属于另一系统：标识弧、地址、运营机构、算法或演示标志与前一方案不同");
	if ((next->unseal > 0) != (p->unseal > 0))
		return refused(err, "unseal", "the issuing keys that there are either have to be unsealed or not, and a new plan can't change that: both plans have \"unseal\", or neither", "现有签发密钥是否须解封，新方案不能改变：两份方案应同有或同无“unseal”");
	return FJ_OK;
}

static enum fj_rc hash_of(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(FJ_PLAN_MAX);
	crypto_hash_sha256_state h;

	FJ_TRY(fj_json_canonical(plan, &canonical, err));
	fj_sha256(fj_buf_slice(&canonical), &p->hash);
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const uint8_t *)PREFIX, strlen(PREFIX));
	crypto_hash_sha256_update(&h, canonical.data, canonical.len);
	crypto_hash_sha256_final(&h, p->to_sign.b);
	return FJ_OK;
}

enum fj_rc fj_plan_read(const json_t *plan, struct fj_plan *p, struct fj_err *err)
{
	static const char *const keys[] = {"version", "home", "algorithms", "officers", "quorum", "unseal", "expiration", "made", "move", "follows", NULL};
	int64_t version, expiration;
	const char *made;

	memset(p, 0, sizeof(*p));
	FJ_TRY(fj_json_only(plan, keys, err));
	FJ_TRY(fj_json_int(plan, "version", 1, 1, &version, err));
	FJ_TRY(read_home(plan, p, err));
	FJ_TRY(read_algorithms(plan, p, err));
	FJ_TRY(read_officers(plan, p, err));
	FJ_TRY(read_unseal(plan, p, err));
	FJ_TRY(read_move(plan, p, err));
	FJ_TRY(read_follows(plan, p, err));
	FJ_TRY(fj_json_int(plan, "expiration", 1, FJ_PLAN_EXPIRATION, &expiration, err));
	p->expiration = (uint32_t)expiration;
	FJ_TRY(fj_json_str(plan, "made", FJ_TIME_CAP, &made, err));
	FJ_TRY(fj_err_at(err, fj_time_parse(made, &p->made, err), "made"));
	return hash_of(plan, p, err);
}

int fj_plan_officer(const struct fj_plan *p, const char *login)
{
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->officer[i].login, login) == 0)
			return (int)i;
	return -1;
}

int fj_plan_officer_by_key(const struct fj_plan *p, const uint8_t xy[64])
{
	for (unsigned i = 0; i < p->n; i++)
		if (memcmp(p->officer[i].xy, xy, 64) == 0)
			return (int)i;
	return -1;
}

/* --- with its signatures --- */

static enum fj_rc file_read(struct fj_slice in, json_t **file, json_t **plan, json_t **signatures, struct fj_err *err)
{
	static const char *const keys[] = {"plan", "signatures", NULL};

	FJ_TRY(fj_json_parse(in, FJ_PLAN_MAX, file, err));
	FJ_TRY(fj_json_only(*file, keys, err));
	FJ_TRY(fj_json_obj(*file, "plan", plan, err));
	return fj_json_arr(*file, "signatures", FJ_QUORUM_MAX, signatures, err);
}

static enum fj_rc read_signature(const json_t *s, const struct fj_plan *p, int *who, uint8_t sig[64], struct fj_err *err)
{
	static const char *const keys[] = {"officer", "sig", NULL};
	FJ_AUTO(buf) raw = FJ_BUF_INIT(64);
	const char *login, *b64;

	FJ_TRY(fj_json_only(s, keys, err));
	FJ_TRY(fj_json_str(s, "officer", FJ_PLAN_LOGIN, &login, err));
	FJ_TRY(fj_json_str(s, "sig", 86, &b64, err));
	*who = fj_plan_officer(p, login);
	if (*who < 0)
		return bad(err, "officer", "it is signed by somebody who is no officer of the plan", "签名者不是方案所列官员");
	if (fj_b64u_get(b64, strlen(b64), &raw) != FJ_OK || raw.len != 64)
		return bad(err, "sig", "a signature is base64url of 64 octets, r and s", "签名应为 64 字节（r 与 s）的 base64url");
	memcpy(sig, raw.data, 64);
	return FJ_OK;
}

enum fj_rc fj_officers_signed(const json_t *list, const struct fj_plan *p, const struct fj_hash *digest, fj_verify_fn verify, void *ctx, unsigned *by, struct fj_err *err)
{
	int who, last = -1;
	uint8_t sig[64];
	const json_t *s;
	size_t i;

	*by = 0;
	json_array_foreach(list, i, s) {
		FJ_TRY(read_signature(s, p, &who, sig, err));
		if (who <= last)
			return bad(err, "signatures", "the signatures are not in the order of the plan's officers, each once", "签名未按方案所列官员的顺序排列，或有重复");
		FJ_TRY(verify(ctx, p->officer[who].xy, digest, sig, err));
		*by |= 1u << who;
		last = who;
	}
	return FJ_OK;
}

enum fj_rc fj_plan_signed_read(struct fj_slice in, fj_verify_fn verify, void *ctx, struct fj_plan *out, unsigned *by, struct fj_err *err)
{
	FJ_AUTO(json) file = NULL;
	json_t *plan, *signatures;

	*by = 0;
	FJ_TRY(file_read(in, &file, &plan, &signatures, err));
	FJ_TRY(fj_plan_read(plan, out, err));
	return fj_officers_signed(signatures, out, &out->to_sign, verify, ctx, by, err);
}

enum fj_rc fj_plan_all(const struct fj_plan *p, unsigned by, struct fj_err *err)
{
	for (unsigned i = 0; i < p->n; i++)
		if (!(by >> i & 1)) {
			enum fj_rc rc = fj_fail(err, FJ_E_SIGNATURE, "plan", CITE, "officer %s has not signed the plan; a plan is in force when all its officers did", p->officer[i].login);
			fj_err_zh(err, "官员 %s 尚未签署方案；全体官员签署后方案才生效", p->officer[i].login);
			return rc;
		}
	return FJ_OK;
}

static int officer_of(const struct fj_plan *p, const json_t *signature)
{
	return fj_plan_officer(p, fj_json_text(signature, "officer"));
}

/* in the plan's order; one that is there stays */
static enum fj_rc place_signature(json_t *signatures, const struct fj_plan *p, json_t *s)
{
	size_t at = 0;

	while (at < json_array_size(signatures) && officer_of(p, json_array_get(signatures, at)) < officer_of(p, s))
		at++;
	if (at < json_array_size(signatures) && officer_of(p, json_array_get(signatures, at)) == officer_of(p, s))
		return FJ_OK;
	return json_array_insert(signatures, at, s) == 0 ? FJ_OK : FJ_E_NOMEM;
}

enum fj_rc fj_officer_signature_put(json_t *signatures, const struct fj_plan *p, unsigned officer, const uint8_t sig[64])
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(100);
	FJ_AUTO(json) s = NULL;

	FJ_TRY(fj_b64u_put(&b64, FJ_SLICE(sig, 64)));
	s = json_pack("{s:s, s:s}", "officer", p->officer[officer].login, "sig", fj_buf_str(&b64));
	return place_signature(signatures, p, s);
}

enum fj_rc fj_officers_join(json_t *signatures, const json_t *more, const struct fj_plan *p)
{
	size_t i;
	json_t *s;

	json_array_foreach(more, i, s)
		FJ_TRY(place_signature(signatures, p, s));
	return FJ_OK;
}

enum fj_rc fj_plan_add_signature(struct fj_slice in, unsigned officer, const uint8_t sig[64], struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) file = NULL;
	json_t *plan, *signatures;
	struct fj_plan p;

	FJ_TRY(file_read(in, &file, &plan, &signatures, err));
	FJ_TRY(fj_plan_read(plan, &p, err));
	if (officer >= p.n)
		return bad(err, "officer", "the plan has no such officer", "方案中无此官员");
	if (fj_officer_signature_put(signatures, &p, officer, sig) != FJ_OK)
		return fj_no_memory(err, "plan");
	FJ_TRY(fj_json_canonical(file, out, err));
	return fj_buf_puts(out, "\n") == FJ_OK ? FJ_OK : fj_no_memory(err, "plan");
}

/* officers of the plan, m of them, under a reference of the plan's own */
static void quorum_of(const struct fj_plan *p, unsigned m, const char *ref, struct fj_quorum *q)
{
	*q = (struct fj_quorum){.m = m, .n = p->n, .ref_len = strlen(ref) + sizeof(p->hash.b)};
	for (unsigned i = 0; i < p->n; i++)
		memcpy(q->officer[i], p->officer[i].xy, 64);
	memcpy(q->ref, ref, strlen(ref));
	memcpy(q->ref + strlen(ref), p->hash.b, sizeof(p->hash.b));
}

void fj_plan_root_quorum(const struct fj_plan *p, struct fj_quorum *q)
{
	quorum_of(p, p->root, FJ_REF_ROOT_SIGN, q);
}

void fj_plan_unseal_quorum(const struct fj_plan *p, struct fj_quorum *q)
{
	quorum_of(p, p->unseal, FJ_REF_UNSEAL, q);
}

void fj_plan_move_quorum(const struct fj_plan *p, struct fj_quorum *q)
{
	quorum_of(p, p->move, FJ_REF_ROOT_MOVE, q);
}

void fj_plan_parent_name(const struct fj_plan *p, struct fj_tpm_name *out)
{
	fj_tpm_name_of(FJ_SLICE(p->parent, p->parent_len), out);
}

void fj_plan_note_policy(const struct fj_plan *p, struct fj_hash *out)
{
	struct fj_tpm_name parent;

	memset(out, 0, sizeof(*out));
	fj_plan_parent_name(p, &parent);
	fj_tpm_policy_duplication(out, &parent);
}

bool fj_plan_note_is(const struct fj_plan *p, struct fj_slice public)
{
	/* KEYEDHASH, SHA-256; userWithAuth, noDA; the policy; no scheme; 32 octets that are unique */
	static const uint8_t head[] = {0x00, 0x08, 0x00, 0x0b, 0x00, 0x00, 0x04, 0x40, 0x00, 0x20}, tail[] = {0x00, 0x10, 0x00, 0x20};
	struct fj_hash policy;

	fj_plan_note_policy(p, &policy);
	return p->move > 0 && public.len == sizeof(head) + sizeof(tail) + 2 * FJ_SHA256_LEN && memcmp(public.p, head, sizeof(head)) == 0 && memcmp(public.p + sizeof(head), policy.b, FJ_SHA256_LEN) == 0 &&
	    memcmp(public.p + sizeof(head) + FJ_SHA256_LEN, tail, sizeof(tail)) == 0;
}

/* signing, and moving: what the last OR is over */
static enum fj_rc branches(const struct fj_plan *p, struct fj_or *out)
{
	struct fj_tpm_name parent;
	struct fj_quorum q;

	fj_plan_root_quorum(p, &q);
	FJ_TRY(fj_quorum_policy(&q, &out->branch[0]));
	fj_plan_move_quorum(p, &q);
	FJ_TRY(fj_quorum_policy(&q, &out->branch[1]));
	fj_plan_parent_name(p, &parent);
	fj_tpm_policy_duplication(&out->branch[1], &parent);
	out->n = 2;
	return FJ_OK;
}

enum fj_rc fj_plan_root_policy(const struct fj_plan *p, struct fj_hash *out)
{
	struct fj_quorum q;
	struct fj_or both;

	if (p->move == 0) {
		fj_plan_root_quorum(p, &q);
		return fj_quorum_policy(&q, out);
	}
	FJ_TRY(branches(p, &both));
	fj_tpm_policy_or(out, both.branch, both.n);
	return FJ_OK;
}

enum fj_rc fj_plan_root_path(const struct fj_plan *p, bool move, unsigned set, struct fj_or *out, size_t *n)
{
	size_t room = *n;
	struct fj_quorum q;

	if (move && p->move == 0)
		return FJ_E_INVALID;
	if (move)
		fj_plan_move_quorum(p, &q);
	else
		fj_plan_root_quorum(p, &q);
	FJ_TRY(fj_quorum_path(&q, set, out, n));
	if (p->move == 0)
		return FJ_OK;
	return *n < room ? branches(p, &out[(*n)++]) : FJ_E_LIMIT;
}
