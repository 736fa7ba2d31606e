/**
 * The engine holds the other end of our standard input. When it is killed, the end of that stream is
 * the only sign, and a provider that went on alone would race with the next `pulumi up`.
 */
function endWithEngine(cleanUp = () => {}) {
    process.stdin.resume();
    process.stdin.on("error", () => {});
    process.stdin.on("close", () => {
        cleanUp();
        process.exit(0);
    });
    // A pending read must not keep alive what is otherwise done.
    process.stdin.unref?.();
}

module.exports = { endWithEngine };
