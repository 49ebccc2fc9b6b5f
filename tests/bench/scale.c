/*
 * scale.c - lists, search and show of a register with a million assets beside one
 * with ten thousand, in one run on one machine: compare the ratios.
 *
 *   scale FOLDER [SMALL [LARGE]]      registers that the folder has already are taken
 *   scale --into HOME N               N assets of Hubei's holders more in a demo home that nobody serves, one in
 *                                     fifty with an application under way: what `ROWS=pages make bench` looks at
 *
 * Both registers are made by the product's own events, through evt_append and its
 * apply functions (organisations, ledger entries with their recognition left out,
 * cards; one asset in eleven also a certificate), in transactions of 2,000, without
 * a TPM: no credential's bytes are stored; then the search index is brought into one
 * piece, as the tender does at night.  What is measured are the commands' handlers on
 * a reading connection, each in a transaction of its own, with the answer as the text
 * that API and command line send, in turns, in processor time.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/iss.h"

#define HOLDERS 20
#define FINANCE 4
#define BATCH 250 /* entries of one holder behind each other, as they are imported */
#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" /* of a certificate that is not there */
#define RARE 12 /* assets that have the rare word, whatever the size */
#define START 1735689600 /* 2025-01-01 */

static const struct iss_actor officer = {.login = "bench", .person = "bench", .org = "11420000DEMA00013M", .roles = ISS_FINANCE, .via = "cli"};

struct reg {
	const char *name;
	struct sto *db;
	int64_t n;
	uint64_t seed;
};

/* of a demo home: who keeps it, whose superior half of the holders are under, lists that it has not used */
static bool into;
#define INTO_FINANCE "11420000DEMA00013M"
#define INTO_DEPT "11100000DEMA00064H"
static int list_of(int64_t i)
{
	return (int)(i / 1000000) + (into ? 100 : 0);
}

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others may be at work on this machine */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const char *holder(int64_t i, char out[19])
{
	int k = (int)(i / BATCH % HOLDERS);

	snprintf(out, 19, "1242%02d00BENC%06d", k % FINANCE, k);
	return out;
}

static void asset_no(int64_t i, char out[32])
{
	snprintf(out, 32, "BN%02d-%d-%07lld", (int)(i / BATCH % HOLDERS), 2024 + (int)(i / BATCH % 2), (long long)i);
}

static enum fj_rc put(struct iss_call *c, const char *kind, const char *object, json_t *body, struct fj_err *err)
{
	FJ_AUTO(json) owned = body;

	return evt_append(c, kind, object, owned, err);
}

static enum fj_rc organisations(struct iss_call *c, struct fj_err *err)
{
	char usci[19], name[64], finance[19], div[7];

	for (int i = 0; i < HOLDERS; i++) {
		int64_t first = (int64_t)i * BATCH; /* one of its assets */
		snprintf(name, sizeof(name), "第%d号数据中心（虚构）", i);
		snprintf(finance, sizeof(finance), into ? INTO_FINANCE : "1142%02d00BENC000000", i % FINANCE);
		snprintf(div, sizeof(div), "42%02d00", i % FINANCE + 1);
		FJ_TRY(put(c, "organisation.added", holder(first, usci), json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[], s:b, s:i}", "name", name, "kind", "INST",
		    "level", "省", "div6", div, "dept", into && i % 2 == 0 ? INTO_DEPT : "", "finance", finance, "roles", "HOLDER", "affiliates", "dishonest", 0, "mlps", 0), err));
	}
	return FJ_OK;
}

static void name_of(int64_t i, char out[200])
{
	static const char *const what[] = {"水文", "气象", "交通", "医疗", "农业", "电力", "地理", "企业", "教育", "环境"},
		*const where[] = {"武汉", "黄石", "十堰", "宜昌", "襄阳", "鄂州", "荆门", "孝感", "荆州", "黄冈"},
		*const how[] = {"观测", "监测", "登记", "统计", "流量", "位置", "评价", "档案"};
	bool rare = i < RARE;

	snprintf(out, 200, "20%02d年%s市%s%s%s数据集（示例%lld）", (int)(i % 25), where[i % 10], what[i / 10 % 10], rare ? "甘蔗" : "", how[i / 100 % 8], (long long)i);
}

static enum fj_rc certificate(struct iss_call *c, int64_t i, const char *no, const char *name, struct fj_err *err)
{
	char number[41], id[40], usci[19];

