/*
 * test_iss_account.c - the pure parts of accounts: passwords, waiting, scopes, codes,
 * the file of leaked passwords, and tries to sign in that come to nothing; what
 * succeeds is tested on a whole appliance.
 */
#include <pthread.h>
#include <unistd.h>

#include "issuer/domain.h"
#include "issuer/iss.h"
#include "tests/unit/test.h"

static const struct pwd_about nobody = {NULL, NULL, NULL, NULL};
static const struct pwd_about officer = {"hb-fin1", "王明远", "11420000DEMA00013M", "湖北省财政厅（示例）"};

TEST("passwords that everybody tries first are few parts")
{
	static const char *const weak[] = {"password1234", "Password123!", "P@ssw0rd2026", "passwordpassword", "qwertyuiop123", "1qaz2wsx3edc", "1qaz@WSX3edc", "asdfghjkl;'123",
		"aaaaaaaaaaaa", "abcdefghijkl", "987654321098", "abcabcabcabc", "xk9xk9xk9xk9", "woaini5201314", "WoAiNi1314520", "woaini19900316", "19900316199003", "2026-03-16-01",
		"zhang19880808", "Zhangwei123456", "caizheng@2026", "Caizhengju123!", "admin@123456", "fujie2026admin", "iloveyou12345", "13800138000139", "420106199003161234",
		"qwer1234asdf", "!@#$%^&*()_+", "ｐａｓｓｗｏｒｄ１２３４", "beijing2008aoyun", "zaq12wsxcde3", "a1b2c3d4a1b2", "shujuzichan123"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(weak); i++) {
		int n = pwd_parts(weak[i], &nobody);
		if (n >= PWD_PARTS)
			printf("# %s: %d parts\n", weak[i], n);
		CHECK(n < PWD_PARTS);
	}
}

TEST("what others know of the user is one part each")
{
	static const char *const weak[] = {"hb-fin1hb-fin1", "hb-fin1-123456", "HB-FIN1@hb-fin1", "11420000DEMA00013M", "11420000dema!1", "王明远湖北省财政厅示例", "hb-fin1王明远2026"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(weak); i++) {
		int n = pwd_parts(weak[i], &officer);
		if (n >= PWD_PARTS)
			printf("# %s: %d parts\n", weak[i], n);
		CHECK(n < PWD_PARTS);
	}
	CHECK(pwd_parts("hb-fin1hb-fin2", &nobody) > pwd_parts("hb-fin1hb-fin2", &officer));
}

TEST("passwords that nobody tries first are taken")
{
	static const char *const strong[] = {"a long enough password", "an invented password", "correct horse battery staple", "kD7vq2mXw9TzLp", "h3f9k2m7q4x0", "春江潮水连海平海上明月共潮生",
		"tulip reads four maps", "Nebel-Tasse-Uhu-17", "vq2mXw9TzLpd"};
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(strong); i++) {
		int n = pwd_parts(strong[i], &officer);
		if (n < PWD_PARTS)
			printf("# %s: %d parts\n", strong[i], n);
		CHECK(n >= PWD_PARTS);
		CHECK_OK(pwd_check(NULL, strong[i], &officer, &err));
	}
}

TEST("a password is 12 to 128 characters, of any script")
{
	struct fj_err err = {0};
	char text[140];
	CHECK_RC(pwd_check(NULL, "h3f9k2m7q4x", &nobody, &err), FJ_E_INVALID);
	CHECK_OK(pwd_check(NULL, "h3f9k2m7q4x0", &nobody, &err));
	CHECK_RC(pwd_check(NULL, "春江潮水连海平海上明月", &nobody, &err), FJ_E_INVALID);
	CHECK_OK(pwd_check(NULL, "春江潮水连海平海上明月共", &nobody, &err));
	for (size_t i = 0; i < 129; i++)
		text[i] = (char)('a' + (i * i * 7 + i * 11) % 26);
	text[129] = '\0';
	CHECK_RC(pwd_check(NULL, text, &nobody, &err), FJ_E_INVALID);
	text[128] = '\0';
	CHECK(fj_utf8_count(text) == 128 && pwd_parts(text, &nobody) > 1);
	CHECK(err.zh[0] != '\0');
}

