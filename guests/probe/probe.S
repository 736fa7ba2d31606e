/*
 * Shows whether an accelerator boots kernels: it does in a few milliseconds what every kernel does first: protected
 * mode, timer interrupts that end a hlt, long mode with paging, SSE, an exception, interrupts again, and ten million
 * instructions. Each stage prints a line on COM1; after the last, "probe: ok", it powers the machine off.
 * Multiboot Specification 0.6.96; AMD64 manual volume 2, chapter 14 for the way to long mode.
 */
    .set COM1, 0x3f8
    .set PIC1, 0x20
    .set PIC2, 0xa0
    .set TIMER, 0x20            /* vector of IRQ 0 */
    .set INVALID_OPCODE, 6
    .set TICKS, 5
    /* Memory above the image, zeroed below: as .bss it would align the whole file to pages. */
    .set pml4, 0x110000
    .set pdpt, 0x111000
    .set pd, 0x112000
    .set idt, 0x113000
    .set ticks, 0x113800
    .set stack_top, 0x115000

    .text
    .code32
header:
    .long 0x1BADB002, 0x3, -(0x1BADB002 + 0x3)

    .globl _start
_start:
    cli
    cld
    mov $stack_top, %esp
    lgdt gdt_pointer
    ljmp $0x08, $1f
1:  mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $pml4, %edi
    mov $(stack_top - pml4) / 4, %ecx
    xor %eax, %eax
    rep stosl
    mov $protected, %esi
    call say

    /* PIC: vectors from 0x20, only the timer unmasked. PIT: channel 0 at 1 kHz. */
    mov $pic, %esi
    mov $(pic_end - pic) / 2, %ecx
2:  lodsw
    movzbl %al, %edx
    mov %ah, %al
    out %al, %dx
    loop 2b

    movl $tick, %eax
    movw %ax, idt + TIMER * 8
    movw $0x08, idt + TIMER * 8 + 2
    movw $0x8e00, idt + TIMER * 8 + 4
    shr $16, %eax
    movw %ax, idt + TIMER * 8 + 6
    lidt idt_pointer
    call sleep
    mov $interrupts, %esi
    call say

    /* The first GiB, identical, in pages of 2 MiB. */
    movl $pdpt + 3, pml4
    movl $pd + 3, pdpt
    mov $pd, %edi
    mov $0x83, %eax
3:  mov %eax, (%edi)
    add $8, %edi
    add $0x200000, %eax
    cmp $0x40000083, %eax
    jne 3b
    mov $0x80000000, %eax
    cpuid
    cmp $0x80000001, %eax
    jb stop
    mov $0x80000001, %eax
    cpuid
    bt $29, %edx
    jnc stop
    mov %cr4, %eax
    or $0x620, %eax             /* PAE, SSE and its exceptions */
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx       /* EFER.LME */
    rdmsr
    or $0x100, %eax
    wrmsr
    mov %cr0, %eax
    or $0x80010003, %eax
    mov %eax, %cr0
    ljmp $0x18, $long_mode

/* Sleeps until the timer has ticked. */
sleep:
    movl $TICKS, ticks
4:  sti
    hlt
    cli
    cmpl $0, ticks
    jg 4b
    ret

tick:
    push %eax
    decl ticks
    mov $0x20, %al
    out %al, $PIC1
    pop %eax
    iret

/* These bytes mean the same in both modes. */
say:
    mov $COM1 + 5, %edx
5:  in %dx, %al
    test $0x20, %al             /* room for a byte */
    jz 5b
    lodsb
    test %al, %al
    jz 6f
    mov $COM1, %edx
    out %al, %dx
    jmp say
6:  ret

stop:
    cli
    hlt
    jmp stop

    .code64
long_mode:
    mov $0x10, %eax
    mov %eax, %ss
    mov $tick64, %eax
    mov $idt + TIMER * 16, %edi
    call gate
    mov $invalid64, %eax
    mov $idt + INVALID_OPCODE * 16, %edi
    call gate
    mov $idt_pointer, %ebp
    lidt (%rbp)
    mov $ticks, %ebp            /* kept in ebp from here on: a 32-bit object has no 64-bit addresses */

    mov $9, %eax
    cvtsi2sd %eax, %xmm0
    sqrtsd %xmm0, %xmm0
    cvttsd2si %xmm0, %eax
    cmp $3, %eax
    jne stop
    ud2
    movl $TICKS, (%rbp)
7:  sti
    hlt
    cli
    cmpl $0, (%rbp)
    jg 7b
    mov $long, %esi
    call say

    mov $10000000, %ecx
8:  dec %ecx
    jnz 8b
    mov $ok, %esi
    call say
    /* PIIX4 and ICH9 as the firmware places them: sleep type 0 with SLP_EN is S5. */
    mov $0x604, %edx
    mov $0x2000, %eax
    out %ax, %dx
    jmp stop

/* eax: handler, below 4 GiB; edi: gate. */
gate:
    movw %ax, (%rdi)
    movl $0x8e000018, 2(%rdi)
    movb $0, 4(%rdi)
    movb $0x8e, 5(%rdi)
    shr $16, %eax
    movw %ax, 6(%rdi)
    movq $0, 8(%rdi)
    ret

tick64:
    push %rax
    decl (%rbp)
    mov $0x20, %al
    out %al, $PIC1
    pop %rax
    iretq

/* Steps over the two bytes of ud2. */
invalid64:
    addq $2, (%rsp)
    iretq

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff    /* 0x08: code, 32 bits */
    .quad 0x00cf93000000ffff    /* 0x10: data */
    .quad 0x00af9b000000ffff    /* 0x18: code, 64 bits */
gdt_pointer:
    .word . - gdt - 1
    .long gdt, 0
idt_pointer:
    .word 0x40 * 16 - 1
    .long idt, 0
pic: /* port, value */
    .byte PIC1, 0x11, PIC2, 0x11, PIC1 + 1, TIMER, PIC2 + 1, TIMER + 8, PIC1 + 1, 4, PIC2 + 1, 2, PIC1 + 1, 1, PIC2 + 1, 1
    .byte PIC1 + 1, 0xfe, PIC2 + 1, 0xff
    .byte 0x43, 0x34, 0x40, 0xa9, 0x40, 0x04
pic_end:
protected:
    .asciz "probe: protected mode\r\n"
interrupts:
    .asciz "probe: interrupts\r\n"
long:
    .asciz "probe: long mode\r\n"
ok: .asciz "probe: ok\r\n"

    .section .note.GNU-stack, "", @progbits
