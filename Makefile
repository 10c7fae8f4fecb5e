# gaol: `make help` lists the targets. Everything is built below build/.
PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
SHAREDIR   ?= $(PREFIX)/share/gaol
SYSCONFDIR ?= /etc
SYSTEMDDIR ?= $(PREFIX)/lib/systemd

VERSION    := 0.1.0
CC         ?= gcc
B          ?= build
JOBS       ?= $(shell nproc)
PKGS       := libnftnl libmnl libpcre2-8 libconfig libevent_core sqlite3 \
              jansson libmd
# The journal, where libsystemd is (make SYSTEMD= to do without).
SYSTEMD    ?= $(shell pkg-config --exists 'libsystemd >= 246' && echo libsystemd)
# Packed logs for gaol regex: what is there (make PACKERS= to do without).
PACKERS    ?= $(foreach p,zlib liblzma libzstd,$(shell pkg-config --exists $p && echo $p))
# Country and network of addresses, where libmaxminddb is.
MAXMINDDB  ?= $(shell pkg-config --exists libmaxminddb && echo libmaxminddb)
PKGS       += $(SYSTEMD) $(PACKERS) $(MAXMINDDB)
# Asked once, and not before `make deps` had its turn.
once        = $(eval $1 := $2)$($1)
PKG_CFLAGS  = $(call once,PKG_CFLAGS,$(shell pkg-config --cflags $(PKGS)) \
              $(if $(SYSTEMD),-DGAOL_JOURNAL) $(if $(MAXMINDDB),-DGAOL_MAXMINDDB) \
              $(if $(filter zlib,$(PACKERS)),-DGAOL_ZLIB) \
              $(if $(filter liblzma,$(PACKERS)),-DGAOL_LIBLZMA) $(if $(filter libzstd,$(PACKERS)),-DGAOL_LIBZSTD))
PKG_LIBS    = $(call once,PKG_LIBS,$(shell pkg-config --libs $(PKGS)))
CFLAGS     ?= -O2 -g
WARN       := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
              -Wformat=2 -Wvla $(if $(WERROR),-Werror)
STRICT     := -Wconversion
HARDEN     ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
ALL_CFLAGS  = -std=c17 -D_GNU_SOURCE -Isrc $(PKG_CFLAGS) -pthread $(WARN) \
              -DGAOL_VERSION='"$(VERSION)"' -DGAOL_SHARE='"$(SHAREDIR)"' \
              $(HARDEN) $(CFLAGS)
ALL_LIBS    = -Wl,--as-needed $(PKG_LIBS) -lm -lresolv -pthread
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)

ROOMS      := base config match source jail firewall action store control \
              access process tools
