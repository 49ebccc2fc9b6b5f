/*
 * attestation.c - an issuer's attestation.json, judged step by step; the first step that fails decides.
 *
 * What is believed of a key follows from one chain of octets: the attestation key's signature covers the statement, the
 * statement names the key by the hash of its public area, that area has the point, and the point is the one in the
 * certificate.  Each step is one function; what it does not need to be true is not asked there.
 */
#include "verifier/attestation.h"

#include <string.h>

#include "base/approval.h"
#include "verifier/internal.h"

#define CITE "formats.md 23"
#define OPENS "TPM 2.0 Part 1, 19.7"
#define PART 4096 /* octets of one structure */

struct judging {
	const struct ver_trust *t;
	const struct ver_attest_in *in;
	struct ver_attestation *a;
};

static void object_release(struct ver_object *o)
{
	fj_buf_release(&o->pub);
	fj_buf_release(&o->creation);
	fj_buf_release(&o->attest);
	fj_buf_release(&o->sig);
}

void ver_attestation_release(struct ver_attestation *a)
{
	for (size_t i = 0; i < a->n; i++)
		object_release(&a->object[i]);
	for (size_t i = 0; i < a->n_ek; i++)
		fj_buf_release(&a->ek[i].der);
	for (size_t i = 0; i < a->n_bonds; i++)
		fj_bond_release(&a->bond[i]);
	object_release(&a->quote);
	fj_buf_release(&a->qualifying);
	fj_buf_release(&a->registers);
	json_decref(a->missing);
	json_decref(a->certificates);
}

/* a spare's request, not a home's trust */
static bool is_spare(const struct judging *g)
{
	return g->in->spare.len > 0;
}

/* --- form --- */

static enum fj_rc bad(struct fj_err *err, const char *en)
{
	return fj_refuse(err, FJ_E_INVALID, "verify", CITE, en, "证明文件格式不合规");
}

static enum fj_rc octets(const json_t *o, const char *key, size_t max, struct fj_buf *out, struct fj_err *err)
{
	const json_t *v = json_object_get(o, key);

	fj_buf_init(out, max);
	enum fj_rc rc = json_is_string(v) ? fj_b64_get(json_string_value(v), json_string_length(v), out) : FJ_E_PARSE;
	if (rc == FJ_OK || rc == FJ_E_NOMEM)
		return rc == FJ_OK ? FJ_OK : fj_no_memory(err, "verify");
	fj_fail(err, FJ_E_INVALID, "verify", CITE, "%s of the attestation is not base64, or too large", key);
	fj_err_zh(err, "%s", "证明文件格式不合规");
	return FJ_E_INVALID;
}

/* statement and signature, or neither */
static enum fj_rc read_said(const json_t *j, struct ver_object *o, struct fj_err *err)
{
	FJ_TRY(octets(j, "attest", PART, &o->attest, err));
	FJ_TRY(octets(j, "signature", 96, &o->sig, err));
	if (o->attest.len == 0 && o->sig.len == 0)
		return FJ_OK;
	FJ_TRY(ver_statement_read(fj_buf_slice(&o->attest), &o->said, err));
	return o->sig.len > 0 ? FJ_OK : bad(err, "a statement has no signature");
}

static const struct ver_object *object_of(const struct ver_attestation *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->object[i].name, name) == 0)
			return &a->object[i];
	return NULL;
}

static enum fj_rc read_object(struct ver_attestation *a, const json_t *j, struct fj_err *err)
{
	static const char *const keys[] = {"name", "public", "creation", "attest", "signature", NULL};
	struct ver_object *o = &a->object[a->n];
	const char *name;

	FJ_TRY(fj_json_only(j, keys, err));
	FJ_TRY(fj_json_str(j, "name", sizeof(o->name) - 1, &name, err));
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name) || object_of(a, name) != NULL)
		return bad(err, "an object's name is malformed, or stands twice");
	FJ_TRY(fj_strcopy(o->name, sizeof(o->name), name));
	a->n++; /* released with the rest, whatever becomes of it */
	FJ_TRY(octets(j, "public", PART, &o->pub, err));
	FJ_TRY(octets(j, "creation", PART, &o->creation, err));
	FJ_TRY(ver_area_read(fj_buf_slice(&o->pub), &o->area, err));
	return read_said(j, o, err);
}

static enum fj_rc read_objects(struct ver_attestation *a, const json_t *doc, struct fj_err *err)
{
	json_t *list, *v;
	size_t i;

	FJ_TRY(fj_json_arr(doc, "objects", VER_ATTEST_OBJECTS, &list, err));
	json_array_foreach(list, i, v)
		FJ_TRY(read_object(a, v, err));
	return object_of(a, "ak") != NULL && object_of(a, "storage") != NULL ? FJ_OK : bad(err, "the attestation key or the storage key is not among the objects");
}

static enum fj_rc read_quote(struct ver_attestation *a, const json_t *doc, struct fj_err *err)
{
	static const char *const keys[] = {"attest", "signature", "registers", NULL};
	const json_t *q = json_object_get(doc, "quote");

	if (json_is_null(q))
		return FJ_OK;
	FJ_TRY(fj_json_only(q, keys, err));
	FJ_TRY(octets(q, "registers", 32 * FJ_SHA256_LEN, &a->registers, err));
	FJ_TRY(read_said(q, &a->quote, err));
	return a->quote.said.type == VER_TPM_QUOTE ? FJ_OK : bad(err, "the quote is no quote");
}

static enum fj_rc read_eks(struct ver_attestation *a, const json_t *doc, struct fj_err *err)
{
	static const char *const keys[] = {"index", "certificate", NULL};
	json_t *list, *v;
	size_t i;
	int64_t index;

	FJ_TRY(fj_json_arr(doc, "endorsement", VER_ATTEST_EKS, &list, err));
	json_array_foreach(list, i, v) {
		struct ver_endorsement *e = &a->ek[a->n_ek];
		FJ_TRY(fj_json_only(v, keys, err));
		FJ_TRY(fj_json_int(v, "index", 0x01c00000, 0x01c07fff, &index, err));
		e->index = (uint32_t)index;
		a->n_ek++;
		FJ_TRY(octets(v, "certificate", FJ_X509_MAX, &e->der, err));
	}
	return FJ_OK;
}

/* none where no officer has bound the attestation key yet */
static enum fj_rc read_bonds(struct ver_attestation *a, const json_t *doc, struct fj_err *err)
{
	json_t *list, *v;
	size_t i;

	if (json_object_get(doc, "bonds") == NULL)
		return FJ_OK;
	FJ_TRY(fj_json_arr(doc, "bonds", FJ_BOND_MOST, &list, err));
	json_array_foreach(list, i, v) {
		fj_bond_init(&a->bond[i]);
		a->n_bonds = i + 1;
		FJ_TRY(fj_bonded_read(v, &a->bond[i], err));
	}
	return FJ_OK;
}

