/*
 * sealed_ofd.c - is this the OFD file that was exported, and nothing but a seal put on it?
 *
 * A seal on an OFD (GB/T 33190-2016, 18) is files beside ours: a list of signatures, and for each a
 * description with the digests of what it protects, the seal and the signed value.  Of
 * our entries each has to be there once, octet for octet; OFD.xml alone may differ,
 * by one element Signatures that names the list.  All other entries lie in a folder of
 * signatures.  At least one signature protects every entry of ours (but OFD.xml, which its list is named in),
 * and where its digests are SM3 or SHA-256 they are true.  No seal is larger than one is, and no page has
 * more than four.
 *
 * It does NOT judge the signed value, its certificate or the seal's picture; that is the
 * seal platform's verifier.  The package is read within bounds: entries, octets of
 * one and of all; a name that is absolute, climbs, or stands twice, also in other case, is refused.
 */
#include <expat.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <zip.h>

#include "base/jws.h"
#include "base/mem.h"
#include "issuer/paper/sealed.h"

#define MAX_ENTRIES 200
#define MAX_ENTRY (16u << 20)
#define MAX_ALL (48u << 20)
#define MAX_DEPTH 24
#define MAX_NAME 200 /* with its end */
#define NS "http://www.ofdspec.org/2016"

struct file {
	char name[MAX_NAME];
	struct fj_buf data;
	bool covered; /* a signature protects it */
};
struct package {
	size_t n, all;
	struct file file[MAX_ENTRIES];
};

static void package_free(struct package *k)
{
	if (k == NULL)
		return;
	for (size_t i = 0; i < k->n; i++)
		fj_buf_release(&k->file[i].data);
	fj_free(k);
}
FJ_DEFINE_AUTO_PTR(package, struct package, package_free)

static struct file *find(struct package *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->file[i].name, name) == 0)
			return &k->file[i];
	return NULL;
}

/* --- the package --- */

static bool plain_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= sizeof(((struct file *)NULL)->name) || name[0] == '/' || strpbrk(name, "\\:*?\"<>|") != NULL || strstr(name, "//") != NULL)
		return false;
	for (const char *at = name; at != NULL; at = strchr(at, '/') != NULL ? strchr(at, '/') + 1 : NULL)
		if (strncmp(at, "../", 3) == 0 || strncmp(at, "./", 2) == 0 || strcmp(at, "..") == 0 || strcmp(at, ".") == 0)
			return false;
	for (const char *at = name; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return true;
}

static enum fj_rc unpack(zip_t *z, zip_uint64_t i, struct package *k, struct fj_err *err)
{
	struct file *f = &k->file[k->n];
	zip_file_t *in = zip_fopen_index(z, i, 0);
	char chunk[16384];
	zip_int64_t n = -1;
	enum fj_rc rc = FJ_OK;

	if (in == NULL)
		return sealed_bad(err, FJ_E_PARSE, f->name, "an entry of the package can't be read", "文件包中的条目无法读取");
	fj_buf_init(&f->data, MAX_ENTRY);
	k->n++;
	while (rc == FJ_OK && (n = zip_fread(in, chunk, sizeof(chunk))) > 0) {
		k->all += (size_t)n;
		rc = k->all > MAX_ALL ? FJ_E_LIMIT : fj_buf_put(&f->data, chunk, (size_t)n);
	}
	zip_fclose(in);
	if (rc != FJ_OK)
		return sealed_bad(err, FJ_E_LIMIT, f->name, "the package unfolds to more than is allowed (16 MiB an entry, 48 MiB in all)", "文件包解压后超出限制（单个条目 16 MiB，合计 48 MiB）");
	return n == 0 ? FJ_OK : sealed_bad(err, FJ_E_PARSE, f->name, "an entry of the package is damaged", "文件包中的条目已损坏");
}

static enum fj_rc take_entry(zip_t *z, zip_uint64_t i, struct package *k, struct fj_err *err)
{
	const char *name = zip_get_name(z, (zip_uint64_t)i, ZIP_FL_ENC_STRICT);
	zip_stat_t st;

