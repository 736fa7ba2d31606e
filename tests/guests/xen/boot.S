/*
 * Entry of a 64-bit PV guest: paging is on, %rsi holds the address of start_info (xen/include/public/arch-x86/xen.h).
 * The marks are the old string form, as rumprun's Mini-OS has them, and not ELF notes.
 */
    .section __xen_guest, "", @progbits
    .asciz "GUEST_OS=rumprun,XEN_VER=xen-3.0,VIRT_BASE=0x0,ELF_PADDR_OFFSET=0x0,HYPERCALL_PAGE=0x101,PAE=yes,LOADER=generic"

    .section .note.rumpkernel, "a", @note
    .long 2f - 1f, 0, 1
1:  .asciz "rumpkernel.org"
2:  .align 4

    .section .boot, "ax"
    .globl _start
_start:
    cld
    lea stack_top(%rip), %rsp
    mov %rsi, %rdi
    call kernel_main
    ud2

    /* Filled by the domain's builder; its page is the one named above. */
    .section .hypercalls, "ax"
    .globl hypercall_page
hypercall_page:
    .space 4096

    .section .bss
    .align 4096
    .globl shared_page
shared_page:
    .space 4096
    .space 16384
stack_top:

    .section .note.GNU-stack, "", @progbits
