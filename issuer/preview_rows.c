/*
 * preview_rows.c - a certificate and an authorisation's claims as rows for people who are
 * to approve them.
 *
 * The certificate's rows come from the strict reader, out of the very structure that would
 * be signed: what a page shows is not a second account of it.  Codes stay codes; pages
 * have the words.
 */
#include "issuer/preview.h"

#include "base/jws.h"

struct out {
	json_t *rows;
	const char *part;
	bool bad;
};

/* value is stolen; NULL: not known before it is signed */
static void put(struct out *o, const char *key, const char *zh, const char *en, json_t *value, bool drawn)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:o*}", "part", o->part, "key", key, "zh", zh, "en", en, "value", value);

	if (row != NULL && drawn)
		o->bad = json_object_set_new(row, "drawn", json_true()) != 0 || o->bad;
	o->bad = row == NULL || json_array_append_new(o->rows, row) != 0 || o->bad;
}

static json_t *slice_text(struct fj_slice s)
{
	return json_stringn((const char *)s.p, s.len);
}

static json_t *hex_text(struct fj_slice s)
{
	char hex[2 * 64 + 1] = "";

	if (s.len <= 64)
		fj_hex(s.p, s.len, hex);
	return json_string(hex);
}

static json_t *time_text(fj_time t)
{
	char at[FJ_TIME_CAP];

	fj_time_utc(t, at);
	return json_string(at);
}

static void name_row(struct out *o, const char *key, struct fj_slice name, const char *oid, const char *zh, const char *en, bool drawn)
{
	char text[804];

	if (fj_x509_name(name, oid, text, sizeof(text), NULL) == FJ_OK)
		put(o, key, zh, en, json_string(text), drawn);
}

static void head(struct out *o, const struct fj_x509 *x, bool end_known)
{
	o->part = "certificate";
	put(o, "text", "版本", "Version", json_string("v3"), false);
	put(o, "digest", "序列号（128 位随机数）", "Serial number (128 random bits)", hex_text(x->serial), true);
	put(o, "text", "签名算法", "Signature algorithm", json_string("ECDSA, P-256, SHA-256 (" FJ_OID_ECDSA_SHA256 ")"), false);
	o->part = "issuer";
	name_row(o, "text", x->issuer, FJ_OID_C, "颁发者 C", "Issuer, C", false);
	name_row(o, "text", x->issuer, FJ_OID_O, "颁发者 O", "Issuer, O", false);
	name_row(o, "text", x->issuer, FJ_OID_CN, "颁发者 CN", "Issuer, CN", false);
	o->part = "validity";
	put(o, "not_before", "生效时间 notBefore", "notBefore", time_text(x->not_before), true);
	put(o, "not_after", "截止时间 notAfter", "notAfter", time_text(x->not_after), !end_known);
	o->part = "subject";
	name_row(o, "text", x->subject, FJ_OID_C, "主体 C", "Subject, C", false);
	name_row(o, "holder_name", x->subject, FJ_OID_O, "主体 O（持有单位）", "Subject, O (holder)", false);
	name_row(o, "holder_code", x->subject, FJ_OID_ORGID, "主体 organizationIdentifier", "Subject, organizationIdentifier", false);
	name_row(o, "text", x->subject, FJ_OID_SERIALNUMBER, "主体 serialNumber（证书编号）", "Subject, serialNumber (certificate number)", true);
	name_row(o, "text", x->subject, FJ_OID_CN, "主体 CN（数据资产名称）", "Subject, CN (asset name)", false);
}

static void extensions(struct out *o, const struct fj_x509 *x, bool own_key)
{
	struct fj_hash h;

	fj_sha256(x->spki, &h);
	o->part = "key";
	put(o, "hash", own_key ? "公钥 SHA-256（持有单位自有密钥）" : "公钥 SHA-256（临时生成，私钥即时销毁）", own_key ? "Public key, SHA-256 (the holder's own)" : "Public key, SHA-256 (made for it, private half destroyed)",
	    hex_text(FJ_SLICE(h.b, FJ_SHA256_LEN)), !own_key);
	o->part = "extensions";
	put(o, "text", "密钥用途 keyUsage（关键）", "keyUsage (critical)", json_string(x->ku == FJ_KU_SIGN ? "digitalSignature" : "?"), false);
	put(o, "text", "扩展密钥用途 extKeyUsage", "extKeyUsage", json_string(x->eku), false);
	put(o, "text", "证书策略 certificatePolicies", "certificatePolicies", json_string(x->policy), false);
	put(o, "digest", "颁发者密钥标识 AKI", "Authority key identifier", hex_text(x->aki), false);
	put(o, "digest", "主体密钥标识 SKI", "Subject key identifier", hex_text(x->ski), !own_key);
	put(o, "text", "吊销列表 CRL", "CRL distribution point", slice_text(x->crldp), true);
	put(o, "text", "在线状态 OCSP", "OCSP", slice_text(x->ocsp), false);
	put(o, "text", "颁发者证书地址", "Issuer's certificate", slice_text(x->ca_issuers), false);
}

static enum fj_rc asset(struct out *o, const struct fj_x509 *x, struct fj_err *err)
{
	struct fj_asset a;

