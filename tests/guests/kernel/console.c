#include "machine.h"

#define COM1 0x3f8

int console_silent;

static void put(char c)
{
    if (console_silent)
        return;
    if (c == '\n')
        put('\r');
    while (!(inb(COM1 + 5) & 0x20))
        ;
    outb(COM1, (uint8_t)c);
}

static void put_string(const char *text)
{
    for (; *text; text++)
        put(*text);
}

static void put_unsigned(unsigned value)
{
    char digits[11];
    int at = sizeof digits;

    digits[--at] = 0;
    do {
        digits[--at] = (char)('0' + value % 10);
    } while (value /= 10);
    put_string(digits + at);
}

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        format++;
        if (*format == 's') {
            put_string(va_arg(arguments, const char *));
        } else {
            int value = va_arg(arguments, int);

            if (*format == 'd' && value < 0) {
                put('-');
                value = -value;
            }
            put_unsigned((unsigned)value);
        }
    }
    va_end(arguments);
}

int equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

const char *after(const char *text, const char *prefix)
{
    while (*prefix)
        if (*text++ != *prefix++)
            return NULL;
    return text;
}

unsigned number(const char *text)
{
    unsigned value = 0;

    while (*text >= '0' && *text <= '9')
        value = value * 10 + (unsigned)(*text++ - '0');
    return value;
}

/* gcc may call these even in freestanding code. */
void *memcpy(void *to, const void *from, size_t length)
{
    void *start = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
    return start;
}

void *memset(void *to, int value, size_t length)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(length) : "a"(value) : "memory");
    return start;
}
