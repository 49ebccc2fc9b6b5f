/*
 * init.c - the ceremony of a new home.
 *
 * The signer makes the keys and, while its ceremony is open, the root signs itself, the
 * issuing CA and its CRL; then the ceremony is closed for good.  With a plan it signs under
 * its officers (ceremony_run.c), which may take days and be broken off: then there is no
 * register yet, and the next try begins at the register and goes on at the ceremony.  A home
 * whose root is another appliance's asks for a certificate first (ceremony_sub.c).  The
 * first organisation and its two officers are entered by the system: there is
 * nobody yet who could approve.  The officers get one-time codes.
 */
#include "issuer/init.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/version.h"
#include "issuer/ceremony.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/rules/rules.h"

static enum fj_rc set(struct iss *i, const char *key, const char *value, struct fj_err *err)
{
	return sto_run(i->db, STO_SETTING_SET, NULL, err, "tt", key, value);
}

static enum fj_rc settings(struct iss *i, const json_t *in, struct fj_err *err)
{
	const char *base, *arc, *who;
	bool demo = json_is_true(json_object_get(in, "demo"));
	FJ_AUTO(buf) oid = FJ_BUF_INIT(128);

	FJ_TRY(fj_json_str(in, "base", 150, &base, err));
	FJ_TRY(fj_json_str(in, "arc", 60, &arc, err));
	FJ_TRY(fj_json_str(in, "operator", 64, &who, err));
	if (fj_der_oid_encode(arc, &oid) != FJ_OK || strncmp(arc, "2.25.", 5) == 0)
		return fj_fail(err, FJ_E_INVALID, "issuer", "formats.md 1",
		    "\"%s\" is not an arc that certificates can carry everywhere; take your IANA private enterprise number, 1.3.6.1.4.1.N", arc);
	if (!demo && strcmp(arc, "1.3.6.1.4.1.32473") == 0)
		return fj_fail(err, FJ_E_INVALID, "issuer", "RFC 5612", "1.3.6.1.4.1.32473 is for documentation; a real home needs your own number");
	if ((strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0) || base[strlen(base) - 1] == '/' || strpbrk(base, " \"<>") != NULL)
		return fj_fail(err, FJ_E_INVALID, "issuer", "RFC 3986 3", "the public base address is http(s)://…, without a final slash");
	i->home.demo = i->conf.demo = demo;
	i->sm2 = json_is_true(json_object_get(in, "sm2"));
	if (fj_strcopy(i->home.arc, sizeof(i->home.arc), arc) != FJ_OK || fj_strcopy(i->home.base, sizeof(i->home.base), base) != FJ_OK ||
	    fj_strcopy(i->home.operator_, sizeof(i->home.operator_), who) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "arc, base or operator are too long");
	FJ_TRY(set(i, "base", base, err));
	FJ_TRY(set(i, "arc", arc, err));
	FJ_TRY(set(i, "operator", who, err));
	FJ_TRY(set(i, "sm2", i->sm2 ? "true" : "false", err));
	return set(i, "demo", demo ? "true" : "false", err);
}

static enum fj_rc sign_ca(struct iss *i, enum fj_alg alg, enum hsm_kind kind, struct fj_slice tbs, struct fj_buf *out, struct fj_err *err)
{
	struct hsm_item item = {.tbs = tbs};
	struct hsm_request r = {.role = hsm_role_by(HSM_ROOT, alg), .kind = kind, .items = &item, .n_items = 1};

	FJ_TRY(iss_signer(i, &i->make.signer, err));
	FJ_TRY(hsm_sign(i->make.signer, &r, err));
	if (item.rc != FJ_OK)
		return fj_fail(err, item.rc, "signer", NULL, "%s", item.why);
	return ca_assemble(tbs, FJ_SLICE(item.sig, item.sig_len), out, err);
}

/* "root", "root.crl" and so on of a hierarchy */
static enum fj_rc keep(struct iss *i, const char *what, enum fj_alg alg, const char *rest, const struct fj_buf *der, struct fj_err *err)
{
	char name[24];

	snprintf(name, sizeof(name), "%s%s%s", what, fj_alg_suffix(alg), rest);
	return sto_run(i->db, STO_KEYRING_SET, NULL, err, "tb", name, fj_buf_slice(der));
}

