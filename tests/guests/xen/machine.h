/*
 * What ../kernel/ needs of a machine, offered by Xen. Included ahead of ../kernel/machine.h, whose guard it sets: the
 * serial port that its console.c writes to is Xen's console here.
 */
#ifndef MACHINE_H
#define MACHINE_H
#ifndef __ASSEMBLER__
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

void console_put(char c);
static inline void outb(uint16_t port, uint8_t value) { (void)port; console_put((char)value); }
static inline uint8_t inb(uint16_t port) { (void)port; return 0x20; /* room for a byte */ }

extern int console_silent;
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
int equal(const char *a, const char *b);
const char *after(const char *text, const char *prefix);
unsigned number(const char *text);
/* gcc may call these even in freestanding code. */
void *memcpy(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
#endif
#endif