	if (name == NULL || !plain_name(name) || !fj_utf8_valid(fj_slice_str(name)))
		return sealed_bad(err, FJ_E_PARSE, NULL, "an entry's name is absolute, climbs out of the package, or is no text", "文件包中有条目名称非法（绝对路径、上级路径或非文本）");
	if (zip_stat_index(z, i, 0, &st) != 0 || (st.valid & ZIP_STAT_ENCRYPTION_METHOD && st.encryption_method != ZIP_EM_NONE) ||
	    (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE))
		return sealed_bad(err, FJ_E_PARSE, name, "an entry is encrypted or packed in an unusual way", "文件包中有条目被加密或采用非常规压缩");
	for (size_t j = 0; j < k->n; j++)
		if (strcasecmp(k->file[j].name, name) == 0)
			return sealed_bad(err, FJ_E_INVALID, name, "an entry stands twice in the package", "文件包中有重复条目");
	if (name[strlen(name) - 1] == '/') /* a folder: nothing is in it */
		return st.size == 0 ? FJ_OK : sealed_bad(err, FJ_E_PARSE, name, "an entry of the package is damaged", "文件包中的条目已损坏");
	(void)!fj_strcopy(k->file[k->n].name, sizeof(k->file[0].name), name);
	return unpack(z, i, k, err);
}

static enum fj_rc take_entries(zip_t *z, struct package *k, struct fj_err *err)
{
	zip_int64_t n = zip_get_num_entries(z, 0);

	if (n < 1 || n > MAX_ENTRIES)
		return sealed_bad(err, FJ_E_LIMIT, NULL, "the package has no entries, or more than 200", "文件包没有条目，或超过 200 个");
	for (zip_int64_t i = 0; i < n; i++)
		FJ_TRY(take_entry(z, (zip_uint64_t)i, k, err));
	return FJ_OK;
}

static enum fj_rc open_package(struct fj_slice file, struct package **out, struct fj_err *err)
{
	FJ_AUTO(package) k = fj_alloc(1, sizeof(*k));
	zip_error_t e;

	if (k == NULL)
		return fj_no_memory(err, "issuer");
	if (file.len < 30 || memcmp(file.p, "PK\003\004", 4) != 0)
		return sealed_bad(err, FJ_E_PARSE, NULL, "it is no OFD package", "不是 OFD 文件包");
	zip_error_init(&e);
	zip_source_t *src = zip_source_buffer_create(file.p, file.len, 0, &e);
	zip_t *z = src == NULL ? NULL : zip_open_from_source(src, ZIP_RDONLY | ZIP_CHECKCONS, &e);
	zip_error_fini(&e);
	if (z == NULL) {
		zip_source_free(src);
		return sealed_bad(err, FJ_E_PARSE, NULL, "the package is damaged, or its two directories disagree", "文件包已损坏，或其目录前后不一致");
	}
	enum fj_rc rc = take_entries(z, k, err);
	zip_discard(z);
	FJ_TRY(rc);
	*out = fj_move(k);
	return FJ_OK;
}

/* --- XML --- */

/* what is read of one document: first in whatever a reader fills */
struct reading {
	XML_Parser p;
	bool bad;
};

/* a document type could bring entities along; an OFD has none */
static void no_doctype(void *arg, const char *name, const char *system, const char *public, int internal)
{
	struct reading *r = arg;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	r->bad = true;
	XML_StopParser(r->p, XML_FALSE);
}

static bool read_xml(struct fj_slice xml, struct reading *r, XML_StartElementHandler start, XML_EndElementHandler end, XML_CharacterDataHandler text)
{
	r->p = XML_ParserCreateNS(NULL, '|');
	if (r->p == NULL)
		return false;
	XML_SetUserData(r->p, r);
	XML_SetElementHandler(r->p, start, end);
	XML_SetCharacterDataHandler(r->p, text);
	XML_SetStartDoctypeDeclHandler(r->p, no_doctype);
	bool ok = xml.len <= 1u << 20 && XML_Parse(r->p, (const char *)xml.p, (int)xml.len, 1) == XML_STATUS_OK;
	XML_ParserFree(r->p);
	r->p = NULL;
	return ok && !r->bad;
}

/* without white space at the ends */
static struct fj_slice trimmed(const struct fj_buf *b)
{
	const char *s = fj_buf_str(b);
	size_t n = strlen(s);

	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	for (; n > 0 && strchr(" \t\r\n", *s) != NULL; n--)
		s++;
	return FJ_SLICE(s, n);
}

/* A document as one line an element, attribute and text, white space at the ends of texts apart; of
 * OFD.xml the element Signatures is left out and its text kept apart. */
struct flat {
	struct reading r;
	struct fj_buf out, text, lists; /* lists: text of Signatures */
	int depth, inside;              /* inside: depth at which Signatures began, 0: not in it */
	int found;                      /* how many there are */
};

static void put(struct flat *f, struct fj_buf *b, const char *s, size_t n)
{
	f->r.bad = f->r.bad || fj_buf_put(b, s, n) != FJ_OK;
}

