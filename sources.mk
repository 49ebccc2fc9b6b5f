# Which sources make which room, one a line; the lint compares with what is there.
BASE_SRC := \
	base/approval.c \
	base/backup.c \
	base/archive.c \
	base/bond.c \
	base/buf.c \
	base/claims.c \
	base/clock.c \
	base/conf.c \
	base/content.c \
	base/der.c \
	base/edge.c \
	base/err.c \
	base/file.c \
	base/ipc.c \
	base/json.c \
	base/jws.c \
	base/leaf.c \
	base/limits.c \
	base/log.c \
	base/mem.c \
	base/note.c \
	base/package.c \
	base/plan.c \
	base/proc.c \
	base/room.c \
	base/sandbox.c \
	base/secret.c \
	base/spare.c \
	base/systemd.c \
	base/tar.c \
	base/tiles.c \
	base/tlog.c \
	base/tpm2.c \
	base/transcript.c \
	base/tty.c \
	base/ustar.c \
	base/untar.c \
	base/webauthn.c \
	base/x509.c

HSM_SRC := \
	hsm/attest.c \
	hsm/audit.c \
	hsm/ca.c \
	hsm/checkpoint.c \
	hsm/clockwatch.c \
	hsm/counter.c \
	hsm/ek.c \
	hsm/inherit.c \
	hsm/intent.c \
	hsm/keys.c \
	hsm/keystore.c \
	hsm/license.c \
	hsm/memory.c \
	hsm/officers.c \
	hsm/policy_crl.c \
	hsm/policy_jws.c \
	hsm/policy_log.c \
	hsm/policy_ocsp.c \
	hsm/policy_package.c \
	hsm/policy_x509.c \
	hsm/quorum.c \
	hsm/request.c \
	hsm/roles.c \
	hsm/rollover.c \
	hsm/spare.c \
	hsm/subordinate.c \
	hsm/successor.c \
	hsm/tcti.c \
	hsm/tpm.c \
	hsm/tpm_attest.c \
	hsm/tpm_ek.c \
	hsm/tpm_move.c \
	hsm/tpm_policy.c \
	hsm/unseal.c

HSMCLIENT_SRC := \
	hsm/client/attestation.c \
	hsm/client/client.c

CA_SRC := \
	ca/assemble.c \
	ca/cert.c \
	ca/chain.c \
	ca/crl.c \
	ca/found_key.c \
	ca/key.c \
	ca/lint.c \
	ca/ocsp.c \
	ca/profile.c \
	ca/term.c

VERIFY_SRC := \
	verifier/archive.c \
	verifier/archive_pack.c \
	verifier/ask.c \
	verifier/attest_doc.c \
	verifier/attest_ek.c \
	verifier/attest_read.c \
	verifier/attestation.c \
	verifier/bundle.c \
	verifier/bundle_make.c \
	verifier/ceremony.c \
	verifier/ceremony_print.c \
	verifier/certificate.c \
	verifier/chain.c \
	verifier/crl.c \
	verifier/folder.c \
	verifier/holder.c \
	verifier/jws.c \
	verifier/key.c \
	verifier/library.c \
	verifier/list.c \
	verifier/log_policy.c \
	verifier/logged.c \
	verifier/narrow.c \
	verifier/package.c \
	verifier/paper.c \
	verifier/pem.c \
	verifier/published.c \
	verifier/report.c \
	verifier/scope.c \
	verifier/sdjwt.c \
	verifier/signed_report.c \
	verifier/trust.c \
	verifier/use.c \
	verifier/verify.c

# what libfujie-verify, for others, is made of: the verdict, and no more than it needs
LIBRARY_SRC := \
	$(filter-out base/archive.c base/backup.c base/conf.c base/ipc.c base/log.c base/package.c base/proc.c base/room.c base/sandbox.c base/systemd.c base/tar.c base/tiles.c base/edge.c base/untar.c base/ustar.c,$(BASE_SRC)) \
	$(filter-out verifier/archive.c verifier/archive_pack.c verifier/ask.c verifier/bundle_make.c verifier/ceremony.c verifier/ceremony_print.c verifier/package.c verifier/published.c,$(VERIFY_SRC))