static enum fj_rc read_texts(struct ver_attestation *a, const json_t *doc, struct fj_err *err)
{
	const json_t *q = json_object_get(doc, "qualifying"), *v;
	json_t *missing;
	size_t i;

	fj_buf_init(&a->qualifying, 65536);
	if (!json_is_string(q) || fj_buf_put(&a->qualifying, json_string_value(q), json_string_length(q)) != FJ_OK)
		return bad(err, "the qualifying text is missing, or too long");
	FJ_TRY(fj_json_arr(doc, "missing", 2 * VER_ATTEST_OBJECTS, &missing, err));
	json_array_foreach(missing, i, v)
		if (!json_is_string(v) || json_string_length(v) > 400)
			return bad(err, "what is missing is a list of texts");
	a->missing = json_incref(missing);
	return FJ_OK;
}

static enum fj_rc step_form(struct judging *g, struct fj_err *err)
{
	static const char *const keys[] = {"version", "qualifying", "objects", "quote", "endorsement", "missing", "bonds", NULL};
	struct ver_attestation *a = g->a;
	FJ_AUTO(json) doc = NULL;
	int64_t version;

	if (g->in->json.len == 0)
		return fj_refuse(err, FJ_E_INVALID, "verify", CITE, "the trust folder has no attestation (attestation/attestation.json)", "信任资料中没有密钥证明文件（attestation/attestation.json）");
	FJ_TRY(fj_json_parse(g->in->json, VER_ATTEST_MAX, &doc, err));
	FJ_TRY(fj_json_only(doc, keys, err));
	FJ_TRY(fj_json_int(doc, "version", 1, 1, &version, err));
	FJ_TRY(read_texts(a, doc, err));
	FJ_TRY(read_objects(a, doc, err));
	FJ_TRY(read_quote(a, doc, err));
	FJ_TRY(read_eks(a, doc, err));
	return read_bonds(a, doc, err);
}

/* --- the attestation key, and what it signed --- */

/* what an object of each use has to be, and may not be */
static const struct {
	enum ver_area_kind kind;
	uint32_t must, never;
} uses[] = {
#define FIXED (VER_TPM_FIXED_TPM | VER_TPM_FIXED_PARENT)
#define LOOSE (VER_TPM_DUPLICATION | VER_TPM_ST_CLEAR | VER_TPM_X509)
	{VER_AREA_SIGNING, FIXED | VER_TPM_ORIGIN | VER_TPM_SIGN, LOOSE | VER_TPM_DECRYPT | VER_TPM_RESTRICTED},
	{VER_AREA_STORAGE, FIXED | VER_TPM_ORIGIN | VER_TPM_RESTRICTED | VER_TPM_DECRYPT, LOOSE | VER_TPM_SIGN},
	{VER_AREA_SEALED, FIXED, LOOSE | VER_TPM_ORIGIN | VER_TPM_SIGN | VER_TPM_DECRYPT | VER_TPM_RESTRICTED},
	{VER_AREA_SIGNING, FIXED | VER_TPM_ORIGIN | VER_TPM_SIGN | VER_TPM_RESTRICTED, LOOSE | VER_TPM_DECRYPT},
#undef FIXED
#undef LOOSE
};
enum { USE_ATTESTATION = 3 };

static bool is_so(const struct ver_area *a, size_t use)
{
	return a->kind == uses[use].kind && (a->attributes & uses[use].must) == uses[use].must && (a->attributes & uses[use].never) == 0;
}

bool ver_area_attests(const struct ver_area *a)
{
	return is_so(a, USE_ATTESTATION) && a->scheme == VER_TPM_ECDSA;
}

static enum fj_rc step_key(struct judging *g, struct fj_err *err)
{
	const struct ver_area *ak = &object_of(g->a, "ak")->area;

	return ver_area_attests(ak) ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "verify", "TPM 2.0 Part 1, 25.3", "the attestation key is no restricted key of a TPM: it would sign any statement", "证明密钥不是 TPM 的受限签名密钥，可签署任意声明");
}

/* of this key, by its name below the storage key; the signature is OpenSSL's to check */
static enum fj_rc signed_by(struct judging *g, EVP_PKEY *key, const uint8_t qualified[VER_TPM_NAME], const struct ver_object *o, struct fj_err *err)
{
	if (o->said.type == 0)
		return FJ_OK;
	if (!fj_slice_eq(o->said.signer, FJ_SLICE(qualified, VER_TPM_NAME))) {
		fj_fail(err, FJ_E_SIGNATURE, "verify", "TPM 2.0 Part 2, 10.12.12", "the statement of %s names another attestation key", o == &g->a->quote ? "the registers" : o->name);
		fj_err_zh(err, "%s 的声明出自另一证明密钥", o == &g->a->quote ? "寄存器" : o->name);
		return FJ_E_SIGNATURE;
	}
	if (ver_signed_der(key, FJ_ES256, fj_buf_slice(&o->attest), fj_buf_slice(&o->sig)))
		return FJ_OK;
	fj_fail(err, FJ_E_SIGNATURE, "verify", "TPM 2.0 Part 2, 10.12.12", "the statement of %s is not signed by the attestation key, or was changed", o == &g->a->quote ? "the registers" : o->name);
	fj_err_zh(err, "%s 的声明未经证明密钥签名，或被改动", o == &g->a->quote ? "寄存器" : o->name);
	return FJ_E_SIGNATURE;
}

static void qualified_of(const struct ver_attestation *a, const struct ver_object *o, uint8_t out[VER_TPM_NAME])
{
	const struct ver_object *storage = object_of(a, "storage");
	uint8_t parent[VER_TPM_NAME];

	ver_tpm_qualified(FJ_SLICE(NULL, 0), storage->area.name, parent);
	if (o == storage)
		memcpy(out, parent, VER_TPM_NAME);
	else
		ver_tpm_qualified(FJ_SLICE(parent, VER_TPM_NAME), o->area.name, out);
}

static enum fj_rc step_signatures(struct judging *g, struct fj_err *err)
{
	const struct ver_object *ak = object_of(g->a, "ak");
	uint8_t qualified[VER_TPM_NAME];
	EVP_PKEY *key = NULL;

	qualified_of(g->a, ak, qualified);
	FJ_TRY(ver_key_point(ak->area.xy, &key, err));
	enum fj_rc rc = signed_by(g, key, qualified, &g->a->quote, err);
	for (size_t i = 0; rc == FJ_OK && i < g->a->n; i++)
		rc = signed_by(g, key, qualified, &g->a->object[i], err);
	EVP_PKEY_free(key);
	return rc;
}

/* --- what the statements are about --- */