/* a file of n lines, each of `digits` digits of a SHA-1, among them that of "correct horse battery staple" */
static bool write_leaks(const char *path, size_t digits, const char *behind)
{
	static const char known[] = "abf7aad6438836dbe526aa231abde2d0eef74d42";
	FILE *f = fopen(path, "w");
	char line[64];

	for (unsigned i = 0; f != NULL && i < 4000; i++) {
		snprintf(line, sizeof(line), "%06x%034x", i * 4096, i);
		if (i > 0 && strncmp(known, line, 40) < 0) {
			snprintf(line, sizeof(line), "%06x%034x", (i - 1) * 4096, i - 1);
			if (strncmp(known, line, 40) > 0)
				fprintf(f, "%.*s%s\n", (int)digits, known, behind);
			snprintf(line, sizeof(line), "%06x%034x", i * 4096, i);
		}
		fprintf(f, "%.*s%s\n", (int)digits, line, behind);
	}
	return f != NULL && fclose(f) == 0;
}

TEST("a leaked password is found in the operator's file by any of its forms, and no other is")
{
	static const struct {
		size_t digits;
		const char *behind;
	} forms[] = {{40, ":17"}, {40, ""}, {40, ":1\r"}, {16, ""}, {20, ":99999"}};
	char path[] = "/tmp/fujie-leaks-XXXXXX";
	struct fj_err err = {0};
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	close(fd);
	for (size_t i = 0; i < FJ_ARRAY_LEN(forms); i++) {
		struct pwd_leaks l;
		CHECK(write_leaks(path, forms[i].digits, forms[i].behind));
		CHECK_OK(pwd_leaks_open(path, &l, &err));
		CHECK(l.digits == forms[i].digits);
		CHECK(pwd_leaked(&l, "correct horse battery staple"));
		CHECK(!pwd_leaked(&l, "correct horse battery stable"));
		CHECK(!pwd_leaked(&l, ""));
		fj_fd_close(&l.fd);
	}
	unlink(path);
}

TEST("a file that is no list of hashes is refused, one that is damaged within knows nothing and does not hang")
{
	char path[] = "/tmp/fujie-leaks-XXXXXX";
	struct fj_err err = {0};
	struct pwd_leaks l;
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	close(fd);
	CHECK_RC(pwd_leaks_open("/nonexistent/leaks", &l, &err), FJ_E_NOTFOUND);
	CHECK_RC(pwd_leaks_open(path, &l, &err), FJ_E_INVALID);
	FILE *f = fopen(path, "w");
	CHECK(f != NULL);
	fputs("password\n123456\n", f);
	CHECK(fclose(f) == 0);
	CHECK_RC(pwd_leaks_open(path, &l, &err), FJ_E_INVALID);
	CHECK(err.zh[0] != '\0');
	CHECK((f = fopen(path, "w")) != NULL);
	fprintf(f, "%040x\n", 0);
	for (int i = 0; i < 10000; i++)
		fputs("no hash at all in this line, which is somewhat longer than the others ", f);
	CHECK(fclose(f) == 0);
	CHECK_OK(pwd_leaks_open(path, &l, &err));
	CHECK(!pwd_leaked(&l, "correct horse battery staple"));
	fj_fd_close(&l.fd);
	unlink(path);
	CHECK(!pwd_leaked(&(struct pwd_leaks){.fd = -1}, "x"));
}

TEST("five failures are free; then each waits twice as long, up to a minute, and a clock set back makes nobody wait")
{
	static const int64_t pause[] = {0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60};
	for (int64_t n = 0; n < 13; n++) {
		CHECK(thr_wait(n, 1000, 1000) == pause[n]);
		CHECK(thr_wait(n, 1000, 1000 + pause[n]) == 0);
	}
	CHECK(thr_wait(1000000, 1000, 1001) == 59);
	CHECK(thr_wait(10, 1000, 500) == 0);
}

