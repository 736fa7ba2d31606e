import type { BootArgument, DeviceArgument } from "../../../model/arguments/index";
import { accelerator } from "./accelerator";
import { boot } from "./boot";
import { console } from "./console";
import { crash } from "./crash";
import type { Device } from "./device";
import { disks } from "./disks";
import { gdb } from "./gdb";
import { identity } from "./identity";
import { interfaces } from "./interfaces";
import { machine } from "./machine";
import { memory } from "./memory";
import { processors } from "./processors";
import { qemuArguments } from "./qemuArguments";
import { unmanaged } from "./unmanaged";

const devices = [
    identity,
    boot,
    machine,
    accelerator,
    memory,
    processors,
    crash,
    interfaces,
    disks,
    console,
    gdb,
    qemuArguments,
    unmanaged,
] as const;

type Listed = (typeof devices)[number];
type All<Union> = (Union extends unknown ? (value: Union) => void : never) extends (value: infer Each) => void
    ? Each
    : never;
type Read<One> = One extends { read: (...input: never[]) => infer Facts } ? Facts : never;
type Declare<One> = One extends { import: { declare: (...input: never[]) => infer Values } } ? Values : never;
type Carried<One> = One extends { arguments: readonly (infer Name)[] } ? Name : never;

/**
 * Compared with DomainFacts and Declared where they are read: a part that no device reads is an error of the compiler.
 */
export type FactsOfDevices = All<Read<Listed>>;
export type DeclaredByDevices = All<Declare<Listed>>;

/** An argument of the guest's boot or devices that no device carries is an error of the compiler here. */
type Forgotten = Exclude<BootArgument | DeviceArgument, Carried<Listed>>;

/** Everything that a domain may have. An import names its findings in this order, and QEMU gets its arguments in it. */
export const DEVICES: [Forgotten] extends [never] ? readonly Device[] : { forgotten: Forgotten } = devices;
