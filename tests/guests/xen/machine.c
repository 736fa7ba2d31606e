#include "guest.h"
#include <xen/event_channel.h>

extern char hypercall_page[], shared_page[];

static struct shared_info *const shared = (struct shared_info *)(void *)shared_page;

/* Xen's calling convention for 64 bits: xen/include/public/arch-x86/xen-x86_64.h. */
static long hypercall(unsigned call, unsigned long first, const void *second, unsigned long third)
{
    long result;
    char *entry = hypercall_page + call * 32;

    __asm__ volatile("call *%[entry]" : "=a"(result), "+D"(first), "+S"(second), "+d"(third)
                     : [entry] "r"(entry) : "memory", "rcx", "r8", "r9", "r10", "r11");
    return result;
}

void guest_init(const struct start_info *info)
{
    /* Present, writable, accessed, dirty. */
    hypercall(__HYPERVISOR_update_va_mapping, (unsigned long)shared_page, (const void *)(info->shared_info | 0x63), UVMF_INVLPG);
}

void *page_of(unsigned long frame)
{
    return (void *)(((unsigned long *)MACH2PHYS_VIRT_START)[frame] << 12);
}

void notify(evtchn_port_t port)
{
    struct evtchn_send send = { .port = port };

    hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send, 0);
}

void wait_event(evtchn_port_t port, uint64_t until)
{
    struct sched_poll poll = { .nr_ports = port ? 1 : 0, .timeout = until };

    set_xen_guest_handle(poll.ports, &port);
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll, 0);
    if (port)
        __atomic_and_fetch(&shared->evtchn_pending[port / 64], ~(1UL << port % 64), __ATOMIC_SEQ_CST);
}

/* The way from the time stamp counter to nanoseconds: struct vcpu_time_info in xen/include/public/xen.h. */
uint64_t now(void)
{
    const volatile struct vcpu_time_info *time = &shared->vcpu_info[0].time;
    uint32_t version, low, high;
    uint64_t ticks, result;

    do {
        version = time->version;
        __asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
        ticks = ((uint64_t)high << 32 | low) - time->tsc_timestamp;
        ticks = time->tsc_shift < 0 ? ticks >> -time->tsc_shift : ticks << time->tsc_shift;
        result = time->system_time + (uint64_t)((unsigned __int128)ticks * time->tsc_to_system_mul >> 32);
    } while (version & 1 || version != time->version);
    return result;
}

void wait_ticks(unsigned ticks)
{
    for (uint64_t until = now() + ticks * 10000000ull; now() < until;)
        wait_event(0, until);
}

void stay(void)
{
    for (;;)
        wait_event(0, 0);
}

void shutdown(unsigned reason)
{
    struct sched_shutdown operation = { .reason = reason };

    console_drain();
    hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &operation, 0);
    stay();
}