	snprintf(number, sizeof(number), "DAC-420000-202501-%06lld-X", (long long)(i / 11));
	snprintf(id, sizeof(id), "%032llx", (unsigned long long)i + 1);
	FJ_TRY(put(c, "certificate.intended", number, json_pack("{s:s, s:s, s:I, s:s, s:s, s:i, s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:I, s:i, s:i, s:I, s:b}", "id", id,
	    "series", "DAC-420000-202501", "series_n", (json_int_t)(i / 11 + 1), "serial", id, "asset_no", no, "card_version", 1, "asset_name", name, "holder",
	    holder(i, usci), "holder_name", "数据中心（虚构）", "not_before", (json_int_t)c->now, "not_after", (json_int_t)(c->now + 94608000), "shard", 1, "list",
	    list_of(i), "idx", (json_int_t)(i % 1000000), "restrictions", 1, "asset_list", list_of(i), "asset_idx", (json_int_t)(i % 1000000 + 1),
	    "asset_fresh", 1), err));
	return put(c, "certificate.issued", number, json_pack("{s:s}", "sha256", SHA256), err);
}

/* an application that waits for the finance department, some of them too long */
static enum fj_rc application(struct iss_call *c, int64_t i, const char *no, struct fj_err *err)
{
	char id[32], usci[19];

	snprintf(id, sizeof(id), "RG-bench%07lld", (long long)i);
	return put(c, "registration.submitted", id, json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "asset_no", no, "version", 1, "type", "INITIAL", "path", "26", "to", "APPLIED",
	    "asset_to", "APPLIED", "person", "p", "due", (json_int_t)(fj_now() + (i % 200 - 20) * 86400), "holder", holder(i, usci)), err);
}

static enum fj_rc asset(struct iss_call *c, int64_t i, struct fj_err *err)
{
	char no[32], ledger[32], name[200], usci[19], ref[40];

	asset_no(i, no);
	name_of(i, name);
	snprintf(ledger, sizeof(ledger), "LG-%010lld", (long long)(i * 6151 % 10000000000));
	snprintf(ref, sizeof(ref), "CAT-BN-%08lld", (long long)i);
	FJ_TRY(put(c, "ledger.entered", ledger, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{}}", "holder", holder(i, usci), "ledger_no", ledger, "catalog_ref", ref,
	    "name", name, "summary", "示例概述", "formed_by", "自主采集", "shared_from", "", "no_key", ledger, "more"), err));
	FJ_TRY(put(c, "asset.carded", no, json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:{s:{s:s, s:s, s:s, s:s, s:s}, s:{s:[s, s], s:b}, s:{}, s:{s:s, s:s, s:s}}}",
	    "asset_no", no, "ledger", ledger, "holder", usci, "name", name, "version", 1, "origin", "INST", "hash", "00", "card", "basic", "asset_no", no, "name", name,
	    "class_scheme", "LOCAL", "class_code", i % 3 == 0 ? "A1" : "B2", "industry", i % 5 == 0 ? "N76" : "I65", "rights", "rights", "HOLD", "USE", "public_data",
	    1, "use", "management", "data_level", "GENERAL", "mgr_dept", "示例部门", "mgr_person", "示例"), err));
	if (into && i % 50 == 1)
		FJ_TRY(application(c, i, no, err));
	return i % 11 == 0 ? certificate(c, i, no, name, err) : FJ_OK;
}

static enum fj_rc fill(struct reg *r, struct fj_err *err)
{
	FJ_TRY(sto_open(r->name, true, &r->db, err));
	struct iss_call c = {.actor = &officer, .db = r->db, .now = START, .acting = ISS_FINANCE, .command = "bench"};
	FJ_TRY(sto_begin(r->db, err));
	FJ_TRY(organisations(&c, err));
	for (int64_t i = 0; i < r->n; i++) {
		c.now = START + i * 60000000 / r->n; /* two years, whatever the size */
		FJ_TRY(asset(&c, i, err));
		if (i % 2000 == 1999) {
			FJ_TRY(sto_commit(r->db, err));
			FJ_TRY(sto_begin(r->db, err));
		}
	}
	FJ_TRY(sto_commit(r->db, err));
	for (bool done = false; !done;)
		FJ_TRY(fnd_tidy(r->db, &done, err));
	return FJ_OK;
}

static enum fj_rc build(struct reg *r, struct fj_err *err)
{
	double t = seconds();
	struct stat st = {0};

