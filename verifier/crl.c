/*
 * crl.c - certificate revocation lists: read, checked under their issuer's key
 * when loaded, kept as sorted serial numbers, asked by binary search.
 *
 * A list serves a certificate only when issuer and distribution point are both
 * the certificate's own (RFC 5280 6.3.3).  The issuer is a name: a newer key of it
 * speaks for what an older one certified, where the newer key's own certificate leads
 * to the same root, in time and not revoked (6.3.3 (f)); an older one does not speak for
 * a newer.  Of several lists the greatest number counts, whoever signed.  A list that is missing, not yet or no
 * longer current says nothing: the outcome is unknown, never good.  Of several the
 * one of the time counts, and a later one with what it says of that time: a key that
 * was found compromised since then never signed well.
 */
#include "verifier/internal.h"

void ver_crl_release(struct ver_crl *c)
{
	fj_free(c->revoked);
	c->revoked = NULL;
}

static int by_serial(const void *a, const void *b)
{
	const struct ver_serial *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->b, y->b, x->len);
}

static enum fj_rc read_entries(const struct fj_crl *in, struct ver_crl *out, struct fj_err *err)
{
	struct fj_der walk = in->entries;
	struct fj_crl_entry e;

	out->revoked = fj_alloc(in->n + 1, sizeof(*out->revoked));
	if (out->revoked == NULL)
		return fj_no_memory(err, "verify");
	while (out->n < in->n && fj_crl_next(&walk, &e)) {
		struct ver_serial *s = &out->revoked[out->n++];
		s->len = (uint8_t)e.serial.len;
		s->reason = (uint8_t)e.reason;
		s->at = e.at;
		memcpy(s->b, e.serial.p, e.serial.len);
	}
	if (out->n != in->n)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 5280 5.1.2.6", "a CRL's entries could not be read to the end");
	qsort(out->revoked, out->n, sizeof(*out->revoked), by_serial);
	for (size_t i = 1; i < out->n; i++)
		if (by_serial(&out->revoked[i - 1], &out->revoked[i]) == 0)
			return fj_fail(err, FJ_E_PARSE, "verify", "RFC 5280 5.1.2.6", "a CRL names a serial number twice");
	return FJ_OK;
}

static enum fj_rc fill(const struct ver_trust *t, const struct fj_crl *in, struct ver_crl *out, struct fj_err *err)
{
	out->ca = ver_ca_of(t, in->issuer, in->aki);
	if (out->ca == NULL)
		return fj_fail(err, FJ_E_INVALID, "verify", "RFC 5280 6.3.3", "a CRL's issuer is no CA of this trust");
	if (in->uri.len >= sizeof(out->uri) || in->next_update < in->this_update)
		return fj_fail(err, FJ_E_INVALID, "verify", "RFC 5280 5.1.2.5", "a CRL ends before it begins");
	memcpy(out->uri, in->uri.p, in->uri.len);
	if ((strstr(out->uri, "/crl/sm2-") != NULL || strstr(out->uri, "/crl/root-sm2.crl") != NULL) != (in->alg == FJ_SM2))
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 21", "a CRL's distribution point is of another hierarchy than its issuer");
	out->number = in->number;
	out->from = in->this_update;
	out->to = in->next_update;
	if (!ver_signed_der(out->ca->key, in->alg, in->tbs, in->sig))
		return fj_fail(err, FJ_E_SIGNATURE, "verify", "RFC 5280 6.3.3", "a CRL's signature does not verify under its issuer's key");
	return read_entries(in, out, err);
}

enum fj_rc ver_crl_read(const struct ver_trust *t, struct fj_slice der, struct ver_crl *out, struct fj_err *err)
{
	struct fj_crl in;

	memset(out, 0, sizeof(*out));
	FJ_TRY(fj_crl_read(der, &in, err));
	enum fj_rc rc = fill(t, &in, out, err);
	if (rc != FJ_OK)
		ver_crl_release(out);
	return rc;
}

/* what one trust has for the address: the newest that had begun, NULL; and an entry of a later one that tells of now */
struct found {
	const struct ver_crl *c;
	const struct ver_serial *hit;
};

static const struct ver_serial *entry(const struct ver_crl *c, const struct fj_x509 *x)
{
	struct ver_serial key = {.len = (uint8_t)x->serial.len};

	memcpy(key.b, x->serial.p, x->serial.len); /* at most 20: the reader saw to it */
	return bsearch(&key, c->revoked, c->n, sizeof(key), by_serial);
}

