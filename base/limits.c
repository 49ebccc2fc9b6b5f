/*
 * limits.c - limits of a subordinate CA: extension, comparisons, words, request.
 *
 * What a limit does not speak of it does not allow: a division is a prefix of its code, holder kinds are
 * listed, and one address is the CA's, so that it can't certify a signer for somebody else's.
 */
#include "base/limits.h"

#include "base/clock.h"
#include "base/jws.h"

#define LAYER "limits"
#define CITE "formats.md 27"

static enum fj_rc bad(struct fj_err *err, const char *what)
{
	return fj_fail(err, FJ_E_PARSE, LAYER, CITE, "%s", what);
}

static bool division_ok(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return s[n] == '\0' && (n == 2 || n == 4 || n == 6);
}

/* --- extension --- */

static enum fj_rc text(struct fj_der *s, int tag, char *out, size_t cap, struct fj_err *err)
{
	struct fj_slice v;

	FJ_TRY(fj_der_get(s, tag, &v, NULL, err));
	if (v.len == 0 || v.len >= cap || memchr(v.p, '\0', v.len) != NULL)
		return bad(err, "a text of caLimits is empty or too long");
	memcpy(out, v.p, v.len);
	out[v.len] = '\0';
	return FJ_OK;
}

/* bit i for kind i; the shortest form alone (X.690 11.2.2) */
static enum fj_rc kinds(struct fj_der *s, unsigned *out, struct fj_err *err)
{
	struct fj_slice bits;
	unsigned unused;

	FJ_TRY(fj_der_bits(s, &bits, &unused, err));
	*out = 0;
	if (bits.len != 1)
		return bad(err, "caLimits names no holder kind, or more than there are");
	for (unsigned i = 0; i < 8; i++)
		if (bits.p[0] & (0x80u >> i))
			*out |= 1u << i;
	if (*out == 0 || *out >> FJ_HOLDER_KINDS != 0 || !(bits.p[0] & (1u << unused)))
		return bad(err, "the holder kinds of caLimits are not named bits in their shortest form");
	return FJ_OK;
}

static bool base_ok(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7f || s[i] == '"' || s[i] == '<' || s[i] == '>')
			return false;
	return (strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0) && s[n - 1] != '/';
}

enum fj_rc fj_limits_read(struct fj_slice value, struct fj_limits *l, struct fj_err *err)
{
	struct fj_der d, s;
	uint64_t version;

	memset(l, 0, sizeof(*l));
	fj_der_init(&d, value);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &s, err));
	FJ_TRY(fj_der_end(&d, err));
	FJ_TRY(fj_der_uint(&s, &version, err));
	if (version != 1)
		return bad(err, "caLimits has a version that is not known");
	FJ_TRY(text(&s, FJ_DER_UTF8, l->division, sizeof(l->division), err));
	FJ_TRY(kinds(&s, &l->holders, err));
	FJ_TRY(text(&s, FJ_DER_IA5, l->base, sizeof(l->base), err));
	FJ_TRY(fj_der_end(&s, err));
	return division_ok(l->division) && base_ok(l->base) ? FJ_OK : bad(err, "the division of caLimits is not 2, 4 or 6 digits, or its address is none");
}

enum fj_rc fj_limits_write(const struct fj_limits *l, struct fj_buf *out)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(512);
	uint8_t bits[2] = {0, 0};
	unsigned n = 0;

	for (unsigned i = 0; i < FJ_HOLDER_KINDS; i++)
		if (l->holders & (1u << i)) {
			bits[1] |= (uint8_t)(0x80u >> i);
			n = i + 1;
		}
	bits[0] = (uint8_t)(8 - n);
	FJ_TRY(fj_der_put_uint(&b, 1));
	FJ_TRY(fj_der_put(&b, FJ_DER_UTF8, fj_slice_str(l->division)));
	FJ_TRY(fj_der_put(&b, FJ_DER_BITS, FJ_SLICE(bits, 2)));
	FJ_TRY(fj_der_put(&b, FJ_DER_IA5, fj_slice_str(l->base)));
	return fj_der_put(out, FJ_DER_SEQ, fj_buf_slice(&b));
}