	FJ_TRY(fj_asset_read(x->private_value, &a, err));
	o->part = "asset";
	put(o, "number", "证书编号", "Certificate number", json_string(a.number), true);
	put(o, "asset_no", "资产编号", "Asset number", json_string(a.asset_no), false);
	put(o, "asset_name", "数据资产名称", "Data asset name", json_string(a.asset_name), false);
	put(o, "card_version", "卡片版本", "Card version", json_integer(a.card_version), false);
	put(o, "hash", "卡片 SHA-256", "Card, SHA-256", hex_text(FJ_SLICE(a.card_hash.b, FJ_SHA256_LEN)), false);
	put(o, "class_scheme", "分类体系", "Class scheme", json_string(a.class_scheme), false);
	put(o, "class_code", "分类代码", "Class code", json_string(a.class_code), false);
	put(o, "kind", "主体类型", "Holder kind", json_string(fj_holder_kinds[a.holder_kind]), false);
	put(o, "region", "行政区划", "Division", json_string(a.region), false);
	put(o, "rights", "数据产权", "Data Property Rights", fj_json_bits(a.rights, fj_asset_rights), false);
	put(o, "modes", "可用授权模式", "Modes of authorisation", fj_json_bits(a.modes, fj_asset_modes), false);
	put(o, "restrictions", "禁止事项", "Prohibited", fj_json_bits(a.restrictions, fj_asset_restrictions), false);
	put(o, "key_origin", "证书密钥", "Certificate's key", json_string(a.key_origin != 0 ? "holder" : "none"), false);
	put(o, "text", "状态列表", "Status list", json_string(a.status_uri), true);
	put(o, "idx", "状态列表中的位置", "Place in the status list", json_integer((json_int_t)a.status_index), true);
	return FJ_OK;
}

enum fj_rc prv_certificate(const struct fj_x509 *x, bool own_key, bool end_known, json_t *rows, struct fj_err *err)
{
	struct out o = {.rows = rows};

	head(&o, x, end_known);
	extensions(&o, x, own_key);
	FJ_TRY(asset(&o, x, err));
	return !o.bad ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- claims --- */

static const struct claim {
	const char *part, *key, *zh, *en;
	bool drawn;
} claims_table[] = {
	{"credential", "iss", "签发服务", "Issuer", false}, {"credential", "vct", "凭证类型", "Type of credential", false}, {"credential", "jti", "授权编号", "Number", true},
	{"credential", "version", "版本", "Version", true}, {"credential", "iat", "签发时间", "Issued", true}, {"credential", "nbf", "生效时间", "Valid from", true}, {"credential", "exp", "截止时间", "Valid to", false},
	{"parties", "holder", "持有单位", "Holder", false}, {"parties", "implementer", "实施机构", "Implementing institution", false}, {"parties", "operator", "运营机构", "Operating institution", false},
	{"grant", "mode", "授权模式", "Mode of authorisation", false}, {"grant", "rights", "授权权利", "Rights", false}, {"grant", "actions", "许可行为", "Actions", false},
	{"grant", "purposes", "用途", "Purposes", false}, {"grant", "domains", "领域", "Domains", false}, {"grant", "scenarios", "场景", "Scenarios", false},
	{"grant", "territory", "地域（行政区划）", "Territory (divisions)", false}, {"grant", "environment", "使用环境", "Environment", false}, {"grant", "quota", "限额", "Quota", false},
	{"grant", "depth", "转授权层级", "Sub-authorisation depth", false}, {"grant", "restrictions", "禁止事项", "Prohibited", false},
	{"terms", "terms", "使用条件", "Terms", false}, {"assets", "assets", "数据资产和证书", "Data assets and certificates", false},
	{"credential", "previous", "上一版本 SHA-256", "Version before, SHA-256", true}, {"status", "authorisation_status", "授权状态位置", "Entry of the authorisation", true}, {"status", "status", "本版本状态位置", "Entry of this version", true},
};

enum fj_rc prv_claims(const json_t *claims, json_t *rows, struct fj_err *err)
{
	struct out o = {.rows = rows};

	for (size_t i = 0; i < FJ_ARRAY_LEN(claims_table); i++) {
		const struct claim *t = &claims_table[i];
		const json_t *from = strcmp(t->part, "grant") == 0 ? json_object_get(claims, "grant") : claims;
		json_t *v = json_object_get(from, t->key);
		o.part = t->part;
		if (t->drawn && (v == NULL || strcmp(t->key, "nbf") != 0)) /* a beginning that is said is no moment of signing */
			put(&o, t->key, t->zh, t->en, NULL, true);
		else if (v != NULL)
			put(&o, t->key, t->zh, t->en, json_incref(v), false);
	}
	return !o.bad ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- the version before --- */

static json_t *same_field(const json_t *rows, const json_t *row)
{
	size_t i;
	json_t *v;

	json_array_foreach(rows, i, v)
		if (strcmp(fj_json_text(v, "part"), fj_json_text(row, "part")) == 0 && strcmp(fj_json_text(v, "en"), fj_json_text(row, "en")) == 0)
			return v;
	return NULL;
}

enum fj_rc prv_compare(json_t *rows, const json_t *before, struct fj_err *err)
{
	size_t i;
	json_t *row;
	int bad = 0;

	json_array_foreach(rows, i, row) {
		const json_t *old = same_field(before, row);
		json_t *was = json_object_get(old, "value");
		bool drawn = json_is_true(json_object_get(row, "drawn"));
		if ((!drawn || strcmp(fj_json_text(row, "key"), "not_after") == 0) && before != NULL && !json_equal(was, json_object_get(row, "value")))
			bad |= json_object_set_new(row, "was", was != NULL ? json_incref(was) : json_null());
	}
	json_array_foreach(before, i, row) {
		if (same_field(rows, row) != NULL || json_is_true(json_object_get(row, "drawn")))
			continue;
		json_t *gone = json_copy(row);
		bad |= json_object_set(gone, "was", json_object_get(row, "value"));
		bad |= json_object_set_new(gone, "value", json_null());
		bad |= json_array_append_new(rows, gone);
	}
	return bad == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}
