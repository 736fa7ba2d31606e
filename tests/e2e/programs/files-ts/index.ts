import { rmSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

interface FileInputs {
    path: string;
    text: string;
}

/** One text file. */
class FileProvider implements pulumi.dynamic.ResourceProvider<FileInputs> {
    async diff(_id: string, olds: FileInputs, news: FileInputs): Promise<pulumi.dynamic.DiffResult> {
        return { changes: olds.text !== news.text };
    }
    async create(inputs: FileInputs): Promise<pulumi.dynamic.CreateResult> {
        writeFileSync(inputs.path, inputs.text);
        return { id: inputs.path, outs: { ...inputs, length: inputs.text.length } };
    }
    async update(id: string, _olds: FileInputs, news: FileInputs): Promise<pulumi.dynamic.UpdateResult> {
        writeFileSync(id, news.text);
        return { outs: { ...news, length: news.text.length } };
    }
    async delete(id: string): Promise<void> {
        rmSync(id, { force: true });
    }
}

class File extends pulumi.dynamic.Resource {
    declare readonly length: pulumi.Output<number>;
    constructor(name: string, args: { path: pulumi.Input<string>; text: pulumi.Input<string> }) {
        super(new FileProvider(), name, { length: undefined, ...args });
    }
}

const config = new pulumi.Config();
export const length = new File("file", { path: config.require("path"), text: config.require("text") }).length;
