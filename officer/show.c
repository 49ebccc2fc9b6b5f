/*
 * show.c - what an officer is about to sign, in words, and whether it is what the plan says.
 *
 * The appliance that asks may be somebody else's by now.  So each structure is read by the
 * strict reader, compared with its step, the key and the plan (who operates, which addresses
 * and identifiers, demonstration or not, how long, how deep), and every field that is left to
 * people is shown.  Names are shown whole, attribute by attribute; what a terminal would act
 * upon, or what turns the order of letters, is shown as a number.
 */
#include <stdarg.h>

#include "base/limits.h"
#include "officer/officer.h"

#define CITE "formats.md 22"
#define TEXT_MAX 4096

/* --- lines --- */

/* controls, marks of direction, invisible characters: U+0000 to 1F, 7F to 9F, AD, 61C, 200B to 200F, 2028 to 202E, 2060 to 206F, FEFF */
static bool harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

static size_t point_at(const unsigned char *s, uint32_t *c)
{
	size_t n = *s < 0x80 ? 1 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;

	*c = n == 1 ? *s : *s & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | (s[i] & 0x3f);
	return n;
}

static void put_harmless(FILE *to, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t c;

	if (!fj_utf8_valid(fj_slice_str(text))) {
		fputs("?", to);
		return;
	}
	while (*s != '\0') {
		size_t n = point_at(s, &c);
		if (harmful(c))
			fprintf(to, "<U+%04X>", (unsigned)c);
		else
			fwrite(s, 1, n, to);
		s += n;
	}
}

void ofc_line(const struct ofc *o, const char *zh, const char *en, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(o->words, "  %s%s", o->zh ? zh : en, o->zh ? "：" : ": ");
	put_harmless(o->words, text);
	fputc('\n', o->words);
}

void ofc_title(const struct ofc *o, const char *zh, const char *en)
{
	fprintf(o->words, "\n%s\n", o->zh ? zh : en);
}

static void hex_line(const struct ofc *o, const char *zh, const char *en, const void *p, size_t n)
{
	char hex[2 * FJ_TPM_NAME_LEN + 1];

	fj_hex(p, n, hex);
	ofc_line(o, zh, en, "%s", hex);
}

static void time_line(const struct ofc *o, const char *zh, const char *en, fj_time t)
{
	char china[FJ_TIME_CAP];

	fj_time_china(t, china);
	ofc_line(o, zh, en, "%s", china);
}

/* --- the plan --- */

static void show_officer(const struct ofc *o, const struct fj_plan *p, unsigned i, bool signed_by)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(FJ_P256_SPKI);
	const struct fj_officer *f = &p->officer[i];
	struct fj_hash h;
	char hex[65];

	if (fj_p256_spki_put(&spki, f->xy) != FJ_OK)
		return;
	fj_sha256(fj_buf_slice(&spki), &h);
	fj_hex(h.b, sizeof(h.b), hex);
	ofc_line(o, "官员", "officer", "%s (%s)  %s", f->name, f->login, o->zh ? signed_by ? "已签署" : "未签署" : signed_by ? "has signed" : "has not signed");
	ofc_line(o, "  其公钥 SHA-256", "  SHA-256 of the key", "%s", hex);
}

static void show_parent(const struct ofc *o, const struct fj_plan *p)
{
	struct fj_tpm_name parent;

	fj_plan_parent_name(p, &parent);
	hex_line(o, "  备机存储密钥名称（Name）", "  Name of the spare's storage key", parent.b, sizeof(parent.b));
}