SERVICE_SRC := \
	verifier/service/feed.c \
	verifier/service/files.c \
	verifier/service/health.c \
	verifier/service/log.c \
	verifier/service/log_health.c \
	verifier/service/main.c \
	verifier/service/number_page.c \
	verifier/service/ocsp.c \
	verifier/service/openapi.c \
	verifier/service/outbox.c \
	verifier/service/pages.c \
	verifier/service/routes.c \
	verifier/service/signing.c \
	verifier/service/state.c \
	verifier/service/token_page.c \
	verifier/service/verdicts.c

GATEWAY_SRC := \
	verifier/gateway/cosign.c \
	verifier/gateway/door.c \
	verifier/gateway/edge.c \
	verifier/gateway/fetch.c \
	verifier/gateway/keep.c \
	verifier/gateway/ledger.c \
	verifier/gateway/marks.c \
	verifier/gateway/mirror.c \
	verifier/gateway/monitor.c \
	verifier/gateway/nonce.c \
	verifier/gateway/remote.c \
	verifier/gateway/rights.c \
	verifier/gateway/routes.c \
	verifier/gateway/tar.c \
	verifier/gateway/watch.c \
	verifier/gateway/witness.c \
	verifier/gateway/x5t.c

# a public log's files, checked by whoever has them
LOG_SRC := \
	verifier/log/folder.c \
	verifier/log/prove.c \
	verifier/log/verify.c

# what takes packages in on a mirror
INBOX_SRC := \
	verifier/inbox/apply.c \
	verifier/inbox/listed.c \
	verifier/inbox/log.c \
	verifier/inbox/main.c \
	verifier/inbox/room.c \
	verifier/inbox/rows.c

# what an officer approves with, on a machine of their own
OFFICER_SRC := \
	officer/act.c \
	officer/approve.c \
	officer/backup.c \
	officer/bond.c \
	officer/card.c \
	officer/certify.c \
	officer/digest.c \
	officer/key.c \
	officer/key_file.c \
	officer/plan.c \
	officer/secret.c \
	officer/show.c \
	officer/transcript.c

# the witness of logs
WITNESS_SRC := \
	verifier/witness/add.c \
	verifier/witness/book.c \
	verifier/witness/routes.c