/* a home without officers: the signer signs alone while its ceremony is open */
static enum fj_rc make_one(struct iss *i, enum fj_alg alg, enum fj_step step, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) tbs = FJ_BUF_INIT(FJ_X509_MAX);

	FJ_TRY(crm_structure(i, step, alg, 1, &tbs, err));
	fj_buf_init(out, FJ_X509_MAX);
	FJ_TRY(sign_ca(i, alg, crm_kind(step), fj_buf_slice(&tbs), out, err));
	return ca_verify_signed_by(fj_buf_slice(out), fj_buf_slice(&i->ca[alg].root), err);
}

static enum fj_rc make_hierarchy(struct iss *i, enum fj_alg alg, struct fj_buf *crl, struct fj_err *err)
{
	struct iss_ca *ca = &i->ca[alg];

	FJ_TRY(make_one(i, alg, FJ_STEP_ROOT, &ca->root, err));
	FJ_TRY(make_one(i, alg, FJ_STEP_ISSUING, &ca->issuing[0].cert, err));
	return make_one(i, alg, FJ_STEP_ROOT_CRL, crl, err);
}

static enum fj_rc keep_hierarchy(struct iss *i, enum fj_alg alg, const struct fj_buf *crl, struct fj_err *err)
{
	FJ_TRY(keep(i, "root", alg, "", &i->ca[alg].root, err));
	FJ_TRY(keep(i, "issuing", alg, "", &i->ca[alg].issuing[0].cert, err));
	return keep(i, "root", alg, ".crl", crl, err);
}

static enum fj_rc make_delegated(struct iss *i, const char *what, enum fj_alg alg, struct fj_err *err)
{
	FJ_AUTO(buf) cert = FJ_BUF_INIT(FJ_X509_MAX);
	char name[24];

	snprintf(name, sizeof(name), "%s%s", what, fj_alg_suffix(alg));
	FJ_TRY(iss_signer(i, &i->make.signer, err));
	FJ_TRY(pub_delegate(i, i->make.signer, name, NULL, NULL, &cert, err));
	return keep(i, what, alg, "", &cert, err);
}

/* opened once; one that was broken off is open already, or has ended, under the same plan */
static enum fj_rc open_ceremony(struct iss *i, const struct fj_plan *plan, const json_t *policy, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(json) s = NULL;
	char hash[65] = "";

	FJ_TRY(iss_signer(i, &i->make.signer, err));
	FJ_TRY(hsm_status(i->make.signer, &s, err));
	if (plan != NULL)
		fj_hex(plan->hash.b, FJ_SHA256_LEN, hash);
	if (plan != NULL && strcmp(fj_json_text(s, "ceremony"), "none") != 0 && strcmp(fj_json_text(s, "plan"), hash) != 0)
		return fj_refuse(err, FJ_E_STATE, "issuer", "formats.md 22", "a ceremony under another plan was begun here; go on with that plan, or begin in another folder",
		    "此目录中的密钥仪式是按另一方案开始的；请以该方案继续，或者换用其他目录");
	if (plan != NULL && json_is_true(json_object_get(s, "whole")))
		return FJ_OK;
	FJ_TRY(fj_json_canonical(policy, &text, err));
	return hsm_ceremony_open(i->make.signer, fj_buf_slice(&text), err);
}

static enum fj_rc hold(struct iss *i, const struct fj_plan *plan, bool bonds, const json_t *policy, struct fj_buf crl[FJ_ALG_END], struct fj_err *err)
{
	FJ_TRY(open_ceremony(i, plan, policy, err));
	if (plan != NULL)
		return crm_hold(i, plan, bonds, crl, err);
	FJ_TRY(make_hierarchy(i, FJ_ES256, &crl[FJ_ES256], err));
	if (i->sm2)
		FJ_TRY(make_hierarchy(i, FJ_SM2, &crl[FJ_SM2], err));
	return hsm_ceremony_close(i->make.signer, err);
}

static enum fj_rc keep_all(struct iss *i, const struct fj_buf crl[FJ_ALG_END], struct fj_err *err)
{
	static const char *const own[] = {"token", "status", "ocsp"};