/* a root that may leave is not what others are: said wherever a plan is shown */
static void show_move(const struct ofc *o, const struct fj_plan *p)
{
	if (p->move == 0)
		return;
	ofc_line(o, "备机", "spare", o->zh ? "经 %u 名官员批准，根密钥可迁往且仅可迁往一台备机的 TPM；因此根密钥不固定于其 TPM" : "%u officers can move the root keys to one other TPM and to no further; so they are not fixed to their TPM", p->move);
	show_parent(o, p);
	ofc_line(o, "注意", "note", "%s", o->zh ? "该存储密钥是否真在一台 TPM 中，由其证明文件说明：fujie-verify attestation --spare 请求" : "whether that storage key lies in a TPM is for its attestation to say: fujie-verify attestation --spare REQUEST");
}

void ofc_show_plan(const struct ofc *o, const struct fj_plan *p, unsigned by)
{
	ofc_title(o, "仪式方案", "The ceremony's plan");
	ofc_line(o, "运营机构", "operator", "%s", p->operator_);
	ofc_line(o, "性质", "kind", "%s", o->zh ? p->demo ? "演示" : "正式" : p->demo ? "demonstration" : "in earnest");
	ofc_line(o, "对象标识符弧", "arc", "%s", p->arc);
	ofc_line(o, "发布地址", "address", "%s", p->base);
	ofc_line(o, "算法", "algorithms", "%s", p->sm2 ? "P-256, SM2" : "P-256");
	for (unsigned i = 0; i < p->n; i++)
		show_officer(o, p, i, by >> i & 1);
	ofc_line(o, "根密钥", "root keys", o->zh ? "每次签名须 %u 名官员批准（共 %u 名）" : "each signature needs %u of the %u officers", p->root, p->n);
	if (p->root == 1)
		ofc_line(o, "注意", "note", "%s", o->zh ? "一名官员即可单独签名" : "one officer alone can sign");
	show_move(o, p);
	if (p->unseal > 0)
		ofc_line(o, "签发密钥", "issuing keys", o->zh ? "设备每次启动后须 %u 名官员解封（共 %u 名）" : "after each start of the appliance %u of the %u officers unseal them", p->unseal, p->n);
	if (p->unseal == 1)
		ofc_line(o, "注意", "note", "%s", o->zh ? "一名官员即可单独解封" : "one officer alone can unseal");
	ofc_line(o, "批准有效（秒）", "an approval holds (seconds)", "%u", p->expiration);
	time_line(o, "制定时间", "made", p->made);
	if (p->generation > 1) {
		ofc_line(o, "接续的方案", "follows another plan", o->zh ? "继任根为第 %u 代：移交后由本方案的官员掌管根，前一方案的官员不再有权批准" : "its root is generation %u: when the root has passed on, these officers rule it, and those of the plan before approve nothing any more", p->generation);
		hex_line(o, "  前一方案 SHA-256", "  SHA-256 of the plan before", p->former.b, sizeof(p->former.b));
	}
	hex_line(o, "方案 SHA-256", "SHA-256 of the plan", p->hash.b, sizeof(p->hash.b));
}

/* --- names --- */

