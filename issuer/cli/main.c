/*
 * main.c - `fujie`: the supervisor and the command line.
 *
 * Exit: 0 yes or done, 1 refusal, 2 wrong use, 3 failure of a machine or a
 * part.  It links no database, no cryptographic library for X.509 and no TPM:
 * what it can't reach it can't leak.
 */
#include <signal.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/secret.h"
#include "issuer/cli/cli.h"

static const char usage[] =
    "Fujie 符节 - certificates and license tokens for data assets\n\n"
    "  fujie demo  --dir D [--no-serve] [--no-cases] [--sealed] [--move REQUEST] [--portal A:P] [--verifier A:V] [--base URL]\n"
    "  fujie init  --dir D --base URL --arc OID --operator NAME --org-usci CODE --org-name NAME\n"
    "              --org-div6 N --org-level L --officer LOGIN:NAME:PERSON --second-officer L:N:P [--sm2]\n"
    "  fujie init  --dir D --subordinate --root FILE [--sm2 --root-sm2 FILE] --limit-division N --limit-holders KIND,KIND ...\n"
    "              a home under another appliance's root: writes D/ceremony/ca-request.json; then --subordinate --certificate FILE\n"
    "  fujie ceremony plan --arc OID --base URL --operator NAME --officer LOGIN:NAME:KEYFILE... --quorum M [--unseal M] [--sm2] [--expiration S] [--move REQUEST [--move-quorum M]] [--follows SIGNED] --out FILE\n"
    "  fujie ceremony run --plan SIGNED --dir D --org-usci CODE ... --officer L:N:P --second-officer L:N:P [--without-bonds]   a home whose root is under its officers\n"
    "  fujie ceremony root-crl --dir D --as LOGIN [--out CHALLENGES]   the root's CRL anew, before it ends\n"
    "              [--revoke N|issuing.1 --reason R]   and subordinate CA N, or a former key of the issuing CA, revoked by it\n"
    "  fujie ceremony issuing --dir D --as LOGIN [--key issuing-sm2] [--out CHALLENGES]   the newer issuing key (key roll issuing), under this root\n"
    "  fujie ceremony certify --dir D --file REQUEST --as LOGIN [--division N] [--holders K,K] [--years N]   another appliance's CA, under this root\n"
    "  fujie ceremony succeed --dir D --plan SIGNED   the root passes on to a new one, under the plan that follows (plan --follows): round by round\n"
    "  fujie ceremony parent-crl --dir D --file FILE --as LOGIN   the newest CRL of a root that is another appliance's\n"
    "  fujie ceremony move --dir D --as LOGIN --out BLOB   the roots leave for the plan's spare, once\n"
    "  fujie ceremony endorsement --dir D --out FILE; fujie ceremony bond --dir D --file CREDENTIAL   officers see that the attestation key is the TPM's\n"
    "  fujie spare prepare --dir D2 [--tpm DEVICE] [--demo] [--out REQUEST]   on another machine, before the ceremony; then\n"
    "  fujie spare adopt --dir D2 --home COPY   when the first TPM is dead: a copy of its home beside the spare; then serve, and two officers\n"
    "  fujie spare enter --dir D2 --as LOGIN   take the spare into service; the plan's officers then certify its keys (ceremony issuing)\n"
    "  fujie spare import --dir D2 --plan SIGNED --blob BLOB | prove --dir D2   takes the roots in; shows that they obey their officers\n"
    "  fujie signer unseal|seal --dir D [--out CHALLENGES]   the issuing keys after a start, by the plan's officers (--unseal); and again before it ends\n"
    "  fujie ceremony statement --dir D [--lang zh|en] [--model] [--out FILE]   the certification practice statement (RFC 3647)\n"
    "  fujie ceremony replay|transcript TRANSCRIPT --plan SIGNED [--other PLAN] [--unsigned] [--lang zh|en]   checks a ceremony by its record alone, or prints it\n"
    "  fujie serve --dir D [--portal A:P] [--verifier A:V]\n"
    "  fujie backup --dir D --out FILE|-   of a home, served or not; nobody is asked. First: fujie backup recipients --dir D --as LOGIN --need M --keys NAME=KEY,...\n"
    "  fujie restore --dir NEW --file BACKUP   the officers' request; then --share S --share S --mirror FOLDER|--no-mirror   the home, closed until `fujie log restore`\n"
    "  fujie restore --dir WORK --file BACKUP --share S --share S --verify   a rehearsal: opened and checked, not unpacked\n"
    "  fujie config check [FILE] --dir D   would fujie.ini (or FILE) serve?  fujie reload --dir D   a running service takes it, and new PEM files of the portal\n"
    "  fujie upgrade --dir D [--dry-run] [--check]   the register of an older program, with the service stopped; serve does it by itself\n"
    "  fujie version   of this program, and which registers it opens\n"
    "  fujie own --dir D   files of a home to the users that fujie.ini names in [users]\n"
    "  fujie verifier --dir V --root SHA256 [--mirror URL] [--bind A:V]   the public verifier on another machine\n"
    "  fujie outbox list|export --after N|snapshot --dir D [--out FILE]   packages for it, carried by hand\n"
    "  fujie inbox apply FILE... --dir V --root SHA256                    and taken in there\n"
    "  fujie archive export --year Y --dir D --out FOLDER --as LOGIN   a year's records, to be kept and checked without the appliance (fujie-verify archive)\n"
    "  fujie archive list|show ID|due --dir D   what was exported; records whose retention is over\n"
    "  fujie witness init|add|serve|key|show --dir W   cosigns the public log of others (C2SP tlog-witness)\n"
    "  fujie log monitor URL --vkey KEY --dir CACHE [--usci CODE]   follows a public log: who is named in it, and is it one history\n"
    "  fujie log verify DIR|prove ID|consistency OLD-CHECKPOINT|show --dir D [--vkey FILE|TEXT] [--cert FILE]   the public log's files\n\n"
    "  fujie NOUN VERB [ID] --dir D [--as LOGIN] [--json] [--key value ...]\n"
    "    cert          list show issue suspend resume revoke      --number N --reason R\n"
    "    authorisation list show propose suspend resume reclaim surrender  --number N\n"
    "    token         list show issue suspend resume revoke      --id ID\n"
    "    approval      list show approve reject                   ID\n"
    "    find          search WORDS, export NOUN, history OBJECT, dossier ASSET      --out FILE\n"
    "    bundle        create FILE|NUMBER|TOKEN-ID [--at RFC3339]       --out FILE\n"
    "    ledger asset registration organisation collateral user event status\n"
    "  fujie help NOUN VERB --dir D   the options of one command\n\n"
    "Acting commands need --as; the password comes from FUJIE_PASSWORD or the terminal, the\n"
    "one-time code from FUJIE_TOTP.  --out FILE saves a file that the answer brings.  What needs a second officer answers {\"approval\": ID}.\n";

