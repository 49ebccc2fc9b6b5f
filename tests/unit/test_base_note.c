/*
 * test_base_note.c - notes, checkpoints, cosignatures and proofs of logging against what the
 * model wrote (tests/fixtures/tlog.json), and the malformed ones that are refused.
 */
#include <fcntl.h>
#include <sodium.h>

#include "base/file.h"
#include "base/json.h"
#include "base/note.h"
#include "tests/unit/test.h"

#define DASH "\xe2\x80\x94 "
#define LINE DASH "log.example/log AAAAAAA=\n"

static const json_t *given(void)
{
	static json_t *v;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 20);
	struct fj_err err = {0};

	if (v == NULL && (fj_file_read(AT_FDCWD, "tests/fixtures/tlog.json", &text, &err) != FJ_OK || fj_json_parse(fj_buf_slice(&text), text.len, &v, &err) != FJ_OK))
		printf("# %s\n", err.en);
	return json_object_get(v, "note");
}

static struct fj_slice field(const char *name)
{
	return fj_slice_str(fj_json_text(given(), name));
}

/* libsodium's secret of 64 octets from the seed that the model names */
static bool secret_of(const char *name, uint8_t pub[32], uint8_t secret[64])
{
	uint8_t seed[32];

	return field(name).len == 64 && fj_unhex((const char *)field(name).p, 64, seed) == FJ_OK && crypto_sign_seed_keypair(pub, secret, seed) == 0;
}

TEST("a verifier key is read and written as the model writes it")
{
	struct fj_vkey k, again;
	FJ_AUTO(buf) text = FJ_BUF_INIT(1000);
	uint8_t pub[32], secret[64];
	struct fj_err err = {0};

	CHECK(secret_of("secret", pub, secret));
	CHECK_OK(fj_vkey_read(field("vkey"), &k, &err));
	CHECK(k.type == FJ_NOTE_ED25519 && memcmp(k.key, pub, 32) == 0);
	CHECK_STR(k.name, "log.example/log");
	CHECK_OK(fj_vkey_make("log.example/log", FJ_NOTE_ED25519, pub, &again, &err));
	CHECK(memcmp(again.id, k.id, 4) == 0);
	CHECK_OK(fj_vkey_put(&text, &again));
	CHECK(fj_slice_eq(fj_buf_slice(&text), field("vkey")));
	CHECK_OK(fj_vkey_read(field("witness"), &k, &err));
	CHECK(k.type == FJ_NOTE_COSIGNATURE);
}