TEST("an address has thirty tries, then one a minute; its neighbours have theirs; this machine is not slowed")
{
	for (int i = 0; i < 30; i++)
		CHECK(thr_address("203.0.113.7", 5000) == 0);
	CHECK(thr_address("203.0.113.7", 5000) > 0 && thr_address("203.0.113.7", 5000) <= 60);
	CHECK(thr_address("203.0.113.8", 5000) == 0);
	CHECK(thr_address("203.0.113.7", 5060) == 0);
	CHECK(thr_address("203.0.113.7", 5060) > 0);
	thr_forgive("203.0.113.7");
	CHECK(thr_address("203.0.113.7", 5060) == 0);
	for (int i = 0; i < 30; i++)
		CHECK(thr_address(i % 2 == 0 ? "2001:db8::1" : "2001:db8::ffff:2", 5000) == 0);
	CHECK(thr_address("2001:db8::3", 5000) > 0); /* the same network of 64 bits */
	CHECK(thr_address("2001:db8:0:1::3", 5000) == 0);
	CHECK(thr_address("::ffff:203.0.113.7", 5060) > 0); /* the same as the IPv4 one */
	for (int i = 0; i < 100; i++)
		CHECK(thr_address("127.0.0.1", 5000) == 0 && thr_address("::1", 5000) == 0 && thr_address("", 5000) == 0 && thr_address("::ffff:127.0.0.9", 5000) == 0 && thr_address("127.3.4.5", 5000) == 0);
	for (int i = 0; i < 30; i++)
		CHECK(thr_address_wait("no address", 5000) == 0 && thr_address(i % 2 == 0 ? "no address" : "203.0.113.400", 5000) == 0);
	CHECK(thr_address_wait("unknown", 5000) > 0 && thr_address("unknown", 5000) > 0); /* what is no address is one together */
	thr_forgive("fe80::1%eth0");
	CHECK(thr_address("unknown", 5000) == 0 && thr_address("unknown", 5000) > 0);
}

TEST("a login that does not exist waits as one that does, and whatever else is tried meanwhile does not end its wait")
{
	static const int64_t pause[] = {0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60};
	int64_t now = 9000;
	char login[24];

	for (size_t n = 0; n < FJ_ARRAY_LEN(pause); n++) {
		CHECK(thr_unknown_wait("nobody", now) == pause[n]);
		if (pause[n] > 0)
			CHECK(thr_unknown("nobody", now) == pause[n]);
		now += pause[n];
		CHECK(thr_unknown_wait("nobody", now) == 0 && thr_unknown("nobody", now) == 0);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(login, sizeof(login), "login-%d", i);
		CHECK(thr_unknown(login, now) == 0 && thr_unknown("nobody", now) == 60);
	}
	for (int i = 0; i < 120000; i++) { /* as many who have to wait as there is room for, and more */
		snprintf(login, sizeof(login), "other-%d", i / 6);
		(void)thr_unknown(login, now);
	}
	CHECK(thr_unknown_wait("nobody", now + 59) == 1 && thr_unknown("nobody", now + 59) == 1 && thr_unknown("nobody", now + 60) == 0);
}

static void *leave_soon(void *unused)
{
	(void)unused;
	usleep(100000);
	thr_leave(false, "203.0.113.1");
	return NULL;
}

static _Atomic int served, sent_away;

static void *wait_long(void *unused)
{
	(void)unused;
	if (!thr_enter(false, "203.0.113.9", 60000)) {
		sent_away++;
		return NULL;
	}
	served++;
	thr_leave(false, "203.0.113.9");
	return NULL;
}

