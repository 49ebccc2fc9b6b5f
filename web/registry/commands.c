/*
 * commands.c - the command table as text, one line a thing: what manual pages and
 * shell completion are made from (docs/man/commands.awk, docs/completion).
 *
 *   C <TAB> noun.verb <TAB> read|write <TAB> English <TAB> Chinese
 *   F <TAB> field <TAB> type <TAB> required|optional <TAB> English <TAB> Chinese <TAB> choice|choice
 *   .
 */
#include <stdio.h>

#include "web/registry/registry.h"

static const char *type_of(const struct iss_field *f)
{
	static const char *const names[] = {"text", "integer", "bool", "list", "json", "file"};

	return names[f->type];
}

static void print_field(const struct iss_field *f)
{
	printf("F\t%s\t%s\t%s\t%s\t%s\t", f->name, type_of(f), f->required ? "required" : "optional", f->en, f->zh);
	for (const char *const *v = f->choices; v != NULL && *v != NULL; v++)
		printf("%s%s", v == f->choices ? "" : "|", *v);
	printf("\n");
}

void commands_print(void)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++) {
		printf("C\t%s\t%s\t%s\t%s\n", all[i]->name, all[i]->kind == ISS_READ ? "read" : "write", all[i]->en, all[i]->zh);
		for (const struct iss_field *f = all[i]->fields; f != NULL && f->name != NULL; f++)
			print_field(f);
		if (all[i]->kind == ISS_WRITE)
			print_field(&iss_fld_preview);
		print_field(&iss_fld_behalf);
		printf(".\n");
	}
}
