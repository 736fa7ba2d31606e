/**
 * Return standard output and error of a program; undefined when it failed or took over 20 s. Arguments never pass a
 * shell.
 */
export async function runProgram(path: string, args: string[]): Promise<string | undefined> {
    const { execa } = await import("execa");
    const { failed, all } = await execa(path, args, {
        all: true,
        reject: false,
        stdin: "ignore",
        timeout: 20_000,
        env: { LC_ALL: "C", PULUMI_SKIP_UPDATE_CHECK: "true" },
    });
    return failed ? undefined : all;
}