TEST("a stranger who finds no place gets the next, where not too many wait already")
{
	pthread_t leaver, waiter[9];

	CHECK(thr_enter(false, "203.0.113.1", 0) && thr_enter(false, "203.0.113.2", 0));
	CHECK(!thr_enter(false, "203.0.113.3", 20));
	CHECK(pthread_create(&leaver, NULL, leave_soon, NULL) == 0);
	CHECK(thr_enter(false, "203.0.113.3", 60000));
	CHECK(pthread_join(leaver, NULL) == 0);
	for (int i = 0; i < 9; i++)
		CHECK(pthread_create(&waiter[i], NULL, wait_long, NULL) == 0);
	while (sent_away == 0) /* the ninth, at once */
		usleep(1000);
	CHECK(thr_enter(true, "203.0.113.4", 0));
	thr_leave(true, "203.0.113.4");
	thr_leave(false, "203.0.113.3");
	for (int i = 0; i < 9; i++)
		CHECK(pthread_join(waiter[i], NULL) == 0);
	CHECK(served == 8 && sent_away == 1);
	thr_leave(false, "203.0.113.2");
}

TEST("strangers have two places for hashing, one an address; who is known has places of his own")
{
	CHECK(thr_enter(false, "203.0.113.1", 0));
	CHECK(!thr_enter(false, "203.0.113.1", 0));
	CHECK(thr_enter(false, "203.0.113.2", 0));
	CHECK(!thr_enter(false, "203.0.113.3", 0));
	CHECK(thr_enter(true, "203.0.113.3", 0));
	CHECK(thr_enter(true, "", 0));
	CHECK(!thr_enter(true, "", 20));
	thr_leave(true, "");
	CHECK(thr_enter(true, "", 20));
	thr_leave(true, "");
	thr_leave(true, "203.0.113.3");
	thr_leave(false, "203.0.113.1");
	CHECK(thr_enter(false, "203.0.113.3", 0));
	thr_leave(false, "203.0.113.3");
	thr_leave(false, "203.0.113.2");
	CHECK(thr_enter(false, "127.0.0.1", 0) && thr_enter(false, "127.0.0.1", 0) && !thr_enter(false, "127.0.0.1", 0));
	thr_leave(false, "127.0.0.1");
	thr_leave(false, "127.0.0.1");
}

static enum fj_rc scope(const char *a, const char *b, char out[ISS_SCOPE_CAP], struct fj_err *err)
{
	FJ_AUTO(json) list = json_pack("[s]", a);

	if (b != NULL)
		json_array_append_new(list, json_string(b));
	return apt_scope_parse(list, out, err);
}

static bool allows(const char *text, const char *command)
{
	return apt_scope_allows(text, iss_command_find(command));
}

TEST("a scope names nouns or commands that there are")
{
	static const char *const bad[] = {"", "*", "asset", "asset:", "asset:reads", "asset:read:", ":read", "moon:read", "asset.moon", "*:all", "account.password", "apitoken.add", "session.end", "ass:read", "**:read"};
	char out[ISS_SCOPE_CAP];
	struct fj_err err = {0};
	for (size_t i = 0; i < FJ_ARRAY_LEN(bad); i++)
		CHECK_RC(scope(bad[i], NULL, out, &err), FJ_E_INVALID);
	CHECK_OK(scope("asset:read", "certificate.suspend", out, &err));
	CHECK_STR(out, "asset:read certificate.suspend");
	FJ_AUTO(json) none = json_array();
	CHECK_RC(apt_scope_parse(none, out, &err), FJ_E_INVALID);
}

TEST("a token does what its scope names, and nothing beside it")
{
	CHECK(allows("asset:read", "asset.list") && allows("asset:read", "asset.show") && !allows("asset:read", "asset.freeze") && !allows("asset:read", "certificate.list"));
	CHECK(allows("asset:write", "asset.freeze") && !allows("asset:write", "asset.list"));
	CHECK(allows("*:read", "certificate.show") && !allows("*:read", "certificate.suspend"));
	CHECK(allows("*:write", "certificate.suspend") && !allows("*:write", "certificate.show"));
	CHECK(allows("certificate.suspend", "certificate.suspend") && !allows("certificate.suspend", "certificate.resume") && !allows("certificate.suspend", "certificate.show"));
	CHECK(allows("ledger:read certificate.suspend asset:read", "asset.list") && !allows("", "asset.list") && !allows("asset:readx", "asset.list"));
}