TEST("a verifier key with another id, name, type or length is refused")
{
	static const char *const bad[] = {"", "+", "a", "a+b", "a+00000000+", "a+00000000+AA==", "a++AA==", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"a+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "a+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k="};
	const char *good = fj_json_text(given(), "vkey");
	char text[300];
	struct fj_vkey k;

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK(fj_vkey_read(fj_slice_str(bad[i]), &k, NULL) != FJ_OK);
	for (size_t i = 0; good[i] != '\0'; i++) { /* every character matters: the id is of name, type and key */
		snprintf(text, sizeof(text), "%s", good);
		text[i] = text[i] == 'x' ? 'y' : 'x';
		CHECK(fj_vkey_read(fj_slice_str(text), &k, NULL) != FJ_OK);
	}
	snprintf(text, sizeof(text), "%s\n", good);
	CHECK(fj_vkey_read(fj_slice_str(text), &k, NULL) != FJ_OK);
}

TEST("names that a key can't have")
{
	static const char *const bad[] = {"", " ", "a b", "a\tb", "a\nb", "a+b", "\x7f", "a\xc2\xa0", "a\xc2\x85", "a\xe3\x80\x80", "a\xe2\x80\xa8" "b", "a\xe1\x9a\x80", "\xff"};
	uint8_t key[32] = {1};
	char longest[FJ_NOTE_NAME + 2];
	struct fj_vkey k;
	struct fj_err err = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK_RC(fj_vkey_make(bad[i], FJ_NOTE_ED25519, key, &k, &err), FJ_E_INVALID);
	memset(longest, 'a', sizeof(longest));
	longest[FJ_NOTE_NAME + 1] = '\0';
	CHECK_RC(fj_vkey_make(longest, FJ_NOTE_ED25519, key, &k, &err), FJ_E_INVALID);
	longest[FJ_NOTE_NAME] = '\0';
	CHECK_OK(fj_vkey_make(longest, FJ_NOTE_ED25519, key, &k, &err));
	CHECK_OK(fj_vkey_make("127.0.0.1:8480/log", FJ_NOTE_ED25519, key, &k, &err));
	CHECK_OK(fj_vkey_make("\xe7\xac\xa6\xe8\x8a\x82", FJ_NOTE_COSIGNATURE, key, &k, &err));
}

TEST("the model's note verifies by the log's key and by the witness's, with its time")
{
	struct fj_note n;
	struct fj_vkey log, witness;
	fj_time at = 0;
	struct fj_err err = {0};

	CHECK_OK(fj_note_read(field("note"), &n, &err));
	CHECK(n.n == 3);
	CHECK_OK(fj_vkey_read(field("vkey"), &log, &err));
	CHECK_OK(fj_vkey_read(field("witness"), &witness, &err));
	CHECK_OK(fj_note_verify(&n, &log, NULL, &err));
	CHECK_OK(fj_note_verify(&n, &witness, &at, &err));
	CHECK(at == fj_json_num(given(), "time"));
	log.id[0] ^= 1;
	CHECK_RC(fj_note_verify(&n, &log, NULL, &err), FJ_E_NOTFOUND);
	log.id[0] ^= 1;
	log.key[0] ^= 1;
	CHECK_RC(fj_note_verify(&n, &log, NULL, &err), FJ_E_SIGNATURE);
}

TEST("no octet of a note can be another")
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note n;
	struct fj_vkey log, witness;
	struct fj_err err = {0};

	CHECK_OK(fj_vkey_read(field("vkey"), &log, &err));
	CHECK_OK(fj_vkey_read(field("witness"), &witness, &err));
	CHECK_OK(fj_buf_put(&text, field("note").p, field("note").len));
	size_t unknown = (size_t)((uint8_t *)memmem(text.data, text.len, DASH "log.example/log AAAA", strlen(DASH "log.example/log AAAA")) - text.data), end = unknown;
	while (text.data[end] != '\n')
		end++;
	for (size_t i = 0; i < text.len; i++) {
		if (i >= unknown && i <= end) /* that line is by a key that nobody knows */
			continue;
		text.data[i] ^= 1;
		bool both = fj_note_read(fj_buf_slice(&text), &n, &err) == FJ_OK && fj_note_verify(&n, &log, NULL, &err) == FJ_OK && fj_note_verify(&n, &witness, NULL, &err) == FJ_OK;
		CHECK(!both);
		text.data[i] ^= 1;
	}
	CHECK_OK(fj_note_read(fj_buf_slice(&text), &n, &err));
}

TEST("malformed notes are refused")
{
	static const char *const bad[] = {"", "\n", "\n\n", "text\n", "text\n\n", LINE, "text\n" LINE, "text\n\n\n", "text\n\n" DASH "log.example/log AAAAAAA=", "text\n\n" DASH "log.example/log AAAAAAA\n",
		"text\n\n" DASH "log.example/log AAAA\n", "text\n\n" DASH "log.example/log AAAAAAB=\n", "text\n\n" DASH "log.example/log  AAAAAAA=\n", "text\n\n" DASH "log.example/log AAAAAAA= \n",
		"text\n\n" DASH "log.example/log\n", "text\n\n" DASH " AAAAAAA=\n", "text\n\n" DASH "a+b AAAAAAA=\n", "text\n\n" DASH "a b AAAAAAA=\n", "text\n\n- log.example/log AAAAAAA=\n",
		"text\n\n\xe2\x80\x93 log.example/log AAAAAAA=\n", "text\n\n " LINE, "text\n\n" LINE "x\n", "text\n\n" LINE "\n", "te\tt\n\n" LINE, "te\rt\n\n" LINE, "te\x01t\n\n" LINE, "te\xfft\n\n" LINE, "\xef\xbf\n\n" LINE,
		"text\n\n" DASH "log.example/log AAAAAAA=\r\n", "text\n\n" DASH "log.example/log AAAA_AA=\n"};
	struct fj_note n;
	struct fj_err err = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		if (fj_note_read(fj_slice_str(bad[i]), &n, &err) != FJ_E_PARSE) {
			CHECK_STR(bad[i], "refused");
		}
	CHECK_RC(fj_note_read(FJ_SLICE("te\0t\n\n" LINE, 7 + strlen(LINE)), &n, &err), FJ_E_PARSE);
	CHECK_OK(fj_note_read(fj_slice_str("text\n\n" LINE), &n, &err));
	CHECK(fj_slice_eq(n.text, fj_slice_str("text\n")) && n.n == 1);
	CHECK_OK(fj_note_read(fj_slice_str("a\n\nb\n\n" LINE LINE), &n, &err));
	CHECK(fj_slice_eq(n.text, fj_slice_str("a\n\nb\n")) && n.n == 2);
}

