/*
 * password.c - which passwords are taken, and how they are kept.
 *
 * A password is judged by how somebody would find it who tries the likeliest first:
 * it is cut into the fewest parts that such a search knows (words that everybody
 * takes, rows of keys, runs, repetitions, dates, telephone and identity numbers,
 * what is known of the user), each other character being a part of its own.  No
 * list of others' passwords is in the source; the words are our own choice.  An
 * operator who has such a list names its file, which is searched without network.
 * No rule asks for capitals or signs, and none ends a password by its age (NIST SP
 * 800-63B 5.1.1.2).
 */
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "issuer/account.h"
#include "issuer/iss.h"

#define MAX_POINTS (PWD_MAX + 1)

/* what everybody takes: in general, for systems like this one, and in Chinese, written as people type it */
static const char *const words[] = {
	"password", "passwort", "passwd", "pass", "word", "admin", "administrator", "root", "user", "guest", "login", "logon", "welcome", "letmein", "hello", "test",
	"temp", "demo", "default", "changeme", "change", "secret", "private", "master", "manager", "super", "system", "server", "service", "office", "computer",
	"internet", "network", "windows", "linux", "oracle", "database", "data", "public", "love", "iloveyou", "baby", "angel", "dragon", "monkey", "sunshine",
	"princess", "football", "basketball", "superman", "batman", "shadow", "michael", "freedom", "money", "happy", "summer", "winter", "spring", "autumn", "qwerty",
	"january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december", "monday", "friday", "sunday", "china",
	"fujie", "finance", "asset", "certificate", "token", "officer",
	"woaini", "woainima", "woaiwojia", "aini", "wo", "ni", "nihao", "nimen", "women", "woshi", "zhuzhu", "baobao", "baobei", "laopo", "laogong", "mama", "baba", "gege",
	"meimei", "didi", "jiejie", "tiantian", "xiaoxiao", "xingfu", "kuaile", "pingan", "facai", "gongxi", "wangyi", "taobao", "alibaba", "weixin", "baidu",
	"mima", "guanli", "guanliyuan", "yonghu", "ceshi", "xitong", "denglu", "caizheng", "caizhengbu", "caizhengju", "caizhengting", "zichan", "shuju", "shujuju",
	"zhengshu", "zhengfu", "dengji", "danwei", "gongsi", "bangong", "zhongguo", "zhonghua", "renmin", "beijing", "shanghai", "tianjin", "chongqing", "guangdong",
	"guangzhou", "shenzhen", "hubei", "wuhan", "hunan", "changsha", "guizhou", "guiyang", "sichuan", "chengdu", "zhejiang", "hangzhou", "jiangsu", "nanjing", "shandong",
	"jinan", "qingdao", "henan", "zhengzhou", "hebei", "liaoning", "shenyang", "dalian", "jilin", "heilongjiang", "haerbin", "anhui", "hefei", "fujian", "fuzhou",
	"xiamen", "jiangxi", "nanchang", "guangxi", "nanning", "yunnan", "kunming", "shanxi", "shaanxi", "xian", "gansu", "lanzhou", "hainan", "haikou", "xinjiang",
	"xizang", "neimenggu", "ningxia", "qinghai", "wang", "zhang", "liu", "chen", "yang", "huang", "zhao", "zhou", "wu", "xu", "sun", "zhu", "gao", "lin", "guo", "luo",
	"zheng", "liang", "xie", "song", "tang", "deng", "feng", "cao", "peng", "zeng", "xiao", "tian", "dong", "pan", "yuan", "jiang", "cai", "wei", "xiaoming",
	"5201314", "1314520", "520", "521", "1314", "5211314", "7758521", "7758258", "1573", "168", "518", "666", "888", "668", "688", "999", "110", "120", "123", "987", "007",
	"a1b2c3d4", "abc123", "qq", "zz", "aa123456",
};

struct text {
	uint32_t c[MAX_POINTS];
	size_t n;
};

static uint32_t next_point(const uint8_t **p)
{
	uint32_t c = *(*p)++;
	int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	c = more == 3 ? c & 7 : more == 2 ? c & 15 : more == 1 ? c & 31 : c;
	while (more-- > 0 && (**p & 0xc0) == 0x80)
		c = c << 6 | (*(*p)++ & 0x3fu);
	return c;
}