enum fj_rc fj_limits_of(const struct fj_x509 *ca, bool *there, struct fj_limits *out, struct fj_err *err)
{
	size_t n = strlen(ca->policy); /* ARC.3.1 or ARC.3.2 */

	*there = (ca->seen & FJ_X_PRIVATE) != 0;
	if (!*there)
		return FJ_OK;
	if (n < 4 || strncmp(ca->private_oid, ca->policy, n - 4) != 0 || strcmp(ca->private_oid + n - 4, ".1.2") != 0)
		return fj_fail(err, FJ_E_INVALID, LAYER, CITE, "a CA's private extension is not caLimits of its policy's arc");
	return fj_limits_read(ca->private_value, out, err);
}

/* --- made by people --- */

static enum fj_rc no(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, LAYER, CITE, en, zh);
}

static enum fj_rc take_kinds(const char *list, unsigned *out, struct fj_err *err)
{
	const char *p = list;

	for (*out = 0; *p != '\0';) {
		size_t n = strcspn(p, ","), i = 0;
		while (fj_holder_kinds[i] != NULL && (strlen(fj_holder_kinds[i]) != n || strncmp(fj_holder_kinds[i], p, n) != 0))
			i++;
		if (fj_holder_kinds[i] == NULL || *out & 1u << i || (p[n] == ',' && p[n + 1] == '\0'))
			return no(err, "holder kinds are ADMIN, INST, MASS, SOE, UTIL and ENT, each once, with commas between", "持有人类别为 ADMIN、INST、MASS、SOE、UTIL、ENT，以逗号分隔，各写一次");
		*out |= 1u << i;
		p += n + (p[n] == ',');
	}
	return *out != 0 ? FJ_OK : no(err, "at least one holder kind is needed", "至少须有一种持有人类别");
}

enum fj_rc fj_limits_make(const char *division, const char *holders, const char *base, struct fj_limits *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	if (!division_ok(division) || fj_strcopy(out->division, sizeof(out->division), division) != FJ_OK)
		return no(err, "a division is 2, 4 or 6 digits of GB/T 2260: 42 for the whole of a province", "行政区划限制为 GB/T 2260 代码的前 2、4 或 6 位，如 42 表示全省");
	if (!base_ok(base) || fj_strcopy(out->base, sizeof(out->base), base) != FJ_OK)
		return no(err, "the address is http(s)://…, without a final slash, of 160 octets at most", "发布地址为 http(s)://…，末尾不带斜杠，至多 160 字节");
	return take_kinds(holders, &out->holders, err);
}

void fj_limits_holders(const struct fj_limits *l, char out[64])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < FJ_HOLDER_KINDS; i++)
		if (l->holders & 1u << i)
			n += (size_t)snprintf(out + n, 64 - n, "%s%s", n > 0 ? "," : "", fj_holder_kinds[i]);
}

bool fj_limits_same(const struct fj_limits *a, const struct fj_limits *b)
{
	return strcmp(a->division, b->division) == 0 && a->holders == b->holders && strcmp(a->base, b->base) == 0;
}

bool fj_limits_within(const struct fj_limits *l, const struct fj_limits *wide)
{
	return strncmp(l->division, wide->division, strlen(wide->division)) == 0 && (l->holders & ~wide->holders) == 0 && strcmp(l->base, wide->base) == 0;
}

void fj_limits_words(const struct fj_limits *l, bool zh, char out[512])
{
	static const char *const names[FJ_HOLDER_KINDS][2] = {{"administrative bodies", "行政单位"}, {"public institutions", "事业单位"}, {"mass organisations", "人民团体、群团组织"},
		{"state-owned enterprises", "国有企业"}, {"utilities", "公用企业"}, {"other enterprises", "其他企业"}};
	size_t n = (size_t)snprintf(out, 512, zh ? "行政区划代码以 %s 开头；持有人限于" : "divisions whose code begins with %s; holders: ", l->division);
	bool first = true;

	for (size_t i = 0; i < FJ_HOLDER_KINDS; i++)
		if (l->holders & 1u << i) {
			n += (size_t)snprintf(out + n, 512 - n, "%s%s", first ? "" : zh ? "，" : ", ", names[i][zh]);
			first = false;
		}
	snprintf(out + n, 512 - n, zh ? "；发布地址 %s" : "; published at %s", l->base);
}