LIB_SRC    := $(sort $(wildcard $(ROOMS:%=src/%/*.c)))
LIB_OBJ    := $(LIB_SRC:src/%.c=$(B)/obj/%.o)
PROGRAMS   := $(B)/gaold $(B)/gaol
LINKS      := $(B)/fail2ban-client $(B)/fail2ban-regex $(B)/fail2ban-server
UNIT_SRC   := $(sort $(wildcard tests/unit/test_*.c))
GOLDEN_SRC := $(sort $(wildcard tests/unit/*_rw.c))
FUZZ_SRC   := $(sort $(wildcard tests/fuzz/fuzz_*.c))
ifeq ($(V),)
Q := @
say = @echo '  $(1)	$(2)'
endif

all: $(PROGRAMS) $(LINKS)           ## build the programs (default)

$(B)/gaold $(B)/gaol: $(B)/%: $(B)/obj/%.o $(B)/libgaol.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)
$(B)/fail2ban-server: $(B)/gaold
	$(Q)ln -sf gaold $@
$(B)/fail2ban-client $(B)/fail2ban-regex: $(B)/gaol
	$(Q)ln -sf gaol $@
$(B)/libgaol.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
# Sizes and signs are checked where arithmetic meets the wire.
$(B)/obj/base/%.o $(B)/obj/match/%.o $(B)/obj/process/%.o: ALL_CFLAGS += $(STRICT)
$(B)/obj/%.o: src/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: own object tree (B=build/asan CFLAGS=…), one program a module.
$(B)/unit/%: tests/unit/%.c $(B)/libgaol.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -MMD -MP -MF $@.d $(ALL_LDFLAGS) \
	    -o $@ $< $(B)/libgaol.a $(ALL_LIBS) -lcmocka
unit-programs: $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
# What golden tests drive beside fail2ban's own code.
golden-programs: $(GOLDEN_SRC:tests/unit/%.c=$(B)/unit/%)
$(B)/fuzz/%: tests/fuzz/%.c $(B)/libgaol.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer $(ALL_LDFLAGS) -o $@ $< \
	    $(B)/libgaol.a $(ALL_LIBS)
$(B)/bench/%: bench/%.c $(B)/libgaol.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LIBS)
fuzz-programs: $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)

SAN        := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all \
              -fno-omit-frame-pointer
ASAN_MAKE   = $(MAKE) --no-print-directory B=build/asan HARDEN=-fPIE CFLAGS='$(SAN)'
FUZZ_MAKE   = $(MAKE) --no-print-directory B=build/fuzz CC=clang HARDEN=-fPIE \
              CFLAGS='$(SAN) -fsanitize=fuzzer-no-link'

deps:                               ## install what a build needs, if missing
	$(Q)tests/deps.sh build
deps-test: deps
	$(Q)tests/deps.sh test
unit:                               ## unit tests under ASan and UBSan
	$(Q)$(ASAN_MAKE) unit-programs
	$(Q)tests/run.sh unit
check: deps-test                    ## every test (needs root, installs its tools)
	$(Q)$(MAKE) --no-print-directory check-built
# Warnings of gcc fail the first build, those of clang the last.
check-built:
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) WERROR=1 all
	$(Q)$(ASAN_MAKE) -j$(JOBS) unit-programs
	$(Q)$(FUZZ_MAKE) -j$(JOBS) WERROR=1 fuzz-programs build/fuzz/gaold build/fuzz/gaol
	$(Q)tests/run.sh unit fuzz golden system layers
soak: deps-test all                 ## the long runs of the same tests
	$(Q)$(ASAN_MAKE) unit-programs
	$(Q)SOAK=1 tests/run.sh unit golden system
fuzz: deps-test                     ## fuzz each parser, SECONDS=600 each
	$(Q)$(FUZZ_MAKE) fuzz-programs
	$(Q)FUZZ_SECONDS=$(or $(SECONDS),600) tests/run.sh fuzz
golden-update: all                  ## rewrite the expected files of golden tests
	$(Q)GOLDEN_UPDATE=1 tests/run.sh golden
bench: deps-test all $(B)/bench/together $(B)/bench/accesses ## measure, beside the installed fail2ban
	$(Q)bench/run.sh
demo: deps                          ## the main job in its own namespaces
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)tests/demo.sh
run: deps all                       ## foreground, this machine's logs (FIREWALL=1: bans)
	$(Q)tests/run-here.sh
man: all                            ## man pages made from tables
	$(Q)$(B)/gaol options --man >man/gaol-options.5
layers:                             ## includes point one way only
	$(Q)tests/layers.sh
format:                             ## clang-format over the sources
	$(Q)clang-format -i $$(git ls-files 'src/*.[ch]' 'tests/*.[ch]')
INSTALL     = B='$(B)' SBINDIR='$(SBINDIR)' BINDIR='$(BINDIR)' MANDIR='$(MANDIR)' \
              SHAREDIR='$(SHAREDIR)' SYSCONFDIR='$(SYSCONFDIR)' COMPAT='$(COMPAT)' \
              SYSTEMDDIR='$(SYSTEMDDIR)' DESTDIR='$(DESTDIR)' dist/install.sh
install: all                        ## PREFIX, DESTDIR; COMPAT=1: fail2ban's names
	$(INSTALL) install
uninstall:                          ## what install made; configuration stays
	$(INSTALL) uninstall
clean:                              ## remove build/
	rm -rf build
help:                               ## this list
	$(Q)sed -n 's/^\([a-z-]*\):.*## */\1	/p' Makefile | expand -t 16

.PHONY: all unit-programs golden-programs fuzz-programs deps deps-test unit \
	check check-built soak fuzz golden-update bench demo run man layers \
	format install uninstall clean help
.SECONDARY:
-include $(LIB_OBJ:.o=.d) $(B)/obj/gaold.d $(B)/obj/gaol.d \
	$(wildcard $(B)/unit/*.d)