static void end_text(struct flat *f)
{
	struct fj_slice t = trimmed(&f->text);
	struct fj_buf *to = f->inside > 0 ? &f->lists : &f->out;

	if (t.len > 0) {
		put(f, to, (const char *)t.p, t.len);
		put(f, to, "\n", 1);
	}
	fj_buf_clear(&f->text);
}

static void flat_start(void *arg, const char *name, const char **atts)
{
	struct flat *f = arg;

	end_text(f);
	if (++f->depth > MAX_DEPTH)
		f->r.bad = true;
	if (f->inside == 0 && f->depth == 3 && strcmp(name, NS "|Signatures") == 0) {
		f->inside = f->depth;
		f->found++;
	}
	if (f->inside > 0) {
		f->r.bad = f->r.bad || f->depth > f->inside || atts[0] != NULL;
		return;
	}
	put(f, &f->out, "<", 1);
	put(f, &f->out, name, strlen(name));
	for (; *atts != NULL; atts += 2) {
		put(f, &f->out, "\n@", 2);
		put(f, &f->out, atts[0], strlen(atts[0]));
		put(f, &f->out, "=", 1);
		put(f, &f->out, atts[1], strlen(atts[1]));
	}
	put(f, &f->out, "\n", 1);
}

static void flat_end(void *arg, const char *name)
{
	struct flat *f = arg;

	(void)name;
	end_text(f);
	if (f->inside == f->depth)
		f->inside = 0;
	else if (f->inside == 0)
		put(f, &f->out, ">\n", 2);
	f->depth--;
}

static void flat_text(void *arg, const char *s, int n)
{
	struct flat *f = arg;

	put(f, &f->text, s, (size_t)n);
}

static bool flatten(struct fj_slice xml, struct flat *f)
{
	fj_buf_init(&f->out, 4u << 20);
	fj_buf_init(&f->text, 1u << 20);
	fj_buf_init(&f->lists, 4096);
	return read_xml(xml, &f->r, flat_start, flat_end, flat_text);
}

static void flat_release(struct flat *f)
{
	fj_buf_release(&f->out);
	fj_buf_release(&f->text);
	fj_buf_release(&f->lists);
}
FJ_DEFINE_AUTO(flat, struct flat, flat_release)

/* a path as it stands in a file, from the package's root; false: longer than any entry's name */
static bool resolve(const char *folder, const char *loc, char out[MAX_NAME])
{
	while (*loc == ' ')
		loc++;
	bool root = *loc == '/';
	return snprintf(out, MAX_NAME, "%s%s", root ? "" : folder, loc + root) < MAX_NAME;
}

/* OFD.xml: the same but for one element that names the list of signatures, whose path goes to `list` */
static enum fj_rc compare_root(const struct file *own, const struct file *now, char list[MAX_NAME], struct fj_err *err)
{
	FJ_AUTO(flat) a = {.depth = 0};
	FJ_AUTO(flat) b = {.depth = 0};

	if (!flatten(fj_buf_slice(&own->data), &a) || !flatten(fj_buf_slice(&now->data), &b))
		return sealed_bad(err, FJ_E_PARSE, "OFD.xml", "its main entry can't be read", "主入口文件无法读取");
	if (strcmp(fj_buf_str(&a.out), fj_buf_str(&b.out)) != 0)
		return sealed_bad(err, FJ_E_INVALID, "OFD.xml", "it differs by more than the list of signatures", "除签名列表外另有改动");
	if (b.found != 1)
		return sealed_bad(err, FJ_E_INVALID, "OFD.xml", "it names no list of signatures: the file is not sealed", "没有签名列表：文件未盖章");
	bool fits = resolve("", fj_buf_str(&b.lists), list);
	size_t n = strcspn(list, "\n");
	if (!fits || (list[n] != '\0' && list[n + 1] != '\0'))
		return sealed_bad(err, FJ_E_PARSE, "OFD.xml", "its main entry can't be read", "主入口文件无法读取");
	list[n] = '\0';
	return FJ_OK;
}

/* --- signatures --- */

/* what is read of a list of signatures and of a signature: paths, digests, and where seals lie */
struct sign {
	struct reading r;
	struct package *own, *all;
	const char *folder;       /* of the file that is read, with "/" at its end */
	struct fj_buf text;
	char paths[16][MAX_NAME]; /* BaseLoc of the list's signatures */
	size_t n;
	char method[40], value[MAX_NAME], check[200]; /* of References; SignedValue; CheckValue being read */
	char ref[MAX_NAME];       /* FileRef of the Reference that is read */
	bool wrong;               /* a digest is not true */
	char of[MAX_NAME];        /* of this entry */
	struct {
		int64_t page;
		unsigned n;
	} seals[MAX_ENTRIES];     /* how many a page has, by all signatures */
	size_t pages;
	enum fj_rc placed;        /* the first seal that may not lie where it does */
	struct fj_err *err;
};

