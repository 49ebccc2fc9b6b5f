/*
 * chain.c - the levels that an approval goes through, one to six.
 *
 * The finance department's profile may lengthen the way of a kind ("chains":
 * kind -> list of {role, org}); what approvals.def demands always stands last, so
 * no profile makes an act shorter than two officers, or lets others decide it (R22,
 * decision 10).  Organisations are resolved when the approval is requested and stored
 * with it: a profile that changes later changes nothing that is under way.
 */
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/profile.h"

json_t *chn_json(const struct apr_chain *ch)
{
	json_t *list = json_array();

	for (int i = 0; i < ch->n && list != NULL; i++)
		json_array_append_new(list, json_pack("{s:o, s:s}", "roles", iss_roles_json(ch->level[i].roles), "org", ch->level[i].org));
	return list;
}

enum fj_rc chn_parse(const json_t *list, struct apr_chain *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	out->n = 0;
	json_array_foreach(list, i, v) {
		struct apr_level *l = &out->level[out->n];
		const char *org = fj_json_peek(v, "org");
		if (out->n == APR_MAX_LEVELS || org == NULL || fj_strcopy(l->org, sizeof(l->org), org) != FJ_OK)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", "domain.md decision 10", "the chain of an approval is malformed");
		FJ_TRY(iss_roles_parse(json_object_get(v, "roles"), &l->roles, err));
		out->n++;
	}
	return out->n > 0 ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "issuer", "domain.md decision 10", "an approval has no chain");
}

/* not there is an answer; what can't be read is none, and makes no chain shorter */
static enum fj_rc there(enum fj_rc rc, bool *yes)
{
	*yes = rc == FJ_OK;
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

/* holder of an asset, certificate or authorisation; or the organisation itself; *found false: it is none */
static enum fj_rc holder_of(struct iss_call *c, const char *object, char out[19], bool *found, struct fj_err *err)
{
	struct dom_cert cert = {.holder = ""};
	FJ_AUTO(dom_auth) auth = {.body = NULL};
	FJ_AUTO(dom_asset) asset = {.card = NULL};
	const char *named = object;

	*found = object != NULL && iss_usci_form(object);
	if (object != NULL && !*found) {
		named = asset.holder;
		FJ_TRY(there(dom_asset_get(c->db, object, &asset, err), found));
	}
	if (object != NULL && !*found) {
		named = cert.holder;
		FJ_TRY(there(dom_cert_get(c->db, object, &cert, err), found));
	}
	if (object != NULL && !*found) {
		named = auth.holder;
		FJ_TRY(there(dom_auth_get(c->db, object, &auth, err), found));
	}
	return *found ? fj_strcopy(out, 19, named) : FJ_OK;
}

/* The organisation that the act is about: what the payload names, or the holder of the object or
 * of the assets.  mixed: they have several. */
static enum fj_rc subject_of(struct iss_call *c, const struct apr *a, char out[19], bool *mixed, struct fj_err *err)
{
	const char *named = fj_json_peek(a->payload, "holder");
	char other[19];
	size_t i;
	json_t *v;
	bool found;

	*mixed = false;
	out[0] = '\0';
	named = named != NULL ? named : fj_json_peek(a->payload, "org");
	if (named != NULL && iss_usci_form(named))
		return fj_strcopy(out, 19, named);
	json_array_foreach(json_object_get(a->payload, "assets"), i, v) {
		FJ_TRY(holder_of(c, json_is_string(v) ? json_string_value(v) : fj_json_peek(v, "asset_no"), other, &found, err));
		if (!found)
			continue;
		*mixed = *mixed || (out[0] != '\0' && strcmp(out, other) != 0);
		memcpy(out, other, sizeof(other));
	}
	if (out[0] != '\0')
		return FJ_OK;
	FJ_TRY(holder_of(c, a->object, out, &found, err));
	if (!found)
		snprintf(out, 19, "%s", c->actor->org);
	return FJ_OK;
}

struct places {
	char finance[19], superior[19], holder[19];
	bool mixed; /* several holders */
};

static enum fj_rc org_of(struct iss_call *c, const struct places *p, const char *name, char out[19], struct fj_err *err)
{
	const struct {
		const char *name, *usci;
	} known[] = {{"finance", p->finance}, {"superior", p->superior}, {"holder", p->holder}, {"own", c->actor->org}};

