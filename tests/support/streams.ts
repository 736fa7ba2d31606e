import type { Streams } from "../../cli/terminal";

/** Return streams that keep what a command writes. */
export function keptStreams(): { streams: Pick<Streams, "out" | "error">; said: { out: string; error: string } } {
    const said = { out: "", error: "" };
    const keep = (name: keyof typeof said) => (text: string) => {
        said[name] += text;
    };
    return { said, streams: { out: keep("out"), error: keep("error") } };
}