/* small letters, full-width forms as plain ones; with `leet` what is written for a letter as that letter */
static void read_text(const char *s, bool leet, struct text *out)
{
	static const char from[] = "@4301!$57|", to[] = "aaeoiisstl";
	const uint8_t *p = (const uint8_t *)s;

	for (out->n = 0; *p != '\0' && out->n < MAX_POINTS;) {
		uint32_t c = next_point(&p);
		if (c >= 0xff01 && c <= 0xff5e)
			c -= 0xfee0;
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		const char *at = leet && c < 128 ? strchr(from, (int)c) : NULL;
		out->c[out->n++] = at != NULL ? (uint32_t)(uint8_t)to[at - from] : c;
	}
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* how long is the longest run from i whose neighbours stand to each other as `fits` says; at least 1 */
static size_t run_of(const struct text *t, size_t i, bool (*fits)(uint32_t, uint32_t))
{
	size_t n = 1;

	while (i + n < t->n && fits(t->c[i + n - 1], t->c[i + n]))
		n++;
	return n;
}

static bool same(uint32_t a, uint32_t b)
{
	return a == b;
}

static bool plain(uint32_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z');
}

static bool rising(uint32_t a, uint32_t b)
{
	return plain(a) && plain(b) && b == a + 1;
}

static bool falling(uint32_t a, uint32_t b)
{
	return rising(b, a);
}

/* place of a key on the board: row * 16 + column; -1: not on it */
static int key_at(uint32_t c)
{
	static const char *const rows[] = {"`1234567890-=", " qwertyuiop[]\\", " asdfghjkl;'", " zxcvbnm,./"}, *const shifted = "~!@#$%^&*()_+";

	for (int r = 0; r < 4 && c < 128 && c > ' '; r++) {
		const char *at = strchr(rows[r], (int)c);
		if (at != NULL)
			return r * 16 + (int)(at - rows[r]);
	}
	const char *at = c < 128 && c > ' ' ? strchr(shifted, (int)c) : NULL;
	return at == NULL ? -1 : (int)(at - shifted);
}

static bool beside(uint32_t a, uint32_t b)
{
	int x = key_at(a), y = key_at(b);

	if (x < 0 || y < 0 || x == y)
		return false;
	int row = y / 16 - x / 16, col = y % 16 - x % 16;
	return row >= -1 && row <= 1 && col >= -1 && col <= 1;
}

/* 1qaz2wsx3edc: columns of the board one after the other */
static size_t columns_of(const struct text *t, size_t i)
{
	size_t n = 0;

	while (i + n + 4 <= t->n) {
		int k = key_at(t->c[i + n]);
		if (k < 0 || k >= 16)
			return n;
		for (int r = 1; r < 4; r++)
			if (key_at(t->c[i + n + (size_t)r]) != k + 16 * r)
				return n;
		n += 4;
	}
	return n;
}

static int number(const struct text *t, size_t i, size_t n)
{
	int v = 0;

	for (size_t k = 0; k < n; k++)
		v = v * 10 + (int)(t->c[i + k] - '0');
	return v;
}

static bool is_year(int y)
{
	return y >= 1900 && y <= 2099;
}

static bool is_day(int m, int d)
{
	return m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

static bool is_sign(uint32_t c)
{
	return c == '-' || c == '/' || c == '.' || c == '_' || c == ' ';
}

/* 2026-03-16: its ten characters, or 0 */
static size_t written_date_of(const struct text *t, size_t i)
{
	for (size_t k = 0; k < 10; k++)
		if (i + k >= t->n || (k == 4 || k == 7 ? !is_sign(t->c[i + k]) : !is_digit(t->c[i + k])))
			return 0;
	return is_year(number(t, i, 4)) && is_day(number(t, i + 5, 2), number(t, i + 8, 2)) ? 10 : 0;
}

/* dates without signs between, years, telephone and identity numbers: how many digits from i */
static size_t number_of(const struct text *t, size_t i)
{
	size_t n = 0;

	while (i + n < t->n && is_digit(t->c[i + n]))
		n++;
	if (n >= 17 && is_year(number(t, i + 6, 4)) && is_day(number(t, i + 10, 2), number(t, i + 12, 2)))
		return n >= 18 || (i + 17 < t->n && t->c[i + 17] == 'x') ? 18 : 17;
	if (n >= 11 && t->c[i] == '1' && t->c[i + 1] >= '3')
		return 11;
	if (n >= 8 && ((is_year(number(t, i, 4)) && is_day(number(t, i + 4, 2), number(t, i + 6, 2))) ||
	    (is_year(number(t, i + 4, 4)) && (is_day(number(t, i, 2), number(t, i + 2, 2)) || is_day(number(t, i + 2, 2), number(t, i, 2))))))
		return 8;
	if (n >= 6 && (is_day(number(t, i + 2, 2), number(t, i + 4, 2)) || (is_year(number(t, i, 4)) && is_day(number(t, i + 4, 2), 1))))
		return 6;
	return n >= 4 && (is_year(number(t, i, 4)) || is_day(number(t, i, 2), number(t, i + 2, 2))) ? 4 : 0;
}

/* the longest piece from i that stands in `known`; three characters at least, two where they are Chinese */
static size_t piece_of(const struct text *t, size_t i, const struct text *known)
{
	size_t best = 0;

	for (size_t k = 0; k < known->n; k++) {
		size_t n = 0;
		while (i + n < t->n && k + n < known->n && t->c[i + n] == known->c[k + n])
			n++;
		best = n > best ? n : best;
	}
	return best >= 3 || (best == 2 && t->c[i] > 0x2e80) ? best : 0;
}

static size_t word_of(const struct text *t, size_t i)
{
	size_t best = 0;

	for (size_t w = 0; w < FJ_ARRAY_LEN(words); w++) {
		size_t n = 0;
		while (words[w][n] != '\0' && i + n < t->n && t->c[i + n] == (uint32_t)(uint8_t)words[w][n])
			n++;
		if (words[w][n] == '\0' && n > best)
			best = n;
	}
	return best;
}

struct search {
	struct text t, known[4];
	size_t n_known;
	int parts[MAX_POINTS + 1];
};

static void reach(struct search *s, size_t i, size_t n, int parts)
{
	if (n > 0 && s->parts[i] + parts < s->parts[i + n])
		s->parts[i + n] = s->parts[i] + parts;
}

/* a longest run can be cut: each of its lengths from `least` on is a part */
static void reach_all(struct search *s, size_t i, size_t least, size_t n)
{
	for (; n >= least && n > 0; n--)
		reach(s, i, n, 1);
}

/* "xk9xk9xk9": the block, and that it comes again */
static void reach_repeated(struct search *s, size_t i)
{
	for (size_t p = 2; i + 2 * p <= s->t.n; p++) {
		size_t n = p;
		while (i + n < s->t.n && s->t.c[i + n] == s->t.c[i + n - p])
			n++;
		if (n >= 2 * p) {
			reach(s, i, n, (int)p + 1);
			reach(s, i + p, n - p, 1);
		}
	}
}

static int fewest(struct search *s)
{
	for (size_t k = 0; k <= s->t.n; k++)
		s->parts[k] = (int)k;
	for (size_t i = 0; i < s->t.n; i++) {
		reach(s, i, 1, 1);
		reach_all(s, i, 3, run_of(&s->t, i, same));
		reach_all(s, i, 3, run_of(&s->t, i, rising));
		reach_all(s, i, 3, run_of(&s->t, i, falling));
		reach_all(s, i, 4, run_of(&s->t, i, beside));
		reach(s, i, columns_of(&s->t, i), 1);
		reach(s, i, number_of(&s->t, i), 1);
		reach(s, i, written_date_of(&s->t, i), 1);
		reach(s, i, word_of(&s->t, i), 1);
		for (size_t k = 0; k < s->n_known; k++)
			reach_all(s, i, 2, piece_of(&s->t, i, &s->known[k]));
		reach_repeated(s, i);
	}
	return s->parts[s->t.n];
}

int pwd_parts(const char *password, const struct pwd_about *about)
{
	const char *const known[] = {about->login, about->name, about->org, about->org_name};
	struct search s;
	int least = MAX_POINTS;

	for (int leet = 0; leet < 2; leet++) {
		memset(&s, 0, sizeof(s));
		read_text(password, leet == 1, &s.t);
		for (size_t k = 0; k < FJ_ARRAY_LEN(known); k++)
			if (known[k] != NULL && known[k][0] != '\0')
				read_text(known[k], leet == 1, &s.known[s.n_known++]);
		int parts = fewest(&s);
		least = parts < least ? parts : least;
	}
	fj_wipe(&s, sizeof(s));
	return least;
}

enum fj_rc pwd_check(struct iss *i, const char *password, const struct pwd_about *about, struct fj_err *err)
{
	size_t n = fj_utf8_count(password);

	if (n < PWD_MIN || n > PWD_MAX)
		return fj_refuse(err, FJ_E_INVALID, "issuer", "NIST SP 800-63B 5.1.1", "a password has 12 to 128 characters; several words that don't belong together are easy to keep in mind",
		    "密码应为 12 至 128 个字符；可使用若干互不相关的词语，便于记忆");
	if (pwd_parts(password, about) < PWD_PARTS) {
		return fj_refuse(err, FJ_E_INVALID, "issuer", "NIST SP 800-63B 5.1.1",
		    "this password is among the first that somebody would try: it is made of common words, rows of keys, dates, repetitions or your own names; take several words that don't belong together",
		    "该密码容易被猜中：由常用词语、键盘顺序、日期、重复字符或本人及单位名称组成；请改用若干互不相关的词语");
	}
	if (i == NULL || !pwd_leaked(&i->leaks, password))
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "issuer", "NIST SP 800-63B 5.1.1", "this password stands in a list of leaked passwords; take another one", "该密码见于已泄露密码清单，请另设密码");
}

enum fj_rc pwd_hash(const char *password, char out[crypto_pwhash_STRBYTES], struct fj_err *err)
{
	return crypto_pwhash_str(out, password, strlen(password), PWD_OPS, PWD_MEMORY) == 0 ? FJ_OK
	    : fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "not enough memory to hash a password");
}

