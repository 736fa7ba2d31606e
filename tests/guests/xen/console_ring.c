/* Xen's console: a ring that xenconsoled empties (xen/include/public/io/console.h). */
#include "guest.h"
#include <xen/io/console.h>

static struct xencons_interface *ring;
static evtchn_port_t port;

void console_init(const struct start_info *info)
{
    ring = page_of(info->console.domU.mfn);
    port = info->console.domU.evtchn;
}

static int unread(void)
{
    return (int)(ring->out_prod - __atomic_load_n(&ring->out_cons, __ATOMIC_ACQUIRE));
}

void console_put(char c)
{
    if (c == '\r')
        return;
    while (unread() >= (int)sizeof ring->out) {
        notify(port);
        wait_event(port, now() + 100000000);
    }
    ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = c;
    __atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
    if (c == '\n')
        notify(port);
}

/* Two seconds at most: where nobody reads, the domain ends all the same. */
void console_drain(void)
{
    for (uint64_t end = now() + 2000000000; unread() && now() < end;) {
        notify(port);
        wait_event(port, now() + 10000000);
    }
}
