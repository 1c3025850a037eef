import { randomUUID } from "node:crypto"

/** A value that no call before had: set in the environment of an exec, it keeps that exec from being answered by the cache. */
export const uniqueValue = (): string => randomUUID()
