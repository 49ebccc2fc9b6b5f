/*
 * tpm.c - ESAPI: making, finding and using the keys.
 *
 * Keys are children of a storage key.  Those that sign all day are persistent, so that signing
 * needs no transient slot (a software TPM has three); the others are loaded for one use and
 * flushed in the same function, or by the end of the signature.  No session is left open: those
 * that are needed (salted, for unsealing) are flushed in the same function.  What an end in the
 * middle left loaded is flushed at the start.  Every refusal of the TPM carries its code.
 *
 * Dictionary attack protection (TPM 2.0 Part 1, 19.8) is off for our keys: their
 * authorisation is empty, custody is the TPM's own, so there is no password to
 * guess; or it is 32 random octets, which nobody guesses (unseal.c).  With it, each end without TPM2_Shutdown counts as a guess, and the third
 * locks every key for minutes.  The endorsement keys of others have it: we say
 * TPM2_Shutdown at an orderly end and lift a lockout at the start.
 */
#include "hsm/tpm_internal.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <tss2/tss2_mu.h>

#include "base/der.h"
#include "base/log.h"

#define FIRST_HANDLE 0x81004600u
#define LAST_HANDLE 0x8100ffffu
#define COUNTER 0x01810000u

void tpm_mem_release(void **p)
{
	Esys_Free(*p);
}

/* what a TPM says of its own state (TPM 2.0 Part 2, 6.6), and what helps */
static const struct {
	TPM2_RC code;
	bool full; /* loaded objects or sessions fill it: what we did not load is flushed, and it is asked once more */
	const char *en, *zh;
} sick[] = {
	{TPM2_RC_FAILURE, false, "it is in failure mode: restart the machine; if that does not help, it is broken, and the spare is needed", "TPM 处于失效状态：请重启主机；重启无效的，TPM 已损坏，应启用备机"},
	{TPM2_RC_LOCKOUT, false, "it is in lockout after wrong passwords: wait, or lift it with the lockout password (tpm2_dictionarylockout -c)", "TPM 因口令错误被锁定：请等待，或者用锁定口令解除（tpm2_dictionarylockout -c）"},
	{TPM2_RC_NV_SPACE, false, "its storage is full: remove what nobody needs (tpm2_getcap handles-persistent, handles-nv-index; tpm2_evictcontrol)", "TPM 存储空间已满：请清除无用对象（tpm2_getcap handles-persistent、handles-nv-index；tpm2_evictcontrol）"},
	{TPM2_RC_NV_UNAVAILABLE, false, "it can't write its storage: look at its disk or its hardware", "TPM 无法写入存储：请检查其磁盘或者硬件"},
	{TPM2_RC_NV_RATE, false, "it slows writing down to spare its storage: wait a minute", "TPM 为保护存储而限制写入：请稍候再试"},
	{TPM2_RC_OBJECT_MEMORY, true, "its slots are full of other programs' keys: end those programs", "TPM 的密钥槽被其他程序占满：请结束这些程序"},
	{TPM2_RC_OBJECT_HANDLES, true, "its slots are full of other programs' keys: end those programs", "TPM 的密钥槽被其他程序占满：请结束这些程序"},
	{TPM2_RC_SESSION_MEMORY, true, "its slots are full of other programs' sessions: end those programs", "TPM 的会话槽被其他程序占满：请结束这些程序"},
	{TPM2_RC_SESSION_HANDLES, true, "its slots are full of other programs' sessions: end those programs", "TPM 的会话槽被其他程序占满：请结束这些程序"},
	{TPM2_RC_MEMORY, true, "its memory is full: end the other programs that use it", "TPM 内存已满：请结束使用它的其他程序"},
	{TPM2_RC_CONTEXT_GAP, true, "another program has kept a session for too long: end that program (tpm2_flushcontext -s)", "其他程序占用的会话过久，TPM 不能再建立会话：请结束该程序（tpm2_flushcontext -s）"},
	{TSS2_BASE_RC_NO_CONNECTION, false, "it has gone, or has not answered for half a minute: look at its process or its device; the signer is started again and again", "TPM 已断开，或者半分钟没有应答：请检查其进程或者设备；签名服务会不断重新启动"},
};

/* FJ_ARRAY_LEN(sick): it says something else */
static size_t sickness(TSS2_RC rc)
{
	size_t i = 0;

	while (i < FJ_ARRAY_LEN(sick) && sick[i].code != (rc & ~TSS2_RC_LAYER_MASK))
		i++;
	return i;
}

