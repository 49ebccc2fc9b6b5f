# Fujie: one Makefile for everything.  `make help` prints the targets.
# BUILD may name another folder; SAN=1 builds with Address and UB sanitizers, COV=1
# with counters, FUZZ=1 for libFuzzer.

SAN ?=
BUILD ?= $(if $(SAN),build/san,build)
STRICT ?= 0
CC = gcc
PKG = pkg-config
B = $(BUILD)

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
	-Wformat=2 -Wno-format-nonliteral -Wno-missing-field-initializers -Werror
HARD = -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
FORTIFY = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
FUZZ ?=
COV ?=
ifneq ($(FUZZ),)
# libFuzzer's instrumentation is clang's; the warnings that count are gcc's
CC = clang
WARN = -w
endif
ifeq ($(shell uname -m),aarch64)
HARD := -fstack-protector-strong -fstack-clash-protection -fPIE
endif
OPT = $(if $(SAN),-O0 -g -fno-omit-frame-pointer -fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined,-O2 -g $(FORTIFY))
comma = ,
CFLAGS = -std=c17 -D_GNU_SOURCE -I. -include base/banned.h $(WARN) $(HARD) $(OPT) -MMD -MP -pthread
ifneq ($(FUZZ),)
OPT = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -fno-sanitize-recover=undefined
endif
ifneq ($(COV),)
OPT = -O0 -g --coverage
endif
LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(if $(COV),--coverage) \
	$(if $(SAN)$(FUZZ),-fsanitize=address$(comma)undefined)

# --- rooms: one source a line in sources.mk ---
include sources.mk

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

# --- links: what each executable may pull in (tests/lint/links.sh checks) ---
L_BASE = -lsodium -ljansson -linih
L_SIGNER = -ltss2-esys -ltss2-mu -lcrypto -lz $(L_BASE)
L_VERIFY = -lcrypto -lz $(L_BASE)
L_HTTP = -lmicrohttpd -lgnutls -lz
L_SHEET = -lxlsxwriter -lzip -lexpat -lunistring -lm
L_PAGES := $(shell $(PKG) --libs pangocairo 2>/dev/null) -lqrencode
L_PICTURE = -lzbar -lpng -ljpeg
L_REGISTRY = -lsqlite3 $(L_SHEET) $(L_PAGES) $(L_PICTURE) $(L_VERIFY) $(L_HTTP)
L_VERIFIER = -lsqlite3 $(L_VERIFY) $(L_HTTP)
L_INBOX = -lsqlite3 $(L_VERIFY)
L_OFFICER = $(L_VERIFY)
L_BACKUP = -lsqlite3 -lgfshare $(L_BASE)
L_WITNESS = $(L_HTTP) $(L_BASE)
L_GATEWAY = -lcurl $(L_VERIFY) $(L_HTTP)

A_BASE = $(B)/libbase.a
A_CLIENT = $(B)/libhsmclient.a $(A_BASE)
A_SIGNER = $(B)/libhsm.a $(A_BASE)
A_VERIFY = $(B)/libverify.a $(A_BASE)
A_LOG = $(B)/liblog.a $(A_VERIFY)
A_ISSUER = $(B)/libissuer.a $(B)/liblog.a $(B)/libverify.a $(B)/libca.a $(A_CLIENT)
A_REGISTRY = $(B)/libweb.a $(B)/libhttp.a $(A_ISSUER)
A_GATEWAY = $(B)/libgateway.a $(B)/libhttp.a $(A_LOG)
A_OFFICER = $(B)/libofficer.a $(A_VERIFY)
A_WITNESS = $(B)/libwitness.a $(B)/libhttp.a $(A_BASE)
A_VERIFIER = $(B)/libhttp.a $(B)/libverify.a $(B)/libca.a $(A_CLIENT)