static enum fj_rc of_object(enum fj_rc rc, const struct ver_object *o, const char *en, const char *zh, struct fj_err *err)
{
	fj_fail(err, rc, "verify", CITE, "%s: %s", o->name, en);
	fj_err_zh(err, "%s：%s", o->name, zh);
	return rc;
}

/* Is it called that: "token", "token-sm2", "token-2" of a later generation?  Every one is of role "". */
static bool of_role(const struct ver_object *o, const char *role)
{
	const char *hierarchy = o->area.curve == VER_TPM_CURVE_SM2 ? "-sm2" : "", *rest = o->name;
	size_t n = strlen(role), m = strlen(hierarchy);

	if (n == 0)
		return true;
	if (strncmp(rest, role, n) != 0 || strncmp(rest + n, hierarchy, m) != 0)
		return false;
	rest += n + m;
	if (*rest == '\0')
		return true;
	return rest[0] == '-' && rest[1] != '\0' && strspn(rest + 1, "0123456789") == strlen(rest + 1);
}

/* the certificate of a root's key, trusted or certified by another generation; NULL: none is of it */
static const struct ver_ca *root_of(const struct judging *g, const struct ver_object *o)
{
	const struct ver_ca *ca;

	if (g->t == NULL || o->area.kind != VER_AREA_SIGNING)
		return NULL;
	for (size_t i = 0; (ca = ver_ca_at(g->t->a, i)) != NULL; i++)
		if (ca->arc[0] == '\0' && ca->x.key.len == 1 + sizeof(o->area.xy) && memcmp(ca->x.key.p + 1, o->area.xy, sizeof(o->area.xy)) == 0)
			return ca;
	return NULL;
}

/* A root's key that another one followed: it is under its own plan, and not under the one that is asked of.  What an object is called
 * nobody signs: whose key it is its certificate says. */
static bool former_root(const struct judging *g, const struct ver_object *o)
{
	const struct ver_ca *root = root_of(g, o);

	return root != NULL && ver_followed(g->t->a, root);
}

/* A root, or the log's key, that is not fixed to its TPM, else as it has to be.  Whether it may leave, and where to, is its policy's to
 * say, which a plan explains (of roots step_officers): without one it is not known. */
static bool may_move(const struct judging *g, const struct ver_object *o)
{
	struct ver_area fixed = o->area;

	fixed.attributes |= VER_TPM_FIXED_TPM | VER_TPM_FIXED_PARENT;
	if (of_role(o, "note"))
		return (o->area.attributes & (VER_TPM_FIXED_TPM | VER_TPM_FIXED_PARENT)) == 0 && o->area.policy.len == FJ_SHA256_LEN && is_so(&fixed, VER_AREA_SEALED - 1) &&
		    (g->in->plan == NULL || fj_plan_note_is(g->in->plan, fj_buf_slice(&o->pub)));
	return of_role(o, "root") && (o->area.attributes & (VER_TPM_FIXED_TPM | VER_TPM_FIXED_PARENT | VER_TPM_USER_AUTH)) == 0 &&
	    o->area.policy.len == FJ_SHA256_LEN && is_so(&fixed, VER_AREA_SIGNING - 1) && (g->in->plan == NULL || g->in->plan->move > 0 || former_root(g, o));
}

/* one that may move, and of which the TPM says no more than that it is there: it came from another */
static bool arrived(const struct judging *g, const struct ver_object *o)
{
	return o->said.type == VER_TPM_CERTIFY && o->creation.len == 0 && may_move(g, o);
}

static enum fj_rc step_names(struct judging *g, struct fj_err *err)
{
	for (size_t i = 0; i < g->a->n; i++) {
		const struct ver_object *o = &g->a->object[i];
		bool storage = o->area.kind == VER_AREA_STORAGE;
		uint8_t qualified[VER_TPM_NAME];
		if (storage != (strcmp(o->name, "storage") == 0))
			return of_object(FJ_E_INVALID, o, "it is the storage key by its name or by its form, and not by both", "名称与存储密钥的形式不一致", err);
		if (o->said.type == 0)
			continue;
		if (o->said.type != (storage ? VER_TPM_CERTIFY : VER_TPM_CREATION) && !arrived(g, o))
			return of_object(FJ_E_INVALID, o, "the statement is of another kind", "声明种类不符", err);
		if (!fj_slice_eq(o->said.name, FJ_SLICE(o->area.name, VER_TPM_NAME)))
			return of_object(FJ_E_SIGNATURE, o, "the statement names another key than this public area", "声明所指密钥与所附公钥区不符", err);
		qualified_of(g->a, o, qualified);
		if (storage && !fj_slice_eq(o->said.qualified, FJ_SLICE(qualified, VER_TPM_NAME)))
			return of_object(FJ_E_SIGNATURE, o, "it does not hang on the TPM's owner hierarchy", "不属于该 TPM 的所有者层次", err);
	}
	return FJ_OK;
}

static enum fj_rc step_attributes(struct judging *g, struct fj_err *err)
{
	const struct ver_object *movable = NULL, *unexplained = NULL;

	for (size_t i = 0; i < g->a->n; i++) {
		const struct ver_object *o = &g->a->object[i];
		size_t use = strcmp(o->name, "ak") == 0 ? USE_ATTESTATION : (size_t)o->area.kind - 1;
		if (may_move(g, o)) {
			movable = o;
			unexplained = former_root(g, o) ? o : unexplained;
		} else if (!is_so(&o->area, use)) {
			return of_object(FJ_E_INVALID, o, "its attributes let it leave the TPM, come from outside, or do something else", "其属性允许密钥离开 TPM、由外部导入或另作他用", err);
		}
	}
	if (g->in->plan != NULL && unexplained != NULL)
		return of_object(FJ_E_NOTFOUND, unexplained, "a former root's key is not fixed to its TPM, and this plan is not the one that says where it may go: end it (key end)", "前代根密钥不固定于其 TPM，且其去向不在该方案之内；请将其销毁（key end）", err);
	return movable == NULL || g->in->plan != NULL ? FJ_OK
	    : of_object(FJ_E_NOTFOUND, movable, "it is not fixed to its TPM; whether it may leave, and where to, its policy says, which only the ceremony's plan explains (--plan)", "不固定于其 TPM；可否迁出、迁往何处由其策略决定，须以密钥仪式方案核对（--plan）", err);
}

static const struct ver_object *attested(const struct ver_attestation *a, const struct fj_x509 *x, const char *role);

static enum fj_rc unstated(const char *name, struct fj_err *err)
{
	fj_fail(err, FJ_E_INVALID, "verify", OPENS, "%s: the plan has this key, and nothing is stated of it", name);
	fj_err_zh(err, "%s：方案包含该密钥，但无相应声明", name);
	return FJ_E_INVALID;
}