enum fj_rc tpm_fail(struct fj_err *err, TSS2_RC rc, const char *what)
{
	size_t i = sickness(rc);
	bool known = i < FJ_ARRAY_LEN(sick);
	enum fj_rc out = known && sick[i].code == TSS2_BASE_RC_NO_CONNECTION ? FJ_E_UNAVAILABLE : FJ_E_TPM;

	(void)!fj_fail_code(err, out, "tpm", (long)rc, "the TPM refuses to %s (code 0x%x)%s%s", what, rc, known ? "; " : "", known ? sick[i].en : "");
	fj_err_zh(err, "%s（代码 0x%x）", known ? sick[i].zh : "TPM 拒绝操作", rc);
	return out;
}

bool hsm_tpm_stays(const struct fj_err *err)
{
	size_t i = sickness((TSS2_RC)err->code);

	return err->rc == FJ_E_TPM && err->code != 0 && i < FJ_ARRAY_LEN(sick) && sick[i].code != TPM2_RC_FAILURE;
}

static bool is_full(TSS2_RC rc)
{
	size_t i = sickness(rc);

	return i < FJ_ARRAY_LEN(sick) && sick[i].full;
}

bool hsm_tpm_lost(const struct hsm_tpm *t)
{
	return t->tcti.lost != 0;
}

static bool find(struct hsm_tpm *t, uint32_t handle, ESYS_TR *out)
{
	if (Esys_TR_FromTPMPublic(t->ctx, handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, out) == TSS2_RC_SUCCESS)
		return true;
	*out = ESYS_TR_NONE;
	return false;
}

/* 0 when the TPM does not say */
static uint32_t property(struct hsm_tpm *t, TPM2_PT which)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	uint32_t v = 0;

	if (Esys_GetCapability(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
	    which, 1, NULL, &cap) != TSS2_RC_SUCCESS)
		return 0;
	const TPML_TAGGED_TPM_PROPERTY *p = &cap->data.tpmProperties;
	if (p->count > 0 && p->tpmProperty[0].property == which)
		v = p->tpmProperty[0].value;
	Esys_Free(cap);
	return v;
}

/* does the TPM implement the algorithm? */
static bool knows(struct hsm_tpm *t, TPM2_ALG_ID alg)
{
	TPMS_CAPABILITY_DATA *cap = NULL;

	if (Esys_GetCapability(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_ALGS, alg, 1, NULL, &cap) != TSS2_RC_SUCCESS)
		return false;
	bool there = cap->data.algorithms.count > 0 && cap->data.algorithms.algProperties[0].alg == alg;
	Esys_Free(cap);
	return there;
}

/* Only where the lockout authorisation is empty: a wrong one would lock that too. */
static void lift_lockout(struct hsm_tpm *t)
{
	uint32_t is = property(t, TPM2_PT_PERMANENT);

	if ((is & TPMA_PERMANENT_INLOCKOUT) == 0)
		return;
	if ((is & TPMA_PERMANENT_LOCKOUTAUTHSET) == 0 &&
	    Esys_DictionaryAttackLockReset(t->ctx, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE) == TSS2_RC_SUCCESS)
		fj_log(FJ_LOG_WARN, "the TPM was in lockout, as ends without a shutdown bring about; the lockout was lifted");
	else
		fj_log(FJ_LOG_WARN, "the TPM is in lockout, and it is not ours to lift; keys under its protection wait");
}

/* handles in use from this one on, as many as the TPM tells at once; FJ_E_TPM */
static enum fj_rc handles(struct hsm_tpm *t, uint32_t from, TPML_HANDLE *out, struct fj_err *err)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	TSS2_RC rc = Esys_GetCapability(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, from, TPM2_MAX_CAP_HANDLES, NULL, &cap);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "list its handles");
	*out = cap->data.handles;
	Esys_Free(cap);
	return FJ_OK;
}

/* what an end in the middle of a use left loaded would take the place that we need; a hardware TPM's
 * resource manager shows nobody what is not his own.  While sessions of ours await approvals, none is flushed. */