/* keyCompromise, cACompromise: what was signed is worth nothing at any time */
#define KEY_LOST(reason) ((reason) == 1 || (reason) == 2)

/* --- who speaks for a CA (RFC 5280 6.3.3 (f)) --- */

/* CA certificates whose status is being asked.  A newer root's key lives by a certificate of the older one, and when that one
 * is gone only the newer key's list can say that it is not revoked: asked of itself, it holds unless some other list names it.
 * That is so of newWithOld alone: the certificate of an older root's key stands on the newer one, which has a list of its own. */
struct asking {
	const struct fj_x509 *x;
	const struct asking *before;
	unsigned depth;
};
#define MAX_ASKING (2 * VER_MAX_ALL_ROOTS)

static enum ver_outcome look_up(const struct ver_trust *t, const struct fj_x509 *x, const struct ver_ca *ca, fj_time now, const struct asking *before,
    const struct ver_crl **c, const struct ver_serial **hit);

static bool is_asked(const struct asking *a, const struct fj_x509 *x)
{
	for (; a != NULL; a = a->before)
		if (a->x == x)
			return true;
	return false;
}

/* does some certificate of this key lead to the root, in time and not revoked? */
static bool leads(const struct ver_trust *t, const struct ver_ca *by, const struct ver_ca *root, fj_time now, const struct asking *before)
{
	const struct ver_crl *c;
	const struct ver_serial *hit;

	if (ver_same_ca(by, root))
		return true;
	for (size_t i = 0; i < t->a->n_ca && (before == NULL || before->depth < MAX_ASKING); i++) {
		const struct ver_ca *e = &t->a->ca[i];
		if (!ver_same_ca(e, by) || !ver_ca_in_time(e, false, now))
			continue;
		if ((is_asked(before, &e->x) ? ver_passes_on(e) : look_up(t, &e->x, e->above, now, before, &c, &hit) == VER_PASS) &&
		    leads(t, e->above, root, now, &(struct asking){&e->x, before, before != NULL ? before->depth + 1 : 0}))
			return true;
	}
	return false;
}

static bool speaks_for(const struct ver_trust *t, const struct ver_ca *by, const struct ver_ca *ca, fj_time now, const struct asking *before)
{
	if (ver_same_ca(by, ca))
		return true;
	if (!fj_slice_eq(by->x.subject, ca->x.subject) || by->x.alg != ca->x.alg)
		return false;
	if (ca->arc[0] == '\0' ? !ver_root_follows(t->a, by, ca) : by->since < ca->since)
		return false;
	if (by->limited != ca->limited || (by->limited && strcmp(by->limits.base, ca->limits.base) != 0))
		return false; /* what the root has limited speaks for itself alone */
	return leads(t, by, ver_root_of(ca), now, before);
}

/* as strcmp orders the lists of a trust */
static int address_order(const char *uri, struct fj_slice address)
{
	size_t n = strlen(uri), m = n < address.len ? n : address.len;
	int c = m == 0 ? 0 : memcmp(uri, address.p, m);

	return c != 0 ? c : n < address.len ? -1 : n > address.len;
}

static int crl_order(const void *c, const void *address)
{
	return address_order(((const struct ver_crl *)c)->uri, *(const struct fj_slice *)address);
}

/* where the lists of this address begin */
static size_t first_of(const struct ver_trust *t, struct fj_slice address)
{
	return ver_first(t->crl, t->n_crl, sizeof(*t->crl), &address, crl_order);
}

/* what is asked, of whom, and what was found: the list of then, one of later */
struct question {
	const struct ver_trust *t;
	const struct fj_x509 *x;
	const struct ver_ca *ca;
	fj_time now;
	const struct asking *asking;
	struct found chosen, later;
};

/* A CA is never taken back into use: any list that names it counts, the newest or not. */
static void take(struct question *q, const struct ver_crl *c)
{
	const struct ver_serial *hit = entry(c, q->x);
	bool for_good = q->x->ca && q->chosen.hit != NULL, before_it = q->x->ca && q->now < q->x->not_before;

	if (before_it || c->from <= q->now + VER_SKEW) {
		const struct found *was = &q->chosen;
		bool newer = was->c == NULL || c->number > was->c->number;
		bool worse = !newer && hit != NULL && was->hit == NULL && (q->x->ca || c->number == was->c->number);
		bool longer = !newer && c->number == was->c->number && (hit != NULL) == (was->hit != NULL) && c->to > was->c->to;
		if ((newer && !for_good) || worse || longer)
			q->chosen = (struct found){c, hit};
		return;
	}
	if (q->later.hit == NULL)
		q->later = (struct found){c, hit != NULL && (hit->at <= q->now || KEY_LOST(hit->reason)) ? hit : NULL};
}

