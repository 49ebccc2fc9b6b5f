/*
 * memory.c - what the signer remembers, and the deltas that change it.
 *
 * Deltas (wire fields of base/buf.h, one after the other):
 *   ROOT, ISSUING  bytes tbs
 *   CRL            bytes uri, u64 number, u32 n, n x {raw[16] serial, u64 at, u8 reason}
 *                  (reason 255: the entry leaves the list)
 *   LIST           bytes uri, u64 iat, u32 n, n x {u32 index, u8 value}
 *   PACKAGE        u8 snapshot, u64 number, raw[32] hash of what was signed
 *   LOG            u64 size, raw[32] root
 *   SUBORDINATE    bytes tbs (subordinate.c)
 *   NEXT_ROOT, NEW_WITH_OLD, OLD_WITH_NEW  bytes tbs (successor.c)
 *   USE            raw[32] hash of an approval's payload, u32 item (intent.c)
 */
#include "hsm/signer.h"

#define GONE 255

enum fj_rc mem_init(struct hsm_memory *m, struct fj_err *err)
{
	memset(m, 0, sizeof(*m));
	fj_buf_init(&m->policy, 65536);
	for (int a = 0; a < FJ_ALG_END; a++) {
		fj_buf_init(&m->next.root_tbs[a], FJ_X509_MAX);
		fj_buf_init(&m->next.new_with_old[a], FJ_X509_MAX);
		fj_buf_init(&m->next.old_with_new[a], FJ_X509_MAX);
		fj_buf_init(&m->root_tbs[a], FJ_X509_MAX);
		for (int k = 0; k < FJ_MAX_CAS; k++)
			fj_buf_init(&m->ca[a][k], FJ_X509_MAX);
	}
	for (int a = 0; a < FJ_ALG_END; a++) {
		fj_moved_init(&m->moved[a]);
	}
	fj_moved_init(&m->note.m);
	fj_empty_hash(&m->log_root);
	m->crl = fj_alloc(HSM_MAX_CRLS, sizeof(*m->crl));
	m->list = fj_alloc(HSM_MAX_LISTS, sizeof(*m->list));
	m->recent = fj_alloc(HSM_RECENT, sizeof(*m->recent));
	m->recent_at = fj_alloc(HSM_RECENT_SLOTS, sizeof(*m->recent_at));
	m->intent = fj_alloc(HSM_MAX_INTENTS, sizeof(*m->intent));
	return m->intent != NULL && m->crl != NULL && m->list != NULL && m->recent != NULL && m->recent_at != NULL ? FJ_OK
	    : fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
}

void mem_release(struct hsm_memory *m)
{
	for (size_t i = 0; i < m->n_crl; i++)
		fj_free(m->crl[i].entry);
	for (size_t i = 0; i < m->n_list; i++)
		fj_free(m->list[i].map);
	fj_free(m->crl);
	fj_free(m->list);
	fj_free(m->recent);
	fj_free(m->recent_at);
	intents_release(m);
	fj_moved_release(&m->note.m);
	fj_buf_release(&m->policy);
	for (int a = 0; a < FJ_ALG_END; a++) {
		fj_buf_release(&m->next.root_tbs[a]);
		fj_buf_release(&m->next.new_with_old[a]);
		fj_buf_release(&m->next.old_with_new[a]);
		fj_buf_release(&m->root_tbs[a]);
		for (int k = 0; k < FJ_MAX_CAS; k++)
			fj_buf_release(&m->ca[a][k]);
		fj_moved_release(&m->moved[a]);
	}
}

struct mem_crl *mem_crl_find(struct hsm_memory *m, struct fj_slice uri)
{
	for (size_t i = 0; i < m->n_crl; i++)
		if (fj_slice_eq(fj_slice_str(m->crl[i].uri), uri))
			return &m->crl[i];
	return NULL;
}

struct mem_list *mem_list_find(struct hsm_memory *m, const char *uri)
{
	for (size_t i = 0; i < m->n_list; i++)
		if (strcmp(m->list[i].uri, uri) == 0)
			return &m->list[i];
	return NULL;
}

