// Numbers that the store's files agree on.

/** First key of our two-key advisory locks: "ncl" in ASCII. */
export const LOCK_SPACE = 0x6e636c;