/* a list of later is worth what its signer was when it was made */
static void look_in(struct question *q, const struct ver_trust *t)
{
	for (size_t i = first_of(t, q->x->crldp); i < t->n_crl && address_order(t->crl[i].uri, q->x->crldp) == 0; i++) {
		const struct ver_crl *c = &t->crl[i];
		if (speaks_for(q->t, c->ca, q->ca, c->from > q->now + VER_SKEW ? c->from : q->now, q->asking))
			take(q, c);
	}
}

/* the first list of this trust that names another certificate of the same key and says that the key is lost: by who speaks for both issuers */
static bool lost_in(const struct question *q, const struct ver_trust *in, const struct ver_ca *other, struct found *out)
{
	for (size_t i = first_of(in, other->x.crldp); i < in->n_crl && address_order(in->crl[i].uri, other->x.crldp) == 0; i++) {
		const struct ver_crl *c = &in->crl[i];
		const struct ver_serial *hit = entry(c, &other->x);
		fj_time at = c->from > q->now + VER_SKEW ? c->from : q->now;
		struct asking own = {&other->x, q->asking, q->asking->depth + 1};
		if (hit == NULL || !KEY_LOST(hit->reason) || !speaks_for(q->t, c->ca, q->ca, at, q->asking) || !speaks_for(q->t, c->ca, other->above, at, &own))
			continue;
		*out = (struct found){c, hit};
		return true;
	}
	return false;
}

/* A CA that is revoked because its key is lost is the key and not the serial number: whatever else certifies it is worth nothing. */
static bool key_lost(const struct question *q, struct found *out)
{
	const struct ver_anchors *a = q->t->a;

	for (size_t i = 0; q->x->ca && i < a->n_ca; i++) {
		const struct ver_ca *other = &a->ca[i];
		if (&other->x == q->x || !ver_same_key(&other->x, q->x))
			continue;
		for (const struct ver_trust *in = q->t; in != NULL; in = in->base)
			if (lost_in(q, in, other, out))
				return true;
	}
	return false;
}

/* what the trust knows of a certificate; *c and *hit may be NULL after */
static enum ver_outcome look_up(const struct ver_trust *t, const struct fj_x509 *x, const struct ver_ca *ca, fj_time now, const struct asking *before,
    const struct ver_crl **c, const struct ver_serial **hit)
{
	struct asking own = {x, before, before != NULL ? before->depth + 1 : 0};
	struct question q = {.t = t, .x = x, .ca = ca, .now = now, .asking = &own};

	for (const struct ver_trust *in = t; in != NULL; in = in->base)
		look_in(&q, in);
	const struct found *f = q.chosen.hit != NULL || (q.later.hit == NULL && q.chosen.c != NULL) ? &q.chosen : &q.later;
	struct found key;
	if (f->hit == NULL && key_lost(&q, &key))
		f = &key;
	*c = f->c;
	*hit = f->hit;
	if (*hit != NULL) /* an old list that names it still counts */
		return VER_FAIL;
	if (*c != NULL && x->ca && now < x->not_before) /* what a root says of an older one counts for the time before it, until some list lifts it */
		return VER_PASS;
	return *c != NULL && now + VER_SKEW >= (*c)->from && now <= (*c)->to ? VER_PASS : VER_UNKNOWN;
}

static enum ver_outcome status_of(const struct ver_trust *t, const struct fj_x509 *x, const struct ver_ca *ca, fj_time now)
{
	const struct ver_crl *c;
	const struct ver_serial *hit;

	return look_up(t, x, ca, now, NULL, &c, &hit);
}

/* The address of the list that is to be got first: there may be one of x by another key of its issuer's name, which does not
 * count since nothing says that this key's own certificate is not revoked. */
static struct fj_slice lacks(const struct ver_trust *t, const struct fj_x509 *x, const struct ver_ca *ca, fj_time now)
{
	for (const struct ver_trust *in = t; in != NULL; in = in->base)
		for (size_t i = first_of(in, x->crldp); i < in->n_crl && address_order(in->crl[i].uri, x->crldp) == 0; i++) {
			const struct ver_ca *by = in->crl[i].ca;
			if (!fj_slice_eq(by->x.subject, ca->x.subject))
				continue;
			for (; by != by->above; by = by->above)
				if (status_of(t, &by->x, by->above, now) == VER_UNKNOWN)
					return by->x.crldp;
		}
	return x->crldp;
}