ISSUER_SRC := \
	issuer/account.c \
	issuer/adjust.c \
	issuer/agreement.c \
	issuer/anchor.c \
	issuer/apitoken.c \
	issuer/approval.c \
	issuer/archive.c \
	issuer/archive_pack.c \
	issuer/archive_xml.c \
	issuer/audit.c \
	issuer/authorisation.c \
	issuer/authority.c \
	issuer/bundle.c \
	issuer/card.c \
	issuer/card_class.c \
	issuer/card_diff.c \
	issuer/card_fields.c \
	issuer/card_row.c \
	issuer/card_sheet.c \
	issuer/ceremony.c \
	issuer/ceremony_bond.c \
	issuer/ceremony_log.c \
	issuer/ceremony_run.c \
	issuer/ceremony_sub.c \
	issuer/certificate.c \
	issuer/certify.c \
	issuer/chain.c \
	issuer/client_key.c \
	issuer/clock.c \
	issuer/collateral.c \
	issuer/command.c \
	issuer/complaint.c \
	issuer/compromise.c \
	issuer/course.c \
	issuer/deadline.c \
	issuer/delegation.c \
	issuer/demo.c \
	issuer/demo_act.c \
	issuer/demo_cases.c \
	issuer/demo_plan.c \
	issuer/disclosure.c \
	issuer/division.c \
	issuer/dossier.c \
	issuer/draft.c \
	issuer/erase.c \
	issuer/evaluation.c \
	issuer/event.c \
	issuer/event_row.c \
	issuer/event_words.c \
	issuer/exchange.c \
	issuer/exchange_file.c \
	issuer/exchange_map.c \
	issuer/exchange_number.c \
	issuer/exchange_reconcile.c \
	issuer/exit.c \
	issuer/export.c \
	issuer/fields.c \
	issuer/figure.c \
	issuer/find.c \
	issuer/folio.c \
	issuer/history.c \
	issuer/holder_key.c \
	issuer/home.c \
	issuer/home_figures.c \
	issuer/ical.c \
	issuer/incident.c \
	issuer/init.c \
	issuer/iss.c \
	issuer/items.c \
	issuer/key.c \
	issuer/key_roll.c \
	issuer/ledger.c \
	issuer/ledger_heading.c \
	issuer/ledger_import.c \
	issuer/ledger_row.c \
	issuer/legacy.c \
	issuer/legacy_sheet.c \
	issuer/life.c \
	issuer/lifecycle.c \
	issuer/listing.c \
	issuer/listing_pack.c \
	issuer/lodged.c \
	issuer/log/edge.c \
	issuer/log/head.c \
	issuer/log/leaf.c \
	issuer/log/proof.c \
	issuer/log/restore.c \
	issuer/log/restore_keys.c \
	issuer/material.c \
	issuer/notice.c \
	issuer/number.c \
	issuer/objection.c \
	issuer/offline.c \
	issuer/opening.c \
	issuer/operation.c \
	issuer/order.c \
	issuer/org_change.c \
	issuer/org_import.c \
	issuer/organisation.c \
	issuer/outcome.c \
	issuer/override.c \
	issuer/page.c \
	issuer/paper/authorisation.c \
	issuer/paper/certificate.c \
	issuer/paper/copy.c \
	issuer/paper/copy_read.c \
	issuer/paper/copy_seal.c \
	issuer/paper/page.c \
	issuer/paper/pdf_read.c \
	issuer/paper/print.c \
	issuer/paper/sealed.c \
	issuer/paper/sealed_ofd.c \
	issuer/paper/sealed_pdf.c \
	issuer/paper/token.c \
	issuer/password.c \
	issuer/peer.c \
	issuer/pipe_kinds.c \
	issuer/pipeline.c \
	issuer/plan.c \
	issuer/plan_changes.c \
	issuer/plan_course.c \
	issuer/plan_steps.c \
	issuer/practice.c \
	issuer/practice_facts.c \
	issuer/practice_tables.c \
	issuer/preview.c \
	issuer/preview_rows.c \
	issuer/price.c \
	issuer/price_decision.c \
	issuer/product.c \
	issuer/profile.c \
	issuer/publish/attestation.c \
	issuer/publish/history.c \
	issuer/publish/lists.c \
	issuer/publish/log_files.c \
	issuer/publish/outbox.c \
	issuer/publish/packing.c \
	issuer/publish/policy.c \
	issuer/publish/proofs.c \
	issuer/publish/public.c \
	issuer/publish/publish.c \
	issuer/publish/shown.c \
	issuer/recipients.c \
	issuer/registration.c \
	issuer/remittance.c \
	issuer/report/csv.c \
	issuer/report/docx.c \
	issuer/report/formal.c \
	issuer/report/html.c \
	issuer/report/model.c \
	issuer/report/ofd.c \
	issuer/report/pages.c \
	issuer/report/pdf.c \
	issuer/report/pen.c \
	issuer/report/qr.c \
	issuer/report/xlsx.c \
	issuer/report/zipped.c \
	issuer/report_act.c \
	issuer/report_calendar.c \
	issuer/report_model.c \
	issuer/report_return.c \
	issuer/report_sign.c \
	issuer/reporting.c \
	issuer/revenue.c \
	issuer/revenue_evidence.c \
	issuer/revenue_hold.c \
	issuer/revenue_split.c \
	issuer/review.c \
	issuer/roles.c \
	issuer/root_crl.c \
	issuer/root_move.c \
	issuer/rules/rules.c \
	issuer/search.c \
	issuer/session.c \
	issuer/shapes.c \
	issuer/share.c \
	issuer/sheet/csv.c \
	issuer/sheet/key.c \
	issuer/sheet/out.c \
	issuer/sheet/room.c \
	issuer/sheet/sheet.c \
	issuer/sheet/xlsx.c \
	issuer/sheet/xlsx_book.c \
	issuer/sheet/xlsx_rows.c \
	issuer/sheet/xmltab.c \
	issuer/signed.c \
	issuer/signin.c \
	issuer/signin_log.c \
	issuer/sm2.c \
	issuer/spare.c \
	issuer/state.c \
	issuer/statement.c \
	issuer/statement_match.c \
	issuer/statement_read.c \
	issuer/status.c \
	issuer/stops.c \
	issuer/store/migrate.c \
	issuer/store/shot.c \
	issuer/store/store.c \
	issuer/succession.c \
	issuer/supervision.c \
	issuer/task.c \
	issuer/throttle.c \
	issuer/token.c \
	issuer/token_archive.c \
	issuer/token_bulk.c \
	issuer/token_request.c \
	issuer/token_sheet.c \
	issuer/token_signed.c \
	issuer/totp.c \
	issuer/trade.c \
	issuer/unseal.c \
	issuer/upgrade.c \
	issuer/usage.c \
	issuer/user.c \
	issuer/workday.c