	if (!into && stat(r->name, &st) == 0) /* made before */
		return sto_open(r->name, false, &r->db, err);
	FJ_TRY(fill(r, err));
	sto_close(r->db);
	r->db = NULL;
	stat(r->name, &st);
	printf("# %lld assets in %.0f s, %.0f MB\n", (long long)r->n, seconds() - t, (double)st.st_size / 1e6);
	fflush(stdout);
	return into ? FJ_OK : sto_open(r->name, false, &r->db, err);
}

/* --- what is asked --- */

static json_t *p_first(struct reg *r) { (void)r; return json_object(); }
static json_t *p_deep(struct reg *r)
{
	char no[32];

	asset_no((int64_t)(next(&r->seed) % (uint64_t)r->n), no);
	return json_pack("{s:s}", "after", no);
}
static json_t *p_holder(struct reg *r)
{
	char usci[19];

	return json_pack("{s:s, s:s}", "holder", holder((int64_t)(next(&r->seed) % HOLDERS) * BATCH, usci), "state", "CARDED");
}
static json_t *p_finance(struct reg *r)
{
	char finance[19];

	snprintf(finance, sizeof(finance), "1142%02d00BENC000000", (int)(next(&r->seed) % FINANCE));
	return json_pack("{s:s, s:s}", "finance", finance, "state", "CARDED");
}
static json_t *p_division(struct reg *r) { (void)r; return json_pack("{s:s}", "division", "4202"); }
static json_t *p_class(struct reg *r) { (void)r; return json_pack("{s:s, s:s}", "class", "A1", "industry", "N76"); }
static json_t *p_created(struct reg *r) { (void)r; return json_pack("{s:s, s:s}", "created_from", "2025-06-01", "created_to", "2025-12-31"); }
static json_t *p_ends(struct reg *r) { (void)r; return json_pack("{s:s, s:s}", "expires_from", "2028-03-01", "expires_to", "2029-03-31"); }
static json_t *p_rare(struct reg *r) { (void)r; return json_pack("{s:s, s:s, s:i}", "q", "甘蔗", "noun", "asset", "limit", 20); }
static json_t *p_frequent(struct reg *r) { (void)r; return json_pack("{s:s, s:s, s:i}", "q", "数据", "noun", "asset", "limit", 20); }
static json_t *p_two(struct reg *r) { (void)r; return json_pack("{s:s, s:s, s:i}", "q", "武汉 水文观测", "noun", "asset", "limit", 20); }
static json_t *p_none(struct reg *r) { (void)r; return json_pack("{s:s, s:i}", "q", "集数", "limit", 20); }
static json_t *p_number(struct reg *r)
{
	char no[32];

	asset_no((int64_t)(next(&r->seed) % (uint64_t)r->n), no);
	return json_pack("{s:s, s:i}", "q", no, "limit", 20);
}
static json_t *p_show(struct reg *r)
{
	char no[32];

	asset_no((int64_t)(next(&r->seed) % (uint64_t)r->n), no);
	return json_pack("{s:s}", "asset", no);
}
static json_t *p_history(struct reg *r)
{
	char no[32];

	asset_no((int64_t)(next(&r->seed) % (uint64_t)r->n), no);
	return json_pack("{s:s}", "object", no);
}

static const struct ask {
	const char *what;
	iss_handler run;
	json_t *(*params)(struct reg *r);
	int64_t rows; /* that the answer has at least, -1: no list */
} asks[] = {
	{"list: first page of 100", cmd_asset_list, p_first, 100}, {"list: a page anywhere", cmd_asset_list, p_deep, 1},
	{"list: holder and state", cmd_asset_list, p_holder, 100}, {"list: finance department and state", cmd_asset_list, p_finance, 100},
	{"list: division", cmd_asset_list, p_division, 100}, {"list: class and industry", cmd_asset_list, p_class, 100},
	{"list: entered in seven months", cmd_asset_list, p_created, 100}, {"list: ends in a year", cmd_asset_list, p_ends, 100},
	{"search: rare word of two characters", cmd_find_search, p_rare, RARE}, {"search: word that all have", cmd_find_search, p_frequent, 20},
	{"search: two words", cmd_find_search, p_two, 1}, {"search: common characters, no such word", cmd_find_search, p_none, 0},
	{"search: a number", cmd_find_search, p_number, 1}, {"show an asset", cmd_asset_show, p_show, -1}, {"history of an asset", cmd_find_history, p_history, 1},
};