static void flush_strays(struct hsm_tpm *t)
{
	static const uint32_t ranges[] = {TPM2_TRANSIENT_FIRST, TPM2_LOADED_SESSION_FIRST};
	TPML_HANDLE list;

	for (size_t k = 0; k < FJ_ARRAY_LEN(ranges); k++) {
		if ((ranges[k] == TPM2_LOADED_SESSION_FIRST && t->open > 0) || handles(t, ranges[k], &list, NULL) != FJ_OK)
			continue;
		for (uint32_t i = 0; i < list.count && list.handle[i] >> 24 == ranges[k] >> 24; i++) {
			ESYS_TR tr;
			if (find(t, list.handle[i], &tr) && Esys_FlushContext(t->ctx, tr) == TSS2_RC_SUCCESS)
				fj_log(FJ_LOG_INFO, "an object that an earlier end had left in the TPM was flushed");
		}
	}
}

enum fj_rc hsm_tpm_open(int fd, struct hsm_tpm **out, struct fj_err *err)
{
	FJ_AUTO(hsm_tpm) t = fj_alloc(1, sizeof(*t));

	if (t == NULL)
		return fj_no_memory(err, "hsm");
	t->storage = t->counter = t->used = ESYS_TR_NONE;
	for (size_t i = 0; i < HSM_MAX_KEYS; i++)
		t->key[i].tr = ESYS_TR_NONE;
	setenv("TSS2_LOG", "all+NONE", 0); /* its refusals are ours to tell */
	hsm_tcti_init(&t->tcti, fd);
	TSS2_RC rc = Esys_Initialize(&t->ctx, (TSS2_TCTI_CONTEXT *)&t->tcti, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "start");
	rc = Esys_Startup(t->ctx, TPM2_SU_CLEAR);
	if (rc != TSS2_RC_SUCCESS && rc != TPM2_RC_INITIALIZE)
		return tpm_fail(err, rc, "start up");
	lift_lockout(t);
	flush_strays(t);
	(void)find(t, COUNTER, &t->counter);
	t->maker = property(t, TPM2_PT_MANUFACTURER);
	if (hsm_tpm_lost(t))
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM has closed its stream");
	*out = fj_move(t);
	return FJ_OK;
}

void hsm_tpm_close(struct hsm_tpm *t)
{
	if (t == NULL)
		return;
	if (t->ctx != NULL)
		Esys_Finalize(&t->ctx);
	fj_free(t);
}

void hsm_tpm_shutdown(struct hsm_tpm *t)
{
	if (!hsm_tpm_lost(t))
		(void)Esys_Shutdown(t->ctx, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_SU_CLEAR);
}

static TPM2B_PUBLIC storage_template(void)
{
	return (TPM2B_PUBLIC){.publicArea = {.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
		    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
		    TPMA_OBJECT_NODA,
		.parameters.eccDetail = {
			.symmetric = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB},
			.scheme.scheme = TPM2_ALG_NULL, .curveID = TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL}}};
}

/* The key's one scheme is fixed in it: a key without would sign by any.  SM2 signs e = SM3(Z || M), which is computed
 * outside, since a software TPM has no SM3; the digest that the scheme names is then not used for anything. */
static TPM2B_PUBLIC signing_template(enum fj_alg alg, TPM2_ALG_ID hash)
{
	return (TPM2B_PUBLIC){.publicArea = {.type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
		    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
		.parameters.eccDetail = {.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {.scheme = alg == FJ_SM2 ? TPM2_ALG_SM2 : TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = hash},
			.curveID = alg == FJ_SM2 ? TPM2_ECC_SM2_P256 : TPM2_ECC_NIST_P256, .kdf.scheme = TPM2_ALG_NULL}}};
}

static TPM2B_PUBLIC sealed_template(void)
{
	return (TPM2B_PUBLIC){.publicArea = {.type = TPM2_ALG_KEYEDHASH, .nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH |
		    TPMA_OBJECT_NODA,
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL}};
}

/* --- blobs --- */

