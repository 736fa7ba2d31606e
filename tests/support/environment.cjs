// A time-out only ends a test that hangs: the machine's speed says nothing about the code. So each time-out (of tests
// and hooks, given in place or by jest.setTimeout) is several times as long as on the machine where it was set.
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
        // Now all tests are declared and none has started.
        if (name !== "run_start") return;
        state.testTimeout *= HANG_FACTOR;
        stretch(state.rootDescribeBlock);
    }
};