/* --- comparisons --- */

static enum fj_rc beyond(struct fj_err *err, const char *en, const char *zh, const char *allowed, const char *asked)
{
	(void)!fj_fail(err, FJ_E_REFUSED, LAYER, CITE, "beyond the limits that the root set for this issuing CA: %s %s, and this is %.120s", en, allowed, asked);
	fj_err_zh(err, "超出根对该签发机构的限制：%s %s，而此处为 %.120s", zh, allowed, asked);
	return FJ_E_REFUSED;
}

enum fj_rc fj_limits_region(const struct fj_limits *l, const char *div6, struct fj_err *err)
{
	return strncmp(div6, l->division, strlen(l->division)) == 0 ? FJ_OK : beyond(err, "its division codes begin with", "行政区划代码须以下列数字开头", l->division, div6);
}

enum fj_rc fj_limits_holder(const struct fj_limits *l, unsigned kind, struct fj_err *err)
{
	char allowed[64];

	if (kind < FJ_HOLDER_KINDS && l->holders & 1u << kind)
		return FJ_OK;
	fj_limits_holders(l, allowed);
	return beyond(err, "its holder kinds are", "持有人类别限于", allowed, kind < FJ_HOLDER_KINDS ? fj_holder_kinds[kind] : "?");
}

enum fj_rc fj_limits_number(const struct fj_limits *l, const char *number, struct fj_err *err)
{
	const char *div = number != NULL && strlen(number) > 10 ? number + 4 : "";

	return strncmp(div, l->division, strlen(l->division)) == 0 ? FJ_OK
	    : beyond(err, "numbers that it vouches for have divisions that begin with", "所签编号中的行政区划须以下列数字开头", l->division, number != NULL ? number : "?");
}

enum fj_rc fj_limits_address(const struct fj_limits *l, struct fj_slice uri, struct fj_err *err)
{
	size_t n = strlen(l->base);
	char asked[121];

	if (uri.len >= n && memcmp(uri.p, l->base, n) == 0 && (uri.len == n || uri.p[n] == '/'))
		return FJ_OK;
	snprintf(asked, sizeof(asked), "%.*s", uri.len < 120 ? (int)uri.len : 120, uri.len > 0 ? (const char *)uri.p : "");
	return beyond(err, "its addresses are under", "地址须在下列地址之下：", l->base, asked);
}

enum fj_rc fj_limits_asset(const struct fj_limits *l, const struct fj_asset *a, struct fj_err *err)
{
	FJ_TRY(fj_limits_region(l, a->region, err));
	FJ_TRY(fj_limits_number(l, a->number, err));
	FJ_TRY(fj_limits_holder(l, a->holder_kind, err));
	return fj_limits_address(l, fj_slice_str(a->status_uri), err);
}

enum fj_rc fj_limits_claims(const struct fj_limits *l, const json_t *claims, struct fj_err *err)
{
	const json_t *list = json_object_get(claims, "assets"), *parent = json_object_get(claims, "parent"), *a;
	const char *iss = fj_json_peek(claims, "iss"), *own = fj_json_peek(claims, "jti");
	size_t i;

	if (iss == NULL || strcmp(iss, l->base) != 0)
		return beyond(err, "it issues as", "签发者地址须为", l->base, iss != NULL ? iss : "?");
	json_array_foreach(list, i, a)
		FJ_TRY(fj_limits_number(l, fj_json_peek(a, "certificate"), err));
	if (parent == NULL) /* an authorisation bears its number itself */
		return fj_limits_number(l, own, err);
	FJ_TRY(fj_limits_number(l, fj_json_peek(parent, "authorisation"), err));
	return fj_limits_number(l, fj_json_peek(json_object_get(claims, "asset"), "certificate"), err);
}

/* --- the request --- */

