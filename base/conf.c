/*
 * conf.c - the configuration file, every key declared.
 *
 * inih reads the lines; here each is looked up in the caller's table and checked
 * against type and bounds.  A key that is not declared is a fault with its line:
 * a misspelt setting must not be silently without effect.
 */
#include "base/conf.h"

#include <ini.h>
#include <stdbool.h>

#include "base/file.h"

struct reading {
	const struct fj_conf_key *keys;
	void *target;
	struct fj_err *err;
	enum fj_rc rc;
	uint64_t seen; /* bit i: keys[i] */
};

static enum fj_rc fault(struct reading *r, const char *section, const char *key, const char *what, const char *zh)
{
	enum fj_rc rc = fj_fail(r->err, FJ_E_INVALID, "base", NULL, "configuration: [%s] %s %s", section, key, what);

	fj_err_zh(r->err, "配置项 [%s] %s %s", section, key, zh);
	return rc;
}

static enum fj_rc set_int(struct reading *r, const struct fj_conf_key *k, const char *value, void *at)
{
	char *end;
	long long v = strtoll(value, &end, 10);
	char what[96], zh[96];

	if (*value == '\0' || *end != '\0' || v < k->min || v > k->max) {
		snprintf(what, sizeof(what), "must be a whole number from %lld to %lld", (long long)k->min, (long long)k->max);
		snprintf(zh, sizeof(zh), "应为 %lld 至 %lld 的整数", (long long)k->min, (long long)k->max);
		return fault(r, k->section, k->key, what, zh);
	}
	*(int64_t *)at = v;
	return FJ_OK;
}

static enum fj_rc set(struct reading *r, const struct fj_conf_key *k, const char *value)
{
	void *at = (char *)r->target + k->offset;

	switch (k->type) {
	case FJ_CONF_INT:
		return set_int(r, k, value, at);
	case FJ_CONF_BOOL:
		if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			return fault(r, k->section, k->key, "must be true or false", "应为 true 或 false");
		*(bool *)at = value[0] == 't';
		return FJ_OK;
	default:
		if (!fj_utf8_valid(fj_slice_str(value)) || (k->max > 0 && fj_utf8_count(value) > (size_t)k->max) ||
		    fj_strcopy(at, k->size, value) != FJ_OK)
			return fault(r, k->section, k->key, "is too long or not UTF-8", "过长或不是 UTF-8 编码");
		return FJ_OK;
	}
}

static int one(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;

	for (const struct fj_conf_key *k = r->keys; r->rc == FJ_OK && k->section != NULL; k++)
		if (strcmp(k->section, section) == 0 && strcmp(k->key, name) == 0) {
			uint64_t bit = UINT64_C(1) << (k - r->keys);
			/* inih gives an indented line as one more value of the key before it */
			r->rc = r->seen & bit ? fault(r, section, name, "stands twice, or an indented line follows it", "重复出现，或其后有缩进行") : set(r, k, value);
			r->seen |= bit;
			return r->rc == FJ_OK;
		}
	if (r->rc == FJ_OK)
		r->rc = fault(r, section, name, "is not a setting of this appliance; docs/ops/configuration.md lists them", "不是本系统的配置项，配置项见 docs/ops/configuration.md");
	return 0;
}

enum fj_rc fj_conf_read(int dirfd, const char *path, const struct fj_conf_key *keys, void *target, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
	struct reading r = {.keys = keys, .target = target, .err = err};

	FJ_TRY(fj_file_read(dirfd, path, &text, err));
	if (strlen(fj_buf_str(&text)) != text.len) /* inih would not see what follows */
		return fj_fail(err, FJ_E_INVALID, "base", NULL, "configuration: %s holds an octet 00", path);
	int line = ini_parse_string(fj_buf_str(&text), one, &r);
	if (line == 0)
		return FJ_OK;
	if (r.rc == FJ_OK) {
		r.rc = fj_fail(err, FJ_E_INVALID, "base", NULL, "configuration: line %d of %s is neither [section] nor key = value", line, path);
		fj_err_zh(err, "配置文件 %s 第 %d 行既不是 [节] 也不是 键 = 值", path, line);
	} else if (err != NULL) {
		struct fj_err why = *err;
		fj_fail(err, r.rc, "base", NULL, "%.200s (line %d of %s)", why.en, line, path);
		fj_err_zh(err, "%.300s（%s 第 %d 行）", why.zh, path, line);
	}
	return r.rc;
}
