/*
 * policy_x509.c - which certificates the root and the issuing CA sign.
 *
 * Compared, for every certificate: version, algorithm (the signing key's), serial (16 octets, top
 * bit clear, first octet not zero), issuer name, validity (end after begin, at
 * most the profile's years by inclusive count, begin within ten minutes of our
 * clock), subject key, key identifiers, key usage (critical), basicConstraints,
 * the one extended key usage, policy, CRL distribution point, authority
 * information, alternative name; and that there is no extension beyond the
 * profile's.  For data asset certificates also dataAsset: its form, its number and
 * name against the subject's, which has nothing else, its status URI, noCollateral for holder kinds 0 to 2.
 * For delegated signers the key must be one of our own.
 */
#include "hsm/signer.h"

#define BEGIN_TOLERANCE 600
#define LEAF (FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_EKU | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA)

enum fj_rc policy_no(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_POLICY, HSM_LAYER, cite, "the signer refuses: %s", what);
}

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))

bool policy_uri_is(struct fj_slice uri, const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	return uri.len == n + m && memcmp(uri.p, a, n) == 0 && memcmp(uri.p + n, b, m) == 0;
}

bool policy_path_is(const struct hsm_job *j, struct fj_slice uri, const char *path)
{
	char want[64];
	const char *at = strchr(path, '%');

	snprintf(want, sizeof(want), "%.*s%s%s", (int)(at - path), path, fj_alg_suffix(j->alg), at + 2);
	return policy_uri_is(uri, j->s->mem.base, want);
}

size_t policy_numbered(const struct hsm_job *j, struct fj_slice uri, const char *folder)
{
	char head[32];
	size_t n = strlen(j->s->mem.base), m = (size_t)snprintf(head, sizeof(head), "%s%s", folder, fj_alg_prefix(j->alg));

	return uri.len > n + m && memcmp(uri.p, j->s->mem.base, n) == 0 && memcmp(uri.p + n, head, m) == 0 && uri.p[n + m] >= '0' && uri.p[n + m] <= '9' ? n + m : 0;
}

void policy_key_id(struct fj_slice key, uint8_t out[20])
{
	unsigned n = 20;

	if (EVP_Digest(key.p, key.len, out, &n, EVP_sha1(), NULL) != 1)
		memset(out, 0, 20);
}

static bool key_id_is(struct fj_slice id, struct fj_slice key)
{
	uint8_t want[20];

	policy_key_id(key, want);
	return fj_slice_eq(id, FJ_SLICE(want, 20));
}

/* begin + years - 1 s, by the calendar (UTC) */
static fj_time last_second(fj_time begin, int years)
{
	struct fj_date d = fj_date_of(begin, 0);
	fj_time in_day = begin - fj_time_of(d, 0, 0, 0, 0);

	d.y += years;
	if (d.m == 2 && d.d == 29) {
		d.m = 3;
		d.d = 1;
	}
	return fj_time_of(d, 0, 0, 0, 0) + in_day - 1;
}

enum fj_rc policy_common(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err)
{
	MUST(x->serial.len == 16 && x->serial.p[0] > 0 && x->serial.p[0] < 0x80, "RFC 5280 4.1.2.2",
	    "the serial number is not 16 octets, positive, without a leading zero");
	int64_t off = x->not_before - j->now;
	if (off > BEGIN_TOLERANCE || off < -BEGIN_TOLERANCE) /* another code: who asks can make it anew, and knows that this one was never signed */
		return fj_fail(err, FJ_E_STATE, HSM_LAYER, "RFC 5280 4.1.2.5", "the signer refuses: notBefore is not now");
	MUST(x->alg == j->alg, "RFC 5280 4.1.1.2", "the certificate names another signature algorithm than its issuer's key has");
	MUST((x->seen & FJ_X_SKI) && key_id_is(x->ski, x->key), "RFC 5280 4.2.1.2", "the subject key identifier is not the key's");
	return FJ_OK;
}

static enum fj_rc check_ca_flags(const struct fj_x509 *x, int pathlen, struct fj_err *err)
{
	MUST(x->ca && x->pathlen == pathlen && (x->critical & FJ_X_BC), "RFC 5280 4.2.1.9", "a CA certificate has another path length");
	MUST(x->ku == (FJ_KU_CERT | FJ_KU_CRL) && x->critical == (FJ_X_KU | FJ_X_BC), "RFC 5280 4.2.1.3", "a CA certificate has another key usage");
	return FJ_OK;
}

static enum fj_rc check_policy_oid(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err)
{
	char want[80];

