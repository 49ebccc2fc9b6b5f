/*
 * search.c - full-text search over what the register's lists hold.
 *
 * Chinese is written without spaces and most of its words have two characters.
 * Each pair of neighbouring Han characters is indexed as one token, and the last
 * of a run alone: a word of two is then one look-up, a longer one a phrase of
 * overlapping pairs, a single character a prefix.  (Single characters as tokens
 * also find words of two, but a rare word of two common characters would cost a
 * walk through both; a trigram index does not find words of two at all.)
 * What somebody typed never reaches FTS5's grammar: it is brought to NFKC as the
 * index is (full-width forms become half-width), split at white space, quotes
 * become spaces, and each word is one quoted phrase, all of which have to be there.
 */
#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/sheet/sheet.h"

static bool is_han(uint32_t c)
{
	return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff) || (c >= 0x3005 && c <= 0x3007) ||
	    (c >= 0x3021 && c <= 0x3029);
}

static bool is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= 0xc0 && !(c >= 0x2000 && c <= 0x206f) && !(c >= 0x3000 && c <= 0x303f && !is_han(c)) && !(c >= 0xfe30 && c <= 0xfe4f) && !(c >= 0xff00 && c <= 0xffff)) || is_han(c);
}

/* the next character of valid UTF-8 */
static uint32_t next_point(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	*s += n;
	return c;
}

static enum fj_rc put_point(struct fj_buf *out, uint32_t c)
{
	char u[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		u[i] = (char)(0x80 | (c & 0x3f));
	u[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
	return fj_buf_put(out, u, n);
}

struct fold {
	struct fj_buf *out;
	uint32_t held;       /* Han character that waits for its neighbour, 0 none */
	size_t run;          /* length of the run of Han characters that it ends */
};

/* a run of Han characters is over: its last character alone */
static enum fj_rc end_run(struct fold *f)
{
	enum fj_rc rc = FJ_OK;

	if (f->held != 0)
		rc = put_point(f->out, f->held);
	if (f->held != 0 && rc == FJ_OK)
		rc = fj_buf_puts(f->out, " ");
	f->held = 0;
	f->run = 0;
	return rc;
}

static enum fj_rc take(struct fold *f, uint32_t c)
{
	if (!is_han(c)) {
		FJ_TRY(end_run(f));
		return put_point(f->out, c < 0x20 || c == '"' ? ' ' : c);
	}
	if (f->held != 0) {
		FJ_TRY(put_point(f->out, f->held));
		FJ_TRY(put_point(f->out, c));
		FJ_TRY(fj_buf_puts(f->out, " "));
	} else if (f->out->len > 0) {
		FJ_TRY(fj_buf_puts(f->out, " "));
	}
	f->held = c;
	f->run++;
	return FJ_OK;
}

enum fj_rc fnd_fold(const char *text, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) flat = FJ_BUF_INIT(1u << 20);
	struct fold f = {out, 0, 0};
	enum fj_rc rc = sheet_key(text, &flat);

	for (const char *s = fj_buf_str(&flat); *s != '\0' && rc == FJ_OK;)
		rc = take(&f, next_point(&s));
	if (rc == FJ_OK)
		rc = end_run(&f);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "a text is too long to be searched");
}

/* one word, from *s to white space, as ` body:"..."`; *some: there was a letter or digit in it */
static enum fj_rc put_word(const char **s, struct fj_buf *out, bool *some)
{
	FJ_AUTO(buf) word = FJ_BUF_INIT(16384);
	struct fold f = {&word, 0, 0};
	bool gap = false; /* signs count between characters only */

	*some = false;
	while (**s != '\0') {
		uint32_t c = next_point(s);
		if (c <= ' ')
			break;
		if (is_word(c)) {
			if (gap && *some)
				FJ_TRY(take(&f, ' '));
			FJ_TRY(take(&f, c));
			*some = true;
		}
		gap = !is_word(c);
	}
	bool prefix = f.run == 1; /* a single character at the end begins a pair in the index, or ends a run */
	if (prefix)
		FJ_TRY(put_point(&word, f.held));
	return *some ? fj_buf_printf(out, " body:\"%s\"%s", fj_buf_str(&word), prefix ? "*" : "") : FJ_OK;
}