HTTP_SRC := \
	web/http/clause.c \
	web/http/client.c \
	web/http/encode.c \
	web/http/form.c \
	web/http/html.c \
	web/http/http.c \
	web/http/limit.c \
	web/http/sent.c \
	web/http/slow.c \
	web/http/tls.c \
	web/http/tr.c \
	web/http/value.c \
	web/http/verdict_page.c \
	web/http/verdict_plain.c \
	web/http/words.c

WEB_SRC := \
	web/api/api.c \
	web/api/openapi.c \
	web/portal/account.c \
	web/portal/account_factor.c \
	web/portal/account_lists.c \
	web/portal/adjust.c \
	web/portal/advice.c \
	web/portal/answer.c \
	web/portal/approval.c \
	web/portal/basis.c \
	web/portal/batch.c \
	web/portal/behind.c \
	web/portal/candidates.c \
	web/portal/card.c \
	web/portal/chart.c \
	web/portal/check.c \
	web/portal/compare.c \
	web/portal/complaint.c \
	web/portal/compute.c \
	web/portal/disclosure.c \
	web/portal/do.c \
	web/portal/drafts.c \
	web/portal/fields.c \
	web/portal/filed.c \
	web/portal/frame.c \
	web/portal/held.c \
	web/portal/help.c \
	web/portal/help_text.c \
	web/portal/home.c \
	web/portal/inbox.c \
	web/portal/license.c \
	web/portal/listcells.c \
	web/portal/listfile.c \
	web/portal/lists.c \
	web/portal/login.c \
	web/portal/next.c \
	web/portal/nouns.c \
	web/portal/once.c \
	web/portal/order.c \
	web/portal/pages.c \
	web/portal/paper.c \
	web/portal/picture.c \
	web/portal/picture_room.c \
	web/portal/portal.c \
	web/portal/prefill.c \
	web/portal/preview.c \
	web/portal/price.c \
	web/portal/profile.c \
	web/portal/public.c \
	web/portal/report.c \
	web/portal/revenue.c \
	web/portal/said.c \
	web/portal/show.c \
	web/portal/signing.c \
	web/portal/takeback.c \
	web/portal/timeline.c \
	web/portal/typed.c \
	web/portal/verify.c \
	web/portal/wizard.c \
	web/portal/wording.c

REGISTRY_SRC := \
	web/registry/commands.c \
	web/registry/control.c \
	web/registry/line.c \
	web/registry/main.c

