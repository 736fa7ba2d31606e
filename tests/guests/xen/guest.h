/* A PV guest's view of Xen: events, time, console, xenstore. */
#ifndef GUEST_H
#define GUEST_H
#include "machine.h"
/* Public headers take an old layout where this is not defined. */
#define __XEN_INTERFACE_VERSION__ 0x00040d00
#include <xen/xen.h>
#include <xen/sched.h>

/* The longest value that xenstore carries (XENSTORE_PAYLOAD_MAX of io/xs_wire.h). */
#define VALUE_SIZE 4096

void guest_init(const struct start_info *info);
/* A page of this guest by its machine frame. */
void *page_of(unsigned long frame);
void notify(evtchn_port_t port);
/* Sleeps until the port was notified, or until a time of now(); 0: for ever. */
void wait_event(evtchn_port_t port, uint64_t until);
/* Nanoseconds since Xen started. */
uint64_t now(void);
/* Sleeps for ticks of 10 ms. */
void wait_ticks(unsigned ticks);
/* Sleeps for ever: costs the host no time. */
void stay(void) __attribute__((noreturn));
/* Ends the domain, when what was printed has been read: SHUTDOWN_poweroff, _reboot, _crash of sched.h. */
void shutdown(unsigned reason) __attribute__((noreturn));

void console_init(const struct start_info *info);
void console_drain(void);

void store_init(const struct start_info *info);
/* Reads a key; one without a leading slash is below the domain's own folder. Returns its length, or -1 without one. */
int store_read(const char *path, char *value);
/* Names below a folder, each ended by a NUL. Returns the length of all, or -1. */
int store_list(const char *path, char *names);
void store_write(const char *path, const char *value);
void store_watch(const char *path);
/* Sleeps until something watched has changed. */
void store_wait(void);

/* Puts strings one after another. Returns target. */
char *join(char *target, size_t size, const char *const *parts);
#define JOIN(target, ...) join(target, sizeof target, (const char *const[]){ __VA_ARGS__, NULL })

void print_devices(void);
#endif
