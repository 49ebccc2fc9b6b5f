/*
 * sealed_pdf.c - is this the PDF file that was exported, and nothing but a seal put on it?
 *
 * A seal is an incremental update (ISO 32000-1, 7.5.6): our octets first, then new
 * objects and a table of them.  That our octets are there says little: an update may
 * put other objects in the place of ours, so that the page shows something else.  So
 * each table behind ours is read, and of our objects only two kinds may be there
 * again: the catalogue, with a form added, and a page, with annotations added, which are
 * widgets or stamps; all else of them is as it was.  Every version of an object is judged,
 * for which of them is shown is the reader's choice.  Exactly one signature has to cover all
 * octets to the end of the file, ours among them.
 *
 * It does NOT judge the signature, its certificate or the seal's picture; that is the
 * seal platform's verifier.  Refused although lawful: compressed tables and objects
 * (7.5.7, 7.5.8), which our files have none of and which hide what an update changes.
 */
#include "issuer/paper/sealed.h"

#include "base/mem.h"

#define MAX_UPDATES 16
#define MAX_NEW 4096
#define MAX_OWN 100000
#define ENTRY 20   /* octets of one in a table */
#define TAIL 1024  /* octets at the end among which readers look for the last table */

struct version {
	int64_t number;
	size_t offset; /* behind "n 0 obj" */
};
struct update {
	struct pdf own, all; /* the exported file; the whole */
	int64_t size, root;  /* of the exported file: numbers below, the catalogue */
	int64_t offset[MAX_OWN]; /* of its objects; 0: free */
	uint8_t named[MAX_OWN];  /* the last table that names a number, counted from 1 */
	uint8_t tables;      /* read so far */
	int64_t start;       /* of its table */
	size_t n;
	struct version changed[MAX_NEW]; /* every one, the newest first */
	bool sealed;         /* a signature covers everything */
	struct fj_err *err;
};

static enum fj_rc no(struct update *u, const char *what, const char *en, const char *zh)
{
	return sealed_bad(u->err, FJ_E_INVALID, what, en, zh);
}

static enum fj_rc broken(struct update *u, const char *what)
{
	return sealed_bad(u->err, FJ_E_PARSE, what, "the update behind the exported octets can't be read (ISO 32000-1, 7.5)", "原文件之后的增量更新无法读取（ISO 32000-1，7.5）");
}

/* --- tables --- */

/* the number behind the last "startxref", and behind that "%%EOF" and the end (7.5.5); a reader that finds
 * the end elsewhere would read another table */
static bool last_start(struct fj_slice file, int64_t *out)
{
	static const char word[] = "startxref", eof[] = "%%EOF";
	size_t n = sizeof(word) - 1, m = sizeof(eof) - 1;

	for (size_t at = file.len; at-- > 0 && file.len - at <= TAIL;) {
		struct pdf p = {.file = file, .at = at + n};
		if (file.len - at < n || memcmp(file.p + at, word, n) != 0)
			continue;
		if (!pdf_line(&p) || !pdf_starts(&p) || !pdf_number(&p, out) || (uint64_t)*out >= at || !pdf_line(&p) || file.len - p.at < m || memcmp(file.p + p.at, eof, m) != 0)
			return false;
		p.at += m;
		while (pdf_line(&p))
			;
		return p.at == file.len;
	}
	return false;
}

struct section {
	int64_t number, offset;
	bool used;
};
typedef enum fj_rc (*entry_fn)(struct update *u, const struct section *e);

static bool digits(const uint8_t *p, size_t n, int64_t *out)
{
	for (*out = 0; n > 0; n--, p++) {
		if (*p < '0' || *p > '9')
			return false;
		*out = *out * 10 + (*p - '0');
	}
	return true;
}

/* ten digits, five digits, n or f, an end of line of two octets (7.5.4): readers go by this width */
static bool entry(struct pdf *p, struct section *e)
{
	const uint8_t *t = p->file.p + p->at;
	int64_t generation;

	if (p->file.len - p->at < ENTRY || !digits(t, 10, &e->offset) || t[10] != ' ' || !digits(t + 11, 5, &generation) || t[16] != ' ')
		return false;
	e->used = t[17] == 'n';
	p->at += ENTRY;
	bool line = (t[18] == ' ' && (t[19] == '\n' || t[19] == '\r')) || (t[18] == '\r' && t[19] == '\n');
	return line && (e->used ? generation == 0 : t[17] == 'f');
}

