import type { GuestPlan, UnikernelSpec } from "../../../model";
import { plan as kvmPlan } from "../kvm/spec";
import { linux, spec } from "./spec";

export { testContext } from "../../support/plans";

export const plan = (change: Partial<UnikernelSpec> = {}): GuestPlan => kvmPlan(spec(change), linux);