static int help(const struct cli_args *a)
{
	FJ_AUTO(cli_link) l = {.fd = -1, .home = {.dir = -1, .run = -1, .lock = -1}};
	FJ_AUTO(json) answer = NULL;
	FJ_AUTO(json) refusal = NULL;
	struct fj_err err = {0};
	char name[96];

	if (a->verb == NULL || a->id == NULL || a->dir == NULL) {
		printf("%s", usage);
		return 0;
	}
	snprintf(name, sizeof(name), "%s.%s", strcmp(a->verb, "cert") == 0 ? "certificate" : a->verb, a->id);
	FJ_AUTO(json) request = json_pack("{s:s, s:{s:s}, s:n, s:s}", "command", "help", "params", "name", name,
	    "as", "via", "cli");
	enum fj_rc rc = cli_link_open(&l, a->dir, false, &err);
	if (rc == FJ_OK)
		rc = cli_request(&l, request, FJ_SLICE(NULL, 0), &answer, &refusal, &err);
	if (rc != FJ_OK)
		return cli_print_error(&err, refusal, a->json);
	cli_print_answer(a->json ? answer : json_object_get(answer, "help"), a->json);
	return 0;
}

int main(int argc, char **argv)
{
	struct cli_args a;
	struct fj_err err = {0};

	fj_sodium_init();
	umask(0022); /* what is published is read by other users, whatever the caller's mask; what is not says so by its mode */
	fj_log_open("fujie", FJ_LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && strcmp(argv[1], "inbox") == 0)
		return cli_become("fujie-inbox", argv + 1);
	if (argc > 1 && (strcmp(argv[1], "restore") == 0 || (strcmp(argv[1], "backup") == 0 && (argc == 2 || argv[2][0] == '-'))))
		return cli_become("fujie-backup", argv + 1);
	if (argc > 1 && strcmp(argv[1], "witness") == 0)
		return cli_become("fujie-witness", argv + 1);
	if (argc > 2 && strcmp(argv[1], "log") == 0 && strcmp(argv[2], "monitor") == 0)
		return cli_become("fujie-gateway", argv + 1);
	if (argc > 1 && strcmp(argv[1], "log") == 0 && (argc == 2 || strcmp(argv[2], "restore") != 0))
		return cli_become("fujie-log", argv + 1);
	if (cli_args_parse(argc, argv, &a, &err) != FJ_OK)
		return cli_print_error(&err, NULL, a.json);
	if (a.noun == NULL && a.json) {
		fj_fail(&err, FJ_E_USAGE, "cli", NULL, "a command is missing; `fujie help` lists them");
		return cli_print_error(&err, NULL, true);
	}
	if (a.noun == NULL) {
		fprintf(stderr, "%s", usage);
		return 2;
	}
	if (strcmp(a.noun, "help") == 0)
		return help(&a);
	if (strcmp(a.noun, "spare") == 0)
		return cli_spare(&a);
	if (strcmp(a.noun, "ceremony") == 0)
		return cli_ceremony(&a, argv);
	if (a.verb == NULL && strcmp(a.noun, "serve") == 0)
		return cli_serve(&a);
	if (a.verb == NULL && strcmp(a.noun, "reload") == 0)
		return cli_reload(&a);
	if (strcmp(a.noun, "config") == 0)
		return cli_config(&a);
	if (a.verb == NULL && strcmp(a.noun, "upgrade") == 0)
		return cli_upgrade(&a);
	if (a.verb == NULL && strcmp(a.noun, "version") == 0)
		return cli_version(&a);
	if (a.verb == NULL && strcmp(a.noun, "own") == 0)
		return cli_own(&a);
	if (a.verb == NULL && strcmp(a.noun, "verifier") == 0)
		return cli_verifier(&a);
	if (a.verb != NULL && strcmp(a.noun, "outbox") == 0)
		return cli_outbox(&a);
	if (a.verb != NULL && strcmp(a.noun, "archive") == 0 && strcmp(a.verb, "export") == 0)
		return cli_archive(&a);
	if (a.verb == NULL && strcmp(a.noun, "init") == 0)
		return cli_init(&a);
	if (a.verb == NULL && strcmp(a.noun, "demo") == 0)
		return cli_demo(&a);
	if (a.verb != NULL && strcmp(a.noun, "approval") == 0 && strcmp(a.verb, "sign") == 0)
		return cli_sign(&a);
	if (a.verb != NULL && strcmp(a.noun, "signer") == 0 && strcmp(a.verb, "unseal") == 0)
		return cli_unseal(&a);
	if (a.verb == NULL) {
		fj_fail(&err, FJ_E_USAGE, "cli", NULL, "there is no command \"%s\"; `fujie help` lists them", a.noun);
		return cli_print_error(&err, NULL, a.json);
	}
	return cli_command(&a);
}