# what makes backups and opens them: the only one that divides a key among officers
BACKUP_SRC := \
	issuer/backup/check.c \
	issuer/backup/home.c \
	issuer/backup/main.c \
	issuer/backup/make.c \
	issuer/backup/mirror.c \
	issuer/backup/shares.c \
	issuer/backup/take.c

CLI_SRC := \
	issuer/cli/adopt.c \
	issuer/cli/alive.c \
	issuer/cli/archive.c \
	issuer/cli/args.c \
	issuer/cli/ask.c \
	issuer/cli/ceremony.c \
	issuer/cli/command.c \
	issuer/cli/conf.c \
	issuer/cli/home.c \
	issuer/cli/line.c \
	issuer/cli/main.c \
	issuer/cli/make.c \
	issuer/cli/mirror.c \
	issuer/cli/officers.c \
	issuer/cli/outbox.c \
	issuer/cli/parts.c \
	issuer/cli/print.c \
	issuer/cli/reload.c \
	issuer/cli/request.c \
	issuer/cli/root_crl.c \
	issuer/cli/round.c \
	issuer/cli/serve.c \
	issuer/cli/sign.c \
	issuer/cli/spare.c \
	issuer/cli/stops.c \
	issuer/cli/subordinate.c \
	issuer/cli/unseal.c \
	issuer/cli/upgrade.c \
	issuer/cli/users.c

TEST_UNIT_SRC := \
	tests/unit/test_base_archive.c \
	tests/unit/test_base_bond.c \
	tests/unit/test_base_buf.c \
	tests/unit/test_base_claims.c \
	tests/unit/test_base_clock.c \
	tests/unit/test_base_der.c \
	tests/unit/test_base_json.c \
	tests/unit/test_base_limits.c \
	tests/unit/test_base_note.c \
	tests/unit/test_base_plan.c \
	tests/unit/test_base_spare.c \
	tests/unit/test_base_systemd.c \
	tests/unit/test_base_tiles.c \
	tests/unit/test_base_tlog.c \
	tests/unit/test_base_tpm2.c \
	tests/unit/test_base_watch.c \
	tests/unit/test_base_webauthn.c \
	tests/unit/test_ca_core.c \
	tests/unit/test_ca_found_key.c \
	tests/unit/test_gw_edge.c \
	tests/unit/test_gw_gate.c \
	tests/unit/test_hsm_log.c \
	tests/unit/test_hsm_memory.c \
	tests/unit/test_iss_account.c \
	tests/unit/test_iss_agreement.c \
	tests/unit/test_iss_card.c \
	tests/unit/test_iss_csv.c \
	tests/unit/test_iss_exchange.c \
	tests/unit/test_iss_home.c \
	tests/unit/test_iss_ledger.c \
	tests/unit/test_iss_migrate.c \
	tests/unit/test_iss_number.c \
	tests/unit/test_iss_paper.c \
	tests/unit/test_iss_people.c \
	tests/unit/test_iss_preview.c \
	tests/unit/test_iss_price.c \
	tests/unit/test_iss_report.c \
	tests/unit/test_iss_rows.c \
	tests/unit/test_iss_rules.c \
	tests/unit/test_iss_search.c \
	tests/unit/test_iss_shape.c \
	tests/unit/test_iss_share.c \
	tests/unit/test_iss_sheet.c \
	tests/unit/test_iss_state.c \
	tests/unit/test_iss_supervision.c \
	tests/unit/test_iss_token.c \
	tests/unit/test_iss_workday.c \
	tests/unit/test_ver_bundle.c \
	tests/unit/test_ver_generations.c \
	tests/unit/test_ver_hostile.c \
	tests/unit/test_ver_library.c \
	tests/unit/test_ver_limits.c \
	tests/unit/test_ver_log_policy.c \
	tests/unit/test_ver_package.c \
	tests/unit/test_ver_pkits.c \
	tests/unit/test_ver_report.c \
	tests/unit/test_ver_token.c \
	tests/unit/test_ver_trust.c \
	tests/unit/test_ver_vectors.c \
	tests/unit/test_web_chart.c \
	tests/unit/test_web_form.c \
	tests/unit/test_web_held.c \
	tests/unit/test_web_html.c \
	tests/unit/test_web_http.c \
	tests/unit/test_web_listcells.c \
	tests/unit/test_web_once.c \
	tests/unit/test_web_public.c \
	tests/unit/test_web_sent.c \
	tests/unit/test_web_words.c \
	tests/unit/test_wit_add.c

