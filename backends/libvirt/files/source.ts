import { hashFile } from "../../../localFiles";
import { hasCode, UnikernelError } from "../../../model";

/** Return the sha256 hex of a local file to put on a host. It is cached, so that thirty guests read the file once. */
export async function sourceDigest(file: string): Promise<string> {
    return hashFile(file).catch((error: unknown) => {
        // For a put, a missing source is an invalid argument: `not-found` would mean a file on the host.
        throw hasCode(error, "not-found") ? new UnikernelError("invalid", error.message, { cause: error }) : error;
    });
}