TEST("no general scope decides for a second officer or sees to an account")
{
	static const char *const general[] = {"*:read *:write", "approval:write approval:read profile:write", "*:write"};
	static const char *const deciding[] = {"approval.approve", "approval.reject", "profile.approve"};
	for (size_t i = 0; i < FJ_ARRAY_LEN(general); i++)
		for (size_t k = 0; k < FJ_ARRAY_LEN(deciding); k++)
			CHECK(!allows(general[i], deciding[k]) && allows(deciding[k], deciding[k]));
	static const char *const ways[] = {"user.bind", "user.unbind", "user.expire", "user.reset"};
	for (size_t k = 0; k < FJ_ARRAY_LEN(ways); k++)
		CHECK(!allows("*:write", ways[k]) && !allows("user:write", ways[k]) && !allows("*:read user:read user:write", ways[k]) && allows(ways[k], ways[k]) && allows("asset:read user.bind user.unbind user.expire user.reset", ways[k]));
	CHECK(allows("user:write", "user.move") && allows("user:write", "user.suspend"));
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);
	for (size_t i = 0; i < n; i++)
		if (all[i]->kind == ISS_OWN)
			CHECK(!apt_scope_allows("*:read *:write account:write session:write apitoken:write", all[i]) && !apt_scope_allows(all[i]->name, all[i]));
	CHECK(!allows("*:read", "signin.list") && !allows("*:read", "account.show") && !allows("*:read", "session.list") && !allows("*:read", "apitoken.list") && allows("signin:read", "signin.list"));
}

TEST("a one-time code is of the step before, this one or the next, and later than the last used")
{
	static const uint8_t secret[20] = {'1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0'};
	struct fj_slice s = FJ_SLICE(secret, sizeof(secret));
	int64_t now = acc_now() / 30;
	char code[8];

	snprintf(code, sizeof(code), "%06u", totp_at(s, now));
	int64_t step = acc_step(s, 0, code);
	CHECK(step >= now - 1 && step <= now + 1);
	CHECK(acc_step(s, step, code) == 0 && acc_step(FJ_SLICE(NULL, 0), 0, code) == 0);
	snprintf(code, sizeof(code), "%06u", totp_at(s, now - 3));
	CHECK(acc_step(s, 0, code) == 0 && acc_step(s, 0, "") == 0 && acc_step(s, 0, "12345") == 0);
	CHECK(totp_at(s, 59 / 30) == 287082); /* RFC 6238 appendix B */
}

TEST("a recovery code is read as people write it, and is its login's alone")
{
	struct fj_hash a, b;
	acc_recovery_hash("hb-fin1", "9f3k-2m7q-x0zt", &a);
	acc_recovery_hash("hb-fin1", " 9F3K 2m7qX0ZT", &b);
	CHECK(fj_hash_eq(&a, &b));
	acc_recovery_hash("hb-fin2", "9f3k-2m7q-x0zt", &b);
	CHECK(!fj_hash_eq(&a, &b));
	acc_recovery_hash("hb-fin1", "9f3k-2m7q-x0zv", &b);
	CHECK(!fj_hash_eq(&a, &b));
}

static struct sgn_note tried(const char *what, const char *door, const char *agent)
{
	return (struct sgn_note){.login = "ada", .what = what, .door = door, .address = "203.0.113.7", .agent = agent, .factor = "", .by = ""};
}

/* "n:what*times" of each, newest first */
static const char *notes(struct sto *db)
{
	static char text[400];
	FJ_AUTO(sto_q) q = {0};
	size_t n = 0;
	bool row;

	text[0] = '\0';
	if (sto_query(db, STO_SIGNIN_LIST, &q, NULL, "tii", "ada", INT64_MAX, (int64_t)100) != FJ_OK)
		return "?";
	while (sto_step(&q, &row, NULL) == FJ_OK && row)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%lld:%s*%lld", n > 0 ? " " : "", (long long)sto_int(&q, 0), sto_text(&q, 5), (long long)sto_int(&q, 3));
	return text;
}