/* "number count", on a line of its own */
static bool heading(struct pdf *p, int64_t *number, int64_t *count)
{
	if (!pdf_number(p, number) || p->at >= p->file.len || p->file.p[p->at++] != ' ')
		return false;
	return pdf_starts(p) && pdf_number(p, count) && pdf_line(p);
}

/* a number stands once in a table: of two places a reader may take either */
static bool first_here(struct update *u, int64_t number)
{
	if (number < 0 || number >= MAX_OWN || u->named[number] == u->tables)
		return false;
	u->named[number] = u->tables;
	return true;
}

/* the table at `at`, each entry handed to fn; then its trailer */
static enum fj_rc table(struct update *u, struct fj_slice file, int64_t at, entry_fn fn, struct pdf_dict *trailer)
{
	struct pdf p = {.file = file, .at = (size_t)at};
	struct section e;
	int64_t n;

	u->tables++;
	if (at >= (int64_t)file.len || file.p[at] != 'x' || !pdf_word(&p, "xref"))
		return no(u, NULL, "its table of objects is compressed, or none; have the seal put on as an update with a plain table (xref)", "其对象索引为压缩格式或缺失；请以普通 xref 增量更新方式盖章");
	if (!pdf_line(&p))
		return broken(u, "xref");
	while (pdf_starts(&p)) {
		if (!heading(&p, &e.number, &n) || n > MAX_OWN)
			return broken(u, "xref");
		for (; n > 0; n--, e.number++) {
			if (!entry(&p, &e) || !first_here(u, e.number))
				return broken(u, "xref");
			FJ_TRY(fn(u, &e));
		}
	}
	bool here = p.at < p.file.len && p.file.p[p.at] == 't';
	return here && pdf_word(&p, "trailer") && pdf_dict(&p, trailer) ? FJ_OK : broken(u, "trailer");
}

static enum fj_rc own_entry(struct update *u, const struct section *e)
{
	u->offset[e->number] = e->used ? e->offset : 0;
	u->size = e->number >= u->size ? e->number + 1 : u->size;
	return FJ_OK;
}

/* the next version of an object, from the newest on; *i: 0 at first */
static const struct version *version(const struct update *u, int64_t number, size_t *i)
{
	while (*i < u->n)
		if (u->changed[(*i)++].number == number)
			return &u->changed[*i - 1];
	return NULL;
}

static enum fj_rc new_entry(struct update *u, const struct section *e)
{
	struct pdf p = {.file = u->all.file, .at = (size_t)e->offset};
	int64_t number, generation;

	if (!e->used)
		return e->number == 0 || e->number >= u->size ? FJ_OK : no(u, NULL, "it takes an object of the exported file away", "删除了原文件中的对象");
	if (e->number < u->size && e->offset > 0 && e->offset == u->offset[e->number])
		return FJ_OK; /* said again */
	if (p.at < u->own.file.len || p.at >= u->all.file.len || !pdf_starts(&p) || !pdf_number(&p, &number) || !pdf_number(&p, &generation) || !pdf_word(&p, "obj") || number != e->number || generation != 0)
		return broken(u, "xref");
	if (u->n == MAX_NEW)
		return sealed_bad(u->err, FJ_E_LIMIT, NULL, "the update has too many objects", "增量更新的对象过多");
	u->changed[u->n++] = (struct version){e->number, p.at};
	return FJ_OK;
}

static enum fj_rc check_trailer(struct update *u, const struct pdf_dict *t, int64_t at, int64_t *previous)
{
	const struct fj_slice *root = pdf_get(t, "Root"), *prev = pdf_get(t, "Prev");
	struct pdf p = {.file = prev != NULL ? *prev : FJ_SLICE(NULL, 0)};
	int64_t number;

	if (pdf_get(t, "Encrypt") != NULL || pdf_get(t, "XRefStm") != NULL)
		return no(u, NULL, "it is encrypted, or has a second, compressed table", "文件已加密，或另有压缩索引");
	if (root == NULL || !pdf_ref(*root, &number) || number != u->root)
		return no(u, "Root", "it has another catalogue", "更换了文档目录对象");
	if (prev == NULL || !pdf_number(&p, previous) || *previous >= at)
		return broken(u, "Prev");
	return FJ_OK;
}

static enum fj_rc read_own(struct update *u)
{
	struct pdf_dict t;
	const struct fj_slice *root;

	if (!last_start(u->own.file, &u->start))
		return broken(u, "startxref");
	FJ_TRY(table(u, u->own.file, u->start, own_entry, &t));
	root = pdf_get(&t, "Root");
	return root != NULL && pdf_ref(*root, &u->root) ? FJ_OK : broken(u, "Root");
}

