/*
 * A guest that keeps the contract of Solo5's virtio target: its notes, the list of devices that it declares (two disks and
 * two interfaces, in an order that mixes them), one text whose first word is skipped, and how it ends. A first argument of
 * exit:N or abort tells how; without, it runs on and ignores the power button.
 */
#include "machine.h"

#define HAS_COMMAND_LINE 0x4

struct multiboot_info { uint32_t flags, memory_lower, memory_upper, boot_device, command_line; };

#define NET 2u
#define BLOCK 1u
#define RESERVED (1u << 30)

struct entry { char name[68]; uint32_t type; uint8_t tender[32]; };

__attribute__((used, aligned(4), section(".note.solo5.abi"))) static const struct {
    uint32_t name_size, size, type; char owner[8]; uint32_t target, version;
} abi = { 6, 8, 0x31494241, "Solo5", 3, 1 };

__attribute__((used, aligned(4), section(".note.solo5.manifest"))) static const struct {
    uint32_t name_size, size, type; char owner[8]; uint32_t padding, version, entries; struct entry entry[5];
} manifest = { 6, 12 + 5 * sizeof(struct entry), 0x3154464d, "Solo5", 0, 1, 5,
               { { "", RESERVED, { 0 } }, { "front", NET, { 0 } }, { "storage", BLOCK, { 0 } }, { "back", NET, { 0 } },
                 { "cache", BLOCK, { 0 } } } };

static uint32_t pci_read(unsigned device, unsigned reg)
{
    outl(0xcf8, 0x80000000u | device << 11 | reg);
    return inl(0xcfc);
}

static void refuse(const char *why)
{
    print("Solo5: ABORT: %s\n", why);
    power_off();
    halt();
}

/* Gives each virtio card in PCI order to the next declared device, as the real guest does. */
static void attach(void)
{
    unsigned next = 1;

    for (unsigned device = 0; device < 32; device++) {
        uint32_t id = pci_read(device, 0);
        uint32_t type = id == 0x10001af4 ? NET : id == 0x10011af4 ? BLOCK : 0;

        if (!type)
            continue;
        if (next == manifest.entries || manifest.entry[next].type != type)
            refuse("virtio: devices do not match the manifest");
        print("device %s\n", manifest.entry[next++].name);
    }
    if (next != manifest.entries)
        refuse("virtio: not all devices of the manifest were found");
}

void kernel_main(uint32_t magic, const struct multiboot_info *info);

void kernel_main(uint32_t magic, const struct multiboot_info *info)
{
    const char *text = info->flags & HAS_COMMAND_LINE ? (const char *)info->command_line : "";
    const char *status;

    (void)magic;
    interrupts_init();
    while (*text && *text != ' ')
        text++;
    while (*text == ' ')
        text++;
    print("            |      ___|\n");
    print("Solo5: Bindings version test\n");
    attach();
    print("arguments %s\n", text);
    status = after(text, "exit:");
    if (status) {
        print("Solo5: solo5_exit(%u) called\n", number(status));
        power_off();
    }
    if (equal(text, "abort"))
        refuse("as told by the test");
    print("test kernel ready\n");
    halt();
}
