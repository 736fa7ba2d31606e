/*
 * A guest that keeps Unikraft's contract: its marks, the splitting of its command line, its parameters, and how it ends.
 * After its banner it prints each parameter, variable and argument, and the start of its initrd. TEST=crash|exit|init in its
 * environment tells how it ends; without, it runs on and ignores the power button.
 */
#include "machine.h"

#define HAS_COMMAND_LINE 0x4
#define HAS_MODULES 0x8
#define LINE_SIZE 4096
#define MAX_WORDS 60

struct multiboot_info { uint32_t flags, memory_lower, memory_upper, boot_device, command_line, modules, module_list; };
struct module { uint32_t start, end, name, reserved; };

/* .uk_libinfo: one entry for each library, with one record, its name. */
#define LIBRARY(id, text)                                                                                                \
    __attribute__((used, aligned(1), section(".uk_libinfo"))) static const struct {                                                  \
        uint32_t length; uint16_t version, type; uint32_t record; char name[sizeof text];                                \
    } __attribute__((packed)) library_##id = { 12 + sizeof text, 1, 1, 6 + sizeof text, text }
LIBRARY(platform, "libkvmplat");
LIBRARY(network, "libvirtio_net");
LIBRARY(lwip, "liblwip");
LIBRARY(cpio, "libukcpio");

/* .uk_libparam_params: pointers and numbers of 64 bits. */
struct parameter {
    const char *prefix; uint32_t p; const char *name; uint32_t n; const char *description; uint32_t d;
    uint32_t type, padding, count, c, address, a, data, e;
};
#define PARAMETER(id, prefix, name, count)                                                                               \
    __attribute__((used, aligned(8), section(".uk_libparam_params"))) static const struct parameter parameter_##id =                 \
        { prefix, 0, name, 0, name, 0, 10, 0, count, 0, 0, 0, 0, 0 }
PARAMETER(ip, "netdev", "ip", 4);
PARAMETER(vars, "env", "vars", 8);
PARAMETER(fstab, "vfs", "fstab", 16);
static const struct parameter *const parameters[] = { &parameter_ip, &parameter_vars, &parameter_fstab };
static unsigned given[3];

static char line[LINE_SIZE];
static char *word[MAX_WORDS];
static unsigned words;
static const char *test = "";

/* Splits in place: blanks divide, either quote groups within a word, a backslash outside single quotes is special. */
static void split(char *from)
{
    char *to = line, quote = 0;
    int within = 0;

    for (; *from; from++) {
        if (!quote && *from == ' ') {
            if (within)
                *to++ = 0;
            within = 0;
            continue;
        }
        if ((*from == '\'' || *from == '"') && (!quote || quote == *from)) {
            quote = quote ? 0 : *from;
            continue;
        }
        if (!within) {
            if (words == MAX_WORDS)
                return;
            word[words++] = to;
            within = 1;
        }
        if (*from == '\\' && quote != '\'' && from[1] && (!quote || from[1] == '"' || from[1] == '\\'))
            from++;
        *to++ = *from;
    }
    *to = 0;
}

/* Takes one parameter; what is not known, and what is too many, is ignored without a word. */
static void take(const char *text)
{
    for (unsigned i = 0; i < 3; i++) {
        const char *rest = after(text, parameters[i]->prefix);
        const char *value;

        rest = rest ? after(rest, ".") : NULL;
        rest = rest ? after(rest, parameters[i]->name) : NULL;
        value = rest ? after(rest, "=") : NULL;
        if (!value || given[i]++ >= parameters[i]->count)
            continue;
        print("%s.%s %s\n", parameters[i]->prefix, parameters[i]->name, value);
        if (i == 1 && after(value, "TEST="))
            test = after(value, "TEST=");
    }
}

static unsigned separator(void)
{
    for (unsigned i = 2; i < words; i++)
        if (equal(word[i], "--"))
            return i;
    return 0;
}

void kernel_main(uint32_t magic, const struct multiboot_info *info);

void kernel_main(uint32_t magic, const struct multiboot_info *info)
{
    unsigned last;

    (void)magic;
    interrupts_init();
    if (info->flags & HAS_COMMAND_LINE)
        split((char *)info->command_line);
    last = separator();
    for (unsigned i = 1; i < last; i++)
        take(word[i]);
    if (equal(test, "init")) {
        print("[    0.000000] ERR:  [libukboot] <boot.c @  290> Init function at 0x10bc80 returned error -22\n");
        power_off();
    }
    if (info->flags & HAS_MODULES && info->modules) {
        const char *start = (const char *)((const struct module *)info->module_list)->start;
        char head[7] = { start[0], start[1], start[2], start[3], start[4], start[5], 0 };

        print("initrd %s\n", head);
    }
    print("Powered by Unikraft (test kernel)\n");
    print("argv[0] %s\n", words ? word[0] : "");
    for (unsigned i = last + 1; i < words; i++)
        print("argv[%u] %s\n", i - last, word[i]);
    if (equal(test, "crash")) {
        print("[    0.100000] CRIT: [libkvmplat] <traps.c @  93> page fault at linear address 0x0\n");
        print("[    0.100000] CRIT: [libkvmplat] <traps.c @  98> Crashing\n");
        outb(0x505, 1);
        power_off();
    }
    if (equal(test, "exit"))
        power_off();
    print("test kernel ready\n");
    halt();
}
