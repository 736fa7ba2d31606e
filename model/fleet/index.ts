export { endpointsOf } from "./endpoints";
export {
    type ExpandedFleet,
    type ExpandedInterface,
    type ExpandedMember,
    expandFleet,
    type FleetDeclaration,
} from "./expand";
export { MAX_REPLICAS } from "./replicas";
export { type RollOutDeclaration, rollOutOf, rollOutOfMembers } from "./strategy";
export type { Values } from "./values";
