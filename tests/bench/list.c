/*
 * list.c - what a status list of 2^20 entries costs to make anew: its rows out of the
 * register's table, the bitmap, deflate, and the text that is signed (issuer/publish/lists.c).
 *
 * list DB-FILE: prints "every_ms N" (each entry is set) and "tenth_ms N", of processor.
 */
#include <time.h>

#include "base/jws.h"
#include "base/secret.h"
#include "issuer/store/store.h"

static double used_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static enum fj_rc fill(struct sto *db, int64_t list, int64_t step, struct fj_err *err)
{
	FJ_TRY(sto_begin(db, err));
	for (int64_t idx = 0; idx < FJ_LIST_ENTRIES; idx += step) {
		FJ_TRY(sto_run(db, STO_ENTRY_ADD, NULL, err, "iii", list, idx, (int64_t)1));
		FJ_TRY(sto_run(db, STO_ENTRY_SET, NULL, err, "iitii", 1 + (idx * 2654435761 >> 7) % 3, idx, "", list, idx));
	}
	return sto_commit(db, err);
}

static enum fj_rc load(struct sto *db, int64_t list, uint8_t *map, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_LIST_VALUES, &q, err, "i", list));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		fj_list_set(map, (uint32_t)sto_int(&q, 0), (unsigned)sto_int(&q, 1));
	}
}

static enum fj_rc rebuild(struct sto *db, int64_t list, const char *what, struct fj_err *err)
{
	FJ_AUTO(mem) map = fj_alloc(FJ_LIST_OCTETS, 1);
	FJ_AUTO(buf) lst = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
	double from = used_ms();

	if (map == NULL)
		return fj_no_memory(err, "bench");
	FJ_TRY(load(db, list, map, err));
	double loaded = used_ms();
	FJ_TRY(fj_list_deflate(map, &lst, err));
	FJ_AUTO(json) payload = json_pack("{s:i, s:{s:i, s:s}}", "exp", 1, "status_list", "bits", 2, "lst", fj_buf_str(&lst));
	FJ_TRY(fj_jws_write_under(fj_slice_str("e30"), payload, &text, err));
	printf("%s_ms %.1f\n%s_rows_ms %.1f\n", what, used_ms() - from, what, loaded - from);
	return FJ_OK;
}

static enum fj_rc run(const char *file, struct fj_err *err)
{
	struct sto *db = NULL;

	FJ_TRY(sto_open(file, true, &db, err));
	enum fj_rc rc = fill(db, 0, 1, err);
	if (rc == FJ_OK)
		rc = fill(db, 1, 10, err);
	for (int k = 0; rc == FJ_OK && k < 2; k++) /* the second time the rows are in memory */
		rc = rebuild(db, 0, "every", err);
	if (rc == FJ_OK)
		rc = rebuild(db, 1, "tenth", err);
	sto_close(db);
	return rc;
}

int main(int argc, char **argv)
{
	struct fj_err err = {0};

	fj_sodium_init();
	if (argc == 2 && run(argv[1], &err) == FJ_OK)
		return 0;
	fprintf(stderr, "list: %s\n", err.en);
	return 3;
}
