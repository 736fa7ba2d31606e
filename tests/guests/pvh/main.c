/*
 * A PVH guest of a few KB, without drivers: prints its command line to Xen's console, and then
 *   THEN=poweroff|panic|reboot   ends so; without it, it stays and hears nothing.
 */
#include <xen/xen.h>
#include <xen/arch-x86/cpuid.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/event_channel.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/io/console.h>
#include <xen/sched.h>

extern char hypercall_page[];

static struct xencons_interface *ring;
static evtchn_port_t port;

/* Xen's calling convention for 32 bits: xen/include/public/arch-x86/xen-x86_32.h. */
static long hypercall(unsigned call, unsigned long first, const void *second)
{
    long result;
    char *entry = hypercall_page + call * 32;

    __asm__ volatile("call *%[entry]" : "=a"(result), "+b"(first), "+c"(second) : [entry] "r"(entry) : "memory", "edx");
    return result;
}

static void cpuid(uint32_t leaf, uint32_t *a, uint32_t *b)
{
    uint32_t c, d;

    __asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(c), "=d"(d) : "0"(leaf), "2"(0));
}

static void find_hypercalls(void)
{
    uint32_t leaf = XEN_CPUID_FIRST_LEAF, pages, msr, signature, last;

    for (cpuid(leaf, &last, &signature); signature != XEN_CPUID_SIGNATURE_EBX; cpuid(leaf, &last, &signature))
        leaf += 0x100;
    cpuid(leaf + 2, &pages, &msr);
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)hypercall_page), "d"(0) : "memory");
}

static uint64_t parameter(uint32_t index)
{
    struct xen_hvm_param param = { .domid = DOMID_SELF, .index = index };

    hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, &param);
    return param.value;
}

static void notify(void)
{
    struct evtchn_send send = { .port = port };

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

/* Nothing wakes it, and it costs the host no time. */
static void __attribute__((noreturn)) stay(void)
{
    for (;;)
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0);
}

static void yield_until_room(unsigned most)
{
    while (ring->out_prod - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE) >= most) {
        notify();
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
    }
}

void console_put(char c)
{
    if (c == '\r')
        return;
    yield_until_room(sizeof ring->out);
    ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = c;
    __atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
    if (c == '\n')
        notify();
}

static void __attribute__((noreturn)) shutdown(unsigned reason)
{
    struct sched_shutdown operation = { .reason = reason };

    yield_until_room(1);
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &operation);
    stay();
}

void kernel_main(const struct hvm_start_info *info)
{
    const char *line = (const char *)(uint32_t)info->cmdline_paddr;

    find_hypercalls();
    ring = (struct xencons_interface *)(uint32_t)(parameter(HVM_PARAM_CONSOLE_PFN) << 12);
    port = (evtchn_port_t)parameter(HVM_PARAM_CONSOLE_EVTCHN);
    print("test kernel: started as PVH, command line %s\n", line ? line : "");
    print("test kernel ready\n");
    for (; line && *line; line++) {
        const char *then = after(line, "THEN=");

        if (!then)
            continue;
        if (after(then, "panic"))
            print("panic: as told by the test\n");
        shutdown(after(then, "panic") ? SHUTDOWN_crash : after(then, "reboot") ? SHUTDOWN_reboot : SHUTDOWN_poweroff);
    }
    stay();
}
