/* A witness without a network: what it takes for a request, what it cosigns, and when never. */
#include "tests/unit/test.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "verifier/witness/witness.h"

#define ORIGIN "log.example/x"

static char where[] = "/tmp/fujie-wit-XXXXXX";
static uint8_t secret[crypto_sign_SECRETKEYBYTES];
static struct fj_vkey key;
static struct wit w;
static struct fj_hash leaf[3], root[4]; /* root[n]: of the first n leaves */

static void world_make(void)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	FJ_AUTO(buf) line = FJ_BUF_INIT(1024);
	struct fj_vkey own;
	struct fj_hash two;
	struct fj_err err;

	if (mkdtemp(where) == NULL || chdir(where) != 0 || wit_init("witness.example/w", &own, &err) != FJ_OK || wit_open(&w, &err) != FJ_OK)
		abort();
	crypto_sign_keypair(public, secret);
	if (fj_vkey_make(ORIGIN, FJ_NOTE_ED25519, public, &key, &err) != FJ_OK || fj_vkey_put(&line, &key) != FJ_OK || wit_log_add(fj_buf_slice(&line), &own, &err) != FJ_OK)
		abort();
	for (uint8_t i = 0; i < 3; i++)
		fj_leaf_hash(FJ_SLICE(&i, 1), &leaf[i]);
	fj_empty_hash(&root[0]);
	root[1] = leaf[0];
	fj_node_hash(&leaf[0], &leaf[1], &two);
	root[2] = two;
	fj_node_hash(&two, &leaf[2], &root[3]);
}

static void folder_remove(void)
{
	static const char *const folders[] = {"logs", "evidence", "."};

	for (size_t k = 0; k < FJ_ARRAY_LEN(folders); k++) {
		FJ_AUTO(dir) d = NULL;
		if (fj_dir_list(AT_FDCWD, folders[k], &d, NULL) != FJ_OK)
			continue;
		for (const struct dirent *e; (e = readdir(d)) != NULL;)
			unlinkat(dirfd(d), e->d_name, 0);
		rmdir(k < 2 ? folders[k] : where);
	}
}

/* old, then a proof of one hash or none, then a checkpoint of this size and root */
static void request(struct fj_buf *out, uint64_t old, const struct fj_hash *proof, uint64_t size, const struct fj_hash *r)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(1024);
	struct fj_checkpoint c = {.origin = ORIGIN, .size = size, .root = *r};
	uint8_t sig[crypto_sign_BYTES];

	fj_buf_clear(out);
	if (fj_checkpoint_put(&text, &c) != FJ_OK || fj_buf_printf(out, "old %llu\n", (unsigned long long)old) != FJ_OK)
		abort();
	if (proof != NULL && (fj_b64_put(out, FJ_SLICE(proof->b, 32)) != FJ_OK || fj_buf_puts(out, "\n") != FJ_OK))
		abort();
	crypto_sign_detached(sig, NULL, text.data, text.len, secret);
	if (fj_buf_printf(out, "\n%s\n", fj_buf_str(&text)) != FJ_OK || fj_note_line_put(out, ORIGIN, key.id, FJ_SLICE(sig, sizeof(sig))) != FJ_OK)
		abort();
}

static int ask(uint64_t old, const struct fj_hash *proof, uint64_t size, const struct fj_hash *r, struct fj_buf *answer)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(WIT_BODY);
	struct fj_err err = {0};

	fj_buf_clear(answer);
	request(&body, old, proof, size, r);
	return wit_add(&w, fj_buf_slice(&body), 1767225600, answer, &err);
}

TEST("a request is old size, proof, empty line, checkpoint, and each of its lines ends")
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(WIT_BODY);
	static struct wit_ask a;
	struct fj_err err = {0};

	world_make();
	request(&body, 1, &leaf[1], 2, &root[2]);
	CHECK_OK(wit_ask_read(fj_buf_slice(&body), &a, &err));
	CHECK(a.old == 1 && a.proof.n == 1 && fj_hash_eq(&a.proof.h[0], &leaf[1]) && a.point.size == 2 && fj_hash_eq(&a.point.root, &root[2]));
	for (size_t n = 0; n < body.len; n++)
		CHECK_RC(wit_ask_read(FJ_SLICE(body.data, n), &a, &err), FJ_E_PARSE);
	CHECK(err.zh[0] != '\0');
}

TEST("sixty-three lines of proof are read, and not one more")
{
	static struct wit_ask a;
	struct fj_err err = {0};

	for (int lines = 63; lines <= 64; lines++) {
		FJ_AUTO(buf) body = FJ_BUF_INIT(WIT_BODY);
		FJ_AUTO(buf) rest = FJ_BUF_INIT(WIT_BODY);
		request(&rest, 0, NULL, 1, &root[1]);
		enum fj_rc rc = fj_buf_puts(&body, "old 0\n");
		for (int i = 0; rc == FJ_OK && i < lines; i++) {
			rc = fj_b64_put(&body, FJ_SLICE(leaf[0].b, 32));
			rc = rc == FJ_OK ? fj_buf_puts(&body, "\n") : rc;
		}
		CHECK(rc == FJ_OK && fj_buf_put(&body, rest.data + 6, rest.len - 6) == FJ_OK);
		CHECK_RC(wit_ask_read(fj_buf_slice(&body), &a, &err), lines == 63 ? FJ_OK : FJ_E_PARSE);
	}
}