/* a structure of the TPM, marshalled, at the end of b */
#define MARSHAL(type, value, b) \
	do { \
		size_t n_ = 0; \
		uint8_t *room_ = fj_buf_reserve((b), HSM_BLOB_PART); \
		fj_buf_clear(b); \
		if (room_ == NULL || Tss2_MU_##type##_Marshal((value), room_, HSM_BLOB_PART, &n_) != TSS2_RC_SUCCESS) \
			return fj_fail(err, FJ_E_LIMIT, "tpm", NULL, "a " #type " of the TPM is too long to be kept"); \
		(b)->len = n_; \
	} while (0)

static bool read_public(const struct fj_buf *b, TPM2B_PUBLIC *out)
{
	size_t at = 0;

	return Tss2_MU_TPM2B_PUBLIC_Unmarshal(b->data, b->len, &at, out) == TSS2_RC_SUCCESS && at == b->len;
}

static bool read_private(const struct fj_buf *b, TPM2B_PRIVATE *out)
{
	size_t at = 0;

	return Tss2_MU_TPM2B_PRIVATE_Unmarshal(b->data, b->len, &at, out) == TSS2_RC_SUCCESS && at == b->len;
}

static bool same_public(const TPM2B_PUBLIC *a, const TPM2B_PUBLIC *b)
{
	uint8_t x[HSM_BLOB_PART], y[HSM_BLOB_PART];
	size_t n = 0, m = 0;

	return Tss2_MU_TPM2B_PUBLIC_Marshal(a, x, sizeof(x), &n) == TSS2_RC_SUCCESS && Tss2_MU_TPM2B_PUBLIC_Marshal(b, y, sizeof(y), &m) == TSS2_RC_SUCCESS &&
	    n == m && memcmp(x, y, n) == 0;
}

/* what stands at a handle is this key; another is not ours, and stays */
static enum fj_rc stands_there(struct hsm_tpm *t, ESYS_TR tr, uint32_t handle, const TPM2B_PUBLIC *want, struct fj_err *err)
{
	TPM2B_PUBLIC *pub = NULL;
	TSS2_RC rc = Esys_ReadPublic(t->ctx, tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "read a public key");
	bool same = same_public(pub, want);
	Esys_Free(pub);
	return same ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "at handle 0x%08x stands a key that is not the one of this folder: this is another TPM, or somebody put it there; nothing of it was touched", handle);
}

static enum fj_rc persist(struct hsm_tpm *t, ESYS_TR obj, uint32_t handle, ESYS_TR *out, struct fj_err *err)
{
	TSS2_RC rc = Esys_EvictControl(t->ctx, ESYS_TR_RH_OWNER, obj, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, out);

	Esys_FlushContext(t->ctx, obj);
	if (rc != TSS2_RC_SUCCESS)
		*out = ESYS_TR_NONE;
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "make a key persistent");
}

enum fj_rc hsm_tpm_free_handles(struct hsm_tpm *t, uint32_t *out, size_t n, struct fj_err *err)
{
	uint32_t room = property(t, TPM2_PT_HR_PERSISTENT_AVAIL), next = FIRST_HANDLE;
	TPML_HANDLE list;
	size_t found = 0;

	if (room < n)
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM has room for %u more persistent keys, %zu are needed; what others left there is listed by tpm2_getcap handles-persistent", room, n);
	FJ_TRY(handles(t, FIRST_HANDLE, &list, err));
	for (uint32_t i = 0; found < n && next <= LAST_HANDLE; next++) {
		while (i < list.count && list.handle[i] < next)
			i++;
		if (i == list.count || list.handle[i] != next)
			out[found++] = next;
	}
	return found == n ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "no %zu handles are free between 0x%08x and 0x%08x", n, FIRST_HANDLE, LAST_HANDLE);
}

/* the primary of the owner's seed by our template: the same each time, as long as the seed is */
static enum fj_rc make_storage(struct hsm_tpm *t, ESYS_TR *obj, TPM2B_PUBLIC *out, struct fj_err *err)
{
	TPM2B_PUBLIC pub = storage_template(), *made = NULL;
	TPM2B_SENSITIVE_CREATE sens = {0};
	TPM2B_DATA info = {0};
	TPML_PCR_SELECTION pcr = {0};

	TSS2_RC rc = Esys_CreatePrimary(t->ctx, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sens, &pub, &info, &pcr, obj, &made, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "make the storage key");
	*out = *made;
	Esys_Free(made);
	return FJ_OK;
}

enum fj_rc hsm_tpm_storage(struct hsm_tpm *t, uint32_t handle, struct hsm_blob *b, struct fj_err *err)
{
	TPM2B_PUBLIC kept = {0}, made;
	ESYS_TR obj;
	bool known = b->pub.len > 0;