/* it opens to the plan's officers, as many as the plan says, and to nothing else: no password, no other policy */
static enum fj_rc opens_to(const struct ver_object *o, const struct fj_hash *policy, struct fj_err *err)
{
	if ((o->area.attributes & VER_TPM_USER_AUTH) == 0 && fj_slice_eq(o->area.policy, FJ_SLICE(policy->b, FJ_SHA256_LEN)))
		return FJ_OK;
	fj_fail(err, FJ_E_INVALID, "verify", OPENS, "%s: its TPM lets it be used without the officers of this plan", o->name);
	fj_err_zh(err, "%s：未经该方案官员批准，TPM 也允许使用", o->name);
	return FJ_E_INVALID;
}

static enum fj_rc root_opens_to(const struct judging *g, const struct ver_ca *root, const struct fj_hash *policy, struct fj_err *err)
{
	if (attested(g->a, &root->x, "root") == NULL)
		return unstated(root->x.alg == FJ_SM2 ? "root-sm2" : "root", err);
	for (size_t i = 0; i < g->a->n; i++) {
		const struct ver_ca *of = root_of(g, &g->a->object[i]);
		if (of != NULL && ver_same_ca(of, root))
			FJ_TRY(opens_to(&g->a->object[i], policy, err));
	}
	return FJ_OK;
}

/* one that is called a root's and is of none of them could be anybody's */
static enum fj_rc roots_have_certificates(const struct judging *g, struct fj_err *err)
{
	for (size_t i = 0; i < g->a->n; i++) {
		const struct ver_object *o = &g->a->object[i];
		if (!of_role(o, "root") || root_of(g, o) != NULL)
			continue;
		fj_fail(err, FJ_E_INVALID, "verify", CITE, "%s: it is called a root's key, and no root's certificate is of it", o->name);
		fj_err_zh(err, "%s：名为根密钥，但没有任何根证书使用该密钥", o->name);
		return FJ_E_INVALID;
	}
	return FJ_OK;
}

/* A root that passed on to another is under its own plan, and has no act left: the plan is asked of those that nothing follows. */
static enum fj_rc roots_open_to(const struct judging *g, const struct fj_hash *policy, struct fj_err *err)
{
	const struct ver_ca *root;

	for (size_t i = 0; (root = ver_ca_at(g->t->a, i)) != NULL; i++)
		if (root->arc[0] == '\0' && !ver_followed(g->t->a, root))
			FJ_TRY(root_opens_to(g, root, policy, err));
	return roots_have_certificates(g, err);
}

/* No certificate says which sealed octets open the issuing keys: each of that name has to be under the plan, and one there is. */
static enum fj_rc seals_open_to(const struct judging *g, const struct fj_hash *policy, struct fj_err *err)
{
	bool any = false;

	for (size_t i = 0; i < g->a->n; i++) {
		const struct ver_object *o = &g->a->object[i];
		if (!of_role(o, "seal"))
			continue;
		FJ_TRY(opens_to(o, policy, err));
		any = any || o->said.type != 0;
	}
	return any ? FJ_OK : unstated("seal", err);
}

static enum fj_rc step_officers(struct judging *g, struct fj_err *err)
{
	const struct fj_plan *plan = g->in->plan;
	struct fj_tpm_name parent;
	struct fj_quorum q;
	struct fj_hash policy;

	if (plan == NULL || is_spare(g))
		return fj_refuse(err, FJ_E_NOTFOUND, "verify", CITE, "no plan of a ceremony was named", "未指明密钥仪式方案");
	FJ_TRY(fj_plan_root_policy(plan, &policy));
	FJ_TRY(roots_open_to(g, &policy, err));
	if (plan->sm2 && ver_root(g->t, FJ_SM2) == NULL)
		return unstated("root-sm2", err);
	if (plan->move > 0) {
		fj_plan_parent_name(plan, &parent);
		fj_hex(parent.b, sizeof(parent.b), g->a->moves_to);
	}
	if (plan->unseal == 0)
		return FJ_OK;
	fj_plan_unseal_quorum(plan, &q);
	FJ_TRY(fj_quorum_policy(&q, &policy));
	return seals_open_to(g, &policy, err);
}

static enum fj_rc made_here(const struct ver_attestation *a, const struct ver_object *o, struct fj_err *err)
{
	const struct ver_object *storage = object_of(a, "storage");
	uint8_t parent[VER_TPM_NAME];
	struct ver_creation c;
	struct fj_hash h;

	FJ_TRY(ver_creation_read(fj_buf_slice(&o->creation), &c, err));
	fj_sha256(fj_buf_slice(&o->creation), &h);
	if (!fj_slice_eq(o->said.creation, FJ_SLICE(h.b, FJ_SHA256_LEN)))
		return of_object(FJ_E_SIGNATURE, o, "how it was made is not what the TPM certified", "所附创建数据与 TPM 声明不符", err);
	qualified_of(a, storage, parent);
	if (!fj_slice_eq(c.parent, FJ_SLICE(storage->area.name, VER_TPM_NAME)) || !fj_slice_eq(c.parent_qualified, FJ_SLICE(parent, VER_TPM_NAME)))
		return of_object(FJ_E_INVALID, o, "it was made under another parent than the storage key", "其上级不是所附存储密钥", err);
	return FJ_OK;
}

static enum fj_rc step_creation(struct judging *g, struct fj_err *err)
{
	const struct fj_plan *plan = g->in->plan;
	const struct ver_object *storage = object_of(g->a, "storage");

	for (size_t i = 0; i < g->a->n; i++) {
		const struct ver_object *o = &g->a->object[i];
		if (o->said.type == VER_TPM_CREATION)
			FJ_TRY(made_here(g->a, o, err));
		else if (arrived(g, o) && plan != NULL && !fj_slice_eq(fj_buf_slice(&storage->pub), FJ_SLICE(plan->parent, plan->parent_len)))
			return of_object(FJ_E_INVALID, o, "it was not made in this TPM, and this is not the plan's spare", "不是在该 TPM 内生成，且该 TPM 不是方案所定备机", err);
	}
	return FJ_OK;
}

static enum fj_rc step_quote(struct judging *g, struct fj_err *err)
{
	const struct ver_attestation *a = g->a;
	struct fj_hash h;
	size_t want = 0;

	if (a->quote.said.type == 0)
		return fj_refuse(err, FJ_E_NOTFOUND, "verify", CITE, "there is no quote of the platform's registers", "没有平台寄存器引证（quote）");
	for (uint32_t bits = a->quote.said.registers; bits != 0; bits &= bits - 1)
		want++;
	fj_sha256(fj_buf_slice(&a->registers), &h);
	return a->registers.len == want * FJ_SHA256_LEN && fj_slice_eq(a->quote.said.digest, FJ_SLICE(h.b, FJ_SHA256_LEN)) ? FJ_OK
	    : fj_refuse(err, FJ_E_SIGNATURE, "verify", "TPM 2.0 Part 2, 10.12.4", "the registers' values are not those of the quote", "所附寄存器值与引证（quote）不符");
}