TEST("what continues the tree is cosigned, with the time, and what does not is not")
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) kept = FJ_BUF_INIT(FJ_NOTE_MAX);
	char hash[65];
	struct fj_note note;
	struct fj_err err = {0};
	fj_time at = 0;

	CHECK(ask(1, NULL, 0, &root[0], &out) == 400);
	CHECK(ask(1, NULL, 2, &root[2], &out) == 409);
	CHECK_STR(fj_buf_str(&out), "0\n");
	CHECK(ask(0, &leaf[0], 2, &root[2], &out) == 422);
	CHECK(ask(0, NULL, 0, &root[1], &out) == 422);
	CHECK(ask(0, NULL, 2, &root[2], &out) == 200);
	wit_hash(ORIGIN, hash);
	CHECK_OK(wit_last(hash, &kept, &err));
	CHECK_OK(fj_note_read(fj_buf_slice(&kept), &note, &err));
	CHECK_OK(fj_note_verify(&note, &w.key, &at, &err));
	CHECK_OK(fj_note_verify(&note, &key, NULL, &err));
	CHECK(at == 1767225600 && note.n == 2);
	CHECK(ask(2, NULL, 3, &root[3], &out) == 422);
	CHECK(ask(2, &leaf[1], 3, &root[3], &out) == 422);
	CHECK(ask(2, NULL, 2, &root[1], &out) == 422);
	CHECK(ask(2, &leaf[2], 2, &root[2], &out) == 422);
	CHECK(ask(2, &leaf[2], 3, &root[3], &out) == 200);
	CHECK(ask(2, &leaf[2], 3, &root[3], &out) == 409);
	CHECK_STR(fj_buf_str(&out), "3\n");
	CHECK(ask(3, NULL, 3, &root[3], &out) == 200);
}

TEST("a log that is not known, and a line that is not true, are answered as the text has it")
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(WIT_BODY);
	FJ_AUTO(buf) out = FJ_BUF_INIT(4096);
	struct fj_err err = {0};

	request(&body, 3, NULL, 3, &root[3]);
	char *name = strstr((char *)body.data, "log.example/x\n");
	CHECK(name != NULL);
	name[0] = 'L';
	CHECK(wit_add(&w, fj_buf_slice(&body), 1, &out, &err) == 404);
	name[0] = 'l';
	strchr(name, '\n')[1] = '4';
	CHECK(wit_add(&w, fj_buf_slice(&body), 1, &out, &err) == 403 && out.len == 0);
}

TEST("what was shown is kept, and told, once")
{
	FJ_AUTO(json) j = NULL;
	struct fj_err err = {0};

	CHECK_OK(wit_show(&j, &err));
	const json_t *logs = json_object_get(j, "logs"), *evidence = json_object_get(j, "evidence");
	CHECK(json_array_size(logs) == 1 && fj_json_num(json_array_get(logs, 0), "size") == 3);
	CHECK(json_array_size(evidence) == 3);
	size_t before = json_array_size(evidence);
	FJ_AUTO(buf) out = FJ_BUF_INIT(4096);
	CHECK(ask(3, NULL, 3, &root[2], &out) == 422 && ask(3, NULL, 3, &root[2], &out) == 422);
	FJ_AUTO(json) again = NULL;
	CHECK_OK(wit_show(&again, &err));
	CHECK(json_array_size(json_object_get(again, "evidence")) == before + 1);
}

TEST("a record that is damaged is not gone on with, and what is no key, or one that others may read, is none")
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(4096);
	struct wit other;
	struct fj_err err = {0};

	CHECK_OK(wit_keep(ORIGIN, fj_slice_str("log.example/x\n3\n"), &err));
	CHECK(ask(3, NULL, 3, &root[3], &out) == 500 && out.len == 0);
	CHECK(chmod("key", 0644) == 0);
	CHECK_RC(wit_open(&other, &err), FJ_E_FORBIDDEN);
	static const char *const none[] = {"", "x", "PRIVATE+KEY+", "PRIVATE+KEY+w+00000000+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "PRIVATE+KEY+w+x+y\n"};
	for (size_t k = 0; k < FJ_ARRAY_LEN(none); k++) {
		CHECK_OK(fj_file_replace(AT_FDCWD, "key", fj_slice_str(none[k]), 0600, &err));
		CHECK_RC(wit_open(&other, &err), FJ_E_CORRUPT);
		wit_close(&other);
	}
	CHECK(unlink("key") == 0);
	CHECK_RC(wit_open(&other, &err), FJ_E_NOTFOUND);
	wit_close(&w);
	folder_remove();
}

TEST_MAIN