EXES = fujie fujie-signer fujie-registry fujie-verifier fujie-verify fujie-gateway fujie-inbox fujie-witness fujie-log fujie-officer fujie-backup
BINS = $(addprefix $(B)/,$(EXES))
FUZZERS = $(patsubst tests/fuzz/%.c,$(B)/tests/%,$(TEST_FUZZ_SRC))
UNIT = $(patsubst tests/unit/%.c,$(B)/tests/%,$(TEST_UNIT_SRC))

LIBRARY = $(B)/libfujie-verify.a $(B)/libfujie-verify.so.0
all: $(BINS) $(LIBRARY)

help: ## print the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/:/' | sort

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "CC $<"; $(CC) $(CFLAGS) -c $< -o $@

# macros in this header name strncpy, which does not compile after base/banned.h
$(B)/obj/issuer/sheet/out.o $(B)/obj/issuer/report/xlsx.o: CFLAGS := -include xlsxwriter.h $(CFLAGS)
# GLib's headers lie in folders of their own, and name what does not compile after base/banned.h
I_PAGES := $(patsubst -I%,-isystem %,$(shell $(PKG) --cflags pangocairo 2>/dev/null))
$(B)/obj/issuer/report/pages.o $(B)/obj/issuer/report/pen.o $(B)/obj/issuer/report/formal.o: CFLAGS := $(I_PAGES) -include pango/pangocairo.h $(CFLAGS)

# the catalogues of the pages' texts as sorted tables
$(B)/gen/po_%.h: web/po/po.awk
	@mkdir -p $(@D)
	awk -f web/po/po.awk $(filter %.po,$^) >$@.1
	LC_ALL=C sort $@.1 | awk -F '\t' 'BEGIN { print "static const struct text texts_$*[] = {" } $$1 FS $$2 == last { print "twice: " $$2 >"/dev/stderr"; exit 1 } { last = $$1 FS $$2; printf "{\"%s\", \"%s\", \"%s\"},\n", $$1, $$2, $$3 } END { print "};" }' >$@.2
	mv $@.2 $@
$(B)/gen/po_zh.h: web/po/zh-CN.po
$(B)/gen/po_en.h: web/po/en.po
$(B)/obj/web/http/tr.o: $(B)/gen/po_zh.h $(B)/gen/po_en.h
$(B)/obj/web/http/tr.o: CFLAGS += -I$(B)

# files that are assembled into objects; the object follows the file
$(foreach o,$(call obj,$(INCBIN_SRC)),$(eval $(o): $(INCBIN_DATA)))

define lib
$(B)/lib$(1).a: $(call obj,$(2))
	@rm -f $$@
	ar rcsD $$@ $$^
endef
$(eval $(call lib,base,$(BASE_SRC)))
$(eval $(call lib,hsm,$(HSM_SRC)))
$(eval $(call lib,hsmclient,$(HSMCLIENT_SRC)))
$(eval $(call lib,ca,$(CA_SRC)))
$(eval $(call lib,verify,$(VERIFY_SRC)))
$(eval $(call lib,log,$(LOG_SRC)))
$(eval $(call lib,gateway,$(GATEWAY_SRC)))
$(eval $(call lib,officer,$(OFFICER_SRC)))
$(eval $(call lib,witness,$(WITNESS_SRC)))
$(eval $(call lib,issuer,$(ISSUER_SRC)))
$(eval $(call lib,http,$(HTTP_SRC)))
$(eval $(call lib,web,$(WEB_SRC)))

$(B)/fujie: $(call obj,$(CLI_SRC)) $(A_CLIENT)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_BASE)
$(B)/fujie-signer: $(call obj,hsm/main.c) $(A_SIGNER)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_SIGNER)
$(B)/fujie-registry: $(call obj,$(REGISTRY_SRC)) $(A_REGISTRY)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_REGISTRY)
$(B)/fujie-verifier: $(call obj,$(SERVICE_SRC)) $(A_VERIFIER)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_VERIFIER)
$(B)/fujie-verify: $(call obj,verifier/main.c) $(A_VERIFY)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_VERIFY)
$(B)/fujie-gateway: $(call obj,verifier/gateway/main.c) $(A_GATEWAY)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_GATEWAY)

