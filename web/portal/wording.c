/*
 * wording.c - what the register says, for people: codes, sentences of refusals with words in
 * place of codes, and names beside the codes of organisations.
 *
 * The register's sentences are for programs as well, so they name states, fields and
 * commands as the interface has them.  On a page a state is its word, a field its label,
 * a command what its button says, and who is named by a code is named.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "web/portal/internal.h"

#define CAP 1200 /* of a sentence */
#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"

struct say {
	struct web_req *q;
	bool en;
	char out[CAP];
	size_t n;
};

static void put(struct say *s, const char *text, size_t n)
{
	if (s->n + n < CAP) {
		memcpy(s->out + s->n, text, n);
		s->n += n;
	}
	s->out[s->n] = '\0';
}

/* --- names --- */

static bool is_usci(const char *s)
{
	return strlen(s) == 18 && strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 18 && strpbrk(s, "0123456789") != NULL;
}

json_t *portal_organisation(struct web_req *q, const char *usci)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "usci", usci);
	struct portal_person *who = web_session(q);
	json_t *o = NULL;

	if (!is_usci(usci) || who == NULL)
		return NULL;
	o = json_incref(json_object_get(who->known, usci)); /* a list names the same ones in each row */
	if (o == NULL && portal_command(q, "organisation.show", params, &o, NULL) == FJ_OK)
		json_object_set(who->known, usci, o);
	return o;
}

bool portal_org_name(struct web_req *q, const char *usci, char out[PORTAL_NAME])
{
	FJ_AUTO(json) o = portal_organisation(q, usci);

	snprintf(out, PORTAL_NAME, "%s", fj_json_text(o, "name"));
	return out[0] != '\0';
}

bool portal_division_name(struct web_req *q, const char *code, char out[PORTAL_NAME])
{
	FJ_AUTO(buf) known = FJ_BUF_INIT(PORTAL_NAME);
	char before[24];
	json_t *list = NULL;
	struct fj_err err = {0};

	snprintf(before, sizeof(before), "%06ld", strtol(code, NULL, 10) - 1);
	FJ_AUTO(json) params = json_pack("{s:s, s:i}", "after", before, "limit", 1);
	out[0] = '\0';
	if (web_session(q) != NULL && portal_command(q, "division.list", params, &list, &err) == FJ_OK) {
		const json_t *row = json_array_get(json_object_get(list, "items"), 0);
		if (strcmp(fj_json_text(row, "code"), code) == 0)
			snprintf(out, PORTAL_NAME, "%s %s", fj_json_text(row, "name"), code);
	}
	json_decref(list);
	web_region(q, &known, code);
	if (out[0] == '\0')
		snprintf(out, PORTAL_NAME, "%s", fj_buf_str(&known));
	return strcmp(out, code) != 0;
}

/* --- codes --- */

static const char *code_word(bool en, const char *code)
{
	static const enum web_form forms[] = {WEB_STATE, WEB_KIND, WEB_RESULT, WEB_ACTION, WEB_PURPOSE, WEB_MODE, WEB_RIGHT, WEB_ROLE};
	const char *word = NULL;

	if (strlen(code) < 2 || strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != strlen(code))
		return NULL;
	for (size_t i = 0; i < FJ_ARRAY_LEN(forms) && word == NULL; i++)
		word = web_word_of(en, forms[i], code);
	return word;
}

static const struct iss_field *among(const struct iss_field *f, const char *name)
{
	const struct iss_field *found = NULL;

	for (; f != NULL && f->name != NULL && found == NULL; f++)
		found = strcmp(f->name, name) == 0 ? f : among(f->members, name);
	return found;
}

/* as the form says it that was sent, else as pages do */
static const char *field_word(struct web_req *q, bool en, const char *name)
{
	const char *last = strrchr(name, '.'), *noun = web_param(q, "noun"), *verb = web_param(q, "verb"), *word;
	const struct iss_command_info *c = noun == NULL || verb == NULL ? NULL : portal_find(noun, verb);

	name = last == NULL ? name : last + 1; /* of a member, its own */
	const struct iss_field *own = c == NULL ? NULL : among(c->fields, name);
	if (own != NULL)
		return en ? own->en : own->zh;
	word = web_tr_of(en, "field", name);
	return word == NULL ? portal_label(name, en) : word;
}

/* "usage report" or "usage.report": what the command's button says */
static const char *command_word(bool en, const char *name)
{
	char dotted[80];

	snprintf(dotted, sizeof(dotted), "%s", name);
	dotted[strcspn(dotted, " ")] = '.';
	const struct iss_command_info *c = iss_command_find(dotted);
	return c == NULL ? NULL : en ? c->en : c->zh;
}

/* --- a sentence --- */

