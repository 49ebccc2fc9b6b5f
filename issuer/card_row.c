/*
 * card_row.c - a card's value as text: the cell of a sheet, and back; a line of a page.
 *
 * Cells say the official Chinese wording of a code, 是 or 否, yuan with two
 * decimals, list items between "；".  Reading takes codes, half-width semicolons,
 * line ends, and thousands separators too; what stands in the cell then passes
 * the dictionary like any value.  Reading refuses what is no number where one
 * belongs, and more than two decimals: a fen is not divided.
 */
#include "issuer/card.h"

bool card_has_column(const struct card_field *f)
{
	return f->type != CARD_KEPT && f->type != CARD_RIGHTS;
}

static const char *wording(const struct card_field *f, const char *code, bool en)
{
	const struct iss_choice *k = card_choice(f, code);

	return k == NULL ? code : en ? k->en : k->zh;
}

/* {right, holder, from, to, limits, evidence} in one line */
static enum fj_rc put_right(const struct card_field *f, const json_t *r, bool en, struct fj_buf *out)
{
	static const char *const keys[] = {"holder", "from", "to", "limits", "evidence"};
	const char *right = fj_json_peek(r, "right");

	FJ_TRY(fj_buf_puts(out, right == NULL ? "" : wording(f, right, en)));
	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++) {
		const char *s = fj_json_peek(r, keys[i]);
		if (s != NULL)
			FJ_TRY(fj_buf_printf(out, "%s%s", strcmp(keys[i], "to") == 0 ? "—" : " ", s));
	}
	return FJ_OK;
}

static enum fj_rc put_list(const struct card_field *f, const json_t *list, bool en, struct fj_buf *out)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		FJ_TRY(fj_buf_puts(out, i == 0 ? "" : en ? "; " : "；"));
		FJ_TRY(json_is_string(v) ? fj_buf_puts(out, wording(f, json_string_value(v), en)) : put_right(f, v, en, out));
	}
	return FJ_OK;
}

static enum fj_rc put_value(const struct card_field *f, const json_t *v, bool en, struct fj_buf *out)
{
	json_int_t n = json_integer_value(v);

	if (json_is_boolean(v))
		return fj_buf_puts(out, json_is_true(v) ? en ? "yes" : "是" : en ? "no" : "否");
	if (json_is_integer(v) && f->type == CARD_MONEY)
		return fj_buf_printf(out, "%lld.%02lld", (long long)(n / 100), (long long)(n % 100));
	if (json_is_integer(v))
		return fj_buf_printf(out, "%lld", (long long)n);
	return json_is_string(v) ? fj_buf_puts(out, wording(f, json_string_value(v), en)) : put_list(f, v, en, out);
}

enum fj_rc card_cell(const struct card_field *f, const json_t *value, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = put_value(f, value, false, out);

	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "the text of %s.%s would be too long", f->block, f->key);
}

json_t *iss_card_lines(const json_t *card, bool en)
{
	size_t n;
	const struct card_field *f = card_fields(&n);
	FJ_AUTO(buf) text = FJ_BUF_INIT(CARD_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const json_t *v = card_get(card, &f[i]);
		fj_buf_clear(&text);
		if (v != NULL && put_value(&f[i], v, en, &text) == FJ_OK)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "block", f[i].block, "key", f[i].key, "label", en ? f[i].en : f[i].zh, "text", fj_buf_str(&text)));
	}
	return list;
}

static enum fj_rc bad(const struct card_field *f, struct fj_err *err, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.3", "%s.%s (%s) %s", f->block, f->key, f->en, en);

	fj_err_zh(err, "“%s”%s", f->zh, zh);
	return rc;
}

/* digits as an integer times 10^scale; false: no such number */
static bool number(const char *s, int scale, json_int_t *out)
{
	json_int_t n = 0;
	int decimals = -1;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s != '\0'; s++) {
		if (*s == ',' && decimals < 0)
			continue;
		if (*s == '.' && decimals < 0 && scale > 0) {
			decimals = 0;
			continue;
		}
		if (*s < '0' || *s > '9' || n > (INT64_MAX - 9) / 10 || (decimals >= 0 && ++decimals > scale))
			return false;
		n = n * 10 + (*s - '0');
	}
	for (decimals = decimals < 0 ? 0 : decimals; decimals < scale; decimals++) {
		if (n > INT64_MAX / 10)
			return false;
		n *= 10;
	}
	*out = n;
	return true;
}

static json_t *split(const char *s)
{
	json_t *list = json_array();

	while (*s != '\0') {
		size_t n = strcspn(s, ";\r\n"), wide = 0;
		for (const char *p = strstr(s, "；"); p != NULL && (size_t)(p - s) < n; p = NULL) {
			n = (size_t)(p - s);
			wide = sizeof("；") - 1;
		}
		if (n > 0)
			json_array_append_new(list, json_stringn(s, n));
		s += n + (wide > 0 ? wide : s[n] != '\0');
	}
	return list;
}

static enum fj_rc yes_or_no(const struct card_field *f, const char *cell, json_t **out, struct fj_err *err)
{
	static const char *const yes[] = {"是", "yes", "Yes", "true", "TRUE", "1", NULL}, *const no[] = {"否", "no", "No", "false", "FALSE", "0", NULL};

	for (size_t i = 0; yes[i] != NULL; i++)
		if (strcmp(cell, yes[i]) == 0 || strcmp(cell, no[i]) == 0) {
			*out = json_boolean(strcmp(cell, yes[i]) == 0);
			return FJ_OK;
		}
	return bad(f, err, "is 是 or 否", "应为“是”或“否”");
}

static enum fj_rc plain(const struct card_field *f, const char *cell, json_t **out, struct fj_err *err)
{
	json_int_t n;

	*out = NULL;
	switch (f->type) {
	case CARD_BOOL:
		return yes_or_no(f, cell, out, err);
	case CARD_MONEY:
	case CARD_COUNT:
		if (!number(cell, f->type == CARD_MONEY ? 2 : 0, &n))
			return f->type == CARD_MONEY ? bad(f, err, "is an amount in yuan with two decimals at most", "应为金额（元），至多两位小数")
			    : bad(f, err, "is a whole number", "应为整数");
		*out = json_integer(n);
		break;
	case CARD_CODES:
	case CARD_TEXTS:
	case CARD_DIVISIONS:
		*out = split(cell);
		break;
	default:
		*out = json_string(cell);
	}
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc card_uncell(const struct card_field *f, const char *cell, json_t **out, struct fj_err *err)
{
	json_t *raw;

	*out = NULL;
	if (!iss_said(cell))
		return FJ_OK;
	if (!card_has_column(f))
		return card_value(f, json_null(), out, err);
	FJ_TRY(plain(f, cell, &raw, err));
	FJ_AUTO(json) owned = raw;
	return card_value(f, owned, out, err);
}

json_t *iss_card_value(const char *block, const char *key, const char *text)
{
	const struct card_field *f = card_field(block, key);
	json_t *v = NULL;

	for (const struct iss_choice *k = f == NULL ? NULL : f->choices; k != NULL && k->code != NULL; k++)
		if (strcmp(k->en, text) == 0) /* as the ledger keeps some */
			return json_string(k->code);
	return f != NULL && card_uncell(f, text, &v, NULL) == FJ_OK ? v : NULL;
}
