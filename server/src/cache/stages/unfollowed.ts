/** What is done cannot be told from the text; caught where there is something to say instead. */
export class Unfollowed extends Error {}
