/*
 * rollover.c - a role's newer key, and the end of its older one (docs/formats.md 26).
 *
 * Both keys live for a while, and each structure names the one that signs it: a token its kid, an OCSP answer its
 * responder; a head of the log is signed by both.  So no moment has to be agreed on between the register and us:
 * the register goes over when it has certificates of the newer key, and what it has under way is signed by the older.
 * A newer issuing key is nobody until the root has certified it (policy_x509.c), and the older one ends no sooner.
 * Both requests need two officers, and where approvals are checked an approval of just this act; both are good again
 * when their answer was lost.
 */
#include "base/log.h"
#include "hsm/signer.h"

#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))

struct wish {
	uint8_t role, generation;
	struct fj_slice approvals;
	unsigned officers;
};

static enum fj_rc read_wish(const struct fj_frame *f, bool generation, struct wish *w, struct fj_err *err)
{
	struct fj_rd r;

	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (fj_get_u8(&r, &w->role) != FJ_OK || w->role < HSM_ROOT || w->role >= HSM_ROLE_END || (generation && fj_get_u8(&r, &w->generation) != FJ_OK))
		return signer_broken(err, "a rollover's request is malformed");
	FJ_TRY(signer_names(&r, &w->approvals, &w->officers, err));
	return fj_rd_end(&r) == FJ_OK ? FJ_OK : signer_broken(err, "a rollover's request is longer than its approvals");
}

static enum fj_rc may(struct hsm_signer *s, const struct wish *w, struct fj_err *err)
{
	MUST(s->mem.ceremony == MEM_CLOSED && s->mem.slot[w->role] != 0, "design.md 2", "keys are rolled over after the ceremony, and of this role there is none");
	MUST(hsm_role(w->role)->rolls && (hsm_role(w->role)->as != HSM_ROOT || w->generation > 0), "formats.md 26", "this role's key is not rolled over: the root's has a successor with its officers (fujie ceremony succeed), the note's and the attestation key live as long as the appliance");
	MUST(w->officers >= 2, "R22", "a rollover needs the approval of two different officers");
	FJ_TRY(counter_open(s, err));
	FJ_TRY(clock_check(s, err));
	return counter_ready(s, err);
}

enum fj_rc signer_key_new(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct wish w = {.role = 0};
	char act[40];

	(void)from;
	FJ_TRY(read_wish(f, false, &w, err));
	FJ_TRY(may(s, &w, err));
	unsigned newer = HSM_NEWER(w.role);
	if (s->mem.slot[newer] == 0) {
		MUST(hsm_role(w.role)->as != HSM_ISSUING || s->mem.n_ca[hsm_role(w.role)->alg] < FJ_MAX_CAS, "formats.md 26", "the issuing CA has had as many keys as are remembered");
		snprintf(act, sizeof(act), HSM_ACT_ROLL ":%s", hsm_role(w.role)->name);
		FJ_TRY(intent_act(s, act, err));
		FJ_TRY(store_make_newer(s, w.role, err));
		FJ_TRY(signer_load_keys(s, err));
		fj_log(FJ_LOG_INFO, "generation %u of the %s key was made", s->mem.key[s->mem.slot[newer]].generation, hsm_role(w.role)->name);
	}
	return fj_put_bytes(answer, signer_spki(s, newer));
}

static enum fj_rc end(struct hsm_signer *s, unsigned slot, struct fj_err *err)
{
	uint8_t body = (uint8_t)slot;

	s->fatal = true; /* a record that failed may stand in the file or not */
	FJ_TRY(signer_record(s, AUDIT_KEY_END, FJ_SLICE(&body, 1), err));
	FJ_TRY(store_replay_end(&s->mem, FJ_SLICE(&body, 1), err));
	FJ_TRY(store_destroy(s, slot, err)); /* else at the next start */
	FJ_TRY(signer_load_keys(s, err));
	memset(s->x5c_ok, 0, sizeof(s->x5c_ok));
	s->fatal = false;
	return FJ_OK;
}

/* of this role a key of that generation, destroyed */
static bool ended_before(const struct hsm_memory *m, const struct wish *w)
{
	for (unsigned i = 1; i < HSM_MAX_KEYS; i++)
		if (m->key[i].ended && m->key[i].role == w->role && m->key[i].generation == w->generation)
			return w->generation < m->key[m->slot[w->role]].generation; /* and not one that a successor was begun with and given up */
	return false;
}

/* the key that may end: the older of the role's two; of a root one that has passed on.  0: none */
static unsigned ending(const struct hsm_memory *m, const struct wish *w)
{
	unsigned slot = m->slot[w->role];

	if (hsm_role(w->role)->as != HSM_ROOT)
		return m->slot[HSM_NEWER(w->role)] != 0 && m->key[slot].generation == w->generation ? slot : 0;
	for (unsigned i = 1; i < HSM_MAX_KEYS; i++)
		if (m->key[i].used && !m->key[i].ended && m->key[i].role == w->role && m->key[i].generation == w->generation && i != slot && i != m->slot[HSM_NEWER(w->role)])
			return i;
	return 0;
}

/* the newer issuing key: by the root, finally */
static enum fj_rc certified(struct hsm_signer *s, unsigned role, struct fj_err *err)
{
	enum fj_alg alg = hsm_role(role)->alg;

	MUST(ca_keeps_up(s, alg) && quorum_final(&s->mem, &s->mem.ca[alg][s->mem.n_ca[alg] - 1]), "formats.md 26", "the root has not certified the newer issuing key yet; it does first (fujie ceremony issuing)");
	return FJ_OK;
}

enum fj_rc signer_key_end(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct wish w = {.role = 0};
	char act[40];

	(void)from;
	(void)answer;
	FJ_TRY(read_wish(f, true, &w, err));
	FJ_TRY(may(s, &w, err));
	unsigned slot = ending(&s->mem, &w);
	if (slot == 0 && ended_before(&s->mem, &w)) /* a successor that was given up may have had the number too */
		return FJ_OK;
	if (hsm_role(w.role)->as == HSM_ISSUING && s->mem.slot[HSM_NEWER(w.role)] != 0)
		FJ_TRY(certified(s, w.role, err));
	if (slot == 0)
		return fj_refuse(err, FJ_E_STATE, HSM_LAYER, "formats.md 26", "only the older of a role's two keys can end, and of a root one that has passed on to its successor; this one is the only one, or the newer, or there is none of that generation",
		    "只能销毁两代密钥中较旧的一代，或者已移交给继任根的原根；该密钥是唯一的、较新的，或者不存在这一代");
	snprintf(act, sizeof(act), HSM_ACT_END ":%s.%u", hsm_role(w.role)->name, w.generation);
	FJ_TRY(intent_act(s, act, err));
	FJ_TRY(end(s, slot, err));
	fj_log(FJ_LOG_INFO, "generation %u of the %s key was destroyed", w.generation, hsm_role(w.role)->name);
	return FJ_OK;
}