/* --- freshness --- */

/* the next line of a text without its end; FJ_E_PARSE when there is none */
static enum fj_rc line_of(struct fj_slice *in, struct fj_slice *out)
{
	const uint8_t *end = in->len == 0 ? NULL : memchr(in->p, '\n', in->len);

	if (end == NULL)
		return FJ_E_PARSE;
	*out = FJ_SLICE(in->p, (size_t)(end - in->p));
	*in = FJ_SLICE(end + 1, in->len - out->len - 1);
	return FJ_OK;
}

static bool line_is(struct fj_slice line, const char *text)
{
	return fj_slice_eq(line, fj_slice_str(text));
}

/* "fujie-spare-1" and a time: there is no root and no log yet that it could be bound to */
static enum fj_rc read_spare_qualifying(struct judging *g, struct fj_err *err)
{
	struct fj_slice rest = fj_buf_slice(&g->a->qualifying), line;
	char at[FJ_TIME_CAP];

	if (line_of(&rest, &line) != FJ_OK || !line_is(line, "fujie-spare-1") || line_of(&rest, &line) != FJ_OK || line.len >= sizeof(at) || rest.len != 0)
		return bad(err, "the qualifying text is not a spare's");
	memcpy(at, line.p, line.len);
	at[line.len] = '\0';
	return fj_time_parse(at, &g->a->at, err);
}

/* one of the roots that are trusted */
static bool of_root(const struct ver_trust *t, struct fj_slice line)
{
	for (size_t i = 0; i < t->a->n_root; i++)
		if (line_is(line, t->a->root[i].sha256))
			return true;
	return false;
}

/* "fujie-attestation-1", a time, the root's fingerprint, then a checkpoint of the public log */
static enum fj_rc read_qualifying(struct judging *g, struct fj_slice *note, struct fj_err *err)
{
	struct fj_slice rest = fj_buf_slice(&g->a->qualifying), line;
	char at[FJ_TIME_CAP];

	if (line_of(&rest, &line) != FJ_OK || !line_is(line, "fujie-attestation-1") || line_of(&rest, &line) != FJ_OK || line.len >= sizeof(at))
		return bad(err, "the qualifying text is malformed");
	memcpy(at, line.p, line.len);
	at[line.len] = '\0';
	FJ_TRY(fj_time_parse(at, &g->a->at, err));
	if (line_of(&rest, &line) != FJ_OK || !of_root(g->t, line))
		return fj_refuse(err, FJ_E_SIGNATURE, "verify", CITE, "the attestation is of another root", "证明文件属于另一根证书");
	*note = rest;
	return FJ_OK;
}

/* a true line by each of the log's keys that the trust has, and at least one */
static enum fj_rc check_checkpoint(struct judging *g, struct fj_slice text, struct fj_err *err)
{
	const struct fj_vkey *key = ver_trust_log_key(g->t);
	const struct ver_signer *s;
	struct fj_note note;
	struct fj_checkpoint c;
	uint8_t id[4];
	bool any = key != NULL;

	FJ_TRY(fj_note_read(text, &note, err));
	FJ_TRY(fj_checkpoint_read(note.text, &c, err));
	bool good = key == NULL || (strcmp(key->name, c.origin) == 0 && fj_note_verify(&note, key, NULL, NULL) == FJ_OK);
	for (size_t i = 0; good && !any && (s = ver_trust_log(g->t, i)) != NULL; i++) {
		fj_ecdsa_id(s->x.spki, id);
		const struct fj_note_line *line = fj_note_line_of(&note, c.origin, id);
		any = line != NULL && ver_signed_der(s->key, FJ_ES256, note.text, FJ_SLICE(line->sig, line->sig_len));
	}
	if (!good)
		return fj_refuse(err, FJ_E_SIGNATURE, "verify", "C2SP signed-note", "the checkpoint that it is bound to is not one of this issuer's log", "所绑定的检查点不是该签发方公开日志的检查点");
	return any ? FJ_OK : fj_refuse(err, FJ_E_NOTFOUND, "verify", CITE, "the trust has no key of the issuer's log to check the checkpoint by", "信任资料中没有可核验检查点的日志公钥");
}

static enum fj_rc step_freshness(struct judging *g, struct fj_err *err)
{
	struct fj_slice note;
	struct fj_hash h;

	FJ_TRY(is_spare(g) ? read_spare_qualifying(g, err) : read_qualifying(g, &note, err));
	fj_sha256(fj_buf_slice(&g->a->qualifying), &h);
	for (size_t i = 0; i <= g->a->n; i++) {
		const struct ver_object *o = i < g->a->n ? &g->a->object[i] : &g->a->quote;
		if (o->said.type != 0 && !fj_slice_eq(o->said.data, FJ_SLICE(h.b, FJ_SHA256_LEN)))
			return fj_refuse(err, FJ_E_SIGNATURE, "verify", "TPM 2.0 Part 2, 10.12.12", "a statement was made for another qualifying text: it is of another time or appliance", "有声明的限定数据不符：出自另一时间或另一系统");
	}
	if (g->a->at > g->in->now + VER_SKEW)
		return fj_refuse(err, FJ_E_INVALID, "verify", CITE, "the attestation lies in the future", "证明时间晚于当前时间");
	if (g->in->max_age > 0 && g->in->now - g->a->at > g->in->max_age)
		return fj_refuse(err, FJ_E_INVALID, "verify", CITE, "the attestation is older than was asked: get a newer trust, or have the service started anew", "证明时间早于所要求的时限，请获取新的信任资料或重新启动服务");
	return is_spare(g) ? FJ_OK : check_checkpoint(g, note, err);
}

/* --- certificates --- */

static const struct ver_object *attested(const struct ver_attestation *a, const struct fj_x509 *x, const char *role)
{
	unsigned curve = x->curve == FJ_CURVE_SM2 ? VER_TPM_CURVE_SM2 : x->curve == FJ_CURVE_P256 ? VER_TPM_P256 : 0;

	for (size_t i = 0; x->key.len == 65 && i < a->n; i++) {
		const struct ver_object *o = &a->object[i];
		if (o->said.type != 0 && o->area.kind == VER_AREA_SIGNING && o->area.curve == curve && memcmp(o->area.xy, x->key.p + 1, 64) == 0 && of_role(o, role))
			return o;
	}
	return NULL;
}

bool ver_attested_key(const struct ver_attestation *a, const struct fj_x509 *x, const char *role)
{
	return attested(a, x, role) != NULL;
}