static const char *attribute(const char *oid)
{
	static const char *const known[][2] = {{FJ_OID_C, "C"}, {FJ_OID_O, "O"}, {FJ_OID_CN, "CN"}, {FJ_OID_SERIALNUMBER, "serialNumber"}, {FJ_OID_ORGID, "organizationIdentifier"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(known); i++)
		if (strcmp(known[i][0], oid) == 0)
			return known[i][1];
	return oid;
}

static enum fj_rc put_attribute(struct fj_der *rdn, struct fj_buf *out, struct fj_err *err)
{
	struct fj_der pair;
	struct fj_slice value;
	char oid[64];
	int tag;

	FJ_TRY(fj_der_enter(rdn, FJ_DER_SEQ, &pair, err));
	FJ_TRY(fj_der_oid(&pair, oid, sizeof(oid), err));
	FJ_TRY(fj_der_any(&pair, &tag, &value, NULL, err));
	FJ_TRY(fj_der_end(&pair, err));
	if ((tag != FJ_DER_UTF8 && tag != FJ_DER_PRINTABLE) || !fj_utf8_valid(value))
		return fj_fail(err, FJ_E_PARSE, OFC_LAYER, "RFC 5280 4.1.2.4", "a name has an attribute that is no text");
	return fj_buf_printf(out, "%s%s=%.*s", out->len > 0 ? ", " : "", attribute(oid), (int)value.len, (const char *)value.p);
}

/* a structure that the reader refused: its reason, and what to do */
static enum fj_rc unreadable(enum fj_rc rc, struct fj_err *err)
{
	struct fj_err why;

	if (rc == FJ_OK || err == NULL)
		return rc;
	why = *err;
	(void)fj_fail(err, rc, OFC_LAYER, why.cite, "don't approve: the structure can't be read as what this step signs (%s)", why.en);
	fj_err_zh(err, "请勿批准：待签内容无法按本步骤的类型读取（%s）", why.en);
	return fj_err_at(err, rc, "structure");
}

/* every attribute of a Name in its order */
static enum fj_rc name_text(struct fj_slice name, struct fj_buf *out, struct fj_err *err)
{
	struct fj_der d, seq, set;

	fj_der_init(&d, name);
	FJ_TRY(fj_der_enter(&d, FJ_DER_SEQ, &seq, err));
	while (fj_der_more(&seq)) {
		FJ_TRY(fj_der_enter(&seq, FJ_DER_SET, &set, err));
		while (fj_der_more(&set))
			FJ_TRY(put_attribute(&set, out, err));
	}
	return fj_der_end(&d, err);
}

/* --- what a step may sign --- */

static const struct step {
	const char *zh, *en;
	int years, pathlen;
	unsigned seen;
} steps[FJ_STEP_END] = {
	[FJ_STEP_ROOT] = {"根证书", "A root certificate", 20, 2, FJ_X_SKI | FJ_X_KU | FJ_X_BC},
	[FJ_STEP_ISSUING] = {"签发机构证书", "A certificate of an issuing CA", 12, 0, FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA},
	[FJ_STEP_SUBORDINATE] = {"另一系统的签发机构证书（受限）", "A certificate of ANOTHER appliance's issuing CA, with limits", 12, 0,
	    FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA | FJ_X_PRIVATE},
	[FJ_STEP_NEW_WITH_OLD] = {"根密钥移交：由现行根认证继任根", "THE ROOT PASSES ON: its successor, certified by the root of now", 20, 1, FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA},
	[FJ_STEP_OLD_WITH_NEW] = {"由继任根认证原根", "The former root, certified by its successor", 20, 1, FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA},
	[FJ_STEP_ROOT_CRL] = {"根的吊销列表", "A revocation list of the root", 0, 0, 0},
};
#define CRL_DAYS 401
#define CRL_ENTRIES 64 /* CAs that a root revokes; more would not be read by anybody */
#define CN_MAX 64      /* code points, ub-common-name */

struct asked {
	const struct fj_plan *plan, *with; /* with: of fj_step_cross, the plan of the root that is certified */
	const struct fj_challenge *c;
	uint8_t point[65], key_id[20]; /* of the root key */
};

static enum fj_rc no(struct fj_err *err, const char *cite, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, OFC_LAYER, cite, "don't approve: %s. Ask who runs the appliance how this came about", en);

	fj_err_zh(err, "请勿批准：%s。请向设备负责人查明缘由", zh);
	return rc;
}
#define MUST(cond, cite, en, zh) FJ_ENSURE(cond, no(err, cite, en, zh))

/* C=CN, O=operator, CN: these three, each once, and CN of the length that RFC 5280 allows */
static enum fj_rc name_with(const struct asked *a, struct fj_slice name, const char *o, struct fj_buf *text, struct fj_err *err)
{
	FJ_AUTO(buf) want = FJ_BUF_INIT(TEXT_MAX);
	char cn[300];

