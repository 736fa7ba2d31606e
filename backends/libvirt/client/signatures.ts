/**
 * Signatures from libvirt's public headers (libvirt-host.h, libvirt-domain.h, libvirt-network.h, libvirt-storage.h,
 * libvirt-stream.h, libvirt-domain-snapshot.h, libvirt-domain-checkpoint.h, virterror.h). libvirt 6.0 and newer have
 * all of them. A HeapString is a `char *` that the caller frees: koffi copies and frees it.
 */
export const signatures = {
    virInitialize: "int virInitialize(void)",
    virConnectOpen: "virConnectPtr virConnectOpen(const char *name)",
    virConnectClose: "int virConnectClose(virConnectPtr conn)",
    virConnectSetKeepAlive: "int virConnectSetKeepAlive(virConnectPtr conn, int interval, unsigned int count)",
    virConnectIsAlive: "int virConnectIsAlive(virConnectPtr conn)",
    virConnectGetURI: "HeapString virConnectGetURI(virConnectPtr conn)",
    virConnectGetHostname: "HeapString virConnectGetHostname(virConnectPtr conn)",
    virConnectGetCapabilities: "HeapString virConnectGetCapabilities(virConnectPtr conn)",
    virConnectGetLibVersion: "int virConnectGetLibVersion(virConnectPtr conn, _Out_ unsigned long *version)",
    virConnectGetVersion: "int virConnectGetVersion(virConnectPtr conn, _Out_ unsigned long *version)",
    virConnectGetDomainCapabilities:
        "HeapString virConnectGetDomainCapabilities(virConnectPtr conn, const char *emulator, const char *arch, const char *machine, const char *virttype, unsigned int flags)",
    virNodeGetInfo: "int virNodeGetInfo(virConnectPtr conn, _Out_ virNodeInfo *info)",
    virNodeGetFreeMemory: "unsigned long long virNodeGetFreeMemory(virConnectPtr conn)",
    virNodeGetMemoryStats:
        "int virNodeGetMemoryStats(virConnectPtr conn, int cellNum, void *params, _Inout_ int *nparams, unsigned int flags)",
    virConnectListAllDomains:
        "int virConnectListAllDomains(virConnectPtr conn, _Out_ void **domains, unsigned int flags)",
    virConnectGetAllDomainStats:
        "int virConnectGetAllDomainStats(virConnectPtr conn, unsigned int stats, _Out_ void **records, unsigned int flags)",
    virDomainStatsRecordListFree: "void virDomainStatsRecordListFree(void *records)",
    virConnectListAllNetworks:
        "int virConnectListAllNetworks(virConnectPtr conn, _Out_ void **networks, unsigned int flags)",

    virEventRegisterDefaultImpl: "int virEventRegisterDefaultImpl(void)",
    virEventRunDefaultImpl: "int virEventRunDefaultImpl(void)",
    virEventAddTimeout: "int virEventAddTimeout(int timeout, TimeoutCallback *cb, void *opaque, void *ff)",
    virConnectDomainEventRegisterAny:
        "int virConnectDomainEventRegisterAny(virConnectPtr conn, virDomainPtr dom, int eventID, LifecycleCallback *cb, void *opaque, void *freecb)",

    virConnGetLastError: "void *virConnGetLastError(virConnectPtr conn)",
    virConnResetLastError: "void virConnResetLastError(virConnectPtr conn)",
    virGetLastError: "void *virGetLastError(void)",

    virDomainLookupByUUIDString: "virDomainPtr virDomainLookupByUUIDString(virConnectPtr conn, const char *uuid)",
    virDomainLookupByName: "virDomainPtr virDomainLookupByName(virConnectPtr conn, const char *name)",
    virDomainDefineXML: "virDomainPtr virDomainDefineXML(virConnectPtr conn, const char *xml)",
    virDomainFree: "int virDomainFree(virDomainPtr domain)",
    virDomainGetName: "const char *virDomainGetName(virDomainPtr domain)",
    virDomainGetUUIDString: "int virDomainGetUUIDString(virDomainPtr domain, void *buf)",
    virDomainGetID: "unsigned int virDomainGetID(virDomainPtr domain)",
    virDomainGetState:
        "int virDomainGetState(virDomainPtr domain, _Out_ int *state, _Out_ int *reason, unsigned int flags)",
    virDomainGetInfo: "int virDomainGetInfo(virDomainPtr domain, _Out_ virDomainInfo *info)",
    virDomainIsActive: "int virDomainIsActive(virDomainPtr domain)",
    virDomainIsPersistent: "int virDomainIsPersistent(virDomainPtr domain)",
    virDomainGetAutostart: "int virDomainGetAutostart(virDomainPtr domain, _Out_ int *autostart)",
    virDomainSetAutostart: "int virDomainSetAutostart(virDomainPtr domain, int autostart)",
    virDomainGetXMLDesc: "HeapString virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)",
    virDomainCreateWithFlags: "int virDomainCreateWithFlags(virDomainPtr domain, unsigned int flags)",
    virDomainHasManagedSaveImage: "int virDomainHasManagedSaveImage(virDomainPtr domain, unsigned int flags)",
    virDomainManagedSaveRemove: "int virDomainManagedSaveRemove(virDomainPtr domain, unsigned int flags)",
    virDomainManagedSaveGetXMLDesc:
        "HeapString virDomainManagedSaveGetXMLDesc(virDomainPtr domain, unsigned int flags)",
    virDomainSuspend: "int virDomainSuspend(virDomainPtr domain)",
    virDomainResume: "int virDomainResume(virDomainPtr domain)",
    virDomainShutdown: "int virDomainShutdown(virDomainPtr domain)",
    virDomainDestroy: "int virDomainDestroy(virDomainPtr domain)",
    virDomainUndefineFlags: "int virDomainUndefineFlags(virDomainPtr domain, unsigned int flags)",
    virDomainSetMemoryFlags:
        "int virDomainSetMemoryFlags(virDomainPtr domain, unsigned long memory, unsigned int flags)",
    virDomainSetMetadata:
        "int virDomainSetMetadata(virDomainPtr domain, int type, const char *metadata, const char *key, const char *uri, unsigned int flags)",
    virDomainUpdateDeviceFlags:
        "int virDomainUpdateDeviceFlags(virDomainPtr domain, const char *xml, unsigned int flags)",
    virDomainSetLifecycleAction:
        "int virDomainSetLifecycleAction(virDomainPtr domain, unsigned int type, unsigned int action, unsigned int flags)",
    virDomainListAllSnapshots:
        "int virDomainListAllSnapshots(virDomainPtr domain, _Out_ void **snaps, unsigned int flags)",
    virDomainSnapshotGetName: "const char *virDomainSnapshotGetName(void *snapshot)",
    virDomainSnapshotFree: "int virDomainSnapshotFree(void *snapshot)",
    virDomainListAllCheckpoints:
        "int virDomainListAllCheckpoints(virDomainPtr domain, _Out_ void **checkpoints, unsigned int flags)",
    virDomainCheckpointGetName: "const char *virDomainCheckpointGetName(void *checkpoint)",
    virDomainCheckpointFree: "int virDomainCheckpointFree(void *checkpoint)",
    virDomainOpenConsole:
        "int virDomainOpenConsole(virDomainPtr domain, const char *dev_name, virStreamPtr st, unsigned int flags)",

    virNetworkLookupByName: "virNetworkPtr virNetworkLookupByName(virConnectPtr conn, const char *name)",
    virNetworkLookupByUUIDString: "virNetworkPtr virNetworkLookupByUUIDString(virConnectPtr conn, const char *uuid)",
    virNetworkDefineXML: "virNetworkPtr virNetworkDefineXML(virConnectPtr conn, const char *xml)",
    virNetworkCreateXML: "virNetworkPtr virNetworkCreateXML(virConnectPtr conn, const char *xml)",
    virNetworkCreate: "int virNetworkCreate(virNetworkPtr network)",
    virNetworkDestroy: "int virNetworkDestroy(virNetworkPtr network)",
    virNetworkUndefine: "int virNetworkUndefine(virNetworkPtr network)",
    virNetworkGetAutostart: "int virNetworkGetAutostart(virNetworkPtr network, _Out_ int *autostart)",
    virNetworkSetAutostart: "int virNetworkSetAutostart(virNetworkPtr network, int autostart)",
    virNetworkFree: "int virNetworkFree(virNetworkPtr network)",
    virNetworkGetName: "const char *virNetworkGetName(virNetworkPtr network)",
    virNetworkGetUUIDString: "int virNetworkGetUUIDString(virNetworkPtr network, void *buf)",
    virNetworkIsActive: "int virNetworkIsActive(virNetworkPtr network)",
    virNetworkIsPersistent: "int virNetworkIsPersistent(virNetworkPtr network)",
    virNetworkGetXMLDesc: "HeapString virNetworkGetXMLDesc(virNetworkPtr network, unsigned int flags)",
    virNetworkUpdate:
        "int virNetworkUpdate(virNetworkPtr network, unsigned int command, unsigned int section, int parentIndex, const char *xml, unsigned int flags)",
    virNetworkGetDHCPLeases:
        "int virNetworkGetDHCPLeases(virNetworkPtr network, const char *mac, _Out_ void **leases, unsigned int flags)",
    virNetworkDHCPLeaseFree: "void virNetworkDHCPLeaseFree(void *lease)",

    virStoragePoolLookupByName: "virStoragePoolPtr virStoragePoolLookupByName(virConnectPtr conn, const char *name)",
    virStoragePoolDefineXML:
        "virStoragePoolPtr virStoragePoolDefineXML(virConnectPtr conn, const char *xml, unsigned int flags)",
    virStoragePoolCreateXML:
        "virStoragePoolPtr virStoragePoolCreateXML(virConnectPtr conn, const char *xml, unsigned int flags)",
    virStoragePoolCreate: "int virStoragePoolCreate(virStoragePoolPtr pool, unsigned int flags)",
    virStoragePoolGetXMLDesc: "HeapString virStoragePoolGetXMLDesc(virStoragePoolPtr pool, unsigned int flags)",
    virStoragePoolIsActive: "int virStoragePoolIsActive(virStoragePoolPtr pool)",
    virStoragePoolRefresh: "int virStoragePoolRefresh(virStoragePoolPtr pool, unsigned int flags)",
    virStoragePoolDestroy: "int virStoragePoolDestroy(virStoragePoolPtr pool)",
    virStoragePoolDelete: "int virStoragePoolDelete(virStoragePoolPtr pool, unsigned int flags)",
    virStoragePoolUndefine: "int virStoragePoolUndefine(virStoragePoolPtr pool)",
    virStoragePoolListAllVolumes:
        "int virStoragePoolListAllVolumes(virStoragePoolPtr pool, _Out_ void **volumes, unsigned int flags)",
    virStoragePoolFree: "int virStoragePoolFree(virStoragePoolPtr pool)",
    virStorageVolLookupByName: "virStorageVolPtr virStorageVolLookupByName(virStoragePoolPtr pool, const char *name)",
    virStorageVolCreateXML:
        "virStorageVolPtr virStorageVolCreateXML(virStoragePoolPtr pool, const char *xml, unsigned int flags)",
    virStorageVolGetName: "const char *virStorageVolGetName(virStorageVolPtr volume)",
    virStorageVolGetXMLDesc: "HeapString virStorageVolGetXMLDesc(virStorageVolPtr volume, unsigned int flags)",
    virStorageVolGetInfoFlags:
        "int virStorageVolGetInfoFlags(virStorageVolPtr volume, _Out_ virStorageVolInfo *info, unsigned int flags)",
    virStorageVolUpload:
        "int virStorageVolUpload(virStorageVolPtr volume, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags)",
    virStorageVolDownload:
        "int virStorageVolDownload(virStorageVolPtr volume, virStreamPtr stream, unsigned long long offset, unsigned long long length, unsigned int flags)",
    virStorageVolDelete: "int virStorageVolDelete(virStorageVolPtr volume, unsigned int flags)",
    virStorageVolFree: "int virStorageVolFree(virStorageVolPtr volume)",

    virStreamNew: "virStreamPtr virStreamNew(virConnectPtr conn, unsigned int flags)",
    virStreamSend: "int virStreamSend(virStreamPtr st, const void *data, size_t nbytes)",
    virStreamSendHole: "int virStreamSendHole(virStreamPtr st, long long length, unsigned int flags)",
    virStreamRecv: "int virStreamRecv(virStreamPtr st, void *data, size_t nbytes)",
    virStreamFinish: "int virStreamFinish(virStreamPtr st)",
    virStreamAbort: "int virStreamAbort(virStreamPtr st)",
    virStreamFree: "int virStreamFree(virStreamPtr st)",
};