	snprintf(want, sizeof(want), "%s.3.%d", j->s->mem.arc, j->s->mem.demo ? 2 : 1);
	MUST(strcmp(x->policy, want) == 0, "RFC 5280 4.2.1.4", "the certificate policy is not this appliance's");
	return FJ_OK;
}

static enum fj_rc put_tbs(struct fj_buf *delta, enum mem_op op, struct fj_slice tbs, struct fj_err *err)
{
	if (fj_put_u8(delta, (uint8_t)op) == FJ_OK && fj_put_bytes(delta, tbs) == FJ_OK)
		return FJ_OK;
	return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
}

static enum fj_rc check_root(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_x509 before;

	MUST(!quorum_final(&j->s->mem, mem_root_tbs(&j->s->mem, j->role)), "design.md 2", "the root certificate is signed already");
	if (j->role > HSM_ROLE_END) {
		FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&j->s->mem.root_tbs[j->alg]), &before, err));
		MUST(fj_slice_eq(x->subject, before.subject), "formats.md 33", "the successor root has another name than the root that it follows");
	}
	MUST(fj_slice_eq(x->issuer, x->subject), "RFC 5280 3.2", "a root is its own issuer");
	MUST(fj_slice_eq(x->spki, fj_buf_slice(&j->s->spki[j->role])), "RFC 5280 3.2", "the root certificate is not for the root key");
	MUST(x->seen == (FJ_X_SKI | FJ_X_KU | FJ_X_BC), "formats.md 2", "a root has other extensions");
	MUST(x->not_after <= last_second(x->not_before, 20), "RFC 5280 4.1.2.5", "a root is valid for 20 years at most");
	return check_ca_flags(x, 1, err);
}

enum fj_rc policy_ca_fields(const struct hsm_job *j, const struct fj_x509 *x, int pathlen, int years, struct fj_err *err)
{
	char name[FJ_CA_FILE_CAP];

	fj_generation_name("/ca/root", j->alg, quorum_plan_of(&j->s->mem, j->role)->generation, ".cer", name);
	MUST(x->not_after <= last_second(x->not_before, years), "RFC 5280 4.1.2.5", years == 12 ? "an issuing CA is valid for 12 years at most" : "a root, and what one root says of another, is valid for 20 years at most");
	MUST(policy_path_is(j, x->crldp, "/crl/root%s.crl") && x->ocsp.len == 0 && policy_uri_is(x->ca_issuers, j->s->mem.base, name), "RFC 5280 4.2.1.13", "CRL or CA address are not this appliance's, or of another generation of its root");
	FJ_TRY(check_policy_oid(j, x, err));
	return check_ca_flags(x, pathlen, err);
}

enum fj_rc policy_ca_frame(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err)
{
	return policy_ca_fields(j, x, 0, 12, err);
}

/* the newest of our issuing keys, once: another certificate would be beside the first, and the root's list would name one of them */
static enum fj_rc check_issuing_key(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err)
{
	struct hsm_memory *m = &j->s->mem;
	struct fj_slice before = ca_newest(m, j->alg);
	struct fj_x509 ca;

	MUST(fj_slice_eq(x->spki, signer_spki(j->s, ca_newest_key(m, j->alg))), "design.md 2", "the certificate is not for our newest issuing key");
	if (before.len == 0)
		return FJ_OK;
	FJ_TRY(fj_x509_read_tbs(before, &ca, err));
	bool same = fj_slice_eq(ca.spki, x->spki);
	MUST(!same || (m->ceremony == MEM_OPEN && !quorum_final(m, &m->ca[j->alg][m->n_ca[j->alg] - 1])), "design.md 2", "this issuing key is certified already, by another certificate; the one that was lost is kept in the home: ask again with it");
	MUST(same || m->n_ca[j->alg] < FJ_MAX_CAS, "formats.md 26", "the issuing CA has had as many keys as are remembered");
	MUST(fj_slice_eq(ca.subject, x->subject), "RFC 5280 6.3.3 (f)", "a newer key of the issuing CA is certified under another name");
	return FJ_OK;
}

static enum fj_rc check_issuing(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_x509 root;

	MUST(quorum_final(&j->s->mem, &j->s->mem.root_tbs[j->alg]), "design.md 2", "there is no root yet");
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&j->s->mem.root_tbs[j->alg]), &root, err));
	MUST(fj_slice_eq(x->issuer, root.subject) && fj_slice_eq(x->aki, root.ski), "RFC 5280 4.1.2.4", "the issuer is not our root");
	MUST(!fj_slice_eq(x->subject, root.subject), "RFC 5280 4.1.2.6", "the issuing CA has the root's name");
	FJ_TRY(check_issuing_key(j, x, err));
	MUST(x->not_after <= root.not_after, "RFC 5280 6.1.3", "the issuing CA outlives its root");
	MUST(x->seen == (FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA), "formats.md 2", "an issuing CA has other extensions");
	return policy_ca_frame(j, x, err);
}