/* --- the operator's file --- */

#define LINE 160 /* octets of a line at most */
#define LEAST 16 /* digits: 64 bits of a hash */

static size_t hex_digits(const char *s, size_t n)
{
	size_t k = 0;

	while (k < n && k < 40 && strchr("0123456789abcdefABCDEF", s[k]) != NULL && s[k] != '\0')
		k++;
	return k;
}

enum fj_rc pwd_leaks_open(const char *path, struct pwd_leaks *out, struct fj_err *err)
{
	char line[LINE + 1];
	struct stat st;

	out->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (out->fd < 0 || fstat(out->fd, &st) != 0) {
		enum fj_rc rc = fj_fail_errno(err, "issuer", "open the file of leaked passwords, %s", path);
		fj_fd_close(&out->fd);
		return rc;
	}
	out->size = st.st_size;
	ssize_t n = pread(out->fd, line, LINE, 0);
	out->digits = n > 0 ? hex_digits(line, (size_t)n) : 0;
	size_t end = n > 0 ? (size_t)n : 0;
	line[end] = '\0';
	if (S_ISREG(st.st_mode) && out->digits >= LEAST && strchr(":\r\n", line[out->digits]) != NULL && (strchr(line, '\n') != NULL || out->size <= LINE))
		return FJ_OK;
	fj_fd_close(&out->fd);
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "%s is no file of leaked passwords: sorted lines that begin with 16 to 40 hex digits of SHA-1, as many in each", path);
	fj_err_zh(err, "%s 不是泄露密码清单：应为按序排列的各行，每行以 16 至 40 位十六进制 SHA-1 开头，位数一致", path);
	return rc;
}