	if (known && !read_public(&b->pub, &kept))
		return fj_fail(err, FJ_E_CORRUPT, "tpm", NULL, "the storage key's public area is malformed");
	if (find(t, handle, &t->storage))
		return known ? stands_there(t, t->storage, handle, &kept, err) : fj_fail(err, FJ_E_TPM, "tpm", NULL, "handle 0x%08x was free and is not any more", handle);
	FJ_TRY(make_storage(t, &obj, &made, err));
	if (known && !same_public(&kept, &made)) {
		Esys_FlushContext(t->ctx, obj);
		return fj_refuse(err, FJ_E_TPM, "tpm", NULL, "this TPM makes another storage key than the one of this folder: it is another TPM, or it was cleared and its keys are gone for ever; nothing was made anew: put the right TPM back, or take the spare into service",
		    "此 TPM 的存储密钥与本系统的不符：不是原来的 TPM，或者 TPM 已被清除，其中的密钥不可恢复；系统没有重新生成任何密钥：请换回原 TPM，或者启用备机");
	}
	if (!known)
		MARSHAL(TPM2B_PUBLIC, &made, &b->pub);
	return persist(t, obj, handle, &t->storage, err);
}

enum fj_rc tpm_create(struct hsm_tpm *t, const TPM2B_PUBLIC *pub, const TPM2B_SENSITIVE_CREATE *sens, struct hsm_blob *b, struct fj_err *err)
{
	TPM2B_DATA info = {0};
	TPML_PCR_SELECTION pcr = {0};
	TPM2B_PRIVATE *priv = NULL;
	TPM2B_PUBLIC *made = NULL;
	TPM2B_CREATION_DATA *data = NULL;
	TPM2B_DIGEST *hash = NULL;
	TPMT_TK_CREATION *ticket = NULL;

	TSS2_RC rc = Esys_Create(t->ctx, t->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, sens, pub, &info, &pcr, &priv, &made, &data, &hash, &ticket);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "make a key");
	FJ_AUTO(tpm_mem) m1 = priv, m2 = made, m3 = data, m4 = hash, m5 = ticket;
	(void)m1, (void)m2, (void)m3, (void)m4, (void)m5;
	MARSHAL(TPM2B_PRIVATE, priv, &b->priv);
	MARSHAL(TPM2B_PUBLIC, made, &b->pub);
	MARSHAL(TPM2B_CREATION_DATA, data, &b->creation);
	MARSHAL(TPMT_TK_CREATION, ticket, &b->ticket);
	if (hash->size != FJ_SHA256_LEN)
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM answered a creation hash of another form");
	memcpy(b->creation_hash.b, hash->buffer, FJ_SHA256_LEN);
	return FJ_OK;
}

/* SM2's scheme names SM3 where the TPM has it */
static TPM2_ALG_ID digest_of(struct hsm_tpm *t, enum fj_alg alg)
{
	return alg == FJ_SM2 && knows(t, TPM2_ALG_SM3_256) ? TPM2_ALG_SM3_256 : TPM2_ALG_SHA256;
}

enum fj_rc hsm_tpm_create(struct hsm_tpm *t, enum fj_alg alg, const struct fj_slice *secret, const struct fj_hash *policy, bool moves, struct hsm_blob *b, struct fj_err *err)
{
	TPM2B_PUBLIC pub = secret != NULL ? sealed_template() : signing_template(alg, digest_of(t, alg));
	TPM2B_SENSITIVE_CREATE sens = {0};

	if (secret == NULL && alg == FJ_SM2 && !knows(t, TPM2_ALG_SM2))
		return fj_fail(err, FJ_E_UNSUPPORTED, "tpm", NULL, "this TPM does not know SM2 (tpm2_getcap algorithms); hold the ceremony without it, or take a TPM that does");
	if (policy != NULL) { /* adminWithPolicy is not set either: with it, Certify would want the officers too */
		if (secret == NULL || !moves) /* octets that move are unsealed without their policy, which is for moving alone */
			pub.publicArea.objectAttributes &= ~(TPMA_OBJECT)TPMA_OBJECT_USERWITHAUTH;
		pub.publicArea.authPolicy.size = FJ_SHA256_LEN;
		memcpy(pub.publicArea.authPolicy.buffer, policy->b, FJ_SHA256_LEN);
	}
	if (moves)
		pub.publicArea.objectAttributes &= ~(TPMA_OBJECT)(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT);
	if (secret != NULL) {
		sens.sensitive.data.size = (UINT16)secret->len;
		memcpy(sens.sensitive.data.buffer, secret->p, secret->len);
	}
	enum fj_rc rc = tpm_create(t, &pub, &sens, b, err);
	fj_wipe(&sens, sizeof(sens));
	return rc;
}

enum fj_rc hsm_tpm_create_locked(struct hsm_tpm *t, enum fj_alg alg, const struct fj_secret *auth, struct hsm_blob *b, struct fj_err *err)
{
	TPM2B_PUBLIC pub = signing_template(alg, digest_of(t, alg));
	TPM2B_SENSITIVE_CREATE sens = {.sensitive.userAuth.size = (UINT16)auth->len};