	FJ_TRY(name_text(name, text, err));
	FJ_TRY(fj_x509_name(name, FJ_OID_CN, cn, sizeof(cn), err));
	FJ_TRY(fj_buf_printf(&want, "C=CN, O=%s, CN=%s", o, cn));
	MUST(strcmp(fj_buf_str(&want), fj_buf_str(text)) == 0 && fj_utf8_count(cn) <= CN_MAX, "formats.md 2", "a name in it is not C=CN, one O (the plan's operator, or the other appliance's) and one CN", "其中的名称不是 C=CN、一个 O（方案的运营机构，或另一系统的运营机构）与一个 CN");
	MUST((strstr(cn, "DEMO") != NULL) == a->plan->demo, "formats.md 2", "its name says DEMO where the plan does not, or the other way about", "名称中的 DEMO 字样与方案的性质不符");
	return FJ_OK;
}

static enum fj_rc own_name(const struct asked *a, struct fj_slice name, struct fj_buf *text, struct fj_err *err)
{
	return name_with(a, name, a->plan->operator_, text, err);
}

/* of another appliance's CA: whoever operates it, shown whole */
static enum fj_rc other_name(const struct asked *a, struct fj_slice name, struct fj_buf *text, struct fj_err *err)
{
	char o[300];

	FJ_TRY(fj_x509_name(name, FJ_OID_O, o, sizeof(o), err));
	return name_with(a, name, o, text, err);
}

/* under the plan's: what is of one generation is called by it, a list is of all (1) */
static bool address_is(const struct asked *a, struct fj_slice uri, const char *path, unsigned generation, const char *end)
{
	char want[256], name[FJ_CA_FILE_CAP];

	fj_generation_name(path, a->c->alg, generation, end, name);
	int n = snprintf(want, sizeof(want), "%s%s", a->plan->base, name);
	return n > 0 && (size_t)n < sizeof(want) && fj_slice_eq(uri, fj_slice_str(want));
}

static enum fj_rc check_issuing(const struct asked *a, const struct fj_x509 *x, struct fj_err *err)
{
	bool cross = fj_step_cross(a->c->step), self = fj_slice_eq(x->issuer, x->subject);
	char policy[80];

	snprintf(policy, sizeof(policy), "%s.3.%d", a->plan->arc, a->plan->demo ? 2 : 1);
	MUST(!cross || self, "RFC 4210 4.4", "one root certifies another of a different name, and then neither leads to the other", "两代根的名称不同，互相认证后仍无法衔接");
	MUST(cross || (!self && !fj_slice_eq(x->key, FJ_SLICE(a->point, sizeof(a->point)))), "RFC 5280 3.2", "the issuing CA has the root's name or key", "签发机构证书用了根的名称或密钥");
	MUST(fj_slice_eq(x->aki, FJ_SLICE(a->key_id, sizeof(a->key_id))), "RFC 5280 4.2.1.1", "the issuer's key identifier is not the root key's", "颁发者密钥标识不是根密钥的标识");
	MUST(strcmp(x->policy, policy) == 0, "RFC 5280 4.2.1.4", "the certificate policy is not of the plan's arc and kind", "证书策略与方案的对象标识符弧或性质不符");
	MUST(address_is(a, x->crldp, "/crl/root", 1, ".crl") && address_is(a, x->ca_issuers, "/ca/root", a->plan->generation, ".cer") && x->ocsp.len == 0, "RFC 5280 4.2.1.13", "an address in it is not under the plan's", "其中的地址不在方案的发布地址之下");
	return FJ_OK;
}

/* limits that an officer can read, and that leave this home's own address alone */
static enum fj_rc check_limits(const struct asked *a, const struct fj_x509 *x, struct fj_limits *l, struct fj_err *err)
{
	size_t n = strlen(a->plan->base);
	bool there;

	FJ_TRY(unreadable(fj_limits_of(x, &there, l, err), err));
	size_t m = strlen(l->base);
	MUST(strncmp(l->base, a->plan->base, n < m ? n : m) != 0 || (n != m && (n < m ? l->base[n] : a->plan->base[m]) != '/'), "formats.md 27", "it would let another appliance speak for the plan's own address", "它会让另一系统以方案自己的地址签发");
	return FJ_OK;
}

