/*
 * What comes back from a seal platform as OFD, through its reader (in this process, so
 * that the fuzzer sees it): a package as it stands, or its entries, which are packed here
 * since no mutation of a package keeps its sums.  Entries are "name\ncontent", with
 * "\n--\n" between them; they come to those of the exported package, or in their place.
 *
 * Properties: reading ends; what is refused has a reason in both languages; what is
 * taken has a signed value, and is refused with an entry more that is no signature's.
 */
#include "issuer/paper/sealed.h"
#include "issuer/report/parts.h"
#include "tests/fuzz/fuzz.h"

#define MAX 200000
#define OWN 3
#define PARTS 60
#define NS "xmlns:ofd=\"http://www.ofdspec.org/2016\""

static const char *const own_parts[OWN][2] = {
	{"OFD.xml", "<ofd:OFD " NS " Version=\"1.0\" DocType=\"OFD\"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"},
	{"Doc_0/Document.xml", "<ofd:Document " NS "><ofd:Pages><ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>"},
	{"Doc_0/Pages/Page_0/Content.xml", "<ofd:Page " NS "><ofd:Content/></ofd:Page>"},
};
struct parts {
	size_t n;
	struct rep_part part[PARTS];
	char name[PARTS][256];
};

static void put(struct parts *p, const char *name, struct fj_slice data)
{
	size_t i = 0;

	while (i < p->n && strcmp(p->name[i], name) != 0)
		i++;
	if (i == PARTS)
		return;
	p->n = i == p->n ? i + 1 : p->n;
	snprintf(p->name[i], sizeof(p->name[i]), "%s", name);
	p->part[i] = (struct rep_part){p->name[i], data};
}

static void put_own(struct parts *p)
{
	p->n = 0;
	for (size_t i = 0; i < OWN; i++)
		put(p, own_parts[i][0], fj_slice_str(own_parts[i][1]));
}

static void put_input(struct parts *p, struct fj_slice in)
{
	static const char between[] = "\n--\n";
	char name[256];

	while (in.len > 0) {
		const uint8_t *cut = memmem(in.p, in.len, between, sizeof(between) - 1);
		size_t n = cut == NULL ? in.len : (size_t)(cut - in.p);
		const uint8_t *line = memchr(in.p, '\n', n);
		if (line != NULL && line - in.p > 0 && line - in.p < 250 && memchr(in.p, '\0', (size_t)(line - in.p)) == NULL) {
			snprintf(name, sizeof(name), "%.*s", (int)(line - in.p), (const char *)in.p);
			put(p, name, FJ_SLICE(line + 1, n - (size_t)(line + 1 - in.p)));
		}
		n += cut == NULL ? 0 : sizeof(between) - 1;
		in = FJ_SLICE(in.p + n, in.len - n);
	}
}

static enum fj_rc judged(struct fj_slice own, struct fj_slice sealed)
{
	struct fj_err err = {.rc = FJ_OK};
	enum fj_rc rc = sealed_ofd(own, sealed, &err);

	HOLDS(rc == FJ_OK || ((rc == FJ_E_INVALID || rc == FJ_E_PARSE || rc == FJ_E_LIMIT) && err.en[0] != '\0' && err.zh[0] != '\0'));
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct parts p;
	FJ_AUTO(buf) own = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) sealed = FJ_BUF_INIT(1u << 20);
	FJ_AUTO(buf) more = FJ_BUF_INIT(1u << 20);

	if (size > MAX)
		return 0;
	put_own(&p);
	HOLDS(rep_zip(p.part, p.n, &own) == FJ_OK);
	if (size > 1 && memcmp(data, "PK", 2) == 0) {
		(void)!judged(fj_buf_slice(&own), FJ_SLICE(data, size));
		return 0;
	}
	put_input(&p, FJ_SLICE(data, size));
	if (rep_zip(p.part, p.n, &sealed) != FJ_OK || judged(fj_buf_slice(&own), fj_buf_slice(&sealed)) != FJ_OK)
		return 0; /* a name that no package can have, or that is refused */
	HOLDS(p.n > OWN && p.n < PARTS);
	put(&p, "Doc_0/more.xml", FJ_SLICE("x", 1));
	HOLDS(rep_zip(p.part, p.n, &more) == FJ_OK && judged(fj_buf_slice(&own), fj_buf_slice(&more)) == FJ_E_INVALID);
	return 0;
}
