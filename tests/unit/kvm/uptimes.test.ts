import { readUptimes } from "../../../backends/kvm/uptimes";

const [one, two] = ["6f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c11", "7f1c2a4e-0b7d-4f0e-9a52-6d8f6f0f3c11"];

test.each<[string, string, [string, number][]]>([
    ["nothing runs", "1000.50\n", []],
    ["a guest", `1000.50\n90050 ${one}\n`, [[one, 100]]],
    ["other guests are left out", `1000.50\n90050 ${two}\n`, []],
    ["a process that started within the tick", `1000.50\n100060 ${one}\n`, [[one, 0]]],
    ["lines of other programs", `1000.50\n90050 -uuid\nx ${one}\n\n`, []],
    ["no answer", "", []],
])("%s", (_why, said, found) => expect([...readUptimes(said, [one])]).toEqual(found));
