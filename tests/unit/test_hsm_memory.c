/*
 * test_hsm_memory.c - what the signer remembers of the ids it signed lately: the
 * last HSM_RECENT of them, found at the same cost however many there are.
 *
 * The model is an array: id number k was first put as the n-th, or is forgotten.
 */
#include <time.h>

#include "hsm/signer.h"
#include "tests/unit/test.h"

#define IDS 20000

static struct hsm_memory m;
static size_t order[IDS]; /* 0: not put since it was forgotten */
static uint8_t last[IDS]; /* first octet of the hash that was put last */
static size_t puts_;      /* ids that took a place */

/* `spread` different beginnings: with few of them ids collide and stand in long rows */
static void make_id(size_t k, size_t spread, uint8_t id[16])
{
	struct fj_hash h;
	uint64_t n = k;

	fj_sha256(FJ_SLICE(&n, sizeof(n)), &h);
	memcpy(id, h.b, 16);
	if (spread > 0) {
		memset(id, 0, 3);
		id[3] = (uint8_t)(k % spread * 5); /* neighbouring rows run into each other */
	}
}

static bool model_has(size_t k)
{
	return order[k] != 0 && order[k] + HSM_RECENT > puts_;
}

static void put(size_t k, size_t spread, uint8_t mark)
{
	uint8_t id[16];
	struct fj_hash tbs = {{mark}};

	make_id(k, spread, id);
	if (!model_has(k))
		order[k] = ++puts_;
	last[k] = mark;
	mem_recent_put(&m, id, &tbs);
}

static bool agrees(size_t k, size_t spread)
{
	uint8_t id[16];

	make_id(k, spread, id);
	const struct mem_recent *r = mem_recent_find(&m, id);
	if (!model_has(k))
		return r == NULL;
	return r != NULL && memcmp(r->id, id, 16) == 0 && r->tbs.b[0] == last[k] && r->sig_len == 0;
}

static bool begin(void)
{
	struct fj_err err;

	memset(order, 0, sizeof(order));
	puts_ = 0;
	return mem_init(&m, &err) == FJ_OK;
}

/* new ids in order, and now and then an old one again, forgotten or not */
static bool walk(size_t ids, size_t spread)
{
	bool ok = begin();

	for (size_t k = 0; k < ids && ok; k++) {
		put(k, spread, (uint8_t)k);
		if (k % 7 == 0)
			put(k * 13 % (k + 1), spread, (uint8_t)(k + 1));
		ok = agrees(k, spread) && agrees(k * 31 % ids, spread) && agrees(k > HSM_RECENT ? k - HSM_RECENT : 0, spread);
		for (size_t i = 0; i < ids && ok && k % 1000 == 999; i++)
			ok = agrees(i, spread);
	}
	mem_release(&m);
	return ok;
}

TEST("20,000 random ids: found and forgotten as the model says")
{
	CHECK(walk(IDS, 0));
}

TEST("ids that collide are found and forgotten as the model says")
{
	CHECK(walk(6000, 40));
	CHECK(walk(6000, 1));
}

static double seconds(size_t from)
{
	struct timespec a, b;
	uint8_t id[16];
	size_t found = 0;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (size_t k = from; k < from + IDS; k++) {
		make_id(k, 0, id);
		found += mem_recent_find(&m, id) != NULL;
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return found > 0 ? 1e9 : (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

TEST("an unknown id costs the same in a full memory as in an empty one")
{
	CHECK(begin());
	double empty = seconds(IDS);
	for (size_t k = 0; k < IDS; k++)
		put(k, 0, 1);
	double full = seconds(IDS);
	mem_release(&m);
	printf("# %d unknown ids: %.1f ms empty, %.1f ms full\n", IDS, empty * 1e3, full * 1e3);
	CHECK(full < 8 * empty + 0.01);
}

TEST_MAIN