static const char *att(const char **atts, const char *name)
{
	for (; *atts != NULL; atts += 2)
		if (strcmp(atts[0], name) == 0)
			return atts[1];
	return "";
}

static const EVP_MD *digest_of(const char *method)
{
	if (strcmp(method, "1.2.156.10197.1.401") == 0 || strcasecmp(method, "SM3") == 0)
		return EVP_sm3();
	return strcmp(method, "2.16.840.1.101.3.4.2.1") == 0 || strcasecmp(method, "SHA256") == 0 || strcasecmp(method, "SHA-256") == 0 ? EVP_sha256() : NULL;
}

/* "x y width height" in millimetres (GB/T 33190-2016, 7.3) */
static bool boundary(const char *text, int64_t v[4])
{
	struct pdf p = {.file = fj_slice_str(text)};

	for (int i = 0; i < 4; i++)
		if (!pdf_decimal(&p, &v[i]))
			return false;
	while (p.at < p.file.len && p.file.p[p.at] == ' ')
		p.at++;
	return p.at == p.file.len;
}

/* which of its page's seals this one is; 0: there is no room to count it */
static unsigned nth_of(struct sign *s, int64_t page)
{
	size_t i = 0;

	while (i < s->pages && s->seals[i].page != page)
		i++;
	if (i == FJ_ARRAY_LEN(s->seals))
		return 0;
	s->pages = i == s->pages ? i + 1 : s->pages;
	s->seals[i].page = page;
	return ++s->seals[i].n;
}

static enum fj_rc place(struct sign *s, const char *page, const char *where)
{
	struct pdf p = {.file = fj_slice_str(page)};
	int64_t number, v[4];

	if (!pdf_number(&p, &number) || p.at != p.file.len || !boundary(where, v))
		return sealed_bad(s->err, FJ_E_PARSE, "StampAnnot", "a seal's page or place can't be read", "印章所在页或位置无法读取");
	unsigned nth = nth_of(s, number);
	return nth == 0 ? sealed_bad(s->err, FJ_E_LIMIT, "StampAnnot", "the package has seals on more than 200 pages", "盖章页超过 200 页") : sealed_place(v[2], v[3], nth, s->err);
}

static void sign_start(void *arg, const char *name, const char **atts)
{
	struct sign *s = arg;
	const char *plain = strrchr(name, '|') != NULL ? strrchr(name, '|') + 1 : name;

	fj_buf_clear(&s->text);
	/* what shows in any namespace: there are readers that see none */
	if (strcmp(plain, "StampAnnot") == 0 && s->placed == FJ_OK)
		s->placed = place(s, att(atts, "PageRef"), att(atts, "Boundary"));
	else if (strcmp(plain, "Signature") == 0 && att(atts, "BaseLoc")[0] != '\0')
		s->r.bad = s->r.bad || s->n == FJ_ARRAY_LEN(s->paths) || !resolve(s->folder, att(atts, "BaseLoc"), s->paths[s->n++]);
	else if (strcmp(name, NS "|References") == 0)
		snprintf(s->method, sizeof(s->method), "%.39s", att(atts, "CheckMethod"));
	else if (strcmp(name, NS "|Reference") == 0) {
		s->r.bad = s->r.bad || !resolve(s->folder, att(atts, "FileRef"), s->ref);
		s->check[0] = '\0';
	}
}

static void check_reference(struct sign *s)
{
	struct file *f = find(s->all, s->ref);
	struct file *ours = find(s->own, s->ref);
	const EVP_MD *md = digest_of(s->method);
	FJ_AUTO(buf) want = FJ_BUF_INIT(64);
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (f == NULL || ours == NULL)
		return;
	ours->covered = true;
	if (md == NULL || fj_b64_get(s->check, strlen(s->check), &want) != FJ_OK)
		return;
	if (EVP_Digest(f->data.data, f->data.len, sum, &n, md, NULL) != 1 || want.len != n || memcmp(want.data, sum, n) != 0) {
		s->wrong = true;
		snprintf(s->of, sizeof(s->of), "%s", f->name);
	}
}

