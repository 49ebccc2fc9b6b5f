/*
 * memory.h - what holds of the signer's memory at any time, and when two are equal.
 */
#ifndef FJ_FUZZ_MEMORY_H
#define FJ_FUZZ_MEMORY_H

#include "hsm/signer.h"
#include "tests/fuzz/fuzz.h"

static inline void sorted(const struct hsm_memory *m)
{
	HOLDS(m->n_crl <= HSM_MAX_CRLS && m->n_list <= HSM_MAX_LISTS);
	for (size_t i = 0; i < m->n_crl; i++) {
		const struct mem_crl *c = &m->crl[i];
		HOLDS(c->n <= c->cap && strlen(c->uri) < sizeof(c->uri));
		for (size_t k = 1; k < c->n; k++)
			HOLDS(memcmp(c->entry[k - 1].serial, c->entry[k].serial, 16) < 0);
		for (size_t k = 0; k < c->n; k++)
			HOLDS(mem_revoked(m, c->entry[k].serial) != NULL);
	}
}

static inline bool same_cas(const struct hsm_memory *a, const struct hsm_memory *b, enum fj_alg alg)
{
	bool ok = a->n_ca[alg] == b->n_ca[alg];

	for (size_t k = 0; ok && k < a->n_ca[alg]; k++)
		ok = fj_slice_eq(fj_buf_slice(&a->ca[alg][k]), fj_buf_slice(&b->ca[alg][k]));
	return ok;
}

/* what is begun of a root's succession */
static inline bool same_next(const struct hsm_memory *a, const struct hsm_memory *b, enum fj_alg alg)
{
	return fj_slice_eq(fj_buf_slice(&a->next.root_tbs[alg]), fj_buf_slice(&b->next.root_tbs[alg])) && fj_slice_eq(fj_buf_slice(&a->next.new_with_old[alg]), fj_buf_slice(&b->next.new_with_old[alg])) &&
	    fj_slice_eq(fj_buf_slice(&a->next.old_with_new[alg]), fj_buf_slice(&b->next.old_with_new[alg]));
}

static inline bool same(const struct hsm_memory *a, const struct hsm_memory *b)
{
	bool ok = a->n_crl == b->n_crl && a->n_list == b->n_list && a->package == b->package && a->snapshot == b->snapshot &&
	    fj_hash_eq(&a->package_input, &b->package_input) &&
	    a->log_size == b->log_size && fj_hash_eq(&a->log_root, &b->log_root) &&
	    fj_slice_eq(fj_buf_slice(&a->root_tbs[FJ_ES256]), fj_buf_slice(&b->root_tbs[FJ_ES256])) && fj_slice_eq(fj_buf_slice(&a->root_tbs[FJ_SM2]), fj_buf_slice(&b->root_tbs[FJ_SM2])) &&
	    same_cas(a, b, FJ_ES256) && same_cas(a, b, FJ_SM2) && same_next(a, b, FJ_ES256) && same_next(a, b, FJ_SM2);

	for (size_t i = 0; ok && i < a->n_crl; i++) {
		ok = strcmp(a->crl[i].uri, b->crl[i].uri) == 0 && a->crl[i].number == b->crl[i].number && a->crl[i].n == b->crl[i].n;
		for (size_t k = 0; ok && k < a->crl[i].n; k++)
			ok = memcmp(a->crl[i].entry[k].serial, b->crl[i].entry[k].serial, 16) == 0 &&
			    a->crl[i].entry[k].at == b->crl[i].entry[k].at && a->crl[i].entry[k].reason == b->crl[i].entry[k].reason;
	}
	for (size_t i = 0; ok && i < a->n_list; i++)
		ok = strcmp(a->list[i].uri, b->list[i].uri) == 0 && a->list[i].iat == b->list[i].iat &&
		    memcmp(a->list[i].map, b->list[i].map, FJ_LIST_OCTETS) == 0;
	return ok;
}

#endif