struct fj_slice ver_path_lacks(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now)
{
	const struct fj_x509 *x = leaf;

	for (const struct ver_ca *c = ca;; c = c->above) {
		if (status_of(t, x, c, now) == VER_UNKNOWN)
			return lacks(t, x, c, now);
		if (c == c->above)
			return leaf->crldp;
		x = &c->x;
	}
}

static void lacking(struct ver_finding *f, struct fj_slice address)
{
	f->wanted = VER_CRL;
	snprintf(f->address, sizeof(f->address), "%.*s", (int)address.len, (const char *)address.p);
}

static void say_unknown(const struct ver_crl *c, const struct fj_x509 *x, struct fj_slice address, fj_time now, struct ver_finding *f)
{
	char at[FJ_TIME_CAP];

	if (c == NULL) {
		ver_find(f, VER_UNKNOWN, "RFC 5280 6.3.3", "there is no CRL for the certificate's distribution point", "缺少该证书分发点的吊销列表");
		lacking(f, address);
		snprintf(f->evidence, sizeof(f->evidence), "%.*s", (int)x->crldp.len, (const char *)x->crldp.p);
		return;
	}
	fj_time_utc(now > c->to ? c->to : c->from, at);
	ver_find(f, VER_UNKNOWN, "RFC 5280 6.3.3", "the CRL is not current at this time", "吊销列表此时不在有效期内");
	lacking(f, address);
	snprintf(f->evidence, sizeof(f->evidence), "CRL %llu of %s, %s %s", (unsigned long long)c->number, c->uri, now > c->to ? "until" : "from", at);
}

void ver_revoked(const struct ver_trust *t, const struct fj_x509 *x, const struct ver_ca *ca, fj_time now, struct ver_finding *f)
{
	const struct ver_crl *c;
	const struct ver_serial *hit;

	switch (look_up(t, x, ca, now, NULL, &c, &hit)) {
	case VER_PASS:
		ver_find(f, VER_PASS, "RFC 5280 6.3.3", "not revoked by the current CRL", "现行证书吊销列表中无此证书");
		snprintf(f->evidence, sizeof(f->evidence), "CRL %llu of %s", (unsigned long long)c->number, c->uri);
		break;
	case VER_FAIL:
		if (entry(c, x) != hit)
			ver_find(f, VER_FAIL, "formats.md 31", "its key is lost: another certificate of this key is revoked for that", "密钥已泄露：同一密钥的另一证书已因此被吊销");
		else
			ver_find(f, VER_FAIL, "RFC 5280 6.3.3", hit->reason == 6 ? "the certificate is on hold (suspended)" : "the certificate is revoked",
			    hit->reason == 6 ? "证书已被暂停" : "证书已被吊销");
		snprintf(f->evidence, sizeof(f->evidence), "CRL %llu of %s, reason %u", (unsigned long long)c->number, c->uri, hit->reason);
		break;
	default:
		say_unknown(c, x, lacks(t, x, ca, now), now, f);
	}
	if (c != NULL) {
		f->from = ca->arc[0] == '\0' ? 0 : c->from; /* the root's list is made once a year: its end counts, its age says nothing of what can change */
		f->to = c->to;
	}
}

bool ver_path_good(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now)
{
	bool good = status_of(t, leaf, ca, now) == VER_PASS;

	for (; good && ca != ca->above; ca = ca->above)
		good = status_of(t, &ca->x, ca->above, now) == VER_PASS;
	return good;
}

/* as of then: an entry that came later counts only when the key was lost */
static void revoked_by(const struct ver_trust *t, const struct fj_x509 *x, const struct ver_ca *ca, fj_time now, fj_time then, struct ver_finding *f)
{
	const struct ver_crl *c;
	const struct ver_serial *hit;

	ver_revoked(t, x, ca, now, f);
	if (look_up(t, x, ca, now, NULL, &c, &hit) != VER_FAIL || hit->at <= then || KEY_LOST(hit->reason))
		return;
	if (now <= c->to)
		f->outcome = VER_PASS; /* the caller says what that means */
	else
		say_unknown(c, x, lacks(t, x, ca, now), now, f);
}

