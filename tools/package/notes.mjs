import { SetupError } from "../setup/steps.mjs";

/**
 * Return the text of a version's section of a changelog in the form of Keep a Changelog, without its heading.
 * @param {string} changelog
 * @param {string} version
 */
export function notesOf(changelog, version) {
    const sections = changelog.split(/^## /m).slice(1);
    const section = sections.find((text) => text.startsWith(`[${version}]`));
    const notes = section?.slice(section.indexOf("\n") + 1).trim();
    if (!notes)
        throw new SetupError(
            `found no entry for ${version} in CHANGELOG.md; expected a section "## [${version}]" that says what changes for users`,
        );
    return `${notes}\n`;
}