TEST("a try that succeeded is noted where it was noted as a failure, whatever was noted meanwhile")
{
	struct sgn_note portal = tried("WRONG", "portal", "one"), other = tried("WRONG", "portal", "two"), api = tried("WRONG", "api", "x"), in = tried("IN", "portal", "one");
	struct iss i = {0};
	struct fj_err err = {0};
	struct sto *db;
	int64_t first, second, third;

	in.factor = "totp";
	CHECK_OK(sto_open(":memory:", true, &db, &err));
	CHECK_OK(sgn_add(&i, db, &portal, &first, &err));
	CHECK_OK(sgn_add(&i, db, &api, &second, &err));
	CHECK_OK(sgn_was(&i, db, first, &in, &err));
	CHECK_STR(notes(db), "2:WRONG*1 1:IN*1");
	/* two that are counted together, of which the first succeeds, and then the other */
	CHECK_OK(sgn_add(&i, db, &portal, &first, &err));
	CHECK_OK(sgn_add(&i, db, &other, &second, &err));
	CHECK(first == 3 && second == 3);
	CHECK_OK(sgn_add(&i, db, &api, &third, &err));
	CHECK_OK(sgn_was(&i, db, first, &in, &err));
	CHECK_STR(notes(db), "5:IN*1 4:WRONG*1 3:WRONG*1 2:WRONG*1 1:IN*1");
	in.agent = "two";
	CHECK_OK(sgn_was(&i, db, second, &in, &err));
	CHECK_STR(notes(db), "5:IN*1 4:WRONG*1 3:IN*1 2:WRONG*1 1:IN*1");
	/* one whose row is not there any more */
	CHECK_OK(sgn_was(&i, db, 99, &in, &err));
	CHECK_STR(notes(db), "6:IN*1 5:IN*1 4:WRONG*1 3:IN*1 2:WRONG*1 1:IN*1");
	sto_close(db);
}

/* a register of one user, in memory */
static enum fj_rc open_register(struct iss *i, struct fj_err *err)
{
	char hash[crypto_pwhash_STRBYTES];

	memset(i, 0, sizeof(*i));
	FJ_TRY(sto_open(":memory:", true, &i->db, err));
	i->reader[0] = i->db;
	i->conf.with_signer = true;
	i->leaks.fd = -1;
	iss_clock_trust(i);
	FJ_TRY(pwd_hash("tulip reads four maps", hash, err));
	return sto_run(i->db, STO_SECRET_SET, NULL, err, "ttbii", "ada", hash, FJ_SLICE((const uint8_t *)hash, 20), (int64_t)0, acc_now());
}

static int64_t failures_of(struct sto *db, const char *login)
{
	struct acc_secret s;

	return acc_secret_get(db, login, &s, NULL) == FJ_OK ? s.failures : -1;
}

static enum fj_rc wrong(struct iss *i, const char *login, struct fj_err *err)
{
	struct iss_entry e;

	return iss_authenticate(i, &(struct iss_try){.door = ISS_DOOR_PORTAL, .login = login, .password = "x", .code = "", .spki = "", .address = "198.51.100.3", .agent = "one", .device = ""}, &e, err);
}