static enum fj_rc read_updates(struct update *u)
{
	struct pdf_dict t;
	int64_t at;

	if (!last_start(u->all.file, &at) || (size_t)at < u->own.file.len)
		return broken(u, "startxref");
	for (int i = 0; i < MAX_UPDATES && at != u->start; i++) {
		int64_t previous;
		if ((size_t)at < u->own.file.len)
			return no(u, "Prev", "it goes round the exported file's own table", "绕过了原文件的对象索引");
		FJ_TRY(table(u, u->all.file, at, new_entry, &t));
		FJ_TRY(check_trailer(u, &t, at, &previous));
		at = previous;
	}
	return at == u->start ? FJ_OK : no(u, "Prev", "it is no update of the exported file", "不是对原文件的增量更新");
}

/* --- what changed --- */

static bool among(struct fj_slice key, const char *const *names)
{
	for (; *names != NULL; names++)
		if (key.len == strlen(*names) && memcmp(key.p, *names, key.len) == 0)
			return true;
	return false;
}

/* the two are the same but for the keys that may be new or other */
static enum fj_rc compare(struct update *u, const struct pdf_dict *was, const struct pdf_dict *is, const char *const *may)
{
	char name[40];

	for (size_t i = 0; i < is->n; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)(is->key[i].len > 30 ? 30 : is->key[i].len), (const char *)is->key[i].p);
		const struct fj_slice *old = pdf_get(was, name);
		if (!among(is->key[i], may) && (old == NULL || !pdf_same(*old, is->value[i])))
			return no(u, name, "it changes what the page shows", "改动了页面内容");
	}
	for (size_t i = 0; i < was->n; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)(was->key[i].len > 30 ? 30 : was->key[i].len), (const char *)was->key[i].p);
		if (pdf_get(is, name) == NULL)
			return no(u, name, "it takes away what the page shows", "删除了页面内容");
	}
	return FJ_OK;
}

/* the dictionary of a version of an object */
static bool dict_of(const struct update *u, const struct version *v, struct pdf_dict *out)
{
	struct pdf p = {.file = u->all.file, .at = v->offset};

	return pdf_dict(&p, out);
}

static bool own_dict(const struct update *u, int64_t number, struct pdf_dict *out)
{
	struct pdf p = {.file = u->own.file, .at = (size_t)u->offset[number]};
	int64_t a, b;

	return u->offset[number] > 0 && pdf_number(&p, &a) && pdf_number(&p, &b) && pdf_word(&p, "obj") && pdf_dict(&p, out);
}

/* no larger than a seal: what lies over the page hides what it lies on */
static enum fj_rc check_size(struct update *u, const struct pdf_dict *d, unsigned nth)
{
	const struct fj_slice *rect = pdf_get(d, "Rect");
	struct pdf p = {.file = rect != NULL ? *rect : FJ_SLICE(NULL, 0)};
	int64_t v[4];

	if (rect == NULL || !pdf_word(&p, "["))
		return broken(u, "Rect");
	for (int i = 0; i < 4; i++)
		if (!pdf_decimal(&p, &v[i]))
			return broken(u, "Rect");
	if (!pdf_word(&p, "]"))
		return broken(u, "Rect");
	int64_t wide = v[2] > v[0] ? v[2] - v[0] : v[0] - v[2], high = v[3] > v[1] ? v[3] - v[1] : v[1] - v[3];
	return sealed_place(wide * 127 / 360, high * 127 / 360, nth, u->err); /* 72 points are 25.4 mm */
}

/* an object of the update's own, each version of it a widget (of a signature) or a stamp */
static enum fj_rc check_annotation(struct update *u, int64_t number, unsigned nth)
{
	const struct version *v;
	struct pdf_dict d;
	size_t i = 0;
	bool any = false;

	for (; (v = version(u, number, &i)) != NULL; any = true) {
		const struct fj_slice *kind = number >= u->size && dict_of(u, v, &d) ? pdf_get(&d, "Subtype") : NULL;
		if (kind == NULL || (!pdf_is(*kind, "/Widget") && !pdf_is(*kind, "/Stamp")))
			return no(u, "Annots", "it adds to the page what is neither a signature nor a stamp", "在页面上添加了签名、印章以外的内容");
		FJ_TRY(check_size(u, &d, nth));
	}
	return any ? FJ_OK : no(u, "Annots", "it adds to the page what is neither a signature nor a stamp", "在页面上添加了签名、印章以外的内容");
}

