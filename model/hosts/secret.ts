import type { Problem } from "../error";

/** The preview names the host on which a guest is made. */
export const SECRET_HOSTS: Problem = {
    property: "hosts",
    reason: "found a secret; expected a list in plain, since the preview names the host; a guest whose host is secret has a `connection`",
};