/* why a certificate's key need not be attested here: another one followed it, and it may be gone; or it is another appliance's */
enum why_not { EXPECTED, FORMER, SUBORDINATE, PARENT };

static enum fj_rc note_certificate(struct judging *g, const char *which, const struct fj_x509 *x, const char *role, enum why_not why, bool *all, struct fj_err *err)
{
	static const char *const whose[] = {[EXPECTED] = NULL, [FORMER] = NULL, [SUBORDINATE] = "subordinate", [PARENT] = "parent"};
	const struct ver_object *o = attested(g->a, x, role);
	char serial[42] = "";

	*all = *all && (o != NULL || why != EXPECTED);
	fj_hex(x->serial.p, x->serial.len <= 20 ? x->serial.len : 20, serial);
	json_t *j = json_pack("{s:s, s:s, s:s, s:b, s:s*, s:o*}", "certificate", which, "serial", serial, "role", o != NULL ? o->name : role, "attested", o != NULL, "elsewhere",
	    o == NULL ? whose[why] : NULL, "former", o == NULL && why == FORMER ? json_true() : NULL);
	return json_array_append_new(g->a->certificates, j) == 0 ? FJ_OK : fj_no_memory(err, "verify");
}

/* some issuing CA is attested here: the others that the root has limited are other appliances' */
static bool own_ca(const struct judging *g)
{
	const struct ver_anchors *c = g->t->a;

	for (size_t i = 0; i < c->n_ca; i++)
		if (attested(g->a, &c->ca[i].x, "issuing") != NULL)
			return true;
	return false;
}

/* this appliance's issuing CA was certified by that root as a subordinate: the root's key is another appliance's */
static bool under_parent(const struct judging *g, const struct ver_ca *root)
{
	const struct ver_anchors *c = g->t->a;

	for (size_t i = 0; i < c->n_ca; i++)
		if (ver_same_ca(c->ca[i].above, root) && c->ca[i].limited && attested(g->a, &c->ca[i].x, "issuing") != NULL)
			return true;
	return false;
}

static enum why_not of_root_elsewhere(const struct judging *g, const struct ver_ca *root)
{
	return under_parent(g, root) ? PARENT : ver_followed(g->t->a, root) ? FORMER : EXPECTED;
}

static enum why_not of_ca_elsewhere(const struct judging *g, const struct ver_ca *ca)
{
	if (ca->arc[0] == '\0')
		return of_root_elsewhere(g, ca);
	return ver_followed(g->t->a, ca) ? FORMER : ca->limited && own_ca(g) ? SUBORDINATE : EXPECTED;
}

/* signers of the trust's status lists: authorisations and tokens are signed with the same key */
static enum fj_rc note_signers(struct judging *g, bool *all, struct fj_err *err)
{
	const struct ver_trust *t = g->t;

	for (size_t i = 0; i < t->n_list; i++) {
		bool before = false;
		for (size_t k = 0; k < i && !before; k++)
			before = t->list[k].signer == t->list[i].signer;
		if (!before)
			FJ_TRY(note_certificate(g, "signer of status lists", &t->list[i].signer->x, "token", EXPECTED, all, err));
	}
	return FJ_OK;
}

/* of a spare: the key that the request wants in the plan is the attested storage key */
static enum fj_rc check_parent(struct judging *g, struct fj_err *err)
{
	const struct ver_object *o = object_of(g->a, "storage");

	if (!fj_tpm_storage_public(g->in->spare) || !fj_slice_eq(g->in->spare, fj_buf_slice(&o->pub)))
		return fj_refuse(err, FJ_E_SIGNATURE, "verify", "formats.md 28", "the request's parent is another key than the storage key that is attested beside it", "请求中的上级密钥与所附证明的存储密钥不符");
	return o->said.type == VER_TPM_CERTIFY ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, "verify", "formats.md 28", "nothing is stated of the request's storage key", "没有关于请求中存储密钥的声明");
}

static enum fj_rc step_certificates(struct judging *g, struct fj_err *err)
{
	if (is_spare(g))
		return check_parent(g, err);
	const struct ver_anchors *c = g->t->a;
	const struct ver_signer *s;
	bool all = true;

	for (size_t i = 0; i < c->n_root; i++)
		FJ_TRY(note_certificate(g, c->root[i].x.alg == FJ_SM2 ? "root-sm2.pem" : "root.pem", &c->root[i].x, "root", of_root_elsewhere(g, &c->root[i]), &all, err));
	for (size_t i = 0; i < c->n_ca; i++)
		FJ_TRY(note_certificate(g, c->ca[i].x.alg == FJ_SM2 ? "chain-sm2.pem" : "chain.pem", &c->ca[i].x, c->ca[i].arc[0] != '\0' ? "issuing" : "root", of_ca_elsewhere(g, &c->ca[i]), &all, err));
	fj_time newest = 0; /* former keys of the log are destroyed, and then nothing is said of them */
	for (size_t i = 0; (s = ver_trust_log(g->t, i)) != NULL; i++)
		newest = s->x.not_before > newest ? s->x.not_before : newest;
	for (size_t i = 0; (s = ver_trust_log(g->t, i)) != NULL; i++) {
		bool unsaid = true;
		FJ_TRY(note_certificate(g, "log.pem", &s->x, "log", EXPECTED, s->x.not_before == newest ? &all : &unsaid, err));
	}
	FJ_TRY(note_signers(g, &all, err));
	return all ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, "verify", CITE, "a key of the trust folder's certificates is not attested", "信任资料中有证书的密钥未经证明");
}

/* --- endorsement --- */

/* the first that is a vendor's; FJ_E_NOTFOUND with the reason of the last */
static enum fj_rc step_endorsement(struct judging *g, struct fj_err *err)
{
	enum fj_rc rc = fj_refuse(err, FJ_E_NOTFOUND, "verify", CITE, "the TPM shows no endorsement certificate", "TPM 未出示背书证书");

	for (size_t i = 0; i < g->a->n_ek; i++) {
		rc = ver_endorsed(&g->a->ek[i], g->in->vendors, err);
		if (rc == FJ_OK || rc == FJ_E_NOMEM)
			return rc;
	}
	return rc == FJ_E_NOMEM ? rc : FJ_E_NOTFOUND;
}

/* --- the bond --- */

/* officers who bound this attestation key to the endorsement key of bond k; *at: the last of them */
static unsigned bound_to(const struct ver_attestation *a, const struct fj_plan *p, size_t k, fj_time *at)
{
	const struct ver_object *ak = object_of(a, "ak");
	unsigned by = 0;

	*at = 0;
	for (size_t i = 0; i < a->n_bonds; i++) {
		const struct fj_bond *b = &a->bond[i];
		if (!fj_hash_eq(&b->plan, &p->hash) || !fj_slice_eq(fj_buf_slice(&b->ak), fj_buf_slice(&ak->pub)) || !fj_slice_eq(fj_buf_slice(&b->ek), fj_buf_slice(&a->bond[k].ek)))
			continue;
		by |= 1u << fj_plan_officer(p, b->officer);
		*at = b->made > *at ? b->made : *at;
	}
	return by;
}

