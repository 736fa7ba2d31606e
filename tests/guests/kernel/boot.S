/* Multiboot 1 header and entry (Multiboot Specification 0.6.96, section 3.1). */
#define MAGIC 0x1BADB002
#define FLAGS 0x3 /* modules on page boundaries, memory information */

    .section .bootstrap, "ax"
    .code32
    .align 4
    .long MAGIC, FLAGS, -(MAGIC + FLAGS)

    .globl _start
_start:
    cli
    cld
    mov $stack_top, %esp
    /* The loader's GDT may be gone: interrupts need selectors of our own. */
    lgdt gdt_pointer
    ljmp $0x08, $1f
1:  mov $0x10, %cx
    mov %cx, %ds
    mov %cx, %es
    mov %cx, %fs
    mov %cx, %gs
    mov %cx, %ss
    push %ebx
    push %eax
    call kernel_main
2:  cli
    hlt
    jmp 2b

    .section .rodata
    .align 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
gdt_pointer:
    .word . - gdt - 1
    .long gdt

    .section .bss
    .align 16
    .space 8192
stack_top:

    .section .note.GNU-stack, "", @progbits
