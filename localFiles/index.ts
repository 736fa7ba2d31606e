/**
 * Work on files of this machine: hashing, writing whole, temporary names, the cache folder, who uses a file, and
 * programs that are run.
 */
export { type Built, findBuilt, forgetBuilt, isBuiltByUs, recordBuilt } from "./built";
export { boundFolder, cacheFolder, makeCacheFolder } from "./cacheFolder";
export { changed, hashFile, readContent } from "./content";
export { ImageWriter, type Written } from "./fileWriter";
export { errnoOf, fsError, noSpace, writeError } from "./fsError";
export { HashCache, isRacy, signatureText } from "./hashCache";
export { withHashProgress } from "./hashProgress";
export { hashWhileWritten } from "./hashWhileWritten";
export { forgetWriting, type Writing, wasInterrupted, withNote, writingTo } from "./interruptedWrites";
export { contains, outputProblem } from "./output";
export { everyFewSeconds, mebibytes } from "./progress";
export { removeImage, removeManifestsIfUnused } from "./removeImage";
export { failed, type RunOptions, run } from "./run";
export { publish, sweepTemporaries, syncFolder, temporaryName, writeWhole } from "./temporary";
export { addUser, removeUser, type User, usersOf } from "./users";