void fj_ca_request_release(struct fj_ca_request *r)
{
	for (int a = 0; a < FJ_ALG_END; a++) {
		fj_buf_release(&r->spki[a]);
		fj_buf_release(&r->sig[a]);
		fj_buf_release(&r->former[a]);
	}
	fj_buf_release(&r->text);
}

static void blank(struct fj_ca_request *r)
{
	memset(r, 0, sizeof(*r));
	for (int a = 0; a < FJ_ALG_END; a++) {
		fj_buf_init(&r->spki[a], 256);
		fj_buf_init(&r->sig[a], 96);
		fj_buf_init(&r->former[a], 96);
	}
	fj_buf_init(&r->text, FJ_CA_REQUEST_MAX);
}

static enum fj_rc invalid(struct fj_err *err, const char *field, const char *en, const char *zh)
{
	return fj_err_at(err, no(err, en, zh), field);
}

static enum fj_rc octets(const json_t *o, const char *key, struct fj_buf *out, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, 512, &s, err));
	return fj_b64_get(s, strlen(s), out) == FJ_OK && out->len > 0 ? FJ_OK : invalid(err, key, "a member is not base64 of what it should hold", "成员不是规定内容的 base64");
}

static enum fj_rc copy(const json_t *o, const char *key, size_t cap, char *out, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, cap - 1, &s, err));
	return fj_strcopy(out, cap, s) == FJ_OK && s[0] != '\0' ? FJ_OK : invalid(err, key, "a member is empty or too long", "成员为空或过长");
}

static enum fj_rc read_home(const json_t *o, struct fj_ca_request *r, struct fj_err *err)
{
	static const char *const keys[] = {"demo", "arc", "base", "operator", NULL};
	FJ_AUTO(buf) oid = FJ_BUF_INIT(128);

	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(copy(o, "arc", sizeof(r->arc), r->arc, err));
	FJ_TRY(copy(o, "base", sizeof(r->base), r->base, err));
	FJ_TRY(copy(o, "operator", sizeof(r->operator_), r->operator_, err));
	r->demo = json_is_true(json_object_get(o, "demo"));
	if (!json_is_boolean(json_object_get(o, "demo")) || fj_der_oid_encode(r->arc, &oid) != FJ_OK || !base_ok(r->base) || fj_utf8_count(r->operator_) > 64)
		return invalid(err, "home", "demo, arc, base or operator of the request are malformed", "申请中的演示标志、标识弧、地址或运营者格式不符");
	return FJ_OK;
}

static enum fj_rc alg_of(const json_t *o, size_t i, enum fj_alg *alg, struct fj_err *err)
{
	const char *name = fj_json_peek(o, "alg");

	*alg = i == 0 ? FJ_ES256 : FJ_SM2;
	return name != NULL && i < 2 && strcmp(name, fj_alg_name(*alg)) == 0 ? FJ_OK
	    : invalid(err, "alg", "algorithms are P-256 and then SM2, each once", "算法依次为 P-256、SM2，各一次");
}

static enum fj_rc read_keys(const json_t *req, struct fj_ca_request *r, struct fj_err *err)
{
	static const char *const keys[] = {"alg", "spki", "root", NULL};
	json_t *list, *o;
	enum fj_alg alg;
	size_t i;

	FJ_TRY(fj_json_arr(req, "keys", 2, &list, err));
	json_array_foreach(list, i, o) {
		const char *root;
		enum fj_curve curve;
		struct fj_slice point;
		FJ_TRY(alg_of(o, i, &alg, err));
		FJ_TRY(fj_json_only(o, keys, err));
		FJ_TRY(octets(o, "spki", &r->spki[alg], err));
		FJ_TRY(fj_json_str(o, "root", 64, &root, err));
		if (strlen(root) != 64 || fj_unhex(root, 64, r->root[alg].b) != FJ_OK)
			return invalid(err, "root", "a root is named by the 64 hexadecimal digits of its certificate's SHA-256", "根以其证书 SHA-256 的 64 位十六进制数字指明");
		FJ_TRY(fj_spki_read(fj_buf_slice(&r->spki[alg]), &curve, &point, err));
		if (fj_alg_of(curve) != alg)
			return invalid(err, "spki", "a key is not of the algorithm that it stands under", "密钥与所列算法不符");
	}
	r->sm2 = json_array_size(list) == 2;
	return json_array_size(list) > 0 ? FJ_OK : invalid(err, "keys", "the request has no key", "申请中没有密钥");
}

