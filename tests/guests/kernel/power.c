/* Interrupts and ACPI, just enough to sleep: PIC 8259A, PIT 8254, PIIX4 (machine pc) or ICH9 (q35) power management. */
#include "machine.h"

#define PIC1 0x20
#define PIC2 0xa0
#define VECTORS 0x20
#define IRQ_TIMER 0
#define IRQ_ACPI 9

#define PM1_STATUS 0
#define PM1_ENABLE 2
#define PM1_CONTROL 4
#define POWER_BUTTON 0x100
#define SLEEP_ENABLE 0x2000 /* with sleep type 0: S5 on both chips as QEMU's DSDT says */

struct frame;
struct gate { uint16_t low, selector, type, high; } __attribute__((packed));

static struct gate gates[VECTORS + 16];
static volatile unsigned ticks;
static volatile int pressed;
static uint16_t pm_base;

static __attribute__((interrupt)) void on_timer(struct frame *frame)
{
    (void)frame;
    ticks++;
    outb(PIC1, 0x20);
}

static __attribute__((interrupt)) void on_acpi(struct frame *frame)
{
    (void)frame;
    if (inw(pm_base + PM1_STATUS) & POWER_BUTTON)
        pressed = 1;
    /* The line is level triggered: it stays up until the status is cleared. */
    outw(pm_base + PM1_STATUS, 0xffff);
    outb(PIC2, 0x20);
    outb(PIC1, 0x20);
}

static void set_gate(unsigned irq, void (*handler)(struct frame *))
{
    uint32_t address = (uint32_t)handler;

    gates[VECTORS + irq] = (struct gate){ (uint16_t)address, 0x08, 0x8e00, (uint16_t)(address >> 16) };
}

static uint32_t pci_read(unsigned device, unsigned function, unsigned reg)
{
    outl(0xcf8, 0x80000000u | device << 11 | function << 8 | reg);
    return inl(0xcfc);
}

static uint16_t find_pm_base(void)
{
    if (pci_read(1, 3, 0) == 0x71138086) /* PIIX4 power management */
        return (uint16_t)(pci_read(1, 3, 0x40) & 0xffc0);
    if (pci_read(31, 0, 0) == 0x29188086) /* ICH9 LPC */
        return (uint16_t)(pci_read(31, 0, 0x40) & 0xff80);
    return 0;
}

void interrupts_init(void)
{
    struct { uint16_t limit; uint32_t base; } __attribute__((packed)) idt = { sizeof gates - 1, (uint32_t)gates };

    set_gate(IRQ_TIMER, on_timer);
    set_gate(IRQ_ACPI, on_acpi);
    __asm__ volatile("lidt %0" : : "m"(idt));
    outb(PIC1, 0x11), outb(PIC2, 0x11);
    outb(PIC1 + 1, VECTORS), outb(PIC2 + 1, VECTORS + 8);
    outb(PIC1 + 1, 4), outb(PIC2 + 1, 2);
    outb(PIC1 + 1, 1), outb(PIC2 + 1, 1);
    outb(PIC1 + 1, 0xff), outb(PIC2 + 1, 0xff);
    pm_base = find_pm_base();
}

/* sti takes effect after the next instruction, so no wake-up is lost between the two. */
static void sleep_until_interrupt(void)
{
    __asm__ volatile("sti; hlt; cli");
}

void wait_ticks(unsigned count)
{
    unsigned divisor = 1193182 / 100;

    if (!count)
        return;
    outb(0x43, 0x34);
    outb(0x40, (uint8_t)divisor), outb(0x40, (uint8_t)(divisor >> 8));
    outb(PIC1 + 1, (uint8_t)~(1 << IRQ_TIMER));
    for (ticks = 0; ticks < count;)
        sleep_until_interrupt();
    outb(PIC1 + 1, 0xff);
}

void wait_power_button(void)
{
    if (!pm_base)
        halt();
    outw(pm_base + PM1_STATUS, 0xffff);
    outw(pm_base + PM1_ENABLE, POWER_BUTTON);
    outb(PIC1 + 1, (uint8_t)~(1 << 2));
    outb(PIC2 + 1, (uint8_t)~(1 << (IRQ_ACPI - 8)));
    while (!pressed)
        sleep_until_interrupt();
    outb(PIC1 + 1, 0xff);
}

void power_off(void)
{
    if (pm_base)
        outw(pm_base + PM1_CONTROL, SLEEP_ENABLE);
}

void halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}
