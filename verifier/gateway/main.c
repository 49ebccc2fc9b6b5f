/*
 * main.c - fujie-gateway: what speaks to the network for a verifier.
 */
#include <stdio.h>
#include <string.h>

#include "verifier/gateway/mirror.h"

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--mirror") == 0)
		return gw_mirror_main(argc, argv);
	fprintf(stderr, "fujie-gateway is started by `fujie verifier --mirror URL`\n");
	return 2;
}
