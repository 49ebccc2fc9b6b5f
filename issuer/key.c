/*
 * key.c - the calendar of the appliance's own keys: what each certificate of the keyring is, when it
 * ends, and what renews it.
 *
 * Read from the keyring itself, not from a list beside it, so that a key which is there can't be missing
 * here.  How long before its end each is to be renewed stands in ca/term.c, where the public service's
 * health looks too.  Holders' certificates and authorisations are no keys of the appliance: their terms
 * stand in the lists of those.
 */
#include "ca/ca.h"
#include "issuer/iss.h"

#define DAY 86400

static const struct own {
	const char *what, *kind; /* in the keyring, without the hierarchy's suffix; as it is told */
	const char *renewed_by;
} owns[] = {
	{"root", "ROOT_CA", "CEREMONY"}, {"issuing", "ISSUING_CA", "CEREMONY"}, {"token", "TOKEN_SIGNER", "ROLLOVER"}, {"status", "STATUS_SIGNER", "ROLLOVER"}, {"log", "LOG_SIGNER", "ROLLOVER"},
	{"ocsp", "OCSP_SIGNER", "ITSELF"}, {"root.crl", "ROOT_CRL", "CEREMONY"},
	{"subordinate", "SUBORDINATE_CA", "CEREMONY"}, {"cross", "CROSS_CA", "NOTHING"},
};
static const char *const levels[] = {[CA_FINE] = "FINE", [CA_SOON] = "SOON", [CA_URGENT] = "URGENT", [CA_OVER] = "OVER"};

/* "root-sm2.crl": "root.crl" of SM2 */
static const struct own *own_of(const char *name, enum fj_alg *alg)
{
	const char *suffix = strstr(name, fj_alg_suffix(FJ_SM2));
	char what[32];

	*alg = suffix != NULL ? FJ_SM2 : FJ_ES256;
	if (suffix == NULL)
		snprintf(what, sizeof(what), "%s", name);
	else
		snprintf(what, sizeof(what), "%.*s%s", (int)(suffix - name), name, suffix + strlen(fj_alg_suffix(FJ_SM2)));
	if (strncmp(what, "ocsp-", 5) == 0) /* "ocsp-1": under a former generation of the CA */
		what[4] = '\0';
	if (strncmp(what, "sub-", 4) == 0) /* "sub-1": another appliance's CA that this root certified */
		snprintf(what, sizeof(what), "subordinate");
	if (strncmp(what, "cross-", 6) == 0) /* "cross-new-2": one generation of the root by another */
		what[5] = '\0';
	for (size_t i = 0; i < FJ_ARRAY_LEN(owns); i++)
		if (strcmp(owns[i].what, what) == 0)
			return &owns[i];
	return NULL;
}

struct dates {
	fj_time from, to;
	char serial[33], subject[260];
};

static enum fj_rc read_dates(const char *what, struct fj_slice der, struct dates *d, struct fj_err *err)
{
	struct ca_info info;
	struct fj_crl crl;

	memset(d, 0, sizeof(*d));
	if (strcmp(what, "root.crl") != 0) {
		FJ_TRY(ca_cert_info(der, &info, err));
		d->from = info.not_before;
		d->to = info.not_after;
		fj_hex(info.serial.b, sizeof(info.serial.b), d->serial);
		return fj_strcopy(d->subject, sizeof(d->subject), info.subject_cn);
	}
	FJ_TRY(fj_crl_read(der, &crl, err));
	d->from = crl.this_update;
	d->to = crl.next_update;
	snprintf(d->serial, sizeof(d->serial), "%llu", (unsigned long long)crl.number);
	return fj_x509_name(crl.issuer, FJ_OID_CN, d->subject, sizeof(d->subject), err);
}

struct row {
	const char *what, *id;
	struct fj_slice der;
	const char *state; /* of a former key's; NULL: by its end */
};

static enum fj_rc put(const struct row *r, fj_time now, json_t *items, struct fj_err *err)
{
	enum fj_alg alg;
	const struct own *o = own_of(r->what, &alg);
	struct dates d;
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	if (o == NULL)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", "RFC 3647 5.6", "the keyring has \"%.40s\", which the calendar does not know", r->what);
	FJ_TRY(read_dates(o->what, r->der, &d, err));
	const struct ca_term *t = ca_term_of(o->what);
	int64_t left = d.to - now;
	fj_time_utc(d.from, from);
	fj_time_utc(d.to, to);
	return json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "id", r->id, "kind", o->kind, "algorithm", fj_alg_name(alg), "subject", d.subject,
	    "serial", d.serial, "not_before", from, "not_after", to, "days_left", (json_int_t)(left < 0 ? -((-left + DAY - 1) / DAY) : left / DAY), "renewed_by", r->state != NULL ? "NOTHING" : o->renewed_by,
	    "clause", t->clause, "state", r->state != NULL ? r->state : levels[ca_term_level(t, left)])) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* what ends first stands first */
static void sort(json_t *items)
{
	for (size_t i = 1; i < json_array_size(items); i++)
		for (size_t k = i; k > 0; k--) {
			FJ_AUTO(json) one = json_incref(json_array_get(items, k));
			if (strcmp(fj_json_text(json_array_get(items, k - 1), "not_after"), fj_json_text(one, "not_after")) <= 0)
				break;
			json_array_remove(items, k);
			json_array_insert(items, k - 1, one);
		}
}

static enum fj_rc of_now(struct sto *db, fj_time now, json_t *items, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_KEYRING_ALL, &q, err, ""));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		struct row r = {sto_text(&q, 0), sto_text(&q, 0), sto_blob(&q, 1), NULL};
		FJ_TRY(put(&r, now, items, err));
	}
	sort(items);
	return FJ_OK;
}

static enum fj_rc of_before(struct sto *db, fj_time now, json_t *items, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_PAST_KEY_ALL, &q, err, ""));
	for (;;) {
		char id[40];
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		snprintf(id, sizeof(id), "%.20s.%lld", sto_text(&q, 0), (long long)sto_int(&q, 1));
		struct row r = {sto_text(&q, 0), id, sto_blob(&q, 2), sto_int(&q, 3) != 0 ? "ENDED" : "RETIRED"};
		FJ_TRY(put(&r, now, items, err));
	}
}

enum fj_rc key_calendar(struct sto *db, fj_time now, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();

	FJ_TRY(of_now(db, now, items, err));
	FJ_TRY(of_before(db, now, items, err));
	*out = fj_move(items);
	return FJ_OK;
}

enum fj_rc key_warnings(struct sto *db, fj_time now, json_t **out, struct fj_err *err)
{
	json_t *v;
	size_t i = 0;

	*out = json_array();
	FJ_TRY(of_now(db, now, *out, err));
	while ((v = json_array_get(*out, i)) != NULL)
		if (strcmp(fj_json_text(v, "state"), levels[CA_FINE]) == 0)
			json_array_remove(*out, i);
		else
			i++;
	return FJ_OK;
}

enum fj_rc cmd_key_list(struct iss_call *c, struct fj_err *err)
{
	json_t *items = NULL;

	FJ_TRY(key_calendar(c->db, c->now, &items, err));
	c->answer = json_pack("{s:o, s:n}", "items", items, "next");
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