/** virEventTimeoutCallback (libvirt-event.h), virConnectDomainEventCallback (libvirt-domain.h). */
export const callbacks = {
    timeout: "void TimeoutCallback(int timer, void *opaque)",
    lifecycle: "void LifecycleCallback(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *opaque)",
};

/** virterror.h, libvirt-host.h, libvirt-domain.h, libvirt-network.h, libvirt-common.h */
export const layouts = {
    virError: {
        code: "int",
        domain: "int",
        message: "char *",
        level: "int",
        conn: "void *",
        dom: "void *",
        str1: "char *",
        str2: "char *",
        str3: "char *",
        int1: "int",
        int2: "int",
        net: "void *",
    },
    virNodeInfo: {
        model: "char [32]",
        memory: "unsigned long",
        cpus: "uint",
        mhz: "uint",
        nodes: "uint",
        sockets: "uint",
        cores: "uint",
        threads: "uint",
    },
    virDomainInfo: {
        state: "uchar",
        maxMem: "unsigned long",
        memory: "unsigned long",
        nrVirtCpu: "ushort",
        cpuTime: "unsigned long long",
    },
    virStorageVolInfo: { type: "int", capacity: "unsigned long long", allocation: "unsigned long long" },
    virDomainStatsRecord: { dom: "void *", params: "void *", nparams: "int" },
    // The value is a union, of which we read the int.
    virTypedParameter: { field: "char [80]", type: "int", gap: "int", i: "int", rest: "int" },
    virNetworkDHCPLease: {
        iface: "char *",
        expirytime: "long long",
        type: "int",
        mac: "char *",
        iaid: "char *",
        ipaddr: "char *",
        prefix: "unsigned int",
        hostname: "char *",
        clientid: "char *",
    },
};