	FJ_TRY(keep_hierarchy(i, FJ_ES256, &crl[FJ_ES256], err));
	if (i->sm2)
		FJ_TRY(keep_hierarchy(i, FJ_SM2, &crl[FJ_SM2], err));
	for (size_t k = 0; k < FJ_ARRAY_LEN(own); k++) {
		FJ_TRY(make_delegated(i, own[k], FJ_ES256, err));
		if (i->sm2)
			FJ_TRY(make_delegated(i, own[k], FJ_SM2, err));
	}
	return make_delegated(i, "log", FJ_ES256, err);
}

/* the plan of the request, if it has one: of this home, signed by all its officers, kept for what the root signs later */
static enum fj_rc adopt_plan(struct iss *i, const json_t *signed_plan, struct fj_plan *plan, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_PLAN_MAX);

	FJ_TRY(fj_json_canonical(signed_plan, &file, err));
	FJ_TRY(crm_plan(fj_buf_slice(&file), plan, err));
	if (plan->demo != i->home.demo || plan->sm2 != i->sm2 || strcmp(plan->arc, i->home.arc) != 0 || strcmp(plan->base, i->home.base) != 0 || strcmp(plan->operator_, i->home.operator_) != 0)
		return fj_refuse(err, FJ_E_REFUSED, "issuer", "formats.md 22", "the plan is for another home: arc, base, operator, algorithms or demo differ", "方案不属于本机构：标识弧、地址、运营者、算法或者演示标志不同");
	FJ_TRY(fj_dir_make(AT_FDCWD, CRM_DIR, 0755, err));
	return fj_file_replace(AT_FDCWD, CRM_DIR "/plan.json", fj_buf_slice(&file), 0644, err);
}

/* *certified: false where another appliance's root is to certify this home first */
static enum fj_rc ceremony(struct iss *i, const json_t *in, bool *certified, struct fj_err *err)
{
	struct fj_buf crl[FJ_ALG_END] = {{0}};
	struct fj_plan plan;
	bool own = json_object_get(in, "subordinate") == NULL;
	const json_t *signed_plan = json_object_get(in, "plan");
	FJ_AUTO(json) p = json_pack("{s:b, s:s, s:s, s:s, s:b, s:O*}", "demo", i->home.demo, "arc", i->home.arc, "base", i->home.base,
	    "operator", i->home.operator_, "sm2", i->sm2, "plan", json_object_get(signed_plan, "plan"));

	if (signed_plan != NULL)
		FJ_TRY(adopt_plan(i, signed_plan, &plan, err));
	*certified = true;
	enum fj_rc rc = own ? hold(i, signed_plan != NULL ? &plan : NULL, !json_is_false(json_object_get(in, "bonds")), p, crl, err) : crm_subordinate(i, in, certified, crl, err);
	if (rc == FJ_OK && signed_plan != NULL && plan.unseal > 0)
		rc = crm_unseal_round(i, &plan, err); /* one that goes on after an end */
	if (rc == FJ_OK && *certified)
		rc = keep_all(i, crl, err);
	for (int a = 0; a < FJ_ALG_END; a++)
		fj_buf_release(&crl[a]);
	return rc;
}

static enum fj_rc first_officer(struct iss_call *c, const json_t *o, const char *org, json_t *out, struct fj_err *err)
{
	const char *login, *name, *person;
	char first[USR_CODE_FIRST + 1], hash[65], second[USR_CODE_SECOND + 1], code[USR_CODE_FIRST + USR_CODE_SECOND + 2];

	FJ_TRY(fj_json_str(o, "login", 63, &login, err));
	FJ_TRY(fj_json_str(o, "name", 40, &name, err));
	FJ_TRY(fj_json_str(o, "person", 63, &person, err));
	FJ_TRY(iss_person_check(person, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s}", "login", login, "name", name, "person", person, "org", org,
	    "roles", "FINANCE", "state", "INVITED");
	FJ_TRY(evt_append(c, "user.added", login, body, err));
	usr_code_first(first, hash);
	FJ_TRY(usr_invite(c->db, login, hash, second, err));
	snprintf(code, sizeof(code), "%s-%s", first, second);
	return json_array_append_new(out, json_pack("{s:s, s:s}", "login", login, "code", code)) == 0 ? FJ_OK
	    : fj_no_memory(err, "issuer");
}

