/*
 * Entry of a PVH guest: 32 bits, no paging, %ebx holds the address of hvm_start_info (docs/misc/pvh in Xen's sources).
 * Its only mark is the note of that entry, XEN_ELFNOTE_PHYS32_ENTRY: nothing but a PVH loader takes it.
 */
    .section .note.xen, "a", @note
    .long 4, 4, 18
    .asciz "Xen"
    .long _start

    .section .boot, "ax"
    .code32
    .globl _start
_start:
    cli
    cld
    mov $stack_top, %esp
    push %ebx
    call kernel_main
    ud2

    /* Filled by Xen when its address is written into the register that cpuid names. */
    .section .bss
    .align 4096
    .globl hypercall_page
hypercall_page:
    .space 4096
    .space 8192
stack_top:

    .section .note.GNU-stack, "", @progbits
