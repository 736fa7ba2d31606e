/** Help for users who start the plugin by hand. */
const USAGE = `pulumi-resource-unikernel: the Pulumi plugin of pulumi-unikernel.

Pulumi starts it by itself, for a program with resources of the type unikernel:index:… . It finds it
  on PATH, or
  in the folder that Pulumi.yaml names:
    plugins:
      providers:
        - name: unikernel
          path: node_modules/pulumi-unikernel/bin

  --help      these lines
  --version   the version
  ADDRESS     of the engine to serve; the first line of the output is then the port
`;

/**
 * Return the text that a run by hand prints on standard output instead of serving.
 * @param terminal whether standard output is a terminal, so that no engine reads it
 * @returns undefined for a run by the engine, whose own flags (`--logtostderr`, `-v=9`, `--tracing=…`) are ignored
 */
export function answerByHand(words: string[], terminal: boolean, version: string): string | undefined {
    if (words.includes("--version")) return `${version}\n`;
    if (words.includes("--help") || words.includes("-h") || (terminal && words.length === 0)) return USAGE;
    return undefined;
}