# --- libfujie-verify for others: its own objects, position independent, nothing visible but fjv_* ---
L_LIBRARY = -lcrypto -lz -lsodium -ljansson
P_LIBRARY = libcrypto zlib libsodium jansson
pic = $(patsubst %.c,$(B)/pic/%.o,$(1))
$(B)/pic/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "CC $< (library)"; $(CC) $(filter-out -fPIE,$(CFLAGS)) -fPIC -fvisibility=hidden -c $< -o $@
$(B)/libfujie-verify.so.0: $(call pic,$(LIBRARY_SRC)) verifier/fujie-verify.map
	$(CC) -shared -Wl,-soname,$(@F) -Wl,--version-script=verifier/fujie-verify.map -Wl,-z,defs $(filter-out -pie,$(LDFLAGS)) -o $@ $(filter %.o,$^) $(L_LIBRARY)
	ln -sf $(@F) $(B)/libfujie-verify.so
# one object, so that what is hidden can be made local: a program may have names of its own
$(B)/libfujie-verify.a: $(call pic,$(LIBRARY_SRC))
	ld -r -o $(B)/pic/fujie-verify.o $^
	objcopy --localize-hidden $(B)/pic/fujie-verify.o
	@rm -f $@
	ar rcsD $@ $(B)/pic/fujie-verify.o

$(B)/fujie-inbox: $(call obj,$(INBOX_SRC)) $(A_VERIFY)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_INBOX)

$(B)/fujie-witness: $(call obj,verifier/witness/main.c) $(A_WITNESS)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_WITNESS)

$(B)/fujie-log: $(call obj,verifier/log/main.c) $(A_LOG)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_VERIFY)

$(B)/fujie-backup: $(call obj,$(BACKUP_SRC)) $(A_ISSUER)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_BACKUP)

$(B)/fujie-officer: $(call obj,officer/main.c) $(A_OFFICER)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_OFFICER)

# --- tests: test_<room>_<object>.c links what its room may ---
T_LIBS_base = $(A_BASE)
T_LINK_base = $(L_BASE)
T_LIBS_hsm = $(B)/libhsm.a $(B)/libca.a $(A_CLIENT)
T_LINK_hsm = $(L_SIGNER)
T_LIBS_ca = $(B)/libca.a $(A_BASE)
T_LINK_ca = $(L_VERIFY)
T_LIBS_ver = $(A_VERIFY)
T_LINK_ver = $(L_VERIFY)
T_LIBS_log = $(A_LOG)
T_LINK_log = $(L_VERIFY)
T_LIBS_gw = $(A_GATEWAY)
T_LINK_gw = $(L_GATEWAY)
T_LIBS_off = $(A_OFFICER)
T_LINK_off = $(L_OFFICER)
T_LIBS_wit = $(A_WITNESS)
T_LINK_wit = $(L_WITNESS)
T_LIBS_web = $(A_REGISTRY)
T_LINK_web = $(L_REGISTRY)
T_LIBS_iss = $(A_ISSUER)
T_LINK_iss = -lsqlite3 $(L_SHEET) $(L_PAGES) $(L_VERIFY)
room = $(word 2,$(subst _, ,$(1)))
define unit
$(B)/tests/$(1): $(call obj,tests/unit/$(1).c) $(T_LIBS_$(call room,$(1)))
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $(T_LINK_$(call room,$(1)))
endef
$(foreach t,$(patsubst tests/unit/%.c,%,$(TEST_UNIT_SRC)),$(eval $(call unit,$(t))))