static enum fj_rc read_request(const json_t *req, struct fj_ca_request *r, struct fj_err *err)
{
	static const char *const keys[] = {"version", "home", "limits", "made", "keys", NULL}, *const two[] = {"division", "holders", NULL};
	const json_t *limits = json_object_get(req, "limits");
	const char *division, *holders, *made;
	int64_t version;

	FJ_TRY(fj_json_only(req, keys, err));
	FJ_TRY(fj_json_int(req, "version", 1, 1, &version, err));
	FJ_TRY(read_home(json_object_get(req, "home"), r, err));
	FJ_TRY(fj_json_only(limits, two, err));
	FJ_TRY(fj_json_str(limits, "division", 6, &division, err));
	FJ_TRY(fj_json_str(limits, "holders", 63, &holders, err));
	FJ_TRY(fj_limits_make(division, holders, r->base, &r->limits, err));
	FJ_TRY(fj_json_str(req, "made", FJ_TIME_CAP - 1, &made, err));
	FJ_TRY(fj_time_parse(made, &r->made, err));
	return read_keys(req, r, err);
}

static enum fj_rc put_text(const char *head, const json_t *req, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) canonical = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);

	FJ_TRY(fj_json_canonical(req, &canonical, err));
	return fj_buf_puts(out, head) == FJ_OK && fj_buf_put(out, canonical.data, canonical.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, LAYER, CITE, "a request is too long");
}

enum fj_rc fj_ca_request_former_text(const struct fj_ca_request *r, struct fj_buf *out, struct fj_err *err)
{
	size_t n = strlen(FJ_CA_REQUEST_HEAD);

	return fj_buf_puts(out, FJ_CA_FORMER_HEAD) == FJ_OK && fj_buf_put(out, r->text.data + n, r->text.len - n) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, LAYER, CITE, "a request is too long");
}

static enum fj_rc read_signatures(const json_t *doc, const char *member, const struct fj_ca_request *r, struct fj_buf sig[FJ_ALG_END], struct fj_err *err)
{
	static const char *const keys[] = {"alg", "sig", NULL};
	uint8_t raw[64];
	json_t *list, *o;
	enum fj_alg alg;
	size_t i;

	FJ_TRY(fj_json_arr(doc, member, 2, &list, err));
	if (json_array_size(list) != (r->sm2 ? 2u : 1u))
		return invalid(err, member, "each key of the request signs it, to prove that the asker has it", "申请须由其中每把密钥签名，以证明申请者持有密钥");
	json_array_foreach(list, i, o) {
		FJ_TRY(alg_of(o, i, &alg, err));
		FJ_TRY(fj_json_only(o, keys, err));
		FJ_TRY(octets(o, "sig", &sig[alg], err));
		FJ_TRY(fj_ecdsa_der_to_raw(fj_buf_slice(&sig[alg]), raw, err));
	}
	return FJ_OK;
}

static enum fj_rc read_file(struct fj_slice file, struct fj_ca_request *r, struct fj_err *err)
{
	static const char *const keys[] = {"request", "signatures", NULL}, *const more[] = {"request", "signatures", "former", NULL};
	FJ_AUTO(json) doc = NULL;

	FJ_TRY(fj_json_parse(file, FJ_CA_REQUEST_MAX, &doc, err));
	r->follows = json_object_get(doc, "former") != NULL;
	FJ_TRY(fj_json_only(doc, r->follows ? more : keys, err));
	FJ_TRY(read_request(json_object_get(doc, "request"), r, err));
	FJ_TRY(put_text(FJ_CA_REQUEST_HEAD, json_object_get(doc, "request"), &r->text, err));
	FJ_TRY(read_signatures(doc, "signatures", r, r->sig, err));
	return r->follows ? read_signatures(doc, "former", r, r->former, err) : FJ_OK;
}