/* The line that `at` lies in: its beginning, its end behind the line feed, and how its digits stand to ours.  false: it is
 * no line of this file. */
static bool line_at(const struct pwd_leaks *l, int64_t at, const char *hex, int64_t *from, int64_t *to, int *order)
{
	char buf[2 * LINE];
	int64_t base = at > LINE ? at - LINE : 0;
	ssize_t n = pread(l->fd, buf, sizeof(buf), base);
	int64_t i = at - base, k = i;

	if (n <= i)
		return false;
	while (i > 0 && buf[i - 1] != '\n')
		i--;
	while (k < n && buf[k] != '\n')
		k++;
	bool whole = (i > 0 || base == 0) && (k < n || base + n == l->size) && hex_digits(buf + i, (size_t)(k - i)) == l->digits;
	*from = base + i;
	*to = base + (k < n ? k + 1 : k);
	*order = whole ? strncasecmp(buf + i, hex, l->digits) : 0;
	return whole;
}

static bool search(const struct pwd_leaks *l, const char *hex)
{
	int64_t low = 0, high = l->size, from, to;
	int order;

	while (low < high) {
		if (!line_at(l, low + (high - low) / 2, hex, &from, &to, &order)) {
			fj_log(FJ_LOG_ERROR, "the file of leaked passwords is not as it should be near octet %lld; it is passed over", (long long)low);
			return false;
		}
		if (order == 0)
			return true;
		if (order < 0)
			low = to;
		else
			high = from;
	}
	return false;
}

bool pwd_leaked(const struct pwd_leaks *l, const char *password)
{
	uint8_t sha1[20];
	char hex[41];
	unsigned n = 0;

	if (l->fd < 0 || EVP_Digest(password, strlen(password), sha1, &n, EVP_sha1(), NULL) != 1)
		return false;
	fj_hex(sha1, sizeof(sha1), hex);
	return search(l, hex);
}
