/** The console output that a host stores, read in pieces. */
export { folderOutput } from "./folderOutput";
