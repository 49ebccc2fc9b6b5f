/*
 * profile.c - what each kind of certificate is, as rows (docs/formats.md 2).
 *
 * Building and linting read the same rows; nothing about a profile is decided
 * by code elsewhere, and nothing by a request.  A row that is changed changes
 * the canary that is linted at every start.
 */
#include "ca/internal.h"

#define LEAF (FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_EKU | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA)

static const struct ca_profile_row rows[] = {
	{CA_ROOT, "root", 20, 0, true, 1, FJ_KU_CERT | FJ_KU_CRL, NULL,
	    FJ_X_SKI | FJ_X_KU | FJ_X_BC, "Fujie Root", "Fujie DEMO Root"},
	{CA_ISSUING, "issuing", 12, 0, true, 0, FJ_KU_CERT | FJ_KU_CRL, NULL,
	    FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA,
	    "Fujie Issuing CA 1", "Fujie DEMO Issuing CA 1"},
	{CA_SUBORDINATE, "subordinate", 12, 0, true, 0, FJ_KU_CERT | FJ_KU_CRL, NULL,
	    FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA | FJ_X_PRIVATE,
	    "Fujie Issuing CA", "Fujie DEMO Issuing CA"}, /* and the division of its limits */
	{CA_CROSS, "cross", 20, 0, true, 1, FJ_KU_CERT | FJ_KU_CRL, NULL, /* one generation of the root by another, of one name */
	    FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA, "Fujie Root", "Fujie DEMO Root"},
	{CA_DATA_ASSET, "data-asset", 5, 0, false, -1, FJ_KU_SIGN, ".2.1", LEAF | FJ_X_PRIVATE, NULL, NULL},
	{CA_TOKEN_SIGNER, "token-signer", 6, 0, false, -1, FJ_KU_SIGN, ".2.3", LEAF | FJ_X_SAN,
	    "Fujie Token Signer", "Fujie Token Signer"},
	{CA_STATUS_SIGNER, "status-signer", 6, 0, false, -1, FJ_KU_SIGN, ".2.4", LEAF | FJ_X_SAN,
	    "Fujie Status Signer", "Fujie Status Signer"},
	{CA_LOG_SIGNER, "log-signer", 6, 0, false, -1, FJ_KU_SIGN, ".2.5", LEAF | FJ_X_SAN,
	    "Fujie Log Signer", "Fujie Log Signer"},
	{CA_OCSP, "ocsp", 0, 7, false, -1, FJ_KU_SIGN, FJ_OID_OCSP_SIGNING,
	    FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_EKU | FJ_X_NOCHECK, "Fujie OCSP Responder", "Fujie OCSP Responder"},
};

const struct ca_profile_row *ca_profile_find(enum ca_profile id)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	return NULL;
}

static const struct ca_extension extensions[] = {
	{FJ_X_SKI, "subjectKeyIdentifier", "2.5.29.14", false}, {FJ_X_AKI, "authorityKeyIdentifier", "2.5.29.35", false}, {FJ_X_KU, "keyUsage", "2.5.29.15", true},
	{FJ_X_BC, "basicConstraints", "2.5.29.19", true}, {FJ_X_EKU, "extKeyUsage", "2.5.29.37", false}, {FJ_X_POLICY, "certificatePolicies", "2.5.29.32", false},
	{FJ_X_CRLDP, "cRLDistributionPoints", "2.5.29.31", false}, {FJ_X_AIA, "authorityInfoAccess", "1.3.6.1.5.5.7.1.1", false}, {FJ_X_SAN, "subjectAltName", "2.5.29.17", false},
	{FJ_X_NOCHECK, "ocsp-nocheck", "1.3.6.1.5.5.7.48.1.5", false}, {FJ_X_PRIVATE, "dataAsset", ".1.1", false},
};
static const struct ca_extension limits = {FJ_X_PRIVATE, "caLimits", ".1.2", false};

const struct ca_extension *ca_extension_find(unsigned bit, bool ca)
{
	if (ca && bit == FJ_X_PRIVATE)
		return &limits;
	for (size_t i = 0; i < FJ_ARRAY_LEN(extensions); i++)
		if (extensions[i].bit == bit)
			return &extensions[i];
	return NULL;
}

enum fj_rc ca_profile_eku(const struct ca_home *h, const struct ca_profile_row *p, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s%s", p->eku != NULL && p->eku[0] == '.' ? h->arc : "", p->eku != NULL ? p->eku : "");

	return n >= 0 && (size_t)n < cap ? FJ_OK : FJ_E_LIMIT;
}

enum fj_rc ca_profile_policy(const struct ca_home *h, char *out, size_t cap)
{
	int n = snprintf(out, cap, "%s.3.%d", h->arc, h->demo ? 2 : 1);

	return n >= 0 && (size_t)n < cap ? FJ_OK : FJ_E_LIMIT;
}

fj_time ca_profile_end(const struct ca_profile_row *p, fj_time not_before)
{
	if (p->years == 0)
		return not_before + (fj_time)p->days * 86400 - 1;
	struct fj_date d = fj_date_of(not_before, 0);
	fj_time midnight = fj_time_of(d, 0, 0, 0, 0);
	int days_in_feb_fix = d.m == 2 && d.d == 29;

	d.y += p->years;
	if (days_in_feb_fix && fj_date_of(fj_time_of(d, 0, 0, 0, 0), 0).d != 29) {
		d.m = 3;
		d.d = 1;
	}
	return fj_time_of(d, 0, 0, 0, 0) + (not_before - midnight) - 1;
}

void ca_cut(const char *in, size_t n, char *out, size_t cap)
{
	size_t len = fj_utf8_prefix(in, n);

	while (len >= cap)
		len = fj_utf8_prefix(in, --n);
	memcpy(out, in, len);
	out[len] = '\0';
}