void ver_path_revoked_by(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now, fj_time then, struct ver_finding *f)
{
	struct ver_finding of_ca;

	revoked_by(t, leaf, ca, now, then, f);
	for (; ca != ca->above; ca = ca->above) {
		revoked_by(t, &ca->x, ca->above, now, then, &of_ca);
		ver_worse(f, &of_ca);
	}
}

void ver_path_revoked(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now, struct ver_finding *f)
{
	struct ver_finding of_ca;
	bool first = leaf == NULL;

	ver_find(f, VER_PASS, "RFC 5280 6.3.3", "the root answers for itself", "根证书自证");
	if (leaf != NULL)
		ver_revoked(t, leaf, ca, now, f);
	for (; ca != ca->above; ca = ca->above) {
		ver_revoked(t, &ca->x, ca->above, now, &of_ca);
		if (first)
			*f = of_ca;
		else
			ver_worse(f, &of_ca);
		first = false;
	}
}

/* --- a CRL as the credential to judge --- */

static json_t *subject(const struct fj_crl *c)
{
	char cn[260] = "", from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	if (fj_x509_name(c->issuer, FJ_OID_CN, cn, sizeof(cn), NULL) != FJ_OK)
		cn[0] = '\0';
	fj_time_utc(c->this_update, from);
	fj_time_utc(c->next_update, to);
	return json_pack("{s:s, s:s%, s:I, s:s, s:s, s:I}", "issuer", cn, "uri", (const char *)c->uri.p, c->uri.len, "number", (json_int_t)c->number,
	    "this_update", from, "next_update", to, "entries", (json_int_t)c->n);
}

static void check_time(struct ver_job *j, const struct fj_crl *c)
{
	fj_time now = j->in->now;
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	if (now + VER_SKEW >= c->this_update && now <= c->next_update)
		ver_say(j->r, CK_TIME, VER_PASS, "RFC 5280 5.1.2.5", "the list is current", "列表现行有效");
	else
		ver_say(j->r, CK_TIME, VER_FAIL, "RFC 5280 5.1.2.5", "the list is not current at this time", "列表此时不在有效期内");
	j->r->as_of = c->this_update;
	j->r->until = c->next_update;
	fj_time_utc(c->this_update, from);
	fj_time_utc(c->next_update, to);
	ver_evidence(j->r, CK_TIME, "%s to %s", from, to);
}

void ver_verify_crl(struct ver_job *j, struct fj_slice der)
{
	struct fj_err err = {.rc = FJ_OK};
	struct fj_crl c;
	struct ver_crl read = {.n = 0};
	struct ver_finding f;

	ver_report_expect(j->r, "crl", 1u << CK_FORM | 1u << CK_ALGORITHM | 1u << CK_CHAIN | 1u << CK_SIGNER | 1u << CK_SIGNER_STATUS |
	    1u << CK_SIGNATURE | 1u << CK_TIME);
	if (fj_crl_read(der, &c, &err) != FJ_OK) {
		ver_say_err(j->r, CK_FORM, VER_FAIL, &err);
		return;
	}
	ver_say(j->r, CK_FORM, VER_PASS, "RFC 5280 5", "a version 2 CRL with number and distribution point", "格式合规的第二版吊销列表");
	ver_say_alg(j->r, c.alg);
	j->r->subject = subject(&c);
	const struct ver_ca *ca = j->ca = ver_ca_of(j->t, c.issuer, c.aki);
	if (ca == NULL) {
		ver_say(j->r, CK_CHAIN, VER_FAIL, "RFC 5280 6.3.3", "the CRL's issuer is no CA of this trust", "签发者不是受信的证书机构");
		return;
	}
	ver_dates(NULL, ca, j->in->now, &f);
	ver_say_finding(j->r, CK_CHAIN, &f);
	ver_say(j->r, CK_SIGNER, VER_PASS, "RFC 5280 4.2.1.3", "the issuer may sign CRLs", "签发者有权签署吊销列表");
	ver_path_revoked(j->t, NULL, ca, j->in->now, &f);
	ver_say_finding(j->r, CK_SIGNER_STATUS, &f);
	check_time(j, &c);
	if (ver_crl_read(j->t, der, &read, &err) == FJ_OK)
		ver_say(j->r, CK_SIGNATURE, VER_PASS, "RFC 5280 6.3.3", "verifies under the issuer's key", "签名经签发者公钥验证成立");
	else
		ver_say_err(j->r, CK_SIGNATURE, VER_FAIL, &err);
	j->nomem = j->nomem || err.rc == FJ_E_NOMEM;
	ver_crl_release(&read);
}
