// As many dynamic resources as the fleet has, with a provider that does nothing: the cost of the engine itself.
const pulumi = require("@pulumi/pulumi");

const provider = {
    check: async (_olds, news) => ({ inputs: news }),
    diff: async (_id, olds, news) => ({ changes: olds.round !== news.round }),
    create: async (inputs) => ({ id: inputs.name, outs: inputs }),
    read: async (id, props) => ({ id, props }),
    update: async (_id, _olds, news) => ({ outs: news }),
    delete: async () => {},
};

class Nothing extends pulumi.dynamic.Resource {
    constructor(name, args) {
        super(provider, name, args);
    }
}

for (let i = 0; i < Number(process.env.BENCH_COUNT); i++) {
    new Nothing(`guest-${i}`, { name: `guest-${i}`, round: process.env.BENCH_ROUND });
}
