/*
 * encode.h - entity tags and compression of public answers.
 */
#ifndef FJ_WEB_ENCODE_H
#define FJ_WEB_ENCODE_H

#include "web/http/http.h"

#define WEB_TAG 48
/* says the ETag of the body's octets, which is in tag then; suffix: at most 4 characters */
void web_tag(struct web_res *r, const char *suffix, char tag[WEB_TAG]);
/* does If-None-Match name it? */
bool web_tag_is(const struct web_req *q, const char *tag);
/* An answer of status 200 to GET or HEAD gets an ETag of its octets, becomes 304 when the
 * asker has it (If-None-Match), and is compressed when it is text, worth it and accepted. */
void web_encode(struct web_req *q, struct web_res *r);

#endif