	if (auth->len != FJ_SHA256_LEN)
		return fj_fail(err, FJ_E_INTERNAL, "tpm", NULL, "a key's password is not 32 octets");
	memcpy(sens.sensitive.userAuth.buffer, auth->p, auth->len);
	enum fj_rc rc = tpm_create(t, &pub, &sens, b, err);
	fj_wipe(&sens, sizeof(sens));
	return rc;
}

void hsm_tpm_auth(struct hsm_tpm *t, unsigned key, const struct fj_secret *auth)
{
	t->key[key].auth = auth;
}

static enum fj_rc load(struct hsm_tpm *t, const struct key *k, ESYS_TR *out, struct fj_err *err)
{
	TSS2_RC rc = Esys_Load(t->ctx, t->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &k->priv, &k->pub, out);

	if (is_full(rc)) {
		flush_strays(t);
		rc = Esys_Load(t->ctx, t->storage, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &k->priv, &k->pub, out);
	}
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "load a key");
}

enum fj_rc hsm_tpm_attach(struct hsm_tpm *t, unsigned key, const struct hsm_blob *b, uint32_t handle, struct fj_err *err)
{
	struct key *k = &t->key[key];
	ESYS_TR obj;

	k->pub.size = 0; /* it reads into an empty one only */
	if (!read_public(&b->pub, &k->pub) || !read_private(&b->priv, &k->priv))
		return fj_fail(err, FJ_E_CORRUPT, "tpm", NULL, "the blob of key %u is malformed", key);
	if (handle == 0)
		return FJ_OK;
	if (find(t, handle, &k->tr))
		return stands_there(t, k->tr, handle, &k->pub, err);
	FJ_TRY(load(t, k, &obj, err));
	return persist(t, obj, handle, &k->tr, err);
}

enum fj_rc hsm_tpm_evict(struct hsm_tpm *t, unsigned key, const struct hsm_blob *b, uint32_t handle, struct fj_err *err)
{
	struct key *k = &t->key[key];
	TPM2B_PUBLIC pub = {0};
	ESYS_TR tr, none;

	if (!read_public(&b->pub, &pub))
		return fj_fail(err, FJ_E_CORRUPT, "tpm", NULL, "the blob of key %u is malformed", key);
	k->tr = ESYS_TR_NONE;
	fj_wipe(&k->priv, sizeof(k->priv));
	if (handle == 0 || !find(t, handle, &tr))
		return FJ_OK;
	if (stands_there(t, tr, handle, &pub, NULL) != FJ_OK)
		return FJ_OK; /* somebody else's */
	TSS2_RC rc = Esys_EvictControl(t->ctx, ESYS_TR_RH_OWNER, tr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, handle, &none);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "take a key out");
}

enum fj_rc tpm_take(struct hsm_tpm *t, unsigned key, ESYS_TR *tr, struct fj_err *err)
{
	struct key *k = &t->key[key];

	*tr = k->tr;
	return *tr != ESYS_TR_NONE ? FJ_OK : load(t, k, tr, err);
}

void tpm_let_go(struct hsm_tpm *t, unsigned key, ESYS_TR tr)
{
	if (tr != t->key[key].tr)
		Esys_FlushContext(t->ctx, tr);
}

enum fj_rc hsm_tpm_public(const struct hsm_tpm *t, unsigned key, struct fj_buf *spki, struct fj_err *err)
{
	/* SEQUENCE { SEQUENCE { id-ecPublicKey, curve }, BIT STRING of an uncompressed point }, RFC 5480 2; both curves' names have eight octets */
	static const struct {
		TPMI_ECC_CURVE curve;
		uint8_t oid[8];
	} curves[] = {{TPM2_ECC_NIST_P256, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}}, {TPM2_ECC_SM2_P256, {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}}};
	static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08}, bits[] = {0x03, 0x42, 0x00, 0x04};
	const TPMT_PUBLIC *pub = &t->key[key].pub.publicArea;
	const TPMS_ECC_POINT *p = &pub->unique.ecc;
	uint8_t xy[64] = {0};
	size_t c = 0;

	while (c < FJ_ARRAY_LEN(curves) && (pub->type != TPM2_ALG_ECC || pub->parameters.eccDetail.curveID != curves[c].curve))
		c++;
	bool ok = c < FJ_ARRAY_LEN(curves) && p->x.size <= 32 && p->y.size <= 32;
	if (ok) {
		memcpy(xy + 32 - p->x.size, p->x.buffer, p->x.size);
		memcpy(xy + 64 - p->y.size, p->y.buffer, p->y.size);
	}
	if (!ok || fj_buf_put(spki, head, sizeof(head)) != FJ_OK || fj_buf_put(spki, curves[c].oid, sizeof(curves[c].oid)) != FJ_OK ||
	    fj_buf_put(spki, bits, sizeof(bits)) != FJ_OK || fj_buf_put(spki, xy, 64) != FJ_OK)
		return fj_fail(err, FJ_E_TPM, "tpm", NULL, "key %u is on neither P-256 nor SM2's curve", key);
	return FJ_OK;
}