static enum fj_rc one(struct reg *r, const struct ask *a, struct fj_err *err)
{
	FJ_AUTO(json) params = a->params(r);
	struct iss_call c = {.actor = &officer, .db = r->db, .params = params, .now = START + 60000000, .acting = ISS_FINANCE, .command = "bench"};

	FJ_TRY(sto_begin(r->db, err));
	enum fj_rc rc = a->run(&c, err);
	sto_rollback(r->db);
	FJ_AUTO(buf) text = FJ_BUF_INIT(16u << 20);
	if (rc == FJ_OK)
		rc = fj_json_canonical(c.answer, &text, err);
	int64_t n = (int64_t)json_array_size(json_object_get(c.answer, "items"));
	json_decref(c.answer);
	FJ_TRY(rc);
	return n >= a->rows ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "bench", NULL, "%s: %lld rows of %lld assets", a->what, (long long)n, (long long)r->n);
}

/* seconds for so many */
static enum fj_rc many(struct reg *r, const struct ask *a, int64_t n, double *took, struct fj_err *err)
{
	double t = seconds();

	for (int64_t i = 0; i < n; i++)
		FJ_TRY(one(r, a, err));
	*took += seconds() - t;
	return FJ_OK;
}

#define ROUNDS 5
static enum fj_rc measure(struct reg r[2], const struct ask *a, double *ratio, struct fj_err *err)
{
	double took[2] = {0, 0}, first = 0;
	int64_t n = 1;

	for (; first < 0.05 && n < 20000; n *= 2) {
		first = 0;
		FJ_TRY(many(&r[0], a, n, &first, err));
	}
	double other = 0;
	FJ_TRY(many(&r[1], a, 1 + n / 4, &other, err));
	for (int k = 0; k < ROUNDS; k++)
		for (int i = 0; i < 2; i++)
			FJ_TRY(many(&r[i], a, n, &took[i], err));
	*ratio = took[0] / took[1];
	printf("%-42s %9.0f/s at %lld  %9.0f/s at %lld  ratio %.2f (aim 0.80)\n", a->what, (double)(n * ROUNDS) / took[0], (long long)r[0].n,
	    (double)(n * ROUNDS) / took[1], (long long)r[1].n, *ratio);
	fflush(stdout);
	return FJ_OK;
}

/* both files into the machine's page cache: what is compared is work, not the disk */
static enum fj_rc warm(const struct reg *r, struct fj_err *err)
{
	static char block[1 << 20];
	FJ_AUTO(fd) fd = open(r->name, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && read(fd, block, sizeof(block)) > 0)
		continue;
	return fd >= 0 ? FJ_OK : fj_fail_errno(err, "bench", "read %s", r->name);
}

static enum fj_rc run(struct reg r[2], bool *good, struct fj_err *err)
{
	double ratio;

	for (int i = 0; i < 2; i++)
		FJ_TRY(build(&r[i], err));
	for (int i = 0; i < 2; i++)
		FJ_TRY(warm(&r[i], err));
	*good = true;
	for (size_t k = 0; k < FJ_ARRAY_LEN(asks); k++) {
		FJ_TRY(measure(r, &asks[k], &ratio, err));
		*good = *good && ratio >= 0.8;
	}
	return FJ_OK;
}

int main(int argc, char **argv)
{
	struct reg r[2] = {{.name = "small.db", .n = argc > 2 ? strtoll(argv[2], NULL, 10) : 10000, .seed = 1},
		{.name = "large.db", .n = argc > 3 ? strtoll(argv[3], NULL, 10) : 1000000, .seed = 1}};
	struct fj_err err = {0};
	bool good = false;

	fj_sodium_init();
	into = argc == 4 && strcmp(argv[1], "--into") == 0;
	if (into && chdir(argv[2]) == 0) {
		r[0] = (struct reg){.name = "register.db", .n = strtoll(argv[3], NULL, 10), .seed = 1};
		if (build(&r[0], &err) == FJ_OK)
			return 0;
		fprintf(stderr, "%s\n", err.en);
		return 3;
	}
	if (argc < 2 || chdir(argv[1]) != 0) {
		fprintf(stderr, "usage: scale FOLDER [SMALL [LARGE]] | --into HOME N\n");
		return 2;
	}
	enum fj_rc rc = run(r, &good, &err);
	if (rc != FJ_OK)
		fprintf(stderr, "%s [%s]\n", err.en, err.cite);
	for (int i = 0; i < 2; i++)
		sto_close(r[i].db);
	return rc != FJ_OK ? 3 : good ? 0 : 1;
}
