// What the package's classes declare. A door of its own: the compiler that reads a program need not read zod's types for it.

export * from "./derived";
export * from "./image";
export * from "./network";
export * from "./values";
