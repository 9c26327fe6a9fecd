// Numbers that the store's files agree on.

/** First key of our two-key advisory locks: "ncl" in ASCII. */
export const LOCK_SPACE = 0x6e636c;
/** Second key: held while a database is given its name. 1 is for migrations, 2 for the leader. */
export const CLUSTER_LOCK = 3;
