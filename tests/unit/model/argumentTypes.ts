// Types alone, for `npm run check`: what is written by hand says the same as the rows of the arguments.
import type * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { InterfaceInputs } from "../../../core/networkInterface/check";
import type {
    Accelerator,
    Access,
    Attach,
    ConsoleKind,
    GuestState,
    ImageFormat,
    InterfaceSpec,
    OnCrash,
    Platform,
    Readiness,
} from "../../../model";
import type { interfaceRows, Rows, UnikernelArgument, UnikernelRows } from "../../../model/arguments";
import type { NetworkInterfaceArgs } from "../../../resources/networkInterface";
import type { BlockArgs, UnikernelArgs } from "../../../resources/unikernelArgs";

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : { missing: B; found: A }) : { found: A; expected: B };
type Holds<Check extends true> = Check;

type Input<Table extends Rows> = z.input<z.ZodObject<{ [Name in keyof Table]: Table[Name]["shape"] }>>;
type Output<Table extends Rows> = z.output<z.ZodObject<{ [Name in keyof Table]: Table[Name]["shape"] }>>;

/** A value without the promises and outputs that a program may write in its place. */
type Plain<T> = T extends Promise<unknown> | pulumi.OutputInstance<unknown>
    ? never
    : T extends (infer Element)[]
      ? Plain<Element>[]
      : T extends object
        ? { [Name in keyof T]: Plain<T[Name]> }
        : T;

/** A union of objects as one object: of each property, every value that it may have. */
type KeysOf<Union> = Union extends unknown ? keyof Union : never;
type Merged<Union> = { [Name in KeysOf<Union>]: Union extends Record<Name, infer Value> ? Value : never };

/** Resources on one side, what they send on the other. */
type Devices = "blocks" | "interfaces";
type Unikernel = Output<UnikernelRows>;

export type Checks = [
    Holds<Equal<keyof UnikernelArgs, UnikernelArgument>>,
    Holds<Equal<Plain<Omit<UnikernelArgs, Devices>>, Omit<Pick<Input<UnikernelRows>, UnikernelArgument>, Devices>>>,
    Holds<Equal<keyof NetworkInterfaceArgs, keyof typeof interfaceRows>>,
    Holds<Equal<Plain<NetworkInterfaceArgs>, Input<typeof interfaceRows>>>,
    Holds<Equal<Exclude<keyof BlockArgs, "image">, Exclude<keyof Block, "image" | Sent>>>,
    Holds<Equal<Plain<Omit<BlockArgs, "image">>, Omit<BlockInput, "image" | Sent>>>,
    Holds<Equal<Unikernel["platform"], Platform>>,
    Holds<Equal<Unikernel["state"], GuestState>>,
    Holds<Equal<Unikernel["accelerator"], Accelerator>>,
    Holds<Equal<Unikernel["onCrash"], OnCrash>>,
    Holds<Equal<NonNullable<Unikernel["console"]>[number], ConsoleKind>>,
    Holds<Equal<Block["access"], Access>>,
    Holds<Equal<NonNullable<Block["format"]>, ImageFormat>>,
    Holds<Equal<Merged<Required<Readiness>>, Required<NonNullable<Unikernel["readiness"]>>>>,
    Holds<Equal<KeysOf<Attach>, keyof Interface["attach"]>>,
    // Check fills in host ports.
    Holds<Merged<Attach> extends Required<Interface["attach"]> ? true : false>,
    Holds<Equal<InterfaceSpec["ipv4"], Interface["ipv4"]>>,
    Holds<Equal<InterfaceSpec["ipv6"], Interface["ipv6"]>>,
    Holds<Equal<keyof InterfaceSpec, keyof typeof interfaceRows>>,
    Holds<Equal<Exclude<keyof InterfaceInputs, "schemaVersion" | "urn">, keyof typeof interfaceRows>>,
];

type Block = Unikernel["blocks"][number];
type BlockInput = NonNullable<Input<UnikernelRows>["blocks"]>[number];
type Interface = Output<typeof interfaceRows>;
/** What a data image sends of itself. */
type Sent = "digest" | "output" | "formerly" | "secret";
