/*
 * test_ver_log_policy.c - policies of a public log's witnesses: what is read, what is
 * refused, and when a quorum is reached.
 */
#include <sodium.h>

#include "tests/unit/test.h"
#include "verifier/log_policy.h"

#define ORIGIN "log.example/log"
#define TEXT ORIGIN "\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define WITNESSES 40
/* in a helper */
#define OK(call) \
	do { \
		if ((call) != FJ_OK) \
			abort(); \
	} while (0)

struct keys {
	struct fj_vkey log, w[WITNESSES];
	uint8_t log_secret[64], secret[WITNESSES][64];
	char log_text[400], text[WITNESSES][400]; /* verifier keys */
};

static void key_make(const char *name, enum fj_note_type type, unsigned seed, struct fj_vkey *k, uint8_t secret[64], char text[400])
{
	uint8_t public[32], from[32] = {(uint8_t)seed, (uint8_t)(seed >> 8)};
	FJ_AUTO(buf) b = FJ_BUF_INIT(400);

	crypto_sign_seed_keypair(public, secret, from);
	OK(fj_vkey_make(name, type, public, k, NULL));
	OK(fj_vkey_put(&b, k));
	snprintf(text, 400, "%s", fj_buf_str(&b));
}

static const struct keys *keys(void)
{
	static struct keys k;
	char name[40];

	if (k.log_text[0] != '\0')
		return &k;
	key_make(ORIGIN, FJ_NOTE_ED25519, 1000, &k.log, k.log_secret, k.log_text);
	for (unsigned i = 0; i < WITNESSES; i++) {
		snprintf(name, sizeof(name), "w%u.example/witness", i);
		key_make(name, FJ_NOTE_COSIGNATURE, i + 1, &k.w[i], k.secret[i], k.text[i]);
	}
	return &k;
}

/* "@L" is the log's key and "@0" to "@9" a witness's */
static void expand(const char *text, struct fj_buf *out)
{
	for (; *text != '\0'; text++)
		if (*text == '@') {
			text++;
			OK(fj_buf_puts(out, *text == 'L' ? keys()->log_text : keys()->text[*text - '0']));
		} else
			OK(fj_buf_put(out, text, 1));
}

static struct ver_policy *policy_of(const char *text, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(2 * VER_POLICY_MAX);
	struct ver_policy *p = NULL;

	*err = (struct fj_err){.rc = FJ_OK};
	expand(text, &b);
	enum fj_rc rc = ver_policy_read(fj_buf_slice(&b), &p, err);
	if (rc != err->rc || (p != NULL) != (rc == FJ_OK))
		abort();
	return p;
}

/* a note that these witnesses cosigned; `forged`: whose cosignature is of another text, -1 none */
static void note_make(const char *witnesses, int forged, struct fj_buf *out)
{
	uint8_t sig[64];

	OK(fj_buf_puts(out, TEXT "\n"));
	crypto_sign_detached(sig, NULL, (const uint8_t *)TEXT, sizeof(TEXT) - 1, keys()->log_secret);
	OK(fj_note_line_put(out, ORIGIN, keys()->log.id, FJ_SLICE(sig, 64)));
	for (; *witnesses != '\0'; witnesses++) {
		int i = *witnesses - '0';
		OK(fj_cosign(out, &keys()->w[i], keys()->secret[i], 1000, fj_slice_str(i == forged ? "another\n" : TEXT), NULL));
	}
}

/* "" is no quorum, else "N of M", and "!" when it is reached; "forged" */
static const char *met(const char *policy, const char *witnesses, int forged)
{
	static char out[40];
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct ver_cosigned c;
	struct fj_note note;
	struct fj_err err;

	FJ_AUTO(ver_policy) p = policy_of(policy, &err);
	if (p == NULL)
		return "unread";
	note_make(witnesses, forged, &b);
	OK(fj_note_read(fj_buf_slice(&b), &note, &err));
	enum fj_rc rc = ver_policy_cosigned(p, &note, &c, &err);
	if (rc != FJ_OK)
		return rc == FJ_E_SIGNATURE ? "forged" : "?";
	snprintf(out, sizeof(out), "%zu of %zu%s", c.by, c.witnesses, c.quorum ? "!" : "");
	return out;
}

#define THREE "witness a @0\nwitness b @1\nwitness c @2\n"

