import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Create a certificate authority, and certificates for a libvirt server at an address and for its clients, under the
 * names that libvirt's `pkipath` expects (libvirt: "TLS certificates").
 * @returns the folder: cacert.pem, serverkey.pem, servercert.pem, clientkey.pem, clientcert.pem
 */
export function tlsFiles(folder: string, address: string): string {
    const file = (name: string) => join(folder, name);
    const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    mkdirSync(folder);
    openssl(
        "req",
        "-x509",
        ...key,
        "-days",
        "2",
        "-subj",
        "/CN=authority",
        "-keyout",
        file("cakey.pem"),
        "-out",
        file("cacert.pem"),
        "-addext",
        "keyUsage=critical,keyCertSign,cRLSign",
    );
    for (const [name, usage] of [
        ["server", "serverAuth"],
        ["client", "clientAuth"],
    ] as const) {
        openssl("req", ...key, "-subj", `/CN=${name}`, "-keyout", file(`${name}key.pem`), "-out", file(`${name}.csr`));
        writeFileSync(
            file(`${name}.ext`),
            [
                `extendedKeyUsage=${usage}`,
                "keyUsage=critical,digitalSignature,keyEncipherment",
                `subjectAltName=IP:${address}`,
                "",
            ].join("\n"),
        );
        openssl(
            "x509",
            "-req",
            "-days",
            "2",
            "-in",
            file(`${name}.csr`),
            "-CA",
            file("cacert.pem"),
            "-CAkey",
            file("cakey.pem"),
            "-CAcreateserial",
            "-extfile",
            file(`${name}.ext`),
            "-out",
            file(`${name}cert.pem`),
        );
    }
    return folder;
}