static enum fj_rc unseal(struct hsm_tpm *t, ESYS_TR obj, TPM2B_SENSITIVE_DATA **data, struct fj_err *err)
{
	TPMT_SYM_DEF sym = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
	ESYS_TR s = ESYS_TR_NONE;

	TSS2_RC rc = Esys_StartAuthSession(t->ctx, t->storage, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
	    TPM2_SE_HMAC, &sym, TPM2_ALG_SHA256, &s);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TRSess_SetAttributes(t->ctx, s, TPMA_SESSION_ENCRYPT | TPMA_SESSION_CONTINUESESSION, 0xff);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Unseal(t->ctx, obj, s, ESYS_TR_NONE, ESYS_TR_NONE, data);
	if (s != ESYS_TR_NONE)
		Esys_FlushContext(t->ctx, s);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "unseal a key");
}

enum fj_rc hsm_tpm_unseal(struct hsm_tpm *t, unsigned key, struct fj_secret *secret, struct fj_err *err)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	ESYS_TR obj;

	FJ_TRY(tpm_take(t, key, &obj, err));
	enum fj_rc rc = unseal(t, obj, &data, err);
	tpm_let_go(t, key, obj);
	FJ_TRY(rc);
	rc = data->size == 32 ? fj_secret_copy(secret, FJ_SLICE(data->buffer, 32), err)
	    : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the sealed key %u is not 32 octets", key);
	fj_wipe(data, sizeof(*data));
	Esys_Free(data);
	return rc;
}

/* The library keeps a password in ordinary memory: it has it while a signature is made, and zeros before and after.  In its buffer
 * the answer takes the command's place. */
static void give_auth(struct hsm_tpm *t, unsigned key, ESYS_TR obj)
{
	const struct fj_secret *auth = t->key[key].auth;
	TPM2B_AUTH a = {.size = 0};

	if (auth == NULL || auth->len > sizeof(a.buffer))
		return;
	a.size = (UINT16)auth->len;
	if (auth->len > 0)
		memcpy(a.buffer, auth->p, auth->len);
	Esys_TR_SetAuth(t->ctx, obj, &a);
	fj_wipe(&a, sizeof(a));
}

static void take_auth(struct hsm_tpm *t, unsigned key)
{
	TPM2B_AUTH none = {.size = 0};

	if (t->key[key].auth != NULL && t->key[key].tr != ESYS_TR_NONE)
		Esys_TR_SetAuth(t->ctx, t->key[key].tr, &none);
}

enum fj_rc hsm_tpm_sign_start(struct hsm_tpm *t, unsigned key, const struct fj_hash *digest, struct fj_err *err)
{
	TPM2B_DIGEST d = {.size = FJ_SHA256_LEN};
	TPMT_SIG_SCHEME scheme = {0};
	TPMT_TK_HASHCHECK none = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};
	ESYS_TR obj;

	FJ_TRY(tpm_take(t, key, &obj, err));
	t->used = obj == t->key[key].tr ? ESYS_TR_NONE : obj;
	t->signing = key;
	t->digest = *digest;
	scheme.scheme = TPM2_ALG_NULL;
	memcpy(d.buffer, digest->b, FJ_SHA256_LEN);
	give_auth(t, key, obj);
	TSS2_RC rc = Esys_Sign_Async(t->ctx, obj, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &d, &scheme, &none);
	if (rc != TSS2_RC_SUCCESS)
		take_auth(t, key);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "sign");
}