TEST("a quorum is a witness, none, or a group: all, any, or a number of its members")
{
	CHECK_STR(met("quorum none\n", "", -1), "0 of 0!");
	CHECK_STR(met(THREE "quorum none\n", "", -1), "0 of 3!");
	CHECK_STR(met(THREE "quorum b\n", "1", -1), "1 of 3!");
	CHECK_STR(met(THREE "quorum b\n", "02", -1), "2 of 3");
	CHECK_STR(met(THREE "group g any a b c\nquorum g\n", "2", -1), "1 of 3!");
	CHECK_STR(met(THREE "group g any a b c\nquorum g\n", "", -1), "0 of 3");
	CHECK_STR(met(THREE "group g all a b c\nquorum g\n", "012", -1), "3 of 3!");
	CHECK_STR(met(THREE "group g all a b c\nquorum g\n", "01", -1), "2 of 3");
	CHECK_STR(met(THREE "group g 2 a b c\nquorum g\n", "20", -1), "2 of 3!");
	CHECK_STR(met(THREE "group g 2 a b c\nquorum g\n", "0", -1), "1 of 3");
	CHECK_STR(met(THREE "group g 2 a b c\nquorum g\n", "000", -1), "1 of 3"); /* one witness, three lines */
}

TEST("groups of groups count their members, and a witness that is in no group of the quorum counts for nothing")
{
	static const char p[] = "witness x1 @0\nwitness x2 @1\nwitness x3 @2\ngroup x 2 x1 x2 x3\n"
	    "witness y1 @3\nwitness y2 @4\ngroup y any y1 y2\ngroup both all x y\nquorum both\n";

	CHECK_STR(met(p, "014", -1), "3 of 5!");
	CHECK_STR(met(p, "012", -1), "3 of 5");
	CHECK_STR(met(p, "034", -1), "3 of 5");
	CHECK_STR(met(THREE "group g any a b\nquorum g\n", "2", -1), "1 of 3");
	CHECK_STR(met(THREE "group one 1 a\ngroup two all one b\nquorum two\n", "01", -1), "2 of 3!");
	CHECK_STR(met(THREE "group one 1 a\ngroup two all one b\nquorum two\n", "0", -1), "1 of 3");
}

TEST("a cosignature that does not verify spoils the note, whether it is needed or not; a stranger's is passed over")
{
	CHECK_STR(met(THREE "quorum none\n", "0", 0), "forged");
	CHECK_STR(met(THREE "quorum a\n", "01", 1), "forged");
	CHECK_STR(met("witness a @0\nquorum a\n", "05", 5), "1 of 1!");
}

TEST("a policy's logs are asked for by key and by origin; without logs none is")
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note note;
	struct fj_err err;

	note_make("", -1, &b);
	CHECK_OK(fj_note_read(fj_buf_slice(&b), &note, &err));
	FJ_AUTO(ver_policy) with = policy_of("log @L\tsome://where\nquorum none\n", &err);
	FJ_AUTO(ver_policy) without = policy_of("quorum none\n", &err);
	CHECK_OK(ver_policy_log(with, &note, ORIGIN, &err));
	CHECK_OK(ver_policy_log(without, &note, ORIGIN, &err));
	CHECK_RC(ver_policy_log(with, &note, "other.example/log", &err), FJ_E_SIGNATURE);
	with->log[0].key[5] ^= 1;
	CHECK_RC(ver_policy_log(with, &note, ORIGIN, &err), FJ_E_SIGNATURE);
}

TEST("blank lines, remarks, tabs and names beyond ASCII are read as they stand")
{
	struct fj_err err;

	FJ_AUTO(ver_policy) p = policy_of("\n \t \n# witness z @9\n\t #\xff\n \twitness\t\tw\xe7 \t @0\t https://w.example/ \n  log @L\ngroup G any w\xe7\nquorum G\n# the end\n", &err);
	CHECK_STR(p != NULL ? "" : err.en, "");
	CHECK(p->n == 2 && p->n_log == 1 && p->n_witness == 1 && p->n_group == 1 && p->quorum == 1 && p->name[0].in == 1);
	CHECK_STR(p->name[0].name, "w\xe7");
	CHECK_STR(p->name[0].url, "https://w.example/");
}

