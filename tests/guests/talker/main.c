/* A guest that becomes ready, and then prints numbered lines without end: 200 each tick of 10 ms, where the host is fast enough. */
#include "machine.h"

void kernel_main(void);

void kernel_main(void)
{
    interrupts_init();
    print("test kernel ready\n");
    for (unsigned line = 1;; line++) {
        print("line %u of a guest that prints many of them\n", line);
        if (line % 200 == 0)
            wait_ticks(1);
    }
}
