/*
 * A guest of a few KB that keeps the rumprun contract without drivers. What it does is told by its environment:
 *   TEST=halt|panic|exit:N|poweroff|hang|silent   how it ends instead of becoming ready (hang, silent: it never says)
 *   TEST=trap|crash|quote                         a processor fault's line; a crash told to a pvpanic device; a panic's line, and it goes on
 *   READY_AFTER=TICKS                             ticks of 10 ms before that
 *   THEN=halt|panic|exit:N|poweroff               what it does after it became ready
 *   THEN_AFTER=TICKS                              ticks of 10 ms before that
 *   ACPI=on                                       the power button ends it; else it is ignored, as rumprun does
 */
#include "config.h"
#include "machine.h"

#define LOADED_BY_MULTIBOOT 0x2BADB002
#define HAS_COMMAND_LINE 0x4
#define HAS_MODULES 0x8

struct multiboot_info { uint32_t flags, memory_lower, memory_upper, boot_device, command_line, modules, module_list; };
struct module { uint32_t start, end, name, reserved; };

/* What rumprun kernels for hardware are known by. */
#ifdef VARIANT_RAW
static const char banner[] = "test kernel: bare\n";
#else
static const char banner[] = "rump kernel bare metal bootstrap\n\n";
__attribute__((used, section("link_set_rump_components"))) static const void *const component = banner;
#endif
#ifdef VARIANT_XEN
__attribute__((used, section("__xen_guest"))) static const char xen_guest[] = "GUEST_OS=rumprun,XEN_VER=xen-3.0,LOADER=generic";
__attribute__((used, section(".note.rumpkernel"))) static const struct { uint32_t namesz, descsz, type; char name[16]; } note =
    { sizeof "rumpkernel.org", 0, 1, "rumpkernel.org" };
#endif

static char text[CONFIG_SIZE];
static struct config config;
static const char *source = "nowhere";
/* Where on its medium the command line says that the configuration is; NULL: it does not. */
static const char *on_medium;

static void panic(const char *why)
{
    print("panic: %s\nhalted\n", why);
    halt();
}

static void copy_config(const char *from, uint32_t length, uint32_t limit)
{
    if (length >= limit)
        panic("command line too long, increase BMK_MULTIBOOT_CMDLINE_SIZE");
    for (uint32_t i = 0; i < length; i++)
        text[i] = from[i];
    text[length] = 0;
}

static void find_config(const struct multiboot_info *info)
{
    if (info->flags & HAS_MODULES && info->modules) {
        const struct module *module = (const struct module *)info->module_list;

        source = "module";
        copy_config((const char *)module->start, module->end - module->start, CONFIG_SIZE - 1);
    } else if (info->flags & HAS_COMMAND_LINE) {
        const char *line = (const char *)info->command_line;
        uint32_t length = 0;

        while (line[length])
            length++;
        source = "command line";
        copy_config(line, length, CONFIG_SIZE);
        for (const char *at = text; *at && !on_medium; at++)
            on_medium = after(at, "_RUMPRUN_ROOTFSCFG=");
    }
}

static void show(const char *label, const char *value)
{
    if (value)
        print(" %s=%s", label, value);
}

static void print_config(void)
{
    print("test kernel: configured by %s\n", source);
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
        power_off();
    if (equal(how, "crash"))
        outb(0x505, 1);
    if (equal(how, "trap")) {
        print("FATAL TRAP: page fault at 0x0000000000000000 (rip 0x0000000000100abc)\n");
        halt();
    }
    if (equal(how, "quote")) {
        print("panic: this is only quoted\n");
        for (;;)
            wait_ticks(1);
    }
    if (status)
        print("\n=== main() of \"%s\" returned %u ===\n", config.argv[0], number(status));
    if (status || equal(how, "halt")) {
        print("halted\n");
        halt();
    }
}

static void wait_env(const char *name)
{
    const char *count = config_env(&config, name);

    wait_ticks(count ? number(count) : 0);
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
    if (acpi && equal(acpi, "on")) {
        wait_power_button();
        print("power button\n");
        power_off();
    }
    halt();
}

void kernel_main(uint32_t magic, const struct multiboot_info *info)
{
    const char *test;

    if (magic != LOADED_BY_MULTIBOOT)
        panic("not loaded by multiboot");
    interrupts_init();
    find_config(info);
#ifdef VARIANT_RAW
    print("test kernel: command line %s\n", text);
    config_words(text, &config);
#else
    /* The real one mounts its medium now. This one has no drivers: it says what it was told, and goes on with nothing. */
    if (!on_medium)
        config_parse(text, &config);
#endif
    test = config_env(&config, "TEST");
    console_silent = test && equal(test, "silent");
    print("%s", banner);
    if (config.error && config.crashes)
        panic(config.error);
    if (config.error) {
        print("rumprun: %s \"%s\"\n\n=== bootstrap failed\nhalted\n", config.error, config.word);
        halt();
    }
    if (on_medium)
        print("test kernel: told to read %s on its medium\n", on_medium);
    else
        print_config();
    run();
}