TEST("a note has 16 lines and more, but not any number, nor any size")
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_NOTE_MAX);
	struct fj_note n;
	struct fj_err err = {0};

	CHECK_OK(fj_buf_puts(&text, "text\n\n"));
	for (int i = 0; i < FJ_NOTE_SIGS; i++)
		CHECK_OK(fj_buf_puts(&text, LINE));
	CHECK(FJ_NOTE_SIGS >= 16);
	CHECK_OK(fj_note_read(fj_buf_slice(&text), &n, &err));
	CHECK_OK(fj_buf_puts(&text, LINE));
	CHECK_RC(fj_note_read(fj_buf_slice(&text), &n, &err), FJ_E_LIMIT);
	fj_buf_clear(&text);
	for (int i = 0; i < FJ_NOTE_MAX; i++)
		CHECK_OK(fj_buf_puts(&text, "x"));
	CHECK_OK(fj_buf_puts(&text, "\n\n" LINE));
	CHECK_RC(fj_note_read(fj_buf_slice(&text), &n, &err), FJ_E_LIMIT);
}

TEST("what is signed here is what the model signs, octet for octet")
{
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	uint8_t pub[32], secret[64], sig[64], unknown[70] = {0}, none[4] = {0};
	struct fj_checkpoint c;
	struct fj_note n;
	struct fj_vkey log, witness;
	struct fj_err err = {0};

	CHECK_OK(fj_note_read(field("note"), &n, &err));
	CHECK_OK(fj_checkpoint_read(n.text, &c, &err));
	CHECK_STR(c.origin, "log.example/log");
	CHECK(c.size == 7);
	CHECK_OK(fj_checkpoint_put(&note, &c));
	CHECK(fj_slice_eq(fj_buf_slice(&note), n.text));
	CHECK_OK(fj_buf_puts(&note, "\n"));
	CHECK_OK(fj_vkey_read(field("vkey"), &log, &err));
	CHECK_OK(fj_vkey_read(field("witness"), &witness, &err));
	CHECK(secret_of("secret", pub, secret));
	crypto_sign_detached(sig, NULL, n.text.p, n.text.len, secret);
	CHECK_OK(fj_note_line_put(&note, log.name, log.id, FJ_SLICE(sig, sizeof(sig))));
	CHECK_OK(fj_note_line_put(&note, log.name, none, FJ_SLICE(unknown, sizeof(unknown))));
	CHECK(secret_of("witness_secret", pub, secret));
	CHECK_OK(fj_cosign(&note, &witness, secret, fj_json_num(given(), "time"), n.text, &err));
	CHECK(fj_slice_eq(fj_buf_slice(&note), field("note")));
}

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

