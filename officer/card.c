/*
 * card.c - an officer's key on a card or token, by PKCS#11 (Cryptoki 2.40).
 *
 * The module is the maker's library, named by its whole path: no search path decides what
 * code sees the PIN.  It runs in this process, so what it does is believed no more than a
 * signature that verifies (key.c).  CKM_ECDSA over the digest gives r || s of 64 octets,
 * which is what a TPM's PolicySigned takes.  Token and private key are named by their labels;
 * two of one label are refused, since nobody could say which one signed.  The public key is
 * the one with the private key's CKA_ID (some makers label it otherwise), or of its label where
 * there is none.  A key that wants its PIN before each signature gets it.
 */
#include <dlfcn.h>

#define CRYPTOKI_COMPAT
#include <p11-kit-1/p11-kit/pkcs11.h>

#include "officer/officer.h"

#define SLOTS_MAX 64
#define ID_MAX 64 /* octets of a CKA_ID */

struct ofc_card {
	void *module;
	CK_FUNCTION_LIST *f;
	bool begun;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE private_key, public_key;
	struct fj_secret pin; /* empty: typed at the reader itself */
};

static const CK_BYTE p256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}; /* OID prime256v1 */

static enum fj_rc no(struct fj_err *err, const char *what, CK_RV rv)
{
	return fj_fail_code(err, FJ_E_CRYPTO, OFC_LAYER, (long)rv, "the card's module said no at %s: 0x%lx (PKCS #11 return value)", what, (unsigned long)rv);
}

void ofc_card_close(struct ofc_card *c)
{
	if (c == NULL)
		return;
	if (c->session != 0)
		(void)c->f->C_CloseSession(c->session);
	if (c->begun)
		(void)c->f->C_Finalize(NULL);
	if (c->module != NULL)
		dlclose(c->module);
	fj_secret_release(&c->pin);
	fj_free(c);
}
FJ_DEFINE_AUTO_PTR(ofc_card, struct ofc_card, ofc_card_close)

static enum fj_rc load(struct ofc_card *c, const char *path, struct fj_err *err)
{
	CK_C_GetFunctionList get;

	if (path[0] != '/')
		return fj_refuse(err, FJ_E_USAGE, OFC_LAYER, NULL, "--card is the whole path of the card maker's module, such as /usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "--card 应为厂商模块的完整路径，如 /usr/lib/x86_64-linux-gnu/opensc-pkcs11.so");
	c->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (c->module == NULL)
		return ofc_refuse(err, FJ_E_UNAVAILABLE, "the module can't be loaded: %s", "无法加载模块：%s", dlerror());
	void *symbol = dlsym(c->module, "C_GetFunctionList");
	memcpy(&get, &symbol, sizeof(get));
	if (symbol == NULL || get(&c->f) != CKR_OK || c->f == NULL)
		return ofc_refuse(err, FJ_E_UNAVAILABLE, "%s is no PKCS#11 module", "%s 不是 PKCS#11 模块", path);
	CK_RV rv = c->f->C_Initialize(NULL);
	c->begun = rv == CKR_OK;
	return c->begun ? FJ_OK : no(err, "C_Initialize", rv);
}

/* labels are padded with spaces */
static bool label_is(const CK_UTF8CHAR *label, size_t len, const char *want)
{
	while (len > 0 && label[len - 1] == ' ')
		len--;
	return len == strlen(want) && memcmp(label, want, len) == 0;
}

static enum fj_rc find_slot(const struct ofc_card *c, const char *token, CK_SLOT_ID *slot, CK_TOKEN_INFO *info, struct fj_err *err)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	CK_TOKEN_INFO t;
	size_t found = 0;

	CK_RV rv = c->f->C_GetSlotList(CK_TRUE, slots, &n);
	if (rv != CKR_OK || n > SLOTS_MAX)
		return no(err, "C_GetSlotList", rv);
	for (CK_ULONG i = 0; i < n; i++)
		if (c->f->C_GetTokenInfo(slots[i], &t) == CKR_OK && label_is(t.label, sizeof(t.label), token)) {
			*slot = slots[i];
			*info = t;
			found++;
		}
	if (found == 1)
		return FJ_OK;
	return found == 0 ? ofc_refuse(err, FJ_E_NOTFOUND, "there is no token with the label \"%s\"; is the card in?", "没有标签为“%s”的卡，请确认卡已插入", token)
	    : ofc_refuse(err, FJ_E_INVALID, "two tokens have the label \"%s\"; take one out", "有两张卡的标签均为“%s”，请取下一张", token);
}

