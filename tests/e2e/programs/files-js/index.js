const pulumi = require("@pulumi/pulumi");

/** One text file. */
const provider = {
    async diff(_id, olds, news) {
        return { changes: olds.text !== news.text, replaces: olds.path !== news.path ? ["path"] : [] };
    },
    async create(inputs) {
        require("node:fs").writeFileSync(inputs.path, inputs.text);
        return { id: inputs.path, outs: { ...inputs, length: inputs.text.length } };
    },
    async update(id, _olds, news) {
        if (news.text === "refuse") throw new Error("this text is refused");
        require("node:fs").writeFileSync(id, news.text);
        return { outs: { ...news, length: news.text.length } };
    },
    async read(id, props) {
        const fs = require("node:fs");
        return fs.existsSync(id)
            ? { id, props: { ...props, text: fs.readFileSync(id, "utf8") } }
            : { id: "", props: {} };
    },
    async delete(id) {
        require("node:fs").rmSync(id, { force: true });
    },
};

class File extends pulumi.dynamic.Resource {
    constructor(name, args) {
        super(provider, name, { length: undefined, ...args });
    }
}

const config = new pulumi.Config();
console.log("the program speaks");
if (config.get("throw")) throw new Error(config.get("throw"));
const file = new File("file", { path: config.require("path"), text: config.requireSecret("text") });
exports.length = file.length;
