import { delimiter, join, resolve } from "node:path";

const repository = resolve(__dirname, "..");

/** The environment of a real engine whose state and settings lie in one folder. */
export function engineEnvironment(folder: string): NodeJS.ProcessEnv {
    return {
        ...process.env,
        PATH: [process.env.PATH ?? "", join(repository, "tools", "language-host")].join(delimiter),
        PULUMI_HOME: join(folder, "home"),
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
}