/* of one page, as a list */
static enum fj_rc check_list(struct update *u, struct pdf p)
{
	int64_t number, generation;

	if (!pdf_word(&p, "["))
		return broken(u, "Annots");
	for (unsigned nth = 1; !pdf_word(&p, "]"); nth++) {
		if (!pdf_number(&p, &number) || !pdf_number(&p, &generation) || !pdf_word(&p, "R"))
			return broken(u, "Annots");
		FJ_TRY(check_annotation(u, number, nth));
	}
	return FJ_OK;
}

/* the list itself, or a new object that is one in each version */
static enum fj_rc check_annotations(struct update *u, struct fj_slice list)
{
	const struct version *v;
	int64_t number;
	size_t i = 0;
	bool any = false;

	if (!pdf_ref(list, &number))
		return check_list(u, (struct pdf){.file = list});
	for (; number >= u->size && (v = version(u, number, &i)) != NULL; any = true)
		FJ_TRY(check_list(u, (struct pdf){.file = u->all.file, .at = v->offset}));
	return any ? FJ_OK : broken(u, "Annots");
}

static enum fj_rc check_replaced(struct update *u, int64_t number, const struct pdf_dict *is)
{
	static const char *const of_catalogue[] = {"AcroForm", "Perms", "DSS", "Extensions", "Version", NULL}, *const of_page[] = {"Annots", NULL}, *const of_info[] = {"ModDate", "Producer", NULL};
	const struct fj_slice *type, *annotations = pdf_get(is, "Annots");
	struct pdf_dict was;

	if (!own_dict(u, number, &was))
		return no(u, NULL, "it puts another object in the place of one of the exported file", "替换了原文件中的对象");
	type = pdf_get(&was, "Type");
	if (number == u->root)
		return compare(u, &was, is, of_catalogue);
	if (type == NULL)
		return pdf_get(&was, "Producer") != NULL ? compare(u, &was, is, of_info) : no(u, NULL, "it puts another object in the place of one of the exported file", "替换了原文件中的对象");
	if (!pdf_is(*type, "/Page"))
		return no(u, NULL, "it puts another object in the place of one of the exported file", "替换了原文件中的对象");
	FJ_TRY(compare(u, &was, is, of_page));
	return annotations != NULL ? check_annotations(u, *annotations) : FJ_OK;
}

/* [0 a b c]: octets 0 to a and b to the end, the file's own among them, the gap being the signature itself */
static void take_signature(struct update *u, const struct pdf_dict *d)
{
	const struct fj_slice *range = pdf_get(d, "ByteRange"), *value = pdf_get(d, "Contents");
	struct pdf p = {.file = range != NULL ? *range : FJ_SLICE(NULL, 0)};
	int64_t v[4];

	if (range == NULL || value == NULL || !pdf_word(&p, "["))
		return;
	for (int i = 0; i < 4; i++)
		if (!pdf_number(&p, &v[i]))
			return;
	if (!pdf_word(&p, "]") || value->p[0] != '<')
		return;
	int64_t gap = value->p - u->all.file.p;
	if (v[0] == 0 && v[1] >= (int64_t)u->own.file.len && v[1] == gap && v[2] == gap + (int64_t)value->len && v[2] + v[3] == (int64_t)u->all.file.len && value->len > 100)
		u->sealed = true;
}

/* Nothing that acts: what is opened, clicked or run is no seal.  `text` is the object's value, with all in it. */
static enum fj_rc check_acts(struct update *u, struct fj_slice text)
{
	static const char *const acts[] = {"JS", "JavaScript", "OpenAction", "AA", "Launch", "URI", "SubmitForm", "ImportData", "GoToR", "GoToE", "EmbeddedFiles", "EmbeddedFile", "RichMedia", "XFA", NULL};

	for (size_t i = 0; i < text.len; i++) {
		size_t n = 1;
		if (text.p[i] != '/')
			continue;
		while (i + n < text.len && text.p[i + n] > ' ' && strchr("()<>[]{}/%", text.p[i + n]) == NULL)
			n++;
		struct fj_slice name = FJ_SLICE(text.p + i + 1, n - 1);
		if (memchr(name.p, '#', name.len) != NULL || among(name, acts))
			return no(u, NULL, "it brings a script, an action or a file along", "附带脚本、动作或附件");
	}
	return FJ_OK;
}

