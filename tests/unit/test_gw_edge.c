/* The right edge of a log's tree: its root is the tree's, at every size. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "verifier/gateway/monitor.h"

#define MOST 255 /* leaves that fill no tile: nobody is asked for one */

static struct fj_hash leaf[MOST];

static void leaves_make(void)
{
	for (int i = 0; i < MOST; i++)
		fj_leaf_hash(FJ_SLICE(&i, sizeof(i)), &leaf[i]);
}

/* RFC 6962 2.1, as it stands there */
static struct fj_hash mth(size_t lo, size_t hi)
{
	struct fj_hash l, r, out;
	size_t k = 1;

	if (hi - lo == 1)
		return leaf[lo];
	while (2 * k < hi - lo)
		k *= 2;
	l = mth(lo, lo + k);
	r = mth(lo + k, hi);
	fj_node_hash(&l, &r, &out);
	return out;
}

TEST("leaf by leaf the edge's root is that of the tree")
{
	FJ_AUTO(edge) e;
	struct gw_fault fault = {.what = NULL};
	struct gw_remote nobody = {.url = "", .fault = &fault};
	struct fj_hash root, want;
	struct fj_err err;

	leaves_make();
	fj_edge_init(&e);
	fj_edge_root(&e, &root);
	fj_empty_hash(&want);
	CHECK(fj_hash_eq(&root, &want));
	for (size_t n = 1; n <= MOST; n++) {
		CHECK_OK(gw_edge_add(&e, &leaf[n - 1], &nobody, &err));
		fj_edge_root(&e, &root);
		want = mth(0, n);
		CHECK(e.size == n && fj_hash_eq(&root, &want));
	}
}

TEST("another leaf, or one less, is another root")
{
	FJ_AUTO(edge) e;
	struct gw_fault fault = {.what = NULL};
	struct gw_remote nobody = {.url = "", .fault = &fault};
	struct fj_hash root, want;
	struct fj_err err;

	leaves_make();
	fj_edge_init(&e);
	for (size_t n = 0; n < 77; n++)
		CHECK_OK(gw_edge_add(&e, &leaf[n == 40 ? 41 : n], &nobody, &err));
	fj_edge_root(&e, &root);
	want = mth(0, 77);
	CHECK(!fj_hash_eq(&root, &want));
	want = mth(0, 76);
	CHECK(!fj_hash_eq(&root, &want));
}

TEST("what is found wrong is told with its place")
{
	struct gw_fault fault = {.what = NULL};
	struct fj_err err;

	CHECK_RC(gw_fault(&fault, "tile", 7, &err, "wrong", "不符"), FJ_E_SIGNATURE);
	CHECK_STR(fault.what, "tile");
	CHECK(fault.at == 7 && fj_rc_exit(err.rc) == 1);
	CHECK_STR(err.zh, "不符");
}

TEST_MAIN
