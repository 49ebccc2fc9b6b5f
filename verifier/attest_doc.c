/*
 * attest_doc.c - the document of a judged attestation (docs/formats.md 23): the answer, each step, each object with what
 * its public area says, and what no file can show.
 */
#include <string.h>

#include "verifier/attestation.h"
#include "verifier/internal.h"

static const char *use_of(const struct ver_object *o)
{
	static const char *const kinds[] = {[VER_AREA_SIGNING] = "signing", [VER_AREA_STORAGE] = "storage", [VER_AREA_SEALED] = "sealed"};

	return strcmp(o->name, "ak") == 0 ? "attestation" : kinds[o->area.kind];
}

static json_t *attributes(uint32_t bits)
{
	static const struct {
		uint32_t bit;
		const char *name; /* as tpm2-tools write it */
	} names[] = {{VER_TPM_FIXED_TPM, "fixedtpm"}, {VER_TPM_ST_CLEAR, "stclear"}, {VER_TPM_FIXED_PARENT, "fixedparent"}, {VER_TPM_ORIGIN, "sensitivedataorigin"},
		{VER_TPM_USER_AUTH, "userwithauth"}, {VER_TPM_ADMIN_POLICY, "adminwithpolicy"}, {VER_TPM_NO_DA, "noda"}, {VER_TPM_DUPLICATION, "encryptedduplication"},
		{VER_TPM_RESTRICTED, "restricted"}, {VER_TPM_DECRYPT, "decrypt"}, {VER_TPM_SIGN, "sign"}, {VER_TPM_X509, "x509sign"}};
	json_t *list = json_array();

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (bits & names[i].bit)
			json_array_append_new(list, json_string(names[i].name));
	return list;
}

static json_t *object_json(const struct ver_object *o)
{
	char name[2 * VER_TPM_NAME + 1], policy[2 * FJ_SHA256_LEN + 1];
	const char *alg = o->area.scheme == VER_TPM_SM2 ? "SM2" : o->area.scheme == VER_TPM_ECDSA ? "P-256" : NULL;
	const char *said = o->said.type == VER_TPM_CREATION ? "made in this TPM" : o->said.type == VER_TPM_CERTIFY ? "in this TPM" : NULL;

	fj_hex(o->area.name, VER_TPM_NAME, name);
	fj_hex(o->area.policy.p, o->area.policy.len, policy);
	return json_pack("{s:s, s:s, s:s*, s:s, s:o, s:s*, s:s?}", "name", o->name, "use", use_of(o), "alg", alg, "tpm_name", name, "attributes", attributes(o->area.attributes),
	    "policy", o->area.policy.len > 0 ? policy : NULL, "attested", said);
}

static json_t *quote_json(const struct ver_attestation *a)
{
	json_t *values = json_object();
	char number[12], hex[2 * FJ_SHA256_LEN + 1];
	size_t k = 0;

	for (unsigned i = 0; i < 32 && (k + 1) * FJ_SHA256_LEN <= a->registers.len; i++) {
		if (!(a->quote.said.registers & (1u << i)))
			continue;
		snprintf(number, sizeof(number), "%u", i);
		fj_hex(a->registers.data + k++ * FJ_SHA256_LEN, FJ_SHA256_LEN, hex);
		json_object_set_new(values, number, json_string(hex));
	}
	return json_pack("{s:o, s:I, s:I, s:I}", "sha256", values, "resets", (json_int_t)a->quote.said.resets, "restarts", (json_int_t)a->quote.said.restarts,
	    "clock_ms", (json_int_t)(a->quote.said.clock & INT64_MAX));
}

static json_t *ek_json(const struct ver_endorsement *e)
{
	struct fj_hash h;
	char hex[65], index[12];

	fj_sha256(fj_buf_slice(&e->der), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	snprintf(index, sizeof(index), "0x%08x", e->index);
	return json_pack("{s:s, s:s, s:s, s:b, s:b}", "index", index, "sha256", hex, "issuer", e->issuer, "vendor", e->vendor, "bound", e->bound);
}

/* what the files can't show, said each time */
static json_t *not_checked(const struct ver_attestation *a)
{
	json_t *list = json_array();

	if (a->tpm == VER_TPM_NONE)
		return list;
	if (a->check[AT_BOND].outcome != VER_PASS)
		json_array_append_new(list, json_string("that the attestation key is a TPM's, which a challenge to its endorsement key shows / 证明密钥确在 TPM 中（须以背书密钥质询核验）"));
	json_array_append_new(list, json_string("what the registers' values should be / 寄存器的应有值"));
	for (size_t i = 0; i < a->n; i++)
		if (a->object[i].area.kind == VER_AREA_SEALED) {
			json_array_append_new(list, json_string("of sealed keys which public key they are: they sign in the signer's memory / 封存密钥对应的公钥（在签名服务内存中使用）"));
			break;
		}
	return list;
}

json_t *ver_attestation_json(const struct ver_attestation *a)
{
	json_t *checks = json_array(), *objects = json_array(), *eks = json_array();
	char at[FJ_TIME_CAP];

	for (size_t k = 0; k < AT_COUNT; k++)
		json_array_append_new(checks, ver_check_json(&a->check[k]));
	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(objects, object_json(&a->object[i]));
	for (size_t i = 0; i < a->n_ek; i++)
		json_array_append_new(eks, ek_json(&a->ek[i]));
	fj_time_utc(a->at, at);
	return json_pack("{s:s, s:{s:s, s:s}, s:s*, s:o, s:o, s:O, s:o, s:o*, s:O*, s:s*, s:o}", "tpm", ver_tpm_name(a->tpm), "text", "en", ver_tpm_text(a->tpm, false), "zh", ver_tpm_text(a->tpm, true),
	    "at", a->at != 0 ? at : NULL, "checks", checks, "objects", objects, "certificates", a->certificates, "endorsement", eks,
	    "quote", a->quote.said.type != 0 ? quote_json(a) : NULL, "missing", a->missing, "moves_to", a->moves_to[0] != '\0' ? a->moves_to : NULL, "not_checked", not_checked(a));
}
