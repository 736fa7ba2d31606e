/*
 * A Xen guest of a few KB that keeps the rumprun contract without drivers. It takes its configuration from the xenstore
 * key rumprun/cfg; without one, NAME=VALUE words of its command line are its environment, which tells what it does:
 *   TEST=halt|panic|exit:N|poweroff|reboot|hang|silent   how it ends instead of becoming ready (hang, silent: it never says)
 *   READY_AFTER=TICKS                                    ticks of 10 ms before that
 *   THEN=halt|panic|exit:N|poweroff|reboot               what it does after it became ready
 *   THEN_AFTER=TICKS                                     ticks of 10 ms before that
 *   ACPI=on                                              control/shutdown ends it; else it is ignored, as rumprun does
 * Where a machine would stand still, a domain ends: by SHUTDOWN_crash after a panic, by SHUTDOWN_poweroff else.
 */
#include "guest.h"
#include "../kernel/config.h"

#define CONFIG_KEY "rumprun/cfg"
#define SHUTDOWN_KEY "control/shutdown"

static const char banner[] = "rump kernel on Xen: test kernel\n\n";
__attribute__((used, section("link_set_rump_components"))) static const void *const component = banner;

static char text[VALUE_SIZE + 1], shown[VALUE_SIZE + 1], words[MAX_GUEST_CMDLINE];
static struct config config;

static void __attribute__((noreturn)) panic(const char *why)
{
    print("panic: %s\nhalted\n", why);
    shutdown(SHUTDOWN_crash);
}

static void __attribute__((noreturn)) halt(void)
{
    print("halted\n");
    shutdown(SHUTDOWN_poweroff);
}

static unsigned count(const char *folder)
{
    int length = store_list(folder, shown);
    unsigned names = 0;

    for (int at = 0; at < length; at++)
        names += !shown[at];
    return names;
}

static void show(const char *label, const char *value)
{
    if (value)
        print(" %s=%s", label, value);
}

static void print_config(void)
{
    if (config.hostname)
        print("hostname %s\n", config.hostname);
    for (unsigned i = 0; i < config.envs; i++)
        print("env %s\n", config.env[i]);
    for (unsigned i = 0; i < config.blks; i++) {
        print("blk");
        show("source", config.blk[i].source), show("path", config.blk[i].path);
        show("fstype", config.blk[i].fstype), show("mountpoint", config.blk[i].mountpoint);
        print("\n");
    }
    for (unsigned i = 0; i < config.nets; i++) {
        print("net");
        show("if", config.net[i].name), show("cloner", config.net[i].cloner), show("type", config.net[i].type);
        show("method", config.net[i].method), show("addr", config.net[i].address), show("mask", config.net[i].mask);
        show("gw", config.net[i].gateway);
        print("\n");
    }
    for (unsigned i = 0; i < config.argc; i++)
        print("argv[%u] %s\n", i, config.argv[i]);
}

/* Ends as told; returns only where that is not an end. */
static void end(const char *how)
{
    const char *status = after(how, "exit:");

    if (equal(how, "panic"))
        panic("as told by the test");
    if (equal(how, "poweroff"))
        shutdown(SHUTDOWN_poweroff);
    if (equal(how, "reboot"))
        shutdown(SHUTDOWN_reboot);
    if (status)
        print("\n=== main() of \"%s\" returned %u ===\n", config.argc ? config.argv[0] : "", number(status));
    if (status || equal(how, "halt"))
        halt();
}

static void wait_env(const char *name)
{
    const char *ticks = config_env(&config, name);

    wait_ticks(ticks ? number(ticks) : 0);
}

/* As docs/misc/xenstore-paths in Xen's sources has it: the guest empties the key when it begins. */
static void wait_shutdown(void)
{
    store_watch(SHUTDOWN_KEY);
    for (;; store_wait()) {
        if (store_read(SHUTDOWN_KEY, text) <= 0)
            continue;
        store_write(SHUTDOWN_KEY, "");
        print("control/shutdown %s\n", text);
        shutdown(equal(text, "reboot") ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
    }
}

static void run(void)
{
    const char *test = config_env(&config, "TEST"), *then = config_env(&config, "THEN"), *acpi = config_env(&config, "ACPI");

    print("\n=== calling \"%s\" main() ===\n\n", config.argc ? config.argv[0] : "");
    wait_env("READY_AFTER");
    if (test)
        end(test);
    else
        print("test kernel ready\n");
    if (then) {
        wait_env("THEN_AFTER");
        end(then);
    }
    if (acpi && equal(acpi, "on"))
        wait_shutdown();
    stay();
}

void kernel_main(const struct start_info *info)
{
    int length;
    const char *test;

    guest_init(info);
    console_init(info);
    store_init(info);
    length = store_read(CONFIG_KEY, text);
    memcpy(shown, text, sizeof shown);
    if (length >= 0) {
        config_parse(text, &config);
    } else {
        memcpy(words, info->cmd_line, sizeof words - 1);
        config_words(words, &config);
    }
    test = config_env(&config, "TEST");
    console_silent = test && equal(test, "silent");
    print("%s", banner);
    print("test kernel: command line %s\n", (const char *)info->cmd_line);
    print("test kernel: configured by %s\n", length >= 0 ? "xenstore" : "command line");
    if (length >= 0)
        print("test kernel: " CONFIG_KEY " %s\n", shown);
    print("memory %u KiB, vcpus %u\n", (unsigned)info->nr_pages * 4, count("cpu"));
    print_devices();
    if (config.error && config.crashes)
        panic(config.error);
    if (config.error) {
        print("rumprun: %s \"%s\"\n\n=== bootstrap failed\n", config.error, config.word);
        halt();
    }
    print_config();
    run();
}
