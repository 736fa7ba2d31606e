/* What the test kernel needs of a PC: port I/O, COM1, PIT ticks, the ACPI power button. */
#ifndef MACHINE_H
#define MACHINE_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outw(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
static inline void outl(uint16_t port, uint32_t value) { __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }
static inline uint8_t inb(uint16_t port) { uint8_t value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline uint16_t inw(uint16_t port) { uint16_t value; __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline uint32_t inl(uint16_t port) { uint32_t value; __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); return value; }

/* Nothing reaches the serial line while this is set. */
extern int console_silent;
/* printf with %s, %d and %u to COM1. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

void interrupts_init(void);
/* Sleeps for ticks of 10 ms. */
void wait_ticks(unsigned ticks);
/* Sleeps until the power button is pressed. */
void wait_power_button(void);
/* ACPI S5; returns only where there is no PIIX4 or ICH9. */
void power_off(void);
/* Sleeps for ever, interrupts off: costs the host no time. */
void halt(void) __attribute__((noreturn));

int equal(const char *a, const char *b);
/* The rest of text after prefix, or NULL. */
const char *after(const char *text, const char *prefix);
unsigned number(const char *text);
#endif
