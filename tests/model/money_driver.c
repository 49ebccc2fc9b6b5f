/*
 * money_driver.c - what the product computes of money, a line of JSON each on standard
 * input, a line on standard output: for tests/model/money_test.py.
 *
 *   {"op":"book","gross":N,"tax":N,"bp":[N],"rest":N,"remit":[0|1]}
 *       {"net":N,"shares":[N],"entries":[[ACCOUNT,SHARE,N]]}; SHARE -1: nobody's
 *   {"op":"price","cost":N,"subsidy":N,"bond":N,"profit":N,"tax":N,"carried":N}   [NET,PROFIT,TAX,MAXIMUM]
 *   {"op":"year","actual":N,"limit":N}                  [BP,ADJUST,EXCESS]
 *   {"op":"caps","caps":[{"cap_fen":N,"volume":N}],"limit":N}                     fits
 *   {"op":"yuan","fen":N}                               TEXT and the same read again
 *
 * What is refused answers "refused CITE".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuer/price.h"
#include "issuer/rules/rules.h"
#include "issuer/share.h"

static void out(json_t *j)
{
	FJ_AUTO(json) owned = j;

	if (j == NULL || json_dumpf(j, stdout, JSON_COMPACT) != 0)
		exit(3);
	putchar('\n');
}

static void no(const struct fj_err *err)
{
	printf("refused %s\n", err->cite);
}

static size_t numbers(const json_t *list, int64_t *to)
{
	size_t n = json_array_size(list);

	if (n > SHR_MAX)
		exit(2);
	for (size_t i = 0; i < n; i++)
		to[i] = json_integer_value(json_array_get(list, i));
	return n;
}

/* as revenue_split.c puts them together: net, shares, entries */
static void book(const json_t *line)
{
	int64_t gross = fj_json_num(line, "gross"), tax = fj_json_num(line, "tax"), net, bp[SHR_MAX], fen[SHR_MAX] = {0}, flags[SHR_MAX] = {0};
	size_t n = numbers(json_object_get(line, "bp"), bp), rows;
	struct shr_entry e[SHR_MAX_ENTRIES];
	bool remit[SHR_MAX];
	struct fj_err err = {0};

	numbers(json_object_get(line, "remit"), flags);
	for (size_t i = 0; i < SHR_MAX; i++)
		remit[i] = flags[i] != 0;
	if (shr_net(gross, tax, &net, &err) != FJ_OK || shr_split(net, bp, n, (size_t)fj_json_num(line, "rest"), fen, &err) != FJ_OK ||
	    shr_entries(gross, tax, fen, remit, n, e, &rows, &err) != FJ_OK) {
		no(&err);
		return;
	}
	json_t *shares = json_array(), *entries = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(shares, json_integer(fen[i]));
	for (size_t i = 0; i < rows; i++) {
		bool owed = e[i].account == SHR_SHARE || e[i].account == SHR_REMIT;
		json_array_append_new(entries, json_pack("[s, I, I]", shr_account_name(e[i].account), (json_int_t)(owed ? (int64_t)e[i].share : -1), (json_int_t)e[i].fen));
	}
	out(json_pack("{s:I, s:o, s:o}", "net", (json_int_t)net, "shares", shares, "entries", entries));
}

static void price(const json_t *line)
{
	struct prc_in in = {.cost_fen = fj_json_num(line, "cost"), .subsidy_fen = fj_json_num(line, "subsidy"), .bond_bp = fj_json_num(line, "bond"),
		.profit_bp = fj_json_num(line, "profit"), .tax_bp = fj_json_num(line, "tax"), .carried_fen = fj_json_num(line, "carried")};
	struct fj_err err = {0};
	struct prc_out o;

	if (prc_compute(&in, &o, &err) != FJ_OK)
		no(&err);
	else
		out(json_pack("[I, I, I, I]", (json_int_t)o.net_fen, (json_int_t)o.profit_fen, (json_int_t)o.tax_fen, (json_int_t)o.maximum_fen));
}

static void year(const json_t *line)
{
	static const char *const words[] = {"NONE", "FEE", "CAP"};
	struct prc_deviation d;

	prc_deviate(fj_json_num(line, "actual"), fj_json_num(line, "limit"), &d);
	out(json_pack("[I, s, I]", (json_int_t)d.bp, words[d.adjust], (json_int_t)d.excess_fen));
}

static void caps(const json_t *line)
{
	struct fj_err err = {0};
	int64_t total;
	bool known = prc_total(json_object_get(line, "caps"), &total);

	if (iss_rule_no_caps_above_revenue(known, total, fj_json_num(line, "limit"), &err) != FJ_OK)
		no(&err);
	else
		puts("fits");
}

static void yuan(const json_t *line)
{
	char text[SHR_YUAN_CAP];
	int64_t again = 0;

	shr_yuan_text(fj_json_num(line, "fen"), text);
	if (shr_yuan(text, &again))
		printf("%s %lld\n", text, (long long)again);
	else
		printf("%s -\n", text);
}

static void answer(const json_t *line)
{
	static const struct {
		const char *op;
		void (*say)(const json_t *line);
	} ops[] = {{"book", book}, {"price", price}, {"year", year}, {"caps", caps}, {"yuan", yuan}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(ops); i++)
		if (strcmp(fj_json_text(line, "op"), ops[i].op) == 0) {
			ops[i].say(line);
			return;
		}
	exit(2);
}

int main(void)
{
	static char line[1 << 16];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		FJ_AUTO(json) j = NULL;
		struct fj_err err = {0};
		if (fj_json_parse(fj_slice_str(line), sizeof(line), &j, &err) != FJ_OK)
			exit(2);
		answer(j);
	}
	return 0;
}