static TSS2_RC await(struct hsm_tpm *t, TPMT_SIGNATURE **sig)
{
	TSS2_RC rc;

	Esys_SetTimeout(t->ctx, -1);
	do
		rc = Esys_Sign_Finish(t->ctx, sig);
	while ((rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_TRY_AGAIN);
	take_auth(t, t->signing);
	if (t->used != ESYS_TR_NONE)
		Esys_FlushContext(t->ctx, t->used);
	t->used = ESYS_TR_NONE;
	return rc;
}

bool tpm_raw(const TPMT_SIGNATURE *sig, uint8_t raw[64])
{
	const TPMS_SIGNATURE_ECC *e = &sig->signature.ecdsa; /* SM2's has the same form (Part 2, 11.2.2.3) */

	if ((sig->sigAlg != TPM2_ALG_ECDSA && sig->sigAlg != TPM2_ALG_SM2) || e->signatureR.size > 32 || e->signatureS.size > 32)
		return false;
	memset(raw, 0, 64); /* a TPM may strip leading zeros */
	memcpy(raw + 32 - e->signatureR.size, e->signatureR.buffer, e->signatureR.size);
	memcpy(raw + 64 - e->signatureS.size, e->signatureS.buffer, e->signatureS.size);
	return true;
}

enum fj_rc hsm_tpm_sign_finish(struct hsm_tpm *t, uint8_t raw[64], struct fj_err *err)
{
	TPMT_SIGNATURE *sig = NULL;
	struct fj_hash digest = t->digest;
	TSS2_RC rc = await(t, &sig);

	if (is_full(rc)) {
		flush_strays(t);
		FJ_TRY(hsm_tpm_sign_start(t, t->signing, &digest, err));
		rc = await(t, &sig);
	}
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "sign");
	rc = tpm_raw(sig, raw) ? TSS2_RC_SUCCESS : TSS2_BASE_RC_GENERAL_FAILURE;
	Esys_Free(sig);
	return rc == TSS2_RC_SUCCESS ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM answered a signature of another form");
}

/* --- the counter --- */

enum fj_rc hsm_tpm_counter(struct hsm_tpm *t, uint64_t *value, struct fj_err *err)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;

	if (t->counter == ESYS_TR_NONE)
		return fj_fail(err, FJ_E_NOTFOUND, "tpm", NULL, "the TPM has no counter at 0x%x", COUNTER);
	TSS2_RC rc = Esys_NV_Read(t->ctx, t->counter, t->counter, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, 8, 0, &data);
	if (rc != TSS2_RC_SUCCESS)
		return tpm_fail(err, rc, "read its counter");
	bool whole = data->size == 8;
	for (*value = 0; whole && data->size > 0; data->size--)
		*value = *value << 8 | data->buffer[8 - data->size];
	Esys_Free(data);
	return whole ? FJ_OK : fj_fail(err, FJ_E_TPM, "tpm", NULL, "the TPM's counter is not 8 octets");
}

enum fj_rc hsm_tpm_counter_up(struct hsm_tpm *t, struct fj_err *err)
{
	TSS2_RC rc = Esys_NV_Increment(t->ctx, t->counter, t->counter, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);

	return rc == TSS2_RC_SUCCESS ? FJ_OK : tpm_fail(err, rc, "raise its counter");
}

/* what an interrupted ceremony left is gone on with: it rises from where it stands */
enum fj_rc hsm_tpm_counter_make(struct hsm_tpm *t, struct fj_err *err)
{
	TPM2B_AUTH none = {0};
	TPM2B_NV_PUBLIC pub = {.nvPublic = {.nvIndex = COUNTER, .nameAlg = TPM2_ALG_SHA256, .dataSize = 8,
		.attributes = (TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT) | TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_OWNERREAD | TPMA_NV_NO_DA}};
	uint64_t value;

	if (t->counter != ESYS_TR_NONE && hsm_tpm_counter(t, &value, NULL) == FJ_OK)
		return FJ_OK;
	if (t->counter == ESYS_TR_NONE) {
		TSS2_RC rc = Esys_NV_DefineSpace(t->ctx, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &none, &pub, &t->counter);
		if (rc != TSS2_RC_SUCCESS)
			return tpm_fail(err, rc, "make a counter");
	}
	return hsm_tpm_counter_up(t, err); /* it has no value before */
}

void hsm_tpm_maker(const struct hsm_tpm *t, char out[8])
{
	uint32_t v = t->maker;

	memset(out, 0, 8);
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)(v >> (24 - 8 * i));
		out[i] = (char)(c >= 0x20 && c < 0x7f ? c : '\0');
	}
}