enum fj_rc policy_ca(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	struct fj_x509 x;

	if (j->kind == HSM_CERT_ISSUING && j->s->mem.ceremony == MEM_CLOSED && fj_slice_eq(ca_newest(&j->s->mem, j->alg), tbs))
		return FJ_OK; /* again, since the answer was lost: the same certificate */
	FJ_TRY(fj_x509_read_tbs(tbs, &x, err));
	FJ_TRY(policy_common(j, &x, err));
	FJ_TRY(j->kind == HSM_CERT_ROOT ? check_root(j, &x, err) : check_issuing(j, &x, err));
	return put_tbs(delta, j->kind != HSM_CERT_ROOT ? MEM_OP_ISSUING : j->role > HSM_ROLE_END ? MEM_OP_NEXT_ROOT : MEM_OP_ROOT, tbs, err);
}

/* --- leaves --- */

/* the CA that it names, whose key signs it */
static enum fj_rc check_issuer(const struct hsm_job *j, const struct fj_x509 *x, unsigned *generation, struct fj_err *err)
{
	struct fj_x509 ca;

	FJ_TRY(ca_named(j->s, j->alg, x->aki, &ca, generation, j->key, err));
	MUST(fj_slice_eq(x->issuer, ca.subject), "RFC 5280 4.1.2.4", "the issuer is not our issuing CA");
	MUST(!fj_slice_eq(x->subject, ca.subject), "RFC 5280 4.1.2.6", "a leaf has the issuing CA's name");
	MUST(x->not_after <= ca.not_after, "RFC 5280 6.1.3", "a leaf outlives its issuing CA");
	return FJ_OK;
}

static enum fj_rc check_addresses(const struct hsm_job *j, const struct fj_x509 *x, unsigned generation, struct fj_err *err)
{
	const char *base = j->s->mem.base;
	char shard[24] = "", issuing[FJ_CA_FILE_CAP];

	size_t head = policy_numbered(j, x->crldp, "/crl/");
	if (head > 0 && x->crldp.len - head < sizeof(shard))
		memcpy(shard, x->crldp.p + head, x->crldp.len - head);
	size_t d = strspn(shard, "0123456789");
	MUST(d > 0 && d < 10 && strcmp(shard + d, ".crl") == 0, "RFC 5280 4.2.1.13", "the CRL distribution point is not a shard of this appliance");
	fj_ca_file(j->alg, generation, issuing);
	MUST(policy_uri_is(x->ocsp, base, "/ocsp") && policy_uri_is(x->ca_issuers, base, issuing), "RFC 5280 4.2.2.1",
	    "OCSP or CA address are not this appliance's, or another generation's of the CA");
	return FJ_OK;
}

/* The subject says what dataAsset says, and nothing else: country, holder, its code, number, the asset's name; O and CN as
 * the profile cuts them, to 64 characters. */
static enum fj_rc check_subject(const struct fj_x509 *x, const struct fj_asset *a, struct fj_err *err)
{
	static const char *const others[] = {FJ_OID_O, FJ_OID_ORGID};
	char text[512];
	struct fj_der d, list, set;
	size_t n = 0;

	fj_der_init(&d, x->subject);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &list, err));
	for (; fj_der_more(&list); n++)
		FJ_TRY(fj_der_enter(&list, FJ_DER_SET, &set, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(others); i++)
		FJ_TRY(fj_x509_name(x->subject, others[i], text, sizeof(text), err));
	MUST(strncmp(text, "NTRCN-", 6) == 0, "formats.md 2", "the holder has no unified social credit code");
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_C, text, sizeof(text), err));
	MUST(n == 5 && strcmp(text, "CN") == 0, "formats.md 2", "the subject has other attributes than the profile");
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_SERIALNUMBER, text, sizeof(text), err));
	MUST(strcmp(text, a->number) == 0 && strncmp(text, "DAC-", 4) == 0, "formats.md 2", "subject and dataAsset name different certificate numbers");
	FJ_TRY(fj_x509_name(x->subject, FJ_OID_CN, text, sizeof(text), err));
	MUST(fj_slice_eq(fj_slice_str(text), FJ_SLICE(a->asset_name, fj_utf8_prefix(a->asset_name, 64))), "formats.md 2", "subject and dataAsset name different assets");
	return FJ_OK;
}