# fuzz targets: the same libraries by room; the main is libFuzzer's or replay.c's
F_MAIN = $(if $(FUZZ),,$(call obj,tests/fuzz/replay.c))
F_ROOM_agreement = iss
F_ROOM_approval = off
F_ROOM_archive = base
F_ROOM_asset = base
F_ROOM_attest = ver
F_ROOM_audit = hsm
F_ROOM_backup = base
F_ROOM_bond = base
F_ROOM_bundle = ver
F_ROOM_card = iss
F_ROOM_claims = base
F_ROOM_conf = base
F_ROOM_crl = base
F_ROOM_csv = iss
F_ROOM_der = base
F_ROOM_form = web
F_ROOM_found_key = ca
F_ROOM_json = base
F_ROOM_jws = ver
F_ROOM_ledger = iss
F_ROOM_license = hsm
F_ROOM_limits = base
F_ROOM_log_proof = ver
F_ROOM_memory = hsm
F_ROOM_note = base
F_ROOM_number = iss
F_ROOM_ocsp = ca
F_ROOM_package = ver
F_ROOM_plan = base
F_ROOM_report = ver
F_ROOM_request = ca
F_ROOM_sheet = iss
F_ROOM_schema = iss
F_ROOM_search = iss
F_ROOM_sealed_ofd = iss
F_ROOM_sealed_pdf = iss
F_ROOM_signed = ver
F_ROOM_signer = hsm
F_ROOM_spare = base
F_ROOM_statement = iss
F_ROOM_text = base
F_ROOM_tar = gw
F_ROOM_tile = base
F_ROOM_transcript = ver
F_ROOM_use = ver
F_ROOM_verdict = ver
F_ROOM_x509 = base
F_ROOM_witness = wit
F_ROOM_xmltab = iss
froom = $(F_ROOM_$(patsubst fuzz_%,%,$(1)))
define fuzzer
$(B)/tests/$(1): $(call obj,tests/fuzz/$(1).c) $(F_MAIN) $(T_LIBS_$(call froom,$(1)))
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $(if $(FUZZ),-fsanitize=fuzzer) -o $$@ $$^ $(T_LINK_$(call froom,$(1)))
endef
$(foreach t,$(patsubst tests/fuzz/%.c,%,$(TEST_FUZZ_SRC)),$(eval $(call fuzzer,$(t))))

# --- what `make bench` measures against, and a TPM as slow as hardware ---
BENCHES = $(B)/tests/bench/limits $(B)/tests/bench/list $(B)/tests/bench/verify $(B)/tests/bench/http $(B)/tests/bench/log $(B)/tests/bench/slow/swtpm
$(B)/tests/bench/limits: $(call obj,tests/bench/limits.c) $(A_SIGNER)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_SIGNER) -lsqlite3
$(B)/tests/bench/list: $(call obj,tests/bench/list.c) $(T_LIBS_iss)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(T_LINK_iss)
$(B)/tests/bench/verify: $(call obj,tests/bench/verify.c) $(A_VERIFY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_VERIFY)
$(B)/tests/bench/http: $(call obj,tests/bench/http.c) $(A_BASE)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lmicrohttpd -lcrypto $(L_BASE)
$(B)/tests/bench/log: $(call obj,tests/bench/log.c) $(T_LIBS_iss)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(T_LINK_iss)
$(B)/tests/bench/slow/swtpm: $(call obj,tests/bench/slow_tpm.c) $(A_BASE)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_BASE)

# the tests' faults (tests/faults/fail.c), loaded into the roles by sweep_test.py
FAULTS = $(B)/tests/faults.so
$(FAULTS): tests/faults/fail.c Makefile
	@mkdir -p $(@D)
	$(CC) $(filter-out -fPIE -MMD -MP -D_FORTIFY_SOURCE=2,$(CFLAGS)) -fPIC -shared -o $@ $< -ldl

$(B)/tests/bench/scale: $(call obj,tests/bench/scale.c) $(T_LIBS_iss)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(T_LINK_iss)

