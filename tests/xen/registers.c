/* Puts patterns into vector registers, naps, and looks whether they are still there: until the file $1 exists. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words)
{
    const struct timespec nap = { 0, 1000000 };
    int rounds = 0;

    for (; count == 2 && access(words[1], F_OK) != 0; rounds++) {
        unsigned char pattern[32], low[32], high[32];

        for (int at = 0; at < 32; at++)
            pattern[at] = (unsigned char)(rounds * 7 + at);
        /* nanosleep (35) keeps all registers but rax, rcx and r11. */
        __asm__ volatile(
            "vmovdqu (%[pattern]), %%ymm3\n\tvmovdqu (%[pattern]), %%ymm13\n\t"
            "mov $35, %%eax\n\txor %%esi, %%esi\n\tsyscall\n\t"
            "vmovdqu %%ymm3, (%[low])\n\tvmovdqu %%ymm13, (%[high])\n\tvzeroupper"
            : : [pattern] "r"(pattern), [low] "r"(low), [high] "r"(high), "D"(&nap)
            : "rax", "rcx", "rsi", "r11", "memory", "xmm3", "xmm13");
        for (int at = 0; at < 32; at++)
            if (low[at] != pattern[at] || high[at] != pattern[at]) {
                printf("lost in round %d\n", rounds);
                return 1;
            }
    }
    printf("kept\n");
    return 0;
}