/* first entry whose serial is not below; c->n when none */
static size_t lower(const struct mem_crl *c, const uint8_t serial[16])
{
	size_t lo = 0, hi = c->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (memcmp(c->entry[mid].serial, serial, 16) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct mem_entry *mem_revoked(const struct hsm_memory *m, const uint8_t serial[16])
{
	for (size_t i = 0; i < m->n_crl; i++) {
		size_t at = lower(&m->crl[i], serial);
		if (at < m->crl[i].n && memcmp(m->crl[i].entry[at].serial, serial, 16) == 0)
			return &m->crl[i].entry[at];
	}
	return NULL;
}

/* --- what was signed lately: a ring, and its index ---
 * Ids are random, so four octets of one are its hash.  The table is a quarter full
 * at most, so each search ends at a free slot. */

#define SLOT(i) ((i) & (HSM_RECENT_SLOTS - 1))

static size_t first_slot(const uint8_t id[16])
{
	return SLOT((size_t)id[0] << 24 | (size_t)id[1] << 16 | (size_t)id[2] << 8 | id[3]);
}

/* the id's slot, or the free one where it belongs */
static size_t slot_of(const struct hsm_memory *m, const uint8_t id[16])
{
	size_t i = first_slot(id);

	while (m->recent_at[i] != 0 && memcmp(m->recent[m->recent_at[i] - 1].id, id, 16) != 0)
		i = SLOT(i + 1);
	return i;
}

/* those behind the freed slot that may move up do, so none is cut off from its first slot */
static void unindex(struct hsm_memory *m, const uint8_t id[16])
{
	size_t hole = slot_of(m, id);

	for (size_t i = SLOT(hole + 1); m->recent_at[i] != 0; i = SLOT(i + 1)) {
		size_t first = first_slot(m->recent[m->recent_at[i] - 1].id);
		if (SLOT(i - first) < SLOT(i - hole))
			continue;
		m->recent_at[hole] = m->recent_at[i];
		hole = i;
	}
	m->recent_at[hole] = 0;
}

struct mem_recent *mem_recent_find(struct hsm_memory *m, const uint8_t id[16])
{
	size_t place = m->recent_at[slot_of(m, id)];

	return place == 0 ? NULL : &m->recent[place - 1];
}

struct mem_recent *mem_recent_put(struct hsm_memory *m, const uint8_t id[16], const struct fj_hash *tbs)
{
	struct mem_recent *r = mem_recent_find(m, id);

	if (r == NULL) {
		size_t place = m->n_recent++ % HSM_RECENT;
		r = &m->recent[place];
		if (m->n_recent > HSM_RECENT)
			unindex(m, r->id);
		m->recent_at[slot_of(m, id)] = (uint16_t)(place + 1);
	}
	memset(r, 0, sizeof(*r));
	memcpy(r->id, id, 16);
	r->tbs = *tbs;
	return r;
}

static enum fj_rc full(struct fj_err *err)
{
	return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "the signer's memory is full, or out of memory");
}

static enum fj_rc entry_set(struct mem_crl *c, const struct mem_entry *e, struct fj_err *err)
{
	size_t at = lower(c, e->serial);
	bool there = at < c->n && memcmp(c->entry[at].serial, e->serial, 16) == 0;

	if (e->reason == GONE) {
		if (there)
			memmove(&c->entry[at], &c->entry[at + 1], (--c->n - at) * sizeof(*e));
		return FJ_OK;
	}
	if (!there) {
		if (c->n == c->cap) {
			size_t cap = c->cap < 64 ? 64 : c->cap * 2;
			struct mem_entry *p = fj_realloc(c->entry, cap, sizeof(*p));
			if (p == NULL)
				return full(err);
			c->entry = p;
			c->cap = cap;
		}
		memmove(&c->entry[at + 1], &c->entry[at], (c->n++ - at) * sizeof(*e));
	}
	c->entry[at] = *e;
	return FJ_OK;
}

static enum fj_rc corrupt(struct fj_err *err)
{
	return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a memory delta is malformed");
}

static enum fj_rc apply_crl(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err)
{
	struct fj_slice serial;
	char uri[201];
	uint64_t number, at;
	uint32_t n;

	if (fj_get_str(r, uri, sizeof(uri)) != FJ_OK || fj_get_u64(r, &number) != FJ_OK || fj_get_u32(r, &n) != FJ_OK)
		return corrupt(err);
	struct mem_crl *c = mem_crl_find(m, fj_slice_str(uri));
	if (c == NULL) {
		if (m->n_crl == HSM_MAX_CRLS)
			return full(err);
		c = &m->crl[m->n_crl++];
		memcpy(c->uri, uri, strlen(uri) + 1);
	}
	c->number = number;
	while (n-- > 0) {
		struct mem_entry e;
		if (fj_get_raw(r, 16, &serial) != FJ_OK || fj_get_u64(r, &at) != FJ_OK || fj_get_u8(r, &e.reason) != FJ_OK)
			return corrupt(err);
		memcpy(e.serial, serial.p, 16);
		e.at = (fj_time)at;
		FJ_TRY(entry_set(c, &e, err));
	}
	return FJ_OK;
}

static enum fj_rc new_list(struct hsm_memory *m, const char *uri, struct mem_list **out, struct fj_err *err)
{
	struct mem_list *l = &m->list[m->n_list];

	if (m->n_list == HSM_MAX_LISTS || (l->map = fj_alloc(FJ_LIST_OCTETS, 1)) == NULL ||
	    fj_strcopy(l->uri, sizeof(l->uri), uri) != FJ_OK)
		return full(err);
	m->n_list++;
	*out = l;
	return FJ_OK;
}

static enum fj_rc apply_list(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err)
{
	char uri[201];
	uint64_t iat;
	uint32_t n, idx;
	uint8_t v;

	if (fj_get_str(r, uri, sizeof(uri)) != FJ_OK || fj_get_u64(r, &iat) != FJ_OK || fj_get_u32(r, &n) != FJ_OK)
		return corrupt(err);
	struct mem_list *l = mem_list_find(m, uri);
	if (l == NULL)
		FJ_TRY(new_list(m, uri, &l, err));
	l->iat = (fj_time)iat;
	while (n-- > 0) {
		if (fj_get_u32(r, &idx) != FJ_OK || fj_get_u8(r, &v) != FJ_OK || idx >= FJ_LIST_ENTRIES || v > 3)
			return corrupt(err);
		fj_list_set(l->map, idx, v);
	}
	return FJ_OK;
}

/* into its algorithm's place; of == NULL: one more issuing CA */
static enum fj_rc apply_ca(struct hsm_memory *m, struct fj_buf *of, struct fj_rd *r, struct fj_err *err)
{
	struct fj_slice s;
	struct fj_x509 x;

	if (fj_get_bytes(r, FJ_X509_MAX, &s) != FJ_OK || fj_x509_read_tbs(s, &x, NULL) != FJ_OK)
		return corrupt(err);
	if (of == NULL)
		return ca_put(m, x.alg, s, err);
	fj_buf_clear(&of[x.alg]);
	return fj_buf_put(&of[x.alg], s.p, s.len) == FJ_OK ? FJ_OK : full(err);
}

static enum fj_rc apply_package(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err)
{
	struct fj_slice hash;
	uint64_t seq;
	uint8_t snapshot;

	if (fj_get_u8(r, &snapshot) != FJ_OK || snapshot > 1 || fj_get_u64(r, &seq) != FJ_OK || fj_get_raw(r, FJ_SHA256_LEN, &hash) != FJ_OK)
		return corrupt(err);
	if (snapshot == 1) {
		m->snapshot = seq;
		return FJ_OK;
	}
	m->package = seq;
	memcpy(m->package_input.b, hash.p, FJ_SHA256_LEN);
	return FJ_OK;
}

static enum fj_rc apply_log(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err)
{
	struct fj_slice root;

	if (fj_get_u64(r, &m->log_size) != FJ_OK || fj_get_raw(r, FJ_SHA256_LEN, &root) != FJ_OK)
		return corrupt(err);
	memcpy(m->log_root.b, root.p, FJ_SHA256_LEN);
	return FJ_OK;
}

enum fj_rc mem_apply(struct hsm_memory *m, struct fj_slice delta, struct fj_err *err)
{
	struct fj_rd r;
	uint8_t op;

	fj_rd_init(&r, delta);
	while (fj_rd_left(&r) > 0) {
		if (fj_get_u8(&r, &op) != FJ_OK)
			return corrupt(err);
		switch (op) {
		case MEM_OP_ROOT:
		case MEM_OP_ISSUING:
			FJ_TRY(apply_ca(m, op == MEM_OP_ROOT ? m->root_tbs : NULL, &r, err));
			break;
		case MEM_OP_NEXT_ROOT:
			FJ_TRY(apply_ca(m, m->next.root_tbs, &r, err));
			break;
		case MEM_OP_NEW_WITH_OLD:
			FJ_TRY(apply_ca(m, m->next.new_with_old, &r, err));
			break;
		case MEM_OP_OLD_WITH_NEW:
			FJ_TRY(apply_ca(m, m->next.old_with_new, &r, err));
			break;
		case MEM_OP_CRL:
			FJ_TRY(apply_crl(m, &r, err));
			break;
		case MEM_OP_LIST:
			FJ_TRY(apply_list(m, &r, err));
			break;
		case MEM_OP_PACKAGE:
			FJ_TRY(apply_package(m, &r, err));
			break;
		case MEM_OP_LOG:
			FJ_TRY(apply_log(m, &r, err));
			break;
		case MEM_OP_USE:
			FJ_TRY(intent_apply_use(m, &r, err));
			break;
		case MEM_OP_SUBORDINATE:
			FJ_TRY(sub_apply(m, &r, err));
			break;
		default:
			return audit_newer("change", op, err);
		}
	}
	return FJ_OK;
}