enum fj_rc fnd_expression(const char *typed, const char *noun, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) flat = FJ_BUF_INIT(32768);
	size_t words = 0;
	bool some;
	enum fj_rc rc = sheet_key(typed, &flat);

	if (rc == FJ_OK && noun[0] != '\0')
		rc = fj_buf_printf(out, "noun:\"%s\"", noun);
	for (const char *s = fj_buf_str(&flat); *s != '\0' && rc == FJ_OK;) {
		rc = put_word(&s, out, &some);
		if (some && ++words > FND_MAX_WORDS) {
			rc = fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a search takes %d words at most", FND_MAX_WORDS);
			fj_err_zh(err, "检索词最多 %d 个", FND_MAX_WORDS);
			return rc;
		}
	}
	if (rc != FJ_OK)
		return fj_fail(err, rc, "issuer", NULL, "the search is too long");
	if (words > 0)
		return FJ_OK;
	rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "there is no letter, digit or Chinese character to search for");
	fj_err_zh(err, "检索词中没有可检索的汉字、字母或数字");
	return rc;
}

/* FTS5's structure record: four octets, then the numbers of levels and of segments, each in one
 * octet as long as they are below 128 (sqlite.org/fts5.html, appendix; the source of fts5_index.c) */
static enum fj_rc segments(struct sto *db, unsigned *n, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_FIND_SEGMENTS, &q, err, ""));
	FJ_TRY(sto_step(&q, &row, err));
	*n = row && sto_blob(&q, 0).len > 5 ? sto_blob(&q, 0).p[5] : 0;
	return FJ_OK;
}

enum fj_rc fnd_tidy(struct sto *db, bool *done, struct fj_err *err)
{
	unsigned n = 0;

	FJ_TRY(sto_begin(db, err));
	enum fj_rc rc = segments(db, &n, err);
	*done = rc == FJ_OK && n <= 1;
	if (rc == FJ_OK && n > 1)
		rc = sto_run(db, STO_FIND_MERGE, NULL, err, "");
	if (rc == FJ_OK)
		rc = sto_commit(db, err);
	if (rc != FJ_OK)
		sto_rollback(db);
	return rc;
}

static const char *const searched[] = {"organisation", "ledger", "asset", "certificate", "authorisation", "plan", "product", NULL};
const struct iss_field fld_find_search[] = {
	{"q", ISS_F_STR, true, 200, "检索词", "words, all of which have to be there"},
	{"noun", ISS_F_STR, false, 16, "类别", "kind", searched},
	{"after", ISS_F_STR, false, 20, "起始", "from here on"},
	ISS_FIELD_LIMIT,
	{0},
};

static json_t *hit(const struct sto_q *q)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "noun", sto_text(q, 1), "key", sto_text(q, 2), "name", sto_text(q, 3), "state", sto_text(q, 4),
	    "holder", sto_text(q, 5));
}

enum fj_rc cmd_find_search(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) expression = FJ_BUF_INIT(32768);
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *noun = fj_json_peek(c->params, "noun"), *after;
	char next[24] = "";
	enum fnd_noun n;
	int64_t limit;
	bool row;

	if (noun != NULL)
		FJ_TRY(fnd_noun_of(noun, &n, err));
	iss_page(c, &after, &limit);
	FJ_TRY(fnd_expression(fj_json_peek(c->params, "q"), noun == NULL ? "" : noun, &expression, err));
	FJ_TRY(sto_query(c->db, STO_FIND_SEARCH, &q, err, "tii", fj_buf_str(&expression), (int64_t)strtoll(after, NULL, 10), limit));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		snprintf(next, sizeof(next), "%lld", (long long)sto_int(&q, 0));
		json_array_append_new(items, hit(&q));
	}
	c->answer = json_pack("{s:O, s:s?}", "items", items, "next", (int64_t)json_array_size(items) == limit ? next : NULL);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