# answers tests/model/scope_test.py
SCOPE_DRIVER = $(B)/tests/model/scope_driver
$(SCOPE_DRIVER): $(call obj,tests/model/scope_driver.c) $(A_VERIFY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_VERIFY)

# answers tests/model/money_test.py
MONEY_DRIVER = $(B)/tests/model/money_driver
$(MONEY_DRIVER): $(call obj,tests/model/money_driver.c) $(T_LIBS_iss)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(T_LINK_iss)

# answers tests/model/verdict_test.py
VERDICT_DRIVER = $(B)/tests/model/verdict_driver
$(VERDICT_DRIVER): $(call obj,tests/model/verdict_driver.c) $(A_VERIFY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(L_VERIFY)

# answer tests/integration/tamper_test.py
TAMPER_DRIVER = $(B)/tests/model/tamper_driver
$(TAMPER_DRIVER): $(call obj,tests/model/tamper_driver.c) $(T_LIBS_iss)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(T_LINK_iss)
UPGRADE_DRIVER = $(B)/tests/model/upgrade_driver
$(UPGRADE_DRIVER): $(call obj,tests/model/upgrade_driver.c) $(T_LIBS_iss)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(T_LINK_iss) -ldl
SIGNER_DRIVER = $(B)/tests/model/signer_driver
$(SIGNER_DRIVER): $(call obj,tests/model/signer_driver.c) $(T_LIBS_hsm)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(T_LINK_hsm)
# answers tests/conformance/fido2_test.py; nothing else links libfido2
FIDO2_DRIVER = $(B)/tests/conformance/fido2_driver
$(FIDO2_DRIVER): $(call obj,tests/conformance/fido2_driver.c) $(T_LIBS_hsm)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ -lfido2 $(T_LINK_hsm)
DRIVERS = $(SCOPE_DRIVER) $(MONEY_DRIVER) $(VERDICT_DRIVER) $(TAMPER_DRIVER) $(SIGNER_DRIVER) $(FIDO2_DRIVER) $(UPGRADE_DRIVER)

unit: $(UNIT) ## unit tests
	@tests/run.sh unit $(B)

.PHONY: all help unit run quick check conformance e2e screenshots integration model tamper soak sweep bench bench-scale cov lint san san-tests \
	fuzz fuzzers routes statement upgrade-sweep pages install uninstall install-lib deb package-test dist clean deps deps-full

run: deps ## build, make a demo home under build/, serve it
	@$(MAKE) --no-print-directory all
	@tests/demo-run.sh $(B)

quick: ## build, lint without the slow checkers, unit tests (under 60 s)
	@$(MAKE) --no-print-directory -j2 all pages $(UNIT)
	@tests/run.sh quick $(B)

check: deps ## everything but the long targets (some twenty minutes on two cores); STRICT=1: a skip fails
	@$(MAKE) --no-print-directory -j2 all pages $(UNIT) $(DRIVERS) $(FAULTS) $(BENCHES) $(B)/tests/bench/scale # benches: that they build
	@STRICT=$(STRICT) tests/run.sh check $(B)

lint: all pages ## layers, links, function length, banned calls, header contracts, SQL outside the store
	@tests/run.sh lint $(B)
integration: all $(DRIVERS) $(FAULTS) $(B)/tests/bench/slow/swtpm ## tests on the whole appliance with a software TPM
	@tests/run.sh integration $(B)
conformance: all $(FIDO2_DRIVER) ## openssl, gnutls, jose and libfido2 as independent clients
	@tests/run.sh conformance $(B)
FULL ?= 0
e2e: all ## the portal in a real browser (installs chromium, node and npm packages); FULL=1: axe-core on every page in every way
	@tests/deps.sh e2e
	@FULL=$(FULL) tests/run.sh e2e $(B)
screenshots: all ## every page in both languages at two widths under build/shots, and the manual's pictures
	@tests/deps.sh e2e
	@node tests/e2e/shots.js $(B)
san-tests: $(UNIT) $(FUZZERS)
san: ## unit tests under Address and UB sanitizers
	@$(MAKE) --no-print-directory -j2 SAN=1 unit
cov: ## lines that the unit tests and the fuzzers' corpus reach, by room
	@$(MAKE) --no-print-directory -j2 COV=1 BUILD=build/cov san-tests >/dev/null
	@tests/run.sh unit build/cov >/dev/null && tests/fuzz/run.sh replay build/cov >/dev/null
	@tests/cov.sh build/cov
MOVES ?= 100000
PAIRS ?= 1000000
CASES ?= 1000000
BOOKINGS ?= 1500
VERDICTS ?= 100000
SEED ?= 1
model: all $(DRIVERS) $(B)/tests/test_base_tlog ## MOVES (100000), PAIRS of scopes (1000000), CASES (1000000) and BOOKINGS (1500) of money, VERDICTS (100000), of SEED (1), compared with tests/model
	@python3 tests/model/test_model.py
	@python3 tests/model/test_tlog.py && EVERY=1 $(B)/tests/test_base_tlog
	@PAIRS=$(PAIRS) SEED=$(SEED) python3 tests/model/scope_test.py $(B)
	@python3 tests/model/test_verdict.py
	@VERDICTS=$(VERDICTS) SEED=$(SEED) python3 tests/model/verdict_test.py $(B)
	@CASES=$(CASES) SEED=$(SEED) python3 tests/model/money_test.py $(B)
	@BOOKINGS=$(BOOKINGS) SEED=$(SEED) python3 tests/model/money_home.py $(B)
	@MOVES=$(MOVES) SEED=$(SEED) python3 tests/model/drive.py $(B)
TAMPERINGS ?= 10000
tamper: all $(DRIVERS) ## TAMPERINGS (10000) of register, public log and signer's log, by SEED (1): every one is found, at its place
	@TAMPERINGS=$(TAMPERINGS) SEED=$(SEED) python3 tests/integration/tamper_test.py $(B)
bench: all $(BENCHES) $(B)/tests/bench/scale ## the numbers of design section 7, with their ratios
	@python3 tests/bench/bench.py $(B)
N ?= 1000000
bench-scale: $(B)/tests/bench/scale ## lists, search and show with N assets (1,000,000) beside 10,000; some minutes, some GB
	@d=$$(mktemp -d $(B)/scale-XXXXXX) && trap 'rm -rf "$$d"' EXIT && $(B)/tests/bench/scale "$$d" 10000 $(N)
FUZZ_SECONDS ?= 60
fuzz: ## each parser of outside data under libFuzzer for FUZZ_SECONDS (60); FUZZ_ONLY="der json" for some
	@if clang -fsanitize=fuzzer,address,undefined -x c -c /dev/null -o /dev/null 2>/dev/null && \
		ls "$$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer-*.a >/dev/null 2>&1; then \
		$(MAKE) --no-print-directory FUZZ=1 BUILD=build/fuzz fuzzers && \
		tests/fuzz/run.sh fuzz build/fuzz $(FUZZ_SECONDS) $(FUZZ_ONLY); \
	else echo "skipped: clang with libFuzzer is absent (make deps-full)"; fi
fuzzers: $(FUZZERS)
soak: all $(BENCHES) ## kill -9 at every write of a batch of 200, and 50 times at random (half an hour); 70,000 signatures beside a guest in the TPM
	POINTS=all ANYWHERE=50 python3 tests/integration/kill_test.py $(B)
	ROWS=guest python3 tests/bench/bench.py $(B)
POINTS ?= all
ONLY ?=
sweep: all $(FAULTS) ## each kind of call of each role fails, at every one of a short course (hours); POINTS=200: at so many of each; ONLY="signer sync"
	@POINTS=$(POINTS) ONLY="$(ONLY)" python3 tests/integration/sweep_test.py $(B)
MEMORY ?= 997
upgrade-sweep: all $(UPGRADE_DRIVER) ## the register's upgrade with a fault at each system call (disk full from there on, error, kill) and at every MEMORYth (997) allocation; half an hour
	@CALLS=1 MEMORY=$(MEMORY) python3 tests/integration/upgrade_test.py $(B)
statement: all ## docs/practice-statement.md anew: the practice statement of no home
	@d=$$(mktemp -d) && $(B)/fujie demo --dir "$$d/h" --no-serve >/dev/null && $(B)/fujie ceremony statement --dir "$$d/h" --model >docs/practice-statement.md; r=$$?; rm -rf "$$d"; exit $$r

routes: all ## print the route tables
	@$(B)/fujie-registry --routes && $(B)/fujie-verifier --routes && $(B)/fujie-gateway --routes && $(B)/fujie-witness --routes

# --- pages, completion, installing ---
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
LOCALSTATEDIR ?= /var
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= $(PREFIX)/lib/systemd/system
PLACES = B='$(B)' DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' LOCALSTATEDIR='$(LOCALSTATEDIR)' UNITDIR='$(UNITDIR)' LIBDIR='$(LIBDIR)' REQUIRES='$(P_LIBRARY)'
PAGES = $(B)/man/formats.stamp $(B)/man/fujie-commands.7 $(B)/completion/fujie
$(B)/man/formats.stamp: docs/man/make_pages.py docs/man/formats.tsv docs/formats.md
	python3 docs/man/make_pages.py formats $(B)/man
	@touch $@
$(B)/man/commands.tsv: $(B)/fujie-registry
	@mkdir -p $(@D)
	$(B)/fujie-registry --commands >$@
$(B)/man/fujie-commands.7: $(B)/man/commands.tsv docs/man/make_pages.py
	python3 docs/man/make_pages.py commands $(B)/man <$<
TOOLS = fujie-verify fujie-officer fujie-gateway
$(B)/completion/fujie: $(B)/man/commands.tsv $(B)/fujie $(addprefix $(B)/,$(TOOLS)) docs/man/make_pages.py system/completion.bash
	{ cat $<; echo; echo '=== usage'; $(B)/fujie help; for t in $(TOOLS); do echo; echo "=== tool $$t"; $(B)/$$t --help; done; } | python3 docs/man/make_pages.py completion $(B)/completion
pages: $(PAGES) ## manual pages and shell completion that are made from the sources

install: all $(PAGES) ## everything to $(DESTDIR)$(PREFIX), SYSCONFDIR (/etc), LOCALSTATEDIR (/var); units to UNITDIR
	@$(PLACES) system/install.sh install APPLIANCE
uninstall: ## what `make install` made, with the same variables
	@$(PLACES) system/install.sh uninstall APPLIANCE
	@$(PLACES) system/install.sh uninstall LIBRARY
install-lib: $(LIBRARY) ## libfujie-verify: header, libraries, pkg-config, manual, example to $(DESTDIR)$(PREFIX)
	@$(PLACES) system/install.sh install LIBRARY
deb: ## Debian packages under build/deb (debhelper; offline)
	@system/deb.sh $(B)
package-test: ## the packages in a fresh Debian: install, upgrade, remove, purge (debootstrap, root; some minutes)
	@tests/package.sh $(B)

dist: ## a source archive under build/
	git archive --format=tar.gz --prefix=fujie/ -o $(B)/fujie.tar.gz HEAD
clean: ## remove the build folder
	rm -rf build

deps: ## install missing Debian packages needed to build and run
	@tests/deps.sh base
deps-full: ## the same with every tool that the tests use
	@tests/deps.sh full

-include $(shell find $(B)/obj $(B)/pic -name '*.d' 2>/dev/null)
