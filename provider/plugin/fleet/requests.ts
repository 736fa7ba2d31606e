import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type { ConstructRequest } from "@pulumi/pulumi/proto/provider_pb";
import { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { DYNAMIC_FLEET_TOKEN, type ResourceKind, TYPE_TOKENS } from "../../trampoline";
import { FLEET_TOKEN, PACKAGE, PLUGIN_TOKENS } from "../urn";
import { structOf } from "./monitor";
import { dependenciesIn } from "./wireValues";

/**
 * Return the declaration of the fleet itself, with the options that a program gives it. The engine has its members inherit
 * aliases, providers, transforms, `protect`, `retainOnDelete` and `deletedWith`, and warns of options without effect on a
 * component, which are therefore not repeated here (pulumi/pulumi: pkg/resource/deploy/source_eval.go).
 */
export function fleetRequest(asked: ConstructRequest): RegisterResourceRequest {
    const request = new RegisterResourceRequest()
        .setType(FLEET_TOKEN)
        .setName(asked.getName())
        .setParent(asked.getParent())
        .setObject(new Struct())
        .setDependenciesList(asked.getDependenciesList())
        .setAliasesList([...asked.getAliasesList(), aliasOf(DYNAMIC_FLEET_TOKEN)])
        .setAliasspecs(true)
        .setDeletedwith(asked.getDeletedwith())
        .setReplaceWithList(asked.getReplaceWithList())
        .setReplacementTrigger(asked.getReplacementTrigger())
        .setParentstacktracehandle(asked.getStackTraceHandle());
    if (asked.hasProtect()) request.setProtect(asked.getProtect() === true);
    if (asked.hasRetainondelete()) request.setRetainondelete(asked.getRetainondelete() === true);
    asked.getProvidersMap().forEach((reference, name) => {
        request.getProvidersMap().set(name, reference);
    });
    const hooks = asked.getResourceHooks();
    if (hooks)
        request.setHooks(
            new RegisterResourceRequest.ResourceHooksBinding()
                .setBeforeCreateList(hooks.getBeforeCreateList())
                .setAfterCreateList(hooks.getAfterCreateList())
                .setBeforeUpdateList(hooks.getBeforeUpdateList())
                .setAfterUpdateList(hooks.getAfterUpdateList())
                .setBeforeDeleteList(hooks.getBeforeDeleteList())
                .setAfterDeleteList(hooks.getAfterDeleteList())
                .setOnErrorList(hooks.getOnErrorList()),
        );
    return request;
}

/** Makes the declarations of the resources that belong to a fleet. */
export class Children {
    private readonly provider: string;
    private readonly dependencies: string[];

    /**
     * @param fleet its URN
     * @param own reference of the provider that this process serves; undefined where the engine does not tell it
     */
    constructor(
        private readonly asked: ConstructRequest,
        private readonly fleet: string,
        own: string | undefined,
    ) {
        this.provider = own ?? asked.getProvidersMap().get(PACKAGE) ?? "";
        const inputs = asked.getInputdependenciesMap();
        this.dependencies = [...asked.getDependenciesList()];
        inputs.forEach((found) => void this.dependencies.push(...found.getUrnsList()));
    }

    /**
     * Return the declaration of one of them. It depends on all that the fleet depends on.
     * @param after URNs of resources that are made before it
     */
    request(
        kind: ResourceKind,
        name: string,
        properties: Record<string, unknown>,
        after: string[] = [],
    ): RegisterResourceRequest {
        const request = new RegisterResourceRequest()
            .setType(PLUGIN_TOKENS[kind])
            .setName(name)
            .setParent(this.fleet)
            .setCustom(true)
            .setObject(structOf(properties))
            .setProvider(this.provider)
            .setAliasesList([aliasOf(TYPE_TOKENS[kind])])
            .setAliasspecs(true)
            .setParentstacktracehandle(this.asked.getStackTraceHandle());
        const all = new Set([...this.dependencies, ...after]);
        for (const [property, value] of Object.entries(properties)) {
            const found = [...new Set(dependenciesIn(value))];
            for (const urn of found) all.add(urn);
            // Without a list for each property, the engine takes each for dependent on all.
            const urns = new RegisterResourceRequest.PropertyDependencies().setUrnsList(found);
            request.getPropertydependenciesMap().set(property, urns);
        }
        return request.setDependenciesList([...all]);
    }
}

function aliasOf(type: string): Alias {
    return new Alias().setSpec(new Alias.Spec().setType(type));
}
