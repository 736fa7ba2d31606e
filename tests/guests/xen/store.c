/* xenstore: one request at a time through two rings (docs/misc/xenstore-ring.txt, io/xs_wire.h in Xen's sources). */
#include "guest.h"
#include <xen/io/xs_wire.h>

static struct xenstore_domain_interface *rings;
static evtchn_port_t port;
static int events;
static char payload[VALUE_SIZE + 1];

void store_init(const struct start_info *info)
{
    rings = page_of(info->store_mfn);
    port = info->store_evtchn;
}

static void send(const void *bytes, unsigned length)
{
    for (const char *at = bytes; length--; at++) {
        while (rings->req_prod - __atomic_load_n(&rings->req_cons, __ATOMIC_ACQUIRE) == XENSTORE_RING_SIZE) {
            notify(port);
            wait_event(port, 0);
        }
        rings->req[MASK_XENSTORE_IDX(rings->req_prod)] = *at;
        __atomic_store_n(&rings->req_prod, rings->req_prod + 1, __ATOMIC_RELEASE);
    }
}

static void receive(void *bytes, unsigned length)
{
    for (char *at = bytes; length--; at++) {
        while (rings->rsp_cons == __atomic_load_n(&rings->rsp_prod, __ATOMIC_ACQUIRE)) {
            notify(port);
            wait_event(port, 0);
        }
        *at = rings->rsp[MASK_XENSTORE_IDX(rings->rsp_cons)];
        __atomic_store_n(&rings->rsp_cons, rings->rsp_cons + 1, __ATOMIC_RELEASE);
    }
}

/* One message into payload, ended by a NUL. Returns its length, or -1 for an error. */
static int answer(void)
{
    struct xsd_sockmsg message;

    receive(&message, sizeof message);
    receive(payload, message.len);
    payload[message.len] = 0;
    notify(port);
    if (message.type == XS_WATCH_EVENT)
        events++;
    return message.type == XS_WATCH_EVENT ? -2 : message.type == XS_ERROR ? -1 : (int)message.len;
}

static unsigned length_of(const char *text)
{
    unsigned length = 0;

    while (text[length])
        length++;
    return length;
}

/* The second string goes with the NUL that ends it where the request says so. */
static int request(enum xsd_sockmsg_type type, const char *path, const char *second, unsigned second_length)
{
    struct xsd_sockmsg message = { .type = type, .len = length_of(path) + 1 + second_length };
    int result;

    send(&message, sizeof message);
    send(path, length_of(path) + 1);
    send(second, second_length);
    notify(port);
    while ((result = answer()) == -2)
        ;
    return result;
}

static int fetch(enum xsd_sockmsg_type type, const char *path, char *target)
{
    int length = request(type, path, NULL, 0);

    if (length >= 0)
        memcpy(target, payload, (size_t)length + 1);
    return length;
}

int store_read(const char *path, char *value)
{
    return fetch(XS_READ, path, value);
}

int store_list(const char *path, char *names)
{
    return fetch(XS_DIRECTORY, path, names);
}

void store_write(const char *path, const char *value)
{
    request(XS_WRITE, path, value, length_of(value));
}

void store_watch(const char *path)
{
    request(XS_WATCH, path, "watch", sizeof "watch");
}

void store_wait(void)
{
    while (!events)
        answer();
    events = 0;
}