enum fj_rc fj_ca_request_read(struct fj_slice file, struct fj_ca_request *r, struct fj_err *err)
{
	blank(r);
	enum fj_rc rc = read_file(file, r, err);
	if (rc != FJ_OK)
		fj_ca_request_release(r);
	return rc;
}

static enum fj_rc read_text(struct fj_slice in, struct fj_ca_request *r, struct fj_err *err)
{
	static const char *const heads[] = {FJ_CA_REQUEST_HEAD, FJ_CA_FORMER_HEAD};
	FJ_AUTO(json) req = NULL;
	size_t n = 0;

	for (size_t k = 0; k < FJ_ARRAY_LEN(heads); k++)
		if (in.len > strlen(heads[k]) && memcmp(in.p, heads[k], strlen(heads[k])) == 0) {
			n = strlen(heads[k]);
			r->by_former = k == 1;
		}
	if (n == 0)
		return fj_fail(err, FJ_E_PARSE, LAYER, CITE, "this is no request of a CA");
	FJ_TRY(fj_json_parse(FJ_SLICE(in.p + n, in.len - n), FJ_CA_REQUEST_MAX, &req, err));
	FJ_TRY(read_request(req, r, err));
	FJ_TRY(put_text(heads[r->by_former], req, &r->text, err));
	return fj_slice_eq(fj_buf_slice(&r->text), in) ? FJ_OK : fj_fail(err, FJ_E_PARSE, LAYER, CITE, "the request is not in canonical form");
}

enum fj_rc fj_ca_request_read_text(struct fj_slice in, struct fj_ca_request *r, struct fj_err *err)
{
	blank(r);
	enum fj_rc rc = read_text(in, r, err);
	if (rc != FJ_OK)
		fj_ca_request_release(r);
	return rc;
}

static bool copy_of(const struct fj_buf *from, struct fj_buf *to)
{
	return fj_buf_put(to, from->data, from->len) == FJ_OK;
}

enum fj_rc fj_ca_request_copy(const struct fj_ca_request *r, struct fj_ca_request *out, struct fj_err *err)
{
	bool ok = true;

	blank(out);
	struct fj_ca_request fresh = *out;
	*out = *r;
	memcpy(out->spki, fresh.spki, sizeof(out->spki));
	memcpy(out->sig, fresh.sig, sizeof(out->sig));
	memcpy(out->former, fresh.former, sizeof(out->former));
	out->text = fresh.text;
	for (int a = 0; a < FJ_ALG_END; a++)
		ok = ok && copy_of(&r->spki[a], &out->spki[a]) && copy_of(&r->sig[a], &out->sig[a]) && copy_of(&r->former[a], &out->former[a]);
	return ok && copy_of(&r->text, &out->text) ? FJ_OK : fj_no_memory(err, LAYER);
}

json_t *fj_ca_request_json(const struct fj_ca_request *r)
{
	FJ_AUTO(json) list = json_array();
	char hex[65], made[FJ_TIME_CAP], holders[64];

	for (enum fj_alg a = FJ_ES256; a < FJ_ALG_END; a++) {
		FJ_AUTO(buf) b64 = FJ_BUF_INIT(512);
		if (a == FJ_SM2 && !r->sm2)
			continue;
		fj_hex(r->root[a].b, FJ_SHA256_LEN, hex);
		if (fj_b64_put(&b64, fj_buf_slice(&r->spki[a])) != FJ_OK ||
		    json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "alg", fj_alg_name(a), "spki", fj_buf_str(&b64), "root", hex)) != 0)
			return NULL;
	}
	fj_time_utc(r->made, made);
	fj_limits_holders(&r->limits, holders);
	return json_pack("{s:i, s:{s:b, s:s, s:s, s:s}, s:{s:s, s:s}, s:s, s:O}", "version", 1, "home", "demo", r->demo, "arc", r->arc, "base", r->base, "operator", r->operator_,
	    "limits", "division", r->limits.division, "holders", holders, "made", made, "keys", list);
}
