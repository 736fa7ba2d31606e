export { endpointsOf } from "./endpoints";
export {
    type ExpandedFleet,
    type ExpandedInterface,
    type ExpandedMember,
    expandFleet,
    type FleetDeclaration,
} from "./expand";
export { MAX_REPLICAS } from "./replicas";
export type { Values } from "./values";
