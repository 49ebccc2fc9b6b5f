/*
 * health.c - GET /healthz.
 */
#include "verifier/service/service.h"

void svc_get_health(struct web_req *q, struct web_res *r)
{
	struct svc *s = web_app(q);
	struct ver_view *v;
	struct fj_err err = {0};

	if (svc_view_take(s, &v, &err) != FJ_OK) {
		web_problem(r, &err);
		return;
	}
	FJ_AUTO(json) j = json_pack("{s:b, s:I, s:s}", "ok", 1, "generation", (json_int_t)v->generation, "base", svc_base(s));
	svc_view_give(s, v);
	web_json(r, 200, j);
}