/* one value of any kind, up to "endobj" or a stream's octets */
static enum fj_rc check_value(struct update *u, const struct version *v)
{
	struct pdf p = {.file = u->all.file, .at = v->offset};

	if (!pdf_skip(&p, 0))
		return broken(u, "obj");
	FJ_TRY(check_acts(u, FJ_SLICE(u->all.file.p + v->offset, p.at - v->offset)));
	return pdf_word(&p, "endobj") || pdf_word(&p, "stream") ? FJ_OK : broken(u, "endobj");
}

static enum fj_rc check_version(struct update *u, const struct version *v)
{
	struct pdf_dict d;
	bool has = dict_of(u, v, &d);
	size_t newest = 0;

	FJ_TRY(check_value(u, v));
	if (v->number < u->size)
		FJ_TRY(has ? check_replaced(u, v->number, &d) : no(u, NULL, "it puts another object in the place of one of the exported file", "替换了原文件中的对象"));
	const struct fj_slice *type = has ? pdf_get(&d, "Type") : NULL;
	if (type != NULL && (type->p[0] != '/' || pdf_is(*type, "/ObjStm") || pdf_is(*type, "/XRef")))
		return no(u, NULL, "its objects are compressed; have the seal put on without object streams", "其对象为压缩格式；请不使用对象流盖章");
	if (has && version(u, v->number, &newest) == v)
		take_signature(u, &d);
	return FJ_OK;
}

static bool listed(const struct update *u, size_t at)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->changed[i].offset == at)
			return true;
	return false;
}

/* "obj", behind a number whatever follows, and as a word by itself whatever is before: a comment may stand between */
static bool says_obj(struct fj_slice file, size_t from, size_t at)
{
	size_t before = at;

	if (memcmp(file.p + at, "obj", 3) != 0)
		return false;
	while (before > from && pdf_blank(file.p[before - 1]))
		before--;
	if (before > from && file.p[before - 1] >= '0' && file.p[before - 1] <= '9')
		return true;
	struct pdf p = {.file = file, .at = at};
	return before < at && pdf_word(&p, "obj");
}

/* Behind our octets no object that no table lists, and no trailer but those of the tables: a reader that makes
 * tables anew would take it. */
static enum fj_rc check_hidden(struct update *u)
{
	static const char word[] = "trailer";
	struct fj_slice file = u->all.file;
	size_t n = sizeof(word) - 1, trailers = 0;

	for (size_t at = u->own.file.len; at + 3 <= file.len; at++) {
		trailers += file.len - at >= n && memcmp(file.p + at, word, n) == 0;
		if (says_obj(file, u->own.file.len, at) && !listed(u, at + 3))
			return no(u, "obj", "it has an object that no table lists", "含有未列入索引的对象");
	}
	return trailers == u->tables - 1u ? FJ_OK : no(u, word, "it has a trailer that belongs to no table", "含有不属于任何索引的 trailer");
}

static enum fj_rc check_changes(struct update *u)
{
	for (size_t i = 0; i < u->n; i++)
		FJ_TRY(check_version(u, &u->changed[i]));
	FJ_TRY(check_hidden(u));
	return u->sealed ? FJ_OK : no(u, "ByteRange", "no signature covers the whole file: it is not sealed, or was changed after it was", "没有覆盖全文件的签章：文件未盖章，或盖章后又被改动");
}

static enum fj_rc judge(struct update *u)
{
	FJ_TRY(read_own(u));
	FJ_TRY(read_updates(u));
	return check_changes(u);
}

enum fj_rc sealed_pdf(struct fj_slice own, struct fj_slice sealed, struct fj_err *err)
{
	struct update *u;
	char at[24];
	size_t same = 0;

	while (same < own.len && same < sealed.len && own.p[same] == sealed.p[same])
		same++;
	snprintf(at, sizeof(at), "%zu", same);
	if (same < own.len)
		return sealed_bad(err, FJ_E_INVALID, at, "it does not begin with the octets that were exported; the first that differs", "文件开头与导出的文件不一致，首个不同的字节位置");
	if (sealed.len == own.len)
		return sealed_bad(err, FJ_E_INVALID, NULL, "it is the exported file itself, without a seal", "该文件就是导出的原件，没有盖章");
	u = fj_alloc(1, sizeof(*u));
	if (u == NULL)
		return fj_no_memory(err, "issuer");
	u->own.file = own;
	u->all.file = sealed;
	u->err = err;
	enum fj_rc rc = judge(u);
	fj_free(u);
	return rc;
}