static enum fj_rc check_asset(const struct hsm_job *j, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_asset a;
	char want[80];

	snprintf(want, sizeof(want), "%s.1.1", j->s->mem.arc);
	MUST(strcmp(x->private_oid, want) == 0, "formats.md 1", "the private extension is not dataAsset");
	FJ_TRY(fj_asset_read(x->private_value, &a, err));
	FJ_TRY(check_subject(x, &a, err));
	FJ_TRY(limits_asset(j, &a, err));
	MUST(a.holder_kind > 2 || (a.restrictions & 1u), "R04", "an administrative, public or mass body's certificate lacks noCollateral");
	MUST(policy_numbered(j, fj_slice_str(a.status_uri), "/status/") > 0, "formats.md 5.3",
	    "the status list is not this appliance's");
	return FJ_OK;
}

struct leaf {
	const char *eku; /* under the arc when it begins with a dot */
	enum hsm_role key; /* 0: the holder's; else the P-256 role */
	unsigned wants;
	int years, days;
};
static const struct leaf leaves[] = {
	{".2.1", 0, LEAF | FJ_X_PRIVATE, 5, 0},
	{".2.3", HSM_TOKEN, LEAF | FJ_X_SAN, 6, 0},
	{".2.4", HSM_TOKEN, LEAF | FJ_X_SAN, 6, 0},
	{".2.5", HSM_LOG, LEAF | FJ_X_SAN, 6, 0},
	{FJ_OID_OCSP_SIGNING, HSM_OCSP, FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_EKU | FJ_X_NOCHECK, 0, 7},
};

static const struct leaf *leaf_of(const struct hsm_job *j, const char *eku)
{
	char want[80];

	for (size_t i = 0; i < FJ_ARRAY_LEN(leaves); i++) {
		snprintf(want, sizeof(want), "%s%s", leaves[i].eku[0] == '.' ? j->s->mem.arc : "", leaves[i].eku);
		if (strcmp(want, eku) == 0 && (j->kind == HSM_CERT_DATA_ASSET) == (leaves[i].key == 0))
			return &leaves[i];
	}
	return NULL;
}

bool policy_own_key(const struct hsm_job *j, const struct fj_x509 *x)
{
	for (unsigned k = HSM_ROOT; k < HSM_KEY_END; k++)
		if (fj_slice_eq(x->spki, signer_spki(j->s, k)))
			return true;
	return false;
}

static enum fj_rc check_leaf_key(const struct hsm_job *j, const struct fj_x509 *x, const struct leaf *l, struct fj_err *err)
{
	if (l->key == 0) {
		MUST(!policy_own_key(j, x), "design.md 2", "a data asset certificate is for one of the appliance's own keys");
		MUST((x->curve == FJ_CURVE_SM2) == (j->alg == FJ_SM2), "GB/T 20518 5.2.3.7", "the subject's key belongs to another hierarchy than its issuer's");
		return FJ_OK;
	}
	enum hsm_role role = hsm_role_of(l->key, j->alg);
	MUST(fj_slice_eq(x->spki, signer_spki(j->s, role)) || fj_slice_eq(x->spki, signer_spki(j->s, HSM_NEWER(role))), "design.md 2", "a delegated certificate is for a key that is not ours");
	return FJ_OK;
}

enum fj_rc policy_leaf(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	struct fj_x509 x;
	unsigned generation;

	(void)delta;
	FJ_TRY(fj_x509_read_tbs(tbs, &x, err));
	FJ_TRY(policy_common(j, &x, err));
	FJ_TRY(check_issuer(j, &x, &generation, err));
	const struct leaf *l = leaf_of(j, x.eku);
	MUST(l != NULL, "RFC 5280 4.2.1.12", "the extended key usage is not one for this kind of certificate");
	MUST(x.seen == l->wants && x.critical == FJ_X_KU, "formats.md 2", "an extension is missing, is beyond the profile, or is wrongly critical");
	MUST(!x.ca && x.pathlen < 0 && x.ku == FJ_KU_SIGN, "RFC 5280 4.2.1.9", "a leaf asks for more than signing");
	fj_time end = l->years > 0 ? last_second(x.not_before, l->years) : x.not_before + (fj_time)l->days * 86400 - 1;
	MUST(x.not_after <= end, "RFC 5280 4.1.2.5", "the validity is longer than the profile allows");
	FJ_TRY(check_leaf_key(j, &x, l, err));
	if (l->wants & FJ_X_POLICY) {
		FJ_TRY(check_policy_oid(j, &x, err));
		FJ_TRY(check_addresses(j, &x, generation, err));
	}
	if (l->wants & FJ_X_SAN)
		MUST(policy_uri_is(x.san, j->s->mem.base, ""), "RFC 5280 4.2.1.6", "the alternative name is not this appliance's address");
	return l->key == 0 ? check_asset(j, &x, err) : FJ_OK;
}
