/*
 * card_row.c - a card's value as the text of a cell, and back.
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

static const char *wording(const struct card_field *f, const char *code)
{
	const struct card_choice *k = card_choice(f, code);

	return k == NULL ? code : k->zh;
}

static enum fj_rc put_list(const struct card_field *f, const json_t *list, struct fj_buf *out)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		FJ_TRY(fj_buf_printf(out, "%s%s", i > 0 ? "；" : "", json_is_string(v) ? wording(f, json_string_value(v)) : "…"));
	return FJ_OK;
}

enum fj_rc card_cell(const struct card_field *f, const json_t *value, struct fj_buf *out, struct fj_err *err)
{
	json_int_t n = json_integer_value(value);
	enum fj_rc rc = fj_buf_puts(out, "");

	if (rc == FJ_OK && json_is_boolean(value))
		rc = fj_buf_puts(out, json_is_true(value) ? "是" : "否");
	else if (rc == FJ_OK && json_is_integer(value) && f->type == CARD_MONEY)
		rc = fj_buf_printf(out, "%lld.%02lld", (long long)(n / 100), (long long)(n % 100));
	else if (rc == FJ_OK && json_is_integer(value))
		rc = fj_buf_printf(out, "%lld", (long long)n);
	else if (rc == FJ_OK && json_is_string(value))
		rc = fj_buf_puts(out, wording(f, json_string_value(value)));
	else if (rc == FJ_OK && card_has_column(f))
		rc = put_list(f, value, out);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "issuer", NULL, "a cell of %s.%s would be too long", f->block, f->key);
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
	return *out != NULL ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "out of memory");
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