TEST("checkpoints: three lines, and extension lines that are not empty")
{
	static const char *const good[] = {"o\n0\n" ROOT "\n", "o\n18\n" ROOT "\n", "o\n18\n" ROOT "\nmore\n", "o\n9223372036854775807\n" ROOT "\n", "a b\n1\n" ROOT "\n"};
	static const char *const bad[] = {"", "o\n", "o\n1\n", "o\n1\n" ROOT, "\n1\n" ROOT "\n", "o\n\n" ROOT "\n", "o\n01\n" ROOT "\n", "o\n+1\n" ROOT "\n", "o\n-1\n" ROOT "\n", "o\n1 \n" ROOT "\n", "o\n1x\n" ROOT "\n",
		"o\n18446744073709551616\n" ROOT "\n", "o\n99999999999999999999999\n" ROOT "\n", "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", "o\n1\nAAAA\n",
		"o\n1\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\n", "o\n1\n" ROOT "\n\n", "o\n1\n" ROOT "\nmore\n\n", "o\n1\n" ROOT "\nmore", "o\r\n1\r\n" ROOT "\r\n"};
	struct fj_checkpoint c;
	struct fj_err err = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(good); i++)
		CHECK_OK(fj_checkpoint_read(fj_slice_str(good[i]), &c, &err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		if (fj_checkpoint_read(fj_slice_str(bad[i]), &c, &err) != FJ_E_PARSE) {
			CHECK_STR(bad[i], "refused");
		}
}

TEST("proofs of logging are read and written as the model writes them, and hold")
{
	static const char *const which[] = {"proof", "plain"};
	struct fj_err err = {0};

	for (size_t k = 0; k < FJ_ARRAY_LEN(which); k++) {
		FJ_AUTO(log_proof) p = {.index = 0};
		FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
		struct fj_note n;
		struct fj_checkpoint c;
		struct fj_hash leaf;
		char word[32];
		CHECK_OK(fj_log_proof_read(field(which[k]), &p, &err));
		CHECK(p.index == (k == 0 ? 3 : 6) && fj_slice_eq(fj_buf_slice(&p.extra), fj_slice_str(k == 0 ? "{\"leaf\":{}}" : "")));
		CHECK(fj_slice_eq(p.note, field("note")));
		CHECK_OK(fj_note_read(p.note, &n, &err));
		CHECK_OK(fj_checkpoint_read(n.text, &c, &err));
		int len = snprintf(word, sizeof(word), "leaf %llu", (unsigned long long)p.index);
		fj_leaf_hash(FJ_SLICE(word, (size_t)len), &leaf);
		CHECK(fj_path_includes(&p.path, p.index, c.size, &leaf, &c.root));
		CHECK(!fj_path_includes(&p.path, p.index + 1, c.size, &leaf, &c.root));
		CHECK_OK(fj_log_proof_put(&text, &p));
		CHECK(fj_slice_eq(fj_buf_slice(&text), field(which[k])));
	}
}

TEST("malformed proofs of logging are refused")
{
	static const char *const bad[] = {"", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\r\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\nindex 0\n",
		"c2sp.org/tlog-proof@v1\nindex 00\n\nx", "c2sp.org/tlog-proof@v1\nindex -1\n\nx", "c2sp.org/tlog-proof@v1\nindex\n\nx", "c2sp.org/tlog-proof@v1\nindex  0\n\nx", "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
		"c2sp.org/tlog-proof@v1\nindex 0\n" ROOT " \n\nx", "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\nextra\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\nextra AA==\n\nx",
		"c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\nx", "c2sp.org/tlog-proof@v1\n\nindex 0\n\nx", "index 0\n\nx"};
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_LOG_PROOF_MAX);
	struct fj_err err = {0};

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		FJ_AUTO(log_proof) p = {.index = 0};
		if (fj_log_proof_read(fj_slice_str(bad[i]), &p, &err) != FJ_E_PARSE) {
			CHECK_STR(bad[i], "refused");
		}
	}
	CHECK_OK(fj_buf_puts(&text, "c2sp.org/tlog-proof@v1\nindex 0\n"));
	for (int i = 0; i <= FJ_PATH_MAX; i++)
		CHECK_OK(fj_buf_puts(&text, ROOT "\n"));
	CHECK_OK(fj_buf_puts(&text, "\nx"));
	FJ_AUTO(log_proof) p = {.index = 0};
	CHECK_RC(fj_log_proof_read(fj_buf_slice(&text), &p, &err), FJ_E_PARSE);
	for (int i = 0; i < FJ_LOG_PROOF_MAX; i++)
		CHECK_OK(fj_buf_puts(&text, "x"));
	FJ_AUTO(log_proof) large = {.index = 0};
	CHECK_RC(fj_log_proof_read(fj_buf_slice(&text), &large, &err), FJ_E_LIMIT);
}

TEST("the id of an ECDSA line is of the key alone")
{
	uint8_t id[4];
	struct fj_hash h;

	fj_ecdsa_id(fj_slice_str("key"), id);
	fj_sha256(fj_slice_str("key"), &h);
	CHECK(memcmp(id, h.b, 4) == 0);
}

TEST("numbers as notes have them")
{
	static const char *const bad[] = {"", "00", "01", "+1", "-1", " 1", "1 ", "1x", "0x1", "9223372036854775808", "18446744073709551616", "100000000000000000000"};
	uint64_t n;

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK_RC(fj_note_number(fj_slice_str(bad[i]), &n), FJ_E_PARSE);
	CHECK(fj_note_number(fj_slice_str("0"), &n) == FJ_OK && n == 0);
	CHECK(fj_note_number(fj_slice_str("9223372036854775807"), &n) == FJ_OK && n == INT64_MAX);
}

TEST_MAIN