static void sign_end(void *arg, const char *name)
{
	struct sign *s = arg;
	struct fj_slice t = trimmed(&s->text);
	char text[sizeof(s->check)];

	snprintf(text, sizeof(text), "%.*s", (int)(t.len > sizeof(text) - 1 ? sizeof(text) - 1 : t.len), (const char *)t.p);
	if (strcmp(name, NS "|CheckValue") == 0)
		memcpy(s->check, text, sizeof(s->check));
	else if (strcmp(name, NS "|Reference") == 0)
		check_reference(s);
	else if (strcmp(name, NS "|SignedValue") == 0)
		s->r.bad = s->r.bad || !resolve(s->folder, text, s->value);
	fj_buf_clear(&s->text);
}

static void sign_text(void *arg, const char *t, int n)
{
	struct sign *s = arg;

	s->r.bad = s->r.bad || fj_buf_put(&s->text, t, (size_t)n) != FJ_OK;
}

static enum fj_rc read_sign(struct sign *s, const char *path, struct fj_err *err)
{
	const struct file *f = find(s->all, path);
	char folder[MAX_NAME];
	const char *slash = strrchr(path, '/');

	if (f == NULL || find(s->own, path) != NULL)
		return sealed_bad(err, FJ_E_INVALID, path, "the package lacks a file of the signature", "文件包缺少签名文件");
	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 0 : (int)(slash + 1 - path), path);
	s->folder = folder;
	fj_buf_init(&s->text, 65536);
	bool ok = read_xml(fj_buf_slice(&f->data), &s->r, sign_start, sign_end, sign_text);
	fj_buf_release(&s->text);
	s->folder = NULL;
	FJ_TRY(s->placed);
	return ok ? FJ_OK : sealed_bad(err, FJ_E_PARSE, path, "a file of the signature can't be read, or the list has more than 16 signatures", "签名文件无法读取，或签名超过 16 个");
}

static enum fj_rc check_signatures(struct package *own, struct package *all, const char *list, struct fj_err *err)
{
	struct sign s = {.own = own, .all = all, .err = err};

	FJ_TRY(read_sign(&s, list, err));
	if (s.n == 0)
		return sealed_bad(err, FJ_E_INVALID, list, "the list of signatures is empty: the file is not sealed", "签名列表为空：文件未盖章");
	for (size_t i = 0, n = s.n; i < n; i++) {
		s.value[0] = '\0';
		FJ_TRY(read_sign(&s, s.paths[i], err));
		const struct file *value = find(all, s.value);
		if (value == NULL || value->data.len == 0)
			return sealed_bad(err, FJ_E_INVALID, s.paths[i], "a signature has no signed value", "签名缺少签名值文件");
	}
	if (s.wrong)
		return sealed_bad(err, FJ_E_INVALID, s.of, "a signature's digest of this entry is not true", "签名中该条目的摘要不正确");
	for (size_t i = 0; i < own->n; i++)
		if (!own->file[i].covered && strcmp(own->file[i].name, "OFD.xml") != 0)
			return sealed_bad(err, FJ_E_INVALID, own->file[i].name, "no signature protects this entry", "签章未保护该条目");
	return FJ_OK;
}

/* --- all of it --- */

static enum fj_rc check_entries(struct package *own, struct package *all, struct fj_err *err)
{
	for (size_t i = 0; i < own->n; i++) {
		const struct file *a = &own->file[i], *b = find(all, a->name);
		if (b == NULL)
			return sealed_bad(err, FJ_E_INVALID, a->name, "an entry that was exported is missing", "缺少导出文件中的条目");
		if (strcmp(a->name, "OFD.xml") != 0 && (a->data.len != b->data.len || memcmp(a->data.data, b->data.data, a->data.len) != 0))
			return sealed_bad(err, FJ_E_INVALID, a->name, "an entry is not as it was exported", "条目内容与导出的文件不一致");
	}
	for (size_t i = 0; i < all->n; i++) {
		const char *name = all->file[i].name;
		if (find(own, name) == NULL && strncmp(name, "Doc_0/Signs/", 12) != 0 && strncmp(name, "Signs/", 6) != 0)
			return sealed_bad(err, FJ_E_INVALID, name, "an entry is added that is no part of a signature (a folder Signs)", "新增了不属于签名（Signs 目录）的条目");
	}
	return FJ_OK;
}

enum fj_rc sealed_ofd(struct fj_slice own_file, struct fj_slice sealed, struct fj_err *err)
{
	struct package *a = NULL, *b = NULL;
	char list[MAX_NAME];

	FJ_TRY(open_package(own_file, &a, err));
	FJ_AUTO(package) own = a;
	FJ_TRY(open_package(sealed, &b, err));
	FJ_AUTO(package) all = b;
	FJ_TRY(check_entries(own, all, err));
	FJ_TRY(compare_root(find(own, "OFD.xml"), find(all, "OFD.xml"), list, err));
	return check_signatures(own, all, list, err);
}
