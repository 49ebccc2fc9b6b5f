/*
 * outbox.h - packages of publications over HTTP (docs/formats.md 18).
 */
#ifndef FJ_VERIFIER_OUTBOX_H
#define FJ_VERIFIER_OUTBOX_H

#include "web/http/http.h"

void svc_outbox_index(struct web_req *q, struct web_res *r);    /* /v1/outbox */
void svc_outbox_package(struct web_req *q, struct web_res *r);  /* /v1/outbox/{seq} */
void svc_outbox_snapshot(struct web_req *q, struct web_res *r); /* /v1/outbox/{seq}/{part} */

#endif