TEST("who finds no place has not failed; who has to wait is told so without one")
{
	struct iss i;
	struct fj_err err = {0};
	int64_t n;

	CHECK_OK(open_register(&i, &err));
	CHECK(thr_enter(false, "198.51.100.1", 0) && thr_enter(false, "198.51.100.2", 0));
	CHECK_RC(wrong(&i, "ada", &err), FJ_E_BUSY);
	CHECK_RC(wrong(&i, "nobody-here", &err), FJ_E_BUSY);
	CHECK(failures_of(i.db, "ada") == 0);
	CHECK_STR(notes(i.db), "");
	thr_leave(false, "198.51.100.1");
	CHECK_RC(wrong(&i, "ada", &err), FJ_E_AUTH);
	CHECK(failures_of(i.db, "ada") == 1);
	CHECK_STR(notes(i.db), "1:WRONG*1");
	for (int k = 0; k < 10; k++)
		CHECK_OK(sto_run(i.db, STO_SECRET_TRY, NULL, &err, "it", acc_now(), "ada"));
	for (int k = 0; k < 5; k++) /* the tries without a place were none */
		CHECK(thr_unknown("nobody-here", acc_now()) == 0);
	for (n = 0; n < 29; n++)
		CHECK(thr_address("198.51.100.3", acc_now()) == 0);
	CHECK(thr_enter(false, "198.51.100.1", 0));
	CHECK_RC(wrong(&i, "ada", &err), FJ_E_AUTH);
	CHECK_RC(wrong(&i, "nobody-here", &err), FJ_E_AUTH);
	CHECK_RC(wrong(&i, "nobody-else", &err), FJ_E_AUTH); /* by its address */
	CHECK(failures_of(i.db, "ada") == 11);
	CHECK_STR(notes(i.db), "2:WAIT*1 1:WRONG*1");
	thr_leave(false, "198.51.100.1");
	thr_leave(false, "198.51.100.2");
	sto_close(i.db);
}

TEST("under a clock that has jumped people see to their accounts, and to nothing else")
{
	static const struct iss_actor ada = {.login = "ada", .person = "ada", .name = "ada", .org = "x", .roles = ISS_FINANCE, .via = "portal", .by = "SS-1"};
	FJ_AUTO(json) none = json_object();
	FJ_AUTO(json) current = json_pack("{s:s}", "current", "tulip reads four maps");
	FJ_AUTO(json) user = json_pack("{s:s}", "login", "ada");
	struct iss i;
	struct fj_err err = {0};
	json_t *answer = NULL;

	CHECK_OK(open_register(&i, &err));
	i.clock_real0 -= 3600000;
	CHECK_RC(iss_clock_check(&i, &err), FJ_E_CLOCK);
	CHECK_OK(iss_command(&i, &ada, "session.clear", none, &answer, &err));
	json_decref(answer);
	CHECK_OK(iss_command(&i, &ada, "account.recovery", current, &answer, &err));
	json_decref(answer);
	CHECK_RC(iss_command(&i, &ada, "user.disable", user, &answer, &err), FJ_E_CLOCK);
	CHECK_RC(wrong(&i, "ada", &err), FJ_E_AUTH); /* judged, not refused for the clock */
	sto_close(i.db);
}

TEST("what a browser calls itself is cut within its characters and loses what can't be seen")
{
	char out[121], text[400];
	acc_agent("Mozilla/5.0 \x01(X11)\x7f", out);
	CHECK_STR(out, "Mozilla/5.0 (X11)");
	acc_agent("\xff\xfe", out);
	CHECK_STR(out, "?");
	text[0] = 'x';
	for (int i = 0; i < 100; i++)
		memcpy(text + 1 + 3 * i, "\xe4\xb8\xad", 3);
	text[301] = '\0';
	acc_agent(text, out);
	CHECK(strlen(out) <= 120 && strlen(out) > 115 && fj_utf8_valid(fj_slice_str(out)));
}

TEST("nobody but the own account's commands may be run by an auditor beside reading")
{
	size_t n, own = 0;
	const struct iss_command_info *const *all = iss_commands(&n);
	for (size_t i = 0; i < n; i++) {
		CHECK(iss_command_allowed(all[i], ISS_AUDITOR) == (all[i]->kind == ISS_READ || all[i]->kind == ISS_OWN));
		own += all[i]->kind == ISS_OWN;
		if (all[i]->kind == ISS_OWN)
			CHECK(strncmp(all[i]->name, "account.", 8) == 0 || strncmp(all[i]->name, "session.", 8) == 0 || strncmp(all[i]->name, "apitoken.", 9) == 0);
	}
	CHECK(own >= 8);
}

TEST_MAIN
