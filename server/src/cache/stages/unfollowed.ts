/**
 * What is done cannot be told from the text; thrown, and caught where there is something to say
 * instead. No Error, since a stack takes longer to note down than most commands to follow.
 */
export class Unfollowed {
  readonly unfollowed = true;
}