TEST("what is not of the format is refused with its line, each by one thing that is wrong")
{
	static const struct {
		const char *text;
		unsigned line;
	} bad[] = {
		{"", 0}, {"# nothing\n", 1}, {THREE, 3},                             /* no quorum */
		{"quorum none\nquorum none\n", 2}, {THREE "quorum a\nquorum b\n", 5}, /* two */
		{"quorum\n", 1}, {"quorum none none\n", 1}, {"quorum a\nwitness a @0\n", 1}, {"quorum NONE\n", 1},
		{"quorum none", 1}, {THREE "quorum a", 4},                           /* cut */
		{"quorum none\r\n", 1}, {"quorum none\x01\n", 1}, {"# a\x7f\nquorum none\n", 1},
		{"Quorum none\n", 1}, {"witnesses a @0\nquorum none\n", 1}, {"cosigner a @0\nquorum none\n", 1}, /* unknown */
		{"log\nquorum none\n", 1}, {"log @L u u\nquorum none\n", 1}, {"log @0\nquorum none\n", 1}, {"log @L\nlog @L\nquorum none\n", 2}, {"log a @L\nquorum none\n", 1},
		{"witness a\nquorum none\n", 1}, {"witness a @L\nquorum none\n", 1}, {"witness a @0 u u\nquorum none\n", 1}, {"witness @0\nquorum none\n", 1},
		{"witness none @0\nquorum none\n", 1}, {"group none any a\nquorum none\n", 1},
		{"witness a @0\nwitness a @1\nquorum none\n", 2}, {"witness a @0\nwitness b @0\nquorum none\n", 2}, {THREE "group a any b\nquorum none\n", 4},
		{"witness a x+01234567+AAAA\nquorum none\n", 1}, {"witness a @0x\nquorum none\n", 1},
		{THREE "group g any\nquorum g\n", 4}, {THREE "group g\nquorum g\n", 4}, {THREE "group g 0 a b\nquorum g\n", 4}, {THREE "group g 3 a b\nquorum g\n", 4},
		{THREE "group g 02 a b\nquorum g\n", 4}, {THREE "group g -1 a b\nquorum g\n", 4}, {THREE "group g ANY a b\nquorum g\n", 4}, {THREE "group g some a b\nquorum g\n", 4},
		{THREE "group g 18446744073709551617 a b\nquorum g\n", 4}, {THREE "group g 4294967297 a b\nquorum g\n", 4},
		{THREE "group g any a d\nquorum g\n", 4}, {THREE "group g any g a\nquorum g\n", 4}, {THREE "group g any a none\nquorum g\n", 4},
		{THREE "group g any h\ngroup h any a\nquorum g\n", 4}, {THREE "group g any a a\nquorum g\n", 4}, {THREE "group g any a b\ngroup h any b c\nquorum g\n", 5},
		{THREE "quorum d\n", 4}, {THREE "quorum A\n", 4},
	};
	struct fj_err err;
	char line[24];

	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++) {
		CHECK_STR(policy_of(bad[i].text, &err) == NULL ? "" : bad[i].text, "");
		CHECK_RC(err.rc, FJ_E_PARSE);
		snprintf(line, sizeof(line), "line %u ", bad[i].line);
		CHECK_STR(strstr(err.en, line) != NULL && err.zh[0] != '\0' ? "" : err.en, "");
	}
}

/* a policy of these many of each, the groups of one witness each */
static enum fj_rc many(int witnesses, int groups, size_t name)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(2 * VER_POLICY_MAX);
	FJ_AUTO(ver_policy) p = NULL;
	char pad[300];

	memset(pad, 'n', sizeof(pad));
	for (int i = 0; i < witnesses; i++)
		OK(fj_buf_printf(&b, "witness %.*s%02d %s\n", (int)name - 2, pad, i, keys()->text[i]));
	for (int i = 0; i < groups; i++)
		OK(fj_buf_printf(&b, "group g%d any %.*s%02d\n", i, (int)name - 2, pad, i));
	OK(fj_buf_puts(&b, "quorum none\n"));
	return ver_policy_read(fj_buf_slice(&b), &p, NULL);
}

TEST("32 witnesses, 32 groups and names of 200 octets, and not one more")
{
	FJ_AUTO(buf) large = FJ_BUF_INIT(2 * VER_POLICY_MAX);
	struct ver_policy *p = NULL;
	struct fj_err err = {.rc = FJ_OK};

	CHECK_OK(many(32, 32, 10));
	CHECK_RC(many(33, 0, 10), FJ_E_LIMIT);
	CHECK_OK(many(1, 0, 200));
	CHECK_RC(many(1, 0, 201), FJ_E_LIMIT);
	CHECK_OK(fj_buf_puts(&large, "quorum none\n"));
	while (large.len < VER_POLICY_MAX)
		CHECK_OK(fj_buf_puts(&large, "\n"));
	CHECK_OK(ver_policy_read(fj_buf_slice(&large), &p, NULL));
	ver_policy_free(p);
	CHECK_OK(fj_buf_puts(&large, "\n"));
	CHECK_RC(ver_policy_read(fj_buf_slice(&large), &p, NULL), FJ_E_LIMIT);
	CHECK(many(32, 33, 10) != FJ_OK);
}

TEST_MAIN
