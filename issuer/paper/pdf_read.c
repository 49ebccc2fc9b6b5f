/*
 * pdf_read.c - PDF read as far as an incremental update needs it: white space, values skipped,
 * dictionaries by their keys (ISO 32000-1, 7.2 and 7.3).
 *
 * Strict where leniency would let two readers see two things: a key that stands twice or
 * is written with an escape is malformed.  Nothing is decoded and nothing is followed.
 */
#include "issuer/paper/sealed.h"

static int peek(const struct pdf *p)
{
	return p->at < p->file.len ? p->file.p[p->at] : -1;
}

bool pdf_blank(int c)
{
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool regular(int c)
{
	return c > ' ' && strchr("()<>[]{}/%", c) == NULL;
}

void pdf_space(struct pdf *p)
{
	while (pdf_blank(peek(p)) || peek(p) == '%') {
		if (peek(p) == '%')
			while (peek(p) != -1 && peek(p) != '\n' && peek(p) != '\r')
				p->at++;
		else
			p->at++;
	}
}

bool pdf_word(struct pdf *p, const char *word)
{
	size_t n = strlen(word);

	pdf_space(p);
	if (p->file.len - p->at < n || memcmp(p->file.p + p->at, word, n) != 0)
		return false;
	if (p->at + n < p->file.len && regular(word[n - 1]) && regular(p->file.p[p->at + n]))
		return false;
	p->at += n;
	return true;
}

bool pdf_number(struct pdf *p, int64_t *out)
{
	size_t from;

	pdf_space(p);
	from = p->at;
	for (*out = 0; peek(p) >= '0' && peek(p) <= '9' && p->at - from < 16; p->at++)
		*out = *out * 10 + (peek(p) - '0');
	return p->at > from && !regular(peek(p));
}

bool pdf_starts(const struct pdf *p)
{
	return peek(p) >= '0' && peek(p) <= '9' && (p->at == 0 || pdf_blank(p->file.p[p->at - 1]));
}

bool pdf_line(struct pdf *p)
{
	while (peek(p) == ' ' || peek(p) == '\t')
		p->at++;
	size_t from = p->at;
	p->at += peek(p) == '\r';
	p->at += peek(p) == '\n';
	return p->at > from;
}

bool pdf_decimal(struct pdf *p, int64_t *out)
{
	size_t n = 0;

	pdf_space(p);
	bool below = peek(p) == '-';
	p->at += below;
	for (*out = 0; peek(p) >= '0' && peek(p) <= '9' && n < 6; p->at++, n++)
		*out = *out * 10 + (peek(p) - '0');
	bool dot = peek(p) == '.';
	p->at += dot;
	for (int place = 0; place < 3; place++) {
		bool digit = dot && peek(p) >= '0' && peek(p) <= '9';
		*out = *out * 10 + (digit ? peek(p) - '0' : 0);
		p->at += digit;
		n += digit;
	}
	for (int more = 0; dot && peek(p) >= '0' && peek(p) <= '9' && more < 12; more++)
		p->at++;
	*out = below ? -*out : *out;
	return n > 0 && !regular(peek(p));
}

static bool skip_string(struct pdf *p)
{
	int depth = 0;

	for (; peek(p) != -1; p->at++) {
		if (peek(p) == '\\')
			p->at++;
		else if (peek(p) == '(')
			depth++;
		else if (peek(p) == ')' && --depth == 0) {
			p->at++;
			return true;
		}
	}
	return false;
}

static bool skip_regular(struct pdf *p)
{
	size_t from = p->at;

	while (peek(p) != -1 && regular(peek(p)))
		p->at++;
	return p->at > from;
}

static bool skip_hex(struct pdf *p)
{
	while (peek(p) != -1 && peek(p) != '>')
		p->at++;
	p->at++;
	return p->at <= p->file.len;
}

static bool skip_list(struct pdf *p, const char *end, int depth)
{
	while (!pdf_word(p, end))
		if (p->at >= p->file.len || !pdf_skip(p, depth + 1))
			return false;
	return true;
}

bool pdf_skip(struct pdf *p, int depth)
{
	pdf_space(p);
	if (depth > 32)
		return false;
	switch (peek(p)) {
	case '(':
		return skip_string(p);
	case '/':
		p->at++;
		return skip_regular(p);
	case '[':
		p->at++;
		return skip_list(p, "]", depth);
	case '<':
		p->at++;
		if (peek(p) != '<')
			return skip_hex(p);
		p->at++;
		return skip_list(p, ">>", depth);
	default:
		return skip_regular(p);
	}
}

/* a value with what belongs to it: "12 0 R" is one */
static bool value(struct pdf *p, struct fj_slice *out)
{
	int64_t number, generation;

	pdf_space(p);
	size_t from = p->at;
	if (!pdf_skip(p, 0))
		return false;
	struct pdf ref = {.file = p->file, .at = from};
	if (pdf_number(&ref, &number) && pdf_number(&ref, &generation) && pdf_word(&ref, "R"))
		p->at = ref.at;
	*out = FJ_SLICE(p->file.p + from, p->at - from);
	return true;
}

bool pdf_dict(struct pdf *p, struct pdf_dict *out)
{
	out->n = 0;
	if (!pdf_word(p, "<<"))
		return false;
	while (!pdf_word(p, ">>")) {
		if (out->n == PDF_MAX_KEYS || peek(p) != '/')
			return false;
		size_t from = ++p->at;
		if (!skip_regular(p))
			return false;
		struct fj_slice key = FJ_SLICE(p->file.p + from, p->at - from);
		if (memchr(key.p, '#', key.len) != NULL)
			return false;
		for (size_t i = 0; i < out->n; i++)
			if (out->key[i].len == key.len && memcmp(out->key[i].p, key.p, key.len) == 0)
				return false;
		out->key[out->n] = key;
		if (!value(p, &out->value[out->n++]))
			return false;
	}
	out->end = p->at;
	return true;
}

const struct fj_slice *pdf_get(const struct pdf_dict *d, const char *key)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->key[i].len == strlen(key) && memcmp(d->key[i].p, key, d->key[i].len) == 0)
			return &d->value[i];
	return NULL;
}

bool pdf_ref(struct fj_slice v, int64_t *number)
{
	struct pdf p = {.file = v};
	int64_t generation;

	return pdf_number(&p, number) && pdf_number(&p, &generation) && generation == 0 && pdf_word(&p, "R") && (pdf_space(&p), p.at == v.len);
}

bool pdf_same(struct fj_slice a, struct fj_slice b)
{
	struct pdf x = {.file = a}, y = {.file = b};

	for (;;) {
		pdf_space(&x);
		pdf_space(&y);
		if (x.at == a.len || y.at == b.len)
			return x.at == a.len && y.at == b.len;
		size_t from = x.at, as = y.at;
		if (peek(&x) == '(' && peek(&y) == '(') { /* in a string white space and "%" are text */
			if (!skip_string(&x) || !skip_string(&y) || x.at - from != y.at - as || memcmp(a.p + from, b.p + as, x.at - from) != 0)
				return false;
			continue;
		}
		if (a.p[x.at++] != b.p[y.at++])
			return false;
		/* where one word ends the other has to end */
		bool more = x.at < a.len && regular(a.p[x.at]) && regular(a.p[x.at - 1]), also = y.at < b.len && regular(b.p[y.at]) && regular(b.p[y.at - 1]);
		if (more != also)
			return false;
	}
}

bool pdf_is(struct fj_slice v, const char *text)
{
	return pdf_same(v, fj_slice_str(text));
}