static enum fj_rc login(const struct ofc_card *c, CK_USER_TYPE as, struct fj_err *err)
{
	CK_RV rv = c->f->C_Login(c->session, as, c->pin.p, c->pin.len);

	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
		return fj_refuse(err, FJ_E_AUTH, OFC_LAYER, NULL, "the PIN is wrong; nothing was signed. After some wrong ones a card locks itself: try again with care", "PIN 错误，未作任何签名。多次输错会锁卡，请谨慎重试");
	if (rv == CKR_PIN_LOCKED)
		return fj_refuse(err, FJ_E_AUTH, OFC_LAYER, NULL, "the card's PIN is locked; its issuer unlocks it", "卡的 PIN 已锁定，请联系发卡方解锁");
	return rv == CKR_OK ? FJ_OK : no(err, "C_Login", rv);
}

static enum fj_rc first_login(const struct ofc *o, struct ofc_card *c, const CK_TOKEN_INFO *t, struct fj_err *err)
{
	if (t->flags & CKF_USER_PIN_LOCKED)
		return fj_refuse(err, FJ_E_AUTH, OFC_LAYER, NULL, "the card's PIN is locked; its issuer unlocks it", "卡的 PIN 已锁定，请联系发卡方解锁");
	if (!(t->flags & CKF_PROTECTED_AUTHENTICATION_PATH))
		FJ_TRY(ofc_secret(o, true, false, &c->pin, err));
	return login(c, CKU_USER, err);
}

/* EC keys of a class with one more attribute; *found: how many there are, 2 for more than one */
static enum fj_rc find(const struct ofc_card *c, CK_OBJECT_CLASS class, CK_ATTRIBUTE by, CK_OBJECT_HANDLE *out, CK_ULONG *found, struct fj_err *err)
{
	CK_KEY_TYPE ec = CKK_EC;
	CK_OBJECT_HANDLE both[2];
	CK_ATTRIBUTE want[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_KEY_TYPE, &ec, sizeof(ec)}, by};

	*found = 0;
	CK_RV rv = c->f->C_FindObjectsInit(c->session, want, FJ_ARRAY_LEN(want));
	if (rv == CKR_OK) {
		rv = c->f->C_FindObjects(c->session, both, 2, found);
		(void)c->f->C_FindObjectsFinal(c->session);
	}
	if (rv != CKR_OK)
		return no(err, "C_FindObjects", rv);
	*out = *found > 0 ? both[0] : 0;
	return FJ_OK;
}

static CK_ATTRIBUTE labelled(const char *label)
{
	return (CK_ATTRIBUTE){CKA_LABEL, (void *)(uintptr_t)label, strlen(label)};
}

static enum fj_rc find_one(const struct ofc_card *c, CK_OBJECT_CLASS class, CK_ATTRIBUTE by, const char *label, CK_OBJECT_HANDLE *out, struct fj_err *err)
{
	CK_ULONG n;

	FJ_TRY(find(c, class, by, out, &n, err));
	if (n == 1)
		return FJ_OK;
	return n == 0 ? ofc_refuse(err, FJ_E_NOTFOUND, "the card has no EC key pair with the label \"%s\"; make one with `fujie-officer new --card …`", "卡上没有标签为“%s”的椭圆曲线密钥对，可用 fujie-officer new --card … 生成", label)
	    : ofc_refuse(err, FJ_E_INVALID, "the card has more than one key with the label \"%s\"; rename one", "卡上有多个标签为“%s”的密钥，请改名", label);
}

static enum fj_rc find_pair(struct ofc_card *c, const char *label, struct fj_err *err)
{
	CK_BYTE id[ID_MAX];
	CK_ATTRIBUTE by = {CKA_ID, id, sizeof(id)};

	FJ_TRY(find_one(c, CKO_PRIVATE_KEY, labelled(label), label, &c->private_key, err));
	CK_RV rv = c->f->C_GetAttributeValue(c->session, c->private_key, &by, 1);
	if (rv != CKR_OK || by.ulValueLen > sizeof(id) || by.ulValueLen == 0)
		by = labelled(label);
	return find_one(c, CKO_PUBLIC_KEY, by, label, &c->public_key, err);
}

static enum fj_rc generate(struct ofc_card *c, const char *label, struct fj_err *err)
{
	CK_BBOOL yes = CK_TRUE, never = CK_FALSE;
	CK_ULONG n, m;
	CK_BYTE id[16];
	void *curve = (void *)(uintptr_t)p256;
	CK_MECHANISM how = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
	CK_ATTRIBUTE pub[] = {{CKA_TOKEN, &yes, sizeof(yes)}, {CKA_VERIFY, &yes, sizeof(yes)}, {CKA_EC_PARAMS, curve, sizeof(p256)}, {CKA_ID, id, sizeof(id)}, labelled(label)};
	CK_ATTRIBUTE priv[] = {{CKA_TOKEN, &yes, sizeof(yes)}, {CKA_PRIVATE, &yes, sizeof(yes)}, {CKA_SIGN, &yes, sizeof(yes)},
		{CKA_SENSITIVE, &yes, sizeof(yes)}, {CKA_EXTRACTABLE, &never, sizeof(never)}, {CKA_ID, id, sizeof(id)}, labelled(label)};

