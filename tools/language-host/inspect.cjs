/**
 * Preloaded into programs. The SDK shows an uncaught error with `util.inspect(error, { colors: true })`.
 * Node 20.20 then loops over a stack line with `node_modules/@scope/file` until a string is too long
 * (half a minute and 1.3 GB), and the SDK's own source maps make such lines. Without colours it does not.
 */
const util = require("node:util");

util.inspect = new Proxy(util.inspect, {
    apply(inspect, self, [value, options, ...rest]) {
        const plain = value instanceof Error && options?.colors ? { ...options, colors: false } : options;
        return Reflect.apply(inspect, self, [value, plain, ...rest]);
    },
});
