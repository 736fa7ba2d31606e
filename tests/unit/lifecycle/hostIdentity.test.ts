import { hostIdOf } from "../../../backends/libvirt/lifecycle/hostIdentity";

const uuid = "4111f026-00bd-41d3-9528-347fc22fdab0";

test.each([
    ["the system's libvirt", { uuid, session: false, local: true }, uuid],
    ["the same from elsewhere", { uuid, session: false, local: false }, uuid],
    [
        "a session, which has guests of its own",
        { uuid, session: true, local: true },
        `${uuid}/session-${process.getuid!()}`,
    ],
    ["a session elsewhere", { uuid, session: true, local: false }, `${uuid}/session`],
])("the place of a guest: %s", (_title, info, expected) => {
    expect(hostIdOf(info)).toBe(expected);
});
