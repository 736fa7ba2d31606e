/* What the toolstack has given to this domain, as xenstore has it. Nothing is connected: there are no drivers. */
#include "guest.h"

char *join(char *target, size_t size, const char *const *parts)
{
    size_t at = 0;

    for (; *parts; parts++)
        for (const char *from = *parts; *from && at + 1 < size; from++)
            target[at++] = *from;
    target[at] = 0;
    return target;
}

static void print_key(const char *folder, const char *key)
{
    static char path[256], value[VALUE_SIZE + 1];

    if (store_read(JOIN(path, folder, "/", key), value) >= 0)
        print(" %s=%s", key, value);
}

static void print_kind(const char *kind, const char *const *front_keys, const char *const *back_keys)
{
    static char names[VALUE_SIZE + 1], folder[128], path[160], backend[VALUE_SIZE + 1];
    int length = store_list(JOIN(folder, "device/", kind), names);

    for (int at = 0; at < length; at++) {
        const char *name = names + at;

        print("%s %s", kind, name);
        JOIN(folder, "device/", kind, "/", name);
        for (const char *const *key = front_keys; *key; key++)
            print_key(folder, *key);
        if (store_read(JOIN(path, folder, "/backend"), backend) >= 0)
            for (const char *const *key = back_keys; *key; key++)
                print_key(backend, *key);
        print("\n");
        while (names[at])
            at++;
    }
}

void print_devices(void)
{
    print_kind("vbd", (const char *const[]){ "device-type", NULL }, (const char *const[]){ "dev", "mode", "type", "params", NULL });
    print_kind("vif", (const char *const[]){ "mac", NULL }, (const char *const[]){ "bridge", "script", NULL });
}