static const struct {
	const char *open, *close;
} brackets[] = {{"“", "”"}, {"（", "）"}, {"(", ")"}, {"\"", "\""}, {"`", "`"}};

/* what stands in brackets that begin at s and hold codes only; the octets taken, or 0 */
static size_t enclosed(const char *s, char in[80], size_t *kind)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(brackets); i++) {
		size_t o = strlen(brackets[i].open), n, c = strlen(brackets[i].close);
		if (strncmp(s, brackets[i].open, o) != 0)
			continue;
		n = strspn(s + o, TOKEN " ");
		if (n == 0 || n >= 80 || strncmp(s + o + n, brackets[i].close, c) != 0)
			continue;
		snprintf(in, 80, "%.*s", (int)n, s + o);
		*kind = i;
		return o + n + c;
	}
	return 0;
}

/* “证件种类”（document）: the label stands there already */
static bool label_before(const struct say *s, const char *label)
{
	size_t n = strlen(label);

	return s->n > n + 3 && strncmp(s->out + s->n - 3, "”", 3) == 0 && strncmp(s->out + s->n - 3 - n, label, n) == 0;
}

/* 字段“use”, （territory）, （usage report）, “440300” */
static size_t bracketed(struct say *s, const char *at)
{
	char in[80], name[PORTAL_NAME];
	size_t kind = 0, n = enclosed(at, in, &kind);
	bool lower = n > 0 && in[0] >= 'a' && in[0] <= 'z';
	const char *word = !lower ? NULL : command_word(s->en, in);

	if (lower && word == NULL && strchr(in, ' ') == NULL)
		word = field_word(s->q, s->en, in);
	if (word == NULL && strlen(in) == 6 && strspn(in, "0123456789") == 6 && kind == 0 && portal_division_name(s->q, in, name))
		word = name;
	if (n == 0 || word == NULL)
		return 0;
	if (kind == 1 && label_before(s, word))
		return n;
	put(s, brackets[kind].open, strlen(brackets[kind].open));
	put(s, word, strlen(word));
	put(s, brackets[kind].close, strlen(brackets[kind].close));
	return n;
}

static size_t token(struct say *s, const char *at)
{
	char word[80], name[PORTAL_NAME];
	size_t n = strspn(at, TOKEN);

	while (n > 0 && strchr(".-", at[n - 1]) != NULL)
		n--;
	if (n == 0 || n >= sizeof(word)) {
		n = n == 0 ? 1 : n;
		put(s, at, n);
		return n;
	}
	snprintf(word, sizeof(word), "%.*s", (int)n, at);
	const char *said = code_word(s->en, word);
	if (said == NULL && strchr(word, '.') != NULL)
		said = command_word(s->en, word);
	if (said != NULL && !s->en && s->n > 0 && s->out[s->n - 1] == ' ') { /* 当前状态为 REGISTERED， */
		s->n--;
		put(s, "“", 3);
		put(s, said, strlen(said));
		put(s, "”", 3);
		return n + (at[n] == ' ');
	}
	if (said == NULL && portal_org_name(s->q, word, name)) {
		put(s, name, strlen(name));
		put(s, " ", 1);
	}
	put(s, said == NULL ? word : said, strlen(said == NULL ? word : said));
	return n;
}

void portal_wording(struct web_req *q, const char *text, char out[PORTAL_SENTENCE])
{
	struct say s = {.q = q, .en = web_lang(q)[0] == 'e'};

	while (*text != '\0' && strncmp(text, "; possible: ", 12) != 0) { /* acts, by their names for programs */
		size_t n = bracketed(&s, text);
		text += n > 0 ? n : token(&s, text);
	}
	snprintf(out, PORTAL_SENTENCE, "%s", s.out);
}

