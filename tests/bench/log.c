/*
 * log.c - the public log: leaves appended in batches beside SQLite's durable commits of the
 * same batches, and proofs from the tiles of a large tree.
 *
 *   log append DIR BATCH BATCHES   prints "commit_per_s", "append_per_s" (leaves; in turns, in one run),
 *                                  "tiles_per_s" (the log's part alone)
 *   log prove DIR LEAVES           prints "made_s", "p50_us", "p99_us", "processor_p99_us", "hwm_kb"
 *
 * An append is what the register does for leaves that are durable with their events: hashes,
 * tiles, bundles, root, the proof for the signer, and the checkpoint's file; the signer's two
 * signatures are one round of the TPM a batch and stand in the rows of certificates.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "issuer/log/log.h"

#define PROOFS 2000
static const char leaf_form[] = "{\"at\":1790000000,\"event\":\"issued\",\"holder\":{\"commitment\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"},\"id\":\"LT-%022llu\",\"kind\":\"token\","
	"\"parent\":\"DAU-420000-202604-000001-1\",\"seq\":%llu,\"sha256\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\",\"v\":1}";

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct fj_slice leaf(uint64_t i, char out[600])
{
	int n = snprintf(out, 600, leaf_form, (unsigned long long)i, (unsigned long long)i);

	return FJ_SLICE(out, (size_t)n);
}

struct db {
	sqlite3 *db;
	sqlite3_stmt *add;
};

static bool db_open(const char *name, struct db *d)
{
	return sqlite3_open(name, &d->db) == SQLITE_OK &&
	    sqlite3_exec(d->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE leaf (n INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT", NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(d->db, "INSERT INTO leaf (n, data) VALUES (?, ?)", -1, &d->add, NULL) == SQLITE_OK;
}

static bool commit(struct db *d, uint64_t from, int batch)
{
	char text[600];
	bool ok = sqlite3_exec(d->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;

	for (int i = 0; ok && i < batch; i++) {
		struct fj_slice s = leaf(from + (uint64_t)i, text);
		sqlite3_bind_int64(d->add, 1, (sqlite3_int64)(from + (uint64_t)i));
		sqlite3_bind_text(d->add, 2, (const char *)s.p, (int)s.len, SQLITE_STATIC);
		ok = sqlite3_step(d->add) == SQLITE_DONE && sqlite3_reset(d->add) == SQLITE_OK;
	}
	return ok && sqlite3_exec(d->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

/* head.c's part after the commit, but for the signer */
static enum fj_rc entered(struct log_edge *g, uint64_t from, int batch, struct fj_err *err)
{
	struct fj_tiles tiles = {log_edge_tile, g};
	struct fj_checkpoint c = {.origin = "bench.example/log"};
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_path proof;
	char text[4200];

	for (int i = 0; i < batch; i++)
		FJ_TRY(log_edge_add(g, leaf(from + (uint64_t)i, text), err));
	FJ_TRY(log_edge_write(g, err));
	c.size = g->tree.size;
	FJ_TRY(fj_tree_root(&tiles, g->tree.size, &c.root, err));
	if (from > 0)
		FJ_TRY(fj_tree_consistency(&tiles, from, g->tree.size, &proof, err));
	FJ_TRY(fj_checkpoint_put(&note, &c));
	FJ_AUTO(fd) fd = open("checkpoint", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return fd < 0 ? fj_fail_errno(err, "bench", "create the checkpoint") : fj_write_all(fd, note.data, note.len, err);
}

static enum fj_rc append(int batch, int batches, struct fj_err *err)
{
	struct db bare = {NULL, NULL}, whole = {NULL, NULL};
	FJ_AUTO(log_edge) g;
	int64_t commits = 0, appends = 0, tiles = 0;