	fj_random(id, sizeof(id));
	FJ_TRY(find(c, CKO_PRIVATE_KEY, labelled(label), &c->private_key, &n, err));
	FJ_TRY(find(c, CKO_PUBLIC_KEY, labelled(label), &c->public_key, &m, err));
	if (n + m > 0)
		return ofc_refuse(err, FJ_E_EXISTS, "the card has a key with the label \"%s\" already; choose another --object", "卡上已有标签为“%s”的密钥，请另取 --object 标签", label);
	CK_RV rv = c->f->C_GenerateKeyPair(c->session, &how, pub, FJ_ARRAY_LEN(pub), priv, FJ_ARRAY_LEN(priv), &c->public_key, &c->private_key);
	return rv == CKR_OK ? FJ_OK : no(err, "C_GenerateKeyPair", rv);
}

enum fj_rc ofc_card_open(const struct ofc *o, bool make, struct ofc_card **out, struct fj_err *err)
{
	FJ_AUTO(ofc_card) c = fj_alloc(1, sizeof(*c));
	CK_TOKEN_INFO info = {0};
	CK_SLOT_ID slot = 0;

	if (c == NULL)
		return fj_no_memory(err, OFC_LAYER);
	if (o->token == NULL || o->object == NULL)
		return fj_refuse(err, FJ_E_USAGE, OFC_LAYER, NULL, "a card needs --token LABEL and --object LABEL", "使用卡时须给出 --token 标签 与 --object 标签");
	FJ_TRY(load(c, o->card, err));
	FJ_TRY(find_slot(c, o->token, &slot, &info, err));
	CK_RV rv = c->f->C_OpenSession(slot, CKF_SERIAL_SESSION | (make ? CKF_RW_SESSION : 0), NULL, NULL, &c->session);
	if (rv != CKR_OK)
		return no(err, "C_OpenSession", rv);
	FJ_TRY(first_login(o, c, &info, err));
	FJ_TRY(make ? generate(c, o->object, err) : find_pair(c, o->object, err));
	*out = fj_move(c);
	return FJ_OK;
}

/* CKA_EC_POINT is an uncompressed point within an OCTET STRING; some modules leave that out */
enum fj_rc ofc_card_xy(const struct ofc_card *c, uint8_t xy[64], struct fj_err *err)
{
	CK_BYTE curve[64], point[128];
	CK_ATTRIBUTE a[] = {{CKA_EC_PARAMS, curve, sizeof(curve)}, {CKA_EC_POINT, point, sizeof(point)}};
	CK_RV rv = c->f->C_GetAttributeValue(c->session, c->public_key, a, FJ_ARRAY_LEN(a));

	if (rv != CKR_OK)
		return no(err, "C_GetAttributeValue", rv);
	size_t head = a[1].ulValueLen == 67 && point[0] == 0x04 && point[1] == 65 ? 2 : 0;
	if (a[0].ulValueLen != sizeof(p256) || memcmp(curve, p256, sizeof(p256)) != 0 || a[1].ulValueLen != head + 65 || point[head] != 0x04)
		return fj_refuse(err, FJ_E_UNSUPPORTED, OFC_LAYER, "formats.md 22", "the card's key is not on P-256, as an officer's key is. Make one with `fujie-officer new --card …`", "卡上的密钥不是官员密钥所用的 P-256 密钥，请用 fujie-officer new --card … 生成");
	memcpy(xy, point + head + 1, 64);
	return FJ_OK;
}

enum fj_rc ofc_card_sign(const struct ofc_card *c, const struct fj_hash *digest, uint8_t sig[64], struct fj_err *err)
{
	CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0};
	CK_BYTE out[128], in[FJ_SHA256_LEN];
	CK_ULONG n = sizeof(out);

	CK_BBOOL each = CK_FALSE;
	CK_ATTRIBUTE a = {CKA_ALWAYS_AUTHENTICATE, &each, sizeof(each)};

	memcpy(in, digest->b, sizeof(in));
	if (c->f->C_GetAttributeValue(c->session, c->private_key, &a, 1) != CKR_OK)
		each = CK_FALSE; /* an older module has no such attribute */
	CK_RV rv = c->f->C_SignInit(c->session, &ecdsa, c->private_key);
	if (rv == CKR_OK && each)
		FJ_TRY(login(c, CKU_CONTEXT_SPECIFIC, err));
	if (rv == CKR_OK)
		rv = c->f->C_Sign(c->session, in, sizeof(in), out, &n);
	if (rv != CKR_OK || n != 64)
		return no(err, "C_Sign", rv);
	memcpy(sig, out, 64);
	return FJ_OK;
}
