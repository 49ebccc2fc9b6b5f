/*
 * sent.c - what somebody sent to have it verified: a number or credential as text, or a file
 * with a token, a certificate (PEM, DER) or a bundle.
 *
 * A file is looked at, never run through: of a bundle the credential and its proof of logging
 * are taken, of everything else the octets as they are, and what people have at hand and is
 * no credential is refused with what to send instead.  Pictures are not read here (the portal
 * has a process for them).  Whether it is genuine is the verifier's to say.
 */
#include "base/note.h"
#include "base/x509.h"
#include "web/http/http.h"

void web_sent_release(struct web_sent *s)
{
	fj_free(s->text);
	s->text = NULL;
	fj_buf_release(&s->proof);
}

struct fj_slice web_sent_slice(const struct web_sent *s)
{
	return s->text != NULL ? fj_slice_str(s->text) : s->bytes;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool begins(struct fj_slice s, const char *with)
{
	return s.len >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

enum fj_rc web_sent_text(struct web_sent *s, struct fj_slice text, struct fj_err *err)
{
	while (text.len > 0 && is_blank(text.p[0])) {
		text.p++;
		text.len--;
	}
	while (text.len > 0 && is_blank(text.p[text.len - 1]))
		text.len--;
	char *copy = fj_strndup((const char *)text.p, text.len);
	fj_free(s->text); /* which may be what was given */
	s->text = copy;
	return copy != NULL ? FJ_OK : fj_no_memory(err, "web");
}

bool web_is_number(const char *text)
{
	return (strncmp(text, "DAC-", 4) == 0 || strncmp(text, "DAU-", 4) == 0) && strlen(text) < 41;
}

void web_sent_notice(struct web_req *q, struct fj_buf *b, const struct web_sent *s)
{
	if (s->bundle)
		web_print(b, "<p class=\"small\">%s</p>", web_tr(q, "The credential in the bundle was judged by the status of now, not by that in the bundle."));
	if (s->file_of_number)
		web_print(b, "<p class=\"notice\">%s</p>", web_tr(q, "The file holds only a number, which was looked up here: the verdict is on what is published under it. The file itself proves nothing."));
}

/* of a bundle what it is about: the credential, and the proof of its logging */
static enum fj_rc take_bundle(struct web_sent *s, const json_t *bundle, struct fj_err *err)
{
	const char *text = fj_json_peek(bundle, "credential"), *key;
	const json_t *proof;

	if (text == NULL)
		return fj_refuse(err, FJ_E_PARSE, "web", "formats.md 15", "the bundle has no credential in it; make it anew", "核验包中没有凭证，请重新制作");
	s->bundle = true;
	fj_buf_init(&s->proof, FJ_LOG_PROOF_MAX);
	json_object_foreach(json_object_get(bundle, "proofs"), key, proof)
		if (s->proof.len == 0 && json_is_string(proof) && fj_buf_puts(&s->proof, json_string_value(proof)) != FJ_OK)
			fj_buf_clear(&s->proof);
	FJ_TRY(web_sent_text(s, fj_slice_str(text), err));
	if (web_is_number(s->text))
		return fj_refuse(err, FJ_E_PARSE, "web", "formats.md 15", "the bundle has only a number in it, not the credential; make it anew, or type in the number", "核验包中只有编号，没有凭证；请重新制作，或直接输入编号");
	return FJ_OK;
}

/* say what to send instead */
static enum fj_rc check_kind(struct fj_slice file, struct fj_err *err)
{
	if (begins(file, "%PDF"))
		return fj_refuse(err, FJ_E_UNSUPPORTED, "web", NULL, "a PDF is not read here; send a picture of its QR code, or type in the number printed on it", "此处不读取 PDF；请上传其二维码的截图或照片，或输入纸面编号");
	if (begins(file, "PK\x03\x04") || begins(file, "\x1f\x8b") || (file.len > 262 && memcmp(file.p + 257, "ustar", 5) == 0))
		return fj_refuse(err, FJ_E_UNSUPPORTED, "web", NULL, "this is an archive; unpack it, and send the credential (.jwt, .pem, .der) or bundle (.json) in it", "这是压缩包或归档文件；请先解开，再上传其中的凭证（.jwt、.pem、.der）或核验包（.json）");
	if (begins(file, "\x89PNG") || begins(file, "\xff\xd8\xff")) /* where they are read, they do not come here */
		return fj_refuse(err, FJ_E_UNSUPPORTED, "web", NULL, "pictures are not read here; type in the number beside the QR code, or scan it with a telephone, which leads to its page", "此处不读取图片；请输入二维码旁的编号，或用手机扫码打开其页面");
	if (begins(file, "GIF8") || begins(file, "RIFF") || begins(file, "BM") || (file.len > 12 && memcmp(file.p + 4, "ftyp", 4) == 0))
		return fj_refuse(err, FJ_E_UNSUPPORTED, "web", NULL, "pictures are read as PNG or JPEG; save it as one of these", "图片仅支持 PNG 和 JPEG 格式，请另存后上传");
	return FJ_OK;
}

enum fj_rc web_sent_file(struct web_sent *s, struct fj_slice file, struct fj_err *err)
{
	FJ_AUTO(json) bundle = NULL;

	file = fj_utf8_unmarked(file);
	FJ_TRY(check_kind(file, err));
	if (begins(file, "{") && fj_json_parse(file, WEB_SENT_MAX, &bundle, NULL) == FJ_OK && strncmp(fj_json_text(bundle, "format"), "urn:fujie:bundle:", 17) == 0)
		return take_bundle(s, bundle, err);
	s->bytes = file;
	if (file.len == 0 || file.len > WEB_MAX_VALUE || !fj_utf8_valid(file) || memchr(file.p, 0, file.len) != NULL)
		return FJ_OK;
	FJ_TRY(web_sent_text(s, file, err));
	s->file_of_number = web_is_number(s->text);
	return FJ_OK;
}

/* A form sends lines with CR LF, and who pastes loses or adds white space around. */
static enum fj_rc pasted_proof(const char *s, struct fj_buf *out, struct fj_err *err)
{
	enum fj_rc rc = FJ_OK;

	s += strspn(s, " \t\r\n");
	for (; *s != '\0' && rc == FJ_OK; s++)
		if (*s != '\r')
			rc = fj_buf_put(out, s, 1);
	while (out->len > 0 && is_blank(out->data[out->len - 1]))
		out->len--;
	if (rc == FJ_OK && out->len > 0)
		rc = fj_buf_puts(out, "\n");
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "web", "formats.md 19", "a proof of logging is larger than any");
}

enum fj_rc web_sent_proof(struct web_req *q, struct web_sent *s, struct fj_err *err)
{
	const char *text = web_field(q, "log_proof");

	if (web_sent_slice(s).len == 0)
		return fj_refuse(err, FJ_E_INVALID, "web", NULL, "nothing was sent; fill in a number, paste a credential, or choose a file", "未提供任何内容；请输入编号、粘贴凭证全文或选择文件");
	if (text[strspn(text, " \t\r\n")] == '\0')
		return FJ_OK;
	fj_buf_release(&s->proof);
	fj_buf_init(&s->proof, FJ_LOG_PROOF_MAX);
	return pasted_proof(text, &s->proof, err);
}

bool web_sent_again(const struct web_sent *s, struct fj_buf *out)
{
	if (s->text != NULL)
		return fj_buf_puts(out, s->text) == FJ_OK;
	return s->bytes.len > 0 && s->bytes.len <= FJ_X509_MAX && s->bytes.p[0] == 0x30 && fj_pem_put(out, "CERTIFICATE", s->bytes) == FJ_OK;
}