TEST_FUZZ_SRC := \
	tests/fuzz/fuzz_agreement.c \
	tests/fuzz/fuzz_approval.c \
	tests/fuzz/fuzz_archive.c \
	tests/fuzz/fuzz_asset.c \
	tests/fuzz/fuzz_attest.c \
	tests/fuzz/fuzz_audit.c \
	tests/fuzz/fuzz_backup.c \
	tests/fuzz/fuzz_bond.c \
	tests/fuzz/fuzz_bundle.c \
	tests/fuzz/fuzz_card.c \
	tests/fuzz/fuzz_claims.c \
	tests/fuzz/fuzz_conf.c \
	tests/fuzz/fuzz_crl.c \
	tests/fuzz/fuzz_csv.c \
	tests/fuzz/fuzz_der.c \
	tests/fuzz/fuzz_form.c \
	tests/fuzz/fuzz_found_key.c \
	tests/fuzz/fuzz_json.c \
	tests/fuzz/fuzz_jws.c \
	tests/fuzz/fuzz_ledger.c \
	tests/fuzz/fuzz_license.c \
	tests/fuzz/fuzz_limits.c \
	tests/fuzz/fuzz_log_proof.c \
	tests/fuzz/fuzz_memory.c \
	tests/fuzz/fuzz_note.c \
	tests/fuzz/fuzz_number.c \
	tests/fuzz/fuzz_ocsp.c \
	tests/fuzz/fuzz_package.c \
	tests/fuzz/fuzz_plan.c \
	tests/fuzz/fuzz_report.c \
	tests/fuzz/fuzz_request.c \
	tests/fuzz/fuzz_sealed_ofd.c \
	tests/fuzz/fuzz_sealed_pdf.c \
	tests/fuzz/fuzz_schema.c \
	tests/fuzz/fuzz_search.c \
	tests/fuzz/fuzz_sheet.c \
	tests/fuzz/fuzz_signed.c \
	tests/fuzz/fuzz_signer.c \
	tests/fuzz/fuzz_spare.c \
	tests/fuzz/fuzz_statement.c \
	tests/fuzz/fuzz_tar.c \
	tests/fuzz/fuzz_text.c \
	tests/fuzz/fuzz_tile.c \
	tests/fuzz/fuzz_transcript.c \
	tests/fuzz/fuzz_use.c \
	tests/fuzz/fuzz_verdict.c \
	tests/fuzz/fuzz_witness.c \
	tests/fuzz/fuzz_x509.c \
	tests/fuzz/fuzz_xmltab.c

# objects that carry other files inside (.incbin), and those files
INCBIN_SRC := \
	issuer/org_import.c \
	issuer/publish/public.c \
	issuer/store/migrate.c \
	issuer/store/store.c \
	verifier/inbox/rows.c \
	web/http/html.c \
	web/portal/help_text.c
INCBIN_DATA := \
	data/pilot-units.csv \
	docs/manual.en.md \
	docs/manual.zh.md \
	issuer/publish/public.sql \
	issuer/store/migrate_13.sql \
	issuer/store/schema_core.sql \
	issuer/store/schema_domain.sql \
	issuer/store/schema_find.sql \
	issuer/store/schema_home.sql \
	web/http/portal.js \
	web/http/style.css