	if (p->mixed && name != NULL && (strcmp(name, "holder") == 0 || strcmp(name, "superior") == 0)) {
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md decision 10", "the profile's chain goes by holder or superior, and the selection has several holders; ask for each holder apart",
		    "审批链须经持有单位或其主管部门审批，而所选事项涉及多个持有单位；请按持有单位分别提交");
	}
	for (size_t i = 0; name != NULL && i < FJ_ARRAY_LEN(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return fj_strcopy(out, 19, known[i].usci);
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md decision 10", "a level of an approval chain is decided by finance, superior, holder or own; mend the profile",
	    "审批层级的单位应为 finance、superior、holder 或 own；请修改管理规则");
}

static enum fj_rc add_level(struct apr_chain *ch, const struct apr_level *l, struct fj_err *err)
{
	if (ch->n == APR_MAX_LEVELS) {
		return fj_refuse(err, FJ_E_LIMIT, "issuer", "domain.md decision 10", "an approval has six levels at most, and the last is the one that the register demands; shorten the chain in the profile",
		    "审批链最多六级，且最后一级须为法定审批单位；请在管理规则中缩短审批链");
	}
	ch->level[ch->n++] = *l;
	return FJ_OK;
}

static enum fj_rc from_profile(struct iss_call *c, const struct places *p, const json_t *levels, struct apr_chain *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(levels, i, v) {
		struct apr_level l = {0};
		const char *role = fj_json_peek(v, "role");
		FJ_TRY(iss_role_parse(role == NULL ? "" : role, &l.roles, err));
		FJ_TRY(org_of(c, p, fj_json_peek(v, "org"), l.org, err));
		FJ_TRY(add_level(out, &l, err));
	}
	return FJ_OK;
}

/* whose profile rules: the finance department of whoever decides in the end */
static enum fj_rc find_finance(struct iss_call *c, const struct apr *a, char out[19], struct fj_err *err)
{
	FJ_AUTO(dom_org) decides = {.affiliates = NULL};
	const char *org = a->org[0] != '\0' ? a->org : c->actor->org;
	bool known;

	FJ_TRY(there(dom_org_get(c->db, org, &decides, err), &known));
	return fj_strcopy(out, 19, known && decides.finance[0] != '\0' ? decides.finance : org);
}

/* a top department is its own superior */
static enum fj_rc find_superior(struct iss_call *c, const char *holder, char out[19], struct fj_err *err)
{
	FJ_AUTO(dom_org) subject = {.affiliates = NULL};
	bool known;

	FJ_TRY(there(dom_org_get(c->db, holder, &subject, err), &known));
	return fj_strcopy(out, 19, known && subject.dept[0] != '\0' ? subject.dept : holder);
}

static bool covers(const struct apr_level *last, const struct apr_level *demanded)
{
	return (last->roles & ~demanded->roles) == 0 && (demanded->org[0] == '\0' || strcmp(last->org, demanded->org) == 0);
}

enum fj_rc chn_make(struct iss_call *c, const struct apr *a, const struct apr_level *demanded, struct apr_chain *out, struct fj_err *err)
{
	const json_t *chains, *levels;
	struct places p;

	out->n = 0;
	memset(&p, 0, sizeof(p));
	FJ_TRY(find_finance(c, a, p.finance, err));
	FJ_TRY(prf_json(c, p.finance, "chains", &chains, err));
	levels = json_object_get(chains, a->kind);
	if (levels != NULL) {
		FJ_TRY(subject_of(c, a, p.holder, &p.mixed, err));
		FJ_TRY(find_superior(c, p.holder, p.superior, err));
		FJ_TRY(from_profile(c, &p, levels, out, err));
	}
	return out->n > 0 && covers(&out->level[out->n - 1], demanded) ? FJ_OK : add_level(out, demanded, err);
}
