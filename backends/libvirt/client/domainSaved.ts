import { CallFailed, type Connection } from "./connection";
import type { Handle } from "./ffi";

const noSupport = 3; // virErrorNumber
const xmlSecure = 1; // virDomainXMLFlags

export async function hasSavedImage(connection: Connection, domain: Handle): Promise<boolean> {
    return (await unlessUnsupported(connection.number("virDomainHasManagedSaveImage", domain, 0))) === 1;
}

/**
 * Return whether a domain that is off has a managed save image, and the definition in the image where the driver can
 * show it (libxl's cannot).
 */
export async function savedFacts(
    connection: Connection,
    domain: Handle,
): Promise<{ saved?: boolean; savedXml?: string }> {
    if (!(await hasSavedImage(connection, domain))) return {};
    const savedXml = await unlessUnsupported(connection.text("virDomainManagedSaveGetXMLDesc", domain, xmlSecure));
    return { saved: true, ...(savedXml === undefined ? {} : { savedXml }) };
}

async function unlessUnsupported<T>(work: Promise<T>): Promise<T | undefined> {
    try {
        return await work;
    } catch (error) {
        if (!(error instanceof CallFailed) || error.code !== noSupport) throw error;
        return undefined;
    }
}