/* each one of the plan has its officer's signature; then who agree on one endorsement key are counted */
static enum fj_rc step_bond(struct judging *g, struct fj_err *err)
{
	struct ver_attestation *a = g->a;
	const struct fj_plan *p = g->in->plan;
	struct fj_ek ek;
	fj_time at;
	int who;

	if (a->n_bonds == 0)
		return fj_refuse(err, FJ_E_NOTFOUND, "verify", CITE, "no officer has bound the attestation key to an endorsement key: whoever copied an endorsement certificate beside these statements is not found out (fujie-officer bond)",
		    "尚无官员核对证明密钥与背书密钥的绑定：将他人背书证书放在一旁的做法不能由此发现（fujie-officer bond）");
	if (p == NULL)
		return fj_refuse(err, FJ_E_NOTFOUND, "verify", CITE, "whose officers bound the attestation key to the endorsement key was not asked; name the ceremony's plan with --plan", "未核对证明密钥与背书密钥由哪些官员核对绑定；请以 --plan 指明密钥仪式方案");
	for (size_t i = 0; i < a->n_bonds; i++)
		if (fj_hash_eq(&a->bond[i].plan, &p->hash))
			FJ_TRY(fj_bond_check(&a->bond[i], p, ver_point_verify, NULL, &who, err));
	for (size_t i = 0; i < a->n_bonds; i++) {
		unsigned by = bound_to(a, p, i, &at);
		if ((unsigned)__builtin_popcount(by) > (unsigned)__builtin_popcount(a->bound_by)) {
			a->bound_by = by;
			a->bound_at = at;
		}
		if ((unsigned)__builtin_popcount(by) < p->root || fj_ek_read(fj_buf_slice(&a->bond[i].ek), &ek, NULL) != FJ_OK)
			continue;
		for (size_t k = 0; k < a->n_ek; k++)
			a->ek[k].bound = a->ek[k].bound || ver_ek_of(&ek, fj_buf_slice(&a->ek[k].der));
	}
	if ((unsigned)__builtin_popcount(a->bound_by) >= p->root)
		return FJ_OK;
	fj_fail(err, FJ_E_NOTFOUND, "verify", CITE, "%u of the plan's officers have bound this attestation key to one endorsement key, and %u are needed (fujie-officer bond)", (unsigned)__builtin_popcount(a->bound_by), p->root);
	fj_err_zh(err, "方案中仅有 %u 名官员核对了该证明密钥与同一背书密钥的绑定，须有 %u 名（fujie-officer bond）", (unsigned)__builtin_popcount(a->bound_by), p->root);
	return FJ_E_NOTFOUND;
}

/* --- all of it --- */

static const struct {
	const char *name, *en, *zh;
	enum fj_rc (*run)(struct judging *g, struct fj_err *err);
} steps[AT_COUNT] = {
	[AT_FORM] = {"form", "structures of a TPM, strictly read", "格式合规的 TPM 结构", step_form},
	[AT_KEY] = {"attestation key", "a restricted signing key: it signs what its TPM states, and nothing else", "受限签名密钥：只签署所在 TPM 的声明", step_key},
	[AT_SIGNATURES] = {"signatures", "every statement is signed by the attestation key", "各项声明均经证明密钥签名", step_signatures},
	[AT_NAMES] = {"names", "every statement names the public area that is shown", "各项声明所指密钥与所附公钥区相符", step_names},
	[AT_ATTRIBUTES] = {"attributes", "the keys can't leave their TPM, and serve one purpose each", "密钥不能离开 TPM，且各司其用", step_attributes},
	[AT_OFFICERS] = {"officers", "a root's key signs with as many officers of the plan as it says, and not otherwise", "根密钥须经方案规定人数的官员批准方可签名", step_officers},
	[AT_CREATION] = {"creation", "the keys were made in this TPM under one storage key", "密钥均在该 TPM 内、同一存储密钥下生成", step_creation},
	[AT_QUOTE] = {"quote", "the registers' values are those of the quote", "寄存器值与引证（quote）相符", step_quote},
	[AT_FRESHNESS] = {"freshness", "bound to this root, to its time and to a checkpoint of the issuer's log", "已绑定该根证书、时间与签发方日志检查点", step_freshness},
	[AT_ENDORSEMENT] = {"endorsement", "an endorsement certificate of a known vendor is shown", "出示了已知厂商的 TPM 背书证书", step_endorsement},
	[AT_BOND] = {"bond", "endorsement bound", "背书密钥已核对绑定", step_bond},
	[AT_CERTIFICATES] = {"certificates", "the certificates of the trust folder are of the attested keys, or of another appliance under the same root", "信任资料中各证书的密钥均经证明，或属于同一根之下的另一系统", step_certificates},
};

static void say(struct ver_check *c, enum ver_outcome o, const char *clause, const char *en, const char *zh)
{
	c->outcome = o;
	ver_keep(c->clause, sizeof(c->clause), clause);
	ver_keep(c->en, sizeof(c->en), en);
	ver_keep(c->zh, sizeof(c->zh), zh);
}

static void passed(const struct judging *g, enum ver_at k, struct ver_check *c)
{
	char en[300], zh[300];

	if (is_spare(g) && k == AT_CERTIFICATES) {
		say(c, VER_PASS, "formats.md 28", "the request's parent is the attested storage key", "请求中的上级密钥即所证明的存储密钥");
		return;
	}
	if (is_spare(g) && k == AT_FRESHNESS) {
		say(c, VER_PASS, "formats.md 28", "bound to its time, which is the spare's word", "已绑定时间（备机自述）");
		return;
	}
	if (k != AT_OFFICERS || g->a->moves_to[0] == '\0') {
		say(c, VER_PASS, CITE, steps[k].en, steps[k].zh);
		return;
	}
	snprintf(en, sizeof(en), "%s; the roots may move to one other TPM and no further, by officers of the plan: storage key %s", steps[k].en, g->a->moves_to);
	snprintf(zh, sizeof(zh), "%s；经方案官员批准，根密钥可迁往且仅可迁往一台 TPM，其存储密钥为 %s", steps[k].zh, g->a->moves_to);
	say(c, VER_PASS, "formats.md 28", en, zh);
}

static enum fj_rc run_step(struct judging *g, enum ver_at k, bool reached, struct fj_err *err)
{
	struct ver_check *c = &g->a->check[k];
	struct fj_err why = {.rc = FJ_OK};

