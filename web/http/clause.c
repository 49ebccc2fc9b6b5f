/*
 * clause.c - where a rule stands, as people cite it: "27号 arts. 11, 13" as 27号第11、13条 or Rules No. 27,
 * arts. 11, 13; and the documents that are cited.
 *
 * Programs keep the short form.  A citation is pieces between "; ", each of one document; what is no
 * document of the table stands as it is.  Where the application has a page of them, a piece leads there.
 */
#include "web/http/http.h"

static const struct web_document documents[] = {
	{"d167", "167", "167号", "Plan No. 167", "财资〔2024〕167号《数据资产全过程管理试点方案》", "Pilot Plan for Managing Data Assets throughout Their Course (Ministry of Finance, Caizi [2024] No. 167)"},
	{"d141", "141", "141号", "Opinions No. 141", "财资〔2023〕141号《关于加强数据资产管理的指导意见》", "Guiding Opinions on Strengthening the Management of Data Assets (Ministry of Finance, Caizi [2023] No. 141)"},
	{"d1", "1号", "1号", "Notice No. 1", "财资〔2024〕1号《关于加强行政事业单位数据资产管理的通知》",
	    "Notice on Strengthening the Management of Data Assets of Administrative Bodies and Public Institutions (Ministry of Finance, Caizi [2024] No. 1)"},
	{"d26", "26号", "26号", "Measures No. 26", "发改数据规〔2025〕26号《公共数据资源登记管理暂行办法》", "Interim Measures for the Registration of Public Data Resources (NDRC and National Data Administration, [2025] No. 26)"},
	{"d27", "27号", "27号", "Rules No. 27", "发改数据规〔2025〕27号《公共数据资源授权运营实施规范（试行）》", "Rules for the Authorised Operation of Public Data Resources, trial (NDRC and National Data Administration, [2025] No. 27)"},
	{"d65", "65号", "65号", "Notice No. 65", "发改价格〔2025〕65号《关于建立公共数据资源授权运营价格形成机制的通知》", "Notice on Price Formation for the Authorised Operation of Public Data Resources (NDRC, [2025] No. 65)"},
	{"d35", "35号", "35号", "Guide No. 35", "国数综政策〔2026〕35号《数据产权登记工作指引（试行）》", "Guide to the Registration of Data Property Rights, trial (National Data Administration, [2026] No. 35)"},
	{"terms", "名词二", "名词解释第二批", "Terms, second batch", "国家数据局《数据领域常用名词解释（第二批）》", "Explanations of Common Terms of the Data Field, second batch (National Data Administration)"},
	{"d127", "财资〔2021〕127号", "财资〔2021〕127号", "MoF Caizi [2021] No. 127", "财资〔2021〕127号（资产处置）", "Ministry of Finance, Caizi [2021] No. 127 (disposal of assets)"},
	{"d33", "财会〔2025〕33号", "财会〔2025〕33号", "MoF Caikuai [2025] No. 33", "财会〔2025〕33号（会计处理）", "Ministry of Finance, Caikuai [2025] No. 33 (accounting)"},
	{"pipl", "个保法", "个人信息保护法", "Personal Information Protection Law", "《中华人民共和国个人信息保护法》", "Personal Information Protection Law"},
	{"nda", "NDA notice", "国家数据局有关通知", "NDA notice", "国家数据局有关信息披露的通知", "Notice of the National Data Administration on disclosure"},
	{"shenzhen", "Shenzhen", "深圳市有关规定", "Shenzhen rules", "深圳市数据产权登记有关规定", "Rules of Shenzhen on the registration of data property rights"},
	{"db33", "DB33/T 1329", "DB33/T 1329", "DB33/T 1329", "浙江省地方标准 DB33/T 1329", "Zhejiang local standard DB33/T 1329"},
	{"gb32100", "GB 32100", "GB 32100", "GB 32100", "GB 32100《法人和其他组织统一社会信用代码编码规则》", "GB 32100, coding of the unified social credit identifier"},
	{"gb43697", "GB/T 43697", "GB/T 43697", "GB/T 43697", "GB/T 43697《数据安全技术 数据分类分级规则》", "GB/T 43697, classification and grading of data"},
	{"holidays", "节假日安排", "年度节假日安排", "the yearly notice on public holidays", "国务院办公厅年度部分节假日安排的通知", "Yearly notice of the General Office of the State Council on public holidays"},
	{"civil", "民法典", "民法典", "Civil Code", "《中华人民共和国民法典》", "Civil Code"},
	/* our own texts, by which a clause is named where the sources say no more */
	{"own", "domain.md decision ", "业务规则 决定", "business rules, decision ", NULL, NULL},
	{"own", "domain.md", "业务规则", "business rules", NULL, NULL},
	{NULL, "docs/formats.md", "格式规范", "format rules", NULL, NULL}, {NULL, "formats.md", "格式规范", "format rules", NULL, NULL}, {NULL, "design.md", "设计说明", "design", NULL, NULL},
	{NULL, "docs/paper.md", "纸质件规则", "rules for paper", NULL, NULL}, {NULL, "docs/exchange.md", "交换规则", "rules for exchange", NULL, NULL},
	{NULL, "docs/verifier.md", "核验规则", "rules for verification", NULL, NULL},
};

