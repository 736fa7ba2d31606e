// A time-out ends a test that hangs. How fast a machine is says nothing about the code, so each is several times as long as
// the machine takes that it was written on: those of tests and hooks, given in place or by jest.setTimeout.
const { TestEnvironment } = require("jest-environment-node");

const HANG_FACTOR = 4;

function stretch({ hooks, children }) {
    for (const one of [...hooks, ...children]) {
        if (one.type === "describeBlock") stretch(one);
        else if (one.timeout !== undefined) one.timeout *= HANG_FACTOR;
    }
}

module.exports = class extends TestEnvironment {
    handleTestEvent({ name }, state) {
        // All tests are declared, none has begun.
        if (name !== "run_start") return;
        state.testTimeout *= HANG_FACTOR;
        stretch(state.rootDescribeBlock);
    }
};