	c->name = steps[k].name;
	if (!reached) {
		say(c, VER_UNKNOWN, CITE, "was not reached, because of an earlier failure", "因前项未通过，未予检查");
		return FJ_OK;
	}
	if (is_spare(g) && k == AT_CERTIFICATES)
		c->name = "parent";
	enum fj_rc rc = steps[k].run(g, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc == FJ_OK)
		passed(g, k, c);
	else
		say(c, rc == FJ_E_NOTFOUND ? VER_UNKNOWN : VER_FAIL, why.cite[0] != '\0' ? why.cite : CITE, why.en, why.zh[0] != '\0' ? why.zh : "证明文件格式不合规");
	return FJ_OK;
}

/* by how many, and when by their own clocks; hardware is what a vendor's certificate says of a key that it is bound to */
static enum ver_tpm judge_bond(struct ver_attestation *a, const struct ver_attest_in *in)
{
	char at[FJ_TIME_CAP];
	struct ver_check *c = &a->check[AT_BOND];
	enum ver_tpm tpm = VER_TPM_SOFTWARE;

	if (c->outcome != VER_PASS)
		return tpm;
	for (size_t k = 0; a->check[AT_ATTRIBUTES].outcome == VER_PASS && k < a->n_ek; k++) /* what may leave for nobody knows where is in no hardware */
		if (a->ek[k].vendor && a->ek[k].bound)
			tpm = VER_TPM_HARDWARE;
	fj_time_china(a->bound_at, at);
	snprintf(c->en, sizeof(c->en), "endorsement bound by %d officers of the plan's %u on %.10s", __builtin_popcount(a->bound_by), in->plan->n, at);
	snprintf(c->zh, sizeof(c->zh), "方案 %u 名官员中的 %d 名于 %.10s 核对了背书密钥与证明密钥的绑定", in->plan->n, __builtin_popcount(a->bound_by), at);
	return tpm;
}

enum fj_rc ver_attestation_judge(const struct ver_trust *t, const struct ver_attest_in *in, struct ver_attestation *out, struct fj_err *err)
{
	struct judging g = {t, in, out};
	bool reached = true;

	memset(out, 0, sizeof(*out));
	out->certificates = json_array();
	if (out->certificates == NULL)
		return fj_no_memory(err, "verify");
	for (enum ver_at k = 0; k < AT_COUNT; k++) {
		enum fj_rc rc = run_step(&g, k, reached, err);
		if (rc != FJ_OK) {
			ver_attestation_release(out);
			return rc;
		}
		reached = reached && out->check[k].outcome != VER_FAIL;
		if (k == AT_BOND && reached)
			out->stated = judge_bond(out, in);
	}
	out->tpm = reached ? out->stated : VER_TPM_NONE;
	return FJ_OK;
}

/* --- the issuing key of a challenge --- */

static enum fj_rc not_made(const char *en, const char *zh, struct fj_err *err)
{
	fj_fail(err, FJ_E_REFUSED, "verify", "formats.md 22", "nothing shows that the key that is certified lies in a TPM: %.260s", en);
	fj_err_zh(err, "无从得知待认证密钥在 TPM 之中：%.360s", zh[0] != '\0' ? zh : "声明格式不合规");
	return FJ_E_REFUSED;
}

/* the third object is the key of the structure, by its role's name, and the statements are of this challenge */
static enum fj_rc of_challenge(const struct ver_attestation *a, const struct fj_challenge *c, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(512);
	struct fj_x509 x;
	struct fj_hash h;
	const struct ver_object *o;
	bool root = c->step == FJ_STEP_NEW_WITH_OLD;

	FJ_TRY(fj_challenge_made_text(c, &text));
	fj_sha256(fj_buf_slice(&text), &h);
	if (!fj_slice_eq(fj_buf_slice(&a->qualifying), fj_buf_slice(&text)))
		return not_made("the statements are of another plan, session or structure", "声明属于另一方案、会话或待签内容", err);
	if (a->n != 3 || a->n_ek > 0 || a->n_bonds > 0 || a->quote.said.type != 0 || json_array_size(a->missing) > 0 || object_of(a, "storage")->creation.len > 0)
		return not_made("there are other statements than those of storage key, attestation key and the one that is certified", "声明应恰为存储密钥、证明密钥与待认证密钥三项", err);
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&c->structure), &x, err));
	o = attested(a, &x, root ? "root" : "issuing");
	if (o == NULL)
		return not_made("the key that is stated is not the one in the certificate", "声明所指密钥不是证书中的密钥", err);
	if (o->said.type != VER_TPM_CREATION) /* a root that may move could have come from elsewhere, and a plain statement does not say where from */
		return not_made("the TPM states that the key is there, and not that it was made there", "TPM 只声明密钥在其中，未声明在其中生成", err);
	for (size_t i = 0; i < a->n; i++)
		if (a->object[i].said.type == 0 || !fj_slice_eq(a->object[i].said.data, FJ_SLICE(h.b, FJ_SHA256_LEN)))
			return not_made("a statement is missing, or was made for another challenge", "缺少声明，或声明是为另一质询作出的", err);
	if (root) /* what its policy is, and whether it may leave, has been compared with the plan that follows (fj_challenge_cross) */
		return fj_slice_eq(fj_buf_slice(&o->pub), fj_buf_slice(&c->other)) ? FJ_OK : not_made("the root key that is stated is not the one of the plan that follows", "声明所指根密钥不是接续方案的根密钥", err);
	return o->area.policy.len == 0 || (o->area.attributes & VER_TPM_USER_AUTH) != 0 ? FJ_OK : not_made("the key obeys a policy that nobody knows", "该密钥受未知策略约束", err);
}

enum fj_rc ver_made_judge(const struct fj_challenge *c, struct fj_buf *ak, struct fj_err *err)
{
	static const enum ver_at asked[] = {AT_FORM, AT_KEY, AT_SIGNATURES, AT_NAMES, AT_ATTRIBUTES, AT_CREATION};
	struct ver_attest_in in = {.json = fj_buf_slice(&c->made)};
	FJ_AUTO(ver_attestation) a = {.n = 0};
	struct judging g = {NULL, &in, &a};
	struct fj_err why = {.rc = FJ_OK};

	for (size_t i = 0; i < FJ_ARRAY_LEN(asked); i++) {
		enum fj_rc rc = steps[asked[i]].run(&g, &why);
		if (rc == FJ_E_NOMEM)
			return fj_no_memory(err, "verify");
		if (rc != FJ_OK && !(rc == FJ_E_NOTFOUND && asked[i] == AT_ATTRIBUTES && c->step == FJ_STEP_NEW_WITH_OLD))
			return not_made(why.en, why.zh, err);
	}
	FJ_TRY(of_challenge(&a, c, err));
	return fj_buf_put(ak, object_of(&a, "ak")->pub.data, object_of(&a, "ak")->pub.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "verify");
}