size_t web_documents(const struct web_document **out)
{
	*out = documents;
	return FJ_ARRAY_LEN(documents);
}

/* the document that the piece begins with; NULL: none.  *rest: what follows it */
static const struct web_document *document_of(const char *piece, const char **rest)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(documents); i++) {
		*rest = piece + strlen(documents[i].key);
		if (strncmp(piece, documents[i].key, strlen(documents[i].key)) == 0)
			return &documents[i];
	}
	*rest = piece;
	return NULL;
}

struct text {
	char *p;
	size_t cap, n;
};

static void put(struct text *t, const char *s, size_t n)
{
	if (t->n + n >= t->cap)
		return;
	memcpy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = '\0';
}

static void say(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

static bool begins(const char **s, const char *with)
{
	size_t n = strlen(with);

	if (strncmp(*s, with, n) != 0)
		return false;
	*s += n;
	return true;
}

/* --- in Chinese --- */

/* "11, 13", "9(四), 20", "10 to 12, 15", "14(九)": 第11、13条, 第9(四)、20条, 第10至12、15条, 第14条(九) */
static void articles(const char **s, struct text *t)
{
	const char *end = *s, *item;

	while (*end != '\0' && *end != ';' && strncmp(end, " [", 2) != 0 && strncmp(end, ", annex", 7) != 0)
		end++;
	bool more = memchr(*s, ',', (size_t)(end - *s)) != NULL, said = false;
	item = memchr(*s, '(', (size_t)(end - *s));
	say(t, "第");
	while (*s < end) {
		if (*s == item && !more) { /* an item of the one article stands behind the word */
			say(t, "条");
			said = true;
		}
		if (begins(s, ", "))
			say(t, "、");
		else if (begins(s, " to "))
			say(t, "至");
		else
			put(t, (*s)++, 1);
	}
	if (!said)
		say(t, "条");
}

struct pair {
	const char *from, *to;
};

/* one of the pairs at *s; false: none */
static bool paired(const char **s, const struct pair *pairs, size_t n, struct text *t)
{
	for (size_t i = 0; i < n; i++)
		if (begins(s, pairs[i].from)) {
			say(t, pairs[i].to);
			return true;
		}
	return false;
}

/* 1 to 10 for 一 to 十, 0: none */
static int numeral(const char *s)
{
	static const char *const all[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"};

	for (int i = 0; i < 10; i++)
		if (strncmp(s, all[i], 3) == 0)
			return i + 1;
	return 0;
}

static void in_chinese(const char *s, struct text *t)
{
	static const struct pair pairs[] = {{"·", ""}, {", annex ", "、附件"}, {" annex ", "附件"}, {" [M]", "（未核原文）"}, {" [E]", "（据节录）"}, {" [S]", "（转引）"}, {" [D]", "（本系统设计）"}};

	while (*s != '\0')
		if (begins(&s, " art. ") || begins(&s, " arts. "))
			articles(&s, t);
		else if (*s == ' ' && numeral(s + 1) > 0)
			s++; /* no blank before 二、三 */
		else if (!paired(&s, pairs, FJ_ARRAY_LEN(pairs), t))
			put(t, s++, 1);
}

/* --- in English --- */

/* the number at *s in digits: 七, 十, 十一, 二十 */
static bool number(const char **s, char out[16])
{
	int first = numeral(*s), n = first;

	if (first == 0)
		return false;
	*s += 3;
	if (first < 10 && numeral(*s) == 10) {
		n = 10 * first;
		*s += 3;
	}
	if (n >= 10 && numeral(*s) > 0 && numeral(*s) < 10) {
		n += numeral(*s);
		*s += 3;
	}
	snprintf(out, 16, "%d", n);
	return true;
}

static void in_english(const char *s, struct text *t)
{
	static const struct pair pairs[] = {{"·", ", section "}, {" art", ", art"}, {", annex", ", annex"}, {" annex", ", annex"}, {"、", ", "}, {" [M]", " (text not checked)"}, {" [E]", " (from an excerpt)"},
		{" [S]", " (second-hand)"}, {" [D]", " (by design)"}};
	char digits[16];

	if (*s == '(') { /* of a document without sections */
		say(t, ", item ");
		s++;
		if (number(&s, digits))
			say(t, digits);
		s += *s == ')' ? 1 : 0;
	}
	while (*s != '\0')
		if (*s == ' ' && numeral(s + 1) > 0) {
			say(t, strstr(s, "、") != NULL ? ", sections " : ", section ");
			s++;
		} else if (number(&s, digits)) {
			say(t, digits);
		} else if (!paired(&s, pairs, FJ_ARRAY_LEN(pairs), t)) {
			put(t, s++, 1);
		}
}

/* --- a citation --- */

static void piece_text(bool en, const char *piece, struct text *t)
{
	const char *rest;
	const struct web_document *d = document_of(piece, &rest);

	if (d != NULL)
		say(t, en ? d->en : d->zh);
	else if (!en && piece[0] == 'R' && piece[1] >= '0' && piece[1] <= '9')
		say(t, "规则 ");
	if (en)
		in_english(rest, t);
	else
		in_chinese(rest, t);
}

/* the piece at *s, which then stands behind it and its "; " */
static void next_piece(const char **s, char piece[160])
{
	const char *end = strstr(*s, "; ");
	size_t n = end == NULL ? strlen(*s) : (size_t)(end - *s);

	snprintf(piece, 160, "%.*s", (int)n, *s);
	*s += n + (end == NULL ? 0 : 2);
}

void web_clause_text(bool en, const char *clause, char *out, size_t cap)
{
	struct text t = {out, cap, 0};
	char piece[160];

	out[0] = '\0';
	for (const char *s = clause; *s != '\0';) {
		next_piece(&s, piece);
		piece_text(en, piece, &t);
		say(&t, *s == '\0' ? "" : en ? "; " : "；");
	}
}

void web_clause_id(const char *cite, char out[WEB_CLAUSE_ID])
{
	const char *rest;
	const struct web_document *d = document_of(cite, &rest);
	struct text t = {out, WEB_CLAUSE_ID, 0};
	char digits[16];

	out[0] = '\0';
	if (d == NULL && cite[0] == 'R' && cite[1] >= '0' && cite[1] <= '9') {
		put(&t, cite, 3);
	} else if (d == &documents[0] && begins(&rest, "·")) {
		say(&t, d->key);
		while (*rest != '\0' && strchr(" ,;", *rest) == NULL)
			if (number(&rest, digits)) {
				say(&t, "-");
				say(&t, digits);
			} else {
				rest++;
			}
	} else if (d != NULL && d->id != NULL) {
		bool decision = d->key[strlen(d->key) - 1] == ' ';
		say(&t, d->id);
		rest += !decision && *rest == ' ';
		if (strcmp(d->id, "own") == 0 && rest[0] >= '0' && rest[0] <= '9') {
			say(&t, decision ? "-d" : "-");
			put(&t, rest, strspn(rest, "0123456789."));
		}
	}
}

void web_clause(struct web_req *q, struct fj_buf *b, const char *clause)
{
	const char *page = web_basis_page(q);
	char piece[160], said[240], id[WEB_CLAUSE_ID];

	for (const char *s = clause; *s != '\0';) {
		next_piece(&s, piece);
		web_clause_text(web_lang(q)[0] == 'e', piece, said, sizeof(said));
		web_clause_id(piece, id);
		if (page != NULL && id[0] != '\0')
			web_print(b, "<a href=\"%s#%s\">%s</a>", page, id, said);
		else
			web_text(b, said);
		web_text(b, *s == '\0' ? "" : web_either(q, "；", "; "));
	}
}