const char *portal_state_of(const char *noun, const char *state)
{
	static const struct {
		const char *noun, *state, *word;
	} own[] = {{"objection", "OPEN", "OBJECTION_OPEN"}, {"override", "OPEN", "OVERRIDE_OPEN"}, {"request", "REVIEWED", "REQUEST_GRANTED"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(own); i++)
		if (strcmp(own[i].noun, noun) == 0 && strcmp(own[i].state, state) == 0)
			return own[i].word;
	return state;
}

void portal_own_words(struct web_req *q, const char *command, json_t *object)
{
	static const struct {
		const char *from, *to;
	} as[] = {{"name", "collector"}, {"document", "id_document"}, {"number", "credential_no"}};
	const char *kind = fj_json_peek(object, "kind"), *word;
	char noun[PORTAL_NOUN];

	portal_noun_in(command, noun);
	if (json_is_string(json_object_get(object, "state"))) /* a term is called as what it is of */
		json_object_set_new(object, "state", json_string(portal_state_of(strcmp(noun, "deadline") == 0 ? fj_json_text(object, "kind") : noun, fj_json_text(object, "state"))));
	if (strcmp(noun, "event") == 0) { /* in a log the minute counts */
		const json_t *what = json_object_get(object, "what");
		char at[FJ_TIME_CAP];
		fj_time t;
		if (what != NULL)
			json_object_set(object, "kind", json_object_get(what, web_lang(q)[0] == 'e' ? "en" : "zh"));
		if (fj_time_parse(fj_json_text(object, "at"), &t, NULL) == FJ_OK) {
			fj_time_china(t, at);
			json_object_set_new(object, "at", json_sprintf("%.16s", at));
		}
	}
	if (strcmp(noun, "officer-key") == 0 && json_object_get(object, "key") != NULL) {
		json_object_set(object, "fingerprint", json_object_get(object, "key"));
		json_object_del(object, "key");
		word = web_tr_in(q, "choice", json_object_get(object, "operator") == NULL ? "approvals" : "licenses");
		json_object_set_new(object, "key_for", json_string(word != NULL ? word : ""));
	}
	if (strcmp(noun, "complaint") == 0 && json_object_get(object, "subject") != NULL)
		portal_complaint_labels(q, object);
	if (strcmp(noun, "copy") != 0)
		return;
	if (kind != NULL)
		json_object_set_new(object, "kind", json_string(portal_noun_word(q, kind, true)));
	for (size_t i = 0; i < FJ_ARRAY_LEN(as); i++) {
		const char *is = fj_json_peek(object, as[i].from);
		if (is == NULL)
			continue;
		word = portal_choice_of(as[i].from, is, web_lang(q)[0] == 'e');
		json_object_set_new(object, as[i].to, json_string(word == NULL ? is : word));
		json_object_del(object, as[i].from);
	}
}

/* --- the field of a name, and the one that may be a code: asked for each cell of each list, so looked up, not searched --- */

struct taker {
	const char *key, *code; /* code "": the name alone, of a command's own fields */
	const struct iss_field *field;
	size_t rank; /* of those alike, the first in the tables counts */
};
static struct {
	pthread_once_t once;
	struct taker *all; /* NULL: memory was short, and codes stay codes */
	size_t n;
} takers = {.once = PTHREAD_ONCE_INIT};

static void add_taker(struct taker *out, size_t *n, const struct iss_field *f, const char *code)
{
	if (out != NULL)
		out[*n] = (struct taker){f->name, code, f, *n};
	++*n;
}

static void each_taker(const struct iss_field *f, bool own, struct taker *out, size_t *n)
{
	for (; f != NULL && f->name != NULL; f++) {
		if (own)
			add_taker(out, n, f, "");
		for (const char *const *c = f->choices; c != NULL && *c != NULL; c++)
			add_taker(out, n, f, *c);
		for (const struct iss_choice *k = f->words; k != NULL && k->code != NULL; k++)
			add_taker(out, n, f, k->code);
		each_taker(f->members, false, out, n);
	}
}

static int by_code(const void *a, const void *b)
{
	const struct taker *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c != 0 ? c : strcmp(x->code, y->code);
}

static int by_rank(const void *a, const void *b)
{
	const struct taker *x = a, *y = b;
	int c = by_code(a, b);

	return c != 0 ? c : x->rank < y->rank ? -1 : x->rank > y->rank;
}

static void make_takers(void)
{
	size_t n, kept = 0, all_n = 0;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++)
		each_taker(all[i]->fields, true, NULL, &all_n);
	struct taker *t = fj_alloc(all_n, sizeof(*t));
	if (t == NULL)
		return;
	all_n = 0;
	for (size_t i = 0; i < n; i++)
		each_taker(all[i]->fields, true, t, &all_n);
	qsort(t, all_n, sizeof(*t), by_rank);
	for (size_t i = 0; i < all_n; i++)
		if (kept == 0 || by_code(&t[kept - 1], &t[i]) != 0)
			t[kept++] = t[i];
	takers.all = t;
	takers.n = kept;
}

static const struct iss_field *taker(const char *key, const char *code)
{
	struct taker want = {.key = key, .code = code};

	pthread_once(&takers.once, make_takers);
	const struct taker *t = takers.all == NULL ? NULL : bsearch(&want, takers.all, takers.n, sizeof(want), by_code);
	return t == NULL ? NULL : t->field;
}

const char *portal_choice_of(const char *key, const char *code, bool en)
{
	const struct iss_field *f = taker(key, code);

	return f == NULL ? NULL : portal_choice(en, f, code);
}

const char *portal_label(const char *key, bool en)
{
	const struct iss_command_info *c = iss_command_find(key);
	const struct iss_field *f = c == NULL ? taker(key, "") : NULL;

	return c != NULL ? (en ? c->en : c->zh) : f == NULL ? NULL : en ? f->en : f->zh;
}