void ofc_show_limits(const struct ofc *o, const struct fj_limits *l)
{
	char words[512];

	fj_limits_words(l, o->zh, words);
	ofc_line(o, "注意：其签发的证书在根之下有效，限于", "note: what it issues is valid under the root, within", "%s", words);
	ofc_line(o, "  再下级的签发机构", "  further CAs below it", "%s", o->zh ? "不得设立" : "none");
}

void ofc_show_spki(const struct ofc *o, struct fj_slice spki, const char *alg)
{
	struct fj_hash h;
	char hex[65];

	fj_sha256(spki, &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	ofc_line(o, "  其公钥 SHA-256（请以其他途径与对方核对）", "  SHA-256 of its key (compare it with its holder by another way)", "%s  %s", hex, alg);
}

static enum fj_rc check_certificate(const struct asked *a, const struct fj_x509 *x, struct fj_err *err)
{
	const struct step *s = &steps[a->c->step];
	enum fj_curve curve = a->c->alg == FJ_SM2 ? FJ_CURVE_SM2 : FJ_CURVE_P256;
	struct fj_date end = fj_date_of(x->not_before, 0);
	uint8_t id[20];

	end.y += s->years;
	MUST(x->alg == a->c->alg && x->curve == curve, "RFC 5280 4.1.1.2", "algorithm or curve are not those of the challenge", "算法或曲线与质询不符");
	MUST(x->ca && x->ku == (FJ_KU_CERT | FJ_KU_CRL) && x->critical == (FJ_X_KU | FJ_X_BC) && x->seen == s->seen, "formats.md 2", "it is no CA certificate of this kind: usages or extensions differ", "用途或扩展与此类证书不符");
	MUST(x->pathlen >= 0 && x->pathlen <= s->pathlen, "RFC 5280 4.2.1.9", "its path length is beyond what this step may have", "路径长度超出本步骤所允许");
	MUST(x->not_after < fj_time_of(end, 0, 0, 0, 0) + 86400, "RFC 5280 4.1.2.5", "it would be valid for longer than this step allows", "有效期超出本步骤所允许");
	FJ_TRY(ofc_key_id(x->key, id, err));
	MUST(fj_slice_eq(x->ski, FJ_SLICE(id, sizeof(id))), "RFC 5280 4.2.1.2", "its key identifier is not of its key", "密钥标识与其密钥不符");
	if (a->c->step != FJ_STEP_ROOT)
		return check_issuing(a, x, err);
	MUST(fj_slice_eq(x->issuer, x->subject) && fj_slice_eq(x->key, FJ_SLICE(a->point, sizeof(a->point))), "RFC 5280 3.2", "the root certificate is not of the root key, or not its own issuer", "根证书的密钥不是根密钥，或并非自签");
	return FJ_OK;
}

static void show_who(const struct ofc *o, const char *zh, const char *en, const struct fj_plan *of, const struct fj_plan *not_in)
{
	for (unsigned i = 0; i < of->n; i++)
		if (fj_plan_officer_by_key(not_in, of->officer[i].xy) < 0)
			ofc_line(o, zh, en, "%s (%s)", of->officer[i].name, of->officer[i].login);
}

/* what follows from it, before the question; the other plan is shown whole */
static void show_cross(const struct ofc *o, const struct asked *a)
{
	const struct fj_plan *p = a->plan, *next = a->with;

	if (a->c->step == FJ_STEP_OLD_WITH_NEW) {
		ofc_line(o, "含义", "what it means", "%s", o->zh ? "信任继任根的一方据此也认可原根名下的证书；原根此后不再签署任何内容" : "who trusts the new root accepts what stands under the former one too; the former root signs nothing any more");
		hex_line(o, "  原根所属方案 SHA-256", "  SHA-256 of the former root's plan", a->with->hash.b, sizeof(a->with->hash.b));
		return;
	}
	ofc_line(o, "含义", "what it means", o->zh ? "此后根由下列新方案的官员掌管，凭其中 %u 名批准即可签名；本方案的官员不再有权批准" : "from then on OTHER PEOPLE RULE THE ROOT: the officers of the new plan below, of whom %u let it sign; the officers of your plan approve nothing any more", next->root);
	show_who(o, "  不再掌管根的官员", "  rules the root no longer", p, next);
	show_who(o, "  新掌管根的官员", "  rules the root from then on", next, p);
	if (next->root < p->root)
		ofc_line(o, "注意", "note", o->zh ? "所需批准人数减少：由 %u 名降为 %u 名" : "fewer officers are needed than now: %u before, %u then", p->root, next->root);
	ofc_show_plan(o, next, (1u << next->n) - 1);
	ofc_title(o, "由现行根签名的证书", "The certificate that the root of now signs");
}

static void show_clock(const struct ofc *o, fj_time t)
{
	int64_t days = (t - fj_now()) / 86400;

	if (days != 0)
		ofc_line(o, "注意：与本机时钟相差（天）", "note: days from this machine's clock", "%+lld", (long long)days);
}

static enum fj_rc show_certificate(const struct ofc *o, const struct asked *a, struct fj_err *err)
{
	FJ_AUTO(buf) subject = FJ_BUF_INIT(TEXT_MAX);
	FJ_AUTO(buf) issuer = FJ_BUF_INIT(TEXT_MAX);
	struct fj_x509 x;
	struct fj_limits l;

	FJ_TRY(unreadable(fj_x509_read_tbs(fj_buf_slice(&a->c->structure), &x, err), err));
	FJ_TRY(check_certificate(a, &x, err));
	bool other = a->c->step == FJ_STEP_SUBORDINATE;
	FJ_TRY(other ? other_name(a, x.subject, &subject, err) : own_name(a, x.subject, &subject, err));
	FJ_TRY(own_name(a, x.issuer, &issuer, err));
	if (other)
		FJ_TRY(check_limits(a, &x, &l, err));
	ofc_title(o, steps[a->c->step].zh, steps[a->c->step].en);
	if (fj_step_cross(a->c->step))
		show_cross(o, a);
	ofc_line(o, "主体", "subject", "%s", fj_buf_str(&subject));
	ofc_line(o, "颁发者", "issuer", "%s", fj_buf_str(&issuer));
	hex_line(o, "序列号", "serial number", x.serial.p, x.serial.len > 20 ? 20 : x.serial.len);
	time_line(o, "有效期起", "valid from", x.not_before);
	show_clock(o, x.not_before);
	time_line(o, "有效期止", "valid until", x.not_after);
	hex_line(o, "密钥标识", "key identifier", x.ski.p, x.ski.len);
	ofc_line(o, "路径长度", "path length", "%d", x.pathlen);
	if (x.crldp.len > 0)
		ofc_line(o, "吊销列表地址", "revocation list at", "%.*s", (int)x.crldp.len, (const char *)x.crldp.p);
	if (other) {
		ofc_show_limits(o, &l);
		ofc_show_spki(o, x.spki, fj_alg_name(a->c->alg));
	}
	return FJ_OK;
}

static enum fj_rc check_crl(const struct asked *a, const struct fj_crl *l, struct fj_err *err)
{
	int64_t span = l->next_update - l->this_update;

	MUST(l->alg == a->c->alg, "RFC 5280 5.1.1.2", "its algorithm is not that of the challenge", "算法与质询不符");
	MUST(fj_slice_eq(l->aki, FJ_SLICE(a->key_id, sizeof(a->key_id))), "RFC 5280 5.2.1", "the issuer's key identifier is not the root key's", "颁发者密钥标识不是根密钥的标识");
	MUST(address_is(a, l->uri, "/crl/root", 1, ".crl"), "RFC 5280 5.2.5", "its address is not under the plan's", "其地址不在方案的发布地址之下");
	MUST(span > 0 && span <= CRL_DAYS * 86400, "RFC 5280 5.1.2.5", "it would hold for longer than 401 days", "有效期超过 401 天");
	MUST(l->n <= CRL_ENTRIES, "formats.md 22", "it revokes more than 64 certificates, which no root here has issued", "其吊销条目超过 64 个，根不曾签发这么多证书");
	return FJ_OK;
}

static const char *reason(const struct ofc *o, unsigned r)
{
	static const char *const en[] = {"unspecified", "key compromise", "CA compromise", "affiliation changed", "superseded", "cessation of operation", "on hold"};
	static const char *const zh[] = {"未说明", "密钥泄露", "CA 泄露", "归属变更", "被取代", "停止使用", "暂停"};

	return r < FJ_ARRAY_LEN(en) ? (o->zh ? zh : en)[r] : "?";
}

static enum fj_rc show_crl(const struct ofc *o, const struct asked *a, struct fj_err *err)
{
	FJ_AUTO(buf) issuer = FJ_BUF_INIT(TEXT_MAX);
	struct fj_crl l;
	struct fj_crl_entry e;
	char at[FJ_TIME_CAP], serial[2 * 20 + 1];

	FJ_TRY(unreadable(fj_crl_read_tbs(fj_buf_slice(&a->c->structure), &l, err), err));
	FJ_TRY(check_crl(a, &l, err));
	FJ_TRY(own_name(a, l.issuer, &issuer, err));
	ofc_title(o, steps[a->c->step].zh, steps[a->c->step].en);
	ofc_line(o, "颁发者", "issuer", "%s", fj_buf_str(&issuer));
	ofc_line(o, "编号", "number", "%llu", (unsigned long long)l.number);
	time_line(o, "本次更新", "this update", l.this_update);
	show_clock(o, l.this_update);
	time_line(o, "下次更新", "next update", l.next_update);
	ofc_line(o, "吊销条目数", "revoked certificates", "%zu", l.n);
	for (struct fj_der walk = l.entries; fj_crl_next(&walk, &e);) {
		fj_hex(e.serial.p, e.serial.len > 20 ? 20 : e.serial.len, serial);
		fj_time_china(e.at, at);
		ofc_line(o, "  吊销", "  revoked", "%s  %s  %s", serial, at, reason(o, e.reason));
	}
	return FJ_OK;
}

/* a challenge that was checked: its structure is the plan's parent, or the proof's text, octet by octet */
static void show_own(const struct ofc *o, const struct asked *a)
{
	if (a->c->step == FJ_STEP_MOVE) {
		ofc_title(o, "根密钥迁往备机", "The root's key leaves for the spare");
		ofc_line(o, "含义", "what it means", "%s", o->zh ? "根密钥将离开本机 TPM，可在备机 TPM 中使用；在那里同样须方案官员批准才能签名，但不能再迁往他处。公开日志的密钥随之迁往，该密钥无须官员批准" : "the root's key leaves this TPM and can be used in the spare's too; there it signs with the plan's officers only, as here, and goes no further. The key of the public log goes with it, which needs no officers");
		show_parent(o, a->plan);
		return;
	}
	ofc_title(o, "备机根密钥的验证", "A proof by the spare's root");
	ofc_line(o, "含义", "what it means", "%s", o->zh ? "备机中的根密钥将签署一段固定文本，以证明其凭官员批准可以使用；该文本不是证书，也不是吊销列表" : "the root's key in the spare signs a fixed text, to show that it works with its officers; the text is no certificate and no list");
}

enum fj_rc ofc_show_structure(const struct ofc *o, const struct fj_plan *p, const struct fj_plan *with, const struct fj_challenge *c, const struct fj_hash *digest, struct fj_err *err)
{
	struct asked a = {.plan = p, .with = with, .c = c, .point = {0x04}};
	struct fj_hash h;

	fj_challenge_xy(c, a.point + 1);
	FJ_TRY(ofc_key_id(FJ_SLICE(a.point, sizeof(a.point)), a.key_id, err));
	if (c->step == FJ_STEP_MOVE || c->step == FJ_STEP_PROOF)
		show_own(o, &a);
	else
		FJ_TRY(c->step == FJ_STEP_ROOT_CRL ? show_crl(o, &a, err) : show_certificate(o, &a, err));
	ofc_line(o, c->step == FJ_STEP_MOVE ? "迁移的根密钥" : "由根密钥签名", c->step == FJ_STEP_MOVE ? "the root key that leaves" : "signed by the root key", "%s", fj_alg_name(c->alg));
	hex_line(o, "  根密钥标识", "  its identifier", a.key_id, sizeof(a.key_id));
	fj_sha256(fj_buf_slice(&c->structure), &h);
	if (c->step != FJ_STEP_MOVE)
		hex_line(o, "待签内容 SHA-256", "SHA-256 of what is signed", h.b, sizeof(h.b));
	if (c->step != FJ_STEP_MOVE && c->alg == FJ_SM2)
		hex_line(o, "待签内容 SM3（含 Z）", "SM3 of Z and what is signed", digest->b, sizeof(digest->b));
	ofc_line(o, "批准有效（秒）", "the approval holds (seconds)", "%u", c->expiration);
	return FJ_OK;
}

void ofc_show_made(const struct ofc *o, enum fj_step step, const struct fj_tpm_name *ak)
{
	if (step == FJ_STEP_NEW_WITH_OLD)
		ofc_line(o, "该继任根密钥", "this new root key", "%s", o->zh ? "据其 TPM 的声明：在该 TPM 内生成，只按本算法、凭新方案官员批准签名；可否迁出见新方案" : "by its TPM's statements: made in that TPM, signs by this algorithm with the new plan's officers alone; whether it may leave is in the new plan");
	else
		ofc_line(o, "该签发密钥", "this issuing key", "%s", o->zh ? "据其 TPM 的声明：在该 TPM 内生成，不能离开，只按本算法签名" : "by its TPM's statements: made in that TPM, can't leave it, signs by this algorithm alone");
	hex_line(o, "  声明出自证明密钥（Name；应与 fujie-officer bond 所示相同）", "  stated by the attestation key (its Name; the one that fujie-officer bond shows)", ak->b, sizeof(ak->b));
}

void ofc_show_unseal(const struct ofc *o, const struct fj_plan *p, const struct fj_challenge *c, const struct fj_tpm_name *name)
{
	ofc_title(o, "解封签发密钥", "Unsealing the issuing keys");
	ofc_line(o, "运营机构", "operator", "%s", p->operator_);
	ofc_line(o, "发布地址", "address", "%s", p->base);
	ofc_line(o, "作用", "what it does", "%s", o->zh ? "此后直至签名服务停止或者重新封存，设备签发证书、证书吊销列表和签名方证书，不再询问您"
	    : "from then on, until the signer ends or is sealed again, the appliance signs certificates, revocation lists and signers' certificates without asking you");
	ofc_line(o, "注意", "note", "%s", o->zh ? "仅在您知道设备为何重新启动、由谁发起解封时批准；已解封的设备若被他人控制，可用这些密钥签名"
	    : "approve only when you know why the appliance was started anew, and who asks; who has conquered an unsealed appliance can sign with these keys");
	hex_line(o, "密封对象的名称", "name of what is unsealed", name->b, sizeof(name->b));
	hex_line(o, "方案 SHA-256", "SHA-256 of the plan", p->hash.b, sizeof(p->hash.b));
	ofc_line(o, "批准有效（秒）", "the approval holds (seconds)", "%u", c->expiration);
}