static enum fj_rc first_people(struct iss *i, const json_t *in, json_t *out, struct fj_err *err)
{
	struct iss_call c;
	const json_t *o = json_object_get(in, "organisation"), *officers = json_object_get(in, "officers");
	struct dom_org_in org = {.usci = fj_json_peek(o, "usci"), .name = fj_json_peek(o, "name"), .kind = fj_json_peek(o, "kind"),
		.level = fj_json_peek(o, "level"), .div6 = fj_json_peek(o, "div6"), .dept = "", .finance = "", .note = "",
		.override = "entered at the ceremony",
		.roles = json_object_get(o, "roles")};
	const char *first = fj_json_peek(json_array_get(officers, 0), "person"), *second = fj_json_peek(json_array_get(officers, 1), "person");
	json_t *body = NULL;

	if (json_array_size(officers) != 2 || first == NULL || second == NULL || strcmp(first, second) == 0)
		return fj_fail(err, FJ_E_REFUSED, "issuer", "R22", "two officers are needed, and they are two natural persons");
	iss_system_call(i, &c);
	FJ_TRY(dom_organisation_body(&org, &body, err));
	FJ_AUTO(json) owned = body;
	FJ_AUTO(json) made = json_pack("{s:s, s:s, s:s, s:b, s:s, s:i}", "base", i->home.base, "arc", i->home.arc, "operator", i->home.operator_,
	    "demo", i->home.demo, "program", FJ_PROGRAM, "register", FJ_REGISTER_VERSION);
	FJ_TRY(set(i, "keeper", org.usci, err));
	FJ_TRY(evt_append(&c, "appliance.made", "", made, err));
	FJ_TRY(evt_append(&c, "organisation.added", org.usci, owned, err));
	FJ_TRY(first_officer(&c, json_array_get(officers, 0), org.usci, out, err));
	return first_officer(&c, json_array_get(officers, 1), org.usci, out, err);
}

static enum fj_rc make(struct iss *i, const json_t *in, json_t *officers, bool *certified, struct fj_err *err)
{
	const char *at = fj_json_peek(in, "at");
	fj_time t;

	FJ_TRY(sto_begin(i->db, err));
	FJ_TRY(settings(i, in, err));
	if (at != NULL) {
		FJ_TRY(fj_time_parse(at, &t, err));
		FJ_TRY(iss_demo_clock(i, t, err));
	}
	FJ_TRY(ca_canary(&i->home, err));
	FJ_TRY(ceremony(i, in, certified, err));
	if (!*certified) {
		sto_rollback(i->db);
		return FJ_OK;
	}
	FJ_TRY(first_people(i, in, officers, err));
	FJ_TRY(sto_commit(i->db, err));
	FJ_TRY(iss_load_keyring(i, err));
	FJ_TRY(log_open(i, err));
	i->pub.keys = true;
	FJ_TRY(pub_fixed(i, err));
	i->pub.attest = true;
	return pub_publish(i, INT64_MAX, err);
}

enum fj_rc iss_init(const struct iss_conf *conf, const json_t *in, json_t **out, struct iss **open, struct fj_err *err)
{
	static const char *const left[] = {"register.db", "register.db-wal", "register.db-shm"}; /* by a ceremony that was broken off */
	struct iss *i;
	bool certified = true;
	FJ_AUTO(json) officers = json_array();

	FJ_TRY(iss_new(conf, &i, err));
	enum fj_rc rc = fj_dir_open(AT_FDCWD, "run", &i->run, err);
	for (size_t k = 0; k < FJ_ARRAY_LEN(left); k++)
		unlink(left[k]);
	if (rc == FJ_OK)
		rc = sto_open("register.db", true, &i->db, err);
	if (rc == FJ_OK)
		rc = make(i, in, officers, &certified, err);
	if (rc == FJ_OK) {
		*out = certified ? json_pack("{s:O}", "officers", officers) : json_pack("{s:s}", "request", CRM_DIR "/ca-request.json");
		rc = *out != NULL ? FJ_OK : FJ_E_NOMEM;
	}
	if (rc == FJ_OK && open != NULL)
		*open = i;
	else
		iss_close(i);
	return rc;
}