	log_edge_init(&g, true);
	if (!db_open("bare.db", &bare) || !db_open("whole.db", &whole))
		return fj_fail(err, FJ_E_DB, "bench", NULL, "SQLite does not open");
	for (int k = 0; k < batches; k++) {
		uint64_t from = (uint64_t)k * (uint64_t)batch;
		int64_t a = now_us(CLOCK_MONOTONIC);
		bool ok = commit(&bare, from, batch);
		int64_t b = now_us(CLOCK_MONOTONIC);
		ok = ok && commit(&whole, from, batch);
		int64_t c = now_us(CLOCK_MONOTONIC);
		if (!ok)
			return fj_fail(err, FJ_E_DB, "bench", NULL, "SQLite does not commit");
		FJ_TRY(entered(&g, from, batch, err));
		int64_t d = now_us(CLOCK_MONOTONIC);
		commits += b - a;
		appends += d - b;
		tiles += d - c;
	}
	double n = (double)batch * batches * 1e6;
	printf("commit_per_s %.0f\nappend_per_s %.0f\ntiles_per_s %.0f\n", n / (double)commits, n / (double)appends, n / (double)tiles);
	sqlite3_finalize(bare.add);
	sqlite3_finalize(whole.add);
	sqlite3_close(bare.db);
	sqlite3_close(whole.db);
	return FJ_OK;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static long hwm(void)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	if (fj_file_read(AT_FDCWD, "/proc/self/status", &text, NULL) != FJ_OK)
		return -1;
	const char *p = strstr(fj_buf_str(&text), "VmHWM:");
	return p == NULL ? -1 : strtol(p + 6, NULL, 10);
}

static enum fj_rc proofs(struct log_edge *g, struct fj_err *err)
{
	static int64_t took[PROOFS], own[PROOFS]; /* others may have the processor meanwhile */
	struct fj_tiles tiles = {log_edge_tile, g};
	struct fj_hash root, h;
	struct fj_path p;
	uint64_t x = 88172645463325252u;
	char text[600];

	FJ_TRY(fj_tree_root(&tiles, g->tree.size, &root, err));
	for (int i = 0; i < PROOFS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		uint64_t n = x % g->tree.size;
		fj_leaf_hash(leaf(n, text), &h);
		int64_t from = now_us(CLOCK_MONOTONIC), mine = now_us(CLOCK_THREAD_CPUTIME_ID);
		FJ_TRY(fj_tree_prove(&tiles, n, g->tree.size, &p, err));
		bool ok = fj_path_includes(&p, n, g->tree.size, &h, &root);
		own[i] = now_us(CLOCK_THREAD_CPUTIME_ID) - mine;
		took[i] = now_us(CLOCK_MONOTONIC) - from;
		if (!ok)
			return fj_fail(err, FJ_E_INTERNAL, "bench", NULL, "a proof of leaf %llu does not hold", (unsigned long long)n);
	}
	qsort(took, PROOFS, sizeof(took[0]), by_time);
	qsort(own, PROOFS, sizeof(own[0]), by_time);
	printf("p50_us %lld\np99_us %lld\nprocessor_p99_us %lld\n", (long long)took[PROOFS / 2], (long long)took[PROOFS * 99 / 100], (long long)own[PROOFS * 99 / 100]);
	return FJ_OK;
}

static enum fj_rc prove(uint64_t leaves, struct fj_err *err)
{
	FJ_AUTO(log_edge) g;
	char text[600];
	int64_t from = now_us(CLOCK_MONOTONIC);

	log_edge_init(&g, true);
	for (uint64_t i = 0; i < leaves; i++)
		FJ_TRY(log_edge_add(&g, leaf(i, text), err));
	FJ_TRY(log_edge_write(&g, err));
	printf("made_s %.1f\n", (double)(now_us(CLOCK_MONOTONIC) - from) / 1e6);
	FJ_TRY(proofs(&g, err));
	printf("hwm_kb %ld\n", hwm());
	return FJ_OK;
}

int main(int argc, char **argv)
{
	struct fj_err err = {0};
	enum fj_rc rc = FJ_E_USAGE;

	fj_sodium_init();
	if (argc > 2 && chdir(argv[2]) != 0) { /* the log's folder is named from a home */
		perror(argv[2]);
		return 3;
	}
	if (argc == 5 && strcmp(argv[1], "append") == 0)
		rc = append((int)strtol(argv[3], NULL, 10), (int)strtol(argv[4], NULL, 10), &err);
	else if (argc == 4 && strcmp(argv[1], "prove") == 0)
		rc = prove(strtoull(argv[3], NULL, 10), &err);
	if (rc != FJ_OK)
		fprintf(stderr, "log: %s\n", err.en);
	return rc == FJ_OK ? 0 : 1;
}
